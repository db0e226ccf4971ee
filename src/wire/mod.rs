//! JSON, in and out: the only room that knows it.
//!
//! Requests carry `"v": 1`; a field that is not known, or known twice, is refused, because a typing
//! error in a backup must not pass for a default. Replies may grow. Enumerations are lower case;
//! times are ISO 8601 in UTC (`...Z`) unless the field is one of SQL Server's columns, which are
//! local to the server that made the backup and carry no zone; durations are milliseconds, sizes
//! bytes, LSNs decimal text, GUIDs lower-case text.

pub mod kept;
mod plan;
mod reply;
mod request;
mod schedule;

pub use plan::{failures, history_line, plan_call, plan_file, plan_run, plan_text, report, runs, verified};
pub use reply::{error_text, explanation_text, page_text, result_text, status_text};
pub use request::{backup, chain, query, removal, repair, restore, restore_test, server, service, verify};
pub use schedule::{schedule_query, schedule_text};
