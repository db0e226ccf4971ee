//! What is known of the backups that exist: one fact per set and file, as a folder or msdb told it.

use crate::model::{BackupSet, Guid};

/// How far the bytes of a set are known to be whole. Ordered from best to worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Soundness {
    /// Read to the end and found whole, by the server or by our own reader.
    Verified,
    /// Nobody looked. Restorable as far as one knows; never counts as proof.
    #[default]
    Unchecked,
    /// Read and found broken.
    Damaged,
    /// The set has no end: its backup was stopped, or the file was cut.
    Incomplete,
}

/// One backup set as it was found in one file.
///
/// A striped set is found once in each of its files, a copied file gives its sets once more:
/// [`Catalog`](super::Catalog) puts them together.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainSet {
    /// The header: columns of `RESTORE HEADERONLY`.
    pub set: BackupSet,
    /// The file, as the one who restores would write it.
    pub file: String,
    /// `MediaSetId` of `RESTORE LABELONLY`.
    pub media_set_id: Option<Guid>,
    /// `FamilyCount`: how many files the media set is striped over; 1 when it is not.
    pub family_count: u16,
    /// `FamilySequenceNumber`: which of them this file is, from 1.
    pub family: u16,
    /// What is known of the bytes in this file.
    pub soundness: Soundness,
}

impl ChainSet {
    /// A set in a file of its own that nobody checked yet.
    pub fn new(set: BackupSet, file: impl Into<String>) -> ChainSet {
        ChainSet {
            set,
            file: file.into(),
            media_set_id: None,
            family_count: 1,
            family: 1,
            soundness: Soundness::Unchecked,
        }
    }
}

/// What a set can do in a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A full: base of logs, and of differentials unless it is copy-only.
    Full,
    /// A copy-only full: base of logs, never of a differential.
    CopyOnlyFull,
    /// A differential.
    Differential,
    /// A log backup.
    Log,
}

/// Why a set cannot serve in a restore of the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Only some files or filegroups.
    #[error("it holds only files or filegroups of the database")]
    File,
    /// A partial backup leaves out read-only filegroups.
    #[error("it is a partial backup, without the read-only filegroups")]
    Partial,
    /// The data are in a snapshot of the storage, not in the file.
    #[error("it is a snapshot: the data are with the tool that made it, not in the file")]
    Snapshot,
    /// Broken in every copy that is known.
    #[error("it is damaged")]
    Damaged,
    /// Without an end in every copy that is known.
    #[error("it is incomplete: its backup did not finish")]
    Incomplete,
    /// Some stripes are nowhere.
    #[error("{} of its {of} stripes {} missing: {}", missing.len(), if missing.len() == 1 { "is" } else { "are" }, list(missing))]
    MissingStripes {
        /// `FamilyCount`.
        of: u16,
        /// The families of which no file is known, from 1.
        missing: Vec<u16>,
    },
}

fn list(numbers: &[u16]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| format!("number {number}")).collect();
    numbers.join(", ")
}
