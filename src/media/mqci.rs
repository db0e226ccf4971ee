//! The `MQCI` stream: the backup's own header, once at the front (`MSCI`), once at the back (`MSLS`).
//!
//! A sequence of chunks, each a name of four bytes and a u32 length that counts both:
//!
//! | chunk | how many | holds | file |
//! |---|---|---|---|
//! | `SCIN` | 1 | the backup and its database | [`scin`](super::scin) |
//! | `SFGI` | one a filegroup | the filegroup | [`sfgi`](super::sfgi) |
//! | `SFIN` | one a file | the file | [`sfin`](super::sfin) |
//!
//! The back copy is final: it alone has the finish date and the last sizes. (bak-format 3.)

use super::fault::Fault;
use super::fields::Fields;
use super::scin::Scin;
use super::sfgi::{self, FileGroup};
use super::sfin::Sfin;
use super::view::{View, Window};
use super::walker::Stream;

/// Longest chunk: names are at most 64 KiB each, of which there are two.
const LONGEST_CHUNK: usize = 256 * 1024;
/// Most files and filegroups SQL Server allows a database: 32,767 of each.
const MOST_CHUNKS: usize = 65_536;

/// A decoded header.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mqci {
    pub scin: Scin,
    pub groups: Vec<FileGroup>,
    pub files: Vec<Sfin>,
}

/// Reads the header from its stream, chunk by chunk.
///
/// # Errors
/// A chunk that leaves the stream, is too short for its fields, or a stream without `SCIN`.
pub(crate) fn read(view: &mut View<'_>, window: &mut Window, stream: &Stream) -> Result<Mqci, Fault> {
    let what = "the backup header (MQCI)";
    let (mut at, end) = (stream.data, stream.end());
    let mut scin = None;
    let (mut groups, mut files) = (Vec::new(), Vec::new());
    let mut chunks = 0;
    while at < end {
        let offset = view.offset(at);
        let damaged = |why: &str| Fault::damaged(offset, what, why);
        let left = usize::try_from(end - at).unwrap_or(usize::MAX);
        let head = window.get(view, at, 8.min(left), what)?;
        let length = Fields(head).u32(4).map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if head.iter().all(|byte| *byte == 0) {
            break; // Room left over after the last chunk.
        }
        chunks += 1;
        if length < 8 || length > left || length > LONGEST_CHUNK || chunks > MOST_CHUNKS {
            return Err(damaged("a part of it has an impossible length"));
        }
        let chunk = window.get(view, at, length, what)?;
        let short = || damaged("a part of it is too short for its fields");
        match &chunk[..4] {
            b"SCIN" => scin = Some(Scin::decode(chunk).ok_or_else(short)?),
            b"SFGI" => groups.push(sfgi::decode(chunk).ok_or_else(short)?),
            b"SFIN" => files.push(Sfin::decode(chunk).ok_or_else(short)?),
            _ => {} // A part that a later version added.
        }
        at += length as u64;
    }
    let scin = scin.ok_or_else(|| Fault::damaged(view.offset(stream.data), what, "it does not describe a backup"))?;
    Ok(Mqci { scin, groups, files })
}
