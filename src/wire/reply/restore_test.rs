//! What a restore test found.

use serde_json::{Value, json};

use crate::ops::RestoreTestResult;
use crate::sql::TableRows;

pub(super) fn restore_test(result: &RestoreTestResult) -> Value {
    json!({
        "v": super::VERSION,
        "kind": "restore_test",
        "proof": result.proof,
        "kept_in": result.kept_in,
        "notes": result.notes,
        "statements": result.statements,
    })
}

pub(super) fn table(table: &TableRows) -> Value {
    json!({ "schema": table.schema, "table": table.table, "rows": table.rows })
}
