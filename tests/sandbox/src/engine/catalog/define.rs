//! New system tables, schemas, file groups and tables: the rows that describe them.

use chrono::NaiveDateTime;

use super::upkeep::identity_bytes;
use super::{
    CLASS_GROUP, CLASS_SCHEMA, Catalog, FIRST_HEAP_OBJECT, FIRST_USER_OBJECT, HEAP_INDEX, Storage, Table, data_page,
    int, pointer, unit_id,
};
use crate::engine::allocation::{new_map, pfs};
use crate::engine::boot::COLLATION;
use crate::engine::bytes::put;
use crate::engine::error::Answer;
use crate::engine::instance::NewTable;
use crate::engine::log::{Change, Context, Target};
use crate::engine::page::{HEADER, Page, PageId, kind};
use crate::engine::record::{Layout, Place};
use crate::engine::store::{Store, Transaction};
use crate::engine::system_tables::*;
use crate::engine::texts;
use crate::engine::value::Value;

impl Catalog {
    /// Lays down the system tables of a new database and returns the first page of `sysallocunits`.
    pub(crate) fn create(store: &mut Store, txn: &mut Transaction, now: NaiveDateTime) -> Answer<(Catalog, PageId)> {
        let mut catalog = Catalog::default();
        for definition in SYSTEM_TABLES {
            let id = store.take_page(txn, 1, 0)?;
            let table = definition.table(id);
            let image = data_page(&table, id).bytes()[..HEADER].to_vec();
            store.change(txn, Change::Format { target: Target::new(id, 0, Context::Clustered), image })?;
            catalog.tables.insert(table.id, table);
        }
        for definition in SYSTEM_TABLES {
            let table = catalog.tables[&(definition.object as i32)].clone();
            let Storage::Chain(first) = table.storage else { continue };
            let xtypes: Vec<u8> = definition.columns.iter().map(|column| column.2).collect();
            catalog.describe(store, txn, &table, "S ", 4, (first, first), &xtypes, now)?;
        }
        for (id, name) in [(1, "dbo"), (4, "sys")] {
            catalog.add_class(store, txn, (CLASS_SCHEMA, id), name, "  ", now)?;
        }
        catalog.add_class(store, txn, (CLASS_GROUP, 1), "PRIMARY", "FG", now)?;
        let Some(Storage::Chain(first)) = catalog.tables.get(&(SYSALLOCUNITS as i32)).map(|table| table.storage) else {
            return Err(texts::internal("sysallocunits").into());
        };
        Ok((catalog, first))
    }

    pub(super) fn add(&mut self, store: &mut Store, txn: &mut Transaction, object: u32, row: &[Value]) -> Answer<()> {
        let Some(table) = self.tables.get_mut(&(object as i32)) else {
            return Err(texts::internal("system table").into());
        };
        let record = table.layout.encode(row);
        store.insert_record(txn, table, record).map(|_| ())
    }

    fn add_class(
        &mut self,
        store: &mut Store,
        txn: &mut Transaction,
        (class, id): (i64, i64),
        name: &str,
        kind: &str,
        now: NaiveDateTime,
    ) -> Answer<()> {
        if class == CLASS_GROUP {
            self.groups.insert(id as u16, name.to_owned());
        } else {
            self.schemas.insert(id, name.to_owned());
        }
        let row = [
            Value::Int(class),
            Value::Int(id),
            Value::Text(name.to_owned()),
            Value::Int(0),
            Value::Text(kind.to_owned()),
            Value::Int(0),
            Value::DateTime(now),
            Value::DateTime(now),
        ];
        self.add(store, txn, SYSCLSOBJS, &row)
    }

    /// Adds a file group.
    pub(crate) fn add_group(
        &mut self,
        store: &mut Store,
        txn: &mut Transaction,
        id: u16,
        name: &str,
        now: NaiveDateTime,
    ) -> Answer<()> {
        self.add_class(store, txn, (CLASS_GROUP, i64::from(id)), name, "FG", now)
    }

    /// The rows of the system tables that describe a table.
    #[allow(clippy::too_many_arguments)] // One call for one fact each; a struct would only rename them.
    fn describe(
        &mut self,
        store: &mut Store,
        txn: &mut Transaction,
        table: &Table,
        kind: &str,
        schema: i64,
        (first, iam): (PageId, PageId),
        xtypes: &[u8],
        now: NaiveDateTime,
    ) -> Answer<()> {
        let unit = unit_id(table.index, table.object);
        let id = i64::from(table.id);
        let numbers = |values: &[i64]| values.iter().map(|value| Value::Int(*value)).collect::<Vec<_>>();
        let mut row = numbers(&[unit, 1, unit, 0, 1]);
        let (root, iam) = if table.is_system { (first, PageId::NONE) } else { (PageId::NONE, iam) };
        row.extend([pointer(first), pointer(root), pointer(iam)]);
        row.extend(numbers(&[1, 1, 1]));
        self.add(store, txn, SYSALLOCUNITS, &row)?;

        let idminor = i64::from(table.is_system);
        let mut row = numbers(&[unit, 1, id, idminor, 1, 0, 0, 0, 0, 0, table.columns.len() as i64, 8060, 0]);
        row.push(Value::Int(i64::from(table.layout.fixed_end)));
        row.push(Value::Int(0));
        row.extend([Value::Null, Value::Null, Value::Int(0)]);
        self.add(store, txn, SYSROWSETS, &row)?;

        let mut row = numbers(&[id]);
        row.push(Value::Text(table.name.clone()));
        row.extend(numbers(&[schema, 0, 0]));
        row.push(Value::Text(kind.to_owned()));
        row.extend(numbers(&[0, 1, table.columns.len() as i64]));
        row.extend([Value::DateTime(now), Value::DateTime(now), Value::Int(0)]);
        self.add(store, txn, SYSSCHOBJS, &row)?;

        for (index, (column, cell)) in table.columns.iter().zip(&table.layout.cells).enumerate() {
            let number = index as i64 + 1;
            let (own, length, precision, scale) = column.kind.catalog();
            let xtype = xtypes.get(index).copied().filter(|xtype| *xtype != 0).unwrap_or(own);
            let collation = if column.kind.is_text() { COLLATION as i32 } else { 0 };
            let status = i64::from(!column.nullable) | if column.identity { 4 } else { 0 };
            let mut row = numbers(&[id, 0, number]);
            row.push(Value::Text(column.name.clone()));
            row.extend(numbers(&[i64::from(xtype), i64::from(xtype), i64::from(length)]));
            row.extend(numbers(&[i64::from(precision), i64::from(scale), i64::from(collation), status, 0, 0, 0, 0]));
            row.push(if column.identity { Value::Bytes(identity_bytes(column.kind, 0)) } else { Value::Null });
            self.add(store, txn, SYSCOLPARS, &row)?;

            let (offset, bit) = match cell.place {
                Place::Fixed(at, bit) => (i64::from(at), i64::from(bit)),
                Place::Variable(index) => (-1 - i64::from(index), 0),
            };
            let status = if column.nullable { 0 } else { 0x80 };
            let info = i64::from(column.kind.type_info()) & !0xFF | i64::from(xtype);
            let mut row = numbers(&[unit, number, number, 0, info, i64::from(collation), 0]);
            // `offset` is 16 bits, its upper half belongs to index levels.
            row.extend(numbers(&[i64::from(length), status, i64::from(offset as i16), number, bit]));
            row.push(Value::Null);
            self.add(store, txn, SYSRSCOLS, &row)?;
        }
        if !table.is_system {
            let mut row = numbers(&[id, 0]);
            row.push(Value::Null);
            row.extend(numbers(&[0, 0, 0, 0, 0, 1, 0, unit]));
            self.add(store, txn, SYSIDXSTATS, &row)?;
        }
        Ok(())
    }

    /// Makes a table: its IAM page and its rows in the system tables.
    pub(crate) fn create_table(
        &mut self,
        store: &mut Store,
        txn: &mut Transaction,
        new: &NewTable,
        now: NaiveDateTime,
    ) -> Answer<()> {
        let id = self.tables.keys().copied().max().unwrap_or(0).max(FIRST_USER_OBJECT) + 16;
        let object = self.tables.values().map(|table| table.object).max().unwrap_or(0).max(FIRST_HEAP_OBJECT) + 1;
        let iam = store.take_page(txn, 1, pfs::IAM)?;
        let image = new_map(kind::IAM, iam, 0).bytes().to_vec();
        let mut page = Page::from_bytes(&image);
        put(page.bytes_mut(), 6, &HEAP_INDEX.to_le_bytes());
        put(page.bytes_mut(), 24, &object.to_le_bytes());
        put(page.bytes_mut(), 136, &PageId::new(iam.file, 0).bytes());
        let image = page.bytes().to_vec();
        store.change(txn, Change::Format { target: Target::new(iam, 0, Context::Iam), image })?;
        let layout = Layout::of(new.columns.iter().map(|column| column.kind));
        let key_name = match &new.primary_key_name {
            Some(name) => name.clone(),
            None if new.primary_key.is_empty() => String::new(),
            None => format!("PK__{:_<9.9}__{:08X}{:08X}", new.name, id, object.wrapping_mul(0x9E37_79B9)),
        };
        let table = Table {
            id,
            schema: new.schema.clone(),
            name: new.name.clone(),
            columns: new.columns.clone(),
            layout,
            index: HEAP_INDEX,
            object,
            storage: Storage::Heap(iam),
            primary_key: new.primary_key.clone(),
            primary_key_name: key_name,
            rows: 0,
            created: now,
            is_system: false,
            last_page: None,
            keys: None,
        };
        let known = self.schemas.iter().find(|(_, name)| name.to_lowercase() == new.schema.to_lowercase());
        let schema = match known.map(|(id, _)| *id) {
            Some(id) => id,
            None => {
                let id = self.schemas.keys().copied().max().unwrap_or(4).max(4) + 1;
                self.add_class(store, txn, (CLASS_SCHEMA, id), &new.schema, "  ", now)?;
                id
            }
        };
        self.describe(store, txn, &table, "U ", schema, (PageId::NONE, iam), &[], now)?;
        if !table.primary_key.is_empty() {
            let mut row = vec![Value::Int(i64::from(id)), Value::Int(2), Value::Text(table.primary_key_name.clone())];
            row.extend([0x29, 0, 0, 2, 0, 1, 0, 0].map(Value::Int));
            self.add(store, txn, SYSIDXSTATS, &row)?;
            for (position, column) in table.primary_key.iter().enumerate() {
                let numbers =
                    [i64::from(id), 2, position as i64 + 1, 0, *column as i64 + 1, position as i64 + 1, 0, 0, 0];
                self.add(store, txn, SYSISCOLS, &numbers.map(Value::Int))?;
            }
        }
        self.tables.insert(id, table);
        Ok(())
    }

    /// Removes a table: its pages and its rows in the system tables.
    pub(crate) fn drop_table(&mut self, store: &mut Store, txn: &mut Transaction, id: i32) -> Answer<()> {
        let Some(table) = self.tables.remove(&id) else { return Ok(()) };
        if let Storage::Heap(iam) = table.storage {
            store.free_heap(txn, iam)?;
        }
        let unit = unit_id(table.index, table.object);
        let by_id = [SYSROWSETS, SYSSCHOBJS, SYSCOLPARS, SYSIDXSTATS, SYSISCOLS, SYSALLOCUNITS, SYSRSCOLS];
        for object in by_id {
            let (column, wanted) = match object {
                SYSALLOCUNITS | SYSRSCOLS => (0, unit),
                SYSROWSETS => (2, i64::from(id)),
                _ => (0, i64::from(id)),
            };
            let Some(table) = self.tables.get(&(object as i32)).cloned() else { continue };
            for (place, row) in store.table_rows(&table)? {
                if int(&row[column]) == wanted {
                    store.delete_row(txn, place)?;
                }
            }
        }
        Ok(())
    }
}
