//! Files of the server machine, as the extended procedures show them.

use std::path::Path;

use chrono::NaiveDateTime;

use super::instance::Engine;
use super::{Answer, OsError, Refusal, ServerMessage, paths, texts};

/// `xp_fileexist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileExists {
    /// `File Exists`
    pub file: bool,
    /// `File is a Directory`
    pub directory: bool,
    /// `Parent Directory Exists`
    pub parent: bool,
}

/// One row of `xp_dirtree`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// `subdirectory`: the name.
    pub name: String,
    /// `depth`, from 1.
    pub depth: i32,
    /// `file`
    pub is_file: bool,
}

/// Free space that a drive shows when no limit was set: 100 GB.
const FREE_BYTES: u64 = 100 << 30;

impl Engine {
    /// `xp_fileexist`.
    pub fn file_exists(&self, path: &str) -> FileExists {
        let host = self.host_path(path).ok();
        FileExists {
            file: host.as_ref().is_some_and(|path| path.is_file()),
            directory: host.as_ref().is_some_and(|path| path.is_dir()),
            parent: host.as_ref().and_then(|path| path.parent()).is_some_and(Path::is_dir),
        }
    }

    /// `xp_dirtree path, depth, files`: depth 0 is without limit; files only when asked. Nothing for a
    /// folder that is not there, as the server does.
    pub fn dir_tree(&self, path: &str, depth: i32, files: bool) -> Vec<DirectoryEntry> {
        let mut out = Vec::new();
        if let Ok(host) = self.host_path(path) {
            walk(&host, 1, if depth <= 0 { i32::MAX } else { depth }, files, &mut out);
        }
        out
    }

    /// `xp_create_subdir`: makes every missing folder of the path.
    ///
    /// # Errors
    /// 22048 with the operating system's error.
    pub fn create_subdir(&self, path: &str) -> Answer<()> {
        let failed = |cause: OsError| -> Refusal {
            let text = format!(
                "Error executing extended stored procedure: xp_create_subdir() returned error {}, '{}'",
                cause.number(),
                cause.text()
            );
            ServerMessage::new(22048, 16, 1, text).into()
        };
        if let Some(cause) = self.faults().refused(path) {
            return Err(failed(cause));
        }
        let host = self.host_path(path).map_err(failed)?;
        std::fs::create_dir_all(host).map_err(|error| failed(texts::os_error(&error)))
    }

    /// `xp_delete_file 0, path, extension, cutoff, subfolders`: a file, or in a folder the backups with
    /// that extension that were last written before `older_than` (server local time). What is no backup
    /// is left alone, as the server does. Returns how many went.
    ///
    /// # Errors
    /// 22049 with the operating system's error.
    pub fn delete_file(
        &self,
        path: &str,
        extension: &str,
        older_than: Option<NaiveDateTime>,
        subfolders: bool,
    ) -> Answer<u32> {
        let failed = |cause: OsError| -> Refusal {
            let text = format!(
                "Error executing extended stored procedure: xp_delete_file() returned error {}, '{}'",
                cause.number(),
                cause.text()
            );
            ServerMessage::new(22049, 16, 1, text).into()
        };
        let host = self.host_path(path).map_err(failed)?;
        if host.is_file() {
            if let Some(cause) = self.faults().refused(path) {
                return Err(failed(cause));
            }
            if !is_backup(&host) {
                return Ok(0);
            }
            return std::fs::remove_file(&host).map(|()| 1).map_err(|error| failed(texts::os_error(&error)));
        }
        let entries = std::fs::read_dir(&host).map_err(|error| failed(texts::os_error(&error)))?;
        let mut gone = 0;
        for entry in entries.flatten() {
            let child = format!("{}\\{}", path.trim_end_matches(['\\', '/']), entry.file_name().to_string_lossy());
            let own = entry.path();
            if own.is_dir() {
                if subfolders {
                    gone += self.delete_file(&child, extension, older_than, subfolders)?;
                }
                continue;
            }
            let fits = own
                .extension()
                .is_some_and(|own| own.to_string_lossy().eq_ignore_ascii_case(extension.trim_start_matches('.')));
            if fits && self.is_older(&own, older_than) && is_backup(&own) && self.faults().refused(&child).is_none() {
                std::fs::remove_file(&own).map_err(|error| failed(texts::os_error(&error)))?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn is_older(&self, file: &Path, limit: Option<NaiveDateTime>) -> bool {
        let Some(limit) = limit else { return true };
        let written = std::fs::metadata(file).and_then(|meta| meta.modified());
        let offset = chrono::Duration::minutes(i64::from(self.options().clock.offset_minutes()));
        written.is_ok_and(|time| chrono::DateTime::<chrono::Utc>::from(time).naive_utc() + offset < limit)
    }

    /// `xp_fixeddrives`: drive and MB free, for every drive that has a folder under the root.
    pub fn fixed_drives(&self) -> Vec<(char, u64)> {
        let mut out: Vec<(char, u64)> = Vec::new();
        for entry in std::fs::read_dir(self.root()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let mut letters = name.chars();
            if let (Some(letter), None) = (letters.next(), letters.next())
                && letter.is_ascii_alphabetic()
            {
                out.push((letter.to_ascii_uppercase(), self.free_bytes(&format!("{letter}:")) >> 20));
            }
        }
        out.sort_unstable();
        out
    }

    /// Bytes free on the volume of a path.
    pub(crate) fn free_bytes(&self, path: &str) -> u64 {
        self.faults().free_space(&paths::volume(path)).unwrap_or(FREE_BYTES)
    }
}

/// Whether a file begins as backup media do; the only files that `xp_delete_file` deletes.
fn is_backup(file: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 8];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && (head.starts_with(b"TAPE") || head == *b"MSSQLBAK")
}

fn walk(folder: &Path, depth: i32, limit: i32, files: bool, out: &mut Vec<DirectoryEntry>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let is_file = !entry.path().is_dir();
        if is_file && !files {
            continue;
        }
        out.push(DirectoryEntry { name: entry.file_name().to_string_lossy().into_owned(), depth, is_file });
        if !is_file && depth < limit {
            walk(&entry.path(), depth + 1, limit, files, out);
        }
    }
}
