//! The storage engine: databases as real 8 KiB pages, a real log, and backup media as SQL Server
//! writes it. No network and no T-SQL text; the fronts call [`Engine`].
//!
//! All calls block; call them from `spawn_blocking`. [`Engine`] is cheap to clone and safe to use
//! from many threads.

mod allocation;
mod alter;
mod backup_copy;
mod backup_devices;
mod backup_header;
mod backup_history;
mod backups;
mod boot;
mod bytes;
mod catalog;
mod checksum;
mod core;
mod databases;
mod disk;
mod error;
mod facts;
mod fault;
mod file_header;
mod fit;
mod headers;
mod history;
mod instance;
mod log;
mod lsn;
mod media;
mod options;
mod page;
mod paths;
mod progress;
mod queries;
mod record;
mod registry;
mod restore;
mod rows;
mod seed;
mod server_files;
mod spec;
mod standby;
mod start;
mod store;
mod system_tables;
#[cfg(test)]
mod tests;
mod texts;
mod value;
mod watch;

pub use error::{Answer, Refusal, ServerError, ServerMessage};
pub use facts::{DatabaseFacts, DatabaseState, FileFacts, RecoveryModel, RowId, TableFacts, UserAccess};
pub use fault::{Faults, OsError};
pub use instance::{Alteration, Engine, NewDatabase, NewFile, NewTable};
pub use lsn::Lsn;
pub use options::{Clock, Edition, EngineOptions, Version};
pub use server_files::{DirectoryEntry, FileExists};
pub use spec::{BackupKind, BackupOutcome, BackupSpec, Recovery, RestoreKind, RestoreOutcome, RestoreSpec, TailLog};
pub use value::{Column, ColumnType, ResultSet, Value};
pub use watch::Watcher;
