//! Removes backup files so that nothing is lost: applies a plan that was made before, moves files
//! aside instead of deleting them, puts them back, deletes them for good after their time, and pins.

mod after;
pub(super) mod apply;
mod aside;
mod disk;
mod pin;
mod through_server;
mod undo;

pub(super) use after::after_backup;
pub use after::{RemovalReport, RemovalWish};
pub use aside::{ASIDE, Aside, AsideContent, AsideFile, Going, content};
pub use disk::{Disk, MachineDisk};
pub(super) use disk::{refused, write_whole};
pub(super) use through_server::plan_through;
pub(super) use undo::all_aside;

use crate::error::Result;
use crate::model::Guid;
use crate::ops::folder::needs_no_server;
use crate::ops::{Context, Reply, Row, Source};
use crate::sql::Options;
use crate::wire::kept::PlannedRemoval;

/// What to do with backup files of this machine.
#[derive(Clone, Debug)]
pub enum RemovalCommand {
    /// Move aside what a plan names.
    Apply {
        /// The plan.
        plan: Box<PlannedRemoval>,
        /// Days after which the files may be deleted for good; with 0 they are at once.
        grace_days: u32,
        /// Through a server: the wish to delete for good.
        force: bool,
    },
    /// Put back what was moved aside.
    Undo {
        /// Folders, with all folders below them.
        paths: Vec<String>,
        /// Full paths of the files, as they were; all without any.
        files: Vec<String>,
    },
    /// Delete for good what was moved aside.
    Empty {
        /// Folders, with all folders below them.
        paths: Vec<String>,
        /// Also what has time left.
        all: bool,
    },
    /// Pin sets.
    Pin {
        /// The sets; without a position all sets of the file.
        sources: Vec<Source>,
        /// Why.
        reason: String,
    },
    /// Take pins away.
    Unpin {
        /// The sets; without a position all sets of the file.
        sources: Vec<Source>,
    },
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct RemovalStep {
    /// Where the file was, or is.
    pub file: String,
    /// Where it is now, if it is aside.
    pub kept_as: Option<String>,
    /// Bytes.
    pub size: u64,
    /// What became of it.
    pub state: StepState,
    /// Why.
    pub reason: String,
}

/// What became of a file or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The words say it.
pub enum StepState {
    Removed,
    Kept,
    Restored,
    Deleted,
    Pinned,
    Unpinned,
    Unchanged,
}

impl StepState {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            StepState::Removed => "removed",
            StepState::Kept => "kept",
            StepState::Restored => "restored",
            StepState::Deleted => "deleted",
            StepState::Pinned => "pinned",
            StepState::Unpinned => "unpinned",
            StepState::Unchanged => "unchanged",
        }
    }
}

/// A set that was pinned or unpinned.
#[derive(Clone, Debug)]
pub struct PinStep {
    /// Its file.
    pub file: String,
    /// Its position.
    pub position: u16,
    /// Its identifier.
    pub backup_set_guid: Guid,
    /// What became of its pin.
    pub state: StepState,
    /// Why it is pinned.
    pub reason: String,
}

/// How a removal, an undo, a deletion or a pinning ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemovalResult {
    /// Files or sets that were changed.
    pub changed: u64,
    /// Those that were to be changed and were not; each row says why.
    pub kept: u64,
    /// Bytes of those that were changed.
    pub bytes: u64,
}

/// Counts what became of the files, and tells of each: to the reader of the job's rows, or, where the
/// job is about something else and nobody reads rows, in a list.
struct Tally<'c> {
    result: RemovalResult,
    context: &'c Context,
    list: Option<Vec<RemovalStep>>,
}

impl<'c> Tally<'c> {
    fn of_rows(context: &'c Context) -> Tally<'c> {
        Tally { result: RemovalResult::default(), context, list: None }
    }

    fn of_list(context: &'c Context) -> Tally<'c> {
        Tally { list: Some(Vec::new()), ..Tally::of_rows(context) }
    }

    async fn tell(&mut self, step: RemovalStep) {
        match step.state {
            StepState::Kept | StepState::Unchanged => self.result.kept += 1,
            _ => {
                self.result.changed += 1;
                self.result.bytes += step.size;
            }
        }
        match &mut self.list {
            Some(list) => list.push(step),
            None => self.context.row(Row::Removal(Box::new(step))).await,
        }
    }
}

pub(super) async fn run(server: Option<Options>, command: RemovalCommand, context: &Context) -> Result<Reply> {
    let result = match command {
        RemovalCommand::Apply { plan, grace_days, force } => {
            let mut tally = Tally::of_rows(context);
            match server {
                Some(server) => through_server::apply_through(&server, *plan, force, &mut tally, context).await?,
                None => apply::run(*plan, grace_days, &mut tally, context).await?,
            }
            tally.result
        }
        _ if server.is_some() => return Err(needs_no_server()),
        RemovalCommand::Undo { paths, files } => undo::undo(&paths, &files, context).await?,
        RemovalCommand::Empty { paths, all } => undo::empty(&paths, all, context).await?,
        RemovalCommand::Pin { sources, reason } => pin::run(sources, Some(reason), context).await?,
        RemovalCommand::Unpin { sources } => pin::run(sources, None, context).await?,
    };
    Ok(Reply::Removal(result))
}
