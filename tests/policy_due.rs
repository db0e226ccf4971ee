//! What is due: two years of a machine that is off at times, fails, loses backups and has its
//! clock set; and the single rules by hand.

#[path = "policy/cpu.rs"]
mod cpu;
#[path = "policy/dice.rs"]
mod dice;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};
use dice::Dice;
use pgbackup::policy::schedule::{
    BackupDone, CatchUp, Due, Every, Failure, History, Line, Pattern, PlanSchedule, RunKind, RunReason, Schedule,
    Upcoming, Waiting, due, parse_time, parse_window, upcoming,
};
use pgbackup::policy::zone::Zone;

const DAY: i64 = 86_400;
const TICK: i64 = 600;
/// Thursday 1 January 2026, 00:00 UTC.
const START: i64 = 1_767_225_600;

fn when(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).expect("a moment")
}

fn time(text: &str) -> NaiveTime {
    parse_time(text).expect("a time")
}

fn daily(at: &str) -> Schedule {
    Schedule::new(Pattern::Daily { times: vec![time(at)] }, Zone::utc()).expect("a schedule")
}

fn saturdays(at: &str) -> Schedule {
    let pattern = Pattern::Weekly { days: vec![Weekday::Sat], times: vec![time(at)] };
    Schedule::new(pattern, Zone::utc()).expect("a schedule")
}

/// A full on Saturdays, differentials on the other days, always at 02:30.
fn weekly_plan() -> PlanSchedule {
    PlanSchedule::Lines(vec![
        Line { kind: RunKind::Full, schedule: saturdays("02:30") },
        Line { kind: RunKind::Differential, schedule: daily("02:30") },
    ])
}

fn slot_of(second: i64) -> i64 {
    let at = 9_000;
    (second - at).div_euclid(DAY) * DAY + at
}

fn saturday_of(second: i64) -> i64 {
    // 3 January 2026 is a Saturday.
    let first = START + 2 * DAY + 9_000;
    (second - first).div_euclid(7 * DAY) * 7 * DAY + first
}

/// A machine that looks every ten minutes what is due.
struct Machine {
    plan: PlanSchedule,
    since: i64,
    done: Vec<BackupDone>,
    failures: Vec<Failure>,
}

impl Machine {
    fn new(plan: PlanSchedule) -> Machine {
        Machine { plan, since: START, done: Vec::new(), failures: Vec::new() }
    }

    fn look(&self, clock: i64) -> Due {
        let history = History { since: when(self.since), done: &self.done, failures: &self.failures };
        due(&self.plan, &history, &CatchUp::default(), when(clock))
    }

    fn succeed(&mut self, kind: RunKind, clock: i64) {
        self.done.push(BackupDone { kind, started: when(clock) });
        // What is long past plays no part; the folder's retention removes it too.
        if self.done.len() > 150 {
            self.done.remove(0);
        }
    }
}

/// The minutes of two years at which the machine is on: outages of minutes to nine days.
fn ticks(dice: &mut Dice) -> Vec<i64> {
    let mut on = Vec::new();
    let mut second = START;
    while second < START + 730 * DAY {
        let up = [3_600, DAY, 12 * DAY][dice.roll(3) as usize];
        let end = second + dice.roll(up as u64) as i64;
        while second < end {
            on.push(second);
            second += TICK;
        }
        let down = [900, 5 * 3_600, 9 * DAY][dice.roll(3) as usize];
        second += dice.roll(down as u64) as i64;
    }
    on
}

#[test]
fn two_years_with_outages_run_each_time_once_as_soon_as_the_machine_is_on() {
    for seed in 0..2 {
        let mut machine = Machine::new(weekly_plan());
        let on = ticks(&mut Dice(seed));
        let mut made: Vec<(i64, RunKind)> = Vec::new();
        // The oracle: what was served, by plain arithmetic.
        let (mut served, mut served_full) = (BTreeSet::new(), BTreeSet::new());
        let mut expected: Vec<(i64, RunKind)> = Vec::new();
        for clock in on {
            let (day, week) = (slot_of(clock), saturday_of(clock));
            let full_due = week >= START && !served_full.contains(&week);
            let any_full = !served_full.is_empty();
            if day >= START && (full_due || !served.contains(&day)) {
                let kind = if full_due || !any_full { RunKind::Full } else { RunKind::Differential };
                served.insert(day);
                if kind == RunKind::Full {
                    served_full.insert(week);
                }
                expected.push((clock, kind));
            }
            for run in machine.look(clock).runs {
                machine.succeed(run.kind, clock);
                made.push((clock, run.kind));
            }
        }
        assert_eq!(made, expected, "seed {seed}");
        assert!(made.len() > 200, "seed {seed}: {}", made.len());
    }
}

#[test]
fn failed_runs_are_tried_again_with_growing_pauses_until_they_work() {
    for seed in 0..2 {
        let mut dice = Dice(seed);
        let mut machine =
            Machine::new(PlanSchedule::Lines(vec![Line { kind: RunKind::Full, schedule: daily("02:30") }]));
        let on = ticks(&mut dice);
        let mut by_slot: BTreeMap<i64, (u32, i64, u32)> = BTreeMap::new();
        let mut failed_in_a_row: (u32, i64) = (0, 0);
        for clock in on {
            let due = machine.look(clock);
            let slot = slot_of(clock);
            let entry = by_slot.entry(slot).or_default();
            let pause = if failed_in_a_row.0 == 0 { 0 } else { 60 << (failed_in_a_row.0 - 1).min(6) };
            let may = clock >= failed_in_a_row.1 + pause.min(3_600);
            let served = entry.2 > 0;
            assert_eq!(!due.runs.is_empty(), slot >= START && !served && may, "seed {seed}, {clock}");
            assert_eq!(!due.waiting.is_empty(), slot >= START && !served && !may, "seed {seed}, {clock}");
            for (_, waiting) in &due.waiting {
                assert_eq!(*waiting, Waiting::BackOff(when(failed_in_a_row.1 + pause.min(3_600))));
            }
            for run in due.runs {
                entry.0 += 1;
                if dice.roll(10) < 7 {
                    machine.failures.push(Failure { kind: run.kind, at: when(clock) });
                    failed_in_a_row = (failed_in_a_row.0 + 1, clock);
                } else {
                    machine.succeed(run.kind, clock);
                    entry.2 += 1;
                    failed_in_a_row = (0, 0);
                }
            }
        }
        let served = by_slot.values().filter(|slot| slot.2 > 0).count();
        assert!(by_slot.values().all(|slot| slot.2 <= 1), "seed {seed}: no double");
        assert!(served > 200, "seed {seed}: {served}");
    }
}

#[test]
fn a_clock_that_is_set_makes_no_double_and_loses_nothing() {
    for seed in 0..2 {
        let mut dice = Dice(seed);
        let mut machine =
            Machine::new(PlanSchedule::Lines(vec![Line { kind: RunKind::Full, schedule: daily("02:30") }]));
        let (mut skew, mut right_since) = (0_i64, START);
        let mut dated: BTreeMap<i64, i64> = BTreeMap::new();
        let mut last_true = START;
        let mut second = START;
        while second < START + 730 * DAY {
            if dice.one_in(1_500) {
                skew = match dice.roll(4) {
                    0 => 400 * DAY,
                    1 => -400 * DAY,
                    _ => dice.roll(6 * 3_600) as i64 - 3 * 3_600,
                };
            } else if skew != 0 && dice.one_in(200) {
                (skew, right_since) = (0, second);
            }
            let clock = second + skew;
            for run in machine.look(clock).runs {
                machine.succeed(run.kind, clock);
                let before = dated.insert(slot_of(clock), second);
                // A date comes again when the clock really gets to where it once was by mistake.
                assert!(
                    before.is_none_or(|before| second - before > 300 * DAY),
                    "seed {seed}: a double at {}",
                    when(clock)
                );
                last_true = second;
            }
            if skew == 0 && second - right_since > 27 * 3_600 {
                let since = second - last_true.max(right_since);
                assert!(since <= 27 * 3_600, "seed {seed}: nothing for {since} s at {second}");
            }
            if skew != 0 {
                right_since = second;
            }
            second += TICK;
        }
        assert!(dated.len() > 600, "seed {seed}: {}", dated.len());
    }
}

#[test]
fn a_backup_that_was_deleted_is_made_again_and_one_made_by_hand_counts() {
    let mut dice = Dice(7);
    let mut machine = Machine::new(weekly_plan());
    let mut made = 0;
    for clock in (START..START + 730 * DAY).step_by(3_600) {
        match dice.roll(120) {
            0 if !machine.done.is_empty() => {
                let gone = machine.done.pop().expect("one");
                let left = |from: i64, full: bool| {
                    let counts = |done: &&BackupDone| !full || done.kind == RunKind::Full;
                    machine.done.iter().filter(counts).any(|done| done.started >= when(from))
                };
                let open = (slot_of(clock) >= START && !left(slot_of(clock), false))
                    || (saturday_of(clock) >= START && !left(saturday_of(clock), true));
                assert_eq!(!machine.look(clock).runs.is_empty(), open, "{gone:?} at {}", when(clock));
            }
            1 => {
                machine.succeed(RunKind::Full, clock);
                assert_eq!(machine.look(clock), Due::default(), "a full made by hand serves both lines");
            }
            _ => {}
        }
        for run in machine.look(clock).runs {
            machine.succeed(run.kind, clock);
            made += 1;
        }
        assert_eq!(machine.look(clock).runs, [], "done is done");
    }
    assert!(made > 500, "{made}");
}

#[test]
fn the_crms_count_of_differentials_between_two_fulls() {
    let plan = PlanSchedule::Counted { schedule: daily("02:30"), differentials: 3 };
    let mut machine = Machine::new(plan);
    let mut kinds = String::new();
    for clock in (START..START + 30 * DAY).step_by(TICK as usize) {
        for run in machine.look(clock).runs {
            kinds.push(if run.kind == RunKind::Full { 'F' } else { 'd' });
            let expected = match (run.kind, kinds.len()) {
                (RunKind::Full, 1) => RunReason::NoFull,
                (RunKind::Full, _) => RunReason::CountReached(3),
                _ => RunReason::Scheduled,
            };
            assert_eq!(run.reason, expected);
            machine.succeed(run.kind, clock);
        }
    }
    assert_eq!(kinds, "FdddFdddFdddFdddFdddFdddFdddFd");
    // The full was deleted by hand: the next is a full, whatever the count says.
    machine.done.retain(|done| done.kind != RunKind::Full);
    let run = machine.look(START + 31 * DAY).runs[0];
    assert_eq!((run.kind, run.reason), (RunKind::Full, RunReason::NoFull));
}

#[test]
fn hours_between_a_weekly_full_are_differentials_as_the_crm_has_it() {
    let every = Every { anchor: time("02:30"), ..Every::hours(4) };
    let plan = PlanSchedule::Lines(vec![
        Line { kind: RunKind::Full, schedule: saturdays("02:30") },
        Line {
            kind: RunKind::Differential,
            schedule: Schedule::new(Pattern::Every(every), Zone::utc()).expect("a schedule"),
        },
    ]);
    let history = History { since: when(START), done: &[], failures: &[] };
    let first = upcoming(&plan, &history, when(START), 3);
    assert_eq!(first[0], Upcoming { at: when(START + 9_000), kind: RunKind::Full }, "the first run saves everything");
    assert_eq!((first[1].kind, first[2].kind), (RunKind::Differential, RunKind::Differential));
    let done = [BackupDone { kind: RunKind::Full, started: when(START + 9_000) }];
    let week = upcoming(&plan, &History { done: &done, ..history }, when(START + 9_000), 42);
    let fulls: Vec<&Upcoming> = week.iter().filter(|run| run.kind == RunKind::Full).collect();
    assert_eq!(fulls.len(), 1);
    assert_eq!(fulls[0].at, when(START + 2 * DAY + 9_000));
    assert!(week.windows(2).all(|pair| pair[1].at - pair[0].at == TimeDelta::hours(4)));
}

#[test]
fn what_comes_is_what_is_then_due() {
    let logs = Schedule::new(Pattern::Every(Every::minutes(45)), Zone::utc()).expect("a schedule");
    let plans = [
        weekly_plan(),
        PlanSchedule::Counted { schedule: daily("02:30"), differentials: 4 },
        PlanSchedule::Lines(vec![
            Line { kind: RunKind::Full, schedule: saturdays("02:30") },
            Line { kind: RunKind::Differential, schedule: daily("02:30") },
            Line { kind: RunKind::Log, schedule: logs },
        ]),
    ];
    for plan in plans {
        let mut machine = Machine::new(plan);
        let history = History { since: when(START), done: &[], failures: &[] };
        let told = upcoming(&machine.plan, &history, when(START - 1), 100);
        let mut made = Vec::new();
        for clock in (START..).step_by(300).take_while(|clock| when(*clock) <= told[99].at) {
            for run in machine.look(clock).runs {
                machine.succeed(run.kind, clock);
                made.push(Upcoming { at: when(clock), kind: run.kind });
            }
        }
        made.truncate(100);
        assert!(told == made, "{:?}", told.iter().zip(&made).find(|(one, two)| one != two));
    }
}

#[test]
fn a_week_off_is_caught_up_once_and_says_what_was_skipped() {
    let mut machine = Machine::new(PlanSchedule::Lines(vec![Line { kind: RunKind::Full, schedule: daily("02:30") }]));
    machine.succeed(RunKind::Full, START + 9_000);
    let clock = START + 7 * DAY + 36_000;
    let run = machine.look(clock).runs[0];
    assert_eq!((run.missed.count, run.missed.first), (7, when(START + DAY + 9_000)));
    assert_eq!((run.slot, run.overdue), (when(START + 7 * DAY + 9_000), true));
    // On time it is not overdue; before its time nothing is.
    machine.succeed(RunKind::Full, clock);
    let on_time = machine.look(START + 8 * DAY + 9_060).runs[0];
    assert_eq!((on_time.overdue, on_time.missed.count), (false, 1));
    assert_eq!(machine.look(START + 8 * DAY + 8_999), Due::default());
    assert_eq!(Machine::new(weekly_plan()).look(START), Due::default(), "a new plan owes nothing");
}

#[test]
fn what_was_missed_waits_for_its_window() {
    let machine = Machine::new(PlanSchedule::Lines(vec![Line { kind: RunKind::Full, schedule: daily("02:30") }]));
    let history = History { since: when(START), done: &machine.done, failures: &[] };
    let catch_up = CatchUp { window: parse_window("22:00-06:00").ok(), ..CatchUp::default() };
    let look = |clock: i64| due(&machine.plan, &history, &catch_up, when(clock));
    assert_eq!(look(START + 9_000).runs.len(), 1, "on time, at once");
    assert_eq!(look(START + 6 * 3_600).runs.len(), 1, "late, but in the window");
    let late = look(START + 10 * 3_600);
    assert_eq!((late.runs.len(), late.waiting[0].1), (0, Waiting::Window(when(START + 22 * 3_600))));
    assert!(late.waiting[0].0.overdue);
    assert_eq!(look(START + 22 * 3_600).runs.len(), 1);
}

#[test]
fn a_log_without_a_full_becomes_one_and_a_full_does_not_stand_for_a_log() {
    let logs = Schedule::new(Pattern::Every(Every::hours(1)), Zone::utc()).expect("a schedule");
    let mut machine = Machine::new(PlanSchedule::Lines(vec![
        Line { kind: RunKind::Full, schedule: daily("02:30") },
        Line { kind: RunKind::Log, schedule: logs },
    ]));
    let runs = machine.look(START + 3_600).runs;
    assert_eq!((runs.len(), runs[0].kind, runs[0].reason), (1, RunKind::Full, RunReason::NoFull));
    machine.succeed(RunKind::Full, START + 3_600);
    let kinds: Vec<RunKind> = machine.look(START + 9_000).runs.iter().map(|run| run.kind).collect();
    assert_eq!(kinds, [RunKind::Full, RunKind::Log]);
}

#[test]
fn a_clock_of_1970_or_of_the_far_future_harms_nothing() {
    let mut machine = Machine::new(weekly_plan());
    machine.succeed(RunKind::Full, START + 2 * DAY + 9_000);
    assert_eq!(machine.look(0), Due::default());
    let far = machine.look(START + 365 * 400 * DAY);
    assert_eq!(far.runs.len(), 1);
    assert!(far.runs[0].missed.count <= 10_000);
    assert_eq!(upcoming(&machine.plan, &History { since: when(0), done: &[], failures: &[] }, when(0), 5).len(), 5);
}

#[test]
fn a_thousand_plans_over_a_hundred_thousand_sets_are_quick() {
    let done: Vec<BackupDone> =
        (0..100).map(|day| BackupDone { kind: RunKind::Full, started: when(START + day * DAY + 9_000) }).collect();
    let plan = weekly_plan();
    let history = History { since: when(START), done: &done, failures: &[] };
    let started = cpu::time();
    for plan_number in 0..1_000 {
        let now = when(START + 100 * DAY + 8_000 + plan_number);
        assert_eq!(due(&plan, &history, &CatchUp::default(), now).runs, []);
    }
    let elapsed = cpu::time() - started;
    println!("due of 1,000 plans over 100 sets each: {elapsed:?}");
    assert!(elapsed.as_secs() < if cfg!(debug_assertions) { 20 } else { 1 }, "{elapsed:?}");
}
