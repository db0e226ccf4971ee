//! The C programs of `tests/c`, which try to break it (those of `examples/c` use it: `tests/c_examples.rs`): compiled as C11 without a warning, linked against the built library,
//! and run plain, under the sanitizers and under valgrind.
//!
//! They are compiled as C++17 too, which takes the same header.
#![cfg(target_os = "linux")]

#[path = "support/built.rs"]
mod built;
#[path = "support/client.rs"]
mod client;
#[path = "support/run.rs"]
mod run;
#[path = "support/server.rs"]
mod server;
#[path = "support/skip.rs"]
mod skip;
#[path = "support/watch.rs"]
mod watch;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use run::{Ran, program, run};
use server::TestServer;
use skip::skip;
use tempfile::TempDir;
use watch::Watch;

/// Every program, by its file in `tests/c`.
const PROGRAMS: [&str; 5] = ["jobs", "leak", "misuse", "recipes", "threads"];

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

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
    // A fifth is 2,000 jobs: if each leaked one small block, that would be beyond this.
    succeeds(workshop.build("jobs").args(["10000", "100"]));
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
        let folder = server.local(&server.folder);
        assert!(folder.is_none_or(|folder| folder.is_dir()), "the backups are nowhere on this machine");
        // A log backup of a database in which nothing happened reaches no further than the full.
        let change = "UPDATE PayamGostar2.dbo.Customers SET City = N'Yazd' WHERE CustomerId = 1";
        client::ask(&server.instance, &server.user, &server.password, change).expect("a change");
        std::thread::sleep(Duration::from_millis(1100));
        client::ask(&server.instance, &server.user, &server.password, change).expect("a change");
        let said = recipes(&[files.trim()]);
        assert!(said.starts_with("log, history, and a restore to "), "{said}");
    }
}

fn succeeds(command: &mut Command) -> Ran {
    let ran = run(command, LIMIT);
    assert!(ran.status.success(), "{command:?}: {}\n{}{}", ran.status, ran.out, ran.err);
    ran
}

/// A folder with the library laid out as if it were installed, and programs built against it.
struct Workshop {
    folder: TempDir,
    compiler: PathBuf,
    watch: Watch,
}

impl Workshop {
    /// `None`, and a word about it, where the tools are missing.
    fn new(watch: Watch) -> Option<Workshop> {
        let Some(compiler) = program("cc") else {
            skip("C programs", "there is no C compiler `cc`");
            return None;
        };
        if !watch.is_here() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        symlink(built::library(), folder.path().join("libpgbackup.so.1")).expect("a link");
        symlink("libpgbackup.so.1", folder.path().join("libpgbackup.so")).expect("a link");
        let workshop = Workshop { folder, compiler, watch };
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
        with_source(command.args(["-std=c11", "-g"]).args(WARNINGS).args(self.watch.flags()), name);
        command.arg("-o").arg(&output).arg("-L").arg(folder).args(["-lpgbackup", "-pthread"]);
        command.arg(format!("-Wl,-rpath,{}", folder.display()));
        let ran = run(&mut command, LIMIT);
        assert!(ran.status.success(), "{name}.c: {}", ran.err);
        self.watch.command(output)
    }

    fn compiles_at_all(&self) -> bool {
        let source = self.folder.path().join("empty.c");
        std::fs::write(&source, "int main(void) { return 0; }\n").expect("a file");
        let mut command = Command::new(&self.compiler);
        command.args(self.watch.flags()).arg(&source).arg("-o").arg(self.folder.path().join("empty"));
        run(&mut command, LIMIT).status.success()
    }
}

fn with_source<'c>(command: &'c mut Command, name: &str) -> &'c mut Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // POSIX: sockets and barriers of the tests.
    command.arg("-D_POSIX_C_SOURCE=200809L").arg("-I").arg(root.join("include"));
    command.arg(root.join("tests/c").join(name).with_extension("c"))
}
