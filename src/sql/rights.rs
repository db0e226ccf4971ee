//! What the login may do.

use super::quote::{identifier, literal};
use super::session::Session;
use crate::error::{Error, Result};

/// Whether the server refused the login an object (229) or a statement (262, 15247), whatever file it was about.
pub fn lacks_right(error: &Error) -> bool {
    error.server.iter().any(|message| matches!(message.number, Some(229 | 262 | 15247)))
}

/// Whether the login may back a database up, and its log. `None`: the server does not tell, as it does
/// for a database that the login may not see.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn may_back_up(session: &mut Session, database: &str) -> Result<(Option<bool>, Option<bool>)> {
    let name = literal(&identifier(database));
    let sql = format!(
        "SELECT HAS_PERMS_BY_NAME({name}, N'DATABASE', N'BACKUP DATABASE') AS of_database, \
         HAS_PERMS_BY_NAME({name}, N'DATABASE', N'BACKUP LOG') AS of_log"
    );
    let rows = session.catalog(&sql, &[]).await?;
    let told = |column: &str| rows.first().and_then(|row| row.number::<i32>(column)).map(|may| may == 1);
    Ok((told("of_database"), told("of_log")))
}
