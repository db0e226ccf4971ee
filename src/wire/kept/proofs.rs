//! Verifications that were made, so that a file need not be read whole again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Guid;

/// The verifications of a folder's files, by their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    v: u32,
    /// By the name of the file.
    pub files: BTreeMap<String, FileProof>,
}

/// What a file looked like, and what was found in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileProof {
    /// The file as it was verified: with any other mark nothing of this holds.
    pub mark: FileMark,
    /// When it was verified.
    pub at: DateTime<Utc>,
    /// Its sets.
    pub sets: Vec<SetProof>,
}

/// What tells a file from what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileMark {
    /// Bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// SHA-256 of its first and last 64 KiB, in hexadecimal.
    pub ends: String,
}

/// What was found of one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetProof {
    /// Its position.
    pub position: u16,
    /// Its identifier.
    pub backup_set_guid: Option<Guid>,
    /// Whether it was read to its end and nothing is wrong.
    pub sound: bool,
}

impl Default for Proofs {
    fn default() -> Proofs {
        Proofs { v: super::VERSION, files: BTreeMap::new() }
    }
}

impl Proofs {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Proofs, String> {
        super::read(text, |proofs: &Proofs| proofs.v)
    }

    /// The text of a file.
    pub fn print(&self) -> String {
        super::print(self)
    }
}
