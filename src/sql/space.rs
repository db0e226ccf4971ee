//! How much a backup is going to move, as far as the login may know.

use super::quote::identifier;
use super::session::Session;

/// Bytes of the allocated extents of a database; `None` where the server or the login's rights do
/// not tell. Only an estimate for progress, so a refusal is no error.
pub async fn data_size(session: &mut Session, database: &str) -> Option<u64> {
    // SQL Server 2012 and later; needs VIEW DATABASE STATE.
    let sql = format!(
        "SELECT SUM(CONVERT(bigint, u.allocated_extent_page_count)) AS pages FROM {}.sys.dm_db_file_space_usage AS u",
        identifier(database)
    );
    let rows = session.catalog(&sql, &[]).await.ok()?;
    rows.first()?.number::<u64>("pages").map(|pages| pages * 8192)
}
