//! What a run of a plan came to.

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::ops::{BackupResult, RemovalReport};
use crate::plan::Copied;
use crate::policy::schedule::{Due, DueRun, PlanSchedule, RunKind, Upcoming};

/// What a run of a plan came to.
#[derive(Clone, Debug)]
pub struct PlanRunResult {
    /// Name of the plan.
    pub plan: String,
    /// The database.
    pub database: String,
    /// Its schedule, for the zone of its times.
    pub schedule: PlanSchedule,
    /// When it was decided what is due.
    pub started: DateTime<Utc>,
    /// When the run was over.
    pub finished: DateTime<Utc>,
    /// What was due.
    pub due: Due,
    /// Kinds that were due and were not made: for the back-off.
    pub failed: Vec<RunKind>,
    /// What was made of it.
    pub ran: Vec<Ran>,
    /// What was removed afterwards.
    pub removal: Option<RemovalReport>,
    /// Every step, in order.
    pub steps: Vec<StepReport>,
    /// The whole in a word.
    pub outcome: Outcome,
    /// What runs next.
    pub next: Option<Upcoming>,
}

/// One thing that a run of a plan needs, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanCheck {
    /// `plan`, `clock`, `server`, `database`, `rights`, `folder`, `space`, `copy`, `retention`, `command`,
    /// `heartbeat`, `report`, `last_backup`, `last_run`.
    pub check: &'static str,
    /// Whether it is right.
    pub ok: bool,
    /// What was found.
    pub message: String,
    /// What to do next; empty if it is right.
    pub next_step: String,
}

/// One due run and what came of it.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What was due.
    pub run: DueRun,
    /// The backup, if it was made.
    pub backup: Option<Box<BackupResult>>,
    /// Its second copies.
    pub copies: Vec<Copied>,
}

/// One step of a run.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// `check`, `before`, `backup`, `verify`, `copy`, `retention`, `heartbeat`, `after`, `on_failure`,
    /// `history`, `report`.
    pub step: &'static str,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What it was about, or what it said.
    pub message: String,
    /// Why it failed.
    pub error: Option<Box<Error>>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It went well.
    Done,
    /// It failed, and the backup is good all the same.
    Warning,
    /// It failed.
    Failed,
}

/// What a run came to, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was due.
    NothingDue,
    /// Something is due; it was only asked.
    Due,
    /// All went well.
    Done,
    /// The backups are made, but something else went wrong.
    Warnings,
    /// A backup could not be made, or is not sound.
    Failed,
}

impl Outcome {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::NothingDue => "nothing_due",
            Outcome::Due => "due",
            Outcome::Done => "done",
            Outcome::Warnings => "warnings",
            Outcome::Failed => "failed",
        }
    }

    /// The exit code for a scheduler.
    pub const fn exit_code(self) -> i32 {
        match self {
            Outcome::NothingDue | Outcome::Due | Outcome::Done => 0,
            Outcome::Warnings => 1,
            Outcome::Failed => 2,
        }
    }

    /// That of a run's steps.
    pub(super) fn of(steps: &[StepReport]) -> Outcome {
        let any = |outcome| steps.iter().any(|step| step.outcome == outcome);
        if any(StepOutcome::Failed) {
            Outcome::Failed
        } else if any(StepOutcome::Warning) {
            Outcome::Warnings
        } else {
            Outcome::Done
        }
    }
}
