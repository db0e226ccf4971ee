//! The function for services.

use libc::{c_char, size_t};

use super::handle::{PgbJob, PgbServer};
use super::start::start;
use super::status::PgbStatus;
use crate::ops::Command;
use crate::wire;

/// Stops, starts or restarts services of this machine: Windows services, or units of systemd.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "action": "stop" | "start" | "restart",
///  "names": ["Host", "Agent", "MSSQL$PAYAMGOSTAR2"],   names, or names for people; never patterns
///  "timeout_ms": 90000,             the longest that each gets to stop and to start
///  "database": null,                to be ONLINE before a started SQL Server counts as up
///  "dry_run": false}                only the steps
/// ```
///
/// All are found before the first is stopped. Running services that need one of them are stopped too,
/// and of a restart started again. Each is waited for; a SQL Server until it answers: `server` if it is
/// given, else the instance by the service's name as the account of this process, if that may log in. If
/// one does not stop, those before it are started again. Result:
///
/// ```text
/// {"v": 1, "kind": "service", "dry_run",
///  "steps": [{"name", "display_name", "action": "stopped" | "started" | "unchanged" | "would_stop" |
///  "would_start", "because": null | text, "duration_ms"}]}
/// ```
///
/// Errors of the job: `PGB_STATUS_E_NOT_FOUND` for an unknown service, `PGB_STATUS_E_CONFLICT` for one
/// that does not stop or start, `PGB_STATUS_E_PERMISSION`, `PGB_STATUS_E_UNSUPPORTED` where there is no
/// such service manager.
///
/// `server` may be NULL. Ownership, threads and errors are those of `pgb_backup_start`.
///
/// Example: examples/c/service.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_service_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::service(text).map(Command::Service)) }
}
