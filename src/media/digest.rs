//! The digest of a set: its bytes in the file, by SHA-256.

use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::error::{MediaError, MediaErrorKind};
use super::set::SetEntry;
use super::source::Source;
use super::view::{Buffer, read_exact};
use super::watch::{Progress, Stop, Watch};

/// Bytes read at a time.
const AT_ONCE: usize = 256 * 1024;

/// SHA-256 of the bytes that a set takes in its file, from [`SetEntry::offset`] over
/// [`SetEntry::length`] bytes. Two files that hold the same set at another place differ in it, because
/// a set names its own place.
///
/// # Errors
/// Reading failed, the file has become shorter, or `progress` cancelled.
pub fn digest(
    source: &dyn Source,
    set: &SetEntry,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<[u8; 32], MediaError> {
    let mut watch = Watch::new(0, set.length, progress);
    let mut sha = Sha256::new();
    let mut buffer = Buffer::default();
    let mut done = 0;
    while done < set.length {
        let length = usize::try_from(set.length - done).unwrap_or(usize::MAX).min(AT_ONCE);
        let bytes = buffer.bytes(length);
        read_exact(source, set.offset + done, bytes, "a backup set")
            .map_err(|fault| MediaError::from_fault(source.name(), fault))?;
        sha.update(bytes);
        done += length as u64;
        watch.reached(done).map_err(|stop| match stop {
            Stop::Cancelled => MediaError::new(source.name(), MediaErrorKind::Cancelled),
            Stop::Io(fault) => MediaError::from_fault(source.name(), fault),
        })?;
    }
    Ok(sha.finalize().into())
}
