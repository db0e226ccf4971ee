//! Every label, header and file list of the corpus, field by field.

use pgbackup::media::{Container, FileSource, PageVerify, SetEntry, SetStatus, read_headers};
use serde_json::{Value, json};

use crate::columns::{file, guid, header, label, lsn};
use crate::corpus;

/// The `extra` values that are facts (not guesses), under the names of expected.json.
fn extra(entry: &SetEntry) -> Value {
    let facts = &entry.facts;
    let forks: Vec<Value> = facts
        .previous_fork
        .iter()
        .map(|fork| json!({"lsn": fork.lsn.to_string(), "guid": fork.guid.to_string()}))
        .collect();
    let names = ["FirstLSN", "LastLSN", "CheckpointLSN"];
    let last = [entry.set.first_lsn, entry.set.last_lsn, entry.set.checkpoint_lsn];
    let differ: serde_json::Map<String, Value> = names
        .iter()
        .zip(facts.lsns_at_start.iter().zip(last))
        .filter(|(_, (front, back))| **front != *back)
        .map(|(name, (front, _))| ((*name).to_owned(), json!(front.to_string())))
        .collect();
    json!({
        "page_verify": match facts.page_verify {
            PageVerify::None => "NONE",
            PageVerify::TornPageDetection => "TORN_PAGE_DETECTION",
            PageVerify::Checksum => "CHECKSUM",
        },
        "log_chain_start_lsn": lsn(facts.log_chain_start_lsn),
        "database_backup_guid": guid(facts.last_full_backup_guid),
        "time_zone_quarter_hours": facts.time_zone_quarter_hours,
        "db_status": facts.database_status,
        "dbid": facts.database_id,
        "fork_stack": forks,
        "lead_copy_lsns_that_differ": differ,
        "collation_derived": entry.set.collation,
    })
}

/// Each field that `expected` has must be the same in `got`; returns how many there were.
fn same(place: &str, got: &Value, expected: &Value, wrong: &mut Vec<String>) -> usize {
    let fields = expected.as_object().expect("an object");
    for (field, value) in fields {
        if got[field] != *value {
            wrong.push(format!("{place} {field}: {} instead of {value}", got[field]));
        }
    }
    fields.len()
}

#[test]
fn every_field_of_the_corpus_is_read() {
    let Some(cases) = corpus::cases() else { return };
    assert_eq!(cases.len(), 104, "files in the corpus");
    let (mut wrong, mut fields) = (Vec::new(), 0);
    for case in &cases {
        let source = FileSource::open(&case.path).expect("a file of the corpus");
        let media = match read_headers(&source) {
            Ok(media) => media,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let expected = &case.expected;
        let name = &case.name;
        assert_eq!(media.faults, [], "{name}");
        fields += same(name, &label(&media.label), &expected["label"], &mut wrong);
        assert_eq!(json!(media.size), expected["size"], "{name}");
        assert_eq!(json!(media.physical_block_size), expected["physical_block"], "{name}");
        assert_eq!(json!(media.has_media_password), expected["has_media_password"], "{name}");
        let container = match media.container {
            Container::Tape => "TAPE",
            Container::Compressed { .. } => "MSSQLBAK",
        };
        assert_eq!(json!(container), expected["container"], "{name}");
        let sets = expected["sets"].as_array().expect("sets");
        assert_eq!(media.sets.len(), sets.len(), "{name}");
        for (entry, set) in media.sets.iter().zip(sets) {
            let place = format!("{name} set {}", entry.set.position);
            assert_eq!(entry.status, SetStatus::Complete, "{place}");
            assert!(entry.can_cut_after, "{place}");
            fields += same(&place, &header(&entry.set), &set["header"], &mut wrong);
            let files = set["files"].as_array().expect("files");
            assert_eq!(entry.files.len(), files.len(), "{place}");
            for (got, expected) in entry.files.iter().zip(files) {
                fields += same(&format!("{place} file {}", got.file_id), &file(got), expected, &mut wrong);
            }
            // Only names that are facts: guesses are not tested as facts.
            let mut facts = set["extra"].clone();
            let map = facts.as_object_mut().expect("an object");
            map.retain(|field, _| !field.ends_with("_guess") && field != "last_log_backup_lsn");
            fields += same(&place, &extra(entry), &facts, &mut wrong);
        }
        let end = media.sets.last().map(|entry| entry.offset + entry.length);
        assert_eq!(end, Some(media.size), "{name}: the last set ends with the file");
    }
    assert!(
        wrong.is_empty(),
        "{} of {fields} fields are wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    println!("{fields} fields of {} files are as expected", cases.len());
}
