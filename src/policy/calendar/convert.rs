//! Dates of the Persian calendar and their Gregorian days.
//!
//! The year begins at the equinox as seen from Tehran, so no short rule is exact for ever. From
//! 1178 AP on, the 33-year cycle (year `y` is leap when `(25 y + 11) mod 33 < 8`) agrees with the
//! astronomical calendar except for single years in which the leap day slips into the next year:
//! 1502 and then 1601, 1634, ... every 33 years to 1997. These are the years that ICU4X lists
//! (`calendrical_calculations::persian`), found there by the astronomical algorithm on the
//! meridian 52.5 degrees east. `tests/policy_calendar.rs` compares every day of the range with it.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A day of the Persian calendar. Ordering is that of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersianDate {
    year: i32,
    month: u8,
    day: u8,
}

/// A date that the Persian calendar does not have, or that lies outside the proven range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The year is outside [`PersianDate::MIN_YEAR`] to [`PersianDate::MAX_YEAR`].
    #[error("Persian year {0} is outside 1178 to 2029; a Persian year of today is like 1405")]
    Year(i32),
    /// There are months 1 to 12.
    #[error("month {0} does not exist; use 1 (Farvardin) to 12 (Esfand)")]
    Month(u8),
    /// The month has no such day.
    #[error("{name} {year} has no day {day}; it ends on day {last}", name = super::persian_month_name(*.month, super::Language::English))]
    Day {
        /// Persian year.
        year: i32,
        /// Month, 1 to 12.
        month: u8,
        /// The day asked for.
        day: u8,
        /// The last day of the month.
        last: u8,
    },
    /// The Gregorian day is outside the proven range.
    #[error("{0} is outside the Persian calendar's proven range, 1799-03-21 to 2651-03-20")]
    Gregorian(NaiveDate),
    /// The text is not a Persian date.
    #[error("`{0}` is not a Persian date; write it like 1405/08/29 14:30:00")]
    Text(String),
}

/// Days from 0001-01-01 (day 1, chrono's "days from CE") to the day before 1 Farvardin of year 1.
const DAYS_BEFORE_YEAR_1: i32 = 226_894;

/// Days before the first of each month in its year.
const DAYS_BEFORE_MONTH: [u16; 12] = [0, 31, 62, 93, 124, 155, 186, 216, 246, 276, 306, 336];

impl PersianDate {
    /// The first year of the proven range (begins 1799-03-21).
    pub const MIN_YEAR: i32 = 1178;
    /// The last year of the proven range (ends 2651-03-20).
    pub const MAX_YEAR: i32 = 2029;

    /// A date of its parts.
    ///
    /// # Errors
    /// The year is outside the proven range, or the calendar has no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Result<PersianDate, CalendarError> {
        let last = PersianDate::days_in_month(year, month)?;
        if day == 0 || day > last {
            return Err(CalendarError::Day { year, month, day, last });
        }
        Ok(PersianDate { year, month, day })
    }

    /// The Persian date of a Gregorian day.
    ///
    /// # Errors
    /// The day is outside the proven range.
    pub fn from_gregorian(day: NaiveDate) -> Result<PersianDate, CalendarError> {
        let number = day.num_days_from_ce();
        // The mean year is 12053 / 33 days long: the guess is right or one off.
        let since = i64::from(number) - i64::from(DAYS_BEFORE_YEAR_1);
        let guess = (since * 33).div_euclid(12_053) as i32 + 1;
        let year = (guess - 1..=guess + 1).rev().find(|year| day_before_year(*year) < number).unwrap_or(guess);
        if !(PersianDate::MIN_YEAR..=PersianDate::MAX_YEAR).contains(&year) {
            return Err(CalendarError::Gregorian(day));
        }
        // From 0; below 366 because `year` is the year that holds the day.
        let of_year = (number - day_before_year(year) - 1) as u16;
        let month = DAYS_BEFORE_MONTH.partition_point(|before| *before <= of_year);
        let in_month = of_year - DAYS_BEFORE_MONTH[month - 1] + 1;
        Ok(PersianDate { year, month: month as u8, day: in_month as u8 })
    }

    /// The Gregorian day.
    pub fn to_gregorian(self) -> NaiveDate {
        let number = day_before_year(self.year)
            + i32::from(DAYS_BEFORE_MONTH[usize::from(self.month) - 1])
            + i32::from(self.day);
        // Every year of the proven range is far inside what chrono can hold.
        NaiveDate::from_num_days_from_ce_opt(number).unwrap_or(NaiveDate::MIN)
    }

    /// The year, such as 1405.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The month, 1 (Farvardin) to 12 (Esfand).
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        self.to_gregorian().weekday()
    }

    /// The Saturday that begins the week of this date; the date itself if that Saturday lies
    /// before the proven range.
    pub fn week_start(self) -> PersianDate {
        let day = self.to_gregorian();
        let back = u64::from(day.weekday().days_since(Weekday::Sat));
        day.checked_sub_days(Days::new(back)).and_then(|day| PersianDate::from_gregorian(day).ok()).unwrap_or(self)
    }

    /// Whether the year has 366 days, that is a 30 Esfand. Years outside the proven range follow
    /// the bare 33-year cycle.
    pub fn is_leap_year(year: i32) -> bool {
        day_before_year(year.saturating_add(1)) - day_before_year(year) == 366
    }

    /// How many days a month has: 31 in the first six, 30 then, 29 or 30 in Esfand.
    ///
    /// # Errors
    /// The year is outside the proven range, or there is no such month.
    pub fn days_in_month(year: i32, month: u8) -> Result<u8, CalendarError> {
        if !(PersianDate::MIN_YEAR..=PersianDate::MAX_YEAR).contains(&year) {
            return Err(CalendarError::Year(year));
        }
        match month {
            1..=6 => Ok(31),
            7..=11 => Ok(30),
            12 => Ok(if PersianDate::is_leap_year(year) { 30 } else { 29 }),
            _ => Err(CalendarError::Month(month)),
        }
    }
}

/// Printed as machines write it: `1405/08/29`, ASCII digits.
impl fmt::Display for PersianDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}/{:02}/{:02}", self.year, self.month, self.day)
    }
}

/// The number (days from CE) of the day before 1 Farvardin of `year`.
fn day_before_year(year: i32) -> i32 {
    let year = i64::from(year);
    let cycle = 365 * (year - 1) + (8 * year + 21).div_euclid(33);
    // 1 Farvardin comes a day earlier where the leap day slipped out of the year before.
    let slipped = i64::from(leap_day_slips_from(year - 1));
    (i64::from(DAYS_BEFORE_YEAR_1) + cycle - slipped).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// Whether the 33-year cycle makes `year` leap, but the equinox makes the next one so.
fn leap_day_slips_from(year: i64) -> bool {
    year == 1502 || ((1601..=1997).contains(&year) && (year - 1601) % 33 == 0)
}
