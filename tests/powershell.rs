//! Runs the PowerShell module's own tests (`tests/powershell`) under several cultures, where a `pwsh` is
//! at hand: the one that `PWSH` names, or the one in PATH.

#[path = "support/built.rs"]
mod built;
#[path = "support/pwsh.rs"]
mod pwsh;
#[path = "support/skip.rs"]
mod skip;

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pgbackup_sandbox::Sandbox;
use skip::skip;
use tempfile::TempDir;

/// A server for one run: the sandbox, unless `PGB_TEST_SERVER` names a real one.
struct Server {
    environment: Vec<(&'static str, String)>,
    _kept: Vec<(Sandbox, TempDir)>,
}

impl Server {
    fn start() -> Server {
        if env::var_os("PGB_TEST_SERVER").is_some() {
            return Server { environment: Vec::new(), _kept: Vec::new() };
        }
        let quick = sandbox(Duration::ZERO);
        let slow = sandbox(Duration::from_millis(500));
        let environment = vec![
            ("PGB_TEST_SERVER", quick.0.server_instance()),
            ("PGB_TEST_SLOW_SERVER", slow.0.server_instance()),
            ("PGB_TEST_USER", "sa".to_owned()),
            ("PGB_TEST_PASSWORD", "Sandbox!1".to_owned()),
            ("PGB_TEST_FOLDER", FOLDER.to_owned()),
            ("PGB_TEST_ROOT", quick.1.path().display().to_string()),
            ("PGB_TEST_CA", quick.0.ca_pem_path().display().to_string()),
        ];
        Server { environment, _kept: vec![quick, slow] }
    }
}

/// Where the tests put backups, as the server sees it.
const FOLDER: &str = r"D:\Backup";

fn sandbox(pace: Duration) -> (Sandbox, TempDir) {
    let root = TempDir::new().expect("a folder");
    let sandbox = Sandbox::builder().root(root.path()).payamgostar(1000).pace(pace).start_blocking();
    let sandbox = sandbox.expect("a sandbox");
    std::fs::create_dir_all(sandbox.host_path(FOLDER).expect("a path")).expect("a folder");
    (sandbox, root)
}

/// Runs all tests under a culture.
fn run(culture: &str, more: &[&str]) {
    let Some(pwsh) = pwsh::pwsh() else {
        return skip(&format!("powershell under {culture}"), "there is no pwsh; name it in PWSH");
    };
    let server = Server::start();
    let output = Command::new(&pwsh)
        .args(["-NoProfile", "-NonInteractive", "-File"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powershell/run.ps1"))
        .args(["-Culture", culture])
        .args(more)
        .env("NO_COLOR", "1")
        .env("PGB_LIBRARY", built::library())
        .envs(server.environment)
        .output()
        .expect("pwsh starts");
    let said = String::from_utf8_lossy(&output.stdout);
    #[allow(clippy::print_stdout)] // What the suite said is the output of this test.
    {
        println!("{said}");
    }
    // What passes is not printed by the runner, so nobody would see it.
    let strict = env::var_os("PGB_NO_SKIP").is_some_and(|value| value == "1");
    assert!(!strict || !said.contains("skipped: "), "{culture}: something was skipped: {said}");
    assert!(output.status.success(), "{culture}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// As it is published: the build moves what commands do into another file.
#[test]
fn the_module_in_english() {
    run("en-US", &["-Built"]);
}

/// A calendar of its own, and other signs for minus and the decimal point.
#[test]
fn the_module_in_persian() {
    run("fa-IR", &[]);
}

/// The capital of `i` is not `I`.
#[test]
fn the_module_in_turkish() {
    run("tr-TR", &[]);
}

/// A lunar calendar.
#[test]
fn the_module_in_arabic() {
    run("ar-SA", &[]);
}
