//! How long schedules, due checks and an idle run take: `cargo bench --bench plans`. Fails beyond the
//! limits. The idle run needs a `pwsh`: the one that `PWSH` names, or the one in PATH; it is of the module as
//! it is published, which is built for it.

#![allow(clippy::print_stdout)] // A program for people.

#[path = "../support/built.rs"]
mod built;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};
use pgbackup::policy::schedule::{
    BackupDone, CalendarSystem, CatchUp, CronPattern, Every, History, Line, MonthDay, Nth, Pattern, PlanSchedule,
    RunKind, Schedule, due,
};
use pgbackup::policy::zone::Zone;

fn main() -> ExitCode {
    let mut holds = true;
    let (name, slowest) = patterns()
        .into_iter()
        .map(|(name, pattern)| (name, next_times(pattern)))
        .max_by(|one, two| one.1.total_cmp(&two.1))
        .expect("patterns");
    holds &= within(&format!("the next 10,000 times of a schedule, ms (slowest: {name})"), slowest * 1e3, 10.0);
    holds &= within("due check of 1,000 plans over 100,000 sets, s", due_checks(), 1.0);
    match pwsh() {
        Some(pwsh) => {
            let (empty, idle) = idle_run(&pwsh);
            for (what, cost) in [("an empty pwsh", &empty), ("with an idle run", &idle)] {
                println!("{what}: {:.0} ms, on processors {:.0} ms", cost.passed * 1e3, cost.worked * 1e3);
            }
            // It waits for nothing, so on a machine that has nothing else to do no more time passes than is worked;
            // on a busy one only the work tells.
            let over = (idle.passed - empty.passed).min(idle.worked - empty.worked);
            holds &= within("an idle Invoke-PGBackupPlan over an empty pwsh, ms", over * 1e3, 300.0);
        }
        None => println!("an idle Invoke-PGBackupPlan: not measured, there is no pwsh; name it in PWSH"),
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn within(what: &str, is: f64, limit: f64) -> bool {
    println!("{what}: {is:.3} of {limit} ({:.2})", is / limit);
    is <= limit
}

/// The median of five runs, in seconds.
fn median(run: impl Fn()) -> f64 {
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[2]
}

/// What a program costs, in seconds: medians of nine runs.
struct Cost {
    passed: f64,
    worked: f64,
}

fn cost(run: impl Fn()) -> Cost {
    let mut runs: Vec<(f64, f64)> = (0..9)
        .map(|_| {
            let (began, before) = (Instant::now(), worked_for_us());
            run();
            let passed = began.elapsed().as_secs_f64();
            (passed, before.zip(worked_for_us()).map_or(passed, |(before, after)| after - before))
        })
        .collect();
    runs.sort_by(|one, two| one.0.total_cmp(&two.0));
    let passed = runs[4].0;
    runs.sort_by(|one, two| one.1.total_cmp(&two.1));
    Cost { passed, worked: runs[4].1 }
}

/// The time on processors of all programs that this one started and that have ended, where the system tells
/// it (Linux, in hundredths of a second: proc(5), cutime and cstime).
fn worked_for_us() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / 100.0)
}

fn at(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a time")
}

/// One of each kind, the rarest that people write among them.
fn patterns() -> Vec<(&'static str, Pattern)> {
    let cron = |text| Pattern::Cron(CronPattern::parse(text).expect("a cron expression"));
    let monthly = |calendar, days| Pattern::Monthly { calendar, days, times: vec![at(23, 0)] };
    vec![
        ("every minute", Pattern::Every(Every::minutes(1))),
        ("every 4 hours", Pattern::Every(Every::hours(4))),
        ("daily", Pattern::Daily { times: vec![at(2, 30)] }),
        ("weekly", Pattern::Weekly { days: vec![Weekday::Sat], times: vec![at(2, 30)] }),
        ("monthly", monthly(CalendarSystem::Gregorian, vec![MonthDay::Last])),
        ("Persian monthly", monthly(CalendarSystem::Persian, vec![MonthDay::Last])),
        ("last Friday", monthly(CalendarSystem::Persian, vec![MonthDay::Weekday(Nth::Last, Weekday::Fri)])),
        ("cron, minutes", cron("*/5 * * * *")),
        ("cron, Saturdays", cron("30 2 * * SAT")),
        ("cron, a month", cron("0 4 1 1 *")),
    ]
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a moment")
}

fn next_times(pattern: Pattern) -> f64 {
    let tehran: Zone = "Asia/Tehran".parse().expect("a zone");
    let schedule = Schedule::new(pattern, tehran).expect("a schedule");
    median(|| assert!(schedule.after(start()).take(10_000).count() > 0))
}

/// A full a week, differentials each four hours, and a hundred sets a plan.
fn due_checks() -> f64 {
    let tehran: Zone = "Asia/Tehran".parse().expect("a zone");
    let line = |kind, pattern| Line { kind, schedule: Schedule::new(pattern, tehran).expect("a schedule") };
    let plan = PlanSchedule::Lines(vec![
        line(RunKind::Full, Pattern::Weekly { days: vec![Weekday::Sat], times: vec![at(2, 30)] }),
        line(RunKind::Differential, Pattern::Every(Every::hours(4))),
    ]);
    let histories: Vec<Vec<BackupDone>> = (0..1_000)
        .map(|plan| {
            let made = |set: i64| start() - TimeDelta::hours(4 * set) - TimeDelta::minutes(plan % 240);
            let kind = |set: i64| if set % 42 == 0 { RunKind::Full } else { RunKind::Differential };
            (0..100).map(|set| BackupDone { kind: kind(set), started: made(set) }).collect()
        })
        .collect();
    median(|| {
        let since = start() - TimeDelta::days(30);
        let looks = histories.iter().map(|done| {
            let history = History { since, done, failures: &[] };
            due(&plan, &history, &CatchUp::default(), start()).runs.len()
        });
        assert!(looks.sum::<usize>() > 0);
    })
}

fn pwsh() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PWSH") {
        return Some(PathBuf::from(named));
    }
    let name = if cfg!(windows) { "pwsh.exe" } else { "pwsh" };
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// An empty start of PowerShell, and one that asks a plan that is not due. Its server does not exist:
/// the exit code shows that nobody connected.
fn idle_run(pwsh: &Path) -> (Cost, Cost) {
    let folder = tempfile::tempdir().expect("a folder");
    let created = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let plan = format!(
        r#"{{"version": 1, "name": "Idle", "created_at": "{created}", "server": {{"server": "127.0.0.1,1"}}, "database": "D",
            "destination": {:?}, "schedule": {{"zone": "UTC", "lines": [
            {{"type": "full", "when": {{"kind": "monthly", "days": ["Last"], "at": ["23:00"], "calendar": "persian"}}}}]}}}}"#,
        folder.path()
    );
    fs::write(folder.path().join("Idle.json"), plan).expect("written");
    let run = |command: &str| {
        let status = Command::new(pwsh)
            .args(["-NoProfile", "-NonInteractive", "-Command", command])
            .env_remove("PGB_LIBRARY")
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("pwsh starts").success(), "{command}");
    };
    let module = module(pwsh, folder.path());
    let idle = format!(
        "$ErrorActionPreference = 'Stop'; Import-Module '{}'; exit (Invoke-PGBackupPlan -Name Idle -ExitCode -ErrorAction Continue -PlanFolder '{}')",
        module.display(),
        folder.path().display()
    );
    // Once each before it counts: files come into the cache.
    run("exit 0");
    run(&idle);
    (cost(|| run("exit 0")), cost(|| run(&idle)))
}

/// Builds the module into a folder, with the library of this bench; gives its manifest.
fn module(pwsh: &Path, folder: &Path) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("powershell/Build-Module.ps1");
    let system = if cfg!(windows) { "win" } else { "linux" };
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let command = format!(
        "$ErrorActionPreference = 'Stop'; (& '{}' -Destination '{}' -Library @{{ '{system}-{arch}' = '{}' }} -MostBytes 200MB).Path",
        script.display(),
        folder.join("module").display(),
        built::library().display()
    );
    let ran = Command::new(pwsh).args(["-NoProfile", "-NonInteractive", "-Command", &command]).output();
    let ran = ran.expect("pwsh starts");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    Path::new(said.trim()).join("PGBackup.psd1")
}
