//! A backup set, by the columns of `RESTORE HEADERONLY`.

use chrono::NaiveDateTime;

use super::{Guid, Lsn};

/// What a backup set holds: `BackupType` of `RESTORE HEADERONLY`, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BackupType {
    /// 1, a full database backup.
    Full,
    /// 2, a transaction log backup.
    Log,
    /// 4, files or filegroups.
    File,
    /// 5, a differential database backup.
    Differential,
    /// 6, a differential of files or filegroups.
    DifferentialFile,
    /// 7, a partial backup.
    Partial,
    /// 8, a differential of a partial backup.
    DifferentialPartial,
}

impl BackupType {
    /// All of them, in the order of their numbers.
    pub const ALL: [BackupType; 7] = [
        BackupType::Full,
        BackupType::Log,
        BackupType::File,
        BackupType::Differential,
        BackupType::DifferentialFile,
        BackupType::Partial,
        BackupType::DifferentialPartial,
    ];

    /// The number in `RESTORE HEADERONLY`.
    pub const fn number(self) -> i16 {
        match self {
            BackupType::Full => 1,
            BackupType::Log => 2,
            BackupType::File => 4,
            BackupType::Differential => 5,
            BackupType::DifferentialFile => 6,
            BackupType::Partial => 7,
            BackupType::DifferentialPartial => 8,
        }
    }

    /// The type of a number in `RESTORE HEADERONLY`.
    pub fn from_number(number: i16) -> Option<BackupType> {
        BackupType::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The letter in `msdb.dbo.backupset.type`.
    pub const fn letter(self) -> char {
        match self {
            BackupType::Full => 'D',
            BackupType::Log => 'L',
            BackupType::File => 'F',
            BackupType::Differential => 'I',
            BackupType::DifferentialFile => 'G',
            BackupType::Partial => 'P',
            BackupType::DifferentialPartial => 'Q',
        }
    }

    /// The type of a letter in `msdb.dbo.backupset.type`.
    pub fn from_letter(letter: char) -> Option<BackupType> {
        BackupType::ALL.into_iter().find(|kind| kind.letter() == letter)
    }

    /// A word for programs; also that of requests, as far as they know it.
    pub const fn word(self) -> &'static str {
        match self {
            BackupType::Full => "full",
            BackupType::Log => "log",
            BackupType::File => "file",
            BackupType::Differential => "differential",
            BackupType::DifferentialFile => "differential_file",
            BackupType::Partial => "partial",
            BackupType::DifferentialPartial => "differential_partial",
        }
    }

    /// `BackupTypeDescription` of `RESTORE HEADERONLY`.
    pub const fn description(self) -> &'static str {
        match self {
            BackupType::Full => "Database",
            BackupType::Log => "Transaction Log",
            BackupType::File => "File or Filegroup",
            BackupType::Differential => "Database Differential",
            BackupType::DifferentialFile => "File Differential",
            BackupType::Partial => "Partial",
            BackupType::DifferentialPartial => "Partial Differential",
        }
    }
}

/// How a database keeps its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecoveryModel {
    /// `SIMPLE`: no log backups.
    Simple,
    /// `BULK-LOGGED`: log backups, with no point in time inside a bulk operation.
    BulkLogged,
    /// `FULL`.
    Full,
}

impl RecoveryModel {
    /// The name as `RESTORE HEADERONLY` prints it.
    pub const fn name(self) -> &'static str {
        match self {
            RecoveryModel::Simple => "SIMPLE",
            RecoveryModel::BulkLogged => "BULK-LOGGED",
            RecoveryModel::Full => "FULL",
        }
    }

    /// The model of a name as `RESTORE HEADERONLY` or `sys.databases` prints it.
    pub fn from_name(name: &str) -> Option<RecoveryModel> {
        match name {
            "SIMPLE" => Some(RecoveryModel::Simple),
            "BULK-LOGGED" | "BULK_LOGGED" => Some(RecoveryModel::BulkLogged),
            "FULL" => Some(RecoveryModel::Full),
            _ => None,
        }
    }
}

/// One backup set: the columns of `RESTORE HEADERONLY` (SQL Server 2005 to 2022), in its order
/// and by its names.
///
/// `None` is SQL Server's NULL, or "this server or file does not tell": never a guess. Times are
/// the local time of the server that made the backup, without zone; see [`time_zone`].
///
/// [`time_zone`]: BackupSet::time_zone
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The columns are documented by Microsoft under these names.
pub struct BackupSet {
    pub backup_name: Option<String>,
    pub backup_description: Option<String>,
    pub backup_type: BackupType,
    pub expiration_date: Option<NaiveDateTime>,
    pub compressed: bool,
    /// Place of the set in the file, from 1: the `FILE = n` of a `RESTORE`.
    pub position: u16,
    pub device_type: Option<u8>,
    pub user_name: Option<String>,
    pub server_name: Option<String>,
    pub database_name: String,
    pub database_version: Option<i32>,
    pub database_creation_date: Option<NaiveDateTime>,
    /// Bytes.
    pub backup_size: Option<u64>,
    pub first_lsn: Lsn,
    pub last_lsn: Lsn,
    pub checkpoint_lsn: Lsn,
    pub database_backup_lsn: Lsn,
    pub backup_start_date: Option<NaiveDateTime>,
    pub backup_finish_date: Option<NaiveDateTime>,
    pub sort_order: Option<i16>,
    pub code_page: Option<i16>,
    pub unicode_locale_id: Option<i32>,
    pub unicode_comparison_style: Option<i32>,
    pub compatibility_level: Option<u8>,
    pub software_vendor_id: Option<i32>,
    pub software_version_major: Option<i32>,
    pub software_version_minor: Option<i32>,
    pub software_version_build: Option<i32>,
    pub machine_name: Option<String>,
    pub flags: Option<i32>,
    pub binding_id: Option<Guid>,
    pub recovery_fork_id: Option<Guid>,
    pub collation: Option<String>,
    pub family_guid: Option<Guid>,
    pub has_bulk_logged_data: Option<bool>,
    pub is_snapshot: Option<bool>,
    pub is_read_only: Option<bool>,
    pub is_single_user: Option<bool>,
    pub has_backup_checksums: Option<bool>,
    pub is_damaged: Option<bool>,
    pub begins_log_chain: Option<bool>,
    pub has_incomplete_meta_data: Option<bool>,
    pub is_force_offline: Option<bool>,
    pub is_copy_only: Option<bool>,
    pub first_recovery_fork_id: Option<Guid>,
    pub fork_point_lsn: Option<Lsn>,
    pub recovery_model: Option<RecoveryModel>,
    pub differential_base_lsn: Option<Lsn>,
    pub differential_base_guid: Option<Guid>,
    pub backup_set_guid: Option<Guid>,
    /// Bytes.
    pub compressed_backup_size: Option<u64>,
    pub containment: Option<u8>,
    pub key_algorithm: Option<String>,
    pub encryptor_thumbprint: Option<Vec<u8>>,
    pub encryptor_type: Option<String>,
    pub last_valid_restore_time: Option<NaiveDateTime>,
    /// Offset of the server's clock from UTC at the backup, in quarters of an hour.
    pub time_zone: Option<i16>,
    pub compression_algorithm: Option<String>,
}

impl BackupSet {
    /// A set of which only type, position and database are known.
    pub fn of(backup_type: BackupType, position: u16, database_name: impl Into<String>) -> BackupSet {
        BackupSet {
            backup_name: None,
            backup_description: None,
            backup_type,
            expiration_date: None,
            compressed: false,
            position,
            device_type: None,
            user_name: None,
            server_name: None,
            database_name: database_name.into(),
            database_version: None,
            database_creation_date: None,
            backup_size: None,
            first_lsn: Lsn::ZERO,
            last_lsn: Lsn::ZERO,
            checkpoint_lsn: Lsn::ZERO,
            database_backup_lsn: Lsn::ZERO,
            backup_start_date: None,
            backup_finish_date: None,
            sort_order: None,
            code_page: None,
            unicode_locale_id: None,
            unicode_comparison_style: None,
            compatibility_level: None,
            software_vendor_id: None,
            software_version_major: None,
            software_version_minor: None,
            software_version_build: None,
            machine_name: None,
            flags: None,
            binding_id: None,
            recovery_fork_id: None,
            collation: None,
            family_guid: None,
            has_bulk_logged_data: None,
            is_snapshot: None,
            is_read_only: None,
            is_single_user: None,
            has_backup_checksums: None,
            is_damaged: None,
            begins_log_chain: None,
            has_incomplete_meta_data: None,
            is_force_offline: None,
            is_copy_only: None,
            first_recovery_fork_id: None,
            fork_point_lsn: None,
            recovery_model: None,
            differential_base_lsn: None,
            differential_base_guid: None,
            backup_set_guid: None,
            compressed_backup_size: None,
            containment: None,
            key_algorithm: None,
            encryptor_thumbprint: None,
            encryptor_type: None,
            last_valid_restore_time: None,
            time_zone: None,
            compression_algorithm: None,
        }
    }
}
