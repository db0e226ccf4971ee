//! `OVER (PARTITION BY ... ORDER BY ...)`: row numbers and ranks, and aggregates over a whole partition.

use std::collections::HashMap;

use sqlparser::ast as sql;

use super::Context;
use super::bind::{Binder, unknown};
use super::group::{Aggregate, is_aggregate};
use super::node::{Bound, Env, Node};
use super::plan::{Key, keys, order};
use crate::failure::Outcome;
use crate::value::{SqlType, Value};

/// A window function; its value stands behind the columns of the row.
#[derive(Debug, Clone)]
pub struct WindowCall {
    function: Function,
    partition: Vec<Bound>,
    order: Vec<(Bound, bool)>,
}

#[derive(Debug, Clone)]
enum Function {
    RowNumber,
    Rank,
    DenseRank,
    Aggregate(Aggregate),
}

/// Binds a call with OVER.
pub fn bind(binder: &Binder<'_>, name: &str, function: &sql::Function) -> Outcome<Bound> {
    let Some(sql::WindowType::WindowSpec(spec)) = &function.over else {
        return Err(unknown("a named window"));
    };
    let Some(windows) = binder.windows else { return Err(unknown(&format!("{name} OVER in this place"))) };
    let (function, ty) = match name {
        "ROW_NUMBER" => (Function::RowNumber, SqlType::BigInt),
        "RANK" => (Function::Rank, SqlType::BigInt),
        "DENSE_RANK" => (Function::DenseRank, SqlType::BigInt),
        _ if is_aggregate(name) && spec.order_by.is_empty() && binder.grouping.is_none() => {
            let aggregate = Aggregate::bind(name, function, binder)?;
            let ty = aggregate.ty();
            (Function::Aggregate(aggregate), ty)
        }
        _ => return Err(unknown(&format!("{name} OVER with this window"))),
    };
    let partition = spec.partition_by.iter().map(|key| binder.bind(key)).collect::<Outcome<_>>()?;
    let mut order = Vec::new();
    for key in &spec.order_by {
        // ORDER BY (SELECT NULL) is the usual way to say "any order".
        let bound = binder.bind(&key.expr)?;
        order.push((bound, key.options.sort == Some(sql::OrderBySort::Desc)));
    }
    let mut windows = windows.borrow_mut();
    windows.push(WindowCall { function, partition, order });
    // The number of columns before is known only when all is bound: see `place`.
    Ok(Bound { ty, nullable: true, node: Node::Column(usize::MAX, windows.len() - 1) })
}

/// Puts the places of window functions right, once the width of the rows before them is known.
pub fn place(bound: &mut Bound, width: usize) {
    visit(bound, &mut |node| {
        if let Node::Column(depth @ usize::MAX, index) = node {
            *depth = 0;
            *index += width;
        }
    });
}

fn visit(bound: &mut Bound, change: &mut dyn FnMut(&mut Node)) {
    change(&mut bound.node);
    match &mut bound.node {
        Node::Convert(inner, ..)
        | Node::Negate(inner)
        | Node::BitNot(inner)
        | Node::Not(inner)
        | Node::IsNull(inner) => {
            visit(inner, change);
        }
        Node::Arithmetic(_, left, right)
        | Node::Compare(_, left, right)
        | Node::And(left, right)
        | Node::Or(left, right) => {
            visit(left, change);
            visit(right, change);
        }
        Node::Case(arms, otherwise) => {
            for (condition, result) in arms {
                visit(condition, change);
                visit(result, change);
            }
            if let Some(otherwise) = otherwise {
                visit(otherwise, change);
            }
        }
        Node::Coalesce(list) | Node::Call(_, list) => list.iter_mut().for_each(|item| visit(item, change)),
        Node::InList(value, list) => {
            visit(value, change);
            list.iter_mut().for_each(|item| visit(item, change));
        }
        Node::Like(text, pattern, _) => {
            visit(text, change);
            visit(pattern, change);
        }
        Node::InQuery(value, _) => visit(value, change),
        Node::Constant(_) | Node::Variable(_) | Node::Column(..) | Node::Exists(_) | Node::Query(_) => {}
    }
}

/// Adds the value of each window function to each row.
pub fn run(
    calls: &[WindowCall],
    rows: &mut [Vec<Value>],
    context: &Context<'_>,
    outer: Option<&Env<'_>>,
) -> Outcome<()> {
    for call in calls {
        let mut partitions: HashMap<Vec<Key>, Vec<usize>> = HashMap::new();
        let mut sort_keys = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let env = Env { context, row, outer };
            let partition = call.partition.iter().map(|key| key.eval(&env)).collect::<Outcome<Vec<_>>>()?;
            partitions.entry(keys(&partition)).or_default().push(index);
            sort_keys.push(call.order.iter().map(|(key, _)| key.eval(&env)).collect::<Outcome<Vec<_>>>()?);
        }
        let by: Vec<(usize, bool)> = call.order.iter().enumerate().map(|(at, (_, down))| (at, *down)).collect();
        let mut values = vec![Value::Null; rows.len()];
        for mut members in partitions.into_values() {
            members.sort_by(|&a, &b| order(&sort_keys[a], &sort_keys[b], &by));
            if let Function::Aggregate(aggregate) = &call.function {
                let value = aggregate.over(members.iter().map(|&index| &rows[index]), context, outer)?;
                members.iter().for_each(|&index| values[index] = value.clone());
                continue;
            }
            let (mut rank, mut dense) = (0, 0);
            for (place, &index) in members.iter().enumerate() {
                let same = place > 0 && order(&sort_keys[members[place - 1]], &sort_keys[index], &by).is_eq();
                if !same {
                    rank = place + 1;
                    dense += 1;
                }
                let number = match call.function {
                    Function::RowNumber => place + 1,
                    Function::Rank => rank,
                    _ => dense,
                };
                values[index] = Value::Int(number as i64);
            }
        }
        for (row, value) in rows.iter_mut().zip(values) {
            row.push(value);
        }
    }
    Ok(())
}
