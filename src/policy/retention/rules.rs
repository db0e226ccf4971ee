//! The rules of retention.

use chrono::Weekday;

use super::period::PeriodCalendar;
use crate::model::BackupType;

/// What is to be kept. Every rule that is given keeps something; together they keep the union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Keep what is younger than this many days, and every moment of them (the CRM's "delete
    /// backups older than N days").
    pub older_than_days: Option<u32>,
    /// Keep what is younger than so many days, by kind.
    pub by_kind: KindDays,
    /// Keep this many fulls, the newest, with all that was made after the oldest of them.
    pub keep_last: Option<u32>,
    /// Keep the last data backup of this many days that have one.
    pub keep_daily: Option<u32>,
    /// Of this many weeks.
    pub keep_weekly: Option<u32>,
    /// Of this many months.
    pub keep_monthly: Option<u32>,
    /// Of this many years.
    pub keep_yearly: Option<u32>,
    /// Keep what is needed to restore to any moment of this many last days.
    pub recovery_window_days: Option<u32>,
    /// Keep at least this many fulls whatever the other rules say; 1 or more.
    pub minimum_fulls: u32,
    /// Whose months and years count.
    pub calendar: PeriodCalendar,
    /// The day that begins a week.
    pub week_start: Weekday,
}

impl Default for Rules {
    /// No rule, Gregorian months, weeks from Monday, and one full at least.
    fn default() -> Rules {
        Rules {
            older_than_days: None,
            by_kind: KindDays::default(),
            keep_last: None,
            keep_daily: None,
            keep_weekly: None,
            keep_monthly: None,
            keep_yearly: None,
            recovery_window_days: None,
            minimum_fulls: 1,
            calendar: PeriodCalendar::Gregorian,
            week_start: Weekday::Mon,
        }
    }
}

/// Days for which each kind is kept, with what it needs. Where one kind has a number, the kinds that
/// have none are kept whatever their age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindDays {
    /// Fulls.
    pub full: Option<u32>,
    /// Differentials.
    pub differential: Option<u32>,
    /// Log backups.
    pub log: Option<u32>,
}

impl KindDays {
    /// Whether any kind has a number.
    pub const fn is_given(&self) -> bool {
        self.full.is_some() || self.differential.is_some() || self.log.is_some()
    }

    /// The days of a type of backup.
    pub const fn of(&self, kind: BackupType) -> Option<u32> {
        match kind {
            BackupType::Full | BackupType::File | BackupType::Partial => self.full,
            BackupType::Differential | BackupType::DifferentialFile | BackupType::DifferentialPartial => {
                self.differential
            }
            BackupType::Log => self.log,
        }
    }
}

/// What is removed once a new backup is known to be whole.
#[derive(Clone, Debug)]
pub struct RemovalWish {
    /// The folder of the backups, as this machine sees it.
    pub path: String,
    /// What is kept.
    pub rules: Rules,
    /// Days after which the files may be deleted for good; with 0 they are at once.
    pub grace_days: u32,
}

/// Rules that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No rule is given.
    #[error("no retention rule is given, so nothing would be kept on purpose; give one, such as OlderThanDays 30")]
    None,
    /// A rule says 0.
    #[error("{rule} is 0, which would keep nothing; give 1 or more, or leave the rule out")]
    Zero {
        /// Name of the rule.
        rule: &'static str,
    },
    /// A rule says more than can be meant.
    #[error("{rule} is {value}, which is more than {limit}; give a smaller number, or leave the rule out")]
    TooLarge {
        /// Name of the rule.
        rule: &'static str,
        /// What it says.
        value: u32,
        /// The most that is taken.
        limit: u32,
    },
}

/// A hundred years of days.
const DAYS_LIMIT: u32 = 36_500;
const COUNT_LIMIT: u32 = 100_000;

impl Rules {
    /// Whether the rules can be meant.
    ///
    /// # Errors
    /// Names the rule that cannot.
    pub fn check(&self) -> Result<(), RuleError> {
        let given = [
            ("OlderThanDays", self.older_than_days, DAYS_LIMIT),
            ("FullOlderThanDays", self.by_kind.full, DAYS_LIMIT),
            ("DifferentialOlderThanDays", self.by_kind.differential, DAYS_LIMIT),
            ("LogOlderThanDays", self.by_kind.log, DAYS_LIMIT),
            ("RecoveryWindowDays", self.recovery_window_days, DAYS_LIMIT),
            ("KeepLast", self.keep_last, COUNT_LIMIT),
            ("KeepDaily", self.keep_daily, COUNT_LIMIT),
            ("KeepWeekly", self.keep_weekly, COUNT_LIMIT),
            ("KeepMonthly", self.keep_monthly, COUNT_LIMIT),
            ("KeepYearly", self.keep_yearly, COUNT_LIMIT),
        ];
        if given.iter().all(|(_, value, _)| value.is_none()) {
            return Err(RuleError::None);
        }
        let minimum = ("MinimumFulls", Some(self.minimum_fulls), COUNT_LIMIT);
        for (rule, value, limit) in given.into_iter().chain([minimum]) {
            match value {
                Some(0) => return Err(RuleError::Zero { rule }),
                Some(value) if value > limit => return Err(RuleError::TooLarge { rule, value, limit }),
                _ => {}
            }
        }
        Ok(())
    }
}
