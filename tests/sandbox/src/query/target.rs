//! Tables that statements change: of the engine, or `#t` and `@t` in memory.

use sqlparser::ast as sql;

use super::Context;
use super::bind::unknown;
use super::from::name_parts;
use crate::engine::{self, RowId, TableFacts};
use crate::failure::{Failure, Outcome, no_object};
use crate::session::rights;
use crate::tables;
use crate::value::{Column, SqlType, Value, fold};

/// A `#table` or a `@table`: kept in memory by the session or the batch.
#[derive(Debug, Clone, Default)]
pub struct TemporaryTable {
    pub(super) columns: Vec<engine::Column>,
    pub(super) types: Vec<SqlType>,
    pub(super) next_identity: i64,
    pub(super) rows: Vec<Vec<Value>>,
}

impl TemporaryTable {
    /// Its columns.
    pub fn columns(&self) -> Vec<Column> {
        let column = |(column, ty): (&engine::Column, &SqlType)| Column {
            name: column.name.clone(),
            ty: *ty,
            nullable: column.nullable,
        };
        self.columns.iter().zip(&self.types).map(column).collect()
    }
}

/// A table that can be changed.
pub(super) enum Target {
    Engine { database: String, facts: Box<TableFacts> },
    Temporary(String),
}

impl Target {
    pub(super) fn find(context: &Context<'_>, name: &sql::ObjectName, right: &str) -> Outcome<Target> {
        let parts = name_parts(name);
        if let [name] = parts.as_slice()
            && name.starts_with(['#', '@'])
        {
            return match context.tables.borrow().contains_key(&fold(name)) {
                true => Ok(Target::Temporary(fold(name))),
                false => Err(no_object(&parts)),
            };
        }
        let (database, schema, table) = place(context, &parts)?;
        let facts = tables::describe(context.session, &database, &schema, &table).map_err(|failure| {
            if failure.errors.first().is_some_and(|error| error.number == 208) { no_object(&parts) } else { failure }
        })?;
        rights::table(context.session, &database, &facts.schema, &facts.name, right)?;
        Ok(Target::Engine { database, facts: Box::new(facts) })
    }

    pub(super) fn columns(&self, context: &Context<'_>) -> Vec<Column> {
        match self {
            Target::Engine { facts, .. } => facts.columns.iter().map(tables::column).collect(),
            Target::Temporary(name) => {
                context.tables.borrow().get(name).map(TemporaryTable::columns).unwrap_or_default()
            }
        }
    }

    pub(super) fn identity(&self, context: &Context<'_>) -> Option<usize> {
        let position = |columns: &[engine::Column]| columns.iter().position(|column| column.identity);
        match self {
            Target::Engine { facts, .. } => position(&facts.columns),
            Target::Temporary(name) => context.tables.borrow().get(name).and_then(|table| position(&table.columns)),
        }
    }

    pub(super) fn rows(&self, context: &Context<'_>) -> Outcome<Vec<(RowId, Vec<Value>)>> {
        match self {
            Target::Engine { database, facts } => {
                let types: Vec<SqlType> = facts.columns.iter().map(|column| tables::sql_type(column.kind)).collect();
                let rows = context.session.server().engine.scan(database, &facts.schema, &facts.name)?;
                let typed = |row: Vec<engine::Value>| {
                    row.into_iter().zip(&types).map(|(cell, ty)| tables::value_of(cell, *ty)).collect()
                };
                Ok(rows.into_iter().map(|(id, row)| (id, typed(row))).collect())
            }
            Target::Temporary(name) => {
                let tables = context.tables.borrow();
                let rows = tables.get(name).map(|table| table.rows.clone()).unwrap_or_default();
                let id = |index: usize| RowId { file: 0, page: index as u32, slot: 0 };
                Ok(rows.into_iter().enumerate().map(|(index, row)| (id(index), row)).collect())
            }
        }
    }
}

/// Database, schema and table of a name.
pub(super) fn place(context: &Context<'_>, parts: &[&str]) -> Outcome<(String, String, String)> {
    let own = context.session.database();
    let (database, schema, table) = match parts {
        [table] => (own, "dbo", *table),
        [schema, table] => (own, *schema, *table),
        [database, schema, table] => (*database, *schema, *table),
        _ => return Err(unknown("a table of another server")),
    };
    let database = if database.is_empty() { own } else { database };
    let schema = if schema.is_empty() { "dbo" } else { schema };
    Ok((database.to_owned(), schema.to_owned(), table.to_owned()))
}

pub(super) fn add(context: &Context<'_>, target: &Target, rows: Vec<Vec<Value>>) -> Outcome<Option<i64>> {
    match target {
        Target::Engine { database, facts } => {
            let row = |row: Vec<Value>| {
                row.into_iter()
                    .zip(&facts.columns)
                    .map(|(value, column)| tables::engine_value(value, column.kind))
                    .collect()
            };
            let rows: Vec<Vec<engine::Value>> = rows.into_iter().map(row).collect();
            Ok(context.session.server().engine.insert(database, &facts.schema, &facts.name, &rows)?)
        }
        Target::Temporary(name) => {
            let mut tables = context.tables.borrow_mut();
            let Some(table) = tables.get_mut(name) else { return Ok(None) };
            let identity = table.columns.iter().position(|column| column.identity);
            let mut last = None;
            for mut row in rows {
                if let Some(place) = identity {
                    table.next_identity += 1;
                    row[place] = Value::Int(table.next_identity);
                    last = Some(table.next_identity);
                }
                let missing =
                    table.columns.iter().zip(&row).find(|(column, value)| !column.nullable && value.is_null());
                if let Some((column, _)) = missing {
                    let text = format!(
                        "Cannot insert the value NULL into column '{}', table '{name}'; column does not allow nulls. \
                         INSERT fails.",
                        column.name
                    );
                    return Err(Failure::of(515, 16, 2, text));
                }
                table.rows.push(row);
            }
            Ok(last)
        }
    }
}

pub(super) fn remove(context: &Context<'_>, target: &Target, rows: Vec<RowId>) -> Outcome<()> {
    match target {
        Target::Engine { database, facts } => {
            Ok(context.session.server().engine.delete(database, &facts.schema, &facts.name, &rows)?)
        }
        Target::Temporary(name) => {
            if let Some(table) = context.tables.borrow_mut().get_mut(name) {
                let mut index = 0u32;
                table.rows.retain(|_| {
                    index += 1;
                    !rows.iter().any(|row| row.page == index - 1)
                });
            }
            Ok(())
        }
    }
}
