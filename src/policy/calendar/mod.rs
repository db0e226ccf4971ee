//! The Persian (Jalali, Solar Hijri) calendar, as Iran keeps it.
//!
//! Machines get ASCII digits (`1405/08/29 14:30:00`, [`stamp`]), people get their own letters and
//! digits ([`long_text`]). File names, retention and comparisons use Gregorian UTC and never this.

mod convert;
mod words;

pub use convert::{CalendarError, PersianDate};
pub use words::{
    Language, gregorian_month_name, in_digits_of, long_text, long_text_gregorian, parse_stamp, persian_month_name,
    stamp, weekday_name,
};
