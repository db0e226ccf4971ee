//! What is asked of plans without running them: files, schedules, history, registration.

use std::path::PathBuf;

use chrono::{DateTime, Local, Offset, Utc};

use super::run::idle;
use super::{PlanRunResult, evidence, plan_due, plan_upcoming};
use crate::error::{Code, Error, Result};
use crate::plan::{self, Folders, Plan, Registration, RunBy, registration};
use crate::policy::schedule::{BackupDone, Due, PlanSchedule, RunKind, Upcoming};
use crate::wire;

/// Times of a schedule that are looked at for the minutes of the hour at which it runs.
const SAMPLE: usize = 2_000;

/// Something asked of plans.
#[derive(Clone, Debug)]
pub enum PlanCall {
    /// All plans.
    List,
    /// One plan.
    Get(String),
    /// Write a plan.
    Save {
        /// What it says.
        plan: Box<Plan>,
        /// Its text.
        text: String,
        /// It may be there already.
        replace: bool,
    },
    /// Check a plan without writing it.
    Check {
        /// What it says.
        plan: Box<Plan>,
        /// Its text.
        text: String,
    },
    /// Remove a plan.
    Remove(String),
    /// What is due and what comes next, by the backups in the plan's folder.
    Schedule {
        /// The plan.
        name: String,
        /// Now.
        now: DateTime<Utc>,
        /// How many of the next.
        count: usize,
    },
    /// Whether a run would have nothing to do, by the backups in the plan's folder.
    Idle {
        /// The plan.
        name: String,
        /// Now.
        now: DateTime<Utc>,
    },
    /// What its runs did.
    History {
        /// The plan.
        name: String,
        /// The newest so many.
        last: usize,
    },
    /// The name that a plan has with a scheduler; the plan itself may be gone.
    Unit(String),
    /// The texts that register it with a scheduler.
    Register {
        /// The plan.
        name: String,
        /// The program and its arguments.
        command: Vec<String>,
        /// The account that runs it; `None`: the system's own.
        account: Option<String>,
        /// Whether a machine that sleeps is woken.
        wake: bool,
        /// Now.
        now: DateTime<Utc>,
    },
}

/// A plan and its file.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// What it says.
    pub plan: Plan,
}

/// The answer to a [`PlanCall`].
#[derive(Clone, Debug)]
pub enum PlanAnswer {
    /// All plans, by name; of one that is wrong, why.
    List {
        /// Where they lie.
        folder: PathBuf,
        /// Names and plans.
        plans: Vec<(String, Result<PlanFile>)>,
    },
    /// One plan: read, written, or only checked (then without a file).
    One(Box<PlanFile>),
    /// The file that was removed.
    Removed(PathBuf),
    /// What is due and what comes next.
    Schedule {
        /// The plan.
        plan: Box<Plan>,
        /// The backups that were seen; `None`: the folder cannot be seen from this machine.
        done: Option<Vec<BackupDone>>,
        /// What is due by them.
        due: Due,
        /// What comes next.
        next: Vec<Upcoming>,
    },
    /// What a run would come to that has nothing to do; `None` if it must be run, to see or to do more.
    Idle(Option<Box<PlanRunResult>>),
    /// Lines of the history, the oldest first.
    History(Vec<String>),
    /// The name with a scheduler.
    Unit(String),
    /// Texts for schedulers.
    Registered(Box<Registration>),
}

/// Does what is asked. It reads and writes files and does not wait for anything else.
///
/// # Errors
///
/// What is wrong with a plan or its file.
pub fn plan_call(folders: &Folders, call: PlanCall) -> Result<PlanAnswer> {
    let one = |file, text, plan| PlanAnswer::One(Box::new(PlanFile { file, text, plan }));
    Ok(match call {
        PlanCall::List => {
            let names = plan::list(folders)?;
            let plans = names.into_iter().map(|name| (name.clone(), load(folders, &name))).collect();
            PlanAnswer::List { folder: folders.plans.clone(), plans }
        }
        PlanCall::Get(name) => PlanAnswer::One(Box::new(load(folders, &name)?)),
        PlanCall::Save { plan, text, replace } => {
            alone_in_archive(folders, &plan)?;
            let file = plan::write(folders, &plan.name, &text, replace)?;
            one(file, text, *plan)
        }
        PlanCall::Check { plan, text } => {
            alone_in_archive(folders, &plan)?;
            one(PathBuf::new(), text, *plan)
        }
        PlanCall::Remove(name) => PlanAnswer::Removed(plan::remove(folders, &name)?),
        PlanCall::Schedule { name, now, count } => {
            let plan = load(folders, &name)?.plan;
            let failures = wire::failures(&plan::read_history(&folders.state, &name)?);
            let done = evidence::local(&plan).map(|seen| evidence::done(&seen));
            let known = done.clone().unwrap_or_default();
            let due = match done {
                Some(_) => plan_due(&plan, &known, &failures, now),
                // Not seen is not missing: only the server can tell.
                None => Due::default(),
            };
            let next = plan_upcoming(&plan, &known, now, count);
            PlanAnswer::Schedule { plan: Box::new(plan), done, due, next }
        }
        PlanCall::Idle { name, now } => {
            let plan = load(folders, &name)?.plan;
            alone_in_archive(folders, &plan)?;
            let failures = wire::failures(&plan::read_history(&folders.state, &name)?);
            let result = evidence::local(&plan).and_then(|seen| idle(&plan, &seen, &failures, now));
            PlanAnswer::Idle(result.map(Box::new))
        }
        PlanCall::History { name, last } => {
            let mut lines = plan::read_history(&folders.state, &name)?;
            lines.drain(..lines.len().saturating_sub(last));
            PlanAnswer::History(lines)
        }
        PlanCall::Unit(name) => {
            plan::check_name(&name)?;
            PlanAnswer::Unit(plan::unit_name(&name))
        }
        PlanCall::Register { name, command, account, wake, now } => {
            let plan = load(folders, &name)?.plan;
            let times: Vec<DateTime<Utc>> =
                plan_upcoming(&plan, &[], now, SAMPLE).into_iter().map(|run| run.at).collect();
            let offset = now.with_timezone(&Local).offset().fix().local_minus_utc() / 60;
            let by = RunBy { command, account, wake };
            PlanAnswer::Registered(Box::new(registration(&name, &times, &by, offset, now)))
        }
    })
}

/// Refuses a plan that would share its archive with another one: each would append to the file that the
/// other began, and count the other's fulls for its own.
///
/// # Errors
///
/// [`Code::Exists`] with both names.
pub(super) fn alone_in_archive(folders: &Folders, plan: &Plan) -> Result<()> {
    let place = |plan: &Plan| {
        let server = if plan.address.is_loopback() { "localhost".to_owned() } else { plan.address.host.clone() };
        let instance = match plan.address.port {
            Some(port) => port.to_string(),
            None => plan.address.instance.clone().unwrap_or_default(),
        };
        let folder = plan.destination.trim_end_matches(['\\', '/']).to_owned();
        [server, instance, plan.database.clone(), folder].map(|text| text.to_lowercase())
    };
    let makes_data = |plan: &Plan| match &plan.schedule {
        PlanSchedule::Lines(lines) => lines.iter().any(|line| line.kind != RunKind::Log),
        PlanSchedule::Counted { .. } => true,
    };
    for name in plan::list(folders)?.into_iter().filter(|name| name.to_lowercase() != plan.name.to_lowercase()) {
        // Another plan that is wrong does not run either.
        let Ok(other) = load(folders, &name) else { continue };
        let both = makes_data(plan) && makes_data(&other.plan) && (plan.archive || other.plan.archive);
        if both && place(plan) == place(&other.plan) {
            let message = format!(
                "`destination`: the plan `{name}` backs `{}` up into `{}` too, and the two would share one archive",
                plan.database, plan.destination
            );
            return Err(Error::new(Code::Exists, message)
                .hint("give one of them a folder of its own, such as \"D:\\\\Backup\\\\Night\", or make both one plan with several lines")
                .target("destination"));
        }
    }
    Ok(())
}

/// Reads a plan and checks that it bears the name of its file.
///
/// # Errors
///
/// What is wrong with it.
pub(in crate::ops) fn load(folders: &Folders, name: &str) -> Result<PlanFile> {
    let text = plan::read(folders, name)?;
    let file = folders.file(name)?;
    let mut plan = wire::plan_file(&text).map_err(|mut error| {
        error.message = format!("plan `{name}`: {}", error.message);
        error.causes.push(format!("it is {}", file.display()));
        error
    })?;
    if plan.name.to_lowercase() != name.to_lowercase() {
        let message = format!("`name`: the file of the plan `{name}` says that it is `{}`", plan.name);
        return Err(Error::new(Code::Request, message).hint("rename the file, or mend its `name`").target("name"));
    }
    plan.name = name.to_owned();
    Ok(PlanFile { file, text, plan })
}
