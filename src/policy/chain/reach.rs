//! Which states can be reached, and by which cheapest way: every full, differential and log of a
//! family at once.
//!
//! The rules are SQL Server's:
//! - a differential goes on the full it names (`DifferentialBaseGUID`, else `DifferentialBaseLSN`,
//!   else `DatabaseBackupLSN`), never on a copy-only full;
//! - a log backup goes on a state whose LSN it holds (`FirstLSN <= LSN <= LastLSN`) and which is on
//!   its recovery fork, or on the fork it began on and not past the fork point.
//!
//! A log that ends with the very LSN of the state adds nothing: nobody wrote to the database in
//! between. It is a way to that state at a later time, and no step of a restore.
//!
//! States are sorted by fork and LSN, so the states that a log can follow are one range, and the
//! cheapest of a range is kept by a tree: n log n for n sets.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDateTime;

use super::catalog::{Catalog, KnownSet, real};
use super::clock::ServerClock;
use super::facts::Role;
use super::fork::crossing;
use super::tree::MinTree;
use crate::model::{BackupSet, Guid, Lsn};

/// A usable set, as a step of a restore.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Node {
    /// Index of [`Catalog::sets`].
    pub set: usize,
    pub role: Role,
    pub first: Lsn,
    pub last: Lsn,
    pub fork: Option<Guid>,
    /// The fork it begins on and the LSN where it leaves that, for a log that spans a fork point.
    crossing: Option<(Guid, Lsn)>,
    /// Up to when its content surely goes: the finish of data, the start of a log backup.
    pub until: NaiveDateTime,
    pub finish: NaiveDateTime,
    /// For a differential, the node of its full.
    pub base: Option<usize>,
    pub bulk_logged: bool,
    verified: bool,
}

impl Node {
    /// Whether it may have records of after a moment, and can be stopped before them.
    pub fn stops_at(&self, moment: NaiveDateTime) -> bool {
        self.role == Role::Log && self.finish >= moment && !self.bulk_logged
    }

    /// From which LSN of its own fork on a log holds everything.
    fn own_from(&self) -> Lsn {
        self.crossing.map_or(self.first, |(_, point)| self.first.max(point))
    }
}

/// What a way costs. Less is better: fewer unverified sets, fewer steps, a newer base.
pub(in crate::policy) type Cost = (u32, u32, Reverse<Lsn>);

/// The nodes of a family.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Reach {
    /// Sorted by fork and LSN.
    pub nodes: Vec<Node>,
    /// Indices of `nodes` such that every step comes after those it can follow.
    order: Vec<usize>,
}

/// What of the family may be used.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::policy) struct Limits {
    /// Only states not after this key.
    pub moment: Option<NaiveDateTime>,
    /// Only this full (a node).
    pub full: Option<usize>,
}

/// The cheapest way to every node that can be reached.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Solution {
    pub ways: Vec<Option<(Cost, Option<usize>)>>,
}

impl Reach {
    pub fn new(catalog: &Catalog<'_>, sets: &[usize], clock: &ServerClock) -> Reach {
        let usable = sets.iter().filter_map(|at| {
            let set = &catalog.sets()[*at];
            set.role.as_ref().ok().and_then(|role| node(*at, set, *role, clock))
        });
        let mut nodes: Vec<Node> = usable.collect();
        nodes.sort_by_key(|node| (node.fork, node.last, node.role == Role::Log, node.until, node.set));
        let bases = Bases::new(catalog, &nodes);
        for node in nodes.iter_mut().filter(|node| node.role == Role::Differential) {
            node.base = bases.base_of(catalog.sets()[node.set].header);
        }
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|at| {
            let node = &nodes[*at];
            let kind = match node.role {
                Role::Full | Role::CopyOnlyFull => 0_u8,
                Role::Differential => 1,
                Role::Log if node.first < node.last => 2,
                Role::Log => 3,
            };
            // A differential's base is never after it, whatever its header says.
            (node.last, kind, node.until, *at)
        });
        Reach { nodes, order }
    }

    /// The cheapest way to each node within the limits.
    pub fn solve(&self, limits: Limits) -> Solution {
        let mut ways: Vec<Option<(Cost, Option<usize>)>> = vec![None; self.nodes.len()];
        let mut states: MinTree<(Cost, usize)> = MinTree::new(self.nodes.len());
        for at in self.order.iter().copied() {
            let node = &self.nodes[at];
            let too_late = |moment: NaiveDateTime| match node.role {
                Role::Log => node.until >= moment,
                _ => node.until > moment,
            };
            let late = limits.moment.is_some_and(too_late);
            let way = match node.role {
                _ if late && node.role != Role::Log => None,
                Role::Full | Role::CopyOnlyFull => self.full_cost(at, limits).map(|cost| (cost, None)),
                Role::Differential => node
                    .base
                    .and_then(|base| Some((self.plus(self.full_cost(base, limits)?, at), Some(base))))
                    .filter(|_| node.base.is_some_and(|base| self.nodes[base].last <= node.last)),
                Role::Log => {
                    let followed = self.followed(node);
                    let adding = followed.into_iter().filter_map(|range| states.min(range)).min();
                    let adding = adding.map(|(cost, before)| (self.plus(cost, at), Some(before)));
                    let idle = states.min(self.unchanged(node));
                    let idle = idle.map(|((risk, steps, base), before)| {
                        ((risk + u32::from(!node.verified), steps, base), Some(before))
                    });
                    match late && node.bulk_logged {
                        // It cannot be stopped inside, but needs not where it adds nothing.
                        true => idle.or(adding),
                        false => [adding, idle].into_iter().flatten().min(),
                    }
                }
            };
            ways[at] = way;
            if let Some((cost, _)) = way.filter(|_| !late) {
                states.set(at, (cost, at));
            }
        }
        Solution { ways }
    }

    /// The ranges of nodes to whose states a log adds something.
    pub fn followed(&self, log: &Node) -> [Range<usize>; 2] {
        let own = self.range(log.fork, |lsn| lsn >= log.own_from(), |lsn| lsn < log.last);
        let parents = match log.crossing {
            // An empty one still leads to the new fork, which the next logs are of.
            Some((fork, point)) => {
                let below = |lsn: Lsn| lsn < log.last || log.first == log.last && lsn == log.last;
                self.range(Some(fork), |lsn| lsn >= log.first, |lsn| lsn <= point && below(lsn))
            }
            None => 0..0,
        };
        [own, parents]
    }

    /// The range of nodes to whose states a log adds nothing.
    pub fn unchanged(&self, log: &Node) -> Range<usize> {
        self.range(log.fork, |lsn| lsn >= log.own_from().max(log.last), |lsn| lsn <= log.last)
    }

    /// Whether the step to a node adds nothing to the state before.
    pub fn adds_nothing(&self, solution: &Solution, at: usize) -> bool {
        self.shown_until(solution, at).is_some()
    }

    /// Up to when a node shows the state before to be that of the database, if it adds nothing to it.
    pub fn shown_until(&self, solution: &Solution, at: usize) -> Option<NaiveDateTime> {
        let node = &self.nodes[at];
        let before = &self.nodes[solution.ways[at]?.1?];
        let is_same = (before.last, before.fork) == (node.last, node.fork);
        // It may have begun while the backup before it was made.
        (node.role == Role::Log && is_same).then_some(node.until.max(before.until))
    }

    /// Whether the way to a node gives a moment, for which it was solved: `Some(true)` inside a log.
    pub fn gives(&self, solution: &Solution, at: usize, moment: NaiveDateTime) -> Option<bool> {
        let node = &self.nodes[at];
        let splits = node.role == Role::Log && (!node.bulk_logged || self.adds_nothing(solution, at));
        match splits {
            true => (node.until >= moment).then_some(true),
            false => (node.until == moment).then_some(false),
        }
    }

    /// How many of the nodes nobody verified.
    pub fn unverified(&self, nodes: &[usize]) -> usize {
        nodes.iter().filter(|at| !self.nodes[**at].verified).count()
    }

    /// The steps of the way to a node, from the full on.
    pub fn way_to(&self, solution: &Solution, node: usize) -> Vec<usize> {
        let mut steps = vec![node];
        while let Some((_, Some(before))) = solution.ways[steps[steps.len() - 1]] {
            steps.push(before);
        }
        steps.reverse();
        steps
    }

    fn range(&self, fork: Option<Guid>, from: impl Fn(Lsn) -> bool, to: impl Fn(Lsn) -> bool) -> Range<usize> {
        let start = self.nodes.partition_point(|node| node.fork < fork || (node.fork == fork && !from(node.last)));
        let end = self.nodes.partition_point(|node| node.fork < fork || (node.fork == fork && to(node.last)));
        start..end.max(start)
    }

    fn full_cost(&self, at: usize, limits: Limits) -> Option<Cost> {
        let node = &self.nodes[at];
        let wanted = limits.full.is_none_or(|full| full == at);
        let in_time = limits.moment.is_none_or(|moment| node.until <= moment);
        (wanted && in_time).then(|| (u32::from(!node.verified), 1, Reverse(node.last)))
    }

    fn plus(&self, (risk, steps, base): Cost, at: usize) -> Cost {
        (risk + u32::from(!self.nodes[at].verified), steps + 1, base)
    }
}

fn node(at: usize, set: &KnownSet<'_>, role: Role, clock: &ServerClock) -> Option<Node> {
    let header = set.header;
    let finish = header.backup_finish_date?;
    let start = header.backup_start_date.unwrap_or(finish).min(finish);
    let until = if role == Role::Log { start } else { finish };
    Some(Node {
        set: at,
        role,
        first: header.first_lsn,
        last: header.last_lsn,
        fork: real(header.recovery_fork_id),
        crossing: if role == Role::Log { crossing(header) } else { None },
        until: clock.key(until, header.time_zone),
        finish: clock.key(finish, header.time_zone),
        base: None,
        bulk_logged: header.has_bulk_logged_data == Some(true),
        verified: set.is_verified(),
    })
}

/// The fulls that differentials can name.
struct Bases {
    by_guid: HashMap<Guid, usize>,
    by_lsn: HashMap<Lsn, Vec<(usize, Option<Guid>)>>,
}

impl Bases {
    fn new(catalog: &Catalog<'_>, nodes: &[Node]) -> Bases {
        let mut bases = Bases { by_guid: HashMap::new(), by_lsn: HashMap::new() };
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| node.role == Role::Full) {
            let header = catalog.sets()[node.set].header;
            if let Some(guid) = real(header.backup_set_guid) {
                bases.by_guid.insert(guid, at);
            }
            bases.by_lsn.entry(header.checkpoint_lsn).or_default().push((at, node.fork));
            if header.first_lsn != header.checkpoint_lsn {
                bases.by_lsn.entry(header.first_lsn).or_default().push((at, node.fork));
            }
        }
        bases
    }

    fn base_of(&self, differential: &BackupSet) -> Option<usize> {
        if let Some(guid) = real(differential.differential_base_guid) {
            return self.by_guid.get(&guid).copied();
        }
        let lsn =
            differential.differential_base_lsn.filter(|lsn| !lsn.is_zero()).unwrap_or(differential.database_backup_lsn);
        let fork = real(differential.recovery_fork_id);
        let same = self.by_lsn.get(&lsn).filter(|_| !lsn.is_zero())?;
        // Two forks can reach one LSN by different content: then only the own fork's full will do.
        match same[..] {
            [(only, _)] => Some(only),
            _ => same.iter().find(|(_, of)| *of == fork).map(|(at, _)| *at),
        }
    }
}
