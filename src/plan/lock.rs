//! One run at a time for a database, on this machine.
//!
//! The lock is the operating system's own, so that it ends with its process however that ends. Who
//! holds it stands in a file beside it, because Windows lets nobody read a locked one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::file_error;
use super::folders::make;
use crate::error::Result;

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    holder: PathBuf,
}

impl RunLock {
    /// Takes the lock of a key; `None` if another run holds it. `me` tells others who holds it.
    ///
    /// # Errors
    ///
    /// The lock file cannot be made.
    pub fn take(state: &Path, key: &str, me: &str) -> Result<Option<RunLock>> {
        let folder = state.join("locks");
        make(&folder)?;
        let path = folder.join(format!("{key}.lock"));
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(|error| file_error("the lock file cannot be opened:", &path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(file_error("the file system takes no lock on", &path, &error));
            }
        }
        let holder = holder_file(state, key);
        // Only for the message of another run; the lock itself does not need it.
        fs::write(&holder, me).ok();
        Ok(Some(RunLock { _file: file, holder }))
    }

    /// Who holds the lock of a key, as far as it was written down.
    pub fn holder(state: &Path, key: &str) -> Option<String> {
        let text = fs::read_to_string(holder_file(state, key)).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // While the lock is still held, so that no other run's word is removed.
        fs::remove_file(&self.holder).ok();
    }
}

fn holder_file(state: &Path, key: &str) -> PathBuf {
    state.join("locks").join(format!("{key}.holder"))
}

/// A file name for a database of a server: the same in any case.
pub fn lock_key(server: &str, database: &str) -> String {
    let digest = Sha256::digest(format!("{}\0{}", server.to_lowercase(), database.to_lowercase()));
    digest.iter().take(12).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_is_named() {
        let state = tempfile::tempdir().expect("a folder");
        let key = lock_key(".\\X", "Db");
        assert_eq!(key, lock_key(".\\x", "DB"));
        let first = RunLock::take(state.path(), &key, "process 1").expect("a lock").expect("free");
        assert!(RunLock::take(state.path(), &key, "process 2").expect("no error").is_none());
        assert_eq!(RunLock::holder(state.path(), &key).as_deref(), Some("process 1"));
        drop(first);
        assert_eq!(RunLock::holder(state.path(), &key), None);
        assert!(RunLock::take(state.path(), &key, "process 2").expect("no error").is_some());
    }

    #[test]
    fn of_many_threads_one_gets_it() {
        let state = tempfile::tempdir().expect("a folder");
        for _ in 0..50 {
            let barrier = std::sync::Barrier::new(4);
            let got: usize = std::thread::scope(|scope| {
                let one = || {
                    barrier.wait();
                    let lock = RunLock::take(state.path(), "k", "x").expect("no error");
                    // Nobody lets go before all have tried.
                    barrier.wait();
                    usize::from(lock.is_some())
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
            });
            assert_eq!(got, 1);
        }
    }
}
