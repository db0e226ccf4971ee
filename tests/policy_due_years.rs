//! Two years of minutes in which everything goes wrong that can: the machine is off at times, its clock
//! is set, runs fail, backups are deleted, and people make some by hand. Every minute what is due is told
//! by the schedule's rules and by plain arithmetic, each in a world of its own, and in the end both
//! worlds have made the same runs: as many, of the same kinds, at the same minutes.

#[path = "policy/dice.rs"]
mod dice;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc, Weekday};
use dice::Dice;
use pgbackup::policy::schedule::{
    BackupDone, CatchUp, Every, Failure, History, Line, Pattern, PlanSchedule, RunKind, Schedule, Waiting, due,
    parse_time,
};
use pgbackup::policy::zone::Zone;

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// Thursday 1 January 2026, 00:00 UTC: the plan is made.
const START: i64 = 1_767_225_600;
const END: i64 = START + 730 * DAY;

/// The lines of the plan: kind, how long from one time to the next, and any one of its times. Fulls on
/// Saturdays at 02:30, differentials each day at 02:30, logs every six hours.
const LINES: [(RunKind, i64, i64); 3] = [
    (RunKind::Full, 7 * DAY, START + 2 * DAY + 9_000),
    (RunKind::Differential, DAY, START + 9_000),
    (RunKind::Log, DAY / 4, START),
];

fn plan() -> PlanSchedule {
    let line = |kind, pattern| Line { kind, schedule: Schedule::new(pattern, Zone::utc()).expect("a schedule") };
    let times = vec![parse_time("02:30").expect("a time")];
    PlanSchedule::Lines(vec![
        line(RunKind::Full, Pattern::Weekly { days: vec![Weekday::Sat], times: times.clone() }),
        line(RunKind::Differential, Pattern::Daily { times }),
        line(RunKind::Log, Pattern::Every(Every::hours(6))),
    ])
}

/// A backup that exists.
#[derive(Clone, Copy)]
struct Kept {
    number: u32,
    kind: RunKind,
    started: i64,
    /// The number of a differential's full.
    base: Option<u32>,
}

/// What a machine has on its disks.
#[derive(Default)]
struct Disk {
    kept: Vec<Kept>,
    failures: Vec<(RunKind, i64)>,
    made: u32,
}

impl Disk {
    fn add(&mut self, kind: RunKind, clock: i64) {
        self.made += 1;
        let full = self.kept.iter().rev().find(|kept| kept.kind == RunKind::Full).map(|kept| kept.number);
        let base = full.filter(|_| kind == RunKind::Differential);
        self.kept.push(Kept { number: self.made, kind, started: clock, base });
        if self.kept.len() > 80 {
            self.remove(0);
        }
    }

    /// What needs a backup goes with it.
    fn remove(&mut self, at: usize) {
        let gone = self.kept.remove(at);
        self.kept.retain(|kept| kept.base != Some(gone.number));
    }

    fn fail(&mut self, kind: RunKind, clock: i64) {
        self.failures.push((kind, clock));
        if self.failures.len() > 150 {
            self.failures.remove(0);
        }
    }
}

/// What is to run at a reading of the clock, and what waits until when.
type Told = (Vec<RunKind>, Vec<(RunKind, i64)>);

/// By the rules of the schedule.
fn by_rules(plan: &PlanSchedule, disk: &Disk, clock: i64) -> Told {
    let when = |second| DateTime::<Utc>::from_timestamp(second, 0).expect("a moment");
    let done: Vec<BackupDone> =
        disk.kept.iter().map(|kept| BackupDone { kind: kept.kind, started: when(kept.started) }).collect();
    let failures: Vec<Failure> =
        disk.failures.iter().map(|(kind, at)| Failure { kind: *kind, at: when(*at) }).collect();
    let history = History { since: when(START), done: &done, failures: &failures };
    let told = due(plan, &history, &CatchUp::default(), when(clock));
    let until = |waiting: &Waiting| match waiting {
        Waiting::BackOff(until) | Waiting::Window(until) => until.timestamp(),
    };
    let waiting = told.waiting.iter().map(|(run, waiting)| (run.kind, until(waiting))).collect();
    (told.runs.iter().map(|run| run.kind).collect(), waiting)
}

/// By arithmetic: all times of the plan lie evenly.
fn by_arithmetic(disk: &Disk, clock: i64) -> Told {
    let first_full = disk.kept.iter().filter(|kept| kept.kind == RunKind::Full).map(|kept| kept.started).min();
    let mut open: Vec<(RunKind, i64)> = Vec::new();
    for (line, period, any) in LINES {
        let floor = |second: i64| any + (second - any).div_euclid(period) * period;
        let slot = floor(clock);
        let serves = |kept: &&Kept| match line {
            RunKind::Full => kept.kind == RunKind::Full,
            RunKind::Differential => kept.kind != RunKind::Log,
            // There is no log before the first full.
            RunKind::Log => kept.kind == RunKind::Log || Some(kept.started) == first_full,
        };
        // What is dated after the next time was made under a wrong clock.
        let last = disk.kept.iter().filter(serves).map(|kept| kept.started).filter(|at| *at < slot + period).max();
        if slot < START || last.is_some_and(|last| last >= slot) {
            continue;
        }
        let missed = match last.filter(|last| *last >= START) {
            Some(last) => floor(last) + period,
            None => floor(START - 1) + period,
        };
        open.push((if first_full.is_none() { RunKind::Full } else { line }, missed));
    }
    open.sort_unstable();
    if open.iter().any(|(kind, _)| *kind == RunKind::Full) {
        open.retain(|(kind, _)| *kind != RunKind::Differential);
    }
    open.dedup_by_key(|(kind, _)| *kind);

    let mut told = Told::default();
    for (kind, missed) in open {
        let failed = || disk.failures.iter().filter(|(of, at)| *of == kind && (missed..=clock).contains(at));
        let pause = match failed().count() {
            0 => 0,
            count => [1, 2, 4, 8, 16, 32, 60][(count - 1).min(6)] * MINUTE,
        };
        let again = failed().map(|(_, at)| at + pause).max().unwrap_or(clock);
        if again > clock { told.1.push((kind, again)) } else { told.0.push(kind) }
    }
    told
}

/// How a minute differs from a quiet one. The same in both worlds, whatever they have made.
struct Minute {
    second: i64,
    clock: i64,
    fails: bool,
    deleted: Option<u64>,
    by_hand: bool,
}

/// Up to one of these.
fn one_of(dice: &mut Dice, most: [i64; 3]) -> i64 {
    let most = most[dice.roll(3) as usize];
    dice.roll(most as u64) as i64
}

/// The minutes at which the machine is on, with what befalls it.
fn minutes(seed: u64) -> Vec<Minute> {
    let mut dice = Dice(seed);
    let (mut skew, mut broken) = (0, false);
    let mut on = Vec::new();
    let mut second = START;
    while second < END {
        let up = second + one_of(&mut dice, [3_600, DAY, 12 * DAY]);
        while second < up.min(END) {
            if dice.one_in(15_000) {
                skew = match dice.roll(6) {
                    0 => 400 * DAY,
                    1 => -400 * DAY,
                    _ => (dice.roll(600) as i64 - 300) * MINUTE,
                };
            } else if skew != 0 && dice.one_in(2_000) {
                skew = 0;
            }
            // A server that is away stays so for a while.
            broken = if broken { !dice.one_in(240) } else { dice.one_in(6_000) };
            on.push(Minute {
                second,
                clock: second + skew,
                fails: broken || dice.one_in(10),
                deleted: dice.one_in(3_000).then(|| dice.roll(1 << 32)),
                by_hand: dice.one_in(20_000),
            });
            second += MINUTE;
        }
        second += one_of(&mut dice, [900, 5 * 3_600, 9 * DAY]) / MINUTE * MINUTE;
    }
    on
}

/// A run: when, by which clock, what, and whether it worked.
type Ran = (i64, i64, RunKind, bool);

/// Lives through the minutes and asks at each what is due. Gives the runs, and the minutes that each
/// kind has waited.
fn live(minutes: &[Minute], told: impl Fn(&Disk, i64) -> Told) -> (Vec<Ran>, BTreeMap<RunKind, u32>) {
    let (mut disk, mut ran, mut waited) = (Disk::default(), Vec::new(), BTreeMap::new());
    for minute in minutes {
        if let Some(which) = minute.deleted.filter(|_| !disk.kept.is_empty()) {
            // The newest are deleted as often as all others together: what is old is missed by nobody.
            let count = disk.kept.len() as u64;
            let back = if which % 2 == 0 { which / 2 % count.min(6) } else { which / 2 % count };
            disk.remove((count - 1 - back) as usize);
        }
        if minute.by_hand {
            disk.add(RunKind::Full, minute.clock);
        }
        let (runs, waiting) = told(&disk, minute.clock);
        for (kind, until) in waiting {
            assert!(until > minute.clock, "nothing waits for what is past");
            *waited.entry(kind).or_default() += 1;
        }
        let mut full_failed = false;
        for kind in runs {
            // What would build on a full that was not made is not made either.
            let works = !minute.fails && !full_failed;
            full_failed |= !works && kind == RunKind::Full;
            if works {
                disk.add(kind, minute.clock)
            } else {
                disk.fail(kind, minute.clock)
            }
            ran.push((minute.second, minute.clock, kind, works));
        }
    }
    (ran, waited)
}

#[test]
fn two_years_of_outages_clock_steps_failures_and_deletions_make_exactly_the_runs_that_arithmetic_tells() {
    let plan = plan();
    let seed = 0;
    let minutes = minutes(seed);
    let (expected, expected_waits) = live(&minutes, by_arithmetic);
    let (ran, waits) = live(&minutes, |disk, clock| by_rules(&plan, disk, clock));
    if let Some((ours, theirs)) = ran.iter().zip(&expected).find(|(ours, theirs)| ours != theirs) {
        panic!("seed {seed}: {ours:?} was run instead of {theirs:?}");
    }
    assert_eq!((ran.len(), &waits), (expected.len(), &expected_waits), "seed {seed}");
    let count = |kind, worked| ran.iter().filter(|run| (run.2, run.3) == (kind, worked)).count();
    let counts = LINES.map(|(kind, ..)| (kind, count(kind, true), count(kind, false)));
    println!("seed {seed}: {} minutes on; made and failed: {counts:?}; waited: {waits:?}", minutes.len());
    // Enough of everything happened: 104 Saturdays, 730 days, 2,920 times of logs, half of them off.
    assert!(count(RunKind::Full, true) > 70, "seed {seed}: {counts:?}");
    assert!(count(RunKind::Differential, true) > 200, "seed {seed}: {counts:?}");
    assert!(count(RunKind::Log, true) > 1_000, "seed {seed}: {counts:?}");
    assert!(counts.iter().all(|(_, _, failed)| *failed > 20), "seed {seed}: {counts:?}");
    // While the clock goes right, no time is served twice unless its backup was deleted meanwhile.
    let right: Vec<&Ran> = ran.iter().filter(|run| run.3 && run.0 == run.1).collect();
    let deletions = minutes.iter().filter(|minute| minute.deleted.is_some()).count();
    for (kind, period, any) in LINES {
        let slots: Vec<i64> =
            right.iter().filter(|run| run.2 == kind).map(|run| (run.0 - any).div_euclid(period)).collect();
        let twice = slots.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(twice <= deletions, "seed {seed}: {kind:?} {twice} times more than once");
    }
}
