//! Schedules in words, English and Persian.

use chrono::{NaiveTime, Timelike, Weekday};

use super::pattern::{CalendarSystem, Every, MonthDay, Nth, Pattern, PlanSchedule, RunKind, Schedule};
use crate::policy::calendar::{Language, in_digits_of, weekday_name};

impl Schedule {
    /// The schedule in words, with its time zone: `every Saturday at 02:30 (Asia/Tehran)`.
    pub fn describe(&self, language: Language) -> String {
        let words = self.pattern().describe(language);
        match (self.pattern(), language) {
            (Pattern::None, _) => words,
            (_, Language::English) => format!("{words} ({})", self.zone()),
            (_, Language::Persian) => format!("{words} (به وقت {})", self.zone()),
        }
    }
}

impl PlanSchedule {
    /// What the plan makes and when, one line each.
    pub fn describe(&self, language: Language) -> String {
        let line = |kind: &str, schedule: &Schedule| format!("{kind}: {}", schedule.describe(language));
        match self {
            PlanSchedule::Lines(lines) => {
                let lines = lines.iter().map(|of| line(of.kind.word(language), &of.schedule));
                lines.collect::<Vec<_>>().join("\n")
            }
            PlanSchedule::Counted { schedule, differentials } => match language {
                Language::English => {
                    let unit = if *differentials == 1 { "differential" } else { "differentials" };
                    line(&format!("full, then {differentials} {unit}, then full again"), schedule)
                }
                Language::Persian => {
                    let kinds = format!("یک پشتیبان کامل، سپس {differentials} پشتیبان تفاضلی، و باز از نو");
                    line(&in_digits_of(&kinds, language), schedule)
                }
            },
        }
    }
}

impl RunKind {
    /// The kind in words.
    pub const fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (RunKind::Full, Language::English) => "full",
            (RunKind::Full, Language::Persian) => "پشتیبان کامل",
            (RunKind::Differential, Language::English) => "differential",
            (RunKind::Differential, Language::Persian) => "پشتیبان تفاضلی",
            (RunKind::Log, Language::English) => "log",
            (RunKind::Log, Language::Persian) => "پشتیبان لاگ",
        }
    }
}

impl Pattern {
    /// The pattern in words.
    pub fn describe(&self, language: Language) -> String {
        let words = match language {
            Language::English => self.english(),
            Language::Persian => self.persian(),
        };
        // A cron expression stays as it was written.
        if matches!(self, Pattern::Cron(_)) { words } else { in_digits_of(&words, language) }
    }

    fn english(&self) -> String {
        match self {
            Pattern::None => "only when asked to".to_owned(),
            Pattern::Every(every) => {
                let step = match every.minutes {
                    60 => "every hour".to_owned(),
                    1 => "every minute".to_owned(),
                    minutes if minutes % 60 == 0 => format!("every {} hours", minutes / 60),
                    minutes => format!("every {minutes} minutes"),
                };
                let from = every.span().0;
                match every.window {
                    Some(window) => format!("{step} from {} to {}", clock(window.from), clock(window.to)),
                    None if divides_day(every) && every.anchor == NaiveTime::MIN => step,
                    None => format!("{step}, counted anew each day from {}", clock(from)),
                }
            }
            Pattern::Daily { times } => format!("every day at {}", clocks(times, "and")),
            Pattern::Weekly { days, times } => {
                let names = week(days, Weekday::Mon).into_iter().map(|day| weekday_name(day, Language::English));
                format!("every {} at {}", joined(names.map(str::to_owned).collect(), "and"), clocks(times, "and"))
            }
            Pattern::Monthly { calendar, days, times } => {
                let names = days.iter().map(|day| day.english()).collect();
                let calendar = match calendar {
                    CalendarSystem::Gregorian => "month",
                    CalendarSystem::Persian => "Persian month",
                };
                let short = if is_clamped(days) { "; a month without it takes the last such day it has" } else { "" };
                format!("on {} of every {calendar} at {}{short}", joined(names, "and"), clocks(times, "and"))
            }
            Pattern::Cron(cron) => format!("by cron `{}`", cron.text()),
        }
    }

    fn persian(&self) -> String {
        match self {
            Pattern::None => "فقط به درخواست".to_owned(),
            Pattern::Every(every) => {
                let step = match every.minutes {
                    60 => "هر ساعت".to_owned(),
                    1 => "هر دقیقه".to_owned(),
                    minutes if minutes % 60 == 0 => format!("هر {} ساعت", minutes / 60),
                    minutes => format!("هر {minutes} دقیقه"),
                };
                let from = every.span().0;
                match every.window {
                    Some(window) => format!("{step} از {} تا {}", clock(window.from), clock(window.to)),
                    None if divides_day(every) && every.anchor == NaiveTime::MIN => step,
                    None => format!("{step}، هر روز از نو از ساعت {}", clock(from)),
                }
            }
            Pattern::Daily { times } => format!("هر روز ساعت {}", clocks(times, "و")),
            Pattern::Weekly { days, times } => {
                let names = week(days, Weekday::Sat).into_iter().map(|day| weekday_name(day, Language::Persian));
                format!("هر {} ساعت {}", joined(names.map(str::to_owned).collect(), "و"), clocks(times, "و"))
            }
            Pattern::Monthly { calendar, days, times } => {
                let names = days.iter().map(|day| day.persian()).collect();
                let calendar = match calendar {
                    CalendarSystem::Gregorian => "ماه میلادی",
                    CalendarSystem::Persian => "ماه شمسی",
                };
                let short = if is_clamped(days) {
                    "؛ ماهی که چنین روزی ندارد، آخرین روز مشابه آن"
                } else {
                    ""
                };
                format!("{} هر {calendar} ساعت {}{short}", joined(names, "و"), clocks(times, "و"))
            }
            Pattern::Cron(cron) => format!("طبق cron «{}»", cron.text()),
        }
    }
}

impl MonthDay {
    fn english(self) -> String {
        match self {
            MonthDay::Day(number) => format!("day {number}"),
            MonthDay::Last => "the last day".to_owned(),
            MonthDay::Weekday(nth, day) => {
                let nth = match nth {
                    Nth::Number(1) => "first",
                    Nth::Number(2) => "second",
                    Nth::Number(3) => "third",
                    Nth::Number(4) => "fourth",
                    Nth::Number(_) => "fifth",
                    Nth::Last => "last",
                };
                format!("the {nth} {}", weekday_name(day, Language::English))
            }
        }
    }

    fn persian(self) -> String {
        match self {
            MonthDay::Day(number) => format!("روز {number}"),
            MonthDay::Last => "روز آخر".to_owned(),
            MonthDay::Weekday(nth, day) => {
                let nth = match nth {
                    Nth::Number(1) => "اولین",
                    Nth::Number(2) => "دومین",
                    Nth::Number(3) => "سومین",
                    Nth::Number(4) => "چهارمین",
                    Nth::Number(_) => "پنجمین",
                    Nth::Last => "آخرین",
                };
                format!("{nth} {}", weekday_name(day, Language::Persian))
            }
        }
    }
}

fn divides_day(every: &Every) -> bool {
    1_440 % every.minutes.max(1) == 0
}

fn clock(time: NaiveTime) -> String {
    match time.second() {
        0 => format!("{:02}:{:02}", time.hour(), time.minute()),
        second => format!("{:02}:{:02}:{second:02}", time.hour(), time.minute()),
    }
}

fn clocks(times: &[NaiveTime], and: &str) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.dedup();
    joined(times.into_iter().map(clock).collect(), and)
}

/// `a`, `a and b`, `a, b and c`.
fn joined(mut names: Vec<String>, and: &str) -> String {
    let comma = if and == "and" { ", " } else { "، " };
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} {and} {last}", names.join(comma)),
        Some(only) => only,
        None => String::new(),
    }
}

/// Whether some months lack one of the days, by either calendar.
fn is_clamped(days: &[MonthDay]) -> bool {
    days.iter().any(|day| matches!(day, MonthDay::Day(29..) | MonthDay::Weekday(Nth::Number(5..), _)))
}

/// The days in the order of a week.
fn week(days: &[Weekday], start: Weekday) -> Vec<Weekday> {
    let mut days = days.to_vec();
    days.sort_by_key(|day| day.days_since(start));
    days.dedup();
    days
}
