//! The two forms of time in a backup file.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// The local time in a `DATE5`: 40 bits, big-endian.
///
/// | bits | what |
/// |---|---|
/// | 14 | year |
/// | 4 | month |
/// | 5 | day |
/// | 5 | hour |
/// | 6 | minute |
/// | 6 | second |
///
/// `None` for "no date" (all bits zero) and for bits that are no date. (MTF 1.00a, `MTF_DATE_TIME`.)
pub(crate) fn date5(bytes: [u8; 5]) -> Option<NaiveDateTime> {
    let bits = bytes.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let field = |shift: u32, width: u32| u32::try_from(bits >> shift & ((1 << width) - 1)).unwrap_or_default();
    NaiveDate::from_ymd_opt(i32::try_from(field(26, 14)).ok()?, field(22, 4), field(17, 5))?.and_hms_opt(
        field(12, 5),
        field(6, 6),
        field(0, 6),
    )
}

/// The UTC time in a Windows FILETIME, 100 ns units since 1601; `None` for 0.
pub(crate) fn filetime(ticks: u64) -> Option<NaiveDateTime> {
    const UNIX_EPOCH: u64 = 116_444_736_000_000_000;
    let since = i64::try_from(ticks).ok()? - i64::try_from(UNIX_EPOCH).ok()?;
    let nanoseconds = u32::try_from(since.rem_euclid(10_000_000) * 100).ok()?;
    let time = DateTime::from_timestamp(since.div_euclid(10_000_000), nanoseconds)?.naive_utc();
    (ticks != 0).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_a_real_label() {
        // TAPE+88 of OlaMsFilter/Simple/test_FULL_20160629_141300.bak: 2018-06-29 14:18:32.
        let date = date5([0x1f, 0x89, 0xba, 0xe4, 0xa0]).map(|date| date.to_string());
        assert_eq!(date.as_deref(), Some("2018-06-29 14:18:32"));
    }

    #[test]
    fn no_date_is_none() {
        assert_eq!(date5([0; 5]), None);
        assert_eq!(date5([0xff; 5]), None);
    }

    #[test]
    fn a_filetime_counts_from_1601() {
        assert_eq!(filetime(116_444_736_000_000_000).map(|at| at.to_string()).as_deref(), Some("1970-01-01 00:00:00"));
        assert_eq!(filetime(0), None);
        assert_eq!(filetime(u64::MAX), None);
    }
}
