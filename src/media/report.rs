//! What a verification reports.

use super::finding::{Finding, Severity};
use super::headers::MediaFile;
use super::set::FilePages;
use crate::model::Lsn;

/// The answer of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Sound as far as the file can tell; [`Counts::bytes_protected`] says how far that is.
    Sound,
    /// It ends too early, with nothing wrong before.
    Incomplete,
    /// Something in it is not what was written.
    Damaged,
}

/// What was looked at, by what it was found to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // Each counts what its name says.
pub struct Counts {
    /// Bytes of the set (of a compressed one: expanded).
    pub bytes: u64,
    /// Bytes of it that a checksum covers which was checked and holds.
    pub bytes_protected: u64,
    pub extents: u64,
    pub pages: u64,
    pub pages_checksum_ok: u64,
    pub pages_torn_bits_ok: u64,
    /// Pages without checksum and torn-page bits: not protected, neither good nor bad.
    pub pages_unprotected: u64,
    /// Pages of nothing but zeros.
    pub pages_empty: u64,
    /// Places that hold no page of theirs: unallocated.
    pub pages_stale: u64,
    /// Pages that only fill a stream up.
    pub pages_filler: u64,
    pub pages_damaged: u64,
    /// Virtual log files described.
    pub vlfs: u64,
    pub log_bytes: u64,
    pub log_blocks_checksum_ok: u64,
    pub log_blocks_unprotected: u64,
    pub log_blocks_damaged: u64,
    /// Backup checksums (WITH CHECKSUM).
    pub backup_checksums: u64,
    pub backup_checksums_ok: u64,
}

impl Counts {
    /// Share of the set's bytes that a checksum covers, 0 to 1.
    pub fn protected_share(&self) -> f64 {
        if self.bytes == 0 { 0.0 } else { self.bytes_protected as f64 / self.bytes as f64 }
    }
}

/// The first and the last log block of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRange {
    /// LSN of the first block's first record.
    pub first: Lsn,
    /// LSN of the last block's first record.
    pub last: Lsn,
}

/// What was found of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetReport {
    /// Position of the set.
    pub position: u16,
    /// The verdict.
    pub verdict: Verdict,
    /// What was looked at.
    pub counts: Counts,
    /// What is wrong, in the order of the file; at most [`VerifyOptions::max_findings`](super::VerifyOptions).
    pub findings: Vec<Finding>,
    /// Findings beyond that number.
    pub findings_left_out: u64,
    /// Pages of each file in this family's data: of a differential, the changed extents.
    pub pages: Vec<FilePages>,
    /// Pages that come again later in the set, since they changed while it was made (SQL Server 2019 and later).
    pub pages_repeated: u64,
    /// Its log; `None` if it holds none, or its data was not looked at.
    pub log: Option<LogRange>,
}

/// What was found of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyReport {
    /// Its label and sets.
    pub media: MediaFile,
    /// The sets that were asked for, in the order of the file.
    pub sets: Vec<SetReport>,
    /// What is wrong outside any set, or in one whose start cannot be read.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// The worst of its verdicts; [`Verdict::Incomplete`] for a file without any set.
    pub fn verdict(&self) -> Verdict {
        let file = self.findings.iter().map(|finding| verdict_of(finding.kind.severity()));
        let none = if self.sets.is_empty() { Verdict::Incomplete } else { Verdict::Sound };
        self.sets.iter().map(|set| set.verdict).chain(file).max().unwrap_or(none).max(none)
    }

    /// Positions of the sets in which nothing is wrong: those that can still be restored.
    pub fn restorable(&self) -> impl Iterator<Item = u16> + '_ {
        self.sets.iter().filter(|set| set.verdict == Verdict::Sound).map(|set| set.position)
    }
}

/// The verdict that a finding of this weight leads to.
pub(crate) fn verdict_of(severity: Severity) -> Verdict {
    match severity {
        Severity::Suspect => Verdict::Sound,
        Severity::Incomplete => Verdict::Incomplete,
        Severity::Damage => Verdict::Damaged,
    }
}
