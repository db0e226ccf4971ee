//! Lays a set down: pages, then log, then redo.

use std::collections::{BTreeMap, HashSet};
use std::fs::OpenOptions;

use crate::engine::boot::{BOOT, Boot, status};
use crate::engine::core::{Core, FilePlace, read_boot, write_log_header};
use crate::engine::error::Refusal;
use crate::engine::file_header::FileHeader;
use crate::engine::instance::Engine;
use crate::engine::log::{Entry, Log, records_of};
use crate::engine::lsn::Lsn;
use crate::engine::media::{SetHeader, SetLabel, flag};
use crate::engine::page::PAGE;
use crate::engine::progress::Progress;
use crate::engine::registry::Shared;
use crate::engine::store::Store;
use crate::engine::{Answer, DatabaseState, RestoreSpec, texts};

use super::chain::Place;
use super::plan::Plan;
use super::{Chosen, LogBytes, read_log, read_pages};

/// What was laid down.
pub(crate) struct Applied {
    /// Pages by file.
    pub(crate) pages: BTreeMap<u16, u64>,
    /// The wanted point in time lies behind the end of this log: the database stays RESTORING (4322).
    pub(crate) wants_more_log: bool,
}

/// Restores the chosen set into a database that is claimed; leaves it RESTORING.
pub(crate) fn apply(
    engine: &Engine,
    spec: &RestoreSpec,
    chosen: &Chosen,
    plan: &Plan,
    shared: &Shared,
    check: bool,
    progress: &mut Progress<'_>,
) -> Answer<Applied> {
    let header = chosen.header()?.clone();
    let label = chosen.set()?.label.clone();
    let (id, name) = {
        let mut database = shared.lock();
        database.core = None;
        database.state = DatabaseState::Restoring;
        database.standby = false;
        database.files.clone_from(&plan.files);
        // Until all of it is there.
        database.interrupted = plan.files.iter().find(|place| !place.row.is_log).map(|p| p.row.logical_name.clone());
        (database.id, database.name.clone())
    };
    engine.save(shared)?;
    let log = read_log(chosen, check)?;
    let mut store =
        if plan.full { new_store(&name, &plan.files, &header, &log)? } else { Core::open_store(&name, &plan.files)? };
    let mut pages: BTreeMap<u16, u64> = BTreeMap::new();
    if header.letter != b'L' {
        let failed = |error: std::io::Error| Refusal::from(texts::disk_error(&error, &name));
        read_pages(chosen, check, progress, |first, bytes| {
            *pages.entry(first.file).or_default() += (bytes.len() / PAGE) as u64;
            store.write_raw(first, bytes).map_err(failed)
        })?;
    }
    let mut blocks = Vec::new();
    let mut log_pages = 0;
    for part in &log {
        blocks.extend_from_slice(&part.bytes);
        log_pages += part.bytes.len() as u64;
        store.log.write_vlf(part.vlf, part.start, &part.bytes).map_err(|error| texts::disk_error(&error, &name))?;
    }
    if let Some(file) = plan.files.iter().find(|place| place.row.is_log) {
        pages.insert(file.row.id, log_pages.div_ceil(PAGE as u64));
    }
    let mut boot = read_boot(&mut store)?;
    if plan.full {
        begin_anew(&mut store, &mut boot, &header, &label, (id, &name))?;
    }
    let stop = redo(&mut store, &blocks, spec, &header, engine.options().stops_by_records)?;
    if let Some(stop) = stop.at {
        store.log.cut_at(stop).map_err(|error| texts::disk_error(&error, &name))?;
    }
    // Redo may have changed what lies beside these fields in the page.
    let place =
        if plan.full { Place::begun(&header, label.guid) } else { Place::of(&boot, None, false).after(&header) };
    boot.redo_position = stop.at.unwrap_or(place.redo());
    boot.set(status::LOADING, true);
    let reached = match (stop.at, spec.stop_at) {
        (Some(_), Some(time)) => Some(time),
        _ => place.reached(),
    };
    boot.set_restored_to(reached);
    if header.letter == b'L' {
        boot.fork = header.fork;
        boot.fork_point = header.fork_point;
        boot.previous_fork = header.previous_fork;
        boot.previous_fork_point = header.previous_fork_point;
    }
    save_boot(&mut store, &boot)?;
    shared.lock().interrupted = None;
    Ok(Applied { pages, wants_more_log: stop.wants_more })
}

/// New files for a full backup, sized as the set says; the log laid out as the set describes it.
fn new_store(name: &str, places: &[FilePlace], header: &SetHeader, log: &[LogBytes]) -> Answer<Store> {
    let mut files = BTreeMap::new();
    let mut made_log = None;
    for place in places {
        let path = place.row.physical_name.clone();
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&place.host);
        let file = open.map_err(|error| texts::create_file(&path, texts::os_error(&error)))?;
        let entry = header.files.iter().find(|entry| entry.id == place.row.id);
        let size = entry.map_or(0, |entry| entry.size);
        file.set_len(size).map_err(|error| texts::disk_error(&error, &path))?;
        if place.row.is_log {
            let own = FileHeader {
                binding: header.binding,
                file: place.row.id,
                group: 0,
                pages: (size / PAGE as u64) as u32,
                create_lsn: place.row.create_lsn,
                guid: place.row.guid,
                logical_name: place.row.logical_name.clone(),
                base_lsn: Lsn::ZERO,
                base_guid: uuid::Uuid::nil(),
                base_time: None,
            };
            write_log_header(&file, &own, &path)?;
            let vlfs = log.iter().map(|part| part.vlf).collect();
            made_log = Some(Log::laid_out(file, vlfs).map_err(|error| texts::disk_error(&error, &path))?);
        } else {
            let pages = (size / PAGE as u64) as u32;
            files.insert(place.row.id, crate::engine::store::DataFile { file, path, pages });
        }
    }
    let log = made_log.ok_or_else(|| texts::internal("log file"))?;
    Ok(Store::new(name, files, log))
}

/// The pages of a full backup become a database of this instance: name, id, base of differentials.
fn begin_anew(
    store: &mut Store,
    boot: &mut Boot,
    header: &SetHeader,
    label: &SetLabel,
    (id, name): (u16, &str),
) -> Answer<()> {
    boot.id = id;
    name.clone_into(&mut boot.name);
    boot.set(status::STANDBY, false);
    boot.database_guid = uuid::Uuid::new_v4();
    boot.checkpoint = header.checkpoint;
    if header.flags & flag::COPY_ONLY == 0 {
        boot.full_backup_lsn = header.checkpoint;
        boot.full_backup_set = label.guid;
        save_boot(store, boot)?;
        // The set has the local time of its server, the base is told in UTC.
        let time = header.finished.unwrap_or_default() - chrono::Duration::minutes(i64::from(label.time_zone) * 15);
        store.set_differential_base(header.checkpoint, label.guid, time, &HashSet::new())?;
    }
    Ok(())
}

struct Stop {
    at: Option<Lsn>,
    wants_more: bool,
}

fn redo(store: &mut Store, blocks: &[u8], spec: &RestoreSpec, header: &SetHeader, by_records: bool) -> Answer<Stop> {
    let mut records = Vec::new();
    records_of(blocks, &mut records);
    // STOPAT means nothing for a data backup but that logs will follow.
    let limit = spec.stop_at.filter(|_| header.letter == b'L');
    let at = store.redo(&records, limit)?;
    let newest = records.iter().rev().find_map(|(_, record)| match record.entry {
        Entry::Commit { at, .. } | Entry::CheckpointEnd { at, .. } => Some(at),
        _ => None,
    });
    let ends = if by_records { newest } else { header.finished.max(newest) };
    let wants_more = at.is_none() && limit.is_some_and(|limit| ends.is_none_or(|ends| ends < limit));
    Ok(Stop { at, wants_more })
}

/// Writes the boot page of a store that is no open database.
pub(crate) fn save_boot(store: &mut Store, boot: &Boot) -> Answer<()> {
    let mut page = store.page(BOOT)?.clone();
    boot.write(&mut page);
    store.put_page(BOOT, page);
    store.flush_pages()
}
