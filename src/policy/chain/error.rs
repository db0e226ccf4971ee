//! Why a restore cannot be planned, and what is nearest to it.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDateTime};

use super::clock::ServerMoment;
use super::facts::Unusable;
use crate::model::{Guid, Lsn};

/// Why moments cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GapCause {
    /// Nothing restorable is so old.
    #[error("it is before the oldest backup that can be restored")]
    BeforeFirst,
    /// Nothing restorable is so new.
    #[error(
        "it is after the end of the last backup that can be restored; back up the log (the tail of it) first if the server still lives"
    )]
    BeyondEnd,
    /// No log is kept in SIMPLE recovery.
    #[error("the database was in SIMPLE recovery, so only the moments of its backups can be restored")]
    Simple,
    /// No log backup was made or is known.
    #[error("no log backup of that time is known")]
    NoLogBackup,
    /// The log chain has a hole.
    #[error("a log backup is missing: the log goes up to LSN {after}, and the next, `{next}`, begins at LSN {from}")]
    MissingLog {
        /// The log that can be restored ends here.
        after: Lsn,
        /// The next log backup that exists begins here.
        from: Lsn,
        /// The next log backup: file and position.
        next: String,
    },
    /// A log backup with bulk operations can only be restored whole.
    #[error("the log backup `{place}` holds bulk-logged operations, so it can only be restored to its end")]
    BulkLogged {
        /// File and position.
        place: String,
    },
    /// `STOPAT` goes by the server's clock, which showed this time twice, and takes the first.
    #[error(
        "the server's clock showed this time twice, and a restore stops the first time; choose a time after that hour"
    )]
    SecondTime,
    /// The set that holds the moment cannot be used.
    #[error("`{place}` cannot be used: {why}")]
    Unusable {
        /// File and position.
        place: String,
        /// Why.
        why: Unusable,
    },
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No set of this database is known.
    #[error("no backup of {} is known{}; check the name and the folder", database.as_deref().map_or("any database".to_owned(), |name| format!("database `{name}`")), known_names(.known))]
    NoBackups {
        /// The database asked for.
        database: Option<String>,
        /// The databases of which backups are known.
        known: Vec<String>,
    },
    /// Several databases fit.
    #[error("the backups are of several databases: {}; name the database and the server, or the family GUID", .choices.join(", "))]
    Ambiguous {
        /// What there is, as `database on server`.
        choices: Vec<String>,
    },
    /// Backups exist, but none can be restored.
    #[error("no backup of `{database}` can be restored: {reason}; make a full backup now")]
    NothingRestorable {
        /// The database.
        database: String,
        /// What is wrong with the newest set.
        reason: String,
    },
    /// The moment is in no range.
    #[error("{} cannot be restored: {cause}{}", .wanted, .nearest)]
    NotReachable {
        /// The moment asked for.
        wanted: ServerMoment,
        /// What can be restored instead.
        nearest: Box<Nearest>,
        /// Why.
        cause: GapCause,
    },
    /// No such set is known.
    #[error("no backup set {0} is known; list the sets of the folder to see what there is")]
    NoSuchSet(Guid),
    /// The set cannot be used.
    #[error("`{place}` cannot be restored: {why}")]
    SetUnusable {
        /// File and position.
        place: String,
        /// Why.
        why: Unusable,
    },
    /// What the set builds on is not known.
    #[error("`{place}` cannot be restored: {missing}")]
    SetUnattached {
        /// File and position.
        place: String,
        /// What is missing, and where it was named.
        missing: String,
    },
    /// The clock showed this time twice.
    #[error(
        "{local} came twice on the server, when its clock was set back; say which: {local}{first} (the first) or {local}{second}"
    )]
    RepeatedHour {
        /// The time.
        local: NaiveDateTime,
        /// The offset of the first time.
        first: FixedOffset,
        /// The offset of the second time.
        second: FixedOffset,
    },
    /// The clock never showed this time.
    #[error(
        "{local} did not exist on the server: its clock was set forward over it; choose a time before or after that hour"
    )]
    NoSuchTime {
        /// The time.
        local: NaiveDateTime,
    },
    /// The media do not tell the server's offset from UTC.
    #[error(
        "the backups do not tell how far the server's clock is from UTC, so {wanted} cannot be found in them; give the server's local time or its time zone"
    )]
    OffsetUnknown {
        /// The moment asked for.
        wanted: DateTime<FixedOffset>,
    },
}

/// The restorable moments around one that cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The last before.
    pub before: Option<ServerMoment>,
    /// The first after.
    pub after: Option<ServerMoment>,
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            (Some(before), Some(after)) => write!(f, "; the nearest are {before} and {after}"),
            (Some(only), None) | (None, Some(only)) => write!(f, "; the nearest is {only}"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for ServerMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local.format("%Y-%m-%d %H:%M:%S"))?;
        match self.utc {
            Some(utc) => write!(f, " (server's clock; {} UTC)", utc.format("%Y-%m-%d %H:%M:%S")),
            None => write!(f, " (server's clock)"),
        }
    }
}

fn known_names(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(" (there are backups of {})", known.join(", ")) }
}
