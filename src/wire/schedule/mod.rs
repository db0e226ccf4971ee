//! Schedules as JSON: how they are written, what is asked about them, and what is answered.

mod field;
mod query;
mod reply;

pub(super) use field::{KindField, ScheduleField, window};
pub use query::schedule_query;
pub(super) use query::{grace, moment};
pub use reply::schedule_text;
pub(super) use reply::{due_value, iso, kind_word, slot_value};
