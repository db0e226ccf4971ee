//! INSERT, UPDATE, DELETE, TRUNCATE TABLE.

use sqlparser::ast as sql;

use super::bind::{Binder, ScopeColumn, unknown};
use super::create::{create_table, drop_table};
use super::from::name_parts;
use super::node::{Bound, Env};
use super::target::{Target, add, remove};
use super::types::convert_as;
use super::{Context, Rows};
use crate::engine::{self, RowId};
use crate::failure::{Failure, Outcome};
use crate::tables;
use crate::value::{Column, SqlType, Value, same_name};

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modified {
    /// Rows, for statements that count them.
    pub rows: Option<u64>,
    /// Identity value of the last row.
    pub identity: Option<i64>,
}

pub(super) const NOTHING: Modified = Modified { rows: None, identity: None };

/// Runs a statement that changes something.
///
/// # Errors
/// What the engine, the rights or an expression say.
pub fn modify(context: &Context<'_>, statement: &sql::Statement) -> Outcome<Modified> {
    match statement {
        sql::Statement::Insert(insert) => {
            if insert.output.is_some() {
                return Err(unknown("OUTPUT"));
            }
            let query = insert.source.as_deref().ok_or_else(|| unknown("INSERT without rows"))?;
            let plan = Binder::new(context).query(query)?;
            let rows = Rows { columns: plan.columns.clone(), rows: plan.run(context, None)? };
            insert_rows(context, statement, rows)
        }
        sql::Statement::Update(update) => self::update(context, update),
        sql::Statement::Delete(delete) => self::delete(context, delete),
        sql::Statement::CreateTable(create) => create_table(context, create),
        sql::Statement::Drop { object_type: sql::ObjectType::Table, if_exists, names, .. } => {
            names.iter().try_for_each(|name| drop_table(context, name, *if_exists))?;
            Ok(NOTHING)
        }
        sql::Statement::Truncate(truncate) => {
            for name in &truncate.table_names {
                let target = Target::find(context, &name.name, "ALTER")?;
                let all: Vec<RowId> = target.rows(context)?.into_iter().map(|(id, _)| id).collect();
                remove(context, &target, all)?;
            }
            Ok(NOTHING)
        }
        other => Err(unknown(&format!("the statement '{other}'"))),
    }
}

/// Puts rows into the table of an INSERT statement.
///
/// # Errors
/// 213 and 110 for a wrong number of values, 515, 544, 2627 and so on.
pub fn insert_rows(context: &Context<'_>, statement: &sql::Statement, new: Rows) -> Outcome<Modified> {
    let sql::Statement::Insert(insert) = statement else { return Err(unknown("this INSERT")) };
    let sql::TableObject::TableName(name) = &insert.table else { return Err(unknown("this target of INSERT")) };
    let target = Target::find(context, name, "INSERT")?;
    let columns = target.columns(context);
    let identity = target.identity(context);
    let mut places = Vec::new();
    for column in &insert.columns {
        let name = name_parts(column).last().copied().unwrap_or_default().to_owned();
        let place = columns.iter().position(|column| same_name(&column.name, &name));
        places.push(place.ok_or_else(|| Failure::new(207, format!("Invalid column name '{name}'.")).ending_batch())?);
    }
    if insert.columns.is_empty() {
        places = (0..columns.len()).filter(|place| Some(*place) != identity).collect();
    } else if let Some(name) = identity.filter(|place| places.contains(place)).map(|place| &columns[place].name) {
        let text = format!(
            "Cannot insert explicit value for identity column '{name}' in table when IDENTITY_INSERT is set to OFF."
        );
        return Err(Failure::new(544, text));
    }
    if places.len() != new.columns.len() {
        return Err(match insert.columns.is_empty() {
            true => Failure::new(213, "Column name or number of supplied values does not match table definition.")
                .ending_batch(),
            false => {
                let text = "There are more columns in the INSERT statement than values specified in the VALUES clause. \
                            The number of values in the VALUES clause must match the number of columns specified in the \
                            INSERT statement.";
                Failure::of(109, 15, 1, text).ending_batch()
            }
        });
    }
    let count = new.rows.len() as u64;
    let mut rows = Vec::new();
    for row in new.rows {
        let mut full = vec![Value::Null; columns.len()];
        for ((place, value), from) in places.iter().zip(row).zip(&new.columns) {
            full[*place] = fit(&value, from.ty, &columns[*place])?;
        }
        rows.push(full);
    }
    let identity = add(context, &target, rows)?;
    Ok(Modified { rows: Some(count), identity })
}

/// A value for a column; a text that is too long is refused by the engine, not cut here.
fn fit(value: &Value, from: SqlType, column: &Column) -> Outcome<Value> {
    let wanted = match column.ty {
        SqlType::NVarChar(_) | SqlType::NChar(_) if matches!(value, Value::Text(_)) => SqlType::NVarChar(None),
        SqlType::VarChar(_) | SqlType::Char(_) if matches!(value, Value::Text(_)) => SqlType::VarChar(None),
        ty => ty,
    };
    convert_as(value, from, wanted, None)
}

fn scope_of(alias: &str, columns: &[Column]) -> Vec<ScopeColumn> {
    columns.iter().map(|column| ScopeColumn { table: alias.to_owned(), column: column.clone() }).collect()
}

/// Rows that a WHERE leaves.
fn chosen(context: &Context<'_>, target: &Target, filter: Option<&Bound>) -> Outcome<Vec<(RowId, Vec<Value>)>> {
    let mut chosen = Vec::new();
    for (id, row) in target.rows(context)? {
        context.check_interrupt()?;
        let keep = match filter {
            Some(filter) => filter.holds(&Env { context, row: &row, outer: None })?,
            None => true,
        };
        if keep {
            chosen.push((id, row));
        }
    }
    Ok(chosen)
}

fn update(context: &Context<'_>, update: &sql::Update) -> Outcome<Modified> {
    if update.from.is_some() || !update.table.joins.is_empty() || update.output.is_some() {
        return Err(unknown("UPDATE with FROM, a join or OUTPUT"));
    }
    let sql::TableFactor::Table { name, .. } = &update.table.relation else {
        return Err(unknown("this target of UPDATE"));
    };
    let target = Target::find(context, name, "UPDATE")?;
    let columns = target.columns(context);
    let scope = scope_of(name_parts(name).last().copied().unwrap_or_default(), &columns);
    let binder = Binder { scope: &scope, ..Binder::new(context) };
    let filter = update.selection.as_ref().map(|filter| binder.bind_condition(filter)).transpose()?;
    let mut changes = Vec::new();
    for assignment in &update.assignments {
        let sql::AssignmentTarget::ColumnName(name) = &assignment.target else {
            return Err(unknown("this assignment"));
        };
        let name = name_parts(name).last().copied().unwrap_or_default().to_owned();
        let place = columns.iter().position(|column| same_name(&column.name, &name));
        let place = place.ok_or_else(|| Failure::new(207, format!("Invalid column name '{name}'.")).ending_batch())?;
        changes.push((place, binder.bind(&assignment.value)?));
    }
    let mut new = Vec::new();
    for (id, row) in chosen(context, &target, filter.as_ref())? {
        let mut changed = row.clone();
        for (place, value) in &changes {
            let env = Env { context, row: &row, outer: None };
            changed[*place] = fit(&value.eval(&env)?, value.ty, &columns[*place])?;
        }
        new.push((id, changed));
    }
    let rows = Some(new.len() as u64);
    match &target {
        Target::Engine { database, facts } => {
            let row = |(id, row): (RowId, Vec<Value>)| {
                let cells = row.into_iter().zip(&facts.columns);
                (id, cells.map(|(value, column)| tables::engine_value(value, column.kind)).collect())
            };
            let new: Vec<(RowId, Vec<engine::Value>)> = new.into_iter().map(row).collect();
            context.session.server().engine.update(database, &facts.schema, &facts.name, &new)?;
        }
        Target::Temporary(name) => {
            if let Some(table) = context.tables.borrow_mut().get_mut(name) {
                for (id, row) in new {
                    if let Some(old) = table.rows.get_mut(id.page as usize) {
                        *old = row;
                    }
                }
            }
        }
    }
    Ok(Modified { rows, identity: None })
}

fn delete(context: &Context<'_>, delete: &sql::Delete) -> Outcome<Modified> {
    let (sql::FromTable::WithFromKeyword(from) | sql::FromTable::WithoutKeyword(from)) = &delete.from;
    let [table] = from.as_slice() else { return Err(unknown("DELETE with several tables")) };
    if !table.joins.is_empty() || !delete.tables.is_empty() || delete.output.is_some() {
        return Err(unknown("DELETE with a join or OUTPUT"));
    }
    let sql::TableFactor::Table { name, .. } = &table.relation else { return Err(unknown("this target of DELETE")) };
    let target = Target::find(context, name, "DELETE")?;
    let columns = target.columns(context);
    let scope = scope_of(name_parts(name).last().copied().unwrap_or_default(), &columns);
    let binder = Binder { scope: &scope, ..Binder::new(context) };
    let filter = delete.selection.as_ref().map(|filter| binder.bind_condition(filter)).transpose()?;
    let rows: Vec<RowId> = chosen(context, &target, filter.as_ref())?.into_iter().map(|(id, _)| id).collect();
    let count = rows.len() as u64;
    remove(context, &target, rows)?;
    Ok(Modified { rows: Some(count), identity: None })
}
