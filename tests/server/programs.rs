//! The programs of `examples/c`, built for Windows, at the end of a local pipe; and what wine gets wrong.
//!
//! `tests/windows/run` builds them into the folder that `PGB_TEST_PROGRAMS` names.

use std::path::PathBuf;
use std::process::{Command, Output};

use pgbackup_sandbox::Encryption;

use crate::pipes::{Bridge, instance};
use crate::skip::skip;
use crate::world::World;

/// A password of ASCII: what a C program gets from its environment is in the code page of the machine.
const LOGIN: (&str, &str) = ("programs", "Sandbox!1");

struct Programs(PathBuf);

impl Programs {
    fn find() -> Option<Programs> {
        let folder = std::env::var_os("PGB_TEST_PROGRAMS");
        if folder.is_none() {
            skip("programs in C", "PGB_TEST_PROGRAMS names no folder that has them");
        }
        folder.map(|folder| Programs(folder.into()))
    }

    fn run(&self, name: &str, words: &[&str]) -> Output {
        let mut command = Command::new(self.0.join(name).with_extension("exe"));
        command.args(words).env("PGB_USER", LOGIN.0).env("PGB_PASSWORD", LOGIN.1);
        command.output().unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What a program says that ends well.
    fn said(&self, name: &str, words: &[&str]) -> String {
        let ran = self.run(name, words);
        assert!(ran.status.success(), "{name} {words:?}: {ran:?}");
        String::from_utf8_lossy(&ran.stdout).replace('\r', "")
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
