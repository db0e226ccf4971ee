//! The report of a plan that ran for weeks: what its page says is what happened.
//!
//! `PGB_REPORT_DIR=DIR` keeps the pages, in English and in Persian, to be looked at.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use pgbackup_sandbox::engine::{Clock, EngineOptions};
use serde_json::{Value, json};

use crate::world::World;

/// The database of the CRM, on a server whose clock is set by the test.
struct Weeks {
    world: World,
    clock: Arc<AtomicI64>,
    folder: tempfile::TempDir,
}

impl Weeks {
    fn new() -> Weeks {
        let clock = Arc::new(AtomicI64::new(at("2026-11-06T20:00:00Z").timestamp()));
        let own = Arc::clone(&clock);
        let now = move || DateTime::from_timestamp(own.load(Ordering::SeqCst), 0).expect("a moment");
        let options = EngineOptions { clock: Clock::from_fn(now, 210), ..EngineOptions::default() };
        let world = World::sandbox(|builder| builder.engine_options(options));
        world.database("PayamGostar2", 5_000);
        world.sql("ALTER DATABASE PayamGostar2 SET RECOVERY FULL");
        let plan = json!({
            "version": 1, "name": "PayamGostar", "created_at": "2026-11-06T20:00:00Z",
            "server": { "server": world.instance }, "database": "PayamGostar2", "destination": world.folder,
            "verify": true,
            "schedule": { "zone": "Asia/Tehran", "lines": [
                { "type": "full", "when": { "kind": "weekly", "days": ["Saturday"], "at": ["02:30"] } },
                { "type": "differential", "when": { "kind": "daily", "at": ["02:30"] } },
                { "type": "log", "when": { "kind": "every", "minutes": 720, "from": "02:30" } },
            ] },
        });
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("PayamGostar.json"), plan.to_string()).expect("written");
        Weeks { world, clock, folder }
    }

    fn run(&self, now: DateTime<Utc>) -> Value {
        self.clock.store(now.timestamp(), Ordering::SeqCst);
        self.world
            .done("plan_run", json!({ "v": 1, "name": "PayamGostar", "folder": self.folder.path(), "now": text(now) }))
    }

    fn report(&self, now: DateTime<Utc>, language: &str) -> Value {
        let request = json!({ "v": 1, "folder": self.folder.path(), "language": language, "now": text(now) });
        let reply = self.world.done("report", request);
        if let Some(kept) = std::env::var_os("PGB_REPORT_DIR") {
            let file = std::path::PathBuf::from(kept).join(format!("report-{language}.html"));
            fs::write(file, reply["html"].as_str().expect("a page")).expect("written");
        }
        reply
    }
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a moment").to_utc()
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[test]
fn weeks_of_a_plan_are_told_on_one_page_in_two_languages() {
    let weeks = Weeks::new();
    let mut now = at("2026-11-06T23:00:00Z");
    let mut logs = Vec::new();
    let end = at("2026-11-20T23:00:00Z");
    let (mut number, mut next_row) = (0, 5_001);
    while now <= end {
        // A day on which the machine was off.
        if !(at("2026-11-13T12:00:00Z")..at("2026-11-15T12:00:00Z")).contains(&now) {
            number += 1;
            let count = 200 * (number % 7 + 1);
            weeks.world.insert("PayamGostar2", next_row, count);
            next_row += count;
            let result = weeks.run(now);
            assert_eq!(result["outcome"], "done", "{now}: {result:#}");
            for made in result["made"].as_array().into_iter().flatten() {
                if made["type"] == "log" {
                    logs.push(made["backup"]["files"][0].as_str().expect("a file").to_owned());
                }
            }
        }
        now += TimeDelta::hours(12);
    }
    // A log backup that somebody deleted: what follows it up to the next differential is lost.
    let lost = &logs[logs.len() - 5];
    fs::remove_file(weeks.world.only_sandbox().host_path(lost).expect("a path")).expect("removed");

    let now = end + TimeDelta::hours(9);
    weeks.clock.store(now.timestamp(), Ordering::SeqCst);
    let english = weeks.report(now, "english");
    let page = english["html"].as_str().expect("a page");
    assert_eq!(english["plans"][0]["name"], "PayamGostar");
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"), "{}", &page[..200]);
    for part in
        ["Saturday at 02:30 (Asia/Tehran)", "Can be restored up to", "no log backup of that time is known", "Next runs"]
    {
        assert!(page.contains(part), "{part} is not in the page");
    }
    let persian = weeks.report(now, "persian");
    let page = persian["html"].as_str().expect("a page");
    for part in ["dir=\"rtl\"", "آبان ۱۴۰۵", "قابل بازیابی تا", "اجراهای بعدی"] {
        assert!(page.contains(part), "{part} is not in the page");
    }
    for page in [&english, &persian] {
        let page = page["html"].as_str().expect("a page");
        for outside in ["http://", "https://", "src=", "href=", "<script", "@import", "url("] {
            assert!(!page.contains(outside), "the page holds {outside}");
        }
    }
}
