//! What state databases are in and who is at them: three questions for one, some or all of them.
//!
//! Each question needs other rights, and a login that lacks one still gets the answers to the others.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::row::Record;
use super::session::Session;
use super::standing::identity_of;
use crate::error::Result;
use crate::model::{BackupType, Client, DatabaseState, LastRestore, RecoveryModel, StateHistory, Ties, Work};

/// What a server shows of its databases, but for their history and clients.
pub struct Shown {
    /// Name of the server.
    pub server: String,
    /// What tells it from every other one; see [`identity`](super::identity).
    pub identity: String,
    /// The server's local time.
    pub now: NaiveDateTime,
    /// Databases by name; `history` and `clients` are to be filled in.
    pub databases: Vec<DatabaseState>,
}

/// A snapshot needs no filter by name: `MIN` names one of them, which is enough to say so.
const STATES: &str = "SELECT CONVERT(nvarchar(256), SERVERPROPERTY(N'ServerName')) AS server_name, \
     SYSDATETIME() AS local_now, d.name, d.database_id, d.state_desc, d.user_access_desc, d.recovery_model_desc, \
     d.is_read_only, d.is_in_standby, d.create_date, d.log_reuse_wait_desc, d.replica_id, d.service_broker_guid, d.is_published, \
     d.is_merge_published, DB_NAME(d.source_database_id) AS snapshot_of, m.mirroring_guid, s.snapshot \
     FROM sys.databases AS d \
     LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id \
     LEFT JOIN (SELECT o.source_database_id, MIN(o.name) AS snapshot FROM sys.databases AS o \
     WHERE o.source_database_id IS NOT NULL GROUP BY o.source_database_id) AS s \
     ON s.source_database_id = d.database_id";

/// The states of all databases that the login may see. Needs no right.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn states(session: &mut Session) -> Result<Shown> {
    let rows = session.catalog(&format!("{STATES} ORDER BY d.name"), &[]).await?;
    // A login that may see nothing still sees master and tempdb.
    let first = rows.first();
    let server = first.and_then(|row| row.text("server_name")).unwrap_or_default();
    let msdb = rows.iter().find(|row| row.text("name").as_deref() == Some("msdb"));
    Ok(Shown {
        identity: identity_of(&server, msdb),
        server,
        now: first.and_then(|row| row.time("local_now")).unwrap_or_default(),
        databases: rows.iter().filter_map(read_state).collect(),
    })
}

/// What hangs on the database of a name; `None`: there is no such database.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn ties(session: &mut Session, name: &str) -> Result<Option<Ties>> {
    let rows = session.catalog(&format!("{STATES} WHERE d.name = @P1"), &[&name]).await?;
    Ok(rows.first().map(read_ties))
}

fn read_state(row: &Record) -> Option<DatabaseState> {
    Some(DatabaseState {
        name: row.text("name")?,
        id: row.number("database_id")?,
        state: row.text("state_desc")?,
        user_access: row.text("user_access_desc")?,
        recovery_model: row.text("recovery_model_desc").as_deref().and_then(RecoveryModel::from_name),
        is_read_only: row.flag("is_read_only").unwrap_or(false),
        is_in_standby: row.flag("is_in_standby").unwrap_or(false),
        created: row.time("create_date"),
        log_reuse_wait: row.text("log_reuse_wait_desc"),
        ties: read_ties(row),
        history: None,
        clients: None,
        open_restore: None,
    })
}

fn read_ties(row: &Record) -> Ties {
    Ties {
        availability_group: row.guid("replica_id").is_some(),
        mirrored: row.guid("mirroring_guid").is_some(),
        published: ["is_published", "is_merge_published"].iter().any(|column| row.flag(column) == Some(true)),
        snapshot_of: row.text("snapshot_of"),
        snapshot: row.text("snapshot"),
    }
}

const HISTORY: &str = "SELECT d.name, b.last_full, b.last_differential, b.last_log, r.restore_date, r.user_name, \
     r.recovery, s.type AS source_type, s.database_name AS source_database, s.backup_finish_date \
     FROM sys.databases AS d \
     LEFT JOIN (SELECT o.database_name, \
     MAX(CASE WHEN o.type = 'D' AND o.is_copy_only = 0 THEN o.backup_finish_date END) AS last_full, \
     MAX(CASE WHEN o.type = 'I' THEN o.backup_finish_date END) AS last_differential, \
     MAX(CASE WHEN o.type = 'L' THEN o.backup_finish_date END) AS last_log \
     FROM msdb.dbo.backupset AS o GROUP BY o.database_name) AS b ON b.database_name = d.name \
     LEFT JOIN (SELECT h.destination_database_name, MAX(h.restore_history_id) AS newest \
     FROM msdb.dbo.restorehistory AS h GROUP BY h.destination_database_name) AS n \
     ON n.destination_database_name = d.name \
     LEFT JOIN msdb.dbo.restorehistory AS r ON r.restore_history_id = n.newest \
     LEFT JOIN msdb.dbo.backupset AS s ON s.backup_set_id = r.backup_set_id";

/// The backups and last restores of all databases, by name. Needs SELECT in msdb.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn state_history(session: &mut Session) -> Result<HashMap<String, StateHistory>> {
    let rows = session.catalog(HISTORY, &[]).await?;
    let read = |row: &Record| {
        let last_restore = row.time("restore_date").map(|at| LastRestore {
            at,
            login: row.text("user_name"),
            recovery: row.flag("recovery").unwrap_or(true),
            kind: row.text("source_type").and_then(|text| BackupType::from_letter(text.chars().next()?)),
            source_database: row.text("source_database"),
            backup_finished: row.time("backup_finish_date"),
        });
        let history = StateHistory {
            last_full: row.time("last_full"),
            last_differential: row.time("last_differential"),
            last_log: row.time("last_log"),
            last_restore,
        };
        Some((row.text("name")?, history))
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Sessions of users and the databases that each holds a lock on: it stands in one with `USE`, or its
/// statement reads or changes it from elsewhere. That is what keeps a RESTORE out (3101). A BACKUP locks
/// its database under a subtype of its own, a RESTORE exclusively: so it is known which of a session's
/// databases its statement is about. (Documentation of sys.dm_tran_locks, `DATABASE` and its subtypes.)
const CLIENTS: &str = "SELECT s.session_id, s.login_name, s.host_name, s.program_name, s.host_process_id, \
     s.login_time, s.open_transaction_count, s.database_id AS own_database, r.command, r.percent_complete, \
     r.start_time, r.estimated_completion_time, r.wait_type, l.resource_database_id, l.is_worked_on \
     FROM sys.dm_exec_sessions AS s \
     LEFT JOIN sys.dm_exec_requests AS r ON r.session_id = s.session_id \
     JOIN (SELECT t.request_session_id, t.resource_database_id, \
     MAX(CASE WHEN t.request_mode = N'X' OR t.resource_subtype LIKE N'BULKOP[_]BACKUP%' THEN 1 ELSE 0 END) \
     AS is_worked_on FROM sys.dm_tran_locks AS t WHERE t.resource_type = N'DATABASE' \
     GROUP BY t.request_session_id, t.resource_database_id) AS l ON l.request_session_id = s.session_id \
     WHERE s.is_user_process = 1 AND s.session_id <> @@SPID";

/// Who uses a database now, but this session. Needs VIEW SERVER STATE.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn clients_of(session: &mut Session, database_id: i32) -> Result<Vec<Client>> {
    let sql = format!("{CLIENTS} AND l.resource_database_id = @P1 ORDER BY s.session_id");
    let rows = session.catalog(&sql, &[&database_id]).await?;
    Ok(rows.iter().filter_map(read_client).map(|(_, client)| client).collect())
}

/// Who uses databases now, but this session, by the database's id. Needs VIEW SERVER STATE.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn clients(session: &mut Session) -> Result<HashMap<i32, Vec<Client>>> {
    let rows = session.catalog(&format!("{CLIENTS} ORDER BY s.session_id"), &[]).await?;
    let mut found: HashMap<i32, Vec<Client>> = HashMap::new();
    for (database, client) in rows.iter().filter_map(read_client) {
        found.entry(database).or_default().push(client);
    }
    Ok(found)
}

fn read_client(row: &Record) -> Option<(i32, Client)> {
    let command = row.text("command");
    let long = ["BACKUP", "RESTORE", "DBCC"];
    let is_long = command.as_deref().is_some_and(|command| long.iter().any(|word| command.starts_with(word)));
    let (own, held): (Option<i32>, i32) = (row.number("own_database"), row.number("resource_database_id")?);
    // A check locks nothing that tells: it is about the database that its session stands in.
    let is_about = row.flag("is_worked_on") == Some(true)
        || command.as_deref().is_some_and(|command| command.starts_with("DBCC")) && own == Some(held);
    let work = (is_long && is_about).then(|| Work {
        percent: row.float("percent_complete").filter(|percent| *percent > 0.0),
        since: row.time("start_time"),
        milliseconds_left: row.number("estimated_completion_time").filter(|left| *left > 0),
        wait: row.text("wait_type"),
    });
    let client = Client {
        session_id: row.number("session_id")?,
        login: row.text("login_name").unwrap_or_default(),
        host: row.text("host_name"),
        program: row.text("program_name"),
        process_id: row.number("host_process_id"),
        since: row.time("login_time"),
        open_transactions: row.number("open_transaction_count"),
        command,
        work,
    };
    Some((held, client))
}
