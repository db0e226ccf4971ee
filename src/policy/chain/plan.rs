//! The restore plan: which sets, in which order, and why these.

use std::cmp::Reverse;

use chrono::NaiveDateTime;

use super::catalog::{Catalog, Source};
use super::clock::ServerMoment;
use super::error::{Nearest, PlanError};
use super::facts::Role;
use super::reach::{Cost, Limits, Solution};
use super::reason::{Note, StepReason, notes};
use super::scope::{Scope, Target, Wish};
use super::timeline::{Line, nothing_restorable};
use super::unattached::why_unattached;
use crate::model::{BackupSet, Guid};

/// A restore, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'a> {
    /// The database, as its newest set names it.
    pub database: String,
    /// First the full, then a differential or none, then logs. The last that is applied recovers.
    pub steps: Vec<Step<'a>>,
    /// The state that the database will have.
    pub reaches: ServerMoment,
    /// The recovery fork of that state.
    pub fork: Option<Guid>,
    /// What is worth knowing about the choice: why the newest full is not in it, and more.
    pub notes: Vec<Note>,
    /// What other fulls would have given, the newest first; at most three.
    pub alternatives: Vec<Alternative>,
}

/// One `RESTORE`, or the backup that shows up to when its state holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// Index of [`Catalog::sets`].
    pub set: usize,
    /// The header.
    pub header: &'a BackupSet,
    /// Where to read it from: its soundest whole copy.
    pub source: Source<'a>,
    /// What it is.
    pub role: Role,
    /// `STOPAT`, by the server's clock. Where two logs carry it, the moment lies in the time that
    /// the first one took: if the first already reaches it, the restore is done.
    pub stop_at: Option<NaiveDateTime>,
    /// Why it is needed.
    pub reason: StepReason,
}

impl Step<'_> {
    /// Whether it is restored. The log backup of an idle database adds nothing, and is not.
    pub const fn is_applied(&self) -> bool {
        !matches!(self.reason, StepReason::ShowsIdle { .. })
    }
}

/// What a restore from another full would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Index of [`Catalog::sets`]: the full.
    pub full: usize,
    /// File and position of the full.
    pub place: String,
    /// The state it would reach; `None` if it cannot come to the moment asked for.
    pub reaches: Option<ServerMoment>,
    /// How many steps.
    pub steps: usize,
    /// How many of them nobody verified.
    pub unverified: usize,
}

/// The best plan for a wish. Of all ways, the one wins that comes to the wanted moment; for the
/// newest state the one that goes furthest; then the one with the fewest unverified sets; then the
/// shortest; then the one from the newest full.
///
/// # Errors
/// Says what is missing, and for a moment that cannot be restored the nearest that can.
pub fn plan_restore<'a>(catalog: &Catalog<'a>, wish: &Wish) -> Result<Plan<'a>, PlanError> {
    let mut first_error = None;
    for scope in Scope::find(catalog, wish)? {
        match plan_in(&scope, wish) {
            Ok(plan) => return Ok(plan),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or(PlanError::NoBackups { database: wish.database.clone(), known: Vec::new() }))
}

/// The end of a plan, before it is written out.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub node: usize,
    pub cost: Cost,
    /// The key to stop at.
    pub stop_at: Option<NaiveDateTime>,
}

fn plan_in<'a>(scope: &Scope<'_, 'a>, wish: &Wish) -> Result<Plan<'a>, PlanError> {
    let moment = match wish.target {
        Target::Moment(moment) => Some(scope.clock.wanted(moment)?),
        Target::Newest | Target::Set(_) => None,
    };
    let limits = Limits { moment, full: None };
    let solution = scope.reach.solve(limits);
    let end = match (wish.target, moment) {
        (Target::Set(guid), _) => end_at_set(scope, &solution, guid)?,
        (_, Some(key)) => end_at_moment(scope, &solution, key).ok_or_else(|| not_reachable(scope, key))?,
        (_, None) => furthest_end(scope, &solution).ok_or_else(|| nothing_restorable(scope))?,
    };
    Ok(written_out(scope, &solution, end, limits, wish))
}

/// The end that goes furthest: on the nearest fork, then by LSN, then by time.
pub(super) fn furthest_end(scope: &Scope<'_, '_>, solution: &Solution) -> Option<End> {
    let ends = solution.ways.iter().enumerate().filter(|(at, _)| scope.may_end(*at));
    ends.filter_map(|(at, way)| Some((at, (*way)?.0)))
        .max_by_key(|(at, cost)| {
            let node = &scope.reach.nodes[*at];
            let back = scope.lineage.generations_back(node.fork);
            (Reverse(scope.distance(*at)), Reverse(back), node.last, node.until, Reverse(*cost), *at)
        })
        .map(|(node, cost)| End { node, cost, stop_at: None })
}

/// The cheapest end that gives a moment: data that finished then, or a log that holds it.
pub(super) fn end_at_moment(scope: &Scope<'_, '_>, solution: &Solution, key: NaiveDateTime) -> Option<End> {
    let ends = solution.ways.iter().enumerate().filter(|(at, _)| scope.may_end(*at));
    ends.filter_map(|(at, way)| Some((at, (*way)?.0)))
        .filter_map(|(at, cost)| {
            let within = scope.reach.gives(solution, at, key)?;
            Some(End { node: at, cost, stop_at: within.then_some(key) })
        })
        .min_by_key(|end| (scope.distance(end.node), end.cost, end.node))
}

fn end_at_set(scope: &Scope<'_, '_>, solution: &Solution, guid: Guid) -> Result<End, PlanError> {
    let catalog = scope.catalog;
    let is_it = |set: usize| catalog.sets()[set].header.backup_set_guid == Some(guid);
    let set = scope.sets.iter().copied().find(|set| is_it(*set)).ok_or(PlanError::NoSuchSet(guid))?;
    let place = catalog.place(set);
    if let Err(why) = &catalog.sets()[set].role {
        return Err(PlanError::SetUnusable { place, why: why.clone() });
    }
    let node = scope.reach.nodes.iter().position(|node| node.set == set).ok_or(PlanError::NoSuchSet(guid))?;
    match solution.ways[node] {
        Some((cost, _)) => Ok(End { node, cost, stop_at: None }),
        None => Err(PlanError::SetUnattached { place, missing: why_unattached(scope, solution, node) }),
    }
}

fn not_reachable(scope: &Scope<'_, '_>, key: NaiveDateTime) -> PlanError {
    let solution = scope.reach.solve(Limits::default());
    let line = Line::new(scope, &solution);
    let (before, after) = line.around(key);
    if before.is_none() && after.is_none() {
        return nothing_restorable(scope);
    }
    PlanError::NotReachable {
        wanted: scope.clock.moment(key),
        nearest: Box::new(Nearest {
            before: before.map(|key| scope.clock.moment(key)),
            after: after.map(|key| scope.clock.moment(key)),
        }),
        cause: line.cause(scope, &solution, key),
    }
}

fn written_out<'a>(scope: &Scope<'_, 'a>, solution: &Solution, end: End, limits: Limits, wish: &Wish) -> Plan<'a> {
    let way = steps_to(scope, solution, end);
    let stop_at = end.stop_at.map(|key| (key, scope.clock.moment(key).local));
    let mut steps: Vec<Step<'a>> = Vec::with_capacity(way.len());
    for (number, at) in way.iter().copied().enumerate() {
        let node = &scope.reach.nodes[at];
        let set = &scope.catalog.sets()[node.set];
        let Some(source) = set.sources.first() else { continue };
        let shows = at == end.node && is_only_shown(scope, solution, end, &way);
        let stops = stop_at.filter(|(key, _)| node.stops_at(*key) && !shows);
        let before = number.checked_sub(1).map(|before| way[before]);
        let reason = match scope.reach.shown_until(solution, at).filter(|_| shows) {
            Some(until) => StepReason::ShowsIdle { until: scope.clock.moment(until) },
            None => StepReason::of(scope, before, at, stops.is_some()),
        };
        steps.push(Step {
            set: node.set,
            header: set.header,
            source: source.clone(),
            role: node.role,
            stop_at: stops.map(|(_, local)| local),
            reason,
        });
    }
    let full = way[0];
    let alternatives = alternatives(scope, full, limits, wish);
    Plan {
        database: scope.database_name(),
        steps,
        reaches: scope.clock.moment(reached(scope, solution, end)),
        fork: scope.reach.nodes[end.node].fork,
        notes: notes(scope, solution, end, &way, limits, &alternatives),
        alternatives,
    }
}

/// The nodes of the way to an end, without the logs on it that add nothing.
fn steps_to(scope: &Scope<'_, '_>, solution: &Solution, end: End) -> Vec<usize> {
    let mut way = scope.reach.way_to(solution, end.node);
    way.retain(|at| *at == end.node || !scope.reach.adds_nothing(solution, *at));
    way
}

/// Whether the end only shows that the state before is that of the moment. If the log before may have
/// records of after it, it is not: SQL Server waits for more log until it sees a later record.
fn is_only_shown(scope: &Scope<'_, '_>, solution: &Solution, end: End, way: &[usize]) -> bool {
    let before = way.len().checked_sub(2).map(|before| &scope.reach.nodes[way[before]]);
    let open = before.is_some_and(|before| end.stop_at.is_some_and(|key| before.stops_at(key)));
    scope.reach.adds_nothing(solution, end.node) && !open
}

/// The key that a restore to an end comes to.
pub(super) fn reached(scope: &Scope<'_, '_>, solution: &Solution, end: End) -> NaiveDateTime {
    let shown = scope.reach.shown_until(solution, end.node);
    end.stop_at.or(shown).unwrap_or(scope.reach.nodes[end.node].finish)
}

/// What the newest other fulls would give, within the same limits.
fn alternatives(scope: &Scope<'_, '_>, chosen: usize, limits: Limits, wish: &Wish) -> Vec<Alternative> {
    let nodes = &scope.reach.nodes;
    let mut fulls: Vec<usize> = (0..nodes.len())
        .filter(|at| matches!(nodes[*at].role, Role::Full | Role::CopyOnlyFull) && *at != chosen)
        .filter(|at| limits.moment.is_none_or(|moment| nodes[*at].until <= moment))
        .collect();
    fulls.sort_by_key(|at| (Reverse(nodes[*at].finish), *at));
    fulls
        .into_iter()
        .take(3)
        .map(|full| {
            let solution = scope.reach.solve(Limits { full: Some(full), ..limits });
            let end = match (wish.target, limits.moment) {
                (Target::Set(guid), _) => end_at_set(scope, &solution, guid).ok(),
                (_, Some(key)) => end_at_moment(scope, &solution, key),
                (_, None) => furthest_end(scope, &solution),
            };
            let way = end.map_or(Vec::new(), |end| steps_to(scope, &solution, end));
            Alternative {
                full: nodes[full].set,
                place: scope.catalog.place(nodes[full].set),
                reaches: end.map(|end| scope.clock.moment(reached(scope, &solution, end))),
                steps: way.len(),
                unverified: scope.reach.unverified(&way),
            }
        })
        .collect()
}
