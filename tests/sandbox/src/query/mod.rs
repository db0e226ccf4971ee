//! Queries: `sqlparser`'s trees bound to columns and types, then run over rows.

mod arithmetic;
mod bind;
mod create;
mod from;
mod functions;
mod group;
mod like;
mod literal;
mod modify;
mod node;
mod plan;
mod select;
mod target;
mod types;
mod window;

use std::cell::RefCell;
use std::collections::HashMap;

use chrono::NaiveDateTime;
use sqlparser::ast as sql;

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::value::{Column, SqlType, Value, fold};

pub use create::{create_temporary, into_target, select_into};
pub use modify::{Modified, insert_rows, modify};
pub use plan::Plan;
pub use target::TemporaryTable;

/// A variable of a batch.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its type.
    pub ty: SqlType,
    /// Its value.
    pub value: Value,
}

/// What a statement runs in.
#[derive(Debug)]
pub struct Context<'a> {
    /// The session.
    pub session: &'a Session,
    /// Variables, by folded name with its `@`. A SELECT may assign while it runs.
    pub variables: &'a RefCell<HashMap<String, Variable>>,
    /// `#t` and `@t`, by folded name.
    pub tables: &'a RefCell<HashMap<String, TemporaryTable>>,
    /// Local time at the start of the statement: `GETDATE()` is the same in all of it.
    pub now: NaiveDateTime,
    /// The error that a CATCH block handles.
    pub caught: Option<&'a Caught>,
}

/// An error inside a CATCH block: `ERROR_NUMBER()` and so on.
#[derive(Debug, Clone)]
pub struct Caught {
    /// The last error.
    pub message: crate::engine::ServerMessage,
    /// Its line.
    pub line: u32,
    /// Its procedure.
    pub procedure: String,
}

impl Context<'_> {
    /// A variable's value and type.
    ///
    /// # Errors
    /// 137 when it is not declared.
    pub fn variable(&self, name: &str) -> Outcome<Variable> {
        let variables = self.variables.borrow();
        variables.get(&fold(name)).cloned().ok_or_else(|| {
            Failure::of(137, 15, 2, format!("Must declare the scalar variable \"{name}\".")).ending_batch()
        })
    }

    /// Gives a declared variable a value of its type.
    ///
    /// # Errors
    /// 137, and what the conversion says.
    pub fn assign(&self, name: &str, value: &Value, from: SqlType) -> Outcome<()> {
        let ty = self.variable(name)?.ty;
        let value = types::convert_as(value, from, ty, None)?;
        if let Some(variable) = self.variables.borrow_mut().get_mut(&fold(name)) {
            variable.value = value;
        }
        Ok(())
    }

    /// Whether the statement should stop.
    ///
    /// # Errors
    /// Says so.
    pub fn check_interrupt(&self) -> Outcome<()> {
        if self.session.interrupted() { Err(Failure::interrupted()) } else { Ok(()) }
    }
}

/// An expression's value and type, outside of any query.
///
/// # Errors
/// What binding or evaluating says.
pub fn evaluate(context: &Context<'_>, expression: &sql::Expr) -> Outcome<(Value, SqlType)> {
    let bound = bind::Binder::new(context).bind(expression)?;
    let value = bound.eval(&node::Env { context, row: &[], outer: None })?;
    Ok((value, bound.ty))
}

/// Whether a condition is true; NULL is not.
///
/// # Errors
/// As [`evaluate`].
pub fn holds(context: &Context<'_>, condition: &sql::Expr) -> Outcome<bool> {
    let bound = bind::Binder::new(context).bind_condition(condition)?;
    bound.holds(&node::Env { context, row: &[], outer: None })
}

/// Binds a query that stands alone.
///
/// # Errors
/// What binding says.
pub fn plan(context: &Context<'_>, query: &sql::Query) -> Outcome<Plan> {
    bind::Binder::new(context).query(query)
}

/// Rows with their columns.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Columns.
    pub columns: Vec<Column>,
    /// Values, one for each column.
    pub rows: Vec<Vec<Value>>,
}

/// Whether a text fits a LIKE pattern.
pub fn like(text: &str, pattern: &str) -> bool {
    like::matches(text, pattern, None)
}
