//! `SCIN`: the backup and its database (most columns of `RESTORE HEADERONLY`).

use chrono::NaiveDateTime;

use super::fields::Fields;
use crate::model::{Guid, Lsn, RecoveryModel};

/// `Flags` of `RESTORE HEADERONLY`, bit for bit.
pub(crate) mod flags {
    pub const BULK_LOGGED_DATA: u32 = 0x1;
    pub const SNAPSHOT: u32 = 0x2;
    pub const READ_ONLY: u32 = 0x4;
    pub const SINGLE_USER: u32 = 0x8;
    pub const CHECKSUMS: u32 = 0x10;
    pub const DAMAGED: u32 = 0x20;
    pub const INCOMPLETE_META_DATA: u32 = 0x80;
    pub const FORCE_OFFLINE: u32 = 0x100;
    pub const COPY_ONLY: u32 = 0x400;
}

/// How the database protects its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageVerify {
    /// `NONE`.
    None,
    /// `TORN_PAGE_DETECTION`: two bits a sector.
    TornPageDetection,
    /// `CHECKSUM`.
    Checksum,
}

/// A point where the log forked: the database was restored to it and went on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkPoint {
    /// Where.
    pub lsn: Lsn,
    /// The fork's identifier.
    pub guid: Guid,
}

/// The chunk (bak-format 3.1). Its fixed part has 0x158 bytes in 2005, 0x16C in 2008, 0x190 from 2012.
///
/// | at | type | what |
/// |---|---|---|
/// | 8 | u32 | Flags |
/// | 24, 26, 27 | u16, u8, u8 | SoftwareVersionBuild, Minor, Major |
/// | 32, 42, 52, 62 | LSN10 | FirstLSN, LastLSN, CheckpointLSN, DatabaseBackupLSN |
/// | 72, 77, 82 | DATE5 | DatabaseCreationDate, BackupStartDate, BackupFinishDate (back copy only) |
/// | 87 | u8 | letter of the backup type, as in msdb |
/// | 88 | u8 | SortOrder |
/// | 91 | u8 | CompatibilityLevel |
/// | 92 | u16 | database id |
/// | 94 | u16 | DatabaseVersion |
/// | 96 | u64 | BackupSize |
/// | 104, 108 | text | DatabaseName, ServerName |
/// | 116, 120 | u32 | UnicodeLocaleId, UnicodeComparisonStyle |
/// | 124 | GUID | BindingID |
/// | 156 | GUID | RecoveryForkID |
/// | 172, 184 | LSN10, GUID | the fork before, zero if never restored |
/// | 200 | GUID | BackupSetGUID of the last full backup |
/// | 216 | u32 | collation as TDS sends it |
/// | 224 | GUID | FamilyGUID |
/// | 244 | u32 | database status |
/// | 248 | LSN10 | where the log chain begins |
/// | 260, 272 | LSN10, GUID | DifferentialBaseLSN, DifferentialBaseGUID |
/// | 344 | u64 | CompressedBackupSize (2008 and later) |
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scin {
    pub flags: u32,
    pub build: u16,
    pub minor: u8,
    pub major: u8,
    pub first_lsn: Lsn,
    pub last_lsn: Lsn,
    pub checkpoint_lsn: Lsn,
    pub database_backup_lsn: Lsn,
    pub created: Option<NaiveDateTime>,
    pub started: Option<NaiveDateTime>,
    pub finished: Option<NaiveDateTime>,
    pub letter: u8,
    pub sort_order: u8,
    pub compatibility_level: u8,
    pub database_id: u16,
    pub database_version: u16,
    pub backup_size: u64,
    pub database_name: String,
    pub server_name: Option<String>,
    pub locale: u32,
    pub comparison_style: u32,
    pub binding_id: Guid,
    pub recovery_fork_id: Guid,
    pub previous_fork: Option<ForkPoint>,
    pub last_full_guid: Guid,
    pub collation: u32,
    pub family_guid: Guid,
    pub status: u32,
    pub log_chain_start: Lsn,
    pub differential_base_lsn: Lsn,
    pub differential_base_guid: Guid,
    pub compressed_size: Option<u64>,
}

impl Scin {
    /// Decodes the chunk; `None` if it is too short for its fields.
    pub fn decode(chunk: &[u8]) -> Option<Scin> {
        let fields = Fields(chunk);
        // Names follow the fixed part, so the first one's offset is its size.
        let fixed = fields.u16(106)?;
        let fork = ForkPoint { lsn: fields.lsn(172)?, guid: fields.guid(184)? };
        Some(Scin {
            flags: fields.u32(8)?,
            build: fields.u16(24)?,
            minor: fields.u8(26)?,
            major: fields.u8(27)?,
            first_lsn: fields.lsn(32)?,
            last_lsn: fields.lsn(42)?,
            checkpoint_lsn: fields.lsn(52)?,
            database_backup_lsn: fields.lsn(62)?,
            created: fields.date(72),
            started: fields.date(77),
            finished: fields.date(82),
            letter: fields.u8(87)?,
            sort_order: fields.u8(88)?,
            compatibility_level: fields.u8(91)?,
            database_id: fields.u16(92)?,
            database_version: fields.u16(94)?,
            backup_size: fields.u64(96)?,
            database_name: fields.text(104)?,
            server_name: fields.optional_text(108),
            locale: fields.u32(116)?,
            comparison_style: fields.u32(120)?,
            binding_id: fields.guid(124)?,
            recovery_fork_id: fields.guid(156)?,
            previous_fork: Some(fork).filter(|fork| !fork.guid.is_nil()),
            last_full_guid: fields.guid(200)?,
            collation: fields.u32(216)?,
            family_guid: fields.guid(224)?,
            status: fields.u32(244)?,
            log_chain_start: fields.lsn(248)?,
            differential_base_lsn: fields.lsn(260)?,
            differential_base_guid: fields.guid(272)?,
            compressed_size: if fixed >= 0x160 { Some(fields.u64(344)?) } else { None },
        })
    }

    /// One bit of [`flags`].
    pub fn flag(&self, bit: u32) -> bool {
        self.flags & bit != 0
    }

    /// `RecoveryModel`, from the old `sysdatabases.status` bits: 8 truncate log on checkpoint, 4 bulk copy.
    pub fn recovery_model(&self) -> RecoveryModel {
        match self.status {
            status if status & 0x8 != 0 => RecoveryModel::Simple,
            status if status & 0x4 != 0 => RecoveryModel::BulkLogged,
            _ => RecoveryModel::Full,
        }
    }

    /// How the database protects its pages, from the same bits.
    pub fn page_verify(&self) -> PageVerify {
        match self.status {
            status if status & 0x1_0000 != 0 => PageVerify::Checksum,
            status if status & 0x10 != 0 => PageVerify::TornPageDetection,
            _ => PageVerify::None,
        }
    }
}
