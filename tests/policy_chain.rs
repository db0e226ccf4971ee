//! Chains and restore plans: by a model of SQL Server's rules, by hand, and by the lab's files.

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

use chrono::{FixedOffset, NaiveDate, TimeZone};
use dice::Dice;
use headers::{at, guid, header, lsn};
use model::{Database, Made, State, apply, damage, fact, forks_with_moment, reachable};
use pgbackup::model::{BackupType, RecoveryModel};
use pgbackup::policy::chain::{
    Catalog, ChainSet, ForkStanding, GapCause, NotUsed, Note, Plan, PlanError, Role, ServerMoment, Soundness,
    StepReason, Target, Unusable, WantedMoment, Wish, plan_restore, recovery_timeline,
};

fn seconds(moment: ServerMoment) -> i64 {
    (moment.local - at(0)).num_seconds()
}

fn moment(seconds: i64) -> Wish {
    Wish { target: Target::Moment(WantedMoment::Local(at(seconds))), ..Wish::default() }
}

/// Runs a plan on the model.
fn restored(made: &[Made], plan: &Plan<'_>) -> State {
    let mut state: Option<State> = None;
    for (number, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.is_applied()) {
        let set = made.iter().find(|set| Some(guid(set.number)) == step.header.backup_set_guid).expect("a set");
        let stop = step.stop_at.map(|stop| (stop - at(0)).num_seconds());
        // Two logs may carry STOPAT; the first then ends before the moment surely is in it.
        let stop = stop.filter(|stop| number + 1 == plan.steps.len() || *stop <= set.start);
        state = Some(apply(state.as_ref(), set, stop).expect("the server accepts the step"));
    }
    state.expect("at least one step")
}

/// A database's history with some sets damaged or gone, and the facts that are left.
fn history(seed: u64) -> (Database, Vec<ChainSet>) {
    let mut dice = Dice(seed);
    let mut database = Database::new(1, dice.one_in(5));
    for _ in 0..8 + dice.roll(24) {
        database.live(&mut dice);
    }
    let mut facts: Vec<ChainSet> = Vec::new();
    for set in &mut database.made {
        let mut own = vec![fact(set, 1)];
        if dice.one_in(6) {
            stripe(&mut own, &mut dice);
            if own.len() == 1 {
                set.usable = false;
            }
        } else if dice.one_in(6) {
            own.push(ChainSet { file: format!("/copy/{}.bak", set.number), ..own[0].clone() });
        }
        if dice.one_in(3) {
            own.iter_mut().for_each(|fact| fact.soundness = Soundness::Verified);
        }
        if dice.one_in(9) {
            damage(set, &mut own, &mut dice);
        }
        if dice.one_in(9) {
            set.usable = false;
            continue;
        }
        facts.extend(own);
    }
    // The order of a folder means nothing.
    for last in (1..facts.len()).rev() {
        facts.swap(last, dice.roll(last as u64 + 1) as usize);
    }
    (database, facts)
}

/// Makes two stripes of a fact, of which one may be gone.
fn stripe(own: &mut Vec<ChainSet>, dice: &mut Dice) {
    own[0].family_count = 2;
    own[0].media_set_id = Some(guid(dice.roll(1 << 31) as u32));
    let other = ChainSet { family: 2, file: format!("{}.2", own[0].file), ..own[0].clone() };
    if !dice.one_in(4) {
        own.push(other);
    }
}

#[test]
fn ten_thousand_histories_are_restored_as_the_server_would() {
    let (mut planned, mut refused) = (0, 0);
    for seed in 0..10_000 {
        let (database, facts) = history(seed);
        let catalog = Catalog::new(&facts);
        let states = reachable(&database.made, |_| true);
        let end = database.made.last().map_or(0, |set| set.finish);
        let mut dice = Dice(seed ^ 0xabcd);
        for _ in 0..4 {
            let wanted = if dice.one_in(3) && !database.made.is_empty() {
                database.made[dice.roll(database.made.len() as u64) as usize].finish
            } else {
                dice.roll(end as u64 + 2) as i64
            };
            match plan_restore(&catalog, &moment(wanted)) {
                Ok(plan) => {
                    let state = restored(&database.made, &plan);
                    let fork =
                        database.futures.iter().find(|(fork, _)| Some(guid(*fork)) == plan.fork).expect("a fork");
                    let expected: model::Content = fork
                        .1
                        .iter()
                        .filter(|commit| commit.time <= wanted || commit.lsn < fork_start(&database, fork.0))
                        .copied()
                        .collect();
                    assert_eq!(state.content, expected, "seed {seed}, moment {wanted}: {plan:#?}");
                    planned += 1;
                }
                Err(PlanError::NotReachable { nearest, .. }) => {
                    assert!(
                        forks_with_moment(&database.made, &states, wanted).is_empty(),
                        "seed {seed}, moment {wanted}"
                    );
                    for near in [nearest.before, nearest.after].into_iter().flatten() {
                        let near = seconds(near);
                        assert!(plan_restore(&catalog, &moment(near)).is_ok(), "seed {seed}: {near} was promised");
                    }
                    refused += 1;
                }
                Err(PlanError::NothingRestorable { .. } | PlanError::NoBackups { .. }) => {
                    assert!(states.is_empty(), "seed {seed}");
                }
                Err(other) => panic!("seed {seed}: {other}"),
            }
        }
    }
    assert!(planned > 10_000 && refused > 5_000, "both must be common: {planned} {refused}");
}

/// The LSN at which a fork left the one before: what is older was there whenever it is dated.
fn fork_start(database: &Database, fork: u32) -> u32 {
    database.made.iter().filter(|set| set.fork == fork).map(|set| set.fork_point).max().unwrap_or(0)
}

#[test]
fn the_newest_state_is_the_furthest_that_the_server_would_reach() {
    for seed in 0..3_000 {
        let (database, facts) = history(seed);
        let catalog = Catalog::new(&facts);
        let Ok(plan) = plan_restore(&catalog, &Wish::default()) else {
            assert!(reachable(&database.made, |_| true).is_empty(), "seed {seed}");
            continue;
        };
        let state = restored(&database.made, &plan);
        // Where the present cannot be restored, its past is preferred to a future given up.
        if plan.notes.iter().any(|note| matches!(note, Note::Fork { standing: ForkStanding::Past, .. })) {
            continue;
        }
        let on_fork = reachable(&database.made, |_| true).into_iter().filter(|(other, _)| other.fork == state.fork);
        let (lsn, until) = on_fork.map(|(other, _)| (other.lsn, other.until)).max().expect("the plan's own");
        // A log that adds nothing is not restored, but tells how long the state was the database's.
        let is_it =
            |reason: &StepReason| matches!(reason, StepReason::ShowsIdle { until: shown } if seconds(*shown) == until);
        let shown = plan.steps.last().is_some_and(|step| is_it(&step.reason));
        assert!(state.lsn == lsn && (state.until == until || shown), "seed {seed}: {plan:#?}");
    }
}

/// Whether at most `steps` sets give the state.
fn within(made: &[Made], wanted: &State, steps: usize) -> bool {
    let mut states: Vec<Option<State>> = vec![None];
    for _ in 0..steps {
        let next = states.iter().flat_map(|state| made.iter().filter_map(|set| apply(state.as_ref(), set, None).ok()));
        let mut next: Vec<Option<State>> = next.map(Some).collect();
        next.sort();
        next.dedup();
        if next.iter().flatten().any(|state| (state.lsn, state.until) == (wanted.lsn, wanted.until)) {
            return true;
        }
        states = next;
    }
    false
}

#[test]
fn when_nothing_is_verified_the_shortest_way_wins() {
    for seed in 0..2_000 {
        let (database, mut facts) = history(seed);
        facts.iter_mut().filter(|fact| fact.soundness == Soundness::Verified).for_each(|fact| {
            fact.soundness = Soundness::Unchecked;
        });
        let catalog = Catalog::new(&facts);
        let Ok(plan) = plan_restore(&catalog, &Wish::default()) else { continue };
        let state = restored(&database.made, &plan);
        let steps = plan.steps.iter().filter(|step| step.is_applied()).count();
        assert!(!within(&database.made, &state, steps - 1), "seed {seed}: {steps}");
    }
}

#[test]
fn the_order_of_the_facts_does_not_matter() {
    for seed in 0..300 {
        let (_, facts) = history(seed);
        let reversed: Vec<ChainSet> = facts.iter().rev().cloned().collect();
        let told = |facts: &[ChainSet]| {
            let catalog = Catalog::new(facts);
            let plan = plan_restore(&catalog, &Wish::default()).map(|plan| format!("{plan:?}"));
            (plan, recovery_timeline(&catalog, &Wish::default()))
        };
        // Only the indices of the facts themselves may differ, and no answer holds them.
        assert_eq!(told(&facts), told(&reversed), "seed {seed}");
    }
}

#[test]
fn every_moment_of_the_timeline_can_be_planned_and_no_other() {
    for seed in 0..1_500 {
        let (database, facts) = history(seed);
        let catalog = Catalog::new(&facts);
        let Ok(line) = recovery_timeline(&catalog, &Wish::default()) else { continue };
        let mut dice = Dice(seed);
        let end = database.made.last().map_or(0, |set| set.finish) + 10;
        let mut asked: Vec<i64> = (0..12).map(|_| dice.roll(end as u64) as i64).collect();
        for range in &line.ranges {
            let (from, to) = (seconds(range.from), seconds(range.to));
            asked.extend([from - 1, from, (from + to) / 2, to, to + 1]);
        }
        assert_eq!(line.gaps.len() + 1, line.ranges.len());
        for wanted in asked {
            let promised = line.ranges.iter().any(|range| (seconds(range.from)..=seconds(range.to)).contains(&wanted));
            let planned = plan_restore(&catalog, &moment(wanted));
            assert_eq!(planned.is_ok(), promised, "seed {seed}, {wanted}: {line:#?} {planned:#?}");
        }
    }
}

/// Nights and weekends: most backups are of a database that nobody wrote to. Whatever they are, from
/// the first full to the last log there is no gap, and each moment has the content of that time.
#[test]
fn an_idle_database_can_be_restored_to_any_moment() {
    let mut checked = 0;
    for seed in 0..3_000 {
        let mut dice = Dice(seed);
        let mut database = Database::new(1, false);
        database.full(false, &mut dice);
        for _ in 0..4 + dice.roll(14) {
            database.wait(1 + dice.roll(600) as i64);
            match dice.roll(12) {
                0 => database.commit(&mut dice),
                1 => database.full(dice.one_in(2), &mut dice),
                2 | 3 => database.differential(),
                _ => database.log(&mut dice),
            }
        }
        database.wait(60);
        database.log(&mut dice);
        let first = database.made.iter().find(|set| set.usable && set.kind == BackupType::Full);
        let (Some(first), false) = (first, database.made.iter().any(|set| set.bulk)) else { continue };
        let (from, to) = (first.finish, database.made.last().expect("the log").start);
        let facts: Vec<ChainSet> = database.made.iter().map(|set| fact(set, 1)).collect();
        let catalog = Catalog::new(&facts);
        let line = recovery_timeline(&catalog, &Wish::default()).expect("a timeline");
        let ranges: Vec<(i64, i64)> =
            line.ranges.iter().map(|range| (seconds(range.from), seconds(range.to))).collect();
        assert_eq!(ranges, [(from, to)], "seed {seed}: {line}");
        let [(_, content)] = &database.futures[..] else { panic!("one future") };
        for wanted in (0..6).map(|_| from + dice.roll((to - from) as u64 + 1) as i64).chain([from, to]) {
            let plan = plan_restore(&catalog, &moment(wanted)).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let state = restored(&database.made, &plan);
            let expected: model::Content = content.iter().filter(|commit| commit.time <= wanted).copied().collect();
            assert_eq!(state.content, expected, "seed {seed}, moment {wanted}: {plan:#?}");
        }
        checked += 1;
    }
    assert!(checked > 2_000, "idle histories must be common: {checked}");
}

// By hand.

fn full(number: u32, first: u32, finish: i64) -> ChainSet {
    ChainSet::new(header(BackupType::Full, number, first, first + 5, finish), format!("full{number}.bak"))
}

fn copy_only(number: u32, first: u32, finish: i64) -> ChainSet {
    let mut fact = full(number, first, finish);
    fact.set.is_copy_only = Some(true);
    fact
}

fn differential(number: u32, base: u32, first: u32, finish: i64) -> ChainSet {
    let mut header = header(BackupType::Differential, number, first, first + 5, finish);
    header.differential_base_guid = Some(guid(base));
    ChainSet::new(header, format!("diff{number}.bak"))
}

fn log(number: u32, first: u32, last: u32, finish: i64) -> ChainSet {
    ChainSet::new(header(BackupType::Log, number, first, last, finish), format!("log{number}.trn"))
}

fn numbers(plan: &Plan<'_>) -> Vec<u32> {
    let number = |guid: pgbackup::model::Guid| (guid.as_u128() & 0xffff_ffff) as u32;
    plan.steps.iter().map(|step| number(step.header.backup_set_guid.expect("a GUID"))).collect()
}

/// Those of the steps that are restored.
fn applied(plan: &Plan<'_>) -> Vec<u32> {
    let all = numbers(plan).into_iter().zip(&plan.steps);
    all.filter(|(_, step)| step.is_applied()).map(|(number, _)| number).collect()
}

fn newest(facts: &[ChainSet]) -> Result<Vec<u32>, PlanError> {
    plan_restore(&Catalog::new(facts), &Wish::default()).map(|plan| numbers(&plan))
}

/// Trap 1: dbatools #10408 and others take the newest full and lose the differential of the one before.
#[test]
fn trap_1_a_copy_only_full_does_not_hide_a_newer_differential() {
    let mut facts = vec![full(10, 100, 0), copy_only(11, 200, 3_600), differential(12, 10, 300, 7_200)];
    facts.iter_mut().for_each(|fact| fact.set.recovery_model = Some(RecoveryModel::Simple));
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
    assert_eq!(numbers(&plan), [10, 12]);
    assert_eq!(seconds(plan.reaches), 7_200);
    assert_eq!(
        plan.notes[0].to_string(),
        "the newest full `full11.bak (position 1)` is not used: from it one comes only to 2026-01-01 01:00:00 \
         (server's clock) (it is copy-only, so no differential builds on it)"
    );
    assert_eq!(plan.alternatives.len(), 1);
    assert_eq!(plan.alternatives[0].place, "full11.bak (position 1)");
    // As a base of logs the copy-only full is as good as any.
    let facts = [copy_only(11, 200, 3_600), log(13, 150, 400, 7_200)];
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
    assert_eq!(numbers(&plan), [11, 13]);
    assert_eq!(plan.steps[0].reason, StepReason::Base { copy_only: true });
    assert_eq!(plan.steps[0].role, Role::CopyOnlyFull);
}

/// Trap 2: a full that somebody else made becomes the base; its differentials are not of ours.
#[test]
fn trap_2_a_differential_of_a_stray_full_is_not_put_on_ours() {
    let facts = [full(10, 100, 0), differential(12, 99, 300, 7_200)];
    assert_eq!(newest(&facts), Ok(vec![10]));
    let wish = Wish { target: Target::Set(guid(12)), ..Wish::default() };
    let error = plan_restore(&Catalog::new(&facts), &wish).expect_err("no base").to_string();
    assert_eq!(
        error,
        format!(
            "`diff12.bak (position 1)` cannot be restored: its full is not known: backup set {}, made before \
             2026-01-01 02:00:00",
            guid(99)
        )
    );
}

/// Trap 4: the set at position 3 is restored by its position, not the first of the file.
#[test]
fn trap_4_sets_of_an_archive_are_addressed_by_position() {
    let mut facts = vec![full(10, 100, 0), differential(11, 10, 200, 60), differential(12, 10, 300, 120)];
    for (at, fact) in facts.iter_mut().enumerate() {
        fact.file = "archive.bak".to_owned();
        fact.set.position = at as u16 + 1;
    }
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
    let places: Vec<(&str, u16)> = plan.steps.iter().map(|step| (step.source.files[0], step.source.position)).collect();
    assert_eq!(places, [("archive.bak", 1), ("archive.bak", 3)]);
}

/// Trap 8: a set that was found damaged is not used because its header reads well.
#[test]
fn trap_8_damaged_sets_are_never_in_a_plan() {
    for soundness in [Soundness::Damaged, Soundness::Incomplete] {
        let mut facts = [full(10, 100, 0), full(11, 200, 60)];
        facts[1].soundness = soundness;
        let catalog = Catalog::new(&facts);
        let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
        assert_eq!(numbers(&plan), [10]);
        let why = if soundness == Soundness::Damaged { Unusable::Damaged } else { Unusable::Incomplete };
        assert!(matches!(&plan.notes[0], Note::NewestFullNotUsed { why: NotUsed::Unusable(told), .. } if *told == why));
        let only = [facts[1].clone()];
        assert!(matches!(newest(&only), Err(PlanError::NothingRestorable { .. })));
    }
    let mut flagged = full(11, 200, 60);
    flagged.set.is_damaged = Some(true);
    assert_eq!(newest(&[full(10, 100, 0), flagged]), Ok(vec![10]));
}

/// Trap 17: `Crm` and `Crm_Test` are told apart by more than the beginning of a name.
#[test]
fn trap_17_a_name_that_begins_alike_is_another_database() {
    let mut test = full(20, 900, 9_000);
    test.set.database_name = "Crm_Test".to_owned();
    test.set.family_guid = Some(guid(2));
    let facts = [full(10, 100, 0), test];
    let catalog = Catalog::new(&facts);
    let of = |name: &str| Wish { database: Some(name.to_owned()), ..Wish::default() };
    assert_eq!(plan_restore(&catalog, &of("crm")).map(|plan| numbers(&plan)), Ok(vec![10]));
    assert_eq!(
        plan_restore(&catalog, &Wish::default()),
        Err(PlanError::Ambiguous { choices: vec!["`Crm_Test` on HOST".to_owned(), "`Crm` on HOST".to_owned()] })
    );
    let error = plan_restore(&catalog, &of("Cr")).expect_err("no such").to_string();
    assert_eq!(
        error,
        "no backup of database `Cr` is known (there are backups of Crm, Crm_Test); check the name and the folder"
    );
    // A copy of the database that was restored under another name keeps the family.
    let mut copy = full(21, 900, 9_000);
    copy.set.database_name = "Crm_Test".to_owned();
    copy.set.recovery_fork_id = Some(guid(7));
    let facts = [full(10, 100, 0), copy];
    let catalog = Catalog::new(&facts);
    assert_eq!(plan_restore(&catalog, &of("Crm")).map(|plan| numbers(&plan)), Ok(vec![10]));
    assert_eq!(plan_restore(&catalog, &of("Crm_Test")).map(|plan| numbers(&plan)), Ok(vec![21]));
    assert!(matches!(plan_restore(&catalog, &Wish::default()), Err(PlanError::Ambiguous { .. })));
}

#[test]
fn two_servers_with_a_database_of_one_name_are_asked_back() {
    let mut other = full(20, 900, 9_000);
    other.set.server_name = Some("OTHER".to_owned());
    other.set.family_guid = Some(guid(2));
    let facts = [full(10, 100, 0), other];
    let catalog = Catalog::new(&facts);
    let wish = Wish { database: Some("Crm".to_owned()), ..Wish::default() };
    assert!(matches!(plan_restore(&catalog, &wish), Err(PlanError::Ambiguous { .. })));
    let named = Wish { server: Some("host".to_owned()), ..wish.clone() };
    assert_eq!(plan_restore(&catalog, &named).map(|plan| numbers(&plan)), Ok(vec![10]));
    let family = Wish { family: Some(guid(2)), ..wish };
    assert_eq!(plan_restore(&catalog, &family).map(|plan| numbers(&plan)), Ok(vec![20]));
}

#[test]
fn a_database_made_anew_under_its_old_name_is_found_in_both_its_lives() {
    let mut again = full(20, 50, 90_000);
    again.set.family_guid = Some(guid(2));
    again.set.recovery_fork_id = Some(guid(2));
    let facts = [full(10, 100, 0), again];
    assert_eq!(newest(&facts), Ok(vec![20]));
    let old = plan_restore(&Catalog::new(&facts), &moment(0)).map(|plan| numbers(&plan));
    assert_eq!(old, Ok(vec![10]));
}

#[test]
fn stripes_belong_together_by_media_set_and_number() {
    let stripe = |family: u16| ChainSet {
        media_set_id: Some(guid(70)),
        family_count: 3,
        family,
        file: format!("s{family}.bak"),
        ..full(10, 100, 0)
    };
    let facts = [stripe(3), stripe(1), stripe(2)];
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
    assert_eq!(plan.steps[0].source.files, ["s1.bak", "s2.bak", "s3.bak"]);
    let facts = [stripe(1), stripe(1)];
    let error = plan_restore(&Catalog::new(&facts), &Wish::default()).expect_err("two are missing").to_string();
    assert!(error.contains("2 of its 3 stripes are missing: number 2, number 3"), "{error}");
    assert!(error.ends_with("make a full backup now"), "{error}");
}

#[test]
fn copies_are_one_set_and_the_better_verified_is_taken() {
    let mut copy = ChainSet { file: "copy.bak".to_owned(), ..full(10, 100, 0) };
    copy.soundness = Soundness::Verified;
    let broken = ChainSet { file: "a.bak".to_owned(), soundness: Soundness::Damaged, ..full(10, 100, 0) };
    let facts = [full(10, 100, 0), broken, copy];
    let catalog = Catalog::new(&facts);
    assert_eq!(catalog.sets().len(), 1);
    assert_eq!(catalog.families().len(), 1);
    let set = &catalog.sets()[0];
    assert_eq!(
        set.sources.iter().map(|source| source.files[0]).collect::<Vec<_>>(),
        ["copy.bak", "full10.bak", "a.bak"]
    );
    assert!(set.is_verified());
    assert_eq!(set.best_source().map(|source| source.soundness), Some(Soundness::Verified));
    assert_eq!((catalog.set_of_fact(2), catalog.set_of_fact(3)), (Some(0), None));
    assert_eq!(newest(&facts), Ok(vec![10]));
}

#[test]
fn what_is_no_full_is_never_treated_as_one() {
    for (kind, why) in [
        (BackupType::Partial, Unusable::Partial),
        (BackupType::File, Unusable::File),
        (BackupType::DifferentialFile, Unusable::File),
        (BackupType::DifferentialPartial, Unusable::Partial),
    ] {
        let mut fact = full(10, 100, 0);
        fact.set.backup_type = kind;
        let facts = [fact];
        assert_eq!(Catalog::new(&facts).sets()[0].role, Err(why));
        assert!(newest(&facts).is_err());
    }
    let mut snapshot = full(10, 100, 0);
    snapshot.set.is_snapshot = Some(true);
    let facts = [snapshot, differential(11, 10, 200, 60)];
    let wish = Wish { target: Target::Set(guid(11)), ..Wish::default() };
    let error = plan_restore(&Catalog::new(&facts), &wish).expect_err("the base is a snapshot").to_string();
    assert!(error.contains("its full `full10.bak (position 1)` cannot be used: it is a snapshot"), "{error}");
}

#[test]
fn a_differential_without_guid_goes_by_its_lsns() {
    for (base_lsn, database_lsn) in [(Some(100), 0), (None, 100)] {
        let mut fact = differential(11, 10, 200, 60);
        fact.set.differential_base_guid = None;
        fact.set.differential_base_lsn = base_lsn.map(lsn);
        fact.set.database_backup_lsn = lsn(database_lsn);
        let facts = [full(10, 100, 0), fact];
        let catalog = Catalog::new(&facts);
        let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
        assert_eq!(numbers(&plan), [10, 11]);
        assert_eq!(plan.steps[1].reason, StepReason::OnBase { by_guid: false });
    }
}

#[test]
fn a_gap_is_named_with_its_cause_and_the_nearest_moments() {
    let facts = [full(10, 100, 0), log(11, 90, 200, 600), log(13, 300, 400, 1_800), full(14, 500, 3_600)];
    let catalog = Catalog::new(&facts);
    let error = plan_restore(&catalog, &moment(1_200)).expect_err("log 12 is gone");
    let PlanError::NotReachable { ref nearest, ref cause, .. } = error else { panic!("{error}") };
    assert_eq!((nearest.before.map(seconds), nearest.after.map(seconds)), (Some(600), Some(3_600)));
    assert_eq!(
        *cause,
        GapCause::MissingLog { after: lsn(200), from: lsn(300), next: "log13.trn (position 1)".to_owned() }
    );
    assert_eq!(
        error.to_string(),
        "2026-01-01 00:20:00 (server's clock) cannot be restored: a log backup is missing: the log goes up to LSN \
         40000000020000001, and the next, `log13.trn (position 1)`, begins at LSN 40000000030000001; the nearest are \
         2026-01-01 00:10:00 (server's clock) and 2026-01-01 01:00:00 (server's clock)"
    );
    let line = recovery_timeline(&catalog, &Wish::default()).expect("a timeline");
    assert_eq!(line.gaps.len(), 1);
    assert_eq!(line.gaps[0].cause, *cause);
    let cause = |wanted| match plan_restore(&catalog, &moment(wanted)) {
        Err(PlanError::NotReachable { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(cause(-1), GapCause::BeforeFirst);
    assert_eq!(cause(3_601), GapCause::BeyondEnd);
    let wish = Wish { target: Target::Set(guid(13)), ..Wish::default() };
    let text = plan_restore(&catalog, &wish).expect_err("unattached").to_string();
    assert!(text.contains("the restorable log ends at LSN 40000000020000001"), "{text}");
}

#[test]
fn in_simple_recovery_only_the_backups_themselves_can_be_restored() {
    let mut facts = vec![full(10, 100, 0), differential(11, 10, 200, 600)];
    facts.iter_mut().for_each(|fact| fact.set.recovery_model = Some(RecoveryModel::Simple));
    let catalog = Catalog::new(&facts);
    assert_eq!(plan_restore(&catalog, &moment(600)).map(|plan| numbers(&plan)), Ok(vec![10, 11]));
    assert!(matches!(
        plan_restore(&catalog, &moment(300)),
        Err(PlanError::NotReachable { cause: GapCause::Simple, .. })
    ));
}

#[test]
fn a_bulk_logged_log_is_restored_whole_or_not_at_all() {
    let mut bulk = log(11, 90, 200, 600);
    bulk.set.has_bulk_logged_data = Some(true);
    let facts = [full(10, 100, 0), bulk, log(12, 200, 300, 1_200)];
    let catalog = Catalog::new(&facts);
    let whole = plan_restore(&catalog, &moment(600)).expect("its end");
    assert_eq!((numbers(&whole), whole.steps[1].stop_at), (vec![10, 11], None));
    let later = plan_restore(&catalog, &moment(700)).expect("in the log after it");
    assert_eq!((numbers(&later), later.steps[2].stop_at), (vec![10, 11, 12], Some(at(700))));
    assert!(matches!(
        plan_restore(&catalog, &moment(300)),
        Err(PlanError::NotReachable { cause: GapCause::BulkLogged { .. }, .. })
    ));
}

/// The full ends with LSN 105, and nobody wrote after it.
#[test]
fn a_log_that_adds_nothing_covers_its_time_and_is_not_restored() {
    // Both kinds: it repeats what the full has, or it holds no record at all.
    for first in [90, 105] {
        let facts = [full(10, 100, 0), log(11, first, 105, 600)];
        let catalog = Catalog::new(&facts);
        let planned = |wish: &Wish| plan_restore(&catalog, wish).expect("a plan");
        let between = planned(&moment(300));
        assert_eq!((numbers(&between), applied(&between)), (vec![10, 11], vec![10]));
        assert!(between.steps.iter().all(|step| step.stop_at.is_none()));
        assert_eq!(
            between.to_string(),
            "\
restore of Crm to 2026-01-01 00:05:00 (server's clock)
1. full full10.bak (position 1): the full that the next steps build on
2. log log11.trn (position 1): not restored, for it adds nothing: it shows that nothing was written until \
             2026-01-01 00:10:00 (server's clock)
note: 2 steps were never verified; verify them before you rely on them
"
        );
        for wish in [Wish::default(), Wish { target: Target::Set(guid(11)), ..Wish::default() }, moment(600)] {
            let plan = planned(&wish);
            assert_eq!((applied(&plan), seconds(plan.reaches)), (vec![10], 600));
        }
        let line = recovery_timeline(&catalog, &Wish::default()).expect("a timeline");
        let ranges: Vec<_> = line.ranges.iter().map(|range| (seconds(range.from), seconds(range.to))).collect();
        assert_eq!(ranges, [(0, 600)]);
        assert!(matches!(
            plan_restore(&catalog, &moment(601)),
            Err(PlanError::NotReachable { cause: GapCause::BeyondEnd, .. })
        ));
    }
}

/// A log backup that began and ended while the full was made, and ends with it.
#[test]
fn a_log_made_during_the_full_shows_nothing_from_before_its_end() {
    let mut during = log(11, 90, 105, 60);
    during.set.backup_start_date = Some(at(50));
    let mut whole = full(10, 100, 100);
    whole.set.backup_start_date = Some(at(0));
    let facts = [whole, during];
    let catalog = Catalog::new(&facts);
    let wish = Wish { target: Target::Set(guid(11)), ..Wish::default() };
    let plan = plan_restore(&catalog, &wish).expect("a plan");
    assert_eq!((applied(&plan), seconds(plan.reaches)), (vec![10], 100));
    assert!(plan_restore(&catalog, &moment(55)).is_err(), "the full was not finished yet");
    let line = recovery_timeline(&catalog, &Wish::default()).expect("a timeline");
    let ranges: Vec<_> = line.ranges.iter().map(|range| (seconds(range.from), seconds(range.to))).collect();
    assert_eq!(ranges, [(100, 100)]);
}

#[test]
fn logs_that_add_nothing_in_a_row_cover_their_time_and_the_next_goes_on() {
    let facts = [
        full(10, 100, 0),
        log(11, 90, 105, 600),
        log(12, 105, 105, 1_200),
        log(13, 105, 105, 1_800),
        log(14, 105, 200, 2_400),
        log(15, 200, 200, 3_000),
    ];
    let catalog = Catalog::new(&facts);
    let line = recovery_timeline(&catalog, &Wish::default()).expect("a timeline");
    let ranges: Vec<_> = line.ranges.iter().map(|range| (seconds(range.from), seconds(range.to))).collect();
    assert_eq!(ranges, [(0, 3_000)], "{line}");
    for (wanted, all, restored, stop) in [
        (300, vec![10, 11], vec![10], None),
        (900, vec![10, 12], vec![10], None),
        (1_700, vec![10, 13], vec![10], None),
        (2_000, vec![10, 14], vec![10, 14], Some(at(2_000))),
        (2_700, vec![10, 14, 15], vec![10, 14], None),
    ] {
        let plan = plan_restore(&catalog, &moment(wanted)).expect("a plan");
        assert_eq!((numbers(&plan), applied(&plan)), (all, restored), "{wanted}");
        assert_eq!(plan.steps.iter().find_map(|step| step.stop_at), stop, "{wanted}");
        // Whoever restores from just the files that the plan names gets the same plan.
        let named: Vec<ChainSet> = plan.steps.iter().map(|step| facts[step.set].clone()).collect();
        let again = Catalog::new(&named);
        assert_eq!(plan_restore(&again, &moment(wanted)).map(|again| numbers(&again)), Ok(numbers(&plan)), "{wanted}");
    }
    assert_eq!(newest(&facts), Ok(vec![10, 14, 15]));
    // Without the first log the others still show it.
    let rest: Vec<ChainSet> = facts[..1].iter().chain(&facts[2..]).cloned().collect();
    assert_eq!(plan_restore(&Catalog::new(&rest), &moment(1_000)).map(|plan| applied(&plan)), Ok(vec![10]));
}

/// The log's records may go on while it is made: a moment of that time is stopped at, and the next log
/// has to be a step even if it is empty, for SQL Server waits for more until it sees a later record.
#[test]
fn a_moment_while_a_log_was_made_is_stopped_at_although_the_next_adds_nothing() {
    let mut long = log(11, 90, 200, 660);
    long.set.backup_start_date = Some(at(600));
    let facts = [full(10, 100, 0), long, log(12, 200, 200, 1_200)];
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &moment(630)).expect("a plan");
    let stops: Vec<_> = plan.steps.iter().map(|step| step.stop_at).collect();
    assert_eq!((numbers(&plan), stops), (vec![10, 11, 12], vec![None, Some(at(630)), Some(at(630))]));
    let plan = plan_restore(&catalog, &moment(700)).expect("a plan");
    assert_eq!((applied(&plan), plan.steps[1].stop_at), (vec![10, 11], None));
}

#[test]
fn bulk_operations_from_before_the_full_do_not_close_the_time_after_it() {
    let mut bulk = log(11, 90, 105, 600);
    bulk.set.has_bulk_logged_data = Some(true);
    let mut facts = vec![full(10, 100, 0), bulk];
    assert_eq!(plan_restore(&Catalog::new(&facts), &moment(300)).map(|plan| applied(&plan)), Ok(vec![10]));
    let line = recovery_timeline(&Catalog::new(&facts), &Wish::default()).expect("a timeline");
    assert_eq!(line.ranges.len(), 1, "{line}");
    // From an older full it adds them, and then cannot be stopped inside.
    facts[0] = full(10, 92, 0);
    assert!(matches!(
        plan_restore(&Catalog::new(&facts), &moment(300)),
        Err(PlanError::NotReachable { cause: GapCause::BulkLogged { .. }, .. })
    ));
}

#[test]
fn an_empty_log_of_another_future_shows_nothing_of_this_one() {
    let mut other = log(12, 105, 105, 1_200);
    other.set.recovery_fork_id = Some(guid(2));
    other.set.first_recovery_fork_id = Some(guid(2));
    let facts = [full(10, 100, 0), other];
    let error = plan_restore(&Catalog::new(&facts), &moment(600)).expect_err("another future");
    assert!(matches!(error, PlanError::NotReachable { cause: GapCause::BeyondEnd, .. }), "{error}");
    // One that spans the fork point leads to the new future, so the next log needs it as a step.
    let fork = |mut fact: ChainSet, first: u32| {
        fact.set.recovery_fork_id = Some(guid(2));
        fact.set.first_recovery_fork_id = Some(guid(first));
        fact.set.fork_point_lsn = (first == 1).then(|| lsn(105));
        fact
    };
    let facts = [full(10, 100, 0), fork(log(12, 105, 105, 1_200), 1), fork(log(13, 105, 200, 1_800), 2)];
    assert_eq!(newest(&facts), Ok(vec![10, 12, 13]));
}

#[test]
fn the_future_after_a_restore_is_told_apart_from_the_one_given_up() {
    // Written to 400, restored to 200, and then another future, with the same LSNs again.
    let mut new_log = log(14, 200, 350, 7_200);
    new_log.set.recovery_fork_id = Some(guid(2));
    new_log.set.fork_point_lsn = Some(lsn(200));
    let facts = [full(10, 100, 0), log(11, 90, 200, 600), log(12, 200, 400, 1_200), new_log];
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &Wish::default()).expect("a plan");
    assert_eq!((numbers(&plan), plan.fork), (vec![10, 11, 14], Some(guid(2))));
    let old = Wish { fork: Some(guid(1)), ..Wish::default() };
    let plan = plan_restore(&catalog, &old).expect("the old future");
    assert_eq!((numbers(&plan), plan.fork), (vec![10, 11, 12], Some(guid(1))));
    assert!(plan.notes.iter().any(|note| note.to_string().contains("several futures")));
    // A moment that only the future given up has is planned there, and said so.
    let given_up = [facts[0].clone(), facts[1].clone(), facts[2].clone(), full_on_fork(15, 2, 300, 9_000)];
    let catalog = Catalog::new(&given_up);
    let plan = plan_restore(&catalog, &moment(900)).expect("the old future");
    assert_eq!(numbers(&plan), [10, 11, 12]);
    assert!(
        plan.notes.iter().any(|note| matches!(note, Note::Fork { standing: ForkStanding::GivenUp, .. })),
        "{:?}",
        plan.notes
    );
}

fn full_on_fork(number: u32, fork: u32, first: u32, finish: i64) -> ChainSet {
    let mut fact = full(number, first, finish);
    fact.set.recovery_fork_id = Some(guid(fork));
    fact.set.first_recovery_fork_id = Some(guid(fork));
    fact
}

#[test]
fn a_moment_with_an_offset_is_found_by_the_offsets_of_the_media() {
    let iran = FixedOffset::east_opt(12_600).expect("an offset");
    let mut facts = vec![full(10, 100, 0), log(11, 90, 200, 7_200)];
    facts.iter_mut().for_each(|fact| fact.set.time_zone = Some(14));
    let exact = |at| Wish { target: Target::Moment(WantedMoment::Exact(at)), ..Wish::default() };
    let wanted = iran.from_local_datetime(&at(3_600)).single().expect("a moment");
    let catalog = Catalog::new(&facts);
    for wanted in [wanted, wanted.with_timezone(&FixedOffset::east_opt(0).expect("UTC"))] {
        let plan = plan_restore(&catalog, &exact(wanted)).expect("a plan");
        assert_eq!(plan.steps[1].stop_at, Some(at(3_600)));
        assert_eq!(plan.reaches.utc, Some(at(3_600 - 12_600)));
    }
    let local = plan_restore(&catalog, &moment(3_600)).expect("a plan");
    assert_eq!(local.steps[1].stop_at, Some(at(3_600)));
    facts.iter_mut().for_each(|fact| fact.set.time_zone = None);
    let catalog = Catalog::new(&facts);
    assert_eq!(plan_restore(&catalog, &exact(wanted)), Err(PlanError::OffsetUnknown { wanted }));
    let zoned = Wish { zone: "Asia/Tehran".parse().ok(), ..exact(wanted) };
    assert_eq!(plan_restore(&catalog, &zoned).map(|plan| plan.steps[1].stop_at), Ok(Some(at(3_600))));
}

#[test]
fn a_repeated_hour_is_asked_back_and_a_missing_one_refused() {
    // Tehran set its clocks back at midnight of 22 September 2021, and forward on 22 March 2021.
    let day = |month, day, hour, minute| {
        NaiveDate::from_ymd_opt(2021, month, day).and_then(|day| day.and_hms_opt(hour, minute, 0)).expect("a moment")
    };
    let dated = |mut fact: ChainSet, when, quarters| {
        (fact.set.backup_start_date, fact.set.backup_finish_date) = (Some(when), Some(when));
        fact.set.time_zone = quarters;
        fact
    };
    let wish = |when, zone| Wish { target: Target::Moment(WantedMoment::Local(when)), zone, ..Wish::default() };
    let untold = [dated(full(10, 100, 0), day(3, 1, 0, 0), None), dated(log(11, 90, 200, 0), day(10, 1, 0, 0), None)];
    let catalog = Catalog::new(&untold);
    let tehran = "Asia/Tehran".parse().ok();
    let told = plan_restore(&catalog, &wish(day(9, 21, 23, 30), tehran)).expect_err("twice").to_string();
    assert_eq!(
        told,
        "2021-09-21 23:30:00 came twice on the server, when its clock was set back; say which: \
         2021-09-21 23:30:00+04:30 (the first) or 2021-09-21 23:30:00+03:30"
    );
    assert_eq!(
        plan_restore(&catalog, &wish(day(3, 22, 0, 30), tehran)),
        Err(PlanError::NoSuchTime { local: day(3, 22, 0, 30) })
    );
    assert!(plan_restore(&catalog, &wish(day(9, 20, 23, 30), tehran)).is_ok());
    // STOPAT takes the first; a moment of the second pass is not silently made the first.
    let exact = |hours| Wish {
        target: Target::Moment(WantedMoment::Exact(
            FixedOffset::east_opt(hours)
                .and_then(|offset| offset.from_local_datetime(&day(9, 21, 23, 30)).single())
                .expect("a moment"),
        )),
        zone: tehran,
        ..Wish::default()
    };
    assert_eq!(plan_restore(&catalog, &exact(16_200)).map(|plan| plan.steps[1].stop_at), Ok(Some(day(9, 21, 23, 30))));
    assert!(matches!(
        plan_restore(&catalog, &exact(12_600)),
        Err(PlanError::NotReachable { cause: GapCause::SecondTime, .. })
    ));
    // Without a zone the media's offsets tell that it may have been twice.
    let told = [
        dated(full(10, 100, 0), day(9, 21, 12, 0), Some(18)),
        dated(log(11, 90, 200, 0), day(9, 21, 23, 0), Some(18)),
        dated(log(12, 200, 300, 0), day(9, 22, 1, 0), Some(14)),
    ];
    let catalog = Catalog::new(&told);
    assert!(matches!(plan_restore(&catalog, &wish(day(9, 21, 23, 30), None)), Err(PlanError::RepeatedHour { .. })));
    assert!(plan_restore(&catalog, &wish(day(9, 21, 21, 30), None)).is_ok());
}

#[test]
fn two_fulls_without_a_guid_are_still_two_sets() {
    let mut facts = vec![full(10, 100, 0), full(11, 200, 60), full(10, 100, 0)];
    facts.iter_mut().for_each(|fact| fact.set.backup_set_guid = None);
    facts.iter_mut().for_each(|fact| fact.set.family_guid = None);
    assert_eq!(Catalog::new(&facts).sets().len(), 2);
    assert!(plan_restore(&Catalog::new(&facts), &Wish::default()).is_ok());
}

#[test]
fn nothing_known_is_said_so() {
    assert_eq!(
        newest(&[]).expect_err("nothing").to_string(),
        "no backup of any database is known; check the name and the folder"
    );
    let facts = [log(11, 90, 200, 600)];
    assert!(matches!(
        recovery_timeline(&Catalog::new(&facts), &Wish::default()),
        Err(PlanError::NothingRestorable { .. })
    ));
    let wish = Wish { target: Target::Set(guid(5)), ..Wish::default() };
    assert_eq!(plan_restore(&Catalog::new(&facts), &wish), Err(PlanError::NoSuchSet(guid(5))));
}

// The lab's chains: plans written by hand from the LSNs.

fn lab_plan(folder: &str, wish: &Wish) -> Option<Result<Vec<String>, PlanError>> {
    let facts = lab::facts(folder)?;
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, wish);
    Some(
        plan.map(|plan| plan.steps.iter().flat_map(|step| step.source.files.iter().map(ToString::to_string)).collect()),
    )
}

fn of(database: &str) -> Wish {
    Wish { database: Some(database.to_owned()), ..Wish::default() }
}

fn to(database: &str, local: &str) -> Wish {
    let local = local.parse().expect("a moment");
    Wish { target: Target::Moment(WantedMoment::Local(local)), ..of(database) }
}

/// Checks the plan if the corpus is there.
fn lab_is(folder: &str, wish: &Wish, files: &[&str]) {
    if let Some(plan) = lab_plan(folder, wish) {
        assert_eq!(plan.map_err(|error| error.to_string()), Ok(files.iter().map(ToString::to_string).collect()));
    }
}

#[test]
fn lab_a_full_a_differential_and_logs() {
    for folder in ["lab/RestoreTimeClean/", "lab/restoretimeclean2016/"] {
        lab_is(
            folder,
            &of("RestoreTimeClean"),
            &[
                "RestoreTimeClean.bak",
                "RestoreTimeClean2.bak",
                "RestoreTimeClean2_1.trn",
                "RestoreTimeClean2_2.trn",
                "RestoreTimeClean2_3.trn",
            ],
        );
    }
    // Before the differential there are only the full's own logs.
    lab_is(
        "lab/RestoreTimeClean/",
        &to("RestoreTimeClean", "2017-06-01T13:10:00"),
        &["RestoreTimeClean.bak", "RestoreTimeClean_1.trn", "RestoreTimeClean_2.trn", "RestoreTimeClean_3.trn"],
    );
    lab_is("lab/RestoreTimeClean/", &to("RestoreTimeClean", "2017-06-01T12:59:12"), &["RestoreTimeClean.bak"]);
}

#[test]
fn lab_stripes_are_taken_from_both_folders() {
    lab_is(
        "lab/sql2008-backups/RestoreTimeStripe/",
        &to("RestoreTimeStripe", "2017-12-15T12:48:00"),
        &[
            "RestoreTimeStripe.bak",
            "RestoreTimeStripe1.bak",
            "RestoreTimeStripe_1.trn",
            "RestoreTimeStripe_1a.trn",
            "RestoreTimeStripe_2.trn",
            "RestoreTimeStripe_2a.trn",
        ],
    );
    let Some(half) = lab_plan("lab/sql2008-backups/RestoreTimeStripe/Stripe1/", &of("RestoreTimeStripe")) else {
        return;
    };
    assert!(matches!(half, Err(PlanError::NothingRestorable { .. })), "{half:?}");
}

#[test]
fn lab_olas_folders_of_fulls_differentials_and_logs() {
    // The names say 2016, the headers 2018. The newest differential belongs to the second full; the two
    // logs after it are of an idle database, and show that nothing happened for three more seconds.
    let folder = "lab/OlaMsFilter/complex/";
    let [full, differential] = ["test_FULL_20160629_142200.bak", "test_DIFF_20160629_142800.bak"];
    let [first, second] = ["test_LOG_20160629_142900.trn", "test_LOG_20160629_143000.trn"];
    lab_is(folder, &of("OlaMsFilterTest"), &[full, differential, second]);
    let to = |second: u32| to("OlaMsFilterTest", &format!("2018-07-02T08:17:{second}"));
    lab_is(folder, &to(53), &[full, differential]);
    lab_is(folder, &to(54), &[full, differential, first]);
    lab_is(folder, &to(56), &[full, differential, second]);
    // From the second full on every second can be restored, by logs that hold changes or show that there were none.
    let Some(facts) = lab::facts(folder) else { return };
    let line = recovery_timeline(&Catalog::new(&facts), &of("OlaMsFilterTest")).expect("a timeline");
    assert_eq!(line.gaps, [], "{line}");
    lab_is(
        "lab/OlaMsFilter/Simple/",
        &of("OlaMsFilterTest"),
        &["test_FULL_20160629_141320.bak", "test_LOG_20160629_141330.trn"],
    );
}

#[test]
fn lab_two_differentials_of_one_full() {
    lab_is(
        "lab/sql2008-backups/Cube_Query_History/",
        &of("Cube_Query_History"),
        &[
            "SQL2008_Cube_Query_History_FULL_20170518_041737.bak",
            "SQL2008_Cube_Query_History_DIFF_20170518_041826.bak",
            "SQL2008_Cube_Query_History_LOG_20170518_041837.trn",
        ],
    );
    lab_is(
        "lab/sql2008-backups/SimpleRecovery/",
        &of("SimpleBackTest"),
        &["SimpleBacktest.bak", "SimpleBackTest_2.bak"],
    );
    let Some(moment) = lab_plan("lab/sql2008-backups/SimpleRecovery/", &to("SimpleBackTest", "2018-04-06T10:36:00"))
    else {
        return;
    };
    assert!(matches!(moment, Err(PlanError::NotReachable { cause: GapCause::Simple, .. })), "{moment:?}");
}

#[test]
fn lab_a_database_without_its_full_cannot_be_restored() {
    let Some(plan) = lab_plan("lab/sql2008-backups/db1/", &of("db1")) else { return };
    assert!(matches!(plan, Err(PlanError::NothingRestorable { .. })), "{plan:?}");
}

#[test]
fn lab_a_moment_in_a_log() {
    lab_is(
        "lab/sql2008-backups/StopAt/",
        &to("StopAt", "2020-05-12T13:31:00"),
        &["StopAt.bak", "StopAt_1.trn", "StopAt_2.trn", "StopAt_21.trn"],
    );
    let Some(plan) = lab_plan("lab/sql2008-backups/StopAt/", &to("StopAt", "2020-05-12T13:34:45")) else { return };
    assert!(matches!(plan, Err(PlanError::NotReachable { cause: GapCause::BeyondEnd, .. })), "{plan:?}");
}

// Golden texts.

#[test]
fn a_plan_reads_as_a_list_of_steps() {
    let facts = [full(10, 100, 0), log(11, 90, 200, 600), copy_only(13, 250, 1_000), log(12, 200, 300, 1_200)];
    let catalog = Catalog::new(&facts);
    let plan = plan_restore(&catalog, &moment(900)).expect("a plan");
    assert_eq!(
        plan.to_string(),
        "\
restore of Crm to 2026-01-01 00:15:00 (server's clock)
1. full full10.bak (position 1): the full that the next steps build on
2. log log11.trn (position 1): continues the log at LSN 40000000010500001
3. log log12.trn (position 1) STOPAT 2026-01-01T00:15:00: continues the log at LSN 40000000020000001 and holds the \
         wanted moment
note: 3 steps were never verified; verify them before you rely on them
"
    );
    let newest = plan_restore(&catalog, &Wish::default()).expect("a plan");
    assert_eq!(
        newest.to_string(),
        "\
restore of Crm to 2026-01-01 00:20:00 (server's clock)
1. copy-only full full13.bak (position 1): a copy-only full, which logs can follow
2. log log12.trn (position 1): continues the log at LSN 40000000025500001
note: 2 steps were never verified; verify them before you rely on them
instead: from full10.bak (position 1) to 2026-01-01 00:20:00 (server's clock) in 3 steps
"
    );
}

#[test]
fn a_timeline_reads_as_ranges_and_gaps() {
    let facts = [full(10, 100, 0), log(11, 90, 200, 600), log(13, 300, 400, 1_800), full(14, 500, 3_600)];
    let line = recovery_timeline(&Catalog::new(&facts), &Wish::default()).expect("a timeline");
    assert_eq!(
        line.to_string(),
        "\
Crm can be restored to
  any moment from 2026-01-01 00:00:00 (server's clock) to 2026-01-01 00:10:00 (server's clock)
  gap: a log backup is missing: the log goes up to LSN 40000000020000001, and the next, `log13.trn (position 1)`, \
         begins at LSN 40000000030000001
  2026-01-01 01:00:00 (server's clock)
"
    );
}
