//! Patterns of times, and plans of several.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::error::ScheduleError;
use crate::policy::zone::Zone;

/// Local times at which something runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Never by itself.
    None,
    /// Every so many minutes.
    Every(Every),
    /// Each day at these times.
    Daily {
        /// One or more times of day.
        times: Vec<NaiveTime>,
    },
    /// On these days of each week.
    Weekly {
        /// One or more days.
        days: Vec<Weekday>,
        /// One or more times of day.
        times: Vec<NaiveTime>,
    },
    /// On these days of each month.
    Monthly {
        /// Whose months.
        calendar: CalendarSystem,
        /// One or more days.
        days: Vec<MonthDay>,
        /// One or more times of day.
        times: Vec<NaiveTime>,
    },
    /// By a cron expression.
    Cron(CronPattern),
}

/// Whose months and weeks a schedule goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CalendarSystem {
    /// January to December, weeks from Monday.
    #[default]
    Gregorian,
    /// Farvardin to Esfand, weeks from Saturday.
    Persian,
}

/// Every so many minutes, counted anew each day from the beginning of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// 1 to 1440.
    pub minutes: u32,
    /// Only within these hours; from midnight to midnight if there is none.
    pub window: Option<Window>,
    /// The time of day that is counted from, if there is no window. Midnight if not given.
    pub anchor: NaiveTime,
}

impl Every {
    /// Every so many minutes all day, from midnight on.
    pub fn minutes(minutes: u32) -> Every {
        Every { minutes, window: None, anchor: NaiveTime::MIN }
    }

    /// Every so many hours all day, from midnight on.
    pub fn hours(hours: u32) -> Every {
        Every::minutes(hours.saturating_mul(60))
    }

    /// Where each day's count begins, and how many seconds it goes on, the end included.
    pub(super) fn span(&self) -> (NaiveTime, u32) {
        match self.window {
            Some(window) => (window.from, window.seconds()),
            None => (self.anchor, 86_399),
        }
    }
}

/// Hours of the day, both ends included; `22:00-06:00` goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it opens.
    pub from: NaiveTime,
    /// When it closes. The same as `from` is the whole day.
    pub to: NaiveTime,
}

impl Window {
    /// Whether a time of day is in it.
    pub fn holds(&self, time: NaiveTime) -> bool {
        let since = |time: NaiveTime| {
            (time.num_seconds_from_midnight() + 86_400 - self.from.num_seconds_from_midnight()) % 86_400
        };
        since(time) <= self.seconds()
    }

    /// How long it is, in seconds, below a day.
    fn seconds(&self) -> u32 {
        let (from, to) = (self.from.num_seconds_from_midnight(), self.to.num_seconds_from_midnight());
        if from == to { 86_399 } else { (to + 86_400 - from) % 86_400 }
    }
}

/// A day of a month. What a month lacks is its last such day: the 31st of a month of 30 days is
/// the 30th, the fifth Friday of a month with four is the fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonthDay {
    /// By number, from 1.
    Day(u8),
    /// The last.
    Last,
    /// The first Friday and the like.
    Weekday(Nth, Weekday),
}

/// Which of the same weekdays of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Nth {
    /// From 1 to 5.
    Number(u8),
    /// The last.
    Last,
}

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
#[derive(Clone, Debug)]
pub struct CronPattern {
    text: String,
    cron: Box<Cron>,
}

impl PartialEq for CronPattern {
    fn eq(&self, other: &CronPattern) -> bool {
        self.text == other.text
    }
}

impl CronPattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// It does not have five fields, or one of them is wrong, or no day ever fits.
    pub fn parse(text: &str) -> Result<CronPattern, ScheduleError> {
        let wrong = |why: String| ScheduleError::Cron { text: text.to_owned(), why };
        let fields = text.split_whitespace().count();
        if fields != 5 {
            return Err(wrong(format!("it has {fields}")));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| wrong(error.to_string().trim_end_matches('.').to_owned()))?;
        let from = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN);
        if cron.find_next_occurrence(&from, true).is_err() {
            return Err(ScheduleError::CronNever(text.to_owned()));
        }
        Ok(CronPattern { text: text.trim().to_owned(), cron: Box::new(cron) })
    }

    /// Whether the expression names a month.
    pub(super) fn has_month(&self, month: u32) -> bool {
        self.cron.pattern.month_match(month).unwrap_or(false)
    }

    /// Whether something runs on a day of such a month.
    pub(super) fn fits(&self, day: NaiveDate) -> bool {
        let weekday = croner::Weekday::from_days_from_sunday(day.weekday().num_days_from_sunday());
        self.cron.pattern.day_match(day.year(), day.month(), day.day(), weekday).unwrap_or(false)
    }

    /// The times of such a day.
    pub(super) fn times(&self) -> Vec<NaiveTime> {
        let pattern = &self.cron.pattern;
        let hours = (0..24).filter(|hour| pattern.hour_match(*hour).unwrap_or(false));
        let times = hours.flat_map(|hour| {
            let minutes = (0..60).filter(|minute| pattern.minute_match(*minute).unwrap_or(false));
            minutes.filter_map(move |minute| NaiveTime::from_hms_opt(hour, minute, 0))
        });
        times.collect()
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A pattern in a time zone. What is in it has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pattern: Pattern,
    zone: Zone,
}

impl Schedule {
    /// A schedule of a pattern.
    ///
    /// # Errors
    /// Says what of the pattern cannot be.
    pub fn new(pattern: Pattern, zone: Zone) -> Result<Schedule, ScheduleError> {
        let some = |empty: bool, what| if empty { Err(ScheduleError::Empty(what)) } else { Ok(()) };
        match &pattern {
            Pattern::None | Pattern::Cron(_) => {}
            Pattern::Every(every) => {
                if !(1..=1_440).contains(&every.minutes) {
                    return Err(ScheduleError::Interval(every.minutes));
                }
            }
            Pattern::Daily { times } => some(times.is_empty(), "time of day")?,
            Pattern::Weekly { days, times } => {
                some(days.is_empty(), "day of the week")?;
                some(times.is_empty(), "time of day")?;
            }
            Pattern::Monthly { days, times, .. } => {
                some(days.is_empty(), "day of the month")?;
                some(times.is_empty(), "time of day")?;
                for day in days {
                    match day {
                        MonthDay::Day(number) if !(1..=31).contains(number) => {
                            return Err(ScheduleError::MonthDay(number.to_string()));
                        }
                        MonthDay::Weekday(Nth::Number(number), _) if !(1..=5).contains(number) => {
                            return Err(ScheduleError::MonthDay(number.to_string()));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(Schedule { pattern, zone })
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The time zone, kept with the schedule so that a plan means the same on another machine.
    pub fn zone(&self) -> Zone {
        self.zone
    }
}

/// What a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunKind {
    /// A full; in an archive plan it opens a new file.
    Full,
    /// A differential.
    Differential,
    /// A log backup.
    Log,
}

/// One line of a plan: a kind and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it makes.
    pub kind: RunKind,
    /// When.
    pub schedule: Schedule,
}

/// When a plan runs and what it makes.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanSchedule {
    /// Lines side by side, such as a full each week, differentials each day, logs each quarter of
    /// an hour. Where a full and a differential fall together, only the full is made.
    Lines(Vec<Line>),
    /// One schedule, with so many differentials between two fulls (the CRM's differential mode).
    Counted {
        /// When something is made.
        schedule: Schedule,
        /// How many differentials follow a full before the next one.
        differentials: u32,
    },
}

impl PlanSchedule {
    /// Whether the plan can be.
    ///
    /// # Errors
    /// There is no line, or the number of differentials is impossible.
    pub fn check(&self) -> Result<(), ScheduleError> {
        match self {
            PlanSchedule::Lines(lines) if lines.is_empty() => Err(ScheduleError::Empty("line")),
            PlanSchedule::Counted { differentials, .. } if !(1..=1_000).contains(differentials) => {
                Err(ScheduleError::Count(*differentials))
            }
            _ => Ok(()),
        }
    }
}
