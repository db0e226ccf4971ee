//! The CRM's mode: a full and its differentials in one file.

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
}
