//! The journal of a folder of removed files: one JSON object a line, written and on the disk before
//! and after every step.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Guid;

/// One line. A step is under way from its first line to its second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum JournalLine {
    /// Files of this folder are about to be moved aside.
    Remove {
        /// Which removal it is.
        id: Guid,
        /// When.
        at: DateTime<Utc>,
        /// From when on they may be deleted for good.
        keep_until: DateTime<Utc>,
        /// Full paths of all files that go together, those of other folders too.
        unit: Vec<String>,
        /// The files of this folder.
        files: Vec<RemovedFile>,
    },
    /// All files of the unit are aside.
    Removed {
        /// Which removal.
        id: Guid,
    },
    /// The files of the unit are back where they were: the removal was broken off.
    RolledBack {
        /// Which removal.
        id: Guid,
    },
    /// A file is about to be put back.
    Undo {
        /// When.
        at: DateTime<Utc>,
        /// Its name among the removed files.
        kept_as: String,
    },
    /// It is back.
    Undone {
        /// Its name among the removed files.
        kept_as: String,
    },
    /// A file is about to be deleted for good.
    Empty {
        /// When.
        at: DateTime<Utc>,
        /// Its name among the removed files.
        kept_as: String,
    },
    /// It is deleted.
    Emptied {
        /// Its name among the removed files.
        kept_as: String,
    },
}

/// A file that is moved aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedFile {
    /// Its name in the folder.
    pub name: String,
    /// Its name among the removed files.
    pub kept_as: String,
    /// Bytes.
    pub size: u64,
    /// Whose backups it holds.
    pub database: String,
    /// `BackupSetGUID` of its sets.
    pub sets: Vec<Guid>,
    /// Why it goes.
    pub reason: String,
}

/// A line with its line feed.
pub fn journal_line(line: &JournalLine) -> String {
    format!("{}\n", super::print(line))
}

/// The lines of a journal. A last line that was only half written is left out; so is what is no
/// line of ours, and then the second value is its number, from 1.
pub fn read_journal(text: &str) -> (Vec<JournalLine>, Option<usize>) {
    let mut lines = Vec::new();
    let mut bad = None;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        match serde_json::from_str(line) {
            Ok(line) => lines.push(line),
            Err(_) if !line.ends_with('\n') || line.trim().is_empty() => {}
            Err(_) => bad = bad.or(Some(at + 1)),
        }
    }
    (lines, bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_at_the_end_is_left_out_and_others_are_named() {
        let whole = journal_line(&JournalLine::Removed { id: Guid::from_u128(7) });
        assert_eq!(read_journal(&format!("{whole}{}", &whole[..20])), (read_journal(&whole).0, None));
        let (lines, bad) = read_journal(&format!("{whole}{}\n{whole}", &whole[..20]));
        assert_eq!((lines.len(), bad), (2, Some(2)));
    }
}
