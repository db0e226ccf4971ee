//! Where the bytes of a medium come from: positioned reads.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{MediaError, MediaErrorKind};

/// Bytes that can be read at any offset, from several threads.
pub trait Source: Send + Sync {
    /// What to call it in a message: a path, mostly.
    fn name(&self) -> String;

    /// Its size in bytes now. The size of a file that is being written changes from call to call.
    ///
    /// # Errors
    /// Those of the operating system.
    fn size(&self) -> io::Result<u64>;

    /// Reads into `buffer` from `offset` and returns how many bytes were read; 0 only at the end.
    ///
    /// # Errors
    /// Those of the operating system.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A file on disk or on a share, opened for shared reading.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    file: File,
}

impl FileSource {
    /// Opens a file.
    ///
    /// # Errors
    /// [`MediaError`] with the reason: absent, denied, a folder, a device, held by another process, ...
    pub fn open(path: impl AsRef<Path>) -> Result<FileSource, MediaError> {
        let path = path.as_ref();
        let refused = |error: io::Error| MediaError::from_io(path.display().to_string(), &error);
        // Asked before opening: opening a pipe that nobody writes would wait for ever.
        let kind = std::fs::metadata(path).map_err(refused)?.file_type();
        if kind.is_dir() {
            return Err(MediaError::new(path.display().to_string(), MediaErrorKind::Folder));
        }
        if !kind.is_file() {
            let what = "device or pipe";
            return Err(MediaError::new(path.display().to_string(), MediaErrorKind::NotAFile { what }));
        }
        let file = File::open(path).map_err(refused)?;
        Ok(FileSource { path: path.to_owned(), file })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Source for FileSource {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn size(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)
    }
}

/// Bytes in memory.
#[derive(Clone, Copy, Debug)]
pub struct MemorySource<B>(pub B);

impl<B: AsRef<[u8]> + Send + Sync> Source for MemorySource<B> {
    fn name(&self) -> String {
        "bytes in memory".to_owned()
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.as_ref().len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.as_ref();
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

#[cfg(all(test, windows))]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::os::windows::fs::OpenOptionsExt;

    use super::*;

    fn kind(path: impl AsRef<Path>) -> Option<MediaErrorKind> {
        FileSource::open(path).err().map(|error| error.kind)
    }

    #[test]
    fn a_file_that_sql_server_writes_is_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.bak");
        // As SQL Server opens a backup file: nobody else may have it meanwhile.
        let writer = OpenOptions::new().write(true).create(true).truncate(true).share_mode(0).open(&path);
        assert_eq!(kind(&path), Some(MediaErrorKind::InUse));
        drop(writer);
        assert_eq!(kind(&path), None);
    }

    #[test]
    fn paths_of_windows() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = (0..12).fold(folder.path().to_owned(), |path, _| path.join("a folder with a long name"));
        fs::create_dir_all(&deep).expect("a deep folder");
        for path in [folder.path().join("x.bak"), deep.join("x.bak")] {
            fs::write(&path, b"x").expect("written");
            let plain = path.to_str().expect("Unicode");
            for spelled in [plain.to_owned(), plain.to_uppercase(), plain.replace('\\', "/")] {
                assert_eq!(kind(&spelled), None, "{spelled}");
            }
            assert_eq!(kind(format!(r"\\?\{plain}")), None, "{plain}");
        }
        assert!(deep.as_os_str().len() > 260);
        assert_eq!(kind(folder.path()), Some(MediaErrorKind::Folder));
        assert_eq!(kind(folder.path().join("gone").join("x.bak")), Some(MediaErrorKind::NotFound));
    }

    #[test]
    fn devices_are_no_files() {
        let what = "device or pipe";
        for device in ["NUL", r"C:\NUL", r"\\.\NUL"] {
            assert_eq!(kind(device), Some(MediaErrorKind::NotAFile { what }), "{device}");
        }
    }
}
