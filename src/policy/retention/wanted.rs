//! What the rules keep of one family of sets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta};

use super::item::KeepReason;
use super::marks::Marks;
use super::period::Period;
use super::rules::Rules;
use crate::model::Guid;
use crate::policy::chain::catalog::folded;
use crate::policy::chain::clock::ServerClock;
use crate::policy::chain::reach::{Cost, Limits, Reach, Solution};
use crate::policy::chain::{Catalog, Role};

/// A family with the cheapest ways to its states.
pub(super) struct FamilyView {
    reach: Reach,
    solution: Solution,
    /// The node of a set.
    node_of: HashMap<usize, usize>,
    /// Each set with its moment and the number of its name.
    sets: Vec<(usize, Option<NaiveDateTime>, usize)>,
    now: NaiveDateTime,
}

impl FamilyView {
    pub fn new(catalog: &Catalog<'_>, family: usize, now: DateTime<FixedOffset>) -> FamilyView {
        let sets = &catalog.families()[family].sets;
        let clock = ServerClock::new(catalog, sets, None);
        let reach = Reach::new(catalog, sets, &clock);
        let solution = reach.solve(Limits::default());
        let node_of = reach.nodes.iter().enumerate().map(|(at, node)| (node.set, at)).collect();
        let mut names: HashMap<&str, usize> = HashMap::new();
        let mut folds: HashMap<String, usize> = HashMap::new();
        let sets = sets
            .iter()
            .map(|at| {
                let header = catalog.sets()[*at].header;
                let when = header.backup_finish_date.or(header.backup_start_date);
                let name = *names.entry(&header.database_name).or_insert_with(|| {
                    let next = folds.len();
                    *folds.entry(folded(&header.database_name)).or_insert(next)
                });
                (*at, when.map(|when| clock.key(when, header.time_zone)), name)
            })
            .collect();
        FamilyView { now: clock.now(now), reach, solution, node_of, sets }
    }

    /// The set that a restore of this one needs just before it.
    pub fn before(&self, set: usize) -> Option<usize> {
        let (_, before) = self.solution.ways[*self.node_of.get(&set)?]?;
        before.map(|before| self.reach.nodes[before].set)
    }

    /// Whether the set can be restored, and whether by verified sets alone.
    pub fn restorable(&self, set: usize) -> Option<bool> {
        let (cost, _) = self.solution.ways[*self.node_of.get(&set)?]?;
        Some(cost.0 == 0)
    }

    /// The newest set, if it is newer than the clock.
    pub fn ahead_of_clock(&self) -> Option<usize> {
        let newest = self.sets.iter().filter_map(|(set, when, _)| when.map(|when| (when, *set))).max();
        newest.filter(|(when, _)| *when > self.now).map(|(_, set)| set)
    }

    /// Marks what the rules keep. `ours` says whether a set is of the question.
    pub fn mark(&self, catalog: &Catalog<'_>, rules: &Rules, ours: impl Fn(usize) -> bool, marks: &mut Marks) {
        let dated = |from: NaiveDateTime| {
            let sets = self.sets.iter().filter(move |(_, when, _)| when.is_some_and(|when| when >= from));
            sets.map(|(set, _, _)| *set)
        };
        for (set, when, _) in self.sets.iter().filter(|(set, _, _)| ours(*set)) {
            if when.is_none() {
                marks.keep(*set, || KeepReason::NoDate);
            }
        }
        if let Some((days, from)) = rules.older_than_days.and_then(|days| Some((days, self.days_ago(days)?))) {
            dated(from).for_each(|set| marks.keep(set, || KeepReason::Young(days)));
            self.mark_ways_to(catalog, from, || KeepReason::Young(days), marks);
        }
        if let Some((days, from)) = rules.recovery_window_days.and_then(|days| Some((days, self.days_ago(days)?))) {
            let restorable = dated(from).filter(|set| self.restorable(*set).is_some());
            restorable.for_each(|set| marks.keep(set, || KeepReason::Window(days)));
            self.mark_ways_to(catalog, from, || KeepReason::Window(days), marks);
        }
        if rules.by_kind.is_given() {
            for (set, when, _) in self.sets.iter().filter(|(set, _, _)| ours(*set)) {
                match rules.by_kind.of(catalog.sets()[*set].header.backup_type) {
                    None => marks.keep(*set, || KeepReason::NoRule),
                    Some(days) if *when >= self.days_ago(days) => marks.keep(*set, || KeepReason::Young(days)),
                    Some(_) => {}
                }
            }
        }
        for group in self.groups(&ours).values() {
            self.mark_group(catalog, rules, group, marks);
        }
        self.mark_last(catalog, &ours, marks);
    }

    fn days_ago(&self, days: u32) -> Option<NaiveDateTime> {
        self.now.checked_sub_signed(TimeDelta::days(i64::from(days)))
    }

    /// Keeps, for each fork, the cheapest way to a moment.
    fn mark_ways_to(
        &self,
        catalog: &Catalog<'_>,
        moment: NaiveDateTime,
        reason: impl Fn() -> KeepReason,
        marks: &mut Marks,
    ) {
        let solution = self.reach.solve(Limits { moment: Some(moment), full: None });
        let mut best: BTreeMap<Option<Guid>, (Cost, usize)> = BTreeMap::new();
        for (at, node) in self.reach.nodes.iter().enumerate() {
            let Some((cost, _)) = solution.ways[at] else { continue };
            if self.reach.gives(&solution, at, moment).is_some() {
                let least = best.entry(node.fork).or_insert((cost, at));
                *least = (*least).min((cost, at));
            }
        }
        for (_, at) in best.into_values() {
            self.mark_way(catalog, &solution, at, &reason, marks);
        }
    }

    /// Keeps a node for a reason, and the way to it because the next step needs it.
    fn mark_way(
        &self,
        catalog: &Catalog<'_>,
        solution: &Solution,
        at: usize,
        reason: impl Fn() -> KeepReason,
        marks: &mut Marks,
    ) {
        let way = self.reach.way_to(solution, at);
        let set = |step: usize| self.reach.nodes[step].set;
        marks.keep(set(at), reason);
        for pair in way.windows(2) {
            marks.keep_for(set(pair[0]), set(pair[1]), catalog);
        }
    }

    /// The sets of each database and fork, the newest first.
    fn groups(&self, ours: impl Fn(usize) -> bool) -> BTreeMap<(Option<Guid>, usize), Group> {
        let mut groups: BTreeMap<(Option<Guid>, usize), Group> = BTreeMap::new();
        for (set, when, name) in self.sets.iter().filter(|(set, _, _)| ours(*set)) {
            let (Some(when), Some(at)) = (when, self.node_of.get(set)) else { continue };
            let node = &self.reach.nodes[*at];
            let group = groups.entry((node.fork, *name)).or_default();
            group.all.push((*when, *set));
            if let Some((cost, _)) = self.solution.ways[*at].filter(|_| node.role != Role::Log) {
                group.data.push(Data {
                    when: *when,
                    at: *at,
                    verified: cost.0 == 0,
                    full: node.role != Role::Differential,
                });
            }
        }
        for group in groups.values_mut() {
            group.data.sort_by_key(|data| Reverse((data.when, data.at)));
        }
        groups
    }

    fn mark_group(&self, catalog: &Catalog<'_>, rules: &Rules, group: &Group, marks: &mut Marks) {
        if let Some(count) = rules.keep_last {
            let fulls = group.last_fulls(count);
            fulls.iter().for_each(|full| marks.keep(self.reach.nodes[full.at].set, || KeepReason::Last(count)));
            if let Some(oldest) = fulls.last() {
                let since = group.all.iter().filter(|(when, _)| *when >= oldest.when);
                since.for_each(|(_, set)| marks.keep(*set, || KeepReason::Last(count)));
            }
        }
        let (calendar, start) = (rules.calendar, rules.week_start);
        let date = |data: &Data| {
            let header = catalog.sets()[self.reach.nodes[data.at].set].header;
            header.backup_finish_date.map(|finish| finish.date())
        };
        let kept = [
            group.last_of(rules.keep_daily, |data| date(data).map(Period::day)),
            group.last_of(rules.keep_weekly, |data| date(data).map(|date| Period::week(date, start))),
            group.last_of(rules.keep_monthly, |data| date(data).map(|date| Period::month(date, calendar))),
            group.last_of(rules.keep_yearly, |data| date(data).map(|date| Period::year(date, calendar))),
        ];
        for (period, at) in kept.into_iter().flatten() {
            marks.keep(self.reach.nodes[at].set, || KeepReason::Period(period));
        }
        for full in group.last_fulls(rules.minimum_fulls) {
            marks.keep(self.reach.nodes[full.at].set, || KeepReason::Minimum(rules.minimum_fulls));
        }
    }

    /// Keeps the last chain of each database, and all that is newer than what was verified.
    fn mark_last(&self, catalog: &Catalog<'_>, ours: impl Fn(usize) -> bool, marks: &mut Marks) {
        let mut last: BTreeMap<usize, [Option<(NaiveDateTime, usize)>; 2]> = BTreeMap::new();
        for (set, when, name) in self.sets.iter().filter(|(set, _, _)| ours(*set)) {
            let ends = last.entry(*name).or_default();
            let (Some(when), Some(verified)) = (when, self.restorable(*set)) else { continue };
            ends[0] = ends[0].max(Some((*when, self.node_of[set])));
            if verified {
                ends[1] = ends[1].max(Some((*when, self.node_of[set])));
            }
        }
        for (_, at) in last.values().flatten().flatten() {
            self.mark_way(catalog, &self.solution, *at, || KeepReason::LastChain, marks);
        }
        for (set, when, name) in self.sets.iter().filter(|(set, _, _)| ours(*set)) {
            let verified = last.get(name).and_then(|ends| ends[1]);
            if verified.is_none_or(|(verified, _)| when.is_none_or(|when| when > verified)) {
                marks.keep(*set, || KeepReason::NewerThanVerified);
            }
        }
    }
}

/// The sets of one database on one fork.
#[derive(Default)]
struct Group {
    all: Vec<(NaiveDateTime, usize)>,
    /// Fulls and differentials that can be restored, the newest first.
    data: Vec<Data>,
}

struct Data {
    when: NaiveDateTime,
    at: usize,
    verified: bool,
    full: bool,
}

impl Group {
    /// The newest fulls, until `count` verified ones are among them: others are kept on the way,
    /// but do not count.
    fn last_fulls(&self, count: u32) -> Vec<&Data> {
        let mut verified = 0;
        let fulls = self.data.iter().filter(|data| data.full);
        fulls
            .take_while(|full| {
                let enough = verified >= count;
                verified += u32::from(full.verified);
                !enough
            })
            .collect()
    }

    /// The last verified state of each of the newest `count` periods that have one; a period
    /// without one keeps its last state too, but does not count.
    fn last_of(&self, count: Option<u32>, period: impl Fn(&Data) -> Option<Period>) -> Vec<(Period, usize)> {
        let mut kept: Vec<(Period, usize, bool)> = Vec::new();
        let mut counted = 0;
        for data in self.data.iter().filter(|_| count.is_some()) {
            let Some(period) = period(data) else { continue };
            match kept.last_mut().filter(|(last, _, _)| *last == period) {
                Some((_, at, verified)) if !*verified && data.verified => (*at, *verified) = (data.at, true),
                Some(_) => continue,
                None if count.is_some_and(|count| counted >= count) => break,
                None => kept.push((period, data.at, data.verified)),
            }
            counted += u32::from(data.verified);
        }
        kept.into_iter().map(|(period, at, _)| (period, at)).collect()
    }
}
