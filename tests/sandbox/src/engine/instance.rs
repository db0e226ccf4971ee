//! One instance: its databases, and everything that can be asked of it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::media::Devices;
use super::registry::Registry;
use super::*;

/// A new database for [`Engine::create_database`].
#[derive(Clone, Debug, PartialEq)]
pub struct NewDatabase {
    /// Its name.
    pub name: String,
    /// Login of the owner.
    pub owner: String,
    /// Data files: the first is the primary one. Empty: `name.mdf` in the data folder.
    pub data: Vec<NewFile>,
    /// The log file; `None`: `name_log.ldf` in the log folder.
    pub log: Option<NewFile>,
    /// Recovery model; model's own is FULL.
    pub recovery_model: RecoveryModel,
}

impl NewDatabase {
    /// `CREATE DATABASE name`.
    pub fn new(name: &str) -> NewDatabase {
        NewDatabase {
            name: name.to_owned(),
            owner: "sa".to_owned(),
            data: Vec::new(),
            log: None,
            recovery_model: RecoveryModel::Full,
        }
    }
}

/// A file of a new database.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Logical name.
    pub logical_name: String,
    /// Path as the server sees it.
    pub physical_name: String,
    /// First size in bytes.
    pub size: u64,
    /// File group, `PRIMARY` for the first.
    pub group: String,
}

/// A new table for [`Engine::create_table`].
#[derive(Clone, Debug, PartialEq)]
pub struct NewTable {
    /// The schema, `dbo`.
    pub schema: String,
    /// The name.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Positions (from 0) of the primary key's columns; duplicates are refused with 2627.
    pub primary_key: Vec<usize>,
    /// Name of the primary key's constraint; `None`: the server makes one (`PK__Customer__...`).
    pub primary_key_name: Option<String>,
}

/// One clause of `ALTER DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// `SET RECOVERY`
    Recovery(RecoveryModel),
    /// `SET MULTI_USER`, `SINGLE_USER`, `RESTRICTED_USER`
    Access(UserAccess),
    /// `SET ONLINE`
    Online,
    /// `SET OFFLINE`
    Offline,
    /// `SET READ_ONLY` (true), `READ_WRITE`
    ReadOnly(bool),
    /// `MODIFY NAME`
    Name(String),
    /// `SET PAGE_VERIFY`: 0 NONE, 1 TORN_PAGE_DETECTION, 2 CHECKSUM
    PageVerify(u8),
    /// `SET COMPATIBILITY_LEVEL`
    CompatibilityLevel(u8),
}

/// An instance of the server.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Instance>,
}

#[derive(Debug)]
struct Instance {
    root: PathBuf,
    options: EngineOptions,
    faults: Faults,
    registry: Mutex<Registry>,
    devices: Devices,
}

/// Ids of the databases that every instance has.
pub(crate) const MASTER: u16 = 1;
/// `tempdb`
pub(crate) const TEMPDB: u16 = 2;
/// `msdb`
pub(crate) const MSDB: u16 = 4;

impl Engine {
    /// Opens the instance whose files live under `root`; makes the system databases when they are
    /// not there yet, and the drives C, D and E.
    ///
    /// # Errors
    /// What the operating system says when `root` cannot be written or read.
    pub fn open(root: &Path, options: EngineOptions) -> Answer<Engine> {
        let instance = Instance {
            root: root.to_owned(),
            options,
            faults: Faults::default(),
            registry: Mutex::new(Registry::default()),
            devices: Devices::default(),
        };
        let engine = Engine { shared: Arc::new(instance) };
        for drive in ["C", "D", "E"] {
            let path = root.join(drive);
            std::fs::create_dir_all(&path)
                .map_err(|error| texts::create_file(&path.display().to_string(), texts::os_error(&error)))?;
        }
        let options = engine.options();
        for folder in [&options.data_path, &options.log_path, &options.backup_path] {
            engine.create_subdir(folder)?;
        }
        engine.start()?;
        Ok(engine)
    }

    /// What the instance was opened with.
    pub fn options(&self) -> &EngineOptions {
        &self.shared.options
    }

    /// The knobs for tests.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The folder on this machine that holds everything.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn devices(&self) -> &Devices {
        &self.shared.devices
    }

    pub(crate) fn now(&self) -> chrono::NaiveDateTime {
        self.options().clock.local()
    }

    /// The file on this machine that a server path names (case is ignored, as Windows does).
    ///
    /// # Errors
    /// A path that no server takes (123), a drive (3) or share (53, 67) that is not there.
    pub fn host_path(&self, server_path: &str) -> Result<PathBuf, OsError> {
        super::paths::resolve(self.root(), server_path)
    }
}
