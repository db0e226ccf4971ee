//! `examples/c`, as a stranger would use it: the package is installed by CMake, the programs are built against it by
//! gcc and clang, as C11 and as C++17, shared and static, and run plain, under the sanitizers and under valgrind.
#![cfg(target_os = "linux")]

#[path = "support/built.rs"]
mod built;
#[path = "prune/lab.rs"]
mod lab;
#[path = "support/package.rs"]
mod package;
#[path = "support/run.rs"]
mod run;
#[path = "support/server.rs"]
mod server;
#[path = "support/skip.rs"]
mod skip;
#[path = "support/watch.rs"]
mod watch;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use package::{Build, Package, Watch};
use run::{Ran, program, run};
use server::TestServer;
use skip::skip;
use tempfile::TempDir;

/// A machine that is busy with other things is slow, not wrong.
const LIMIT: Duration = Duration::from_secs(300);

#[test]
fn each_compiler_takes_the_programs_as_c_and_as_cplusplus() {
    let Some(package) = Package::installed() else { return };
    for (c, cxx) in [("gcc", "g++"), ("clang", "clang++")] {
        if program(c).is_none() || program(cxx).is_none() {
            skip(&format!("examples built by {c}"), "it is not installed");
            continue;
        }
        for as_cxx in ["OFF", "ON"] {
            let build = package.build(
                &format!("{c}-{as_cxx}"),
                &[
                    &format!("-DCMAKE_C_COMPILER={c}"),
                    &format!("-DCMAKE_CXX_COMPILER={cxx}"),
                    &format!("-DPGB_AS_CXX={as_cxx}"),
                ],
            );
            let said = succeeds(run(build.program("explain").arg("3201"), LIMIT)).out;
            assert!(said.starts_with("3201: the server cannot open the backup file\nwhat to do: "), "{said}");
        }
    }
}

#[test]
fn the_package_holds_what_programs_look_for() {
    let Some(package) = Package::installed() else { return };
    let lib = package.libraries();
    for name in ["libpgbackup.so", "libpgbackup.so.1"] {
        let real = lib.join(format!("libpgbackup.so.1.{}", env!("CARGO_PKG_VERSION")));
        assert_eq!(fs::canonicalize(lib.join(name)).expect(name), fs::canonicalize(&real).expect("the library"));
    }
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/pgbackup.h");
    let installed = fs::read(package.root().join("include/pgbackup.h")).expect("the header");
    assert_eq!(installed, fs::read(header).expect("the header"));

    // By pkg-config, without CMake.
    let Some(pkg_config) = program("pkg-config") else { return skip("pkg-config", "it is not installed") };
    let ask = |words: &[&str]| {
        let mut command = Command::new(&pkg_config);
        command.env("PKG_CONFIG_PATH", lib.join("pkgconfig")).args(words).arg("pgbackup");
        succeeds(run(&mut command, LIMIT)).out.trim().to_owned()
    };
    assert_eq!(ask(&["--modversion"]), env!("CARGO_PKG_VERSION"));
    assert!(ask(&["--libs", "--static"]).contains("-lpthread"));
    let output = package.root().join("by-pkg-config");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/c");
    let mut compiler = Command::new("cc");
    compiler.arg("-std=c11").args(["explain.c", "json.c", "work.c"].map(|name| sources.join(name)));
    compiler.args(ask(&["--cflags", "--libs"]).split_whitespace()).arg("-o").arg(&output);
    succeeds(run(&mut compiler, LIMIT));
    succeeds(run(Command::new(&output).arg("3201").env("LD_LIBRARY_PATH", &lib), LIMIT));

    // Another minor version before 1.0 is another interface.
    let ran = package.configure("wrong-version", "find_package(PGBackup 0.9 REQUIRED)");
    assert!(!ran.status.success() && ran.err.contains("0.9"), "{}{}", ran.out, ran.err);
}

#[test]
fn the_static_library_needs_no_other() {
    let Some(package) = Package::installed_with_static() else { return };
    let build = package.build("static", &["-DPGB_LINK_STATIC=ON"]);
    let said = succeeds(run(&mut build.program("schedule"), LIMIT)).out;
    assert!(said.contains("full  1405/09/07 02:30:00"), "{said}");
    let needed = fs::read(build.path("schedule")).expect("the program");
    assert!(!needed.windows(14).any(|bytes| bytes == b"libpgbackup.so"), "it still asks for the shared library");
    does_the_main_job(&build, &TestServer::start(100));
}

#[test]
fn the_programs_do_what_they_say() {
    let Some(package) = Package::installed() else { return };
    for watch in [Watch::Nobody, Watch::Sanitizers, Watch::Valgrind] {
        let Some(build) = package.watched(watch) else { continue };
        let server = TestServer::start(200);
        does_the_main_job(&build, &server);
        works_on_files(&build, &server);
        asks_and_plans(&build, &server);
        tells_what_is_wrong(&build, &server);
    }
}

#[test]
fn ctrl_c_ends_the_backup_on_the_server() {
    let Some(package) = Package::installed() else { return };
    for watch in [Watch::Nobody, Watch::Sanitizers] {
        let Some(build) = package.watched(watch) else { continue };
        let server = TestServer::sandbox(500, Duration::from_millis(500));
        let mut backup = build.program("backup");
        at(&mut backup, &server).args([&server.instance, "PayamGostar2", &server.folder]);
        let (out, err) =
            (tempfile::NamedTempFile::new().expect("a file"), tempfile::NamedTempFile::new().expect("a file"));
        backup.stdout(out.reopen().expect("a file")).stderr(err.reopen().expect("a file")).stdin(Stdio::null());
        let mut running = backup.spawn().expect("the program");
        let began = Instant::now();
        while !fs::read_to_string(err.path()).is_ok_and(|said| said.contains("backing_up")) {
            assert!(began.elapsed() < LIMIT && running.try_wait().expect("a state").is_none(), "it never got so far");
            std::thread::sleep(Duration::from_millis(20));
        }
        succeeds(run(Command::new("kill").arg("-INT").arg(running.id().to_string()), LIMIT));
        let status = running.wait().expect("its end");
        let said = fs::read_to_string(err.path()).expect("what it said");
        assert_eq!((status.code(), status.signal()), (Some(3), None), "{said}");
        assert!(said.contains("the backup failed: "), "{said}");
        assert_eq!(fs::read_to_string(out.path()).expect("its output"), "");
    }
}

#[test]
fn backups_are_pruned_and_put_back() {
    let Some(package) = Package::installed() else { return };
    for watch in [Watch::Nobody, Watch::Sanitizers, Watch::Valgrind] {
        let Some(build) = package.watched(watch) else { continue };
        let Some(folder) = lab::copy_of("OlaMsFilter/complex") else { return };
        let before = lab::files(folder.path());
        let prune = |words: &[&str]| succeeds(run(build.program("prune").arg(folder.path()).args(words), LIMIT)).out;
        let said = prune(&["1"]);
        assert!(said.ends_with("9 of 18 files may go, 2616832 bytes\n"), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("DELETE  ")).count(), 9, "{said}");
        assert_eq!(lab::files(folder.path()), before);
        let said = prune(&["1", "apply"]);
        assert_eq!(said.lines().filter(|line| line.starts_with("removed  ")).count(), 9, "{said}");
        assert!(said.ends_with("9 files changed, 0 left as they were\n"), "{said}");
        assert_eq!(lab::names(folder.path()).len(), 9);
        assert!(prune(&["undo"]).ends_with("9 files changed, 0 left as they were\n"));
        assert_eq!(lab::files(folder.path()), before);
    }
}

/// A backup, its list by the server, and a restore of it.
fn does_the_main_job(build: &Build, server: &TestServer) {
    let mut backup = build.program("backup");
    let said =
        succeeds(run(at(&mut backup, server).args([&server.instance, "PayamGostar2", &server.folder]), LIMIT)).out;
    let (file, rest) =
        said.strip_prefix("backed up to ").and_then(|rest| rest.split_once(", position ")).expect("a file");
    let (position, _) = rest.split_once(',').expect("a position");
    let mut list = build.program("list");
    let listed = succeeds(run(at(&mut list, server).args([file, &server.instance]), LIMIT)).out;
    let line = listed.lines().find(|line| line.starts_with(&format!("{position}  full  "))).expect("the set");
    let finished = line.split("  ").nth(2).expect("a date");
    let mut restore = build.program("restore");
    let said =
        succeeds(run(at(&mut restore, server).args([&server.instance, file, position, "Copy of it"]), LIMIT)).out;
    assert!(said.starts_with(&format!("restored set {position} (full): ")), "{said}");
    assert!(said.ends_with(&format!("Copy of it is as it was at {finished}\n")), "{said}");
    // Over it, keeping the old one in both ways; then nothing is left to repair.
    let says = |name: &str, more: &[&str]| {
        let mut program = build.program(name);
        succeeds(run(at(&mut program, server).arg(&server.instance).args(more), LIMIT)).out
    };
    for (safety, kept) in [("file", "the old database is kept in "), ("rename", "the old database is kept as ")] {
        let said = says("restore", &[file, position, "Copy of it", safety]);
        assert!(said.contains(kept) && said.ends_with(&format!("Copy of it is as it was at {finished}\n")), "{said}");
    }
    assert!(says("state", &["Copy of it"]).starts_with("Copy of it: ONLINE, MULTI_USER, nobody connected"));
    assert!(says("repair", &["Copy of it"]).contains("\"was_broken_off\":false"));
    let mut prove = build.program("prove");
    let said = succeeds(run(at(&mut prove, server).args([&server.instance, "PayamGostar2", file]), LIMIT)).out;
    assert!(said.contains("Customers: ") && said.contains("passed: true\n"), "{said}");
}

/// The same files, read without the server.
fn works_on_files(build: &Build, server: &TestServer) {
    let Some(folder) = server.local(&server.folder) else { return };
    let ours = |name: &str| {
        let mut command = build.program(name);
        command.arg(&folder);
        command
    };
    let said = succeeds(run(&mut ours("list"), LIMIT)).out;
    assert!(said.starts_with("1  full  20") && said.ends_with("  PayamGostar2  complete\n"), "{said}");
    let said = succeeds(run(&mut ours("verify"), LIMIT)).out;
    assert!(said.contains(", set 1: sound, protected by checksums: "), "{said}");
    // A second archive, so that the first may go.
    let file = folder.join("PayamGostar2.bak");
    let before = fs::read(&file).expect("the archive");
    let said = succeeds(run(ours("prune").arg("1"), LIMIT)).out;
    assert!(said.contains("KEEP") && said.contains("PayamGostar2.bak"), "{said}");
    let said = succeeds(run(ours("prune").args(["1", "apply"]), LIMIT)).out;
    assert!(said.ends_with("0 files changed, 0 left as they were\n"), "{said}");
    let said = succeeds(run(ours("prune").arg("undo"), LIMIT)).out;
    assert!(said.ends_with("0 files changed, 0 left as they were\n"), "{said}");
    assert_eq!(fs::read(&file).expect("the archive"), before);
    // A torn file: its whole sets are still told, and what is wrong.
    let torn = TempDir::new().expect("a folder");
    fs::write(torn.path().join("torn.bak"), &before[..before.len() / 2]).expect("a file");
    let ran = run(build.program("verify").arg(torn.path()), LIMIT);
    assert!(ran.status.code() == Some(1) && ran.out.contains("set 1: incomplete"), "{}{}", ran.out, ran.err);
}

/// What needs no backup, and a plan that makes one.
fn asks_and_plans(build: &Build, server: &TestServer) {
    let said = succeeds(run(&mut build.program("schedule"), LIMIT)).out;
    assert!(said.contains("full  1405/09/07 02:30:00\n") && said.contains("\ndue: yes\n"), "{said}");
    assert!(said.ends_with("schedule.lines[0].when.at[0] is wrong\n"), "{said}");
    let ran = run(build.program("explain").arg("1"), LIMIT);
    assert_eq!((ran.status.code(), ran.out.as_str()), (Some(1), "1 is not known\n"));
    let ran = run(build.program("service").arg("pgb-none-such"), LIMIT);
    assert!(ran.status.code() == Some(1) && ran.err.contains("the restart failed: "), "{}{}", ran.out, ran.err);
    let folder = TempDir::new().expect("a folder");
    let mut plan = build.program("plan");
    let plans = folder.path().join("plans");
    at(&mut plan, server).arg(&plans).args([&server.instance, "PayamGostar2", &server.folder]);
    let said = succeeds(run(&mut plan, LIMIT)).out;
    assert_eq!(said, "plan: full: every day at 02:30 (Asia/Tehran)\nrun: done\nreport: attention\n");
    assert!(plans.join("Nightly.json").is_file());
}

/// Errors are told with cause, server messages and next step, and passwords with none.
fn tells_what_is_wrong(build: &Build, server: &TestServer) {
    let ran = run(&mut build.program("backup"), LIMIT);
    assert_eq!((ran.status.code(), ran.err.as_str()), (Some(2), "usage: backup SERVER DATABASE FOLDER\n"));
    let mut restore = build.program("restore");
    let ran = run(at(&mut restore, server).args([&server.instance, "D:\\none.bak", "1", "Copy"]), LIMIT);
    let said = ran.err.as_str();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("the restore failed: ") && said.contains("\n  SQL Server, message 3201: "), "{said}");
    assert!(said.contains("\n  what to do: "), "{said}");
    let mut backup = build.program("backup");
    backup.env("PGB_USER", "sa").env("PGB_PASSWORD", "hunter2");
    // Nothing listens on the first port of all (tcpmux, RFC 1078).
    let ran = run(backup.args(["127.0.0.1,1", "PayamGostar2", "D:\\Backup"]), LIMIT);
    let said = ran.err.as_str();
    assert_eq!((ran.status.code(), ran.out.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("the backup failed: SQL Server `127.0.0.1,1` cannot be reached\n"), "{said}");
    assert!(said.contains("\n  because: TCP 127.0.0.1:1: ") && !said.contains("hunter2"), "{said}");
    let ran = run(build.program("prune").arg("/").arg("0"), LIMIT);
    assert!(ran.status.code() == Some(1) && ran.err.contains("`keep_last` is 0"), "{}", ran.err);
}

/// Lets a program log in to a server.
fn at<'c>(program: &'c mut Command, server: &TestServer) -> &'c mut Command {
    program.env("PGB_USER", &server.user).env("PGB_PASSWORD", &server.password)
}

fn succeeds(ran: Ran) -> Ran {
    assert!(ran.status.success(), "{}\n{}{}", ran.status, ran.out, ran.err);
    ran
}
