//! CREATE TABLE and DROP TABLE, in a database or in memory.

use std::collections::hash_map::Entry;

use sqlparser::ast as sql;

use super::bind::unknown;
use super::from::name_parts;
use super::modify::{Modified, NOTHING};
use super::target::{Target, TemporaryTable, add, place};
use super::{Context, Rows};
use crate::engine::{self, NewTable};
use crate::failure::{Failure, Outcome};
use crate::session::rights;
use crate::tables;
use crate::tsql::data_type;
use crate::value::{fold, same_name};

/// The table that a SELECT INTO names, if the query is one.
pub fn into_target(query: &sql::Query) -> Option<sql::ObjectName> {
    let sql::SetExpr::Select(select) = &*query.body else { return None };
    match select.into.as_ref()?.targets.first()? {
        sql::Expr::Identifier(name) => Some(vec![name.clone()].into()),
        sql::Expr::CompoundIdentifier(parts) => Some(parts.clone().into()),
        _ => None,
    }
}

/// Makes the table of a SELECT INTO, and fills it.
///
/// # Errors
/// 1038 for a column without a name, 2714 when the name is taken, and as for an INSERT.
pub fn select_into(context: &Context<'_>, name: &sql::ObjectName, new: Rows) -> Outcome<Modified> {
    if new.columns.iter().any(|column| column.name.is_empty()) {
        let text = "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a \
                    name. For other statements, look for empty alias names.";
        return Err(Failure::of(1038, 15, 5, text).ending_batch());
    }
    let parts = name_parts(name);
    let last = parts.last().copied().unwrap_or_default();
    let temporary = last.starts_with('#');
    let mut columns = Vec::new();
    for column in &new.columns {
        let kind = match tables::column_type(column.ty) {
            Err(_) if temporary => engine::ColumnType::NVarCharMax,
            kind => kind?,
        };
        columns.push(engine::Column { nullable: column.nullable, ..engine::Column::nullable(&column.name, kind) });
    }
    let types = new.columns.iter().map(|column| column.ty).collect();
    let count = new.rows.len() as u64;
    let target = if temporary {
        let mut tables = context.tables.borrow_mut();
        let Entry::Vacant(place) = tables.entry(fold(last)) else {
            let text = format!("There is already an object named '{last}' in the database.");
            return Err(Failure::of(2714, 16, 6, text));
        };
        place.insert(TemporaryTable { columns, types, next_identity: 0, rows: Vec::new() });
        drop(tables);
        Target::Temporary(fold(last))
    } else {
        let (database, schema, table) = place(context, &parts)?;
        owner_only(context, &database)?;
        let table = NewTable { schema, name: table, columns, primary_key: Vec::new(), primary_key_name: None };
        context.session.server().engine.create_table(&database, &table)?;
        Target::find(context, name, "INSERT")?
    };
    add(context, &target, new.rows)?;
    Ok(Modified { rows: Some(count), identity: None })
}

/// Drops a table.
pub(super) fn drop_table(context: &Context<'_>, name: &sql::ObjectName, if_exists: bool) -> Outcome<()> {
    let parts = name_parts(name);
    if let [name] = parts.as_slice()
        && name.starts_with('#')
    {
        let was = context.tables.borrow_mut().remove(&fold(name));
        return if was.is_some() || if_exists { Ok(()) } else { Err(no_table(&parts)) };
    }
    let (database, schema, table) = place(context, &parts)?;
    context.session.may_use(&database)?;
    rights::owner(context.session, &database).map_err(|_| no_table(&parts))?;
    match context.session.server().engine.drop_table(&database, &schema, &table) {
        Err(refusal) if refusal.number() == 3701 && if_exists => Ok(()),
        other => Ok(other?),
    }
}

fn no_table(parts: &[&str]) -> Failure {
    let name = parts.join(".");
    let text = format!("Cannot drop the table '{name}', because it does not exist or you do not have permission.");
    Failure::of(3701, 11, 5, text)
}

/// Columns of a CREATE TABLE, and its primary key by places.
struct Definition {
    columns: Vec<engine::Column>,
    key: Vec<usize>,
    key_name: Option<String>,
}

fn definition(create: &sql::CreateTable) -> Outcome<Definition> {
    let mut columns: Vec<engine::Column> = Vec::new();
    let mut key = Vec::new();
    let mut key_name = None;
    for column in &create.columns {
        let ty = data_type(&column.data_type.to_string())?;
        let mut new = engine::Column::nullable(&column.name.value, tables::column_type(ty)?);
        for option in &column.options {
            match &option.option {
                sql::ColumnOption::Null => new.nullable = true,
                sql::ColumnOption::NotNull => new.nullable = false,
                sql::ColumnOption::Identity(_) => {
                    new.identity = true;
                    new.nullable = false;
                }
                sql::ColumnOption::PrimaryKey(_) => {
                    new.nullable = false;
                    key.push(columns.len());
                    key_name = option.name.as_ref().map(|name| name.value.clone());
                }
                sql::ColumnOption::Collation(_) => {}
                other => return Err(unknown(&format!("the column option '{other}'"))),
            }
        }
        columns.push(new);
    }
    for constraint in &create.constraints {
        let sql::TableConstraint::PrimaryKey(primary) = constraint else {
            return Err(unknown(&format!("the constraint '{constraint}'")));
        };
        key_name = primary.name.as_ref().map(|name| name.value.clone());
        for part in &primary.columns {
            let sql::Expr::Identifier(name) = &part.column.expr else { return Err(unknown("this key")) };
            let place = columns.iter().position(|column| same_name(&column.name, &name.value));
            let place = place.ok_or_else(|| {
                Failure::new(1911, format!("Column name '{}' does not exist in the target table or view.", name.value))
            })?;
            columns[place].nullable = false;
            key.push(place);
        }
    }
    Ok(Definition { columns, key, key_name })
}

/// Makes a `#table` or a `@table`.
///
/// # Errors
/// 2714 when the name is taken.
pub fn create_temporary(context: &Context<'_>, name: &str, create: &sql::Statement) -> Outcome<()> {
    let sql::Statement::CreateTable(create) = create else { return Err(unknown("this table")) };
    let mut tables = context.tables.borrow_mut();
    let Entry::Vacant(place) = tables.entry(fold(name)) else {
        return Err(Failure::of(2714, 16, 6, format!("There is already an object named '{name}' in the database.")));
    };
    // Temporary tables are kept in memory, and may have columns that pages here cannot hold.
    let mut columns = Vec::new();
    let mut types = Vec::new();
    for column in &create.columns {
        let ty = data_type(&column.data_type.to_string())?;
        let kind = tables::column_type(ty).unwrap_or(engine::ColumnType::NVarCharMax);
        let mut new = engine::Column::nullable(&column.name.value, kind);
        for option in &column.options {
            match &option.option {
                sql::ColumnOption::NotNull | sql::ColumnOption::PrimaryKey(_) => new.nullable = false,
                sql::ColumnOption::Identity(_) => new.identity = true,
                _ => {}
            }
        }
        columns.push(new);
        types.push(ty);
    }
    place.insert(TemporaryTable { columns, types, next_identity: 0, rows: Vec::new() });
    Ok(())
}

/// Creates a table in a database.
pub(super) fn create_table(context: &Context<'_>, create: &sql::CreateTable) -> Outcome<Modified> {
    let parts = name_parts(&create.name);
    let (database, schema, name) = place(context, &parts)?;
    context.session.may_use(&database)?;
    rights::owner(context.session, &database)
        .map_err(|_| Failure::of(262, 14, 1, format!("CREATE TABLE permission denied in database '{database}'.")))?;
    let Definition { columns, key, key_name } = definition(create)?;
    let table = NewTable { schema, name, columns, primary_key: key, primary_key_name: key_name };
    context.session.server().engine.create_table(&database, &table)?;
    Ok(NOTHING)
}

/// Only the owner of a database makes tables in it.
fn owner_only(context: &Context<'_>, database: &str) -> Outcome<()> {
    context.session.may_use(database)?;
    rights::owner(context.session, database)
        .map_err(|_| Failure::of(262, 14, 1, format!("CREATE TABLE permission denied in database '{database}'.")))
}
