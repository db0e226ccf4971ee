//! What the library answers about the chains of a folder: what is wrong, which moments can be restored,
//! and how; on copies of the lab's chains, with things taken away and added.

#[path = "prune/lab.rs"]
mod lab;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "support/library.rs"]
mod library;
#[path = "support/skip.rs"]
mod skip;

use std::fs;
use std::path::Path;

use lab::{age, copy_of, files};
use library::Library;
use serde_json::{Value, json};

fn ask(folder: &Path, kind: &str, more: Value) -> (Vec<Value>, Value) {
    let mut request = json!({ "v": 1, "kind": kind, "paths": [folder] });
    for (name, value) in more.as_object().expect("fields") {
        request[name] = value.clone();
    }
    let library = Library::load();
    let (rows, end) = library.run(None, "chain", &request);
    (rows, end.unwrap_or_else(|error| panic!("{kind}: {error:#}")))
}

/// Code, file name and severity of each problem, sorted.
fn problems(folder: &Path, more: Value) -> Vec<(String, String, String)> {
    let (rows, end) = ask(folder, "chains", more);
    assert_eq!(end["count"], rows.len());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all: Vec<(String, String, String)> = rows
        .iter()
        .map(|row| {
            assert!(!text(&row["message"]).is_empty() && !text(&row["next_step"]).is_empty(), "{row}");
            let file = text(&row["file"]).rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            (text(&row["code"]), file, text(&row["severity"]))
        })
        .collect();
    all.sort();
    all
}

fn named(all: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    all.iter().map(|(code, file, severity)| ((*code).to_owned(), (*file).to_owned(), (*severity).to_owned())).collect()
}

#[test]
fn each_thing_that_is_wrong_is_a_line_with_the_next_step() {
    let Some(folder) = copy_of("OlaMsFilter/complex") else { return };
    let folder = folder.path();
    let whole = problems(folder, json!({ "verify": true }));
    assert_eq!(whole, [], "nothing is wrong with a whole folder");

    // Of the first full there is only half: what builds on it is orphaned. Stripes are missing, a file is none.
    let full = folder.join("Full/test_FULL_20160629_141300.bak");
    let bytes = fs::read(&full).expect("the full");
    fs::write(&full, &bytes[..bytes.len() / 2]).expect("half of it");
    age(&full);
    let Some(striped) = copy_of("sql2008-backups/RestoreTimeStripe") else { return };
    for stripe in ["Stripe1/RestoreTimeStripe.bak", "Stripe1/RestoreTimeStripe_1.trn"] {
        let to = folder.join("Full").join(Path::new(stripe).file_name().expect("a name"));
        fs::copy(striped.path().join(stripe), &to).expect("a stripe");
        age(&to);
    }
    fs::write(folder.join("old.bak"), b"PK\x03\x04 a zip of backups").expect("a file");
    age(&folder.join("old.bak"));
    let found = problems(folder, json!({}));
    let expected = named(&[
        ("foreign_file", "old.bak", "warning"),
        ("incomplete", "test_FULL_20160629_141300.bak", "error"),
        ("missing_stripes", "RestoreTimeStripe.bak", "error"),
        ("missing_stripes", "RestoreTimeStripe_1.trn", "error"),
        ("nothing_restorable", "", "error"),
        ("orphan", "test_DIFF_20160629_141600.bak", "error"),
        ("orphan", "test_DIFF_20160629_141900.bak", "error"),
        // Of the log backups the first; the five that follow on it are told with it.
        ("orphan", "test_LOG_20160629_141400.trn", "error"),
    ]);
    assert_eq!(found, expected, "{found:#?}");
}

#[test]
fn a_database_that_is_not_there_is_a_problem_and_no_silence() {
    let Some(folder) = copy_of("OlaMsFilter/complex") else { return };
    let misspelled = problems(folder.path(), json!({ "database": "OlaMsFiltertest_" }));
    assert_eq!(misspelled, named(&[("no_backups", "", "error")]));
    let right = problems(folder.path(), json!({ "database": "OLAMSFILTERTEST", "verify": true }));
    assert_eq!(right, []);
    let empty = tempfile::tempdir().expect("a folder");
    assert_eq!(problems(empty.path(), json!({})), named(&[("no_backups", "", "error")]));
}

#[test]
fn moments_and_gaps_are_told_with_their_cause() {
    let Some(folder) = copy_of("RestoreTimeClean") else { return };
    let folder = folder.path();
    let before = files(folder);
    let told = || {
        let (rows, _) = ask(folder, "recovery_points", json!({ "database": "RestoreTimeClean" }));
        let one = |row: &Value| {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            (text("kind"), text("from"), text("to"), text("cause"))
        };
        rows.iter().map(one).collect::<Vec<_>>()
    };
    let range = |from: &str, to: &str| {
        ("range".to_owned(), format!("2017-06-01T{from}"), format!("2017-06-01T{to}"), String::new())
    };
    assert_eq!(told(), [range("12:59:12", "13:29:13")]);
    // The log that leads from the full to the differential's time is gone, and one after it.
    fs::remove_file(folder.join("RestoreTimeClean_2.trn")).expect("a log");
    fs::remove_file(folder.join("RestoreTimeClean2_2.trn")).expect("a log");
    let rows = told();
    let kinds: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(kinds, ["range", "gap", "range"], "{rows:#?}");
    assert_eq!((&rows[0], &rows[2]), (&range("12:59:12", "13:04:13"), &range("13:14:13", "13:19:13")));
    assert!(rows[1].3.starts_with("a log backup is missing: the log goes up to LSN 25000000015300001"), "{rows:#?}");
    assert_eq!(files(folder).len(), before.len() - 2, "a question changes nothing");
}
