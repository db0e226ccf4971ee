//! Names that want to be more than names.

use serde_json::json;

use crate::world::World;

const NAMES: [&str; 12] = [
    "a]b; DROP DATABASE x--",
    "it's",
    "100% sure",
    "semi;colon",
    "line\nbreak",
    "پیام‌گستر ۲",
    "emoji 😀",
    "quote\"s",
    "[brackets]",
    " spaces inside ",
    "tab\there",
    "$(x) `y` {z}",
];

#[test]
fn hostile_names_come_out_as_they_went_in() {
    let world = World::sandbox(|builder| builder);
    let long = format!("{}{}", "ن".repeat(60), "x".repeat(68));
    for name in NAMES.into_iter().chain([long.as_str()]) {
        // SQL Server drops blanks at the end of a name when it compares.
        let name = name.trim_end();
        world.database(name, 5);
        let full = world.done("backup", world.full(name));
        assert_eq!(full["database"], *name);
        let file = full["files"][0].clone();
        let (sets, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
        end.expect("an end");
        assert_eq!(sets[0]["DatabaseName"], *name, "{sets:#?}");
        world.insert(name, 100, 5);
        world.done("restore", json!({ "v": 1, "database": name, "sources": [{ "file": file }], "replace": true }));
        assert_eq!(world.rows(name), 5, "{name:?}");
    }
}

#[test]
fn hostile_files_and_texts_come_out_as_they_went_in() {
    let world = World::sandbox(|builder| builder);
    world.database("x", 5);
    for name in ["it's.bak", "a]b;--.bak", "100%.bak", "پشتیبان ۱.bak", "😀.bak", "two  spaces.bak"] {
        let file = world.path(name);
        let text = format!("توضیح ' {name} ]");
        let request = json!({
            "v": 1, "database": "x", "type": "full", "backup_file": file, "name": text, "description": text
        });
        world.done("backup", request);
        let (sets, end) = world.run("query", json!({ "v": 1, "kind": "backup_sets", "files": [file] }));
        end.expect("an end");
        assert_eq!(sets[0]["BackupName"], *text);
        assert_eq!(sets[0]["BackupDescription"], *text);
    }
}
