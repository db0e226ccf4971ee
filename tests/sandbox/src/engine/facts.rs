//! What the catalog tells about databases, files and tables.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::lsn::Lsn;
use super::value::Column;

/// `sys.databases.state_desc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatabaseState {
    /// 0
    Online,
    /// 1
    Restoring,
    /// 4
    Suspect,
    /// 6
    Offline,
}

impl DatabaseState {
    /// `sys.databases.state`
    pub const fn number(self) -> u8 {
        match self {
            DatabaseState::Online => 0,
            DatabaseState::Restoring => 1,
            DatabaseState::Suspect => 4,
            DatabaseState::Offline => 6,
        }
    }

    /// `sys.databases.state_desc`
    pub const fn name(self) -> &'static str {
        match self {
            DatabaseState::Online => "ONLINE",
            DatabaseState::Restoring => "RESTORING",
            DatabaseState::Suspect => "SUSPECT",
            DatabaseState::Offline => "OFFLINE",
        }
    }
}

/// `sys.databases.user_access_desc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserAccess {
    /// 0
    Multi,
    /// 1
    Single,
    /// 2
    Restricted,
}

impl UserAccess {
    /// `sys.databases.user_access`
    pub const fn number(self) -> u8 {
        match self {
            UserAccess::Multi => 0,
            UserAccess::Single => 1,
            UserAccess::Restricted => 2,
        }
    }

    /// `sys.databases.user_access_desc`
    pub const fn name(self) -> &'static str {
        match self {
            UserAccess::Multi => "MULTI_USER",
            UserAccess::Single => "SINGLE_USER",
            UserAccess::Restricted => "RESTRICTED_USER",
        }
    }
}

/// `sys.databases.recovery_model_desc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecoveryModel {
    /// 1
    Full,
    /// 2
    BulkLogged,
    /// 3
    Simple,
}

impl RecoveryModel {
    /// `sys.databases.recovery_model`
    pub const fn number(self) -> u8 {
        match self {
            RecoveryModel::Full => 1,
            RecoveryModel::BulkLogged => 2,
            RecoveryModel::Simple => 3,
        }
    }

    /// `sys.databases.recovery_model_desc`
    pub const fn name(self) -> &'static str {
        match self {
            RecoveryModel::Full => "FULL",
            RecoveryModel::BulkLogged => "BULK_LOGGED",
            RecoveryModel::Simple => "SIMPLE",
        }
    }
}

/// One row of `sys.databases`, and what hangs on it.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseFacts {
    /// `database_id`
    pub id: u16,
    /// `name`
    pub name: String,
    /// Login of the owner.
    pub owner: String,
    /// `create_date`, server local.
    pub created: NaiveDateTime,
    /// `state`
    pub state: DatabaseState,
    /// `is_in_standby`
    pub in_standby: bool,
    /// `user_access`
    pub user_access: UserAccess,
    /// `is_read_only`
    pub read_only: bool,
    /// `recovery_model`
    pub recovery_model: RecoveryModel,
    /// `compatibility_level`
    pub compatibility_level: u8,
    /// `collation_name`
    pub collation: String,
    /// `page_verify_option`: 2 = CHECKSUM
    pub page_verify: u8,
    /// `sys.database_recovery_status.family_guid`; `None` when the database cannot be opened.
    pub family_guid: Option<Uuid>,
    /// `sys.database_recovery_status.recovery_fork_guid`
    pub recovery_fork: Option<Uuid>,
    /// `sys.database_recovery_status.database_guid`
    pub database_guid: Option<Uuid>,
    /// `sys.database_recovery_status.last_log_backup_lsn`: `None` when no log chain has begun.
    pub last_log_backup_lsn: Option<Lsn>,
    /// Every file.
    pub files: Vec<FileFacts>,
}

/// What hangs on a database. The sandbox has none of these features; it shows and refuses what a server
/// that has them would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// It has joined an availability group.
    pub availability_group: bool,
    /// It is mirrored.
    pub mirrored: bool,
    /// It is published.
    pub published: bool,
    /// `source_database_id`: it is a snapshot of this database.
    pub snapshot_of: Option<u16>,
}

/// One row of `sys.master_files` or `sys.database_files`.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    /// `file_id`
    pub id: u16,
    /// `file_guid`
    pub guid: Uuid,
    /// Whether it is the log (`type` 1), else rows (`type` 0).
    pub is_log: bool,
    /// `data_space_id`: the file group, 0 for a log.
    pub group_id: u16,
    /// Name of the file group, empty for a log.
    pub group_name: String,
    /// `name`
    pub logical_name: String,
    /// `physical_name`
    pub physical_name: String,
    /// `size`, in pages of 8 KiB.
    pub size_pages: u32,
    /// Pages in use, `FILEPROPERTY(name, 'SpaceUsed')`.
    pub used_pages: u32,
    /// `max_size` in pages, -1 = no limit, 268435456 = log without limit.
    pub max_size: i32,
    /// `growth`: pages, or percent when `is_percent_growth`.
    pub growth: u32,
    /// `is_percent_growth`
    pub percent_growth: bool,
    /// `create_lsn`: zero unless added later.
    pub create_lsn: Lsn,
    /// `differential_base_lsn`
    pub differential_base_lsn: Option<Lsn>,
    /// `differential_base_guid`: GUID of the full backup that differentials build on.
    pub differential_base_guid: Option<Uuid>,
    /// `differential_base_time`, UTC as in `sys.master_files`.
    pub differential_base_time: Option<NaiveDateTime>,
    /// `sys.dm_db_file_space_usage.modified_extent_page_count`.
    pub modified_pages: u32,
}

/// One table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFacts {
    /// `object_id`
    pub id: i32,
    /// The schema, `dbo`.
    pub schema: String,
    /// `name`
    pub name: String,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Positions (from 0) of the primary key's columns; empty when there is none.
    pub primary_key: Vec<usize>,
    /// Name of the primary key's constraint, empty when there is none.
    pub primary_key_name: String,
    /// Rows in it.
    pub rows: u64,
    /// Pages of rows.
    pub pages: u32,
    /// `create_date`, server local.
    pub created: NaiveDateTime,
}

/// Where a row is: the file, the page and the slot (`%%physloc%%`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// File.
    pub file: u16,
    /// Page.
    pub page: u32,
    /// Slot in the page.
    pub slot: u16,
}
