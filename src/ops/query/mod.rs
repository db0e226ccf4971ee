//! Lists databases, backup sets, their files and labels: by the server, or, for backup files on
//! this machine, without any.

mod local;
mod search;
pub(super) mod server;
mod state;

pub(super) use local::{of_media, run as run_local};
pub(super) use search::search;
pub use state::StateRow;

use crate::media::{Container, FilePages};
use crate::model::BackupSet;
use crate::ops::Source;
use crate::sql::HistoryFilter;

/// What to list.
#[derive(Clone, Debug)]
pub enum QueryCommand {
    /// The backup sets of files.
    BackupSets(FilesQuery),
    /// The files of the database in one backup set.
    FileList(Source),
    /// The labels of files.
    Labels(FilesQuery),
    /// Databases by name; all without names.
    Databases(Vec<String>),
    /// What state databases are in, and who is at them, by name; all without names.
    States(StatesQuery),
    /// Backups that the server remembers.
    History(HistoryFilter),
}

/// The databases whose state is asked for.
#[derive(Clone, Debug, Default)]
pub struct StatesQuery {
    /// By name; all without names.
    pub names: Vec<String>,
    /// Where this machine's journals of restores lie; `None`: the usual place.
    pub journal_directory: Option<String>,
}

/// The files to look into.
#[derive(Clone, Debug)]
pub struct FilesQuery {
    /// Paths as the server sees them; without a server files, folders and patterns of this machine.
    pub files: Vec<String>,
    /// Go into the folders of a folder. Without a server only.
    pub recurse: bool,
    /// A folder or pattern without any file is no error. Without a server only.
    pub allow_none: bool,
    /// Read every set to its end for its digest. Without a server only.
    pub digest: bool,
}

/// A backup set and the file that holds it.
#[derive(Clone, Debug)]
pub struct SetOfFile {
    /// The file.
    pub file: String,
    /// All its files, one a stripe, where the server told them.
    pub files: Vec<String>,
    /// The set.
    pub set: BackupSet,
    /// What only the bytes tell, where the file was read on this machine.
    pub facts: Option<BytesOfSet>,
}

/// What the bytes of a set tell beyond the columns of `RESTORE HEADERONLY`.
#[derive(Clone, Debug)]
pub struct BytesOfSet {
    /// How the file is packed.
    pub container: Container,
    /// Byte in the file where the set begins.
    pub offset: u64,
    /// Bytes of the file that it takes.
    pub length: u64,
    /// Why it is not whole; `None`: it is.
    pub incomplete: Option<String>,
    /// Whether the file would be a whole medium if it ended after this set.
    pub can_cut_after: bool,
    /// What the server's clock added to UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// Pages of each file in the whole set, all stripes together.
    pub pages: Vec<FilePages>,
    /// Names of the filegroups.
    pub file_groups: Vec<String>,
    /// Stripes of the media set, and which one this file is.
    pub family: Option<(i32, i32)>,
    /// SHA-256 of its bytes in the file, where it was asked for.
    pub sha256: Option<String>,
}
