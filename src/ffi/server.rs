//! Servers.

use libc::{c_char, size_t};
use zeroize::Zeroizing;

use super::guard::{caught, guard};
use super::handle::{PgbServer, SERVERS};
use super::status::PgbStatus;
use super::text;
use crate::error::{Code, Error, Result};
use crate::wire;

/// Makes a server handle. Nothing is connected yet: the first job does that.
///
/// `options` is JSON:
///
/// ```text
/// {"v": 1,
///  "server": "host\\instance,port",            required; also ".", "(local)", "tcp:host,port", IP
///  "auth": "sql" | "windows" | "integrated",   default: sql with a user, else integrated
///  "user": "sa",
///  "encrypt": "mandatory" | "strict" | "optional",
///  "trust_server_certificate": false,          default: only for this very machine
///  "ca_file": "/path/ca.pem",
///  "host_name_in_certificate": "crm.example",
///  "connect_timeout_ms": 15000,
///  "app_name": "PGBackup"}
/// ```
///
/// or an ADO.NET connection string, of which every key is known or refused by name:
///
/// ```text
/// {"v": 1, "secret_is": "connection_string"}      the whole string is the secret
/// {"v": 1, "connection_string": "Server=.;User ID=sa"}     the password is the secret
/// ```
///
/// `secret` is the password in UTF-8, NULL where none is needed. It is copied; the copy is wiped
/// when the handle and the jobs made with it are gone. It never appears in a text of this library.
///
/// - Ownership: `*out_server` is freed with `pgb_server_free`, `*out_error` with
///   `pgb_string_free`. Each is written only on success and on failure, respectively.
/// - Threads: any.
/// - Errors: `PGB_STATUS_E_ARGUMENT`, `PGB_STATUS_E_UTF8`, `PGB_STATUS_E_REQUEST`,
///   `PGB_STATUS_E_UNSUPPORTED`.
/// - Example: examples/c/work.c.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pgb_server_new(
    options: *const c_char,
    options_len: size_t,
    secret: *const u8,
    secret_len: size_t,
    out_server: *mut *mut PgbServer,
    out_error: *mut *mut c_char,
) -> PgbStatus {
    // SAFETY: pointers are checked for NULL before use; the rest is the caller's promise.
    unsafe {
        guard(out_error, || {
            if out_server.is_null() {
                return Err(Error::new(Code::Argument, "`out_server` is NULL").target("out_server"));
            }
            let options = text::take("options", options, options_len)?;
            let secret = if secret.is_null() { None } else { Some(take_secret(secret, secret_len)?) };
            let server = wire::server(options, secret)?;
            *out_server = SERVERS.insert(server) as *mut PgbServer;
            Ok(())
        })
    }
}

/// Frees a server handle. NULL and handles that were freed before are ignored. Running jobs keep
/// what they need.
///
/// - Threads: any.
/// - Example: examples/c/backup.c.
#[unsafe(no_mangle)]
pub extern "C" fn pgb_server_free(server: *mut PgbServer) {
    // A panic while dropping must not cross either; there is nobody to tell.
    let _ = caught(|| {
        drop(SERVERS.remove(server as usize));
        Ok(())
    });
}

unsafe fn take_secret(secret: *const u8, length: size_t) -> Result<Zeroizing<String>> {
    // SAFETY: the caller's promise is this function's.
    let bytes = unsafe { text::take_bytes("secret", secret, length) }?;
    std::str::from_utf8(bytes)
        .map(|text| Zeroizing::new(text.to_owned()))
        .map_err(|_| Error::new(Code::Utf8, "`secret` is not UTF-8").target("secret"))
}
