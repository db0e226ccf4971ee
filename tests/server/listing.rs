//! Databases, backup sets, files, labels, history.

use serde_json::json;

use crate::world::{World, unique};

#[test]
fn databases_with_their_facts() {
    let world = World::new();
    let name = unique("رستم");
    world.database(&name, 10);
    let (rows, end) = world.run("query", json!({ "v": 1, "kind": "databases", "names": [name, "no such"] }));
    end.expect("an end");
    assert_eq!(rows[0]["name"], *name);
    assert_eq!(rows[0]["state"], "ONLINE");
    assert!(rows[0]["size_bytes"].as_u64().is_some_and(|size| size >= 1 << 20), "{rows:#?}");
    assert_eq!(rows[1]["error"]["code"], "server.database_not_found");
    world.drop_database(&name);
}

#[test]
fn a_file_tells_its_sets_its_files_and_its_label() {
    let world = World::new();
    let name = unique("list");
    world.database(&name, 100);
    let file = world.path(&format!("{name}.bak"));
    for _ in 0..3 {
        world.done(
            "backup",
            json!({ "v": 1, "database": name, "type": "full", "backup_file": file, "archive": true, "description": "توضیح" }),
        );
    }
    let (sets, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
    end.expect("an end");
    assert_eq!(sets.iter().map(|set| set["Position"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    for set in &sets {
        assert_eq!(set["DatabaseName"], *name);
        assert_eq!(set["BackupType"], 1);
        assert_eq!(set["BackupDescription"], "توضیح");
        assert_eq!(set["HasBackupChecksums"], true);
        assert!(set["BackupFinishDatePersian"].as_str().is_some_and(|text| text.starts_with("14")));
        assert!(set["FirstLSN"].as_str().is_some_and(|lsn| lsn.parse::<u128>().is_ok()));
    }
    let (files, end) = world.run("query", json!({ "v": 1, "kind": "file_list", "file": file, "position": 2 }));
    end.expect("an end");
    assert_eq!(files.iter().map(|file| file["Type"].as_str()).collect::<Vec<_>>(), [Some("D"), Some("L")]);
    let (labels, end) = world.run("query", json!({ "v": 1, "kind": "label", "files": [file] }));
    end.expect("an end");
    assert_eq!(labels[0]["FamilyCount"], 1);
    world.drop_database(&name);
}

#[test]
fn the_same_file_tells_the_same_with_and_without_the_server() {
    let world = World::new();
    let Some(sandbox) = &world.sandbox else {
        return crate::skip::skip("the_same_file_...", "the files of a real server are not on this machine");
    };
    let name = unique("same");
    world.database(&name, 100);
    let file = world.path("same.bak");
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file, "archive": true }));
    world.insert(&name, 1000, 50);
    world.done(
        "backup",
        json!({ "v": 1, "database": name, "type": "differential", "backup_file": file, "archive": true }),
    );
    let (by_server, _) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
    let here = sandbox.host_path(&file).expect("a path");
    let (alone, end) = world.library.run(None, "query", &json!({ "v": 1, "kind": "backup_sets", "files": [here] }));
    end.expect("an end");
    assert_eq!(by_server.len(), 2);
    assert_eq!(alone.len(), 2);
    for (server, alone) in by_server.iter().zip(&alone) {
        for (column, value) in server.as_object().expect("columns") {
            let other = &alone[column];
            // What the bytes are not known to tell is null.
            if column != "BackupFile" && !other.is_null() {
                assert_eq!(other, value, "{column}");
            }
        }
        assert_eq!(alone["Status"], "complete");
    }
}

#[test]
fn a_bad_file_does_not_hide_a_good_one() {
    let world = World::new();
    let name = unique("mixed");
    world.database(&name, 10);
    let good = world.path(&format!("{name}.bak"));
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": good }));
    let missing = world.path("missing.bak");
    let (rows, end) =
        world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [missing, good, "relative.bak"] }));
    end.expect("an end");
    assert_eq!(rows[0]["error"]["server"][0]["number"], 3201, "{rows:#?}");
    assert!(rows[0]["error"]["server"].as_array().is_some_and(|server| server.len() >= 2), "3013 belongs to it");
    assert_eq!(rows[1]["Position"], 1);
    assert_eq!(rows[2]["error"]["code"], "caller.name");
    world.drop_database(&name);
}

#[test]
fn history_of_a_database() {
    let world = World::new();
    let name = unique("history");
    world.database(&name, 10);
    for kind in ["full", "differential", "full", "log"] {
        world.done("backup", json!({ "v": 1, "database": name, "type": kind, "destination": world.folder }));
    }
    let ask = |more: serde_json::Value| {
        let mut request = json!({ "v": 1, "kind": "history", "names": [name] });
        for (field, value) in more.as_object().expect("fields") {
            request[field] = value.clone();
        }
        let (rows, end) = world.run("query", request);
        end.expect("an end");
        rows.iter().map(|row| row["BackupTypeName"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask(json!({})), ["log", "full", "differential", "full"]);
    assert_eq!(ask(json!({ "last": 2 })), ["log", "full"]);
    assert_eq!(ask(json!({ "types": ["full"], "last": 1 })), ["full"]);
    world.drop_database(&name);
}
