//! Tables as the database's own pages describe them, and rows in and out of them.
//!
//! System tables lie in chains of data pages, in the order in which their rows came (SQL Server keeps
//! them as trees sorted by key; a tree of one level reads the same). User tables are heaps. A primary key is
//! noted in `sysidxstats` and `sysiscols` and enforced, without an index of its own.

mod define;
mod records;
mod upkeep;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDateTime;

use super::error::Answer;
use super::facts::RowId;
use super::page::{Page, PageId, kind};
use super::record::{Layout, Place};
use super::store::Store;
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
