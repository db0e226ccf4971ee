//! Second copies: written beside, read back, and only then put in their place.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Bytes moved at a time.
const AT_ONCE: usize = 1 << 20;

/// A copy that was read back and found the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The copy.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
}

/// Copies a file into a folder under its own name, reads the copy back and compares digests. An older
/// copy is replaced only then. `moved` is told of bytes as they go and ends the work with `false`.
///
/// # Errors
///
/// The folder is not there (the disk is away), something cannot be read or written, or the copy does
/// not read back the same.
pub fn copy_checked(from: &Path, folder: &Path, moved: &mut dyn FnMut(u64) -> bool) -> io::Result<Copied> {
    let name = from.file_name().ok_or_else(|| io::Error::other("the file has no name"))?;
    // Not made: a folder that is away is a disk that is away, and its mount point must not fill.
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the folder is not there; is its disk away?"));
    }
    let path = folder.join(name);
    if fs::canonicalize(folder)? == fs::canonicalize(from.parent().unwrap_or(Path::new(".")))? {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the copy would be the file itself"));
    }
    let mut beside = path.clone().into_os_string();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    let done = (|| {
        let mut target = File::create(&beside)?;
        let (bytes, sha256) = digest(File::open(from)?, Some(&mut target), moved)?;
        target.sync_all()?;
        drop(target);
        let (_, again) = digest(File::open(&beside)?, None, moved)?;
        if again != sha256 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the copy reads back different from its original"));
        }
        fs::rename(&beside, &path)?;
        Ok(Copied { path, bytes, sha256 })
    })();
    if done.is_err() {
        // A disk that has gone away keeps its rest; the next copy writes over it.
        fs::remove_file(&beside).ok();
    }
    done
}

fn digest(
    mut from: File,
    mut to: Option<&mut File>,
    moved: &mut dyn FnMut(u64) -> bool,
) -> io::Result<(u64, [u8; 32])> {
    let mut sha = Sha256::new();
    let mut buffer = vec![0; AT_ONCE];
    let mut bytes = 0;
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok((bytes, sha.finalize().into()));
        }
        sha.update(&buffer[..length]);
        if let Some(to) = &mut to {
            to.write_all(&buffer[..length])?;
        }
        bytes += length as u64;
        if !moved(length as u64) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the run was cancelled"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_or_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("a.bak"), folder.path().join("copies"));
        fs::write(&from, vec![7; 3_000_000]).expect("written");
        let away = copy_checked(&from, &to, &mut |_| true).expect_err("no folder");
        assert_eq!(away.kind(), io::ErrorKind::NotFound);
        assert!(!to.exists());
        fs::create_dir(&to).expect("a folder");
        assert!(copy_checked(&from, folder.path(), &mut |_| true).is_err());
        fs::write(to.join("a.bak"), "older").expect("written");
        let mut calls = 0;
        let cancelled = copy_checked(&from, &to, &mut |_| {
            calls += 1;
            calls < 4
        });
        assert!(cancelled.is_err());
        assert_eq!(fs::read(to.join("a.bak")).expect("still there"), b"older");
        let copied = copy_checked(&from, &to, &mut |_| true).expect("a copy");
        assert_eq!((copied.bytes, &copied.path), (3_000_000, &to.join("a.bak")));
        assert_eq!(fs::read(&copied.path).expect("a copy"), vec![7; 3_000_000]);
        assert_eq!(fs::read_dir(&to).expect("a folder").count(), 1);
    }
}
