//! Single values: times, identifiers, LSNs.

use std::time::Duration;

use chrono::{Datelike, FixedOffset, NaiveDateTime, Timelike};

use crate::model::{Guid, Lsn};
use crate::policy::calendar;

/// A moment by a server's clock as UTC.
pub(super) fn utc(local: Option<NaiveDateTime>, offset: FixedOffset) -> Option<String> {
    local?.checked_sub_offset(offset).map(|utc| format!("{}Z", utc.format("%Y-%m-%dT%H:%M:%S%.3f")))
}

/// A moment by a server's clock, without zone, as SQL Server prints it. A row of a list has five of them, and
/// chrono's `format` would read its pattern anew for each.
pub(super) fn local(local: Option<NaiveDateTime>) -> Option<String> {
    local.map(|at| {
        let (year, month, day) = (at.year(), at.month(), at.day());
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        let whole = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        match at.and_utc().timestamp_subsec_millis() {
            0 => whole,
            milliseconds => format!("{whole}.{milliseconds:03}"),
        }
    })
}

/// A moment by a server's clock in the Persian calendar, ASCII digits.
pub(super) fn persian(local: Option<NaiveDateTime>) -> Option<String> {
    local.and_then(calendar::stamp)
}

/// A GUID in lower case.
pub(super) fn guid(guid: Option<Guid>) -> Option<String> {
    guid.map(|guid| guid.to_string())
}

/// An LSN as decimal text: too long for the numbers of JSON's readers.
pub(super) fn lsn(lsn: Option<Lsn>) -> Option<String> {
    lsn.map(|lsn| lsn.to_string())
}

/// Bytes as hexadecimal text, `0x...`, as SQL Server prints them.
pub(super) fn bytes(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}")))
}

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Text that stays inside a `--` comment.
pub(super) fn base_name(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
