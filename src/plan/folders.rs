//! Where plans and what their runs leave behind lie.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file_error;
use crate::error::{Code, Error, Result};

/// The longest name of a plan, in characters.
const NAME_LIMIT: usize = 64;

/// Names that Windows keeps for devices, whatever follows behind a dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The folders of plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// One file a plan.
    pub plans: PathBuf,
    /// Locks and history.
    pub state: PathBuf,
}

impl Folders {
    /// Those of a folder of the caller's choice, or else the usual ones: `%ProgramData%\PGBackup` on
    /// Windows; `/etc/pgbackup/plans` and `/var/lib/pgbackup` for root; the XDG folders of a user
    /// (XDG Base Directory Specification 0.8). `PGBACKUP_STATE` names another one for locks, history and
    /// journals.
    ///
    /// # Errors
    ///
    /// The system tells no such folder.
    pub fn of(chosen: Option<&str>) -> Result<Folders> {
        if let Some(chosen) = chosen {
            let plans = PathBuf::from(chosen);
            if !plans.is_absolute() {
                return Err(Error::new(Code::Request, format!("the plan folder `{chosen}` is not a whole path"))
                    .hint("give it from the root on, such as D:\\Plans or /srv/plans")
                    .target("folder"));
            }
            return Ok(Folders { state: plans.join("state"), plans });
        }
        let chosen_state = set("PGBACKUP_STATE").map(PathBuf::from).filter(|path| path.is_absolute());
        let usual = usual().map(|usual| Folders { state: chosen_state.unwrap_or(usual.state), ..usual });
        usual.ok_or_else(|| {
            Error::new(Code::State, "the system tells no folder for plans: ProgramData or HOME is not set")
                .hint("name one with -PlanFolder")
        })
    }

    /// The file of a plan.
    ///
    /// # Errors
    ///
    /// The name cannot be that of a plan.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        Ok(self.plans.join(format!("{name}.json")))
    }
}

#[cfg(windows)]
fn usual() -> Option<Folders> {
    let base = PathBuf::from(set("ProgramData")?).join("PGBackup");
    Some(Folders { plans: base.join("plans"), state: base.join("state") })
}

#[cfg(not(windows))]
fn usual() -> Option<Folders> {
    if me() == Some(0) {
        return Some(Folders { plans: "/etc/pgbackup/plans".into(), state: "/var/lib/pgbackup".into() });
    }
    let home = set("HOME").map(PathBuf::from);
    let folder = |variable: &str, below: &str| {
        // The specification: a relative path in these variables is to be ignored.
        let given = set(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        given.or_else(|| home.as_ref().map(|home| home.join(below)))
    };
    Some(Folders {
        plans: folder("XDG_CONFIG_HOME", ".config")?.join("pgbackup/plans"),
        state: folder("XDG_STATE_HOME", ".local/state")?.join("pgbackup"),
    })
}

fn set(variable: &str) -> Option<std::ffi::OsString> {
    env::var_os(variable).filter(|value| !value.is_empty())
}

/// Refuses a name that no plan can have: it is that of a file under every system.
///
/// # Errors
///
/// [`Code::Request`] with what is wrong with it.
pub fn check_name(name: &str) -> Result<()> {
    let allowed = |letter: char| letter.is_alphanumeric() || " ._-\u{200c}".contains(letter);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let why = if name.trim().is_empty() {
        "it is empty"
    } else if name.chars().count() > NAME_LIMIT {
        "it is longer than 64 characters"
    } else if !name.chars().all(allowed) {
        "it may hold letters, digits, blanks and . _ - only"
    } else if name.starts_with(['.', ' ', '-']) || name.ends_with(['.', ' ']) {
        "it may not begin with a dot, dash or blank, nor end with a dot or blank"
    } else if DEVICES.contains(&stem.as_str()) {
        "Windows keeps it for a device"
    } else {
        return Ok(());
    };
    Err(Error::new(Code::Request, format!("`{name}` cannot be the name of a plan: {why}"))
        .hint("write it like PayamGostar or Night-2")
        .target("name"))
}

/// Makes a folder where it is missing, open to its owner alone for writing.
pub(super) fn make(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.create(folder).map_err(|error| file_error("no folder can be made at", folder, &error))
}

/// Refuses a file or folder that somebody else may change: it decides what runs with this account's
/// rights. Windows keeps that in access lists, which the PowerShell commands look at.
pub(crate) fn refuse_if_open(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) => check_owner(path, &metadata, 0o022, "change"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error("the rights cannot be read of", path, &error)),
    }
}

/// Refuses what others may do with a file by these bits of its mode, and files of others.
#[cfg(unix)]
pub(super) fn check_owner(path: &Path, metadata: &fs::Metadata, bits: u32, verb: &str) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let shown = path.display();
    let why = if metadata.mode() & bits != 0 {
        format!("others may {verb} it (mode {:04o})", metadata.mode() & 0o7777)
    } else if metadata.uid() != 0 && me().is_some_and(|me| me != metadata.uid()) {
        format!("it belongs to another user (number {})", metadata.uid())
    } else {
        return Ok(());
    };
    let right = if bits & 0o044 != 0 { "chmod 600" } else { "chmod go-w" };
    Err(Error::new(Code::Permission, format!("`{shown}` is not used: {why}"))
        .hint(format!("run: {right} '{shown}', and make it your own or root's"))
        .target(shown.to_string()))
}

#[cfg(not(unix))]
pub(super) fn check_owner(_: &Path, _: &fs::Metadata, _: u32, _: &str) -> Result<()> {
    Ok(())
}

/// The user of this process, as Linux shows it.
#[cfg(unix)]
fn me() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").ok().map(|metadata| metadata.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files_everywhere() {
        for name in ["PayamGostar", "Night-2", "شب جمعه", "a.b_c"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in
            ["", " ", "a/b", "a\\b", "..", ".a", "a.", "a ", "-a", "nul", "COM1.x", "a\0b", "a:b", &"x".repeat(65)]
        {
            assert_eq!(check_name(name).map_err(|error| error.code), Err(Code::Request), "{name}");
        }
    }

    #[test]
    fn a_chosen_folder_is_a_whole_path() {
        assert!(Folders::of(Some("plans")).is_err());
        let chosen = std::env::temp_dir();
        let folders = Folders::of(chosen.to_str()).expect("folders");
        assert_eq!(folders.state, chosen.join("state"));
    }
}
