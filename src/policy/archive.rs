//! The append archive: one file with a full backup and all that builds on it. When a new one begins,
//! how fast it grows, and until when the disk has room for it.
//!
//! A file can only be removed as a whole, so an archive that goes on for ever can never be removed.
//! One that rolls over can: the next full begins the next file.

use chrono::{NaiveDateTime, TimeDelta};

use crate::model::{BackupSet, BackupType};

/// When an archive has had enough. Without any limit only a full that is made begins a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollover {
    /// So many differentials between two fulls.
    pub differentials: Option<u32>,
    /// Days after its first set.
    pub days: Option<u32>,
    /// Bytes of its sets.
    pub bytes: Option<u64>,
}

/// Why a new archive begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RolloverReason {
    /// A full was wanted, and each full begins an archive.
    #[error("a full backup begins a new archive")]
    Full,
    /// It holds as many differentials as are wanted between two fulls.
    #[error("the archive holds {0} differentials since its full")]
    Differentials(u32),
    /// It is old.
    #[error("the archive was begun {0} days ago")]
    Days(i64),
    /// It is large.
    #[error("the archive holds {0} bytes")]
    Bytes(u64),
}

impl RolloverReason {
    /// A word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            RolloverReason::Full => "full",
            RolloverReason::Differentials(_) => "differentials",
            RolloverReason::Days(_) => "days",
            RolloverReason::Bytes(_) => "bytes",
        }
    }
}

/// Why the next backup begins a new archive instead of going into the one with these sets; `None`:
/// it is appended. A log backup never begins one: the archive begins with a full. `now` is the
/// server's local time, as the sets' are.
pub fn rolls_over(
    rules: &Rollover,
    wanted: BackupType,
    sets: &[BackupSet],
    now: NaiveDateTime,
) -> Option<RolloverReason> {
    let first = sets.first()?;
    match wanted {
        BackupType::Full => return Some(RolloverReason::Full),
        BackupType::Differential => {}
        _ => return None,
    }
    let made = differentials(sets);
    if rules.differentials.is_some_and(|limit| count_reached(made, limit)) {
        return Some(RolloverReason::Differentials(made));
    }
    let age = first.backup_start_date.map(|began| now - began);
    if let (Some(age), Some(limit)) = (age, rules.days)
        && age >= TimeDelta::days(i64::from(limit))
    {
        return Some(RolloverReason::Days(age.num_days()));
    }
    let bytes = bytes(sets);
    rules.bytes.filter(|limit| bytes >= *limit).map(|_| RolloverReason::Bytes(bytes))
}

/// Whether the next one is a full, after so many differentials.
pub const fn count_reached(made: u32, limit: u32) -> bool {
    made >= limit
}

/// Differentials since the last full.
fn differentials(sets: &[BackupSet]) -> u32 {
    let is_base = |set: &BackupSet| set.backup_type == BackupType::Full && set.is_copy_only != Some(true);
    let since = sets.iter().rev().take_while(|set| !is_base(set));
    since.fold(0, |count, set| count + u32::from(set.backup_type == BackupType::Differential))
}

/// What the sets take in the file, as their headers tell.
fn bytes(sets: &[BackupSet]) -> u64 {
    sets.iter().filter_map(|set| set.compressed_backup_size.or(set.backup_size)).sum()
}

/// How an archive grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Its sets.
    pub sets: usize,
    /// Differentials since its last full.
    pub differentials: u32,
    /// Bytes of its sets.
    pub bytes: u64,
    /// Bytes that a day adds, over the days of its life; `None` in its first day, and while nothing
    /// was appended.
    pub per_day: Option<u64>,
}

/// How an archive with these sets has grown until `now`, the server's local time.
pub fn growth(sets: &[BackupSet], now: NaiveDateTime) -> Growth {
    let age = sets.first().and_then(|first| first.backup_start_date).map(|began| (now - began).num_seconds());
    let appended = sets.get(1..).map_or(0, bytes);
    let rate = |seconds: i64| u128::from(appended) * u128::from(DAY) / u128::from(seconds.unsigned_abs());
    let known = age.filter(|seconds| appended > 0 && seconds.unsigned_abs() >= DAY && *seconds > 0);
    Growth {
        sets: sets.len(),
        differentials: differentials(sets),
        bytes: bytes(sets),
        per_day: known.and_then(|seconds| u64::try_from(rate(seconds)).ok()),
    }
}

/// When a disk with so many free bytes is full if every day adds the same; `None` if it is not in
/// the next hundred years.
pub fn full_at(free: u64, per_day: u64, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let seconds = u128::from(free) * u128::from(DAY) / u128::from(per_day).max(1);
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds < 36_500 * DAY as i64)?;
    now.checked_add_signed(TimeDelta::seconds(seconds))
}

/// Seconds.
const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn day(day: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, day).and_then(|day| day.and_hms_opt(2, 0, 0)).expect("a moment")
    }

    fn set(kind: BackupType, on: u32, bytes: u64) -> BackupSet {
        let mut set = BackupSet::of(kind, 1, "PayamGostar2");
        set.backup_start_date = Some(day(on));
        set.backup_size = Some(bytes * 3);
        set.compressed_backup_size = Some(bytes);
        set
    }

    fn archive(differentials: u32) -> Vec<BackupSet> {
        let rest = (0..differentials).map(|number| set(BackupType::Differential, 2 + number, 10));
        std::iter::once(set(BackupType::Full, 1, 100)).chain(rest).collect()
    }

    #[test]
    fn so_many_differentials_between_two_fulls() {
        let rules = Rollover { differentials: Some(2), ..Rollover::default() };
        let next = |sets: &[BackupSet]| rolls_over(&rules, BackupType::Differential, sets, day(9));
        assert_eq!(next(&archive(0)), None);
        assert_eq!(next(&archive(1)), None);
        assert_eq!(next(&archive(2)), Some(RolloverReason::Differentials(2)));
        // A full in between, as the base guard makes one, begins the count anew; a log does not count.
        let mut sets = archive(2);
        sets.extend([set(BackupType::Full, 5, 100), set(BackupType::Differential, 6, 10), set(BackupType::Log, 6, 1)]);
        assert_eq!(next(&sets), None);
        // A copy-only full is nobody's base.
        let mut sets = archive(2);
        let mut copy = set(BackupType::Full, 5, 100);
        copy.is_copy_only = Some(true);
        sets.push(copy);
        assert_eq!(next(&sets), Some(RolloverReason::Differentials(2)));
    }

    #[test]
    fn by_age_and_by_size_at_the_limit() {
        let of = |rules: Rollover, on| rolls_over(&rules, BackupType::Differential, &archive(2), day(on));
        let days = Rollover { days: Some(7), ..Rollover::default() };
        assert_eq!((of(days, 7), of(days, 8)), (None, Some(RolloverReason::Days(7))));
        let bytes = |limit| Rollover { bytes: Some(limit), ..Rollover::default() };
        assert_eq!((of(bytes(121), 3), of(bytes(120), 3)), (None, Some(RolloverReason::Bytes(120))));
    }

    #[test]
    fn an_empty_archive_has_nothing_to_roll_over_and_a_log_never_begins_one() {
        let rules = Rollover { differentials: Some(1), days: Some(1), bytes: Some(1) };
        assert_eq!(rolls_over(&rules, BackupType::Full, &[], day(9)), None);
        assert_eq!(rolls_over(&rules, BackupType::Log, &archive(5), day(29)), None);
        assert_eq!(rolls_over(&Rollover::default(), BackupType::Full, &archive(0), day(1)), Some(RolloverReason::Full));
        assert_eq!(rolls_over(&Rollover::default(), BackupType::Differential, &archive(5), day(29)), None);
    }

    #[test]
    fn growth_is_what_was_appended_by_the_days_of_its_life() {
        let whole = growth(&archive(4), day(5));
        assert_eq!(whole, Growth { sets: 5, differentials: 4, bytes: 140, per_day: Some(10) });
        assert_eq!(growth(&archive(0), day(5)).per_day, None, "nothing was appended");
        assert_eq!(growth(&archive(4), day(1)).per_day, None, "it is not a day old");
        assert_eq!(growth(&archive(4), NaiveDateTime::MIN).per_day, None, "the clock was set back");
        assert_eq!(growth(&[], day(5)), Growth { sets: 0, differentials: 0, bytes: 0, per_day: None });
    }

    #[test]
    fn the_disk_is_full_when_the_days_have_eaten_what_is_free() {
        assert_eq!(full_at(30, 10, day(5)), Some(day(8)));
        assert_eq!(full_at(0, 10, day(5)), Some(day(5)));
        assert_eq!(full_at(u64::MAX, 1, day(5)), None);
        assert_eq!(full_at(10, 0, day(5)), Some(day(15)), "no growth is at least a byte");
    }
}
