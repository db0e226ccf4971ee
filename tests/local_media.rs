//! Backup files on this machine, listed through the library without a server.

#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "support/library.rs"]
mod library;

use library::Library;
use serde_json::json;

#[test]
fn files_that_are_no_backups_are_rows_and_the_others_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("a.bak");
    std::fs::write(&zip, b"PK\x03\x04 and so on").expect("a file");
    let missing = folder.path().join("nothing.bak");
    let files = [zip.display().to_string(), missing.display().to_string(), folder.path().display().to_string()];
    let library = Library::load();
    let (rows, end) = library.run(None, "query", &json!({ "v": 1, "kind": "backup_sets", "files": files }));
    assert_eq!(end.expect("an end")["count"], 0);
    let codes: Vec<_> = rows.iter().map(|row| row["error"]["code"].clone()).collect();
    assert_eq!(codes[..2], ["media.corrupt", "media.file_not_found"], "{rows:#?}");
    // A folder stands for the backup files in it.
    let meant = [&files[0], &files[1], &files[0]];
    assert_eq!(rows.len(), meant.len(), "{rows:#?}");
    for (row, file) in rows.iter().zip(meant) {
        assert_eq!(row["BackupFile"], *file);
        assert!(row["error"]["message"].as_str().is_some_and(|message| message.contains(file)), "{row}");
    }
}

#[test]
fn what_needs_a_server_says_so() {
    let library = Library::load();
    let error = library.run(None, "query", &json!({ "v": 1, "kind": "databases" })).1.expect_err("no server");
    assert_eq!(error["code"], "caller.argument");
    let request = json!({ "v": 1, "database": "x", "type": "full", "destination": "D:\\" });
    let error = library.run(None, "backup", &request).1.expect_err("no server");
    assert_eq!(error["code"], "caller.argument");
}
