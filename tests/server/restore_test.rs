//! Backups are proven by restoring them to a side name, and nothing stays.

use std::time::Duration;

use serde_json::{Value, json};

use crate::held::hold;
use crate::world::World;

fn sides(world: &World) -> Vec<String> {
    let rows = world.sql("SELECT name FROM sys.databases WHERE name LIKE N'PGBackup[_]Test[_]%'");
    rows.iter().filter_map(|row| row.get::<&str, _>(0).map(str::to_owned)).collect()
}

/// A database with a backup in a file.
fn backed_up(world: &World, options: &Value) -> String {
    world.database("Crm", 700);
    let file = world.path("crm.bak");
    let mut request = json!({ "v": 1, "database": "Crm", "type": "full", "backup_file": file });
    for (field, value) in options.as_object().expect("fields") {
        request[field] = value.clone();
    }
    world.done("backup", request);
    file
}

fn request(file: &str) -> Value {
    json!({ "v": 1, "database": "Crm", "sources": [{ "file": file }] })
}

#[test]
fn a_test_restores_checks_counts_and_leaves_nothing_but_its_proof() {
    let world = World::sandbox(|builder| builder);
    let file = backed_up(&world, &json!({}));
    let proofs = tempfile::tempdir().expect("a folder");
    let mut request = request(&file);
    request["proof_folder"] = json!(proofs.path());
    for round in 1..=2 {
        let (rows, end) = world.run("restore_test", request.clone());
        let result = end.unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(rows, [json!({ "schema": "dbo", "table": "T", "rows": 700 })]);
        let proof = &result["proof"];
        assert_eq!((&proof["passed"], &proof["check_passed"]), (&json!(true), &json!(true)), "{result:#}");
        assert_eq!((&proof["tables"], &proof["rows"]), (&json!(1), &json!(700)));
        assert_eq!(proof["sets"][0]["files"], json!([file]));
        assert!(proof["sets"][0]["backup_set_guid"].is_string() && proof["at"].is_string());
        let text = std::fs::read_to_string(proofs.path().join(".pgb-restore-tests.jsonl")).expect("the proofs");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), round, "each test adds a line");
        assert_eq!(lines.last(), Some(proof));
        assert_eq!(sides(&world), [""; 0]);
    }
    assert_eq!(world.rows("Crm"), 700);
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn damage_that_only_the_check_finds_is_an_error_with_a_proof() {
    let world = World::sandbox(|builder| builder);
    // Without backup checksums a restore takes pages as they are.
    let file = backed_up(&world, &json!({ "checksum": false }));
    let here = world.only_sandbox().host_path(&file).expect("a path");
    let mut bytes = std::fs::read(&here).expect("the file");
    let row: Vec<u8> = "مشتری 333".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = bytes.windows(row.len()).position(|window| window == row).expect("the row");
    bytes[at] ^= 1;
    std::fs::write(&here, bytes).expect("the file");
    let proofs = tempfile::tempdir().expect("a folder");
    let mut request = request(&file);
    request["proof_folder"] = json!(proofs.path());
    let error = world.refused("restore_test", request);
    assert_eq!(error["code"], "media.corrupt", "{error:#}");
    assert!(error["server"].as_array().is_some_and(|said| !said.is_empty()), "{error:#}");
    let text = std::fs::read_to_string(proofs.path().join(".pgb-restore-tests.jsonl")).expect("the proofs");
    let proof: Value = serde_json::from_str(text.trim()).expect("JSON");
    assert_eq!((&proof["passed"], &proof["check_passed"]), (&json!(false), &json!(false)));
    assert_eq!(sides(&world), [""; 0]);
}

#[test]
fn a_test_that_is_cancelled_drops_its_database_and_proves_nothing() {
    let world = World::sandbox(|builder| builder);
    let file = backed_up(&world, &json!({}));
    let proofs = tempfile::tempdir().expect("a folder");
    let pace = |pause| world.only_sandbox().engine().faults().pause_per_extent(pause);
    pace(Duration::from_secs(1));
    let mut request = world.with_journals(request(&file));
    request["proof_folder"] = json!(proofs.path());
    let server = world.server();
    let job = world.library.start(Some(&server), "restore_test", &request).expect("a job");
    for _ in 0..600 {
        if !sides(&world).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    job.cancel();
    pace(Duration::ZERO);
    let error = job.end().expect_err("cancelled");
    assert_eq!(error["code"], "cancelled", "{error:#}");
    assert_eq!(sides(&world), [""; 0]);
    assert!(!proofs.path().join(".pgb-restore-tests.jsonl").exists());
    assert_eq!(world.open_journals(), [""; 0]);
}

#[test]
fn what_a_killed_test_left_is_told_and_dropped_by_the_next_and_a_running_one_is_not() {
    let world = World::sandbox(|builder| builder);
    let file = backed_up(&world, &json!({}));
    let (left, used) = ("PGBackup_Test_Crm_20261128010203_0000abcd", "PGBackup_Test_Crm_20261128010203_0000abce");
    world.database(left, 1);
    world.database(used, 1);
    let other = hold(
        &world.instance,
        "tester",
        "Sandbox!1 ;'رمز",
        &format!(
            "EXEC sys.sp_getapplock @Resource = N'PGBackup plan restore test {}', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0, @DbPrincipal = N'public'",
            used.to_lowercase()
        ),
    );
    let (rows, _) = world.run("query", json!({ "v": 1, "kind": "database_states", "names": [left] }));
    assert!(rows[0]["remarks"].to_string().contains("restore_test"), "{rows:#?}");
    let result = world.done("restore_test", request(&file));
    assert!(result["notes"].to_string().contains(left), "{result:#}");
    assert_eq!(sides(&world), [used]);
    drop(other);
    world.done("restore_test", request(&file));
    assert_eq!(sides(&world), [""; 0]);
}

#[test]
fn a_test_of_what_is_no_backup_touches_nothing() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 1);
    let error = world.refused("restore_test", request(&world.path("none.bak")));
    assert_eq!(error["code"], "media.file_not_found", "{error:#}");
    assert_eq!(sides(&world), [""; 0]);
    let file = backed_up_again(&world);
    let mut request = request(&file);
    request["dry_run"] = json!(true);
    let script = world.done("restore_test", request);
    let script = script["script"].as_str().expect("a script");
    for word in ["RESTORE DATABASE [PGBackup_Test_Crm_", "DBCC CHECKDB", "DROP DATABASE [PGBackup_Test_Crm_"] {
        assert!(script.contains(word), "{script}");
    }
    assert_eq!(sides(&world), [""; 0]);
}

fn backed_up_again(world: &World) -> String {
    let file = world.path("crm.bak");
    world.done("backup", json!({ "v": 1, "database": "Crm", "type": "full", "backup_file": file }));
    file
}
