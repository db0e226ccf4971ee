//! `+ - * / %` and the bit operators.

use super::node::{Bound, Node};
use super::types::{common, digits, joined};
use crate::failure::{Failure, Outcome};
use crate::value::{SqlType, Value, convert};

/// An operator of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+` of numbers
    Add,
    /// `+` of texts or bytes
    Join,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
}

/// Binds an operator: finds the type that comes out and brings both sides to theirs.
pub fn bind(operator: Operator, left: Bound, right: Bound) -> Outcome<Bound> {
    let mut operator = operator;
    let text = |bound: &Bound| bound.ty.is_text();
    let nullable = left.nullable || right.nullable;
    let both_text = (text(&left) || left.is_null_word()) && (text(&right) || right.is_null_word());
    let (ty, left, right) = if operator == Operator::Add && both_text && (text(&left) || text(&right)) {
        operator = Operator::Join;
        let ty = joined(left.ty, right.ty);
        (ty, left, right)
    } else if operator == Operator::Add && left.ty.is_binary() && right.ty.is_binary() {
        operator = Operator::Join;
        (SqlType::VarBinary(None), left, right)
    } else if left.ty.is_temporal() || right.ty.is_temporal() {
        return dates(operator, left, right);
    } else {
        let meet = match (left.is_null_word(), right.is_null_word()) {
            (true, false) => right.ty,
            (false, true) => left.ty,
            _ => common(left.ty, right.ty),
        };
        if !meet.is_number() {
            let text =
                format!("The data types {} and {} are incompatible in the operator.", left.ty.name(), right.ty.name());
            return Err(Failure::new(402, text).ending_batch());
        }
        match meet {
            SqlType::Decimal { .. } | SqlType::Money => {
                let ty = decimal_result(operator, digits(left.ty), digits(right.ty));
                (ty, left, right)
            }
            SqlType::Bit => (SqlType::Int, left.typed(SqlType::Int), right.typed(SqlType::Int)),
            meet => (meet, left.typed(meet), right.typed(meet)),
        }
    };
    Ok(Bound { ty, nullable, node: Node::Arithmetic(operator, Box::new(left), Box::new(right)) })
}

/// A `datetime` plus or minus a number of days.
fn dates(operator: Operator, left: Bound, right: Bound) -> Outcome<Bound> {
    let fits = matches!(operator, Operator::Add | Operator::Subtract)
        && matches!(left.ty, SqlType::DateTime | SqlType::SmallDateTime)
        && right.ty.is_number();
    if !fits {
        let text = format!("Operand type clash: {} is incompatible with {}", left.ty.name(), right.ty.name());
        return Err(Failure::of(206, 16, 2, text).ending_batch());
    }
    let nullable = left.nullable || right.nullable;
    let right = right.typed(SqlType::Float);
    Ok(Bound { ty: left.ty, nullable, node: Node::Arithmetic(operator, Box::new(left), Box::new(right)) })
}

/// "Precision, scale, and length" of the T-SQL reference.
fn decimal_result(operator: Operator, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> SqlType {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let (precision, scale) = match operator {
        Operator::Multiply => (p1 + p2 + 1, s1 + s2),
        Operator::Divide => {
            let scale = 6.max(s1 + p2 + 1);
            (p1 - s1 + s2 + scale, scale)
        }
        Operator::Modulo => ((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2)),
        _ => (s1.max(s2) + (p1 - s1).max(p2 - s2) + 1, s1.max(s2)),
    };
    let scale = if precision > 38 { (scale - (precision - 38)).max(scale.min(6)) } else { scale };
    SqlType::Decimal { precision: precision.clamp(1, 38) as u8, scale: scale.clamp(0, 38) as u8 }
}

/// `-x`
pub fn negate(value: Value) -> Value {
    match value {
        Value::Int(n) => Value::Int(n.wrapping_neg()),
        Value::Float(n) => Value::Float(-n),
        Value::Decimal { digits, scale } => Value::Decimal { digits: -digits, scale },
        _ => Value::Null,
    }
}

/// Applies an operator to two values; the result is of type `ty`.
pub fn apply(operator: Operator, left: &Value, right: &Value, ty: SqlType) -> Outcome<Value> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Text(a), Value::Text(b)) => Ok(convert(&Value::Text(format!("{a}{b}")), ty, None)?),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes([a.as_slice(), b].concat())),
        (Value::Int(a), Value::Int(b)) if ty.is_integer() => integers(operator, *a, *b, ty),
        (Value::Float(a), Value::Float(b)) => floats(operator, *a, *b),
        (Value::DateTime(time), Value::Float(days)) => {
            let days = if operator == Operator::Subtract { -days } else { *days };
            let span = chrono::TimeDelta::milliseconds((days * 86_400_000.0).round() as i64);
            time.checked_add_signed(span).map(Value::DateTime).ok_or_else(|| overflow(ty))
        }
        _ => decimals(operator, left, right, ty),
    }
}

fn overflow(ty: SqlType) -> Failure {
    Failure::of(8115, 16, 2, format!("Arithmetic overflow error converting expression to data type {}.", ty.name()))
}

fn by_zero() -> Failure {
    Failure::new(8134, "Divide by zero error encountered.")
}

fn integers(operator: Operator, a: i64, b: i64, ty: SqlType) -> Outcome<Value> {
    if b == 0 && matches!(operator, Operator::Divide | Operator::Modulo) {
        return Err(by_zero());
    }
    let n = match operator {
        Operator::Add | Operator::Join => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b),
        Operator::Modulo => a.checked_rem(b),
        Operator::And => Some(a & b),
        Operator::Or => Some(a | b),
        Operator::Xor => Some(a ^ b),
    };
    let n = n.ok_or_else(|| overflow(ty))?;
    convert(&Value::Int(n), ty, None).map_err(|_| overflow(ty))
}

fn floats(operator: Operator, a: f64, b: f64) -> Outcome<Value> {
    Ok(Value::Float(match operator {
        Operator::Divide | Operator::Modulo if b == 0.0 => return Err(by_zero()),
        Operator::Add | Operator::Join => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        _ => a % b,
    }))
}

fn decimals(operator: Operator, left: &Value, right: &Value, ty: SqlType) -> Outcome<Value> {
    let parts = |value: &Value| match value {
        Value::Int(n) => Some((i128::from(*n), 0u8)),
        Value::Decimal { digits, scale } => Some((*digits, *scale)),
        _ => None,
    };
    let ((a, a_scale), (b, b_scale)) = parts(left).zip(parts(right)).ok_or_else(|| overflow(ty))?;
    let scale = a_scale.max(b_scale);
    let raise = |n: i128, by: u8| n.checked_mul(10i128.checked_pow(u32::from(by))?);
    let result = || -> Option<(i128, u8)> {
        Some(match operator {
            Operator::Multiply => (a.checked_mul(b)?, a_scale + b_scale),
            Operator::Divide => {
                // One digit more than wanted, for the rounding.
                let SqlType::Decimal { scale: wanted, .. } = ty else { return None };
                let raised = raise(a, (wanted + 1 + b_scale).saturating_sub(a_scale))?;
                (raised / b, wanted + 1)
            }
            _ => {
                let (a, b) = (raise(a, scale - a_scale)?, raise(b, scale - b_scale)?);
                let n = match operator {
                    Operator::Subtract => a.checked_sub(b)?,
                    Operator::Modulo => a.checked_rem(b)?,
                    _ => a.checked_add(b)?,
                };
                (n, scale)
            }
        })
    };
    if b == 0 && matches!(operator, Operator::Divide | Operator::Modulo) {
        return Err(by_zero());
    }
    let (digits, scale) = result().ok_or_else(|| overflow(ty))?;
    convert(&Value::Decimal { digits, scale }, ty, None).map_err(|_| overflow(ty))
}
