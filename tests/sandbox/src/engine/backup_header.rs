//! What a backup set says of its database: the header at its front, completed for the one at its end.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::boot::{Boot, status};
use super::core::Core;
use super::instance::Engine;
use super::lsn::Lsn;
use super::media::{FileEntry, GroupEntry, SetHeader, flag};
use super::{Answer, BackupKind, BackupSpec, TailLog};

/// Bytes that a log file may grow to (2 TB).
const LOG_LIMIT: u64 = 2 << 40;
/// `MaxSize` of a data file without limit.
const DATA_LIMIT: u64 = 0x1FFF_FFFF_E000;

/// What master knows of the database.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    pub(crate) id: u16,
    pub(crate) single: bool,
    pub(crate) created: chrono::NaiveDateTime,
}

impl Engine {
    /// The header but for its LSNs, times and sizes.
    pub(crate) fn header_of(
        &self,
        core: &mut Core,
        spec: &BackupSpec,
        own: Own,
        paths: &BTreeMap<u16, (String, u64)>,
    ) -> Answer<SetHeader> {
        let boot = core.boot.clone();
        let version = self.options().version;
        let mut flags = flag::ALWAYS;
        let set = |flags: &mut u32, bit: u32, on: bool| *flags |= if on { bit } else { 0 };
        set(&mut flags, flag::CHECKSUMS, spec.checksum);
        set(&mut flags, flag::COPY_ONLY, spec.copy_only);
        set(&mut flags, flag::DIFFERENTIAL, spec.kind == BackupKind::Differential);
        set(&mut flags, flag::READ_ONLY, boot.has(status::READ_ONLY));
        set(&mut flags, flag::SINGLE_USER, own.single);
        set(&mut flags, flag::TAIL, spec.tail != TailLog::Keep);
        let mut files = Vec::new();
        for row in core.catalog.files.clone() {
            let header = if row.is_log { None } else { Some(core.file_header(row.id)?) };
            let (physical_name, size) = paths.get(&row.id).cloned().unwrap_or_default();
            let base = header.as_ref().filter(|_| spec.kind == BackupKind::Differential);
            files.push(FileEntry {
                id: row.id,
                is_log: row.is_log,
                is_full: spec.kind == BackupKind::Full && !row.is_log,
                pages: 0,
                block_size: 512,
                group: row.group,
                size,
                logical_name: row.logical_name,
                physical_name,
                max_size: if row.is_log { LOG_LIMIT } else { DATA_LIMIT },
                growth: 64 << 20,
                percent_growth: false,
                create_lsn: row.create_lsn,
                base_lsn: base.map_or(Lsn::ZERO, |header| header.base_lsn),
                base_guid: base.map_or(Uuid::nil(), |header| header.base_guid),
                guid: row.guid,
                backup_size: 0,
                base_time: base.and_then(|header| header.base_time),
            });
        }
        files.sort_by_key(|file| (file.is_log, file.id));
        let base = core.file_header(1)?;
        let binding = base.binding;
        let groups = core.catalog.groups.iter().map(|(id, name)| GroupEntry {
            id: *id,
            name: name.clone(),
            guid: Uuid::nil(),
            is_default: *id == 1,
        });
        let differential = spec.kind == BackupKind::Differential;
        Ok(SetHeader {
            key: None,
            flags,
            build: version.build,
            minor: version.minor,
            major: version.major,
            first: Lsn::ZERO,
            last: Lsn::ZERO,
            checkpoint: Lsn::ZERO,
            database_backup: boot.full_backup_lsn,
            created: Some(own.created),
            started: None,
            finished: None,
            letter: match spec.kind {
                BackupKind::Full => b'D',
                BackupKind::Differential => b'I',
                BackupKind::Log => b'L',
            },
            sort_order: 52,
            compatibility: boot.compatibility,
            database_id: own.id,
            version: boot.version,
            size: 0,
            compressed_size: 0,
            database: boot.name.clone(),
            server: self.options().server_name.clone(),
            locale: 1033,
            comparison: 196_609,
            binding,
            fork_point: boot.fork_point,
            fork: boot.fork,
            previous_fork_point: boot.previous_fork_point,
            previous_fork: boot.previous_fork,
            full_set: boot.full_backup_set,
            collation: (0x00D0_0409, 52),
            family: boot.family,
            status: backup_status(&boot),
            log_chain: boot.log_chain,
            base_lsn: if differential { base.base_lsn } else { Lsn::ZERO },
            base_guid: if differential { base.base_guid } else { Uuid::nil() },
            last_log_backup: boot.last_log_backup,
            groups: groups.collect(),
            files,
        })
    }
}

/// The status bits that a set carries: options, not passing states.
fn backup_status(boot: &Boot) -> u32 {
    boot.status & !(status::LOADING | status::STANDBY | status::OFFLINE | status::SUSPECT)
}
