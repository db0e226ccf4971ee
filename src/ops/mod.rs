//! One file per operation: a command goes in, rows and messages come out on the way, a result at
//! the end.
//!
//! An operation asks the server or the media for facts, lets the policy decide, and has the server
//! do it. It holds no T-SQL and no JSON.

mod backup;
mod chain;
mod check;
mod folder;
mod patience;
mod plan_run;
mod query;
mod removal;
mod report;
mod restore;
mod restore_test;
mod schedule;
mod service;
mod telling;
mod verify;
mod watch;

pub use backup::{ArchiveState, BackupCommand, BackupResult, ClosedArchive, ConnectedClients, Met, Place, Retry};
pub use chain::{
    AlternativeRestore, ChainCommand, ChainReply, PlannedStep, Point, PointKind, Problem, Question as ChainQuestion,
    RemovalPlanned, RemovalRow, RestorePlanned, Subject,
};
pub use folder::{LOCK, PINS, PROOFS};
pub use plan_run::{
    Outcome, PlanAnswer, PlanCall, PlanCheck, PlanFile, PlanRunCommand, PlanRunResult, PlanRunWish, Ran, StepOutcome,
    StepReport, plan_call, plan_due, plan_upcoming,
};
pub use query::{BytesOfSet, FilesQuery, QueryCommand, SetOfFile, StateRow, StatesQuery};
pub use removal::{
    ASIDE, Aside, AsideContent, AsideFile, Disk, Going, MachineDisk, PinStep, RemovalCommand, RemovalReport,
    RemovalResult, RemovalStep, RemovalWish, StepState, content as aside_content,
};
pub use report::{ReportCommand, ReportResult};
pub use restore::{RepairCommand, RepairResult, RestoreCommand, RestoreResult, RestoreStep, SafetyCopy};
pub use restore_test::{RestoreTestCommand, RestoreTestResult};
pub use schedule::{Question, ScheduleAnswer, ScheduleQuery, answer as answer_schedule, zone as schedule_zone};
pub use service::{ServiceAct, ServiceCommand, ServiceResult, ServiceStep};
pub use verify::{Findings, Stripe, Verdict, VerifyCommand, VerifyRow};

use crate::error::{Code, Error, Result};
use crate::job::{self, Job};
use crate::model::{BackupFile, Guid, MediaLabel};
use crate::sql::{Database, Options, TableRows, ToldSet};

/// A backup set somewhere: a file, and which set in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as the server sees it.
    pub file: String,
    /// Its position, if it was said.
    pub position: Option<u16>,
    /// Its GUID, if it was said: both must agree.
    pub backup_set_guid: Option<Guid>,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Back a database up.
    Backup(BackupCommand),
    /// Restore a database.
    Restore(RestoreCommand),
    /// End a restore that was broken off.
    Repair(RepairCommand),
    /// Check backup sets.
    Verify(VerifyCommand),
    /// List things.
    Query(QueryCommand),
    /// Ask what to do with backups; changes nothing.
    Chain(Box<ChainCommand>),
    /// Remove, put back and pin backup files of this machine.
    Removal(RemovalCommand),
    /// Prove that backups can be restored.
    RestoreTest(Box<RestoreTestCommand>),
    /// Stop, start and restart services of this machine.
    Service(ServiceCommand),
    /// Run a plan.
    PlanRun(Box<PlanRunCommand>),
    /// Make a report of plans.
    Report(ReportCommand),
}

/// What an operation ended with.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A backup was made.
    Backup(Box<BackupResult>),
    /// A database was restored.
    Restore(Box<RestoreResult>),
    /// A restore that was broken off was ended.
    Repair(Box<RepairResult>),
    /// Nothing was run: the statements that would be.
    Script(ScriptResult),
    /// Backup sets were checked; each was a row.
    Verify {
        /// Rows.
        count: u64,
    },
    /// Backups were proven to restore; each table was a row.
    RestoreTest(Box<RestoreTestResult>),
    /// Services were stopped, started or restarted.
    Service(ServiceResult),
    /// A plan was run.
    PlanRun(Box<PlanRunResult>),
    /// It was looked at what a run of a plan needs.
    PlanCheck(Vec<PlanCheck>),
    /// A report was made.
    Report(Box<ReportResult>),
    /// Things were listed; each was a row.
    Query {
        /// Rows.
        count: u64,
    },
    /// A question about backups was answered.
    Chain(ChainReply),
    /// Files were removed, put back or pinned; each was a row.
    Removal(RemovalResult),
}

/// The statements of an operation that was only planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptResult {
    /// Name of the server.
    pub server: String,
    /// Name of the database.
    pub database: String,
    /// One T-SQL statement each.
    pub statements: Vec<String>,
    /// Facts that a reader of the script wants to know, one line each.
    pub notes: Vec<String>,
}

/// A row of an operation that lists.
#[derive(Clone, Debug)]
pub enum Row {
    /// A backup set.
    Set(Box<SetOfFile>),
    /// A backup set of a file, as the server told it.
    ToldSet {
        /// The file.
        file: String,
        /// The set.
        set: ToldSet,
    },
    /// A file of the database in a backup set.
    File(Box<BackupFile>),
    /// The label of a backup file.
    Label {
        /// The file.
        file: String,
        /// Its label.
        label: Box<MediaLabel>,
    },
    /// A database.
    Database(Box<Database>),
    /// The state of a database.
    State(Box<StateRow>),
    /// A table of a database that a restore test counted.
    Table(Box<TableRows>),
    /// A checked backup set.
    Verdict(Box<VerifyRow>),
    /// KEEP or DELETE for a file.
    RemovalItem(Box<RemovalRow>),
    /// What became of a file.
    Removal(Box<RemovalStep>),
    /// What became of a set's pin.
    Pin(Box<PinStep>),
    /// A file that was moved aside.
    Aside(Box<AsideFile>),
    /// A step of a planned restore.
    PlannedStep(Box<PlannedStep>),
    /// Moments that can be restored, or cannot.
    Point(Box<Point>),
    /// Something that is wrong with backups.
    Problem(Box<Problem>),
    /// One of several things could not be looked at; the others go on.
    Failed {
        /// The file or database.
        target: String,
        /// Why.
        error: Box<Error>,
    },
}

/// The job of an operation.
pub type OperationJob = Job<Reply, Row>;

/// What an operation has in its hands.
pub(crate) type Context = job::Context<Reply, Row>;

/// Starts an operation in the background.
///
/// # Errors
///
/// Only what prevents it from starting at all; everything else is the job's end.
pub fn start(server: Option<Options>, command: Command) -> Result<OperationJob> {
    let needed = |server: Option<Options>| {
        server.ok_or_else(|| {
            Error::new(Code::Argument, "this needs a server, and none was given").hint("make one with pgb_server_new")
        })
    };
    match command {
        Command::Chain(command) => {
            job::start(move |context| async move { chain::run(server, *command, &context).await })
        }
        Command::Removal(command) => {
            job::start(move |context| async move { removal::run(server, command, &context).await })
        }
        Command::Backup(command) => {
            let server = needed(server)?;
            job::start(move |context| async move { backup::run(&server, command, &context).await })
        }
        Command::Restore(command) => {
            let server = needed(server)?;
            job::start(move |context| async move { Box::pin(restore::run(&server, command, &context)).await })
        }
        Command::Repair(command) => {
            let server = needed(server)?;
            job::start(move |context| async move { Box::pin(restore::run_repair(&server, command, &context)).await })
        }
        Command::Verify(command) => match server {
            Some(server) => {
                job::start(move |context| async move { verify::server::run(&server, command, &context).await })
            }
            None => job::start(move |context| async move { verify::run_local(command, &context).await }),
        },
        Command::RestoreTest(command) => {
            let server = needed(server)?;
            job::start(move |context| async move { restore_test::run(&server, *command, &context).await })
        }
        Command::Service(command) => {
            job::start(move |context| async move { service::run(server, command, &context).await })
        }
        Command::PlanRun(command) => {
            job::start(move |context| async move { plan_run::run(server, *command, &context).await })
        }
        Command::Report(command) => {
            job::start(move |context| async move { report::run(server, command, &context).await })
        }
        Command::Query(command) => match server {
            Some(server) => {
                job::start(move |context| async move { query::server::run(&server, command, &context).await })
            }
            None => job::start(move |context| async move { query::run_local(command, &context).await }),
        },
    }
}
