//! Notes on the server: extended properties of msdb. They outlive every session, and msdb is no database
//! that a restore of ours goes over. To write them takes ALTER on msdb.

use super::quote::literal;
use super::session::Session;
use crate::error::Result;

/// The longest value, in UTF-16 units: 7,500 bytes. (Documentation of `sp_addextendedproperty`.)
pub const NOTE_LIMIT: usize = 3750;

/// Names and values of the notes whose names begin so, by name. The prefix is letters, digits and blanks.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn notes(session: &mut Session, prefix: &str) -> Result<Vec<(String, String)>> {
    let sql = format!(
        "SELECT p.name, CONVERT(nvarchar({NOTE_LIMIT}), p.value) AS text FROM msdb.sys.extended_properties AS p \
         WHERE p.class = 0 AND p.name LIKE {} ORDER BY p.name",
        literal(&format!("{prefix}%"))
    );
    let rows = session.catalog(&sql, &[]).await?;
    Ok(rows.iter().filter_map(|row| Some((row.text("name")?, row.text("text")?))).collect())
}

/// Writes a note that is not there yet.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn add_note(session: &mut Session, name: &str, text: &str) -> Result<()> {
    let (name, text) = (literal(name), literal(text));
    let sql = format!("EXEC msdb.sys.sp_addextendedproperty @name = {name}, @value = {text}");
    session.catalog(&sql, &[]).await.map(|_| ())
}

/// Takes a note away.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn drop_note(session: &mut Session, name: &str) -> Result<()> {
    session.catalog(&format!("EXEC msdb.sys.sp_dropextendedproperty @name = {}", literal(name)), &[]).await.map(|_| ())
}
