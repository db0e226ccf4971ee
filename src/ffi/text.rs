//! Text across the border: pointer and length in, NUL-terminated UTF-8 out.

use std::ffi::CStr;
use std::ptr;

use libc::{c_char, size_t};

use crate::error::{Code, Error, Result};

/// Reads an argument that is text.
///
/// # Safety
///
/// `pointer` is NULL or good for reading `length` bytes for the time of the call.
pub(super) unsafe fn take<'a>(name: &str, pointer: *const c_char, length: size_t) -> Result<&'a str> {
    // SAFETY: the caller's promise is this function's.
    let bytes = unsafe { take_bytes(name, pointer.cast(), length) }?;
    std::str::from_utf8(bytes).map_err(|error| {
        Error::new(Code::Utf8, format!("`{name}` is not UTF-8: byte {} is wrong", error.valid_up_to())).target(name)
    })
}

/// Reads an argument that is bytes.
///
/// # Safety
///
/// As for [`take`].
pub(super) unsafe fn take_bytes<'a>(name: &str, pointer: *const u8, length: size_t) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(Error::new(Code::Argument, format!("`{name}` is NULL")).target(name));
    }
    if length > isize::MAX as size_t {
        return Err(Error::new(Code::Argument, format!("the length of `{name}` is impossible: {length}")).target(name));
    }
    // SAFETY: not NULL, and good for `length` bytes by the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// Gives text to the caller, who frees it with [`pgb_string_free`].
///
/// # Safety
///
/// `out` is NULL, then nothing is given, or writable.
pub(super) unsafe fn hand_out(out: *mut *mut c_char, text: &str) {
    if out.is_null() {
        return;
    }
    // SAFETY: a request for a block of nonzero size; the block is checked before it is written,
    // and every byte of it is written. JSON escapes NUL, so the text holds none.
    unsafe {
        let block: *mut c_char = libc::malloc(text.len() + 1).cast();
        if !block.is_null() {
            ptr::copy_nonoverlapping(text.as_ptr().cast(), block, text.len());
            *block.add(text.len()) = 0;
        }
        *out = block;
    }
}

/// Frees a text that a function of this library gave out. NULL is allowed.
///
/// - Ownership: `text` came from an `out_` argument of this library and was not freed before.
/// - Threads: any.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_string_free(text: *mut c_char) {
    if text.is_null() {
        return;
    }
    // SAFETY: by the caller's promise a block of `hand_out`, which is NUL-terminated. It is
    // cleared first: results can hold names and paths that are nobody's business afterwards.
    unsafe {
        let length = CStr::from_ptr(text).to_bytes().len();
        ptr::write_bytes(text, 0, length);
        libc::free(text.cast());
    }
}
