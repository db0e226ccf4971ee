//! Every page and log count of the corpus, and no false alarm in it.

use std::ops::ControlFlow;

use pgbackup::media::{FileSource, SetReport, Verdict, VerifyOptions, verify};
use serde_json::{Value, json};

use crate::corpus;

/// The counts under the names of expected.json.
fn counts(set: &SetReport) -> Value {
    let counts = &set.counts;
    json!({
        "pages": counts.pages,
        "checksum_ok": counts.pages_checksum_ok,
        "all_zero": counts.pages_empty,
        "no_protection": counts.pages_unprotected,
        "torn_ok": counts.pages_torn_bits_ok,
        "not_a_page_at_its_place": counts.pages_stale,
        "filler": counts.pages_filler,
        "extents": counts.extents,
        "csum_streams": counts.backup_checksums,
        "csum_ok": counts.backup_checksums_ok,
        "vlfs_described": counts.vlfs,
        "log_block_checksum_ok": counts.log_blocks_checksum_ok,
        "log_block_without_checksum": counts.log_blocks_unprotected,
        "bytes": counts.log_bytes,
    })
}

#[test]
fn every_count_of_the_corpus_is_found_and_nothing_is_wrong() {
    let Some(cases) = corpus::cases() else { return };
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in &cases {
        let source = FileSource::open(&case.path).expect("a file of the corpus");
        let report = verify(&source, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())).expect("a medium");
        if !report.findings.is_empty() {
            wrong.push(format!("{}: {:?}", case.name, report.findings));
        }
        let sets = case.expected["sets"].as_array().expect("sets");
        assert_eq!(report.sets.len(), sets.len(), "{}", case.name);
        for (set, expected) in report.sets.iter().zip(sets) {
            let place = format!("{} set {}", case.name, set.position);
            for finding in &set.findings {
                wrong.push(format!("{place}: {finding}"));
            }
            let got = counts(set);
            let expected = &expected["verify"];
            for part in [&expected["pages"], expected, &expected["log"]] {
                for (name, value) in part.as_object().expect("counts").iter().filter(|(_, value)| value.is_number()) {
                    compared += 1;
                    if got[name] != *value {
                        wrong.push(format!("{place} {name}: {} instead of {value}", got[name]));
                    }
                }
            }
        }
        if report.verdict() != Verdict::Sound {
            wrong.push(format!("{}: {:?}", case.name, report.verdict()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    println!("{compared} counts of {} files are as expected", cases.len());
}
