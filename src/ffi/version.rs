//! What library this is, and its end.

use std::time::Duration;

use libc::c_char;

use super::guard::guard;
use super::status::PgbStatus;
use crate::job;

/// The version of this ABI. A program built against another one must not go on: compare it with
/// `pgb_abi_version` right after loading the library.
pub const PGB_ABI_VERSION: u32 = 1;

/// The version of the ABI of the loaded library.
///
/// - Threads: any.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub extern "C" fn pgb_abi_version() -> u32 {
    PGB_ABI_VERSION
}

/// The version of the loaded library, such as "0.1.0".
///
/// - Ownership: static text, never freed.
/// - Threads: any.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub extern "C" fn pgb_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// Cancels every job, waits at most `timeout_ms` milliseconds for their ends, and stops the
/// library's threads. To be called before a program ends that wants to leave nothing running; the
/// library can be used again afterwards. Handles stay valid until they are freed.
///
/// - Threads: any, but not while another thread starts jobs.
/// - Errors: `PGB_STATUS_E_PANIC`.
/// - Example: examples/c/backup.c.
#[unsafe(no_mangle)]
pub extern "C" fn pgb_shutdown(timeout_ms: u32) -> PgbStatus {
    // SAFETY: NULL is allowed for the error text.
    unsafe {
        guard(std::ptr::null_mut(), || {
            job::shutdown(Duration::from_millis(timeout_ms.into()));
            Ok(())
        })
    }
}
