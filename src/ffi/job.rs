//! Jobs, seen from outside.

use std::time::Duration;

use libc::c_char;

use super::guard::{caught, guard};
use super::handle::{JOBS, PgbJob};
use super::status::{PgbStatus, status_of};
use super::text;
use crate::error::{Code, Error, Result};
use crate::wire;

/// Waits until a job has ended, at most `timeout_ms` milliseconds, and tells its state: 0 running,
/// 1 succeeded, 2 failed, 3 cancelled. With 0 milliseconds it only looks.
///
/// A job that yields rows does not end before they were read; see `pgb_job_page`.
///
/// - Threads: any, several at once.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_HANDLE`.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_job_wait(job: *const PgbJob, timeout_ms: u32, out_state: *mut i32) -> PgbStatus {
    // SAFETY: `out_state` is checked for NULL; the rest is the caller's promise.
    unsafe {
        guard(std::ptr::null_mut(), || {
            if out_state.is_null() {
                return Err(null("out_state"));
            }
            let job = JOBS.get("job", job as usize)?;
            *out_state = job.wait(Duration::from_millis(timeout_ms.into())) as i32;
            Ok(())
        })
    }
}

/// Tells how far a job is, and its messages with a sequence number above `after_seq`:
///
/// ```text
/// {"v": 1, "state": "running" | "succeeded" | "failed" | "cancelled", "phase",
///  "percent": null | 0..100, "bytes_done", "bytes_total", "rate_bytes_per_sec", "eta_ms",
///  "elapsed_ms", "messages": [{"seq", "level": "info" | "warning" | "debug", "number",
///  "text"}], "last_seq", "dropped"}
/// ```
///
/// Percent, bytes, rate and time left are those of the phase; null is "not known". `dropped`
/// counts messages that came and went before they were asked for: the newest 512 are kept.
///
/// - Ownership: `*out_json` and `*out_error` are freed with `pgb_string_free`; each is written only
///   on success and on failure, respectively.
/// - Threads: any, several at once.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_HANDLE`.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_job_status(
    job: *const PgbJob,
    after_seq: u64,
    out_json: *mut *mut c_char,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: `out_json` is checked for NULL; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_json.is_null() {
                return Err(null("out_json"));
            }
            let job = JOBS.get("job", job as usize)?;
            text::hand_out(out_json, &wire::status_text(&job.status(after_seq)));
            Ok(())
        })
    }
}

/// Takes the next rows of a job, waiting at most `timeout_ms` milliseconds for the first of them:
/// {"v": 1, "items": [...], "done": false}, at most 256 a page, in order, each once. `done` says
/// that no row will follow; no items and not done is a time-out: ask again. Then
/// `pgb_job_result` tells how the job ended.
///
/// Unread rows wait in the library, at most 256 of them; the job waits for its reader.
///
/// Ownership, threads and errors are those of `pgb_job_status`.
///
/// Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_job_page(
    job: *const PgbJob,
    timeout_ms: u32,
    out_json: *mut *mut c_char,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: `out_json` is checked for NULL; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_json.is_null() {
                return Err(null("out_json"));
            }
            let job = JOBS.get("job", job as usize)?;
            let page = job.page(Duration::from_millis(timeout_ms.into()));
            text::hand_out(out_json, &wire::page_text(&page, |error| status_of(error.code) as i32));
            Ok(())
        })
    }
}

/// Tells what a job ended with. May be asked any number of times.
///
/// A job that failed or was cancelled returns the status of its error, and the error in
/// `*out_error`:
///
/// ```text
/// {"v": 1, "status", "code": "server.backup_device", "message", "hint", "target",
///  "retryable", "causes": [text], "server": [{"number", "severity", "state", "line",
///  "procedure", "message"}]}
/// ```
///
/// `server` has everything that SQL Server said, in its order. Of every error but the first the
/// driver tells number and text only; the rest is null.
///
/// - Ownership: as for `pgb_job_status`.
/// - Threads: any, several at once.
/// - Errors: `PGB_STATUS_E_STATE` while the job runs; `PGB_STATUS_E_ARGUMENT`,
///   `PGB_STATUS_E_HANDLE`; those of the job.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_job_result(
    job: *const PgbJob,
    out_json: *mut *mut c_char,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: `out_json` is checked for NULL; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_json.is_null() {
                return Err(null("out_json"));
            }
            let job = JOBS.get("job", job as usize)?;
            let result: Result<_> = job.result().ok_or_else(|| {
                Error::new(Code::State, "the job has not ended yet").hint("wait for it with pgb_job_wait")
            })?;
            text::hand_out(out_json, &wire::result_text(&result?, |error| status_of(error.code) as i32));
            Ok(())
        })
    }
}

/// Asks a job to end. It stops the server's work, says what is left, and ends as cancelled; one
/// that has ended stays as it is. May be called at any time, any number of times.
///
/// - Threads: any, several at once.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_HANDLE`.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub extern "C" fn pgb_job_cancel(job: *const PgbJob) -> PgbStatus {
    // SAFETY: NULL is allowed for the error text.
    unsafe {
        guard(std::ptr::null_mut(), || {
            JOBS.get("job", job as usize)?.cancel();
            Ok(())
        })
    }
}

/// Frees a job handle. A job that still runs is cancelled, not waited for. NULL and handles that
/// were freed before are ignored.
///
/// - Threads: any; calls that are under way in other threads end normally.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub extern "C" fn pgb_job_free(job: *mut PgbJob) {
    // A panic while dropping must not cross either; there is nobody to tell.
    let _ = caught(|| {
        if let Some(job) = JOBS.remove(job as usize) {
            job.cancel();
        }
        Ok(())
    });
}

fn null(name: &str) -> Error {
    Error::new(Code::Argument, format!("`{name}` is NULL")).target(name)
}
