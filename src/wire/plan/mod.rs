//! Plans as JSON: their files, what is asked about them, runs and their history.

mod call;
mod file;
mod history;
mod reply;

pub use call::{plan_call, plan_run, report};
pub use file::plan_file;
pub use history::{failures, history_line, runs, verified};
pub use reply::plan_text;
pub(super) use reply::{plan_check_value, plan_run_value, report_value};
