//! Other programs: where they are, and what they do when run.

use std::env;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What became of a program.
pub struct Ran {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to its standard output.
    pub out: String,
    /// What it wrote to its standard error.
    pub err: String,
}

/// The program of that name in PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// Runs a program to its end. One that takes longer than `limit` is ended, and the test with it.
pub fn run(command: &mut Command, limit: Duration) -> Ran {
    // Files instead of pipes: nobody has to read while the program runs.
    let (mut out, mut err) = (tempfile::tempfile().expect("a file"), tempfile::tempfile().expect("a file"));
    let copy = |file: &File| Stdio::from(file.try_clone().expect("a second handle"));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(copy(&out))
        .stderr(copy(&err))
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break Some(status);
        }
        if began.elapsed() > limit {
            child.kill().expect("to end the program");
            child.wait().expect("its end");
            break None;
        }
        sleep(Duration::from_millis(5));
    };
    let (out, err) = (text(&mut out), text(&mut err));
    let status = status.unwrap_or_else(|| panic!("{command:?} did not end within {limit:?}\n{out}\n{err}"));
    Ran { status, out, err }
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("to rewind");
    file.read_to_end(&mut bytes).expect("to read");
    String::from_utf8_lossy(&bytes).into_owned()
}
