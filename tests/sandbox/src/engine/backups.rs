//! `BACKUP DATABASE` and `BACKUP LOG`.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::backup_devices;
use super::boot::{Boot, status};
use super::core::Core;
use super::instance::{Engine, MASTER, TEMPDB};
use super::log::Vlf;
use super::lsn::Lsn;
use super::media::{Family, FileEntry, GroupEntry, LogPart, SetHeader, SetLabel, flag};
use super::page::{EXTENT, PAGE, Page};
use super::progress::Progress;
use super::registry::Shared;
use super::{
    Answer, BackupKind, BackupOutcome, BackupSpec, DatabaseState, Edition, Refusal, ServerError, TailLog, Watcher,
    texts,
};

/// Bytes of an extent.
pub(crate) const EXTENT_BYTES: usize = EXTENT as usize * PAGE;
/// Data of WITH CHECKSUM backups is filled up to a multiple of this.
const CHECKSUM_UNIT: usize = 1 << 20;
/// Bytes that a log file may grow to (2 TB).
const LOG_LIMIT: u64 = 2 << 40;
/// `MaxSize` of a data file without limit.
const DATA_LIMIT: u64 = 0x1FFF_FFFF_E000;

type Extent = (u16, u32);

/// The statement's name in 3013, 3014 and 4208.
fn statement(kind: BackupKind) -> &'static str {
    match kind {
        BackupKind::Full => "BACKUP DATABASE",
        BackupKind::Differential => "BACKUP DATABASE WITH DIFFERENTIAL",
        BackupKind::Log => "BACKUP LOG",
    }
}

/// What is fixed when a backup begins.
struct Start {
    header: SetHeader,
    extents: Vec<Extent>,
}

/// What is fixed when the data has been copied.
struct Finish {
    header: SetHeader,
    late: Vec<(Extent, Vec<u8>)>,
    log: Vec<LogPart>,
}

impl Engine {
    /// `BACKUP DATABASE` and `BACKUP LOG`.
    ///
    /// # Errors
    /// As the server: the cause first, then 3013.
    pub fn backup(&self, spec: &BackupSpec, watcher: &mut dyn Watcher) -> Answer<BackupOutcome> {
        let name = if spec.kind == BackupKind::Log { "BACKUP LOG" } else { "BACKUP DATABASE" };
        self.run_backup(spec, watcher).map_err(|refusal| texts::terminating(refusal, name))
    }

    fn run_backup(&self, spec: &BackupSpec, watcher: &mut dyn Watcher) -> Answer<BackupOutcome> {
        let shared = self.find(&spec.database)?;
        self.check_backup(spec, &shared)?;
        // Log backups may run beside a data backup, and beside nothing else of their own.
        let claim = if spec.kind == BackupKind::Log { shared.claim_log() } else { shared.claim() };
        let _claim = claim.ok_or_else(texts::must_be_serialized)?;
        let guid = Uuid::new_v4();
        let now = self.now();
        let start = self.begin_backup(spec, &shared)?;
        let prepared = backup_devices::prepare(self, spec, now).inspect_err(|_| abandon(&shared))?;
        let label = SetLabel {
            position: prepared.position,
            name: spec.name.clone(),
            description: spec.description.clone(),
            user: spec.user_name.clone(),
            machine: self.options().machine_name().to_owned(),
            device: spec
                .devices
                .first()
                .filter(|path| path.as_bytes().get(1) == Some(&b':'))
                .map_or(String::new(), |path| path[..2].to_uppercase()),
            written: Some(now),
            expires: spec.expires,
            guid,
            time_zone: (self.options().clock.offset_minutes() / 15) as i8,
            differential: spec.kind == BackupKind::Differential,
            copy_only: spec.copy_only,
        };
        let done = self.write_set(spec, &shared, start, prepared.families, &label, watcher);
        let (header, block, pages, families) = done.inspect_err(|_| abandon(&shared))?;
        self.end_backup(spec, &shared, &header, &label)?;
        let labels: Vec<_> = families.iter().map(|family| (family.path().to_owned(), family.label().clone())).collect();
        drop(families);
        let backup_set_id = self.note_backup(spec, &header, &label, &labels, block)?;
        Ok(BackupOutcome { position: label.position, backup_set_id, pages })
    }

    fn check_backup(&self, spec: &BackupSpec, shared: &Shared) -> Answer<()> {
        let database = shared.lock();
        if database.id == TEMPDB {
            return Err(texts::tempdb_refused().into());
        }
        if spec.devices.iter().any(|path| path.encode_utf16().count() > 259) {
            return Err(texts::device_too_long().into());
        }
        if spec.compression && self.options().edition == Edition::Express {
            let feature = match spec.kind {
                BackupKind::Log => "BACKUP LOG WITH COMPRESSION",
                _ => "BACKUP DATABASE WITH COMPRESSION",
            };
            return Err(texts::not_supported(feature, self.options().edition.name()).into());
        }
        // The tail of a database that was damaged or is in standby can be saved; one being restored has none.
        database.usable()?;
        let Some(core) = &database.core else { return Err(texts::suspect(&database.name).into()) };
        match spec.kind {
            BackupKind::Full => {}
            _ if database.id == MASTER => return Err(texts::master_full_only(spec.kind == BackupKind::Log).into()),
            BackupKind::Differential => {
                if core.boot.full_backup_set.is_nil() {
                    return Err(texts::no_base(&database.name).into());
                }
            }
            BackupKind::Log => {
                if core.boot.has(status::SIMPLE) {
                    return Err(texts::simple_model("BACKUP LOG").into());
                }
                if core.boot.last_log_backup.is_zero() {
                    return Err(texts::no_full_backup().into());
                }
            }
        }
        Ok(())
    }

    /// Checkpoint, the first header, and the list of extents to copy.
    fn begin_backup(&self, spec: &BackupSpec, shared: &Shared) -> Answer<Start> {
        let mut database = shared.lock();
        let now = self.now();
        let single = database.access == super::UserAccess::Single;
        let id = database.id;
        let paths: BTreeMap<u16, (String, u64)> = database
            .files
            .iter()
            .map(|place| {
                let len = std::fs::metadata(&place.host).map_or(0, |meta| meta.len());
                (place.row.id, (place.row.physical_name.clone(), len))
            })
            .collect();
        let Some(core) = &mut database.core else { return Err(texts::restoring(&spec.database).into()) };
        let checkpoint = if spec.kind == BackupKind::Log { core.boot.checkpoint } else { core.checkpoint(now)? };
        let mut extents = Vec::new();
        if spec.kind != BackupKind::Log {
            let files: Vec<u16> = core.store.files.keys().copied().collect();
            for file in files {
                let mut own: BTreeSet<u32> = match spec.kind {
                    BackupKind::Differential => core.store.changed_extents(file)?.into_iter().collect(),
                    _ => core.store.allocated_extents(file)?.into_iter().collect(),
                };
                own.insert(0);
                if file == 1 {
                    own.insert(1);
                }
                extents.extend(own.into_iter().map(|extent| (file, extent)));
            }
            core.store.changed_since = Some(Default::default());
        }
        let mut header = self.header_of(core, spec, id, &paths, single)?;
        header.checkpoint = checkpoint;
        header.first = if spec.kind == BackupKind::Log { core.boot.last_log_backup } else { checkpoint };
        header.last = core.store.log.end();
        header.started = Some(now);
        for file in &mut header.files {
            let own = extents.iter().filter(|(id, _)| *id == file.id).count() as u32 * EXTENT;
            file.pages = own;
            file.backup_size = u64::from(own) * PAGE as u64;
        }
        Ok(Start { header, extents })
    }

    fn header_of(
        &self,
        core: &mut Core,
        spec: &BackupSpec,
        id: u16,
        paths: &BTreeMap<u16, (String, u64)>,
        single: bool,
    ) -> Answer<SetHeader> {
        let boot = core.boot.clone();
        let version = self.options().version;
        let mut flags = flag::ALWAYS;
        let set = |flags: &mut u32, bit: u32, on: bool| *flags |= if on { bit } else { 0 };
        set(&mut flags, flag::CHECKSUMS, spec.checksum);
        set(&mut flags, flag::COPY_ONLY, spec.copy_only);
        set(&mut flags, flag::DIFFERENTIAL, spec.kind == BackupKind::Differential);
        set(&mut flags, flag::READ_ONLY, boot.has(status::READ_ONLY));
        set(&mut flags, flag::SINGLE_USER, single);
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
            flags,
            build: version.build,
            minor: version.minor,
            major: version.major,
            first: Lsn::ZERO,
            last: Lsn::ZERO,
            checkpoint: Lsn::ZERO,
            database_backup: boot.full_backup_lsn,
            created: Some(boot.created),
            started: None,
            finished: None,
            letter: match spec.kind {
                BackupKind::Full => b'D',
                BackupKind::Differential => b'I',
                BackupKind::Log => b'L',
            },
            sort_order: 52,
            compatibility: boot.compatibility,
            database_id: id,
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

    /// Writes the set to its families; returns the final header, the block size and the pages in it.
    #[allow(clippy::type_complexity)] // Four things that the one caller takes apart at once.
    fn write_set(
        &self,
        spec: &BackupSpec,
        shared: &Shared,
        start: Start,
        mut families: Vec<Family>,
        label: &SetLabel,
        watcher: &mut dyn Watcher,
    ) -> Answer<(SetHeader, u64, u64, Vec<Family>)> {
        let mut header = start.header;
        header.size = start.extents.len() as u64 * EXTENT_BYTES as u64;
        header.compressed_size = header.size;
        let front = super::media::mqci(&header);
        for family in &mut families {
            family.begin_set(label, &front, spec.checksum)?;
        }
        let mut progress = Progress::new(self, watcher, spec.stats, start.extents.len() as u64);
        let mut pages: BTreeMap<u16, u64> = BTreeMap::new();
        if spec.kind != BackupKind::Log {
            self.copy_extents(spec, shared, &start.extents, &mut families, &mut progress)?;
            for (file, _) in &start.extents {
                *pages.entry(*file).or_default() += u64::from(EXTENT);
            }
        }
        let finish = self.finish_copy(spec, shared, header)?;
        let Finish { mut header, late, log } = finish;
        if spec.kind != BackupKind::Log {
            let bytes: Vec<Vec<u8>> = late.iter().map(|(_, bytes)| bytes.clone()).collect();
            write_data(&mut families[..1], &[bytes], spec.checksum)?;
            for ((file, _), _) in &late {
                *pages.entry(*file).or_default() += u64::from(EXTENT);
            }
        }
        let data_pages: u64 = pages.values().sum();
        for file in header.files.iter().filter(|file| !file.is_log && spec.kind != BackupKind::Log) {
            let own = pages.get(&file.id).copied().unwrap_or(0);
            let text = texts::pages_of_file(own, &header.database, &file.logical_name, label.position);
            progress.watcher.message(text);
        }
        progress.finish();
        let log_bytes: u64 = log.iter().map(|part| part.bytes.len() as u64).sum();
        write_log(&mut families, &log)?;
        header.size = families.iter().map(Family::size_so_far).sum();
        header.compressed_size = match families.iter().any(Family::is_compressed) {
            true => families.iter().map(Family::real_size_so_far).sum(),
            false => header.size,
        };
        header.finished = Some(self.now());
        let back = super::media::mqci(&header);
        progress.go_on()?;
        for family in &mut families {
            family.end_set(&back)?;
        }
        let log_pages = log_bytes.div_ceil(PAGE as u64);
        if let Some(file) = header.files.iter().find(|file| file.is_log) {
            let text = texts::pages_of_file(log_pages, &header.database, &file.logical_name, label.position);
            progress.watcher.message(text);
        }
        let total = data_pages + log_pages;
        let millis = progress.millis();
        progress.watcher.message(texts::processed(statement(spec.kind), total, millis));
        let block = families.first().map_or(0, Family::block);
        Ok((header, block, total, families))
    }

    fn copy_extents(
        &self,
        spec: &BackupSpec,
        shared: &Shared,
        extents: &[Extent],
        families: &mut [Family],
        progress: &mut Progress<'_>,
    ) -> Answer<()> {
        let count = families.len();
        let parts: Vec<Vec<Extent>> =
            (0..count).map(|index| extents.iter().copied().skip(index).step_by(count).collect()).collect();
        // Every family gets as many extents as the first, and full units when there are checksums.
        let longest = parts.first().map_or(0, Vec::len);
        let unit = if spec.checksum { CHECKSUM_UNIT / EXTENT_BYTES } else { 1 };
        let filled = longest.div_ceil(unit) * unit;
        let len = (filled * EXTENT_BYTES) as u64;
        for family in families.iter_mut() {
            family.begin_data(len)?;
        }
        let mut bytes = vec![0u8; EXTENT_BYTES];
        let filler = filler_extent();
        for row in 0..filled {
            for (family, part) in families.iter_mut().zip(&parts) {
                match part.get(row) {
                    Some(extent) => {
                        self.read_committed(shared, *extent, spec, &mut bytes)?;
                        family.data(&bytes)?;
                        progress.extent()?;
                    }
                    None => family.data(&filler)?,
                }
            }
        }
        for family in families.iter_mut() {
            family.end_data(len)?;
        }
        Ok(())
    }

    fn read_committed(&self, shared: &Shared, extent: Extent, spec: &BackupSpec, out: &mut [u8]) -> Answer<()> {
        let mut database = shared.lock();
        let name = database.name.clone();
        let Some(core) = &mut database.core else { return Err(texts::aborted().into()) };
        core.store.read_extent(extent.0, extent.1, out)?;
        if spec.checksum {
            check_extent(core, extent, out, &name, spec.name.as_deref().unwrap_or(&name))?;
        }
        Ok(())
    }

    /// The second checkpoint, what changed since the first, and the log.
    fn finish_copy(&self, spec: &BackupSpec, shared: &Shared, mut header: SetHeader) -> Answer<Finish> {
        let mut database = shared.lock();
        let now = self.now();
        let log_file = database.files.iter().find(|place| place.row.is_log).map_or(2, |place| place.row.id);
        let Some(core) = &mut database.core else { return Err(texts::aborted().into()) };
        let mut late = Vec::new();
        if spec.kind != BackupKind::Log {
            let checkpoint = core.checkpoint(now)?;
            header.first = checkpoint;
            header.checkpoint = checkpoint;
            let mut changed: BTreeSet<Extent> =
                core.store.changed_since.replace(Default::default()).unwrap_or_default().into_iter().collect();
            changed.extend([(1, 0), (1, 1)]);
            for extent in changed {
                let mut bytes = vec![0u8; EXTENT_BYTES];
                core.store.read_extent(extent.0, extent.1, &mut bytes)?;
                late.push((extent, bytes));
            }
        }
        header.last = core.store.log.end();
        for file in &mut header.files {
            let own = late.iter().filter(|((id, _), _)| *id == file.id).count() as u32 * EXTENT;
            file.pages = own;
            file.backup_size = u64::from(own) * PAGE as u64;
        }
        let mut log = Vec::new();
        let failed = |error: std::io::Error| Refusal::from(texts::disk_error(&error, "log"));
        let vlfs: Vec<Vlf> = core.store.log.vlfs().to_vec();
        for (index, start, end) in core.store.log.ranges(header.first).map_err(failed)? {
            let mut bytes = vec![0u8; usize::try_from(end - start).unwrap_or(0)];
            core.store.log.read_raw(start, &mut bytes).map_err(failed)?;
            log.push(LogPart { file: log_file, vlf: vlfs[index], start, bytes });
        }
        // What has data comes first, by its number in the log; then the others as they lie in the file.
        log.sort_by_key(|part| if part.bytes.is_empty() { u32::MAX } else { part.vlf.sequence });
        if spec.kind == BackupKind::Log {
            let bytes: u64 = log.iter().map(|part| part.bytes.len() as u64).sum();
            for file in header.files.iter_mut().filter(|file| file.is_log) {
                file.backup_size = bytes;
            }
        }
        Ok(Finish { header, late, log })
    }

    /// What a finished backup changes in the database.
    fn end_backup(&self, spec: &BackupSpec, shared: &Shared, header: &SetHeader, label: &SetLabel) -> Answer<()> {
        let mut database = shared.lock();
        let Some(core) = &mut database.core else { return Ok(()) };
        let changed = core.store.changed_since.take().unwrap_or_default();
        match spec.kind {
            BackupKind::Full if !spec.copy_only => {
                let utc = self.options().clock.utc();
                core.store.set_differential_base(header.checkpoint, label.guid, utc, &changed)?;
                core.boot.full_backup_lsn = header.checkpoint;
                core.boot.full_backup_set = label.guid;
                if !core.boot.has(status::SIMPLE) && core.boot.last_log_backup.is_zero() {
                    core.boot.log_chain = header.first;
                    core.boot.last_log_backup = header.first;
                }
                core.save_boot()?;
            }
            BackupKind::Log if !spec.copy_only => {
                core.boot.last_log_backup = header.last;
                core.store.log.truncate_before(super::core::keep_from(&core.boot));
                core.save_boot()?;
            }
            _ => {}
        }
        if spec.kind == BackupKind::Log && spec.tail != TailLog::Keep {
            core.boot.redo_position = header.last;
            core.boot.set(status::LOADING, true);
            core.save_boot()?;
            database.core = None;
            database.state = DatabaseState::Restoring;
            drop(database);
            if let TailLog::Standby(path) = &spec.tail {
                super::standby::enter(self, shared, path)?;
            }
            self.save(shared)?;
        }
        Ok(())
    }
}

/// Gives the change tracking of a failed backup up; the maps were never cleared.
fn abandon(shared: &Shared) {
    if let Some(core) = &mut shared.lock().core {
        core.store.changed_since = None;
    }
}

/// The status bits that a set carries: options, not passing states.
fn backup_status(boot: &Boot) -> u32 {
    boot.status & !(status::LOADING | status::STANDBY | status::OFFLINE | status::SUSPECT)
}

/// 3043 for the first allocated page whose checksum does not fit.
fn check_extent(core: &mut Core, extent: Extent, bytes: &[u8], name: &str, set: &str) -> Answer<()> {
    for (index, page) in bytes.chunks(PAGE).enumerate() {
        let page = Page::from_bytes(page);
        let id = super::page::PageId::new(extent.0, extent.1 * EXTENT + index as u32);
        if page.checksums().is_some_and(|(stored, computed)| stored != computed)
            && core.store.pfs(id).unwrap_or(0) & super::allocation::pfs::ALLOCATED != 0
        {
            let path = core.store.files.get(&extent.0).map_or("", |file| file.path.as_str());
            let _ = name;
            return Err(texts::page_damaged(set, id, path).into());
        }
    }
    Ok(())
}

/// An extent of pages of type 101 that fills a data stream up.
fn filler_extent() -> Vec<u8> {
    let mut page = Page::formatted(101, super::page::PageId::NONE, 0, 0, 0);
    page.seal();
    page.bytes().repeat(EXTENT as usize)
}

fn write_data(families: &mut [Family], parts: &[Vec<Vec<u8>>], checksum: bool) -> Result<(), ServerError> {
    let unit = if checksum { CHECKSUM_UNIT / EXTENT_BYTES } else { 1 };
    for (family, part) in families.iter_mut().zip(parts) {
        let filled = part.len().div_ceil(unit) * unit;
        let len = (filled * EXTENT_BYTES) as u64;
        family.begin_data(len)?;
        for extent in part {
            family.data(extent)?;
        }
        for _ in part.len()..filled {
            family.data(&filler_extent())?;
        }
        family.end_data(len)?;
    }
    Ok(())
}

/// Deals the virtual log files to the families: data to the first, descriptions to all in turn.
fn write_log(families: &mut [Family], log: &[LogPart]) -> Result<(), ServerError> {
    let count = families.len();
    let mut turn = 0;
    for part in log {
        let index = if part.bytes.is_empty() { turn % count } else { 0 };
        turn += usize::from(part.bytes.is_empty());
        if let Some(family) = families.get_mut(index) {
            family.log(part)?;
        }
    }
    Ok(())
}
