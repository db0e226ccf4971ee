//! The steps on a disk that a removal takes, one by one, so that a test can stop after any of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error};

/// The steps. Each is done or not done when the machine stops; none is done by half.
pub trait Disk: Send + Sync {
    /// Makes a folder, unless it is there.
    ///
    /// # Errors
    /// Those of the operating system, as for all of these.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name on its volume. The name is free.
    ///
    /// # Errors
    /// As above.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name.
    ///
    /// # Errors
    /// As above, and [`io::ErrorKind::AlreadyExists`] if the name is taken: nothing is overwritten.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a name of a file.
    ///
    /// # Errors
    /// As above.
    fn delete(&self, path: &Path) -> io::Result<()>;

    /// Adds a line to a file; it is on the disk when this returns. A half line at its end is ended first.
    ///
    /// # Errors
    /// As above.
    fn append(&self, path: &Path, line: &str) -> io::Result<()>;

    /// Has names that changed in a folder reach the disk, where the system knows such a thing.
    fn settle(&self, folder: &Path);
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineDisk;

impl Disk for MachineDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn append(&self, path: &Path, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let torn = match file.seek(SeekFrom::End(-1)) {
            Ok(_) => {
                let mut last = [0];
                file.read_exact(&mut last)?;
                last != [b'\n']
            }
            // An empty file has no last byte.
            Err(_) => false,
        };
        let start = if torn { "\n" } else { "" };
        // One write, so that not even a line feed stands alone.
        file.write_all(format!("{start}{line}").as_bytes())?;
        file.sync_all()
    }

    fn settle(&self, folder: &Path) {
        // A folder can be opened as a file on Unix only; Windows journals names itself.
        if cfg!(unix) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }
}

/// Writes a whole small file: under another name first, so that nobody ever sees half of it.
pub(in crate::ops) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut half = path.as_os_str().to_owned();
    half.push(format!(".{}.tmp", std::process::id()));
    let half = PathBuf::from(half);
    let written = File::create(&half).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&half, path));
    if placed.is_err() {
        let _ = fs::remove_file(&half);
    }
    placed
}

/// What the operating system refused, to what, and why.
pub(in crate::ops) fn refused(what: &str, path: &Path, error: &io::Error) -> Error {
    let shown = path.display().to_string();
    // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION have no stable names in `io::ErrorKind`.
    let in_use = cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33));
    let (code, hint) = match error.kind() {
        _ if in_use => (Code::Busy, Some("another program has it open; try again when it is closed")),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (Code::DiskFull, Some("make room on the disk, then try again; nothing was lost"))
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            (Code::Permission, Some("give this account the right to change files in the folder"))
        }
        io::ErrorKind::NotFound => (Code::FileNotFound, None),
        io::ErrorKind::AlreadyExists => (Code::Exists, None),
        _ => (Code::BackupDevice, None),
    };
    let mut refused = Error::new(code, format!("{what} `{shown}`: {error}")).target(shown);
    refused.hint = hint.map(str::to_owned);
    refused.retryable = in_use;
    refused
}
