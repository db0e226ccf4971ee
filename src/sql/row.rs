//! Reads the cells of an answer by name, without caring which of SQL Server's widths they have.
//!
//! tiberius is strict (`i32` takes no `bigint`) while the columns of `RESTORE HEADERONLY` change
//! their widths and number from version to version.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::NaiveDateTime;
use tiberius::{ColumnData, FromSql, Row};

use crate::model::{Guid, Lsn};

/// One row of an answer.
pub struct Record {
    row: Row,
    /// The column after the one that was asked for last. Most ask in the answer's order, and need not search.
    next: AtomicUsize,
}

/// A cell as it lies in its row.
struct Cell<'r>(&'r ColumnData<'static>);

impl<'r> FromSql<'r> for Cell<'r> {
    fn from_sql(value: &'r ColumnData<'static>) -> tiberius::Result<Option<Self>> {
        Ok(Some(Cell(value)))
    }
}

/// A page has 8 KiB. So many pages that their bytes have no number are as good as none.
fn page_bytes(pages: u64) -> Option<u64> {
    pages.checked_mul(8192)
}

/// What costs least is looked at first: most names differ in length, and those that do not are the same to the byte.
fn is_called(column: &str, name: &str) -> bool {
    column.len() == name.len() && (column == name || column.eq_ignore_ascii_case(name))
}

impl Record {
    pub(super) fn new(row: Row) -> Record {
        Record { row, next: AtomicUsize::new(0) }
    }

    /// How many cells it has.
    pub(super) fn width(&self) -> usize {
        self.row.len()
    }

    /// The cell of the column of this name, if the answer has one.
    fn cell(&self, name: &str) -> Option<&ColumnData<'static>> {
        let columns = self.row.columns();
        let from = self.next.load(Ordering::Relaxed);
        let found = (from..columns.len())
            .chain(0..from.min(columns.len()))
            .find(|at| columns.get(*at).is_some_and(|column| is_called(column.name(), name)))?;
        self.next.store(found + 1, Ordering::Relaxed);
        self.row.try_get(found).ok().flatten().map(|Cell(data)| data)
    }

    /// Any exact number.
    pub fn integer(&self, name: &str) -> Option<i128> {
        match self.cell(name)? {
            ColumnData::U8(value) => value.map(i128::from),
            ColumnData::I16(value) => value.map(i128::from),
            ColumnData::I32(value) => value.map(i128::from),
            ColumnData::I64(value) => value.map(i128::from),
            ColumnData::Bit(value) => value.map(i128::from),
            ColumnData::Numeric(value) => value.map(|numeric| numeric.value() / 10i128.pow(numeric.scale().into())),
            _ => None,
        }
    }

    /// A number that fits `T`; one that does not is as good as none.
    pub fn number<T: TryFrom<i128>>(&self, name: &str) -> Option<T> {
        self.integer(name).and_then(|value| T::try_from(value).ok())
    }

    /// The bytes of a number of pages.
    pub fn pages(&self, name: &str) -> Option<u64> {
        self.number(name).and_then(page_bytes)
    }

    /// Any number.
    pub fn float(&self, name: &str) -> Option<f64> {
        match self.cell(name)? {
            ColumnData::F32(value) => value.map(f64::from),
            ColumnData::F64(value) => *value,
            _ => self.integer(name).map(|value| value as f64),
        }
    }

    /// A `bit`, or a number that stands for one.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.integer(name).map(|value| value != 0)
    }

    /// Text; empty text is text.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.cell(name)? {
            ColumnData::String(value) => value.as_deref().map(str::to_owned),
            _ => None,
        }
    }

    /// A `datetime`, `datetime2` or `smalldatetime`.
    pub fn time(&self, name: &str) -> Option<NaiveDateTime> {
        NaiveDateTime::from_sql(self.cell(name)?).ok().flatten()
    }

    /// A `uniqueidentifier`; SQL Server's all-zero one means none.
    pub fn guid(&self, name: &str) -> Option<Guid> {
        match self.cell(name)? {
            ColumnData::Guid(value) => value.filter(|guid| !guid.is_nil()),
            _ => None,
        }
    }

    /// An LSN, `numeric(25,0)`.
    pub fn lsn(&self, name: &str) -> Option<Lsn> {
        self.number::<u128>(name).and_then(Lsn::from_decimal)
    }

    /// Bytes.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        match self.cell(name)? {
            ColumnData::Binary(value) => value.as_deref().map(<[u8]>::to_vec),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_pages_than_there_can_be_are_none() {
        assert_eq!(page_bytes(2), Some(16_384));
        // Found by fuzzing the answers of a server.
        assert_eq!(page_bytes(u64::MAX / 8191), None);
    }
}
