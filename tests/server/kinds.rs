//! Databases and options out of the ordinary, and whether there is room.

use serde_json::json;

use crate::world::World;

#[test]
fn system_databases_that_have_backups() {
    let world = World::sandbox(|builder| builder);
    for name in ["master", "msdb", "model"] {
        let result = world.done("backup", world.full(name));
        assert_eq!(result["type"], "full", "{name}");
    }
    let differential = json!({ "v": 1, "database": "master", "type": "differential", "destination": world.folder });
    let result = world.done("backup", differential);
    assert_eq!((&result["type"], &result["promoted"]["code"]), (&json!("full"), &json!("master")));
}

#[test]
fn a_read_only_database() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 50);
    world.sql("ALTER DATABASE x SET READ_ONLY");
    let result = world.done("backup", world.full("x"));
    let sources = json!([{ "file": result["files"][0] }]);
    world.done("restore", json!({ "v": 1, "database": "copy", "sources": sources }));
    assert_eq!(world.rows("copy"), 50);
}

#[test]
fn every_option_reaches_the_server_and_the_set() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 50);
    let mut request = world.full("x");
    for (field, value) in [
        ("name", json!("before the update")),
        ("description", json!("از پیش")),
        ("expires", json!("2099-12-31")),
        ("max_transfer_size", json!(1_048_576)),
        ("buffer_count", json!(7)),
        ("compression", json!("on")),
        ("file_name", json!("{Database}_{Type}_{PersianDate}_{Utc}")),
    ] {
        request[field] = value;
    }
    let result = world.done("backup", request);
    let statement = result["statements"][0].as_str().expect("a statement");
    for part in ["MAXTRANSFERSIZE = 1048576", "BUFFERCOUNT = 7", "COMPRESSION", "EXPIREDATE"] {
        assert!(statement.contains(part), "{part}: {statement}");
    }
    let file = result["files"][0].as_str().expect("a file");
    assert!(file.contains("x_FULL_14"), "the Persian year: {file}");
    let (sets, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
    end.expect("an end");
    assert_eq!(sets[0]["BackupName"], "before the update");
    assert_eq!(sets[0]["BackupDescription"], "از پیش");
    assert_eq!(sets[0]["Compressed"], 1, "{sets:#?}");
    assert!(sets[0]["ExpirationDate"].as_str().is_some_and(|date| date.starts_with("2099-12-31")), "{sets:#?}");
}

#[test]
fn whether_there_is_room_is_asked_before_it_starts() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 30_000);
    world.done("backup", world.full("x"));
    let faults = world.only_sandbox().engine().faults();
    faults.set_free_space("D:", Some(1 << 20));
    world.only_sandbox().clear_statements();
    let mut request = world.full("x");
    request["compression"] = json!("off");
    // With checksums this sandbox fills each part up to a megabyte.
    request["checksum"] = json!(false);
    let error = world.refused("backup", request.clone());
    assert_eq!(error["code"], "storage.full", "{error:#}");
    assert_eq!(error["server"], json!([]), "nobody had to try: {error:#}");
    assert!(!world.statements().iter().any(|text| text.starts_with("BACKUP")), "{:?}", world.statements());
    // Of a differential only what has changed counts.
    request["type"] = json!("differential");
    world.done("backup", request);
}

#[test]
fn ip_version_6() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return crate::skip::skip("ip_version_6", "this machine has no IPv6");
    }
    let world = World::sandbox(|builder| builder.listen("[::1]:0"));
    let port = world.only_sandbox().addr().port();
    for server in [format!("::1,{port}"), format!("[::1],{port}"), format!("tcp:[::1],{port}")] {
        let mut options = world.options();
        options["server"] = json!(server);
        let handle = world.library.server(&options, "Sandbox!1 ;'رمز").expect("a handle");
        let (rows, end) = world.library.run(Some(&handle), "query", &json!({ "v": 1, "kind": "databases" }));
        end.unwrap_or_else(|error| panic!("{server}: {error:#}"));
        assert!(rows.len() >= 4);
    }
}
