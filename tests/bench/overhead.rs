//! What PGBackup costs over the bare statements, on the same sandbox, as ratios of one run.
//!
//! `cargo bench --bench overhead`. The client runs in a process of its own, so that its memory is the
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

use self::library::Library;

const USER: &str = "sa";
const PASSWORD: &str = "Bench!1";
const DATABASE: &str = "PayamGostar2";

/// Restores of each kind: the fastest one counts, as what else the machine does is not the library's.
const ROUNDS: usize = 15;

fn main() -> ExitCode {
    if let Ok(server) = std::env::var("PGB_BENCH_CLIENT") {
        return match std::env::var_os("PGB_BENCH_TRANSACTION") {
            Some(_) => transactions(&server),
            None => client_process(&server),
        };
    }
    let root = tempfile::tempdir().expect("a folder");
    let sandbox = Sandbox::builder()
        .root(root.path())
        .login(USER, PASSWORD)
        .payamgostar(20_000)
        .start_blocking()
        .expect("a sandbox");
    let server = sandbox.server_instance();
    let bare = |sql: &str| {
        let began = Instant::now();
        client::ask(&server, USER, PASSWORD, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        began.elapsed()
    };

    bare("EXEC master.dbo.xp_create_subdir N'D:\\Bench'");
    // How many extents there are: the pace that makes a backup last about five seconds.
    let quick = bare(&format!("BACKUP DATABASE [{DATABASE}] TO DISK = N'D:\\Bench\\quick.bak' WITH CHECKSUM"));
    let extents = client::ask(
        &server,
        USER,
        PASSWORD,
        &format!(
            "SELECT SUM(CONVERT(bigint, allocated_extent_page_count)) / 8 FROM {DATABASE}.sys.dm_db_file_space_usage"
        ),
    )
    .ok()
    .and_then(|rows| rows.first().and_then(|row| row.get::<i64, _>(0)))
    .unwrap_or(100);
    let pace = Duration::from_secs(5) / u32::try_from(extents.max(1)).unwrap_or(100);
    sandbox.engine().faults().pause_per_extent(pace);
    let backup =
        bare(&format!("BACKUP DATABASE [{DATABASE}] TO DISK = N'D:\\Bench\\bare.bak' WITH CHECKSUM, STATS = 1"));
    let restore = bare(
        "RESTORE DATABASE [Bare] FROM DISK = N'D:\\Bench\\bare.bak' WITH FILE = 1, CHECKSUM, \
         MOVE N'PayamGostar2' TO N'D:\\Bench\\bare.mdf', MOVE N'PayamGostar2_log' TO N'D:\\Bench\\bare.ldf', STATS = 1",
    );
    println!(
        "bare: {} ms unpaced; {} ms backup, {} ms restore at {extents} extents",
        quick.as_millis(),
        backup.as_millis(),
        restore.as_millis()
    );

    let client = || {
        let mut client = Command::new(std::env::current_exe().expect("this program"));
        client.env("PGB_BENCH_CLIENT", &server);
        client
    };
    let output = client().output().expect("the client");
    sandbox.engine().faults().pause_per_extent(Duration::ZERO);
    let [bare_restore, bare_copy, bare_tail] = bare_transaction(&bare);
    let transactions = client().env("PGB_BENCH_TRANSACTION", "1").output().expect("the client");
    let text = [output.stdout, transactions.stdout].concat();
    let text = String::from_utf8_lossy(&text);
    let number = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {text}"));
        line[name.len()..].trim().parse().expect("a number")
    };
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let mut good = true;
    let mut row = |what: &str, value: f64, limit: f64, unit: &str| {
        let held = value <= limit;
        good &= held;
        println!("{what:<46} {value:>10.2} {unit:<3} limit {limit:>8.2}  {}", if held { "ok" } else { "OVER" });
    };
    row("backup of 5 s, ours / bare", number("backup_ms") / millis(backup), 1.1, "x");
    row("backup of 5 s, ours - bare", number("backup_ms") - millis(backup), 150.0, "ms");
    row("restore of 5 s, ours / bare", number("restore_ms") / millis(restore), 1.1, "x");
    let (restore, copy, tail) = (millis(bare_restore), millis(bare_copy), millis(bare_tail));
    println!(
        "bare: {restore:.0} ms RESTORE over the database; {copy:.0} ms copy, {tail:.0} ms tail, each with VERIFYONLY"
    );
    row("transaction without a copy, ours - bare", number("over_none_ms") - restore - tail, 300.0, "ms");
    row("transaction with a copy, ours - bare", number("over_file_ms") - restore - copy - tail, 300.0, "ms");
    row("transaction that swaps names, ours - bare", number("over_rename_ms") - restore, 300.0, "ms");
    row("first progress", number("first_progress_ms"), 500.0, "ms");
    row("library memory over a backup", number("memory_kib") / 1024.0, 32.0, "MiB");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

/// What a restore over the database takes by statements alone, and its safety copy and tail.
fn bare_transaction(bare: &dyn Fn(&str) -> Duration) -> [Duration; 3] {
    // The same start for all: the database has a full backup, and so a log chain.
    bare(&format!("BACKUP DATABASE [{DATABASE}] TO DISK = N'D:\\Bench\\over.bak' WITH CHECKSUM"));
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (place, what, end) in [(1, "DATABASE", "bak"), (2, "LOG", "trn")] {
            let file = format!("DISK = N'D:\\Bench\\copy{round}.{end}'");
            let made = bare(&format!("BACKUP {what} [{DATABASE}] TO {file} WITH COPY_ONLY, CHECKSUM"));
            times[place].push(made + bare(&format!("RESTORE VERIFYONLY FROM {file} WITH CHECKSUM")));
        }
        times[0].push(bare(&format!(
            "RESTORE DATABASE [{DATABASE}] FROM DISK = N'D:\\Bench\\over.bak' WITH REPLACE, CHECKSUM, STATS = 1"
        )));
    }
    times.map(fastest)
}

/// Restores over the database as a transaction, and prints what it took.
fn transactions(server: &str) -> ExitCode {
    let library = Library::load();
    let handle = library
        .server(&json!({ "v": 1, "server": server, "user": USER, "trust_server_certificate": true }), PASSWORD)
        .expect("a handle");
    let journals = tempfile::tempdir().expect("a folder");
    for safety in ["none", "file", "rename"] {
        let times = (0..ROUNDS).map(|_| {
            let request = json!({ "v": 1, "database": DATABASE, "replace": true, "safety_copy": safety,
                "safety_directory": r"D:\Bench", "journal_directory": journals.path(),
                "sources": [{ "file": r"D:\Bench\over.bak" }] });
            let began = Instant::now();
            library.run(Some(&handle), "restore", &request).1.unwrap_or_else(|error| panic!("{error:#}"));
            began.elapsed()
        });
        println!("over_{safety}_ms {}", fastest(times.collect()).as_secs_f64() * 1000.0);
    }
    ExitCode::SUCCESS
}

/// Backs up and restores through the library and prints what it took.
fn client_process(server: &str) -> ExitCode {
    let before = resident_kib();
    let library = Library::load();
    let handle = library
        .server(&json!({ "v": 1, "server": server, "user": USER, "trust_server_certificate": true }), PASSWORD)
        .expect("a handle");
    let began = Instant::now();
    let request = json!({ "v": 1, "database": DATABASE, "type": "full", "backup_file": r"D:\Bench\ours.bak" });
    let job = library.start(Some(&handle), "backup", &request).expect("a job");
    let mut first = None;
    while job.wait(20) == 0 {
        let status = job.status(0);
        if first.is_none() && status["percent"].as_f64().is_some_and(|percent| percent > 0.0) {
            first = Some(began.elapsed());
        }
    }
    job.end().expect("a backup");
    println!("backup_ms {}", began.elapsed().as_secs_f64() * 1000.0);
    println!("first_progress_ms {}", first.unwrap_or_default().as_secs_f64() * 1000.0);
    let began = Instant::now();
    let request = json!({ "v": 1, "database": "Ours", "sources": [{ "file": r"D:\Bench\ours.bak" }] });
    library.run(Some(&handle), "restore", &request).1.expect("a restore");
    println!("restore_ms {}", began.elapsed().as_secs_f64() * 1000.0);
    println!("memory_kib {}", resident_kib().saturating_sub(before));
    ExitCode::SUCCESS
}

/// The most memory that this process had so far.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
