//! PGBackup as an installed package, and the programs of `examples/c` built against it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::built;
use super::run::{Ran, program, run};
use super::skip::skip;
pub use super::watch::Watch;

const LIMIT: Duration = Duration::from_secs(600);

/// An installed package in a folder of its own.
pub struct Package {
    folder: TempDir,
}

/// Programs built against it.
pub struct Build {
    folder: PathBuf,
    watch: Watch,
}

impl Package {
    /// Installs the shared library. `None`, and a word about it, without CMake.
    pub fn installed() -> Option<Package> {
        Package::of(&[(built::library(), "libpgbackup.so")])
    }

    /// ... and the static one, which is built for it.
    pub fn installed_with_static() -> Option<Package> {
        if program("cmake").is_none() {
            return Package::installed();
        }
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root()).args(["rustc", "--quiet", "--lib", "--crate-type", "staticlib"]);
        succeeds(run(&mut cargo, LIMIT));
        Package::of(&[(built::library(), "libpgbackup.so"), (target.join("debug/libpgbackup.a"), "libpgbackup.a")])
    }

    fn of(libraries: &[(PathBuf, &str)]) -> Option<Package> {
        if program("cmake").is_none() || program("make").is_none() {
            skip("C examples", "there is no cmake, or no make");
            return None;
        }
        let package = Package { folder: TempDir::new().expect("a folder") };
        let at = package.folder.path();
        fs::create_dir(at.join("cargo")).expect("a folder");
        for (library, name) in libraries {
            symlink(library, at.join("cargo").join(name)).expect("a link");
        }
        let mut configure = cmake();
        configure.arg("-S").arg(root().join("examples/c/package")).arg("-B").arg(at.join("install"));
        configure.arg("--install-prefix").arg(package.root());
        configure.arg(format!("-DPGBACKUP_BUILD={}", at.join("cargo").display())).arg("-DCMAKE_INSTALL_LIBDIR=lib");
        succeeds(run(&mut configure, LIMIT));
        succeeds(run(cmake().arg("--install").arg(at.join("install")), LIMIT));
        Some(package)
    }

    /// Where it is installed.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Its libraries.
    pub fn libraries(&self) -> PathBuf {
        self.root().join("lib")
    }

    /// Builds the programs of `examples/c`, with options of CMake.
    pub fn build(&self, name: &str, options: &[&str]) -> Build {
        self.built(name, options, Watch::Nobody)
    }

    /// Builds them to be watched; `None`, and a word about it, where that cannot be.
    pub fn watched(&self, watch: Watch) -> Option<Build> {
        if !watch.is_here() {
            return None;
        }
        let flags = format!("-DCMAKE_C_FLAGS=-g {}", watch.flags().join(" "));
        let linker = format!("-DCMAKE_EXE_LINKER_FLAGS={}", watch.flags().join(" "));
        Some(self.built(&format!("{watch:?}"), &[&flags, &linker], watch))
    }

    fn built(&self, name: &str, options: &[&str], watch: Watch) -> Build {
        let folder = self.folder.path().join(name);
        let mut configure = cmake();
        configure.arg("-S").arg(root().join("examples/c")).arg("-B").arg(&folder).args(options);
        configure.arg(format!("-DCMAKE_PREFIX_PATH={}", self.root().display()));
        succeeds(run(&mut configure, LIMIT));
        succeeds(run(cmake().arg("--build").arg(&folder).arg("--parallel").arg("2"), LIMIT));
        Build { folder, watch }
    }

    /// What CMake says to a project of one line.
    pub fn configure(&self, name: &str, line: &str) -> Ran {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).expect("a folder");
        let text = format!("cmake_minimum_required(VERSION 3.16)\nproject(x LANGUAGES C)\n{line}\n");
        fs::write(folder.join("CMakeLists.txt"), text).expect("a file");
        let mut configure = cmake();
        configure.arg("-S").arg(&folder).arg("-B").arg(folder.join("build"));
        configure.arg(format!("-DCMAKE_PREFIX_PATH={}", self.root().display()));
        run(&mut configure, LIMIT)
    }
}

impl Build {
    /// The file of a program.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What to run.
    pub fn program(&self, name: &str) -> Command {
        self.watch.command(self.path(name))
    }
}

fn cmake() -> Command {
    let mut command = Command::new("cmake");
    command.env_remove("CMAKE_PREFIX_PATH").env_remove("CMAKE_GENERATOR");
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn succeeds(ran: Ran) {
    assert!(ran.status.success(), "{}\n{}{}", ran.status, ran.out, ran.err);
}
