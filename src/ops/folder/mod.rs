//! Reads whole folders of backups on this machine: every set of every file, what is known of its
//! soundness, what is pinned, and what could not be read.

mod known;
mod lock;
mod proofs;
mod read;
mod server;

pub(super) use known::pins_of;
pub use lock::LOCK;
pub(super) use lock::{FolderLocks, is_open_elsewhere};
pub(super) use proofs::remember;
pub(super) use read::{mark_of, modified_ns, needs_no_server, read};
pub(super) use server::read_through;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::restore::{Open, open_journals};
use crate::error::Error;
use crate::model::Guid;
use crate::policy::chain::ChainSet;
use crate::policy::retention::FileFact;

/// How names of our own files begin: they are no backups and are not looked at as such.
pub(super) const OWN: &str = ".pgb-";

/// The pins of a folder.
pub const PINS: &str = ".pgb-pins.json";

/// The verifications of a folder's files.
pub const PROOFS: &str = ".pgb-verified.json";

/// Proofs that backups in the folder can be restored.
pub const RESTORE_TESTS: &str = ".pgb-restore-tests.jsonl";

/// What folders hold.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The folders as they were named, made absolute.
    pub roots: Vec<PathBuf>,
    /// Every set of every file.
    pub sets: Vec<ChainSet>,
    /// Every file, by path.
    pub files: Vec<FoundFile>,
    /// What could not be read in full, and so may hold anything.
    pub unread: Vec<String>,
}

/// One file.
#[derive(Debug)]
pub(super) struct FoundFile {
    /// What retention is told of it.
    pub fact: FileFact,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// Position and GUID of its sets.
    pub sets: Vec<(u16, Option<Guid>)>,
    /// The database of its first set; empty without one.
    pub database: String,
    /// Why it is no backup that can be read.
    pub error: Option<Error>,
}

impl Found {
    /// Marks as pinned what restores of this machine need that have not ended.
    fn hold_for_restores(&mut self) {
        for Open { journal, runs } in open_journals(None) {
            let began = journal.began.format("%Y-%m-%dT%H:%M:%SZ");
            let how = if runs { "runs" } else { "was broken off; run Repair-PGDatabase" };
            let reason = format!("the restore of `{}` of {began} needs it, which {how}", journal.database);
            let own = [&journal.copy, &journal.copying, &journal.tail];
            for file in &mut self.files {
                let is_step = |guid: &Guid| journal.steps.iter().any(|step| step.set == Some(*guid));
                let is_own = own.iter().any(|own| own.as_deref() == Some(file.fact.file.as_str()));
                if is_own || file.sets.iter().filter_map(|(_, guid)| guid.as_ref()).any(is_step) {
                    file.fact.pinned.get_or_insert_with(|| reason.clone());
                }
            }
        }
    }

    /// The folders that hold the files.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let holding = self.files.iter().filter_map(|file| Path::new(&file.fact.file).parent());
        holding.map(Path::to_owned).collect()
    }
}
