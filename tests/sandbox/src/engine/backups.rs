//! `BACKUP DATABASE` and `BACKUP LOG`.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::backup_copy::{write_data, write_log};
use super::backup_devices;
use super::backup_header::Own;
use super::boot::status;
use super::instance::{Engine, MASTER, TEMPDB};
use super::log::Vlf;
use super::media::{Family, Label, LogPart, SetHeader, SetLabel};
use super::page::{EXTENT, PAGE};
use super::progress::Progress;
use super::registry::Shared;
use super::{
    Answer, BackupKind, BackupOutcome, BackupSpec, DatabaseState, Edition, Refusal, TailLog, UserAccess, Watcher, texts,
};

/// Bytes of an extent.
pub(crate) const EXTENT_BYTES: usize = EXTENT as usize * PAGE;

/// A file and the number of an extent in it.
pub(crate) type Extent = (u16, u32);

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
        let key = spec.encryption.as_ref().map(|wish| self.key_of(wish)).transpose()?;
        let guid = Uuid::new_v4();
        let now = self.now();
        let mut start = self.begin_backup(spec, &shared)?;
        start.header.key = key;
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
        let labels: Vec<_> = families.iter().flat_map(written_to).collect();
        drop(families);
        let backup_set_id = self.note_backup(spec, &header, &label, &labels, block)?;
        Ok(BackupOutcome { position: label.position, backup_set_id, pages })
    }

    fn check_backup(&self, spec: &BackupSpec, shared: &Shared) -> Answer<()> {
        let database = shared.lock();
        if database.id == TEMPDB {
            return Err(texts::tempdb_refused().into());
        }
        if spec.devices.iter().chain(spec.mirrors.iter().flatten()).any(|path| path.encode_utf16().count() > 259) {
            return Err(texts::device_too_long().into());
        }
        if spec.compression && self.options().edition == Edition::Express {
            let feature = match spec.kind {
                BackupKind::Log => "BACKUP LOG WITH COMPRESSION",
                _ => "BACKUP DATABASE WITH COMPRESSION",
            };
            return Err(texts::not_supported(feature, self.options().edition.name()).into());
        }
        if database.standby {
            return Err(texts::standby_refused(&database.name).into());
        }
        database.usable()?;
        let taken = database.holder.is_some_and(|holder| holder != spec.session);
        if database.access == UserAccess::Single && taken {
            return Err(texts::single_user(&database.name).into());
        }
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
        let own = Own { id: database.id, single: database.access == UserAccess::Single, created: database.created };
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
        let mut header = self.header_of(core, spec, own, &paths)?;
        header.checkpoint = checkpoint;
        header.first = if spec.kind == BackupKind::Log { core.boot.last_log_backup } else { checkpoint };
        header.last = core.store.log.end();
        header.started = Some(whole_second(now));
        for file in &mut header.files {
            let own = extents.iter().filter(|(id, _)| *id == file.id).count() as u32 * EXTENT;
            file.pages = own;
            file.backup_size = u64::from(own) * PAGE as u64;
        }
        Ok(Start { header, extents })
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
        header.finished = Some(whole_second(self.now()));
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

/// The devices of a family, itself first: number of the mirror, path, label.
fn written_to(family: &Family) -> Vec<(u16, String, Label)> {
    let paths = std::iter::once(family.path()).chain(family.copies());
    (0..).zip(paths).map(|(mirror, path)| (mirror, path.to_owned(), family.label().clone())).collect()
}

/// The dates of a set have no fractions, in media and in msdb.
fn whole_second(time: chrono::NaiveDateTime) -> chrono::NaiveDateTime {
    chrono::Timelike::with_nanosecond(&time, 0).unwrap_or(time)
}

/// Gives the change tracking of a failed backup up; the maps were never cleared.
fn abandon(shared: &Shared) {
    if let Some(core) = &mut shared.lock().core {
        core.store.changed_since = None;
    }
}
