//! The rows of an answer, and what no answer has: a server may be none of ours.

use futures_util::{FutureExt, TryStreamExt};
use tiberius::{ColumnType, QueryItem, QueryStream};

use super::row::Record;

/// How many rows are handed over at once at most.
const TOGETHER: usize = 32;

/// More columns than any question of ours asks for.
const MOST_COLUMNS: usize = 512;

/// More cells than an answer can have that is kept as a whole: a folder of a million files.
const MOST_CELLS: usize = 4 << 20;

/// All rows of an answer.
pub(super) async fn collect(stream: QueryStream<'_>) -> tiberius::Result<Vec<Record>> {
    let (mut answer, mut kept) = (Rows::of(stream), Kept::default());
    while let Some(together) = answer.next().await? {
        kept.add(together)?;
    }
    Ok(kept.rows)
}

/// The rows of an answer that is kept as a whole. A row costs a server next to nothing where all of it is null, and
/// the driver a cell for each column.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) rows: Vec<Record>,
    cells: usize,
}

impl Kept {
    /// Keeps more rows.
    pub(super) fn add(&mut self, rows: Vec<Record>) -> tiberius::Result<()> {
        self.cells += rows.iter().map(|row| row.width() + 1).sum::<usize>();
        if self.cells > MOST_CELLS {
            return Err(implausible("longer than any answer to it can be"));
        }
        self.rows.extend(rows);
        Ok(())
    }
}

/// Refuses columns that no question of ours has: too many, or of a type whose values take no bytes at all, so that a
/// short answer would have rows without end.
fn plausible(item: QueryItem) -> tiberius::Result<QueryItem> {
    if let QueryItem::Metadata(of) = &item
        && (of.columns().len() > MOST_COLUMNS
            || of.columns().iter().any(|column| column.column_type() == ColumnType::Null))
    {
        return Err(implausible("of columns that were not asked for"));
    }
    Ok(item)
}

fn implausible(how: &str) -> tiberius::error::Error {
    tiberius::error::Error::Protocol(format!("the answer is {how}").into())
}

/// The rows of an answer. Those that are here already are handed over together, as each hand-over wakes somebody.
pub(super) struct Rows<'c> {
    stream: QueryStream<'c>,
    /// What ended the answer after rows that were not handed over yet.
    failed: Option<tiberius::error::Error>,
}

impl<'c> Rows<'c> {
    pub(super) fn of(stream: QueryStream<'c>) -> Rows<'c> {
        Rows { stream, failed: None }
    }

    /// The next rows; `None` at the end.
    pub(super) async fn next(&mut self) -> tiberius::Result<Option<Vec<Record>>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut together = Vec::new();
        while together.len() < TOGETHER {
            let item = match self.stream.try_next().now_or_never() {
                Some(item) => item,
                None if together.is_empty() => self.stream.try_next().await,
                None => break,
            };
            match item.and_then(|item| item.map(plausible).transpose()) {
                Ok(Some(QueryItem::Row(row))) => together.push(Record::new(row)),
                Ok(Some(QueryItem::Metadata(_))) => {}
                Ok(None) => break,
                Err(error) if together.is_empty() => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(Some(together).filter(|together| !together.is_empty()))
    }
}
