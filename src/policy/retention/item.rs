//! A plan of removal: a verdict and a reason for every file, as codes and in words.

use std::fmt;

use chrono::NaiveDateTime;

use super::period::Period;
use crate::policy::chain::Unusable;

/// KEEP or DELETE for every file. Items are in the order of the files of the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalPlan {
    /// One for each file.
    pub items: Vec<Item>,
    /// Why nothing at all is removed, if so.
    pub refused: Option<Refusal>,
}

/// The verdict on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The path.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// KEEP or DELETE, and why.
    pub verdict: Verdict,
    /// Files that go with it or not at all, itself among them: the same number is the same unit.
    pub unit: usize,
}

/// KEEP or DELETE, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays.
    Keep(KeepReason),
    /// It may go.
    Delete(DeleteReason),
}

/// Why a file stays. Where several reasons hold, a rule is told before what needs the file, and that
/// before the rules that hold always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// Nothing is removed at all; see [`RemovalPlan::refused`].
    Refused,
    /// It holds no backup that can be read.
    Unknown,
    /// There is a doubt about it.
    Unclear(String),
    /// Somebody has it open.
    Locked,
    /// Somebody pinned it.
    Pinned(String),
    /// It holds backups of another database or server.
    Foreign(String),
    /// It tells no date.
    NoDate,
    /// It is younger than the rule's days.
    Young(u32),
    /// It is needed for the moments of the last days.
    Window(u32),
    /// Other kinds have a rule for their age, and this one has none.
    NoRule,
    /// It is one of the last fulls, or was made after the oldest of them.
    Last(u32),
    /// It is the last of this day, week, month or year.
    Period(Period),
    /// It is one of the fewest fulls that are always kept.
    Minimum(u32),
    /// It belongs to the last state that can be restored.
    LastChain,
    /// It is newer than everything that was verified.
    NewerThanVerified,
    /// Something that is kept cannot be restored without it: file and position of that.
    NeededBy(String),
    /// It is in one file, or on the stripes of one set, with something that is kept: file and
    /// position of that.
    TogetherWith(String),
}

/// Why a file may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeleteReason {
    /// No rule keeps it, and nothing that is kept needs it.
    Expired,
    /// The same, and it cannot be restored anyway: what it builds on is gone.
    Orphan,
    /// The same, and it cannot be restored anyway.
    Unusable(Unusable),
}

/// Why nothing at all is removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The clock is wrong.
    #[error("nothing is removed: the clock says {now}, but `{file}` was made at {newest}; set the clock right first")]
    ClockBehind {
        /// The clock, to the second; in the local time of the server where it is known.
        now: NaiveDateTime,
        /// The newest set, local time.
        newest: NaiveDateTime,
        /// Its file and position.
        file: String,
    },
    /// Something may have been missed.
    #[error(
        "nothing is removed: `{0}` could not be read in full, so a backup in it may be needed; make it readable first"
    )]
    UnreadFolder(String),
    /// A set is in a file that the list of files does not have.
    #[error("nothing is removed: `{0}` is known to hold backups but was not found in the folders; list its folder too")]
    Unlisted(String),
    /// The plan did not stand its own test.
    #[error("nothing is removed: {0}; this is a mistake of PGBackup, please report it")]
    NotProven(String),
}

impl RemovalPlan {
    /// The items that may go.
    pub fn deletions(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| matches!(item.verdict, Verdict::Delete(_)))
    }
}

impl Verdict {
    /// `KEEP` or `DELETE`.
    pub const fn word(&self) -> &'static str {
        match self {
            Verdict::Keep(_) => "KEEP",
            Verdict::Delete(_) => "DELETE",
        }
    }

    /// A name of the reason that does not change.
    pub const fn code(&self) -> &'static str {
        match self {
            Verdict::Keep(KeepReason::Refused) => "refused",
            Verdict::Keep(KeepReason::Unknown) => "unknown",
            Verdict::Keep(KeepReason::Unclear(_)) => "unclear",
            Verdict::Keep(KeepReason::Locked) => "locked",
            Verdict::Keep(KeepReason::Pinned(_)) => "pinned",
            Verdict::Keep(KeepReason::Foreign(_)) => "foreign",
            Verdict::Keep(KeepReason::NoDate) => "no_date",
            Verdict::Keep(KeepReason::Young(_)) => "young",
            Verdict::Keep(KeepReason::Window(_)) => "window",
            Verdict::Keep(KeepReason::NoRule) => "no_rule",
            Verdict::Keep(KeepReason::Last(_)) => "last",
            Verdict::Keep(KeepReason::Period(Period::Day(_))) => "daily",
            Verdict::Keep(KeepReason::Period(Period::Week(_))) => "weekly",
            Verdict::Keep(KeepReason::Period(Period::Month(..))) => "monthly",
            Verdict::Keep(KeepReason::Period(Period::Year(_))) => "yearly",
            Verdict::Keep(KeepReason::Minimum(_)) => "minimum",
            Verdict::Keep(KeepReason::LastChain) => "last_chain",
            Verdict::Keep(KeepReason::NewerThanVerified) => "newer_than_verified",
            Verdict::Keep(KeepReason::NeededBy(_)) => "needed_by",
            Verdict::Keep(KeepReason::TogetherWith(_)) => "together_with",
            Verdict::Delete(DeleteReason::Expired) => "expired",
            Verdict::Delete(DeleteReason::Orphan) => "orphan",
            Verdict::Delete(DeleteReason::Unusable(_)) => "unusable",
        }
    }

    /// File and position of what needs a kept file, where that is the reason.
    pub fn needed_by(&self) -> Option<&str> {
        match self {
            Verdict::Keep(KeepReason::NeededBy(place) | KeepReason::TogetherWith(place)) => Some(place),
            _ => None,
        }
    }
}

/// A line a file: verdict, path, reason; before them, why nothing is removed, if so.
impl fmt::Display for RemovalPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refusal) = &self.refused {
            writeln!(f, "{refusal}")?;
        }
        for item in &self.items {
            writeln!(f, "{:<6} {}: {}", item.verdict.word(), item.file, item.verdict)?;
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Keep(reason) => write!(f, "{reason}"),
            Verdict::Delete(reason) => write!(f, "{reason}"),
        }
    }
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeepReason::Refused => write!(f, "nothing is removed this time"),
            KeepReason::Unknown => write!(f, "not a backup that can be read"),
            KeepReason::Unclear(why) => write!(f, "not clear: {why}"),
            KeepReason::Locked => write!(f, "open in another program"),
            KeepReason::Pinned(why) => write!(f, "pinned: {why}"),
            KeepReason::Foreign(whose) => write!(f, "of another database: {whose}"),
            KeepReason::NoDate => write!(f, "tells no date"),
            KeepReason::Young(days) => write!(f, "not older than {days} days, or needed for a moment of them"),
            KeepReason::Window(days) => write!(f, "needed for the moments of the last {days} days"),
            KeepReason::NoRule => write!(f, "no rule says how long this kind is kept"),
            KeepReason::Last(1) => write!(f, "the last full, or made after it"),
            KeepReason::Last(count) => write!(f, "among the last {count} fulls, or made after them"),
            KeepReason::Period(period) => write!(f, "the last of {period}"),
            KeepReason::Minimum(count) => write!(f, "among the newest fulls, of which {count} verified always stay"),
            KeepReason::LastChain => write!(f, "needed for the last state that can be restored"),
            KeepReason::NewerThanVerified => write!(f, "newer than all that was verified"),
            KeepReason::NeededBy(place) => write!(f, "needed by {place}"),
            KeepReason::TogetherWith(place) => write!(f, "in one unit with {place}"),
        }
    }
}

impl fmt::Display for DeleteReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeleteReason::Expired => write!(f, "no rule keeps it and nothing kept needs it"),
            DeleteReason::Orphan => write!(f, "no rule keeps it, and what it builds on is gone"),
            DeleteReason::Unusable(why) => write!(f, "no rule keeps it, and {why}"),
        }
    }
}
