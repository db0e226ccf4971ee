//! What PGBackup keeps in files of its own beside backups: pins, verifications, the journal of
//! removals, plans of removal that wait to be applied, and journals of restores. All of it is JSON with `"v": 1`.
//!
//! These are data and their text; who writes them where, and how far they are trusted, is decided
//! in [`ops`](crate::ops).

mod journal;
mod pins;
mod proofs;
mod removal;
mod restore_test;
mod restoring;

pub use journal::{JournalLine, RemovedFile, journal_line, read_journal};
pub use pins::{Pin, Pins};
pub use proofs::{FileMark, FileProof, Proofs, SetProof};
pub use removal::{PlannedFile, PlannedRemoval, PlannedUnit};
pub use restore_test::{ProvenSet, RestoreProof};
pub use restoring::{KEPT, KeptStep, RestoreJournal, SIDE};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of all of them.
const VERSION: u32 = 1;

/// Reads a whole document; the text says what is wrong with it.
fn read<T: DeserializeOwned>(text: &str, version: impl Fn(&T) -> u32) -> Result<T, String> {
    let document: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match version(&document) {
        VERSION => Ok(document),
        other => Err(format!("it has version {other}, and this library knows version {VERSION}")),
    }
}

/// One line of text. Data of ours always have one: no map has keys that are not text.
fn print<T: Serialize>(document: &T) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
