//! A PowerShell for tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `pwsh` that `PWSH` names, or the one in PATH, or that of the project's packs.
pub fn pwsh() -> Option<PathBuf> {
    if let Some(named) = env::var_os("PWSH") {
        return Some(PathBuf::from(named));
    }
    let name = format!("pwsh{}", env::consts::EXE_SUFFIX);
    let installed =
        env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file());
    installed.or_else(|| {
        let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pwsh/setup");
        let said = Command::new(setup).output().ok().filter(|output| output.status.success())?.stdout;
        String::from_utf8(said).ok()?.lines().last().map(PathBuf::from).filter(|path| path.is_file())
    })
}
