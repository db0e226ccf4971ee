//! Schedules as JSON: how they are written, what is asked about them, and what is answered.

mod field;
mod query;
mod reply;

pub use query::schedule_query;
pub use reply::schedule_text;
