//! The journal of a restore on this machine, and the lock that lets one restore of a database run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;

use crate::error::{Code, Error, Result};
use crate::ops::check;
use crate::ops::removal::{Disk, MachineDisk, refused, write_whole};
use crate::plan::{Folders, RunLock, lock_key, refuse_if_open};
use crate::policy::restoring::Stage;
use crate::wire::kept::RestoreJournal;

/// A restore whose journal lies on this machine, and whether a process still works on it.
pub(in crate::ops) struct Open {
    pub(in crate::ops) journal: RestoreJournal,
    pub(in crate::ops) runs: bool,
}

/// The restores that this machine began and that have not ended. What cannot be read is left out: whoever
/// restores or repairs is told of it.
pub(in crate::ops) fn open(chosen: Option<&str>) -> Vec<Open> {
    let Ok(Folders { state, .. }) = Folders::of(chosen) else { return Vec::new() };
    let folder = state.join("restores");
    if refuse_if_open(&folder).is_err() {
        return Vec::new();
    }
    let files = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .filter_map(|path| {
            let journal = RestoreJournal::read(&fs::read_to_string(&path).ok()?).ok()?;
            let key = path.file_stem()?.to_str()?;
            let runs = RunLock::take(&state, key, &me()).is_ok_and(|lock| lock.is_none());
            Some(Open { journal, runs })
        })
        .collect()
}

/// The place of the journals, and the lock of one database of one server.
pub(super) struct Desk {
    folder: PathBuf,
    path: PathBuf,
    _lock: RunLock,
}

impl Desk {
    /// Takes the lock of a database. `server` tells the server from every other one.
    ///
    /// # Errors
    /// [`Code::Busy`] if another restore or repair of it runs, or what the file system refused.
    pub(super) fn take(chosen: Option<&str>, server: &str, database: &str) -> Result<Desk> {
        let told = |error: Error| Error {
            hint: Some("a restore needs a folder for its journal: name one with -JournalFolder".to_owned()),
            ..error
        };
        let state = Folders::of(chosen).map_err(told)?.state;
        let key = lock_key(&format!("restore {server}"), database);
        let me = format!("{} since {}", me(), Utc::now().format("%Y-%m-%dT%H:%M:%SZ"));
        let Some(lock) = RunLock::take(&state, &key, &me).map_err(told)? else {
            let holder = RunLock::holder(&state, &key).unwrap_or_else(|| "another process".to_owned());
            return Err(Error::new(
                Code::Busy,
                format!("a restore of the database `{database}` is running already: {holder}"),
            )
            .hint("wait for its end")
            .target(database)
            .retryable());
        };
        let folder = state.join("restores");
        fs::create_dir_all(&folder).map_err(|error| told(refused("making the folder", &folder, &error)))?;
        Ok(Desk { path: folder.join(format!("{key}.json")), folder, _lock: lock })
    }

    /// What a restore that was broken off left.
    ///
    /// # Errors
    /// The journal is there but cannot be read.
    pub(super) fn left(&self) -> Result<Option<RestoreJournal>> {
        // What it says is done with the rights of whoever repairs.
        refuse_if_open(&self.folder)?;
        refuse_if_open(&self.path)?;
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused("reading the journal", &self.path, &error)),
        };
        RestoreJournal::read(&text).map(Some).map_err(|why| {
            let shown = self.path.display().to_string();
            Error::new(Code::Corrupt, format!("the journal `{shown}` cannot be read: {why}"))
                .hint("use the release of PGBackup that wrote it")
                .target(shown)
        })
    }

    /// Where the journal lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a restore, or goes on with one.
    pub(super) fn open(self, journal: RestoreJournal) -> Keeper {
        Keeper { desk: self, journal }
    }
}

/// A journal in hand. Every change is on the disk before the step that it announces.
pub(super) struct Keeper {
    desk: Desk,
    pub(super) journal: RestoreJournal,
}

impl Keeper {
    /// Writes the journal: whole, or not at all.
    ///
    /// # Errors
    /// What the operating system refused.
    pub(super) fn write(&self) -> Result<()> {
        let path = &self.desk.path;
        write_whole(path, &self.journal.print()).map_err(|error| refused("writing the journal", path, &error))?;
        MachineDisk.settle(&self.desk.folder);
        Ok(())
    }

    /// Goes to another stage.
    ///
    /// # Errors
    /// See [`Keeper::write`].
    pub(super) fn stage(&mut self, stage: Stage) -> Result<()> {
        self.journal.set_stage(stage);
        self.write()
    }

    /// The database is given back: the journal goes, or waits for the services that are to run again.
    ///
    /// # Errors
    /// What the operating system refused.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.journal.services.is_empty() {
            return self.remove();
        }
        self.journal.ended = true;
        self.write()
    }

    /// Services were started; `left` are those that were not.
    ///
    /// # Errors
    /// What the operating system refused.
    pub(super) fn started(&mut self, left: Vec<String>) -> Result<()> {
        self.journal.services = left;
        if self.journal.ended { self.end() } else { self.write() }
    }

    /// Removes the journal, whatever it says.
    ///
    /// # Errors
    /// What the operating system refused.
    pub(super) fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.desk.path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused("removing the journal", &self.desk.path, &error)),
        }
        MachineDisk.settle(&self.desk.folder);
        Ok(())
    }
}

/// This process, for others to read.
pub(super) fn me() -> String {
    format!("process {} on {}", std::process::id(), check::machine())
}
