//! PGBackup through its cmdlets.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{ARCHIVE, FOLDER, MANUAL, PASSWORD, USER, Way};

/// What each step begins with. The password comes by the environment: never by a command line.
const BEGIN: &str = r"
$ErrorActionPreference = 'Stop'
Import-Module $env:DEMO_MODULE
$secret = ConvertTo-SecureString $env:DEMO_PASSWORD -AsPlainText -Force
$cred = [System.Management.Automation.PSCredential]::new($env:DEMO_USER, $secret)
$srv = @{ ServerInstance = $env:DEMO_SERVER; Credential = $cred }
";

pub struct Shell {
    program: PathBuf,
    server: String,
    library: PathBuf,
}

impl Shell {
    /// The `pwsh` that `PWSH` names, or the first of the PATH, if it runs.
    pub fn find(server: &str, library: &Path) -> Option<Shell> {
        let program = std::env::var_os("PWSH").map_or_else(|| PathBuf::from("pwsh"), PathBuf::from);
        let shell = Shell { program, server: server.to_owned(), library: library.to_owned() };
        let works = shell.command().args(["-Command", "exit 42"]).output();
        works.is_ok_and(|output| output.status.code() == Some(42)).then_some(shell)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["-NoProfile", "-NonInteractive"])
            .env("DEMO_MODULE", Path::new(env!("CARGO_MANIFEST_DIR")).join("powershell/PGBackup"))
            .env("DEMO_SERVER", &self.server)
            .env("DEMO_USER", USER)
            .env("DEMO_PASSWORD", PASSWORD)
            .env("PGB_LIBRARY", &self.library)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Shows a command and what it prints.
    fn run(&self, line: &str, format: &str) -> Result<(), String> {
        println!("   PS> {line}");
        let script = format!("{BEGIN}\n{line} {format}\n");
        let output = self.command().args(["-Command", &script]).output().map_err(|error| error.to_string())?;
        for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.trim().is_empty()) {
            println!("   {line}");
        }
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

impl Way for Shell {
    fn name(&self) -> String {
        format!("PowerShell ({})", self.program.display())
    }

    fn full(&self) -> Result<(), String> {
        self.run(&format!("Invoke-PGBackup @srv -Database PayamGostar2 -Destination {FOLDER}"), "")
    }

    fn differential(&self) -> Result<(), String> {
        let line =
            format!("Invoke-PGBackup @srv -Database PayamGostar2 -Destination {FOLDER} -Type Differential -Archive");
        self.run(&line, "-WarningVariable why -WarningAction SilentlyContinue; $why | ForEach-Object { \"($_)\" }")
    }

    fn manual(&self) -> Result<(), String> {
        self.run(&format!("Invoke-PGBackup @srv -Database PayamGostar2 -BackupFile '{MANUAL}' -CopyOnly"), "")
    }

    fn list(&self) -> Result<(), String> {
        self.run(&format!("Get-PGBackup @srv -BackupFile {ARCHIVE}"), "")
    }

    fn restore(&self, position: u16) -> Result<(), String> {
        let line = format!(
            "Restore-PGDatabase @srv -BackupFile {ARCHIVE} -Position {position} -Database PayamGostar2 -Replace"
        );
        self.run(&line, "-Confirm:$false")
    }

    fn check(&self, file: &str) -> Result<(), String> {
        let file = file.replace('\'', "''");
        self.run(
            &format!("Test-PGBackup -BackupFile '{file}'"),
            "| Tee-Object -Variable sets; if (@($sets | Where-Object { -not $_.IsSound })) { throw 'not sound' }",
        )
    }
}
