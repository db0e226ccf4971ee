//! Retention: what the rules promise is restorable by a model of SQL Server's rules, whatever
//! happened before; and the traps that other tools fall into, one by one.

#[path = "policy/dice.rs"]
mod dice;
#[path = "policy/headers.rs"]
mod headers;
#[path = "policy/lab.rs"]
mod lab;
#[path = "policy/model.rs"]
mod model;
#[path = "support/skip.rs"]
mod skip;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset, TimeZone, Weekday};
use dice::Dice;
use headers::{at, guid, header};
use model::{Database, Made, damage, fact, forks_with_moment, reachable};
use pgbackup::model::{BackupType, RecoveryModel};
use pgbackup::policy::chain::{Catalog, ChainSet, Soundness, Wish, recovery_timeline};
use pgbackup::policy::retention::{
    DeleteReason, FileFact, Inventory, KeepReason, KindDays, Period, PeriodCalendar, PruneScope, Refusal, RemovalPlan,
    RuleError, Rules, Verdict, Violation, plan_removal, recheck,
};

const DAY: i64 = 86_400;

fn now(seconds: i64) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(12_600).expect("an offset");
    offset.from_local_datetime(&at(seconds)).single().expect("a moment")
}

fn files_of(sets: &[ChainSet]) -> Vec<FileFact> {
    let names: BTreeSet<&String> = sets.iter().map(|fact| &fact.file).collect();
    names.into_iter().map(|file| FileFact { file: file.clone(), size: 1, ..FileFact::default() }).collect()
}

fn plan(sets: &[ChainSet], files: &[FileFact], rules: &Rules, seconds: i64) -> RemovalPlan {
    let inventory = Inventory { sets, files, unread_folders: &[], now: now(seconds) };
    plan_removal(&inventory, rules, &PruneScope::default()).expect("rules that can be meant")
}

/// Two databases in one folder, with archives, stripes, copies, damage, lost files, pins and locks.
struct Folder {
    databases: Vec<Database>,
    sets: Vec<ChainSet>,
    files: Vec<FileFact>,
    /// The sets of which a whole verified copy exists.
    verified: BTreeSet<u32>,
    now: i64,
}

fn folder(seed: u64) -> Folder {
    let mut dice = Dice(seed);
    let mut databases: Vec<Database> = (1..=2).map(|number| Database::new(number, dice.one_in(5))).collect();
    let mut sets = Vec::new();
    let mut verified = BTreeSet::new();
    let verified_share = 1 + dice.roll(4);
    for (number, database) in databases.iter_mut().enumerate() {
        database.pace = [7_200, 50_000, 400_000][dice.roll(3) as usize];
        for _ in 0..6 + dice.roll(22) {
            database.live(&mut dice);
        }
        let archives = dice.one_in(3);
        let (mut archive, mut position) = (String::new(), 0);
        for set in &mut database.made {
            let mut own = vec![fact(set, number as u32 + 1)];
            if archives {
                if set.kind == BackupType::Full || archive.is_empty() {
                    (archive, position) = (format!("/b/archive{}.bak", set.number), 0);
                }
                position += 1;
                own[0].file.clone_from(&archive);
                own[0].set.position = position;
            } else if dice.one_in(5) {
                own[0].family_count = 2;
                own[0].media_set_id = Some(guid(1 << 30 | set.number));
                own.push(ChainSet { family: 2, file: format!("{}.2", own[0].file), ..own[0].clone() });
            } else if dice.one_in(8) {
                own.push(ChainSet { file: format!("/copy/{}.bak", set.number), ..own[0].clone() });
            }
            if !dice.one_in(verified_share) {
                own.iter_mut().for_each(|fact| fact.soundness = Soundness::Verified);
                verified.insert(set.number);
            }
            if dice.one_in(12) {
                damage(set, &mut own, &mut dice);
            } else if dice.one_in(12) && !archives {
                own.clear();
                set.usable = false;
            }
            if !set.usable {
                verified.remove(&set.number);
            }
            sets.extend(own);
        }
    }
    let mut files = files_of(&sets);
    files.push(FileFact { file: "/b/letter.docx".to_owned(), size: 5, ..FileFact::default() });
    for file in &mut files {
        match dice.roll(40) {
            0 => file.pinned = Some("before upgrade".to_owned()),
            1 => file.locked = true,
            2 => file.unclear = Some("changed while it was read".to_owned()),
            _ => {}
        }
    }
    let last = databases.iter().flat_map(|database| &database.made).map(|set| set.finish).max().unwrap_or(0);
    let now = last + dice.roll(5 * DAY as u64) as i64;
    Folder { databases, sets, files, verified, now }
}

fn rules(dice: &mut Dice) -> Rules {
    let mut some = |limit: u64| dice.one_in(3).then(|| 1 + dice.roll(limit) as u32);
    let mut rules = Rules {
        older_than_days: some(20),
        keep_last: some(4),
        keep_daily: some(5),
        keep_weekly: some(4),
        keep_monthly: some(3),
        keep_yearly: some(2),
        recovery_window_days: some(15),
        ..Rules::default()
    };
    if dice.one_in(6) {
        let mut days = |limit: u64| Some(1 + dice.roll(limit) as u32);
        rules.by_kind = KindDays { full: days(20), differential: days(10), log: days(5) };
    }
    if dice.one_in(2) {
        (rules.calendar, rules.week_start) = (PeriodCalendar::Persian, Weekday::Sat);
    }
    rules.minimum_fulls = 1 + dice.roll(2) as u32;
    if rules.check().is_err() {
        rules.keep_last = Some(1);
    }
    rules
}

/// The model's sets of a database that are left when the plan is applied.
fn left(folder: &Folder, database: &Database, gone: &BTreeSet<&str>) -> Vec<Made> {
    let lost = |set: &Made| {
        let own = folder.sets.iter().filter(|fact| fact.set.backup_set_guid == Some(guid(set.number)));
        own.into_iter().any(|fact| gone.contains(fact.file.as_str()))
    };
    database.made.iter().filter(|set| !lost(set)).cloned().collect()
}

#[test]
fn after_any_rules_every_promise_holds_by_the_servers_own_rules() {
    let mut deleted = 0;
    for seed in 0..10_000 {
        let folder = folder(seed);
        let mut dice = Dice(seed ^ 0x5eed);
        let rules = rules(&mut dice);
        let plan = plan(&folder.sets, &folder.files, &rules, folder.now);
        assert_eq!(plan.refused, None, "seed {seed}");
        let gone: BTreeSet<&str> = plan.deletions().map(|item| item.file.as_str()).collect();
        deleted += gone.len();
        for file in folder.files.iter().filter(|file| gone.contains(file.file.as_str())) {
            assert!(!file.locked && file.pinned.is_none() && file.unclear.is_none() && file.file != "/b/letter.docx");
        }
        for database in &folder.databases {
            let after = left(&folder, database, &gone);
            let told = |what: &str| format!("seed {seed}: {what}; {rules:?}");
            check_moments(&folder, database, &after, &rules, &mut dice, &told);
            check_sets(&folder, database, &after, &rules, &told);
        }
    }
    assert!(deleted > 10_000, "rules must delete something to be tested: {deleted}");
}

/// Every moment of the rules' days that could be restored still can, on the same forks.
fn check_moments(
    folder: &Folder,
    database: &Database,
    after: &[Made],
    rules: &Rules,
    dice: &mut Dice,
    told: &dyn Fn(&str) -> String,
) {
    let Some(days) = rules.older_than_days.max(rules.recovery_window_days) else { return };
    let from = folder.now - i64::from(days) * DAY;
    let before = reachable(&database.made, |_| true);
    let states = reachable(after, |_| true);
    let mut moments = vec![from, from + 1, folder.now];
    moments.extend(database.made.iter().map(|set| set.finish).filter(|finish| *finish >= from));
    moments.extend((0..4).map(|_| from + dice.roll((folder.now - from) as u64 + 1) as i64));
    for moment in moments {
        let promised = forks_with_moment(&database.made, &before, moment);
        let kept = forks_with_moment(after, &states, moment);
        assert_eq!(promised, kept, "{}", told(&format!("moment {moment}, days from {from}")));
    }
}

/// The newest fulls, the last of each period and the last chain are there, and nothing that stays
/// lost what it needs.
fn check_sets(folder: &Folder, database: &Database, after: &[Made], rules: &Rules, told: &dyn Fn(&str) -> String) {
    let numbers = |made: &[Made], proven: bool| -> BTreeSet<u32> {
        let states = reachable(made, |set| !proven || folder.verified.contains(&set.number));
        states.into_iter().map(|(_, number)| number).collect()
    };
    let stays: BTreeSet<u32> = after.iter().map(|set| set.number).collect();
    for proven in [false, true] {
        let (before, now) = (numbers(&database.made, proven), numbers(after, proven));
        let broken: Vec<&u32> =
            before.iter().filter(|number| stays.contains(number) && !now.contains(number)).collect();
        assert!(broken.is_empty(), "{}", told(&format!("kept sets that need what is gone: {broken:?}")));
        let newest = |numbers: &BTreeSet<u32>| {
            let sets = database.made.iter().filter(|set| numbers.contains(&set.number));
            sets.map(|set| set.finish).max()
        };
        assert_eq!(newest(&before), newest(&now), "{}", told("the last chain"));
    }
    let proven = numbers(&database.made, true);
    let mut by_fork: BTreeMap<u32, Vec<&Made>> = BTreeMap::new();
    for set in database.made.iter().rev().filter(|set| set.kind != BackupType::Log && proven.contains(&set.number)) {
        by_fork.entry(set.fork).or_default().push(set);
    }
    for data in by_fork.values() {
        let fulls = data.iter().filter(|set| set.kind == BackupType::Full);
        let count = rules.keep_last.unwrap_or(0).max(rules.minimum_fulls);
        for full in fulls.take(count as usize) {
            assert!(stays.contains(&full.number), "{}", told(&format!("one of the last fulls, {}", full.number)));
        }
        let date = |set: &Made| at(set.finish).date();
        type PeriodOf<'f> = &'f dyn Fn(&Made) -> Period;
        let periods: [(Option<u32>, PeriodOf<'_>); 4] = [
            (rules.keep_daily, &|set| Period::day(date(set))),
            (rules.keep_weekly, &|set| Period::week(date(set), rules.week_start)),
            (rules.keep_monthly, &|set| Period::month(date(set), rules.calendar)),
            (rules.keep_yearly, &|set| Period::year(date(set), rules.calendar)),
        ];
        for (count, period) in periods {
            let mut last: BTreeMap<Period, u32> = BTreeMap::new();
            for set in data {
                last.entry(period(set)).or_insert(set.number);
            }
            for (period, number) in last.into_iter().rev().take(count.unwrap_or(0) as usize) {
                assert!(stays.contains(&number), "{}", told(&format!("the last of {period}, set {number}")));
            }
        }
    }
}

#[test]
fn pruning_twice_changes_nothing_more() {
    for seed in 0..2_000 {
        let mut folder = folder(seed);
        let rules = rules(&mut Dice(seed));
        let first = plan(&folder.sets, &folder.files, &rules, folder.now);
        let gone: BTreeSet<String> = first.deletions().map(|item| item.file.clone()).collect();
        folder.sets.retain(|fact| !gone.contains(&fact.file));
        folder.files.retain(|file| !gone.contains(&file.file));
        let second = plan(&folder.sets, &folder.files, &rules, folder.now);
        assert_eq!(second.deletions().count(), 0, "seed {seed}: {:?}", second.deletions().collect::<Vec<_>>());
    }
}

#[test]
fn the_order_of_the_folder_does_not_matter() {
    for seed in 0..1_000 {
        let mut folder = folder(seed);
        let rules = rules(&mut Dice(seed));
        let verdicts = |folder: &Folder| -> HashMap<String, Verdict> {
            let plan = plan(&folder.sets, &folder.files, &rules, folder.now);
            plan.items.into_iter().map(|item| (item.file, item.verdict)).collect()
        };
        let first = verdicts(&folder);
        folder.sets.reverse();
        folder.files.reverse();
        let second = verdicts(&folder);
        let words = |verdicts: &HashMap<String, Verdict>| -> BTreeMap<String, &'static str> {
            verdicts.iter().map(|(file, verdict)| (file.clone(), verdict.word())).collect()
        };
        assert_eq!(words(&first), words(&second), "seed {seed}");
    }
}

// By hand. Days are those before `TODAY`.

const TODAY: i64 = 400 * DAY;

fn made(kind: BackupType, number: u32, days_ago: i64) -> ChainSet {
    // LSNs grow with time; a log begins where a log of the day before ended.
    let end = (1_000 - days_ago) as u32 * 10;
    let first = if kind == BackupType::Log { end - 10 } else { end - 2 };
    let mut header = header(kind, number, first, end, TODAY - days_ago * DAY);
    header.recovery_model = Some(RecoveryModel::Simple);
    ChainSet { soundness: Soundness::Verified, ..ChainSet::new(header, format!("{number}.bak")) }
}

fn full(number: u32, days_ago: i64) -> ChainSet {
    made(BackupType::Full, number, days_ago)
}

fn differential(number: u32, base: u32, days_ago: i64) -> ChainSet {
    let mut fact = made(BackupType::Differential, number, days_ago);
    fact.set.differential_base_guid = Some(guid(base));
    fact
}

fn log(number: u32, days_ago: i64) -> ChainSet {
    made(BackupType::Log, number, days_ago)
}

fn older_than(days: u32) -> Rules {
    Rules { older_than_days: Some(days), ..Rules::default() }
}

/// The plan as text: word, file, reason.
fn printed(sets: &[ChainSet], rules: &Rules) -> Vec<String> {
    let plan = plan(sets, &files_of(sets), rules, TODAY);
    assert_eq!(plan.refused, None);
    plan.items.iter().map(|item| format!("{} {}: {}", item.verdict.word(), item.file, item.verdict)).collect()
}

/// The numbers of the files that would go.
fn gone(sets: &[ChainSet], rules: &Rules) -> Vec<String> {
    let plan = plan(sets, &files_of(sets), rules, TODAY);
    assert_eq!(plan.refused, None);
    plan.deletions().map(|item| item.file.trim_end_matches(".bak").to_owned()).collect()
}

/// Trap 3: dbatools and Ola delete by age, and with it the full that a kept differential needs.
#[test]
fn trap_3_the_full_of_a_kept_differential_stays() {
    let sets = [full(10, 60), full(11, 45), differential(12, 11, 20), full(13, 10)];
    assert_eq!(
        printed(&sets, &older_than(30)),
        [
            "DELETE 10.bak: no rule keeps it and nothing kept needs it",
            "KEEP 11.bak: needed by 12.bak (position 1)",
            "KEEP 12.bak: not older than 30 days, or needed for a moment of them",
            "KEEP 13.bak: not older than 30 days, or needed for a moment of them",
        ]
    );
}

#[test]
fn each_kind_has_days_of_its_own_and_what_has_none_stays() {
    let sets = [
        full(10, 90),
        log(11, 89),
        full(12, 50),
        differential(13, 12, 45),
        log(14, 44),
        full(15, 12),
        differential(16, 15, 11),
        log(17, 10),
        log(18, 2),
    ];
    let days = |full, differential, log| Rules { by_kind: KindDays { full, differential, log }, ..Rules::default() };
    assert_eq!(
        printed(&sets, &days(Some(60), Some(14), Some(7)))
            .iter()
            .filter(|line| line.starts_with("DELETE"))
            .map(|line| &line[7..9])
            .collect::<Vec<_>>(),
        // 12 is a full of 50 days; its differential and log are past their own time.
        ["10", "11", "13", "14"],
    );
    assert_eq!(gone(&sets, &days(None, None, Some(7))), ["11", "14"], "what has no rule stays");
    let kept = printed(&sets, &days(None, None, Some(7)));
    assert!(kept.contains(&"KEEP 13.bak: no rule says how long this kind is kept".to_owned()), "{kept:?}");
    // Together with another rule, both keep.
    let both = Rules { older_than_days: Some(47), ..days(Some(60), Some(14), Some(7)) };
    assert_eq!(gone(&sets, &both), ["10", "11"]);
    assert!(days(Some(0), None, None).check().is_err());
}

#[test]
fn a_plan_of_removal_reads_as_a_table() {
    let sets = [full(10, 60), full(11, 45), differential(12, 11, 20)];
    let table = plan(&sets, &files_of(&sets), &older_than(30), TODAY).to_string();
    assert_eq!(
        table,
        "\
DELETE 10.bak: no rule keeps it and nothing kept needs it
KEEP   11.bak: needed by 12.bak (position 1)
KEEP   12.bak: not older than 30 days, or needed for a moment of them
"
    );
    let refused = plan(&sets, &files_of(&sets), &older_than(30), 0).to_string();
    assert!(refused.starts_with("nothing is removed: the clock says 2026-01-01 00:00:00"), "{refused}");
    assert!(refused.ends_with("KEEP   12.bak: nothing is removed this time\n"), "{refused}");
}

/// Trap 3, the other half: what builds on nothing is not kept for ever.
#[test]
fn trap_3_an_orphan_goes_when_it_is_old() {
    let sets = [differential(20, 999, 80), full(21, 70), full(22, 5)];
    let plan = plan(&sets, &files_of(&sets), &older_than(30), TODAY);
    assert_eq!(plan.items[0].verdict, Verdict::Delete(DeleteReason::Orphan));
    assert_eq!((plan.items[0].verdict.code(), plan.items[0].verdict.needed_by()), ("orphan", None));
}

/// Trap 3 (dbatools #6590): the newest good chain stays, however old it is.
#[test]
fn trap_3_the_last_chain_stays_however_old() {
    let sets = [full(10, 300), full(11, 200), differential(12, 11, 190)];
    assert_eq!(gone(&sets, &older_than(1)), ["10"]);
    for rules in [older_than(1), Rules { keep_last: Some(1), ..Rules::default() }] {
        assert!(!gone(&sets, &rules).contains(&"12".to_owned()));
    }
}

/// Trap 2: a full of another tool does not stand for ours, and a differential of it keeps nothing.
#[test]
fn trap_2_a_snapshot_full_counts_for_nothing() {
    let mut snapshot = full(12, 5);
    snapshot.set.is_snapshot = Some(true);
    let sets = [full(10, 50), full(11, 40), snapshot, differential(13, 12, 3)];
    let rules = Rules { keep_last: Some(2), ..Rules::default() };
    assert_eq!(gone(&sets, &rules), [""; 0], "both real fulls are among the last two");
    let rules = Rules { keep_last: Some(1), ..Rules::default() };
    assert_eq!(gone(&sets, &rules), ["10"]);
}

/// Trap 8: a set whose checksums failed, or that nobody checked, does not push out a good one.
#[test]
fn trap_8_unverified_damaged_and_incomplete_fulls_do_not_count() {
    for soundness in [Soundness::Unchecked, Soundness::Damaged, Soundness::Incomplete] {
        let mut sets = [full(10, 50), full(11, 40), full(12, 30), full(13, 20)];
        sets[2].soundness = soundness;
        sets[3].soundness = soundness;
        let rules = Rules { keep_last: Some(1), ..Rules::default() };
        assert_eq!(gone(&sets, &rules), ["10"], "{soundness:?}");
        // When nothing at all is verified, nothing goes.
        sets.iter_mut().for_each(|fact| fact.soundness = soundness);
        assert_eq!(gone(&sets, &rules), [""; 0], "{soundness:?}");
        let plan = plan(&sets, &files_of(&sets), &older_than(25), TODAY);
        assert_eq!(plan.deletions().count(), 0, "{soundness:?}");
    }
}

/// Trap 17: files of `Crm_Test` are not pruned with `Crm`, whatever they are called.
#[test]
fn trap_17_another_database_is_never_touched() {
    let mut test = full(10, 90);
    test.file = "Crm_FULL_1.bak".to_owned();
    test.set.database_name = "Crm_Test".to_owned();
    let sets = [test, full(11, 80), full(12, 5)];
    let files = files_of(&sets);
    let inventory = Inventory { sets: &sets, files: &files, unread_folders: &[], now: now(TODAY) };
    let scope = PruneScope { database: Some("crm".to_owned()), server: Some("host".to_owned()) };
    let plan = plan_removal(&inventory, &older_than(30), &scope).expect("a plan");
    let words: Vec<&str> = plan.items.iter().map(|item| item.verdict.word()).collect();
    assert_eq!(words, ["DELETE", "KEEP", "KEEP"]);
    assert_eq!(plan.items[0].file, "11.bak");
    assert_eq!(plan.items[2].verdict, Verdict::Keep(KeepReason::Foreign("Crm_Test on HOST".to_owned())));
    let other_server = PruneScope { server: Some("OTHER".to_owned()), ..scope };
    assert_eq!(plan_removal(&inventory, &older_than(30), &other_server).expect("a plan").deletions().count(), 0);
}

/// Trap 1: a copy-only full is no base, so it does not make the real base superfluous.
#[test]
fn trap_1_a_copy_only_full_does_not_stand_for_the_base() {
    let mut copy = full(11, 35);
    copy.set.is_copy_only = Some(true);
    let sets = [full(10, 50), copy, differential(12, 10, 20)];
    assert_eq!(
        printed(&sets, &older_than(30))[..2],
        [
            "KEEP 10.bak: needed by 12.bak (position 1)",
            "KEEP 11.bak: among the newest fulls, of which 1 verified always stay"
        ]
    );
}

#[test]
fn logs_inside_a_kept_range_stay_and_the_full_before_the_window_too() {
    let mut sets = vec![full(10, 50), full(11, 30), full(12, 10)];
    sets.extend((0..50).map(|day| log(100 + day, i64::from(day))));
    sets.iter_mut().for_each(|fact| fact.set.recovery_model = Some(RecoveryModel::Full));
    let rules = Rules { recovery_window_days: Some(20), ..Rules::default() };
    let gone = gone(&sets, &rules);
    assert!(gone.contains(&"10".to_owned()) && !gone.contains(&"11".to_owned()), "{gone:?}");
    // The window begins 20 days ago, which the logs of the days 30 to 20 lead to from full 11.
    for day in 0..50 {
        assert_eq!(gone.contains(&format!("{}", 100 + day)), day >= 30, "the log of day {day}");
    }
}

/// The logs of an idle database hold nothing, but show that the full is the state of their days too:
/// the window keeps those of its days, and the full before it.
#[test]
fn logs_of_an_idle_database_keep_their_time() {
    let idle = |number: u32, days_ago: i64| {
        let mut fact = log(number, days_ago);
        (fact.set.first_lsn, fact.set.last_lsn) = (headers::lsn(9_700), headers::lsn(9_700));
        fact.set.recovery_model = Some(RecoveryModel::Full);
        fact
    };
    // Full 11 ends with LSN 9700.
    let mut sets = vec![full(10, 50), full(11, 30)];
    sets.extend((1..29).map(|day| idle(100 + day, i64::from(day))));
    let rules = Rules { recovery_window_days: Some(20), ..Rules::default() };
    let gone = gone(&sets, &rules);
    let old: Vec<String> = (21..29).map(|day| format!("{}", 100 + day)).collect();
    assert_eq!(gone, [vec!["10".to_owned()], old].concat());
    let left: Vec<ChainSet> =
        sets.into_iter().filter(|fact| !gone.contains(&fact.file.trim_end_matches(".bak").to_owned())).collect();
    let line = recovery_timeline(&Catalog::new(&left), &Wish::default()).expect("a timeline");
    assert_eq!(line.gaps, [], "{line}");
    assert_eq!((line.ranges[0].from.local, line.ranges[0].to.local), (at(TODAY - 30 * DAY), at(TODAY - DAY)));
}

#[test]
fn periods_keep_the_last_of_each_by_either_calendar() {
    // 1 January 2026 and every fifth day on; TODAY is 5 February 2027, 16 Bahman 1405.
    let sets: Vec<ChainSet> = (0..80).map(|n| full(100 + n, i64::from(n) * 5)).collect();
    let kept = |rules: &Rules| -> Vec<String> {
        let plan = plan(&sets, &files_of(&sets), rules, TODAY);
        let kept = plan.items.into_iter().filter(|item| item.verdict.word() == "KEEP");
        kept.map(|item| item.verdict.to_string()).collect()
    };
    let monthly = Rules { keep_monthly: Some(3), ..Rules::default() };
    assert_eq!(
        kept(&monthly),
        ["the last of 2027-02", "the last of 2027-01", "the last of 2026-12"].map(str::to_owned)
    );
    let persian = Rules { calendar: PeriodCalendar::Persian, ..monthly };
    assert_eq!(
        kept(&persian),
        ["the last of 1405-11", "the last of 1405-10", "the last of 1405-09"].map(str::to_owned)
    );
    let weekly = Rules { keep_weekly: Some(2), week_start: Weekday::Sat, ..Rules::default() };
    assert_eq!(
        kept(&weekly),
        ["the last of the week of 2027-01-30", "the last of the week of 2027-01-23"].map(str::to_owned)
    );
    let yearly = Rules { keep_yearly: Some(9), keep_daily: Some(1), ..Rules::default() };
    assert_eq!(kept(&yearly), ["the last of 2027-02-05", "the last of 2026"].map(str::to_owned));
}

/// The CRM's differential mode: one file holds it all, and goes as one or not at all.
#[test]
fn an_append_archive_goes_as_a_unit() {
    let archive = |name: &str, base: u32, from: i64| -> Vec<ChainSet> {
        let mut sets = vec![full(base, from)];
        sets.extend((1..5).map(|n| differential(base + n, base, from - i64::from(n))));
        for (at, fact) in sets.iter_mut().enumerate() {
            (fact.file, fact.set.position) = (name.to_owned(), at as u16 + 1);
        }
        sets
    };
    let mut sets = archive("old.bak", 10, 60);
    sets.extend(archive("middle.bak", 20, 33));
    sets.extend(archive("new.bak", 30, 10));
    assert_eq!(
        printed(&sets, &older_than(30)),
        [
            "KEEP middle.bak: not older than 30 days, or needed for a moment of them",
            "KEEP new.bak: not older than 30 days, or needed for a moment of them",
            "DELETE old.bak: no rule keeps it and nothing kept needs it",
        ]
    );
    // One set of another database in it, and it stays.
    sets[2].set.database_name = "Other".to_owned();
    sets[2].set.family_guid = Some(guid(9));
    assert_eq!(gone(&sets, &older_than(30)), [""; 0]);
}

#[test]
fn stripes_go_together_or_not_at_all() {
    let stripe = |number: u32, family: u16, days| ChainSet {
        media_set_id: Some(guid(number + 500)),
        family_count: 2,
        family,
        file: format!("{number}-{family}.bak"),
        ..full(number, days)
    };
    let sets = [stripe(10, 1, 60), stripe(10, 2, 60), stripe(11, 1, 5), stripe(11, 2, 5)];
    assert_eq!(gone(&sets, &older_than(30)), ["10-1", "10-2"]);
    let mut files = files_of(&sets);
    files[1].locked = true;
    let plan = plan(&sets, &files, &older_than(30), TODAY);
    assert_eq!(plan.deletions().count(), 0);
    assert_eq!(plan.items[0].unit, plan.items[1].unit);
    assert_ne!(plan.items[0].unit, plan.items[2].unit);
    assert_eq!(plan.items[1].verdict.code(), "locked");
}

#[test]
fn what_is_pinned_keeps_what_it_needs() {
    let sets = [full(10, 60), differential(11, 10, 50), full(12, 5)];
    let mut files = files_of(&sets);
    files[1].pinned = Some("before upgrade".to_owned());
    let plan = plan(&sets, &files, &older_than(30), TODAY);
    assert_eq!(plan.items[0].verdict.to_string(), "needed by 11.bak (position 1)");
    assert_eq!(plan.items[0].verdict.needed_by(), Some("11.bak (position 1)"));
    assert_eq!(plan.items[1].verdict.to_string(), "pinned: before upgrade");
}

#[test]
fn nothing_goes_when_the_clock_or_a_folder_is_wrong() {
    let sets = [full(10, 60), full(11, 5)];
    let files = files_of(&sets);
    let refused = |unread: &[String], seconds: i64, files: &[FileFact]| {
        let inventory = Inventory { sets: &sets, files, unread_folders: unread, now: now(seconds) };
        let plan = plan_removal(&inventory, &older_than(30), &PruneScope::default()).expect("rules");
        assert!(
            plan.items.iter().all(|item| item.verdict == Verdict::Keep(KeepReason::Refused)) || plan.refused.is_none()
        );
        plan.refused
    };
    assert_eq!(refused(&[], TODAY, &files), None);
    let behind = refused(&[], TODAY - 6 * DAY, &files).expect("the clock is behind");
    assert_eq!(
        behind.to_string(),
        "nothing is removed: the clock says 2027-01-30 00:00:00, but `11.bak (position 1)` was made at 2027-01-31 \
         00:00:00; set the clock right first"
    );
    assert!(matches!(refused(&[], 0, &files), Some(Refusal::ClockBehind { .. })), "a clock of long ago");
    // A server that shows UTC, and a clock of Iran: both times are told as the server shows them.
    let abroad = sets.clone().map(|mut set| {
        set.set.time_zone = Some(0);
        set
    });
    let inventory = Inventory { sets: &abroad, files: &files, unread_folders: &[], now: now(TODAY - 6 * DAY) };
    let plan = plan_removal(&inventory, &older_than(30), &PruneScope::default()).expect("rules");
    let behind = plan.refused.expect("the clock is behind").to_string();
    assert!(behind.contains("the clock says 2027-01-29 20:30:00, but"), "{behind}");
    let unread = [r"D:\Backup\locked".to_owned()];
    assert_eq!(refused(&unread, TODAY, &files), Some(Refusal::UnreadFolder(unread[0].clone())));
    assert_eq!(refused(&[], TODAY, &files[..1]), Some(Refusal::Unlisted("11.bak".to_owned())));
}

#[test]
fn a_plan_is_proven_again_before_it_is_applied() {
    let sets = [full(10, 60), full(11, 50), differential(12, 11, 5)];
    let files = files_of(&sets);
    let made = plan(&sets, &files, &older_than(30), TODAY);
    let check = |sets: &[ChainSet], files: &[FileFact], plan: &RemovalPlan, seconds| {
        recheck(&Inventory { sets, files, unread_folders: &[], now: now(seconds) }, plan)
    };
    assert_eq!(check(&sets, &files, &made, TODAY), Ok(()));
    assert_eq!(check(&sets, &files, &made, TODAY + DAY), Ok(()), "a day later");
    assert!(matches!(check(&sets, &files, &made, 0), Err(Violation::Refused(Refusal::ClockBehind { .. }))));
    type Change = fn(&mut FileFact);
    let changes: [(&str, Change); 4] = [
        ("changed its size", |file| file.size += 1),
        ("was opened", |file| file.locked = true),
        ("was pinned", |file| file.pinned = Some("x".to_owned())),
        ("became unclear", |file| file.unclear = Some("x".to_owned())),
    ];
    for (how, change) in changes {
        let mut files = files.clone();
        change(&mut files[0]);
        assert_eq!(check(&sets, &files, &made, TODAY), Err(Violation::Changed { file: "10.bak".to_owned(), how }));
    }
    let told = check(&sets[1..], &files[1..], &made, TODAY).expect_err("gone").to_string();
    assert_eq!(told, "`10.bak` is gone since the plan was made; make a new plan");
    // A plan that somebody wrote by hand, or that the folder has outlived, is refused.
    let mut wrong = made.clone();
    wrong.items[1].verdict = Verdict::Delete(DeleteReason::Expired);
    assert_eq!(
        check(&sets, &files, &wrong, TODAY).expect_err("the base").to_string(),
        "`12.bak (position 1)` stays but could not be restored any more"
    );
    wrong.items[2].verdict = Verdict::Delete(DeleteReason::Expired);
    assert_eq!(check(&sets, &files, &wrong, TODAY), Err(Violation::NothingLeft("crm".to_owned())));
}

#[test]
fn rules_that_cannot_be_meant_are_named() {
    let told = |rules: Rules| rules.check().expect_err("a wrong rule").to_string();
    assert_eq!(Rules::default().check(), Err(RuleError::None));
    assert_eq!(
        told(older_than(0)),
        "OlderThanDays is 0, which would keep nothing; give 1 or more, or leave the rule out"
    );
    assert_eq!(
        told(Rules { keep_last: Some(1_000_000_000), ..Rules::default() }),
        "KeepLast is 1000000000, which is more than 100000; give a smaller number, or leave the rule out"
    );
    assert_eq!(Rules { minimum_fulls: 0, ..older_than(3) }.check(), Err(RuleError::Zero { rule: "MinimumFulls" }));
    assert_eq!(older_than(36_500).check(), Ok(()));
    let sets = [full(10, 60)];
    let files = files_of(&sets);
    let inventory = Inventory { sets: &sets, files: &files, unread_folders: &[], now: now(TODAY) };
    assert_eq!(plan_removal(&inventory, &Rules::default(), &PruneScope::default()), Err(RuleError::None));
}

#[test]
fn an_empty_folder_and_a_file_that_is_no_backup_are_left_alone() {
    assert_eq!(plan(&[], &[], &older_than(30), TODAY).items, []);
    let files = [FileFact { file: "letter.docx".to_owned(), ..FileFact::default() }];
    let plan = plan(&[], &files, &older_than(30), TODAY);
    assert_eq!(plan.items[0].verdict, Verdict::Keep(KeepReason::Unknown));
}

/// The lab's Ola folders two years later: the second full and all after it stay, for its last
/// differential needs it; the first full and what belongs to it may go.
#[test]
fn lab_olas_folders_lose_only_the_first_chain() {
    let Some(mut sets) = lab::facts("lab/OlaMsFilter/complex/") else { return };
    sets.iter_mut().for_each(|fact| fact.soundness = Soundness::Verified);
    let files = files_of(&sets);
    let at = "2020-07-02T08:17:56+00:00".parse::<DateTime<FixedOffset>>().expect("a moment");
    let inventory = Inventory { sets: &sets, files: &files, unread_folders: &[], now: at };
    let plan = plan_removal(&inventory, &older_than(30), &PruneScope::default()).expect("a plan");
    assert_eq!(plan.refused, None);
    let kept: Vec<&str> =
        plan.items.iter().filter(|item| item.verdict.word() == "KEEP").map(|item| item.file.as_str()).collect();
    assert_eq!(
        kept,
        ["test_DIFF_20160629_142800.bak", "test_FULL_20160629_142200.bak", "test_LOG_20160629_143000.trn"]
    );
}

/// The lab's stripes: with a window of all their days, everything but nothing else stays.
#[test]
fn lab_the_striped_chain_stays_whole() {
    let Some(mut sets) = lab::facts("lab/sql2008-backups/RestoreTimeStripe/") else { return };
    sets.iter_mut().for_each(|fact| fact.soundness = Soundness::Verified);
    let at = "2017-12-16T00:00:00+00:00".parse::<DateTime<FixedOffset>>().expect("a moment");
    let files = files_of(&sets);
    let inventory = Inventory { sets: &sets, files: &files, unread_folders: &[], now: at };
    let rules = Rules { recovery_window_days: Some(1), ..Rules::default() };
    let plan = plan_removal(&inventory, &rules, &PruneScope::default()).expect("a plan");
    assert_eq!((plan.refused.clone(), plan.deletions().count()), (None, 0));
}
