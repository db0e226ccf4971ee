//! What backup media say of themselves and of each set.

use chrono::NaiveDateTime;
use uuid::Uuid;

use crate::engine::lsn::Lsn;

/// The label of one media family (TAPE block and its RAID stream).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) software: String,
    pub(crate) family_id: u32,
    pub(crate) set_id: Uuid,
    pub(crate) families: u16,
    pub(crate) family: u16,
    /// Copies of the media, 1 for none beside itself.
    pub(crate) mirrors: u16,
    pub(crate) date: Option<NaiveDateTime>,
    pub(crate) vendor: u16,
}

/// What SSET and VOLB say of a set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetLabel {
    pub(crate) position: u16,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) user: String,
    pub(crate) machine: String,
    pub(crate) device: String,
    pub(crate) written: Option<NaiveDateTime>,
    pub(crate) expires: Option<NaiveDateTime>,
    pub(crate) guid: Uuid,
    pub(crate) time_zone: i8,
    pub(crate) differential: bool,
    pub(crate) copy_only: bool,
}

/// Bits of [`SetHeader::flags`].
pub(crate) mod flag {
    pub(crate) const READ_ONLY: u32 = 4;
    pub(crate) const SINGLE_USER: u32 = 8;
    pub(crate) const CHECKSUMS: u32 = 0x10;
    pub(crate) const DAMAGED: u32 = 0x20;
    pub(crate) const TAIL: u32 = 0x40;
    pub(crate) const INCOMPLETE_METADATA: u32 = 0x80;
    pub(crate) const FORCE_OFFLINE: u32 = 0x100;
    pub(crate) const ALWAYS: u32 = 0x200;
    pub(crate) const COPY_ONLY: u32 = 0x400;
    pub(crate) const DIFFERENTIAL: u32 = 0x800;
}

/// The MQCI stream: SCIN, then groups, then files.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetHeader {
    pub(crate) flags: u32,
    pub(crate) build: u16,
    pub(crate) minor: u8,
    pub(crate) major: u8,
    pub(crate) first: Lsn,
    pub(crate) last: Lsn,
    pub(crate) checkpoint: Lsn,
    pub(crate) database_backup: Lsn,
    pub(crate) created: Option<NaiveDateTime>,
    pub(crate) started: Option<NaiveDateTime>,
    pub(crate) finished: Option<NaiveDateTime>,
    pub(crate) letter: u8,
    pub(crate) sort_order: u8,
    pub(crate) compatibility: u8,
    pub(crate) database_id: u16,
    pub(crate) version: u16,
    pub(crate) size: u64,
    pub(crate) compressed_size: u64,
    pub(crate) database: String,
    pub(crate) server: String,
    pub(crate) locale: u32,
    pub(crate) comparison: u32,
    pub(crate) binding: Uuid,
    pub(crate) fork_point: Lsn,
    pub(crate) fork: Uuid,
    pub(crate) previous_fork_point: Lsn,
    pub(crate) previous_fork: Uuid,
    pub(crate) full_set: Uuid,
    /// Collation in TDS form, then its sort id.
    pub(crate) collation: (u32, u32),
    pub(crate) family: Uuid,
    pub(crate) status: u32,
    pub(crate) log_chain: Lsn,
    pub(crate) base_lsn: Lsn,
    pub(crate) base_guid: Uuid,
    pub(crate) last_log_backup: Lsn,
    pub(crate) groups: Vec<GroupEntry>,
    pub(crate) files: Vec<FileEntry>,
    /// The key that it is encrypted with.
    pub(crate) key: Option<SetKey>,
}

/// Which key an encrypted set needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetKey {
    /// `aes_256`
    pub(crate) algorithm: String,
    pub(crate) thumbprint: [u8; 20],
}

/// SFGI: a file group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupEntry {
    pub(crate) id: u16,
    pub(crate) name: String,
    pub(crate) guid: Uuid,
    pub(crate) is_default: bool,
}

/// SFIN: a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileEntry {
    pub(crate) id: u16,
    pub(crate) is_log: bool,
    /// Whether its data is in the set (a full backup).
    pub(crate) is_full: bool,
    pub(crate) pages: u32,
    pub(crate) block_size: u32,
    pub(crate) group: u16,
    pub(crate) size: u64,
    pub(crate) logical_name: String,
    pub(crate) physical_name: String,
    pub(crate) max_size: u64,
    pub(crate) growth: u64,
    pub(crate) percent_growth: bool,
    pub(crate) create_lsn: Lsn,
    pub(crate) base_lsn: Lsn,
    pub(crate) base_guid: Uuid,
    pub(crate) guid: Uuid,
    pub(crate) backup_size: u64,
    /// UTC.
    pub(crate) base_time: Option<NaiveDateTime>,
}

impl SetHeader {
    /// The header of a set whose MSCI cannot be read.
    pub(crate) fn unread() -> SetHeader {
        SetHeader {
            flags: 0,
            build: 0,
            minor: 0,
            major: 0,
            first: Lsn::ZERO,
            last: Lsn::ZERO,
            checkpoint: Lsn::ZERO,
            database_backup: Lsn::ZERO,
            created: None,
            started: None,
            finished: None,
            letter: b'D',
            sort_order: 0,
            compatibility: 0,
            database_id: 0,
            version: 0,
            size: 0,
            compressed_size: 0,
            database: String::new(),
            server: String::new(),
            locale: 0,
            comparison: 0,
            binding: Uuid::nil(),
            fork_point: Lsn::ZERO,
            fork: Uuid::nil(),
            previous_fork_point: Lsn::ZERO,
            previous_fork: Uuid::nil(),
            full_set: Uuid::nil(),
            collation: (0, 0),
            family: Uuid::nil(),
            status: 0,
            log_chain: Lsn::ZERO,
            base_lsn: Lsn::ZERO,
            base_guid: Uuid::nil(),
            last_log_backup: Lsn::ZERO,
            groups: Vec::new(),
            files: Vec::new(),
            key: None,
        }
    }
}
