//! Every statement that the library sends passes Microsoft's own parser as exactly one statement,
//! with names and paths intact.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::skip::skip;
use crate::world::World;

fn checker() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/dotnet/tsql-check");
    (cfg!(unix) && shared.is_file()).then_some(shared)
}

/// What Microsoft's parser says of each statement; nothing where the parser is absent.
pub fn check(statements: &[String]) -> Vec<Value> {
    let Some(checker) = checker().filter(|_| !statements.is_empty()) else { return Vec::new() };
    let mut child =
        Command::new("bash").arg(checker).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the parser");
    let mut input = child.stdin.take().expect("stdin");
    let text = json!(statements).to_string();
    // It answers while it reads: written from a thread of its own, so that neither waits for the other.
    let writing = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("an answer");
    writing.join().expect("a thread").expect("written");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answers.len(), statements.len());
    for (statement, answer) in statements.iter().zip(&answers) {
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(0), "{statement}\n{answer:#}");
        assert_eq!(answer["statements"].as_array().map(Vec::len), Some(1), "{statement}\n{answer:#}");
    }
    answers
}

#[test]
fn each_statement_is_one_statement() {
    if checker().is_none() {
        return skip("tsql", "../shared/dotnet/tsql-check is not here");
    }
    let world = World::sandbox(|builder| builder);
    let (name, file) = ("a]b'; DROP DATABASE x--", r"D:\Backup\it's ]پ.bak");
    world.database(name, 50);
    world.only_sandbox().clear_statements();
    let first = json!({ "v": 1, "database": name, "type": "differential", "backup_file": file, "archive": true,
        "name": "n'", "description": "d'", "verify": true });
    world.done("backup", first.clone());
    world.done("backup", first);
    world.done("backup", json!({ "v": 1, "database": name, "type": "log", "destination": r"D:\New folder's" }));
    let mut striped = world.full(name);
    striped["stripes"] = json!(2);
    world.done("backup", striped);
    for request in [
        json!({ "v": 1, "kind": "backup_sets", "files": [file] }),
        json!({ "v": 1, "kind": "label", "files": [file] }),
        json!({ "v": 1, "kind": "file_list", "file": file }),
        json!({ "v": 1, "kind": "databases" }),
        json!({ "v": 1, "kind": "databases", "names": [name] }),
        json!({ "v": 1, "kind": "history", "names": [name], "types": ["full"], "last": 3, "after": "2001-01-01T00:00:00" }),
    ] {
        world.done("query", request);
    }
    world.done("verify", json!({ "v": 1, "sources": [{ "file": file }] }));
    world.done(
        "restore",
        json!({ "v": 1, "database": "copy]'", "sources": [{ "file": file }], "position": 2,
        "recovery": "norecovery" }),
    );
    world.done("restore", json!({ "v": 1, "database": "copy]'" }));
    let statements = world.statements();
    assert!(statements.len() > 30, "{}", statements.len());
    let (mut names, mut paths) = (0, 0);
    for answer in check(&statements) {
        let text = answer.to_string();
        names += usize::from(text.contains(&json!(name).to_string()));
        paths += usize::from(text.contains(&json!(file).to_string()));
    }
    assert!(names >= 4 && paths >= 6, "{names} {paths}");
}
