//! Values made to fit their columns, with the conversions that SQL Server does by itself.

use chrono::{NaiveDate, NaiveDateTime};
use uuid::Uuid;

use super::error::ServerError;
use super::texts;
use super::value::{Column, ColumnType, Value};

impl ColumnType {
    /// The name of the type without its size, `nvarchar`.
    pub const fn name(self) -> &'static str {
        match self {
            ColumnType::Bit => "bit",
            ColumnType::TinyInt => "tinyint",
            ColumnType::SmallInt => "smallint",
            ColumnType::Int => "int",
            ColumnType::BigInt => "bigint",
            ColumnType::Decimal(..) => "decimal",
            ColumnType::Float => "float",
            ColumnType::Date => "date",
            ColumnType::DateTime => "datetime",
            ColumnType::DateTime2(_) => "datetime2",
            ColumnType::UniqueIdentifier => "uniqueidentifier",
            ColumnType::NVarChar(_) | ColumnType::NVarCharMax => "nvarchar",
            ColumnType::VarChar(_) => "varchar",
            ColumnType::Char(_) => "char",
            ColumnType::Binary(_) => "binary",
            ColumnType::VarBinary(_) | ColumnType::VarBinaryMax => "varbinary",
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bit(_) => "bit",
        Value::Int(_) => "int",
        Value::Decimal { .. } => "numeric",
        Value::Float(_) => "float",
        Value::Text(_) => "nvarchar",
        Value::DateTime(_) => "datetime2",
        Value::Guid(_) => "uniqueidentifier",
        Value::Bytes(_) => "varbinary",
    }
}

/// The value as its column stores it; `table` is `db.schema.name`, `statement` INSERT or UPDATE.
pub(crate) fn fit(column: &Column, value: &Value, table: &str, statement: &str) -> Result<Value, ServerError> {
    if *value == Value::Null {
        return if column.nullable {
            Ok(Value::Null)
        } else {
            Err(texts::null_refused(&column.name, table, statement))
        };
    }
    let kind = column.kind;
    match kind {
        ColumnType::Bit => Ok(Value::Bit(match value {
            Value::Bit(on) => *on,
            other => integer(other, kind)? != 0,
        })),
        ColumnType::TinyInt => ranged(integer(value, kind)?, 0, 255, kind),
        ColumnType::SmallInt => ranged(integer(value, kind)?, i64::from(i16::MIN), i64::from(i16::MAX), kind),
        ColumnType::Int => ranged(integer(value, kind)?, i64::from(i32::MIN), i64::from(i32::MAX), kind),
        ColumnType::BigInt => integer(value, kind).map(Value::Int),
        ColumnType::Decimal(precision, scale) => decimal(value, precision, scale),
        ColumnType::Float => match value {
            Value::Float(number) => Ok(Value::Float(*number)),
            Value::Int(number) => Ok(Value::Float(*number as f64)),
            Value::Decimal { unscaled, scale } => Ok(Value::Float(*unscaled as f64 / 10f64.powi(i32::from(*scale)))),
            Value::Text(text) => {
                text.trim().parse().map(Value::Float).map_err(|_| texts::conversion_failed(text, kind.name()))
            }
            other => Err(texts::operand_clash(kind_of(other), kind.name())),
        },
        ColumnType::Date | ColumnType::DateTime | ColumnType::DateTime2(_) => match value {
            Value::DateTime(time) => Ok(Value::DateTime(*time)),
            Value::Text(text) => {
                parse_time(text).map(Value::DateTime).ok_or_else(|| texts::conversion_failed(text, kind.name()))
            }
            other => Err(texts::operand_clash(kind_of(other), kind.name())),
        },
        ColumnType::UniqueIdentifier => match value {
            Value::Guid(guid) => Ok(Value::Guid(*guid)),
            Value::Text(text) => {
                Uuid::parse_str(text.trim()).map(Value::Guid).map_err(|_| texts::conversion_failed(text, kind.name()))
            }
            other => Err(texts::operand_clash(kind_of(other), kind.name())),
        },
        ColumnType::NVarChar(len) => text_value(column, value, table, usize::from(len), true),
        ColumnType::NVarCharMax => text_value(column, value, table, 4000, true),
        ColumnType::VarChar(len) | ColumnType::Char(len) => text_value(column, value, table, usize::from(len), false),
        ColumnType::Binary(len) | ColumnType::VarBinary(len) => byte_value(column, value, table, usize::from(len)),
        ColumnType::VarBinaryMax => byte_value(column, value, table, 8000),
    }
}

fn ranged(number: i64, low: i64, high: i64, kind: ColumnType) -> Result<Value, ServerError> {
    if (low..=high).contains(&number) { Ok(Value::Int(number)) } else { Err(texts::overflow(kind.name())) }
}

fn integer(value: &Value, kind: ColumnType) -> Result<i64, ServerError> {
    match value {
        Value::Int(number) => Ok(*number),
        Value::Bit(on) => Ok(i64::from(*on)),
        Value::Float(number) => Ok(*number as i64),
        Value::Decimal { unscaled, scale } => {
            let divisor = 10i128.checked_pow(u32::from(*scale)).ok_or_else(|| texts::overflow(kind.name()))?;
            i64::try_from(unscaled / divisor).map_err(|_| texts::overflow(kind.name()))
        }
        Value::Text(text) => text.trim().parse().map_err(|_| texts::conversion_failed(text, kind.name())),
        other => Err(texts::operand_clash(kind_of(other), kind.name())),
    }
}

fn decimal(value: &Value, precision: u8, scale: u8) -> Result<Value, ServerError> {
    let overflow = || texts::overflow("numeric");
    let (unscaled, from) = match value {
        Value::Int(number) => (i128::from(*number), 0),
        Value::Bit(on) => (i128::from(*on), 0),
        Value::Decimal { unscaled, scale } => (*unscaled, *scale),
        Value::Float(number) => ((number * 10f64.powi(i32::from(scale))).round() as i128, scale),
        Value::Text(text) => parse_decimal(text.trim()).ok_or_else(|| texts::conversion_failed(text, "numeric"))?,
        other => return Err(texts::operand_clash(kind_of(other), "decimal")),
    };
    let power = |digits: u8| 10i128.checked_pow(u32::from(digits)).ok_or_else(overflow);
    let unscaled = if from <= scale {
        unscaled.checked_mul(power(scale - from)?).ok_or_else(overflow)?
    } else {
        let divisor = power(from - scale)?;
        // Half is rounded away from zero.
        (unscaled + unscaled.signum() * divisor / 2) / divisor
    };
    if unscaled.unsigned_abs() >= power(precision.min(38))?.unsigned_abs() {
        return Err(overflow());
    }
    Ok(Value::Decimal { unscaled, scale })
}

/// `12.30` as its digits and how many are behind the point.
fn parse_decimal(text: &str) -> Option<(i128, u8)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let scale = u8::try_from(part.len()).ok()?;
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    Some((digits, scale))
}

/// ISO dates with or without time, and `yyyymmdd`.
pub(crate) fn parse_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim().trim_end_matches('Z');
    let with_time =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y%m%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    with_time.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).or_else(|| {
        let date = ["%Y-%m-%d", "%Y%m%d"].iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())?;
        date.and_hms_opt(0, 0, 0)
    })
}

fn text_value(column: &Column, value: &Value, table: &str, len: usize, wide: bool) -> Result<Value, ServerError> {
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Bit(on) => u8::from(*on).to_string(),
        Value::Guid(guid) => guid.to_string().to_uppercase(),
        other => return Err(texts::operand_clash(kind_of(other), column.kind.name())),
    };
    let length = if wide { text.encode_utf16().count() } else { text.chars().count() };
    if length > len {
        let shown: String = text.chars().take(len).collect();
        return Err(texts::truncated(table, &column.name, &shown));
    }
    Ok(Value::Text(text))
}

fn byte_value(column: &Column, value: &Value, table: &str, len: usize) -> Result<Value, ServerError> {
    let Value::Bytes(bytes) = value else { return Err(texts::operand_clash(kind_of(value), column.kind.name())) };
    let mut bytes = bytes.clone();
    if bytes.len() > len {
        return Err(texts::truncated(table, &column.name, ""));
    }
    if let ColumnType::Binary(len) = column.kind {
        bytes.resize(usize::from(len), 0);
    }
    Ok(Value::Bytes(bytes))
}
