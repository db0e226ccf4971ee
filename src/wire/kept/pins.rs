//! Pins: backup sets that are not to be removed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Guid;

/// The pins of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    v: u32,
    /// Each set once.
    pub pins: Vec<Pin>,
}

/// One pinned set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// `BackupSetGUID`: the set stays pinned whatever its file is called, and in every copy.
    pub backup_set_guid: Guid,
    /// Why.
    pub reason: String,
    /// When it was pinned.
    pub at: DateTime<Utc>,
    /// The file it was found in then.
    pub file: String,
}

impl Default for Pins {
    fn default() -> Pins {
        Pins { v: super::VERSION, pins: Vec::new() }
    }
}

impl Pins {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Pins, String> {
        super::read(text, |pins: &Pins| pins.v)
    }

    /// The text of a file.
    pub fn print(&self) -> String {
        super::print(self)
    }
}
