//! What an error number means.

use serde_json::{Value, json};

use crate::sql::errors::{LOGIN_STATES, OS_ERRORS, explain, explain_os};

/// A number of SQL Server, explained; an unknown one says so.
pub fn explanation_text(number: u32, status: impl Fn(crate::error::Code) -> i32) -> String {
    let Some(known) = explain(number) else {
        return json!({ "v": 1, "number": number, "known": false }).to_string();
    };
    let states: Vec<Value> = match number {
        18456 => LOGIN_STATES.iter().map(|(state, cause)| json!({ "state": state, "cause": cause })).collect(),
        _ => Vec::new(),
    };
    // These carry an error of the operating system in their text.
    let with_os = matches!(number, 3201..=3203 | 3634);
    let os: Vec<Value> = OS_ERRORS
        .iter()
        .filter(|_| with_os)
        .filter_map(|number| {
            explain_os(*number).map(|(cause, next)| json!({ "number": number, "cause": cause, "next": next }))
        })
        .collect();
    json!({
        "v": 1,
        "number": number,
        "known": true,
        "status": status(known.code),
        "code": known.code.word(),
        "retryable": known.retryable,
        "cause": known.cause,
        "next": known.next,
        "states": states,
        "operating_system": os,
    })
    .to_string()
}
