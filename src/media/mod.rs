//! Reads SQL Server backup files (`.bak`, `.trn`) without a server.
//!
//! | question | answer |
//! |---|---|
//! | what is in this file? | [`read_headers`] |
//! | is it whole and undamaged? | [`verify()`] |
//! | and these files, the stripes of one set? | [`verify_stripes`] |
//! | is this copy the same? | [`digest()`] |
//! | which files are there? | [`find()`] |
//!
//! A file is seen through three layers: a [`Source`] gives bytes at offsets; the container (plain or
//! compressed) makes one tape image of them; a walker goes through the image's blocks and streams.
//! Each structure is decoded in a file of its own, with its layout as a table.
//!
//! Facts about the bytes are from the analysis of 227 real files of SQL Server 2005 to 2025
//! (`bak-format`), from MTF 1.00a and \[MS-XCA\]; what none of them establishes is `None`.
//!
//! Nothing here knows a server, a clock or JSON. No input makes it panic, loop for ever, allocate
//! more than the file's own bytes justify, or read outside the file.

mod agreement;
mod block;
mod builder;
mod checksum;
mod collation;
mod compressed;
mod container;
mod dates;
mod digest;
mod error;
mod extent;
mod fault;
mod fields;
mod filemark;
mod find;
mod finding;
mod headers;
mod log;
mod log_check;
mod medium;
mod mqci;
mod page;
mod page_check;
mod pattern;
#[cfg(test)]
mod properties;
mod record;
mod records;
mod report;
mod scin;
mod set;
mod set_check;
mod sfgi;
mod sfin;
mod source;
mod sset;
mod stream;
mod stripes;
mod tally;
mod tape;
mod verify;
mod view;
mod walker;
mod watch;
mod xpress;

pub use container::{Container, Foreign};
pub use digest::digest;
pub use error::{MediaError, MediaErrorKind};
pub use fault::{Cause, Fault};
pub use find::{Find, FindOptions, find};
pub use finding::{Finding, FindingKind, Severity};
pub use headers::{MediaFile, read_headers};
pub use page::{PageId, page_type_name};
pub use report::{Counts, LogRange, SetReport, Verdict, VerifyReport};
pub use scin::{ForkPoint, PageVerify};
pub use set::{FilePages, SetEntry, SetFacts, SetStatus};
pub use sfgi::FileGroup;
pub use source::{FileSource, MemorySource, Source};
pub use stripes::{StripedSet, StripesReport, verify_stripes};
pub use verify::{VerifyOptions, verify};
pub use watch::Progress;
pub use xpress::{XpressError, expand as expand_xpress};
