//! The Persian calendar against icu_calendar, which nobody here wrote, on every day of the range.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};
use icu_calendar::Date;
use icu_calendar::cal::Persian;
use pgbackup::policy::calendar::{
    CalendarError, Language, PersianDate, gregorian_month_name, long_text, long_text_gregorian, parse_stamp,
    persian_month_name, stamp, weekday_name,
};

fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect("a moment")
}

#[test]
fn every_day_of_the_proven_range_is_icus_day() {
    let first = PersianDate::new(PersianDate::MIN_YEAR, 1, 1).expect("a date").to_gregorian();
    let last = PersianDate::new(PersianDate::MAX_YEAR, 12, 29).expect("a date").to_gregorian();
    assert_eq!((first.year(), last.year()), (1799, 2651));
    let mut day = first;
    let mut days = 0;
    while day <= last {
        let icu =
            Date::try_new_iso(day.year(), day.month() as u8, day.day() as u8).expect("icu's day").to_calendar(Persian);
        let ours = PersianDate::from_gregorian(day).expect("in range");
        let theirs = (icu.year().extended_year(), icu.month().ordinal, icu.day_of_month().0);
        assert_eq!((ours.year(), ours.month(), ours.day()), theirs, "{day}");
        assert_eq!(ours.to_gregorian(), day);
        assert_eq!(PersianDate::new(ours.year(), ours.month(), ours.day()), Ok(ours));
        assert_eq!(PersianDate::is_leap_year(ours.year()), icu.is_in_leap_year(), "{day}");
        assert_eq!(PersianDate::days_in_month(ours.year(), ours.month()), Ok(icu.days_in_month()), "{day}");
        day = day.succ_opt().expect("a day");
        days += 1;
    }
    assert!(days > 311_000, "852 years: {days} days");
}

#[test]
fn outside_the_proven_range_is_an_error_and_no_panic() {
    for day in [NaiveDate::MIN, NaiveDate::MAX] {
        assert_eq!(PersianDate::from_gregorian(day), Err(CalendarError::Gregorian(day)));
    }
    let before = NaiveDate::from_ymd_opt(1799, 3, 20).expect("a day");
    assert_eq!(PersianDate::from_gregorian(before), Err(CalendarError::Gregorian(before)));
    assert!(PersianDate::from_gregorian(before.succ_opt().expect("a day")).is_ok());
    let after = NaiveDate::from_ymd_opt(2651, 3, 21).expect("a day");
    assert!(PersianDate::from_gregorian(after.pred_opt().expect("a day")).is_ok());
    assert_eq!(PersianDate::from_gregorian(after), Err(CalendarError::Gregorian(after)));
    for year in [i32::MIN, 0, 1177, 2030, i32::MAX] {
        assert_eq!(PersianDate::new(year, 1, 1), Err(CalendarError::Year(year)));
        let _ = PersianDate::is_leap_year(year);
    }
    assert_eq!(stamp(NaiveDate::MAX.and_hms_opt(0, 0, 0).expect("a moment")), None);
    assert!(long_text(moment("1500-01-01 00:00:00"), Language::English).contains("January 1500"));
}

#[test]
fn known_leap_years_have_a_thirtieth_of_esfand() {
    for year in [1399, 1403, 1408, 1503] {
        assert_eq!(PersianDate::days_in_month(year, 12), Ok(30), "{year}");
    }
    for year in [1400, 1404, 1405, 1502] {
        assert_eq!(
            PersianDate::new(year, 12, 30).expect_err("a common year").to_string(),
            format!("Esfand {year} has no day 30; it ends on day 29")
        );
    }
}

#[test]
fn days_that_no_month_has_are_refused_by_name() {
    assert_eq!(
        PersianDate::new(1405, 7, 31).expect_err("31 Mehr").to_string(),
        "Mehr 1405 has no day 31; it ends on day 30"
    );
    assert!(matches!(PersianDate::new(1405, 1, 0), Err(CalendarError::Day { .. })));
    assert_eq!(PersianDate::new(1405, 13, 1), Err(CalendarError::Month(13)));
    assert_eq!(PersianDate::new(1405, 0, 1), Err(CalendarError::Month(0)));
}

#[test]
fn machines_get_ascii_and_people_get_their_letters() {
    let at = moment("2026-11-20 14:30:00");
    assert_eq!(stamp(at).as_deref(), Some("1405/08/29 14:30:00"));
    assert_eq!(long_text(at, Language::Persian), "جمعه ۲۹ آبان ۱۴۰۵، ساعت ۱۴:۳۰");
    assert_eq!(long_text(at, Language::English), "Friday 29 Aban 1405, 14:30");
    assert_eq!(long_text_gregorian(at, Language::English), "Friday 20 November 2026, 14:30");
    assert_eq!(long_text_gregorian(at, Language::Persian), "جمعه ۲۰ نوامبر ۲۰۲۶، ساعت ۱۴:۳۰");
    assert_eq!(persian_month_name(13, Language::English), "");
    assert_eq!(gregorian_month_name(12, Language::English), "December");
    assert_eq!(weekday_name(Weekday::Tue, Language::Persian), "سه‌شنبه");
}

#[test]
fn a_stamp_is_read_back_in_any_digits() {
    let at = moment("2026-11-20 14:30:00");
    for text in ["1405/08/29 14:30:00", "1405-8-29T14:30", "۱۴۰۵/۰۸/۲۹ ۱۴:۳۰", "١٤٠٥/٠٨/٢٩ ١٤:٣٠:٠٠"]
    {
        assert_eq!(parse_stamp(text), Ok(at), "{text}");
    }
    assert_eq!(parse_stamp("1405/08/29"), Ok(moment("2026-11-20 00:00:00")));
    for text in ["", "x", "1405/08", "1405/08/29 25:61", "14050829", "1405/08/29 14", "+1405/08/29", "1405/08/29/1"] {
        assert_eq!(parse_stamp(text), Err(CalendarError::Text(text.to_owned())), "{text}");
    }
    assert!(matches!(parse_stamp("1405/07/31"), Err(CalendarError::Day { .. })));
    let mut at = moment("1799-03-21 23:59:59");
    while at < moment("2651-03-20 00:00:00") {
        assert_eq!(parse_stamp(&stamp(at).expect("in range")), Ok(at));
        at += chrono::TimeDelta::seconds(86_400 * 97 + 3_607);
    }
}

#[test]
fn a_persian_week_begins_on_saturday() {
    let friday = PersianDate::new(1405, 8, 29).expect("a date");
    assert_eq!(friday.weekday(), Weekday::Fri);
    assert_eq!(friday.week_start(), PersianDate::new(1405, 8, 23).expect("a date"));
    assert_eq!(friday.week_start().weekday(), Weekday::Sat);
    assert_eq!(friday.week_start().week_start(), friday.week_start());
    let first = PersianDate::new(PersianDate::MIN_YEAR, 1, 1).expect("a date");
    assert_eq!(first.week_start(), first, "the Saturday before lies outside the range");
}
