//! `ALTER DATABASE`, and what a database's state allows.

use super::boot::status;
use super::core::Core;
use super::instance::{Alteration, Engine, MSDB};
use super::lsn::Lsn;
use super::registry::Database;
use super::{Answer, DatabaseState, RecoveryModel, Refusal, UserAccess, texts};

impl Engine {
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
                let renames = matches!(alteration, Alteration::Name(_));
                return Err(failed(if renames { texts::not_locked() } else { texts::others_use(name) }));
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
            interrupted: self.interrupted.clone(),
            core: None,
        }
    }
}
