//! Progress and cancel of a verification.

use std::ops::ControlFlow;

use super::fault::Fault;

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file (or files) that are done.
    pub bytes_done: u64,
    /// Bytes there are.
    pub bytes_total: u64,
}

/// What ends a verification before its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The caller stopped it.
    Cancelled,
    /// The operating system stopped it.
    Io(Fault),
}

/// Tells the caller of progress and hears whether to go on.
pub(crate) struct Watch<'p> {
    tell: &'p mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// Bytes of the files before this one.
    before: u64,
    total: u64,
}

impl<'p> Watch<'p> {
    pub fn new(before: u64, total: u64, tell: &'p mut dyn FnMut(Progress) -> ControlFlow<()>) -> Watch<'p> {
        Watch { tell, before, total }
    }

    /// `offset` of the file is reached.
    pub fn reached(&mut self, offset: u64) -> Result<(), Stop> {
        let progress = Progress { bytes_done: (self.before + offset).min(self.total), bytes_total: self.total };
        match (self.tell)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Cancelled),
        }
    }
}
