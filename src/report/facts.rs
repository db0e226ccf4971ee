//! What a report tells.

use chrono::{DateTime, TimeDelta, Utc};

use crate::policy::schedule::{Due, PlanSchedule, RunKind, Upcoming};
use crate::policy::zone::Zone;

/// What is shorter is the time between two backups made one after the other, and not told.
const LONG_GAP: TimeDelta = TimeDelta::minutes(1);

/// What a report tells.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it was made.
    pub made: DateTime<Utc>,
    /// The machine that made it.
    pub machine: String,
    /// Its plans; of one that cannot be read, its name and why.
    pub plans: Vec<Result<PlanFacts, (String, String)>>,
}

/// What is told of one plan.
#[derive(Clone, Debug)]
pub struct PlanFacts {
    /// Its name.
    pub name: String,
    /// The server, as the plan names it.
    pub server: String,
    /// The database.
    pub database: String,
    /// The folder of its backups.
    pub destination: String,
    /// When it runs.
    pub schedule: PlanSchedule,
    /// The zone of all times of its section.
    pub zone: Zone,
    /// Where the backups were looked for.
    pub evidence: Evidence,
    /// Backups of the database, the oldest first.
    pub backups: Vec<Backup>,
    /// Moments that can be restored, the oldest first.
    pub spans: Vec<Span>,
    /// What lies between them.
    pub gaps: Vec<Gap>,
    /// What is wrong with the backups.
    pub findings: Vec<Finding>,
    /// What should have run by now.
    pub due: Due,
    /// What runs next.
    pub next: Vec<Upcoming>,
    /// Its last runs, the newest first.
    pub runs: Vec<RunFacts>,
}

/// Where the backups of a plan were looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// In the plan's folder, on this machine.
    Folder,
    /// In the server's history.
    Server,
    /// Nowhere; why.
    Nothing(String),
}

/// A backup that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// What it is.
    pub kind: RunKind,
    /// When it was finished.
    pub finished: DateTime<Utc>,
    /// Bytes in its files.
    pub size: u64,
}

/// Every second from `from` to `to` can be restored; both are one where there is no log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: DateTime<Utc>,
    /// The last moment.
    pub to: DateTime<Utc>,
}

/// Nothing between two moments can be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last moment before.
    pub from: DateTime<Utc>,
    /// The first moment after.
    pub to: DateTime<Utc>,
    /// A word for why, for programs.
    pub code: &'static str,
    /// Why.
    pub cause: String,
    /// It lies in the way the database is backed up, and nothing is missing.
    pub natural: bool,
}

/// Something that is wrong with backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A word for programs, as chain checks tell it.
    pub code: &'static str,
    /// Whether a restore is at stake.
    pub serious: bool,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub next_step: String,
}

/// A run of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// When it was over.
    pub finished: DateTime<Utc>,
    /// Its outcome: `done`, `warnings`, `failed`.
    pub outcome: String,
    /// What it made.
    pub made: Vec<RunKind>,
    /// What went wrong: step and message.
    pub trouble: Vec<String>,
}

/// How a plan stands, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// All is as it should be.
    Good,
    /// It works, and something needs a look.
    Attention,
    /// Data are at risk.
    Danger,
}

impl State {
    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            State::Good => "good",
            State::Attention => "attention",
            State::Danger => "danger",
        }
    }
}

impl Report {
    /// The worst of its plans.
    pub fn state(&self) -> State {
        let of = |plan: &Result<PlanFacts, _>| plan.as_ref().map_or(State::Danger, PlanFacts::state);
        self.plans.iter().map(of).max().unwrap_or(State::Attention)
    }
}

impl PlanFacts {
    /// How the plan stands.
    pub fn state(&self) -> State {
        let seen = !matches!(self.evidence, Evidence::Nothing(_));
        let failed = self.runs.first().is_some_and(|run| run.outcome == "failed");
        let warned = self.runs.first().is_some_and(|run| run.outcome == "warnings");
        if seen && self.spans.is_empty() || self.overdue() || failed || self.findings.iter().any(|one| one.serious) {
            State::Danger
        } else if !seen || warned || !self.findings.is_empty() || !self.holes().is_empty() {
            State::Attention
        } else {
            State::Good
        }
    }

    /// Whether something should have run and did not.
    pub fn overdue(&self) -> bool {
        self.due.runs.iter().chain(self.due.waiting.iter().map(|(run, _)| run)).any(|run| run.overdue)
    }

    /// The gaps that a person has to know of, the longest first: something is missing there.
    pub fn holes(&self) -> Vec<&Gap> {
        let mut holes: Vec<&Gap> =
            self.gaps.iter().filter(|gap| !gap.natural && gap.to - gap.from >= LONG_GAP).collect();
        holes.sort_by_key(|gap| std::cmp::Reverse(gap.to - gap.from));
        holes
    }

    /// The longest time between two moments that can be restored: so much work is lost at worst.
    pub fn longest_gap(&self) -> Option<TimeDelta> {
        self.gaps.iter().map(|gap| gap.to - gap.from).max()
    }

    /// Bytes of all its backups.
    pub fn bytes(&self) -> u64 {
        self.backups.iter().map(|backup| backup.size).fold(0, u64::saturating_add)
    }
}
