//! What a plan will run next, and what each run will make.

use std::iter::Peekable;

use chrono::{DateTime, Utc};

use super::due::{BackupDone, History, counted_kind};
use super::pattern::{PlanSchedule, RunKind};
use super::slots::Times;

/// A run to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// When.
    pub at: DateTime<Utc>,
    /// What it will make, if all before it succeed.
    pub kind: RunKind,
}

/// The next `count` runs after `now`, as if each of them succeeded.
pub fn upcoming(plan: &PlanSchedule, history: &History<'_>, now: DateTime<Utc>, count: usize) -> Vec<Upcoming> {
    let mut has_full = history.done.iter().any(|done| done.kind == RunKind::Full && done.started <= now);
    match plan {
        PlanSchedule::Lines(lines) => {
            let mut times: Vec<(RunKind, Peekable<Times<'_>>)> =
                lines.iter().map(|line| (line.kind, line.schedule.after(now).peekable())).collect();
            let mut runs: Vec<Upcoming> = Vec::new();
            while runs.len() < count {
                let Some(at) = times.iter_mut().filter_map(|(_, times)| times.peek().copied()).min() else { break };
                let due = times.iter_mut().filter_map(|(kind, times)| times.next_if_eq(&at).map(|_| *kind));
                let mut kinds: Vec<RunKind> = due.map(|kind| if has_full { kind } else { RunKind::Full }).collect();
                kinds.sort_unstable();
                kinds.dedup();
                if kinds.contains(&RunKind::Full) {
                    has_full = true;
                    kinds.retain(|kind| *kind != RunKind::Differential);
                }
                runs.extend(kinds.into_iter().map(|kind| Upcoming { at, kind }));
            }
            runs.truncate(count);
            runs
        }
        PlanSchedule::Counted { schedule, differentials } => {
            let made: Vec<BackupDone> = history.done.iter().filter(|done| done.started <= now).copied().collect();
            let last_full = made.iter().filter(|done| done.kind == RunKind::Full).map(|done| done.started).max();
            let (first, _) = counted_kind(history, now, *differentials);
            let since =
                made.iter().filter(|done| done.kind == RunKind::Differential && Some(done.started) >= last_full);
            let mut differentials_made = if last_full.is_some() { since.count() as u32 } else { 0 };
            let mut next = first;
            schedule
                .after(now)
                .take(count)
                .map(|at| {
                    let kind = next;
                    differentials_made = if kind == RunKind::Full { 0 } else { differentials_made + 1 };
                    next = if differentials_made >= *differentials { RunKind::Full } else { RunKind::Differential };
                    Upcoming { at, kind }
                })
                .collect()
        }
    }
}
