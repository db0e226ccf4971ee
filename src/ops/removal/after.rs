//! Removes older backups after a new one was made: only if the new one is known to be whole, and is
//! seen in the folder that is tidied.

use chrono::Local;

use super::{RemovalResult, RemovalStep, Tally, apply};
use crate::error::{Code, Error, Result};
use crate::ops::chain::{self, removal};
use crate::ops::{BackupResult, Context, folder};
use crate::policy::chain::ChainSet;
use crate::policy::retention::PruneScope;
pub use crate::policy::retention::RemovalWish;

/// How a removal after a backup ended.
#[derive(Clone, Debug)]
pub struct RemovalReport {
    /// Files that the rules and what needs them keep.
    pub keep: u64,
    /// What was done.
    pub result: RemovalResult,
    /// Each file that was to go, and what became of it.
    pub steps: Vec<RemovalStep>,
}

/// Removes what the rules let go of the database that was backed up, on the server that it is of.
///
/// Files that nobody verified yet are read to their end first, the new backup among them.
///
/// # Errors
///
/// Nothing was removed, because:
/// * [`Code::NotVerified`]: the new backup was not verified;
/// * [`Code::NotVisible`]: there is no such folder on this machine, or another one, without the new backup;
/// * [`Code::Request`]: the folder is none to remove from;
/// * [`Code::RemovalRefused`]: this is no time to remove anything;
/// * [`Code::Chain`]: the plan did not hold any more.
pub(in crate::ops) async fn after_backup(
    wish: &RemovalWish,
    made: &BackupResult,
    context: &Context,
) -> Result<RemovalReport> {
    if made.verified != Some(true) {
        let message = format!("nothing is removed: the new backup of `{}` was not verified", made.database);
        return Err(Error::new(Code::NotVerified, message)
            .hint("have it verified: nothing older may go before the new one is known to be whole")
            .target(&made.database));
    }
    let paths = [wish.path.clone()];
    let unseen = || {
        let (new, path) = (made.files.join("`, `"), &wish.path);
        let message = format!(
            "nothing is removed: the new backup `{new}` is not among those that this machine sees in `{path}`, so that \
             is a folder of the server alone"
        );
        Error::new(Code::NotVisible, message)
            .hint("run Remove-PGBackup on the server's machine, or back up to a share that both see under one path")
            .target(path)
    };
    match chain::only_folders(&paths) {
        Err(error) if error.code == Code::FileNotFound => return Err(unseen()),
        looked => looked?,
    }
    let found = folder::read(&paths, true, context).await?;
    let is_new =
        |fact: &&ChainSet| fact.set.backup_set_guid.is_some() && fact.set.backup_set_guid == made.backup_set_guid;
    let new = found.sets.iter().find(is_new).ok_or_else(unseen)?;
    // A database of the same name on another server is another database.
    let scope = PruneScope { database: Some(new.set.database_name.clone()), server: new.set.server_name.clone() };
    let (planned, _) = removal::plan(&found, Local::now().fixed_offset(), &wish.rules, &scope, true)?;
    if let Some(why) = planned.refused {
        return Err(Error::new(Code::RemovalRefused, why).target(&wish.path));
    }
    let mut tally = Tally::of_list(context);
    if let Some(plan) = planned.plan {
        apply::run(plan, wish.grace_days, &mut tally, context).await?;
    }
    Ok(RemovalReport { keep: planned.keep, result: tally.result, steps: tally.list.unwrap_or_default() })
}
