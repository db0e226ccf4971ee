//! What became of services.

use serde_json::{Value, json};

use super::values::milliseconds;
use crate::ops::ServiceResult;

pub(super) fn service(result: &ServiceResult) -> Value {
    let steps: Vec<Value> = result
        .steps
        .iter()
        .map(|step| {
            json!({
                "name": step.name,
                "display_name": step.display_name,
                "action": step.action,
                "because": step.because,
                "duration_ms": milliseconds(step.duration),
            })
        })
        .collect();
    json!({ "v": super::VERSION, "kind": "service", "dry_run": result.dry_run, "steps": steps })
}
