//! Built-in functions.

mod date;
mod math;
mod security;
mod server;
mod text;

use sqlparser::ast as sql;

use super::Context;
use super::bind::{Binder, case, meeting, unknown};
use super::group;
use super::node::{Bound, Comparison, Node};
use super::window;
use crate::failure::Outcome;
use crate::value::{SqlType, Value};

/// A built-in function.
#[derive(Debug)]
pub struct Function {
    /// In upper case.
    pub name: &'static str,
    /// Fewest arguments.
    pub least: usize,
    /// Most arguments.
    pub most: usize,
    /// Types its arguments are brought to; the last counts for all after it; `sql_variant` takes any.
    pub takes: &'static [SqlType],
    /// Its type, from those of its arguments.
    pub ty: fn(&[SqlType]) -> SqlType,
    /// Whether any NULL makes it NULL.
    pub null_in_null_out: bool,
    /// Computes it.
    pub run: fn(&Context<'_>, &[Value]) -> Outcome<Value>,
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

const TEXT: SqlType = SqlType::NVarChar(None);
const INT: SqlType = SqlType::Int;
const ANY: SqlType = SqlType::Variant;

/// A function by its name in upper case.
pub fn find(name: &str) -> Option<&'static Function> {
    [text::ALL, date::ALL, math::ALL, server::ALL, security::ALL]
        .into_iter()
        .flatten()
        .find(|function| function.name == name)
}

/// Functions whose first argument is a part of a date, written as a bare word.
const WITH_DATE_PART: [&str; 6] = ["DATEADD", "DATEDIFF", "DATEDIFF_BIG", "DATEPART", "DATENAME", "DATETRUNC"];

impl Binder<'_> {
    pub(super) fn function(&self, function: &sql::Function) -> Outcome<Bound> {
        let name = function.name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_uppercase());
        let name = name.ok_or_else(|| unknown("a function without a name"))?;
        if function.over.is_some() {
            return window::bind(self, &name, function);
        }
        if group::is_aggregate(&name) {
            return group::outside(&name);
        }
        let mut written = Vec::new();
        for argument in plain_arguments(function)? {
            written.push(argument.clone());
        }
        if WITH_DATE_PART.contains(&name.as_str())
            && let Some(sql::Expr::Identifier(part)) = written.first()
        {
            written[0] = sql::Expr::value(sql::Value::SingleQuotedString(part.value.clone()));
        }
        if name == "IIF" && written.len() == 3 {
            let condition = self.bind_condition(&written[0])?;
            return Ok(case(vec![(condition, self.bind(&written[1])?)], Some(self.bind(&written[2])?)));
        }
        let mut arguments = written.iter().map(|argument| self.bind(argument)).collect::<Outcome<Vec<_>>>()?;
        match (name.as_str(), arguments.len()) {
            ("ISNULL", 2) => {
                let (second, first) = (arguments.pop(), arguments.pop());
                let (Some(first), Some(second)) = (first, second) else { return Err(unknown("ISNULL")) };
                let ty = if first.is_null_word() { second.ty } else { first.ty };
                let nullable = first.nullable && second.nullable;
                Ok(Bound { ty, nullable, node: Node::Coalesce(vec![first.typed(ty), second.typed(ty)]) })
            }
            ("COALESCE", 2..) => {
                let ty = meeting(&arguments.iter().collect::<Vec<_>>());
                let nullable = arguments.iter().all(|argument| argument.nullable);
                let list = arguments.into_iter().map(|argument| argument.typed(ty)).collect();
                Ok(Bound { ty, nullable, node: Node::Coalesce(list) })
            }
            ("NULLIF", 2) => {
                let (second, first) = (arguments.pop(), arguments.pop());
                let (Some(first), Some(second)) = (first, second) else { return Err(unknown("NULLIF")) };
                let ty = first.ty;
                let same = self.comparison(Comparison::Equal, first.clone(), second)?;
                let mut bound = case(vec![(same, Bound::constant(Value::Null, ty))], Some(first));
                bound.nullable = true;
                Ok(bound)
            }
            _ => self.call(&name, arguments),
        }
    }
}

/// The arguments of a call that has only expressions.
pub(super) fn plain_arguments(function: &sql::Function) -> Outcome<Vec<&sql::Expr>> {
    match &function.args {
        sql::FunctionArguments::None => Ok(Vec::new()),
        sql::FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Expr(expression)) => Ok(expression),
                other => Err(unknown(&format!("the argument {other}"))),
            })
            .collect(),
        sql::FunctionArguments::Subquery(_) => Err(unknown("a query as an argument")),
    }
}

/// A text argument.
fn text(values: &[Value], index: usize) -> &str {
    match values.get(index) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// A number argument.
fn int(values: &[Value], index: usize) -> i64 {
    match values.get(index) {
        Some(Value::Int(n)) => *n,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once_and_in_upper_case() {
        let all: Vec<&str> = [text::ALL, date::ALL, math::ALL, server::ALL, security::ALL]
            .into_iter()
            .flatten()
            .map(|function| function.name)
            .collect();
        for name in &all {
            assert_eq!(*name, name.to_uppercase());
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }
}
