//! `CAST` and `CONVERT`.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use uuid::Uuid;

use super::{SqlType, Value, format, parse};

/// Why a value cannot be of another type, as the server says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ConvertError {
    /// Number in `sys.messages`.
    pub number: i32,
    /// Its text.
    pub text: String,
}

fn refuse(number: i32, text: String) -> ConvertError {
    ConvertError { number, text }
}

/// Converts a value to a type; `style` as in `CONVERT`.
///
/// # Errors
/// 241, 245, 248, 281, 529, 8114, 8115, 8169 as the server has them.
pub fn convert(value: &Value, ty: SqlType, style: Option<i32>) -> Result<Value, ConvertError> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match ty {
        SqlType::Variant => Ok(value.clone()),
        _ if ty.is_integer() => integer(value, ty),
        SqlType::Decimal { precision, scale } => decimal(value, ty, precision, scale),
        SqlType::Money => decimal(value, ty, 19, 4),
        SqlType::Float | SqlType::Real => float(value, ty),
        _ if ty.is_text() => text(value, ty, style),
        _ if ty.is_binary() => binary(value, ty, style),
        SqlType::UniqueIdentifier => guid(value),
        _ => temporal(value, ty),
    }
}

fn not_allowed(value: &Value, ty: SqlType) -> ConvertError {
    let from = value.natural_type().name();
    refuse(529, format!("Explicit conversion from data type {from} to {} is not allowed.", ty.name()))
}

fn overflow(value: &Value, ty: SqlType) -> ConvertError {
    let from = match value {
        Value::Text(_) => "expression",
        _ => value.natural_type().name(),
    };
    refuse(8115, format!("Arithmetic overflow error converting {from} to data type {}.", ty.name()))
}

fn integer(value: &Value, ty: SqlType) -> Result<Value, ConvertError> {
    let n: i128 = match value {
        Value::Int(n) => i128::from(*n),
        // Fractions are cut off.
        Value::Decimal { digits, scale } => digits / 10i128.pow(u32::from(*scale)),
        Value::Float(n) => n.trunc() as i128,
        Value::Text(text) => {
            let trimmed = text.trim();
            match (ty, trimmed.to_ascii_lowercase().as_str()) {
                (SqlType::Bit, "true") => 1,
                (SqlType::Bit, "false") => 0,
                (_, "") => 0,
                _ => match trimmed.parse() {
                    Ok(n) => n,
                    Err(_) => {
                        let text = format!(
                            "Conversion failed when converting the nvarchar value '{text}' to data type {}.",
                            ty.name()
                        );
                        return Err(refuse(245, text));
                    }
                },
            }
        }
        Value::Bytes(bytes) => {
            let tail = &bytes[bytes.len().saturating_sub(8)..];
            let n = tail.iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
            return Ok(Value::Int(match ty {
                SqlType::Int => i64::from(n as i32),
                SqlType::SmallInt => i64::from(n as i16),
                SqlType::TinyInt => i64::from(n as u8),
                _ => n as i64,
            }));
        }
        Value::DateTime(time) => i128::from((*time - epoch()).num_days()),
        _ => return Err(not_allowed(value, ty)),
    };
    let (low, high) = match ty {
        SqlType::Bit => return Ok(Value::bit(n != 0)),
        SqlType::TinyInt => (0, i128::from(u8::MAX)),
        SqlType::SmallInt => (i128::from(i16::MIN), i128::from(i16::MAX)),
        SqlType::Int => (i128::from(i32::MIN), i128::from(i32::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    if !(low..=high).contains(&n) {
        return Err(match value {
            Value::Text(text) => refuse(
                248,
                format!("The conversion of the nvarchar value '{text}' overflowed an {} column.", ty.name()),
            ),
            _ => overflow(value, ty),
        });
    }
    Ok(Value::Int(n as i64))
}

fn decimal(value: &Value, ty: SqlType, precision: u8, scale: u8) -> Result<Value, ConvertError> {
    let (digits, from) = match value {
        Value::Int(n) => (i128::from(*n), 0),
        Value::Decimal { digits, scale } => (*digits, *scale),
        Value::Float(n) => ((n * 10f64.powi(i32::from(scale))).round() as i128, scale),
        Value::Text(text) => parse::decimal(text)
            .ok_or_else(|| refuse(8114, format!("Error converting data type nvarchar to {}.", ty.name())))?,
        _ => return Err(not_allowed(value, ty)),
    };
    let digits = if from > scale {
        let cut = 10i128.pow(u32::from(from - scale));
        // Half goes away from zero.
        (digits + digits.signum() * cut / 2) / cut
    } else {
        digits.checked_mul(10i128.pow(u32::from(scale - from))).ok_or_else(|| overflow(value, ty))?
    };
    if digits.unsigned_abs() >= 10u128.pow(u32::from(precision)) {
        return Err(overflow(value, ty));
    }
    Ok(Value::Decimal { digits, scale })
}

fn float(value: &Value, ty: SqlType) -> Result<Value, ConvertError> {
    let n = match value {
        Value::Int(n) => *n as f64,
        Value::Decimal { digits, scale } => *digits as f64 / 10f64.powi(i32::from(*scale)),
        Value::Float(n) => *n,
        Value::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| refuse(8114, format!("Error converting data type nvarchar to {}.", ty.name())))?,
        _ => return Err(not_allowed(value, ty)),
    };
    Ok(Value::Float(if ty == SqlType::Real { f64::from(n as f32) } else { n }))
}

fn text(value: &Value, ty: SqlType, style: Option<i32>) -> Result<Value, ConvertError> {
    let natural = match value {
        // A bare date-time is a `datetime` when a style is asked for, else a `datetime2`.
        Value::DateTime(time) if time.nanosecond() % 1_000_000 == 0 && style.is_some() => SqlType::DateTime,
        _ => value.natural_type(),
    };
    text_as(value, natural, ty, style)
}

/// As [`convert`] to a text, for a value whose own type is known: `datetime` and `datetime2` look different.
pub fn text_as(value: &Value, from: SqlType, ty: SqlType, style: Option<i32>) -> Result<Value, ConvertError> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let text = format::text_of(value, from, style).ok_or_else(|| {
        let number = style.unwrap_or(0);
        let text =
            format!("{number} is not a valid style number when converting from {} to a character string.", from.name());
        refuse(281, text)
    })?;
    let Some(length) = ty.length().map(usize::from) else { return Ok(Value::Text(text)) };
    let cut = cut_units(&text, length);
    if cut.len() < text.len() && matches!(value, Value::Int(_) | Value::Decimal { .. } | Value::Float(_)) {
        // A cut number would be another number; integers become a star.
        return match (value, ty.is_unicode()) {
            (Value::Int(_), false) => Ok(Value::text("*")),
            _ => Err(overflow(value, ty)),
        };
    }
    let mut cut = cut.to_owned();
    if matches!(ty, SqlType::Char(_) | SqlType::NChar(_)) {
        let have = cut.encode_utf16().count();
        cut.extend(std::iter::repeat_n(' ', length - have));
    }
    Ok(Value::Text(cut))
}

/// The start of a text that has at most `length` UTF-16 units.
fn cut_units(text: &str, length: usize) -> &str {
    let mut units = 0;
    for (at, character) in text.char_indices() {
        units += character.len_utf16();
        if units > length {
            return &text[..at];
        }
    }
    text
}

fn binary(value: &Value, ty: SqlType, style: Option<i32>) -> Result<Value, ConvertError> {
    let mut bytes = match value {
        Value::Bytes(bytes) => bytes.clone(),
        Value::Text(text) if matches!(style, Some(1 | 2)) => {
            let hex = if style == Some(1) { text.strip_prefix("0x") } else { Some(text.as_str()) };
            hex.and_then(from_hex)
                .ok_or_else(|| refuse(8114, format!("Error converting data type varchar to {}.", ty.name())))?
        }
        Value::Text(text) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Value::Int(n) => match i32::try_from(*n) {
            Ok(n) => n.to_be_bytes().to_vec(),
            Err(_) => n.to_be_bytes().to_vec(),
        },
        Value::Guid(guid) => guid.to_bytes_le().to_vec(),
        _ => return Err(not_allowed(value, ty)),
    };
    if let Some(length) = ty.length().map(usize::from) {
        bytes.truncate(length);
        if matches!(ty, SqlType::Binary(_)) {
            bytes.resize(length, 0);
        }
    }
    Ok(Value::Bytes(bytes))
}

/// Bytes of an even number of hexadecimal digits.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn guid(value: &Value) -> Result<Value, ConvertError> {
    match value {
        Value::Guid(guid) => Ok(Value::Guid(*guid)),
        Value::Text(text) => Uuid::try_parse(text.trim()).map(Value::Guid).map_err(|_| {
            let text = "Conversion failed when converting from a character string to uniqueidentifier.";
            refuse(8169, text.to_owned())
        }),
        Value::Bytes(bytes) => {
            let mut sixteen = bytes.clone();
            sixteen.resize(16, 0);
            Ok(Uuid::from_slice_le(&sixteen).map_or(Value::Null, Value::Guid))
        }
        _ => Err(not_allowed(value, SqlType::UniqueIdentifier)),
    }
}

fn epoch() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN)
}

fn temporal(value: &Value, ty: SqlType) -> Result<Value, ConvertError> {
    let utc = FixedOffset::east_opt(0);
    let (time, offset) = match value {
        Value::Text(text) => parse::date_time(text).ok_or_else(|| {
            let text = "Conversion failed when converting date and/or time from character string.";
            refuse(241, text.to_owned())
        })?,
        Value::Date(date) => (date.and_time(NaiveTime::MIN), None),
        Value::Time(time) => (epoch().date().and_time(*time), None),
        Value::DateTime(time) => (*time, None),
        Value::Offset(time) => (time.naive_local(), Some(*time.offset())),
        Value::Int(days) if matches!(ty, SqlType::DateTime | SqlType::SmallDateTime) => {
            let time = TimeDelta::try_days(*days).and_then(|days| epoch().checked_add_signed(days));
            (time.ok_or_else(|| overflow(value, ty))?, None)
        }
        _ => return Err(not_allowed(value, ty)),
    };
    Ok(match ty {
        SqlType::Date => Value::Date(time.date()),
        SqlType::Time(scale) => Value::Time(round(time, scale).time()),
        SqlType::DateTime => Value::DateTime(three_hundredths(time)),
        SqlType::SmallDateTime => {
            let minute = round(time + TimeDelta::seconds(30), 0);
            Value::DateTime(minute - TimeDelta::seconds(i64::from(minute.second())))
        }
        SqlType::DateTime2(scale) => Value::DateTime(round(time, scale)),
        SqlType::DateTimeOffset(scale) => {
            let offset = offset.or(utc).ok_or_else(|| not_allowed(value, ty))?;
            let local = round(time, scale);
            let utc = local - TimeDelta::seconds(i64::from(offset.local_minus_utc()));
            Value::Offset(DateTime::from_naive_utc_and_offset(utc, offset))
        }
        _ => return Err(not_allowed(value, ty)),
    })
}

/// Rounded to `scale` digits of a second.
fn round(time: NaiveDateTime, scale: u8) -> NaiveDateTime {
    let unit = 10i64.pow(9 - u32::from(scale.min(7)));
    let nanos = i64::from(time.nanosecond());
    let rounded = (nanos + unit / 2) / unit * unit;
    time + TimeDelta::nanoseconds(rounded - nanos)
}

/// Rounded to 1/300 s, and shown in milliseconds that end with 0, 3 or 7: a `datetime`.
fn three_hundredths(time: NaiveDateTime) -> NaiveDateTime {
    let nanos = i64::from(time.nanosecond());
    let ticks = (nanos * 300 + 500_000_000) / 1_000_000_000;
    time + TimeDelta::nanoseconds((ticks * 10 + 1) / 3 * 1_000_000 - nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datetime_has_three_hundredths_of_a_second() {
        let time = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_micro_opt(1, 2, 3, 4_600).unwrap();
        let Ok(Value::DateTime(rounded)) = convert(&Value::DateTime(time), SqlType::DateTime, None) else { panic!() };
        assert_eq!(rounded.and_utc().timestamp_subsec_millis(), 3);
    }

    #[test]
    fn refusals_have_the_numbers_of_the_server() {
        let number = |value: Value, ty| convert(&value, ty, None).unwrap_err().number;
        assert_eq!(number(Value::text("x"), SqlType::Int), 245);
        assert_eq!(number(Value::text("3000000000"), SqlType::Int), 248);
        assert_eq!(number(Value::Int(300), SqlType::TinyInt), 8115);
        assert_eq!(number(Value::text("x"), SqlType::UniqueIdentifier), 8169);
        assert_eq!(number(Value::text("x"), SqlType::DateTime), 241);
        assert_eq!(number(Value::Guid(Uuid::nil()), SqlType::Int), 529);
    }

    #[test]
    fn texts_are_cut_and_filled() {
        assert_eq!(convert(&Value::text("abc"), SqlType::NVarChar(Some(2)), None), Ok(Value::text("ab")));
        assert_eq!(convert(&Value::text("a"), SqlType::Char(3), None), Ok(Value::text("a  ")));
        assert_eq!(convert(&Value::Int(12345), SqlType::VarChar(Some(2)), None), Ok(Value::text("*")));
    }
}
