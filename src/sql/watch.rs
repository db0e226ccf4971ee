//! A look at a running statement from another connection.

use super::session::Session;

/// What the server shows of a running statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Percent of a BACKUP, RESTORE or DBCC.
    pub percent: Option<f64>,
    /// What it waits for, by SQL Server's name of the wait, such as `BACKUPIO`.
    pub wait: Option<String>,
}

/// Looks at the statement that a session runs; `None` if it runs none or the login may not see it
/// (that needs VIEW SERVER STATE).
pub async fn look(session: &mut Session, spid: i16) -> Option<Look> {
    let rows = session
        .catalog(
            "SELECT r.percent_complete, r.wait_type FROM sys.dm_exec_requests AS r WHERE r.session_id = @P1",
            &[&spid],
        )
        .await
        .ok()?;
    let row = rows.first()?;
    Some(Look { percent: row.float("percent_complete"), wait: row.text("wait_type") })
}
