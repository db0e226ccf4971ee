//! Records of rows in the "FixedVar" format (rows sections 5 and 6).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use uuid::Uuid;

use super::bytes::{from_utf16, put, u8_at, u16_at, utf16};
use super::value::{ColumnType, Value};

/// Where a column lies in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// First byte in the fixed part, bit in it for `bit`.
    Fixed(u16, u8),
    /// Number among the variable columns, from 0.
    Variable(u16),
}

/// One column as the record stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) kind: ColumnType,
    pub(crate) place: Place,
    /// Bit in the null bitmap, from 0.
    pub(crate) null_bit: u16,
}

/// The layout of a table's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) cells: Vec<Cell>,
    /// End of the fixed part.
    pub(crate) fixed_end: u16,
}

impl Layout {
    /// Fixed columns packed from byte 4 in order, bits sharing bytes, then variable columns in order.
    pub(crate) fn of(kinds: impl IntoIterator<Item = ColumnType>) -> Layout {
        let (mut at, mut variable, mut bit) = (4u16, 0u16, None::<(u16, u8)>);
        let mut cells = Vec::new();
        for (index, kind) in kinds.into_iter().enumerate() {
            let place = match kind.fixed_len() {
                Some(_) if kind == ColumnType::Bit => {
                    let (byte, next) = match bit {
                        Some((byte, next)) if next < 8 => (byte, next),
                        _ => {
                            at += 1;
                            (at - 1, 0)
                        }
                    };
                    bit = Some((byte, next + 1));
                    Place::Fixed(byte, next)
                }
                Some(len) => {
                    at += len;
                    Place::Fixed(at - len, 0)
                }
                None => {
                    variable += 1;
                    Place::Variable(variable - 1)
                }
            };
            cells.push(Cell { kind, place, null_bit: u16::try_from(index).unwrap_or(u16::MAX) });
        }
        Layout { cells, fixed_end: at }
    }

    /// The record of a row. Values must have been fitted to the columns before (see `fit`).
    pub(crate) fn encode(&self, row: &[Value]) -> Vec<u8> {
        let columns = self.cells.len();
        let mut fixed = vec![0u8; usize::from(self.fixed_end)];
        let mut nulls = vec![0u8; columns.div_ceil(8)];
        let mut variable: Vec<Vec<u8>> = Vec::new();
        for (cell, value) in self.cells.iter().zip(row) {
            if *value == Value::Null {
                nulls[usize::from(cell.null_bit / 8)] |= 1 << (cell.null_bit % 8);
            }
            match cell.place {
                Place::Fixed(at, bit) if cell.kind == ColumnType::Bit => {
                    if *value == Value::Bit(true) {
                        fixed[usize::from(at)] |= 1 << bit;
                    }
                }
                Place::Fixed(at, _) => put(&mut fixed, usize::from(at), &encode_value(cell.kind, value)),
                Place::Variable(_) => variable.push(encode_value(cell.kind, value)),
            }
        }
        while variable.last().is_some_and(Vec::is_empty) {
            variable.pop();
        }
        fixed[0] = if variable.is_empty() { 0x10 } else { 0x30 };
        put(&mut fixed, 2, &self.fixed_end.to_le_bytes());
        let mut out = fixed;
        out.extend_from_slice(&(columns as u16).to_le_bytes());
        out.extend_from_slice(&nulls);
        if !variable.is_empty() {
            out.extend_from_slice(&(variable.len() as u16).to_le_bytes());
            let mut end = out.len() + 2 * variable.len();
            for value in &variable {
                end += value.len();
                out.extend_from_slice(&(end as u16).to_le_bytes());
            }
            variable.iter().for_each(|value| out.extend_from_slice(value));
        }
        out
    }

    /// The row of a record.
    pub(crate) fn decode(&self, record: &[u8]) -> Vec<Value> {
        self.cells.iter().map(|cell| self.decode_cell(record, cell)).collect()
    }

    fn decode_cell(&self, record: &[u8], cell: &Cell) -> Value {
        let fixed_end = usize::from(u16_at(record, 2));
        let count = u16_at(record, fixed_end);
        let null = u8_at(record, fixed_end + 2 + usize::from(cell.null_bit / 8)) >> (cell.null_bit % 8) & 1 == 1;
        if cell.null_bit >= count || null {
            return Value::Null;
        }
        match cell.place {
            Place::Fixed(at, bit) if cell.kind == ColumnType::Bit => {
                Value::Bit(u8_at(record, usize::from(at)) >> bit & 1 == 1)
            }
            Place::Fixed(at, _) => {
                let len = usize::from(cell.kind.fixed_len().unwrap_or(0));
                let at = usize::from(at);
                decode_value(cell.kind, record.get(at..at + len).unwrap_or_default())
            }
            Place::Variable(index) => decode_value(cell.kind, variable_bytes(record, index)),
        }
    }
}

/// The bytes of a variable column, empty when the record leaves it out.
pub(crate) fn variable_bytes(record: &[u8], index: u16) -> &[u8] {
    variable_range(record, index).and_then(|range| record.get(range)).unwrap_or_default()
}

/// Where a variable column lies in its record.
pub(crate) fn variable_range(record: &[u8], index: u16) -> Option<std::ops::Range<usize>> {
    let fixed_end = usize::from(u16_at(record, 2));
    let columns = usize::from(u16_at(record, fixed_end));
    let count_at = fixed_end + 2 + columns.div_ceil(8);
    let count = u16_at(record, count_at);
    if u8_at(record, 0) & 0x20 == 0 || index >= count {
        return None;
    }
    let end_of = |index: u16| usize::from(u16_at(record, count_at + 2 + 2 * usize::from(index)) & 0x7FFF);
    let start = if index == 0 { count_at + 2 + 2 * usize::from(count) } else { end_of(index - 1) };
    Some(start..end_of(index).max(start))
}

/// Length of the record at the start of `bytes`, from its own fields.
pub(crate) fn record_length(bytes: &[u8]) -> usize {
    let fixed_end = usize::from(u16_at(bytes, 2));
    let after_nulls = fixed_end + 2 + usize::from(u16_at(bytes, fixed_end)).div_ceil(8);
    if u8_at(bytes, 0) & 0x20 == 0 {
        return after_nulls;
    }
    let count = usize::from(u16_at(bytes, after_nulls));
    if count == 0 { after_nulls + 2 } else { usize::from(u16_at(bytes, after_nulls + 2 * count) & 0x7FFF) }
}

impl ColumnType {
    /// Bytes in the fixed part; `None` for a variable column. `bit` shares bytes and counts as one.
    pub(crate) const fn fixed_len(self) -> Option<u16> {
        Some(match self {
            ColumnType::Bit | ColumnType::TinyInt => 1,
            ColumnType::SmallInt => 2,
            ColumnType::Int => 4,
            ColumnType::BigInt | ColumnType::Float | ColumnType::DateTime => 8,
            ColumnType::Date => 3,
            ColumnType::Decimal(precision, _) => decimal_len(precision),
            ColumnType::DateTime2(scale) => time_len(scale) + 3,
            ColumnType::UniqueIdentifier => 16,
            ColumnType::Char(len) | ColumnType::Binary(len) => len,
            _ => return None,
        })
    }
}

const fn decimal_len(precision: u8) -> u16 {
    match precision {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        _ => 17,
    }
}

const fn time_len(scale: u8) -> u16 {
    match scale {
        0..=2 => 3,
        3..=4 => 4,
        _ => 5,
    }
}

fn epoch(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default()
}

fn encode_value(kind: ColumnType, value: &Value) -> Vec<u8> {
    match (kind, value) {
        (_, Value::Int(number)) => {
            let len = usize::from(kind.fixed_len().unwrap_or(8)).min(8);
            number.to_le_bytes()[..len].to_vec()
        }
        (ColumnType::Decimal(precision, _), Value::Decimal { unscaled, .. }) => {
            let mut out = vec![u8::from(*unscaled >= 0)];
            out.extend_from_slice(&unscaled.unsigned_abs().to_le_bytes()[..usize::from(decimal_len(precision)) - 1]);
            out
        }
        (_, Value::Float(number)) => number.to_le_bytes().to_vec(),
        (ColumnType::DateTime, Value::DateTime(time)) => datetime_bytes(*time).to_vec(),
        (ColumnType::DateTime2(scale), Value::DateTime(time)) => {
            let nanos = u64::from(time.num_seconds_from_midnight()) * 1_000_000_000
                + u64::from(time.nanosecond() % 1_000_000_000);
            let units = nanos / 10u64.pow(9 - u32::from(scale.min(7)));
            let mut out = units.to_le_bytes()[..usize::from(time_len(scale))].to_vec();
            out.extend_from_slice(&days_since(time.date(), 1).to_le_bytes()[..3]);
            out
        }
        (ColumnType::Date, Value::DateTime(time)) => days_since(time.date(), 1).to_le_bytes()[..3].to_vec(),
        (_, Value::Guid(guid)) => guid.to_bytes_le().to_vec(),
        (ColumnType::Char(len), Value::Text(text)) => {
            let mut out = code_page(text);
            out.resize(usize::from(len), b' ');
            out
        }
        (ColumnType::VarChar(_), Value::Text(text)) => code_page(text),
        (_, Value::Text(text)) => utf16(text),
        (_, Value::Bytes(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

fn decode_value(kind: ColumnType, bytes: &[u8]) -> Value {
    let number = |bytes: &[u8]| {
        let mut wide = [0u8; 16];
        put(&mut wide, 0, bytes);
        u128::from_le_bytes(wide)
    };
    match kind {
        ColumnType::Bit => Value::Bit(u8_at(bytes, 0) != 0),
        ColumnType::TinyInt => Value::Int(i64::from(u8_at(bytes, 0))),
        ColumnType::SmallInt => Value::Int(i64::from(number(bytes) as i16)),
        ColumnType::Int => Value::Int(i64::from(number(bytes) as i32)),
        ColumnType::BigInt => Value::Int(number(bytes) as i64),
        ColumnType::Float => Value::Float(f64::from_bits(number(bytes) as u64)),
        ColumnType::Decimal(_, scale) => {
            let size = number(bytes.get(1..).unwrap_or_default()) as i128;
            Value::Decimal { unscaled: if u8_at(bytes, 0) == 0 { -size } else { size }, scale }
        }
        ColumnType::DateTime => Value::DateTime(datetime_from(bytes)),
        ColumnType::Date => Value::DateTime(date_from(bytes, 1).and_time(NaiveTime::MIN)),
        ColumnType::DateTime2(scale) => {
            let (time, date) = bytes.split_at(bytes.len().saturating_sub(3));
            let nanos = number(time) as u64 * 10u64.pow(9 - u32::from(scale.min(7)));
            let at = NaiveTime::from_num_seconds_from_midnight_opt(
                u32::try_from(nanos / 1_000_000_000).unwrap_or(0),
                (nanos % 1_000_000_000) as u32,
            );
            Value::DateTime(date_from(date, 1).and_time(at.unwrap_or_default()))
        }
        ColumnType::UniqueIdentifier => Value::Guid(Uuid::from_slice_le(bytes).unwrap_or_default()),
        ColumnType::Char(_) | ColumnType::VarChar(_) => Value::Text(from_code_page(bytes)),
        ColumnType::NVarChar(_) | ColumnType::NVarCharMax => Value::Text(from_utf16(bytes)),
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::VarBinaryMax => Value::Bytes(bytes.to_vec()),
    }
}

fn days_since(date: NaiveDate, year: i32) -> i32 {
    i32::try_from((date - epoch(year)).num_days()).unwrap_or(0)
}

fn date_from(bytes: &[u8], year: i32) -> NaiveDate {
    let mut wide = [0u8; 4];
    put(&mut wide, 0, bytes);
    epoch(year) + chrono::Duration::days(i64::from(i32::from_le_bytes(wide)))
}

/// `datetime`: ticks of 1/300 s, then days since 1900.
pub(crate) fn datetime_bytes(time: NaiveDateTime) -> [u8; 8] {
    let millis =
        u64::from(time.num_seconds_from_midnight()) * 1000 + u64::from(time.nanosecond() % 1_000_000_000) / 1_000_000;
    let ticks = u32::try_from((millis * 3 + 5) / 10).unwrap_or(0).min(25_919_999);
    let mut out = [0u8; 8];
    out[..4].copy_from_slice(&ticks.to_le_bytes());
    out[4..].copy_from_slice(&days_since(time.date(), 1900).to_le_bytes());
    out
}

/// The time of 8 `datetime` bytes.
pub(crate) fn datetime_from(bytes: &[u8]) -> NaiveDateTime {
    let ticks = u64::from(super::bytes::u32_at(bytes, 0));
    let millis = (ticks * 10 + 1) / 3;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(
        u32::try_from(millis / 1000).unwrap_or(0),
        (millis % 1000) as u32 * 1_000_000,
    );
    date_from(bytes.get(4..8).unwrap_or_default(), 1900).and_time(time.unwrap_or_default())
}

/// Latin1 bytes; what it has not becomes `?`, as the server's conversion does.
fn code_page(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn from_code_page(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
