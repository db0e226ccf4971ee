//! Persian dates as text, for machines and for people.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

use super::{CalendarError, PersianDate};

/// The language of a text for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, Persian names transliterated.
    #[default]
    English,
    /// Persian letters and digits.
    Persian,
}

const MONTHS: [(&str, &str); 12] = [
    ("Farvardin", "فروردین"),
    ("Ordibehesht", "اردیبهشت"),
    ("Khordad", "خرداد"),
    ("Tir", "تیر"),
    ("Mordad", "مرداد"),
    ("Shahrivar", "شهریور"),
    ("Mehr", "مهر"),
    ("Aban", "آبان"),
    ("Azar", "آذر"),
    ("Dey", "دی"),
    ("Bahman", "بهمن"),
    ("Esfand", "اسفند"),
];

const GREGORIAN_MONTHS: [(&str, &str); 12] = [
    ("January", "ژانویه"),
    ("February", "فوریه"),
    ("March", "مارس"),
    ("April", "آوریل"),
    ("May", "مه"),
    ("June", "ژوئن"),
    ("July", "ژوئیه"),
    ("August", "اوت"),
    ("September", "سپتامبر"),
    ("October", "اکتبر"),
    ("November", "نوامبر"),
    ("December", "دسامبر"),
];

/// The name of a Persian month, 1 to 12; empty for any other number.
pub fn persian_month_name(month: u8, language: Language) -> &'static str {
    month_of(&MONTHS, month, language)
}

/// The name of a Gregorian month, 1 to 12; empty for any other number.
pub fn gregorian_month_name(month: u8, language: Language) -> &'static str {
    month_of(&GREGORIAN_MONTHS, month, language)
}

fn month_of(names: &[(&'static str, &'static str); 12], month: u8, language: Language) -> &'static str {
    let (english, persian) =
        usize::from(month).checked_sub(1).and_then(|at| names.get(at)).copied().unwrap_or_default();
    match language {
        Language::English => english,
        Language::Persian => persian,
    }
}

/// The name of a day of the week: `Saturday`, `شنبه`.
pub fn weekday_name(day: Weekday, language: Language) -> &'static str {
    let (english, persian) = match day {
        Weekday::Sat => ("Saturday", "شنبه"),
        Weekday::Sun => ("Sunday", "یکشنبه"),
        Weekday::Mon => ("Monday", "دوشنبه"),
        Weekday::Tue => ("Tuesday", "سه‌شنبه"),
        Weekday::Wed => ("Wednesday", "چهارشنبه"),
        Weekday::Thu => ("Thursday", "پنجشنبه"),
        Weekday::Fri => ("Friday", "جمعه"),
    };
    match language {
        Language::English => english,
        Language::Persian => persian,
    }
}

/// A moment for machines, `1405/08/29 14:30:00`, ASCII digits; `None` outside the calendar's
/// proven range.
pub fn stamp(moment: NaiveDateTime) -> Option<String> {
    let date = PersianDate::from_gregorian(moment.date()).ok()?;
    let time = moment.time();
    Some(format!("{date} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()))
}

/// Reads what [`stamp`] writes, and what people type: the time or its seconds may be missing,
/// `-` may stand for `/`, digits may be Persian or Arabic. The answer is Gregorian.
///
/// # Errors
/// The text is no date, or a date that the calendar does not have.
pub fn parse_stamp(text: &str) -> Result<NaiveDateTime, CalendarError> {
    let wrong = || CalendarError::Text(text.to_owned());
    let ascii: String = text.trim().chars().map(ascii_digit).collect();
    let (date, time) = ascii.split_once([' ', 'T']).unwrap_or((&ascii, "00:00"));
    let [year, month, day] = numbers::<3>(date, &['/', '-']).ok_or_else(wrong)?;
    let time = time.trim();
    let [hour, minute, second] = numbers::<3>(time, &[':'])
        .or_else(|| numbers::<2>(time, &[':']).map(|[hour, minute]| [hour, minute, 0]))
        .ok_or_else(wrong)?;
    let small = |number: u32| u8::try_from(number).map_err(|_| wrong());
    let date = PersianDate::new(i32::try_from(year).map_err(|_| wrong())?, small(month)?, small(day)?)?;
    let time = NaiveTime::from_hms_opt(hour, minute, second).ok_or_else(wrong)?;
    Ok(date.to_gregorian().and_time(time))
}

/// A moment for people: `Friday 29 Aban 1405, 14:30`, `جمعه ۲۹ آبان ۱۴۰۵، ساعت ۱۴:۳۰`. Outside
/// the proven range the Gregorian text is given.
pub fn long_text(moment: NaiveDateTime, language: Language) -> String {
    match PersianDate::from_gregorian(moment.date()) {
        Ok(date) => {
            let month = persian_month_name(date.month(), language);
            compose(moment, i64::from(date.day()), month, i64::from(date.year()), language)
        }
        Err(_) => long_text_gregorian(moment, language),
    }
}

/// A moment for people in the Gregorian calendar: `Friday 20 November 2026, 14:30`.
pub fn long_text_gregorian(moment: NaiveDateTime, language: Language) -> String {
    let date: NaiveDate = moment.date();
    let month = gregorian_month_name(date.month() as u8, language);
    compose(moment, i64::from(date.day()), month, i64::from(date.year()), language)
}

fn compose(moment: NaiveDateTime, day: i64, month: &str, year: i64, language: Language) -> String {
    let weekday = weekday_name(moment.weekday(), language);
    let (hour, minute) = (moment.hour(), moment.minute());
    match language {
        Language::English => format!("{weekday} {day} {month} {year}, {hour:02}:{minute:02}"),
        Language::Persian => {
            in_digits_of(&format!("{weekday} {day} {month} {year}، ساعت {hour:02}:{minute:02}"), Language::Persian)
        }
    }
}

/// The text with its ASCII digits in the language's own.
pub fn in_digits_of(text: &str, language: Language) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::Persian => text
            .chars()
            .map(|letter| match letter.to_digit(10) {
                Some(digit) => char::from_u32('۰' as u32 + digit).unwrap_or(letter),
                None => letter,
            })
            .collect(),
    }
}

/// The ASCII digit of a Persian (U+06F0) or Arabic (U+0660) one; other letters as they are.
fn ascii_digit(letter: char) -> char {
    let digit = match letter {
        '۰'..='۹' => letter as u32 - '۰' as u32,
        '٠'..='٩' => letter as u32 - '٠' as u32,
        _ => return letter,
    };
    char::from_digit(digit, 10).unwrap_or(letter)
}

/// Exactly `N` numbers of at most four digits, split by any of `separators`.
fn numbers<const N: usize>(text: &str, separators: &[char]) -> Option<[u32; N]> {
    let parts: Vec<u32> = text
        .split(separators)
        .map(|part| {
            let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        })
        .collect::<Option<_>>()?;
    parts.try_into().ok()
}
