//! Retention rules in requests and plan files.

use chrono::Weekday;
use serde::Deserialize;

use super::without_nul;
use crate::error::{Code, Error, Result};
use crate::ops::RemovalWish;
use crate::policy::retention::{KindDays, PeriodCalendar, Rules};

/// Days for which removed files can be put back, unless somebody says otherwise.
const GRACE_DAYS: u32 = 3;

/// The longest time, a hundred years.
const GRACE_LIMIT: u32 = 36_500;

/// A calendar by name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(in crate::wire) enum Calendar {
    Gregorian,
    Persian,
}

/// Retention rules as they are written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::wire) struct RulesField {
    pub older_than_days: Option<i64>,
    pub full_older_than_days: Option<i64>,
    pub differential_older_than_days: Option<i64>,
    pub log_older_than_days: Option<i64>,
    pub keep_last: Option<i64>,
    pub keep_daily: Option<i64>,
    pub keep_weekly: Option<i64>,
    pub keep_monthly: Option<i64>,
    pub keep_yearly: Option<i64>,
    pub recovery_window_days: Option<i64>,
    pub minimum_fulls: Option<i64>,
    pub calendar: Option<Calendar>,
    pub week_start: Option<String>,
}

impl RulesField {
    /// Whether anything is written.
    pub fn is_given(&self) -> bool {
        self.numbers().iter().any(|(_, value)| value.is_some()) || self.calendar.is_some() || self.week_start.is_some()
    }

    fn numbers(&self) -> [(&'static str, Option<i64>); 11] {
        [
            ("older_than_days", self.older_than_days),
            ("full_older_than_days", self.full_older_than_days),
            ("differential_older_than_days", self.differential_older_than_days),
            ("log_older_than_days", self.log_older_than_days),
            ("keep_last", self.keep_last),
            ("keep_daily", self.keep_daily),
            ("keep_weekly", self.keep_weekly),
            ("keep_monthly", self.keep_monthly),
            ("keep_yearly", self.keep_yearly),
            ("recovery_window_days", self.recovery_window_days),
            ("minimum_fulls", self.minimum_fulls),
        ]
    }

    /// The rules.
    ///
    /// # Errors
    ///
    /// [`Code::Request`] with the rule that cannot be meant.
    pub fn read(&self) -> Result<Rules> {
        for (field, value) in self.numbers() {
            if let Some(value) = value.filter(|value| *value < 1 || *value > i64::from(u32::MAX)) {
                let refused = format!("`{field}` is {value}: it counts from 1, and leaving it out means no such rule");
                return Err(Error::new(Code::Request, refused).target(field));
            }
        }
        let small = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let rules = Rules {
            older_than_days: small(self.older_than_days),
            by_kind: KindDays {
                full: small(self.full_older_than_days),
                differential: small(self.differential_older_than_days),
                log: small(self.log_older_than_days),
            },
            keep_last: small(self.keep_last),
            keep_daily: small(self.keep_daily),
            keep_weekly: small(self.keep_weekly),
            keep_monthly: small(self.keep_monthly),
            keep_yearly: small(self.keep_yearly),
            recovery_window_days: small(self.recovery_window_days),
            minimum_fulls: small(self.minimum_fulls).unwrap_or(1),
            calendar: match self.calendar {
                Some(Calendar::Persian) => PeriodCalendar::Persian,
                Some(Calendar::Gregorian) | None => PeriodCalendar::Gregorian,
            },
            week_start: match self.week_start.as_deref().map(str::parse::<Weekday>) {
                None if self.calendar == Some(Calendar::Persian) => Weekday::Sat,
                None => Weekday::Mon,
                Some(Ok(day)) => day,
                Some(Err(_)) => {
                    return Err(Error::new(Code::Request, "`week_start` is no day of the week")
                        .hint("write monday to sunday")
                        .target("week_start"));
                }
            },
        };
        rules.check().map_err(|error| Error::new(Code::Request, error.to_string()).target("rules"))?;
        Ok(rules)
    }
}

/// Days of grace as they are written.
///
/// # Errors
///
/// [`Code::Request`] if it is more than a hundred years.
pub(in crate::wire) fn grace(days: Option<u32>) -> Result<u32> {
    let days = days.unwrap_or(GRACE_DAYS);
    if days > GRACE_LIMIT {
        let message = format!("`grace_days` is {days}, which is more than {GRACE_LIMIT}");
        return Err(Error::new(Code::Request, message).target("grace_days"));
    }
    Ok(days)
}

/// What is removed after a backup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::wire) struct RemoveField {
    path: Option<String>,
    rules: RulesField,
    grace_days: Option<u32>,
}

impl RemoveField {
    /// The wish; without a path of its own it is about `destination`.
    ///
    /// # Errors
    ///
    /// [`Code::Request`] with the field at fault.
    pub fn read(self, destination: Option<&String>) -> Result<RemovalWish> {
        let path = self.path.or_else(|| destination.cloned()).filter(|path| !path.trim().is_empty());
        let path = path.ok_or_else(|| {
            Error::new(Code::Request, "`remove` has no `path`: give the folder of the backups, as this machine sees it")
                .target("remove")
        })?;
        without_nul("path", &path)?;
        Ok(RemovalWish { path, rules: self.rules.read()?, grace_days: grace(self.grace_days)? })
    }
}
