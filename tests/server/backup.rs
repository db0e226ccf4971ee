//! Backups of every kind, and what refuses them.

use std::time::{Duration, Instant};

use pgbackup_sandbox::engine::{Edition, OsError};
use serde_json::json;

use crate::world::{World, unique};

#[test]
fn a_full_backup_tells_everything_about_itself() {
    let world = World::new();
    let name = unique("full");
    world.database(&name, 1000);
    let result = world.done("backup", world.full(&name));
    assert_eq!((&result["type"], &result["requested_type"]), (&json!("full"), &json!("full")));
    assert_eq!(result["promoted"], json!(null));
    assert_eq!(result["position"], 1);
    assert_eq!(result["has_backup_checksums"], true);
    for field in [
        "backup_set_guid",
        "media_set_id",
        "first_lsn",
        "last_lsn",
        "checkpoint_lsn",
        "started_at",
        "finished_at_persian",
    ] {
        assert!(result[field].is_string(), "{field}: {result:#}");
    }
    assert!(result["pages"].as_u64() > Some(10) && result["backup_size"].as_u64() > Some(8192 * 10), "{result:#}");
    assert!(result["messages"].as_array().is_some_and(|all| all.iter().any(|message| message["number"] == 3014)));
    let file = result["files"][0].as_str().expect("a file");
    assert!(file.starts_with(&world.folder) && file.ends_with("Z.bak"), "{file}");
    world.drop_database(&name);
}

#[test]
fn two_runs_in_one_second_get_two_files() {
    let world = World::new();
    let name = unique("twice");
    world.database(&name, 10);
    let files: Vec<_> = (0..3).map(|_| world.done("backup", world.full(&name))["files"][0].clone()).collect();
    assert!(files[0] != files[1] && files[1] != files[2] && files[0] != files[2], "{files:?}");
    world.drop_database(&name);
}

#[test]
fn a_differential_without_a_base_becomes_a_full_and_says_why() {
    let world = World::new();
    let name = unique("promoted");
    world.database(&name, 10);
    let request = json!({ "v": 1, "database": name, "type": "differential", "destination": world.folder });
    let first = world.done("backup", request.clone());
    assert_eq!((&first["requested_type"], &first["type"]), (&json!("differential"), &json!("full")));
    assert_eq!(first["promoted"]["code"], "no_base");
    let second = world.done("backup", request);
    assert_eq!(second["type"], "differential");
    assert_eq!(second["differential_base_guid"], first["backup_set_guid"]);
    world.drop_database(&name);
}

#[test]
fn a_copy_only_backup_is_nobodys_base() {
    let world = World::new();
    let name = unique("copy");
    world.database(&name, 10);
    let full = world.done("backup", world.full(&name));
    let file = world.path(&format!("before update {name}.bak"));
    let copy = world
        .done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file, "copy_only": true }));
    assert_eq!(copy["copy_only"], true);
    let differential =
        world.done("backup", json!({ "v": 1, "database": name, "type": "differential", "destination": world.folder }));
    assert_eq!(differential["differential_base_guid"], full["backup_set_guid"]);
    world.drop_database(&name);
}

#[test]
fn an_existing_file_is_never_written_over() {
    let world = World::new();
    let name = unique("exists");
    world.database(&name, 10);
    let request =
        json!({ "v": 1, "database": name, "type": "full", "backup_file": world.path(&format!("{name}.bak")) });
    world.done("backup", request.clone());
    let error = world.refused("backup", request);
    assert_eq!(error["code"], "conflict.exists");
    world.drop_database(&name);
}

#[test]
fn what_cannot_be_backed_up_is_refused_by_name() {
    let world = World::new();
    for (database, code) in
        [("no such database", "server.database_not_found"), ("tempdb", "caller.request"), ("", "caller.name")]
    {
        let error = world.refused("backup", world.full(database));
        assert_eq!(error["code"], code, "{error:#}");
        assert!(error["hint"].is_string(), "{error:#}");
    }
    let long = "x".repeat(129);
    assert_eq!(world.refused("backup", world.full(&long))["code"], "caller.name");
}

#[test]
fn a_log_backup_needs_its_recovery_model() {
    let world = World::new();
    let name = unique("simple");
    world.database(&name, 10);
    world.sql(&format!("ALTER DATABASE [{name}] SET RECOVERY SIMPLE"));
    let log = json!({ "v": 1, "database": name, "type": "log", "destination": world.folder });
    let error = world.refused("backup", log.clone());
    assert_eq!(error["code"], "unsupported");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("RECOVERY FULL")), "{error:#}");
    world.sql(&format!("ALTER DATABASE [{name}] SET RECOVERY FULL"));
    world.done("backup", world.full(&name));
    world.insert(&name, 500, 10);
    let result = world.done("backup", log);
    assert_eq!(result["type"], "log");
    assert!(result["files"][0].as_str().is_some_and(|file| file.ends_with(".trn")));
    world.drop_database(&name);
}

#[test]
fn a_path_that_the_server_cannot_write() {
    let world = World::new();
    let name = unique("path");
    world.database(&name, 10);
    for (place, code) in [
        (r"relative\x.bak", "caller.name"),
        (r"D:\a\CON.bak", "caller.name"),
        (r"D:\a\b<.bak", "caller.name"),
        ("https://x/y.bak", "caller.name"),
    ] {
        let error = world.refused("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": place }));
        assert_eq!(error["code"], code, "{place}: {error:#}");
    }
    let long = format!(r"D:\{}.bak", "x".repeat(253));
    let error = world.refused("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": long }));
    assert_eq!(error["code"], "caller.name", "{error:#}");
    world.drop_database(&name);
}

#[test]
fn what_the_servers_machine_refuses_is_told_with_its_words_and_the_next_step() {
    let world = World::sandbox(|builder| builder);
    let name = unique("refused");
    world.database(&name, 10);
    world.sql(r"EXEC master.dbo.xp_create_subdir N'D:\Locked'");
    for (refusal, number, code) in [
        (OsError::AccessDenied, "5(", "server.backup_device"),
        (OsError::NetworkPath, "53(", "server.backup_device"),
        (OsError::DiskFull, "112(", "storage.full"),
    ] {
        world.only_sandbox().engine().faults().refuse_path(r"D:\Locked\x.bak", refusal);
        let request = json!({ "v": 1, "database": name, "type": "full", "backup_file": r"D:\Locked\x.bak" });
        let error = world.refused("backup", request);
        assert_eq!(error["code"], code, "{error:#}");
        assert_eq!(error["server"][0]["number"], 3201);
        assert!(error["server"][0]["message"].as_str().is_some_and(|text| text.contains(number)), "{error:#}");
        assert_eq!(
            error["server"].as_array().and_then(|all| all.last()).map(|last| last["number"].clone()),
            Some(json!(3013))
        );
        assert!(error["hint"].is_string(), "{error:#}");
    }
}

#[test]
fn verified_when_asked() {
    let world = World::new();
    let name = unique("verify");
    world.database(&name, 10);
    let mut request = world.full(&name);
    request["verify"] = json!(true);
    assert_eq!(world.done("backup", request)["verified"], true);
    world.drop_database(&name);
}

#[test]
fn stripes_hold_one_set() {
    let world = World::new();
    let name = unique("stripes");
    world.database(&name, 3000);
    let mut request = world.full(&name);
    request["stripes"] = json!(3);
    request["verify"] = json!(true);
    let result = world.done("backup", request);
    assert_eq!(result["files"].as_array().map(Vec::len), Some(3), "{result:#}");
    assert_eq!(result["verified"], true);
    world.drop_database(&name);
}

#[test]
fn express_has_no_compression_and_the_backup_is_made_without() {
    let world = World::sandbox(|builder| builder.edition(Edition::Express));
    let name = unique("express");
    world.database(&name, 10);
    let mut request = world.full(&name);
    request["compression"] = json!("on");
    let result = world.done("backup", request);
    assert_eq!(result["compressed"], false);
    assert_eq!(result["retries"][0]["number"], 1844, "{result:#}");
}

#[test]
fn a_cancel_stops_the_server_and_says_what_is_left() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(300)));
    let name = unique("cancel");
    world.database(&name, 5000);
    let server = world.server();
    let job = world.library.start(Some(&server), "backup", &world.full(&name)).expect("a job");
    let deadline = Instant::now() + Duration::from_secs(20);
    while job.status(0)["phase"] != "backing_up" && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    job.cancel();
    assert_eq!(job.wait(10_000), 3);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let error = job.end().expect_err("a cancel");
    assert_eq!(error["code"], "cancelled");
    world.only_sandbox().engine().faults().pause_per_extent(Duration::ZERO);
    world.done("backup", world.full(&name));
}

#[test]
fn progress_moves_while_the_server_works() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(40)));
    let name = unique("progress");
    world.database(&name, 20_000);
    let server = world.server();
    let job = world.library.start(Some(&server), "backup", &world.full(&name)).expect("a job");
    let mut seen = Vec::new();
    while job.wait(50) == 0 {
        let status = job.status(0);
        if status["phase"] == "backing_up" {
            seen.extend(status["percent"].as_f64());
        }
    }
    job.end().expect("a backup");
    assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]), "{seen:?}");
    seen.dedup();
    assert!(seen.len() >= 5, "{seen:?}");
}

#[test]
fn trap_9_every_error_of_the_server_is_kept_in_order() {
    let world = World::new();
    let name = unique("errors");
    world.database(&name, 10);
    let Some(sandbox) = &world.sandbox else {
        return crate::skip::skip("every_error_...", "a full disk is not made on a real server");
    };
    sandbox.engine().faults().fail_media_write(8192 * 4, OsError::DiskFull);
    let error = world.refused("backup", json!({ "v": 1, "database": name, "type": "full", "destination": r"D:\Full" }));
    let numbers: Vec<_> =
        error["server"].as_array().expect("messages").iter().map(|one| one["number"].as_u64()).collect();
    assert_eq!(error["code"], "storage.full", "{error:#}");
    assert_eq!(numbers.last(), Some(&Some(3013)), "{error:#}");
    assert!(numbers.len() >= 2 && numbers[0] != Some(3013), "{numbers:?}");
}
