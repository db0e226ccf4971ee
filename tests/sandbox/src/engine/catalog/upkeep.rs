//! What changes in the system tables while a database lives: files, row counts, identity values.

use std::collections::BTreeMap;

use super::{Catalog, FileRow, bytes, int, text};
use crate::engine::allocation::GROWTH_PAGES;
use crate::engine::bytes::{array_at, put};
use crate::engine::error::Answer;
use crate::engine::facts::RowId;
use crate::engine::lsn::Lsn;
use crate::engine::page::PageId;
use crate::engine::record::{Place, variable_range};
use crate::engine::store::{Store, Transaction};
use crate::engine::system_tables::{SYSCOLPARS, SYSPRUFILES, SYSROWSETS};
use crate::engine::value::{ColumnType, Value};

impl Catalog {
    /// Adds a file.
    pub(crate) fn add_file(&mut self, store: &mut Store, txn: &mut Transaction, file: FileRow) -> Answer<()> {
        self.add(store, txn, SYSPRUFILES, &file.row())?;
        self.files.push(file);
        Ok(())
    }

    /// Gives files the paths that a restore put them at.
    pub(crate) fn move_files(
        &mut self,
        store: &mut Store,
        txn: &mut Transaction,
        paths: &BTreeMap<u16, String>,
    ) -> Answer<()> {
        let Some(table) = self.tables.get(&(SYSPRUFILES as i32)).cloned() else { return Ok(()) };
        let mut table = table;
        for (place, row) in store.table_rows(&table)? {
            let mut file = FileRow::read(&row);
            if let Some(path) = paths.get(&file.id).filter(|path| **path != file.physical_name) {
                file.physical_name.clone_from(path);
                let record = table.layout.encode(&file.row());
                store.replace_row(txn, &mut table, place, record)?;
            }
        }
        for file in &mut self.files {
            if let Some(path) = paths.get(&file.id) {
                file.physical_name.clone_from(path);
            }
        }
        Ok(())
    }

    /// Notes how many rows a table has now.
    pub(crate) fn set_rows(&mut self, store: &mut Store, txn: &mut Transaction, id: i32, rows: i64) -> Answer<()> {
        let Some(rowsets) = self.tables.get(&(SYSROWSETS as i32)).cloned() else { return Ok(()) };
        let found = store.table_rows(&rowsets)?.into_iter().find(|(_, row)| int(&row[2]) == i64::from(id));
        if let (Some((place, _)), Some(Place::Fixed(at, _))) =
            (found, rowsets.layout.cells.get(7).map(|cell| cell.place))
        {
            store.patch_record(txn, place, at, &rows.to_le_bytes())?;
        }
        if let Some(table) = self.tables.get_mut(&id) {
            table.rows = rows;
        }
        Ok(())
    }

    /// The last identity value of a table's column, and where it is kept.
    pub(crate) fn identity(&self, store: &mut Store, id: i32) -> Answer<Option<(RowId, ColumnType, i64)>> {
        let (Some(table), Some(columns)) = (self.tables.get(&id), self.tables.get(&(SYSCOLPARS as i32))) else {
            return Ok(None);
        };
        let Some(index) = table.columns.iter().position(|column| column.identity) else { return Ok(None) };
        let kind = table.columns[index].kind;
        let rows = store.table_rows(columns)?;
        let found = rows.into_iter().find(|(_, row)| int(&row[0]) == i64::from(id) && int(&row[2]) == index as i64 + 1);
        Ok(found.map(|(place, row)| (place, kind, identity_value(kind, bytes(&row[15])))))
    }

    /// Keeps the last identity value.
    pub(crate) fn set_identity(
        &self,
        store: &mut Store,
        txn: &mut Transaction,
        place: RowId,
        kind: ColumnType,
        value: i64,
    ) -> Answer<()> {
        let Some(columns) = self.tables.get(&(SYSCOLPARS as i32)) else { return Ok(()) };
        let record = store.page(PageId::new(place.file, place.page))?.record(place.slot).unwrap_or_default().to_vec();
        let Some(Place::Variable(index)) = columns.layout.cells.get(15).map(|cell| cell.place) else { return Ok(()) };
        match variable_range(&record, index) {
            Some(range) => store.patch_record(txn, place, range.start as u16, &identity_bytes(kind, value)),
            None => Ok(()),
        }
    }
}

/// `idtval`: last value, seed, increment in the column's width, one byte of flags (1 = unused).
pub(super) fn identity_bytes(kind: ColumnType, last: i64) -> Vec<u8> {
    let width = usize::from(kind.fixed_len().unwrap_or(8)).min(8);
    let mut out: Vec<u8> = [last, 1, 1].iter().flat_map(|value| value.to_le_bytes()[..width].to_vec()).collect();
    out.push(u8::from(last == 0));
    out
}

fn identity_value(kind: ColumnType, bytes: &[u8]) -> i64 {
    let width = usize::from(kind.fixed_len().unwrap_or(8)).min(8);
    let mut wide = [0u8; 8];
    put(&mut wide, 0, bytes.get(..width).unwrap_or_default());
    i64::from_le_bytes(wide)
}

impl FileRow {
    pub(super) fn read(row: &[Value]) -> FileRow {
        FileRow {
            id: int(&row[1]) as u16,
            group: int(&row[2]) as u16,
            is_log: int(&row[4]) == 1,
            logical_name: text(&row[9]).to_owned(),
            physical_name: text(&row[10]).to_owned(),
            create_lsn: Lsn::from_bytes(array_at(bytes(&row[11]), 0)),
            guid: match &row[13] {
                Value::Guid(guid) => *guid,
                _ => uuid::Uuid::nil(),
            },
        }
    }

    fn row(&self) -> Vec<Value> {
        let mut row: Vec<Value> =
            [1, i64::from(self.id), i64::from(self.group), 2, i64::from(self.is_log), 0].map(Value::Int).to_vec();
        row.extend([Value::Int(0), Value::Int(-1), Value::Int(i64::from(GROWTH_PAGES))]);
        row.push(Value::Text(self.logical_name.clone()));
        row.push(Value::Text(self.physical_name.clone()));
        row.push(Value::Bytes(self.create_lsn.bytes().to_vec()));
        row.push(Value::Bytes(vec![0; 10]));
        row.push(Value::Guid(self.guid));
        row
    }
}
