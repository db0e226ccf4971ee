//! Messages about restoring.

use super::super::error::ServerMessage;
use super::super::lsn::Lsn;
use super::error;

pub(crate) fn in_use() -> ServerMessage {
    error(3101, 16, 1, "Exclusive access could not be obtained because the database is in use.".to_owned())
}

pub(crate) fn in_use_by_session(database: &str) -> ServerMessage {
    let text = format!(
        "RESTORE cannot process database '{database}' because it is in use by this session. It is recommended that the master database be used when performing this operation."
    );
    error(3102, 16, 1, text)
}

pub(crate) fn mirrored_or_in_group(database: &str) -> ServerMessage {
    let text = format!(
        "RESTORE cannot operate on database '{database}' because it is configured for database mirroring or has joined an availability group. If you intend to restore the database, use ALTER DATABASE to remove mirroring or to remove the database from its availability group."
    );
    error(3104, 16, 1, text)
}

pub(crate) fn has_snapshots() -> ServerMessage {
    let text = "The operation cannot be performed on a database with database snapshots or active DBCC replicas.";
    error(5094, 16, 2, text.to_owned())
}

pub(crate) fn master_needs_single_user() -> ServerMessage {
    let text = "To restore the master database, the server must be running in single-user mode. For information on starting in single-user mode, see \"How to: Start an Instance of SQL Server (sqlservr.exe)\" in Books Online.";
    error(3108, 16, 1, text.to_owned())
}

pub(crate) fn no_rollforward() -> ServerMessage {
    let text = "The log or differential backup cannot be restored because no files are ready to rollforward.";
    error(3117, 16, 1, text.to_owned())
}

pub(crate) fn no_such_database(database: &str) -> ServerMessage {
    let text = format!(
        "The database \"{database}\" does not exist. RESTORE can only create a database when restoring either a full backup or a file backup of the primary file."
    );
    error(3118, 16, 1, text)
}

pub(crate) fn planning_failed() -> ServerMessage {
    let text = "Problems were identified while planning for the RESTORE statement. Previous messages provide details.";
    error(3119, 16, 1, text.to_owned())
}

pub(crate) fn wrong_base() -> ServerMessage {
    let text = "This differential backup cannot be restored because the database has not been restored to the correct earlier state.";
    error(3136, 16, 1, text.to_owned())
}

pub(crate) fn over_existing_file(logical: &str, path: &str) -> ServerMessage {
    let text = format!(
        "File \"{logical}\" cannot be restored over the existing \"{path}\". Reissue the RESTORE statement using WITH REPLACE to overwrite pre-existing files, or WITH MOVE to identify an alternate location."
    );
    error(3142, 16, 1, text)
}

pub(crate) fn already_recovered() -> ServerMessage {
    error(3153, 16, 2, "The database is already fully recovered.".to_owned())
}

pub(crate) fn other_database(database: &str) -> ServerMessage {
    let text = format!("The backup set holds a backup of a database other than the existing '{database}' database.");
    error(3154, 16, 4, text)
}

pub(crate) fn file_used_by(path: &str, database: &str) -> ServerMessage {
    error(1834, 16, 1, format!("The file '{path}' cannot be overwritten.  It is being used by database '{database}'."))
}

pub(crate) fn cannot_restore_to(logical: &str, path: &str, state: u8) -> ServerMessage {
    let text = format!(
        "File '{logical}' cannot be restored to '{path}'. Use WITH MOVE to identify a valid location for the file."
    );
    error(3156, 16, state, text)
}

pub(crate) fn directory_lookup(path: &str, cause: &str) -> ServerMessage {
    let text = format!("Directory lookup for the file \"{path}\" failed with the operating system error {cause}.");
    error(5133, 16, 1, text)
}

pub(crate) fn claimed_twice(path: &str, first: (&str, u16), second: (&str, u16)) -> ServerMessage {
    let text = format!(
        "File '{path}' is claimed by '{}'({}) and '{}'({}). The WITH MOVE clause can be used to relocate one or more files.",
        first.0, first.1, second.0, second.1
    );
    error(3176, 16, 1, text)
}

pub(crate) fn tail_not_saved(database: &str) -> ServerMessage {
    let text = format!(
        "The tail of the log for the database \"{database}\" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the log if it contains work you do not want to lose. Use the WITH REPLACE or WITH STOPAT clause of the RESTORE statement to just overwrite the contents of the log."
    );
    error(3159, 16, 1, text)
}

pub(crate) fn newer_version(backup: &str, own: &str) -> ServerMessage {
    let text = format!(
        "The database was backed up on a server running version {backup}. That version is incompatible with this server, which is running version {own}. Either restore the database on a server that supports the backup, or use a backup that is compatible with this server."
    );
    error(3169, 16, 1, text)
}

pub(crate) fn no_logical_file(logical: &str, database: &str) -> ServerMessage {
    let text = format!(
        "Logical file '{logical}' is not part of database '{database}'. Use RESTORE FILELISTONLY to list the logical file names."
    );
    error(3234, 16, 2, text)
}

pub(crate) fn no_space(volume: &str, needed: u64, free: u64) -> ServerMessage {
    let text = format!(
        "There is insufficient free space on disk volume '{volume}' to create the database. The database requires {needed} additional free bytes, while only {free} bytes are available."
    );
    error(3257, 16, 1, text)
}

pub(crate) fn log_too_recent(first: Lsn, wanted: Lsn) -> ServerMessage {
    let text = format!(
        "The log in this backup set begins at LSN {first}, which is too recent to apply to the database. An earlier log backup that includes LSN {wanted} can be restored."
    );
    error(4305, 16, 1, text)
}

pub(crate) fn log_too_early(last: Lsn, wanted: Lsn) -> ServerMessage {
    let text = format!(
        "The log in this backup set terminates at LSN {last}, which is too early to apply to the database. A more recent log backup that includes LSN {wanted} can be restored."
    );
    error(4326, 16, 1, text)
}

pub(crate) fn other_fork() -> ServerMessage {
    let text = "This backup set cannot be applied because it is on a recovery path that is inconsistent with the database. The recovery path is the sequence of data and log backups that have brought the database to a particular recovery point. Find a compatible backup to restore, or restore the rest of the database to match a recovery point within this backup set, which will restore the database to a different point in time.  For more information about recovery paths, see SQL Server Books Online.";
    error(4330, 16, 1, text.to_owned())
}

/// 4319: the only way on is the interrupted set again, or another full backup.
pub(crate) fn interrupted(logical: &str) -> ServerMessage {
    let text = format!(
        "A previous restore operation was interrupted and did not complete processing on file '{logical}'. Either restore the backup set that was interrupted or restart the restore sequence."
    );
    error(4319, 16, 3, text)
}

pub(crate) fn log_not_restored() -> ServerMessage {
    let text = "The database cannot be recovered because the log was not restored.";
    error(4333, 16, 1, text.to_owned())
}

pub(crate) fn stop_at_too_early() -> ServerMessage {
    let text = "The specified STOPAT time is too early. All or part of the database is already rolled forward beyond that point.";
    error(4335, 16, 1, text.to_owned())
}

/// 4322: the set ends before the wanted time; the database stays RESTORING.
pub(crate) fn stop_at_not_reached() -> ServerMessage {
    let text = "This backup set contains records that were logged before the designated point in time. The database is being left in the restoring state so that more roll forward can be performed.";
    error(4322, 0, 1, text.to_owned())
}

pub(crate) fn set_kind_refused(path: &str, statement: &str) -> ServerMessage {
    let text = format!(
        "The backup set in file '{path}' was created by {statement} and cannot be used for this restore operation."
    );
    error(3135, 16, 2, text)
}
