//! Whatever is asked for that cannot be: refused by name, with the next step, and nothing half done.

use std::time::{Duration, Instant};

use pgbackup_sandbox::engine::{Clock, EngineOptions, OsError};
use pgbackup_sandbox::{Account, DatabaseRole};
use serde_json::{Value, json};

use crate::client;
use crate::world::{World, unique};

fn to(database: &str, file: &str) -> Value {
    json!({ "v": 1, "database": database, "type": "full", "backup_file": file })
}

fn hint(error: &Value) -> &str {
    error["hint"].as_str().unwrap_or_else(|| panic!("no next step: {error:#}"))
}

#[test]
fn a_path_of_this_machine_instead_of_the_servers() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 5);
    let error = world.refused("backup", to("x", "/home/me/x.bak"));
    assert_eq!(error["code"], "caller.name", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains(r"D:\Backup\")), "an example: {error:#}");
    // A drive that this machine has mapped, and the server has not.
    let error = world.refused("backup", to("x", r"Z:\mapped\x.bak"));
    assert_eq!(error["code"], "media.file_not_found", "{error:#}");
    assert!(hint(&error).contains("on the server's machine"), "{error:#}");
    let error = world.refused("backup", to("x", r"\\my-laptop\share\x.bak"));
    assert!(hint(&error).contains("server's machine") || hint(&error).contains("share"), "{error:#}");
    assert!(!error["server"].as_array().expect("messages").is_empty(), "{error:#}");
}

#[test]
fn a_folder_that_is_read_only() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 5);
    world.done("backup", world.full("x"));
    world.only_sandbox().engine().faults().refuse_path(r"D:\Backup", OsError::AccessDenied);
    let error = world.refused("backup", world.full("x"));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("server.backup_device"), &json!(3201)));
    assert!(hint(&error).contains("SQL Server service"), "{error:#}");
    assert!(!error.to_string().contains("unfinished"), "nothing was left: {error:#}");
    let error =
        world.refused("restore", json!({ "v": 1, "database": "y", "sources": [{ "file": world.path("x.bak") }] }));
    assert_eq!(error["server"][0]["number"], 3201, "{error:#}");
}

#[test]
fn a_path_of_259_characters_and_one_of_260() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 5);
    let folder = format!(r"D:\Backup\{}\{}", "a".repeat(100), "b".repeat(100));
    let path = |length: usize| format!(r"{folder}\{}.bak", "c".repeat(length - folder.len() - 5));
    assert_eq!(path(259).len(), 259);
    let result = world.done("backup", to("x", &path(259)));
    assert_eq!(result["files"][0], path(259));
    let (sets, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [path(259)] }));
    end.expect("an end");
    assert_eq!(sets.len(), 1);
    let error = world.refused("backup", to("x", &path(260)));
    assert_eq!(error["code"], "caller.name", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("259")), "{error:#}");
}

#[test]
fn a_file_that_is_being_written() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(300)));
    world.database("x", 3000);
    let file = world.path("writing.bak");
    let server = world.server();
    let job = world.library.start(Some(&server), "backup", &to("x", &file)).expect("a job");
    let here = world.only_sandbox().host_path(&file).expect("a path");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !here.exists() {
        assert!(job.wait(10) == 0 && Instant::now() < deadline, "it does not begin");
    }
    let (rows, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
    end.expect("an end");
    let error = &rows[0]["error"];
    assert_eq!(error["server"][0]["number"], 3201, "{rows:#?}");
    assert_eq!(error["retryable"], true, "it will be finished: {error:#}");
    assert!(hint(error).contains("wait"), "{error:#}");
    world.only_sandbox().engine().faults().pause_per_extent(Duration::ZERO);
    job.end().unwrap_or_else(|error| panic!("{error:#}"));
    let (rows, _) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
    assert_eq!(rows[0]["Position"], 1);
}

#[test]
fn a_database_that_is_offline_restoring_or_somebody_elses() {
    let world = World::sandbox(|builder| builder);
    let file = world.path("x.bak");
    world.database("x", 5);
    world.done("backup", to("x", &file));
    world.sql("ALTER DATABASE x SET OFFLINE");
    let error = world.refused("backup", world.full("x"));
    assert_eq!(error["code"], "server.database_state", "{error:#}");
    assert!(hint(&error).contains("SET ONLINE"), "{error:#}");
    world.sql("ALTER DATABASE x SET ONLINE");
    let request = json!({ "v": 1, "database": "y", "sources": [{ "file": file }], "recovery": "norecovery" });
    world.done("restore", request);
    let error = world.refused("backup", world.full("y"));
    assert_eq!(error["code"], "server.database_state", "{error:#}");
    assert!(hint(&error).contains("Restore-PGDatabase -Recover"), "{error:#}");
    // One place, and somebody has it.
    let instance = world.instance.clone();
    let holder = std::thread::spawn(move || {
        let sql = "ALTER DATABASE x SET SINGLE_USER WITH ROLLBACK IMMEDIATE; USE x; WAITFOR DELAY '00:00:30'";
        client::ask(&instance, "tester", "Sandbox!1 ;'رمز", sql).map(|_| ())
    });
    let single = "SELECT COUNT_BIG(*) FROM sys.databases WHERE name = N'x' AND user_access_desc = N'SINGLE_USER'";
    let deadline = Instant::now() + Duration::from_secs(20);
    while world.number(single) == 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    let error = world.refused("backup", world.full("x"));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("server.database_state"), &json!(924)));
    assert!(hint(&error).contains("MULTI_USER"), "{error:#}");
    world.only_sandbox().disconnect_all();
    assert!(holder.join().expect("a thread").is_err());
}

#[test]
fn no_right_for_one_of_ten_databases() {
    let names: Vec<String> = (0..10).map(|number| format!("db{number}")).collect();
    let mut account = Account::new("limited", "x");
    for name in names.iter().filter(|name| *name != "db7") {
        account = account.database_role(name, DatabaseRole::BackupOperator);
    }
    let world = World::sandbox(|builder| builder.account(account));
    for name in &names {
        world.database(name, 5);
    }
    world.sql(r"EXEC master.dbo.xp_create_subdir N'D:\Backup'");
    let mut options = world.options();
    options["user"] = json!("limited");
    let server = world.library.server(&options, "x").expect("a handle");
    for name in &names {
        let (_, end) = world.library.run(Some(&server), "backup", &world.full(name));
        match end {
            // What a login may not look at stays empty; the backup is one all the same.
            Ok(result) => assert_eq!((&result["database"], &result["position"]), (&json!(name), &json!(1))),
            Err(error) => {
                assert_eq!(name, "db7", "{error:#}");
                assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("server.permission"), &json!(262)));
                assert!(hint(&error).contains("db_backupoperator"), "{error:#}");
            }
        }
    }
    let made = world.number("SELECT COUNT_BIG(*) FROM msdb.dbo.backupset");
    assert_eq!(made, 9, "one that fails does not stop the others");
}

/// A full, three logs and a differential of a second full, each in a file of its own.
struct Chain {
    full: Value,
    logs: Vec<Value>,
    second: Value,
    differential: Value,
}

fn chain(world: &World, name: &str) -> Chain {
    let backup = |kind: &str| {
        world.done("backup", json!({ "v": 1, "database": name, "type": kind, "destination": world.folder }))
    };
    let mut logs = Vec::new();
    world.database(name, 5);
    let full = backup("full");
    for round in 0..3 {
        world.insert(name, 100 + round * 10, 5);
        // Dates of sets have whole seconds.
        std::thread::sleep(Duration::from_millis(1100));
        logs.push(backup("log"));
    }
    let second = backup("full");
    world.insert(name, 200, 5);
    Chain { full, logs, second, differential: backup("differential") }
}

fn restore(database: &str, sets: &[&Value], more: Value) -> Value {
    let sources: Vec<Value> = sets.iter().map(|set| json!({ "file": set["files"][0] })).collect();
    let mut request = json!({ "v": 1, "database": database, "sources": sources });
    for (field, value) in more.as_object().expect("fields") {
        request[field] = value.clone();
    }
    request
}

#[test]
fn a_chain_with_the_wrong_base_without_a_log_or_with_a_gap() {
    let world = World::new();
    let name = unique("links");
    let chain = chain(&world, &name);
    let copy = unique("copy");
    // The differential is the second full's.
    let pinned = json!([{ "file": chain.full["files"][0] }, { "file": chain.differential["files"][0], "position": 1 }]);
    let error = world.refused("restore", json!({ "v": 1, "database": copy, "sources": pinned }));
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
    assert!(error.to_string().contains(chain.second["backup_set_guid"].as_str().expect("a GUID")), "{error:#}");
    // Without the middle log the last one cannot be reached.
    let gap = json!([
        { "file": chain.full["files"][0] },
        { "file": chain.logs[0]["files"][0] },
        { "file": chain.logs[2]["files"][0], "position": 1 },
    ]);
    let error = world.refused("restore", json!({ "v": 1, "database": copy, "sources": gap }));
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
    // Only the log.
    let error = world.refused("restore", restore(&copy, &[&chain.logs[1]], json!({})));
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
    // The server itself, asked step by step, says the same with its numbers.
    world.done("restore", restore(&copy, &[&chain.full], json!({ "recovery": "norecovery" })));
    let error = world.refused("restore", restore(&copy, &[&chain.logs[1]], json!({ "recovery": "norecovery" })));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("chain.missing_set"), &json!(4305)));
    let error = world.refused("restore", restore(&copy, &[&chain.differential], json!({ "recovery": "norecovery" })));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("chain.missing_set"), &json!(3136)));
    assert!(error["causes"].to_string().contains("RESTORING"), "and in what state it is: {error:#}");
    let all = [&chain.logs[0], &chain.logs[1], &chain.logs[2]];
    world.done("restore", restore(&copy, &all, json!({ "recovery": "norecovery" })));
    let error = world.refused("restore", restore(&copy, &[&chain.logs[0]], json!({ "recovery": "norecovery" })));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("chain.missing_set"), &json!(4326)));
    world.done("restore", json!({ "v": 1, "database": copy }));
    assert_eq!(world.rows(&copy), 20);
    world.drop_database(&name);
    world.drop_database(&copy);
}

#[test]
fn a_moment_before_everything_in_a_gap_or_after_the_end() {
    let world = World::new();
    let name = unique("moments");
    let chain = chain(&world, &name);
    let x = unique("x");
    let east = chrono::Duration::minutes(world.number("SELECT DATEDIFF(minute, SYSUTCDATETIME(), SYSDATETIME())"));
    let local = |set: &Value| {
        let text = set["finished_at"].as_str().expect("a time").get(..19).expect("seconds");
        let utc = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").expect("a time");
        (utc + east).format("%Y-%m-%dT%H:%M:%S").to_string()
    };
    let all = [&chain.full, &chain.logs[0], &chain.logs[1], &chain.logs[2]];
    for (sets, moment, what) in [
        (&all[..], "2001-01-01T00:00:00".to_owned(), "before everything"),
        (&all[..], "2101-01-01T00:00:00".to_owned(), "after the end"),
        (&[all[0], all[2], all[3]], local(&chain.logs[1]), "in a gap"),
    ] {
        let error = world.refused("restore", restore(&x, sets, json!({ "point_in_time": moment })));
        assert_eq!(error["code"], "chain.missing_set", "{what}: {error:#}");
        let found = world.number(&format!("SELECT COUNT_BIG(*) FROM sys.databases WHERE name = N'{x}'"));
        assert_eq!(found, 0, "{what}: it was refused before it began");
    }
    world.drop_database(&name);
}

#[test]
fn half_of_the_stripes() {
    let world = World::new();
    let name = unique("half");
    world.database(&name, 500);
    let mut request = world.full(&name);
    request["stripes"] = json!(2);
    let files = world.done("backup", request)["files"].clone();
    let copy = unique("copy");
    let error = world.refused("restore", json!({ "v": 1, "database": copy, "sources": [{ "file": files[0] }] }));
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
    assert!(error.to_string().contains('2'), "how many there are: {error:#}");
    let error = world.refused("verify", json!({ "v": 1, "sources": [{ "file": files[1] }] }));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("chain.missing_set"), &json!(3132)));
    assert!(hint(&error).contains("all its files"), "{error:#}");
    let both = json!([{ "file": files[1] }, { "file": files[0] }]);
    world.done("restore", json!({ "v": 1, "database": copy, "sources": both }));
    assert_eq!(world.rows(&copy), 500);
    world.drop_database(&name);
    world.drop_database(&copy);
}

#[test]
fn position_0() {
    let world = World::new();
    let name = unique("zero");
    world.database(&name, 5);
    let file = world.done("backup", world.full(&name))["files"][0].clone();
    let source = json!([{ "file": file, "position": 0 }]);
    for (kind, request) in [
        ("restore", json!({ "v": 1, "database": "x", "sources": source })),
        ("verify", json!({ "v": 1, "sources": source })),
        ("query", json!({ "v": 1, "kind": "file_list", "file": file, "position": 0 })),
    ] {
        let server = world.server();
        let error = match world.library.start(Some(&server), kind, &request) {
            Ok(job) => job.end().expect_err("position 0"),
            Err(error) => error,
        };
        assert_eq!(error["code"], "caller.request", "{kind}: {error:#}");
        assert!(error.to_string().contains('1'), "the first is 1: {error:#}");
    }
    world.drop_database(&name);
}

/// The server's clock counts: in names, in what is told, and for moments.
#[test]
fn a_clock_an_hour_off_between_client_and_server() {
    let ahead = chrono::Duration::hours(1);
    let clock = Clock::shifted(ahead, 210);
    let options = EngineOptions { clock, ..EngineOptions::default() };
    let world = World::sandbox(|builder| builder.engine_options(options));
    world.database("x", 5);
    let full = world.done("backup", world.full("x"));
    let now = (chrono::Utc::now() + ahead).naive_utc();
    let told = full["finished_at"].as_str().expect("a time").get(..19).expect("seconds");
    let told = chrono::NaiveDateTime::parse_from_str(told, "%Y-%m-%dT%H:%M:%S").expect("a time");
    assert!((now - told).num_minutes().abs() < 10, "{told} is not the server's time {now}");
    let hour = (chrono::Utc::now() + ahead).format("%Y%m%d").to_string();
    assert!(full["files"][0].as_str().is_some_and(|file| file.contains(&hour)), "{full:#}");
    std::thread::sleep(Duration::from_millis(1200));
    world.insert("x", 100, 5);
    std::thread::sleep(Duration::from_millis(1200));
    let rows = world.sql("SELECT CONVERT(nvarchar(30), SYSDATETIME(), 126)");
    let moment = rows[0].get::<&str, _>(0).expect("a time").get(..23).expect("milliseconds").to_owned();
    std::thread::sleep(Duration::from_millis(1200));
    world.sql("DELETE FROM x.dbo.T");
    std::thread::sleep(Duration::from_millis(1200));
    let log = world.done("backup", json!({ "v": 1, "database": "x", "type": "log", "destination": world.folder }));
    world.done("restore", restore("copy", &[&full, &log], json!({ "point_in_time": moment })));
    assert_eq!(world.rows("copy"), 10, "by the server's clock");
    // The same moment as UTC has it: these backups do not tell their offset, and the server's is taken.
    let utc = moment.parse::<chrono::NaiveDateTime>().expect("a time") - chrono::Duration::minutes(210);
    let told = json!({ "point_in_time": utc.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string() });
    let result = world.done("restore", restore("of_utc", &[&full, &log], told));
    assert_eq!(world.rows("of_utc"), 10, "{result:#}");
    assert!(result["notes"].to_string().contains("UTC+03:30"), "{result:#}");
    // The client's own time, an hour earlier, is before the full backup.
    let earlier = (now - ahead + chrono::Duration::minutes(210)).format("%Y-%m-%dT%H:%M:%S").to_string();
    let error = world.refused("restore", restore("y", &[&full, &log], json!({ "point_in_time": earlier })));
    assert_eq!(error["code"], "chain.missing_set", "{error:#}");
}
