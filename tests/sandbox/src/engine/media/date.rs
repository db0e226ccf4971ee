//! MTF dates: 40 bits, big-endian: year 14, month 4, day 5, hour 5, minute 6, second 6; zero = none.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

pub(crate) fn to_bytes(time: Option<NaiveDateTime>) -> [u8; 5] {
    let Some(time) = time else { return [0; 5] };
    let year = u64::try_from(time.year()).unwrap_or(0);
    let mut bits = year << 26 | u64::from(time.month()) << 22 | u64::from(time.day()) << 17;
    bits |= u64::from(time.hour()) << 12 | u64::from(time.minute()) << 6 | u64::from(time.second());
    let all = bits.to_be_bytes();
    [all[3], all[4], all[5], all[6], all[7]]
}

pub(crate) fn from_bytes(bytes: [u8; 5]) -> Option<NaiveDateTime> {
    let bits = bytes.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let part = |shift: u32, width: u32| (bits >> shift & ((1 << width) - 1)) as u32;
    let date = NaiveDate::from_ymd_opt(i32::try_from(bits >> 26).ok()?, part(22, 4), part(17, 5))?;
    date.and_hms_opt(part(12, 5), part(6, 6), part(0, 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_date_is_read_and_written() {
        // Write date of variety/media-name.bak.
        let bytes = [0x1f, 0x99, 0xea, 0xbb, 0xde];
        let time = from_bytes(bytes);
        assert_eq!(time.map(|time| time.to_string()).as_deref(), Some("2022-07-21 11:47:30"));
        assert_eq!(to_bytes(time), bytes);
        assert_eq!(from_bytes([0; 5]), None);
        assert_eq!(to_bytes(None), [0; 5]);
    }
}
