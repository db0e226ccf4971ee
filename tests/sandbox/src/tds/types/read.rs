//! Types and values of parameters, out of a client's bytes.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use uuid::Uuid;

use super::{COLLATION, MAX};
use crate::tds::codepage;
use crate::tds::cursor::{Cursor, Malformed, utf16};
use crate::value::{SqlType, Value};

/// A parameter's type on the wire, and how its value's length is told.
#[derive(Debug, Clone, Copy)]
pub struct WireType {
    token: u8,
    /// Bytes of a fixed type, or the most there can be.
    size: usize,
    /// As the language knows it.
    pub ty: SqlType,
}

/// Reads TYPE_INFO of a parameter.
pub fn read_type(from: &mut Cursor<'_>) -> Result<WireType, Malformed> {
    let token = from.u8()?;
    let wire = |size: usize, ty: SqlType| WireType { token, size, ty };
    Ok(match token {
        0x1F => wire(0, SqlType::NVarChar(Some(1))),
        0x30 => wire(1, SqlType::TinyInt),
        0x32 => wire(1, SqlType::Bit),
        0x34 => wire(2, SqlType::SmallInt),
        0x38 => wire(4, SqlType::Int),
        0x7F => wire(8, SqlType::BigInt),
        0x3A => wire(4, SqlType::SmallDateTime),
        0x3D => wire(8, SqlType::DateTime),
        0x3B => wire(4, SqlType::Real),
        0x3E => wire(8, SqlType::Float),
        0x3C | 0x7A => wire(if token == 0x3C { 8 } else { 4 }, SqlType::Money),
        0x24 | 0x26 | 0x68 | 0x6D | 0x6E | 0x6F => {
            let size = usize::from(from.u8()?);
            let ty = match (token, size) {
                (0x24, _) => SqlType::UniqueIdentifier,
                (0x26, 1) => SqlType::TinyInt,
                (0x26, 2) => SqlType::SmallInt,
                (0x26, 4) => SqlType::Int,
                (0x26, 8) => SqlType::BigInt,
                (0x68, _) => SqlType::Bit,
                (0x6D, 4) => SqlType::Real,
                (0x6D, 8) => SqlType::Float,
                (0x6E, 4 | 8) => SqlType::Money,
                (0x6F, 4) => SqlType::SmallDateTime,
                (0x6F, 8) => SqlType::DateTime,
                _ => return Err(Malformed),
            };
            wire(size, ty)
        }
        0x6A | 0x6C => {
            let (size, precision, scale) = (usize::from(from.u8()?), from.u8()?, from.u8()?);
            if precision > 38 || scale > precision {
                return Err(Malformed);
            }
            wire(size, SqlType::Decimal { precision, scale })
        }
        0x28 => wire(3, SqlType::Date),
        0x29..=0x2B => {
            let scale = from.u8()?;
            if scale > 7 {
                return Err(Malformed);
            }
            let ty = match token {
                0x29 => SqlType::Time(scale),
                0x2A => SqlType::DateTime2(scale),
                _ => SqlType::DateTimeOffset(scale),
            };
            wire(10, ty)
        }
        0xA5 | 0xAD | 0xA7 | 0xAF | 0xE7 | 0xEF => {
            let size = from.u16()?;
            let length = (size != MAX).then_some(size);
            let ty = match token {
                0xA5 => SqlType::VarBinary(length),
                0xAD => SqlType::Binary(size),
                0xA7 => SqlType::VarChar(length),
                0xAF => SqlType::Char(size),
                0xE7 => SqlType::NVarChar(length.map(|n| n / 2)),
                _ => SqlType::NChar(size / 2),
            };
            if ty.is_text() {
                from.take(COLLATION.len())?;
            }
            wire(usize::from(size), ty)
        }
        // text, ntext, image: a four-byte length, and the table name is only in answers.
        0x22 | 0x23 | 0x63 => {
            let size = from.u32()? as usize;
            if token != 0x22 {
                from.take(COLLATION.len())?;
            }
            wire(
                size,
                match token {
                    0x22 => SqlType::VarBinary(None),
                    0x23 => SqlType::VarChar(None),
                    _ => SqlType::NVarChar(None),
                },
            )
        }
        0x62 => wire(from.u32()? as usize, SqlType::Variant),
        _ => return Err(Malformed),
    })
}

/// Reads a parameter's value.
pub fn read_value(from: &mut Cursor<'_>, wire: &WireType) -> Result<Value, Malformed> {
    let bytes: Vec<u8> = match wire.token {
        0x1F => return Ok(Value::Null),
        0x30 | 0x32 | 0x34 | 0x38 | 0x7F | 0x3A | 0x3D | 0x3B | 0x3E | 0x3C | 0x7A => from.take(wire.size)?.to_vec(),
        0x24 | 0x26 | 0x68 | 0x6D | 0x6E | 0x6F | 0x6A | 0x6C | 0x28..=0x2B => match from.u8()? {
            0 => return Ok(Value::Null),
            n => from.take(usize::from(n))?.to_vec(),
        },
        0x22 | 0x23 | 0x63 => match from.u32()? {
            u32::MAX => return Ok(Value::Null),
            n => from.take(n as usize)?.to_vec(),
        },
        0x62 => return read_variant(from),
        _ if wire.size == usize::from(MAX) => match read_parts(from)? {
            None => return Ok(Value::Null),
            Some(bytes) => bytes,
        },
        _ => match from.u16()? {
            MAX => return Ok(Value::Null),
            n => from.take(usize::from(n))?.to_vec(),
        },
    };
    bare_value(wire, &bytes)
}

/// PLP: a total length that may be unknown, then parts until an empty one.
fn read_parts(from: &mut Cursor<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    if from.u64()? == u64::MAX {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    loop {
        match from.u32()? {
            0 => return Ok(Some(bytes)),
            n => bytes.extend_from_slice(from.take(n as usize)?),
        }
    }
}

fn read_variant(from: &mut Cursor<'_>) -> Result<Value, Malformed> {
    let total = from.u32()? as usize;
    if total == 0 {
        return Ok(Value::Null);
    }
    let mut inner = Cursor::new(from.take(total)?);
    let token = inner.u8()?;
    let properties = usize::from(inner.u8()?);
    let properties = inner.take(properties)?;
    let scale = properties.last().copied().unwrap_or(0);
    let bytes = inner.rest();
    let ty = match (token, bytes.len()) {
        (0x30, _) => SqlType::TinyInt,
        (0x32, _) => SqlType::Bit,
        (0x34, _) => SqlType::SmallInt,
        (0x38, _) => SqlType::Int,
        (0x7F, _) => SqlType::BigInt,
        (0x3A, _) => SqlType::SmallDateTime,
        (0x3D, _) => SqlType::DateTime,
        (0x3B, _) => SqlType::Real,
        (0x3E, _) => SqlType::Float,
        (0x3C | 0x7A, _) => SqlType::Money,
        (0x24, _) => SqlType::UniqueIdentifier,
        (0x6A | 0x6C, _) => SqlType::Decimal { precision: 38, scale },
        (0x28, _) => SqlType::Date,
        (0x29, _) => SqlType::Time(scale),
        (0x2A, _) => SqlType::DateTime2(scale),
        (0x2B, _) => SqlType::DateTimeOffset(scale),
        (0xA5 | 0xAD, _) => SqlType::VarBinary(None),
        (0xA7 | 0xAF, _) => SqlType::VarChar(None),
        (0xE7 | 0xEF, _) => SqlType::NVarChar(None),
        _ => return Err(Malformed),
    };
    bare_value(&WireType { token, size: bytes.len(), ty }, bytes)
}

fn bare_value(wire: &WireType, bytes: &[u8]) -> Result<Value, Malformed> {
    let mut from = Cursor::new(bytes);
    Ok(match wire.ty {
        SqlType::Bit => Value::bit(from.u8()? != 0),
        SqlType::TinyInt => Value::Int(i64::from(from.u8()?)),
        SqlType::SmallInt => Value::Int(i64::from(from.u16()? as i16)),
        SqlType::Int => Value::Int(i64::from(from.u32()? as i32)),
        SqlType::BigInt => Value::Int(from.u64()? as i64),
        SqlType::Real => Value::Float(f64::from(f32::from_bits(from.u32()?))),
        SqlType::Float => Value::Float(f64::from_bits(from.u64()?)),
        SqlType::Money if bytes.len() == 4 => Value::Decimal { digits: i128::from(from.u32()? as i32), scale: 4 },
        SqlType::Money => {
            let (high, low) = (from.u32()? as i32, from.u32()?);
            Value::Decimal { digits: (i128::from(high) << 32) | i128::from(low), scale: 4 }
        }
        SqlType::Decimal { scale, .. } => {
            let positive = from.u8()? != 0;
            let mut digits = [0u8; 16];
            let rest = from.rest();
            digits.get_mut(..rest.len()).ok_or(Malformed)?.copy_from_slice(rest);
            let digits = i128::try_from(u128::from_le_bytes(digits)).map_err(|_| Malformed)?;
            Value::Decimal { digits: if positive { digits } else { -digits }, scale }
        }
        SqlType::UniqueIdentifier => Value::Guid(Uuid::from_bytes_le(bytes.try_into().map_err(|_| Malformed)?)),
        SqlType::Date => Value::Date(read_days(&mut from)?),
        SqlType::Time(scale) => Value::Time(read_time(&mut from, scale, bytes.len())?),
        SqlType::DateTime2(scale) => {
            let time = read_time(&mut from, scale, bytes.len().saturating_sub(3))?;
            Value::DateTime(read_days(&mut from)?.and_time(time))
        }
        SqlType::DateTimeOffset(scale) => {
            let time = read_time(&mut from, scale, bytes.len().saturating_sub(5))?;
            let utc = read_days(&mut from)?.and_time(time);
            let offset = FixedOffset::east_opt(i32::from(from.u16()? as i16) * 60).ok_or(Malformed)?;
            Value::Offset(DateTime::from_naive_utc_and_offset(utc, offset))
        }
        SqlType::SmallDateTime => {
            let (days, minutes) = (i64::from(from.u16()?), i64::from(from.u16()?));
            Value::DateTime(since_1900(days, TimeDelta::minutes(minutes))?)
        }
        SqlType::DateTime => {
            let (days, ticks) = (i64::from(from.u32()? as i32), i64::from(from.u32()?));
            Value::DateTime(since_1900(days, TimeDelta::milliseconds((ticks * 10 + 1) / 3))?)
        }
        ty if ty.is_unicode() => Value::Text(utf16(bytes)),
        ty if ty.is_text() => Value::Text(bytes.iter().map(|&byte| codepage::char_of(byte)).collect()),
        _ => Value::Bytes(bytes.to_vec()),
    })
}

fn since_1900(days: i64, rest: TimeDelta) -> Result<NaiveDateTime, Malformed> {
    let start = NaiveDate::from_ymd_opt(1900, 1, 1).and_then(|date| date.and_hms_opt(0, 0, 0)).ok_or(Malformed)?;
    let days = TimeDelta::try_days(days).ok_or(Malformed)?;
    start.checked_add_signed(days).and_then(|time| time.checked_add_signed(rest)).ok_or(Malformed)
}

fn read_days(from: &mut Cursor<'_>) -> Result<NaiveDate, Malformed> {
    let bytes = from.take(3)?;
    let days = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
    NaiveDate::from_num_days_from_ce_opt(days + 1).ok_or(Malformed)
}

fn read_time(from: &mut Cursor<'_>, scale: u8, length: usize) -> Result<NaiveTime, Malformed> {
    let mut units = [0u8; 8];
    units.get_mut(..length).ok_or(Malformed)?.copy_from_slice(from.take(length)?);
    let nanos = u64::from_le_bytes(units).checked_mul(10u64.pow(9 - u32::from(scale.min(7)))).ok_or(Malformed)?;
    let seconds = u32::try_from(nanos / 1_000_000_000).map_err(|_| Malformed)?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, (nanos % 1_000_000_000) as u32).ok_or(Malformed)
}
