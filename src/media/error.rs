//! Why a file could not be read as a backup medium at all.

use std::fmt;
use std::io;

use super::container::Foreign;
use super::fault::{Cause, Fault};

/// A file that could not be read as a backup medium: which, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaError {
    /// The file, folder or pattern, as the caller named it.
    pub name: String,
    /// Why.
    pub kind: MediaErrorKind,
}

/// Why a file could not be read as a backup medium.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaErrorKind {
    /// No such file, folder or network path.
    #[error("it does not exist")]
    NotFound,
    /// This account may not read it.
    #[error("access is denied")]
    Denied,
    /// A folder where a file is expected.
    #[error("it is a folder")]
    Folder,
    /// A device, pipe or socket.
    #[error("it is a {what}, not a file")]
    NotAFile {
        /// What it is.
        what: &'static str,
    },
    /// Another process holds it without sharing; SQL Server does so while it writes a backup.
    #[error("another process is using it")]
    InUse,
    /// Symbolic links that lead in a circle.
    #[error("its symbolic links lead in a circle")]
    LinkLoop,
    /// Any other refusal of the operating system.
    #[error("it could not be opened: {text}")]
    Io {
        /// The kind of refusal.
        kind: io::ErrorKind,
        /// The operating system's words.
        text: String,
    },
    /// Something other than a SQL Server backup that this library can read.
    #[error("{0}")]
    Foreign(Foreign),
    /// A backup medium whose beginning cannot be read.
    #[error("{0}")]
    Fault(Fault),
    /// There is no such set in the file.
    #[error("it has no backup set at position {position}: it holds {count}")]
    NoSuchSet {
        /// The position asked for.
        position: u16,
        /// How many sets the file holds.
        count: usize,
    },
    /// Files that were given as the stripes of one set but are not.
    #[error("{0}")]
    NotStripes(String),
    /// A pattern that matches no file.
    #[error("no file matches")]
    NoMatch,
    /// A pattern that cannot be understood.
    #[error("the pattern is not valid: {0}")]
    BadPattern(String),
    /// The caller stopped the work.
    #[error("cancelled")]
    Cancelled,
}

impl MediaError {
    pub(crate) fn new(name: impl Into<String>, kind: MediaErrorKind) -> MediaError {
        MediaError { name: name.into(), kind }
    }

    pub(crate) fn from_fault(name: impl Into<String>, fault: Fault) -> MediaError {
        MediaError::new(name, MediaErrorKind::Fault(fault))
    }

    /// The kind for an error of opening or walking.
    pub(crate) fn from_io(name: impl Into<String>, error: &io::Error) -> MediaError {
        MediaError::new(name, kind_of(error, cfg!(windows)))
    }

    /// What the reader of the message can do next, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.kind {
            MediaErrorKind::NotFound => Some("check the path and that the drive or share is connected"),
            MediaErrorKind::Denied => {
                Some("give this account read permission; a backup belongs to SQL Server's service account")
            }
            MediaErrorKind::Folder => Some("name the files in it, or ask for the folder"),
            MediaErrorKind::InUse => Some("wait until the backup that writes it has ended"),
            MediaErrorKind::Foreign(foreign) => Some(foreign.hint()),
            MediaErrorKind::Fault(Fault { cause: Cause::Cut { .. }, .. }) => {
                Some("copy the file again, or wait until the backup that writes it has ended")
            }
            MediaErrorKind::Fault(Fault { cause: Cause::Damaged { .. }, .. }) => {
                Some("try another copy of the file; RESTORE of this one will fail")
            }
            MediaErrorKind::Fault(Fault { cause: Cause::Unsupported { .. }, .. }) => Some(
                "ask a SQL Server with RESTORE HEADERONLY; an encrypted backup is read by one that has its certificate",
            ),
            MediaErrorKind::NoMatch => Some("check the folder and the pattern; `*` does not cross folders, `**` does"),
            _ => None,
        }
    }
}

fn kind_of(error: &io::Error, is_windows: bool) -> MediaErrorKind {
    // ELOOP and ERROR_CANT_RESOLVE_FILENAME; ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION;
    // ERROR_INVALID_FUNCTION and ERROR_INVALID_PARAMETER, by which a device answers what kind of file it is:
    // `io::ErrorKind` has no stable names for them.
    let links = if is_windows { 1921 } else { libc::ELOOP };
    match (error.kind(), error.raw_os_error()) {
        (_, Some(code)) if code == links => MediaErrorKind::LinkLoop,
        (_, Some(32 | 33)) if is_windows => MediaErrorKind::InUse,
        (_, Some(1 | 87)) if is_windows => MediaErrorKind::NotAFile { what: "device or pipe" },
        (io::ErrorKind::NotFound, _) => MediaErrorKind::NotFound,
        (io::ErrorKind::PermissionDenied, _) => MediaErrorKind::Denied,
        (io::ErrorKind::IsADirectory, _) => MediaErrorKind::Folder,
        (kind, _) => MediaErrorKind::Io { kind, text: error.to_string() },
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.name, self.kind)
    }
}

impl std::error::Error for MediaError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_by_what_they_mean() {
        let os = io::Error::from_raw_os_error;
        let cases = [
            (io::ErrorKind::NotFound.into(), false, "it does not exist"),
            (io::ErrorKind::PermissionDenied.into(), false, "access is denied"),
            (io::ErrorKind::IsADirectory.into(), false, "it is a folder"),
            (os(libc::ELOOP), false, "its symbolic links lead in a circle"),
            (os(1921), true, "its symbolic links lead in a circle"),
            // SQL Server holds what it writes.
            (os(32), true, "another process is using it"),
            (os(33), true, "another process is using it"),
            (os(87), true, "it is a device or pipe, not a file"),
            (io::Error::other("the network name is gone"), true, "it could not be opened: the network name is gone"),
        ];
        for (error, is_windows, said) in cases {
            let error = MediaError::new(r"D:\x.bak", kind_of(&error, is_windows));
            assert_eq!(error.to_string(), format!(r"`D:\x.bak`: {said}"));
            use MediaErrorKind::{Io, LinkLoop, NotAFile};
            assert_eq!(error.hint().is_none(), matches!(error.kind, LinkLoop | NotAFile { .. } | Io { .. }));
        }
    }
}
