//! Finds backup files on this machine, one at a time, on a thread that may block.

use std::path::PathBuf;

use tokio::sync::mpsc;

use super::FilesQuery;
use crate::media::{FindOptions, MediaError, find};
use crate::ops::folder::OWN;

/// Files that are found ahead of their reader.
const AHEAD: usize = 256;

/// The files that a query names, as they are found, without our own records and what was moved aside; an error concerns one of its targets.
pub(in crate::ops) fn search(query: FilesQuery) -> mpsc::Receiver<Result<PathBuf, MediaError>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let options = FindOptions { recurse: query.recurse, allow_none: query.allow_none, pass_by: Some(OWN) };
        for found in find(query.files, options) {
            // Nobody listens any more: the job has ended.
            if sender.blocking_send(found).is_err() {
                return;
            }
        }
    });
    receiver
}
