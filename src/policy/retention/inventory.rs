//! What was found on the disk, and what of it is the question.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};

use super::item::Refusal;
use crate::model::BackupSet;
use crate::policy::chain::ChainSet;
use crate::policy::chain::catalog::folded;

/// One file, whether or not it holds backups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFact {
    /// The path, as [`ChainSet::file`] has it.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// Why it is pinned, if it is.
    pub pinned: Option<String>,
    /// Whether somebody has it open.
    pub locked: bool,
    /// Whether there is a doubt about it: its sets could not be read to the end, it could not be
    /// opened, it changed while it was read. Such a file is not touched.
    pub unclear: Option<String>,
}

/// All that a plan is made from.
#[derive(Clone, Debug)]
pub struct Inventory<'a> {
    /// The sets, each with its file.
    pub sets: &'a [ChainSet],
    /// Every file of the folders. A file of a set that is not listed here is not touched.
    pub files: &'a [FileFact],
    /// Folders that could not be read in full: nothing at all is removed then.
    pub unread_folders: &'a [String],
    /// The moment of planning, with the offset of the machine's clock.
    pub now: DateTime<FixedOffset>,
}

impl Inventory<'_> {
    /// For each set the index of its file.
    pub(super) fn file_of_sets(&self) -> Result<Vec<usize>, Refusal> {
        let files: HashMap<&str, usize> =
            self.files.iter().enumerate().rev().map(|(at, file)| (file.file.as_str(), at)).collect();
        let of = |fact: &ChainSet| files.get(fact.file.as_str()).copied();
        self.sets.iter().map(|fact| of(fact).ok_or_else(|| Refusal::Unlisted(fact.file.clone()))).collect()
    }
}

/// Whose backups may be removed. Fields that are `None` do not choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PruneScope {
    /// Name of the database, in any case.
    pub database: Option<String>,
    /// Name of the server, in any case.
    pub server: Option<String>,
}

impl PruneScope {
    /// Whether a set is of the question, by its own header.
    pub fn holds(&self, header: &BackupSet) -> bool {
        let same =
            |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| folded(wanted) == folded(name));
        same(&self.database, &header.database_name)
            && same(&self.server, header.server_name.as_deref().unwrap_or_default())
    }
}
