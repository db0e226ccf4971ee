//! Replies about plans.

use serde_json::{Value, json};

use crate::error::Error;
use crate::ops::{PlanAnswer, PlanCheck, PlanFile, PlanRunResult, ReportResult, StepOutcome, schedule_zone};
use crate::policy::calendar::Language;
use crate::policy::schedule::{BackupDone, Upcoming};
use crate::wire::reply::{backup, error_value, removal};
use crate::wire::schedule::{due_value, iso, kind_word, slot_value};

/// The answer to a question or wish about plans. `status` tells the number of an error's code.
pub fn plan_text(answer: &PlanAnswer, status: impl Fn(&Error) -> i32) -> String {
    match answer {
        PlanAnswer::List { folder, plans } => {
            let plans: Vec<Value> = plans
                .iter()
                .map(|(name, plan)| match plan {
                    Ok(file) => file_value(file),
                    Err(error) => json!({ "name": name, "error": error_value(error, status(error)) }),
                })
                .collect();
            json!({ "v": 1, "kind": "list", "folder": folder.display().to_string(), "plans": plans })
        }
        PlanAnswer::One(file) => {
            let mut value = file_value(file);
            value["v"] = 1.into();
            value["kind"] = "plan".into();
            value
        }
        PlanAnswer::Removed(file) => json!({ "v": 1, "kind": "removed", "file": file.display().to_string() }),
        PlanAnswer::Schedule { plan, done, due, next } => {
            let zone = schedule_zone(&plan.schedule);
            let mut reply = json!({ "v": 1, "kind": "schedule", "plan": plan.name, "zone": zone.name() });
            reply["known"] = done.is_some().into();
            reply["last"] = done.as_deref().and_then(last).map(|last| slot_value(&last, zone)).into();
            due_value(due, zone, &mut reply);
            reply["items"] = next.iter().map(|run| slot_value(run, zone)).collect::<Vec<_>>().into();
            reply
        }
        PlanAnswer::Idle(result) => {
            let run = result.as_deref().map(|result| plan_run_value(result, &|error| status(error)));
            json!({ "v": 1, "kind": "idle", "idle": run.is_some(), "run": run })
        }
        PlanAnswer::History(lines) => {
            let items: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
            json!({ "v": 1, "kind": "history", "unreadable": lines.len() - items.len(), "items": items })
        }
        PlanAnswer::Unit(name) => json!({ "v": 1, "kind": "unit", "name": name }),
        PlanAnswer::Registered(texts) => json!({
            "v": 1,
            "kind": "register",
            "name": texts.name,
            "minutes": texts.minutes,
            "service": texts.service,
            "timer": texts.timer,
            "cron": texts.cron,
            "task": texts.task,
        }),
    }
    .to_string()
}

fn last(done: &[BackupDone]) -> Option<Upcoming> {
    done.iter().max_by_key(|done| done.started).map(|done| Upcoming { at: done.started, kind: done.kind })
}

fn file_value(file: &PlanFile) -> Value {
    let schedule = &file.plan.schedule;
    json!({
        "name": file.plan.name,
        "file": file.file.display().to_string(),
        "english": schedule.describe(Language::English),
        "persian": schedule.describe(Language::Persian),
        // It was read from this text, so it is JSON.
        "plan": serde_json::from_str::<Value>(&file.text).unwrap_or_default(),
    })
}

/// What a run of a plan came to. `status` tells the number of an error's code.
pub fn plan_run_value(result: &PlanRunResult, status: &dyn Fn(&Error) -> i32) -> Value {
    let zone = schedule_zone(&result.schedule);
    let runs: Vec<Value> = result
        .ran
        .iter()
        .map(|ran| {
            let copies: Vec<Value> = ran
                .copies
                .iter()
                .map(|copy| {
                    let digest = copy.sha256.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
                    json!({ "file": copy.path.display().to_string(), "bytes": copy.bytes, "sha256": digest })
                })
                .collect();
            json!({
                "type": kind_word(ran.run.kind),
                "slot": iso(ran.run.slot),
                "skipped": ran.run.missed.count.saturating_sub(1),
                "backup": ran.backup.as_deref().map(|made| backup(made, status)),
                "copies": copies,
            })
        })
        .collect();
    let steps: Vec<Value> = result
        .steps
        .iter()
        .map(|step| {
            json!({
                "step": step.step,
                "outcome": match step.outcome {
                    StepOutcome::Done => "done",
                    StepOutcome::Warning => "warning",
                    StepOutcome::Failed => "failed",
                },
                "message": step.message,
                "error": step.error.as_deref().map(|error| error_value(error, status(error))),
            })
        })
        .collect();
    let mut reply = json!({
        "v": 1,
        "kind": "plan_run",
        "plan": result.plan,
        "database": result.database,
        "outcome": result.outcome.word(),
        "exit_code": result.outcome.exit_code(),
        "started_at": iso(result.started),
        "finished_at": iso(result.finished),
        "failed": result.failed.iter().map(|kind| kind_word(*kind)).collect::<Vec<_>>(),
        "made": runs,
        "removal": result.removal.as_ref().map(removal),
        "steps": steps,
        "zone": zone.name(),
    });
    due_value(&result.due, zone, &mut reply);
    reply["next"] = result.next.as_ref().map(|run| slot_value(run, zone)).into();
    reply
}

/// A report.
pub fn report_value(result: &ReportResult) -> Value {
    let plans: Vec<Value> =
        result.plans.iter().map(|(name, state)| json!({ "name": name, "state": state.word() })).collect();
    json!({ "v": 1, "kind": "report", "state": result.state.word(), "plans": plans, "html": result.html })
}

/// How everything stands that a run of a plan needs.
pub fn plan_check_value(lines: &[PlanCheck]) -> Value {
    let items: Vec<Value> = lines
        .iter()
        .map(|line| {
            let next = (!line.next_step.is_empty()).then_some(&line.next_step);
            json!({ "check": line.check, "ok": line.ok, "message": line.message, "next_step": next })
        })
        .collect();
    json!({ "v": 1, "kind": "plan_check", "ok": lines.iter().all(|line| line.ok), "items": items })
}
