//! Removal through the library, as any program has it: planned, applied, undone, on copies of the
//! lab's chains.

#[path = "prune/lab.rs"]
mod lab;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "support/library.rs"]
mod library;
#[path = "support/skip.rs"]
mod skip;

use std::fs::{self, File, OpenOptions};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use lab::{age, copy_of, files, names};
use library::{End, Library};
use serde_json::{Value, json};

/// The two fulls of the lab's Ola folder, each with two differentials and six logs.
const OLA: &str = "OlaMsFilter/complex";

/// What is not needed when only the newest full counts.
const OLD: [&str; 9] = [
    "Diff/test_DIFF_20160629_141600.bak",
    "Diff/test_DIFF_20160629_141900.bak",
    "Full/test_FULL_20160629_141300.bak",
    "Log/test_LOG_20160629_141400.trn",
    "Log/test_LOG_20160629_141500.trn",
    "Log/test_LOG_20160629_141700.trn",
    "Log/test_LOG_20160629_141800.trn",
    "Log/test_LOG_20160629_142000.trn",
    "Log/test_LOG_20160629_142100.trn",
];

fn plan(library: &Library, folder: &Path, rules: Value) -> (Vec<Value>, End) {
    let mut request = json!({ "v": 1, "kind": "removal", "paths": [folder.display().to_string()] });
    for (name, value) in rules.as_object().expect("rules") {
        request[name] = value.clone();
    }
    library.run(None, "chain", &request)
}

fn keep_one(library: &Library, folder: &Path) -> (Vec<Value>, Value) {
    let (rows, end) = plan(library, folder, json!({ "keep_last": 1 }));
    (rows, end.expect("a plan"))
}

fn prune(library: &Library, request: Value) -> (Vec<Value>, End) {
    library.run(None, "prune", &request)
}

fn apply(library: &Library, plan: &Value) -> (Vec<Value>, End) {
    prune(library, json!({ "v": 1, "kind": "apply", "plan": plan["plan"] }))
}

fn undo(library: &Library, folder: &Path) -> (Vec<Value>, Value) {
    let (rows, end) = prune(library, json!({ "v": 1, "kind": "undo", "paths": [folder] }));
    (rows, end.expect("an undo"))
}

/// A file of the folder, as this machine writes it.
fn place(folder: &Path, name: &str) -> PathBuf {
    name.split('/').fold(folder.to_owned(), |path, part| path.join(part))
}

/// The files of rows with a field of this value, as names in the folder.
fn with(rows: &[Value], folder: &Path, field: &str, value: &str) -> Vec<String> {
    let those = rows.iter().filter(|row| row[field] == value);
    let name = |row: &Value| row["file"].as_str().map(|file| Path::new(file).to_owned()).expect("a file");
    let in_folder = |row| name(row).strip_prefix(folder).expect("a file of the folder").display().to_string();
    let mut names: Vec<String> = those.map(|row| in_folder(row).replace(MAIN_SEPARATOR, "/")).collect();
    names.sort();
    names
}

#[test]
fn what_the_newest_full_does_not_need_goes_and_comes_back_byte_for_byte() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let before = files(folder);
    let (rows, planned) = keep_one(&library, folder);
    assert_eq!(with(&rows, folder, "verdict", "delete"), OLD, "{}", planned["text"]);
    assert_eq!((&planned["delete"], &planned["keep"], &planned["refused"]), (&json!(9), &json!(9), &Value::Null));
    assert_eq!(files(folder), before, "a plan changes nothing");

    let (rows, end) = apply(&library, &planned);
    assert_eq!(end.expect("an end")["changed"], 9, "{rows:#?}");
    assert_eq!(with(&rows, folder, "state", "removed"), OLD);
    assert!(names(folder).iter().all(|name| !OLD.contains(&name.as_str())));

    let (_, again) = keep_one(&library, folder);
    assert_eq!(again["delete"], 0, "pruned twice changes nothing: {}", again["text"]);
    assert_eq!(apply(&library, &again).1.expect("an end")["changed"], 0);

    let request = json!({ "v": 1, "kind": "removed", "paths": [folder] });
    let (rows, end) = library.run(None, "chain", &request);
    assert_eq!(end.expect("an end")["count"], 9);
    assert!(rows.iter().all(|row| row["database"] == "OlaMsFilterTest" && row["keep_until"].is_string()), "{rows:#?}");

    let (rows, end) = undo(&library, folder);
    assert_eq!(end["changed"], 9, "{rows:#?}");
    assert_eq!(files(folder), before);
    assert_eq!(undo(&library, folder).1["changed"], 0);
}

#[test]
fn our_own_records_and_removed_files_are_not_listed_as_backups() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let sources = json!([{ "file": folder.join("Log/test_LOG_20160629_143000.trn") }]);
    prune(&library, json!({ "v": 1, "kind": "pin", "sources": sources, "reason": "audit" })).1.expect("a pin");
    let (_, planned) = keep_one(&library, folder);
    apply(&library, &planned).1.expect("a removal");
    let list = |file: &Path| {
        library.run(None, "query", &json!({ "v": 1, "kind": "backup_sets", "files": [file], "recurse": true }))
    };
    let (rows, end) = list(folder);
    assert!(rows.len() == 9 && rows.iter().all(|row| row["error"].is_null()), "{rows:#?}");
    end.expect("a list");
    // Who names the folder of removed files sees what is in it.
    assert!(list(&folder.join("Full/.pgb-removed")).0.iter().any(|row| row["DatabaseName"] == "OlaMsFilterTest"));
}

#[test]
fn a_plan_is_applied_once_and_only_as_it_was_made() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    // Written to since, even with the very same bytes: the full stays, and all else may go, being newer.
    let full = folder.join(OLD[2]);
    fs::write(&full, fs::read(&full).expect("the full")).expect("the full again");
    let (rows, end) = apply(&library, &planned);
    assert_eq!(end.expect("an end")["changed"], 8, "{rows:#?}");
    assert_eq!(with(&rows, folder, "state", "kept"), [OLD[2]]);

    let (rows, end) = apply(&library, &planned);
    assert_eq!(end.expect("an end")["changed"], 0, "what is gone is no error: {rows:#?}");

    let text = planned["plan"].as_str().expect("a plan");
    for (damaged, code) in [(text.replace("FULL", "DIFF"), "caller.request"), (String::new(), "caller.request")] {
        let error = apply(&library, &json!({ "plan": damaged })).1.expect_err("a damaged plan");
        assert_eq!(error["code"], code, "{error}");
    }
}

#[test]
fn what_a_changed_file_needs_stays_with_it() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    // The differential stays, so its full must, though the plan lets it go.
    let differential = folder.join(OLD[0]);
    let bytes = fs::read(&differential).expect("the differential");
    fs::write(&differential, bytes).expect("the differential again");
    let before = files(folder);
    let error = apply(&library, &planned).1.expect_err("a plan that breaks a chain");
    assert_eq!(error["code"], "chain.missing_set");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("nothing was removed")), "{error}");
    assert_eq!(files(folder), before);
}

#[test]
fn pinned_and_locked_files_stay_with_what_they_need() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let sources = json!([{ "file": folder.join(OLD[0]) }]);
    let (rows, end) = prune(&library, json!({ "v": 1, "kind": "pin", "sources": sources, "reason": "before upgrade" }));
    assert_eq!(end.expect("an end")["changed"], 1, "{rows:#?}");
    let (rows, _) = keep_one(&library, folder);
    let of = |name: &str| rows.iter().find(|row| row["file"] == json!(place(folder, name))).expect("a row");
    assert_eq!((&of(OLD[0])["code"], &of(OLD[0])["reason"]), (&json!("pinned"), &json!("pinned: before upgrade")));
    assert_eq!(of(OLD[2])["code"], "needed_by");
    let needs_it = place(folder, OLD[0]).display().to_string();
    assert!(of(OLD[2])["needed_by"].as_str().is_some_and(|text| text.contains(&needs_it)), "{}", of(OLD[2]));

    let (_, end) = prune(&library, json!({ "v": 1, "kind": "unpin", "sources": sources }));
    assert_eq!(end.expect("an end")["changed"], 1);
    let (_, planned) = keep_one(&library, folder);
    assert_eq!(planned["delete"], 9);

    // Locked between plan and removal; for Windows, open for writing.
    let locked = OpenOptions::new().read(true).write(true).open(folder.join(OLD[2])).expect("a file");
    locked.lock().expect("a lock");
    let (rows, end) = apply(&library, &planned);
    assert_eq!(end.expect("an end")["changed"], 8, "{rows:#?}");
    assert_eq!(with(&rows, folder, "state", "kept"), [OLD[2]]);
}

#[test]
fn a_pin_made_after_the_plan_holds() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    let sources = json!([{ "file": folder.join(OLD[2]), "position": 1 }]);
    prune(&library, json!({ "v": 1, "kind": "pin", "sources": sources, "reason": "audit" })).1.expect("a pin");
    let (rows, end) = apply(&library, &planned);
    assert_eq!(end.expect("an end")["changed"], 8, "{rows:#?}");
    assert!(folder.join(OLD[2]).exists());
}

#[test]
fn stripes_go_together_or_not_at_all() {
    let Some(folder) = copy_of("sql2008-backups/RestoreTimeStripe") else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (rows, planned) = plan(&library, folder, json!({ "keep_last": 1 }));
    let unit = |row: &Value| row["unit"].as_u64().expect("a unit");
    for row in &rows {
        let stripes: Vec<&Value> = rows.iter().filter(|other| unit(other) == unit(row)).collect();
        assert!(stripes.len() == 2 && stripes[0]["verdict"] == stripes[1]["verdict"], "{row}");
    }
    assert_eq!(planned.expect("a plan")["delete"], 0, "one full and its logs: all of it is the last chain");
}

#[test]
fn a_new_file_with_the_old_name_is_not_overwritten_by_undo() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    apply(&library, &planned).1.expect("a removal");
    fs::write(folder.join(OLD[3]), b"new").expect("a new file");
    let (rows, end) = undo(&library, folder);
    assert_eq!((&end["changed"], &end["kept"]), (&json!(8), &json!(1)), "{rows:#?}");
    let kept = rows.iter().find(|row| row["state"] == "kept").expect("a row");
    assert!(kept["reason"].as_str().is_some_and(|why| why.contains("another file has its name")), "{kept}");
    assert_eq!(fs::read(folder.join(OLD[3])).expect("the new file"), b"new");
    fs::rename(folder.join(OLD[3]), folder.join("new.txt")).expect("a rename");
    assert_eq!(undo(&library, folder).1["changed"], 1);
}

#[test]
fn removed_files_are_deleted_after_their_time_or_when_asked() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    apply(&library, &planned).1.expect("a removal");
    let empty = |all: bool| {
        let request = json!({ "v": 1, "kind": "empty", "paths": [folder], "all": all });
        prune(&library, request).1.expect("an end")["changed"].clone()
    };
    assert_eq!(empty(false), 0, "three days are not over");
    assert_eq!(undo(&library, folder).1["changed"], 9);
    let (_, planned) = keep_one(&library, folder);
    apply(&library, &planned).1.expect("a removal");
    assert_eq!(empty(true), 9);
    assert_eq!(undo(&library, folder).1["changed"], 0);

    let Some(folder) = copy_of(OLA) else { return };
    let (_, planned) = keep_one(&library, folder.path());
    let request = json!({ "v": 1, "kind": "apply", "plan": planned["plan"], "grace_days": 0 });
    let (rows, end) = prune(&library, request);
    assert_eq!(end.expect("an end")["changed"], 9);
    assert_eq!(rows.iter().filter(|row| row["state"] == "deleted").count(), 9, "{rows:#?}");
    assert_eq!(undo(&library, folder.path()).1["changed"], 0);
}

/// A run that has nothing to remove today deletes what was removed days ago all the same, in every folder.
#[test]
fn a_run_that_removes_nothing_deletes_what_has_no_time_left() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    apply(&library, &planned).1.expect("a removal");
    // The days of the logs are over, those of the others are not.
    let journal = folder.join("Log/.pgb-removed/journal.jsonl");
    let text = fs::read_to_string(&journal).expect("the journal");
    let ended = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).expect("a line");
        if !line["keep_until"].is_null() {
            line["keep_until"] = line["at"].clone();
        }
        format!("{line}\n")
    });
    fs::write(&journal, ended.collect::<String>()).expect("the journal");
    let (_, again) = keep_one(&library, folder);
    assert_eq!(again["delete"], 0);
    let (rows, end) = apply(&library, &again);
    assert_eq!(end.expect("an end")["changed"], 0, "nothing was removed: {rows:#?}");
    let logs: Vec<&str> = OLD.into_iter().filter(|name| name.starts_with("Log")).collect();
    assert_eq!(with(&rows, folder, "state", "deleted"), logs);
    assert_eq!(undo(&library, folder).1["changed"], 3);
}

#[test]
fn a_proof_holds_only_for_the_file_it_was_made_of() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    assert_eq!(keep_one(&library, folder).1["delete"], 9);
    let recorded = |library: &Library| {
        plan(library, folder, json!({ "keep_last": 1, "verify": false })).1.expect("a plan")["delete"].clone()
    };
    assert_eq!(recorded(&library), 9, "what was verified is remembered");
    // The newest chain is damaged, and looks the same from outside.
    let full = folder.join("Full/test_FULL_20160629_142200.bak");
    let time = full.metadata().expect("a file").modified().expect("a time");
    let mut bytes = fs::read(&full).expect("the full");
    bytes[100] ^= 1;
    fs::write(&full, bytes).expect("the full");
    File::options().write(true).open(&full).expect("the full").set_modified(time).expect("a time");
    assert_ne!(recorded(&library), 9, "other bytes at its beginning, so it is not verified any more");

    let records = folder.join("Full/.pgb-verified.json");
    fs::write(&records, b"{\"v\":1,\"fi").expect("half a record");
    assert_eq!(recorded(&library), 0, "without the proof of a full nothing goes");
}

#[test]
fn two_runs_at_once_are_told_apart() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, planned) = keep_one(&library, folder);
    let other = File::create(folder.join("Log/.pgb-lock")).expect("a lock");
    other.try_lock().expect("the lock");
    let error = apply(&library, &planned).1.expect_err("another run");
    assert_eq!((&error["code"], &error["retryable"]), (&json!("conflict.busy"), &json!(true)), "{error}");
    drop(other);
    assert_eq!(apply(&library, &planned).1.expect("an end")["changed"], 9);
}

#[test]
fn foreign_files_and_files_of_other_databases_are_not_touched() {
    let Some(folder) = copy_of("OlaMsFilter") else { return };
    let (library, folder) = (Library::load(), folder.path());
    fs::write(folder.join("old.bak"), b"PK\x03\x04 a zip").expect("a file");
    fs::write(folder.join("notes.txt"), b"text").expect("a file");
    for file in ["old.bak", "notes.txt"] {
        age(&folder.join(file));
    }
    let (rows, end) = plan(&library, folder, json!({ "keep_last": 1, "database": "Other" }));
    assert_eq!(end.expect("a plan")["delete"], 0);
    let code = |name: &str| {
        let row = rows.iter().find(|row| row["file"] == json!(place(folder, name))).expect("a row");
        row["code"].clone()
    };
    assert_eq!((code("old.bak"), code("notes.txt")), (json!("unknown"), json!("unknown")));
    assert_eq!(code(&format!("complex/{}", OLD[0])), "foreign");
}
