//! A plan is run: what is due is decided from the backups that exist, made, verified and copied.

mod call;
pub(super) mod evidence;
mod inspect;
mod result;
mod run;
mod steps;

pub use call::{PlanAnswer, PlanCall, PlanFile, plan_call};
pub(super) use inspect::inspect;
pub use result::{Outcome, PlanCheck, PlanRunResult, Ran, StepOutcome, StepReport};
use run::in_folder;
pub use run::{PlanRunCommand, PlanRunWish};
pub(super) use run::{options, run};

use chrono::{DateTime, Utc};

use self::call::alone_in_archive;
pub(super) use self::call::load;
use crate::plan::Plan;
use crate::policy::schedule::{BackupDone, Due, Failure, History, Upcoming, due, upcoming};

/// What of a plan should run at `now`.
pub fn plan_due(plan: &Plan, done: &[BackupDone], failures: &[Failure], now: DateTime<Utc>) -> Due {
    due(&plan.schedule, &History { since: plan.created, done, failures }, &plan.catch_up, now)
}

/// What of a plan runs next after `now`.
pub fn plan_upcoming(plan: &Plan, done: &[BackupDone], now: DateTime<Utc>, count: usize) -> Vec<Upcoming> {
    upcoming(&plan.schedule, &History { since: plan.created, done, failures: &[] }, now, count)
}
