//! What a backup tells of its archive and of the base of its differentials.

use chrono::FixedOffset;
use serde_json::{Value, json};

use super::error_value;
use super::values::{guid, utc};
use crate::error::Error;
use crate::ops::{ArchiveState, ClosedArchive};
use crate::policy::base::Doubt;

pub(super) fn doubt(doubt: &Doubt, offset: FixedOffset) -> Value {
    let origin = doubt.origin();
    json!({
        "code": doubt.word(),
        "reason": doubt.to_string(),
        "backup_set_guid": guid(Some(origin.guid)),
        "user": origin.user,
        "machine": origin.machine,
        "program": origin.program,
        "set_name": origin.set_name,
        "files": origin.devices,
        "snapshot": origin.is_snapshot,
        "finished_at": utc(origin.finished, offset),
    })
}

pub(super) fn closed(closed: &ClosedArchive, status: &dyn Fn(&Error) -> i32) -> Value {
    json!({
        "files": closed.files,
        "sets": closed.sets.len(),
        "code": closed.reason.word(),
        "reason": closed.reason.to_string(),
        "verified": closed.verified,
        "error": closed.finding.as_ref().map(|error| error_value(error, status(error))),
    })
}

pub(super) fn state(state: &ArchiveState, offset: FixedOffset) -> Value {
    json!({
        "sets": state.growth.sets,
        "differentials": state.growth.differentials,
        "bytes": state.growth.bytes,
        "bytes_per_day": state.growth.per_day,
        "free_bytes": state.free,
        "full_at": utc(state.full_at, offset),
    })
}
