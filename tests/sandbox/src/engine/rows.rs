//! Rows of user tables: insert, update, delete, each call one transaction.

use std::collections::HashSet;

use chrono::NaiveDateTime;

use super::catalog::Table;
use super::core::Core;
use super::error::{Answer, ServerError};
use super::facts::RowId;
use super::fit::fit;
use super::instance::NewTable;
use super::store::Transaction;
use super::texts;
use super::value::Value;

/// The longest record that a page takes.
const MAX_RECORD: usize = 8060;

impl Core {
    /// The table of a name, in any case.
    pub(crate) fn find_table(&self, schema: &str, name: &str) -> Option<&Table> {
        self.catalog.tables.values().find(|table| {
            table.schema.to_lowercase() == schema.to_lowercase() && table.name.to_lowercase() == name.to_lowercase()
        })
    }

    fn table_id(&self, schema: &str, name: &str) -> Answer<i32> {
        match self.find_table(schema, name) {
            Some(table) => Ok(table.id),
            None => Err(texts::invalid_object(&format!("{schema}.{name}")).into()),
        }
    }

    /// Runs `work` as one transaction: all of it reaches the disk, or nothing.
    fn transact<T>(
        &mut self,
        name: &str,
        now: NaiveDateTime,
        work: impl FnOnce(&mut Core, &mut Transaction) -> Answer<T>,
    ) -> Answer<T> {
        let mut txn = self.store.begin(name, now)?;
        match work(self, &mut txn) {
            Ok(value) => {
                self.store.commit(txn, now)?;
                Ok(value)
            }
            Err(refusal) => {
                self.store.roll_back(txn)?;
                self.reload()?;
                Err(refusal)
            }
        }
    }

    pub(crate) fn create_table(&mut self, new: &NewTable, now: NaiveDateTime) -> Answer<()> {
        if self.find_table(&new.schema, &new.name).is_some() {
            return Err(texts::object_exists(&new.name).into());
        }
        self.transact("CREATE TABLE", now, |core, txn| core.catalog.create_table(&mut core.store, txn, new, now))
    }

    pub(crate) fn drop_table(&mut self, schema: &str, name: &str, now: NaiveDateTime) -> Answer<()> {
        let Some(id) = self.find_table(schema, name).filter(|table| !table.is_system).map(|table| table.id) else {
            return Err(texts::cannot_drop_table(name).into());
        };
        self.transact("DROPOBJ", now, |core, txn| core.catalog.drop_table(&mut core.store, txn, id))
    }

    pub(crate) fn scan(&mut self, schema: &str, name: &str) -> Answer<Vec<(RowId, Vec<Value>)>> {
        let id = self.table_id(schema, name)?;
        match self.catalog.tables.get(&id) {
            Some(table) => self.store.table_rows(table),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) fn insert(
        &mut self,
        schema: &str,
        name: &str,
        rows: &[Vec<Value>],
        now: NaiveDateTime,
    ) -> Answer<Option<i64>> {
        let id = self.table_id(schema, name)?;
        self.transact("INSERT", now, |core, txn| {
            let Some(mut table) = core.catalog.tables.remove(&id) else { return Ok(None) };
            let done = core.insert_into(txn, &mut table, rows);
            let count = table.rows + rows.len() as i64;
            core.catalog.tables.insert(id, table);
            let last = done?;
            core.catalog.set_rows(&mut core.store, txn, id, count)?;
            if let Some(last) = last
                && let Some((place, kind, before)) = core.catalog.identity(&mut core.store, id)?
                && last > before
            {
                core.catalog.set_identity(&mut core.store, txn, place, kind, last)?;
            }
            Ok(last)
        })
    }

    fn insert_into(&mut self, txn: &mut Transaction, table: &mut Table, rows: &[Vec<Value>]) -> Answer<Option<i64>> {
        let full_name = format!("{}.{}.{}", self.boot.name, table.schema, table.name);
        let identity = table.columns.iter().position(|column| column.identity);
        let mut last = None;
        let mut next = 1;
        if identity.is_some() {
            // The table is out of the catalog while it is changed; its column row is found by id.
            self.catalog.tables.insert(table.id, table.clone());
            next = self.catalog.identity(&mut self.store, table.id)?.map_or(0, |(_, _, last)| last) + 1;
            self.catalog.tables.remove(&table.id);
        }
        self.load_keys(table)?;
        for row in rows {
            let mut row = row.clone();
            if let Some(index) = identity {
                match row.get(index) {
                    Some(Value::Int(given)) => next = next.max(*given + 1),
                    _ => {
                        if let Some(value) = row.get_mut(index) {
                            *value = Value::Int(next);
                        }
                        next += 1;
                    }
                }
                last = Some(next - 1);
            }
            let fitted = fit_row(table, &row, &full_name, "INSERT")?;
            claim_key(table, &fitted)?;
            let record = table.layout.encode(&fitted);
            if record.len() > MAX_RECORD {
                return Err(texts::row_too_large(record.len()).into());
            }
            self.store.insert_record(txn, table, record)?;
        }
        Ok(last)
    }

    fn load_keys(&mut self, table: &mut Table) -> Answer<()> {
        if table.primary_key.is_empty() || table.keys.is_some() {
            return Ok(());
        }
        let rows = self.store.table_rows(table)?;
        table.keys = Some(rows.iter().map(|(_, row)| key_of(table, row)).collect::<HashSet<_>>());
        Ok(())
    }

    pub(crate) fn update(
        &mut self,
        schema: &str,
        name: &str,
        rows: &[(RowId, Vec<Value>)],
        now: NaiveDateTime,
    ) -> Answer<()> {
        let id = self.table_id(schema, name)?;
        self.transact("UPDATE", now, |core, txn| {
            let Some(mut table) = core.catalog.tables.remove(&id) else { return Ok(()) };
            let done = core.update_in(txn, &mut table, rows);
            table.keys = None;
            core.catalog.tables.insert(id, table);
            done
        })
    }

    fn update_in(&mut self, txn: &mut Transaction, table: &mut Table, rows: &[(RowId, Vec<Value>)]) -> Answer<()> {
        let full_name = format!("{}.{}.{}", self.boot.name, table.schema, table.name);
        self.load_keys(table)?;
        let mut fitted = Vec::with_capacity(rows.len());
        for (place, row) in rows {
            let id = super::page::PageId::new(place.file, place.page);
            let old = self.store.page(id)?.record(place.slot).map(|record| table.layout.decode(record));
            let new = fit_row(table, row, &full_name, "UPDATE")?;
            let gone = old.map(|old| key_of(table, &old));
            if let (Some(keys), Some(gone)) = (&mut table.keys, &gone) {
                keys.remove(gone);
            }
            fitted.push((*place, new));
        }
        for (place, row) in fitted {
            claim_key(table, &row)?;
            let record = table.layout.encode(&row);
            if record.len() > MAX_RECORD {
                return Err(texts::row_too_large(record.len()).into());
            }
            self.store.replace_row(txn, table, place, record)?;
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, schema: &str, name: &str, rows: &[RowId], now: NaiveDateTime) -> Answer<()> {
        let id = self.table_id(schema, name)?;
        self.transact("DELETE", now, |core, txn| {
            for row in rows {
                core.store.delete_row(txn, *row)?;
            }
            let count = core.catalog.tables.get(&id).map_or(0, |table| table.rows) - rows.len() as i64;
            core.catalog.set_rows(&mut core.store, txn, id, count.max(0))?;
            if let Some(table) = core.catalog.tables.get_mut(&id) {
                table.keys = None;
            }
            Ok(())
        })
    }
}

fn fit_row(table: &Table, row: &[Value], full_name: &str, statement: &str) -> Result<Vec<Value>, ServerError> {
    let values = row.iter().chain(std::iter::repeat(&Value::Null));
    table.columns.iter().zip(values).map(|(column, value)| fit(column, value, full_name, statement)).collect()
}

/// The key of a row, such that equal keys (in any case of letters) have equal bytes.
fn key_of(table: &Table, row: &[Value]) -> Vec<u8> {
    let parts = table.primary_key.iter().filter_map(|index| row.get(*index));
    parts.map(|value| format!("{value:?}\u{0}").to_lowercase()).collect::<String>().into_bytes()
}

fn claim_key(table: &mut Table, row: &[Value]) -> Result<(), ServerError> {
    if table.primary_key.is_empty() {
        return Ok(());
    }
    let key = key_of(table, row);
    let fresh = table.keys.as_mut().is_none_or(|keys| keys.insert(key));
    if fresh {
        return Ok(());
    }
    let shown: Vec<String> = table.primary_key.iter().filter_map(|index| row.get(*index)).map(show).collect();
    let object = format!("{}.{}", table.schema, table.name);
    Err(texts::duplicate_key(&table.primary_key_name, &object, &shown.join(", ")))
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "<NULL>".to_owned(),
        Value::Bit(on) => u8::from(*on).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal { unscaled, scale } => format!("{unscaled}e-{scale}"),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::DateTime(time) => time.to_string(),
        Value::Guid(guid) => guid.to_string(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
