//! Questions about schedules.

use libc::{c_char, size_t};

use super::guard::guard;
use super::status::PgbStatus;
use super::text;
use crate::error::{Code, Error};
use crate::{ops, wire};

/// Answers a question about a schedule: no server, no file, no clock. `now` is always given.
///
/// `request` is JSON:
///
/// ```text
/// {"v": 1,
///  "kind": "next" | "missed" | "due" | "describe",
///  "schedule": {"zone": "Asia/Tehran",            IANA or Windows name
///    "lines": [{"type": "full", "when": {..}},    several side by side
///              {"type": "differential", "when": {..}}, {"type": "log", "when": {..}}]
///    or "when": {..}, "differentials": 6},        that many differentials between two fulls
///  "now": "2026-11-20T11:00:00Z",                 with Z or an offset; not for "describe"
///  "count": 10,                                   of "next" (1 if left out), "missed": 1 to 10000
///  "from": "2026-11-13T11:00:00Z",                of "missed"
///  "backups": [{"type": "full", "at": ".."}],     those that exist, by when they were begun
///  "failures": [{"type": "full", "at": ".."}],    of "due": for the back-off
///  "since": "..",                                 of "due": when the plan was made
///  "window": "22:00-06:00",                       of "due": late runs only in these hours
///  "grace_minutes": 15}                           of "due": later than this is overdue
/// ```
///
/// A `when` is one of
///
/// ```text
/// {"kind": "none"}
/// {"kind": "every", "minutes": 240, "window": "08:00-20:00" or "from": "02:30"}
/// {"kind": "daily", "at": ["02:30", "14:30"]}
/// {"kind": "weekly", "days": ["Saturday", "Tue"], "at": ["02:30"]}
/// {"kind": "monthly", "days": [1, "Last", "First Friday"], "calendar": "gregorian" | "persian", "at": ["23:00"]}
/// {"kind": "cron", "cron": "30 2 * * SAT"}
/// ```
///
/// Answers; a TIME is {"type", "at": UTC, "local": with its offset, "persian": "1405/08/29 14:30:00",
/// "text", "persian_text": for people}:
///
/// ```text
/// {"v": 1, "kind": "next", "zone", "items": [TIME]}
/// {"v": 1, "kind": "missed", "zone", "items": [TIME], "more": whether `count` cut the list}
/// {"v": 1, "kind": "due", "zone", "due": bool, "overdue": bool, "next": null | TIME,
///  "runs":    [TIME + {"reason": {"code": "scheduled" | "count_reached" | "no_full", "text"}, "overdue",
///              "missed": {"first", "count"}}],
///  "waiting": [the same + {"because": "back_off" | "window", "until"}]}
/// {"v": 1, "kind": "describe", "english", "persian"}
/// ```
///
/// - Ownership: `*out_json` and `*out_error` are freed with `pgb_string_free`; each is written only
///   on success and on failure, respectively.
/// - Threads: any. It does not wait.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_UTF8`, and `PGB_STATUS_E_REQUEST`, whose `target`
///   is the field at fault and whose `hint` shows a right example.
/// - Example: examples/c/schedule.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_schedule_query(
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
            let query = wire::schedule_query(text::take("request", request, request_len)?)?;
            let answer = ops::answer_schedule(&query);
            text::hand_out(out_json, &wire::schedule_text(&query.schedule, &answer));
            Ok(())
        })
    }
}
