//! What should run now, judged from the backups that exist.
//!
//! Nothing is remembered but the backups themselves and the failures since: a backup that was
//! deleted is seen to be missing, one that was made by hand is seen to be there.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::pattern::{Line, PlanSchedule, RunKind, Schedule, Window};
use super::slots::instant;
use crate::policy::archive::count_reached;

/// A backup of the database that exists and can be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupDone {
    /// What it is.
    pub kind: RunKind,
    /// When it was begun.
    pub started: DateTime<Utc>,
}

/// A run that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it was to make.
    pub kind: RunKind,
    /// When it failed.
    pub at: DateTime<Utc>,
}

/// What is known of a plan's runs. The order does not matter.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// When the plan was made: what would have run before does not count.
    pub since: DateTime<Utc>,
    /// The backups that exist. A differential whose full is gone is none.
    pub done: &'a [BackupDone],
    /// Runs that failed.
    pub failures: &'a [Failure],
}

/// How missed runs are caught up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUp {
    /// Only within these hours of the schedule's zone; at once if there are none.
    pub window: Option<Window>,
    /// How late a run may begin and still be on time.
    pub grace: TimeDelta,
}

impl Default for CatchUp {
    /// At once; up to 15 minutes late is on time.
    fn default() -> CatchUp {
        CatchUp { window: None, grace: TimeDelta::minutes(15) }
    }
}

/// What should run now, and what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// To be run now, in this order.
    pub runs: Vec<DueRun>,
    /// Overdue, but not to be run yet.
    pub waiting: Vec<(DueRun, Waiting)>,
}

/// A run that should be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRun {
    /// What to make.
    pub kind: RunKind,
    /// Why this kind.
    pub reason: RunReason,
    /// The time that it stands for: the last one that passed.
    pub slot: DateTime<Utc>,
    /// What has not run; the last of it is run now, the rest is skipped.
    pub missed: Missed,
    /// Whether it is later than the grace allows.
    pub overdue: bool,
}

/// Times that passed without a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The first of them.
    pub first: DateTime<Utc>,
    /// How many, the one that is due included; no more than 10,000 are counted.
    pub count: u32,
}

/// Why a run makes what it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunReason {
    /// The schedule says so.
    Scheduled,
    /// So many differentials have been made since the last full.
    CountReached(u32),
    /// There is no full to build on: none was made, or it was deleted.
    NoFull,
}

/// Why an overdue run is not made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It failed, and is tried again then.
    BackOff(DateTime<Utc>),
    /// It may only be caught up in hours that begin then.
    Window(DateTime<Utc>),
}

const MISSED_LIMIT: usize = 10_000;

/// What of a plan should run at `now`.
pub fn due(plan: &PlanSchedule, history: &History<'_>, catch_up: &CatchUp, now: DateTime<Utc>) -> Due {
    let mut found: Vec<(DueRun, &Schedule)> = match plan {
        PlanSchedule::Lines(lines) => {
            let runs = lines.iter().filter_map(|line| Some((line_due(line, history, catch_up, now)?, &line.schedule)));
            runs.collect()
        }
        PlanSchedule::Counted { schedule, differentials } => {
            let run = open_slot(schedule, history, now, |done| done.kind != RunKind::Log).map(|(slot, missed)| {
                let (kind, reason) = counted_kind(history, now, *differentials);
                DueRun { kind, reason, slot, missed, overdue: now - slot > catch_up.grace }
            });
            run.map(|run| (run, schedule)).into_iter().collect()
        }
    };
    found.sort_by_key(|(run, _)| (run.kind, run.missed.first));
    // One full is enough for all that asked for one, and for the differentials.
    let full = found.iter().any(|(run, _)| run.kind == RunKind::Full);
    found.retain(|(run, _)| !(full && run.kind == RunKind::Differential));
    found.dedup_by_key(|(run, _)| run.kind);

    let mut due = Due::default();
    for (run, schedule) in found {
        match waits(&run, schedule, history, catch_up, now) {
            Some(waiting) => due.waiting.push((run, waiting)),
            None => due.runs.push(run),
        }
    }
    due
}

fn line_due(line: &Line, history: &History<'_>, catch_up: &CatchUp, now: DateTime<Utc>) -> Option<DueRun> {
    let fulls = history.done.iter().filter(|done| done.kind == RunKind::Full);
    let first_full = fulls.map(|done| done.started).min();
    let serves = |done: &BackupDone| match line.kind {
        // Before the first full there was no log to back up.
        RunKind::Log => done.kind == RunKind::Log || first_full == Some(done.started),
        RunKind::Full => done.kind == RunKind::Full,
        RunKind::Differential => done.kind != RunKind::Log,
    };
    let (slot, missed) = open_slot(&line.schedule, history, now, serves)?;
    let (kind, reason) = match line.kind {
        RunKind::Differential | RunKind::Log if first_full.is_none() => (RunKind::Full, RunReason::NoFull),
        kind => (kind, RunReason::Scheduled),
    };
    Some(DueRun { kind, reason, slot, missed, overdue: now - slot > catch_up.grace })
}

/// The last time that passed, if no backup that serves it was begun since; and what was missed.
///
/// A backup dated later than the next time was made under a wrong clock and serves nothing.
fn open_slot(
    schedule: &Schedule,
    history: &History<'_>,
    now: DateTime<Utc>,
    serves: impl Fn(&BackupDone) -> bool,
) -> Option<(DateTime<Utc>, Missed)> {
    let slot = schedule.last_until(now).filter(|slot| *slot >= history.since)?;
    let next = schedule.after(slot).next().unwrap_or(DateTime::<Utc>::MAX_UTC);
    let served = history.done.iter().filter(|done| serves(done) && done.started < next);
    let last = served.map(|done| done.started).max();
    if last.is_some_and(|last| last >= slot) {
        return None;
    }
    // What begins at `since` itself counts, so look from just before.
    let from = last.filter(|last| *last >= history.since);
    let from = from.unwrap_or_else(|| history.since - TimeDelta::nanoseconds(1));
    let mut times = schedule.after(from).take_while(|time| *time <= slot);
    let first = times.next().unwrap_or(slot);
    let count = 1 + times.take(MISSED_LIMIT - 1).count();
    Some((slot, Missed { first, count: count as u32 }))
}

/// The kind that comes next in a plan that counts differentials.
pub(super) fn counted_kind(history: &History<'_>, now: DateTime<Utc>, differentials: u32) -> (RunKind, RunReason) {
    let before = |done: &&BackupDone| done.started <= now;
    let fulls = history.done.iter().filter(|done| done.kind == RunKind::Full).filter(before);
    let Some(full) = fulls.map(|done| done.started).max() else { return (RunKind::Full, RunReason::NoFull) };
    let since = history.done.iter().filter(before).filter(|done| done.started >= full);
    let made = since.filter(|done| done.kind == RunKind::Differential).count();
    if count_reached(u32::try_from(made).unwrap_or(u32::MAX), differentials) {
        (RunKind::Full, RunReason::CountReached(differentials))
    } else {
        (RunKind::Differential, RunReason::Scheduled)
    }
}

/// Until when a run that is due has to wait.
fn waits(
    run: &DueRun,
    schedule: &Schedule,
    history: &History<'_>,
    catch_up: &CatchUp,
    now: DateTime<Utc>,
) -> Option<Waiting> {
    if let Some(again) = back_off(run, history, now).filter(|again| *again > now) {
        return Some(Waiting::BackOff(again));
    }
    let window = catch_up.window.filter(|_| run.overdue)?;
    let local = now.with_timezone(&schedule.zone()).naive_local();
    if window.holds(local.time().with_nanosecond(0).unwrap_or(local.time())) {
        return None;
    }
    let opens = local.date().and_time(window.from);
    let opens = if opens > local { opens } else { opens.checked_add_days(chrono::Days::new(1))? };
    instant(schedule.zone(), opens).map(Waiting::Window)
}

/// When a run that failed is tried again: after 1 minute, then 2, 4, ... up to an hour.
fn back_off(run: &DueRun, history: &History<'_>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // A failure dated later than now was dated by a wrong clock and delays nothing.
    let failures = history.failures.iter().filter(|failure| failure.kind == run.kind && failure.at <= now);
    let since = failures.filter(|failure| failure.at >= run.missed.first);
    let (count, last) = since.fold((0_u32, None), |(count, last), failure| (count + 1, last.max(Some(failure.at))));
    let minutes = 1_i64 << count.checked_sub(1)?.min(6);
    last?.checked_add_signed(TimeDelta::minutes(minutes.min(60)))
}
