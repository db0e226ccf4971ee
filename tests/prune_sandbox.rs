//! Plans and removals of backups that a server made: what the planner says, the server restores, row
//! for row; what is removed is what no kept backup needs.

#[allow(dead_code)] // Not every test needs all of it.
#[path = "support/client.rs"]
mod client;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "support/library.rs"]
mod library;

use std::fs;
use std::path::{Path, PathBuf};

use library::{Library, Server};
use pgbackup_sandbox::Sandbox;
use serde_json::{Value, json};

const FOLDER: &str = r"D:\Backup";

/// A sandbox with a folder for backups, and how this machine sees that.
struct Lab<'l> {
    library: &'l Library,
    sandbox: Sandbox,
    server: Server<'l>,
    here: PathBuf,
    _root: tempfile::TempDir,
}

impl<'l> Lab<'l> {
    fn new(library: &'l Library) -> Lab<'l> {
        let root = tempfile::tempdir().expect("a folder");
        let builder = Sandbox::builder().root(root.path()).login("sa", "Sandbox!1").payamgostar(20);
        let sandbox = builder.start_blocking().expect("a sandbox");
        let here = sandbox.host_path(FOLDER).expect("a path");
        fs::create_dir_all(&here).expect("a folder");
        let options =
            json!({ "v": 1, "server": sandbox.server_instance(), "user": "sa", "trust_server_certificate": true });
        let server = library.server(&options, "Sandbox!1").expect("a handle");
        Lab { library, sandbox, server, here, _root: root }
    }

    /// Makes a backup; its file on this machine.
    fn backup(&self, kind: &str, name: &str) -> PathBuf {
        let file = format!("{FOLDER}\\{name}");
        let request = json!({ "v": 1, "database": "PayamGostar2", "type": kind, "backup_file": file });
        self.library.run(Some(&self.server), "backup", &request).1.expect("a backup");
        self.here.join(name)
    }

    fn ask(&self, sql: &str) -> Vec<tiberius::Row> {
        client::ask(&self.sandbox.server_instance(), "sa", "Sandbox!1", sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Every row of the customers of a database, as text.
    fn customers(&self, database: &str) -> Vec<String> {
        let rows = self.ask(&format!("SELECT * FROM [{database}].dbo.Customers ORDER BY 1"));
        rows.into_iter().map(|row| format!("{:?}", row.into_iter().collect::<Vec<_>>())).collect()
    }

    /// Plans a restore from the files on this machine, and has the server do it from the same files.
    fn restored(&self, database: &str, wish: Value) -> Vec<String> {
        let mut request = json!({ "v": 1, "kind": "restore", "paths": [self.here], "database": "PayamGostar2" });
        for (name, value) in wish.as_object().expect("a wish") {
            request[name] = value.clone();
        }
        let (steps, end) = self.library.run(None, "chain", &request);
        end.expect("a plan");
        let names: Vec<String> = steps.iter().map(|step| name_of(&step["files"][0])).collect();
        let sources: Vec<Value> = names.iter().map(|name| json!({ "file": format!("{FOLDER}\\{name}") })).collect();
        let request = json!({ "v": 1, "database": database, "sources": sources, "data_directory": r"D:\Data", "log_directory": r"D:\Data" });
        fs::create_dir_all(self.sandbox.host_path(r"D:\Data").expect("a path")).expect("a folder");
        self.library.run(Some(&self.server), "restore", &request).1.expect("a restore");
        names
    }
}

fn name_of(file: &Value) -> String {
    let path = Path::new(file.as_str().expect("a file"));
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn what_is_kept_is_restored_by_the_server_row_for_row() {
    let library = Library::load();
    let lab = Lab::new(&library);
    let change = |number: u32| lab.ask(&format!("DELETE FROM PayamGostar2.dbo.Customers WHERE CustomerId = {number}"));
    lab.backup("full", "one.bak");
    change(1);
    let old = lab.backup("differential", "two.bak");
    let old_state = lab.customers("PayamGostar2");
    change(2);
    // Headers tell whole seconds: what is of one second counts as made together.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    lab.backup("full", "three.bak");
    change(3);
    lab.backup("differential", "four.bak");
    let new_state = lab.customers("PayamGostar2");
    assert_ne!(old_state, new_state);

    let request = json!({ "v": 1, "kind": "removal", "paths": [lab.here], "database": "PayamGostar2", "keep_last": 1 });
    let (rows, end) = library.run(None, "chain", &request);
    let end = end.expect("a plan");
    let gone: Vec<String> =
        rows.iter().filter(|row| row["verdict"] == "delete").map(|row| name_of(&row["file"])).collect();
    assert_eq!(gone, ["one.bak", "two.bak"], "{}", end["text"]);
    let apply = json!({ "v": 1, "kind": "apply", "plan": end["plan"] });
    assert_eq!(library.run(None, "prune", &apply).1.expect("an end")["changed"], 2);

    assert_eq!(lab.restored("Kept", json!({})), ["three.bak", "four.bak"]);
    assert_eq!(lab.customers("Kept"), new_state);

    let undo = json!({ "v": 1, "kind": "undo", "paths": [lab.here] });
    assert_eq!(library.run(None, "prune", &undo).1.expect("an end")["changed"], 2);
    let (sets, _) = library.run(None, "query", &json!({ "v": 1, "kind": "backup_sets", "files": [old] }));
    let wish = json!({ "backup_set_guid": sets[0]["BackupSetGUID"] });
    assert_eq!(lab.restored("Old", wish), ["one.bak", "two.bak"]);
    assert_eq!(lab.customers("Old"), old_state);
}
