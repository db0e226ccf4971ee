//! Tables as the database's own pages describe them, and rows in and out of them.
//!
//! System tables lie in chains of data pages, in the order in which their rows came (SQL Server keeps
//! them as trees sorted by key; a tree of one level reads the same). User tables are heaps. A primary key is
//! noted in `sysidxstats` and `sysiscols` and enforced, without an index of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDateTime;

use super::allocation::pfs;
use super::boot::COLLATION;
use super::bytes::array_at;
use super::error::Answer;
use super::facts::RowId;
use super::log::{Change, Context, Target};
use super::page::{HEADER, Page, PageId, kind};
use super::record::{Layout, Place};
use super::store::{Store, Transaction};
use super::system_tables::*;
use super::value::{Column, ColumnType, Value};

/// Where a table's pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// First page of a chain.
    Chain(PageId),
    /// IAM page of a heap.
    Heap(PageId),
}

/// A table, ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) id: i32,
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) layout: Layout,
    pub(crate) index: u16,
    pub(crate) object: u32,
    pub(crate) storage: Storage,
    pub(crate) primary_key: Vec<usize>,
    pub(crate) primary_key_name: String,
    pub(crate) rows: i64,
    pub(crate) created: NaiveDateTime,
    pub(crate) is_system: bool,
    /// The page that takes the next row, once known.
    pub(crate) last_page: Option<PageId>,
    /// Keys in the table, once they were needed.
    pub(crate) keys: Option<HashSet<Vec<u8>>>,
}

/// A file as `sysprufiles` has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRow {
    pub(crate) id: u16,
    pub(crate) group: u16,
    pub(crate) is_log: bool,
    pub(crate) logical_name: String,
    pub(crate) physical_name: String,
    pub(crate) create_lsn: super::lsn::Lsn,
    pub(crate) guid: uuid::Uuid,
}

/// What a database's system tables say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) tables: BTreeMap<i32, Table>,
    pub(crate) files: Vec<FileRow>,
    pub(crate) groups: BTreeMap<u16, String>,
    schemas: BTreeMap<i64, String>,
}

/// The class of file groups in `sysclsobjs`, and of schemas.
const CLASS_GROUP: i64 = 31;
const CLASS_SCHEMA: i64 = 50;
const FIRST_USER_OBJECT: i32 = 565_577_053;
const FIRST_HEAP_OBJECT: u32 = 130;
/// Index part of a user table's allocation unit.
const HEAP_INDEX: u16 = 256;

fn unit_id(index: u16, object: u32) -> i64 {
    i64::from(index) << 48 | i64::from(object) << 16
}

/// Index part of a system table's allocation unit (rows section 3).
fn system_index(object: u32) -> u16 {
    if matches!(object, SYSALLOCUNITS | SYSROWSETS | SYSRSCOLS) { 0 } else { 1 }
}

pub(crate) fn int(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        _ => 0,
    }
}

pub(crate) fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

fn bytes(value: &Value) -> &[u8] {
    match value {
        Value::Bytes(bytes) => bytes,
        _ => &[],
    }
}

fn time(value: &Value) -> NaiveDateTime {
    match value {
        Value::DateTime(time) => *time,
        _ => NaiveDateTime::default(),
    }
}

pub(crate) fn pointer(id: PageId) -> Value {
    Value::Bytes(id.bytes().to_vec())
}

impl SystemTable {
    fn table(&self, first: PageId) -> Table {
        let columns: Vec<Column> = self.columns.iter().map(|(name, kind, _)| Column::required(name, *kind)).collect();
        Table {
            id: self.object as i32,
            schema: "sys".to_owned(),
            name: self.name.to_owned(),
            layout: Layout::of(columns.iter().map(|column| column.kind)),
            columns,
            index: system_index(self.object),
            object: self.object,
            storage: Storage::Chain(first),
            primary_key: Vec::new(),
            primary_key_name: String::new(),
            rows: 0,
            created: NaiveDateTime::default(),
            is_system: true,
            last_page: None,
            keys: None,
        }
    }
}

/// An empty data page of a table.
fn data_page(table: &Table, id: PageId) -> Page {
    Page::formatted(kind::DATA, id, table.index, table.object, table.layout.fixed_end)
}

impl Store {
    /// Every page of a table, in order.
    pub(crate) fn table_pages(&mut self, table: &Table) -> Answer<Vec<PageId>> {
        match table.storage {
            Storage::Heap(iam) => self.heap_pages(iam),
            Storage::Chain(first) => {
                let mut out: Vec<PageId> = Vec::new();
                let mut at = first;
                // A chain that comes back to itself ends here; its rows were all seen.
                while at != PageId::NONE && !out.contains(&at) {
                    out.push(at);
                    at = self.page(at)?.next();
                }
                Ok(out)
            }
        }
    }

    /// Every row of a table with its place.
    pub(crate) fn table_rows(&mut self, table: &Table) -> Answer<Vec<(RowId, Vec<Value>)>> {
        let mut out = Vec::new();
        for id in self.table_pages(table)? {
            let page = self.page(id)?;
            if page.kind() != kind::DATA || page.owner() != (table.index, table.object) {
                continue;
            }
            for slot in 0..page.slot_count() {
                if let Some(record) = page.record(slot).filter(|record| record[0] >> 1 & 7 <= 1) {
                    let place = RowId { file: id.file, page: id.page, slot };
                    out.push((place, table.layout.decode(record)));
                }
            }
        }
        Ok(out)
    }

    /// Adds one record to a table.
    pub(crate) fn insert_record(&mut self, txn: &mut Transaction, table: &mut Table, record: Vec<u8>) -> Answer<RowId> {
        let context = if table.is_system { Context::Clustered } else { Context::Heap };
        if table.last_page.is_none() {
            table.last_page = self.table_pages(table)?.last().copied();
        }
        let fitting = match table.last_page {
            Some(id) => self.page(id)?.fits(record.len(), true).then_some(id),
            None => None,
        };
        let id = match fitting {
            Some(id) => id,
            None => self.add_page(txn, table)?,
        };
        let slot = self.page(id)?.next_slot();
        self.change(txn, Change::Insert { target: Target::new(id, slot, context), record })?;
        Ok(RowId { file: id.file, page: id.page, slot })
    }

    fn add_page(&mut self, txn: &mut Transaction, table: &mut Table) -> Answer<PageId> {
        let before = table.last_page;
        let id = match table.storage {
            Storage::Heap(iam) => {
                if let Some(full) = before {
                    self.set_pfs(txn, full, pfs::ALLOCATED | pfs::FULL)?;
                }
                self.take_heap_page(txn, iam, before)?
            }
            Storage::Chain(first) => self.take_page(txn, first.file, 0)?,
        };
        let mut page = data_page(table, id);
        if let (Storage::Chain(_), Some(last)) = (table.storage, before) {
            super::bytes::put(page.bytes_mut(), 8, &last.bytes());
            let target = Target::new(last, 0, Context::Clustered);
            let change = Change::Header { target, at: 16, before: vec![0; 6], after: id.bytes().to_vec() };
            self.change(txn, change)?;
        }
        let target = Target::new(id, 0, Context::Heap);
        // Only the header says something; redo fills the rest with zeros.
        let image = page.bytes()[..HEADER].to_vec();
        self.change(txn, Change::Format { target, image })?;
        table.last_page = Some(id);
        Ok(id)
    }

    /// Changes bytes inside a record, at the same length.
    pub(crate) fn patch_record(&mut self, txn: &mut Transaction, row: RowId, at: u16, after: &[u8]) -> Answer<()> {
        let id = PageId::new(row.file, row.page);
        let start = usize::from(at);
        let record = self.page(id)?.record(row.slot).unwrap_or_default();
        let before = record.get(start..start + after.len()).unwrap_or_default().to_vec();
        let target = Target::new(id, row.slot, Context::Clustered);
        self.change(txn, Change::Modify { target, at, before, after: after.to_vec() })
    }

    /// Removes a row.
    pub(crate) fn delete_row(&mut self, txn: &mut Transaction, row: RowId) -> Answer<()> {
        let id = PageId::new(row.file, row.page);
        let Some(before) = self.page(id)?.record(row.slot).map(<[u8]>::to_vec) else { return Ok(()) };
        self.change(txn, Change::Delete { target: Target::new(id, row.slot, Context::Heap), before })
    }

    /// Puts a new record in a row's place, or elsewhere when it has grown too long.
    pub(crate) fn replace_row(
        &mut self,
        txn: &mut Transaction,
        table: &mut Table,
        row: RowId,
        record: Vec<u8>,
    ) -> Answer<()> {
        let id = PageId::new(row.file, row.page);
        let page = self.page(id)?;
        let Some(before) = page.record(row.slot).map(<[u8]>::to_vec) else { return Ok(()) };
        if before == record {
            return Ok(());
        }
        let fits = record.len() <= before.len() || page.fits(record.len() - before.len(), false);
        if fits {
            let target = Target::new(id, row.slot, Context::Heap);
            return self.change(txn, Change::Modify { target, at: 0, before, after: record });
        }
        self.delete_row(txn, row)?;
        self.insert_record(txn, table, record).map(|_| ())
    }
}

impl Catalog {
    /// Reads the system tables, from the first page of `sysallocunits` on.
    pub(crate) fn load(store: &mut Store, first: PageId) -> Answer<Catalog> {
        let mut catalog = Catalog::default();
        let mut system: HashMap<u32, Table> = HashMap::new();
        for definition in SYSTEM_TABLES.iter().filter(|table| table.object == SYSALLOCUNITS) {
            system.insert(SYSALLOCUNITS, definition.table(first));
        }
        let units = store.table_rows(&system[&SYSALLOCUNITS])?;
        let unit = |id: i64| units.iter().find(|(_, row)| int(&row[0]) == id).map(|(_, row)| row);
        for definition in SYSTEM_TABLES {
            if let Some(row) = unit(unit_id(system_index(definition.object), definition.object)) {
                system.insert(definition.object, definition.table(PageId::read(bytes(&row[5]), 0)));
            }
        }
        let mut read = |object: u32| match system.get(&object) {
            Some(table) => store.table_rows(table),
            None => Ok(Vec::new()),
        };
        let (objects, columns) = (read(SYSSCHOBJS)?, read(SYSCOLPARS)?);
        let (rowsets, stored) = (read(SYSROWSETS)?, read(SYSRSCOLS)?);
        let (classes, indexes) = (read(SYSCLSOBJS)?, read(SYSIDXSTATS)?);
        let (keys, files) = (read(SYSISCOLS)?, read(SYSPRUFILES)?);

        catalog.groups = classes
            .iter()
            .filter(|(_, row)| int(&row[0]) == CLASS_GROUP)
            .map(|(_, row)| (int(&row[1]) as u16, text(&row[2]).to_owned()))
            .collect();
        catalog.files = files.iter().map(|(_, row)| FileRow::read(row)).collect();
        catalog.schemas = classes
            .iter()
            .filter(|(_, row)| int(&row[0]) == CLASS_SCHEMA)
            .map(|(_, row)| (int(&row[1]), text(&row[2]).to_owned()))
            .collect();
        let schemas = catalog.schemas.clone();
        let schema = |id: i64| schemas.get(&id).cloned().unwrap_or_else(|| "dbo".to_owned());
        for (_, object) in &objects {
            let id = int(&object[0]);
            let kind = text(&object[5]).trim_end();
            if kind == "S" {
                if let Some(table) = system.remove(&(id as u32)) {
                    let rows = rowsets.iter().find(|(_, row)| int(&row[2]) == id);
                    let rows = rows.map_or(0, |(_, row)| int(&row[7]));
                    catalog.tables.insert(id as i32, Table { rows, created: time(&object[9]), ..table });
                }
                continue;
            }
            let Some((_, rowset)) = rowsets.iter().find(|(_, row)| int(&row[2]) == id && int(&row[3]) <= 1) else {
                continue;
            };
            if kind != "U" {
                continue;
            }
            let Some(allocation) = units.iter().find(|(_, row)| int(&row[2]) == int(&rowset[0])) else { continue };
            let own: Vec<&Vec<Value>> =
                columns.iter().map(|(_, row)| row).filter(|row| int(&row[0]) == id && int(&row[1]) == 0).collect();
            let layout = stored_layout(&own, &stored, int(&rowset[0]), int(&rowset[13]));
            let key = indexes.iter().find(|(_, row)| int(&row[0]) == id && int(&row[3]) & 0x20 != 0);
            let mut key_columns: Vec<(i64, usize)> = keys
                .iter()
                .filter(|(_, row)| key.is_some_and(|(_, key)| int(&row[0]) == id && int(&row[1]) == int(&key[1])))
                .map(|(_, row)| (int(&row[5]), int(&row[4]) as usize - 1))
                .collect();
            key_columns.sort_unstable();
            let unit = int(&allocation.1[0]);
            catalog.tables.insert(
                id as i32,
                Table {
                    id: id as i32,
                    schema: schema(int(&object[2])),
                    name: text(&object[1]).to_owned(),
                    columns: own.iter().map(|row| column_of(row)).collect(),
                    layout,
                    index: (unit >> 48) as u16,
                    object: (unit >> 16) as u32,
                    storage: Storage::Heap(PageId::read(bytes(&allocation.1[7]), 0)),
                    primary_key: key_columns.into_iter().map(|(_, column)| column).collect(),
                    primary_key_name: key.map_or(String::new(), |(_, key)| text(&key[2]).to_owned()),
                    rows: int(&rowset[7]),
                    created: time(&object[9]),
                    is_system: false,
                    last_page: None,
                    keys: None,
                },
            );
        }
        Ok(catalog)
    }

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
            return Err(super::texts::internal("sysallocunits").into());
        };
        Ok((catalog, first))
    }

    fn add(&mut self, store: &mut Store, txn: &mut Transaction, object: u32, row: &[Value]) -> Answer<()> {
        let Some(table) = self.tables.get_mut(&(object as i32)) else {
            return Err(super::texts::internal("system table").into());
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
        new: &super::instance::NewTable,
        now: NaiveDateTime,
    ) -> Answer<()> {
        let id = self.tables.keys().copied().max().unwrap_or(0).max(FIRST_USER_OBJECT) + 16;
        let object = self.tables.values().map(|table| table.object).max().unwrap_or(0).max(FIRST_HEAP_OBJECT) + 1;
        let iam = store.take_page(txn, 1, pfs::IAM)?;
        let image = super::allocation::new_map(kind::IAM, iam, 0).bytes().to_vec();
        let mut page = Page::from_bytes(&image);
        super::bytes::put(page.bytes_mut(), 6, &HEAP_INDEX.to_le_bytes());
        super::bytes::put(page.bytes_mut(), 24, &object.to_le_bytes());
        super::bytes::put(page.bytes_mut(), 136, &PageId::new(iam.file, 0).bytes());
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
        match super::record::variable_range(&record, index) {
            Some(range) => store.patch_record(txn, place, range.start as u16, &identity_bytes(kind, value)),
            None => Ok(()),
        }
    }
}

/// `idtval`: last value, seed, increment in the column's width, one byte of flags (1 = unused).
fn identity_bytes(kind: ColumnType, last: i64) -> Vec<u8> {
    let width = usize::from(kind.fixed_len().unwrap_or(8)).min(8);
    let mut out: Vec<u8> = [last, 1, 1].iter().flat_map(|value| value.to_le_bytes()[..width].to_vec()).collect();
    out.push(u8::from(last == 0));
    out
}

fn identity_value(kind: ColumnType, bytes: &[u8]) -> i64 {
    let width = usize::from(kind.fixed_len().unwrap_or(8)).min(8);
    let mut wide = [0u8; 8];
    super::bytes::put(&mut wide, 0, bytes.get(..width).unwrap_or_default());
    i64::from_le_bytes(wide)
}

fn column_of(row: &[Value]) -> Column {
    let kind = ColumnType::of_catalog(int(&row[4]) as u8, int(&row[6]) as i16, int(&row[7]) as u8, int(&row[8]) as u8);
    let status = int(&row[10]);
    Column {
        name: text(&row[3]).to_owned(),
        kind: kind.unwrap_or(ColumnType::VarBinaryMax),
        nullable: status & 1 == 0,
        identity: status & 4 != 0,
    }
}

/// The layout by `sysrscols`, which says where each column is.
fn stored_layout(columns: &[&Vec<Value>], stored: &[(RowId, Vec<Value>)], rowset: i64, minleaf: i64) -> Layout {
    let cell = |column: &&Vec<Value>| {
        let row =
            stored.iter().map(|(_, row)| row).find(|row| int(&row[0]) == rowset && int(&row[1]) == int(&column[2]))?;
        let offset = int(&row[9]) as i16;
        let place = match u16::try_from(offset) {
            Ok(at) => Place::Fixed(at, int(&row[11]) as u8),
            Err(_) => Place::Variable((-1 - offset) as u16),
        };
        Some(super::record::Cell { kind: column_of(column).kind, place, null_bit: int(&row[10]) as u16 - 1 })
    };
    Layout { cells: columns.iter().filter_map(cell).collect(), fixed_end: minleaf as u16 }
}

impl FileRow {
    fn read(row: &[Value]) -> FileRow {
        FileRow {
            id: int(&row[1]) as u16,
            group: int(&row[2]) as u16,
            is_log: int(&row[4]) == 1,
            logical_name: text(&row[9]).to_owned(),
            physical_name: text(&row[10]).to_owned(),
            create_lsn: super::lsn::Lsn::from_bytes(array_at(bytes(&row[11]), 0)),
            guid: match &row[13] {
                Value::Guid(guid) => *guid,
                _ => uuid::Uuid::nil(),
            },
        }
    }

    fn row(&self) -> Vec<Value> {
        let mut row: Vec<Value> =
            [1, i64::from(self.id), i64::from(self.group), 2, i64::from(self.is_log), 0].map(Value::Int).to_vec();
        row.extend([Value::Int(0), Value::Int(-1), Value::Int(i64::from(super::allocation::GROWTH_PAGES))]);
        row.push(Value::Text(self.logical_name.clone()));
        row.push(Value::Text(self.physical_name.clone()));
        row.push(Value::Bytes(self.create_lsn.bytes().to_vec()));
        row.push(Value::Bytes(vec![0; 10]));
        row.push(Value::Guid(self.guid));
        row
    }
}
