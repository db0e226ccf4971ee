//! Handles: numbers in the shape of pointers.
//!
//! A handle is never dereferenced; it is looked up. A stale, foreign or made-up one is an error
//! instead of undefined behaviour. Numbers are not used twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use once_cell::sync::Lazy;

use crate::error::{Code, Error, Result};
use crate::ops::OperationJob;
use crate::sql::Options;

/// A server and how to log in to it. Made by `pgb_server_new`, freed by `pgb_server_free`.
pub struct PgbServer {
    _opaque: [u8; 0],
}

/// Work in the background. Made by a `pgb_..._start`, freed by `pgb_job_free`.
pub struct PgbJob {
    _opaque: [u8; 0],
}

/// The low bits of a handle tell its kind, so that one kind is never taken for the other.
const KINDS: usize = 8;

/// All living handles of one kind.
pub(super) struct Handles<T> {
    kind: usize,
    next: AtomicUsize,
    living: RwLock<HashMap<usize, T>>,
}

impl<T: Clone> Handles<T> {
    fn new(kind: usize) -> Handles<T> {
        Handles { kind, next: AtomicUsize::new(1), living: RwLock::new(HashMap::new()) }
    }

    /// A new handle.
    pub(super) fn insert(&self, value: T) -> usize {
        let handle = self.next.fetch_add(1, Ordering::Relaxed) * KINDS + self.kind;
        self.living.write().unwrap_or_else(PoisonError::into_inner).insert(handle, value);
        handle
    }

    /// What a handle stands for.
    pub(super) fn get(&self, name: &str, handle: usize) -> Result<T> {
        if handle == 0 {
            return Err(Error::new(Code::Argument, format!("`{name}` is NULL")).target(name));
        }
        let living = self.living.read().unwrap_or_else(PoisonError::into_inner);
        living.get(&handle).cloned().ok_or_else(|| {
            Error::new(
                Code::Handle,
                format!("`{name}` is not a living handle of its kind: it was freed, or never was one"),
            )
            .target(name)
        })
    }

    /// Forgets a handle.
    pub(super) fn remove(&self, handle: usize) -> Option<T> {
        self.living.write().unwrap_or_else(PoisonError::into_inner).remove(&handle)
    }
}

/// All servers.
pub(super) static SERVERS: Lazy<Handles<Options>> = Lazy::new(|| Handles::new(1));

/// All jobs.
pub(super) static JOBS: Lazy<Handles<OperationJob>> = Lazy::new(|| Handles::new(2));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_lives_until_it_is_removed() {
        let handles: Handles<&str> = Handles::new(3);
        let handle = handles.insert("x");
        assert_eq!(handles.get("h", handle), Ok("x"));
        assert_eq!(handles.remove(handle), Some("x"));
        assert_eq!(handles.get("h", handle).map_err(|error| error.code), Err(Code::Handle));
        assert_eq!(handles.get("h", 0).map_err(|error| error.code), Err(Code::Argument));
        assert_eq!(handles.remove(handle), None);
        assert_ne!(handles.insert("y"), handle);
    }
}
