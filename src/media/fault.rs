//! What stopped the reading of a medium, and where.

use std::fmt;
use std::io;

/// A place where a medium cannot be read as it should be, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte offset in the file.
    pub offset: u64,
    /// Position of the set it lies in; `None` if that is not known.
    pub position: Option<u16>,
    /// What is wrong there.
    pub cause: Cause,
}

/// What can be wrong with a medium.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The file ends before the structure does: cut off, still being written, or an interrupted backup.
    #[error("the file ends inside {what}")]
    Cut {
        /// The structure.
        what: &'static str,
    },
    /// Bytes that contradict the format.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// The structure.
        what: &'static str,
        /// The contradiction.
        why: String,
    },
    /// A kind of medium, record or type that this reader does not know.
    #[error("{what} is not supported")]
    Unsupported {
        /// The kind.
        what: String,
    },
    /// The operating system refused to read.
    #[error("the file could not be read: {text}")]
    Io {
        /// The kind of refusal.
        kind: io::ErrorKind,
        /// The operating system's words.
        text: String,
    },
    /// The file has grown since it was opened.
    #[error("the file is being written: it grew from {from} to {to} bytes while it was read")]
    Growing {
        /// Bytes when it was opened.
        from: u64,
        /// Bytes now.
        to: u64,
    },
}

impl Fault {
    pub(crate) fn cut(offset: u64, what: &'static str) -> Fault {
        Fault { offset, position: None, cause: Cause::Cut { what } }
    }

    pub(crate) fn damaged(offset: u64, what: &'static str, why: impl Into<String>) -> Fault {
        Fault { offset, position: None, cause: Cause::Damaged { what, why: why.into() } }
    }

    pub(crate) fn unsupported(offset: u64, what: impl Into<String>) -> Fault {
        Fault { offset, position: None, cause: Cause::Unsupported { what: what.into() } }
    }

    pub(crate) fn io(offset: u64, error: &io::Error) -> Fault {
        Fault { offset, position: None, cause: Cause::Io { kind: error.kind(), text: error.to_string() } }
    }

    /// Whether the file merely ends too early, with nothing contradicting the format before.
    pub fn is_cut(&self) -> bool {
        matches!(self.cause, Cause::Cut { .. } | Cause::Growing { .. })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.cause, self.offset)
    }
}
