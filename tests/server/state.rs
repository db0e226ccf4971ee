//! What state databases are in, and who is at them.

use std::time::Duration;

use pgbackup_sandbox::Fate;
use pgbackup_sandbox::engine::Ties;
use pgbackup_sandbox::server::{Account, DatabaseRole};
use serde_json::{Value, json};

use crate::crm::{crm, over, troubled, with};
use crate::held::hold;
use crate::world::World;

fn states(world: &World, names: &[&str]) -> Vec<Value> {
    let request = json!({ "v": 1, "kind": "database_states", "names": names });
    let (rows, end) = world.run("query", world.with_journals(request));
    end.unwrap_or_else(|error| panic!("{error:#}"));
    rows
}

fn codes(row: &Value) -> Vec<&str> {
    row["remarks"].as_array().into_iter().flatten().filter_map(|remark| remark["code"].as_str()).collect()
}

#[test]
fn one_several_and_all_databases_in_three_questions() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    world.done("backup", world.full("Crm"));
    world.only_sandbox().clear_statements();
    let all = states(&world, &[]);
    // The session itself takes two: its language and its number.
    assert_eq!(world.statements().len() - 2, 3, "{:#?}", world.statements());
    let names: Vec<&str> = all.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, ["Crm", "master", "model", "msdb", "tempdb"]);
    let crm = &all[0];
    assert_eq!(crm["state"], "ONLINE");
    assert_eq!(crm["user_access"], "MULTI_USER");
    assert!(crm["last_full_at"].is_string() && crm["last_log_at"].is_null());
    assert_eq!(crm["clients"], json!([]));
    assert!(
        crm["summary"].as_str().is_some_and(|text| text.starts_with("ONLINE, MULTI_USER, nobody connected; its log"))
    );
    assert_eq!(codes(crm), ["log_not_reused"], "{crm:#}");
    let two = states(&world, &["crm", "no such"]);
    assert_eq!(two[0]["name"], "Crm");
    assert_eq!(two[1]["error"]["code"], "server.database_not_found");
}

#[test]
fn who_is_connected_by_login_host_and_program() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    let held = hold(&world.instance, "tester", "Sandbox!1 ;'رمز", "USE Crm");
    let row = &states(&world, &["Crm"])[0];
    let client = &row["clients"][0];
    assert_eq!(client["login"], "tester", "{row:#}");
    assert!(client["program"].is_string() && client["host"].is_string() && client["since"].is_string());
    assert_eq!(client["command"], Value::Null);
    assert!(row["summary"].as_str().is_some_and(|text| text.contains("1 session")), "{row:#}");
    world.sql("ALTER DATABASE Crm SET RESTRICTED_USER");
    let row = &states(&world, &["Crm"])[0];
    assert!(codes(row).contains(&"restricted_user"), "{row:#}");
    drop(held);
}

#[test]
fn a_running_backup_and_a_running_restore_show_their_percent() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 3000);
    let pace = |pause| world.only_sandbox().engine().faults().pause_per_extent(pause);
    let file = world.path("crm.bak");
    let server = world.server();
    let watch = |kind: &str, request: Value, database: &str, code: &str| {
        pace(Duration::from_secs(1));
        let job = world.library.start(Some(&server), kind, &request).expect("a job");
        let mut seen = None;
        for _ in 0..100 {
            let row = states(&world, &[]).into_iter().find(|row| row["name"] == database);
            if let Some(row) =
                row.filter(|row| row["running"][0]["percent"].as_f64().is_some_and(|percent| percent > 0.0))
            {
                seen = Some(row);
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        pace(Duration::ZERO);
        job.end().unwrap_or_else(|error| panic!("{error:#}"));
        let row = seen.unwrap_or_else(|| panic!("no {kind} of {database} was seen running"));
        assert!(codes(&row).contains(&code), "{row:#}");
        assert!(!codes(&row).contains(&"left_restoring"), "{row:#}");
        assert!(row["summary"].as_str().is_some_and(|text| text.contains("is running at")), "{row:#}");
    };
    watch("backup", json!({ "v": 1, "database": "Crm", "type": "full", "backup_file": file }), "Crm", "backup_running");
    let copy = json!({ "v": 1, "database": "Copy", "sources": [{ "file": file }] });
    watch("restore", copy, "Copy", "restore_running");
}

#[test]
fn what_a_restore_left_and_since_when() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    let file = world.path("crm.bak");
    world.done("backup", json!({ "v": 1, "database": "Crm", "type": "full", "backup_file": file }));
    let name = "Wai't";
    let request = json!({ "v": 1, "database": name, "sources": [{ "file": file }], "recovery": "norecovery" });
    world.done("restore", request);
    let row = &states(&world, &[name])[0];
    assert_eq!(row["state"], "RESTORING");
    assert_eq!(row["last_restore"]["recovery"], false);
    assert_eq!(row["last_restore"]["source_database"], "Crm");
    let remark = &row["remarks"][0];
    assert_eq!((&remark["code"], &remark["severity"]), (&json!("left_restoring"), &json!("error")));
    assert!(
        remark["message"].as_str().is_some_and(|text| text.contains("by sa") && text.contains("Database")),
        "{row:#}"
    );
    assert!(remark["next_step"].as_str().is_some_and(|text| text.contains("-Database 'Wai''t' -Recover")), "{row:#}");
    world.sql("ALTER DATABASE Crm SET OFFLINE");
    assert_eq!(codes(&states(&world, &["Crm"])[0])[0], "offline");
}

#[test]
fn a_login_with_few_rights_is_told_what_it_cannot_see() {
    let world = World::sandbox(|builder| {
        builder.account(Account::new("clerk", "Sandbox!1 ;'رمز").database_role("Crm", DatabaseRole::BackupOperator))
    });
    world.database("Crm", 10);
    let options = json!({ "v": 1, "server": world.instance, "user": "clerk", "trust_server_certificate": true });
    let server = world.library.server(&options, "Sandbox!1 ;'رمز").expect("a server handle");
    let request = json!({ "v": 1, "kind": "database_states", "names": ["Crm"] });
    let (rows, end) = world.library.run(Some(&server), "query", &request);
    end.unwrap_or_else(|error| panic!("{error:#}"));
    let row = &rows[0];
    assert_eq!(row["state"], "ONLINE");
    assert!(row["clients"].is_null(), "null is not known, an empty list is nobody: {row:#}");
    assert!(row["unseen"].to_string().contains("VIEW SERVER STATE"), "{row:#}");
    assert!(row["summary"].as_str().is_some_and(|text| text.contains("clients not visible")), "{row:#}");
}

#[test]
fn what_hangs_on_a_database_is_told() {
    let world = World::sandbox(|builder| builder);
    for name in ["Grouped", "Mirrored", "Published", "Source", "Snap"] {
        world.database(name, 1);
    }
    let engine = world.only_sandbox().engine();
    let source = engine.database("Source").expect("a database").id;
    for (name, ties) in [
        ("Grouped", Ties { availability_group: true, ..Ties::default() }),
        ("Mirrored", Ties { mirrored: true, ..Ties::default() }),
        ("Published", Ties { published: true, ..Ties::default() }),
        ("Snap", Ties { snapshot_of: Some(source), ..Ties::default() }),
    ] {
        engine.tie(name, ties).expect("a database");
    }
    for (name, code) in [
        ("Grouped", "availability_group"),
        ("Mirrored", "mirrored"),
        ("Published", "published"),
        ("Source", "snapshot_source"),
        ("Snap", "snapshot"),
    ] {
        let row = &states(&world, &[name])[0];
        assert!(codes(row).contains(&code), "{name}: {row:#}");
    }
    assert_eq!(states(&world, &["Source"])[0]["snapshot"], "Snap");
}

#[test]
fn a_restore_of_this_machine_that_was_broken_off_is_named_with_its_remedy() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(20)));
    let (name, file) = crm(&world);
    let repair = format!("give it back with Repair-PGDatabase -Database '{name}'");
    let server = world.server();
    let job = world.library.start(Some(&server), "restore", &world.with_journals(over(&name, &file))).expect("a job");
    while job.status(0)["phase"] != "restoring" {
        std::thread::sleep(Duration::from_millis(2));
    }
    let row = &states(&world, &[&name])[0];
    assert!(codes(row).contains(&"restore_under_way"), "{row:#}");
    assert!(!row["remarks"].to_string().contains("Repair-PGDatabase -Database"), "{row:#}");
    job.end().unwrap_or_else(|error| panic!("{error:#}"));
    assert!(!codes(&states(&world, &[&name])[0]).iter().any(|code| code.starts_with("restore_")));

    world.only_sandbox().engine().faults().pause_per_extent(Duration::ZERO);
    for (begins, state) in [("BACKUP DATABASE", "ONLINE"), ("RESTORE DATABASE", "OFFLINE")] {
        troubled(&world, over(&name, &file), begins, |world| {
            world.only_sandbox().lock_out("sa", true);
            Fate::Lost
        });
        world.only_sandbox().lock_out("sa", false);
        world.only_sandbox().clear_statements();
        let row = &states(&world, &[&name])[0];
        assert_eq!(world.statements().len() - 2, 3, "no question more: {:#?}", world.statements());
        assert_eq!((&row["state"], codes(row)[0]), (&json!(state), "restore_broken_off"), "{row:#}");
        for remark in row["remarks"].as_array().expect("remarks").iter().filter(|one| one["severity"] == "error") {
            assert_eq!(remark["next_step"], repair, "{row:#}");
        }
        assert!(row["summary"].as_str().is_some_and(|text| text.contains("was broken off")), "{row:#}");
        world.done("repair", json!({ "v": 1, "database": name }));
        assert!(!codes(&states(&world, &[&name])[0]).contains(&"restore_broken_off"));
    }
    // Between the two names there is no database of the name.
    let request = with(over(&name, &file), "safety_copy", "rename");
    troubled(&world, request, "USE [master]", |world| {
        world.only_sandbox().lock_out("sa", true);
        Fate::Lost
    });
    world.only_sandbox().lock_out("sa", false);
    let row = &states(&world, &[&name])[0];
    let hint = row["error"]["hint"].as_str().or_else(|| row["hint"].as_str()).unwrap_or_default();
    assert!(hint.contains(&format!("Repair-PGDatabase -Database '{name}'")), "{row:#}");
}
