//! Rows of a verification.

use serde_json::{Value, json};

use super::values::{guid, local, lsn, persian};
use super::{messages, object, type_word};
use crate::media::{Counts, Finding, SetReport, Severity, page_type_name};
use crate::ops::{Findings, VerifyRow};

pub(super) fn row(row: &VerifyRow) -> Value {
    let set = row.set.as_ref();
    let mut fields = vec![
        ("file", json!(row.file)),
        ("position", json!(set.map(|set| set.position))),
        ("database", json!(set.map(|set| &set.database_name))),
        ("type", json!(set.map(|set| type_word(set.backup_type)))),
        ("backup_set_guid", json!(set.and_then(|set| guid(set.backup_set_guid)))),
        ("finished_at", json!(set.and_then(|set| local(set.backup_finish_date)))),
        ("finished_at_persian", json!(set.and_then(|set| persian(set.backup_finish_date)))),
        ("verdict", json!(row.verdict.word())),
        ("checksums", json!(set.map(|set| set.has_backup_checksums == Some(true)))),
        ("messages", json!(messages(&row.messages))),
    ];
    match &row.report {
        None => {}
        Some(Findings::Set(report)) => fields.extend(of_set(report)),
        Some(Findings::File(found)) => {
            fields.push(("findings", findings(found)));
            fields.push(("findings_left_out", json!(0)));
        }
    }
    if let Some(stripe) = &row.stripe {
        fields.extend([
            ("family", json!(stripe.family)),
            ("family_count", json!(stripe.family_count)),
            ("missing_families", json!(stripe.missing)),
            ("findings_between_families", findings(&stripe.findings)),
        ]);
    }
    object(fields)
}

fn of_set(report: &SetReport) -> Vec<(&'static str, Value)> {
    let range = report.log;
    vec![
        ("protected_share", json!((report.counts.protected_share() * 10_000.0).round() / 10_000.0)),
        ("counts", counts(&report.counts)),
        ("first_log_block", json!(range.and_then(|range| lsn(Some(range.first))))),
        ("last_log_block", json!(range.and_then(|range| lsn(Some(range.last))))),
        ("findings", findings(&report.findings)),
        ("findings_left_out", json!(report.findings_left_out)),
    ]
}

fn findings(all: &[Finding]) -> Value {
    all.iter()
        .map(|finding| {
            json!({
                "offset": finding.offset,
                "file_id": finding.page.map(|page| page.file),
                "page_id": finding.page.map(|page| page.page),
                "page_type": finding.page_type.map(page_type_name),
                "severity": match finding.kind.severity() {
                    Severity::Suspect => "suspect",
                    Severity::Incomplete => "incomplete",
                    Severity::Damage => "damage",
                },
                "what": finding.to_string(),
                "proves": finding.kind.proves(),
            })
        })
        .collect()
}

fn counts(counts: &Counts) -> Value {
    json!({
        "bytes": counts.bytes,
        "bytes_protected": counts.bytes_protected,
        "extents": counts.extents,
        "pages": counts.pages,
        "pages_checksum_ok": counts.pages_checksum_ok,
        "pages_torn_bits_ok": counts.pages_torn_bits_ok,
        "pages_unprotected": counts.pages_unprotected,
        "pages_empty": counts.pages_empty,
        "pages_stale": counts.pages_stale,
        "pages_filler": counts.pages_filler,
        "pages_damaged": counts.pages_damaged,
        "vlfs": counts.vlfs,
        "log_bytes": counts.log_bytes,
        "log_blocks_checksum_ok": counts.log_blocks_checksum_ok,
        "log_blocks_unprotected": counts.log_blocks_unprotected,
        "log_blocks_damaged": counts.log_blocks_damaged,
        "backup_checksums": counts.backup_checksums,
        "backup_checksums_ok": counts.backup_checksums_ok,
    })
}
