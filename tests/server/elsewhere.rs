//! A restore was broken off with its machine: another one repairs by what the server keeps.

use std::time::Duration;

use pgbackup_sandbox::engine::{DatabaseState, UserAccess};
use pgbackup_sandbox::{Account, DatabaseRole, Fate, ServerRole};
use serde_json::{Value, json};

use crate::crm::{OPEN, causes, crm, mode, over, troubled, troubled_job, unreadable, with};
use crate::library::End;
use crate::world::{World, unique};

/// Another machine: it has a folder of its own for journals.
struct Elsewhere(tempfile::TempDir);

impl Elsewhere {
    fn new() -> Elsewhere {
        Elsewhere(tempfile::tempdir().expect("a folder"))
    }

    fn ask(&self, world: &World, kind: &str, mut request: Value) -> Result<Value, Value> {
        request["journal_directory"] = json!(self.0.path());
        world.library.run(Some(&world.server()), kind, &request).1
    }

    fn repair(&self, world: &World, name: &str, more: Value) -> Value {
        let mut request = json!({ "v": 1, "database": name });
        for (field, value) in more.as_object().expect("fields") {
            request[field] = value.clone();
        }
        self.ask(world, "repair", request).unwrap_or_else(|error| panic!("{error:#}"))
    }
}

/// The machine goes down at the first statement that begins so: nothing of it reaches the server any more.
fn lost_at(world: &World, request: Value, begins: &'static str) {
    let error = lost_in(world, || world.run("restore", request).1, begins);
    assert!(causes(&error).contains("could not be given back"), "{error:#}");
}

/// The same of any job.
fn lost_in(world: &World, run: impl FnOnce() -> End, begins: &'static str) -> Value {
    let error = troubled_job(world, run, begins, |world| {
        world.only_sandbox().lock_out("sa", true);
        Fate::Lost
    });
    world.only_sandbox().lock_out("sa", false);
    error
}

/// What the server still keeps of restores.
fn notes(world: &World) -> i64 {
    world.number("SELECT COUNT(*) FROM msdb.sys.extended_properties WHERE name LIKE N'PGBackup restore%'")
}

#[test]
fn a_replace_is_taken_back_from_its_copy_or_finished() {
    for (wish, content, rows) in [(json!({}), "before", 30), (json!({ "wish": "finish" }), "wanted", 10)] {
        let world = World::sandbox(|builder| builder);
        let (name, file) = crm(&world);
        world.sql(&format!("ALTER DATABASE [{name}] SET RESTRICTED_USER"));
        lost_at(&world, over(&name, &file), "RESTORE DATABASE");
        assert!(notes(&world) > 0);
        let elsewhere = Elsewhere::new();
        let refused = elsewhere.ask(&world, "restore", over(&name, &file)).expect_err("one was broken off");
        assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("Repair-PGDatabase")), "{refused:#}");
        let result = elsewhere.repair(&world, &name, wish);
        assert_eq!(result["content"], content, "{result:#}");
        let open = (DatabaseState::Online, UserAccess::Restricted, false);
        assert_eq!((mode(&world, &name), world.rows(&name), notes(&world)), (open, rows, 0));
        assert_eq!(elsewhere.repair(&world, &name, json!({}))["was_broken_off"], false, "it is over");
        // The first machine comes back: there is nothing left to do for it.
        world.done("repair", json!({ "v": 1, "database": name }));
        assert_eq!((mode(&world, &name), world.rows(&name)), (open, rows));
        assert_eq!(world.open_journals(), [""; 0]);
    }
}

/// A restore that lost its machine between two of its sets.
fn lost_between_two_sets(world: &World) -> String {
    let (name, file) = crm(world);
    let log = world.path(&format!("{name}.trn"));
    world.done("backup", json!({ "v": 1, "database": name, "type": "log", "backup_file": log }));
    let request = json!({ "v": 1, "database": name, "sources": [{ "file": file }, { "file": log }], "replace": true });
    lost_at(world, request, "RESTORE LOG");
    name
}

#[test]
fn the_first_machine_goes_on_where_the_second_one_went_down_taking_back() {
    let world = World::sandbox(|builder| builder);
    let name = lost_between_two_sets(&world);
    let elsewhere = Elsewhere::new();
    let repair = || elsewhere.ask(&world, "repair", json!({ "v": 1, "database": name }));
    // The copy was made of a database that was read-only by then: it still is.
    lost_in(&world, repair, "ALTER DATABASE");
    assert_eq!(mode(&world, &name), (DatabaseState::Online, UserAccess::Multi, true));
    let result = world.done("repair", json!({ "v": 1, "database": name }));
    assert_eq!(result["content"], "before", "{result:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), notes(&world)), (OPEN, 30, 0));
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn the_first_machine_does_not_call_restored_what_the_second_one_took_back() {
    let world = World::sandbox(|builder| builder);
    let name = lost_between_two_sets(&world);
    assert_eq!(Elsewhere::new().repair(&world, &name, json!({}))["content"], "before");
    let result = world.done("repair", json!({ "v": 1, "database": name }));
    assert_eq!(result["content"], Value::Null, "{result:#}");
    assert!(result["notes"].to_string().contains("given back already"), "{result:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), notes(&world)), (OPEN, 30, 0));
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn names_that_were_swapped_by_half_are_swapped_back() {
    // Before the old database has another name, and after.
    for (strikes, wish, content, rows) in [
        ("ALTER DATABASE", json!({}), "before", 30),
        ("USE [master]", json!({}), "before", 30),
        ("USE [master]", json!({ "wish": "finish" }), "wanted", 10),
    ] {
        let world = World::sandbox(|builder| builder);
        let (name, file) = crm(&world);
        lost_at(&world, with(over(&name, &file), "safety_copy", "rename"), strikes);
        let result = Elsewhere::new().repair(&world, &name, wish);
        assert_eq!(result["content"], content, "{strikes}: {result:#}");
        assert_eq!((mode(&world, &name), world.rows(&name), notes(&world)), (OPEN, rows, 0), "{strikes}");
        let all = world.only_sandbox().engine().databases();
        let others: Vec<_> = all.iter().filter(|facts| facts.name.starts_with(&name) && facts.name != name).collect();
        assert_eq!(others.len(), usize::from(content == "wanted"), "{strikes}: {others:?}");
        for kept in others {
            assert_eq!((kept.state, kept.user_access), (DatabaseState::Online, UserAccess::Multi), "{strikes}");
            assert!(result.to_string().contains(&kept.name), "{result:#}");
        }
    }
}

#[test]
fn without_a_copy_all_steps_are_restored_again() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    let log = world.path(&format!("{name}.trn"));
    world.done("backup", json!({ "v": 1, "database": name, "type": "log", "backup_file": log }));
    let request = json!({ "v": 1, "database": name, "sources": [{ "file": file }, { "file": log }], "replace": true,
        "safety_copy": "none" });
    lost_at(&world, request, "RESTORE LOG");
    assert_eq!(mode(&world, &name).0, DatabaseState::Restoring);
    let foreseen = Elsewhere::new().repair(&world, &name, json!({ "dry_run": true }));
    assert!(foreseen["notes"].to_string().contains("would be run again"), "{foreseen:#}");
    let result = Elsewhere::new().repair(&world, &name, json!({}));
    assert_eq!(result["content"], "wanted", "{result:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), notes(&world)), (OPEN, 30, 0));
}

#[test]
fn a_new_database_that_is_half_made_goes() {
    let world = World::sandbox(|builder| builder);
    let (_, file) = crm(&world);
    let copy = unique("copy");
    lost_at(&world, json!({ "v": 1, "database": copy, "sources": [{ "file": file }] }), "RESTORE DATABASE");
    let result = Elsewhere::new().repair(&world, &copy, json!({}));
    assert_eq!((&result["content"], &result["state"]), (&json!("before"), &Value::Null), "{result:#}");
    assert_eq!(notes(&world), 0);
}

#[test]
fn without_a_note_the_history_of_backups_tells_of_the_copy() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    world.sql(&format!("ALTER DATABASE [{name}] SET RESTRICTED_USER"));
    let error = troubled(&world, over(&name, &file), "RESTORE DATABASE", |world| {
        unreadable(world);
        world.only_sandbox().withdraw("sa", true);
        Fate::Run
    });
    assert!(causes(&error).contains("could not be given back"), "{error:#}");
    world.only_sandbox().withdraw("sa", false);
    // As if the login had not been allowed to keep one.
    let kept = "SELECT name FROM msdb.sys.extended_properties WHERE name LIKE N'PGBackup restore%'";
    for row in world.sql(kept) {
        let note: &str = row.get(0).expect("a name");
        world.sql(&format!("EXEC msdb.sys.sp_dropextendedproperty @name = N'{note}'"));
    }
    let elsewhere = Elsewhere::new();
    let finish = json!({ "v": 1, "database": name, "wish": "finish" });
    let refused = elsewhere.ask(&world, "repair", finish).expect_err("no steps are known");
    assert_eq!(refused["code"], "caller.state", "{refused:#}");
    let result = elsewhere.repair(&world, &name, json!({}));
    assert_eq!(result["content"], "before", "{result:#}");
    assert_eq!((mode(&world, &name), world.rows(&name)), ((DatabaseState::Online, UserAccess::Restricted, false), 30));
    assert_eq!(elsewhere.repair(&world, &name, json!({}))["was_broken_off"], false, "it is over");
}

#[test]
fn a_login_that_may_keep_no_note_restores_all_the_same() {
    let password = "Sandbox!1 ;'رمز";
    let creator = Account::new("creator", password).server_role(ServerRole::DbCreator);
    let world = World::sandbox(|builder| builder.account(creator.database_role("NoNote", DatabaseRole::Owner)));
    world.database("NoNote", 10);
    let file = world.path("no.bak");
    world.done("backup", json!({ "v": 1, "database": "NoNote", "type": "full", "backup_file": file }));
    world.insert("NoNote", 11, 20);
    let mut options = world.options();
    options["user"] = json!("creator");
    let server = world.library.server(&options, password).expect("a server handle");
    let job = world.library.start(Some(&server), "restore", &world.with_journals(over("NoNote", &file)));
    job.expect("a job").end().unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!((mode(&world, "NoNote"), world.rows("NoNote"), notes(&world)), (OPEN, 10, 0));
}

#[test]
fn a_restore_that_still_runs_on_its_machine_is_left_alone() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(20)));
    let (name, file) = crm(&world);
    let server = world.server();
    let job = world.library.start(Some(&server), "restore", &world.with_journals(over(&name, &file))).expect("a job");
    while job.status(0)["phase"] != "restoring" {
        std::thread::sleep(Duration::from_millis(2));
    }
    world.only_sandbox().engine().faults().pause_per_extent(Duration::from_secs(2));
    let elsewhere = Elsewhere::new();
    for kind in ["repair", "restore"] {
        let request = if kind == "repair" { json!({ "v": 1, "database": name }) } else { over(&name, &file) };
        let refused = elsewhere.ask(&world, kind, request).expect_err("it runs");
        assert_eq!(refused["code"], "conflict.busy", "{refused:#}");
    }
    world.only_sandbox().engine().faults().pause_per_extent(Duration::ZERO);
    job.end().unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!((mode(&world, &name), world.rows(&name), notes(&world)), (OPEN, 10, 0));
}

#[test]
fn a_repair_of_no_database_says_that_there_is_none() {
    let world = World::sandbox(|builder| builder);
    let result = world.done("repair", json!({ "v": 1, "database": "Nobody's" }));
    assert_eq!((&result["was_broken_off"], &result["state"]), (&json!(false), &Value::Null));
    assert!(result["notes"].to_string().contains("there is no database `Nobody's`"), "{result:#}");
}
