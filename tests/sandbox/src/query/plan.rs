//! Bound queries, and how they run: everything is held in memory, row by row.

use std::collections::{HashMap, HashSet};

use super::Context;
use super::from::Source;
use super::group::Grouping;
use super::node::{Bound, Env};
use super::types::convert_as;
use super::window::{self, WindowCall};
use crate::failure::{Failure, Outcome};
use crate::value::{Column, SqlType, Value, compare, fold};

/// A bound query.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Columns of its rows.
    pub columns: Vec<Column>,
    pub(super) body: Body,
    /// Sort keys by place in the row, which may have hidden columns behind those of the query.
    pub(super) order: Vec<(usize, bool)>,
    pub(super) top: Option<Top>,
    pub(super) offset: Option<Bound>,
    pub(super) casts: Vec<(SqlType, SqlType)>,
}

/// `TOP` and `FETCH`.
#[derive(Debug, Clone)]
pub(super) struct Top {
    pub count: Bound,
    pub percent: bool,
    pub with_ties: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Select(Box<Select>),
    Union { left: Box<Plan>, right: Box<Plan>, operator: SetOperator },
    Values(Vec<Vec<Bound>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOperator {
    UnionAll,
    Union,
    Except,
    Intersect,
}

#[derive(Debug, Clone)]
pub(super) struct Select {
    pub source: Source,
    pub filter: Option<Bound>,
    pub grouping: Option<Grouping>,
    pub having: Option<Bound>,
    pub windows: Vec<WindowCall>,
    /// Shown items, then hidden ones to sort by.
    pub items: Vec<Bound>,
    /// `SELECT @a = ...`: the variable of each item.
    pub assigns: Vec<Option<String>>,
    pub distinct: bool,
}

impl PartialEq for Plan {
    /// Plans are compared only to see whether two expressions are the same; those with queries in them are not.
    fn eq(&self, _: &Plan) -> bool {
        false
    }
}

impl Plan {
    /// Whether it only gives variables values.
    pub fn assigns(&self) -> bool {
        matches!(&self.body, Body::Select(select) if select.assigns.iter().any(Option::is_some))
    }

    /// Brings its columns to these types.
    pub(super) fn cast_to(&mut self, types: &[SqlType]) {
        self.casts = self.columns.iter().zip(types).map(|(column, ty)| (column.ty, *ty)).collect();
        for (column, ty) in self.columns.iter_mut().zip(types) {
            column.ty = *ty;
        }
    }

    /// All rows, in order.
    ///
    /// # Errors
    /// What an expression says, or that the statement should stop.
    pub fn run(&self, context: &Context<'_>, outer: Option<&Env<'_>>) -> Outcome<Vec<Vec<Value>>> {
        let mut rows = match &self.body {
            Body::Select(select) => select.run(context, outer)?,
            Body::Values(rows) => {
                let env = Env { context, row: &[], outer };
                let row = |row: &Vec<Bound>| row.iter().map(|value| value.eval(&env)).collect::<Outcome<Vec<_>>>();
                rows.iter().map(row).collect::<Outcome<_>>()?
            }
            Body::Union { left, right, operator } => {
                let (left, right) = (left.run(context, outer)?, right.run(context, outer)?);
                unite(left, right, *operator)
            }
        };
        if !self.order.is_empty() {
            rows.sort_by(|a, b| order(a, b, &self.order));
        }
        self.cut(&mut rows, &Env { context, row: &[], outer })?;
        let width = self.columns.len();
        for row in &mut rows {
            row.truncate(width);
            for (value, (from, to)) in row.iter_mut().zip(&self.casts) {
                if from != to {
                    *value = convert_as(value, *from, *to, None)?;
                }
            }
        }
        Ok(rows)
    }

    fn cut(&self, rows: &mut Vec<Vec<Value>>, env: &Env<'_>) -> Outcome<()> {
        let count = |bound: &Bound| -> Outcome<usize> {
            match bound.eval(env)? {
                Value::Int(n) if n >= 0 => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
                _ => {
                    let text = "A TOP or FETCH clause contains an invalid value.";
                    Err(Failure::of(127, 15, 1, text))
                }
            }
        };
        if let Some(offset) = &self.offset {
            rows.drain(..count(offset)?.min(rows.len()));
        }
        if let Some(top) = &self.top {
            let mut keep = count(&top.count)?;
            if top.percent {
                keep = (rows.len() * keep.min(100)).div_ceil(100);
            }
            while top.with_ties && keep > 0 && keep < rows.len() {
                if order(&rows[keep - 1], &rows[keep], &self.order).is_ne() {
                    break;
                }
                keep += 1;
            }
            rows.truncate(keep);
        }
        Ok(())
    }
}

/// NULLs come first.
pub(super) fn order(a: &[Value], b: &[Value], keys: &[(usize, bool)]) -> std::cmp::Ordering {
    for &(index, descending) in keys {
        let (a, b) = (&a[index], &b[index]);
        let order = compare(a, b).unwrap_or_else(|| b.is_null().cmp(&a.is_null()));
        if order.is_ne() {
            return if descending { order.reverse() } else { order };
        }
    }
    std::cmp::Ordering::Equal
}

/// A value as something to find it by: equal values have equal keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Null,
    Number(i128, u8),
    Other(String),
}

pub(super) fn key(value: &Value) -> Key {
    match value {
        Value::Null => Key::Null,
        Value::Int(n) => Key::Number(i128::from(*n), 0),
        Value::Decimal { digits, scale } => {
            let (mut digits, mut scale) = (*digits, *scale);
            while scale > 0 && digits % 10 == 0 {
                digits /= 10;
                scale -= 1;
            }
            Key::Number(digits, scale)
        }
        Value::Text(text) => Key::Other(fold(text)),
        other => Key::Other(format!("{other:?}")),
    }
}

pub(super) fn keys(row: &[Value]) -> Vec<Key> {
    row.iter().map(key).collect()
}

fn unite(left: Vec<Vec<Value>>, right: Vec<Vec<Value>>, operator: SetOperator) -> Vec<Vec<Value>> {
    if operator == SetOperator::UnionAll {
        return left.into_iter().chain(right).collect();
    }
    let others: HashSet<Vec<Key>> = right.iter().map(|row| keys(row)).collect();
    let all: Box<dyn Iterator<Item = Vec<Value>>> = match operator {
        SetOperator::Union => Box::new(left.into_iter().chain(right)),
        SetOperator::Except => Box::new(left.into_iter().filter(|row| !others.contains(&keys(row)))),
        _ => Box::new(left.into_iter().filter(|row| others.contains(&keys(row)))),
    };
    let mut seen = HashSet::new();
    all.filter(|row| seen.insert(keys(row))).collect()
}

impl Select {
    fn run(&self, context: &Context<'_>, outer: Option<&Env<'_>>) -> Outcome<Vec<Vec<Value>>> {
        let mut rows = self.source.rows(context, outer)?;
        if let Some(filter) = &self.filter {
            rows = keep(rows, filter, context, outer)?;
        }
        if let Some(grouping) = &self.grouping {
            rows = grouping.run(rows, context, outer)?;
        }
        if let Some(having) = &self.having {
            rows = keep(rows, having, context, outer)?;
        }
        window::run(&self.windows, &mut rows, context, outer)?;
        let mut result = Vec::with_capacity(rows.len());
        for row in &rows {
            context.check_interrupt()?;
            let env = Env { context, row, outer };
            let mut values = Vec::with_capacity(self.items.len());
            for (item, assign) in self.items.iter().zip(self.assigns.iter().chain(std::iter::repeat(&None))) {
                let value = item.eval(&env)?;
                if let Some(variable) = assign {
                    context.assign(variable, &value, item.ty)?;
                }
                values.push(value);
            }
            result.push(values);
        }
        if self.distinct {
            let mut seen = HashMap::new();
            result.retain(|row| seen.insert(keys(row), ()).is_none());
        }
        Ok(result)
    }
}

pub(super) fn keep(
    rows: Vec<Vec<Value>>,
    filter: &Bound,
    context: &Context<'_>,
    outer: Option<&Env<'_>>,
) -> Outcome<Vec<Vec<Value>>> {
    let mut kept = Vec::new();
    for row in rows {
        context.check_interrupt()?;
        if filter.holds(&Env { context, row: &row, outer })? {
            kept.push(row);
        }
    }
    Ok(kept)
}
