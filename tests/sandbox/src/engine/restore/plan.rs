//! What a restore may do: over which database, from which state, and where each file goes.

use std::collections::BTreeMap;

use crate::engine::boot::{Boot, DATABASE_VERSION, status};
use crate::engine::catalog::FileRow;
use crate::engine::core::{Core, FilePlace, read_boot};
use crate::engine::databases::files_in_use;
use crate::engine::file_header::FileHeader;
use crate::engine::instance::Engine;
use crate::engine::media::{FileEntry, SetHeader};
use crate::engine::page::PageId;
use crate::engine::registry::Database;
use crate::engine::{Answer, DatabaseState, OsError, Refusal, RestoreKind, RestoreSpec, ServerMessage, paths, texts};

use super::Chosen;
use super::chain::Place;

/// Where a restore puts things.
pub(crate) struct Plan {
    /// Files of the database after the restore.
    pub(crate) files: Vec<FilePlace>,
    /// Whether the set is a full backup, and the database begins anew.
    pub(crate) full: bool,
}

/// Checks a restore and places its files.
///
/// # Errors
/// 3169, 3135, 3118, 3117, 4319, 3154, 3159, 3136, 4330, 4305, 4326, 4335, 3234, 3176, 1834, 3142, 5133, 3156,
/// 3257, 3119.
pub(crate) fn plan(engine: &Engine, spec: &RestoreSpec, chosen: &Chosen) -> Answer<Plan> {
    let header = chosen.header()?;
    check_version(engine, header)?;
    let path = chosen.families.first().map_or("", |media| media.path.as_str());
    let is_log = header.letter == b'L';
    match spec.kind {
        RestoreKind::Log if !is_log => return Err(texts::set_kind_refused(path, "BACKUP DATABASE").into()),
        RestoreKind::Database if is_log => return Err(texts::set_kind_refused(path, "BACKUP LOG").into()),
        _ => {}
    }
    let full = header.letter == b'D';
    let existing = engine.registry().find(&spec.database);
    let Some(shared) = existing else {
        if !full {
            return Err(texts::no_such_database(&spec.database).into());
        }
        let files = place_files(engine, spec, header, None)?;
        return Ok(Plan { files, full });
    };
    let mut database = shared.lock();
    let boot = boot_of(&mut database);
    if full {
        check_over_existing(spec, &mut database, boot.as_ref(), header)?;
        let snapshot = database.snapshot();
        drop(database);
        let files = place_files(engine, spec, header, Some(&snapshot))?;
        return Ok(Plan { files, full });
    }
    if database.state != DatabaseState::Restoring && !database.standby {
        return Err(texts::no_rollforward().into());
    }
    if let Some(logical) = &database.interrupted {
        return Err(texts::interrupted(logical).into());
    }
    let Some(boot) = boot else { return Err(texts::no_rollforward().into()) };
    place(&mut database, &boot)?.check(&spec.database, header, spec.stop_at.filter(|_| is_log))?;
    let files = database.files.clone();
    drop(database);
    check_moves(spec, header)?;
    Ok(Plan { files, full })
}

/// Where the restore of a database is.
fn place(database: &mut Database, boot: &Boot) -> Answer<Place> {
    let mut store = Core::open_store(&database.name, &database.files)?;
    let page = store.page(PageId::new(1, 0))?;
    Ok(Place::of(boot, FileHeader::read(page).as_ref(), database.standby))
}

/// The boot page of a database in any state; `None` when it cannot be read.
fn boot_of(database: &mut Database) -> Option<Boot> {
    if let Some(core) = &database.core {
        return Some(core.boot.clone());
    }
    let mut store = Core::open_store(&database.name, &database.files).ok()?;
    read_boot(&mut store).ok()
}

fn check_version(engine: &Engine, header: &SetHeader) -> Answer<()> {
    let own = engine.options().version;
    if header.version <= DATABASE_VERSION && header.major <= own.major {
        return Ok(());
    }
    let print = |major: u8, minor: u8, build: u16| format!("{major:02}.{minor:02}.{build:04}");
    let backup = print(header.major, header.minor, header.build);
    Err(texts::newer_version(&backup, &print(own.major, own.minor, own.build)).into())
}

fn check_over_existing(
    spec: &RestoreSpec,
    database: &mut Database,
    boot: Option<&Boot>,
    header: &SetHeader,
) -> Answer<()> {
    if spec.replace {
        return Ok(());
    }
    if boot.is_some_and(|boot| boot.family != header.family) {
        return Err(texts::other_database(&database.name).into());
    }
    let online = database.state == DatabaseState::Online && !database.standby;
    let chain = boot.is_some_and(|boot| !boot.has(status::SIMPLE) && !boot.last_log_backup.is_zero());
    if online && chain && spec.stop_at.is_none() {
        return Err(texts::tail_not_saved(&database.name).into());
    }
    Ok(())
}

/// # Errors
/// 3234 for a MOVE of a file that the set has not.
fn check_moves(spec: &RestoreSpec, header: &SetHeader) -> Answer<()> {
    for (logical, _) in &spec.moves {
        let known = header.files.iter().any(|file| file.logical_name.to_lowercase() == logical.to_lowercase());
        if !known {
            return Err(texts::no_logical_file(logical, &header.database).into());
        }
    }
    Ok(())
}

fn place_files(
    engine: &Engine,
    spec: &RestoreSpec,
    header: &SetHeader,
    existing: Option<&Database>,
) -> Answer<Vec<FilePlace>> {
    check_moves(spec, header)?;
    let mut out: Vec<FilePlace> = Vec::new();
    let mut problems: Vec<ServerMessage> = Vec::new();
    let mut claimed: BTreeMap<String, (String, u16)> = BTreeMap::new();
    let mut over_existing = Vec::new();
    let in_use = files_in_use(engine);
    let own_name = existing.map(|database| database.name.clone());
    for file in &header.files {
        let path = target(spec, file, existing);
        let key = paths::key(&path);
        if let Some((other, id)) = claimed.insert(key.clone(), (file.logical_name.clone(), file.id)) {
            problems.push(texts::claimed_twice(&path, (&file.logical_name, file.id), (&other, id)));
        }
        let host = match engine.host_path(&path) {
            Ok(host) => host,
            Err(cause) => {
                problems.extend(lookup_failed(&path, &file.logical_name, cause));
                continue;
            }
        };
        if let Some(cause) = engine.faults().refused(&path) {
            problems.extend(lookup_failed(&path, &file.logical_name, cause));
            continue;
        }
        if !host.parent().is_some_and(std::path::Path::is_dir) {
            problems.extend(lookup_failed(&path, &file.logical_name, OsError::PathNotFound));
            continue;
        }
        let user = in_use.get(&key);
        if let Some(user) = user.filter(|user| own_name.as_ref() != Some(*user)) {
            problems.push(texts::file_used_by(&path, user));
            problems.push(texts::cannot_restore_to(&file.logical_name, &path, 4));
        } else if user.is_none() && host.exists() && !spec.replace {
            over_existing.push(texts::over_existing_file(&file.logical_name, &path));
        }
        out.push(FilePlace {
            host,
            row: FileRow {
                id: file.id,
                group: file.group,
                is_log: file.is_log,
                logical_name: file.logical_name.clone(),
                physical_name: path,
                create_lsn: file.create_lsn,
                guid: file.guid,
            },
        });
    }
    check_space(engine, header, &out, &mut problems);
    if !problems.is_empty() {
        problems.push(texts::planning_failed());
        return Err(Refusal { errors: problems });
    }
    if !over_existing.is_empty() {
        return Err(Refusal { errors: over_existing });
    }
    Ok(out)
}

/// Where a file goes: by MOVE, else where the existing database has it, else where the backup had it.
fn target(spec: &RestoreSpec, file: &FileEntry, existing: Option<&Database>) -> String {
    let moved = spec.moves.iter().find(|(logical, _)| logical.to_lowercase() == file.logical_name.to_lowercase());
    let own = existing.and_then(|database| database.files.iter().find(|place| place.row.id == file.id));
    match (moved, own) {
        (Some((_, path)), _) => path.clone(),
        (None, Some(place)) => place.row.physical_name.clone(),
        (None, None) => file.physical_name.clone(),
    }
}

fn lookup_failed(path: &str, logical: &str, cause: OsError) -> [ServerMessage; 2] {
    let cause = format!("{}({})", cause.number(), cause.text());
    [texts::directory_lookup(path, &cause), texts::cannot_restore_to(logical, path, 3)]
}

fn check_space(engine: &Engine, header: &SetHeader, files: &[FilePlace], problems: &mut Vec<ServerMessage>) {
    let mut needed: BTreeMap<String, u64> = BTreeMap::new();
    for place in files {
        let size = header.files.iter().find(|file| file.id == place.row.id).map_or(0, |file| file.size);
        let have = std::fs::metadata(&place.host).map_or(0, |meta| meta.len());
        *needed.entry(paths::volume(&place.row.physical_name)).or_default() += size.saturating_sub(have);
    }
    for (volume, needed) in needed {
        if let Some(free) = engine.faults().free_space(&volume).filter(|free| *free < needed) {
            problems.push(texts::no_space(&format!("{volume}\\"), needed, free));
        }
    }
}
