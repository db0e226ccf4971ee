//! Schedules: when a plan runs, what kind of backup it makes, and whether it is due.
//!
//! A [`Schedule`] is a [`Pattern`] of local times in a time zone; [`Schedule::after`] gives its
//! times. A [`PlanSchedule`] puts schedules and kinds of backup together; [`due`] says what should
//! run now, judged from the backups that exist, and [`upcoming`] what will run next.
//!
//! Clock changes: a time that the clock skips runs once, right after the gap; a time that it shows
//! twice runs once, the first time.

mod due;
mod error;
mod names;
mod pattern;
mod slots;
mod upcoming;
mod words;
mod zone;

pub use due::{BackupDone, CatchUp, Due, DueRun, Failure, History, Missed, RunReason, Waiting, due};
pub use error::ScheduleError;
pub use names::{parse_month_day, parse_time, parse_weekday, parse_window};
pub use pattern::{
    CalendarSystem, CronPattern, Every, Line, MonthDay, Nth, Pattern, PlanSchedule, RunKind, Schedule, Window,
};
pub use slots::Times;
pub use upcoming::{Upcoming, upcoming};
pub use zone::{WINDOWS_ZONES, zone_named};
