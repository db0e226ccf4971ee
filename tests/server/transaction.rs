//! A restore either happens or did not happen, and the database is always given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pgbackup_sandbox::Fate;
use pgbackup_sandbox::engine::{DatabaseState, OsError, UserAccess};
use serde_json::{Value, json};

use crate::crm::{OPEN, causes, crm, journals, mode, over, troubled, unreadable, with};
use crate::world::{World, unique};

/// Clients that come in again as soon as they are sent out, as an application's pool does.
struct Pool {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Pool {
    fn of(world: &World, name: &str, clients: usize) -> Pool {
        let stop = Arc::new(AtomicBool::new(false));
        let came_in = Arc::new(AtomicUsize::new(0));
        let threads = (0..clients)
            .map(|_| {
                let (stop, came_in, instance) = (stop.clone(), came_in.clone(), world.instance.clone());
                let sql = format!("USE [{name}]; WAITFOR DELAY '00:00:20'");
                let hello = format!("SELECT COUNT(*) FROM [{name}].dbo.T");
                std::thread::spawn(move || {
                    let ask = |sql: &str| crate::client::ask(&instance, "tester", "Sandbox!1 ;'رمز", sql).map(|_| ());
                    while !stop.load(Ordering::Relaxed) {
                        if ask(&hello).is_ok() {
                            came_in.fetch_add(1, Ordering::Relaxed);
                            let _ = ask(&sql);
                        }
                        std::thread::sleep(Duration::from_millis(2));
                    }
                })
            })
            .collect();
        while came_in.load(Ordering::Relaxed) < clients {
            std::thread::sleep(Duration::from_millis(5));
        }
        Pool { stop, threads }
    }

    fn end(self, world: &World) {
        self.stop.store(true, Ordering::Relaxed);
        world.only_sandbox().disconnect_all();
        for thread in self.threads {
            thread.join().expect("a client");
        }
    }
}

#[test]
fn trap_7_a_pool_that_reconnects_does_not_win_and_is_told() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    for safety in ["file", "rename"] {
        let pool = Pool::of(&world, &name, 3);
        let result = world.done("restore", with(over(&name, &file), "safety_copy", safety));
        pool.end(&world);
        let cut = result["disconnected"].as_array().expect("sessions");
        assert!(cut.iter().any(|one| one["login"] == "tester"), "{safety}: {result:#}");
        assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 10, 0), "{safety}");
        assert_eq!(result["user_access"], "MULTI_USER");
        match safety {
            "file" => {
                let copy = result["safety_copy"].as_str().expect("a copy");
                assert!(world.only_sandbox().host_path(copy).is_some_and(|path| path.is_file()), "{copy}");
                assert!(result["tail"].is_string(), "a log chain has a tail: {result:#}");
                let back = unique("back");
                world.done("restore", json!({ "v": 1, "database": back, "sources": [{ "file": copy }] }));
                assert_eq!(world.rows(&back), 30, "the copy holds what was there");
            }
            _ => {
                let kept = result["kept_as"].as_str().expect("a name");
                assert_eq!((mode(&world, kept), world.rows(kept)), (OPEN, 10));
            }
        }
    }
}

#[test]
fn the_access_mode_is_that_of_before_whatever_the_backup_brings() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    world.sql(&format!("ALTER DATABASE [{name}] SET RESTRICTED_USER WITH ROLLBACK IMMEDIATE"));
    let closed = world.path("closed.bak");
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": closed, "copy_only": true }));
    world.done("restore", over(&name, &file));
    assert_eq!((mode(&world, &name), world.rows(&name)), ((DatabaseState::Online, UserAccess::Restricted, false), 10));
    world.sql(&format!("ALTER DATABASE [{name}] SET MULTI_USER"));
    world.done("restore", with(over(&name, &closed), "safety_copy", "none"));
    assert_eq!((mode(&world, &name), world.rows(&name)), (OPEN, 30));
}

#[test]
fn trap_7_a_restore_that_fails_half_way_is_taken_back_from_the_copy() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    let error = troubled(&world, over(&name, &file), "RESTORE DATABASE", unreadable);
    assert!(causes(&error).contains("taken back from its safety copy"), "{error:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 30, 0));
}

#[test]
fn without_a_copy_the_error_says_what_to_type_and_repair_finishes() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    let request = with(over(&name, &file), "safety_copy", "none");
    let error = troubled(&world, request.clone(), "RESTORE DATABASE", unreadable);
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("-Finish")), "{error:#}");
    assert_eq!(world.only_sandbox().engine().database(&name).expect("it").state, DatabaseState::Restoring);
    assert_eq!(journals(&world), 1);
    let again = world.refused("restore", request);
    assert!(again["hint"].as_str().is_some_and(|hint| hint.contains("Repair-PGDatabase")), "{again:#}");
    let foreseen = world.done("repair", json!({ "v": 1, "database": name, "dry_run": true }));
    assert_eq!((foreseen["was_broken_off"].clone(), foreseen["content"].clone()), (json!(true), Value::Null));
    let result = world.done("repair", json!({ "v": 1, "database": name }));
    assert_eq!(result["content"], "wanted", "{result:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 10, 0));
    let nothing = world.done("repair", json!({ "v": 1, "database": name }));
    assert_eq!(nothing["was_broken_off"], false);
}

#[test]
fn restores_of_several_databases_run_beside_each_other() {
    let world = World::sandbox(|builder| builder);
    let all: Vec<_> = (0..8).map(|_| crm(&world)).collect();
    std::thread::scope(|scope| {
        for (name, file) in &all {
            let world = &world;
            scope.spawn(move || world.done("restore", over(name, file)));
        }
    });
    for (name, _) in &all {
        assert_eq!((mode(&world, name), world.rows(name)), (OPEN, 10));
    }
    assert_eq!(journals(&world), 0);
}

#[test]
fn a_cancel_gives_the_database_back() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(20)));
    let (name, file) = crm(&world);
    let mut request = over(&name, &file);
    request["journal_directory"] = json!(world.journals.path());
    let server = world.server();
    let job = world.library.start(Some(&server), "restore", &request).expect("a job");
    while job.status(0)["phase"] != "restoring" {
        std::thread::sleep(Duration::from_millis(2));
    }
    job.cancel();
    let error = job.end().expect_err("cancelled");
    assert_eq!(error["code"], "cancelled", "{error:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 30, 0), "{error:#}");
}

#[test]
fn a_connection_that_is_cut_and_a_backup_that_finds_no_room_change_nothing() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    let error = troubled(&world, over(&name, &file), "ALTER DATABASE", |_| Fate::Unanswered);
    assert!(causes(&error).contains("untouched"), "{error:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 30, 0));
    let error = troubled(&world, over(&name, &file), "BACKUP DATABASE", |world| {
        world.only_sandbox().engine().faults().fail_media_write(100_000, OsError::DiskFull);
        Fate::Run
    });
    assert_eq!(error["code"], "storage.full", "{error:#}");
    assert!(causes(&error).contains("half a backup"), "{error:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 30, 0));
}

#[test]
fn a_new_database_that_cannot_be_made_whole_is_not_left_behind() {
    let world = World::sandbox(|builder| builder);
    let (_, file) = crm(&world);
    let copy = unique("copy");
    let request = json!({ "v": 1, "database": copy, "sources": [{ "file": file }] });
    let error = troubled(&world, request, "RESTORE DATABASE", unreadable);
    assert!(causes(&error).contains("there is no database"), "{error:#}");
    assert!(world.only_sandbox().engine().database(&copy).is_err());
    assert_eq!(journals(&world), 0);
}

#[test]
fn between_the_names_the_old_one_comes_back() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    let request = with(over(&name, &file), "safety_copy", "rename");
    let error = troubled(&world, request, "USE [master]", |_| Fate::Lost);
    assert!(causes(&error).contains("as it was before"), "{error:#}");
    assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 30, 0));
    let others: Vec<String> = world.only_sandbox().engine().databases().into_iter().map(|facts| facts.name).collect();
    assert_eq!(others.iter().filter(|other| other.starts_with(&name)).count(), 1, "{others:?}");
}

#[test]
fn the_check_is_made_before_people_come_in() {
    let world = World::sandbox(|builder| builder);
    let (name, file) = crm(&world);
    for safety in ["file", "rename", "none"] {
        let request = with(with(over(&name, &file), "safety_copy", safety), "check", true);
        let result = world.done("restore", request);
        assert_eq!(result["checked"], true, "{safety}");
        let statements = result["statements"].to_string();
        let at = |text: &str| statements.find(text).unwrap_or_else(|| panic!("{text}: {statements}"));
        assert!(at("RESTORE DATABASE") < at("DBCC CHECKDB"), "{statements}");
        assert_eq!((mode(&world, &name), world.rows(&name)), (OPEN, 10), "{safety}");
    }
}

#[test]
fn what_can_be_known_before_is_refused_before() {
    let world = World::sandbox(|builder| {
        let right = pgbackup_sandbox::Account::new("backup", "Sandbox!1")
            .database_role("master", pgbackup_sandbox::DatabaseRole::BackupOperator);
        builder.account(right)
    });
    let (name, file) = crm(&world);
    let clean = |error: &Value| {
        assert_eq!((mode(&world, &name), world.rows(&name), journals(&world)), (OPEN, 30, 0), "{error:#}");
    };
    // A damaged set.
    let host = world.only_sandbox().host_path(&file).expect("a file");
    let whole = std::fs::read(&host).expect("bytes");
    let mut bytes = whole.clone();
    let row: Vec<u8> = "مشتری 5".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = bytes.windows(row.len()).position(|window| window == row).expect("a row");
    bytes[at] ^= 0x5A;
    std::fs::write(&host, bytes).expect("written");
    let error = world.refused("restore", over(&name, &file));
    assert_eq!(error["code"], "media.corrupt", "{error:#}");
    clean(&error);
    std::fs::write(&host, whole).expect("written");
    // No room for the copy.
    world.only_sandbox().engine().faults().set_free_space("D:", Some(1 << 20));
    let error = world.refused("restore", with(over(&name, &file), "safety_directory", r"D:\Backup"));
    assert_eq!(error["code"], "storage.full", "{error:#}");
    clean(&error);
    world.only_sandbox().engine().faults().set_free_space("D:", None);
    // A file of another database.
    let theirs = unique("theirs");
    world.database(&theirs, 1);
    let place = world.only_sandbox().engine().database(&theirs).expect("it").files[0].physical_name.clone();
    let error = world.refused("restore", with(over(&name, &file), "relocate", json!({ name.clone(): place })));
    assert_eq!(error["code"], "conflict.exists", "{error:#}");
    clean(&error);
    // Closed on purpose.
    world.sql(&format!("ALTER DATABASE [{theirs}] SET OFFLINE"));
    let request = with(over(&theirs, &file), "allow_other_database", true);
    assert_eq!(world.refused("restore", request)["code"], "server.database_state");
}

#[test]
fn of_two_restores_of_one_database_one_wins_and_the_other_is_told() {
    let world = World::sandbox(|builder| builder.pace(Duration::from_millis(20)));
    let (name, file) = crm(&world);
    let ends: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| world.run("restore", over(&name, &file)).1)).collect();
        threads.into_iter().map(|thread| thread.join().expect("an end")).collect()
    });
    let errors: Vec<&Value> = ends.iter().filter_map(|end| end.as_ref().err()).collect();
    assert_eq!(errors.len(), 1, "{ends:#?}");
    assert_eq!(errors[0]["code"], "conflict.busy", "{ends:#?}");
    assert_eq!((mode(&world, &name), world.rows(&name)), (OPEN, 10));
}

#[test]
fn hostile_names_stay_names_in_every_statement() {
    let world = World::sandbox(|builder| builder);
    let name = format!("{}]; DROP DATABASE master--'", unique("evil"));
    world.database(&name, 10);
    let file = world.path("evil.bak");
    world.done("backup", json!({ "v": 1, "database": name, "type": "full", "backup_file": file }));
    world.insert(&name, 11, 20);
    for safety in ["file", "rename"] {
        let result = world.done("restore", with(with(over(&name, &file), "safety_copy", safety), "check", true));
        assert_eq!((mode(&world, &name), world.rows(&name)), (OPEN, 10), "{result:#}");
    }
}

#[test]
fn what_the_check_finds_is_taken_back() {
    for (safety, end) in [("file", "taken back from its safety copy"), ("rename", "untouched"), ("none", "as it is")] {
        let world = World::sandbox(|builder| builder);
        let (name, _) = crm(&world);
        // Without checksums nobody sees the damage but the check.
        let file = world.path("bare.bak");
        world.sql(&format!("BACKUP DATABASE [{name}] TO DISK = N'{file}' WITH COPY_ONLY, NO_CHECKSUM"));
        world.insert(&name, 31, 5);
        let host = world.only_sandbox().host_path(&file).expect("a file");
        let mut bytes = std::fs::read(&host).expect("bytes");
        let row: Vec<u8> = "مشتری 5".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let at = bytes.windows(row.len()).position(|window| window == row).expect("a row");
        bytes[at] ^= 0x5A;
        std::fs::write(&host, bytes).expect("written");
        let error = world.refused("restore", with(with(over(&name, &file), "safety_copy", safety), "check", true));
        assert_eq!(error["code"], "media.corrupt", "{safety}: {error:#}");
        assert!(error["server"].to_string().contains("8928"), "{safety}: {error:#}");
        let before = world.only_sandbox().engine().databases().len();
        match safety {
            "none" => assert!(causes(&error).contains("has the restored content"), "{error:#}"),
            _ => {
                assert!(causes(&error).contains(end), "{safety}: {error:#}");
                assert_eq!((mode(&world, &name), world.rows(&name)), (OPEN, 35), "{safety}");
            }
        }
        assert_eq!((mode(&world, &name), journals(&world), before), (OPEN, 0, 5), "{safety}: nothing else is left");
    }
}

#[test]
fn users_of_another_server_get_their_logins_on_request() {
    let password = "Sandbox!1 ;'رمز";
    let world = World::sandbox(|builder| builder.account(pgbackup_sandbox::Account::new("clerk", password)));
    let (name, file) = crm(&world);
    let engine = world.only_sandbox().engine();
    for user in ["clerk", "gone"] {
        engine.add_user(&name, user, vec![7; 16]).expect("a database");
    }
    let orphans = format!(
        "SELECT COUNT(*) FROM [{name}].sys.database_principals AS u LEFT JOIN sys.server_principals AS s ON s.sid = u.sid \
         WHERE u.principal_id >= 1000 AND u.type = 'S' AND s.name IS NULL"
    );
    let told = world.done("restore", over(&name, &file))["notes"].to_string();
    assert!(told.contains("`clerk` has no login: give it the login of its name with -MapUsers"), "{told}");
    assert!(told.contains("`gone` has no login: the server has no login of its name"), "{told}");
    assert_eq!(world.number(&orphans), 2);
    let told = world.done("restore", with(over(&name, &file), "map_users", true))["notes"].to_string();
    assert!(told.contains("`clerk` has the login of its name again"), "{told}");
    assert!(told.contains("`gone` has no login"), "{told}");
    assert_eq!(world.number(&orphans), 1);
}
