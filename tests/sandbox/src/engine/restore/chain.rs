//! The chain rules: which backup set may follow in a restore. Pure: headers and LSNs, no files.
//!
//! A restore is at one place in one database's log. A full backup begins it; a differential needs the full
//! backup that it is based on; a log backup has to begin at that place or before, end there or later, and
//! lie on the same recovery path.

use chrono::NaiveDateTime;
use uuid::Uuid;

use crate::engine::boot::Boot;
use crate::engine::file_header::FileHeader;
use crate::engine::lsn::Lsn;
use crate::engine::media::{SetHeader, flag};
use crate::engine::{ServerError, texts};

/// Where a restore is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    family: Uuid,
    fork: Uuid,
    /// The log is applied up to here.
    redo: Lsn,
    /// The full backup that differentials have to be based on: its checkpoint and its set.
    base: (Lsn, Uuid),
    /// Readable between two steps, which allows logs only.
    standby: bool,
    /// The moment that is reached.
    reached: Option<NaiveDateTime>,
}

impl Place {
    /// The place of a database whose restore has begun.
    pub(crate) fn of(boot: &Boot, primary: Option<&FileHeader>, standby: bool) -> Place {
        Place {
            family: boot.family,
            fork: boot.fork,
            redo: boot.redo_position,
            base: primary.map_or((Lsn::ZERO, Uuid::nil()), |header| (header.base_lsn, header.base_guid)),
            standby,
            reached: boot.restored_to(),
        }
    }

    /// The place after a full backup with this GUID.
    pub(crate) fn begun(header: &SetHeader, guid: Uuid) -> Place {
        let copy = header.flags & flag::COPY_ONLY != 0;
        Place {
            family: header.family,
            fork: header.fork,
            redo: header.last,
            base: if copy { (header.base_lsn, header.base_guid) } else { (header.checkpoint, guid) },
            standby: false,
            reached: header.finished,
        }
    }

    /// The place after a set that [`Place::check`] lets through, restored to its end.
    pub(crate) fn after(&self, header: &SetHeader) -> Place {
        let is_log = header.letter == b'L';
        Place {
            fork: if is_log { header.fork } else { self.fork },
            redo: self.redo.max(header.last),
            reached: header.finished,
            ..self.clone()
        }
    }

    /// The log is applied up to here.
    pub(crate) fn redo(&self) -> Lsn {
        self.redo
    }

    /// The moment that is reached.
    pub(crate) fn reached(&self) -> Option<NaiveDateTime> {
        self.reached
    }

    /// Whether a differential or log backup may follow.
    ///
    /// # Errors
    /// 3154 of another database; 3136 a differential of another base, or of an earlier state; 4330 a log on
    /// another recovery path; 4305 a log that begins too late, 4326 one that ends too early, 4335 one that
    /// is to stop before what is reached.
    pub(crate) fn check(
        &self,
        database: &str,
        header: &SetHeader,
        stop_at: Option<NaiveDateTime>,
    ) -> Result<(), ServerError> {
        if header.family != self.family {
            return Err(texts::other_database(database));
        }
        if header.letter != b'L' {
            let based = self.base == (header.base_lsn, header.base_guid);
            // A differential that ends before what is already there would take the database back.
            let fits = based && header.last >= self.redo && !self.standby;
            return if fits { Ok(()) } else { Err(texts::wrong_base()) };
        }
        let forked_later = header.previous_fork == self.fork && header.fork_point >= self.redo;
        if header.fork != self.fork && !forked_later {
            return Err(texts::other_fork());
        }
        if header.first > self.redo {
            return Err(texts::log_too_recent(header.first, self.redo));
        }
        if header.last < self.redo {
            return Err(texts::log_too_early(header.last, self.redo));
        }
        match (stop_at, self.reached) {
            (Some(stop_at), Some(reached)) if stop_at < reached => Err(texts::stop_at_too_early()),
            _ => Ok(()),
        }
    }
}
