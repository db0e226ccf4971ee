//! The storage engine: databases as real 8 KiB pages, a real log, and backup media as SQL Server
//! writes it. No network and no T-SQL text; the fronts call [`Engine`].
//!
//! All calls block; call them from `spawn_blocking`. [`Engine`] is cheap to clone and safe to use
//! from many threads: a database has one lock, held for a call or, by backups, for one extent at a time.
//!
//! # What is SQL Server's, and what is ours
//!
//! Bytes follow what real files show: page headers, slots, checksums, PFS, GAM, SGAM, IAM and differential
//! maps, the file header's record, the fields of the boot page that are known, system tables and their
//! columns, records, log blocks and record headers, and everything on backup media. Ours are:
//!
//! * the boot page from offset 2048 on ([`boot`]), column 44 of the file header ([`file_header`]), the
//!   header of a virtual log file ([`log`]);
//! * log records carry whole records before and after ([`log`]), which redo needs and nothing else;
//!   there is no undo, because a transaction reaches the disk only when it commits ([`store`]);
//! * system tables are chains in the order of insertion, user tables heaps, primary keys are enforced
//!   without an index ([`catalog`]); a file has one GAM interval, 4 GB ([`allocation`]);
//! * master keeps databases and files in `sys.sysdbreg` and `sys.sysbrickfiles` ([`registry`]), msdb keeps
//!   history in tables of the real names and columns ([`history`]);
//! * encrypted sets say which certificate they need, and nothing is restored without it, but their bytes lie in
//!   clear text: how SQL Server ciphers them is not known ([`certificates`]);
//! * differentials are copied in two passes as full backups of 2019 are, which no real file shows yet.
#![allow(rustdoc::private_intra_doc_links)] // The rooms named above are for those who work here.

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
mod certificates;
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

pub use certificates::Certificate;
pub use error::{Answer, Refusal, ServerError, ServerMessage};
pub use facts::{DatabaseFacts, DatabaseState, FileFacts, RecoveryModel, RowId, TableFacts, Ties, UserAccess};
pub use fault::{Faults, OsError};
pub use instance::{Alteration, Engine, NewDatabase, NewFile, NewTable};
pub use lsn::Lsn;
pub use options::{Clock, Edition, EngineOptions, Version};
pub use server_files::{DirectoryEntry, FileExists};
pub use spec::{
    BackupKind, BackupOutcome, BackupSpec, Encryption, Recovery, RestoreKind, RestoreOutcome, RestoreSpec, TailLog,
};
pub use value::{Column, ColumnType, ResultSet, Value};
pub use watch::Watcher;
