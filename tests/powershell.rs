//! Runs the PowerShell module's own tests (`tests/powershell`), under every culture they name, where a
//! `pwsh` is at hand: the one that `PWSH` names, or the one in PATH.

#[path = "support/built.rs"]
mod built;
#[path = "support/skip.rs"]
mod skip;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use skip::skip;

/// The cultures of the runs: English; Persian with its own calendar; Turkish, whose `i` is not the upper
/// case of `I`; Arabic with a lunar calendar and other signs for minus and comma.
const CULTURES: [&str; 4] = ["en-US", "fa-IR", "tr-TR", "ar-SA"];

fn pwsh() -> Option<PathBuf> {
    if let Some(named) = env::var_os("PWSH") {
        return Some(PathBuf::from(named));
    }
    let name = if cfg!(windows) { "pwsh.exe" } else { "pwsh" };
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[test]
fn the_powershell_module() {
    let Some(pwsh) = pwsh() else {
        return skip("powershell", "there is no pwsh; name it in PWSH");
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powershell/run.ps1");
    let library = built::library();
    for culture in CULTURES {
        let output = Command::new(&pwsh)
            .args(["-NoProfile", "-NonInteractive", "-File"])
            .arg(&script)
            .args(["-Culture", culture])
            .env("NO_COLOR", "1")
            .env("PGB_LIBRARY", &library)
            .output()
            .expect("pwsh starts");
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        assert!(output.status.success(), "{culture}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
