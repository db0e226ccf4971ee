//! One run of a plan, from the lock to the history.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::evidence::{self, Seen};
use super::result::{Outcome, PlanRunResult, StepOutcome, StepReport};
use super::steps::Steps;
use super::{alone_in_archive, inspect, load, plan_due, plan_upcoming};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::ops::report::run as report;
use crate::ops::{Context, Reply, ReportCommand, check, patience};
use crate::plan::{self, Folders, PasswordFrom, Plan, RunLock};
use crate::policy::schedule::{BackupDone, Due, DueRun, Failure, Missed, RunKind, RunReason};
use crate::sql::{self, Options, ServerFacts, Session};
use crate::wire;

/// Between two looks whether the lock is free.
const BETWEEN: Duration = Duration::from_millis(250);

/// The wish to run a plan.
#[derive(Clone, Debug)]
pub struct PlanRunWish {
    /// The plan's name.
    pub name: String,
    /// Where it, its locks and its history lie.
    pub folders: Folders,
    /// Run even if nothing is due.
    pub force: bool,
    /// Only say what is due: no lock, nothing is changed.
    pub decide_only: bool,
    /// Only look at everything that a run needs; no lock, nothing is changed.
    pub check_only: bool,
    /// How long to wait for another run of the database.
    pub wait: Duration,
    /// The moment of the decision; `None`: the clock's.
    pub now: Option<DateTime<Utc>>,
}

/// A run of a plan that was read.
#[derive(Clone, Debug)]
pub struct PlanRunCommand {
    /// The plan.
    pub plan: Plan,
    /// What is wished for it.
    pub wish: PlanRunWish,
}

impl PlanRunCommand {
    /// Reads the plan, so that a bad one is told at once.
    ///
    /// # Errors
    ///
    /// There is no such plan, or what is wrong with it.
    pub fn load(wish: PlanRunWish) -> Result<PlanRunCommand> {
        let plan = load(&wish.folders, &wish.name)?.plan;
        alone_in_archive(&wish.folders, &plan)?;
        Ok(PlanRunCommand { plan, wish })
    }
}

/// What was found before anything is done.
struct Found {
    session: Session,
    facts: ServerFacts,
    seen: Vec<Seen>,
    due: Due,
}

pub(in crate::ops) async fn run(server: Option<Options>, command: PlanRunCommand, context: &Context) -> Result<Reply> {
    if command.wish.check_only {
        return inspect(server, &command, context).await;
    }
    let plan = &command.plan;
    let _lock = if command.wish.decide_only { None } else { Some(lock(&command, context).await?) };
    let now = command.wish.now.unwrap_or_else(Utc::now);
    let failures = wire::failures(&plan::read_history(&command.wish.folders.state, &plan.name)?);
    let mut steps = Steps::new(plan, context);
    if clock_is_wrong(plan, now) && !command.wish.force {
        let mut result = nothing_done(plan, now, Due::default(), &[]);
        let message = format!("this machine's clock says {now}, and the plan was made at {}", plan.created);
        let error = Error::new(Code::State, message)
            .hint(
                "set the clock of this machine right; until then nothing is due, and -Force runs the plan all the same",
            )
            .target("clock");
        steps.add("check", StepOutcome::Warning, "what is due cannot be told", Some(error));
        result.steps = steps.take();
        result.outcome = Outcome::Warnings;
        return Ok(Reply::PlanRun(Box::new(result)));
    }
    let local = in_folder(plan).await;
    if let Some(seen) = local.as_ref().filter(|_| !command.wish.force)
        && let Some(result) = idle(plan, seen, &failures, now)
    {
        return Ok(Reply::PlanRun(Box::new(result)));
    }
    let options = options(plan, server)?;
    let found = match check(&options, &command, local, &failures, now, context).await {
        Ok(found) => found,
        Err(error) if matches!(error.code, Code::Busy | Code::Cancelled) => return Err(error),
        // Nothing was to be made, so nothing failed.
        Err(error) if command.wish.decide_only => return Err(error),
        Err(error) => {
            steps.failed("check", "nothing could be done", error);
            steps.last_commands(&[]).await?;
            steps.event_log().await;
            let mut result = ended(&command, now, Due::default(), &failed_kinds(plan, now, &failures), &[], steps);
            write_report(&command, options, now, &mut result, context).await;
            return Ok(Reply::PlanRun(Box::new(result)));
        }
    };
    let Found { mut session, facts, seen, due } = found;
    if due.runs.is_empty() || command.wish.decide_only {
        return Ok(Reply::PlanRun(Box::new(nothing_done(plan, now, due, &seen))));
    }
    steps.done("check", format!("connected to {}, SQL Server {}", facts.name, facts.version));
    let went = steps.all(&options, &mut session, &due.runs).await;
    steps.event_log().await;
    let made = steps.made();
    let kinds: Vec<RunKind> =
        due.runs.iter().map(|run| run.kind).filter(|kind| !made.iter().any(|(made, _)| made == kind)).collect();
    let mut result = ended(&command, now, due, &kinds, &seen, steps);
    // What was done until a run was cancelled is in the history.
    went?;
    write_report(&command, options, now, &mut result, context).await;
    Ok(Reply::PlanRun(Box::new(result)))
}

/// The lock of this machine, waited for as long as was asked.
async fn lock(command: &PlanRunCommand, context: &Context) -> Result<RunLock> {
    let plan = &command.plan;
    let key = plan::lock_key(&plan.address.to_string(), &plan.database);
    let me = format!(
        "process {} on {} since {} (plan {})",
        std::process::id(),
        check::machine(),
        Utc::now().format("%Y-%m-%dT%H:%M:%SZ"),
        plan.name
    );
    let deadline = Instant::now() + command.wish.wait;
    loop {
        if let Some(lock) = RunLock::take(&command.wish.folders.state, &key, &me)? {
            return Ok(lock);
        }
        if Instant::now() >= deadline {
            let holder = RunLock::holder(&command.wish.folders.state, &key);
            return Err(busy(&plan.database, holder));
        }
        context.phase(Phase::Waiting);
        context.check()?;
        tokio::time::sleep(BETWEEN).await;
    }
}

fn busy(database: &str, holder: Option<String>) -> Error {
    let holder = holder.unwrap_or_else(|| "another run".to_owned());
    Error::new(Code::Busy, format!("a plan of the database `{database}` is running already: {holder}"))
        .hint("wait for its end, or give more time with -WaitMinutes")
        .target(database)
        .retryable()
}

pub(super) async fn in_folder(plan: &Plan) -> Option<Vec<Seen>> {
    let plan = plan.clone();
    tokio::task::spawn_blocking(move || evidence::local(&plan)).await.ok().flatten()
}

/// The server and how to log in to it: what the caller gave, or what the plan says.
pub(in crate::ops) fn options(plan: &Plan, given: Option<Options>) -> Result<Options> {
    if let Some(given) = given {
        return Ok(given);
    }
    let secret = match &plan.password_from {
        None => None,
        Some(PasswordFrom::File(path)) => Some(plan::read_password_file(path)?),
        Some(PasswordFrom::Clixml(_) | PasswordFrom::SecretManagement(_)) => {
            return Err(Error::new(Code::Argument, "the plan's password is kept where only PowerShell can read it")
                .hint("run the plan with Invoke-PGBackupPlan, or give a server made with pgb_server_new")
                .target("server"));
        }
    };
    wire::server(&plan.server_options, secret)
}

/// Connects, takes the server's lock, and decides by what the server remembers too.
async fn check(
    options: &Options,
    command: &PlanRunCommand,
    local: Option<Vec<Seen>>,
    failures: &[Failure],
    now: DateTime<Utc>,
    context: &Context,
) -> Result<Found> {
    let plan = &command.plan;
    let (mut session, facts) = check::connect(options, context).await?;
    if !command.wish.decide_only && !patience::lock(&mut session, &plan.database).await? {
        return Err(busy(&plan.database, sql::lock_holder(&mut session).await));
    }
    let of_server = evidence::of_server(plan, &mut session, &facts).await?;
    let seen = evidence::together(local.unwrap_or_default(), of_server);
    let done = evidence::done(&seen);
    let mut due = plan_due(plan, &done, failures, now);
    if command.wish.force && due.runs.is_empty() {
        due.runs = forced(plan, &due, &done, now);
    }
    Ok(Found { session, facts, seen, due })
}

/// What is made when a person wants it now: what waits, else what comes next.
fn forced(plan: &Plan, due: &Due, done: &[BackupDone], now: DateTime<Utc>) -> Vec<DueRun> {
    if !due.waiting.is_empty() {
        return due.waiting.iter().map(|(run, _)| *run).collect();
    }
    let kind = plan_upcoming(plan, done, now, 1).first().map_or(RunKind::Full, |next| next.kind);
    let missed = Missed { first: now, count: 0 };
    vec![DueRun { kind, reason: RunReason::Scheduled, slot: now, missed, overdue: false }]
}

/// What would have been made, as far as it can be known without the server: for the back-off.
fn failed_kinds(plan: &Plan, now: DateTime<Utc>, failures: &[Failure]) -> Vec<RunKind> {
    plan_due(plan, &[], failures, now).runs.iter().map(|run| run.kind).collect()
}

/// Writes the history of a run that had something to do.
fn ended(
    command: &PlanRunCommand,
    now: DateTime<Utc>,
    due: Due,
    failed: &[RunKind],
    seen: &[Seen],
    mut steps: Steps<'_>,
) -> PlanRunResult {
    let plan = &command.plan;
    let mut result = result(plan, now, due, failed, seen, &steps);
    let line = wire::history_line(&result);
    if let Err(error) = plan::append_history(&command.wish.folders.state, &plan.name, &line) {
        steps.add("history", StepOutcome::Warning, "the run is not in the history", Some(error));
        result.steps = steps.take();
        result.outcome = Outcome::of(&result.steps);
    }
    result
}

/// Writes the plan's page, this run on it.
async fn write_report(
    command: &PlanRunCommand,
    options: Options,
    now: DateTime<Utc>,
    result: &mut PlanRunResult,
    context: &Context,
) {
    let Some(page) = &command.plan.report else { return };
    let wish = ReportCommand {
        folders: command.wish.folders.clone(),
        plans: vec![command.plan.name.clone()],
        language: page.language,
        now: Some(now),
    };
    let wrong = match report(Some(options), wish, context).await {
        Ok(Reply::Report(made)) => plan::write_whole(&page.file, made.html.as_bytes()).err().map(|error| {
            Error::new(Code::BackupDevice, error.to_string())
                .hint("check the folder of the report, and that this account may write there")
                .target(page.file.display().to_string())
        }),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let (outcome, message) = match wrong {
        None => (StepOutcome::Done, page.file.display().to_string()),
        Some(_) => (StepOutcome::Warning, "the report of the plan could not be written".to_owned()),
    };
    result.steps.push(StepReport { step: "report", outcome, message, error: wrong.map(Box::new) });
    result.outcome = Outcome::of(&result.steps);
}

/// Whether the clock says a day that was over when the plan was made: one that went back to 1970, say. A plan
/// for which nothing is ever due must not go unseen.
fn clock_is_wrong(plan: &Plan, now: DateTime<Utc>) -> bool {
    plan.created - now > TimeDelta::days(1)
}

/// What a run comes to that has nothing to do by these backups; `None` if it has something to do.
pub(super) fn idle(plan: &Plan, seen: &[Seen], failures: &[Failure], now: DateTime<Utc>) -> Option<PlanRunResult> {
    if clock_is_wrong(plan, now) {
        return None;
    }
    let due = plan_due(plan, &evidence::done(seen), failures, now);
    due.runs.is_empty().then(|| nothing_done(plan, now, due, seen))
}

/// The result of a run that only decided.
fn nothing_done(plan: &Plan, now: DateTime<Utc>, due: Due, seen: &[Seen]) -> PlanRunResult {
    PlanRunResult {
        plan: plan.name.clone(),
        database: plan.database.clone(),
        schedule: plan.schedule.clone(),
        started: now,
        finished: now,
        next: plan_upcoming(plan, &evidence::done(seen), now, 1).pop(),
        outcome: if due.runs.is_empty() { Outcome::NothingDue } else { Outcome::Due },
        due,
        failed: Vec::new(),
        ran: Vec::new(),
        removal: None,
        steps: Vec::new(),
    }
}

fn result(
    plan: &Plan,
    now: DateTime<Utc>,
    due: Due,
    failed: &[RunKind],
    seen: &[Seen],
    steps: &Steps<'_>,
) -> PlanRunResult {
    let mut done = evidence::done(seen);
    done.extend(steps.made().iter().map(|(kind, _)| BackupDone { kind: *kind, started: now }));
    PlanRunResult {
        finished: now + steps.began.elapsed(),
        next: plan_upcoming(plan, &done, now, 1).pop(),
        failed: failed.to_vec(),
        ran: steps.ran.clone(),
        removal: steps.removal.clone(),
        outcome: Outcome::of(&steps.reports),
        steps: steps.reports.clone(),
        ..nothing_done(plan, now, due, seen)
    }
}
