//! Moments and lengths of time for people.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use super::words::Text;
use crate::policy::calendar::{
    Language, PersianDate, gregorian_month_name, in_digits_of, long_text, long_text_gregorian, persian_month_name,
};
use crate::policy::zone::Zone;

/// Moments in a zone and a language. The language's own calendar comes first.
#[derive(Clone, Copy)]
pub struct Clock {
    pub zone: Zone,
    pub language: Language,
}

impl Clock {
    /// `Friday 20 November 2026, 14:30`.
    pub fn long(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone).naive_local();
        match self.language {
            Language::English => long_text_gregorian(local, Language::English),
            Language::Persian => long_text(local, Language::Persian),
        }
    }

    /// `20 Nov 2026, 14:30`.
    pub fn short(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone).naive_local();
        let time = format!("{:02}:{:02}", local.hour(), local.minute());
        let comma = Text(",", "،").of(self.language);
        self.digits(&format!("{}{comma} {time}", self.date(at, true)))
    }

    /// The same in the other calendar, for the reader of the other office.
    pub fn other(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone).naive_local();
        match self.language {
            Language::English => {
                PersianDate::from_gregorian(local.date()).map(|date| date.to_string()).unwrap_or_default()
            }
            Language::Persian => self.digits(&format!("{:04}/{:02}/{:02}", local.year(), local.month(), local.day())),
        }
    }

    /// `20 Nov`, with its year on request.
    pub fn date(self, at: DateTime<Utc>, year: bool) -> String {
        let date = at.with_timezone(&self.zone).naive_local().date();
        let persian = PersianDate::from_gregorian(date).ok().filter(|_| self.language == Language::Persian);
        let (day, month, of) = match persian {
            Some(date) => (u32::from(date.day()), persian_month_name(date.month(), self.language), date.year()),
            None => (date.day(), gregorian_month_name(date.month() as u8, self.language), date.year()),
        };
        // English months have short forms, Persian ones none.
        let month: String =
            if self.language == Language::English { month.chars().take(3).collect() } else { month.to_owned() };
        let year = if year { format!(" {of}") } else { String::new() };
        self.digits(&format!("{day} {month}{year}"))
    }

    /// `3 days`, `2 hours`: the largest unit, or two where the first is small.
    pub fn length(self, length: TimeDelta) -> String {
        let minutes = length.num_minutes().max(0);
        let units = [(1_440, Text("day", "روز")), (60, Text("hour", "ساعت")), (1, Text("minute", "دقیقه"))];
        let Some(at) = units.iter().position(|(unit, _)| minutes >= *unit) else {
            return Text("less than a minute", "کمتر از یک دقیقه").of(self.language).to_owned();
        };
        let mut left = minutes;
        let mut parts = Vec::new();
        for (unit, word) in &units[at..] {
            let count = left / unit;
            left %= unit;
            if count > 0 {
                parts.push(self.counted(count, *word));
            }
            // Three weeks and two hours is three weeks to anybody.
            if parts.len() == 2 || minutes / units[at].0 >= 10 {
                break;
            }
        }
        self.digits(&parts.join(Text(" ", " و ").of(self.language)))
    }

    fn counted(self, count: i64, word: Text) -> String {
        let plural = if self.language == Language::English && count != 1 { "s" } else { "" };
        format!("{count} {}{plural}", word.of(self.language))
    }

    /// How long ago, or in how long.
    pub fn distance(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let length = self.length((now - at).abs());
        match (self.language, at <= now) {
            (Language::English, true) => format!("{length} ago"),
            (Language::English, false) => format!("in {length}"),
            (Language::Persian, true) => format!("{length} پیش"),
            (Language::Persian, false) => format!("{length} دیگر"),
        }
    }

    /// Digits of the language.
    pub fn digits(self, text: &str) -> String {
        in_digits_of(text, self.language)
    }
}
