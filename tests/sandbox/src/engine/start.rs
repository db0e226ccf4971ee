//! The start of an instance, and who uses its databases.

use std::collections::BTreeMap;

use super::boot::status;
use super::core::{Blueprint, Core, FilePlace};
use super::databases::FIRST_SIZE;
use super::instance::{Engine, MASTER, MSDB, TEMPDB};
use super::registry::{self, Database, Shared};
use super::{Answer, DatabaseState, UserAccess, texts};

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
            interrupted: None,
            core: Some(core),
        };
        self.add_database(database).map(|_| ())
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
        let before = registry.sessions.insert(session, target.id).filter(|before| *before != target.id);
        let before = before.and_then(|id| registry.databases.get(&id).cloned());
        drop(registry);
        drop(target);
        if let Some(before) = before {
            free(&before, session);
        }
        Ok(())
    }

    /// The session is gone, or uses no database any more.
    pub fn leave(&self, session: i32) {
        let left = self.registry().sessions.remove(&session);
        let shared = left.and_then(|id| self.registry().databases.get(&id).cloned());
        if let Some(shared) = shared {
            free(&shared, session);
        }
    }

    /// Sessions that use a database now.
    pub fn sessions_in(&self, database: &str) -> Vec<i32> {
        let registry = self.registry();
        let Some(shared) = registry.find(database) else { return Vec::new() };
        let id = registry.databases.iter().find(|(_, other)| other.name() == shared.name()).map(|(id, _)| *id);
        id.map_or(Vec::new(), |id| registry.others(id, i32::MIN))
    }
}

/// The one place of a SINGLE_USER database is free again when its session is elsewhere.
fn free(database: &Shared, session: i32) {
    let mut database = database.lock();
    if database.holder == Some(session) {
        database.holder = None;
    }
}
