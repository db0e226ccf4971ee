//! Functions of numbers, and a few that make something new.

use uuid::Uuid;

use super::{ANY, Function, INT, int};
use crate::failure::Outcome;
use crate::query::Context;
use crate::value::{SqlType, Value, convert};

/// All of them.
pub const ALL: &[Function] = &[
    same("ABS", |_, values| {
        Ok(match &values[0] {
            Value::Int(n) => Value::Int(n.abs()),
            Value::Float(n) => Value::Float(n.abs()),
            Value::Decimal { digits, scale } => Value::Decimal { digits: digits.abs(), scale: *scale },
            _ => Value::Null,
        })
    }),
    whole_number("CEILING", |_, values| {
        Ok(whole(
            &values[0],
            |n| n.ceil(),
            |digits, unit| digits.div_euclid(unit) + i128::from(digits.rem_euclid(unit) != 0),
        ))
    }),
    whole_number("FLOOR", |_, values| Ok(whole(&values[0], |n| n.floor(), |digits, unit| digits.div_euclid(unit)))),
    Function {
        name: "ROUND",
        least: 2,
        most: 3,
        takes: &[ANY, INT, INT],
        ty: first,
        null_in_null_out: true,
        run: round,
    },
    Function {
        name: "SIGN",
        least: 1,
        most: 1,
        takes: &[SqlType::Float],
        ty: |_| INT,
        null_in_null_out: true,
        run: |_, values| {
            let Value::Float(n) = values[0] else { return Ok(Value::Null) };
            Ok(Value::Int(if n == 0.0 { 0 } else { n.signum() as i64 }))
        },
    },
    Function {
        name: "POWER",
        least: 2,
        most: 2,
        takes: &[SqlType::Float, SqlType::Float],
        ty: |_| SqlType::Float,
        null_in_null_out: true,
        run: |_, values| match (&values[0], &values[1]) {
            (Value::Float(base), Value::Float(exponent)) => Ok(Value::Float(base.powf(*exponent))),
            _ => Ok(Value::Null),
        },
    },
    Function {
        name: "NEWID",
        least: 0,
        most: 0,
        takes: &[],
        ty: |_| SqlType::UniqueIdentifier,
        null_in_null_out: true,
        run: |_, _| Ok(Value::Guid(Uuid::new_v4())),
    },
    Function {
        name: "ISNUMERIC",
        least: 1,
        most: 1,
        takes: &[ANY],
        ty: |_| INT,
        null_in_null_out: false,
        run: |_, values| Ok(Value::bit(!values[0].is_null() && convert(&values[0], SqlType::Float, None).is_ok())),
    },
];

const fn same(name: &'static str, run: fn(&Context<'_>, &[Value]) -> Outcome<Value>) -> Function {
    Function { name, least: 1, most: 1, takes: &[ANY], ty: first, null_in_null_out: true, run }
}

const fn whole_number(name: &'static str, run: fn(&Context<'_>, &[Value]) -> Outcome<Value>) -> Function {
    Function { name, least: 1, most: 1, takes: &[ANY], ty: whole_type, null_in_null_out: true, run }
}

/// A decimal loses its fraction.
fn whole_type(types: &[SqlType]) -> SqlType {
    match first(types) {
        SqlType::Decimal { precision, .. } => SqlType::Decimal { precision, scale: 0 },
        other => other,
    }
}

fn first(types: &[SqlType]) -> SqlType {
    types.first().copied().unwrap_or(INT)
}

fn whole(value: &Value, float: fn(f64) -> f64, decimal: fn(i128, i128) -> i128) -> Value {
    match value {
        Value::Float(n) => Value::Float(float(*n)),
        Value::Decimal { digits, scale } => {
            let unit = 10i128.pow(u32::from(*scale));
            Value::Decimal { digits: decimal(*digits, unit), scale: 0 }
        }
        other => other.clone(),
    }
}

fn round(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let places = int(values, 1).clamp(-30, 30) as i32;
    let cut = int(values, 2) != 0;
    Ok(match &values[0] {
        Value::Float(n) => {
            let unit = 10f64.powi(places);
            Value::Float(if cut { (n * unit).trunc() } else { (n * unit).round() } / unit)
        }
        Value::Decimal { digits, scale } if i32::from(*scale) > places => {
            let unit = 10i128.pow((i32::from(*scale) - places).clamp(0, 38) as u32);
            let half = if cut { 0 } else { digits.signum() * unit / 2 };
            Value::Decimal { digits: (digits + half) / unit * unit, scale: *scale }
        }
        Value::Int(n) if places < 0 => {
            let unit = 10i64.pow((-places).clamp(0, 18) as u32);
            let half = if cut { 0 } else { n.signum() * unit / 2 };
            Value::Int((n + half) / unit * unit)
        }
        other => other.clone(),
    })
}
