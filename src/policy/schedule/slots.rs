//! The times of a schedule.

use std::iter::Peekable;

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
    Weekday,
};

use super::pattern::{CalendarSystem, MonthDay, Nth, Pattern, Schedule};
use crate::policy::calendar::PersianDate;
use crate::policy::zone::Zone;

/// The times of a schedule, each later than the one before. Made by [`Schedule::after`].
pub struct Times<'s> {
    local: Peekable<Box<dyn Iterator<Item = NaiveDateTime> + 's>>,
    zone: Zone,
    last: DateTime<Utc>,
}

impl Schedule {
    /// The times after a moment, that moment itself not included. Ends where the calendar does.
    pub fn after(&self, moment: DateTime<Utc>) -> Times<'_> {
        let local = moment.with_timezone(&self.zone()).naive_local();
        let local: Box<dyn Iterator<Item = NaiveDateTime> + '_> = match self.pattern() {
            Pattern::None => Box::new(std::iter::empty()),
            pattern => Box::new(day_times(pattern, local)),
        };
        Times { local: local.peekable(), zone: self.zone(), last: moment }
    }

    /// The last time at or before a moment.
    pub fn last_until(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Short looks back first: what runs each minute has a thousand times a day.
        let looks = [TimeDelta::hours(2), TimeDelta::days(2), TimeDelta::days(40), TimeDelta::days(20_000)];
        looks.into_iter().find_map(|back| {
            let from = moment.checked_sub_signed(back)?;
            self.after(from).take_while(|time| *time <= moment).last()
        })
    }
}

impl Iterator for Times<'_> {
    type Item = DateTime<Utc>;

    fn next(&mut self) -> Option<DateTime<Utc>> {
        loop {
            let local = self.local.next()?;
            let Some(time) = instant(self.zone, local) else { continue };
            // Several local times of a gap are one moment; one before the start may come first.
            if time > self.last {
                self.last = time;
                return Some(time);
            }
        }
    }
}

/// The moment of a local time: the first of two, or the end of the gap it lies in.
pub(super) fn instant(zone: Zone, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time.to_utc()),
        MappedLocalTime::None => end_of_gap(zone, local),
    }
}

fn end_of_gap(zone: Zone, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let exists = |local: &NaiveDateTime| zone.from_local_datetime(local).earliest();
    // A gap is an hour as a rule, and a day where a country changed sides of the date line.
    let minutes = (1..=2_880).map(|minutes| local.checked_add_signed(TimeDelta::minutes(minutes)));
    let first = minutes.flatten().find(|later| exists(later).is_some())?;
    let seconds = (0..60).rev().map(|seconds| first.checked_sub_signed(TimeDelta::seconds(seconds)));
    seconds.flatten().find_map(|local| exists(&local)).map(|time| time.to_utc())
}

/// Local times of a pattern, from the day before `after` on.
fn day_times(pattern: &Pattern, after: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
    // A window over midnight belongs to the day on which it opens.
    let first = after.date().pred_opt().unwrap_or(after.date());
    let offsets = offsets(pattern);
    dates(pattern, first).flat_map(move |date| {
        let midnight = date.and_time(NaiveTime::MIN);
        let offsets = offsets.clone();
        offsets.into_iter().filter_map(move |seconds| midnight.checked_add_signed(TimeDelta::seconds(seconds)))
    })
}

/// The seconds from midnight at which a day's times are, ascending.
fn offsets(pattern: &Pattern) -> Vec<i64> {
    let mut seconds: Vec<i64> = match pattern {
        Pattern::Daily { times } | Pattern::Weekly { times, .. } | Pattern::Monthly { times, .. } => {
            times.iter().map(|time| i64::from(time.num_seconds_from_midnight())).collect()
        }
        Pattern::Every(every) => {
            let (from, length) = every.span();
            let from = i64::from(from.num_seconds_from_midnight());
            let step = i64::from(every.minutes.max(1)) * 60;
            (0..)
                .map(|count| count * step)
                .take_while(|after| *after <= i64::from(length))
                .map(|after| from + after)
                .collect()
        }
        Pattern::Cron(cron) => {
            cron.times().into_iter().map(|time| i64::from(time.num_seconds_from_midnight())).collect()
        }
        Pattern::None => Vec::new(),
    };
    seconds.sort_unstable();
    seconds.dedup();
    seconds
}

/// The days of a pattern, from `first` on.
fn dates(pattern: &Pattern, first: NaiveDate) -> Box<dyn Iterator<Item = NaiveDate> + '_> {
    let all = std::iter::successors(Some(first), NaiveDate::succ_opt);
    match pattern {
        Pattern::Weekly { days, .. } => Box::new(all.filter(|date| days.contains(&date.weekday()))),
        Pattern::Monthly { calendar, days, .. } => {
            let dates = months(*calendar, first).flat_map(|month| month.days(days));
            Box::new(dates.skip_while(move |date| *date < first))
        }
        Pattern::Cron(cron) => {
            // Other months are not walked through: to the next day of a yearly time are 365.
            let wanted: Vec<u32> = (1..=12).filter(|month| cron.has_month(*month)).collect();
            let firsts = (first.year()..=NaiveDate::MAX.year()).flat_map(move |year| {
                wanted.clone().into_iter().filter_map(move |month| NaiveDate::from_ymd_opt(year, month, 1))
            });
            let dates = firsts.flat_map(|first| first.iter_days().take(usize::from(first.num_days_in_month())));
            Box::new(dates.filter(move |date| *date >= first && cron.fits(*date)))
        }
        _ => Box::new(all),
    }
}

/// A month of either calendar, as Gregorian days.
#[derive(Clone, Copy, Debug)]
struct Month {
    first: NaiveDate,
    days: u64,
}

impl Month {
    /// The wanted days of the month, ascending.
    fn days(self, wanted: &[MonthDay]) -> Vec<NaiveDate> {
        let mut dates: Vec<NaiveDate> = wanted
            .iter()
            .filter_map(|day| {
                let number = match day {
                    MonthDay::Day(number) => u64::from(*number).min(self.days),
                    MonthDay::Last => self.days,
                    MonthDay::Weekday(nth, weekday) => self.nth(*nth, *weekday),
                };
                self.first.checked_add_days(Days::new(number - 1))
            })
            .collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    fn nth(self, nth: Nth, weekday: Weekday) -> u64 {
        let first = 1 + u64::from(weekday.days_since(self.first.weekday()));
        let last = first + (self.days - first) / 7 * 7;
        match nth {
            Nth::Number(number) => (first + u64::from(number.saturating_sub(1)) * 7).min(last),
            Nth::Last => last,
        }
    }
}

/// The months from that of a day on. Persian ones end with the calendar's proven range.
fn months(calendar: CalendarSystem, day: NaiveDate) -> Box<dyn Iterator<Item = Month>> {
    match calendar {
        CalendarSystem::Gregorian => {
            let first = day.with_day(1);
            let firsts = std::iter::successors(first, |first| first.checked_add_months(chrono::Months::new(1)));
            Box::new(firsts.map(|first| Month { first, days: u64::from(first.num_days_in_month()) }))
        }
        CalendarSystem::Persian => {
            // Before the proven range begins, its first month is the next there is.
            let before = day.year() < 1800;
            let date = PersianDate::from_gregorian(day).ok();
            let first = date.map(|date| (date.year(), date.month())).or(before.then_some((PersianDate::MIN_YEAR, 1)));
            let next = |(year, month): &(i32, u8)| Some(if *month == 12 { (year + 1, 1) } else { (*year, month + 1) });
            let months = std::iter::successors(first, next).map_while(|(year, month)| {
                let days = PersianDate::days_in_month(year, month).ok()?;
                Some(Month { first: PersianDate::new(year, month, 1).ok()?.to_gregorian(), days: u64::from(days) })
            });
            Box::new(months)
        }
    }
}
