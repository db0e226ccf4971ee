//! STANDBY: readable between log restores.
//!
//! SQL Server undoes open transactions into the standby file and redoes them before the next log. Here
//! a backup never holds half a transaction, so the file only says whose it is.

use super::boot::status;
use super::catalog::Catalog;
use super::core::{Core, read_boot};
use super::instance::Engine;
use super::registry::Shared;
use super::restore;
use super::{Answer, DatabaseState, texts};

/// Opens a RESTORING database for reading only, and writes its standby file.
///
/// # Errors
/// 3201 when the standby file cannot be written.
pub(crate) fn enter(engine: &Engine, shared: &Shared, path: &str) -> Answer<()> {
    let refuse = |cause| texts::cannot_open(path, cause, true);
    if let Some(cause) = engine.faults().refused(path) {
        return Err(refuse(cause).into());
    }
    let host = engine.host_path(path).map_err(refuse)?;
    let mut database = shared.lock();
    std::fs::write(&host, format!("standby of {}\r\n", database.name))
        .map_err(|error| refuse(texts::os_error(&error)))?;
    let mut store = Core::open_store(&database.name, &database.files)?;
    let mut boot = read_boot(&mut store)?;
    boot.set(status::STANDBY, true);
    let catalog = Catalog::load(&mut store, boot.first_allocation_page)?;
    database.access = restore::access_of(&boot);
    let mut core = Core { store, boot, catalog };
    core.save_boot()?;
    database.core = Some(core);
    database.standby = true;
    database.state = DatabaseState::Online;
    drop(database);
    engine.save(shared)
}
