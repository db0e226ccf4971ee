//! Older backups go after a new one was made and verified: never before, and nobody else's.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{World, unique};

/// The folder of backups as this machine sees it.
fn seen(world: &World) -> PathBuf {
    world.only_sandbox().host_path(&world.folder).expect("a path")
}

/// A full backup after which only the newest full is kept.
fn newest_only(world: &World, database: &str, path: &std::path::Path) -> Value {
    let mut request = world.full(database);
    request["remove"] = json!({ "path": path, "rules": { "keep_last": 1 } });
    world.done("backup", request)
}

fn on_disk(world: &World, file: &Value) -> bool {
    world.only_sandbox().host_path(file.as_str().expect("a file")).expect("a path").exists()
}

#[test]
fn older_backups_go_when_the_new_one_is_verified_and_come_back() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let (name, other) = (unique("kept"), unique("other"));
    world.database(&name, 10);
    world.database(&other, 10);
    let of_other = world.done("backup", world.full(&other));
    let first = world.done("backup", world.full(&name));
    clock.advance(Duration::from_secs(60));
    let second = newest_only(&world, &name, &seen(&world));
    assert_eq!(second["verified"], true);
    let removal = &second["removal"];
    assert_eq!((&removal["changed"], &removal["error"]), (&json!(1), &Value::Null), "{removal:#}");
    assert_eq!(removal["files"][0]["state"], "removed", "{removal:#}");
    assert!(!on_disk(&world, &first["files"][0]) && on_disk(&world, &second["files"][0]));
    assert!(on_disk(&world, &of_other["files"][0]), "another database's backup stays");

    let undo = json!({ "v": 1, "kind": "undo", "paths": [seen(&world)] });
    assert_eq!(world.library.run(None, "prune", &undo).1.expect("an undo")["changed"], 1);
    assert!(on_disk(&world, &first["files"][0]));
}

#[test]
fn nothing_goes_where_the_new_backup_is_not_seen() {
    let world = World::sandbox(|builder| builder);
    let name = unique("unseen");
    world.database(&name, 10);
    let first = world.done("backup", world.full(&name));
    // A folder of that name on this machine, with another backup of the database in it.
    let folder = tempfile::tempdir().expect("a folder");
    let copy = world.only_sandbox().host_path(first["files"][0].as_str().expect("a file")).expect("a path");
    std::fs::copy(copy, folder.path().join("copy.bak")).expect("a copy");
    for path in [folder.path().to_owned(), folder.path().join("gone")] {
        let made = newest_only(&world, &name, &path);
        let error = &made["removal"]["error"];
        assert_eq!((&error["code"], &error["status"]), (&json!("removal.not_visible"), &json!(22)), "{error:#}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("Remove-PGBackup")), "{error:#}");
        assert!(on_disk(&world, &first["files"][0]) && on_disk(&world, &made["files"][0]));
        assert!(folder.path().join("copy.bak").exists());
    }
}

#[test]
fn nothing_goes_under_a_clock_that_is_behind() {
    let (world, clock) = World::with_clock(Duration::ZERO);
    let name = unique("clock");
    world.database(&name, 10);
    let first = world.done("backup", world.full(&name));
    // The server's clock runs ahead of this machine's.
    clock.advance(Duration::from_secs(2 * 86_400));
    let made = newest_only(&world, &name, &seen(&world));
    let error = &made["removal"]["error"];
    assert_eq!(error["code"], "removal.refused", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("clock")), "{error:#}");
    assert!(on_disk(&world, &first["files"][0]));
}
