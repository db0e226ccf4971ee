//! Removals through the server in a process that is killed at each of their statements. There is no
//! journal and no undo there: so nothing that is needed may ever be touched, whole chains are left
//! at each step, what is left by half is told, and the next run finishes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pgbackup_sandbox::Fate;
use serde_json::{Value, json};

use crate::library::Library;
use crate::world::{USER, World, unique};

/// The environment variable that makes this program the one that is killed.
const KILLED: &str = "PGB_KILLED_REMOVAL";

/// The name of the test below, for the program that is killed.
const NAME: &str = "removal_killed::a_removal_through_the_server_that_is_killed_at_any_statement_loses_nothing";

/// The server's files, by the names they have on it, with their bytes.
type Files = BTreeMap<String, Vec<u8>>;

fn here(world: &World, file: &str) -> PathBuf {
    world.only_sandbox().host_path(file).expect("a path")
}

/// A chain that is needed and two that are not, with stripes, an archive of two sets, and logs.
fn backups(world: &World, clock: &crate::world::ServerClock) -> Files {
    let name = unique("killed");
    world.database(&name, 20);
    world.sql(&format!("ALTER DATABASE [{name}] SET RECOVERY FULL"));
    let mut files = Files::new();
    let mut row = 100;
    for chain in 1..=3 {
        for (step, kind) in ["full", "log", "differential", "log"].into_iter().enumerate() {
            clock.advance(Duration::from_secs(60));
            row += 1;
            world.insert(&name, row, 1);
            let mut request = json!({ "v": 1, "database": name, "type": kind });
            match (chain, step) {
                // The differential of the second chain lies in one file with its full.
                (2, 0 | 2) => {
                    request["backup_file"] = json!(world.path("archive.bak"));
                    request["archive"] = json!(true);
                }
                (_, 0) => {
                    request["destination"] = json!(world.folder);
                    request["stripes"] = json!(3);
                }
                _ => request["destination"] = json!(world.folder),
            }
            for file in world.done("backup", request)["files"].as_array().expect("files") {
                let file = file.as_str().expect("a file").to_owned();
                files.insert(file, Vec::new());
            }
        }
    }
    for (file, bytes) in &mut files {
        *bytes = std::fs::read(here(world, file)).expect("a backup");
    }
    files
}

fn put_back(world: &World, files: &Files) {
    for (file, bytes) in files {
        std::fs::write(here(world, file), bytes).expect("a backup");
    }
}

fn there(world: &World, files: &Files) -> BTreeSet<String> {
    files.keys().filter(|file| here(world, file).exists()).cloned().collect()
}

fn plan(world: &World) -> (Vec<Value>, Value) {
    let request = json!({ "v": 1, "kind": "removal", "paths": [world.folder], "keep_last": 1 });
    let (rows, end) = world.run("chain", request);
    (rows, end.expect("a plan"))
}

fn order(world: &World, planned: &Value) -> Value {
    let request = json!({ "v": 1, "kind": "apply", "plan": planned["plan"], "force": true });
    json!({ "options": world.options(), "password": world.password, "request": request })
}

/// This program once more, to be killed.
fn start(order: &Value) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", NAME, "--quiet"])
        .env(KILLED, order.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program once more")
}

/// What the process that is killed does.
fn apply(order: &Value) {
    let library = Library::load();
    let server = library.server(&order["options"], order["password"].as_str().expect("a text")).expect("a server");
    library.run(Some(&server), "prune", &order["request"]).1.expect("a removal");
}

/// Ends a process without a chance to say anything, and waits until it is gone.
fn kill(id: u32) {
    Command::new("kill").args(["-KILL", &id.to_string()]).status().expect("kill");
    let is_gone = || match std::fs::read_to_string(format!("/proc/{id}/stat")) {
        Ok(text) => text.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => true,
    };
    while !is_gone() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Applies the plan in a process of its own, and kills that at its statement of this number: the
/// statement still runs, or it never reached the server. The statement, and whether the process was killed.
fn killed_at(world: &World, order: &Value, number: usize, runs: bool) -> (String, bool) {
    let sandbox = world.only_sandbox();
    let (seen, id) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU32::new(0)));
    let struck = Arc::new(std::sync::Mutex::new(String::new()));
    let (count, victim, text) = (seen.clone(), id.clone(), struck.clone());
    sandbox.on_statement(move |statement| {
        if statement.login != USER || count.fetch_add(1, Ordering::AcqRel) != number {
            return Fate::Run;
        }
        *text.lock().expect("no panic") = statement.text.clone();
        while victim.load(Ordering::Acquire) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        kill(victim.load(Ordering::Acquire));
        if runs { Fate::Run } else { Fate::Lost }
    });
    let mut child = start(order);
    id.store(child.id(), Ordering::Release);
    let ended = child.wait().expect("its end");
    sandbox.let_go();
    // What the server still runs for a client that is gone comes to its end.
    let until = Instant::now() + Duration::from_secs(20);
    while !sandbox.sessions().is_empty() {
        assert!(Instant::now() < until, "the server still works for a client that is gone");
        std::thread::sleep(Duration::from_millis(2));
    }
    let struck = struck.lock().expect("no panic").clone();
    assert_eq!(struck.is_empty(), ended.success(), "it was killed, or it ended well: {struck}");
    (struck, !ended.success())
}

/// The sets of the files that are left can be restored; those that cannot are told, with what is missing,
/// and are of a set of which the plan let every file go.
fn assert_chains_are_whole_or_told(world: &World, gone: &BTreeSet<String>, told: &str) {
    let folder = here(world, &world.folder);
    let request = json!({ "v": 1, "kind": "chains", "paths": [folder] });
    let (rows, end) = world.library.run(None, "chain", &request);
    end.expect("an answer");
    for row in rows.iter().filter(|row| row["severity"] == "error") {
        let file = row["file"].as_str().unwrap_or_default();
        let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
        let was_to_go = gone.iter().any(|gone| gone.ends_with(name));
        assert!(row["code"] == "missing_stripes" && was_to_go, "{told}: {row:#}");
    }
}

#[test]
fn a_removal_through_the_server_that_is_killed_at_any_statement_loses_nothing() {
    if let Ok(text) = std::env::var(KILLED) {
        return apply(&serde_json::from_str(&text).expect("JSON"));
    }
    let (world, clock) = World::with_clock(Duration::from_secs(3600));
    let files = backups(&world, &clock);
    let (rows, planned) = plan(&world);
    let name = |row: &Value| row["file"].as_str().expect("a file").to_owned();
    let gone: BTreeSet<String> = rows.iter().filter(|row| row["verdict"] == "delete").map(name).collect();
    let kept: BTreeSet<String> = files.keys().filter(|file| !gone.contains(*file)).cloned().collect();
    // Three stripes and three files of the first chain; of the second the archive with its two logs.
    assert_eq!((gone.len(), kept.len()), (9, 6), "{}", planned["text"]);
    let order = order(&world, &planned);

    let (mut by_half, mut between, mut number) = (0, 0, 0);
    'statements: loop {
        for runs in [true, false] {
            put_back(&world, &files);
            let (struck, killed) = killed_at(&world, &order, number, runs);
            if !killed {
                break 'statements;
            }
            let told =
                format!("killed at statement {number}, which {}: {struck}", if runs { "ran" } else { "did not" });
            let left = there(&world, &files);
            assert!(left.is_superset(&kept), "{told}: {:?}", kept.difference(&left).collect::<Vec<_>>());
            for file in &left {
                assert!(std::fs::read(here(&world, file)).expect("a backup") == files[file], "{told}: {file}");
            }
            assert_chains_are_whole_or_told(&world, &gone, &told);
            by_half += usize::from(kept.len() < left.len() && left.len() < files.len());
            between += usize::from(struck.contains("xp_delete_file"));

            // The next run takes the rest, and nothing else.
            let (_, next) = plan(&world);
            assert_eq!(next["delete"].as_u64(), Some((left.len() - kept.len()) as u64), "{told}: {}", next["text"]);
            let request = json!({ "v": 1, "kind": "apply", "plan": next["plan"], "force": true });
            let (steps, end) = world.run("prune", request);
            let changed = end.unwrap_or_else(|error| panic!("{told}: {error:#}"))["changed"].clone();
            assert_eq!(changed.as_u64(), Some((left.len() - kept.len()) as u64), "{told}: {steps:#?}");
            assert_eq!(there(&world, &files), kept, "{told}");
            // A statement that only looks is as good as none.
            if !struck.contains("xp_delete_file") {
                break;
            }
        }
        number += 1;
    }
    assert_eq!(between, 2 * gone.len(), "each deletion is met, ran and not: {between}");
    assert!(by_half > gone.len(), "removals by half must be common: {by_half}");
}
