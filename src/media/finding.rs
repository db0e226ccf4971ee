//! What a verification finds, and what each finding proves.

use std::fmt;

use super::fault::Fault;
use super::page::{PageId, page_type_name};

/// Something a verification found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Byte offset in the file (in a compressed file: of the record that holds it).
    pub offset: u64,
    /// The database page it hits, if it hits one.
    pub page: Option<PageId>,
    /// The type of that page as its header says; see [`page_type_name`]. A damaged header may lie.
    pub page_type: Option<u8>,
    /// What is wrong.
    pub kind: FindingKind,
}

/// What is wrong, and where not obvious, with which numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindingKind {
    /// A page's bytes are not those its checksum was made of.
    #[error("its checksum is wrong")]
    PageChecksum,
    /// The sectors of a page are from different writes.
    #[error("its torn-page bits disagree: it was written in part")]
    TornPage,
    /// A page's own number was changed: with the number of its place the checksum holds.
    #[error("its own page number is damaged")]
    PageNumber,
    /// A page's checksum flag was changed: with the flag the checksum holds.
    #[error("its checksum flag is damaged")]
    PageFlags,
    /// Bytes of a page that cannot be read: an unreadable disk, or a damaged compressed record.
    #[error("it cannot be read: {0}")]
    PageUnreadable(Fault),
    /// The allocation map says the page is in use, but what lies there is another page or none.
    #[error("the allocation map says it is in use, but it is not the page that lies there")]
    PageMissing,
    /// A page of an extent of which nothing is left; its place follows from its neighbours.
    #[error("nothing of it or of the extent around it is left")]
    PageLost,
    /// Eight pages of which none says where they belong.
    #[error("eight pages here do not say where they belong in the database")]
    ExtentWithoutPlace,
    /// An extent that comes again or out of order.
    #[error("the extent comes out of order or twice")]
    ExtentOrder,
    /// A log block's bytes are not those its checksum was made of.
    #[error("the checksum of a log block is wrong (block {block} of virtual log file {vlf})")]
    LogBlockChecksum {
        /// Number of the virtual log file.
        vlf: u32,
        /// Block in it, in units of 512 bytes.
        block: u32,
    },
    /// Where a log block must begin there is none, or that of another place.
    #[error("there is no log block where block {block} of virtual log file {vlf} must be")]
    LogBlockMissing {
        /// Number of the virtual log file.
        vlf: u32,
        /// Block in it, in units of 512 bytes.
        block: u32,
    },
    /// A backup checksum (WITH CHECKSUM) is wrong: some byte of the stream has changed.
    #[error("the backup checksum of {bytes} bytes is wrong")]
    BackupChecksum {
        /// Bytes it covers.
        bytes: u64,
    },
    /// A stream says that its checksum follows, but none does.
    #[error("a backup checksum is missing")]
    BackupChecksumMissing,
    /// A compressed record that cannot be expanded.
    #[error("{0}")]
    Record(Fault),
    /// The index of a compressed set contradicts its records. The records can be read without it.
    #[error("the index of the compressed set is wrong: {0}")]
    Index(String),
    /// The number of pages of a file is not the one the header promises.
    #[error("file {file} has {found} pages, but the set's header says {promised}")]
    PageCount {
        /// `FileId`.
        file: u32,
        /// Pages the header promises.
        promised: u64,
        /// Pages that are there.
        found: u64,
    },
    /// A snapshot backup: its file holds headers, and names what holds the pages.
    #[error("it is a snapshot backup: its pages are in a snapshot, not in this file")]
    Snapshot,
    /// The two copies of the set's header contradict each other.
    #[error("the two copies of the set's header disagree: {0}")]
    HeadersDisagree(&'static str),
    /// A block does not lie where it says.
    #[error("a block does not lie where its header says")]
    BlockPlace,
    /// A filemark does not name the ones before it.
    #[error("a filemark does not name the filemarks before it")]
    Filemarks,
    /// The structure breaks off: nothing behind it in the set could be checked.
    #[error("{0}")]
    Structure(Fault),
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Unusual, and no proof of damage.
    Suspect,
    /// Something is missing at the end.
    Incomplete,
    /// Proof that bytes are not what was written.
    Damage,
}

impl FindingKind {
    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        match self {
            FindingKind::Structure(fault) if fault.is_cut() => Severity::Incomplete,
            // A backup of a busy database copies its maps and its pages at different moments.
            FindingKind::PageMissing | FindingKind::ExtentOrder | FindingKind::Snapshot => Severity::Suspect,
            _ => Severity::Damage,
        }
    }

    /// What it proves, and what not.
    pub fn proves(&self) -> &'static str {
        match self {
            FindingKind::PageChecksum | FindingKind::PageNumber | FindingKind::PageFlags => {
                "the page changed after SQL Server wrote it to the data file: there, in the backup, or while it was copied"
            }
            FindingKind::TornPage => "SQL Server's last write of the page was cut short; the backup copied it so",
            FindingKind::PageUnreadable(_) | FindingKind::Record(_) | FindingKind::PageLost => {
                "these bytes of the backup are lost; the database itself may be sound"
            }
            FindingKind::PageMissing => {
                "nothing by itself: a busy database may be copied so, and restoring its log puts it right"
            }
            FindingKind::ExtentWithoutPlace => {
                "these bytes of the backup are not what was written; the database may be sound"
            }
            FindingKind::ExtentOrder => "nothing by itself: no backup seen so far is ordered so",
            FindingKind::LogBlockChecksum { .. } | FindingKind::LogBlockMissing { .. } => {
                "the log cannot be restored beyond this block"
            }
            FindingKind::BackupChecksum { .. } => {
                "the backup changed after it was written; if no page is named as well, in bytes that no other checksum covers"
            }
            FindingKind::BackupChecksumMissing | FindingKind::BlockPlace | FindingKind::Filemarks => {
                "the backup is not as it was written"
            }
            FindingKind::Index(_) => "the end of the compressed set changed; its data can be sound",
            FindingKind::PageCount { .. } => "pages are missing from the backup or were added to it",
            FindingKind::Snapshot => {
                "nothing about the pages: whether the snapshot is still there, this file does not tell"
            }
            FindingKind::HeadersDisagree(_) => "one of the copies changed, or they are of different backups",
            FindingKind::Structure(fault) if fault.is_cut() => "the rest of the set is not in the file",
            FindingKind::Structure(_) => "the set cannot be read on from here, and not restored",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.page, self.page_type) {
            (Some(page), Some(kind)) => write!(f, "page {page} ({}): {}", page_type_name(kind), self.kind)?,
            (Some(page), None) => write!(f, "page {page}: {}", self.kind)?,
            _ => write!(f, "{}", self.kind)?,
        }
        match self.kind {
            FindingKind::Structure(_) | FindingKind::Record(_) | FindingKind::PageUnreadable(_) => Ok(()),
            _ => write!(f, " (at byte {})", self.offset),
        }
    }
}
