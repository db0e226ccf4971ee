//! One change of a folder at a time, and files that others have open.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};
use crate::ops::removal::refused;

/// The file that is locked while a folder is changed. It stays, empty; the lock goes with its process.
pub const LOCK: &str = ".pgb-lock";

/// The locks of several folders. They end when this is dropped, or with the process.
#[derive(Debug)]
pub(in crate::ops) struct FolderLocks {
    _files: Vec<File>,
}

impl FolderLocks {
    /// Locks folders, in the order of their names so that two runs cannot wait for each other.
    /// `optional` ones are left out where nothing can be written: there nothing can be removed
    /// by this account either.
    ///
    /// # Errors
    /// [`Code::Busy`] if another run has one of them, or what the operating system refused.
    pub fn take(needed: &BTreeSet<PathBuf>, optional: &BTreeSet<PathBuf>) -> Result<FolderLocks> {
        let mut files = Vec::new();
        for folder in needed.union(optional) {
            match lock(folder) {
                Ok(file) => files.push(file),
                Err(error) if error.code == Code::Permission && !needed.contains(folder) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(FolderLocks { _files: files })
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| refused("making the lock", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let shown = folder.display().to_string();
            Err(Error::new(Code::Busy, format!("another run of PGBackup is changing `{shown}` at this moment"))
                .hint("wait until it has ended, then try again")
                .target(shown)
                .retryable())
        }
        Err(TryLockError::Error(error)) => Err(refused("locking", &path, &error)),
    }
}

/// Whether somebody else has the file open in a way that forbids to move it: on Windows for
/// writing, elsewhere with a lock on it.
pub(in crate::ops) fn is_open_elsewhere(path: &Path) -> bool {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        // FILE_SHARE_READ | FILE_SHARE_DELETE: refused while anybody may write.
        options.share_mode(1 | 4);
        options.open(path).is_err_and(|error: io::Error| matches!(error.raw_os_error(), Some(32 | 33)))
    }
    #[cfg(not(windows))]
    {
        let locked = options.open(path).map(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
        locked.unwrap_or_else(|error: io::Error| error.kind() == io::ErrorKind::ResourceBusy)
    }
}
