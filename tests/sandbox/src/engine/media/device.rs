//! Backup devices: files that are written and read with the faults that tests ask for.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::disk::write_at;
use crate::engine::fault::{Faults, WriteFault};
use crate::engine::instance::Engine;
use crate::engine::{OsError, ServerError, paths, texts};

/// Devices in use: -1 for a writer, else the number of readers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices(Arc<Mutex<HashMap<String, i32>>>);

/// Holds a device; another writer meets error 32.
#[derive(Debug)]
pub(crate) struct Held {
    devices: Devices,
    key: String,
}

impl Devices {
    /// Takes a device for writing, or shares it for reading.
    pub(crate) fn take(&self, path: &str, writing: bool) -> Result<Held, OsError> {
        let key = paths::key(path);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(key.clone()).or_insert(0);
        if *count < 0 || (writing && *count > 0) {
            return Err(OsError::SharingViolation);
        }
        *count = if writing { -1 } else { *count + 1 };
        Ok(Held { devices: self.clone(), key })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.devices.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.key) {
            *count = if *count < 0 { 0 } else { *count - 1 };
            if *count == 0 {
                held.remove(&self.key);
            }
        }
    }
}

/// A device under a backup: bytes go to its end.
pub(crate) struct Output {
    engine: Engine,
    pub(crate) path: String,
    file: File,
    pub(crate) offset: u64,
    crashed: bool,
    /// Devices that get the same bytes.
    copies: Vec<Output>,
    _held: Held,
}

impl Output {
    /// Opens a device for writing; says whether the file was there.
    pub(crate) fn open(engine: &Engine, path: &str) -> Result<(Output, bool), ServerError> {
        let refuse = |cause| texts::cannot_open(path, cause, true);
        if let Some(cause) = engine.faults().refused(path) {
            return Err(refuse(cause));
        }
        let host: PathBuf = engine.host_path(path).map_err(refuse)?;
        if host.is_dir() {
            return Err(refuse(OsError::AccessDenied));
        }
        if !host.parent().is_some_and(std::path::Path::is_dir) {
            return Err(refuse(OsError::PathNotFound));
        }
        let held = engine.devices().take(path, true).map_err(refuse)?;
        let there = host.exists();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&host);
        let file = file.map_err(|error| refuse(texts::os_error(&error)))?;
        let output = Output {
            engine: engine.clone(),
            path: path.to_owned(),
            file,
            offset: 0,
            crashed: false,
            copies: Vec::new(),
            _held: held,
        };
        Ok((output, there))
    }

    /// The same device, mirrored on others: what is written to it is written to all of them.
    pub(crate) fn mirrored(mut self, copies: Vec<Output>) -> Output {
        self.copies = copies;
        self
    }

    /// Server paths of its mirrors.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &str> {
        self.copies.iter().map(|copy| copy.path.as_str())
    }

    /// Cuts the device at `offset` and goes on from there.
    pub(crate) fn cut(&mut self, offset: u64) -> Result<(), ServerError> {
        self.copies.iter_mut().try_for_each(|copy| copy.cut(offset))?;
        self.offset = offset;
        self.file.set_len(offset).map_err(|error| texts::write_failed(&self.path, texts::os_error(&error)))
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), ServerError> {
        if self.crashed {
            return Err(texts::aborted());
        }
        let faults: &Faults = self.engine.faults();
        let end = self.offset + data.len() as u64;
        let (keep, failure) = match faults.on_media_write(end) {
            WriteFault::None if faults.use_space(&paths::volume(&self.path), data.len() as u64) => (data.len(), None),
            WriteFault::None => (0, Some(texts::write_failed(&self.path, OsError::DiskFull))),
            WriteFault::Fail(at, cause) => {
                (at.saturating_sub(self.offset) as usize, Some(texts::write_failed(&self.path, cause)))
            }
            WriteFault::Crash(at) => {
                self.crashed = true;
                (at.saturating_sub(self.offset) as usize, Some(texts::aborted()))
            }
        };
        let written = &data[..keep.min(data.len())];
        write_at(&self.file, written, self.offset)
            .map_err(|error| texts::write_failed(&self.path, texts::os_error(&error)))?;
        self.offset += written.len() as u64;
        self.copies.iter_mut().try_for_each(|copy| copy.write(written))?;
        failure.map_or(Ok(()), Err)
    }
}
