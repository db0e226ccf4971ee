//! The border: no panic crosses it, every error leaves as a status and a JSON text.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libc::c_char;
use once_cell::sync::OnceCell;

use super::status::{PgbStatus, status_of};
use super::text;
use crate::error::{Code, Error, Result};
use crate::wire;

#[cfg(panic = "abort")]
compile_error!("PGBackup must be built with panic=unwind: a panic must not end the process that loaded it");

/// Runs the body of an exported function.
///
/// # Safety
///
/// `out_error` is NULL or writable.
pub(super) unsafe fn guard(out_error: *mut *mut c_char, body: impl FnOnce() -> Result<()>) -> PgbStatus {
    match caught(body) {
        Ok(()) => PgbStatus::Ok,
        Err(error) => {
            let status = status_of(error.code);
            let text = wire::error_text(&error, status as i32);
            // SAFETY: the caller's promise is this function's.
            unsafe { text::hand_out(out_error, &text) };
            status
        }
    }
}

/// Runs a body, and makes an error of a panic.
pub(super) fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    quiet_panics();
    // The library's own state is behind locks that are taken even when poisoned.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        Err(Error::new(Code::Panic, "a panic in PGBackup was caught: this is a mistake in it").hint("please report it"))
    })
}

/// Keeps panics from writing to the console of the program that loaded the library. The hook is
/// that of the library's own copy of std: a Rust program that links the crate keeps its hook,
/// because it does not come through here first.
fn quiet_panics() {
    static DONE: OnceCell<()> = OnceCell::new();
    DONE.get_or_init(|| std::panic::set_hook(Box::new(|_| ())));
}
