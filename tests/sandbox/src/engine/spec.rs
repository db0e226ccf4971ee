//! What a `BACKUP` or `RESTORE` statement asks for.

use chrono::NaiveDateTime;

/// What a backup takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackupKind {
    /// `BACKUP DATABASE`
    Full,
    /// `BACKUP DATABASE ... WITH DIFFERENTIAL`
    Differential,
    /// `BACKUP LOG`
    Log,
}

/// What happens to the database after a log backup.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum TailLog {
    /// It stays as it is.
    #[default]
    Keep,
    /// `WITH NORECOVERY`: it goes to RESTORING.
    NoRecovery,
    /// `WITH STANDBY = file`: it becomes readable only, waiting for logs.
    Standby(String),
}

/// How a backup is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// As T-SQL writes it: `AES_256`.
    pub algorithm: String,
    /// Name of the certificate in master.
    pub certificate: String,
}

/// A `BACKUP` statement. Fields hold what `WITH` says; [`BackupSpec::new`] has the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupSpec {
    /// The database.
    pub database: String,
    /// What to take.
    pub kind: BackupKind,
    /// `TO DISK = ...`: one path a stripe; a name without a folder goes to the instance's backup folder.
    pub devices: Vec<String>,
    /// `MIRROR TO DISK = ...`: one list a mirror, each as long as `devices`.
    pub mirrors: Vec<Vec<String>>,
    /// `ENCRYPTION (ALGORITHM = ..., SERVER CERTIFICATE = ...)`
    pub encryption: Option<Encryption>,
    /// `COPY_ONLY`
    pub copy_only: bool,
    /// `INIT` (false: `NOINIT`, append)
    pub init: bool,
    /// `FORMAT`
    pub format: bool,
    /// `SKIP`: do not look at expiry dates.
    pub skip: bool,
    /// `CHECKSUM`
    pub checksum: bool,
    /// `COMPRESSION`
    pub compression: bool,
    /// `NAME`
    pub name: Option<String>,
    /// `DESCRIPTION`
    pub description: Option<String>,
    /// `EXPIREDATE`, or now and `RETAINDAYS`.
    pub expires: Option<NaiveDateTime>,
    /// `MEDIANAME`
    pub media_name: Option<String>,
    /// `MEDIADESCRIPTION`
    pub media_description: Option<String>,
    /// `BLOCKSIZE`: 512 or 4096.
    pub block_size: Option<u32>,
    /// `STATS = n`
    pub stats: Option<u8>,
    /// `NORECOVERY` or `STANDBY` of a log backup.
    pub tail: TailLog,
    /// The login that runs the statement; stored in the set.
    pub user_name: String,
    /// The session that runs it, see [`Engine::enter`](super::Engine::enter).
    pub session: i32,
}

impl BackupSpec {
    /// The statement without a `WITH`.
    pub fn new(kind: BackupKind, database: &str, device: &str) -> BackupSpec {
        BackupSpec {
            database: database.to_owned(),
            kind,
            devices: vec![device.to_owned()],
            mirrors: Vec::new(),
            encryption: None,
            copy_only: false,
            init: false,
            format: false,
            skip: false,
            checksum: false,
            compression: false,
            name: None,
            description: None,
            expires: None,
            media_name: None,
            media_description: None,
            block_size: None,
            stats: None,
            tail: TailLog::Keep,
            user_name: "sa".to_owned(),
            session: 0,
        }
    }
}

/// What a backup made.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupOutcome {
    /// The set's place in the media.
    pub position: u16,
    /// `msdb.dbo.backupset.backup_set_id`
    pub backup_set_id: i32,
    /// Pages of data and log in it.
    pub pages: u64,
}

/// `RESTORE DATABASE` or `RESTORE LOG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestoreKind {
    /// `RESTORE DATABASE`
    Database,
    /// `RESTORE LOG`
    Log,
}

/// The state that a restore leaves.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Recovery {
    /// `RECOVERY`: the database goes online.
    #[default]
    Recovery,
    /// `NORECOVERY`: it waits for more.
    NoRecovery,
    /// `STANDBY = file`: readable, waits for more.
    Standby(String),
}

/// A `RESTORE DATABASE` or `RESTORE LOG` statement. [`RestoreSpec::new`] has the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreSpec {
    /// The database.
    pub database: String,
    /// Which statement.
    pub kind: RestoreKind,
    /// `FROM DISK = ...`; none for `RESTORE DATABASE x WITH RECOVERY`.
    pub devices: Vec<String>,
    /// `FILE = n`
    pub file: Option<u16>,
    /// `MOVE logical TO physical`
    pub moves: Vec<(String, String)>,
    /// `REPLACE`
    pub replace: bool,
    /// `RECOVERY`, `NORECOVERY`, `STANDBY`
    pub recovery: Recovery,
    /// `STOPAT`, in the server's local time.
    pub stop_at: Option<NaiveDateTime>,
    /// `CHECKSUM` or `NO_CHECKSUM`; `None` is neither: checked when the set has checksums.
    pub checksum: Option<bool>,
    /// `RESTRICTED_USER`
    pub restricted_user: bool,
    /// `STATS = n`
    pub stats: Option<u8>,
    /// The login that runs the statement; it becomes the owner of a new database.
    pub user_name: String,
    /// The session that runs it, see [`Engine::enter`](super::Engine::enter).
    pub session: i32,
}

impl RestoreSpec {
    /// The statement without a `WITH`.
    pub fn new(kind: RestoreKind, database: &str, device: &str) -> RestoreSpec {
        RestoreSpec {
            database: database.to_owned(),
            kind,
            devices: vec![device.to_owned()],
            file: None,
            moves: Vec::new(),
            replace: false,
            recovery: Recovery::Recovery,
            stop_at: None,
            checksum: None,
            restricted_user: false,
            stats: None,
            user_name: "sa".to_owned(),
            session: 0,
        }
    }

    /// `RESTORE DATABASE x WITH RECOVERY`.
    pub fn recover(database: &str) -> RestoreSpec {
        RestoreSpec { devices: Vec::new(), ..RestoreSpec::new(RestoreKind::Database, database, "") }
    }
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreOutcome {
    /// Pages of data and log that were read.
    pub pages: u64,
}
