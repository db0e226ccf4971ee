//! Times, days and windows as people write them.

use chrono::{NaiveTime, Weekday};

use super::error::ScheduleError;
use super::pattern::{MonthDay, Nth, Window};
use crate::policy::calendar::{Language, weekday_name};

const WEEK: [Weekday; 7] =
    [Weekday::Sat, Weekday::Sun, Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

/// Persian names in Latin letters, from Saturday on.
const TRANSLITERATED: [&str; 7] =
    ["shanbeh", "yekshanbeh", "doshanbeh", "seshanbeh", "chaharshanbeh", "panjshanbeh", "jomeh"];

/// Reads a time of day: `02:30`, `23:00:15`.
///
/// # Errors
/// There is no such time.
pub fn parse_time(text: &str) -> Result<NaiveTime, ScheduleError> {
    let wrong = || ScheduleError::Time(text.to_owned());
    let parts: Vec<u32> = text
        .trim()
        .split(':')
        .map(|part| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        })
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let time = match parts[..] {
        [hour, minute] => NaiveTime::from_hms_opt(hour, minute, 0),
        [hour, minute, second] => NaiveTime::from_hms_opt(hour, minute, second),
        _ => None,
    };
    time.ok_or_else(wrong)
}

/// Reads a window of hours: `22:00-06:00`.
///
/// # Errors
/// It is not two times.
pub fn parse_window(text: &str) -> Result<Window, ScheduleError> {
    let wrong = || ScheduleError::Window(text.to_owned());
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    Ok(Window { from: parse_time(from).map_err(|_| wrong())?, to: parse_time(to).map_err(|_| wrong())? })
}

/// Reads a day of the week: English, in full or its first three letters, or Persian, in its own
/// letters (with or without the joiner) or in Latin ones.
///
/// # Errors
/// There is no such day.
pub fn parse_weekday(text: &str) -> Result<Weekday, ScheduleError> {
    let plain = |text: &str| -> String {
        // The Arabic forms of two letters come from older keyboards.
        let letters = text.trim().chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200C}');
        letters.map(|letter| if letter == 'ي' { 'ی' } else { letter }).collect::<String>().to_lowercase()
    };
    let wanted = plain(text);
    let named = WEEK.into_iter().zip(TRANSLITERATED).find(|(day, latin)| {
        let english = plain(weekday_name(*day, Language::English));
        wanted == english
            || wanted == english[..3]
            || wanted == *latin
            || wanted == plain(weekday_name(*day, Language::Persian))
    });
    named.map(|(day, _)| day).ok_or_else(|| ScheduleError::Weekday(text.to_owned()))
}

/// Reads a day of the month: `1` to `31`, `Last`, `First Friday` to `Fifth Friday`, `Last Friday`.
///
/// # Errors
/// There is no such day.
pub fn parse_month_day(text: &str) -> Result<MonthDay, ScheduleError> {
    let wrong = || ScheduleError::MonthDay(text.to_owned());
    let text = text.trim();
    if let Some((nth, weekday)) = text.split_once(char::is_whitespace) {
        let nth = match nth.to_lowercase().as_str() {
            "first" => Nth::Number(1),
            "second" => Nth::Number(2),
            "third" => Nth::Number(3),
            "fourth" => Nth::Number(4),
            "fifth" => Nth::Number(5),
            "last" => Nth::Last,
            _ => return Err(wrong()),
        };
        return Ok(MonthDay::Weekday(nth, parse_weekday(weekday)?));
    }
    if text.eq_ignore_ascii_case("last") {
        return Ok(MonthDay::Last);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten().filter(|number| (1..=31).contains(number));
    number.map(MonthDay::Day).ok_or_else(wrong)
}
