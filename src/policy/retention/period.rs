//! Days, weeks, months and years, by the Gregorian or the Persian calendar.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::policy::calendar::PersianDate;

/// Whose months and years count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PeriodCalendar {
    /// January to December.
    #[default]
    Gregorian,
    /// Farvardin to Esfand.
    Persian,
}

/// A stretch of days of which one backup is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A day.
    Day(NaiveDate),
    /// A week, by its first day.
    Week(NaiveDate),
    /// Year and month.
    Month(i32, u32),
    /// A year.
    Year(i32),
}

impl Period {
    /// The day of a date.
    pub fn day(date: NaiveDate) -> Period {
        Period::Day(date)
    }

    /// The week of a date.
    pub fn week(date: NaiveDate, start: Weekday) -> Period {
        let back = Days::new(u64::from(date.weekday().days_since(start)));
        Period::Week(date.checked_sub_days(back).unwrap_or(date))
    }

    /// The month of a date. Where the Persian calendar is not proven, the Gregorian month is taken.
    pub fn month(date: NaiveDate, calendar: PeriodCalendar) -> Period {
        match persian(date, calendar) {
            Some(persian) => Period::Month(persian.year(), u32::from(persian.month())),
            None => Period::Month(date.year(), date.month()),
        }
    }

    /// The year of a date, likewise.
    pub fn year(date: NaiveDate, calendar: PeriodCalendar) -> Period {
        Period::Year(persian(date, calendar).map_or(date.year(), PersianDate::year))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Day(day) => write!(f, "{day}"),
            Period::Week(day) => write!(f, "the week of {day}"),
            Period::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Period::Year(year) => write!(f, "{year:04}"),
        }
    }
}

fn persian(date: NaiveDate, calendar: PeriodCalendar) -> Option<PersianDate> {
    match calendar {
        PeriodCalendar::Gregorian => None,
        PeriodCalendar::Persian => PersianDate::from_gregorian(date).ok(),
    }
}
