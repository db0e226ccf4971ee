//! What a restore over a database is refused for, each before the first change: nothing on the server and
//! nothing on this machine is another than before.

use pgbackup_sandbox::engine::{DatabaseState, Ties, Version};
use pgbackup_sandbox::{Account, Builder, DatabaseRole, ServerRole};
use serde_json::{Value, json};

use crate::crm::{OPEN, crm, journals, mode, over, with};
use crate::world::{World, unique};

const PASSWORD: &str = "Sandbox!1 ;'رمز";

/// Databases with their state and access, and every file of the server, by its size.
#[derive(Debug, PartialEq)]
struct Before {
    databases: Vec<String>,
    files: Vec<(std::path::PathBuf, u64)>,
}

impl Before {
    fn of(world: &World) -> Before {
        let engine = world.only_sandbox().engine();
        let told = |facts: pgbackup_sandbox::engine::DatabaseFacts| {
            format!("{} {:?} {:?} {} {}", facts.name, facts.state, facts.user_access, facts.read_only, facts.created)
        };
        let mut files = Vec::new();
        let mut folders = vec![world.only_sandbox().host_path(r"D:\").expect("its root")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.metadata().expect("a file") {
                    data if data.is_dir() => folders.push(entry.path()),
                    data => files.push((entry.path(), data.len())),
                }
            }
        }
        files.sort();
        Before { databases: engine.databases().into_iter().map(told).collect(), files }
    }
}

/// Refuses the request with the code, and finds everything as it was before.
fn refused(world: &World, request: Value, code: &str) -> Value {
    let server = world.server();
    refused_to(world, &server, request, code)
}

fn refused_to(world: &World, server: &crate::library::Server<'_>, request: Value, code: &str) -> Value {
    let before = Before::of(world);
    world.only_sandbox().clear_statements();
    let (_, end) = world.library.run(Some(server), "restore", &world.with_journals(request.clone()));
    let error = end.expect_err(&format!("{request} went well"));
    assert_eq!(error["code"], code, "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error:#}");
    for statement in world.only_sandbox().statements() {
        let changes = ["ALTER", "BACKUP", "RESTORE DATABASE", "RESTORE LOG", "DROP", "CREATE", "EXEC msdb", "KILL"];
        assert!(!changes.iter().any(|word| statement.text.starts_with(word)), "{}", statement.text);
    }
    assert_eq!(Before::of(world), before, "{error:#}");
    assert_eq!(journals(world), 0, "{error:#}");
    error
}

fn plain(builder: Builder) -> Builder {
    builder
}

#[test]
fn system_databases_with_what_to_do() {
    let world = World::sandbox(plain);
    let (_, file) = crm(&world);
    for system in ["master", "msdb", "tempdb", "model", "MASTER"] {
        let error = refused(&world, over(system, &file), "unsupported");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("Microsoft")), "{error:#}");
    }
}

#[test]
fn what_stands_in_something_that_a_restore_would_break() {
    let world = World::sandbox(plain);
    let (name, file) = crm(&world);
    let engine = world.only_sandbox().engine();
    world.database("Snap", 1);
    let source = engine.database(&name).expect("it").id;
    for (ties, word) in [
        (Ties { availability_group: true, ..Ties::default() }, "availability group"),
        (Ties { mirrored: true, ..Ties::default() }, "mirrored"),
        (Ties { published: true, ..Ties::default() }, "published"),
    ] {
        engine.tie(&name, ties).expect("a database");
        for safety in ["file", "rename", "none"] {
            let error = refused(&world, with(over(&name, &file), "safety_copy", safety), "unsupported");
            assert!(error["message"].as_str().is_some_and(|text| text.contains(word)), "{error:#}");
        }
    }
    engine.tie(&name, Ties::default()).expect("a database");
    engine.tie("Snap", Ties { snapshot_of: Some(source), ..Ties::default() }).expect("a database");
    let error = refused(&world, over(&name, &file), "unsupported");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("has a database snapshot")), "{error:#}");
    engine.tie("Snap", Ties::default()).expect("a database");
    world.done("restore", over(&name, &file));
    assert_eq!((mode(&world, &name), world.rows(&name)), (OPEN, 10));
}

#[test]
fn a_backup_of_a_newer_server() {
    let newer = World::sandbox(plain);
    let (_, file) = crm(&newer);
    let old = Version { major: 14, minor: 0, build: 3456, revision: 2 };
    let world = World::sandbox(|builder| builder.version(old));
    let (name, _) = crm(&world);
    let place = |world: &World| world.only_sandbox().host_path(&file).expect("a place");
    std::fs::copy(place(&newer), place(&world)).expect("a copy");
    let request = with(over(&name, &file), "allow_other_database", true);
    let error = refused(&world, request, "unsupported");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("newer SQL Server")), "{error:#}");
}

#[test]
fn no_room_for_the_files_or_for_what_they_grow_by() {
    let world = World::sandbox(plain);
    let (name, file) = crm(&world);
    world.sql(r"EXEC master.dbo.xp_create_subdir N'E:\Data'");
    world.only_sandbox().engine().faults().set_free_space("E:", Some(1 << 20));
    let elsewhere = with(over(&name, &file), "data_directory", r"E:\Data");
    let error = refused(&world, elsewhere.clone(), "storage.full");
    assert_eq!(error["target"], "E:");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("files of the database")), "{error:#}");
    // A new database.
    let mut copy = with(elsewhere, "database", unique("copy"));
    copy["replace"] = json!(false);
    refused(&world, copy, "storage.full");
    // Over files that are smaller than those of the backup.
    let big = unique("big");
    world.sql(&format!(
        "CREATE DATABASE [{big}] ON (NAME = big, FILENAME = N'D:\\big.mdf', SIZE = 64MB) \
         LOG ON (NAME = big_log, FILENAME = N'D:\\big.ldf', SIZE = 8MB)"
    ));
    let big_file = world.path("big.bak");
    world.done("backup", json!({ "v": 1, "database": big, "type": "full", "backup_file": big_file }));
    let data = world.only_sandbox().engine().database(&name).expect("it").files[0].physical_name.clone();
    let drive = &data[..2];
    world.only_sandbox().engine().faults().set_free_space(drive, Some(1 << 16));
    let request = with(with(over(&name, &big_file), "allow_other_database", true), "safety_copy", "none");
    let error = refused(&world, request, "storage.full");
    assert_eq!(error["target"], drive, "{error:#}");
}

#[test]
fn no_right_to_one_step_of_many() {
    let name = "Rights";
    let all: [(&str, Account, &str); 3] = [
        ("creator", Account::new("creator", PASSWORD).server_role(ServerRole::DbCreator), "back the database up"),
        (
            "owner",
            Account::new("owner", PASSWORD).database_role(name, DatabaseRole::Owner),
            // A member of db_owner may not restore over it.
            "restore over the database",
        ),
        (
            "operator",
            Account::new("operator", PASSWORD).database_role(name, DatabaseRole::BackupOperator),
            "restore over the database",
        ),
    ];
    let accounts = all.clone();
    let world = World::sandbox(|builder| {
        accounts.into_iter().fold(builder, |builder, (_, account, _)| builder.account(account))
    });
    world.database(name, 10);
    let file = world.path("rights.bak");
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file }));
    for (login, account, step) in all {
        let mut options = world.options();
        options["user"] = json!(login);
        let server = world.library.server(&options, PASSWORD).expect("a server handle");
        let error = refused_to(&world, &server, over(name, &file), "server.permission");
        if account.server_roles.is_empty() {
            // Without CREATE DATABASE the file cannot even be looked into; that is refused as early.
            continue;
        }
        assert!(error["message"].as_str().is_some_and(|text| text.contains(step)), "{login}: {error:#}");
    }
}

#[test]
fn half_the_stripes_another_databases_backup_and_no_wish_to_replace() {
    let world = World::sandbox(plain);
    let (name, file) = crm(&world);
    let mut striped = world.full(&name);
    striped["stripes"] = json!(2);
    let files = world.done("backup", striped)["files"].clone();
    let half = files[1].as_str().expect("a file");
    refused(&world, over(&name, half), "chain.missing_set");
    let (_, others) = crm(&world);
    refused(&world, over(&name, &others), "conflict.other_database");
    let mut plain = over(&name, &file);
    plain["replace"] = json!(false);
    refused(&world, plain, "conflict.exists");
}

#[test]
fn a_database_that_waits_in_the_middle_of_a_restore() {
    let world = World::sandbox(plain);
    let (_, file) = crm(&world);
    let waits = unique("waits");
    world
        .done("restore", json!({ "v": 1, "database": waits, "sources": [{ "file": file }], "recovery": "norecovery" }));
    let again = json!({ "v": 1, "database": waits, "sources": [{ "file": file }] });
    refused(&world, again.clone(), "conflict.exists");
    // With the wish it is restored over: it has no content of its own.
    world.done("restore", with(again, "replace", true));
    assert_eq!((mode(&world, &waits).0, world.rows(&waits)), (DatabaseState::Online, 10));
}

#[cfg(unix)]
#[test]
fn a_damaged_set_of_many_is_found_by_this_machine_and_by_the_server() {
    for beside in [false, true] {
        let world = if beside { World::beside(std::time::Duration::ZERO).0 } else { World::sandbox(plain) };
        let name = unique("many");
        world.database(&name, 10);
        let (full, log) = (world.path("full.bak"), world.path("log.trn"));
        world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": full }));
        world.insert(&name, 11, 10);
        world.done("backup", json!({ "v": 1, "database": name, "type": "log", "backup_file": log }));
        let mut request = over(&name, &full);
        request["sources"] = json!([{ "file": full }, { "file": log }]);
        let verifies = || world.statements().iter().filter(|sql| sql.starts_with("RESTORE VERIFYONLY")).count();
        world.only_sandbox().clear_statements();
        world.done("restore", request.clone());
        // What this machine read through the server need not read again; the safety copy is checked by it.
        assert_eq!(verifies(), if beside { 2 } else { 4 }, "{:#?}", world.statements());
        let host = world.only_sandbox().host_path(&full).expect("a file");
        let mut bytes = std::fs::read(&host).expect("bytes");
        let row: Vec<u8> = "مشتری 5".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let at = bytes.windows(row.len()).position(|window| window == row).expect("a row");
        bytes[at] ^= 0x5A;
        std::fs::write(&host, bytes).expect("written");
        let error = refused(&world, request, "media.corrupt");
        // The first finding ends the reading of the others.
        let expected = if beside { 0..1 } else { 1..3 };
        assert!(expected.contains(&verifies()), "{:#?}", world.statements());
        assert_eq!(error["causes"].to_string().contains("checksum is wrong"), beside, "{error:#}");
        assert_eq!(world.rows(&name), 20);
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_the_same_name_on_this_machine_is_not_yet_the_servers() {
    let (world, _) = World::beside(std::time::Duration::ZERO);
    let name = unique("same");
    world.database(&name, 10);
    let (full, other) = (world.path("full.bak"), world.path("other.bak"));
    for file in [&full, &other] {
        world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file }));
    }
    // From now on the server has a folder of its own, and here another file lies under the name.
    let link = world.only_sandbox().host_path(&world.folder).expect("a folder");
    std::fs::remove_file(&link).expect("a link");
    std::fs::create_dir(&link).expect("a folder");
    std::fs::copy(&full, link.join("full.bak")).expect("a copy");
    std::fs::copy(&other, &full).expect("a copy");
    world.only_sandbox().clear_statements();
    world.done("restore", with(over(&name, &full), "safety_copy", "none"));
    let of_full = |sql: &String| sql.starts_with("RESTORE VERIFYONLY") && sql.contains("full.bak");
    assert_eq!(world.statements().iter().filter(|sql| of_full(sql)).count(), 1, "{:#?}", world.statements());
    assert_eq!(world.rows(&name), 10);
}
