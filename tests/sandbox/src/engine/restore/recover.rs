//! Recovery: a RESTORING database goes online on a recovery fork of its own.

use std::collections::BTreeMap;

use crate::engine::boot::status;
use crate::engine::catalog::Catalog;
use crate::engine::core::{Core, read_boot};
use crate::engine::instance::Engine;
use crate::engine::registry::Shared;
use crate::engine::{Answer, DatabaseState, texts};

/// Opens the database for reading and writing.
///
/// # Errors
/// 823, 824 when its pages cannot be read.
pub(crate) fn recover(engine: &Engine, shared: &Shared, restricted: bool) -> Answer<()> {
    let mut database = shared.lock();
    let now = engine.now();
    database.core = None;
    let mut store = Core::open_store(&database.name, &database.files)?;
    let mut boot = read_boot(&mut store)?;
    boot.set(status::LOADING, false);
    boot.set(status::STANDBY, false);
    if restricted {
        boot.set(status::RESTRICTED, true);
        boot.set(status::SINGLE_USER, false);
    }
    boot.previous_fork = boot.fork;
    boot.previous_fork_point = boot.fork_point;
    boot.fork = uuid::Uuid::new_v4();
    boot.fork_point = store.log.end();
    boot.set_restored_to(None);
    // The restored full backup begins a log chain of its own.
    let chain = !boot.has(status::SIMPLE) && !boot.full_backup_set.is_nil();
    let start = store.log.end();
    boot.last_log_backup = if chain { start } else { crate::engine::Lsn::ZERO };
    boot.log_chain = boot.last_log_backup;
    boot.redo_position = crate::engine::Lsn::ZERO;
    let catalog = Catalog::load(&mut store, boot.first_allocation_page)?;
    let mut core = Core { store, boot, catalog };
    core.save_boot()?;
    let paths: BTreeMap<u16, String> =
        database.files.iter().map(|place| (place.row.id, place.row.physical_name.clone())).collect();
    let moved = core.catalog.files.iter().any(|file| paths.get(&file.id) != Some(&file.physical_name));
    if moved {
        let mut txn = core.store.begin("RESTORE", now)?;
        core.catalog.move_files(&mut core.store, &mut txn, &paths)?;
        core.store.commit(txn, now)?;
    }
    core.checkpoint(now)?;
    if core.catalog.files.is_empty() {
        return Err(texts::internal("sysprufiles").into());
    }
    database.access = super::access_of(&core.boot);
    database.created = now;
    database.holder = None;
    database.standby = false;
    database.state = DatabaseState::Online;
    database.core = Some(core);
    Ok(())
}
