//! The files of plans: found, read, written whole, removed.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::file_error;
use super::folders::{Folders, make, refuse_if_open};
use crate::error::{Code, Error, Result};

/// No plan is longer, in bytes.
const LIMIT: u64 = 1 << 20;

/// The names of all plans, in order. A folder that does not exist has none.
///
/// # Errors
///
/// The folder cannot be read.
pub fn list(folders: &Folders) -> Result<Vec<String>> {
    let entries = match fs::read_dir(&folders.plans) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file_error("the plan folder cannot be read:", &folders.plans, &error)),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// The text of a plan. A byte order mark, which Windows editors leave, is passed over.
///
/// # Errors
///
/// There is no such plan, it cannot be read, or others may change it.
pub fn read(folders: &Folders, name: &str) -> Result<String> {
    let path = folders.file(name)?;
    refuse_if_open(&folders.plans)?;
    refuse_if_open(&path)?;
    let file = fs::File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::new(Code::FileNotFound, format!("there is no plan `{name}`"))
            .hint(format!("see Get-PGBackupPlan; plans lie in {}", folders.plans.display()))
            .target(name),
        _ => file_error("the plan cannot be read:", &path, &error),
    })?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| file_error("the plan cannot be read:", &path, &error))?;
    let refuse = |why: &str, hint: &str| {
        let message = format!("the plan `{}` {why}", path.display());
        Err(Error::new(Code::Request, message).hint(hint).target(path.display().to_string()))
    };
    if bytes.len() as u64 > LIMIT {
        return refuse("is longer than 1 MiB, so it is none", "move the file away and make the plan anew");
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return refuse("is UTF-16", "save it as UTF-8");
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => refuse("is not UTF-8", "save it as UTF-8"),
    }
}

/// Writes a plan: whole, or not at all.
///
/// # Errors
///
/// There is one already and `replace` does not say so, or it cannot be written.
pub fn write(folders: &Folders, name: &str, text: &str, replace: bool) -> Result<PathBuf> {
    let path = folders.file(name)?;
    make(&folders.plans)?;
    refuse_if_open(&folders.plans)?;
    if !replace && path.exists() {
        return Err(Error::new(Code::Exists, format!("there is a plan `{name}` already"))
            .hint("change it with Set-PGBackupPlan, or choose another name")
            .target(name));
    }
    write_whole(&path, text.as_bytes()).map_err(|error| file_error("the plan cannot be written:", &path, &error))?;
    Ok(path)
}

/// Removes a plan. Its history stays.
///
/// # Errors
///
/// There is no such plan, or it cannot be removed.
pub fn remove(folders: &Folders, name: &str) -> Result<PathBuf> {
    let path = folders.file(name)?;
    fs::remove_file(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::new(Code::FileNotFound, format!("there is no plan `{name}`"))
            .hint("see Get-PGBackupPlan")
            .target(name),
        _ => file_error("the plan cannot be removed:", &path, &error),
    })?;
    Ok(path)
}

/// Writes beside the file and puts it in its place when it is on the disk.
///
/// # Errors
///
/// It cannot be written; what was there is there as before.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        // What is told is why it could not be written; the rest of the try is of no use to anybody.
        fs::remove_file(&beside).ok();
    }
    written
}
