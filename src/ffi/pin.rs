//! Keeps the library in memory once it has threads: unloading would pull the code from under them.
//!
//! On Linux the linker says so (`build.rs`); Windows wants to be asked while the program runs.

use std::ptr;
use std::sync::Once;

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
};

/// From now on `FreeLibrary` does nothing.
pub(super) fn stay_loaded() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut module = ptr::null_mut();
        let flags = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
        // SAFETY: the address is one inside this very library, and there is a place to write to.
        unsafe { GetModuleHandleExW(flags, stay_loaded as *const () as *const u16, &mut module) };
    });
}
