//! The reasons of a plan, as facts and in words.

use std::fmt;

use super::catalog::real;
use super::clock::ServerMoment;
use super::facts::{Role, Unusable};
use super::plan::{Alternative, End, reached};
use super::reach::{Limits, Solution};
use super::scope::Scope;
use crate::model::{Guid, Lsn};

/// Why a step is in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepReason {
    /// The base of all.
    Base {
        /// Whether it is copy-only, which is good enough for logs.
        copy_only: bool,
    },
    /// A differential of the base.
    OnBase {
        /// `true` by GUID; `false` by LSN, where the header tells no GUID.
        by_guid: bool,
    },
    /// A log that continues the state before.
    Continues {
        /// The LSN of the state before.
        from: Lsn,
        /// Whether the wanted moment is in it.
        stops_here: bool,
    },
    /// The log backup of a database that nobody wrote to: it adds nothing and is not restored.
    ShowsIdle {
        /// Up to when it shows that.
        until: ServerMoment,
    },
}

impl StepReason {
    pub(super) fn of(scope: &Scope<'_, '_>, before: Option<usize>, at: usize, stops_here: bool) -> StepReason {
        let node = &scope.reach.nodes[at];
        match node.role {
            Role::Full => StepReason::Base { copy_only: false },
            Role::CopyOnlyFull => StepReason::Base { copy_only: true },
            Role::Differential => {
                StepReason::OnBase { by_guid: real(scope.header(at).differential_base_guid).is_some() }
            }
            Role::Log => {
                let from = before.map_or(node.first, |before| scope.reach.nodes[before].last);
                StepReason::Continues { from, stops_here }
            }
        }
    }
}

impl fmt::Display for StepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepReason::Base { copy_only: false } => write!(f, "the full that the next steps build on"),
            StepReason::Base { copy_only: true } => write!(f, "a copy-only full, which logs can follow"),
            StepReason::OnBase { by_guid: true } => write!(f, "the differential of this full, by its GUID"),
            StepReason::OnBase { by_guid: false } => write!(f, "the differential of this full, by its LSN"),
            StepReason::Continues { from, stops_here: false } => write!(f, "continues the log at LSN {from}"),
            StepReason::Continues { from, stops_here: true } => {
                write!(f, "continues the log at LSN {from} and holds the wanted moment")
            }
            StepReason::ShowsIdle { until } => {
                write!(f, "not restored, for it adds nothing: it shows that nothing was written until {until}")
            }
        }
    }
}

/// What is worth knowing about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The newest full is not in the plan.
    NewestFullNotUsed {
        /// File and position of the newest full.
        place: String,
        /// Why.
        why: NotUsed,
    },
    /// The database has several futures; the plan follows this one.
    Fork {
        /// The fork of the plan's end.
        chosen: Option<Guid>,
        /// How that state stands to the present.
        standing: ForkStanding,
    },
    /// Nobody verified these steps.
    Unverified {
        /// How many steps.
        steps: usize,
    },
}

/// How the end of a plan stands to the fork that was asked for, or else backed up last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkStanding {
    /// It is on that fork.
    Present,
    /// It is on the way to that fork: nothing of the fork itself can be restored to.
    Past,
    /// It is in a future that was given up by a restore, or in one that is not known to be related.
    GivenUp,
}

/// Why the newest full is not in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotUsed {
    /// It cannot serve.
    Unusable(Unusable),
    /// A restore from it does not come as far.
    EndsEarlier {
        /// How far it comes; `None` if not to the moment asked for.
        reaches: Option<ServerMoment>,
        /// Whether it is copy-only, so that no differential builds on it.
        copy_only: bool,
    },
    /// More of its steps are unverified.
    LessSafe,
    /// It takes more steps.
    Longer,
    /// It is on another recovery fork, or the set asked for does not need it.
    Elsewhere,
}

/// The notes of a plan that ends with `end`, by the steps `way`.
pub(super) fn notes(
    scope: &Scope<'_, '_>,
    solution: &Solution,
    end: End,
    way: &[usize],
    limits: Limits,
    alternatives: &[Alternative],
) -> Vec<Note> {
    let nodes = &scope.reach.nodes;
    let mut notes = Vec::new();
    if let Some(newest) = newest_full(scope, limits).filter(|newest| *newest != nodes[way[0]].set) {
        let why = why_not(scope, solution, end, way, newest, alternatives);
        notes.push(Note::NewestFullNotUsed { place: scope.catalog.place(newest), why });
    }
    let last = &nodes[end.node];
    let standing = match (scope.distance(end.node), scope.lineage.generations_back(last.fork)) {
        (0, 0) => ForkStanding::Present,
        (0, _) => ForkStanding::Past,
        _ => ForkStanding::GivenUp,
    };
    if standing != ForkStanding::Present || scope.lineage.has_other_futures() {
        notes.push(Note::Fork { chosen: last.fork, standing });
    }
    let unverified = scope.reach.unverified(way);
    if unverified > 0 {
        notes.push(Note::Unverified { steps: unverified });
    }
    notes
}

/// The newest set that looks like a full, usable or not, not after the wanted moment.
fn newest_full(scope: &Scope<'_, '_>, limits: Limits) -> Option<usize> {
    let fulls = scope.sets.iter().copied().filter(|set| {
        let header = scope.catalog.sets()[*set].header;
        let when = header.backup_finish_date.or(header.backup_start_date);
        let key = when.map(|when| scope.clock.key(when, header.time_zone));
        header.backup_type == crate::model::BackupType::Full
            && limits.moment.is_none_or(|moment| key.is_none_or(|key| key <= moment))
    });
    fulls.max_by_key(|set| {
        let header = scope.catalog.sets()[*set].header;
        (header.backup_finish_date.or(header.backup_start_date), *set)
    })
}

fn why_not(
    scope: &Scope<'_, '_>,
    solution: &Solution,
    end: End,
    way: &[usize],
    newest: usize,
    alternatives: &[Alternative],
) -> NotUsed {
    let set = &scope.catalog.sets()[newest];
    if let Err(why) = &set.role {
        return NotUsed::Unusable(why.clone());
    }
    let copy_only = set.role == Ok(Role::CopyOnlyFull);
    let reached = scope.clock.moment(reached(scope, solution, end));
    let unverified = scope.reach.unverified(way);
    let full = scope.reach.nodes.iter().position(|node| node.set == newest);
    match alternatives.iter().find(|other| other.full == newest) {
        Some(other) if other.reaches.is_none_or(|other| other.local < reached.local) => {
            NotUsed::EndsEarlier { reaches: other.reaches, copy_only }
        }
        Some(other) if other.reaches == Some(reached) && other.unverified > unverified => NotUsed::LessSafe,
        Some(other) if other.reaches == Some(reached) && other.steps > way.len() => NotUsed::Longer,
        None if full.is_some_and(|full| solution.ways[full].is_none()) => {
            NotUsed::EndsEarlier { reaches: None, copy_only }
        }
        _ => NotUsed::Elsewhere,
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::NewestFullNotUsed { place, why } => write!(f, "the newest full `{place}` is not used: {why}"),
            Note::Fork { chosen, standing } => {
                match chosen {
                    Some(fork) => write!(f, "the database has several futures; this is recovery fork {fork}, ")?,
                    None => write!(f, "the database has several futures; this is the one without a fork GUID, ")?,
                }
                f.write_str(match standing {
                    ForkStanding::Present => "the present one",
                    ForkStanding::Past => "the past of the present one; nothing newer of that can be restored",
                    ForkStanding::GivenUp => "which is not the present one: a later restore gave it up",
                })
            }
            Note::Unverified { steps: 1 } => write!(f, "one step was never verified; verify it before you rely on it"),
            Note::Unverified { steps } => {
                write!(f, "{steps} steps were never verified; verify them before you rely on them")
            }
        }
    }
}

impl fmt::Display for NotUsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copy =
            |copy_only: &bool| if *copy_only { " (it is copy-only, so no differential builds on it)" } else { "" };
        match self {
            NotUsed::Unusable(why) => write!(f, "{why}"),
            NotUsed::EndsEarlier { reaches: Some(at), copy_only } => {
                write!(f, "from it one comes only to {at}{}", copy(copy_only))
            }
            NotUsed::EndsEarlier { reaches: None, copy_only } => {
                write!(f, "from it one does not come to the wanted moment{}", copy(copy_only))
            }
            NotUsed::LessSafe => write!(f, "more of its steps were never verified"),
            NotUsed::Longer => write!(f, "it takes more steps to the same moment"),
            NotUsed::Elsewhere => write!(f, "it does not lead to the state asked for"),
        }
    }
}
