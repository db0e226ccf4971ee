//! Which moments can be restored, and why the others cannot.

use chrono::NaiveDateTime;

use super::clock::ServerMoment;
use super::error::{GapCause, PlanError};
use super::facts::Role;
use super::reach::{Limits, Node, Solution};
use super::scope::{Scope, Wish};
use crate::model::{Guid, Lsn, RecoveryModel};
use crate::policy::chain::Catalog;

/// Every second from `from` to `to` can be restored; both are one moment where there is no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryRange {
    /// The first moment.
    pub from: ServerMoment,
    /// The last moment.
    pub to: ServerMoment,
    /// The recovery fork at its end.
    pub fork: Option<Guid>,
    /// Index of [`Catalog::sets`]: the set that the last moment needs last.
    pub last_set: usize,
}

/// Between two ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last restorable moment before.
    pub after: ServerMoment,
    /// The first restorable moment after.
    pub before: ServerMoment,
    /// Why nothing between can be restored.
    pub cause: GapCause,
}

/// What moments of a database can be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The database.
    pub database: String,
    /// In the order of time.
    pub ranges: Vec<RecoveryRange>,
    /// One between each two ranges.
    pub gaps: Vec<Gap>,
}

/// The timeline of the database that the wish names; its target does not matter.
///
/// # Errors
/// No database or several fit the wish, or nothing can be restored.
pub fn recovery_timeline(catalog: &Catalog<'_>, wish: &Wish) -> Result<Timeline, PlanError> {
    let mut scopes = Scope::find(catalog, wish)?.into_iter();
    let mut error = None;
    scopes
        .find_map(|scope| {
            let line = Line::new(&scope, &scope.reach.solve(Limits::default()));
            if line.spans.is_empty() {
                error.get_or_insert(nothing_restorable(&scope));
                return None;
            }
            Some(line.timeline(&scope))
        })
        .ok_or_else(|| error.unwrap_or(PlanError::NoBackups { database: wish.database.clone(), known: Vec::new() }))
}

/// The error of a scope in which nothing can be restored.
pub(super) fn nothing_restorable(scope: &Scope<'_, '_>) -> PlanError {
    let newest = scope.sets.iter().map(|at| &scope.catalog.sets()[*at]).max_by_key(|set| set.age());
    let reason = match newest.map(|set| &set.role) {
        Some(Err(why)) => format!("of the newest, {why}"),
        _ => "the full that the others build on is not there".to_owned(),
    };
    PlanError::NothingRestorable { database: scope.database_name(), reason }
}

/// A stretch of restorable moments, by keys.
#[derive(Clone, Debug)]
struct Span {
    from: NaiveDateTime,
    to: NaiveDateTime,
    /// The node that holds the last moment.
    last: usize,
}

/// The restorable moments of a scope, by keys.
pub(super) struct Line {
    spans: Vec<Span>,
}

impl Line {
    pub fn new(scope: &Scope<'_, '_>, solution: &Solution) -> Line {
        let nodes = &scope.reach.nodes;
        let mut next_reached = vec![usize::MAX; nodes.len() + 1];
        for at in (0..nodes.len()).rev() {
            next_reached[at] = if solution.ways[at].is_some() { at } else { next_reached[at + 1] };
        }
        // From the first state on that the log follows, any moment; with bulk operations only where it
        // adds nothing.
        let begin = |node: &Node| {
            let [own, parents] = if node.bulk_logged { [0..0, 0..0] } else { scope.reach.followed(node) };
            let firsts = [own, parents, scope.reach.unchanged(node)].into_iter().filter_map(|range| {
                let first = next_reached[range.start.min(nodes.len())];
                (first < range.end).then(|| nodes[first].until)
            });
            firsts.min()
        };
        let mut spans: Vec<Span> = nodes
            .iter()
            .enumerate()
            .filter(|(at, _)| solution.ways[*at].is_some() && scope.may_end(*at))
            .filter_map(|(at, node)| {
                let from = match node.role {
                    Role::Log if node.bulk_logged => begin(node).map_or(node.until, |from| from.min(node.until)),
                    Role::Log => begin(node)?,
                    _ => node.until,
                };
                (from <= node.until).then_some(Span { from, to: node.until, last: at })
            })
            .collect();
        spans.sort_by_key(|span| (span.from, span.to, span.last));
        let mut merged: Vec<Span> = Vec::new();
        for span in spans {
            match merged.last_mut() {
                Some(before) if span.from <= before.to => {
                    if span.to > before.to {
                        (before.to, before.last) = (span.to, span.last);
                    }
                }
                _ => merged.push(span),
            }
        }
        Line { spans: merged }
    }

    /// The nearest restorable moments at or before, and at or after, a key.
    pub fn around(&self, key: NaiveDateTime) -> (Option<NaiveDateTime>, Option<NaiveDateTime>) {
        let after = self.spans.partition_point(|span| span.from <= key);
        let before = after.checked_sub(1).map(|at| self.spans[at].to.min(key));
        let after = match before {
            Some(before) if before == key => Some(key),
            _ => self.spans.get(after).map(|span| span.from),
        };
        (before, after)
    }

    /// Why a moment that is in no span cannot be restored.
    pub fn cause(&self, scope: &Scope<'_, '_>, solution: &Solution, key: NaiveDateTime) -> GapCause {
        match self.around(key) {
            (None, _) => GapCause::BeforeFirst,
            (Some(after), Some(before)) => Causes::new(scope, solution).between(after, before),
            (Some(after), None) => {
                Causes::new(scope, solution).found(after, NaiveDateTime::MAX).unwrap_or(GapCause::BeyondEnd)
            }
        }
    }

    fn timeline(&self, scope: &Scope<'_, '_>) -> Timeline {
        let causes = Causes::new(scope, &scope.reach.solve(Limits::default()));
        let ranges = self.spans.iter().map(|span| RecoveryRange {
            from: scope.clock.moment(span.from),
            to: scope.clock.moment(span.to),
            fork: scope.reach.nodes[span.last].fork,
            last_set: scope.reach.nodes[span.last].set,
        });
        let gaps = self.spans.windows(2).map(|pair| Gap {
            after: scope.clock.moment(pair[0].to),
            before: scope.clock.moment(pair[1].from),
            cause: causes.between(pair[0].to, pair[1].from),
        });
        Timeline { database: scope.database_name(), ranges: ranges.collect(), gaps: gaps.collect() }
    }
}

/// The sets that explain gaps, by time.
struct Causes<'s, 'c, 'a> {
    scope: &'s Scope<'c, 'a>,
    /// Moment and index of [`Catalog::sets`] of every set that cannot be used.
    unusable: Vec<(NaiveDateTime, usize)>,
    /// Moment and node of logs that hold bulk operations, or that follow no reachable state.
    logs: Vec<(NaiveDateTime, usize, bool)>,
    /// Moment and model of every set.
    models: Vec<(NaiveDateTime, Option<RecoveryModel>)>,
    /// Moment and end of every state that can be reached.
    reached: Vec<(NaiveDateTime, Lsn)>,
}

impl<'s, 'c, 'a> Causes<'s, 'c, 'a> {
    fn new(scope: &'s Scope<'c, 'a>, solution: &Solution) -> Causes<'s, 'c, 'a> {
        let nodes = &scope.reach.nodes;
        let mut causes =
            Causes { scope, unusable: Vec::new(), logs: Vec::new(), models: Vec::new(), reached: Vec::new() };
        for at in scope.sets {
            let set = &scope.catalog.sets()[*at];
            let when = set.header.backup_finish_date.or(set.header.backup_start_date);
            let Some(key) = when.map(|when| scope.clock.key(when, set.header.time_zone)) else { continue };
            causes.models.push((key, set.header.recovery_model));
            if set.role.is_err() {
                causes.unusable.push((key, *at));
            }
        }
        for (at, node) in nodes.iter().enumerate() {
            match solution.ways[at] {
                Some(_) => causes.reached.push((node.until, node.last)),
                None if node.role == Role::Log => causes.logs.push((node.until, at, false)),
                None => {}
            }
            if node.bulk_logged && solution.ways[at].is_some() {
                causes.logs.push((node.until, at, true));
            }
        }
        causes.unusable.sort_unstable();
        causes.logs.sort_unstable();
        causes.models.sort_by_key(|(key, _)| *key);
        causes.reached.sort_unstable();
        causes
    }

    fn between(&self, after: NaiveDateTime, before: NaiveDateTime) -> GapCause {
        self.found(after, before).unwrap_or_else(|| {
            let at = self.models.partition_point(|(key, _)| *key < before);
            match self.models.get(at) {
                Some((_, Some(RecoveryModel::Simple))) => GapCause::Simple,
                _ => GapCause::NoLogBackup,
            }
        })
    }

    /// A set in the gap that explains it.
    fn found(&self, after: NaiveDateTime, before: NaiveDateTime) -> Option<GapCause> {
        let from = self.logs.partition_point(|(key, _, _)| *key <= after);
        let logs = self.logs[from..].iter().take_while(|(key, _, _)| *key <= before);
        if let Some((_, node, _)) = logs.clone().find(|(_, _, bulk)| *bulk) {
            return Some(GapCause::BulkLogged { place: self.place(self.scope.reach.nodes[*node].set) });
        }
        let from = self.unusable.partition_point(|(key, _)| *key <= after);
        if let Some((_, set)) = self.unusable.get(from).filter(|(key, _)| *key <= before) {
            let why = self.scope.catalog.sets()[*set].role.clone().err()?;
            return Some(GapCause::Unusable { place: self.place(*set), why });
        }
        let reached = self.reached.partition_point(|(key, _)| *key <= after).checked_sub(1)?;
        let after = self.reached[reached].1;
        let mut later = logs.map(|(_, node, _)| &self.scope.reach.nodes[*node]).filter(|node| node.first > after);
        let node = later.next()?;
        Some(GapCause::MissingLog { after, from: node.first, next: self.place(node.set) })
    }

    fn place(&self, set: usize) -> String {
        self.scope.catalog.place(set)
    }
}
