//! What a backup is asked for, and what it gives.

use std::time::Duration;

use chrono::{FixedOffset, NaiveDateTime};

use super::{ConnectedClients, Met};
use crate::error::{Error, ServerMessage};
use crate::model::{BackupSet, BackupType, Guid, Lsn};
use crate::ops::{RemovalReport, RemovalWish};
use crate::policy::archive::{Growth, Rollover, RolloverReason};
use crate::policy::base::{Doubt, OnForeignBase, Promotion};
use crate::sql::{BackupOptions, Compression};

/// Where a backup goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// New files a run in this folder, named by a template.
    Folder {
        /// The folder, as the server sees it.
        folder: String,
        /// The template; `None`: [`DEFAULT_TEMPLATE`](crate::policy::naming::DEFAULT_TEMPLATE).
        template: Option<String>,
    },
    /// One media set in this folder that all backups of the database are appended to, until a new one
    /// begins.
    Archive {
        /// The folder, as the server sees it.
        folder: String,
        /// The template; `None`: [`ARCHIVE_TEMPLATE`](crate::policy::naming::ARCHIVE_TEMPLATE), and of
        /// archives that follow each other
        /// [`ROLLING_ARCHIVE_TEMPLATE`](crate::policy::naming::ROLLING_ARCHIVE_TEMPLATE).
        template: Option<String>,
        /// When a new one begins; `None`: only when this one cannot be appended to.
        rollover: Option<Rollover>,
    },
    /// These very files, one a stripe.
    Files {
        /// The files, as the server sees them.
        files: Vec<String>,
        /// Whether they may exist and are appended to.
        append: bool,
    },
}

/// What to back up, and how.
#[derive(Clone, Debug)]
pub struct BackupCommand {
    /// The database.
    pub database: String,
    /// Full, differential or log.
    pub kind: BackupType,
    /// Where it goes.
    pub place: Place,
    /// What to do when a differential would be based on a full that is not ours.
    pub on_foreign_base: OnForeignBase,
    /// Files to spread the backup over, 1 to 64. Of [`Place::Files`] it is their number.
    pub stripes: u16,
    /// A folder for a second copy, written at the same time.
    pub mirror: Option<String>,
    /// How it is made.
    pub how: BackupOptions,
    /// Compression.
    pub compression: Compression,
    /// Name of the set; `None`: one that tells type and database.
    pub name: Option<String>,
    /// Have the server verify the set afterwards.
    pub verify: bool,
    /// What to remove once the backup is made and verified.
    pub remove: Option<RemovalWish>,
    /// What to do about clients that are connected to the database.
    pub clients: ConnectedClients,
    /// Only say what would be run.
    pub dry_run: bool,
}

/// A try that failed for a reason that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// SQL Server's number of the reason.
    pub number: Option<u32>,
    /// The reason, and what was changed for the next try.
    pub reason: String,
}

/// An archive that had enough: the new backup began the next one.
#[derive(Clone, Debug)]
pub struct ClosedArchive {
    /// Its files, one a stripe, as the server sees them.
    pub files: Vec<String>,
    /// Its sets.
    pub sets: Vec<BackupSet>,
    /// Why it had enough.
    pub reason: RolloverReason,
    /// Whether the server found all its sets sound; `None`: that could not be told.
    pub verified: Option<bool>,
    /// What was found, or why it could not be told.
    pub finding: Option<Box<Error>>,
}

/// How an archive grows, and until when the disk has room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveState {
    /// How it has grown until now.
    pub growth: Growth,
    /// Free bytes of its drive, if the server tells.
    pub free: Option<u64>,
    /// When the drive is full if it goes on so, the server's local time.
    pub full_at: Option<NaiveDateTime>,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct BackupResult {
    /// Name of the server.
    pub server: String,
    /// The database.
    pub database: String,
    /// The type that was asked for.
    pub requested: BackupType,
    /// The type that was made.
    pub kind: BackupType,
    /// Why they differ.
    pub promotion: Option<Promotion>,
    /// The full that the server would have based a differential on, if there is a doubt about it.
    pub doubt: Option<Doubt>,
    /// Outside the chain of differentials.
    pub copy_only: bool,
    /// Appended to an archive.
    pub archive: bool,
    /// The archive that could not be appended to and was left alone, and why.
    pub replaced_archive: Option<(String, String)>,
    /// The archive that had enough, if a new one was begun.
    pub closed_archive: Option<ClosedArchive>,
    /// How the archive grows that the backup went into.
    pub archive_state: Option<ArchiveState>,
    /// The files, one a stripe, as the server sees them.
    pub files: Vec<String>,
    /// The second copies.
    pub mirror: Vec<String>,
    /// Whether it is compressed; `None`: as the server is configured.
    pub compressed: Option<bool>,
    /// Its place in the files.
    pub position: u16,
    /// See [`MediaLabel`](crate::model::MediaLabel).
    pub media_set_id: Option<Guid>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub backup_set_guid: Option<Guid>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub first_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub last_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub checkpoint_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub database_backup_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub differential_base_guid: Option<Guid>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub differential_base_lsn: Option<Lsn>,
    /// The server's local time.
    pub started: Option<NaiveDateTime>,
    /// The server's local time.
    pub finished: Option<NaiveDateTime>,
    /// What the server's clock adds to UTC.
    pub offset: FixedOffset,
    /// Bytes.
    pub backup_size: Option<u64>,
    /// Bytes.
    pub compressed_backup_size: Option<u64>,
    /// 8 KiB pages.
    pub pages: u64,
    /// How long the server worked on it.
    pub duration: Duration,
    /// Whether it has checksums.
    pub has_backup_checksums: Option<bool>,
    /// Whether the server verified it; `None`: it was not asked to.
    pub verified: Option<bool>,
    /// What became of the older backups; `None`: nothing was to be removed.
    pub removal: Option<std::result::Result<RemovalReport, Box<Error>>>,
    /// Who was connected.
    pub clients: Met,
    /// Tries before the one that went well.
    pub retries: Vec<Retry>,
    /// What the server said.
    pub messages: Vec<ServerMessage>,
    /// What was run, as T-SQL.
    pub statements: Vec<String>,
}
