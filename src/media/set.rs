//! One backup set, put together from its blocks.

use chrono::NaiveDateTime;

use super::collation;
use super::fault::Fault;
use super::mqci::Mqci;
use super::scin::{ForkPoint, PageVerify, flags};
use super::sfgi::FileGroup;
use super::sset::SetStart;
use crate::model::{BackupFile, BackupSet, BackupType, Guid, Lsn};

/// One backup set of a file: what `RESTORE HEADERONLY` and `RESTORE FILELISTONLY` print, and more.
#[derive(Clone, Debug, PartialEq)]
pub struct SetEntry {
    /// The columns of `RESTORE HEADERONLY`. Of a set without its end, those that its beginning tells:
    /// no finish date, and sizes and LSNs as they were known when the backup began.
    pub set: BackupSet,
    /// The rows of `RESTORE FILELISTONLY`.
    pub files: Vec<BackupFile>,
    /// The filegroups of the database.
    pub file_groups: Vec<FileGroup>,
    /// What no RESTORE prints.
    pub facts: SetFacts,
    /// Byte in the file where the set begins.
    pub offset: u64,
    /// Bytes of the file the set takes, its closing filemarks included.
    pub length: u64,
    /// Whether all of its structure is there. Its pages are another matter: see [`verify`](super::verify).
    pub status: SetStatus,
    /// Whether the file would still be a whole medium if it ended where this set ends.
    pub can_cut_after: bool,
}

/// Whether a set's structure is all there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetStatus {
    /// From its start to its closing filemark.
    Complete,
    /// It ends too early or breaks off: it cannot be restored.
    Incomplete {
        /// Where and why.
        fault: Fault,
    },
}

/// What a set's header holds beyond the columns of `RESTORE HEADERONLY`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetFacts {
    /// When the set was begun, local time of the server.
    pub written_at: Option<NaiveDateTime>,
    /// Offset of the server's clock from UTC, in quarters of an hour.
    pub time_zone_quarter_hours: i8,
    /// `database_id` on its server.
    pub database_id: u16,
    /// The old `sysdatabases.status` bits.
    pub database_status: u32,
    /// How the database protects its pages.
    pub page_verify: PageVerify,
    /// Where the log chain begins; `None` in the SIMPLE recovery model.
    pub log_chain_start_lsn: Option<Lsn>,
    /// BackupSetGUID of the full backup before this set; `None` if there was none.
    pub last_full_backup_guid: Option<Guid>,
    /// The fork before the current one; `None` if the database was never restored.
    pub previous_fork: Option<ForkPoint>,
    /// FirstLSN, LastLSN and CheckpointLSN as known when the backup began; they differ from the
    /// final ones since SQL Server 2019.
    pub lsns_at_start: [Lsn; 3],
    /// Pages of each file in the whole backup set (in all stripes together), from its header.
    pub pages: Vec<FilePages>,
}

/// How many pages of a file are in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePages {
    /// `FileId`.
    pub file_id: u32,
    /// Pages of 8 KiB: of a full backup the allocated extents, of a differential the changed ones.
    pub pages: u32,
}

/// What has been read of a set.
#[derive(Clone, Debug)]
pub(crate) struct SetParts {
    /// Where `SSET` lies in the tape image.
    pub start: u64,
    pub sset: SetStart,
    pub machine_name: Option<String>,
    pub front: Option<Mqci>,
    pub back: Option<Mqci>,
    /// Where the set ends in the tape image.
    pub end: u64,
}

impl SetParts {
    /// The columns; `Err` names what this library does not know. `None` if no header was read.
    pub fn columns(&self, compressed: bool) -> Option<Result<BackupSet, String>> {
        let header = self.back.as_ref().or(self.front.as_ref())?;
        let scin = &header.scin;
        let Some(backup_type) = BackupType::from_letter(char::from(scin.letter)) else {
            return Some(Err(format!("a backup of type `{}`", char::from(scin.letter).escape_default())));
        };
        let flag = |bit| Some(scin.flag(bit));
        // Differentials alone name a base; in other sets the bytes are zero (bak-format 3.1).
        let is_differential = matches!(
            backup_type,
            BackupType::Differential | BackupType::DifferentialFile | BackupType::DifferentialPartial
        );
        // Known for data backups; for log backups across a fork the bytes are not understood.
        let is_log = backup_type == BackupType::Log;
        let is_final = self.back.is_some();
        Some(Ok(BackupSet {
            backup_name: self.sset.name.clone(),
            backup_description: self.sset.description.clone(),
            backup_type,
            expiration_date: None,
            compressed,
            position: self.sset.position,
            device_type: Some(2), // Disk: the bytes are a file.
            user_name: self.sset.user.clone(),
            server_name: scin.server_name.clone(),
            database_name: scin.database_name.clone(),
            database_version: Some(i32::from(scin.database_version)),
            database_creation_date: scin.created,
            backup_size: is_final.then_some(scin.backup_size),
            first_lsn: scin.first_lsn,
            last_lsn: scin.last_lsn,
            checkpoint_lsn: scin.checkpoint_lsn,
            database_backup_lsn: scin.database_backup_lsn,
            backup_start_date: scin.started,
            backup_finish_date: if is_final { scin.finished } else { None },
            sort_order: Some(i16::from(scin.sort_order)),
            code_page: Some(0), // Always 0 since SQL Server 2000.
            unicode_locale_id: i32::try_from(scin.locale).ok(),
            unicode_comparison_style: i32::try_from(scin.comparison_style).ok(),
            compatibility_level: Some(scin.compatibility_level),
            software_vendor_id: Some(i32::from(self.sset.vendor)),
            software_version_major: Some(i32::from(scin.major)),
            software_version_minor: Some(i32::from(scin.minor)),
            software_version_build: Some(i32::from(scin.build)),
            machine_name: self.machine_name.clone(),
            flags: i32::try_from(scin.flags).ok(),
            binding_id: Some(scin.binding_id),
            recovery_fork_id: Some(scin.recovery_fork_id),
            collation: collation::name(scin.collation, scin.sort_order),
            family_guid: Some(scin.family_guid),
            has_bulk_logged_data: flag(flags::BULK_LOGGED_DATA),
            is_snapshot: flag(flags::SNAPSHOT),
            is_read_only: flag(flags::READ_ONLY),
            is_single_user: flag(flags::SINGLE_USER),
            has_backup_checksums: flag(flags::CHECKSUMS),
            is_damaged: flag(flags::DAMAGED),
            begins_log_chain: None,
            has_incomplete_meta_data: flag(flags::INCOMPLETE_META_DATA),
            is_force_offline: flag(flags::FORCE_OFFLINE),
            is_copy_only: flag(flags::COPY_ONLY),
            first_recovery_fork_id: (!is_log).then_some(scin.recovery_fork_id),
            fork_point_lsn: None,
            recovery_model: Some(scin.recovery_model()),
            differential_base_lsn: is_differential.then_some(scin.differential_base_lsn),
            differential_base_guid: is_differential.then_some(scin.differential_base_guid),
            backup_set_guid: Some(self.sset.guid),
            compressed_backup_size: scin.compressed_size.filter(|_| is_final),
            containment: None,
            key_algorithm: None,
            encryptor_thumbprint: None,
            encryptor_type: None,
            last_valid_restore_time: None,
            time_zone: None,
            compression_algorithm: None,
        }))
    }

    /// What no RESTORE prints; `None` if no header was read.
    pub fn facts(&self) -> Option<SetFacts> {
        let header = self.back.as_ref().or(self.front.as_ref())?;
        let front = self.front.as_ref().unwrap_or(header);
        let scin = &header.scin;
        Some(SetFacts {
            written_at: self.sset.written_at,
            time_zone_quarter_hours: self.sset.time_zone,
            database_id: scin.database_id,
            database_status: scin.status,
            page_verify: scin.page_verify(),
            log_chain_start_lsn: Some(scin.log_chain_start).filter(|lsn| !lsn.is_zero()),
            last_full_backup_guid: Some(scin.last_full_guid).filter(|guid| !guid.is_nil()),
            previous_fork: scin.previous_fork,
            lsns_at_start: [front.scin.first_lsn, front.scin.last_lsn, front.scin.checkpoint_lsn],
            pages: front.files.iter().map(|file| FilePages { file_id: file.id, pages: file.pages }).collect(),
        })
    }

    /// The rows of `RESTORE FILELISTONLY`, from the front copy as SQL Server prints them.
    pub fn file_list(&self) -> Result<Vec<BackupFile>, String> {
        let Some(header) = self.front.as_ref().or(self.back.as_ref()) else { return Ok(Vec::new()) };
        let row = |file: &super::sfin::Sfin| {
            file.columns(&header.groups).ok_or_else(|| format!("a database file of type {}", file.kind))
        };
        header.files.iter().map(row).collect()
    }

    /// The filegroups, from either copy.
    pub fn file_groups(&self) -> Vec<FileGroup> {
        self.front.as_ref().or(self.back.as_ref()).map(|header| header.groups.clone()).unwrap_or_default()
    }
}
