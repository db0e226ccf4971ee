//! Replies: results, rows, progress and errors to JSON text.

mod archive;
mod chain;
mod entries;
mod explanation;
mod repair;
mod restore_test;
mod rows;
mod service;
mod state;
mod values;
mod verdict;

pub use explanation::explanation_text;

use serde_json::{Map, Value, json};

pub(super) use self::chain::removal;
use self::values::{base_name, guid, local, lsn, milliseconds, persian, utc};
use super::plan::{plan_check_value, plan_run_value, report_value};
use crate::error::{Error, ServerMessage};
use crate::job::{Page, Status};
use crate::model::BackupType;
use crate::ops::{BackupResult, Reply, RestoreResult, Row, ScriptResult};
use crate::sql::Recovery;

/// The version of replies.
const VERSION: u32 = 1;

/// The word for a type of backup; also that of requests, as far as they know it.
fn type_word(kind: BackupType) -> &'static str {
    kind.word()
}

/// What a job ended with. `status` numbers are the business of the ABI.
pub fn result_text(reply: &Reply, status: impl Fn(&Error) -> i32) -> String {
    match reply {
        Reply::Backup(result) => backup(result, &status),
        Reply::Restore(result) => restore(result),
        Reply::Repair(result) => repair::repair(result),
        Reply::Script(result) => script(result),
        Reply::RestoreTest(result) => restore_test::restore_test(result),
        Reply::Service(result) => service::service(result),
        Reply::PlanRun(result) => plan_run_value(result, &status),
        Reply::PlanCheck(lines) => plan_check_value(lines),
        Reply::Report(result) => report_value(result),
        Reply::Verify { count } => json!({ "v": VERSION, "kind": "verify", "count": count }),
        Reply::Query { count } => json!({ "v": VERSION, "kind": "query", "count": count }),
        Reply::Chain(reply) => chain::reply(reply),
        Reply::Removal(result) => chain::removed(result),
    }
    .to_string()
}

/// Rows of a job. `status` tells the number of an error's code.
pub fn page_text(page: &Page<Row>, status: impl Fn(&Error) -> i32) -> String {
    let mut text = format!(r#"{{"v":{VERSION},"items":["#);
    for (at, row) in page.items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&rows::text(row, &status));
    }
    text.push_str(if page.done { r#"],"done":true}"# } else { r#"],"done":false}"# });
    text
}

/// How far a job is.
pub fn status_text(status: &Status) -> String {
    let messages: Vec<Value> = status
        .messages
        .iter()
        .map(|message| {
            json!({
                "seq": message.seq,
                "level": match message.level {
                    crate::job::Level::Debug => "debug",
                    crate::job::Level::Info => "info",
                    crate::job::Level::Warning => "warning",
                },
                "number": message.number,
                "text": message.text,
            })
        })
        .collect();
    json!({
        "v": VERSION,
        "state": status.state.word(),
        "phase": status.phase.word(),
        "percent": status.percent,
        "bytes_done": status.bytes_done,
        "bytes_total": status.bytes_total,
        "rate_bytes_per_sec": status.rate.map(|rate| rate as u64),
        "eta_ms": status.left.map(milliseconds),
        "elapsed_ms": milliseconds(status.elapsed),
        "messages": messages,
        "last_seq": status.last_seq,
        "dropped": status.dropped,
    })
    .to_string()
}

/// An error with its status number.
pub fn error_text(error: &Error, status: i32) -> String {
    error_value(error, status).to_string()
}

pub(super) fn error_value(error: &Error, status: i32) -> Value {
    json!({
        "v": VERSION,
        "status": status,
        "code": error.code.word(),
        "message": error.message,
        "hint": error.hint,
        "target": error.target,
        "retryable": error.retryable,
        "causes": error.causes,
        "server": messages(&error.server),
    })
}

fn messages(all: &[ServerMessage]) -> Vec<Value> {
    all.iter()
        .map(|message| {
            json!({
                "number": message.number,
                "severity": message.severity,
                "state": message.state,
                "line": message.line,
                "procedure": message.procedure,
                "message": message.text,
            })
        })
        .collect()
}

/// Bytes a second as MB/s by SQL Server's own measure, 2^20 bytes.
fn megabytes_per_second(bytes: u64, duration: std::time::Duration) -> Option<f64> {
    let seconds = duration.as_secs_f64();
    (seconds > 0.0).then(|| (bytes as f64 / 1_048_576.0 / seconds * 100.0).round() / 100.0)
}

pub(super) fn backup(result: &BackupResult, status: &dyn Fn(&Error) -> i32) -> Value {
    let retries: Vec<Value> =
        result.retries.iter().map(|retry| json!({ "number": retry.number, "reason": retry.reason })).collect();
    json!({
        "v": VERSION,
        "kind": "backup",
        "server": result.server,
        "database": result.database,
        "requested_type": type_word(result.requested),
        "type": type_word(result.kind),
        "promoted": result.promotion.as_ref().map(|why| json!({ "code": why.word(), "reason": why.reason() })),
        "foreign_base": result.doubt.as_ref().map(|doubt| archive::doubt(doubt, result.offset)),
        "copy_only": result.copy_only,
        "archive": result.archive,
        "files": result.files,
        "mirror": result.mirror,
        "compressed": result.compressed,
        "replaced_archive": result.replaced_archive.as_ref().map(|(file, reason)| json!({ "file": file, "reason": reason })),
        "closed_archive": result.closed_archive.as_ref().map(|closed| archive::closed(closed, status)),
        "archive_state": result.archive_state.as_ref().map(|state| archive::state(state, result.offset)),
        "position": result.position,
        "media_set_id": guid(result.media_set_id),
        "backup_set_guid": guid(result.backup_set_guid),
        "first_lsn": lsn(result.first_lsn),
        "last_lsn": lsn(result.last_lsn),
        "checkpoint_lsn": lsn(result.checkpoint_lsn),
        "database_backup_lsn": lsn(result.database_backup_lsn),
        "differential_base_guid": guid(result.differential_base_guid),
        "differential_base_lsn": lsn(result.differential_base_lsn),
        "started_at": utc(result.started, result.offset),
        "finished_at": utc(result.finished, result.offset),
        "started_at_persian": persian(result.started),
        "finished_at_persian": persian(result.finished),
        "backup_size": result.backup_size,
        "compressed_backup_size": result.compressed_backup_size,
        "pages": result.pages,
        "duration_ms": milliseconds(result.duration),
        "mb_per_sec": megabytes_per_second(result.pages * 8192, result.duration),
        "has_backup_checksums": result.has_backup_checksums,
        "verified": result.verified,
        "removal": result.removal.as_ref().map(|removal| chain::after_backup(removal, status)),
        "clients": state::met(&result.clients),
        "retries": retries,
        "messages": messages(&result.messages),
        "statements": result.statements,
    })
}

fn restore(result: &RestoreResult) -> Value {
    let steps: Vec<Value> = result
        .steps
        .iter()
        .map(|step| {
            json!({
                "files": step.files,
                "position": step.position,
                "type": type_word(step.kind),
                "backup_set_guid": guid(step.backup_set_guid),
                "stop_at": local(step.stop_at),
                "reason": step.reason,
                "recovery": match &step.recovery {
                    Recovery::Recovery => "recovery",
                    Recovery::NoRecovery => "norecovery",
                    Recovery::Standby { .. } => "standby",
                },
            })
        })
        .collect();
    let files: Vec<Value> =
        result.files.iter().map(|(name, path)| json!({ "logical_name": name, "physical_name": path })).collect();
    json!({
        "v": VERSION,
        "kind": "restore",
        "server": result.server,
        "database": result.database,
        "steps": steps,
        "files": files,
        "notes": result.notes,
        "pages": result.pages,
        "bytes": result.bytes,
        "duration_ms": milliseconds(result.duration),
        "mb_per_sec": megabytes_per_second(result.bytes, result.duration),
        "restored_to": local(result.restored_to),
        "restored_to_persian": persian(result.restored_to),
        "safety_copy": result.safety_copy,
        "kept_as": result.kept_as,
        "tail": result.tail,
        "disconnected": repair::connected(&result.disconnected),
        "user_access": result.user_access,
        "checked": result.checked,
        "messages": messages(&result.messages),
        "statements": result.statements,
    })
}

fn script(result: &ScriptResult) -> Value {
    let mut script = format!(
        "-- PGBackup {}\n-- server {}, database {}\n",
        env!("CARGO_PKG_VERSION"),
        base_name(&result.server),
        base_name(&result.database)
    );
    for note in &result.notes {
        script.push_str(&format!("-- {}\n", base_name(note)));
    }
    for statement in &result.statements {
        script.push_str(statement);
        script.push_str(";\n");
    }
    json!({
        "v": VERSION,
        "kind": "script",
        "server": result.server,
        "database": result.database,
        "statements": result.statements,
        "notes": result.notes,
        "script": script,
    })
}

/// A JSON object out of names and values, in their order.
fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}
