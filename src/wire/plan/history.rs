//! Lines of a plan's history.

use chrono::DateTime;
use serde::Deserialize;

use super::reply::plan_run_value;
use crate::ops::PlanRunResult;
use crate::policy::schedule::Failure;
use crate::wire::schedule::KindField;

/// The line of a run: what its result says.
pub fn history_line(result: &PlanRunResult) -> String {
    // The number of an error's status is the ABI's business, and its word stands beside it.
    plan_run_value(result, &|_| 0).to_string()
}

/// The failures in lines of a history. A line that cannot be read, torn when a machine stopped, is
/// passed over.
pub fn failures(lines: &[String]) -> Vec<Failure> {
    #[derive(Deserialize)]
    struct Line {
        finished_at: String,
        #[serde(default)]
        failed: Vec<KindField>,
    }
    let read = lines.iter().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    read.filter_map(|line| Some((DateTime::parse_from_rfc3339(&line.finished_at).ok()?.to_utc(), line.failed)))
        .flat_map(|(at, failed)| failed.into_iter().map(move |kind| Failure { kind: kind.into(), at }))
        .collect()
}
