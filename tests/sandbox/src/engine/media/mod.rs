//! Backup media: Microsoft Tape Format with SQL Server's own streams (bak-format sections 2 to 6).
//!
//! What is written and what is read share the words ([`SetHeader`], [`Label`]) and nothing else.

mod blocks;
mod date;
mod device;
mod device_read;
mod header;
mod header_read;
mod header_write;
mod packed;
mod reader;
mod set_map;
mod writer;
mod xpress;

pub(crate) use device::{Devices, Output};
pub(crate) use header::{FileEntry, GroupEntry, Label, SetHeader, SetKey, SetLabel, flag};
pub(crate) use header_write::mqci;
pub(crate) use reader::{DataStream, Media, MediaSet, open};
pub(crate) use writer::{Family, LogPart};
