//! INSERT, UPDATE, DELETE, CREATE TABLE, DROP TABLE, TRUNCATE TABLE.

use sqlparser::ast as sql;

use super::bind::{Binder, ScopeColumn, unknown};
use super::from::name_parts;
use super::node::{Bound, Env};
use super::types::convert_as;
use super::{Context, Rows};
use crate::engine::{self, NewTable, RowId, TableFacts};
use crate::failure::{Failure, Outcome, no_object};
use crate::session::rights;
use crate::tables;
use crate::tsql::data_type;
use crate::value::{Column, SqlType, Value, fold, same_name};

/// A `#table` or a `@table`: kept in memory by the session or the batch.
#[derive(Debug, Clone, Default)]
pub struct TemporaryTable {
    columns: Vec<engine::Column>,
    types: Vec<SqlType>,
    next_identity: i64,
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

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modified {
    /// Rows, for statements that count them.
    pub rows: Option<u64>,
    /// Identity value of the last row.
    pub identity: Option<i64>,
}

const NOTHING: Modified = Modified { rows: None, identity: None };

/// A table that can be changed.
enum Target {
    Engine { database: String, facts: Box<TableFacts> },
    Temporary(String),
}

impl Target {
    fn find(context: &Context<'_>, name: &sql::ObjectName, right: &str) -> Outcome<Target> {
        let parts = name_parts(name);
        if let [name] = parts.as_slice() {
            if name.starts_with(['#', '@']) {
                return match context.tables.borrow().contains_key(&fold(name)) {
                    true => Ok(Target::Temporary(fold(name))),
                    false => Err(no_object(&parts)),
                };
            }
        }
        let (database, schema, table) = place(context, &parts)?;
        let facts = tables::describe(context.session, &database, &schema, &table).map_err(|failure| {
            if failure.errors.first().is_some_and(|error| error.number == 208) { no_object(&parts) } else { failure }
        })?;
        rights::table(context.session, &database, &facts.schema, &facts.name, right)?;
        Ok(Target::Engine { database, facts: Box::new(facts) })
    }

    fn columns(&self, context: &Context<'_>) -> Vec<Column> {
        match self {
            Target::Engine { facts, .. } => facts.columns.iter().map(tables::column).collect(),
            Target::Temporary(name) => {
                context.tables.borrow().get(name).map(TemporaryTable::columns).unwrap_or_default()
            }
        }
    }

    fn identity(&self, context: &Context<'_>) -> Option<usize> {
        let position = |columns: &[engine::Column]| columns.iter().position(|column| column.identity);
        match self {
            Target::Engine { facts, .. } => position(&facts.columns),
            Target::Temporary(name) => context.tables.borrow().get(name).and_then(|table| position(&table.columns)),
        }
    }

    fn rows(&self, context: &Context<'_>) -> Outcome<Vec<(RowId, Vec<Value>)>> {
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
fn place(context: &Context<'_>, parts: &[&str]) -> Outcome<(String, String, String)> {
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

fn add(context: &Context<'_>, target: &Target, rows: Vec<Vec<Value>>) -> Outcome<Option<i64>> {
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

fn remove(context: &Context<'_>, target: &Target, rows: Vec<RowId>) -> Outcome<()> {
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

fn drop_table(context: &Context<'_>, name: &sql::ObjectName, if_exists: bool) -> Outcome<()> {
    let parts = name_parts(name);
    if let [name] = parts.as_slice() {
        if name.starts_with('#') {
            let was = context.tables.borrow_mut().remove(&fold(name));
            return if was.is_some() || if_exists { Ok(()) } else { Err(no_table(&parts)) };
        }
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

/// Makes the columns of a CREATE TABLE, and its primary key by places.
fn definition(create: &sql::CreateTable) -> Outcome<(Vec<engine::Column>, Vec<usize>, Option<String>, Vec<SqlType>)> {
    let mut columns: Vec<engine::Column> = Vec::new();
    let mut types = Vec::new();
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
        types.push(ty);
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
    Ok((columns, key, key_name, types))
}

/// Makes a `#table` or a `@table`.
///
/// # Errors
/// 2714 when the name is taken.
pub fn create_temporary(context: &Context<'_>, name: &str, create: &sql::Statement) -> Outcome<()> {
    let sql::Statement::CreateTable(create) = create else { return Err(unknown("this table")) };
    let mut tables = context.tables.borrow_mut();
    if tables.contains_key(&fold(name)) {
        return Err(Failure::of(2714, 16, 6, format!("There is already an object named '{name}' in the database.")));
    }
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
    tables.insert(fold(name), TemporaryTable { columns, types, next_identity: 0, rows: Vec::new() });
    Ok(())
}

fn create_table(context: &Context<'_>, create: &sql::CreateTable) -> Outcome<Modified> {
    let parts = name_parts(&create.name);
    let (database, schema, name) = place(context, &parts)?;
    context.session.may_use(&database)?;
    rights::owner(context.session, &database)
        .map_err(|_| Failure::of(262, 14, 1, format!("CREATE TABLE permission denied in database '{database}'.")))?;
    let (columns, primary_key, primary_key_name, _) = definition(create)?;
    let table = NewTable { schema, name, columns, primary_key, primary_key_name };
    context.session.server().engine.create_table(&database, &table)?;
    Ok(NOTHING)
}
