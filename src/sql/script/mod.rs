//! BACKUP and RESTORE statements as text.
//!
//! The same input gives the same bytes. Each statement passes Microsoft's parser as exactly one
//! statement, whatever the names (`tests/server/tsql.rs`).

mod backup;
mod restore;

pub use backup::{Algorithm, Backup, BackupOptions, Compression, Encryption};
pub use restore::{Recovery, Restore, Verify, recover};

use super::quote::literal;

/// Files as devices, in their order.
fn disks(files: &[String]) -> String {
    let disks: Vec<String> = files.iter().map(|file| format!("DISK = {}", literal(file))).collect();
    disks.join(", ")
}
