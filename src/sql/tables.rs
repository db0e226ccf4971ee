//! The tables of a database and how many rows they have.

use super::quote::identifier;
use super::session::Session;
use crate::error::Result;

/// A table of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRows {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// Its rows, by the heap or the clustered index.
    pub rows: u64,
}

/// The tables of a database, by name.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn table_rows(session: &mut Session, database: &str) -> Result<Vec<TableRows>> {
    let name = identifier(database);
    let sql = format!(
        "SELECT s.name AS schema_name, t.name AS table_name, SUM(CONVERT(bigint, p.rows)) AS row_count \
         FROM {name}.sys.tables AS t \
         JOIN {name}.sys.schemas AS s ON s.schema_id = t.schema_id \
         JOIN {name}.sys.partitions AS p ON p.object_id = t.object_id \
         WHERE p.index_id IN (0, 1) AND t.is_ms_shipped = 0 GROUP BY s.name, t.name ORDER BY s.name, t.name"
    );
    let rows = session.catalog(&sql, &[]).await?;
    let read = |row: &super::row::Record| {
        Some(TableRows {
            schema: row.text("schema_name")?,
            table: row.text("table_name")?,
            rows: row.number("row_count").unwrap_or(0),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}
