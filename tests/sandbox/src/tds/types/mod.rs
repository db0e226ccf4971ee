//! TYPE_INFO and values on the wire: both ways. MS-TDS 2.2.5.4 to 2.2.5.6.

mod read;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

use super::codepage;
use super::login::version;
use crate::value::{SqlType, Value, convert};

pub use read::{WireType, read_type, read_value};

/// SQL_Latin1_General_CP1_CI_AS: the collation that texts travel with.
pub const COLLATION: [u8; 5] = [0x09, 0x04, 0xD0, 0x00, 0x34];

const MAX: u16 = 0xFFFF;

/// The type a client of this TDS version is shown: before 7.3 there were no `date`, `time` and so on.
pub fn shown(ty: SqlType, tds: u32) -> SqlType {
    let old = (version::V7_2..version::V7_3).contains(&tds);
    match ty {
        SqlType::Date if old => SqlType::NVarChar(Some(10)),
        SqlType::Time(_) if old => SqlType::NVarChar(Some(16)),
        SqlType::DateTime2(_) if old => SqlType::NVarChar(Some(27)),
        SqlType::DateTimeOffset(_) if old => SqlType::NVarChar(Some(34)),
        other => other,
    }
}

/// Writes TYPE_INFO, always of the nullable kind.
pub fn write_type(out: &mut Vec<u8>, ty: SqlType) {
    let length = |out: &mut Vec<u8>, token: u8, n: u16| {
        out.push(token);
        out.extend_from_slice(&n.to_le_bytes());
    };
    let units = |n: Option<u16>| n.map_or(MAX, |n| n * 2);
    match ty {
        SqlType::Bit => out.extend_from_slice(&[0x68, 1]),
        SqlType::TinyInt => out.extend_from_slice(&[0x26, 1]),
        SqlType::SmallInt => out.extend_from_slice(&[0x26, 2]),
        SqlType::Int => out.extend_from_slice(&[0x26, 4]),
        SqlType::BigInt => out.extend_from_slice(&[0x26, 8]),
        SqlType::Decimal { precision, scale } => {
            out.extend_from_slice(&[0x6C, decimal_bytes(precision) + 1, precision, scale])
        }
        SqlType::Money => out.extend_from_slice(&[0x6E, 8]),
        SqlType::Real => out.extend_from_slice(&[0x6D, 4]),
        SqlType::Float => out.extend_from_slice(&[0x6D, 8]),
        SqlType::Date => out.push(0x28),
        SqlType::Time(scale) => out.extend_from_slice(&[0x29, scale]),
        SqlType::DateTime => out.extend_from_slice(&[0x6F, 8]),
        SqlType::SmallDateTime => out.extend_from_slice(&[0x6F, 4]),
        SqlType::DateTime2(scale) => out.extend_from_slice(&[0x2A, scale]),
        SqlType::DateTimeOffset(scale) => out.extend_from_slice(&[0x2B, scale]),
        SqlType::Char(n) => length(out, 0xAF, n),
        SqlType::VarChar(n) => length(out, 0xA7, n.unwrap_or(MAX)),
        SqlType::NChar(n) => length(out, 0xEF, n * 2),
        SqlType::NVarChar(n) => length(out, 0xE7, units(n)),
        SqlType::Binary(n) => length(out, 0xAD, n),
        SqlType::VarBinary(n) => length(out, 0xA5, n.unwrap_or(MAX)),
        SqlType::UniqueIdentifier => out.extend_from_slice(&[0x24, 16]),
        SqlType::Variant => {
            out.push(0x62);
            out.extend_from_slice(&8009u32.to_le_bytes());
        }
    }
    if ty.is_text() {
        out.extend_from_slice(&COLLATION);
    }
}

/// Writes a value as one of `ty`; what cannot be one goes as `NULL`.
pub fn write_value(out: &mut Vec<u8>, ty: SqlType, value: &Value) {
    if ty == SqlType::Variant {
        return write_variant(out, value);
    }
    let converted;
    let value = if fits(ty, value) {
        value
    } else {
        // The evaluator has already made it fit; only old TDS versions come here, for dates as text.
        converted = convert(value, ty, None).unwrap_or(Value::Null);
        &converted
    };
    let max = matches!(ty, SqlType::VarChar(None) | SqlType::NVarChar(None) | SqlType::VarBinary(None));
    let long = ty.is_text() || ty.is_binary();
    if value.is_null() {
        return match (max, long) {
            (true, _) => out.extend_from_slice(&u64::MAX.to_le_bytes()),
            (false, true) => out.extend_from_slice(&MAX.to_le_bytes()),
            (false, false) => out.push(0),
        };
    }
    let mut bytes = Vec::new();
    write_bare(&mut bytes, ty, value);
    if max {
        out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        if !bytes.is_empty() {
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(&bytes);
        }
        out.extend_from_slice(&0u32.to_le_bytes());
    } else if long {
        out.extend_from_slice(&(bytes.len() as u16).to_le_bytes());
        out.extend_from_slice(&bytes);
    } else {
        out.push(bytes.len() as u8);
        out.extend_from_slice(&bytes);
    }
}

/// Whether the value is held in the way that its type's bytes are made from.
fn fits(ty: SqlType, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Int(_) => ty.is_integer(),
        Value::Decimal { scale, .. } => match ty {
            SqlType::Decimal { scale: wanted, .. } => *scale == wanted,
            SqlType::Money => *scale == 4,
            _ => false,
        },
        Value::Float(_) => matches!(ty, SqlType::Float | SqlType::Real),
        Value::Text(_) => ty.is_text(),
        Value::Bytes(_) => ty.is_binary(),
        Value::Guid(_) => ty == SqlType::UniqueIdentifier,
        Value::Date(_) => ty == SqlType::Date,
        Value::Time(_) => matches!(ty, SqlType::Time(_)),
        Value::DateTime(_) => matches!(ty, SqlType::DateTime | SqlType::SmallDateTime | SqlType::DateTime2(_)),
        Value::Offset(_) => matches!(ty, SqlType::DateTimeOffset(_)),
    }
}

/// A value's bytes without any length.
fn write_bare(out: &mut Vec<u8>, ty: SqlType, value: &Value) {
    match (value, ty) {
        (Value::Int(n), SqlType::Bit) => out.push(u8::from(*n != 0)),
        (Value::Int(n), SqlType::TinyInt) => out.push(*n as u8),
        (Value::Int(n), SqlType::SmallInt) => out.extend_from_slice(&(*n as i16).to_le_bytes()),
        (Value::Int(n), SqlType::Int) => out.extend_from_slice(&(*n as i32).to_le_bytes()),
        (Value::Int(n), _) => out.extend_from_slice(&n.to_le_bytes()),
        (Value::Decimal { digits, .. }, SqlType::Money) => {
            let units = *digits as i64;
            out.extend_from_slice(&((units >> 32) as i32).to_le_bytes());
            out.extend_from_slice(&(units as u32).to_le_bytes());
        }
        (Value::Decimal { digits, .. }, _) => {
            let precision = if let SqlType::Decimal { precision, .. } = ty { precision } else { 38 };
            out.push(u8::from(*digits >= 0));
            let bytes = digits.unsigned_abs().to_le_bytes();
            out.extend_from_slice(&bytes[..usize::from(decimal_bytes(precision))]);
        }
        (Value::Float(n), SqlType::Real) => out.extend_from_slice(&(*n as f32).to_le_bytes()),
        (Value::Float(n), _) => out.extend_from_slice(&n.to_le_bytes()),
        (Value::Text(text), ty) => write_text(out, ty, text),
        (Value::Bytes(bytes), ty) => {
            out.extend_from_slice(bytes);
            if let SqlType::Binary(n) = ty {
                out.resize(usize::from(n), 0);
            }
        }
        (Value::Guid(guid), _) => out.extend_from_slice(&guid.to_bytes_le()),
        (Value::Date(date), _) => write_days(out, *date),
        (Value::Time(time), SqlType::Time(scale)) => write_time(out, *time, scale),
        (Value::DateTime(time), SqlType::DateTime2(scale)) => {
            write_time(out, time.time(), scale);
            write_days(out, time.date());
        }
        (Value::DateTime(time), SqlType::SmallDateTime) => {
            out.extend_from_slice(&(days_since_1900(time.date()) as u16).to_le_bytes());
            out.extend_from_slice(&((time.hour() * 60 + time.minute()) as u16).to_le_bytes());
        }
        (Value::DateTime(time), _) => {
            // 1/300 s; convert() has rounded to the nearest already.
            let ticks =
                (u64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + u64::from(time.nanosecond())) * 300;
            let ticks = (ticks + 500_000_000) / 1_000_000_000;
            out.extend_from_slice(&(days_since_1900(time.date()) as i32).to_le_bytes());
            out.extend_from_slice(&(ticks as u32).to_le_bytes());
        }
        (Value::Offset(time), SqlType::DateTimeOffset(scale)) => {
            let utc = time.naive_utc();
            write_time(out, utc.time(), scale);
            write_days(out, utc.date());
            out.extend_from_slice(&((time.offset().local_minus_utc() / 60) as i16).to_le_bytes());
        }
        (Value::Null | Value::Time(_) | Value::Offset(_), _) => {}
    }
}

fn write_text(out: &mut Vec<u8>, ty: SqlType, text: &str) {
    let start = out.len();
    if ty.is_unicode() {
        text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
    } else {
        out.extend(text.chars().map(codepage::byte_of));
    }
    match ty {
        SqlType::Char(n) => out.resize(start + usize::from(n), b' '),
        SqlType::NChar(n) => {
            while out.len() < start + usize::from(n) * 2 {
                out.extend_from_slice(&[b' ', 0]);
            }
            out.truncate(start + usize::from(n) * 2);
        }
        _ => {}
    }
}

fn write_variant(out: &mut Vec<u8>, value: &Value) {
    if value.is_null() {
        return out.extend_from_slice(&0u32.to_le_bytes());
    }
    let ty = value.natural_type();
    let (base, properties): (u8, Vec<u8>) = match ty {
        SqlType::Bit => (0x32, vec![]),
        SqlType::TinyInt => (0x30, vec![]),
        SqlType::SmallInt => (0x34, vec![]),
        SqlType::Int => (0x38, vec![]),
        SqlType::BigInt => (0x7F, vec![]),
        SqlType::Decimal { precision, scale } => (0x6C, vec![precision, scale]),
        SqlType::Float => (0x3E, vec![]),
        SqlType::UniqueIdentifier => (0x24, vec![]),
        SqlType::Date => (0x28, vec![]),
        SqlType::Time(scale) => (0x29, vec![scale]),
        SqlType::DateTime2(scale) => (0x2A, vec![scale]),
        SqlType::DateTimeOffset(scale) => (0x2B, vec![scale]),
        SqlType::VarBinary(n) => (0xA5, n.unwrap_or(8000).to_le_bytes().to_vec()),
        _ => {
            let mut properties = COLLATION.to_vec();
            properties.extend_from_slice(&8000u16.to_le_bytes());
            (0xE7, properties)
        }
    };
    let mut bytes = Vec::new();
    write_bare(&mut bytes, ty, value);
    out.extend_from_slice(&((2 + properties.len() + bytes.len()) as u32).to_le_bytes());
    out.extend_from_slice(&[base, properties.len() as u8]);
    out.extend_from_slice(&properties);
    out.extend_from_slice(&bytes);
}

/// Bytes of a decimal's digits.
const fn decimal_bytes(precision: u8) -> u8 {
    match precision {
        0..=9 => 4,
        10..=19 => 8,
        20..=28 => 12,
        _ => 16,
    }
}

fn days_since_1900(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default()).num_days()
}

/// Three bytes: days since 0001-01-01.
fn write_days(out: &mut Vec<u8>, date: NaiveDate) {
    out.extend_from_slice(&(date.num_days_from_ce() - 1).to_le_bytes()[..3]);
}

/// Three to five bytes: units of 10^-scale seconds since midnight.
fn write_time(out: &mut Vec<u8>, time: NaiveTime, scale: u8) {
    let nanos = u64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + u64::from(time.nanosecond());
    let units = nanos / 10u64.pow(9 - u32::from(scale.min(7)));
    out.extend_from_slice(&units.to_le_bytes()[..time_bytes(scale)]);
}

const fn time_bytes(scale: u8) -> usize {
    match scale {
        0..=2 => 3,
        3..=4 => 4,
        _ => 5,
    }
}
