//! Lists that are long, as ratios of one run: the sets of an archive of a thousand, and a history of ten
//! thousand rows in pages; and how often progress moves.
//!
//! `cargo bench --bench listing`. The client runs in a process of its own, so that its memory is the
//! library's.

#![allow(clippy::print_stdout)] // A program for people.

#[path = "../support/client.rs"]
mod client;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not all of it is needed here.
#[path = "../support/library.rs"]
mod library;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use pgbackup_sandbox::Sandbox;
use serde_json::json;

use self::library::{Library, Server};

const USER: &str = "sa";
const PASSWORD: &str = "Bench!1";
const ARCHIVE: &str = r"D:\Bench\archive.bak";
const SETS: usize = 1000;
const ROWS: usize = 10_000;
/// Each is measured so often, and the quickest counts.
const RUNS: usize = 15;

fn main() -> ExitCode {
    if let Ok(server) = std::env::var("PGB_BENCH_CLIENT") {
        return client_process(&server);
    }
    let root = tempfile::tempdir().expect("a folder");
    let sandbox = Sandbox::builder()
        .root(root.path())
        .login(USER, PASSWORD)
        .payamgostar(5_000)
        .start_blocking()
        .expect("a sandbox");
    let server = sandbox.server_instance();
    let ask = |sql: &str| {
        let began = Instant::now();
        let rows = client::ask(&server, USER, PASSWORD, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        (began.elapsed(), rows)
    };
    ask("EXEC master.dbo.xp_create_subdir N'D:\\Bench'");
    ask("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Bench\\base.bak'");
    let log = format!("BACKUP LOG PayamGostar2 TO DISK = N'{ARCHIVE}' WITH COPY_ONLY;");
    for _ in 0..SETS / 50 {
        ask(&log.repeat(50));
    }
    // The history grows by itself: each doubling repeats what is there.
    let count = |sql: &str| ask(sql).1.first().and_then(|row| row.get::<i64, _>(0)).unwrap_or_default();
    let (_, first) = ask("SELECT TOP (1) * FROM msdb.dbo.backupset");
    let names: Vec<&str> = first.iter().flat_map(tiberius::Row::columns).map(tiberius::Column::name).collect();
    // The server numbers the rows by itself.
    let names = names.into_iter().filter(|name| *name != "backup_set_id").collect::<Vec<_>>().join(", ");
    while count("SELECT COUNT_BIG(*) FROM msdb.dbo.backupset") < i64::try_from(ROWS).unwrap_or(i64::MAX) {
        ask(&format!("INSERT INTO msdb.dbo.backupset ({names}) SELECT {names} FROM msdb.dbo.backupset"));
    }
    let extents = count(
        "SELECT SUM(CONVERT(bigint, allocated_extent_page_count)) / 8 FROM PayamGostar2.sys.dm_db_file_space_usage",
    );
    let pace = Duration::from_secs(5) / u32::try_from(extents.max(1)).unwrap_or(10);
    sandbox.engine().faults().pause_per_extent(pace);

    let output = Command::new(std::env::current_exe().expect("this program"))
        .env("PGB_BENCH_CLIENT", &server)
        .output()
        .expect("the client");
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {output:?}"));
        line[name.len()..].trim().parse().expect("a number")
    };
    let mut good = true;
    let mut row = |what: &str, value: f64, limit: f64, unit: &str| {
        let held = value <= limit;
        good &= held;
        println!("{what:<46} {value:>10.2} {unit:<3} limit {limit:>8.2}  {}", if held { "ok" } else { "OVER" });
    };
    println!("archive of {SETS} sets: {:.1} ms for the bare HEADERONLY", number("bare_ms"));
    row("archive of 1,000 sets, ours / bare", number("sets_ms") / number("bare_ms"), 1.2, "x");
    println!("{:.0} history rows in {:.0} ms", number("rows "), number("history_ms"));
    row("memory of 10,000 history rows over 300", number("history_kib") / 1024.0, 2.0, "MiB");
    row("longest time without progress", number("still_ms"), 1000.0, "ms");
    row("most progress in a second", number("moves "), 10.0, "");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lists and backs up through the library and prints what it took.
fn client_process(server: &str) -> ExitCode {
    let library = Library::load();
    let options = json!({ "v": 1, "server": server, "user": USER, "trust_server_certificate": true });
    let handle = library.server(&options, PASSWORD).expect("a handle");
    // One after the other, so that both meet the same server and the same machine.
    let (mut bare, mut best) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        let began = Instant::now();
        let sql = format!("RESTORE HEADERONLY FROM DISK = N'{ARCHIVE}'");
        let rows = client::ask(server, USER, PASSWORD, &sql).expect("the sets");
        bare = bare.min(began.elapsed());
        assert_eq!(rows.len(), SETS);
        let began = Instant::now();
        let request = json!({ "v": 1, "kind": "backup_sets", "files": [ARCHIVE] });
        let job = library.start(Some(&handle), "query", &request).expect("a job");
        // As with the bare rows, what the caller makes of them is not the listing's.
        let pages = job.page_texts();
        job.end().expect("an end");
        best = best.min(began.elapsed());
        let count = |page: &String| {
            let page: serde_json::Value = serde_json::from_str(page).expect("JSON");
            page["items"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(pages.iter().map(count).sum::<usize>(), SETS);
    }
    println!("bare_ms {}", bare.as_secs_f64() * 1000.0);
    println!("sets_ms {}", best.as_secs_f64() * 1000.0);
    history(&library, &handle, Some(300));
    let before = resident_kib();
    let began = Instant::now();
    println!("rows {}", history(&library, &handle, None));
    println!("history_ms {}", began.elapsed().as_secs_f64() * 1000.0);
    println!("history_kib {}", resident_kib().saturating_sub(before));
    progress(&library, &handle);
    ExitCode::SUCCESS
}

/// Reads the history page by page and keeps none of it; how many rows there were.
fn history(library: &Library, handle: &Server<'_>, last: Option<u32>) -> usize {
    let job = library.start(Some(handle), "query", &json!({ "v": 1, "kind": "history", "last": last })).expect("a job");
    let mut count = 0;
    job.each_page(|rows| count += rows.len());
    job.end().expect("an end");
    count
}

/// Watches a backup as closely as one can.
fn progress(library: &Library, handle: &Server<'_>) {
    let request = json!({ "v": 1, "database": "PayamGostar2", "type": "full", "backup_file": r"D:\Bench\watched.bak" });
    let job = library.start(Some(handle), "backup", &request).expect("a job");
    let mut moves: Vec<Instant> = Vec::new();
    let mut seen = serde_json::Value::Null;
    while job.wait(5) == 0 {
        let status = job.status(0);
        if status["phase"] == "backing_up" && (moves.is_empty() || status["percent"] != seen) {
            seen = status["percent"].clone();
            moves.push(Instant::now());
        }
    }
    job.end().expect("a backup");
    let still = moves.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
    println!("still_ms {}", still.as_secs_f64() * 1000.0);
    let second = Duration::from_secs(1);
    let most = moves.iter().map(|from| moves.iter().filter(|at| **at >= *from && **at - *from < second).count()).max();
    println!("moves {}", most.unwrap_or_default());
}

/// The most memory that this process had so far.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
