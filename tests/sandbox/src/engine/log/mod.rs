//! The transaction log: virtual log files, blocks and records (rows section 8, bak-format section 5).

mod block;
mod change;
mod file;

pub(crate) use change::{Change, Context, Entry, Record, Target};
pub(crate) use file::{Log, LogMark, Vlf, records_of};
