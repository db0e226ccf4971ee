//! Databases as a whole: start of the instance, create, drop, alter, and who may use them.

use std::collections::BTreeMap;

use super::boot::status;
use super::catalog::FileRow;
use super::core::{Blueprint, Core, FilePlace};
use super::instance::{Alteration, Engine, MASTER, MSDB, NewDatabase, NewFile, TEMPDB};
use super::lsn::Lsn;
use super::page::PAGE;
use super::registry::{self, Database, Shared};
use super::{Answer, DatabaseState, OsError, RecoveryModel, Refusal, UserAccess, paths, texts};

/// First size of a data or log file, as the model database of SQL Server 2016 and later has it.
const FIRST_SIZE: u64 = 8 << 20;

impl Engine {
    /// Opens master and what it knows of; makes the system databases on the first start.
    pub(crate) fn start(&self) -> Answer<()> {
        let path = format!("{}master.mdf", self.options().data_path);
        let fresh = !self.host_path(&path).is_ok_and(|path| path.is_file());
        if fresh {
            for (id, name, file) in [
                (MASTER, "master", "master"),
                (TEMPDB, "tempdb", "tempdb"),
                (3, "model", "model"),
                (MSDB, "msdb", "MSDBData"),
            ] {
                self.create_system(id, name, file)?;
            }
            return Ok(());
        }
        let log_path = format!("{}mastlog.ldf", self.options().log_path);
        let places: Vec<FilePlace> = [(1u16, path, "master"), (2, log_path, "mastlog")]
            .into_iter()
            .map(|(id, path, name)| self.place(id, u16::from(id == 1), id == 2, name, &path))
            .collect();
        let mut master = Core::open("master", &places)?;
        let known = registry::load(&mut master, |path| self.host_path(path).unwrap_or_default())?;
        let mut master = Some(master);
        for mut database in known {
            let own_master = (database.id == MASTER).then(|| master.take()).flatten();
            if database.state == DatabaseState::Online {
                match own_master.map_or_else(|| Core::open(&database.name, &database.files), Ok) {
                    Ok(core) => database.core = Some(core),
                    Err(_) => database.state = DatabaseState::Suspect,
                }
            }
            self.registry().databases.insert(database.id, Shared::new(database));
        }
        Ok(())
    }

    fn place(&self, id: u16, group: u16, is_log: bool, logical: &str, path: &str) -> FilePlace {
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

    fn create_system(&self, id: u16, name: &str, file: &str) -> Answer<()> {
        let options = self.options();
        let (logical, log_logical, log_file) = match id {
            MASTER => ("master", "mastlog", "mastlog"),
            TEMPDB => ("tempdev", "templog", "templog"),
            MSDB => ("MSDBData", "MSDBLog", "MSDBLog"),
            _ => ("modeldev", "modellog", "modellog"),
        };
        let files = [
            self.place(1, 1, false, logical, &format!("{}{file}.mdf", options.data_path)),
            self.place(2, 0, true, log_logical, &format!("{}{log_file}.ldf", options.log_path)),
        ];
        let model = if id == 3 { 0 } else { status::SIMPLE };
        let now = self.now();
        let mut core = Core::create(&Blueprint {
            name,
            id,
            files: &files,
            sizes: &[FIRST_SIZE, FIRST_SIZE],
            groups: &BTreeMap::from([(1, "PRIMARY".to_owned())]),
            status: model | status::PAGE_CHECKSUM,
            now,
        })?;
        match id {
            MASTER => registry::create_tables(&mut core, now)?,
            MSDB => super::history::create_tables(&mut core, now)?,
            _ => {}
        }
        let database = Database {
            id,
            name: name.to_owned(),
            owner: "sa".to_owned(),
            created: now,
            state: DatabaseState::Online,
            standby: false,
            access: UserAccess::Multi,
            holder: None,
            files: files.to_vec(),
            core: Some(core),
        };
        self.add_database(database).map(|_| ())
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
    pub(crate) fn find(&self, name: &str) -> Answer<Shared> {
        self.registry().find(name).ok_or_else(|| texts::no_database(name).into())
    }

    /// Lets `session` use a database (login or `USE`), and leave the one it used.
    ///
    /// # Errors
    /// 911 no such database, 924 single user and taken, 926 suspect, 927 being restored, 942 offline.
    pub fn enter(&self, session: i32, database: &str) -> Answer<()> {
        let shared = self.find(database)?;
        let mut target = shared.lock();
        target.usable()?;
        let mut registry = self.registry();
        if target.access == UserAccess::Single {
            let taken = target.holder.is_some_and(|holder| holder != session)
                || !registry.others(target.id, session).is_empty();
            if taken {
                return Err(texts::single_user(&target.name).into());
            }
            target.holder = Some(session);
        }
        registry.sessions.insert(session, target.id);
        Ok(())
    }

    /// The session is gone, or uses no database any more.
    pub fn leave(&self, session: i32) {
        let left = self.registry().sessions.remove(&session);
        let shared = left.and_then(|id| self.registry().databases.get(&id).cloned());
        if let Some(shared) = shared {
            let mut database = shared.lock();
            if database.holder == Some(session) {
                database.holder = None;
            }
        }
    }

    /// Sessions that use a database now.
    pub fn sessions_in(&self, database: &str) -> Vec<i32> {
        let registry = self.registry();
        let Some(shared) = registry.find(database) else { return Vec::new() };
        let id = registry.databases.iter().find(|(_, other)| other.name() == shared.name()).map(|(id, _)| *id);
        id.map_or(Vec::new(), |id| registry.others(id, i32::MIN))
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

    /// `ALTER DATABASE`. With `rollback_immediate` other sessions do not stand in the way: they are
    /// taken out of the database, and returned so that the caller can end them.
    ///
    /// # Errors
    /// 5011 no such database, 5064 and 5070 other sessions use it, 5058 not for this database; then 5069.
    pub fn alter_database(
        &self,
        name: &str,
        alteration: &Alteration,
        rollback_immediate: bool,
        session: i32,
    ) -> Answer<Vec<i32>> {
        let failed = |error: super::ServerError| Refusal::from(error).then(texts::alter_failed());
        let Ok(shared) = self.find(name) else { return Err(failed(texts::cannot_alter(name))) };
        let mut database = shared.lock();
        if database.access == UserAccess::Single && database.holder.is_some_and(|holder| holder != session) {
            let ends_it = rollback_immediate && database.holder.is_some();
            if !ends_it {
                return Err(failed(texts::single_user_taken(name)));
            }
        }
        let exclusive = matches!(
            alteration,
            Alteration::Offline
                | Alteration::ReadOnly(_)
                | Alteration::Name(_)
                | Alteration::Access(UserAccess::Single)
        );
        let mut ended = Vec::new();
        if exclusive || (rollback_immediate && !matches!(alteration, Alteration::Access(UserAccess::Multi))) {
            let mut registry = self.registry();
            let others = registry.others(database.id, session);
            if !others.is_empty() && exclusive && !rollback_immediate {
                return Err(failed(texts::others_use(name)));
            }
            if rollback_immediate {
                for other in &others {
                    registry.sessions.remove(other);
                }
                ended = others;
            }
        }
        if database.id <= MSDB
            && matches!(alteration, Alteration::Offline | Alteration::Name(_) | Alteration::ReadOnly(_))
        {
            return Err(failed(texts::option_refused(option_name(alteration), name)));
        }
        self.alter(&mut database, alteration, session)?;
        drop(database);
        self.save(&shared)?;
        Ok(ended)
    }

    fn alter(&self, database: &mut Database, alteration: &Alteration, session: i32) -> Answer<()> {
        let name = database.name.clone();
        let failed = |error: super::ServerError| Refusal::from(error).then(texts::alter_failed());
        match alteration {
            Alteration::Online => {
                return database.bring_online().map_err(|refusal| refusal.then(texts::alter_failed()));
            }
            Alteration::Offline => {
                if database.state == DatabaseState::Restoring {
                    return Err(failed(texts::restoring(&name)));
                }
                if let Some(core) = &mut database.core {
                    core.checkpoint(self.now())?;
                }
                database.core = None;
                database.state = DatabaseState::Offline;
                return Ok(());
            }
            Alteration::Name(new) => {
                if self.registry().find(new).is_some() {
                    return Err(failed(texts::database_exists(new)));
                }
                database.name.clone_from(new);
            }
            _ => {}
        }
        if database.state != DatabaseState::Online {
            // Access of an offline database is kept by master alone.
            if let Alteration::Access(access) = alteration {
                database.access = *access;
                database.holder = None;
                return Ok(());
            }
        }
        database.usable().map_err(|refusal| refusal.then(texts::alter_failed()))?;
        let now = self.now();
        if let Alteration::Access(access) = alteration {
            database.access = *access;
            database.holder = (*access == UserAccess::Single).then_some(session).filter(|session| *session != 0);
        }
        let Some(core) = &mut database.core else { return Ok(()) };
        match alteration {
            Alteration::Recovery(model) => {
                core.boot.set(status::SIMPLE, *model == RecoveryModel::Simple);
                core.boot.set(status::BULK_LOGGED, *model == RecoveryModel::BulkLogged);
                if *model == RecoveryModel::Simple {
                    core.boot.log_chain = Lsn::ZERO;
                    core.boot.last_log_backup = Lsn::ZERO;
                }
            }
            Alteration::Access(access) => {
                core.boot.set(status::SINGLE_USER, *access == UserAccess::Single);
                core.boot.set(status::RESTRICTED, *access == UserAccess::Restricted);
            }
            Alteration::ReadOnly(on) => core.boot.set(status::READ_ONLY, *on),
            Alteration::Name(new) => {
                core.boot.name.clone_from(new);
                core.store.database.clone_from(new);
            }
            Alteration::PageVerify(option) => {
                core.boot.set(status::PAGE_CHECKSUM, *option == 2);
                core.boot.set(status::TORN_PAGE, *option == 1);
            }
            Alteration::CompatibilityLevel(level) => core.boot.compatibility = *level,
            Alteration::Online | Alteration::Offline => {}
        }
        core.checkpoint(now).map(|_| ())
    }
}

fn option_name(alteration: &Alteration) -> &'static str {
    match alteration {
        Alteration::Offline => "OFFLINE",
        Alteration::ReadOnly(_) => "READ_ONLY",
        Alteration::Name(_) => "MODIFY NAME",
        _ => "SET",
    }
}

impl Database {
    /// Whether rows can be read.
    ///
    /// # Errors
    /// 926, 927, 942.
    pub(crate) fn usable(&self) -> Answer<()> {
        match self.state {
            DatabaseState::Online => Ok(()),
            DatabaseState::Restoring => Err(texts::restoring(&self.name).into()),
            DatabaseState::Offline => Err(texts::offline(&self.name).into()),
            DatabaseState::Suspect => Err(texts::suspect(&self.name).into()),
        }
    }

    /// Opens an offline or suspect database.
    fn bring_online(&mut self) -> Answer<()> {
        match self.state {
            DatabaseState::Online => return Ok(()),
            DatabaseState::Restoring => return Err(texts::restoring(&self.name).into()),
            DatabaseState::Offline | DatabaseState::Suspect => {}
        }
        match Core::open(&self.name, &self.files) {
            Ok(core) => {
                self.core = Some(core);
                self.state = DatabaseState::Online;
                Ok(())
            }
            Err(refusal) => {
                self.state = DatabaseState::Suspect;
                Err(refusal)
            }
        }
    }

    /// What master keeps, without the storage.
    pub(crate) fn snapshot(&self) -> Database {
        Database {
            id: self.id,
            name: self.name.clone(),
            owner: self.owner.clone(),
            created: self.created,
            state: self.state,
            standby: self.standby,
            access: self.access,
            holder: None,
            files: self.files.clone(),
            core: None,
        }
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
