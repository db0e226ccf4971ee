//! The C programs of `tests/c`: compiled as C11 without a warning, linked against the built library,
//! and run plain, under the sanitizers and under valgrind.
//!
//! They are compiled as C++17 too, which takes the same header.
#![cfg(target_os = "linux")]

#[path = "support/built.rs"]
mod built;
#[path = "support/client.rs"]
mod client;
#[path = "prune/lab.rs"]
mod lab;
#[path = "support/run.rs"]
mod run;
#[path = "support/server.rs"]
mod server;
#[path = "support/skip.rs"]
mod skip;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use run::{Ran, program, run};
use server::TestServer;
use skip::skip;
use tempfile::TempDir;

/// Every program, by its file in `tests/c`.
const PROGRAMS: [&str; 8] = ["example", "jobs", "leak", "misuse", "prune", "recipes", "schedule", "threads"];

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

/// Wrong accesses to memory, leaks and undefined behaviour fail the program.
const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// The same by valgrind. Leaks are blocks that nobody points to: the threads of a library that was
/// not shut down still hold theirs.
const VALGRIND: [&str; 5] = [
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
];

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
fn wrong_use_threads_and_thousands_of_jobs() {
    let Some(workshop) = Workshop::new(Watch::Nobody) else { return };
    succeeds(&mut workshop.build("misuse"));
    succeeds(workshop.build("threads").arg("20"));
    // Memory may settle a little; 10,000 jobs that leak one small block each would be beyond this.
    succeeds(workshop.build("jobs").args(["10000", "1024"]));
}

#[test]
fn wrong_use_threads_and_thousands_of_jobs_under_the_sanitizers() {
    let Some(workshop) = Workshop::new(Watch::Sanitizers) else { return };
    succeeds(&mut workshop.build("misuse"));
    succeeds(workshop.build("threads").arg("20"));
    // Memory is not counted: freed blocks are kept aside.
    succeeds(workshop.build("jobs").args(["2000", "0"]));
}

#[test]
fn wrong_use_threads_and_jobs_under_valgrind() {
    let Some(workshop) = Workshop::new(Watch::Valgrind) else { return };
    succeeds(&mut workshop.build("misuse"));
    succeeds(workshop.build("threads").arg("3"));
    succeeds(workshop.build("jobs").args(["500", "0"]));
}

#[test]
fn schedules_are_asked_about() {
    for watch in [Watch::Nobody, Watch::Sanitizers, Watch::Valgrind] {
        let Some(workshop) = Workshop::new(watch) else { continue };
        let said = succeeds(&mut workshop.build("schedule")).out;
        assert!(said.contains("full          1405/09/07 02:30:00"), "{said}");
    }
}

#[test]
fn backups_are_pruned_and_put_back() {
    for watch in [Watch::Nobody, Watch::Sanitizers, Watch::Valgrind] {
        let Some(workshop) = Workshop::new(watch) else { continue };
        let Some(folder) = lab::copy_of("OlaMsFilter/complex") else { return };
        let before = lab::files(folder.path());
        let prune = |words: &[&str]| succeeds(workshop.build("prune").arg(folder.path()).args(words)).out;
        let said = prune(&["1"]);
        assert!(said.ends_with("9 of 18 files may go, 2616832 bytes\n"), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("DELETE  ")).count(), 9, "{said}");
        assert_eq!(lab::files(folder.path()), before);
        assert!(prune(&["1", "apply"]).contains("\"changed\":9,\"kept\":0"));
        assert_eq!(lab::names(folder.path()).len(), 9);
        assert!(prune(&["undo"]).contains("\"changed\":9,\"kept\":0"));
        assert_eq!(lab::files(folder.path()), before);
        let ran = run(workshop.build("prune").arg(folder.path()).arg("0"), LIMIT);
        assert!(ran.status.code() == Some(1) && ran.err.contains("`keep_last` is 0"), "{}", ran.err);
    }
}

#[test]
fn leaks_are_seen_by_those_who_watch() {
    for (watch, sign) in [(Watch::Nobody, ""), (Watch::Sanitizers, "LeakSanitizer"), (Watch::Valgrind, "lost in loss")]
    {
        let Some(workshop) = Workshop::new(watch) else { continue };
        let ran = run(&mut workshop.build("leak"), LIMIT);
        assert_eq!(ran.status.success(), watch == Watch::Nobody, "{watch:?}: {}", ran.err);
        assert!(ran.err.contains(sign), "{watch:?}: {}", ran.err);
    }
}

#[test]
fn the_example_says_what_is_wrong() {
    let Some(workshop) = Workshop::new(Watch::Nobody) else { return };
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

#[test]
fn the_example_backs_up_lists_and_restores() {
    let Some(workshop) = Workshop::new(Watch::Nobody) else { return };
    let server = TestServer::start(200);
    does_the_main_job(workshop.build("example"), &server);
    let mut example = workshop.build("example");
    let ran = run(at(&mut example, &server).arg("999"), LIMIT);
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        ran.err.contains("the restore failed: ") && ran.err.contains("no backup set at position 999"),
        "{}",
        ran.err
    );
}

#[test]
fn the_example_is_clean_under_the_sanitizers() {
    let Some(workshop) = Workshop::new(Watch::Sanitizers) else { return };
    does_the_main_job(workshop.build("example"), &TestServer::start(200));
}

#[test]
fn the_example_is_clean_under_valgrind() {
    let Some(workshop) = Workshop::new(Watch::Valgrind) else { return };
    does_the_main_job(workshop.build("example"), &TestServer::start(200));
}

#[test]
fn one_recipe_of_each_kind() {
    for watch in [Watch::Nobody, Watch::Sanitizers, Watch::Valgrind] {
        let Some(workshop) = Workshop::new(watch) else { continue };
        let server = TestServer::start(200);
        let folder = server.folder.replace('\\', "\\\\");
        let recipes = |more: &[&str]| {
            let mut recipes = workshop.build("recipes");
            recipes.env("PGB_USER", &server.user).env("PGB_PASSWORD", &server.password);
            succeeds(recipes.args([&server.instance, "PayamGostar2", &folder]).args(more)).out
        };
        let files = recipes(&[]);
        // A log backup of a database in which nothing happened reaches no further than the full.
        let change = "UPDATE PayamGostar2.dbo.Customers SET City = N'Yazd' WHERE CustomerId = 1";
        client::ask(&server.instance, &server.user, &server.password, change).expect("a change");
        std::thread::sleep(Duration::from_millis(1100));
        client::ask(&server.instance, &server.user, &server.password, change).expect("a change");
        let said = recipes(&[files.trim()]);
        assert!(said.starts_with("log, history, and a restore to "), "{said}");
    }
}

/// Runs the example against a server: its backup is in the list, and the state of it is restored.
fn does_the_main_job(mut example: Command, server: &TestServer) {
    let said = succeeds(at(&mut example, server)).out;
    let lines: Vec<&str> = said.lines().collect();
    let (Some(made), Some(restored)) = (lines.first(), lines.last()) else { panic!("it said nothing") };
    let position = made.split_once(", position ").and_then(|(_, rest)| rest.split_once(',')).expect("a position").0;
    let rows = lines.iter().filter(|line| line.starts_with(&format!("  {position}  full  ")));
    let finished: Vec<&str> = rows.filter_map(|row| row.split("  ").nth(3)).collect();
    assert_eq!(finished.len(), 1, "{said}");
    assert_eq!(*restored, format!("restored as PayamGostar2_restored, as it was at {}", finished[0]), "{said}");
}

/// Lets the example log in to a server.
fn at<'c>(example: &'c mut Command, server: &TestServer) -> &'c mut Command {
    example.env("PGB_USER", &server.user).env("PGB_PASSWORD", &server.password);
    example.args([&server.instance, "PayamGostar2", &server.folder])
}

fn succeeds(command: &mut Command) -> Ran {
    let ran = run(command, LIMIT);
    assert!(ran.status.success(), "{command:?}: {}\n{}{}", ran.status, ran.out, ran.err);
    ran
}

/// What looks over a program's shoulder.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Watch {
    Nobody,
    Sanitizers,
    Valgrind,
}

/// A folder with the library laid out as if it were installed, and programs built against it.
struct Workshop {
    folder: TempDir,
    compiler: PathBuf,
    flags: &'static [&'static str],
    runner: Option<PathBuf>,
}

impl Workshop {
    /// `None`, and a word about it, where the tools are missing.
    fn new(watch: Watch) -> Option<Workshop> {
        let Some(compiler) = program("cc") else {
            skip("C programs", "there is no C compiler `cc`");
            return None;
        };
        let flags: &[&str] = if watch == Watch::Sanitizers { &SANITIZERS } else { &[] };
        let runner = if watch == Watch::Valgrind { program("valgrind") } else { None };
        if watch == Watch::Valgrind && runner.is_none() {
            skip("C programs under valgrind", "it is not installed");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        symlink(built::library(), folder.path().join("libpgbackup.so.1")).expect("a link");
        symlink("libpgbackup.so.1", folder.path().join("libpgbackup.so")).expect("a link");
        let workshop = Workshop { folder, compiler, flags, runner };
        if watch == Watch::Sanitizers && !workshop.compiles_at_all() {
            skip("C programs under the sanitizers", "the C compiler has no -fsanitize=address,undefined");
            return None;
        }
        Some(workshop)
    }

    /// Builds a program; what to run.
    fn build(&self, name: &str) -> Command {
        let (folder, output) = (self.folder.path(), self.folder.path().join(name));
        let mut command = Command::new(&self.compiler);
        with_source(command.args(["-std=c11", "-g"]).args(WARNINGS).args(self.flags), name);
        command.arg("-o").arg(&output).arg("-L").arg(folder).args(["-lpgbackup", "-pthread"]);
        command.arg(format!("-Wl,-rpath,{}", folder.display()));
        let ran = run(&mut command, LIMIT);
        assert!(ran.status.success(), "{name}.c: {}", ran.err);
        let Some(runner) = &self.runner else { return Command::new(output) };
        let mut command = Command::new(runner);
        command.args(VALGRIND).arg(output);
        command
    }

    fn compiles_at_all(&self) -> bool {
        let source = self.folder.path().join("empty.c");
        std::fs::write(&source, "int main(void) { return 0; }\n").expect("a file");
        let mut command = Command::new(&self.compiler);
        command.args(self.flags).arg(&source).arg("-o").arg(self.folder.path().join("empty"));
        run(&mut command, LIMIT).status.success()
    }
}

fn with_source<'c>(command: &'c mut Command, name: &str) -> &'c mut Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // POSIX: sockets and barriers of the tests.
    command.arg("-D_POSIX_C_SOURCE=200809L").arg("-I").arg(root.join("include"));
    command.arg(root.join("tests/c").join(name).with_extension("c"))
}
