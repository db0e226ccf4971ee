//! `RESTORE DATABASE` and `RESTORE LOG`.
//!
//! A restore opens the media, plans (what is restored over what, and where the files go), takes the
//! database, lays pages and log down, redoes the log, and either leaves the database RESTORING or
//! recovers it. Everything that a later step needs (family, fork, differential base, redo position) is
//! in the restored pages themselves.

mod apply;
mod chain;
mod media_set;
mod plan;
mod recover;

#[cfg(test)]
pub(crate) use chain::Place;
pub(crate) use media_set::{Chosen, LogBytes, read_log, read_pages};
pub(crate) use plan::Plan;

use super::boot::status;
use super::instance::{Engine, MASTER, TEMPDB};
use super::progress::Progress;
use super::registry::{Database, Shared};
use super::{Answer, DatabaseState, Recovery, RestoreKind, RestoreOutcome, RestoreSpec, UserAccess, Watcher, texts};

impl Engine {
    /// `RESTORE DATABASE` and `RESTORE LOG`.
    ///
    /// # Errors
    /// As the server: the cause first, then 3013.
    pub fn restore(&self, spec: &RestoreSpec, watcher: &mut dyn Watcher) -> Answer<RestoreOutcome> {
        let name = match spec.kind {
            RestoreKind::Database => "RESTORE DATABASE",
            RestoreKind::Log => "RESTORE LOG",
        };
        let done = if spec.devices.is_empty() {
            self.recover_only(spec, watcher)
        } else {
            self.restore_set(spec, name, watcher)
        };
        done.map_err(|refusal| texts::terminating(refusal, name))
    }

    /// `RESTORE DATABASE x WITH RECOVERY`, or `STANDBY`.
    fn recover_only(&self, spec: &RestoreSpec, watcher: &mut dyn Watcher) -> Answer<RestoreOutcome> {
        let shared = self.find(&spec.database)?;
        {
            let mut database = shared.lock();
            if database.state == DatabaseState::Online && !database.standby {
                return Err(texts::already_recovered().into());
            }
            if database.interrupted.is_some() {
                return Err(texts::log_not_restored().into());
            }
            self.take_exclusive(&mut database, spec.session)?;
        }
        let _claim = shared.claim().ok_or_else(texts::must_be_serialized)?;
        self.end_restore(spec, &shared)?;
        watcher.message(texts::processed("RESTORE DATABASE", 0, 1));
        Ok(RestoreOutcome { pages: 0 })
    }

    fn restore_set(&self, spec: &RestoreSpec, name: &str, watcher: &mut dyn Watcher) -> Answer<RestoreOutcome> {
        let chosen = Chosen::open(self, &spec.devices, spec.file)?;
        chosen.check_complete()?;
        self.check_key(chosen.header()?)?;
        let check = chosen.checks(spec.checksum)?;
        let plan = plan::plan(self, spec, &chosen)?;
        let shared = self.claim_target(spec, &plan)?;
        let _claim = shared.claim().ok_or_else(texts::must_be_serialized)?;
        let mut progress = Progress::new(self, watcher, spec.stats, chosen.extents());
        let applied = apply::apply(self, spec, &chosen, &plan, &shared, check, &mut progress)?;
        let header = chosen.header()?;
        progress.finish();
        for (file, pages) in &applied.pages {
            let logical = header.files.iter().find(|entry| entry.id == *file);
            let logical = logical.map_or("", |entry| entry.logical_name.as_str());
            progress.watcher.message(texts::pages_of_file(*pages, &spec.database, logical, chosen.position));
        }
        let recovers = spec.recovery != Recovery::NoRecovery && !applied.wants_more_log;
        if applied.wants_more_log {
            progress.watcher.message(texts::stop_at_not_reached());
        }
        if recovers {
            self.end_restore(spec, &shared)?;
        }
        let pages: u64 = applied.pages.values().sum();
        let millis = progress.millis();
        progress.watcher.message(texts::processed(name, pages, millis));
        self.note_restore(spec, &chosen, &plan, recovers)?;
        Ok(RestoreOutcome { pages })
    }

    /// The database of a restore: an existing one that nobody uses, or a new one.
    fn claim_target(&self, spec: &RestoreSpec, plan: &plan::Plan) -> Answer<Shared> {
        let existing = self.registry().find(&spec.database);
        if let Some(shared) = existing {
            let mut database = shared.lock();
            self.take_exclusive(&mut database, spec.session)?;
            drop(database);
            return Ok(shared);
        }
        let id = self.registry().next_id();
        self.add_database(Database {
            id,
            name: spec.database.clone(),
            owner: spec.user_name.clone(),
            created: self.now(),
            state: DatabaseState::Restoring,
            standby: false,
            access: UserAccess::Multi,
            holder: None,
            files: plan.files.clone(),
            interrupted: None,
            core: None,
        })
    }

    /// # Errors
    /// 3102 this session uses the database, 3101 another does.
    fn take_exclusive(&self, database: &mut Database, session: i32) -> Answer<()> {
        if database.id == MASTER {
            return Err(texts::master_needs_single_user().into());
        }
        if database.id == TEMPDB {
            return Err(texts::tempdb_refused().into());
        }
        let ties = self.ties(database.id);
        if ties.availability_group || ties.mirrored {
            return Err(texts::mirrored_or_in_group(&database.name).into());
        }
        if self.has_snapshot(database.id) {
            return Err(texts::has_snapshots().into());
        }
        let registry = self.registry();
        if session != 0 && registry.sessions.get(&session) == Some(&database.id) {
            return Err(texts::in_use_by_session(&database.name).into());
        }
        if !registry.others(database.id, session).is_empty() {
            return Err(texts::in_use().into());
        }
        Ok(())
    }

    /// What `RECOVERY`, `NORECOVERY` and `STANDBY` leave.
    fn end_restore(&self, spec: &RestoreSpec, shared: &Shared) -> Answer<()> {
        match &spec.recovery {
            Recovery::NoRecovery => Ok(()),
            Recovery::Standby(path) => super::standby::enter(self, shared, path),
            Recovery::Recovery => {
                recover::recover(self, shared, spec.restricted_user)?;
                self.save(shared)
            }
        }
    }
}

/// The access mode that a boot page asks for.
pub(crate) fn access_of(boot: &super::boot::Boot) -> UserAccess {
    if boot.has(status::SINGLE_USER) {
        UserAccess::Single
    } else if boot.has(status::RESTRICTED) {
        UserAccess::Restricted
    } else {
        UserAccess::Multi
    }
}
