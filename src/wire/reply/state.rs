//! The row of a database's state.

use serde_json::{Value, json};

use super::type_word;
use super::values::local;
use crate::model::{Client, LastRestore, RecoveryModel, Work};
use crate::ops::{Met, StateRow};

pub(super) fn row(row: &StateRow) -> Value {
    let state = &row.state;
    let history = state.history.clone().unwrap_or_default();
    let remarks: Vec<Value> = row
        .remarks
        .iter()
        .map(|remark| {
            json!({
                "code": remark.code,
                "severity": remark.severity.word(),
                "message": remark.message,
                "next_step": remark.next_step,
            })
        })
        .collect();
    json!({
        "name": state.name,
        "database_id": state.id,
        "server": row.server,
        "at": local(Some(row.at)),
        "state": state.state,
        "user_access": state.user_access,
        "recovery_model": state.recovery_model.map(RecoveryModel::name),
        "is_read_only": state.is_read_only,
        "is_in_standby": state.is_in_standby,
        "log_reuse_wait": state.log_reuse_wait,
        "last_full_at": local(history.last_full),
        "last_differential_at": local(history.last_differential),
        "last_log_at": local(history.last_log),
        "availability_group": state.ties.availability_group,
        "mirrored": state.ties.mirrored,
        "published": state.ties.published,
        "snapshot": state.ties.snapshot,
        "snapshot_of": state.ties.snapshot_of,
        "last_restore": history.last_restore.as_ref().map(last_restore),
        "clients": state.clients.as_deref().map(clients),
        "running": state.work().map(|(client, work)| running(client, work)).collect::<Vec<_>>(),
        "remarks": remarks,
        "summary": row.summary,
        "unseen": row.unseen,
    })
}

fn last_restore(last: &LastRestore) -> Value {
    json!({
        "at": local(Some(last.at)),
        "login": last.login,
        "recovery": last.recovery,
        "type": last.kind.map(type_word),
        "source_database": last.source_database,
        "backup_finished_at": local(last.backup_finished),
    })
}

/// Sessions that use a database.
fn clients(clients: &[Client]) -> Value {
    let client = |client: &Client| {
        json!({
            "session_id": client.session_id,
            "login": client.login,
            "host": client.host,
            "program": client.program,
            "process_id": client.process_id,
            "since": local(client.since),
            "open_transactions": client.open_transactions,
            "command": client.command,
        })
    };
    clients.iter().map(client).collect()
}

/// Who was connected when a backup began, and who was cut before.
pub(super) fn met(met: &Met) -> Value {
    json!({ "connected": met.connected.as_deref().map(clients), "disconnected": clients(&met.disconnected) })
}

fn running(client: &Client, work: &Work) -> Value {
    json!({
        "session_id": client.session_id,
        "command": client.command,
        "percent": work.percent,
        "started_at": local(work.since),
        "eta_ms": work.milliseconds_left,
        "wait": work.wait,
    })
}
