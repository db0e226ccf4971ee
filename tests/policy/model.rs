//! A small model of SQL Server's own rules: databases that are written to, backed up, damaged and
//! restored to earlier states, and a `RESTORE` that accepts or refuses a sequence of sets and says
//! which commits the database then holds. It shares no code with `policy`.

use std::collections::BTreeSet;

use pgbackup::model::{BackupType, RecoveryModel};
use pgbackup::policy::chain::{ChainSet, Soundness};

use super::dice::Dice;
use super::headers::{at, guid, header, lsn};

/// A committed transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit {
    pub lsn: u32,
    pub time: i64,
    pub id: u32,
}

/// What a database holds.
pub type Content = BTreeSet<Commit>;

/// One backup set that the model's server made.
#[derive(Clone, Debug)]
pub struct Made {
    pub kind: BackupType,
    pub number: u32,
    pub copy_only: bool,
    pub snapshot: bool,
    pub bulk: bool,
    pub first: u32,
    pub last: u32,
    pub start: i64,
    pub finish: i64,
    pub fork: u32,
    pub first_fork: u32,
    pub fork_point: u32,
    pub base: Option<u32>,
    pub simple: bool,
    /// All of it for data, only the new for a log.
    pub content: Content,
    /// Whether the files that are left can serve.
    pub usable: bool,
}

/// A database of the model's server.
#[derive(Clone, Debug)]
pub struct Database {
    pub made: Vec<Made>,
    /// Every state that was ever the database's: fork and its commits, as it grew.
    pub futures: Vec<(u32, Content)>,
    /// The longest pause between two things that happen, in seconds.
    pub pace: u64,
    content: Content,
    clock: i64,
    lsn: u32,
    fork: u32,
    next: u32,
    base: Option<u32>,
    simple: bool,
    /// Where the next log backup begins, with the fork and the fork point it spans.
    log_from: Option<(u32, u32, u32)>,
    log_of: Content,
    bulk: bool,
}

/// A state in the middle of a restore.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub lsn: u32,
    pub fork: u32,
    pub until: i64,
    full: Option<u32>,
    pub content: Content,
}

/// Why the server refused, by its message number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub u32);

impl Database {
    /// A new database; `number` keeps the GUIDs of several apart.
    pub fn new(number: u32, simple: bool) -> Database {
        let fork = number * 100_000 + 1;
        Database {
            made: Vec::new(),
            futures: vec![(fork, Content::new())],
            pace: 7_200,
            content: Content::new(),
            clock: 1_000 * i64::from(number),
            lsn: 100,
            fork,
            next: number * 100_000 + 2,
            base: None,
            simple,
            log_from: None,
            log_of: Content::new(),
            bulk: false,
        }
    }

    /// Does something that happens to databases.
    pub fn live(&mut self, dice: &mut Dice) {
        self.wait(2 + dice.roll(self.pace) as i64);
        match dice.roll(20) {
            0..=6 => self.commit(dice),
            7 | 8 => self.full(false, dice),
            9 => self.full(true, dice),
            10..=12 => self.differential(),
            13..=17 => self.log(dice),
            18 => self.restored(dice),
            _ if dice.one_in(4) => self.switched(),
            _ => self.commit(dice),
        }
    }

    pub fn commit(&mut self, dice: &mut Dice) {
        for _ in 0..=dice.roll(3) {
            self.clock += 1;
            self.lsn += 1 + dice.roll(9) as u32;
            self.next += 1;
            let commit = Commit { lsn: self.lsn, time: self.clock, id: self.next };
            self.lsn += 1;
            self.content.insert(commit);
            self.log_of.insert(commit);
            if let Some(future) = self.futures.last_mut() {
                future.1.insert(commit);
            }
        }
        self.bulk |= !self.simple && dice.one_in(12);
        self.clock += 1;
    }

    pub fn full(&mut self, copy_only: bool, dice: &mut Dice) {
        let (first, number) = (self.lsn, self.number());
        // The checkpoint and the records of the backup itself.
        self.lsn += 3;
        let snapshot = !copy_only && dice.one_in(8);
        let mut set = self.set(BackupType::Full, number, first);
        (set.copy_only, set.snapshot, set.usable) = (copy_only, snapshot, !snapshot);
        self.clock += dice.roll(30) as i64;
        set.finish = self.clock;
        self.made.push(set);
        if !copy_only {
            self.base = Some(number);
        }
        if !self.simple && self.log_from.is_none() && !copy_only {
            self.log_from = Some((first, self.fork, 0));
            self.log_of = Content::new();
        }
    }

    pub fn differential(&mut self) {
        let Some(base) = self.base else { return };
        let (first, number) = (self.lsn, self.number());
        self.lsn += 3;
        let mut set = self.set(BackupType::Differential, number, first);
        set.base = Some(base);
        self.made.push(set);
    }

    pub fn log(&mut self, dice: &mut Dice) {
        let Some((first, first_fork, fork_point)) = self.log_from else { return };
        let number = self.number();
        let mut set = self.set(BackupType::Log, number, first);
        (set.first_fork, set.fork_point, set.bulk) = (first_fork, fork_point, self.bulk);
        set.content = self.log_of.clone();
        self.clock += dice.roll(3) as i64;
        set.finish = self.clock;
        if dice.one_in(6) {
            // Copy-only: the next log begins where this one did.
            set.copy_only = true;
        } else {
            self.log_from = Some((self.lsn, self.fork, 0));
            self.log_of = Content::new();
            self.bulk = false;
        }
        self.made.push(set);
    }

    /// Somebody restores the database to an earlier state: a new future begins.
    fn restored(&mut self, dice: &mut Dice) {
        let states = reachable(&self.made, |_| true);
        if states.is_empty() {
            return;
        }
        let state = states[dice.roll(states.len() as u64) as usize].0.clone();
        let old = state.fork;
        self.fork = self.number();
        self.content = state.content;
        self.lsn = state.lsn;
        self.base = state.full.filter(|full| self.made.iter().any(|set| set.number == *full && !set.copy_only));
        self.log_from = (!self.simple).then_some((state.lsn, old, state.lsn));
        self.log_of = Content::new();
        self.bulk = false;
        self.futures.push((self.fork, self.content.clone()));
    }

    fn switched(&mut self) {
        self.simple = !self.simple;
        self.log_from = None;
        self.log_of = Content::new();
        self.bulk = false;
    }

    /// Nothing happens for so many seconds.
    pub fn wait(&mut self, seconds: i64) {
        self.clock += seconds;
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn set(&self, kind: BackupType, number: u32, first: u32) -> Made {
        Made {
            kind,
            number,
            copy_only: false,
            snapshot: false,
            bulk: false,
            first,
            last: self.lsn,
            start: self.clock,
            finish: self.clock,
            fork: self.fork,
            first_fork: self.fork,
            fork_point: 0,
            base: None,
            simple: self.simple,
            content: self.content.clone(),
            usable: true,
        }
    }
}

/// `RESTORE`: the state after one more set.
pub fn apply(state: Option<&State>, set: &Made, stop_at: Option<i64>) -> Result<State, Refused> {
    let own = |content: Content, full| State { lsn: set.last, fork: set.fork, until: set.finish, full, content };
    match (set.kind, state) {
        _ if !set.usable => Err(Refused(3241)),
        (BackupType::Full, None) => Ok(own(set.content.clone(), Some(set.number))),
        (_, None) => Err(Refused(3118)),
        (BackupType::Differential, Some(before)) if before.full.is_some() && before.full == set.base => {
            Ok(State { full: None, ..own(set.content.clone(), None) })
        }
        (BackupType::Differential, _) => Err(Refused(3136)),
        (BackupType::Log, Some(before)) => {
            if set.first > before.lsn {
                return Err(Refused(4305));
            }
            // One that ends with the very state is taken, and adds nothing (log shippers that restored
            // their last log twice saw it: trimble-oss/sql-log-shipping-service #40).
            if set.last < before.lsn {
                return Err(Refused(4326));
            }
            let spans = set.first_fork != set.fork;
            let on_own = before.fork == set.fork && (!spans || before.lsn >= set.fork_point);
            let on_first = spans && before.fork == set.first_fork && before.lsn <= set.fork_point;
            if !on_own && !on_first {
                return Err(Refused(4330));
            }
            if let Some(stop) = stop_at {
                if set.bulk && set.last > before.lsn {
                    return Err(Refused(4341));
                }
                if stop < before.until || stop > set.start {
                    return Err(Refused(4335));
                }
            }
            let mut content = before.content.clone();
            let new = set.content.iter().filter(|commit| commit.lsn >= before.lsn);
            content.extend(new.filter(|commit| stop_at.is_none_or(|stop| commit.time <= stop)));
            Ok(State { lsn: set.last, fork: set.fork, until: stop_at.unwrap_or(set.start), full: None, content })
        }
        _ => Err(Refused(3013)),
    }
}

/// Every state that any sequence of the chosen sets gives, each with the number of its last set.
pub fn reachable(made: &[Made], chosen: impl Fn(&Made) -> bool) -> Vec<(State, u32)> {
    let sets: Vec<&Made> = made.iter().filter(|set| chosen(set)).collect();
    let mut states: Vec<(State, u32)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut todo: Vec<Option<usize>> = vec![None];
    while let Some(from) = todo.pop() {
        for set in &sets {
            let before = from.map(|at| &states[at].0);
            if let Ok(state) = apply(before, set, None) {
                let key = (state.lsn, state.fork, state.until, state.full, set.number);
                if seen.insert(key) {
                    todo.push(Some(states.len()));
                    states.push((state, set.number));
                }
            }
        }
    }
    states
}

/// The forks on which any sequence of the sets restores the database to a moment; `states` are
/// those that the sets give.
pub fn forks_with_moment(made: &[Made], states: &[(State, u32)], moment: i64) -> BTreeSet<u32> {
    let exact = states.iter().filter(|(state, _)| state.until == moment).map(|(state, _)| state.fork);
    let within = states.iter().flat_map(|(state, _)| {
        let logs = made.iter().filter(|set| set.kind == BackupType::Log);
        logs.filter_map(|set| apply(Some(state), set, Some(moment)).ok()).map(|state| state.fork)
    });
    exact.chain(within).collect()
}

/// The facts that a folder would tell of a set, whole and unverified.
pub fn fact(set: &Made, database: u32) -> ChainSet {
    let mut header = header(set.kind, set.number, set.first, set.last, set.finish);
    header.backup_start_date = Some(at(set.start));
    header.is_copy_only = Some(set.copy_only);
    header.is_snapshot = Some(set.snapshot);
    header.has_bulk_logged_data = Some(set.bulk);
    header.recovery_fork_id = Some(guid(set.fork));
    header.first_recovery_fork_id = Some(guid(set.first_fork));
    header.fork_point_lsn = (set.fork_point != 0).then(|| lsn(set.fork_point));
    header.family_guid = Some(guid(database * 100_000 + 1));
    header.database_name = format!("Db{database}");
    header.differential_base_guid = set.base.map(guid);
    header.recovery_model = Some(if set.simple { RecoveryModel::Simple } else { RecoveryModel::Full });
    ChainSet::new(header, format!("/b/{}.bak", set.number))
}

/// Marks facts and the model alike as broken.
pub fn damage(set: &mut Made, facts: &mut [ChainSet], dice: &mut Dice) {
    set.usable = false;
    let soundness = if dice.one_in(2) { Soundness::Damaged } else { Soundness::Incomplete };
    facts.iter_mut().filter(|fact| fact.set.backup_set_guid == Some(guid(set.number))).for_each(|fact| {
        fact.soundness = soundness;
    });
}
