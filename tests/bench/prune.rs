//! How long plans take, and how that grows: `cargo bench --bench prune`. Fails beyond the limits.

#![allow(clippy::print_stdout)] // A program for people.

#[allow(unsafe_code, dead_code)] // A C ABI is called; not all of it is needed here.
#[path = "../support/library.rs"]
mod library;
#[allow(dead_code)] // The tests use the rest of it.
#[path = "../media/writer/mod.rs"]
mod writer;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike};
use library::Library;
use pgbackup::model::{BackupSet, BackupType, Guid, Lsn};
use pgbackup::policy::chain::{Catalog, ChainSet, Soundness, Target, WantedMoment, Wish, plan_restore};
use pgbackup::policy::retention::{FileFact, Inventory, PruneScope, Rules, plan_removal};
use serde_json::json;
use writer::{Label, Medium, Set};

/// Sets of a day: a full every week, differentials and logs between.
const A_DAY: u32 = 24;

fn main() -> ExitCode {
    // `cargo test` runs benches too; they are for `cargo bench` only.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut holds = true;
    let times: Vec<f64> = [1_000, 10_000, 100_000].map(removal).to_vec();
    println!("removal plan of 1,000, 10,000, 100,000 sets: {:.3}, {:.3}, {:.3} s", times[0], times[1], times[2]);
    holds &= within("removal plan of 100,000 sets, s", times[2], 0.5);
    growth(&times);
    let times: Vec<f64> = [1_000, 10_000, 100_000].map(restore).to_vec();
    println!("restore plan among 1,000, 10,000, 100,000 sets: {:.4}, {:.4}, {:.4} s", times[0], times[1], times[2]);
    holds &= within("restore plan among 10,000 sets, s", times[1], 0.05);
    growth(&times);
    let time = folder(10_000);
    holds &= within("removal plan of a folder of 10,000 files that were verified before, s", time, 2.0);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Told and not judged: the smallest run is too short to divide by with certainty.
fn growth(times: &[f64]) {
    println!("its growth from 1,000 to 100,000: {:.0} (linear is 100, n log n 167)", times[2] / times[0]);
}

fn within(what: &str, is: f64, limit: f64) -> bool {
    println!("{what}: {is:.3} of {limit} ({:.2})", is / limit);
    is <= limit
}

/// The best of three runs, in seconds.
fn best(run: impl Fn()) -> f64 {
    let times = (0..3).map(|_| {
        let began = Instant::now();
        run();
        began.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn removal(count: u32) -> f64 {
    let sets = sets(count);
    let files: Vec<FileFact> =
        sets.iter().map(|set| FileFact { file: set.file.clone(), size: 1, ..FileFact::default() }).collect();
    let offset = FixedOffset::east_opt(12_600).expect("an offset");
    let last = sets.last().and_then(|set| set.set.backup_finish_date).expect("a set");
    let now = offset.from_local_datetime(&(last + TimeDelta::hours(1))).single().expect("a moment");
    let rules = Rules { older_than_days: Some(30), keep_monthly: Some(12), ..Rules::default() };
    best(|| {
        let inventory = Inventory { sets: &sets, files: &files, unread_folders: &[], now };
        let plan = plan_removal(&inventory, &rules, &PruneScope::default()).expect("rules");
        assert!(plan.refused.is_none() && (count < 2_000 || plan.deletions().count() > 100));
    })
}

fn restore(count: u32) -> f64 {
    let sets = sets(count);
    let moment = sets[sets.len() / 2].set.backup_start_date.expect("a start") - TimeDelta::minutes(7);
    let wish = Wish { target: Target::Moment(WantedMoment::Local(moment)), ..Wish::default() };
    best(|| {
        let catalog = Catalog::new(&sets);
        assert!(plan_restore(&catalog, &wish).is_ok_and(|plan| !plan.steps.is_empty()));
    })
}

/// A whole folder through the library: found, headers read, verifications remembered, planned.
fn folder(count: u32) -> f64 {
    let root = tempfile::tempdir().expect("a folder");
    (0..count).for_each(|number| write(root.path(), number));
    let library = Library::load();
    let request = json!({ "v": 1, "kind": "removal", "paths": [root.path()], "keep_last": 100 });
    let plan = || {
        let (rows, end) = library.run(None, "chain", &request);
        let end = end.expect("a plan");
        assert_eq!((rows.len(), &end["refused"]), (count as usize, &json!(null)), "{}", end["refused"]);
        assert_eq!(end["delete"], count - 100);
    };
    plan();
    best(plan)
}

/// A full backup in a file of its own: one each hour.
fn write(folder: &Path, number: u32) {
    let at = start() + TimeDelta::hours(i64::from(number));
    let date = |at: NaiveDateTime| {
        let [year, month, day] = [at.year().unsigned_abs(), at.month(), at.day()].map(u64::from);
        (year, month, day, u64::from(at.hour()), u64::from(at.minute()), u64::from(at.second()))
    };
    let mut set = Set::full("Crm", 1);
    set.guid[..4].copy_from_slice(&number.to_le_bytes());
    (set.started, set.finished) = (date(at), date(at + TimeDelta::seconds(2)));
    let bytes = Medium::new(Label::default()).add(&set).bytes;
    fs::write(folder.join(format!("{number}.bak")), bytes).expect("a file");
}

fn start() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2010, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a moment")
}

/// The history of one database: a full a week, a differential a day, a log an hour.
fn sets(count: u32) -> Vec<ChainSet> {
    let start = start();
    let (mut base, mut log) = (None, Lsn::new(40, 0, 1));
    (0..count)
        .map(|number| {
            let kind = match number {
                _ if number % (7 * A_DAY) == 0 => BackupType::Full,
                _ if number % A_DAY == 0 => BackupType::Differential,
                _ => BackupType::Log,
            };
            let (first, last) = (Lsn::new(40, number * 10 + 1, 1), Lsn::new(40, number * 10 + 5, 1));
            let mut set = BackupSet::of(kind, 1, "Crm");
            set.server_name = Some("HOST".to_owned());
            set.family_guid = Some(Guid::from_u128(1));
            set.recovery_fork_id = Some(Guid::from_u128(1));
            set.backup_set_guid = Some(Guid::from_u128(2 + u128::from(number)));
            set.backup_finish_date = Some(start + TimeDelta::hours(i64::from(number)));
            set.backup_start_date = set.backup_finish_date;
            (set.first_lsn, set.last_lsn, set.checkpoint_lsn) = (first, last, first);
            match kind {
                BackupType::Full => base = set.backup_set_guid,
                BackupType::Differential => set.differential_base_guid = base,
                // A log goes on where the one before ended.
                _ => set.first_lsn = std::mem::replace(&mut log, last),
            }
            ChainSet { soundness: Soundness::Verified, ..ChainSet::new(set, format!("/b/{number}.bak")) }
        })
        .collect()
}
