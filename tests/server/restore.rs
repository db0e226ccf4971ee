//! Restores: of a set, a chain, a moment; over a database, beside it; and what refuses them.

use serde_json::{Value, json};

use crate::world::{World, unique};

/// An archive with a full (10 rows), a differential (20) and another one (30).
fn archive(world: &World, name: &str) -> String {
    world.database(name, 10);
    let file = world.path(&format!("{name}.bak"));
    let request = json!({ "v": 1, "database": name, "type": "differential", "backup_file": file, "archive": true });
    world.done("backup", request.clone());
    for from in [11, 21] {
        world.insert(name, from, 10);
        world.done("backup", request.clone());
    }
    file
}

fn restore(name: &str, file: &str, more: Value) -> Value {
    let mut request = json!({ "v": 1, "database": name, "sources": [{ "file": file }] });
    for (field, value) in more.as_object().expect("fields") {
        request[field] = value.clone();
    }
    request
}

#[test]
fn each_position_brings_its_rows_back() {
    let world = World::new();
    let name = unique("back");
    let file = archive(&world, &name);
    for (position, rows, steps) in [(1, 10, 1), (3, 30, 2), (2, 20, 2)] {
        let result = world.done("restore", restore(&name, &file, json!({ "position": position, "replace": true })));
        assert_eq!(result["steps"].as_array().map(Vec::len), Some(steps), "{result:#}");
        assert_eq!(world.rows(&name), rows);
    }
    world.drop_database(&name);
}

#[test]
fn trap_4_without_a_position_the_newest_state_comes_back_not_the_first() {
    let world = World::new();
    let name = unique("newest");
    let file = archive(&world, &name);
    world.sql(&format!("DELETE FROM [{name}].dbo.T WHERE Id > 3"));
    world.done("restore", restore(&name, &file, json!({ "replace": true })));
    assert_eq!(world.rows(&name), 30);
    world.drop_database(&name);
}

#[test]
fn beside_the_database_under_another_name() {
    let world = World::new();
    let (name, copy, third) = (unique("orig"), unique("copy"), unique("third"));
    let file = archive(&world, &name);
    let result = world.done("restore", restore(&copy, &file, json!({ "position": 2 })));
    assert_eq!((world.rows(&copy), world.rows(&name)), (20, 30));
    let files = result["files"].as_array().expect("files");
    assert!(
        files.iter().all(|file| file["physical_name"].as_str().is_some_and(|path| path.contains(&copy))),
        "{result:#}"
    );
    let data = format!(r"{}\{third} data.mdf", world.folder);
    let log = format!(r"{}\{third} log.ldf", world.folder);
    let (_, end) = world.run("query", json!({ "v": 1, "kind": "file_list", "file": file, "position": 1 }));
    end.expect("an end");
    let relocate = json!({ name.clone(): data, format!("{name}_log"): log });
    let result = world.done("restore", restore(&third, &file, json!({ "position": 1, "relocate": relocate })));
    assert_eq!(result["files"][0]["physical_name"], data);
    assert_eq!(world.rows(&third), 10);
    for name in [name, copy, third] {
        world.drop_database(&name);
    }
}

#[test]
fn trap_24_an_existing_database_is_overwritten_only_by_explicit_wish() {
    let world = World::new();
    let name = unique("keep");
    let file = archive(&world, &name);
    let error = world.refused("restore", restore(&name, &file, json!({})));
    assert_eq!(error["code"], "conflict.exists");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("-Replace")), "{error:#}");
    assert_eq!(world.rows(&name), 30);
    world.drop_database(&name);
}

#[test]
fn another_databases_backup_needs_a_wish_of_its_own() {
    let world = World::new();
    let (name, other) = (unique("mine"), unique("theirs"));
    let file = archive(&world, &name);
    world.database(&other, 5);
    let error = world.refused("restore", restore(&other, &file, json!({ "replace": true })));
    assert_eq!(error["code"], "conflict.other_database", "{error:#}");
    assert_eq!(world.rows(&other), 5);
    world.done(
        "restore",
        restore(&other, &file, json!({ "replace": true, "allow_other_database": true, "position": 1 })),
    );
    assert_eq!(world.rows(&other), 10);
    world.drop_database(&name);
    world.drop_database(&other);
}

#[test]
fn a_differential_without_its_full_names_what_is_missing() {
    let world = World::new();
    let name = unique("alone");
    world.database(&name, 10);
    let full = world.done("backup", world.full(&name));
    world.insert(&name, 100, 5);
    let differential =
        world.done("backup", json!({ "v": 1, "database": name, "type": "differential", "destination": world.folder }));
    let file = differential["files"][0].as_str().expect("a file");
    let error = world.refused("restore", restore(&unique("x"), file, json!({})));
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
    let text = error.to_string();
    assert!(text.contains(full["backup_set_guid"].as_str().expect("a GUID")), "{text}");
    let place = full["files"][0].as_str().expect("a file").rsplit('\\').next().expect("a name").to_owned();
    assert!(text.contains(&place), "the file of the full is known to the server: {text}");
    world.drop_database(&name);
}

#[test]
fn files_of_a_chain_in_any_order() {
    let world = World::new();
    let name = unique("chain");
    world.database(&name, 10);
    let mut files = Vec::new();
    for (kind, from) in [("full", 100), ("log", 200), ("log", 300), ("differential", 400), ("log", 500), ("log", 600)] {
        let result =
            world.done("backup", json!({ "v": 1, "database": name, "type": kind, "destination": world.folder }));
        files.push(json!({ "file": result["files"][0] }));
        world.insert(&name, from, 10);
    }
    files.reverse();
    let copy = unique("copy");
    let result = world.done("restore", json!({ "v": 1, "database": copy, "sources": files }));
    let types: Vec<_> =
        result["steps"].as_array().expect("steps").iter().map(|step| step["type"].as_str().unwrap_or("")).collect();
    assert_eq!(types, ["full", "differential", "log", "log"], "{result:#}");
    assert_eq!(world.rows(&copy), 60);
    world.drop_database(&name);
    world.drop_database(&copy);
}

#[test]
fn a_moment_between_two_changes() {
    let world = World::new();
    let name = unique("moment");
    world.database(&name, 10);
    let backup = |kind: &str| {
        let result =
            world.done("backup", json!({ "v": 1, "database": name, "type": kind, "destination": world.folder }));
        json!({ "file": result["files"][0] })
    };
    let full = backup("full");
    std::thread::sleep(std::time::Duration::from_millis(1200));
    world.insert(&name, 100, 10);
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let now = world.sql("SELECT CONVERT(nvarchar(30), SYSDATETIME(), 126)");
    let now = now[0].get::<&str, _>(0).expect("a time").get(..23).expect("milliseconds").to_owned();
    std::thread::sleep(std::time::Duration::from_millis(1200));
    world.sql(&format!("DELETE FROM [{name}].dbo.T"));
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let log = backup("log");
    let copy = unique("copy");
    let sources = json!([full, log]);
    let result = world.done("restore", json!({ "v": 1, "database": copy, "sources": sources, "point_in_time": now }));
    assert!(result["steps"][1]["stop_at"].is_string(), "{result:#}");
    assert_eq!(world.rows(&copy), 20);
    let error = world.refused(
        "restore",
        json!({ "v": 1, "database": unique("x"), "sources": sources, "point_in_time": "2001-01-01T00:00:00" }),
    );
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
    world.drop_database(&name);
    world.drop_database(&copy);
}

#[test]
fn norecovery_goes_on_and_recovery_ends_it() {
    let world = World::new();
    let name = unique("steps");
    let file = archive(&world, &name);
    let copy = unique("copy");
    world.done("restore", restore(&copy, &file, json!({ "position": 1, "recovery": "norecovery" })));
    let state = || {
        let (rows, _) = world.run("query", json!({ "v": 1, "kind": "databases", "names": [copy] }));
        rows[0]["state"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(state(), "RESTORING");
    world.done("restore", restore(&copy, &file, json!({ "position": 3, "recovery": "norecovery" })));
    world.done("restore", json!({ "v": 1, "database": copy }));
    assert_eq!((state().as_str(), world.rows(&copy)), ("ONLINE", 30));
    assert_eq!(world.refused("restore", json!({ "v": 1, "database": copy }))["code"], "server.database_state");
    world.drop_database(&name);
    world.drop_database(&copy);
}

#[test]
fn a_script_runs_nothing() {
    let world = World::new();
    let name = unique("script");
    let file = archive(&world, &name);
    let request = restore(&name, &file, json!({ "position": 2, "replace": true, "dry_run": true }));
    let first = world.done("restore", request.clone());
    assert_eq!(first["kind"], "script");
    let statements: Vec<&str> =
        first["statements"].as_array().expect("statements").iter().filter_map(Value::as_str).collect();
    assert_eq!(statements.iter().filter(|sql| sql.starts_with("RESTORE DATABASE")).count(), 2);
    let at = |start: &str| statements.iter().position(|sql| sql.starts_with(start));
    assert!(at("BACKUP DATABASE") < at("RESTORE DATABASE") && at("BACKUP DATABASE").is_some(), "{statements:#?}");
    assert_eq!(world.done("restore", request)["script"], first["script"], "the same input gives the same bytes");
    assert_eq!(world.rows(&name), 30);
    world.drop_database(&name);
}

#[test]
fn wrong_wishes() {
    let world = World::new();
    let name = unique("wrong");
    let file = archive(&world, &name);
    let x = unique("x");
    assert_eq!(world.refused("restore", restore(&x, &file, json!({ "position": 9 })))["code"], "media.set_not_found");
    let missing = world.path("missing.bak");
    let error = world.refused("restore", restore(&x, &missing, json!({})));
    assert_eq!(error["server"][0]["number"], 3201, "{error:#}");
    for system in ["master", "msdb", "TempDB", "model"] {
        assert_eq!(world.refused("restore", restore(system, &file, json!({})))["code"], "unsupported");
    }
    let relocate = json!({ "nope": r"D:\x.mdf" });
    assert_eq!(
        world.refused("restore", restore(&x, &file, json!({ "relocate": relocate })))["code"],
        "media.set_not_found"
    );
    let guid = json!([{ "file": file, "position": 1, "backup_set_guid": "00000000-0000-0000-0000-000000000001" }]);
    let error = world.refused("restore", json!({ "v": 1, "database": x, "sources": guid }));
    assert_eq!(error["code"], "media.set_not_found", "a file that was changed since it was listed: {error:#}");
    world.drop_database(&name);
}

#[test]
fn a_folder_that_the_server_does_not_have_is_told_before_anything_is_restored() {
    let world = World::new();
    let name = unique("folder");
    world.database(&name, 10);
    let file = world.path(&format!("{name}.bak"));
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file }));
    let copy = unique("copy");
    let nowhere = world.path("not there");
    let request = json!({
        "v": 1, "database": copy, "sources": [{ "file": file }],
        "data_directory": nowhere, "log_directory": world.folder,
    });
    let mut script = request.clone();
    script["dry_run"] = json!(true);
    world.done("restore", script);
    let error = world.refused("restore", request);
    assert_eq!(error["code"], "media.file_not_found", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains(&nowhere)), "{error:#}");
    let sent = world.statements();
    assert!(!sent.iter().any(|sql| sql.starts_with("RESTORE DATABASE")), "{sent:#?}");
    world.drop_database(&name);
}
