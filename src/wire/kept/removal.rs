//! A plan of removal, as text that is handed back to be applied.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::Guid;

/// What is to be removed. Applied, it removes exactly this or less, never more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRemoval {
    v: u32,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// The machine it was made on: its paths mean something there only.
    pub machine: String,
    /// The folders that were read, with all folders below them.
    pub folders: Vec<String>,
    /// Files that go together, or not at all.
    pub units: Vec<PlannedUnit>,
    /// Sets that the server has verified for this plan, by file and position; only where it removes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<(String, u16, Option<Guid>)>,
    /// SHA-256 of all the rest, against damage on the way.
    digest: String,
}

/// Files that go together, or not at all: the stripes of a set, else one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedUnit {
    /// The files.
    pub files: Vec<PlannedFile>,
}

/// A file that is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFile {
    /// Full path.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// Whose backups it holds.
    pub database: String,
    /// Position and `BackupSetGUID` of each set in it.
    pub sets: Vec<(u16, Option<Guid>)>,
    /// Why it may go.
    pub reason: String,
}

impl PlannedRemoval {
    /// A plan.
    pub fn new(
        made_at: DateTime<Utc>,
        machine: String,
        folders: Vec<String>,
        units: Vec<PlannedUnit>,
    ) -> PlannedRemoval {
        let (verified, digest) = (Vec::new(), String::new());
        PlannedRemoval { v: super::VERSION, made_at, machine, folders, units, verified, digest }.sealed()
    }

    /// The same plan, to be applied through a server, and resting on what that has verified.
    #[must_use]
    pub fn through(mut self, server: String, verified: Vec<(String, u16, Option<Guid>)>) -> PlannedRemoval {
        (self.machine, self.verified) = (server, verified);
        self.sealed()
    }

    /// Reads the text of a plan.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<PlannedRemoval, String> {
        let plan: PlannedRemoval = super::read(text, |plan: &PlannedRemoval| plan.v)?;
        let digest = plan.digest.clone();
        let sealed = plan.sealed();
        if sealed.digest == digest { Ok(sealed) } else { Err("it was changed since it was made".to_owned()) }
    }

    /// The text of the plan.
    pub fn print(&self) -> String {
        super::print(self)
    }

    fn sealed(mut self) -> PlannedRemoval {
        self.digest = String::new();
        let digest = Sha256::digest(super::print(&self).as_bytes());
        self.digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_was_changed_is_refused() {
        let file = PlannedFile {
            file: "/b/x.bak".to_owned(),
            size: 7,
            modified_ns: 8,
            database: "Crm".to_owned(),
            sets: vec![(1, None)],
            reason: "old".to_owned(),
        };
        let units = vec![PlannedUnit { files: vec![file] }];
        let plan = PlannedRemoval::new(DateTime::UNIX_EPOCH, "HOST".to_owned(), vec!["/b".to_owned()], units);
        assert_eq!(PlannedRemoval::read(&plan.print()), Ok(plan.clone()));
        let changed = plan.print().replace("x.bak", "y.bak");
        assert_eq!(PlannedRemoval::read(&changed), Err("it was changed since it was made".to_owned()));
        assert!(PlannedRemoval::read("{").is_err());
    }
}
