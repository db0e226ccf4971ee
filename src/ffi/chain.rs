//! The functions that plan, and that remove.

use libc::{c_char, size_t};

use super::handle::{PgbJob, PgbServer};
use super::start::start;
use super::status::PgbStatus;
use crate::ops::Command;
use crate::wire;

/// Starts a question about backups, which changes nothing but what it remembers of verifications.
/// Without a server (NULL) the backups are files of this machine, or rows in the request. With one
/// they are files in folders of the server, for those that this machine does not see: all kinds but
/// "removed", and "verify" for "removal" only, where the server verifies what would stay.
///
/// `request` is JSON; `kind` is the question:
///
/// ```text
/// {"v": 1,
///  "kind": "removal"               which files may go, by the rules below
///        | "restore"               which steps restore it
///        | "recovery_points"       which moments can be restored
///        | "chains"                what is wrong: a row a problem, with the next step
///        | "removed",              what was moved aside and can be put back
///  "paths": ["D:\\Backup"],        folders, with all folders below them
///  "verify": true,                 first read files to their end that nobody verified yet;
///                                  default: true for "removal", else false
///  "sets": [{...}], "now": "2026-11-20T14:30:00+03:30",    in place of "paths": rows with the
///                                  columns of RESTORE HEADERONLY and "BackupFile", or of msdb's
///                                  backupset and backupmediafamily; LSNs as text; "Verdict":
///                                  "sound" for a set that was verified. No file is read.
///  "database": null, "server": null,                       whose backups, by their headers
///  "family_guid", "recovery_fork", "time_zone": null,      restore, recovery_points
///  "point_in_time": null, "backup_set_guid": null,         restore; else the newest state
///  "older_than_days", "keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly",
///  "full_older_than_days", "differential_older_than_days", "log_older_than_days",
///                                  by kind; a kind without one stays where another has one
///  "recovery_window_days": null, "minimum_fulls": 1,       removal; what any rule keeps is kept
///  "calendar": "gregorian" | "persian", "week_start": "monday"}
/// ```
///
/// Rows, see `pgb_job_page`, and results:
///
/// ```text
/// removal:   {"file", "verdict": "keep" | "delete", "code", "reason", "needed_by", "size", "unit",
///             "modified_at", "database", "sets", "backup_set_guids", "newest_finished_at",
///             "newest_finished_at_persian", "unreadable"}
///            {"v": 1, "kind": "removal", "keep", "delete", "delete_bytes", "refused": null | text,
///             "unread": [text], "text", "plan": text for pgb_prune_start, null with "sets"}
/// restore:   {"number", "files", "position", "type", "copy_only", "backup_set_guid", "database",
///             "finished_at", "finished_at_persian", "applied", "stop_at", "size", "verified", "reason"}
///            {"v": 1, "kind": "restore_plan", "database", "reaches", "reaches_utc",
///             "reaches_persian", "recovery_fork", "bytes", "notes", "alternatives": [{"full",
///             "reaches", "steps", "unverified"}], "unread", "text"}
/// recovery_points: {"database", "kind": "range" | "gap", "from", "to", "from_utc", "to_utc",
///             "from_persian", "to_persian", "recovery_fork", "last_set", "cause"}
///            {"v": 1, "kind": "recovery_points", "count"}
/// chains:    {"code", "severity": "error" | "warning", "database", "file", "position", "message",
///             "next_step"}
///            {"v": 1, "kind": "chains", "count", "sets"}
/// removed:   {"file", "kept_as", "size", "database", "removed_at", "keep_until"}
///            {"v": 1, "kind": "removed", "count", "bytes"}
/// ```
///
/// A step that is not "applied" is the log backup of a database that nobody wrote to: there is nothing in it
/// to restore, but it shows up to when the state before is that of the database. `pgb_restore_start` is
/// given its file too.
///
/// Moments are by the clock of the server that made the backups, unless their name ends in utc. Nothing
/// is deleted by a plan that is "refused", and its text says why.
///
/// Ownership, threads and errors are those of `pgb_backup_start`. Example: examples/c/prune.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_chain_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe {
        start(server, request, request_len, out_job, out_error, |text| {
            wire::chain(text).map(|command| Command::Chain(Box::new(command)))
        })
    }
}

/// Starts a removal of backup files, its undoing, or a pinning. `server` is NULL: the files are those of
/// this machine. With a server only a plan that was made with it can be applied.
///
/// `request` is JSON, one of
///
/// ```text
/// {"v": 1, "kind": "apply", "plan": text,      the "plan" of a removal's result, unchanged
///  "grace_days": 3,                            days until the files may be deleted for good
///  "force": false}                             with a server true: see below
/// {"v": 1, "kind": "undo", "paths": [folder], "files": []}     put back; all without "files"
/// {"v": 1, "kind": "empty", "paths": [folder], "all": false}   delete for good what has no time
///                                              left; with "all" everything that was moved aside
/// {"v": 1, "kind": "pin", "sources": [{"file", "position": null, "backup_set_guid": null}],
///  "reason": text}                             a pinned set is never removed
/// {"v": 1, "kind": "unpin", "sources": [...]}
/// ```
///
/// A plan counts on the machine it was made on, for 24 hours. Everything is read and proven again before
/// the first file moves; a file that is not what the plan says stays, and so does what it needs.
/// Files go into a folder `.pgb-removed` beside them, with a journal. A job that is killed leaves
/// each file where it was or there; the next removal or undo puts right what was moved by half.
///
/// Through a server files are deleted for good (xp_delete_file, which needs sysadmin): there is no undo,
/// so `force` has to be true. Their headers are compared and the whole is proven again all the same.
///
/// Rows: {"file", "state": "removed" | "kept" | "restored" | "deleted", "reason", "size", "kept_as"};
/// of pins {"file", "position", "backup_set_guid", "state": "pinned" | "unpinned" | "unchanged",
/// "reason"} and {"BackupFile", "error"}. Result: {"v": 1, "kind": "removal_result", "changed",
/// "kept", "bytes"}; "kept" counts what was to be changed and was not.
///
/// Errors of the job: `PGB_STATUS_E_CHAIN` for a plan that does not hold any more,
/// `PGB_STATUS_E_CONFLICT` while another run changes one of the folders.
///
/// Ownership, threads and errors are those of `pgb_backup_start`. Example: examples/c/prune.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_prune_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::removal(text).map(Command::Removal)) }
}
