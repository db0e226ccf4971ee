//! The CRM's mode: a full and its differentials in one file.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{World, unique};

fn append(world: &World, name: &str) -> Value {
    world.done(
        "backup",
        json!({ "v": 1, "database": name, "type": "differential", "destination": world.folder, "archive": true }),
    )
}

#[test]
fn it_begins_with_a_full_and_goes_on_with_differentials() {
    let world = World::new();
    let name = unique("archive");
    world.database(&name, 10);
    let results: Vec<Value> = (0..4)
        .map(|round| {
            world.insert(&name, 100 + round * 10, 5);
            append(&world, &name)
        })
        .collect();
    let types: Vec<_> = results.iter().map(|result| result["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(types, ["full", "differential", "differential", "differential"]);
    assert_eq!(results[0]["promoted"]["code"], "no_base");
    assert_eq!(results.iter().map(|result| result["position"].as_u64()).collect::<Vec<_>>(), [1, 2, 3, 4].map(Some));
    assert!(results.iter().all(|result| result["files"] == results[0]["files"]));
    world.drop_database(&name);
}

#[test]
fn a_full_made_elsewhere_makes_the_next_one_a_full() {
    let world = World::new();
    let name = unique("foreign");
    world.database(&name, 10);
    append(&world, &name);
    world.sql(&format!("BACKUP DATABASE [{name}] TO DISK = N'{}'", world.path(&format!("stray {name}.bak"))));
    let result = append(&world, &name);
    assert_eq!(result["type"], "full");
    assert_eq!(result["promoted"]["code"], "foreign_base");
    assert_eq!(result["position"], 2);
    assert_eq!(append(&world, &name)["type"], "differential");
    world.drop_database(&name);
}

#[test]
fn another_databases_archive_is_left_alone() {
    let world = World::new();
    let (first, second) = (unique("one"), unique("two"));
    world.database(&first, 10);
    world.database(&second, 10);
    let file = world.path(&format!("{first}.bak"));
    let into = |name: &str| json!({ "v": 1, "database": name, "type": "full", "backup_file": file, "archive": true });
    world.done("backup", into(&first));
    assert_eq!(world.refused("backup", into(&second))["code"], "conflict.other_database");
    world.drop_database(&first);
    world.drop_database(&second);
}

#[test]
fn a_file_that_is_no_backup_is_kept_and_a_new_archive_begins() {
    let world = World::sandbox(|builder| builder);
    let name = unique("torn");
    world.database(&name, 10);
    let file = world.path(&format!("{name}.bak"));
    let here = world.only_sandbox().host_path(&file).expect("a path");
    std::fs::create_dir_all(here.parent().expect("a folder")).expect("a folder");
    std::fs::write(&here, b"this is not a backup").expect("a file");
    let result = append(&world, &name);
    assert_eq!(result["type"], "full");
    assert_eq!(result["replaced_archive"]["file"], *file);
    assert_ne!(result["files"][0], *file);
    assert_eq!(std::fs::read(&here).expect("the file"), b"this is not a backup");
    let next = append(&world, &name);
    assert_eq!((&next["type"], &next["files"]), (&json!("differential"), &result["files"]), "it goes on: {next:#}");
}

/// Appends to an archive that rolls over by these limits.
fn rolling(world: &World, name: &str, limits: Value) -> Value {
    let request = json!({
        "v": 1, "database": name, "type": "differential", "destination": world.folder, "archive": true,
        "rollover": limits,
    });
    world.done("backup", request)
}

fn types(results: &[Value]) -> Vec<&str> {
    results.iter().filter_map(|result| result["type"].as_str()).collect()
}

#[test]
fn so_many_differentials_between_two_fulls_and_each_full_begins_a_file() {
    let (world, clock) = World::with_clock(Duration::from_secs(86_400));
    let name = unique("counted");
    world.database(&name, 10);
    let results: Vec<Value> = (0..7)
        .map(|round| {
            world.insert(&name, 100 + round * 10, 5);
            clock.advance(Duration::from_secs(60));
            rolling(&world, &name, json!({ "differentials": 2 }))
        })
        .collect();
    assert_eq!(
        types(&results),
        ["full", "differential", "differential", "full", "differential", "differential", "full"]
    );
    let positions: Vec<_> = results.iter().map(|result| result["position"].as_u64()).collect();
    assert_eq!(positions, [1, 2, 3, 1, 2, 3, 1].map(Some));
    for (at, opener) in [0, 0, 0, 3, 3, 3, 6].into_iter().enumerate() {
        assert_eq!(results[at]["files"], results[opener]["files"], "{at}");
    }
    assert_ne!(results[0]["files"], results[3]["files"]);
    assert_eq!(results[3]["promoted"]["code"], "rollover");
    let closed = &results[3]["closed_archive"];
    assert_eq!((&closed["files"], &closed["sets"]), (&results[0]["files"], &json!(3)), "{closed:#}");
    assert_eq!(
        (&closed["code"], &closed["verified"], &closed["error"]),
        (&json!("differentials"), &json!(true), &Value::Null)
    );
    assert_eq!(results[4]["closed_archive"], Value::Null);
    let state = &results[5]["archive_state"];
    assert_eq!((&state["sets"], &state["differentials"]), (&json!(3), &json!(2)), "{state:#}");
    assert!(state["bytes"].as_u64().is_some_and(|bytes| bytes > 100_000), "{state:#}");
}

#[test]
fn an_archive_rolls_over_by_age_and_by_size_and_its_growth_is_told() {
    let (world, clock) = World::with_clock(Duration::from_secs(30 * 86_400));
    let name = unique("aged");
    world.database(&name, 10);
    let results: Vec<Value> = (0..5)
        .map(|_| {
            clock.advance(Duration::from_secs(86_400));
            rolling(&world, &name, json!({ "days": 3 }))
        })
        .collect();
    assert_eq!(types(&results), ["full", "differential", "differential", "full", "differential"]);
    assert_eq!(results[3]["closed_archive"]["code"], "days");
    let state = &results[2]["archive_state"];
    assert!(state["bytes_per_day"].as_u64().is_some_and(|bytes| bytes > 0), "{state:#}");
    assert!(state["free_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{state:#}");
    let larger = rolling(&world, &name, json!({ "bytes": 1 }));
    assert_eq!((&larger["type"], &larger["closed_archive"]["code"]), (&json!("full"), &json!("bytes")));
}

#[test]
fn a_full_begins_a_new_archive_where_archives_follow_each_other() {
    let (world, clock) = World::with_clock(Duration::from_secs(86_400));
    let name = unique("opened");
    world.database(&name, 10);
    // What was one file for ever goes on, and is followed by others.
    let first = append(&world, &name);
    clock.advance(Duration::from_secs(60));
    let second = rolling(&world, &name, json!({}));
    assert_eq!((&second["type"], &second["files"]), (&json!("differential"), &first["files"]), "{second:#}");
    let full = |copy_only: bool| {
        let request = json!({
            "v": 1, "database": name, "type": "full", "copy_only": copy_only, "destination": world.folder,
            "archive": true, "rollover": {},
        });
        world.done("backup", request)
    };
    let copy = full(true);
    assert_eq!(
        (&copy["files"], &copy["position"]),
        (&first["files"], &json!(3)),
        "nothing can follow on a copy-only full"
    );
    let full = full(false);
    assert_ne!(full["files"], first["files"]);
    assert_eq!((&full["closed_archive"]["code"], &full["promoted"]), (&json!("full"), &Value::Null), "{full:#}");
    assert_eq!(rolling(&world, &name, json!({}))["files"], full["files"]);
}

#[test]
fn an_archive_that_is_damaged_does_not_count_when_it_is_closed() {
    let world = World::sandbox(|builder| builder);
    let name = unique("rotten");
    world.database(&name, 400);
    let first = rolling(&world, &name, json!({ "differentials": 1 }));
    rolling(&world, &name, json!({ "differentials": 1 }));
    let file = first["files"][0].as_str().expect("a file");
    let here = world.only_sandbox().host_path(file).expect("a path");
    let mut bytes = std::fs::read(&here).expect("the archive");
    let customer: Vec<u8> = "مشتری".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let row = bytes.windows(customer.len()).position(|here| here == customer).expect("a row");
    bytes[row] ^= 0x55;
    std::fs::write(&here, bytes).expect("the archive, damaged");
    let next = rolling(&world, &name, json!({ "differentials": 1 }));
    assert_eq!(next["type"], "full", "the new one is made all the same");
    let closed = &next["closed_archive"];
    assert_eq!((&closed["verified"], &closed["error"]["code"]), (&json!(false), &json!("media.corrupt")), "{closed:#}");
}

#[test]
fn a_closed_archive_is_removed_as_one_unit_once_the_new_one_is_verified() {
    let (world, clock) = World::with_clock(Duration::from_secs(86_400));
    let name = unique("unit");
    world.database(&name, 10);
    let with_removal = |kind: &str| {
        clock.advance(Duration::from_secs(60));
        let seen = world.only_sandbox().host_path(&world.folder).expect("a path");
        let request = json!({
            "v": 1, "database": name, "type": kind, "destination": world.folder, "archive": true,
            "rollover": { "differentials": 2 }, "remove": { "path": seen, "rules": { "keep_last": 1 } },
        });
        world.done("backup", request)
    };
    let results: Vec<Value> = (0..4).map(|_| with_removal("differential")).collect();
    assert_eq!(types(&results), ["full", "differential", "differential", "full"]);
    assert!(results[..3].iter().all(|result| result["removal"]["changed"] == 0), "{results:#?}");
    let removal = &results[3]["removal"];
    assert_eq!((&removal["changed"], &removal["keep"]), (&json!(1), &json!(1)), "{removal:#}");
    let old = world.only_sandbox().host_path(results[0]["files"][0].as_str().expect("a file")).expect("a path");
    assert!(!old.exists());
    assert_eq!(with_removal("differential")["position"], 2, "the new archive goes on");
}
