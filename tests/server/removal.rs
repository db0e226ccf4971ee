//! Older backups go after a new one was made and verified: never before, and nobody else's.

use std::path::PathBuf;
use std::time::Duration;

use pgbackup_sandbox::engine::EngineOptions;
use pgbackup_sandbox::{Account, Builder, ServerRole};
use serde_json::{Value, json};

use crate::world::{ServerClock, World, unique};

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
fn another_servers_database_of_the_same_name_is_not_touched() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let options = EngineOptions { server_name: r"OTHER\PAYAMGOSTAR2".to_owned(), ..EngineOptions::default() };
    let other = World::sandbox(|builder| builder.engine_options(options));
    let name = unique("twin");
    world.database(&name, 10);
    other.database(&name, 10);
    let theirs = other.done("backup", other.full(&name));
    let first = world.done("backup", world.full(&name));
    let from = other.only_sandbox().host_path(theirs["files"][0].as_str().expect("a file")).expect("a path");
    let copy = seen(&world).join("theirs.bak");
    std::fs::copy(from, &copy).expect("a copy");
    // Theirs is of this machine's time, so ours goes on beyond it.
    clock.advance(Duration::from_secs(3590));
    let second = newest_only(&world, &name, &seen(&world));
    assert_eq!(second["removal"]["changed"], 1, "{:#}", second["removal"]);
    assert!(copy.exists() && !on_disk(&world, &first["files"][0]));
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

/// Three fulls of two stripes each, a minute apart: their files as this machine sees them.
fn striped(world: &World, clock: &ServerClock) -> Vec<[PathBuf; 2]> {
    let name = unique("striped");
    world.database(&name, 50);
    let full = |_| {
        clock.advance(Duration::from_secs(60));
        let mut request = world.full(&name);
        request["stripes"] = json!(2);
        let made = world.done("backup", request);
        let here = |at: usize| world.only_sandbox().host_path(made["files"][at].as_str().expect("a file"));
        [here(0).expect("a path"), here(1).expect("a path")]
    };
    (0..3).map(full).collect()
}

fn plan(world: &World, verify: bool) -> (Vec<Value>, Value) {
    let request = json!({ "v": 1, "kind": "removal", "paths": [seen(world)], "keep_last": 1, "verify": verify });
    let (rows, end) = world.library.run(None, "chain", &request);
    (rows, end.expect("a plan"))
}

fn apply(world: &World, planned: &Value) -> (Vec<Value>, Value) {
    let request = json!({ "v": 1, "kind": "apply", "plan": planned["plan"] });
    let (rows, end) = world.library.run(None, "prune", &request);
    (rows, end.expect("a removal"))
}

#[test]
fn stripes_go_and_come_back_together() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let fulls = striped(&world, &clock);
    let before: Vec<Vec<u8>> = fulls.iter().flatten().map(|file| std::fs::read(file).expect("a stripe")).collect();
    let (rows, planned) = plan(&world, true);
    assert_eq!((&planned["delete"], &planned["keep"]), (&json!(4), &json!(2)), "{}", planned["text"]);
    let unit = |file: &PathBuf| {
        rows.iter().find(|row| row["file"] == *file.display().to_string()).map(|row| row["unit"].clone())
    };
    assert!(fulls.iter().all(|[one, two]| unit(one).is_some() && unit(one) == unit(two)), "{rows:#?}");

    // One stripe was touched since: its whole set stays, the other one goes whole.
    let touched = &fulls[0][1];
    std::fs::write(touched, std::fs::read(touched).expect("a stripe")).expect("the same stripe again");
    let (steps, end) = apply(&world, &planned);
    assert_eq!((&end["changed"], &end["kept"]), (&json!(2), &json!(2)), "{steps:#?}");
    let there = |full: &[PathBuf; 2]| [full[0].exists(), full[1].exists()];
    assert_eq!([there(&fulls[0]), there(&fulls[1]), there(&fulls[2])], [[true; 2], [false; 2], [true; 2]]);

    let (steps, end) = apply(&world, &plan(&world, true).1);
    assert_eq!(end["changed"], 2, "{steps:#?}");
    assert_eq!(there(&fulls[0]), [false; 2]);
    let undo = json!({ "v": 1, "kind": "undo", "paths": [seen(&world)] });
    assert_eq!(world.library.run(None, "prune", &undo).1.expect("an undo")["changed"], 4);
    let after: Vec<Vec<u8>> = fulls.iter().flatten().map(|file| std::fs::read(file).expect("a stripe")).collect();
    assert!(before == after, "every stripe is back, byte for byte");
}

#[test]
fn what_test_pgbackup_found_counts_for_a_removal() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let fulls = striped(&world, &clock);
    let deletions = || plan(&world, false).1["delete"].clone();
    assert_eq!(deletions(), 0, "nothing was verified yet");
    let verify = |request: Value| world.library.run(None, "verify", &request).1.expect("a verification");
    let sources: Vec<Value> = fulls.iter().flatten().map(|file| json!({ "file": file })).collect();
    verify(json!({ "v": 1, "sources": sources, "quick": true }));
    assert_eq!(deletions(), 0, "a quick look proves nothing");
    verify(json!({ "v": 1, "sources": [{ "file": fulls[2][0] }, { "file": fulls[2][1] }] }));
    assert_eq!(deletions(), 4, "the newest was read to its end");

    // It rots afterwards, without a trace in size and time: what was found before is of other bytes.
    let stripe = &fulls[2][0];
    let time = std::fs::metadata(stripe).and_then(|data| data.modified()).expect("its time");
    let mut bytes = std::fs::read(stripe).expect("a stripe");
    bytes[0x700] ^= 1;
    std::fs::write(stripe, bytes).expect("a stripe, changed");
    std::fs::File::options().write(true).open(stripe).and_then(|file| file.set_modified(time)).expect("its old time");
    assert_eq!(deletions(), 0);
}

#[test]
fn what_test_pgbackup_found_damaged_counts_for_nothing() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let fulls = striped(&world, &clock);
    let customer: Vec<u8> = "مشتری".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let row = |bytes: &[u8]| bytes.windows(customer.len()).position(|here| here == customer);
    let mut stripes = fulls[2].iter().map(|file| (file, std::fs::read(file).expect("a stripe")));
    let (stripe, mut bytes) = stripes.find(|(_, bytes)| row(bytes).is_some()).expect("a stripe with rows");
    let at = row(&bytes).expect("a row");
    bytes[at] ^= 0x55;
    std::fs::write(stripe, bytes).expect("a stripe, damaged");
    let sources: Vec<Value> = fulls.iter().flatten().map(|file| json!({ "file": file })).collect();
    let verify = json!({ "v": 1, "sources": sources });
    world.library.run(None, "verify", &verify).1.expect("a verification");
    let (rows, _) = plan(&world, false);
    // The last good one stays with the damaged newest; only the oldest goes.
    let gone: Vec<&str> =
        rows.iter().filter(|row| row["verdict"] == "delete").filter_map(|row| row["file"].as_str()).collect();
    let oldest: Vec<String> = fulls[0].iter().map(|file| file.display().to_string()).collect();
    assert_eq!(gone.len(), 2, "{rows:#?}");
    assert!(oldest.iter().all(|file| gone.contains(&file.as_str())), "{rows:#?}");
}

/// Plans through the server: its rows and its end.
fn plan_through(world: &World, rules: Value) -> (Vec<Value>, Value) {
    let mut request = json!({ "v": 1, "kind": "removal", "paths": [world.folder] });
    for (name, value) in rules.as_object().expect("rules") {
        request[name] = value.clone();
    }
    let (rows, end) = world.run("chain", request);
    (rows, end.expect("a plan"))
}

fn apply_through(world: &World, planned: &Value, force: bool) -> (Vec<Value>, crate::library::End) {
    world.run("prune", json!({ "v": 1, "kind": "apply", "plan": planned["plan"], "force": force }))
}

#[test]
fn what_only_the_server_sees_is_deleted_through_it_when_wished_expressly() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let fulls = striped(&world, &clock);
    std::fs::write(seen(&world).join("notes.txt"), b"no backup").expect("a file of somebody");
    let (rows, planned) = plan_through(&world, json!({ "keep_last": 1 }));
    assert_eq!((&planned["delete"], &planned["keep"]), (&json!(4), &json!(3)), "{}", planned["text"]);
    let kept = rows.iter().find(|row| row["file"].as_str().is_some_and(|file| file.ends_with("notes.txt")));
    assert_eq!(kept.expect("the file of somebody")["code"], "unknown");
    let verified = world.statements().iter().filter(|text| text.contains("VERIFYONLY")).count();
    assert_eq!(verified, 1, "only what stays is verified");

    let error = apply_through(&world, &planned, false).1.expect_err("there is no undo");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("-Force")), "{error:#}");
    assert!(fulls.iter().flatten().all(|file| file.exists()));

    let local = json!({ "v": 1, "kind": "apply", "plan": planned["plan"], "force": true });
    let error = world.library.run(None, "prune", &local).1.expect_err("a plan of the server's files");
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");

    let (steps, end) = apply_through(&world, &planned, true);
    assert_eq!(end.expect("an end")["changed"], 4, "{steps:#?}");
    assert!(steps.iter().all(|step| step["state"] == "deleted"), "{steps:#?}");
    assert!(fulls[..2].iter().flatten().all(|file| !file.exists()) && fulls[2].iter().all(|file| file.exists()));
    assert!(seen(&world).join("notes.txt").exists());
    assert_eq!(plan_through(&world, json!({ "keep_last": 1 })).1["delete"], 0);
}

#[test]
fn through_the_server_too_a_file_that_changed_stays_with_what_it_needs() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let name = unique("through");
    world.database(&name, 20);
    let mut files: Vec<Value> = Vec::new();
    for kind in ["full", "differential", "full"] {
        clock.advance(Duration::from_secs(60));
        let request = json!({ "v": 1, "database": name, "type": kind, "destination": world.folder });
        files.push(world.done("backup", request)["files"][0].clone());
    }
    let (_, planned) = plan_through(&world, json!({ "keep_last": 1 }));
    assert_eq!(planned["delete"], 2, "{}", planned["text"]);
    // The differential gets a second set: it stays, and so must its full.
    clock.advance(Duration::from_secs(60));
    world.done("backup", json!({ "v": 1, "database": name, "type": "log", "backup_file": files[1], "archive": true }));
    let error = apply_through(&world, &planned, true).1.expect_err("a plan that breaks a chain");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("nothing was removed")), "{error:#}");
    assert!(files.iter().all(|file| on_disk(&world, file)));
}

#[test]
fn through_the_server_a_login_that_may_not_delete_is_told_so_and_nothing_goes() {
    let creator = Account::new("keeper", "Keeper!1").server_role(ServerRole::DbCreator);
    let nobody = Account::new("nobody", "Nobody!1");
    let set_up = |builder: Builder| builder.account(creator).account(nobody);
    let (world, clock) = World::with_clock_of(Duration::from_secs(3600), set_up);
    let fulls = striped(&world, &clock);
    let as_login = |login: &str, password: &str, kind: &str, request: Value| {
        let mut options = world.options();
        options["user"] = json!(login);
        let server = world.library.server(&options, password).expect("a server handle");
        world.library.run(Some(&server), kind, &request).1
    };
    // Who may read headers may plan; only sysadmin may delete.
    let question = json!({ "v": 1, "kind": "removal", "paths": [world.folder], "keep_last": 1 });
    let planned = as_login("keeper", "Keeper!1", "chain", question.clone()).expect("a plan");
    assert_eq!(planned["delete"], 4, "{planned:#}");
    let request = json!({ "v": 1, "kind": "apply", "plan": planned["plan"], "force": true });
    let error = as_login("keeper", "Keeper!1", "prune", request).expect_err("no right to delete");
    assert_eq!(error["code"], "server.permission", "{error:#}");
    assert!(error.to_string().contains("sysadmin"), "{error:#}");
    let error = as_login("nobody", "Nobody!1", "chain", question).expect_err("no right to read");
    assert_eq!(error["code"], "server.permission", "{error:#}");
    assert!(fulls.iter().flatten().all(|file| file.exists()));
}

#[test]
fn through_the_server_nothing_goes_where_pins_or_files_cannot_be_read() {
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let fulls = striped(&world, &clock);
    let pin = json!({ "v": 1, "kind": "pin", "sources": [{ "file": fulls[0][0] }], "reason": "before upgrade" });
    world.library.run(None, "prune", &pin).1.expect("a pin");
    let (_, planned) = plan_through(&world, json!({ "keep_last": 1 }));
    assert_eq!(planned["delete"], 0, "{}", planned["text"]);
    assert!(planned["refused"].as_str().is_some_and(|text| text.contains("pinned")), "{planned:#}");
    for (path, code) in
        [(r"D:\Nowhere", "media.file_not_found"), ("Backup", "caller.request"), (r"D:\", "caller.request")]
    {
        let request = json!({ "v": 1, "kind": "removal", "paths": [path], "keep_last": 1 });
        assert_eq!(world.refused("chain", request)["code"], code, "{path}");
    }
}
