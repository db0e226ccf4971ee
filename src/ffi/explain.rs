//! What SQL Server's error numbers mean.

use libc::c_char;

use super::guard::guard;
use super::status::{PgbStatus, status_of};
use super::text;
use crate::error::{Code, Error};
use crate::wire;

/// Explains an error number of SQL Server, offline:
///
/// ```text
/// {"v": 1, "number": 3201, "known": true, "status", "code", "retryable", "cause", "next",
///  "states": [{"state", "cause"}], "operating_system": [{"number", "cause", "next"}]}
/// ```
///
/// `states` are those of 18456 as the server's error log has them; `operating_system` the numbers
/// that 3201 and its kin carry in their text. A number that is not known has "known": false only.
///
/// - Ownership: `*out_json` and `*out_error` are freed with `pgb_string_free`; each is written only
///   on success and on failure, respectively.
/// - Threads: any. It does not wait.
/// - Errors: `PGB_STATUS_E_ARGUMENT`.
/// - Example: examples/c/explain.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_error_explain(
    number: u32,
    out_json: *mut *mut c_char,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: `out_json` is checked for NULL; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_json.is_null() {
                return Err(Error::new(Code::Argument, "`out_json` is NULL").target("out_json"));
            }
            text::hand_out(out_json, &wire::explanation_text(number, |code| status_of(code) as i32));
            Ok(())
        })
    }
}
