//! PGBackup through its C ABI.

use serde_json::{Value, json};

use crate::library::{Library, Server};
use crate::{ARCHIVE, FOLDER, MANUAL, PASSWORD, USER, Way};

pub struct Abi<'l> {
    library: &'l Library,
    server: Server<'l>,
}

impl<'l> Abi<'l> {
    pub fn new(library: &'l Library, server: &str) -> Result<Abi<'l>, String> {
        let options = json!({ "v": 1, "server": server, "auth": "sql", "user": USER, "app_name": "PGBackup demo" });
        let server = library.server(&options, PASSWORD).map_err(|error| text(&error))?;
        Ok(Abi { library, server })
    }

    fn run(&self, kind: &str, request: &Value) -> Result<(Vec<Value>, Value), String> {
        println!("   pgb_{kind}_start {request}");
        let (rows, end) = self.library.run(Some(&self.server), kind, request);
        end.map(|end| (rows, end)).map_err(|error| text(&error))
    }

    fn backup(&self, request: &Value) -> Result<(), String> {
        let (_, result) = self.run("backup", request)?;
        println!(
            "   {} backup, set {} of {}: {} pages, {} bytes, {} MB/s, {}",
            word(&result["type"]),
            result["position"],
            word(&result["files"][0]),
            result["pages"],
            result["backup_size"],
            result["mb_per_sec"],
            word(&result["finished_at_persian"]),
        );
        if let Some(reason) = result["promoted"]["reason"].as_str() {
            println!("   (a full instead of a differential: {reason})");
        }
        Ok(())
    }
}

impl Way for Abi<'_> {
    fn name(&self) -> String {
        "the C ABI (no pwsh was found; set PWSH to use the cmdlets)".to_owned()
    }

    fn full(&self) -> Result<(), String> {
        self.backup(&json!({ "v": 1, "database": "PayamGostar2", "type": "full", "destination": FOLDER }))
    }

    fn differential(&self) -> Result<(), String> {
        self.backup(&json!({
            "v": 1, "database": "PayamGostar2", "type": "differential", "destination": FOLDER, "archive": true
        }))
    }

    fn manual(&self) -> Result<(), String> {
        self.backup(&json!({
            "v": 1, "database": "PayamGostar2", "type": "full", "backup_file": MANUAL, "copy_only": true
        }))
    }

    fn list(&self) -> Result<(), String> {
        let (rows, _) = self.run("query", &json!({ "v": 1, "kind": "backup_sets", "files": [ARCHIVE] }))?;
        println!("   Position  Backup Type   Backup Date                                 Backup Size");
        for row in rows {
            println!(
                "   {:>8}  {:<12}  {} / {}   {:>12}",
                row["Position"],
                word(&row["BackupTypeName"]),
                word(&row["BackupFinishDate"]),
                word(&row["BackupFinishDatePersian"]),
                row["BackupSize"]
            );
        }
        Ok(())
    }

    fn restore(&self, position: u16) -> Result<(), String> {
        let (_, result) = self.run(
            "restore",
            &json!({
                "v": 1, "database": "PayamGostar2", "sources": [{ "file": ARCHIVE }], "position": position, "replace": true
            }),
        )?;
        for step in result["steps"].as_array().into_iter().flatten() {
            println!("   restored set {} ({}): {}", step["position"], word(&step["type"]), word(&step["reason"]));
        }
        println!("   back to {} / {}", word(&result["restored_to"]), word(&result["restored_to_persian"]));
        Ok(())
    }

    fn check(&self, file: &str) -> Result<(), String> {
        let request = json!({ "v": 1, "sources": [{ "file": file }] });
        println!("   pgb_verify_start (no server) {request}");
        let (rows, end) = self.library.run(None, "verify", &request);
        end.map_err(|error| text(&error))?;
        for row in &rows {
            println!(
                "   set {}: {}, {} pages with a right checksum, {} findings",
                row["position"],
                word(&row["verdict"]),
                row["counts"]["pages_checksum_ok"],
                row["findings"].as_array().map_or(0, Vec::len)
            );
        }
        if rows.iter().all(|row| row["verdict"] == "sound") { Ok(()) } else { Err("the file is not sound".to_owned()) }
    }
}

/// JSON text without its quotes.
fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// An error of the library in one line and its hint.
fn text(error: &Value) -> String {
    format!("{}: {} ({})", word(&error["code"]), word(&error["message"]), word(&error["hint"]))
}
