//! Which type comes out when types meet.

use crate::failure::Outcome;
use crate::value::{SqlType, Value, convert, text_as};

/// Converts a value of a known type: `datetime` and `datetime2` differ only by that.
pub fn convert_as(value: &Value, from: SqlType, to: SqlType, style: Option<i32>) -> Outcome<Value> {
    if to.is_text() && from.is_temporal() | matches!(from, SqlType::Money | SqlType::Real) {
        return Ok(text_as(value, from, to, style)?);
    }
    Ok(convert(value, to, style)?)
}

/// Place in "Data type precedence" of the T-SQL reference; the higher one wins.
fn precedence(ty: SqlType) -> u8 {
    match ty {
        SqlType::Variant => 30,
        SqlType::DateTimeOffset(_) => 29,
        SqlType::DateTime2(_) => 28,
        SqlType::DateTime => 27,
        SqlType::SmallDateTime => 26,
        SqlType::Date => 25,
        SqlType::Time(_) => 24,
        SqlType::Float => 23,
        SqlType::Real => 22,
        SqlType::Decimal { .. } => 21,
        SqlType::Money => 20,
        SqlType::BigInt => 18,
        SqlType::Int => 17,
        SqlType::SmallInt => 16,
        SqlType::TinyInt => 15,
        SqlType::Bit => 14,
        SqlType::UniqueIdentifier => 9,
        SqlType::NVarChar(_) => 8,
        SqlType::NChar(_) => 7,
        SqlType::VarChar(_) => 6,
        SqlType::Char(_) => 5,
        SqlType::VarBinary(_) => 4,
        SqlType::Binary(_) => 3,
    }
}

/// The type that holds both.
pub fn common(a: SqlType, b: SqlType) -> SqlType {
    let (high, low) = if precedence(a) >= precedence(b) { (a, b) } else { (b, a) };
    match (high, low) {
        (SqlType::Decimal { .. }, _) if low.is_number() => {
            let ((p1, s1), (p2, s2)) = (digits(high), digits(low));
            let scale = s1.max(s2);
            SqlType::Decimal { precision: ((p1 - s1).max(p2 - s2) + scale).min(38), scale }
        }
        _ if high.is_text() && low.is_text() => {
            let length = longer(high.length(), low.length());
            if high.is_unicode() { SqlType::NVarChar(length.map(|n| n.min(4000))) } else { SqlType::VarChar(length) }
        }
        _ if high.is_binary() && low.is_binary() => SqlType::VarBinary(longer(high.length(), low.length())),
        (SqlType::DateTime2(a), SqlType::DateTime2(b)) => SqlType::DateTime2(a.max(b)),
        (SqlType::Time(a), SqlType::Time(b)) => SqlType::Time(a.max(b)),
        (SqlType::DateTimeOffset(a), SqlType::DateTimeOffset(b)) => SqlType::DateTimeOffset(a.max(b)),
        _ => high,
    }
}

fn longer(a: Option<u16>, b: Option<u16>) -> Option<u16> {
    Some(a?.max(b?))
}

/// Precision and scale of a number as a decimal.
pub fn digits(ty: SqlType) -> (u8, u8) {
    match ty {
        SqlType::Decimal { precision, scale } => (precision, scale),
        SqlType::Bit => (1, 0),
        SqlType::TinyInt => (3, 0),
        SqlType::SmallInt => (5, 0),
        SqlType::Int => (10, 0),
        SqlType::BigInt => (19, 0),
        SqlType::Money => (19, 4),
        _ => (38, 6),
    }
}

/// The type of two texts joined.
pub fn joined(a: SqlType, b: SqlType) -> SqlType {
    let length = |ty: SqlType| if ty.is_text() { ty.length() } else { Some(30) };
    let unicode = a.is_unicode() || b.is_unicode();
    let most = if unicode { 4000 } else { 8000 };
    let sum = length(a).zip(length(b)).map(|(a, b)| a.saturating_add(b).min(most));
    if unicode { SqlType::NVarChar(sum) } else { SqlType::VarChar(sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_type_wins_and_holds_both() {
        assert_eq!(common(SqlType::Int, SqlType::VarChar(Some(5))), SqlType::Int);
        assert_eq!(common(SqlType::NVarChar(Some(5)), SqlType::VarChar(Some(9))), SqlType::NVarChar(Some(9)));
        assert_eq!(common(SqlType::NVarChar(None), SqlType::NVarChar(Some(9))), SqlType::NVarChar(None));
        let lsn = SqlType::Decimal { precision: 25, scale: 0 };
        assert_eq!(common(lsn, SqlType::Int), lsn);
    }
}
