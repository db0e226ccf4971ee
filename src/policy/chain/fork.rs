//! Recovery forks: the futures of a database that was restored to an earlier state.
//!
//! Every restore `WITH RECOVERY` that ends before the newest state begins a new recovery fork.
//! Only a log backup that spans the fork point tells where a fork came from (`FirstRecoveryForkID`,
//! `ForkPointLSN`).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use super::catalog::real;
use crate::model::{BackupSet, Guid, Lsn};

/// The fork on which a log backup begins, and the LSN at which it leaves it, if it does.
pub(super) fn crossing(header: &BackupSet) -> Option<(Guid, Lsn)> {
    let first = real(header.first_recovery_fork_id)?;
    let point = header.fork_point_lsn.filter(|point| !point.is_zero())?;
    (real(header.recovery_fork_id) != Some(first)).then_some((first, point))
}

/// Which fork counts as the present one, and how the others stand to it.
#[derive(Clone, Debug)]
pub(super) struct Lineage {
    /// The wanted fork and those it came from, each with the LSN where its child left it.
    path: HashMap<Option<Guid>, (usize, Option<Lsn>)>,
    /// The forks off the path, the most recently used first.
    others: HashMap<Option<Guid>, usize>,
}

impl Lineage {
    /// The lineage of `wanted`, or of the fork that was backed up last.
    pub fn new<'h>(
        headers: impl Iterator<Item = &'h BackupSet> + Clone,
        wanted: Option<Guid>,
        counts: impl Fn(&BackupSet) -> bool,
    ) -> Lineage {
        let mut parents: HashMap<Guid, (Guid, Lsn)> = HashMap::new();
        let mut used: HashMap<Option<Guid>, Option<NaiveDateTime>> = HashMap::new();
        for header in headers {
            let fork = real(header.recovery_fork_id);
            if let (Some(fork), Some(parent)) = (fork, crossing(header)) {
                let known = parents.entry(fork).or_insert(parent);
                *known = (*known).min(parent);
            }
            let last = used.entry(fork).or_default();
            if counts(header) {
                *last = (*last).max(header.backup_finish_date);
            }
        }
        let mut by_use: Vec<(Option<Guid>, Option<NaiveDateTime>)> = used.into_iter().collect();
        by_use.sort_by_key(|(fork, last)| (std::cmp::Reverse(*last), *fork));
        let newest = by_use.first().and_then(|(fork, _)| *fork);

        let mut path = HashMap::new();
        let mut seen = HashSet::new();
        let mut step = Some((wanted.or(newest), None));
        while let Some((fork, left_at)) = step.filter(|(fork, _)| seen.insert(*fork)) {
            path.insert(fork, (path.len(), left_at));
            step = fork.and_then(|fork| parents.get(&fork)).map(|(parent, point)| (Some(*parent), Some(*point)));
        }
        let off_path = by_use.into_iter().filter(|(fork, _)| !path.contains_key(fork));
        let others = off_path.enumerate().map(|(rank, (fork, _))| (fork, rank)).collect();
        Lineage { path, others }
    }

    /// How far from the wanted present a state is: 0 on its own history, 1 on a part of that
    /// history which was given up by a restore, more on other forks.
    pub fn distance(&self, fork: Option<Guid>, lsn: Lsn) -> usize {
        match self.path.get(&fork) {
            Some((_, left_at)) if left_at.is_none_or(|point| lsn <= point) => 0,
            Some(_) => 1,
            None => 2 + self.others.get(&fork).copied().unwrap_or(usize::MAX - 2),
        }
    }

    /// How many forks a fork of the path is behind the wanted one; `usize::MAX` off the path.
    pub fn generations_back(&self, fork: Option<Guid>) -> usize {
        self.path.get(&fork).map_or(usize::MAX, |(back, _)| *back)
    }

    /// Whether more than one future is known.
    pub fn has_other_futures(&self) -> bool {
        !self.others.is_empty()
    }
}
