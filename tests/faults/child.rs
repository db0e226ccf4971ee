//! The client: one restore or repair in a process of its own.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use serde_json::{Value, json};

use crate::library::Library;

const TASK: &str = "PGB_FAULTS_TASK";

/// The login of the client; told apart from whoever fills and looks.
pub const USER: &str = "sa";
pub const PASSWORD: &str = "Sandbox!1";

pub fn is_one() -> bool {
    std::env::var_os(TASK).is_some()
}

/// Starts a client that finds programs in `folder` first; a line on its standard input cancels what it does.
pub fn start(instance: &str, folder: &Path, kind: &str, request: &Value) -> Child {
    let path = std::env::var("PATH").unwrap_or_default();
    let task = json!({ "instance": instance, "kind": kind, "request": request });
    Command::new(std::env::current_exe().expect("this program"))
        .env(TASK, task.to_string())
        .env("PATH", format!("{}:{path}", folder.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a client")
}

/// Waits for the end of a client; what it printed.
pub fn end(client: Child) -> Value {
    let output = client.wait_with_output().expect("an end");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Does the task, and prints what it ended with as `{"ok": ...}` or `{"error": ...}`.
pub fn run() -> ExitCode {
    let task: Value = serde_json::from_str(&std::env::var(TASK).expect("a task")).expect("JSON");
    let library = Library::load();
    let options = json!({ "v": 1, "server": task["instance"], "user": USER, "trust_server_certificate": true });
    let server = library.server(&options, PASSWORD).expect("a server handle");
    let job = library.start(Some(&server), task["kind"].as_str().expect("a kind"), &task["request"]);
    let end = match job {
        Ok(job) => {
            let (sender, cancelled) = std::sync::mpsc::channel();
            // It ends with the process: nobody waits for a line that never comes.
            std::thread::spawn(move || {
                let mut line = String::new();
                if std::io::stdin().lock().read_line(&mut line).is_ok_and(|read| read > 0) {
                    sender.send(()).ok();
                }
            });
            while job.wait(10) == 0 {
                if cancelled.try_recv().is_ok() {
                    job.cancel();
                }
            }
            match job.end() {
                Ok(value) => json!({ "ok": value }),
                Err(error) => json!({ "error": error }),
            }
        }
        Err(error) => json!({ "error": error }),
    };
    writeln!(std::io::stdout(), "{end}").expect("a reader");
    ExitCode::SUCCESS
}
