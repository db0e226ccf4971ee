//! Answers and rows of questions about backups, and of removals.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::values::{guid, local, persian};
use super::{VERSION, error_value, type_word};
use crate::error::Error;
use crate::ops::{
    AsideFile, ChainReply, PinStep, PlannedStep, Point, PointKind, Problem, RemovalReport, RemovalResult, RemovalRow,
    RemovalStep,
};
use crate::policy::chain::ServerMoment;

pub(super) fn reply(reply: &ChainReply) -> Value {
    match reply {
        ChainReply::Removal(plan) => json!({
            "v": VERSION,
            "kind": "removal",
            "keep": plan.keep,
            "delete": plan.delete,
            "delete_bytes": plan.delete_bytes,
            "refused": plan.refused,
            "unread": plan.unread,
            "text": plan.text,
            "plan": plan.plan.as_ref().map(|plan| plan.print()),
        }),
        ChainReply::Restore(plan) => {
            let others = plan.alternatives.iter().map(|other| {
                json!({
                    "full": other.full,
                    "reaches": other.reaches.and_then(|at| local(Some(at.local))),
                    "steps": other.steps,
                    "unverified": other.unverified,
                })
            });
            json!({
                "v": VERSION,
                "kind": "restore_plan",
                "database": plan.database,
                "reaches": local(Some(plan.reaches.local)),
                "reaches_utc": utc_of(plan.reaches),
                "reaches_persian": persian(Some(plan.reaches.local)),
                "recovery_fork": guid(plan.fork),
                "bytes": plan.size,
                "notes": plan.notes,
                "alternatives": others.collect::<Value>(),
                "unread": plan.unread,
                "text": plan.text,
            })
        }
        ChainReply::RecoveryPoints { count } => json!({ "v": VERSION, "kind": "recovery_points", "count": count }),
        ChainReply::Chains { count, sets } => {
            json!({ "v": VERSION, "kind": "chains", "count": count, "sets": sets })
        }
        ChainReply::Removed { count, bytes } => {
            json!({ "v": VERSION, "kind": "removed", "count": count, "bytes": bytes })
        }
    }
}

pub(super) fn removed(result: &RemovalResult) -> Value {
    json!({
        "v": VERSION,
        "kind": "removal_result",
        "changed": result.changed,
        "kept": result.kept,
        "bytes": result.bytes,
    })
}

/// What became of older backups after a backup.
/// What was removed after a backup.
pub(in crate::wire) fn removal(report: &RemovalReport) -> Value {
    json!({
        "keep": report.keep,
        "changed": report.result.changed,
        "kept": report.result.kept,
        "bytes": report.result.bytes,
        "files": report.steps.iter().map(step).collect::<Vec<_>>(),
        "error": null,
    })
}

pub(super) fn after_backup(removal: &Result<RemovalReport, Box<Error>>, status: &dyn Fn(&Error) -> i32) -> Value {
    match removal {
        Ok(report) => self::removal(report),
        Err(error) => json!({ "error": error_value(error, status(error)) }),
    }
}

pub(super) fn item(row: &RemovalRow, status: &impl Fn(&Error) -> i32) -> Value {
    json!({
        "file": row.item.file,
        "verdict": row.item.verdict.word().to_ascii_lowercase(),
        "code": row.item.verdict.code(),
        "reason": row.item.verdict.to_string(),
        "needed_by": row.item.verdict.needed_by(),
        "size": row.item.size,
        "unit": row.item.unit,
        "modified_at": row.modified.map(utc),
        "database": (!row.database.is_empty()).then_some(&row.database),
        "sets": row.sets,
        "backup_set_guids": row.backup_set_guids,
        "newest_finished_at": local(row.newest),
        "newest_finished_at_persian": persian(row.newest),
        "unreadable": row.error.as_ref().map(|error| error_value(error, status(error))),
    })
}

pub(super) fn step(step: &RemovalStep) -> Value {
    json!({
        "file": step.file,
        "state": step.state.word(),
        "reason": step.reason,
        "size": step.size,
        "kept_as": step.kept_as,
    })
}

pub(super) fn pin(step: &PinStep) -> Value {
    json!({
        "file": step.file,
        "position": step.position,
        "backup_set_guid": guid(Some(step.backup_set_guid)),
        "state": step.state.word(),
        "reason": step.reason,
    })
}

pub(super) fn aside(file: &AsideFile) -> Value {
    json!({
        "file": file.path.display().to_string(),
        "kept_as": file.kept.display().to_string(),
        "size": file.size,
        "database": (!file.database.is_empty()).then_some(&file.database),
        "removed_at": file.times.map(|(at, _)| utc(at)),
        "keep_until": file.times.map(|(_, keep_until)| utc(keep_until)),
    })
}

pub(super) fn restore_step(step: &PlannedStep) -> Value {
    json!({
        "number": step.number,
        "files": step.files,
        "position": step.position,
        "type": type_word(step.kind),
        "copy_only": step.copy_only,
        "backup_set_guid": guid(step.backup_set_guid),
        "database": step.database,
        "finished_at": local(step.finished),
        "finished_at_persian": persian(step.finished),
        "applied": step.applied,
        "stop_at": local(step.stop_at),
        "size": step.size,
        "verified": step.verified,
        "reason": step.reason,
    })
}

pub(super) fn point(point: &Point) -> Value {
    let (kind, fork, last_set, cause) = match &point.kind {
        PointKind::Range { fork, last_set } => ("range", guid(*fork), Some(last_set), None),
        PointKind::Gap { cause } => ("gap", None, None, Some(cause)),
    };
    json!({
        "database": point.database,
        "kind": kind,
        "from": local(Some(point.from.local)),
        "to": local(Some(point.to.local)),
        "from_utc": utc_of(point.from),
        "to_utc": utc_of(point.to),
        "from_persian": persian(Some(point.from.local)),
        "to_persian": persian(Some(point.to.local)),
        "recovery_fork": fork,
        "last_set": last_set,
        "cause": cause,
    })
}

pub(super) fn problem(problem: &Problem) -> Value {
    json!({
        "code": problem.code,
        "severity": if problem.serious { "error" } else { "warning" },
        "database": (!problem.database.is_empty()).then_some(&problem.database),
        "file": problem.file,
        "position": problem.position,
        "message": problem.message,
        "next_step": problem.next_step,
    })
}

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn utc_of(moment: ServerMoment) -> Option<String> {
    moment.utc.map(|at| utc(at.and_utc()))
}
