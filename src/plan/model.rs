//! What a plan says.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::policy::calendar::Language;
use crate::policy::retention::RemovalWish;
use crate::policy::schedule::{CatchUp, PlanSchedule};
use crate::sql::{Address, Compression};

/// A plan: one database, when to back it up, and what else a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name, and that of its file.
    pub name: String,
    /// When the plan was made: what would have run before is not missed.
    pub created: DateTime<Utc>,
    /// The server's options, as `pgb_server_new` takes them.
    pub server_options: String,
    /// The server's address, from those options.
    pub address: Address,
    /// Where the password is, if the login needs one.
    pub password_from: Option<PasswordFrom>,
    /// The database.
    pub database: String,
    /// The folder of the backup files, as the server sees it.
    pub destination: String,
    /// Differentials go into the file of their full.
    pub archive: bool,
    /// The template of file names; `None`: the usual one.
    pub file_name: Option<String>,
    /// Compression.
    pub compression: Compression,
    /// Whether the server verifies each backup.
    pub verify: bool,
    /// When it runs and what it makes.
    pub schedule: PlanSchedule,
    /// How missed runs are caught up.
    pub catch_up: CatchUp,
    /// What is removed once a new backup is made and verified.
    pub remove: Option<RemovalWish>,
    /// Folders of this machine for second copies.
    pub copy_to: Vec<PathBuf>,
    /// Runs before a backup; its failure keeps the backup from being made.
    pub before: Option<UserCommand>,
    /// Runs after each run that had something to do.
    pub after: Option<UserCommand>,
    /// Runs after one that failed.
    pub on_failure: Option<UserCommand>,
    /// A file that is touched at each success, for programs that watch its age.
    pub heartbeat: Option<PathBuf>,
    /// The page that is written after each run that had something to do.
    pub report: Option<ReportPage>,
}

/// Where a password is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordFrom {
    /// A file that nobody else may read; its content is the password.
    File(PathBuf),
    /// A credential that PowerShell's `Export-Clixml` has written, on Windows kept by DPAPI.
    Clixml(PathBuf),
    /// A secret of PowerShell's SecretManagement, by name.
    SecretManagement(String),
}

/// The report of a plan as a file of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPage {
    /// The file.
    pub file: PathBuf,
    /// Its language.
    pub language: Language,
}

/// A command of the user: a program and its arguments, given to no shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCommand {
    /// The program.
    pub program: String,
    /// Its arguments, each as it stands.
    pub arguments: Vec<String>,
    /// After this time it is ended.
    pub limit: Duration,
}
