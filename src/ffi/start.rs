//! The functions that start jobs.

use libc::{c_char, size_t};

use super::guard::guard;
use super::handle::{JOBS, PgbJob, PgbServer, SERVERS};
use super::status::PgbStatus;
use super::text;
use crate::error::{Code, Error, Result};
use crate::ops::{self, Command};
use crate::wire;

/// Starts a backup.
///
/// `request` is JSON; exactly one of `destination` and `backup_file` is given:
///
/// ```text
/// {"v": 1,
///  "database": "PayamGostar2",
///  "type": "full" | "differential" | "log",
///  "destination": "D:\\Backup",     a folder of the server: a new file a run, or the archive
///  "backup_file": "E:\\x.bak",      a file of the server that must not exist yet; [..] for stripes
///  "archive": false,                append to one file: full first, then differentials
///  "rollover": {"differentials": 6, "days": 7, "bytes": 10737418240},   when a new archive begins
///  "on_foreign_base": "full" | "differential" | "stop",
///  "file_name": "{Database}_{Type}_{Utc}",   template for files in `destination`
///  "stripes": 1,                    files to spread it over, in `destination`
///  "mirror": null,                  a folder for a second copy (Enterprise edition)
///  "copy_only": false,
///  "checksum": true,
///  "compression": "default" | "on" | "off",
///  "encryption": {"certificate": "name", "algorithm": "aes_256"},
///  "name": null, "description": null, "expires": "2026-12-31",
///  "max_transfer_size": null, "buffer_count": null,
///  "verify": false,                 RESTORE VERIFYONLY afterwards
///  "connected_clients": "report" | "stop" | "disconnect",   clients of the database: say who they
///                                   are, make no backup while there are any, or end their sessions
///  "remove": {"path": null, "rules": {"older_than_days": 30}, "grace_days": 3},
///  "dry_run": false}                only the T-SQL
/// ```
///
/// A differential without a base becomes a full backup; the result says so and why.
///
/// `rollover` is for an archive in `destination`, with any of its limits, or none: {}. A differential
/// that would go beyond a limit becomes a full in a new file, and so does every full. The archive
/// before it is then verified by the server, set by set, which the result tells as `closed_archive`;
/// it counts as a backup only if that went well.
///
/// `on_foreign_base` says what a differential becomes whose base is no full of ours that is on the
/// disk and whole: one that somebody else made, or that was deleted. The result names who made it.
///
/// `remove` has the backup verified, and then removes what `rules` let go of this database of this
/// server; the rules are those of `pgb_chain_start` (older_than_days to week_start). `path` is the
/// folder of the backups as this machine sees it, `destination` if it is left out. Nothing goes
/// unless the new backup is seen there. A removal that fails is told in the result: the backup is
/// made. Result:
///
/// ```text
/// {"v": 1, "kind": "backup", "server", "database", "requested_type", "type",
///  "promoted": null | {"code", "reason"}, "copy_only", "archive", "replaced_archive": null | {"file", "reason"},
///  "foreign_base": null | {"code": "foreign_base" | "missing_base", "reason", "backup_set_guid",
///  "user", "machine", "program", "set_name", "files", "snapshot", "finished_at"},
///  "closed_archive": null | {"files", "sets", "code": "full" | "differentials" | "days" | "bytes",
///  "reason", "verified": true | false | null, "error": null | error},
///  "archive_state": null | {"sets", "differentials", "bytes", "bytes_per_day", "free_bytes", "full_at"},
///  "files": [path], "mirror": [path], "compressed": null | true | false, "position",
///  "media_set_id", "backup_set_guid", "first_lsn", "last_lsn", "checkpoint_lsn",
///  "database_backup_lsn", "differential_base_guid", "differential_base_lsn",
///  "started_at", "finished_at", "started_at_persian", "finished_at_persian",
///  "backup_size", "compressed_backup_size", "pages", "duration_ms", "mb_per_sec",
///  "has_backup_checksums", "verified": null | true,
///  "removal": null | {"keep", "changed", "kept", "bytes", "files": [{"file", "state": "removed" |
///  "kept" | "deleted", "reason", "size", "kept_as"}], "error": null} | {"error": error},
///  "clients": {"connected": null | [{"session_id", "login", "host", "program", "process_id", "since",
///  "open_transactions", "command"}], "disconnected": [the same]},
///  "retries": [{"number", "reason"}], "messages": [{"number", "severity", "state", "line",
///  "procedure", "message"}], "statements": [sql]}
/// ```
///
/// or, for a dry run, {"v": 1, "kind": "script", "server", "database", "statements", "notes",
/// "script"}.
///
/// - Ownership: `*out_job` is freed with `pgb_job_free`, `*out_error` with `pgb_string_free`. Each
///   is written only on success and on failure, respectively. `server` may be freed at once.
/// - Threads: any.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_UTF8`, `PGB_STATUS_E_REQUEST`,
///   `PGB_STATUS_E_HANDLE`; everything else is the end of the job.
/// - Example: examples/c/backup.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_backup_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::backup(text).map(Command::Backup)) }
}

/// Starts a restore.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "database": "PayamGostar2",
///  "sources": [{"file": "D:\\x.bak", "position": 3, "backup_set_guid": null}],
///  "position": 3,                   that of the last source; default: the newest state of all sets
///  "point_in_time": "2026-11-20T14:30:00",   the server's clock; with Z or an offset exact
///  "replace": false,                the wish to overwrite an existing database
///  "allow_other_database": false,   ... with the backup of another database
///  "relocate": {"logical name": "D:\\Data\\Copy.mdf"},
///  "data_directory": null, "log_directory": null,
///  "recovery": "recovery" | "norecovery" | "standby", "standby_file": "D:\\undo.tuf",
///  "safety_copy": "file" | "rename" | "none",   how the old database is kept safe
///  "safety_directory": null,        the server's folder for the copy; default: its backup folder
///  "check": false,                  DBCC CHECKDB of the restored database
///  "stop_services": [],             services of this machine that stand still meanwhile; those that
///                                   ran are started again, whatever happens
///  "map_users": false,              users without a login get the login of their name
///  "journal_directory": null,       this machine's folder for the journal; default: the usual one
///  "dry_run": false}
/// ```
///
/// With `replace` the restore is a transaction: it happens, or the old database is as it was. The old
/// database is kept from being changed, copied (copy-only, verified) and closed; whoever was in it is
/// listed. "rename" restores to a side name and swaps the names at the end; the old database stays
/// under another name. "none" keeps nothing: a restore that fails leaves the database RESTORING. An
/// error tells in `causes` in what state the database is. What this process can no longer do, because
/// it or the server died, `pgb_repair_start` does.
///
/// Without `sources` a database that waits for further backups is recovered as it is.
///
/// What the wanted set builds on (full, differential, logs) is looked for in the files of `sources`;
/// of all ways the one wins that comes to the wanted state, then the soundest, then the shortest.
/// Result:
///
/// ```text
/// {"v": 1, "kind": "restore", "server", "database",
///  "steps": [{"files", "position", "type", "backup_set_guid", "stop_at", "reason", "recovery"}],
///  "files": [{"logical_name", "physical_name"}], "notes", "pages", "bytes", "duration_ms",
///  "mb_per_sec", "restored_to", "restored_to_persian", "safety_copy": file | null,
///  "kept_as": name | null, "tail": file | null,
///  "disconnected": [{"session_id", "login", "host", "program"}], "user_access",
///  "checked": null | true, "messages", "statements"}
/// ```
///
/// Ownership, threads and errors are those of `pgb_backup_start`.
///
/// Example: examples/c/restore.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_restore_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::restore(text).map(Command::Restore)) }
}

/// Starts the repair of a database whose restore was broken off: the process was killed, the machine
/// went down, or the server could not be reached any more.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "database": "PayamGostar2",
///  "wish": "take_back" | "finish",  default: the old content where it can be had, else finish
///  "forget": false,                 only remove the journal: somebody put the database right
///  "journal_directory": null,       as it was given to the restore
///  "dry_run": false}                only say what is found, and the next statement
/// ```
///
/// The journal that the restore left on this machine and the server say what is to be done. On another
/// machine the server's history of backups tells the safety copy. Result:
///
/// ```text
/// {"v": 1, "kind": "repair", "server", "database", "was_broken_off": true,
///  "content": "before" | "wanted" | null, "state": "ONLINE" | ... | null, "user_access", "notes",
///  "disconnected": [{"session_id", "login", "host", "program"}], "statements"}
/// ```
///
/// Ownership, threads and errors are those of `pgb_backup_start`.
///
/// Example: examples/c/repair.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_repair_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::repair(text).map(Command::Repair)) }
}

/// Starts a verification of backup sets.
///
/// `request` is JSON; without a position every set of a file is verified:
///
/// ```text
/// {"v": 1,
///  "sources": [{"file", "position": null, "backup_set_guid": null}],
///  "quick": false}                  structure only; not with a server
/// ```
///
/// With a server it does the work (RESTORE VERIFYONLY, each set by its own position, on paths of
/// its machine). Without one (`server` is NULL) the files are read on this machine, down to the
/// checksum of each page; what is found in whole files is remembered beside them, in
/// `.pgb-verified.json`, and counts for removals. The job yields rows, see `pgb_job_page`:
///
/// ```text
/// {"file", "position", "database", "type", "backup_set_guid", "finished_at",
///  "finished_at_persian", "verdict": "sound" | "unprotected" | "damaged" | "incomplete",
///  "checksums", "messages"}
/// ```
///
/// and, without a server, also protected_share (0 to 1), counts, first_log_block, last_log_block,
/// findings ({"offset", "file_id", "page_id", "page_type", "severity": "suspect" | "incomplete" |
/// "damage", "what", "proves"}, at most 1000 a set) and findings_left_out; of stripes family,
/// family_count, missing_families and findings_between_families. `file` may be a folder or a pattern
/// there. Position null is for
/// what is wrong outside any set. {"BackupFile", "error"} is a file that could not be looked at.
/// "unprotected" is readable by the server, but without checksums damage would not be seen.
/// Result: {"v": 1, "kind": "verify", "count"}.
///
/// Ownership, threads and errors are those of `pgb_backup_start`.
///
/// Example: examples/c/verify.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_verify_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::verify(text).map(Command::Verify)) }
}

/// Starts a list. `request` is JSON, one of
///
/// ```text
/// {"v": 1, "kind": "backup_sets", "files": [path]}    rows: the columns of RESTORE HEADERONLY
///                                                     by their names, and BackupFile,
///                                                     BackupTypeName, BackupStartDatePersian,
///                                                     BackupFinishDatePersian
/// {"v": 1, "kind": "file_list", "file": path, "position": 1}    RESTORE FILELISTONLY
/// {"v": 1, "kind": "label", "files": [path]}          RESTORE LABELONLY, and BackupFile
/// {"v": 1, "kind": "databases", "names": [name]}      all without names; rows: name,
///                                                     database_id, state, user_access,
///                                                     recovery_model, compatibility_level,
///                                                     owner, created_at, size_bytes,
///                                                     log_size_bytes, is_read_only,
///                                                     last_full_at, last_differential_at,
///                                                     last_log_at (the server's local time)
/// ```
///
/// ```text
/// {"v": 1, "kind": "database_states", "names": [name],    all without names
///  "journal_directory": null}                             as it was given to a restore
/// ```
///
/// asks a server what state its databases are in and who is at them, in three questions whatever
/// their number. Rows, all times by the server's clock:
///
/// ```text
/// {"name", "database_id", "server", "at", "state", "user_access", "recovery_model", "is_read_only",
///  "is_in_standby", "log_reuse_wait", "last_full_at", "last_differential_at", "last_log_at",
///  "availability_group", "mirrored", "published", "snapshot", "snapshot_of",
///  "last_restore": null | {"at", "login", "recovery", "type", "source_database",
///  "backup_finished_at"},
///  "clients": null | [{"session_id", "login", "host", "program", "process_id", "since",
///  "open_transactions", "command"}],      null: the login may not see them
///  "running": [{"session_id", "command", "percent", "started_at", "eta_ms", "wait"}],
///  "remarks": [{"code", "severity": "error" | "warning" | "info", "message", "next_step"}],
///  "summary", "unseen": [text]}           what the login may not see, with the missing right
/// ```
///
/// With a server the paths are those of its machine, and it is asked. Without one (`server` is NULL)
/// the files are read on this machine, where `files` may also name folders and patterns (`*`, `?`,
/// `[a-z]`, `**` for any folders), "recurse": true goes into the folders of a folder, and
/// "allow_none": true takes a pattern without files for no error. Rows of backup sets have further fields: Status (complete,
/// incomplete), StatusReason, Container, FamilyCount, FamilySequenceNumber, Offset, Length,
/// CanCutAfter, UtcOffsetMinutes, FileGroups, Pages; and with "digest": true, for which each set is
/// read to its end, Sha256 of its bytes.
///
/// ```text
/// {"v": 1, "kind": "history", "names": [name], "types": ["full", "differential", "log"],
///  "last": 5, "after": "2026-11-20T00:00:00", "before": null}
/// ```
///
/// lists what the server's msdb remembers, the newest first in each database, `last` of each; the
/// rows are those of backup sets as far as msdb keeps their columns, and BackupFiles.
///
/// A row for a file that could not be read is {"BackupFile", "error"}; the others go on. Result:
/// {"v": 1, "kind": "query", "count"}.
///
/// Ownership, threads and errors are those of `pgb_backup_start`. The job yields rows: read them
/// to their end with `pgb_job_page`, or cancel it.
///
/// - Example: examples/c/list.c.
/// - Example: examples/c/state.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_query_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::query(text).map(Command::Query)) }
}

/// Reads a request and starts its job.
pub(super) unsafe fn start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
    read: impl FnOnce(&str) -> Result<Command>,
) -> PgbStatus {
    // SAFETY: pointers are checked for NULL before use; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_job.is_null() {
                return Err(Error::new(Code::Argument, "`out_job` is NULL").target("out_job"));
            }
            let command = read(text::take("request", request, request_len)?)?;
            let options = if server.is_null() { None } else { Some(SERVERS.get("server", server as usize)?) };
            #[cfg(windows)]
            super::pin::stay_loaded();
            let job = ops::start(options, command)?;
            *out_job = JOBS.insert(job) as *mut PgbJob;
            Ok(())
        })
    }
}
