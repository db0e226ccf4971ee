//! The C programs of `tests/c`: compiled as C11 without a warning, linked against the built library,
//! and run plain, under the sanitizers and under valgrind.
//!
//! They are compiled as C++17 too, which takes the same header.
#![cfg(target_os = "linux")]

#[path = "support/built.rs"]
mod built;
#[path = "support/run.rs"]
mod run;
#[path = "support/skip.rs"]
mod skip;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use run::{Ran, program, run};
use skip::skip;
use tempfile::TempDir;

/// Every program, by its file in `tests/c`.
const PROGRAMS: [&str; 6] = ["example", "jobs", "leak", "misuse", "schedule", "threads"];

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

/// Errors of memory and of undefined behaviour end the program.
const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// A machine that is busy with other things is slow, not wrong.
const LIMIT: Duration = Duration::from_secs(180);

#[test]
fn c_and_cplusplus_compile_without_a_warning() {
    let compilers = [("gcc", "c11", "c"), ("gcc", "c++17", "c++"), ("clang", "c11", "c"), ("clang", "c++17", "c++")];
    for (compiler, standard, language) in compilers {
        let Some(path) = program(compiler) else {
            skip(&format!("{compiler} as {language}"), "it is not installed");
            continue;
        };
        for name in PROGRAMS {
            let mut command = Command::new(&path);
            command.args([&format!("-std={standard}"), "-fsyntax-only", "-x", language]).args(WARNINGS);
            let ran = run(with_source(&mut command, name), LIMIT);
            assert!(ran.status.success(), "{name}.c, {compiler}, {standard}:\n{}", ran.err);
        }
    }
}

#[test]
fn programs_run_plain() {
    let Some(workshop) = Workshop::new(&[]) else { return };
    succeeds(&mut workshop.build("misuse"));
    succeeds(workshop.build("threads").arg("20"));
    // Memory may settle a little; 10,000 jobs that leak one small block each would be beyond this.
    succeeds(workshop.build("jobs").args(["10000", "1024"]));
    let said = succeeds(&mut workshop.build("schedule")).out;
    assert!(said.contains("full          1405/09/07 02:30:00"), "{said}");
    // The detectors are not on: nothing is detected.
    succeeds(&mut workshop.build("leak"));
}

#[test]
fn programs_run_under_the_sanitizers() {
    let Some(workshop) = Workshop::new(&SANITIZERS) else { return };
    if !workshop.has_sanitizers() {
        return skip("AddressSanitizer", "the C compiler has no -fsanitize=address,undefined");
    }
    succeeds(&mut workshop.build("misuse"));
    succeeds(workshop.build("threads").arg("20"));
    succeeds(&mut workshop.build("schedule"));
    // Memory is not counted: freed blocks are kept aside. Leaks are found at the end.
    succeeds(workshop.build("jobs").args(["2000", "0"]));
    let ran = run(&mut workshop.build("leak"), LIMIT);
    assert!(!ran.status.success() && ran.err.contains("LeakSanitizer"), "the leak was not seen:\n{}", ran.err);
}

#[test]
fn programs_run_under_valgrind() {
    let Some(workshop) = Workshop::new(&[]) else { return };
    let Some(valgrind) = program("valgrind") else { return skip("valgrind", "it is not installed") };
    let watched = |program: &Command| {
        let mut command = Command::new(&valgrind);
        // Only blocks that nobody points to: the threads of a library that was not shut down hold theirs.
        command.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite"]);
        command.arg("--errors-for-leak-kinds=definite").arg(program.get_program());
        command
    };
    succeeds(&mut watched(&workshop.build("misuse")));
    succeeds(watched(&workshop.build("threads")).arg("3"));
    succeeds(watched(&workshop.build("jobs")).args(["500", "0"]));
    let ran = run(&mut watched(&workshop.build("leak")), LIMIT);
    assert_eq!(ran.status.code(), Some(99), "the leak was not seen:\n{}", ran.err);
}

#[test]
fn the_example_says_what_is_wrong() {
    let Some(workshop) = Workshop::new(&[]) else { return };
    let mut example = workshop.build("example");
    let ran = run(&mut example, LIMIT);
    assert!(ran.status.code() == Some(2) && ran.err.starts_with("usage: "), "{}", ran.err);
    example.env("PGB_USER", "sa").env("PGB_PASSWORD", "hunter2");
    // Nothing listens on the first port of all (tcpmux, RFC 1078).
    let ran = run(example.args(["127.0.0.1,1", "PayamGostar2", "D:\\Backup"]), LIMIT);
    assert_eq!((ran.status.code(), ran.out.as_str()), (Some(1), ""));
    let said = ran.err.as_str();
    assert!(said.contains("the backup failed: SQL Server `127.0.0.1,1` cannot be reached\n"), "{said}");
    assert!(said.contains("\n  because: TCP 127.0.0.1:1: ") && said.contains("\n  what to do: "), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

/// A folder with the library laid out as if it were installed, and programs built against it.
struct Workshop {
    folder: TempDir,
    compiler: PathBuf,
    flags: &'static [&'static str],
}

impl Workshop {
    /// `None`, and a word about it, without a C compiler.
    fn new(flags: &'static [&'static str]) -> Option<Workshop> {
        let Some(compiler) = program("cc") else {
            skip("C programs", "there is no C compiler `cc`");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        symlink(built::library(), folder.path().join("libpgbackup.so.1")).expect("a link");
        symlink("libpgbackup.so.1", folder.path().join("libpgbackup.so")).expect("a link");
        Some(Workshop { folder, compiler, flags })
    }

    fn build(&self, name: &str) -> Command {
        let output = self.folder.path().join(name);
        let mut command = Command::new(&self.compiler);
        with_source(command.args(["-std=c11", "-g"]).args(WARNINGS).args(self.flags), name);
        let folder = self.folder.path();
        command.arg("-o").arg(&output).arg("-L").arg(folder).args(["-lpgbackup", "-pthread"]);
        command.arg(format!("-Wl,-rpath,{}", folder.display()));
        let ran = run(&mut command, LIMIT);
        assert!(ran.status.success(), "{name}.c: {}", ran.err);
        Command::new(output)
    }

    fn has_sanitizers(&self) -> bool {
        let source = self.folder.path().join("empty.c");
        std::fs::write(&source, "int main(void) { return 0; }\n").expect("a file");
        let mut command = Command::new(&self.compiler);
        command.args(SANITIZERS).arg(&source).arg("-o").arg(self.folder.path().join("empty"));
        run(&mut command, LIMIT).status.success()
    }
}

fn with_source<'c>(command: &'c mut Command, name: &str) -> &'c mut Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // POSIX: sockets and barriers of the tests.
    command.arg("-D_POSIX_C_SOURCE=200809L").arg("-I").arg(root.join("include"));
    command.arg(root.join("tests/c").join(name).with_extension("c"))
}

fn succeeds(command: &mut Command) -> Ran {
    let ran = run(command, LIMIT);
    assert!(ran.status.success(), "{command:?}: {}\n{}{}", ran.status, ran.out, ran.err);
    ran
}
