//! The reply of a repair, and who was cut.

use serde_json::{Value, json};

use super::VERSION;
use crate::ops::RepairResult;
use crate::policy::restoring::End;
use crate::sql::Connected;

pub(super) fn repair(result: &RepairResult) -> Value {
    json!({
        "v": VERSION,
        "kind": "repair",
        "server": result.server,
        "database": result.database,
        "was_broken_off": result.was_broken_off,
        "content": result.end.map(|end| match end {
            End::Before => "before",
            End::Wanted => "wanted",
        }),
        "state": result.state,
        "user_access": result.user_access,
        "notes": result.notes,
        "disconnected": connected(&result.disconnected),
        "statements": result.statements,
    })
}

pub(super) fn connected(sessions: &[Connected]) -> Vec<Value> {
    sessions
        .iter()
        .map(|one| {
            json!({
                "session_id": one.session_id,
                "login": one.login,
                "host": one.host,
                "program": one.program,
            })
        })
        .collect()
}
