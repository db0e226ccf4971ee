//! Proofs that backups can be restored: one JSON object a line, beside the backups.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Guid;

/// What a restore test found. Times of the server are by its clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreProof {
    v: u32,
    /// `restore_test`.
    kind: String,
    /// When the test began.
    pub at: DateTime<Utc>,
    /// Whether everything went well: restored, checked, counted.
    pub passed: bool,
    /// Whose backups.
    pub database: String,
    /// The server that restored them.
    pub server: String,
    /// Its `ProductVersion`.
    pub server_version: String,
    /// The machine that ran PGBackup.
    pub machine: String,
    /// The sets, in order.
    pub sets: Vec<ProvenSet>,
    /// The moment that they restored.
    pub restored_to: Option<NaiveDateTime>,
    /// Milliseconds of the restore.
    pub restore_ms: u64,
    /// Milliseconds of the check.
    pub check_ms: u64,
    /// Bytes of all sets.
    pub bytes: u64,
    /// Tables of users.
    pub tables: u64,
    /// Rows in them.
    pub rows: u64,
    /// Whether DBCC CHECKDB found nothing; `None`: it did not come to that.
    pub check_passed: Option<bool>,
    /// Why it did not pass.
    pub error: Option<String>,
    /// The side name; the database is gone again, unless the error says otherwise.
    pub side_database: String,
}

/// A set that was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenSet {
    /// The files, one a stripe, as the server saw them.
    pub files: Vec<String>,
    /// Its place in them.
    pub position: u16,
    /// What it is: `full`, `differential`, `log`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which it is.
    pub backup_set_guid: Option<Guid>,
}

impl RestoreProof {
    /// A proof of a test that has just begun and found nothing yet.
    pub fn begun(at: DateTime<Utc>, database: &str, side_database: &str, machine: String) -> RestoreProof {
        RestoreProof {
            v: super::VERSION,
            kind: "restore_test".to_owned(),
            at,
            passed: false,
            database: database.to_owned(),
            server: String::new(),
            server_version: String::new(),
            machine,
            sets: Vec::new(),
            restored_to: None,
            restore_ms: 0,
            check_ms: 0,
            bytes: 0,
            tables: 0,
            rows: 0,
            check_passed: None,
            error: None,
            side_database: side_database.to_owned(),
        }
    }

    /// Its text, which is one line without the line feed.
    pub fn print(&self) -> String {
        super::print(self)
    }
}
