//! A plan run each minute of a day, in minutes: what a scheduled process of many days must not lose is memory,
//! handles and threads.
//!
//! `cargo bench --bench day`, or `PGB_HOURS=72 cargo bench --bench day`. The plan is a CRM's: a full backup at night,
//! a differential each four hours, the log each quarter of an hour, a page, and removal of what no rule keeps. The
//! client runs in a process of its own, so that what is counted is the library's; the server's clock and the `now`
//! of each run go the same way.

#![allow(clippy::print_stdout)] // A program for people.

#[path = "../support/client.rs"]
mod client;
#[allow(unsafe_code, dead_code)] // A C ABI is called; not all of it is needed here.
#[path = "../support/library.rs"]
mod library;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use pgbackup_sandbox::Sandbox;
use pgbackup_sandbox::engine::{Clock, EngineOptions};
use serde_json::{Value, json};

use self::library::Library;

const USER: &str = "sa";
const PASSWORD: &str = "Bench!1";
/// The hour at which the plan's history becomes as long as it may: it is read in each run.
const FULL: i64 = 2;
/// The hour with which the last one is compared: until then caches fill.
const SETTLED: i64 = 4;

fn main() -> ExitCode {
    match std::env::var("PGB_BENCH_CLIENT") {
        Ok(server) => client_process(&server, Path::new(&std::env::var("PGB_BENCH_FOLDER").expect("a folder"))),
        Err(_) => server_process(),
    }
}

fn hours() -> i64 {
    std::env::var("PGB_HOURS").ok().map_or(24, |text| text.parse().expect("PGB_HOURS: a number of hours"))
}

/// Turns the clock and works in the database as the client says that time passes.
fn server_process() -> ExitCode {
    let root = tempfile::tempdir().expect("a folder");
    let ahead = Arc::new(AtomicI64::new(0));
    let turned = ahead.clone();
    let behind = hours() * 60;
    let clock = Clock::from_fn(move || Utc::now() + TimeDelta::minutes(turned.load(Ordering::Relaxed) - behind), 210);
    let sandbox = Sandbox::builder()
        .root(root.path())
        .login(USER, PASSWORD)
        .payamgostar(2_000)
        .engine_options(EngineOptions { clock, ..EngineOptions::default() })
        .start_blocking()
        .expect("a sandbox");
    let server = sandbox.server_instance();
    let ask = |sql: &str| client::ask(&server, USER, PASSWORD, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    ask("ALTER DATABASE PayamGostar2 SET RECOVERY FULL");
    ask("EXEC master.dbo.xp_create_subdir N'D:\\Backup'");
    ask("CREATE TABLE PayamGostar2.dbo.Work (Id int, Said nvarchar(100))");
    let folder = sandbox.host_path(r"D:\Backup").expect("a folder");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .env("PGB_BENCH_CLIENT", &server)
        .env("PGB_BENCH_FOLDER", &folder)
        // glibc keeps a heap for each of many threads, and in each what its largest work once took: what is resident
        // would tell of that more than of the library.
        .env("MALLOC_ARENA_MAX", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the client");
    let mut answers = child.stdin.take().expect("a pipe");
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("a line");
        let Some(minute) = line.strip_prefix("minute ") else {
            println!("{line}");
            continue;
        };
        let minute: i64 = minute.parse().expect("a number");
        ahead.store(minute, Ordering::Relaxed);
        rest(&folder);
        if minute % 5 == 0 {
            ask(&format!("INSERT INTO PayamGostar2.dbo.Work VALUES ({minute}, N'what is done in a day')"));
        }
        writeln!(answers).expect("the client hears");
    }
    if child.wait().expect("an end").success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Backup files that are minutes old on this machine are hours old in the day that is played: removal leaves alone what
/// may still be written.
fn rest(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_file()) {
        let file = std::fs::File::options().write(true).open(entry.path()).expect("a file");
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("a time");
    }
}

/// The history of a plan that ran for years: all files that are kept, each as large as it becomes (src/plan/journal.rs).
fn fill_history(plans: &Path) {
    let folder = plans.join("state/history");
    let text = std::fs::read_to_string(folder.join("Day.jsonl")).expect("a history");
    for number in 1..=5 {
        std::fs::write(folder.join(format!("Day.jsonl.{number}")), text.repeat((1 << 20) / text.len()))
            .expect("written");
    }
}

/// Bytes that were asked for and not given back.
#[allow(unsafe_code)]
fn heap_in_use() -> usize {
    // SAFETY: it only counts.
    let heap = unsafe { libc::mallinfo2() };
    heap.uordblks + heap.hblkhd
}

/// What a process holds.
#[derive(Clone, Copy)]
struct Held {
    heap: usize,
    resident_kib: i64,
    handles: usize,
    threads: usize,
}

impl Held {
    /// Threads that wait for blocking work leave after ten idle seconds.
    fn at_rest() -> Held {
        std::thread::sleep(Duration::from_secs(11));
        let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        let resident_kib = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
        Held { heap: heap_in_use(), resident_kib, handles: count("/proc/self/fd"), threads: count("/proc/self/task") }
    }
}

fn client_process(server: &str, folder: &Path) -> ExitCode {
    let library = Library::load();
    let options = json!({ "v": 1, "server": server, "user": USER, "trust_server_certificate": true });
    let handle = library.server(&options, PASSWORD).expect("a handle");
    let plans = tempfile::tempdir().expect("a folder");
    // It ends now: what removes judges by this machine's clock, whatever a run is told.
    let began = Utc::now() - TimeDelta::hours(hours());
    let plan = json!({
        "version": 1, "name": "Day", "created_at": text(began - TimeDelta::minutes(1)), "server": { "server": server },
        "database": "PayamGostar2", "destination": r"D:\Backup", "verify": true,
        "remove": { "path": folder, "grace_days": 0, "rules": { "keep_last": 2 } },
        "report": { "file": plans.path().join("report.html") },
        "schedule": { "zone": "Asia/Tehran", "lines": [
            { "type": "full", "when": { "kind": "every", "minutes": 720 } },
            { "type": "differential", "when": { "kind": "every", "minutes": 240 } },
            { "type": "log", "when": { "kind": "every", "minutes": 15 } },
        ] },
    });
    std::fs::write(plans.path().join("Day.json"), plan.to_string()).expect("written");

    let mut tally = BTreeMap::<String, u64>::new();
    let mut settled = None;
    let clock = Instant::now();
    for minute in 0..=hours() * 60 {
        println!("minute {minute}");
        std::io::stdin().lock().read_line(&mut String::new()).expect("an answer");
        let now = text(Utc::now() + TimeDelta::minutes(minute) - TimeDelta::hours(hours()));
        let request = json!({ "v": 1, "name": "Day", "folder": plans.path(), "now": now });
        let (_, end) = library.run(Some(&handle), "plan_run", &request);
        let end = end.unwrap_or_else(|error| panic!("minute {minute}: {error:#}"));
        count(&mut tally, &end);
        if end["outcome"] == "warnings" {
            println!("{end:#}");
        }
        if minute == FULL * 60 {
            fill_history(plans.path());
        }
        if minute == SETTLED * 60 {
            settled = Some(Held::at_rest());
        }
    }
    let last = Held::at_rest();
    let first = settled.unwrap_or(last);
    println!("{} hours in {:.0} s: {tally:?}", hours(), clock.elapsed().as_secs_f64());
    let files = std::fs::read_dir(folder).map_or(0, Iterator::count);
    println!("files in the folder at the end: {files}");
    let mut good = true;
    let mut row = |what: &str, value: i64, limit: i64| {
        good &= value <= limit;
        println!("{what:<46} {value:>8}  limit {limit:>6}  {}", if value <= limit { "ok" } else { "OVER" });
    };
    let more = |last: usize, first: usize| last as i64 - first as i64;
    let count = |what: &str| tally.get(what).map_or(0, |count| *count as i64);
    row("runs that failed", count("failed"), 0);
    row("fulls, one each twelve hours, that are missing", (hours() / 12 - count("full")).max(0), 0);
    row("KiB of heap more than after four hours", more(last.heap, first.heap) / 1024, 256);
    row("KiB resident at the end, all of the process", last.resident_kib, 32 * 1024);
    row("handles more than after four hours", more(last.handles, first.handles), 0);
    row("threads more than then", more(last.threads, first.threads), 0);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What a run did, in words of its result.
fn count(tally: &mut BTreeMap<String, u64>, end: &Value) {
    let mut add = |what: &str, by: u64| *tally.entry(what.to_owned()).or_default() += by;
    add(end["outcome"].as_str().unwrap_or("no outcome"), 1);
    for made in end["made"].as_array().into_iter().flatten() {
        add(made["backup"]["type"].as_str().unwrap_or("no type"), 1);
    }
    for step in end["steps"].as_array().into_iter().flatten() {
        add(&format!("step {}", step["step"].as_str().unwrap_or("?")), 1);
    }
}
