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
