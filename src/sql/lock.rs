//! A lock on the server, so that two machines do not run plans of one database at once.

use super::quote::literal;
use super::session::Session;
use crate::error::Result;

/// Takes the lock of a database for as long as the session lives. `false`: another one holds it.
///
/// `sp_getapplock` with owner `Session` needs no right beyond being let in; `@LockTimeout = 0` does
/// not wait. (Documentation of `sp_getapplock` and `APPLOCK_MODE`.)
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn take_lock(session: &mut Session, database: &str) -> Result<bool> {
    let resource = literal(&resource(database));
    let take = format!(
        "EXEC sys.sp_getapplock @Resource = {resource}, @LockMode = N'Exclusive', @LockOwner = N'Session', \
         @LockTimeout = 0, @DbPrincipal = N'public'"
    );
    session.catalog(&take, &[]).await?;
    // The driver does not hand out the return status of a batch: the lock itself is asked for.
    let held = format!("SELECT APPLOCK_MODE(N'public', {resource}, N'Session') AS mode");
    let rows = session.catalog(&held, &[]).await?;
    Ok(rows.first().and_then(|row| row.text("mode")).is_some_and(|mode| mode == "Exclusive"))
}

/// Who holds locks of this kind: host, process and when it came; `None` if the login may not see
/// other sessions (VIEW SERVER STATE) or nobody does any more.
pub async fn lock_holder(session: &mut Session) -> Option<String> {
    let sql = "SELECT TOP (1) s.host_name, s.host_process_id, s.program_name, s.login_time \
               FROM sys.dm_tran_locks AS l JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id \
               WHERE l.resource_type = N'APPLICATION' AND l.resource_description LIKE N'%PGBackup%' \
               AND l.request_status = N'GRANT' AND s.session_id <> @@SPID";
    let rows = session.catalog(sql, &[]).await.ok()?;
    let row = rows.first()?;
    // Clients that do not tell their process, ours among them, have 0.
    let process = row.number::<i32>("host_process_id").filter(|id| *id != 0);
    let process = process.map_or_else(|| "a session".to_owned(), |id| format!("process {id}"));
    let since =
        row.time("login_time").map(|time| format!(" since {} by the server's clock", time.format("%Y-%m-%d %H:%M:%S")));
    Some(format!(
        "{process} on {}{} ({})",
        row.text("host_name").unwrap_or_else(|| "an unnamed machine".to_owned()),
        since.unwrap_or_default(),
        row.text("program_name").unwrap_or_default()
    ))
}

/// A resource has 255 characters; a name of a database has 128.
fn resource(database: &str) -> String {
    format!("PGBackup plan {}", database.to_lowercase())
}
