//! Text as values: numbers and dates out of strings.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// A decimal number: digits and scale.
pub fn decimal(text: &str) -> Option<(i128, u8)> {
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, rest) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = [whole, rest].concat();
    if all.is_empty() || all.len() > 38 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: i128 = all.parse().ok()?;
    Some((if negative { -digits } else { digits }, rest.len() as u8))
}

/// A date and a time, with an offset from UTC if the text tells one.
pub fn date_time(text: &str) -> Option<(NaiveDateTime, Option<FixedOffset>)> {
    let text = text.trim();
    if text.is_empty() {
        return Some((NaiveDate::from_ymd_opt(1900, 1, 1)?.and_time(NaiveTime::MIN), None));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some((time.naive_local(), Some(*time.offset())));
    }
    let (text, offset) = split_offset(text);
    let plain = text.replace('T', " ");
    let time = match split_date(&plain) {
        Some((date, rest)) => date.and_time(if rest.trim().is_empty() { NaiveTime::MIN } else { time(rest.trim())? }),
        None => NaiveDate::from_ymd_opt(1900, 1, 1)?.and_time(time(&plain)?),
    };
    Some((time, offset))
}

/// `2026-11-20 14:30 +03:30` as its two parts.
fn split_offset(text: &str) -> (&str, Option<FixedOffset>) {
    let parsed = text.rfind(['+', '-']).filter(|&at| text[..at].contains(':')).and_then(|at| {
        let (hours, minutes) = text[at + 1..].split_once(':')?;
        let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        let seconds = if text[at..].starts_with('-') { -seconds } else { seconds };
        Some((text[..at].trim_end(), FixedOffset::east_opt(seconds)?))
    });
    parsed.map_or((text, None), |(text, offset)| (text, Some(offset)))
}

/// The date at the start of a text, and what follows it.
fn split_date(text: &str) -> Option<(NaiveDate, &str)> {
    const FORMS: [&str; 10] = [
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%m/%d/%Y",
        "%m-%d-%Y",
        "%b %d %Y",
        "%d %b %Y",
        "%B %d, %Y",
        "%b %d, %Y",
        "%d %B %Y",
    ];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 8 {
        return Some((NaiveDate::parse_from_str(&text[..8], "%Y%m%d").ok()?, &text[8..]));
    }
    FORMS.iter().find_map(|form| NaiveDate::parse_and_remainder(text, form).ok())
}

/// `14:30`, `14:30:09.1234567`, `2:30PM`, `14:30:09:037`.
fn time(text: &str) -> Option<NaiveTime> {
    const FORMS: [&str; 7] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S%.f%p", "%I:%M:%S%.f %p", "%I:%M%p", "%I:%M %p", "%I%p"];
    if let Some(time) = FORMS.iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok()) {
        return Some(time);
    }
    let (clock, milliseconds) = text.rsplit_once(':')?;
    NaiveTime::parse_from_str(&format!("{clock}.{milliseconds:0>3}"), "%H:%M:%S%.f").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_forms_that_scripts_use() {
        let wanted = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(14, 30, 0).unwrap();
        for text in [
            "2026-11-20T14:30:00",
            "2026-11-20 14:30",
            "20261120 14:30:00.000",
            "2026-11-20T14:30:00.0000000",
            "Nov 20 2026 2:30PM",
            "11/20/2026 14:30",
            "2026/11/20 14:30:00",
        ] {
            assert_eq!(date_time(text), Some((wanted, None)), "{text}");
        }
        assert_eq!(date_time("2026-11-20T14:30:00+03:30").unwrap().1, FixedOffset::east_opt(12_600));
        assert_eq!(date_time("2026-13-20"), None);
        assert_eq!(date_time("tomorrow"), None);
    }

    #[test]
    fn numbers_keep_their_scale() {
        assert_eq!(decimal(" -12.50 "), Some((-1250, 2)));
        assert_eq!(decimal("1e3"), None);
        assert_eq!(decimal("."), None);
    }
}
