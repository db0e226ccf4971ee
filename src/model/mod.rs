//! The words of the field, shared by every room: what SQL Server calls a thing is its name here.
//!
//! [`sql`](crate::sql) fills these from `RESTORE HEADERONLY` and its kin, [`media`](crate::media)
//! from the bytes of a file, [`policy`](crate::policy) decides over them and
//! [`wire`](crate::wire) prints them.

mod filelist;
mod guid;
mod label;
mod lsn;
mod set;
mod state;

pub use filelist::{BackupFile, FileType};
pub use guid::Guid;
pub use label::MediaLabel;
pub use lsn::{Lsn, ParseLsnError};
pub use set::{BackupSet, BackupType, RecoveryModel};
pub use state::{Client, DatabaseState, LastRestore, OpenRestore, StateHistory, Ties, Work};
