//! The boot page 1:9: what a database knows of itself.
//!
//! Offsets in the page. As SQL Server has them: u16@100 version, u16@102 version when created, u32@132
//! status, datetime@140 creation, name@148 (128 UTF-16 units, blank padded), u16@408 database id, u8@410
//! compatibility level, LSN10@444 checkpoint, u32@488 collation, GUID@504 family, GUID@552 recovery fork,
//! ptr@612 first page of sysallocunits. Not known where SQL Server keeps these, so here from 2048 on: LSN10@2048
//! begin of the log chain, LSN10@2058 end of the last log backup, LSN10@2068 checkpoint of the last
//! full backup, GUID@2078 its set, LSN10@2094 fork point, LSN10@2104 and GUID@2114 the fork before,
//! GUID@2130 database GUID, LSN10@2150 redo position
//! of a restore, datetime@2160 the moment it has reached.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::bytes::{array_at, from_utf16, put, u8_at, u16_at, u32_at, utf16};
use super::lsn::Lsn;
use super::page::{HEADER, PAGE, Page, PageId, kind};
use super::record::{datetime_bytes, datetime_from};

/// Where the boot page is.
pub(crate) const BOOT: PageId = PageId::new(1, 9);
/// Database version of SQL Server 2019.
pub(crate) const DATABASE_VERSION: u16 = 904;
/// Catalog id of `SQL_Latin1_General_CP1_CI_AS`.
pub(crate) const COLLATION: u32 = 0x3400_D008;
const RECORD_END: usize = 2200;

/// Bits of the status, those of `sysdatabases`.
pub(crate) mod status {
    pub(crate) const BULK_LOGGED: u32 = 4;
    pub(crate) const SIMPLE: u32 = 8;
    pub(crate) const LOADING: u32 = 32;
    pub(crate) const SUSPECT: u32 = 256;
    pub(crate) const OFFLINE: u32 = 512;
    pub(crate) const READ_ONLY: u32 = 1024;
    pub(crate) const RESTRICTED: u32 = 2048;
    pub(crate) const SINGLE_USER: u32 = 4096;
    pub(crate) const PAGE_CHECKSUM: u32 = 0x1_0000;
    pub(crate) const TORN_PAGE: u32 = 0x10;
    pub(crate) const STANDBY: u32 = 0x20_0000;
}

/// The fields of the boot page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Boot {
    pub(crate) version: u16,
    pub(crate) status: u32,
    pub(crate) created: NaiveDateTime,
    pub(crate) name: String,
    pub(crate) id: u16,
    pub(crate) compatibility: u8,
    pub(crate) checkpoint: Lsn,
    pub(crate) collation: u32,
    pub(crate) family: Uuid,
    pub(crate) fork: Uuid,
    pub(crate) fork_point: Lsn,
    pub(crate) previous_fork: Uuid,
    pub(crate) previous_fork_point: Lsn,
    pub(crate) first_allocation_page: PageId,
    pub(crate) log_chain: Lsn,
    pub(crate) last_log_backup: Lsn,
    pub(crate) full_backup_lsn: Lsn,
    pub(crate) full_backup_set: Uuid,
    pub(crate) database_guid: Uuid,
    pub(crate) redo_position: Lsn,
    /// `datetime` bytes of the moment that a restore has reached; zeros for none.
    pub(crate) restored: [u8; 8],
}

impl Boot {
    /// Reads the page; `None` if it is no boot page.
    pub(crate) fn read(page: &Page) -> Option<Boot> {
        if page.kind() != kind::BOOT {
            return None;
        }
        let b = page.bytes();
        let guid = |at| Uuid::from_bytes_le(array_at(b, at));
        let lsn = |at| Lsn::from_bytes(array_at(b, at));
        Some(Boot {
            version: u16_at(b, 100),
            status: u32_at(b, 132),
            created: datetime_from(&b[140..148]),
            name: from_utf16(&b[148..404]).trim_end_matches(' ').to_owned(),
            id: u16_at(b, 408),
            compatibility: u8_at(b, 410),
            checkpoint: lsn(444),
            collation: u32_at(b, 488),
            family: guid(504),
            fork: guid(552),
            fork_point: lsn(2094),
            previous_fork_point: lsn(2104),
            previous_fork: guid(2114),
            first_allocation_page: PageId::read(b, 612),
            log_chain: lsn(2048),
            last_log_backup: lsn(2058),
            full_backup_lsn: lsn(2068),
            full_backup_set: guid(2078),
            database_guid: guid(2130),
            redo_position: lsn(2150),
            restored: array_at(b, 2160),
        })
    }

    /// Writes the fields into a boot page.
    pub(crate) fn write(&self, page: &mut Page) {
        let b = page.bytes_mut();
        put(b, 100, &self.version.to_le_bytes());
        put(b, 132, &self.status.to_le_bytes());
        put(b, 140, &datetime_bytes(self.created));
        let mut name = utf16(&self.name);
        while name.len() < 256 {
            name.extend_from_slice(&[b' ', 0]);
        }
        put(b, 148, &name[..256]);
        put(b, 408, &self.id.to_le_bytes());
        put(b, 410, &[self.compatibility]);
        put(b, 444, &self.checkpoint.bytes());
        put(b, 488, &self.collation.to_le_bytes());
        put(b, 504, &self.family.to_bytes_le());
        put(b, 552, &self.fork.to_bytes_le());
        put(b, 612, &self.first_allocation_page.bytes());
        put(b, 2048, &self.log_chain.bytes());
        put(b, 2058, &self.last_log_backup.bytes());
        put(b, 2068, &self.full_backup_lsn.bytes());
        put(b, 2078, &self.full_backup_set.to_bytes_le());
        put(b, 2094, &self.fork_point.bytes());
        put(b, 2104, &self.previous_fork_point.bytes());
        put(b, 2114, &self.previous_fork.to_bytes_le());
        put(b, 2130, &self.database_guid.to_bytes_le());
        put(b, 2150, &self.redo_position.bytes());
        put(b, 2160, &self.restored);
    }

    /// A boot page with these fields.
    pub(crate) fn page(&self) -> Page {
        let mut page = Page::formatted(kind::BOOT, BOOT, 0, 99, 0);
        let b = page.bytes_mut();
        put(b, HEADER + 2, &((RECORD_END - HEADER) as u16).to_le_bytes());
        put(b, 102, &self.version.to_le_bytes());
        put(b, 404, &8u16.to_le_bytes());
        put(b, 22, &1u16.to_le_bytes());
        put(b, PAGE - 2, &(HEADER as u16).to_le_bytes());
        put(b, 28, &((PAGE - RECORD_END - 2) as u16).to_le_bytes());
        put(b, 30, &(RECORD_END as u16).to_le_bytes());
        self.write(&mut page);
        page
    }

    /// The moment that a restore has reached, server local.
    pub(crate) fn restored_to(&self) -> Option<NaiveDateTime> {
        (self.restored != [0; 8]).then(|| datetime_from(&self.restored))
    }

    pub(crate) fn set_restored_to(&mut self, time: Option<NaiveDateTime>) {
        self.restored = time.map_or([0; 8], datetime_bytes);
    }

    pub(crate) fn has(&self, bit: u32) -> bool {
        self.status & bit != 0
    }

    pub(crate) fn set(&mut self, bit: u32, on: bool) {
        self.status = if on { self.status | bit } else { self.status & !bit };
    }
}
