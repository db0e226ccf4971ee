//! Statements that do something, as text.
//!
//! The same input gives the same bytes. Each statement passes Microsoft's parser as exactly one
//! statement, whatever the names (`tests/server/tsql.rs`).

mod alter;
mod backup;
mod restore;

pub use alter::{
    check_database, drop_database, map_user, rename_database, set_access, set_offline, set_online, set_read_only,
    use_database,
};
pub use backup::{Algorithm, Backup, BackupOptions, Compression, Encryption};
pub use restore::{Recovery, Restore, Verify, recover, recover_if_waiting};

use super::quote::literal;

/// Files as devices, in their order.
fn disks(files: &[String]) -> String {
    let disks: Vec<String> = files.iter().map(|file| format!("DISK = {}", literal(file))).collect();
    disks.join(", ")
}
