//! Plans on this machine: what a plan is, where its file lies, and what a run leaves behind.
//!
//! A plan file holds no secret; it names where one is kept. Files are written whole or not at all,
//! and a folder or secret that others may change or read is refused: a scheduled task runs what a
//! plan says with the rights of its account.

mod command;
mod copy;
mod event_log;
mod folders;
mod journal;
mod lock;
mod model;
mod register;
mod secret;
mod store;

pub use command::{CommandEnd, run as run_command};
pub use copy::{Copied, copy_checked};
pub use event_log::{Severity, event_command};
pub(crate) use folders::refuse_if_open;
pub use folders::{Folders, check_name};
pub use journal::{append as append_history, read as read_history};
pub use lock::{RunLock, lock_key};
pub use model::{PasswordFrom, Plan, ReportPage, UserCommand};
pub use register::{Registration, RunBy, registration, unit_name};
pub use secret::read_password_file;
pub use store::{list, read, remove, write, write_whole};

use std::io;
use std::path::Path;

use crate::error::{Code, Error};

/// The error of a file or folder of a plan.
fn file_error(what: &str, path: &Path, error: &io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::FileNotFound,
        io::ErrorKind::PermissionDenied => Code::Permission,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::BackupDevice,
    };
    let hint = match code {
        Code::Permission => "run this with an account that may, or give another folder with -PlanFolder",
        Code::DiskFull => "make room on that disk",
        _ => "check the path and the disk",
    };
    Error::new(code, format!("{what} `{}`", path.display())).hint(hint).target(path.display().to_string()).cause(error)
}
