//! What else goes on while a database is restored.

use std::path::PathBuf;
use std::time::Duration;

use pgbackup_sandbox::engine::DatabaseState;
use serde_json::{Value, json};

use crate::crm::{OPEN, crm, journals, mode, over, with};
use crate::library::Job;
use crate::service::{inner_process, run};
use crate::world::{World, unique};

/// Waits for the first RESTORE of a job.
fn until_it_restores(job: &Job<'_>) {
    while job.status(0)["phase"] != "restoring" {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A job without a server in a process that finds the world's journals where it looks for them.
fn here(world: &World, job: &str, mut request: Value) -> Value {
    request["job"] = json!(job);
    let nothing = tempfile::tempdir().expect("a folder");
    let mut process = inner_process(nothing.path(), &request);
    process.env("PGBACKUP_STATE", world.journals.path().join("state"));
    run(&mut process).unwrap_or_else(|error| panic!("{error:#}"))
}

#[test]
fn a_removal_leaves_what_a_restore_needs() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(20)));
    let (name, file) = crm(&world);
    // Headers tell whole seconds: of two backups of one second neither is the older.
    std::thread::sleep(Duration::from_millis(1100));
    let second = world.path("second.bak");
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": second }));
    let folder: PathBuf = world.only_sandbox().host_path(&world.folder).expect("a path");
    let first = world.only_sandbox().host_path(&file).expect("a path");
    let planned = || {
        let request = json!({ "v": 1, "kind": "removal", "paths": [folder], "database": name, "keep_last": 1 });
        here(&world, "chain", request)
    };
    let before = planned();
    assert_eq!(before["delete"], 1, "{before:#}");

    let server = world.server();
    let request = world.with_journals(with(over(&name, &file), "safety_copy", "none"));
    let job = world.library.start(Some(&server), "restore", &request).expect("a job");
    until_it_restores(&job);
    world.only_sandbox().engine().faults().pause_per_extent(Duration::from_secs(1));
    let meanwhile = planned();
    assert_eq!(meanwhile["delete"], 0, "{meanwhile:#}");
    assert!(meanwhile["text"].as_str().is_some_and(|text| text.contains("needs it, which runs")), "{meanwhile:#}");
    let apply = |planned: &Value| {
        here(&world, "prune", json!({ "v": 1, "kind": "apply", "plan": planned["plan"].as_str().expect("a plan") }))
    };
    let applied = apply(&before);
    assert_eq!((&applied["changed"], &applied["kept"]), (&json!(0), &json!(1)), "{applied:#}");
    assert!(first.exists());
    world.only_sandbox().engine().faults().pause_per_extent(Duration::ZERO);
    job.end().unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 10, 0));

    let after = planned();
    assert_eq!(apply(&after)["changed"], 1, "{after:#}");
    assert!(!first.exists());
}

#[test]
fn a_backup_of_the_database_is_refused_and_one_of_another_is_made() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(20)));
    let (name, file) = crm(&world);
    let other = unique("other");
    world.database(&other, 10);
    let server = world.server();
    let job = world.library.start(Some(&server), "restore", &world.with_journals(over(&name, &file))).expect("a job");
    until_it_restores(&job);
    assert_ne!(world.only_sandbox().engine().database(&name).expect("it").state, DatabaseState::Online);
    let error = world.refused("backup", world.full(&name));
    assert!(
        ["server.database_state", "conflict.busy"].contains(&error["code"].as_str().unwrap_or_default()),
        "{error:#}"
    );
    world.done("backup", world.full(&other));
    job.end().unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 10, 0));
    world.done("backup", world.full(&name));
}
