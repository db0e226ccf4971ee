//! The function that proves backups by restoring them.

use libc::{c_char, size_t};

use super::handle::{PgbJob, PgbServer};
use super::start::start;
use super::status::PgbStatus;
use crate::ops::Command;
use crate::wire;

/// Starts a restore test: backups are restored to a database with a new name and files of its own,
/// checked with DBCC CHECKDB, its tables counted, and the database dropped, whatever came of it.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "database": "PayamGostar2",      whose backups
///  "sources": [{"file", "position": null, "backup_set_guid": null}],   as for a restore
///  "point_in_time": null, "data_directory": null, "log_directory": null,   as for a restore
///  "proof_folder": null,            a folder of this machine: the proof is added to its file
///                                   .pgb-restore-tests.jsonl, also one of a test that failed
///  "journal_directory": null,       as for a restore
///  "dry_run": false}                only the T-SQL
/// ```
///
/// Rows are tables: {"schema", "table", "rows"}. Result:
///
/// ```text
/// {"v": 1, "kind": "restore_test",
///  "proof": {"v": 1, "kind": "restore_test", "at", "passed", "database", "server", "server_version",
///  "machine", "sets": [{"files", "position", "type", "backup_set_guid"}], "restored_to",
///  "restore_ms", "check_ms", "bytes", "tables", "rows", "check_passed", "error", "side_database"},
///  "kept_in": null | path, "notes", "statements"}
/// ```
///
/// A test that does not pass is the error of the job, `PGB_STATUS_E_CORRUPT` if DBCC CHECKDB finds
/// damage. The database of a test that was killed is dropped by the next one.
///
/// Ownership, threads and errors are those of `pgb_backup_start`.
///
/// Example: examples/c/prove.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_restore_test_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe {
        start(server, request, request_len, out_job, out_error, |text| {
            wire::restore_test(text).map(|command| Command::RestoreTest(Box::new(command)))
        })
    }
}
