//! Plans.

use chrono::Utc;
use libc::{c_char, size_t};

use super::guard::guard;
use super::handle::{PgbJob, PgbServer};
use super::start::start;
use super::status::{PgbStatus, status_of};
use super::text;
use crate::error::{Code, Error};
use crate::ops::{self, Command, PlanRunCommand};
use crate::wire;

/// Keeps plans: lists, reads, checks, writes and removes their files, tells their schedule and
/// history, and makes the texts that register them with a scheduler. It reads and writes files of
/// this machine and talks to no server.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "kind": "list" | "get" | "save" | "check" | "remove" | "schedule" | "idle" | "history" |
///          "register" | "unit",
///  "folder": null,            where plans lie; left out: %ProgramData%\PGBackup\plans, /etc/pgbackup/plans
///                             for root, $XDG_CONFIG_HOME/pgbackup/plans for others
///  "name": "PayamGostar",     of all but list, save and check
///  "plan": {..},              of save and check: as schemas/plan.schema.json says
///  "replace": false,          of save: it may be there already
///  "count": 10,               of schedule (1 if left out) and history (100)
///  "command": [program, ..],  of register: what the scheduler runs
///  "account": null,           of register: who runs it; left out: the account of the system
///  "wake": false,             of register: a machine that sleeps is woken at the times of the plan
///  "now": null}               left out: the clock's
/// ```
///
/// Answers; a PLAN is {"name", "file", "english", "persian": the schedule in words, "plan": {..}}, a
/// TIME that of `pgb_schedule_query`:
///
/// ```text
/// list:      {"v": 1, "kind": "list", "folder", "plans": [PLAN or {"name", "error": error}]}
/// get, save, check:  {"v": 1, "kind": "plan"} + PLAN
/// remove:    {"v": 1, "kind": "removed", "file"}
/// schedule:  {"v": 1, "kind": "schedule", "plan", "zone", "known": whether the plan's folder was seen here,
///             "last": null | TIME of the newest backup, "items": [TIME], and what "due" of pgb_schedule_query has}
/// idle:      {"v": 1, "kind": "idle", "idle": whether a run has nothing to do, as the files in the plan's folder
///             tell, "run": null | the result of such a run, as pgb_plan_run_start has it}
/// history:   {"v": 1, "kind": "history", "unreadable": lines, "items": [results of pgb_plan_run_start]}
/// register:  {"v": 1, "kind": "register", "name", "minutes", "service", "timer", "cron", "task"}
/// unit:      {"v": 1, "kind": "unit", "name": that of its task or units, also of a plan that is gone}
/// ```
///
/// - Ownership: `*out_json` and `*out_error` are freed with `pgb_string_free`; each is written only
///   on success and on failure, respectively.
/// - Threads: any. It waits for files only.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_UTF8`, `PGB_STATUS_E_REQUEST` (its `target` is the
///   field at fault), `PGB_STATUS_E_NOT_FOUND`, `PGB_STATUS_E_CONFLICT`, `PGB_STATUS_E_PERMISSION` (also
///   for a folder that others may change), `PGB_STATUS_E_STORAGE`.
/// - Example: examples/c/plan.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_plan_call(
    request: *const c_char,
    request_len: size_t,
    out_json: *mut *mut c_char,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: `out_json` is checked for NULL; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_json.is_null() {
                return Err(Error::new(Code::Argument, "`out_json` is NULL").target("out_json"));
            }
            let (folders, call) = wire::plan_call(text::take("request", request, request_len)?, Utc::now())?;
            let answer = ops::plan_call(&folders, call)?;
            text::hand_out(out_json, &wire::plan_text(&answer, |error| status_of(error.code) as i32));
            Ok(())
        })
    }
}

/// Runs a plan, if it is due.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "name": "PayamGostar",
///  "folder": null,            as of pgb_plan_call
///  "force": false,            run even if nothing is due
///  "decide_only": false,      only say what is due; no lock, nothing is changed
///  "check_only": false,       only look at everything that a run needs; nothing is changed
///  "wait_ms": 0,              how long to wait for another run of the database
///  "now": null}               the moment of the decision; left out: the clock's
/// ```
///
/// `server` may be NULL; then the plan's own account or password file is used. What is due is decided
/// from the backups that exist. If those in the plan's folder tell that nothing is, no server is asked.
/// Steps: check, before, backup, verify, copy, retention, heartbeat, on_failure, after, history, report. Result:
///
/// ```text
/// {"v": 1, "kind": "plan_run", "plan", "database",
///  "outcome": "nothing_due" | "due" (decide_only) | "done" | "warnings" | "failed", "exit_code": 0, 1: warnings, 2: failed,
///  "started_at", "finished_at", "failed": [types that could not be made],
///  "made": [{"type", "slot", "skipped": earlier times that it stands for too,
///            "backup": null | result of pgb_backup_start, "copies": [{"file", "bytes", "sha256"}]}],
///  "removal": null | that of pgb_backup_start: what was removed after the backup,
///  "steps": [{"step", "outcome": "done" | "warning" | "failed", "message", "error": null | error}],
///  "zone", "due", "overdue", "runs", "waiting", "next": as of pgb_schedule_query}
/// ```
///
/// With "check_only", one item for each thing that a run needs:
///
/// ```text
/// {"v": 1, "kind": "plan_check", "ok": all of them are,
///  "items": [{"check": "plan" | "clock" | "server" | "database" | "rights" | "folder" | "space" | "copy" | "retention" |
///             "command" | "heartbeat" | "report" | "last_backup" | "last_run", "ok", "message", "next_step": null | text}]}
/// ```
///
/// A step that fails is in the result; the job fails only if nothing could be decided, if it is cancelled,
/// or with "conflict.busy" if another run holds the database: the error's message names it.
///
/// Ownership and threads are those of `pgb_backup_start`. Errors: also those of the plan's file.
///
/// Example: examples/c/plan.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_plan_run_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe {
        start(server, request, request_len, out_job, out_error, |text| {
            let command = PlanRunCommand::load(wire::plan_run(text)?)?;
            Ok(Command::PlanRun(Box::new(command)))
        })
    }
}

/// Makes a report of plans: one self-contained HTML page with what can be restored and since when, the
/// gaps, the sizes over time, what runs next, the last runs, and what needs somebody. It changes nothing.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "folder": null,            as of pgb_plan_call
///  "plans": ["PayamGostar"],  left out or empty: all of them
///  "language": "english",     or "persian": right to left, in the Persian calendar
///  "now": null}               the moment of the report; left out: the clock's
/// ```
///
/// The backups are those in a plan's folder where this machine sees it, else those that the server
/// remembers and still has the files of. `server` may be NULL, as of `pgb_plan_run_start`; one that is
/// given counts only if there is one plan. A server that cannot be reached is told in the page. Result:
///
/// ```text
/// {"v": 1, "kind": "report", "state": "good" | "attention" | "danger",
///  "plans": [{"name", "state"}], "html": the page, UTF-8}
/// ```
///
/// Ownership and threads are those of `pgb_backup_start`. A plan that is wrong is told in the page.
///
/// Example: examples/c/plan.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_report_start(
    server: *const PgbServer,
    request: *const c_char,
    request_len: size_t,
    out_job: *mut *mut PgbJob,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: the caller's promise.
    unsafe { start(server, request, request_len, out_job, out_error, |text| wire::report(text).map(Command::Report)) }
}
