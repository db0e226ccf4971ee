//! `GROUP BY` and aggregates.

use std::collections::HashMap;

use sqlparser::ast as sql;

use super::Context;
use super::bind::{Binder, unknown};
use super::functions::plain_arguments;
use super::node::{Bound, Env, Node};
use super::plan::{Key, keys};
use crate::failure::{Failure, Outcome};
use crate::value::{SqlType, Value, compare, convert};

/// What rows are grouped by, and what is computed over each group. A grouped row has the keys,
/// then the aggregates.
#[derive(Debug, Clone)]
pub struct Grouping {
    pub(super) keys: Vec<Bound>,
    pub(super) aggregates: Vec<Aggregate>,
    /// There is no GROUP BY: one group even without rows.
    pub(super) whole: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aggregate {
    function: Fold,
    /// `None` is `COUNT(*)`.
    argument: Option<Bound>,
    separator: Option<Bound>,
    distinct: bool,
    ty: SqlType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    Count,
    Sum,
    Min,
    Max,
    Average,
    Join,
}

fn fold_of(name: &str) -> Option<Fold> {
    Some(match name {
        "COUNT" | "COUNT_BIG" => Fold::Count,
        "SUM" => Fold::Sum,
        "MIN" => Fold::Min,
        "MAX" => Fold::Max,
        "AVG" => Fold::Average,
        "STRING_AGG" => Fold::Join,
        _ => return None,
    })
}

/// Whether a function (in upper case) is an aggregate.
pub fn is_aggregate(name: &str) -> bool {
    fold_of(name).is_some()
}

/// An aggregate where none may stand.
pub fn outside<T>(name: &str) -> Outcome<T> {
    let text = format!("An aggregate ({name}) may not appear in the WHERE clause or in another aggregate.");
    Err(Failure::of(147, 15, 1, text).ending_batch())
}

/// Whether an expression has an aggregate of this very query in it.
pub fn has_aggregate(expression: &sql::Expr) -> bool {
    use sql::Expr as E;
    match expression {
        E::Function(function) => {
            let name = function.name.0.last().map(|part| part.to_string().to_uppercase()).unwrap_or_default();
            (function.over.is_none() && is_aggregate(&name))
                || plain_arguments(function).is_ok_and(|arguments| arguments.into_iter().any(has_aggregate))
        }
        E::Nested(inner)
        | E::IsNull(inner)
        | E::IsNotNull(inner)
        | E::UnaryOp { expr: inner, .. }
        | E::Cast { expr: inner, .. }
        | E::Convert { expr: inner, .. }
        | E::Collate { expr: inner, .. }
        | E::Ceil { expr: inner, .. }
        | E::Floor { expr: inner, .. } => has_aggregate(inner),
        E::BinaryOp { left, right, .. } => has_aggregate(left) || has_aggregate(right),
        E::Like { expr, pattern, .. } => has_aggregate(expr) || has_aggregate(pattern),
        E::In { expr, .. } => has_aggregate(expr),
        E::Between { expr, low, high, .. } => has_aggregate(expr) || has_aggregate(low) || has_aggregate(high),
        E::Case { operand, conditions, else_result, .. } => {
            operand.as_deref().is_some_and(has_aggregate)
                || conditions.iter().any(|arm| has_aggregate(&arm.condition) || has_aggregate(&arm.result))
                || else_result.as_deref().is_some_and(has_aggregate)
        }
        _ => false,
    }
}

impl Aggregate {
    /// Binds a call; `binder` sees the rows before they are grouped.
    pub(super) fn bind(name: &str, function: &sql::Function, binder: &Binder<'_>) -> Outcome<Aggregate> {
        let fold = fold_of(name).ok_or_else(|| unknown(&format!("the aggregate {name}")))?;
        let mut distinct = false;
        let mut star = false;
        if let sql::FunctionArguments::List(list) = &function.args {
            distinct = list.duplicate_treatment == Some(sql::DuplicateTreatment::Distinct);
            star = matches!(list.args.first(), Some(sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Wildcard)));
        }
        let written = if star { Vec::new() } else { plain_arguments(function)? };
        let mut bound = written.into_iter().map(|argument| binder.bind(argument));
        let argument = bound.next().transpose()?;
        let separator = bound.next().transpose()?;
        if argument.is_none() && !(star && fold == Fold::Count) {
            return Err(Failure::of(174, 15, 1, format!("The {name} function requires 1 argument(s).")).ending_batch());
        }
        let from = argument.as_ref().map_or(SqlType::Int, |argument| argument.ty);
        let ty = match fold {
            Fold::Count if name == "COUNT_BIG" => SqlType::BigInt,
            Fold::Count => SqlType::Int,
            Fold::Min | Fold::Max => from,
            Fold::Join => SqlType::NVarChar(from.length().map(|_| 4000)),
            Fold::Sum | Fold::Average => sum_type(name, from, fold)?,
        };
        let argument = match fold {
            Fold::Sum | Fold::Average if from.is_integer() => argument.map(|argument| argument.typed(ty)),
            Fold::Join => argument.map(|argument| argument.typed(SqlType::NVarChar(None))),
            _ => argument,
        };
        Ok(Aggregate { function: fold, argument, separator, distinct, ty })
    }

    pub(super) fn ty(&self) -> SqlType {
        self.ty
    }

    /// Its value over rows.
    pub(super) fn over<'r>(
        &self,
        rows: impl Iterator<Item = &'r Vec<Value>>,
        context: &Context<'_>,
        outer: Option<&Env<'_>>,
    ) -> Outcome<Value> {
        let Some(argument) = &self.argument else { return Ok(Value::Int(rows.count() as i64)) };
        let mut values = Vec::new();
        for row in rows {
            let value = argument.eval(&Env { context, row, outer })?;
            if !value.is_null() {
                values.push(value);
            }
        }
        if self.distinct {
            let mut seen = std::collections::HashSet::new();
            values.retain(|value| seen.insert(super::plan::key(value)));
        }
        if self.function == Fold::Count {
            return Ok(Value::Int(values.len() as i64));
        }
        if values.is_empty() {
            return Ok(Value::Null);
        }
        let pick = |wanted: std::cmp::Ordering| {
            let better = |best: Value, value: &Value| {
                if compare(value, &best) == Some(wanted) { value.clone() } else { best }
            };
            values.iter().skip(1).fold(values[0].clone(), better)
        };
        match self.function {
            Fold::Min => Ok(pick(std::cmp::Ordering::Less)),
            Fold::Max => Ok(pick(std::cmp::Ordering::Greater)),
            Fold::Join => {
                let separator = match &self.separator {
                    Some(separator) => separator.eval(&Env { context, row: &[], outer })?,
                    None => Value::Null,
                };
                let Value::Text(separator) = separator else { return Ok(Value::Null) };
                let texts: Vec<&str> = values
                    .iter()
                    .filter_map(|value| if let Value::Text(text) = value { Some(&**text) } else { None })
                    .collect();
                Ok(Value::Text(texts.join(&separator)))
            }
            _ => self.sum(&values),
        }
    }

    fn sum(&self, values: &[Value]) -> Outcome<Value> {
        let overflow = || {
            let text = format!("Arithmetic overflow error converting expression to data type {}.", self.ty.name());
            Failure::of(8115, 16, 2, text)
        };
        let count = values.len() as i128;
        let average = self.function == Fold::Average;
        if let Some(Value::Float(_)) = values.first() {
            let sum: f64 = values.iter().map(|value| if let Value::Float(n) = value { *n } else { 0.0 }).sum();
            return Ok(Value::Float(if average { sum / count as f64 } else { sum }));
        }
        let mut sum = 0i128;
        let mut own_scale = 0;
        for value in values {
            let digits = match value {
                Value::Int(n) => i128::from(*n),
                Value::Decimal { digits, scale } => {
                    own_scale = *scale;
                    *digits
                }
                _ => return Err(overflow()),
            };
            sum = sum.checked_add(digits).ok_or_else(overflow)?;
        }
        let exact = match self.ty {
            SqlType::Decimal { scale, .. } if average => {
                let unit = 10i128.checked_pow(u32::from(scale.saturating_sub(own_scale))).ok_or_else(overflow)?;
                Value::Decimal { digits: sum.checked_mul(unit).ok_or_else(overflow)? / count, scale }
            }
            ty if ty.is_integer() => {
                Value::Int(i64::try_from(if average { sum / count } else { sum }).map_err(|_| overflow())?)
            }
            _ => Value::Decimal { digits: if average { sum / count } else { sum }, scale: own_scale },
        };
        convert(&exact, self.ty, None).map_err(|_| overflow())
    }
}

fn sum_type(name: &str, from: SqlType, fold: Fold) -> Outcome<SqlType> {
    Ok(match from {
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Int => SqlType::Int,
        SqlType::BigInt | SqlType::Money | SqlType::Float => from,
        SqlType::Real => SqlType::Float,
        SqlType::Decimal { scale, .. } => {
            let scale = if fold == Fold::Average { scale.max(6) } else { scale };
            SqlType::Decimal { precision: 38, scale }
        }
        other => {
            let text = format!("Operand data type {} is invalid for {} operator.", other.name(), name.to_lowercase());
            return Err(Failure::new(8117, text).ending_batch());
        }
    })
}

impl Grouping {
    /// If the expression is a key or an aggregate: its place in a grouped row.
    pub(super) fn place_of(&mut self, expression: &sql::Expr, before: &Binder<'_>) -> Outcome<Option<Bound>> {
        if let sql::Expr::Function(function) = expression {
            let name = function.name.0.last().map(|part| part.to_string().to_uppercase()).unwrap_or_default();
            if function.over.is_none() && is_aggregate(&name) {
                let aggregate = Aggregate::bind(&name, function, before)?;
                let ty = aggregate.ty;
                let index = match self.aggregates.iter().position(|known| *known == aggregate) {
                    Some(index) => index,
                    None => {
                        self.aggregates.push(aggregate);
                        self.aggregates.len() - 1
                    }
                };
                return Ok(Some(Bound { ty, nullable: true, node: Node::Column(0, self.keys.len() + index) }));
            }
        }
        if self.keys.is_empty() || matches!(expression, sql::Expr::Value(_)) {
            return Ok(None);
        }
        // What cannot be bound before grouping holds an aggregate, and is no key.
        let Ok(bound) = before.bind(expression) else { return Ok(None) };
        let index = self.keys.iter().position(|key| *key == bound);
        Ok(index.map(|index| Bound { node: Node::Column(0, index), ..bound }))
    }

    /// Groups rows, in the order in which their keys first come.
    pub(super) fn run(
        &self,
        rows: Vec<Vec<Value>>,
        context: &Context<'_>,
        outer: Option<&Env<'_>>,
    ) -> Outcome<Vec<Vec<Value>>> {
        let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
        let mut groups: Vec<(Vec<Value>, Vec<Vec<Value>>)> = Vec::new();
        if self.whole {
            groups.push((Vec::new(), Vec::new()));
            places.insert(Vec::new(), 0);
        }
        for row in rows {
            let env = Env { context, row: &row, outer };
            let values = self.keys.iter().map(|key| key.eval(&env)).collect::<Outcome<Vec<_>>>()?;
            let place = *places.entry(keys(&values)).or_insert_with(|| {
                groups.push((values, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(row);
        }
        let mut result = Vec::with_capacity(groups.len());
        for (mut values, rows) in groups {
            for aggregate in &self.aggregates {
                values.push(aggregate.over(rows.iter(), context, outer)?);
            }
            result.push(values);
        }
        Ok(result)
    }
}
