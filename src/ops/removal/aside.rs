//! Files that are moved aside instead of deleted: into a folder `.pgb-removed` beside them, on the
//! same volume, each step told by the journal in there before and after.
//!
//! Stopped at any step, a file is where it was or aside, and [`Aside::settle`] brings a unit that
//! was moved by half back where it was.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::disk::{Disk, refused};
use crate::error::{Code, Error, Result};
use crate::model::Guid;
use crate::wire::kept::{JournalLine, RemovedFile, journal_line, read_journal};

/// The folder of removed files, in each folder that had some.
pub const ASIDE: &str = ".pgb-removed";

/// The journal in it.
const JOURNAL: &str = "journal.jsonl";

/// A file that is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Going {
    /// Full path.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Whose backups it holds.
    pub database: String,
    /// `BackupSetGUID` of its sets.
    pub sets: Vec<Guid>,
    /// Why it goes.
    pub reason: String,
}

/// A file that was moved aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsideFile {
    /// Where it was.
    pub path: PathBuf,
    /// Where it is.
    pub kept: PathBuf,
    /// Bytes.
    pub size: u64,
    /// When it was moved, and from when on it may be deleted; `None` if no journal tells.
    pub times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Whose backups it holds; empty if no journal tells.
    pub database: String,
    /// `BackupSetGUID` of its sets.
    pub sets: Vec<Guid>,
}

/// What is in a folder of removed files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsideContent {
    /// The files, by name.
    pub files: Vec<AsideFile>,
    /// Removals that were broken off.
    pub unfinished: usize,
    /// The first line of the journal that could not be read.
    pub bad_line: Option<usize>,
}

/// Moves files aside and back.
#[derive(Clone, Copy, Debug)]
pub struct Aside<'d, D> {
    disk: &'d D,
}

/// A removal as its first line told it.
struct Removal {
    id: Guid,
    unit: Vec<String>,
    files: Vec<RemovedFile>,
}

impl<'d, D: Disk> Aside<'d, D> {
    /// On a disk.
    pub fn new(disk: &'d D) -> Aside<'d, D> {
        Aside { disk }
    }

    /// Moves all files of a unit aside, or none. The caller holds the locks of their folders.
    ///
    /// # Errors
    /// What the operating system refused; the files are where they were.
    pub fn remove(&self, unit: &[Going], at: DateTime<Utc>, keep_until: DateTime<Utc>) -> Result<()> {
        let id = Guid::from_u128(random());
        let members: Vec<String> = unit.iter().map(|going| going.path.display().to_string()).collect();
        let mut moves: Vec<(PathBuf, PathBuf)> = Vec::new();
        let mut folders: Vec<(PathBuf, Vec<RemovedFile>)> = Vec::new();
        for going in unit {
            let (folder, name) = split(&going.path)?;
            let taken: Vec<&PathBuf> = moves.iter().map(|(_, to)| to).collect();
            let kept_as = free_name(&folder.join(ASIDE), &name, &taken);
            moves.push((going.path.clone(), folder.join(ASIDE).join(&kept_as)));
            let file = RemovedFile {
                name,
                kept_as,
                size: going.size,
                database: going.database.clone(),
                sets: going.sets.clone(),
                reason: going.reason.clone(),
            };
            match folders.iter_mut().find(|(known, _)| *known == folder) {
                Some((_, files)) => files.push(file),
                None => folders.push((folder, vec![file])),
            }
        }
        for (folder, files) in &folders {
            let aside = folder.join(ASIDE);
            self.disk.create_folder(&aside).map_err(|error| refused("making the folder", &aside, &error))?;
            let line = JournalLine::Remove { id, at, keep_until, unit: members.clone(), files: files.clone() };
            self.tell(folder, &line)?;
        }
        for (done, (from, to)) in moves.iter().enumerate() {
            if let Err(error) = self.disk.rename(from, to) {
                let error = refused("moving aside", from, &error);
                return Err(self.roll_back(id, &moves[..done], &folders, error));
            }
        }
        for (folder, _) in &folders {
            self.disk.settle(folder);
            self.disk.settle(&folder.join(ASIDE));
            // All files are aside. Should this line fail, the next run finds that out and adds it.
            let _ = self.tell(folder, &JournalLine::Removed { id });
        }
        Ok(())
    }

    fn roll_back(
        &self,
        id: Guid,
        moved: &[(PathBuf, PathBuf)],
        folders: &[(PathBuf, Vec<RemovedFile>)],
        error: Error,
    ) -> Error {
        for (from, to) in moved.iter().rev() {
            if let Err(again) = self.bring_back(to, from) {
                return error.cause(again).hint(format!(
                    "`{}` could not be moved back; it is safe in `{}`: run Undo-PGBackupRemoval",
                    from.display(),
                    to.display()
                ));
            }
        }
        for (folder, _) in folders {
            self.disk.settle(folder);
            let _ = self.tell(folder, &JournalLine::RolledBack { id });
        }
        error
    }

    /// Ends removals in a folder that were broken off: a unit of which all files are aside counts
    /// as removed, of any other the files come back. Returns how many there were.
    ///
    /// # Errors
    /// What the operating system refused.
    pub fn settle(&self, folder: &Path) -> Result<usize> {
        let (lines, _) = journal(folder)?;
        let unfinished = unfinished(&lines);
        for removal in &unfinished {
            let is_gone = |path: &Path| fs::symlink_metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
            let line = if removal.unit.iter().all(|member| is_gone(Path::new(member))) {
                JournalLine::Removed { id: removal.id }
            } else {
                for file in &removal.files {
                    let kept = folder.join(ASIDE).join(&file.kept_as);
                    if kept.exists() {
                        match self.bring_back(&kept, &folder.join(&file.name)) {
                            // A new file has the name: this one stays aside, to be seen and undone.
                            Err(error) if error.code == Code::Exists => {}
                            other => other?,
                        }
                    }
                }
                JournalLine::RolledBack { id: removal.id }
            };
            self.tell(folder, &line)?;
        }
        Ok(unfinished.len())
    }

    /// Puts a file back where it was.
    ///
    /// # Errors
    /// A new file has its name, or what the operating system refused; it stays aside then.
    pub fn undo(&self, file: &AsideFile, at: DateTime<Utc>) -> Result<()> {
        let (folder, kept_as) = place(file)?;
        self.tell(&folder, &JournalLine::Undo { at, kept_as: kept_as.clone() })?;
        self.bring_back(&file.kept, &file.path)?;
        self.disk.settle(&folder);
        self.tell(&folder, &JournalLine::Undone { kept_as })
    }

    /// Deletes a file for good.
    ///
    /// # Errors
    /// What the operating system refused.
    pub fn empty(&self, file: &AsideFile, at: DateTime<Utc>) -> Result<()> {
        let (folder, kept_as) = place(file)?;
        self.tell(&folder, &JournalLine::Empty { at, kept_as: kept_as.clone() })?;
        self.disk.delete(&file.kept).map_err(|error| refused("deleting", &file.kept, &error))?;
        self.disk.settle(&folder.join(ASIDE));
        self.tell(&folder, &JournalLine::Emptied { kept_as })
    }

    /// Gives a file its old name again, over nothing.
    fn bring_back(&self, kept: &Path, path: &Path) -> Result<()> {
        if is_same_file(kept, path) {
            // It has both names: a run before was stopped between the two steps below.
            return self.disk.delete(kept).map_err(|error| refused("moving back", kept, &error));
        }
        let taken = || {
            let shown = path.display();
            Error::new(Code::Exists, format!("`{shown}` is not put back: another file has its name now"))
                .hint(format!("rename the new file, then undo again; the removed one is `{}`", kept.display()))
                .target(shown.to_string())
        };
        if path.exists() {
            return Err(taken());
        }
        // A second name is refused where the name is taken; a rename would overwrite on Unix.
        match if cfg!(unix) { self.disk.link(kept, path) } else { Err(io::ErrorKind::Unsupported.into()) } {
            Ok(()) => self.disk.delete(kept).map_err(|error| refused("moving back", kept, &error)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
            // Volumes without hard links, and Windows, which does not replace a file that is open.
            Err(_) => self.disk.rename(kept, path).map_err(|error| refused("moving back", kept, &error)),
        }
    }

    fn tell(&self, folder: &Path, line: &JournalLine) -> Result<()> {
        let path = folder.join(ASIDE).join(JOURNAL);
        self.disk.append(&path, &journal_line(line)).map_err(|error| refused("writing the journal", &path, &error))
    }
}

/// What is aside in a folder. A folder that never had anything removed has nothing.
///
/// # Errors
/// The folder of removed files or its journal cannot be read.
pub fn content(folder: &Path) -> Result<AsideContent> {
    let aside = folder.join(ASIDE);
    let entries = match fs::read_dir(&aside) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(AsideContent::default()),
        Err(error) => return Err(refused("reading", &aside, &error)),
    };
    let (lines, bad_line) = journal(folder)?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| refused("reading", &aside, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(metadata) = entry.metadata().ok().filter(|data| data.is_file() && name != JOURNAL) else { continue };
        let told = lines.iter().rev().find_map(|line| match line {
            JournalLine::Remove { at, keep_until, files, .. } => {
                files.iter().find(|file| file.kept_as == name).map(|file| (*at, *keep_until, file))
            }
            _ => None,
        });
        files.push(AsideFile {
            path: folder.join(told.map_or(name.as_str(), |(_, _, file)| file.name.as_str())),
            kept: entry.path(),
            size: metadata.len(),
            times: told.map(|(at, keep_until, _)| (at, keep_until)),
            database: told.map(|(_, _, file)| file.database.clone()).unwrap_or_default(),
            sets: told.map(|(_, _, file)| file.sets.clone()).unwrap_or_default(),
        });
    }
    files.sort_by(|one, two| one.kept.cmp(&two.kept));
    Ok(AsideContent { files, unfinished: unfinished(&lines).len(), bad_line })
}

fn journal(folder: &Path) -> Result<(Vec<JournalLine>, Option<usize>)> {
    let path = folder.join(ASIDE).join(JOURNAL);
    match fs::read(&path) {
        Ok(bytes) => Ok(read_journal(&String::from_utf8_lossy(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), None)),
        Err(error) => Err(refused("reading the journal", &path, &error)),
    }
}

/// Removals without their last line.
fn unfinished(lines: &[JournalLine]) -> Vec<Removal> {
    let mut open: Vec<Removal> = Vec::new();
    for line in lines {
        match line {
            JournalLine::Remove { id, unit, files, .. } => {
                open.push(Removal { id: *id, unit: unit.clone(), files: files.clone() });
            }
            JournalLine::Removed { id } | JournalLine::RolledBack { id } => open.retain(|removal| removal.id != *id),
            _ => {}
        }
    }
    open
}

fn split(path: &Path) -> Result<(PathBuf, String)> {
    // A name that is no Unicode could not be written into the journal and found again.
    let parts = path.parent().zip(path.file_name().and_then(|name| name.to_str()));
    parts.map(|(folder, name)| (folder.to_owned(), name.to_owned())).ok_or_else(|| {
        let shown = path.display().to_string();
        Error::new(Code::Name, format!("`{shown}` has no name that could be written down")).target(shown)
    })
}

/// The folder that a removed file is of, and its name aside.
fn place(file: &AsideFile) -> Result<(PathBuf, String)> {
    Ok((split(&file.path)?.0, split(&file.kept)?.1))
}

/// A name that nothing in the folder of removed files has, nor will have.
fn free_name(aside: &Path, name: &str, taken: &[&PathBuf]) -> String {
    let is_free = |candidate: &String| {
        let path = aside.join(candidate);
        candidate != JOURNAL && fs::symlink_metadata(&path).is_err() && !taken.contains(&&path)
    };
    let numbered = (2_u64..).map(|number| format!("{name}~{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(unix)]
fn is_same_file(one: &Path, two: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::symlink_metadata(one), fs::symlink_metadata(two)) {
        (Ok(one), Ok(two)) => (one.dev(), one.ino()) == (two.dev(), two.ino()),
        _ => false,
    }
}

/// Without hard links no file has two names.
#[cfg(not(unix))]
fn is_same_file(_: &Path, _: &Path) -> bool {
    false
}

/// A number that no other removal has: the process, the time and a counter, mixed by the
/// standard library's random keys.
fn random() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = |salt: u8| u128::from(RandomState::new().hash_one((salt, std::process::id(), Utc::now())));
    half(0) << 64 | half(1)
}
