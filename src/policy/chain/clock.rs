//! Times of a server's clock. Headers carry local time; the offset only where the media tell it.

use chrono::{DateTime, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};

use super::catalog::Catalog;
use super::error::{GapCause, Nearest, PlanError};
use crate::policy::zone::Zone;

/// A moment that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedMoment {
    /// By the server's clock.
    Local(NaiveDateTime),
    /// With its offset from UTC.
    Exact(DateTime<FixedOffset>),
}

impl WantedMoment {
    /// What a clock with this offset from UTC shows at the moment.
    pub fn on_clock(self, offset: FixedOffset) -> NaiveDateTime {
        match self {
            WantedMoment::Local(local) => local,
            WantedMoment::Exact(at) => at.with_timezone(&offset).naive_local(),
        }
    }
}

/// A moment of a server, as its headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerMoment {
    /// By the server's clock: what `STOPAT` takes.
    pub local: NaiveDateTime,
    /// UTC, where the media or a zone tell the offset.
    pub utc: Option<NaiveDateTime>,
}

/// Puts the local times of one family on one line ("keys"): UTC where any set tells its offset,
/// else the local time itself.
#[derive(Clone, Debug)]
pub(in crate::policy) struct ServerClock {
    /// Key and offset of each set that tells it, by key.
    known: Vec<(NaiveDateTime, FixedOffset)>,
    zone: Option<Zone>,
}

impl ServerClock {
    pub fn new(catalog: &Catalog<'_>, sets: &[usize], zone: Option<Zone>) -> ServerClock {
        let mut known: Vec<_> = sets
            .iter()
            .filter_map(|at| {
                let header = catalog.sets()[*at].header;
                let offset = FixedOffset::east_opt(i32::from(header.time_zone?) * 900)?;
                Some((header.backup_finish_date?.checked_sub_offset(offset)?, offset))
            })
            .collect();
        known.sort_by_key(|(key, offset)| (*key, offset.local_minus_utc()));
        ServerClock { known, zone }
    }

    /// The key of a set's own local time.
    pub fn key(&self, local: NaiveDateTime, time_zone: Option<i16>) -> NaiveDateTime {
        let offset = match time_zone.and_then(|quarters| FixedOffset::east_opt(i32::from(quarters) * 900)) {
            Some(offset) => Some(offset),
            // Near enough to look up by: an offset is hours, changes are half years apart.
            None => self.offset_at(local),
        };
        match offset.filter(|_| !self.known.is_empty()) {
            Some(offset) => local.checked_sub_offset(offset).unwrap_or(local),
            None => local,
        }
    }

    /// The key of a moment that another clock tells; where no set tells its offset, that clock is
    /// taken to show the server's time.
    pub fn now(&self, now: DateTime<FixedOffset>) -> NaiveDateTime {
        if self.known.is_empty() { now.naive_local() } else { now.naive_utc() }
    }

    /// The moment of a key.
    pub fn moment(&self, key: NaiveDateTime) -> ServerMoment {
        if self.known.is_empty() {
            return ServerMoment { local: key, utc: None };
        }
        let offset = match self.zone {
            Some(zone) => Some(zone.offset_from_utc_datetime(&key).fix()),
            None => self.offset_at(key),
        };
        let local = offset.and_then(|offset| key.checked_add_offset(offset)).unwrap_or(key);
        ServerMoment { local, utc: Some(key) }
    }

    /// The key of a wanted moment.
    pub fn wanted(&self, moment: WantedMoment) -> Result<NaiveDateTime, PlanError> {
        if let (WantedMoment::Exact(at), Some(zone)) = (moment, self.zone) {
            let local = at.with_timezone(&zone).naive_local();
            if zone.from_local_datetime(&local).latest().is_some_and(|latest| latest == at)
                && zone.from_local_datetime(&local).single().is_none()
            {
                let wanted = ServerMoment { local, utc: Some(at.naive_utc()) };
                let nearest = Box::new(Nearest { before: None, after: None });
                return Err(PlanError::NotReachable { wanted, nearest, cause: GapCause::SecondTime });
            }
        }
        match (moment, self.zone, self.known.is_empty()) {
            (WantedMoment::Exact(at), _, false) => Ok(at.naive_utc()),
            (WantedMoment::Exact(at), Some(zone), true) => Ok(at.with_timezone(&zone).naive_local()),
            (WantedMoment::Exact(at), None, true) => Err(PlanError::OffsetUnknown { wanted: at }),
            (WantedMoment::Local(local), Some(zone), unknown) => match zone.from_local_datetime(&local) {
                MappedLocalTime::Single(at) => Ok(if unknown { local } else { at.naive_utc() }),
                MappedLocalTime::Ambiguous(first, second) => {
                    Err(PlanError::RepeatedHour { local, first: first.offset().fix(), second: second.offset().fix() })
                }
                MappedLocalTime::None => Err(PlanError::NoSuchTime { local }),
            },
            (WantedMoment::Local(local), None, true) => Ok(local),
            (WantedMoment::Local(local), None, false) => self.plausible(local),
        }
    }

    /// The one key that a local time can mean by the offsets of the sets around it.
    fn plausible(&self, local: NaiveDateTime) -> Result<NaiveDateTime, PlanError> {
        let mut offsets: Vec<FixedOffset> = self.known.iter().map(|(_, offset)| *offset).collect();
        offsets.sort_by_key(|offset| offset.local_minus_utc());
        offsets.dedup();
        let fits: Vec<(NaiveDateTime, FixedOffset)> = offsets
            .into_iter()
            .filter_map(|offset| Some((local.checked_sub_offset(offset)?, offset)))
            .filter(|(key, offset)| {
                let after = self.known.partition_point(|(known, _)| known <= key);
                let before = after.checked_sub(1).and_then(|at| self.known.get(at));
                let around = [before, self.known.get(after)];
                around.into_iter().flatten().any(|(_, known)| known == offset)
            })
            .collect();
        match fits[..] {
            [(key, _)] => Ok(key),
            // Only changes of an hour or so repeat a time; a server that moved is no such change.
            [(one, first), (two, second)] if (one - two).abs() <= TimeDelta::hours(2) => {
                // Offsets ascend; the clock passes the hour first with the greater one.
                Err(PlanError::RepeatedHour { local, first: second, second: first })
            }
            [(key, _), ..] => Ok(key),
            [] => Ok(self.key(local, None)),
        }
    }

    /// The offset of the nearest set that tells one, at or before `key`, else after.
    fn offset_at(&self, key: NaiveDateTime) -> Option<FixedOffset> {
        let after = self.known.partition_point(|(known, _)| *known <= key);
        let at = after.checked_sub(1).unwrap_or(after);
        self.known.get(at).map(|(_, offset)| *offset)
    }
}
