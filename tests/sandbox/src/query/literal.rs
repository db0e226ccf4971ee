//! Constants: the type that each has by the way it is written.

use sqlparser::ast as sql;

use super::bind::unknown;
use super::node::Bound;
use crate::failure::Outcome;
use crate::tds::codepage;
use crate::value::{SqlType, Value, from_hex};

/// A constant as it is written.
pub fn bind(value: &sql::Value) -> Outcome<Bound> {
    let units = |text: &str| text.encode_utf16().count().max(1);
    Ok(match value {
        sql::Value::Null => Bound::constant(Value::Null, SqlType::Int),
        sql::Value::Number(number, _) => return number_literal(number),
        sql::Value::NationalStringLiteral(text) => {
            let length = u16::try_from(units(text)).ok().filter(|&n| n <= 4000);
            Bound::constant(Value::text(text.clone()), SqlType::NVarChar(length))
        }
        sql::Value::SingleQuotedString(text) => {
            // Without the N a text is one of the code page, whatever was typed.
            let text: String = text.chars().map(|c| codepage::char_of(codepage::byte_of(c))).collect();
            let length = u16::try_from(units(&text)).ok().filter(|&n| n <= 8000);
            Bound::constant(Value::Text(text), SqlType::VarChar(length))
        }
        sql::Value::HexStringLiteral(digits) => {
            let padded = if !digits.len().is_multiple_of(2) { format!("0{digits}") } else { digits.clone() };
            let bytes = from_hex(&padded).ok_or_else(|| unknown(&format!("the constant 0x{digits}")))?;
            let length = u16::try_from(bytes.len().max(1)).ok().filter(|&n| n <= 8000);
            Bound::constant(Value::Bytes(bytes), SqlType::VarBinary(length))
        }
        other => return Err(unknown(&format!("the constant {other}"))),
    })
}

fn number_literal(number: &str) -> Outcome<Bound> {
    if let Ok(n) = number.parse::<i32>() {
        return Ok(Bound::constant(Value::Int(i64::from(n)), SqlType::Int));
    }
    let bad = || unknown(&format!("the number {number}"));
    if number.contains(['e', 'E']) {
        let n: f64 = number.parse().map_err(|_| bad())?;
        return Ok(Bound::constant(Value::Float(n), SqlType::Float));
    }
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = [whole, rest].concat().parse().map_err(|_| bad())?;
    let value = Value::Decimal { digits, scale: rest.len() as u8 };
    let ty = value.natural_type();
    Ok(Bound::constant(value, ty))
}
