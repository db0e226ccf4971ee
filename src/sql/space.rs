//! Sizes: what a backup is going to move, and what the drives have left. Estimates: where the
//! server or the login's rights do not tell, the answer is `None`, not an error.

use super::quote::identifier;
use super::session::Session;

/// How much of a database's data files is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedSpace {
    /// Bytes in allocated extents: what a full backup copies.
    pub allocated: u64,
    /// Bytes in extents changed since the differential base; SQL Server 2016 SP2 and later.
    pub modified: Option<u64>,
}

/// The used space of a database. Needs VIEW DATABASE STATE; SQL Server 2012 and later.
pub async fn used_space(session: &mut Session, database: &str) -> Option<UsedSpace> {
    let name = identifier(database);
    let newer = format!(
        "SELECT SUM(CONVERT(bigint, u.allocated_extent_page_count)) AS allocated, \
         SUM(CONVERT(bigint, u.modified_extent_page_count)) AS modified FROM {name}.sys.dm_db_file_space_usage AS u"
    );
    let older = format!(
        "SELECT SUM(CONVERT(bigint, u.allocated_extent_page_count)) AS allocated FROM {name}.sys.dm_db_file_space_usage AS u"
    );
    let rows = match session.catalog(&newer, &[]).await {
        Ok(rows) => rows,
        Err(_) => session.catalog(&older, &[]).await.ok()?,
    };
    let row = rows.first()?;
    Some(UsedSpace { allocated: row.pages("allocated")?, modified: row.pages("modified") })
}

/// Free bytes of a drive of the server, by its letter.
pub async fn free_space(session: &mut Session, letter: char) -> Option<u64> {
    let rows = session.catalog("EXEC master.dbo.xp_fixeddrives", &[]).await.ok()?;
    rows.iter()
        .find(|row| row.text("drive").is_some_and(|drive| drive.eq_ignore_ascii_case(&letter.to_string())))
        .and_then(|row| row.number::<u64>("MB free"))
        .and_then(|megabytes| megabytes.checked_mul(1 << 20))
}
