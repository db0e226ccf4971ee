//! What people give a removal that cannot be meant, or that looks like something else: each is a
//! clear error or a plan that removes nothing, and no byte is lost.

#[path = "prune/lab.rs"]
mod lab;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "support/library.rs"]
mod library;
#[path = "support/skip.rs"]
mod skip;

use std::fs;
use std::path::Path;

use lab::{copy_of, files, names};
use library::Library;
use serde_json::{Value, json};

const OLA: &str = "OlaMsFilter/complex";

fn plan(library: &Library, request: Value) -> Result<(Vec<Value>, Value), Value> {
    let mut whole = json!({ "v": 1, "kind": "removal" });
    for (name, value) in request.as_object().expect("fields") {
        whole[name] = value.clone();
    }
    let (rows, end) = library.run(None, "chain", &whole);
    end.map(|end| (rows, end))
}

fn code(library: &Library, request: Value) -> Value {
    plan(library, request).expect_err("a refusal")["code"].clone()
}

#[test]
fn rules_and_folders_that_cannot_be_meant_are_refused() {
    let library = Library::load();
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().display().to_string();
    for value in [json!(0), json!(-1), json!(1_000_000_000), json!("x"), json!(1.5), Value::Null] {
        assert_eq!(code(&library, json!({ "paths": [here], "older_than_days": value })), "caller.request", "{value}");
    }
    let of = |path: &str| code(&library, json!({ "paths": [path], "keep_last": 1 }));
    assert_eq!(of(&format!("{here}/gone")), "media.file_not_found");
    assert_eq!(of(if cfg!(windows) { "C:\\" } else { "/" }), "caller.request", "a whole drive");
    fs::write(folder.path().join("x.bak"), b"x").expect("a file");
    assert_eq!(of(&format!("{here}/x.bak")), "caller.request", "a file");
    assert_eq!(of(" "), "caller.request");
    assert_eq!(of("a\0b"), "caller.request");
}

#[test]
fn an_empty_folder_has_nothing_to_remove() {
    let library = Library::load();
    let folder = tempfile::tempdir().expect("a folder");
    let (rows, end) = plan(&library, json!({ "paths": [folder.path()], "keep_last": 1 })).expect("a plan");
    assert_eq!((rows.len(), &end["delete"], &end["refused"]), (0, &json!(0), &Value::Null));
    let (_, end) = library.run(None, "prune", &json!({ "v": 1, "kind": "apply", "plan": end["plan"] }));
    assert_eq!(end.expect("an end")["changed"], 0);
}

#[test]
fn half_a_backup_that_is_being_written_stops_every_removal() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    // A differential of the old full, of which only the beginning is there yet.
    let bytes = fs::read(folder.join("Diff/test_DIFF_20160629_141900.bak")).expect("a differential");
    fs::write(folder.join("Diff/new.bak"), &bytes[..bytes.len() / 2]).expect("half of it");
    let (rows, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    assert_eq!(end["delete"], 0);
    assert!(end["refused"].as_str().is_some_and(|why| why.contains("new.bak")), "{end}");
    assert!(rows.iter().all(|row| row["code"] == "refused"));
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_stops_every_removal() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    // A circle of links, which not even an administrator can open.
    symlink("loop.bak", folder.join("loop.bak")).expect("a link");
    let (_, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    assert!(end["delete"] == 0 && end["refused"].as_str().is_some_and(|why| why.contains("loop.bak")), "{end}");
    fs::remove_file(folder.join("loop.bak")).expect("to remove the link");

    // A folder behind a link is not gone into, so a circle of folders ends.
    symlink(folder, folder.join("Full/up")).expect("a link");
    let (rows, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    assert_eq!((rows.len(), &end["delete"]), (18, &json!(9)));

    let denied = folder.join("Log/test_LOG_20160629_143000.trn");
    fs::set_permissions(&denied, fs::Permissions::from_mode(0o000)).expect("rights");
    // An administrator may read it all the same: then there is nothing wrong, and the link above has shown the rest.
    if fs::read(&denied).is_ok() {
        return;
    }
    let (_, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    assert_eq!(end["delete"], 0, "{end}");
}

#[test]
fn pins_that_cannot_be_read_stop_every_removal() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    fs::write(folder.join("Full/.pgb-pins.json"), b"{\"v\":1,\"pins\":[{").expect("half of the pins");
    let (_, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    assert!(end["delete"] == 0 && end["refused"].as_str().is_some_and(|why| why.contains(".pgb-pins")), "{end}");
}

#[test]
fn a_plan_counts_on_its_machine_and_for_a_day() {
    use pgbackup::wire::kept::PlannedRemoval;
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let (_, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    let made = PlannedRemoval::read(end["plan"].as_str().expect("a plan")).expect("a plan");
    let before = files(folder);
    let hour = chrono::TimeDelta::hours(1);
    let others = [
        PlannedRemoval::new(made.made_at, "ELSEWHERE".to_owned(), made.folders.clone(), made.units.clone()),
        PlannedRemoval::new(made.made_at - hour * 25, made.machine.clone(), made.folders.clone(), made.units.clone()),
        PlannedRemoval::new(made.made_at + hour, made.machine.clone(), made.folders.clone(), made.units.clone()),
    ];
    for (other, word) in others.into_iter().zip(["ELSEWHERE", "24 hours", "clock"]) {
        let request = json!({ "v": 1, "kind": "apply", "plan": other.print() });
        let error = library.run(None, "prune", &request).1.expect_err("a refusal");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(word)), "{error}");
    }
    assert_eq!(files(folder), before);
}

#[test]
fn a_journal_that_is_half_written_or_gone_loses_nothing() {
    let Some(folder) = copy_of(OLA) else { return };
    let (library, folder) = (Library::load(), folder.path());
    let before = files(folder);
    let (_, end) = plan(&library, json!({ "paths": [folder], "keep_last": 1 })).expect("a plan");
    library.run(None, "prune", &json!({ "v": 1, "kind": "apply", "plan": end["plan"] })).1.expect("a removal");
    let journal = folder.join("Log/.pgb-removed/journal.jsonl");
    let text = fs::read_to_string(&journal).expect("the journal");
    fs::write(&journal, &text[..text.len() - 10]).expect("half of its last line");
    fs::remove_file(folder.join("Diff/.pgb-removed/journal.jsonl")).expect("a journal");
    let undo = json!({ "v": 1, "kind": "undo", "paths": [folder] });
    let (rows, end) = library.run(None, "prune", &undo);
    assert_eq!(end.expect("an undo")["kept"], 0, "{rows:#?}");
    assert_eq!(files(folder), before);
}

#[test]
fn two_databases_in_one_folder_are_told_apart_by_their_headers() {
    let Some(folder) = copy_of(OLA) else { return };
    let Some(other) = copy_of("RestoreTimeClean") else { return };
    let (library, folder) = (Library::load(), folder.path());
    for name in names(other.path()) {
        // Under names that look like the other database's.
        fs::rename(other.path().join(&name), folder.join(format!("Full/test_FULL_1999_{name}"))).expect("a move");
    }
    let request = json!({ "paths": [folder], "keep_last": 1, "database": "ola" });
    let (_, end) = plan(&library, request).expect("a plan");
    assert_eq!(end["delete"], 0, "a part of a name is no name");
    let (rows, end) =
        plan(&library, json!({ "paths": [folder], "keep_last": 1, "database": "OLAMSFILTERTEST" })).expect("a plan");
    assert_eq!(end["delete"], 9);
    let foreign = rows.iter().filter(|row| row["database"] == "RestoreTimeClean");
    assert!(foreign.clone().count() == 8 && foreign.into_iter().all(|row| row["verdict"] == "keep"));
}

#[test]
fn questions_about_sets_that_the_caller_knows_need_no_files() {
    let library = Library::load();
    let set = |number: u32, kind: Value, finish: &str, more: Value| {
        let mut row = json!({
            "BackupFile": format!("D:\\b\\{number}.bak"), "DatabaseName": "Crm", "BackupType": kind, "Position": 1,
            "FirstLSN": format!("{}", 21_000_000_000_000_000_u64 + u64::from(number) * 100_000),
            "LastLSN": format!("{}", 21_000_000_000_000_000_u64 + u64::from(number) * 100_000 + 50_000),
            "CheckpointLSN": format!("{}", 21_000_000_000_000_000_u64 + u64::from(number) * 100_000),
            "BackupStartDate": finish, "BackupFinishDate": finish, "Verdict": "sound",
            "BackupSetGUID": format!("00000000-0000-0000-0000-{number:012}"),
        });
        for (name, value) in more.as_object().expect("columns") {
            row[name] = value.clone();
        }
        row
    };
    let base = |number: u32| json!({ "DifferentialBaseGUID": format!("00000000-0000-0000-0000-{number:012}") });
    let sets = json!([
        set(1, json!(1), "2026-10-01T20:00:00", json!({})),
        set(2, json!("I"), "2026-10-02T20:00:00", base(1)),
        set(3, json!(1), "2026-11-01T20:00:00", json!({})),
        set(4, json!(5), "2026-11-02T20:00:00", base(3)),
        set(5, json!(1), "2026-11-03T20:00:00", json!({ "IsCopyOnly": true })),
    ]);
    let now = "2026-11-10T12:00:00+03:30";
    let (rows, end) =
        plan(&library, json!({ "sets": sets, "now": now, "older_than_days": 20 })).expect("a plan without files");
    let verdicts: Vec<&Value> = rows.iter().map(|row| &row["verdict"]).collect();
    // The full of October and its differential hold the moments from 20 days ago on.
    assert_eq!(
        verdicts,
        ["delete", "delete", "keep", "keep", "keep"].map(Value::from).iter().collect::<Vec<_>>(),
        "{end}"
    );
    assert!(end["plan"].is_null(), "nothing to apply");

    // Trap 1 of the anchors: a copy-only full is newer, and the differential is not left out for it.
    let request = json!({ "v": 1, "kind": "restore", "sets": sets, "point_in_time": "2026-11-02T20:00:00" });
    let (steps, end) = library.run(None, "chain", &request);
    let files: Vec<&Value> = steps.iter().map(|step| &step["files"][0]).collect();
    assert_eq!(files, [&json!("D:\\b\\3.bak"), &json!("D:\\b\\4.bak")], "{end:?}");
    let request = json!({ "v": 1, "kind": "chains", "sets": sets });
    assert_eq!(library.run(None, "chain", &request).1.expect("an end")["count"], 0);
    assert!(!Path::new("D:\\b").exists());
}
