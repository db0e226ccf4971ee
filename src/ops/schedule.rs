//! Questions about a schedule, answered without server, file or clock.

use chrono::{DateTime, Utc};

use crate::policy::calendar::Language;
use crate::policy::schedule::{BackupDone, CatchUp, Due, Failure, History, PlanSchedule, Upcoming, due, upcoming};
use crate::policy::zone::Zone;

/// A question about a schedule.
#[derive(Clone, Debug)]
pub struct ScheduleQuery {
    /// The schedule.
    pub schedule: PlanSchedule,
    /// What is asked.
    pub question: Question,
    /// The backups that exist.
    pub backups: Vec<BackupDone>,
    /// Runs that failed.
    pub failures: Vec<Failure>,
}

/// What is asked about a schedule.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// The next runs after a moment, and what each makes.
    Next {
        /// The moment.
        now: DateTime<Utc>,
        /// How many.
        count: usize,
    },
    /// The runs that a stretch of time had: after `from`, up to and with `now`.
    Missed {
        /// The beginning, itself left out.
        from: DateTime<Utc>,
        /// The end.
        now: DateTime<Utc>,
        /// The most that are listed.
        limit: usize,
    },
    /// What should run now.
    Due {
        /// Now.
        now: DateTime<Utc>,
        /// When the plan was made; what would have run before does not count.
        since: DateTime<Utc>,
        /// How missed runs are caught up.
        catch_up: CatchUp,
    },
    /// The schedule in words.
    Describe,
}

/// The answer to a question about a schedule.
#[derive(Clone, Debug)]
pub enum ScheduleAnswer {
    /// To [`Question::Next`].
    Next(Vec<Upcoming>),
    /// To [`Question::Missed`].
    Missed {
        /// The runs.
        runs: Vec<Upcoming>,
        /// Whether there were more than the limit.
        more: bool,
    },
    /// To [`Question::Due`].
    Due {
        /// What should run.
        due: Due,
        /// What comes next after now, as if all that is due succeeded.
        next: Option<Upcoming>,
    },
    /// To [`Question::Describe`].
    Words {
        /// English.
        english: String,
        /// Persian, with its letters and digits.
        persian: String,
    },
}

/// Answers a question.
pub fn answer(query: &ScheduleQuery) -> ScheduleAnswer {
    let ScheduleQuery { schedule, backups, failures, .. } = query;
    let history = |since| History { since, done: backups, failures };
    match query.question {
        Question::Next { now, count } => ScheduleAnswer::Next(upcoming(schedule, &history(now), now, count)),
        Question::Missed { from, now, limit } => {
            let mut runs = upcoming(schedule, &history(from), from, limit + 1);
            runs.retain(|run| run.at <= now);
            let more = runs.len() > limit;
            runs.truncate(limit);
            ScheduleAnswer::Missed { runs, more }
        }
        Question::Due { now, since, catch_up } => {
            let due = due(schedule, &history(since), &catch_up, now);
            let next = next_after(schedule, backups, &due, now);
            ScheduleAnswer::Due { due, next }
        }
        Question::Describe => ScheduleAnswer::Words {
            english: schedule.describe(Language::English),
            persian: schedule.describe(Language::Persian),
        },
    }
}

/// The next run after `now`, as if what is due had been made.
fn next_after(schedule: &PlanSchedule, backups: &[BackupDone], due: &Due, now: DateTime<Utc>) -> Option<Upcoming> {
    let mut done = backups.to_vec();
    let waiting = due.waiting.iter().map(|(run, _)| run);
    done.extend(due.runs.iter().chain(waiting).map(|run| BackupDone { kind: run.kind, started: now }));
    upcoming(schedule, &History { since: now, done: &done, failures: &[] }, now, 1).pop()
}

/// The zone that a schedule's local times are in.
pub fn zone(schedule: &PlanSchedule) -> Zone {
    match schedule {
        PlanSchedule::Lines(lines) => lines.first().map_or(Zone::utc(), |line| line.schedule.zone()),
        PlanSchedule::Counted { schedule, .. } => schedule.zone(),
    }
}
