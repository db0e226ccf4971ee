//! A database that is restored over, and faults that a restore meets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pgbackup_sandbox::Fate;
use pgbackup_sandbox::engine::{DatabaseState, OsError, UserAccess};
use serde_json::{Value, json};

use crate::library::End;
use crate::world::{World, unique};

/// A database with 30 rows, and a backup of it with 10.
pub fn crm(world: &World) -> (String, String) {
    let name = unique("crm");
    world.database(&name, 10);
    let file = world.path(&format!("{name}.bak"));
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file }));
    world.insert(&name, 11, 20);
    (name, file)
}

pub fn over(name: &str, file: &str) -> Value {
    json!({ "v": 1, "database": name, "sources": [{ "file": file }], "replace": true })
}

pub fn with(mut request: Value, field: &str, value: impl Into<Value>) -> Value {
    request[field] = value.into();
    request
}

/// State, access and whether it is read-only, as the server's own catalog has them.
pub fn mode(world: &World, name: &str) -> (DatabaseState, UserAccess, bool) {
    let facts = world.only_sandbox().engine().database(name).expect("a database");
    (facts.state, facts.user_access, facts.read_only)
}

pub const OPEN: (DatabaseState, UserAccess, bool) = (DatabaseState::Online, UserAccess::Multi, false);

pub fn journals(world: &World) -> usize {
    let folder = world.journals.path().join("state").join("restores");
    std::fs::read_dir(folder).map_or(0, |entries| entries.count())
}

/// Runs a restore in which the first statement that begins so meets `act`.
pub fn troubled(
    world: &World,
    request: Value,
    begins: &'static str,
    act: impl Fn(&World) -> Fate + Send + Sync,
) -> Value {
    troubled_job(world, || world.run("restore", request).1, begins, act)
}

/// The same of any job.
pub fn troubled_job(
    world: &World,
    run: impl FnOnce() -> End,
    begins: &'static str,
    act: impl Fn(&World) -> Fate + Send + Sync,
) -> Value {
    let struck = Arc::new(Mutex::new(false));
    std::thread::scope(|scope| {
        let (sender, asked) = std::sync::mpsc::channel();
        let (answer, answered) = std::sync::mpsc::channel();
        let (sender, answered) = (Mutex::new(sender), Mutex::new(answered));
        let once = struck.clone();
        world.only_sandbox().on_statement(move |statement| {
            let mut struck = once.lock().expect("no panic");
            if *struck || statement.login != "sa" || !statement.text.starts_with(begins) {
                return Fate::Run;
            }
            *struck = true;
            sender.lock().expect("no panic").send(()).ok();
            answered.lock().expect("no panic").recv().unwrap_or(Fate::Run)
        });
        let acting = scope.spawn(move || {
            if asked.recv_timeout(Duration::from_secs(60)).is_ok() {
                answer.send(act(world)).ok();
            }
        });
        let end = run();
        world.only_sandbox().let_go();
        acting.join().expect("no panic");
        assert!(*struck.lock().expect("no panic"), "no statement began with {begins}");
        end.expect_err("it went well")
    })
}

/// The disk with the backup fails in the middle of the restore.
pub fn unreadable(world: &World) -> Fate {
    let engine = world.only_sandbox().engine().clone();
    let faults = engine.clone();
    engine.faults().at_extent(5, move || faults.faults().fail_media_read(0, OsError::Crc));
    Fate::Run
}

pub fn causes(error: &Value) -> String {
    error["causes"].to_string()
}
