//! What state a database is in, and who is at it.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{BackupType, RecoveryModel};

/// A database as its server shows it at one moment. Times are by the server's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseState {
    /// Its name, in the server's spelling.
    pub name: String,
    /// `database_id`.
    pub id: i32,
    /// `ONLINE`, `RESTORING`, `RECOVERING`, `RECOVERY_PENDING`, `SUSPECT`, `EMERGENCY`, `OFFLINE`.
    pub state: String,
    /// `MULTI_USER`, `SINGLE_USER` or `RESTRICTED_USER`.
    pub user_access: String,
    /// How it keeps its log.
    pub recovery_model: Option<RecoveryModel>,
    /// Whether it is read-only.
    pub is_read_only: bool,
    /// Whether it is readable while it waits for further backups.
    pub is_in_standby: bool,
    /// Creation or last restore.
    pub created: Option<NaiveDateTime>,
    /// Why the log cannot be reused, by SQL Server's word: `NOTHING`, `LOG_BACKUP`, ...
    pub log_reuse_wait: Option<String>,
    /// What else hangs on it.
    pub ties: Ties,
    /// Its backups and its last restore; `None`: the login may not see them.
    pub history: Option<StateHistory>,
    /// Who uses it now; `None`: the login may not see other sessions.
    pub clients: Option<Vec<Client>>,
    /// A restore that this machine began and that has not ended.
    pub open_restore: Option<OpenRestore>,
}

/// A restore of PGBackup that has not ended, as its journal tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRestore {
    /// When it began.
    pub began: DateTime<Utc>,
    /// Process and machine that began it.
    pub by: String,
    /// Whether that process still works on it; else it was broken off.
    pub runs: bool,
}

impl DatabaseState {
    /// The sessions that back it up, restore it or check it.
    pub fn work(&self) -> impl Iterator<Item = (&Client, &Work)> {
        self.clients.iter().flatten().filter_map(|client| client.work.as_ref().map(|work| (client, work)))
    }
}

/// What hangs on a database so that it cannot simply be overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// It belongs to an availability group.
    pub availability_group: bool,
    /// It is mirrored.
    pub mirrored: bool,
    /// It is published for replication.
    pub published: bool,
    /// It is a snapshot of this database.
    pub snapshot_of: Option<String>,
    /// A snapshot of it.
    pub snapshot: Option<String>,
}

/// What `msdb` remembers of a database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateHistory {
    /// End of the newest full backup that is not copy-only.
    pub last_full: Option<NaiveDateTime>,
    /// End of the newest differential backup.
    pub last_differential: Option<NaiveDateTime>,
    /// End of the newest log backup.
    pub last_log: Option<NaiveDateTime>,
    /// The newest step of a restore.
    pub last_restore: Option<LastRestore>,
}

/// The newest step of a restore that the server remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct LastRestore {
    /// When it was made.
    pub at: NaiveDateTime,
    /// Who made it.
    pub login: Option<String>,
    /// Whether it was to end in recovery; else the database waits for further backups.
    pub recovery: bool,
    /// What it restored.
    pub kind: Option<BackupType>,
    /// Whose backup that was.
    pub source_database: Option<String>,
    /// End of that backup.
    pub backup_finished: Option<NaiveDateTime>,
}

/// A session that uses a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// `session_id`.
    pub session_id: i32,
    /// Its login.
    pub login: String,
    /// The machine it comes from, as it says.
    pub host: Option<String>,
    /// The program, as it says.
    pub program: Option<String>,
    /// The process on that machine.
    pub process_id: Option<i32>,
    /// When it logged in.
    pub since: Option<NaiveDateTime>,
    /// Transactions that it has open.
    pub open_transactions: Option<i32>,
    /// What it runs now, by SQL Server's word: `SELECT`, `BACKUP DATABASE`.
    pub command: Option<String>,
    /// Its backup, restore or check of this very database.
    pub work: Option<Work>,
}

impl Client {
    /// Who it is, for people: login, machine, program.
    pub fn who(&self) -> String {
        let said = |text: &Option<String>, before: &str| {
            text.as_deref().filter(|text| !text.is_empty()).map(|text| format!("{before}{text}")).unwrap_or_default()
        };
        let program = said(&self.program, " with ");
        format!("session {} of {}{}{program}", self.session_id, self.login, said(&self.host, " on "))
    }
}

/// A running BACKUP, RESTORE or DBCC.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Percent done.
    pub percent: Option<f64>,
    /// When it began.
    pub since: Option<NaiveDateTime>,
    /// Milliseconds left, as the server estimates.
    pub milliseconds_left: Option<u64>,
    /// What it waits for, by SQL Server's name of the wait.
    pub wait: Option<String>,
}
