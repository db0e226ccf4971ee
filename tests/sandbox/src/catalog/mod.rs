//! Catalog views and table functions: what the server tells about itself. Columns by name, type and
//! order as in Microsoft's reference for SQL Server 2019.

mod databases;
mod locks;
mod objects;
pub mod principals;
mod server;
mod sessions;

use crate::failure::Outcome;
use crate::query::Context;
use crate::tsql::data_type;
use crate::value::{Column, SqlType, Value, same_name};

/// Rows of values.
type Table = Vec<Vec<Value>>;

/// A catalog view.
#[derive(Debug)]
pub struct View {
    schema: &'static str,
    name: &'static str,
    columns: &'static str,
    rows: fn(&Context<'_>, &str, &Shape) -> Outcome<Table>,
}

/// A table function of the catalog.
#[derive(Debug)]
pub struct TableFunction {
    name: &'static str,
    /// Types of its parameters.
    pub takes: &'static [SqlType],
    columns: &'static str,
    rows: fn(&Context<'_>, &[Value], &Shape) -> Outcome<Table>,
}

/// A view by its name; `schema` may be empty, which finds none.
pub fn view(database: &str, schema: &str, name: &str) -> Option<&'static View> {
    // master.dbo.sysdatabases and so on are kept for scripts from the time of SQL Server 2000.
    let schema = match schema {
        "" | "dbo"
            if name.to_lowercase().starts_with("sys") && (same_name(database, "master") || schema.is_empty()) =>
        {
            "sys"
        }
        other => other,
    };
    all_views().find(|view| same_name(view.schema, schema) && same_name(view.name, name))
}

/// A table function by its name.
pub fn function(name: &str) -> Option<&'static TableFunction> {
    [server::FUNCTIONS, sessions::FUNCTIONS].into_iter().flatten().find(|function| same_name(function.name, name))
}

fn all_views() -> impl Iterator<Item = &'static View> {
    [databases::VIEWS, locks::VIEWS, objects::VIEWS, principals::VIEWS, server::VIEWS, sessions::VIEWS]
        .into_iter()
        .flatten()
}

impl View {
    /// Its columns.
    pub fn columns(&self) -> Vec<Column> {
        columns(self.columns)
    }

    /// Its rows, in a database.
    ///
    /// # Errors
    /// Rights, and what the engine says.
    pub fn rows(&self, context: &Context<'_>, database: &str) -> Outcome<Vec<Vec<Value>>> {
        (self.rows)(context, database, &Shape(self.columns()))
    }

    /// `object_id`: negative, as those of system views are.
    pub fn object_id(&self) -> i32 {
        let place = all_views().position(|view| std::ptr::eq(view, self)).unwrap_or(0);
        -100 - place as i32
    }
}

impl TableFunction {
    /// Its columns.
    pub fn columns(&self) -> Vec<Column> {
        columns(self.columns)
    }

    /// Its rows for these arguments.
    ///
    /// # Errors
    /// Rights, and what the engine says.
    pub fn rows(&self, context: &Context<'_>, arguments: &[Value]) -> Outcome<Vec<Vec<Value>>> {
        (self.rows)(context, arguments, &Shape(self.columns()))
    }
}

/// The columns of a view, to make rows from pairs.
#[derive(Debug)]
pub struct Shape(Vec<Column>);

impl Shape {
    /// A row of named values; columns that are not named are NULL.
    fn row<const N: usize>(&self, pairs: [(&str, Value); N]) -> Vec<Value> {
        let mut row = vec![Value::Null; self.0.len()];
        for (name, value) in pairs {
            let place = self.0.iter().position(|column| column.name == name);
            debug_assert!(place.is_some(), "the view has no column {name}");
            if let Some(place) = place {
                row[place] = value;
            }
        }
        row
    }
}

/// Reads `name type, name type!, ...`; `!` is NOT NULL.
fn columns(text: &str) -> Vec<Column> {
    let mut depth = 0;
    let parts = text.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    let column = |part: &str| {
        let part = part.trim();
        let (name, ty) = part.split_once(' ')?;
        let nullable = !ty.ends_with('!');
        let ty = data_type(ty.trim_end_matches('!')).ok()?;
        Some(Column { name: name.to_owned(), ty, nullable })
    };
    parts.filter_map(column).collect()
}

/// A small number.
fn int(n: impl Into<i64>) -> Value {
    Value::Int(n.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_every_view_has_a_name_and_a_type() {
        let texts = all_views()
            .map(|view| (view.name, view.columns))
            .chain([server::FUNCTIONS, sessions::FUNCTIONS].into_iter().flatten().map(|it| (it.name, it.columns)));
        for (name, text) in texts {
            let written = text.split(',').filter(|part| part.trim().contains(' ')).count();
            let all = columns(text);
            assert_eq!(all.len(), written, "{name}");
            for column in &all {
                assert_eq!(all.iter().filter(|other| other.name == column.name).count(), 1, "{name}.{}", column.name);
            }
        }
    }
}
