//! Knobs for tests: slowness, failing disks, locks and crashes.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What an operating system refuses with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OsError {
    /// 2, `The system cannot find the file specified.`
    FileNotFound,
    /// 3, `The system cannot find the path specified.`
    PathNotFound,
    /// 5, `Access is denied.`
    AccessDenied,
    /// 23, `Data error (cyclic redundancy check).`
    Crc,
    /// 32, `The process cannot access the file because it is being used by another process.`
    SharingViolation,
    /// 53, `The network path was not found.`
    NetworkPath,
    /// 67, `The network name cannot be found.`
    NetworkName,
    /// 112, `There is not enough space on the disk.`
    DiskFull,
    /// 123, `The filename, directory name, or volume label syntax is incorrect.`
    InvalidName,
}

impl OsError {
    /// The Windows error number.
    pub const fn number(self) -> u32 {
        match self {
            OsError::FileNotFound => 2,
            OsError::PathNotFound => 3,
            OsError::AccessDenied => 5,
            OsError::Crc => 23,
            OsError::SharingViolation => 32,
            OsError::NetworkPath => 53,
            OsError::NetworkName => 67,
            OsError::DiskFull => 112,
            OsError::InvalidName => 123,
        }
    }

    /// The Windows text.
    pub const fn text(self) -> &'static str {
        match self {
            OsError::FileNotFound => "The system cannot find the file specified.",
            OsError::PathNotFound => "The system cannot find the path specified.",
            OsError::AccessDenied => "Access is denied.",
            OsError::Crc => "Data error (cyclic redundancy check).",
            OsError::SharingViolation => {
                "The process cannot access the file because it is being used by another process."
            }
            OsError::NetworkPath => "The network path was not found.",
            OsError::NetworkName => "The network name cannot be found.",
            OsError::DiskFull => "There is not enough space on the disk.",
            OsError::InvalidName => "The filename, directory name, or volume label syntax is incorrect.",
        }
    }
}

/// The knobs of one engine; all may be turned while it runs.
#[derive(Debug, Default)]
pub struct Faults {
    state: Mutex<State>,
    extent_pause_us: AtomicU64,
    at_extent: Mutex<Option<AtExtent>>,
}

/// What a test does when a backup or restore has done so many extents.
struct AtExtent {
    extent: u64,
    act: Box<dyn FnOnce() + Send>,
}

impl std::fmt::Debug for AtExtent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtExtent").field("extent", &self.extent).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct State {
    fail_write: Option<(u64, OsError)>,
    fail_read: Option<(u64, OsError)>,
    crash_at: Option<u64>,
    folders: HashMap<String, OsError>,
    free: HashMap<String, u64>,
    transitions: HashSet<String>,
}

impl Faults {
    /// Waits this long after each extent of a backup or restore; zero turns it off.
    pub fn pause_per_extent(&self, pause: Duration) {
        self.extent_pause_us.store(u64::try_from(pause.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Has `act` called when the next backup, restore or verification is to do its extent number
    /// `extent`, counted from 0, on the thread that works. One shot.
    pub fn at_extent(&self, extent: u64, act: impl FnOnce() + Send + 'static) {
        let mut place = self.at_extent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *place = Some(AtExtent { extent, act: Box::new(act) });
    }

    /// An extent is about to be done.
    pub(crate) fn on_extent(&self, extent: u64) {
        let mut place = self.at_extent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = place.take_if(|at| at.extent <= extent);
        drop(place);
        if let Some(at) = due {
            (at.act)();
        }
    }

    /// Makes the next write to media that reaches byte `at` of its file fail. One shot.
    pub fn fail_media_write(&self, at: u64, error: OsError) {
        self.lock().fail_write = Some((at, error));
    }

    /// Makes the next read of media that reaches byte `at` of its file fail. One shot.
    pub fn fail_media_read(&self, at: u64, error: OsError) {
        self.lock().fail_read = Some((at, error));
    }

    /// Leaves the next backup lie, without a word to its media, when it would write byte `at`: as a
    /// power cut does. One shot.
    pub fn crash_media_write(&self, at: u64) {
        self.lock().crash_at = Some(at);
    }

    /// Refuses to open a file, or anything below a folder, with `error` (5: read-only for the
    /// service account, 32: open elsewhere). `path` is a server path, in any case of letters.
    pub fn refuse_path(&self, path: &str, error: OsError) {
        self.lock().folders.insert(normal(path), error);
    }

    /// Takes back [`Faults::refuse_path`].
    pub fn allow_path(&self, path: &str) {
        self.lock().folders.remove(&normal(path));
    }

    /// Sets how many bytes are free on a volume (`D:`, or `/`); `None` takes the limit away.
    pub fn set_free_space(&self, volume: &str, bytes: Option<u64>) {
        let mut state = self.lock();
        match bytes {
            Some(bytes) => state.free.insert(normal(volume), bytes),
            None => state.free.remove(&normal(volume)),
        };
    }

    /// Holds a database between two states, as a slow `ALTER DATABASE` does: whoever wants it meets 952.
    pub fn hold_in_transition(&self, database: &str, on: bool) {
        let mut state = self.lock();
        if on {
            state.transitions.insert(database.to_lowercase());
        } else {
            state.transitions.remove(&database.to_lowercase());
        }
    }

    pub(crate) fn is_in_transition(&self, database: &str) -> bool {
        let state = self.lock();
        !state.transitions.is_empty() && state.transitions.contains(&database.to_lowercase())
    }

    /// Bytes free on a volume, when a limit was set.
    pub fn free_space(&self, volume: &str) -> Option<u64> {
        self.lock().free.get(&normal(volume)).copied()
    }

    /// What opening this path is refused with, by itself or by a folder above it.
    pub(crate) fn refused(&self, path: &str) -> Option<OsError> {
        let path = normal(path);
        let state = self.lock();
        state
            .folders
            .iter()
            .find(|(folder, _)| path == **folder || path.starts_with(&format!("{}/", folder.trim_end_matches('/'))))
            .map(|(_, error)| *error)
    }

    /// The pause after each extent.
    pub(crate) fn extent_pause(&self) -> Duration {
        Duration::from_micros(self.extent_pause_us.load(Ordering::Relaxed))
    }

    /// What a write to media that ends at byte `end` meets.
    pub(crate) fn on_media_write(&self, end: u64) -> WriteFault {
        let mut state = self.lock();
        if state.crash_at.is_some_and(|at| end > at) {
            return WriteFault::Crash(state.crash_at.take().unwrap_or(end));
        }
        match state.fail_write {
            Some((at, error)) if end > at => {
                state.fail_write = None;
                WriteFault::Fail(at, error)
            }
            _ => WriteFault::None,
        }
    }

    /// What a read of media that ends at byte `end` meets.
    pub(crate) fn on_media_read(&self, end: u64) -> Option<OsError> {
        let mut state = self.lock();
        match state.fail_read {
            Some((at, error)) if end > at => {
                state.fail_read = None;
                Some(error)
            }
            _ => None,
        }
    }

    /// Takes bytes off the free space of a volume; false when there are not enough.
    pub(crate) fn use_space(&self, volume: &str, bytes: u64) -> bool {
        let mut state = self.lock();
        match state.free.get_mut(&normal(volume)) {
            Some(free) if *free < bytes => false,
            Some(free) => {
                *free -= bytes;
                true
            }
            None => true,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a write to media meets: nothing, an error after so many bytes of the file, or the end of everything there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteFault {
    None,
    Fail(u64, OsError),
    Crash(u64),
}

/// One spelling for one path: lower case, `/` between parts, none at the end.
fn normal(path: &str) -> String {
    let mut text = path.to_lowercase().replace('\\', "/");
    while text.len() > 1 && text.ends_with('/') {
        text.pop();
    }
    text
}
