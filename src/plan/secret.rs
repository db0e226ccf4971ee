//! A password in a file of the user's.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::file_error;
use super::folders::check_owner;
use crate::error::{Code, Error, Result};

/// SQL Server takes 128 characters.
const LIMIT: u64 = 4096;

/// Reads a password from a file that nobody else may read; looked at anew each time. One line end at
/// its end is not part of it.
///
/// # Errors
///
/// It cannot be read, others may read it, it is empty or no UTF-8; or this is Windows, where such a
/// file is not kept from others by its mode.
pub fn read_password_file(path: &Path) -> Result<Zeroizing<String>> {
    let shown = path.display().to_string();
    let refuse = |message: String, hint: &str| Err(Error::new(Code::Request, message).hint(hint).target(&shown));
    if cfg!(windows) {
        return refuse(
            "a password in a plain file is not used on Windows".to_owned(),
            "keep it by DPAPI: Get-Credential | Export-Clixml, and name that file; or use the Windows login",
        );
    }
    let broken = |error: std::io::Error| file_error("the password cannot be read from", path, &error);
    let file = File::open(path).map_err(broken)?;
    let metadata = file.metadata().map_err(broken)?;
    if !metadata.is_file() {
        return refuse(format!("`{shown}` is not a file"), "name the file that holds the password");
    }
    check_owner(path, &metadata, 0o077, "read or change")?;
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(LIMIT as usize + 1));
    file.take(LIMIT).read_to_string(&mut text).map_err(broken)?;
    while text.ends_with(['\n', '\r']) {
        text.pop();
    }
    if text.is_empty() {
        return refuse(format!("`{shown}` is empty"), "write the password into it");
    }
    Ok(text)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "hunter2\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
        let error = read_password_file(&path).expect_err("open to all");
        assert_eq!(error.code, Code::Permission);
        assert!(!format!("{error:?}").contains("hunter2"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        assert_eq!(read_password_file(&path).expect("a password").as_str(), "hunter2");
        fs::write(&path, "\n").expect("written");
        assert!(read_password_file(&path).is_err());
    }
}
