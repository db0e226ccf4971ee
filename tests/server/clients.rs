//! Clients that are connected while a backup is made: told, refused, or cut.

use pgbackup_sandbox::server::{Account, DatabaseRole};
use serde_json::{Value, json};

use crate::held::{Held, hold};
use crate::world::World;

const PASSWORD: &str = "Sandbox!1 ;'رمز";

fn client(world: &World) -> Held {
    hold(&world.instance, "tester", PASSWORD, "USE Crm")
}

fn request(world: &World, clients: &str) -> Value {
    json!({ "v": 1, "database": "Crm", "type": "full", "destination": world.folder, "connected_clients": clients })
}

fn logins(clients: &Value) -> Vec<&str> {
    clients.as_array().into_iter().flatten().filter_map(|client| client["login"].as_str()).collect()
}

#[test]
fn who_was_connected_stands_in_the_result() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    let made = world.done("backup", world.full("Crm"));
    assert_eq!((&made["clients"]["connected"], &made["clients"]["disconnected"]), (&json!([]), &json!([])));
    let mut held = client(&world);
    let made = world.done("backup", world.full("Crm"));
    assert_eq!(logins(&made["clients"]["connected"]), ["tester"]);
    held.ask("SELECT COUNT(*) FROM dbo.T").expect("nobody cut it");
}

#[test]
fn stop_makes_no_backup_while_somebody_is_connected_and_says_who() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    let mut held = client(&world);
    let error = world.refused("backup", request(&world, "stop"));
    assert_eq!(error["code"], "server.database_in_use");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("of tester on")), "{error:#}");
    assert!(!world.statements().iter().any(|sql| sql.starts_with("BACKUP")), "it was begun");
    held.ask("USE master").expect("nobody cut it");
    world.done("backup", request(&world, "stop"));
}

#[test]
fn disconnect_ends_their_sessions_and_leaves_the_access_mode_alone() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    let mut held = client(&world);
    let made = world.done("backup", request(&world, "disconnect"));
    assert_eq!(logins(&made["clients"]["disconnected"]), ["tester"]);
    assert_eq!(made["clients"]["connected"], json!([]));
    assert!(held.ask("SELECT 1").is_err(), "it is cut");
    assert!(!world.statements().iter().any(|sql| sql.contains("SINGLE_USER") || sql.contains("RESTRICTED_USER")));
    client(&world).ask("SELECT COUNT(*) FROM dbo.T").expect("whoever comes is let in");
}

#[test]
fn a_client_that_comes_back_again_and_again_does_not_keep_the_backup_waiting() {
    let world = World::sandbox(|builder| builder);
    world.database("Crm", 10);
    let instance = world.instance.clone();
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = over.clone();
    let first = client(&world);
    let returning = std::thread::spawn(move || {
        let mut held = first;
        while !seen.load(std::sync::atomic::Ordering::Relaxed) {
            if held.ask("SELECT 1").is_err() {
                held = hold(&instance, "tester", PASSWORD, "USE Crm");
            }
        }
    });
    let made = world.done("backup", request(&world, "disconnect"));
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    returning.join().expect("a client");
    assert!(!logins(&made["clients"]["disconnected"]).is_empty());
    assert!(logins(&made["clients"]["disconnected"]).len() <= 3, "{made:#}");
}

#[test]
fn a_login_that_may_not_see_others_makes_a_backup_but_no_promise() {
    let world = World::sandbox(|builder| {
        let clerk = Account::new("clerk", PASSWORD).database_role("Crm", DatabaseRole::BackupOperator);
        builder.account(clerk.database_role("msdb", DatabaseRole::DataReader))
    });
    world.database("Crm", 10);
    world.sql(&format!("EXEC master.dbo.xp_create_subdir N'{}'", world.folder));
    let options = json!({ "v": 1, "server": world.instance, "user": "clerk", "trust_server_certificate": true });
    let server = world.library.server(&options, PASSWORD).expect("a server handle");
    let run = |clients: &str| {
        let mut request = request(&world, clients);
        request.as_object_mut().expect("fields").remove("destination");
        request["backup_file"] = json!(world.path(&format!("{clients}.bak")));
        world.library.run(Some(&server), "backup", &request).1
    };
    let made = run("report").unwrap_or_else(|error| panic!("{error:#}"));
    assert!(made["clients"]["connected"].is_null(), "null is not known, an empty list is nobody");
    for clients in ["stop", "disconnect"] {
        let error = run(clients).expect_err("it cannot be known");
        assert_eq!(error["code"], "server.permission", "{error:#}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("VIEW SERVER STATE")), "{error:#}");
    }
}
