//! Mirrored and encrypted backups.

use pgbackup_sandbox::engine::Edition;
use serde_json::json;

use crate::world::World;

#[test]
fn a_mirror_is_a_backup_of_its_own() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 300);
    let mut request = world.full("x");
    request["mirror"] = json!(r"E:\Mirror");
    request["stripes"] = json!(2);
    request["verify"] = json!(true);
    let result = world.done("backup", request.clone());
    let mirror = result["mirror"].as_array().expect("files");
    assert_eq!(mirror.len(), 2, "{result:#}");
    assert!(mirror.iter().all(|file| file.as_str().is_some_and(|file| file.starts_with(r"E:\Mirror\"))), "{mirror:?}");
    assert_eq!(result["verified"], true);
    let (labels, end) = world.run("query", json!({ "v": 1, "kind": "label", "files": [mirror[0]] }));
    end.expect("an end");
    assert_eq!(labels[0]["Mirror_Count"], 2, "{labels:#?}");
    // One stripe of each.
    let sources = json!([{ "file": result["files"][0] }, { "file": mirror[1] }]);
    world.done("restore", json!({ "v": 1, "database": "copy", "sources": sources }));
    assert_eq!(world.rows("copy"), 300);
    request["archive"] = json!(true);
    let error = world.refused("backup", request);
    assert_eq!(error["code"], "caller.request", "nothing is appended to a mirror: {error:#}");
}

#[test]
fn an_edition_without_mirrors_says_so() {
    let world = World::sandbox(|builder| builder.edition(Edition::Express));
    world.database("x", 5);
    let mut request = world.full("x");
    request["mirror"] = json!(r"E:\Mirror");
    let error = world.refused("backup", request);
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("unsupported"), &json!(3218)), "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("-MirrorDestination")), "{error:#}");
}

#[test]
fn an_encrypted_backup_needs_its_certificate() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 300);
    let mut request = world.full("x");
    request["encryption"] = json!({ "certificate": "Keeper]'s" });
    let error = world.refused("backup", request.clone());
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("caller.request"), &json!(15151)), "{error:#}");
    world.sql("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Kept!secret1'");
    world.sql("CREATE CERTIFICATE [Keeper]]'s] WITH SUBJECT = N'Backups'");
    let result = world.done("backup", request);
    let file = result["files"][0].clone();
    let (sets, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
    end.expect("an end");
    assert_eq!((&sets[0]["KeyAlgorithm"], &sets[0]["EncryptorType"]), (&json!("aes_256"), &json!("CERTIFICATE")));
    assert!(sets[0]["EncryptorThumbprint"].as_str().is_some_and(|print| print.len() >= 40), "{sets:#?}");
    world.done("restore", json!({ "v": 1, "database": "copy", "sources": [{ "file": file }] }));
    assert_eq!(world.rows("copy"), 300);

    let elsewhere = World::sandbox(|builder| builder);
    elsewhere.sql(r"EXEC master.dbo.xp_create_subdir N'D:\Backup'");
    let from = world.only_sandbox().host_path(file.as_str().expect("a file")).expect("a path");
    let to = elsewhere.only_sandbox().host_path(r"D:\Backup\secret.bak").expect("a path");
    std::fs::copy(from, to).expect("a copy");
    let source = json!([{ "file": r"D:\Backup\secret.bak" }]);
    let error = elsewhere.refused("restore", json!({ "v": 1, "database": "copy", "sources": source }));
    assert_eq!((&error["code"], &error["server"][0]["number"]), (&json!("unsupported"), &json!(33111)), "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("certificate")), "{error:#}");
}
