//! Databases as a whole: make, find, save and drop them.

use std::collections::BTreeMap;

use super::boot::status;
use super::catalog::FileRow;
use super::core::{Blueprint, Core, FilePlace};
use super::instance::{Engine, MASTER, MSDB, NewDatabase, NewFile};
use super::lsn::Lsn;
use super::page::PAGE;
use super::registry::{self, Database, Shared};
use super::{Answer, DatabaseState, OsError, RecoveryModel, Refusal, UserAccess, paths, texts};

/// First size of a data or log file, as the model database of SQL Server 2016 and later has it.
pub(crate) const FIRST_SIZE: u64 = 8 << 20;

impl Engine {
    /// A file that is to be at a path.
    pub(crate) fn place(&self, id: u16, group: u16, is_log: bool, logical: &str, path: &str) -> FilePlace {
        FilePlace {
            host: self.host_path(path).unwrap_or_default(),
            row: FileRow {
                id,
                group,
                is_log,
                logical_name: logical.to_owned(),
                physical_name: path.to_owned(),
                create_lsn: Lsn::ZERO,
                guid: uuid::Uuid::new_v4(),
            },
        }
    }

    /// Puts a database into the registry and into master.
    pub(crate) fn add_database(&self, database: Database) -> Answer<Shared> {
        let id = database.id;
        let shared = Shared::new(database);
        self.registry().databases.insert(id, shared.clone());
        self.save(&shared)?;
        Ok(shared)
    }

    /// Writes what master keeps about a database.
    pub(crate) fn save(&self, shared: &Shared) -> Answer<()> {
        let master = self.registry().databases.get(&MASTER).cloned();
        let Some(master) = master else { return Ok(()) };
        let now = self.now();
        let snapshot = shared.lock().snapshot();
        shared.set_name(&snapshot.name);
        let mut master = master.lock();
        match &mut master.core {
            Some(core) => registry::save(core, &snapshot, now),
            None => Ok(()),
        }
    }

    /// The database of a name.
    ///
    /// # Errors
    /// 911, 952.
    pub(crate) fn find(&self, name: &str) -> Answer<Shared> {
        if self.faults().is_in_transition(name) {
            return Err(texts::in_transition(name).into());
        }
        self.registry().find(name).ok_or_else(|| texts::no_database(name).into())
    }

    /// `CREATE DATABASE`.
    ///
    /// # Errors
    /// 1801 it exists, 5170 a file exists, 5123 the operating system refuses a file; then 1802.
    pub fn create_database(&self, new: &NewDatabase) -> Answer<()> {
        if self.registry().find(&new.name).is_some() {
            return Err(texts::database_exists(&new.name).into());
        }
        let options = self.options();
        let file = |logical: &str, path: String| NewFile {
            logical_name: logical.to_owned(),
            physical_name: path,
            size: FIRST_SIZE,
            group: "PRIMARY".to_owned(),
        };
        let mut data = new.data.clone();
        if data.is_empty() {
            data.push(file(&new.name, format!("{}{}.mdf", options.data_path, new.name)));
        }
        let log_name = format!("{}_log", new.name);
        let log = new.log.clone().unwrap_or_else(|| file(&log_name, format!("{}{log_name}.ldf", options.log_path)));
        let mut groups = BTreeMap::from([(1u16, "PRIMARY".to_owned())]);
        let mut files = Vec::new();
        let mut sizes = Vec::new();
        for (index, new) in data.iter().enumerate() {
            let name = if index == 0 || new.group.is_empty() { "PRIMARY" } else { new.group.as_str() };
            let found = groups.iter().find(|(_, group)| group.to_lowercase() == name.to_lowercase()).map(|(id, _)| *id);
            let group = found.unwrap_or(groups.len() as u16 + 1);
            groups.entry(group).or_insert_with(|| name.to_owned());
            // The log always has number 2.
            let id = if index == 0 { 1 } else { index as u16 + 2 };
            files.push(self.place(id, group, false, &new.logical_name, &new.physical_name));
            sizes.push(new.size.max(FIRST_SIZE) / PAGE as u64 * PAGE as u64);
        }
        files.push(self.place(2, 0, true, &log.logical_name, &log.physical_name));
        sizes.push(log.size.max(FIRST_SIZE) / PAGE as u64 * PAGE as u64);
        for place in &files {
            self.check_new_file(&place.row.physical_name).map_err(|refusal| refusal.then(texts::create_failed()))?;
        }
        let model = match new.recovery_model {
            RecoveryModel::Full => 0,
            RecoveryModel::BulkLogged => status::BULK_LOGGED,
            RecoveryModel::Simple => status::SIMPLE,
        };
        let id = self.registry().next_id();
        let now = self.now();
        let core = Core::create(&Blueprint {
            name: &new.name,
            id,
            files: &files,
            sizes: &sizes,
            groups: &groups,
            status: model | status::PAGE_CHECKSUM,
            now,
        })?;
        self.add_database(Database {
            id,
            name: new.name.clone(),
            owner: new.owner.clone(),
            created: now,
            state: DatabaseState::Online,
            standby: false,
            access: UserAccess::Multi,
            holder: None,
            files,
            interrupted: None,
            core: Some(core),
        })
        .map(|_| ())
    }

    fn check_new_file(&self, path: &str) -> Result<(), Refusal> {
        let host = self.host_path(path).map_err(|cause| texts::create_file(path, cause))?;
        if let Some(cause) = self.faults().refused(path) {
            return Err(texts::create_file(path, cause).into());
        }
        if host.exists() {
            return Err(texts::file_exists(path).into());
        }
        if !host.parent().is_some_and(std::path::Path::is_dir) {
            return Err(texts::create_file(path, OsError::PathNotFound).into());
        }
        Ok(())
    }

    /// `DROP DATABASE`: its files go too, unless it is offline.
    ///
    /// # Errors
    /// 3701 no such database, 3702 in use, 3708 a system database.
    pub fn drop_database(&self, name: &str, session: i32) -> Answer<()> {
        let Ok(shared) = self.find(name) else { return Err(texts::cannot_drop_database(name).into()) };
        let id = shared.lock().id;
        if id <= MSDB {
            return Err(texts::drop_system(name).into());
        }
        let Some(_claim) = shared.claim() else { return Err(texts::drop_in_use(name).into()) };
        {
            let registry = self.registry();
            if !registry.others(id, i32::MIN).is_empty() {
                let _ = session;
                return Err(texts::drop_in_use(name).into());
            }
        }
        self.registry().databases.remove(&id);
        let mut database = shared.lock();
        database.core = None;
        if database.state != DatabaseState::Offline {
            for place in &database.files {
                // A file that is gone already is what DROP wants.
                let _ = std::fs::remove_file(&place.host);
            }
        }
        let master = self.registry().databases.get(&MASTER).cloned();
        if let Some(master) = master
            && let Some(core) = &mut master.lock().core
        {
            registry::forget(core, id, self.now())?;
        }
        Ok(())
    }
}

/// The paths of files as keys to compare by, with the database that has each.
pub(crate) fn files_in_use(engine: &Engine) -> BTreeMap<String, String> {
    let shared: Vec<Shared> = engine.registry().databases.values().cloned().collect();
    let mut out = BTreeMap::new();
    for database in shared {
        let database = database.lock();
        for place in &database.files {
            out.insert(paths::key(&place.row.physical_name), database.name.clone());
        }
    }
    out
}
