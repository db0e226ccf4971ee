//! The programs of `examples/c` and `examples/dotnet`, built for Windows, at the end of a local pipe; and what wine gets
//! wrong.
//!
//! `tests/windows/run` builds them into the folders that `PGB_TEST_PROGRAMS` and `PGB_TEST_DOTNET` name.

use std::path::PathBuf;
use std::process::{Command, Output};

use pgbackup_sandbox::Encryption;

use crate::pipes::{Bridge, instance};
use crate::skip::skip;
use crate::world::World;

/// A password of ASCII: what a C program gets from its environment is in the code page of the machine.
const LOGIN: (&str, &str) = ("programs", "Sandbox!1");

/// Runs a program with the login in its environment.
fn run(command: &mut Command) -> Output {
    command.env("PGB_USER", LOGIN.0).env("PGB_PASSWORD", LOGIN.1);
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What a program says that ends well.
fn said(command: &mut Command) -> String {
    let ran = run(command);
    assert!(ran.status.success(), "{command:?}: {ran:?}");
    String::from_utf8_lossy(&ran.stdout).replace('\r', "")
}

/// The folder that a variable names.
fn folder(name: &str, what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(name);
    if folder.is_none() {
        skip(what, &format!("{name} names no folder that has them"));
    }
    folder.map(PathBuf::from)
}

struct Programs(PathBuf);

impl Programs {
    fn find() -> Option<Programs> {
        folder("PGB_TEST_PROGRAMS", "programs in C").map(Programs)
    }

    fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(self.0.join(name).with_extension("exe"));
        command.args(words);
        command
    }

    fn run(&self, name: &str, words: &[&str]) -> Output {
        run(&mut self.command(name, words))
    }

    fn said(&self, name: &str, words: &[&str]) -> String {
        said(&mut self.command(name, words))
    }
}

#[test]
fn the_main_job_in_c_through_a_pipe() {
    let Some(programs) = Programs::find() else { return };
    let world = World::sandbox(|builder| builder.login(LOGIN.0, LOGIN.1).payamgostar(300));
    let name = instance();
    let _bridge = Bridge::new(&format!(r"\\.\pipe\SQLLocal\{name}"), world.only_sandbox(), 254);
    let server = format!(r".\{name}");
    let said = programs.said("backup", &[&server, "PayamGostar2", &world.folder]);
    let file = said.strip_prefix("backed up to ").and_then(|rest| rest.split_once(", position ")).expect("a file").0;
    let said = programs.said("list", &[file, &server]);
    assert!(said.starts_with("1  full  20"), "{said}");
    let here = world.only_sandbox().host_path(&world.folder).expect("a folder").display().to_string();
    let said = programs.said("verify", &[&here]);
    assert!(said.contains(", set 1: sound, protected by checksums: "), "{said}");
    let said = programs.said("restore", &[&server, file, "1", "Copy"]);
    assert!(said.starts_with("restored set 1 (full): "), "{said}");
    let ran = programs.run("restore", &[&server, r"D:\none.bak", "1", "Copy"]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.code() == Some(1) && said.contains("SQL Server, message 3201: "), "{said}");
}

#[test]
fn the_main_job_in_dotnet_through_a_pipe() {
    let Some(folder) = folder("PGB_TEST_DOTNET", "a program in .NET") else { return };
    let sample = |words: &[&str]| {
        let mut command = Command::new(folder.join(r"dnv\net\runtime\.net\dotnet.exe"));
        command.arg(folder.join(r"sample\Sample.dll")).args(words);
        command
    };
    let world = World::sandbox(|builder| builder.login(LOGIN.0, LOGIN.1).payamgostar(300));
    let name = instance();
    let _bridge = Bridge::new(&format!(r"\\.\pipe\MSSQL${name}\sql\query"), world.only_sandbox(), 254);
    let server = format!(r".\{name}");
    let made = said(&mut sample(&["backup", &server, "PayamGostar2", &world.folder]));
    let file = made.strip_prefix("backed up to ").and_then(|rest| rest.split_once(", position ")).expect("a file").0;
    let there = said(&mut sample(&["list", file, &server]));
    assert!(there.starts_with("   1  full          20"), "{there}");
    let here = world.only_sandbox().host_path(&world.folder).expect("a folder").display().to_string();
    assert_eq!(said(&mut sample(&["list", &here])), there);
    let plan = said(&mut sample(&["prune", &here, "1"]));
    assert!(plan.ends_with("0 files may go, 1 stay. Nothing was removed.\n"), "{plan}");
    let restored = said(&mut sample(&["restore", &server, file, "1", "Copy"]));
    assert!(restored.starts_with("restored set 1 (full): "), "{restored}");
    let ran = run(&mut sample(&["restore", &server, r"D:\none.bak", "1", "Copy"]));
    let wrong = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.code() == Some(1) && wrong.contains("SQL Server, message 3201: "), "{wrong}");
}

#[test]
fn what_is_missing_of_a_tls_record_is_told_right_once_wine_is_mended() {
    let Some(programs) = Programs::find() else { return };
    let world = World::sandbox(|builder| builder.encryption(Encryption::Strict));
    let (_, port) = world.instance.split_once(',').expect("a port");
    // 1 with wine 8: an encrypted answer of some length would never end.
    let as_it_is = programs.run("incomplete", &[port]);
    assert!(matches!(as_it_is.status.code(), Some(0 | 1)), "{as_it_is:?}");
    let said = programs.said("incomplete", &[port, "bcryptprimitives.dll"]);
    assert!(said.contains("bytes of the record are missing"), "{said}");
}
