//! Lines of a plan's history.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde::Deserialize;

use super::reply::plan_run_value;
use crate::model::Guid;
use crate::ops::PlanRunResult;
use crate::policy::schedule::Failure;
use crate::report::RunFacts;
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

/// The backup sets that the runs in lines of a history made and the server verified.
pub fn verified(lines: &[String]) -> BTreeSet<Guid> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(default)]
        made: Vec<Made>,
    }
    #[derive(Deserialize)]
    struct Made {
        backup: Option<Backup>,
    }
    #[derive(Deserialize)]
    struct Backup {
        verified: Option<bool>,
        backup_set_guid: Option<Guid>,
    }
    let read = lines.iter().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let backups = read.flat_map(|line| line.made).filter_map(|made| made.backup);
    backups.filter(|backup| backup.verified == Some(true)).filter_map(|backup| backup.backup_set_guid).collect()
}

/// What the runs in lines of a history came to, the oldest first, for a report.
pub fn runs(lines: &[String]) -> Vec<RunFacts> {
    #[derive(Deserialize)]
    struct Line {
        finished_at: String,
        outcome: String,
        #[serde(default)]
        made: Vec<Made>,
        #[serde(default)]
        steps: Vec<Step>,
    }
    #[derive(Deserialize)]
    struct Made {
        r#type: KindField,
        backup: Option<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Step {
        step: String,
        message: String,
        error: Option<Told>,
    }
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }
    let read = lines.iter().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    read.filter_map(|line| {
        let trouble = line.steps.into_iter().filter_map(|step| {
            let why = step.error?.message;
            let what = if step.message.is_empty() { String::new() } else { format!("{}: ", step.message) };
            Some(format!("{}: {what}{why}", step.step))
        });
        Some(RunFacts {
            finished: DateTime::parse_from_rfc3339(&line.finished_at).ok()?.to_utc(),
            outcome: line.outcome,
            made: line.made.into_iter().filter(|made| made.backup.is_some()).map(|made| made.r#type.into()).collect(),
            trouble: trouble.collect(),
        })
    })
    .collect()
}
