//! `examples/dotnet`: built by the .NET SDK that `DOTNET_ROOT` or the PATH has, and run against the sandbox
//! with the checks of `tests/dotnet`. A build asks no package registry.
#![cfg(target_os = "linux")]

#[path = "support/built.rs"]
mod built;
#[path = "support/run.rs"]
mod run;
#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use pgbackup_sandbox::Sandbox;
use run::{Ran, program, run};
use skip::skip;
use tempfile::TempDir;

/// A machine that is busy with other things is slow, not wrong.
const LIMIT: Duration = Duration::from_secs(300);

/// Where the servers of the tests put backups, as they see it.
const FOLDER: &str = r"D:\Backup";

/// The declarations that a program is built with: those of .NET, or those of .NET Framework.
#[derive(Clone, Copy)]
enum Declarations {
    Net,
    Framework,
}

#[test]
fn requests_operations_failures_and_cancellations() {
    checks(Declarations::Net, &["requests", "operations", "failures", "cancel"]);
}

#[test]
fn many_at_once_under_an_eager_collector() {
    checks(Declarations::Net, &["together", "collector"]);
}

#[test]
fn ten_thousand_calls_leave_nothing_behind() {
    checks(Declarations::Net, &["memory"]);
}

#[test]
fn the_declarations_of_the_framework_do_the_same() {
    checks(Declarations::Framework, &["requests", "operations", "failures", "cancel", "collector"]);
}

#[test]
fn the_sample_does_what_its_readme_says() {
    let Some(sdk) = Sdk::find() else { return };
    let servers = Servers::start();
    let sample = |words: &[&str]| {
        let mut command = sdk.built(Declarations::Net, "examples/dotnet/Sample", "Sample");
        command.args(words).env("PGB_USER", "sa").env("PGB_PASSWORD", "Sandbox!1");
        run(&mut command, LIMIT)
    };
    let server = servers.quick.0.server_instance();
    let said = succeeds(sample(&["backup", &server, "PayamGostar2", FOLDER])).out;
    assert!(said.starts_with(r"backed up to D:\Backup\PayamGostar2.bak, position 1, "), "{said}");
    let files = servers.files().display().to_string();
    let here = succeeds(sample(&["list", &files])).out;
    let there = succeeds(sample(&["list", r"D:\Backup\PayamGostar2.bak", &server])).out;
    assert!(here.starts_with("   1  full          20") && here == there, "{here}{there}");
    let said = succeeds(sample(&["prune", &files, "1"])).out;
    assert!(said.ends_with("0 files may go, 1 stay. Nothing was removed.\n"), "{said}");
    let said = succeeds(sample(&["restore", &server, r"D:\Backup\PayamGostar2.bak", "1", "Copy"])).out;
    assert!(said.contains("restored set 1 (full): ") && said.contains("\nCopy is as it was at 14"), "{said}");
    let said = succeeds(sample(&["next", "2"])).out;
    assert_eq!(said.lines().count(), 4, "{said}");
    let ran = sample(&["restore", &server, r"D:\none.bak", "1", "Copy"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(ran.err.contains("SQL Server, message 3201: ") && ran.err.contains("what to do: "), "{}", ran.err);
    assert_eq!(sample(&["wrong"]).status.code(), Some(2));
}

/// As a stranger has it: a package in a folder of packages, and a program that names it and no library.
#[test]
fn the_package_brings_the_library_to_a_program() {
    let Some(sdk) = Sdk::find() else { return };
    let folder = TempDir::new().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dotnet"), &at("source"));
    let native = at("source/PGBackup.Native/runtimes/linux-x64/native");
    fs::create_dir_all(&native).expect("a folder");
    fs::copy(built::library(), native.join("libpgbackup.so")).expect("the library");
    let dotnet = |words: &[&str], place: &str| {
        let mut command = sdk.command();
        command.args(words).current_dir(at(place)).env_remove("PGB_LIBRARY");
        succeeds(run(&mut command, LIMIT)).out
    };
    let quiet = ["--nologo", "-v", "quiet", "-p:UseSharedCompilation=false", "-nodeReuse:false"];
    dotnet(&[&["pack", "PGBackup.Native", "-c", "Release", "-o", "../packages"], &quiet[..]].concat(), "source");

    fs::create_dir(at("program")).expect("a folder");
    let write = |name: &str, text: &str| fs::write(at("program").join(name), text).expect("a file");
    write(
        "nuget.config",
        r#"<configuration>
             <packageSources><clear /><add key="here" value="../packages" /></packageSources>
             <config><add key="globalPackagesFolder" value="../unpacked" /></config>
           </configuration>"#,
    );
    write(
        "Program.csproj",
        r#"<Project Sdk="Microsoft.NET.Sdk">
             <PropertyGroup>
               <OutputType>Exe</OutputType>
               <TargetFramework>net10.0</TargetFramework>
               <UseAppHost>false</UseAppHost>
               <DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>
             </PropertyGroup>
             <ItemGroup><PackageReference Include="PGBackup.Native" Version="*" /></ItemGroup>
           </Project>"#,
    );
    write("Program.cs", "System.Console.WriteLine(PGBackup.PGBackupLibrary.Explain(3201).Number);");
    dotnet(&[&["build"], &quiet[..]].concat(), "program");
    assert_eq!(dotnet(&["bin/Debug/net10.0/Program.dll"], "program"), "3201\n");
}

/// Copies a folder, without what builds leave in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("an entry");
        if path.is_dir() && name != "bin" && name != "obj" {
            copy(&path, &to.join(name));
        } else if path.is_file() {
            fs::copy(&path, to.join(name)).expect("a file");
        }
    }
}

#[test]
fn both_lists_of_declarations_are_those_of_the_header() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = |code: &str| -> BTreeSet<String> {
        let lines = code.lines().filter(|line| !line.trim_start().starts_with('*'));
        let before =
            lines.flat_map(|line| line.match_indices('(').filter_map(|(at, _)| line[..at].rsplit([' ', '*']).next()));
        before.filter(|name| name.starts_with("pgb_")).map(str::to_owned).collect()
    };
    let header = names(&text("include/pgbackup.h"));
    assert!(header.len() > 20, "{header:?}");
    for file in ["NativeMethods.LibraryImport.cs", "NativeMethods.DllImport.cs"] {
        assert_eq!(names(&text(&format!("examples/dotnet/PGBackup.Native/Interop/{file}"))), header, "{file}");
    }
}

/// Runs checks of `tests/dotnet`, with names and dates of a Persian culture around them.
fn checks(declarations: Declarations, names: &[&str]) {
    let Some(sdk) = Sdk::find() else { return };
    let servers = Servers::start();
    let mut command = sdk.built(declarations, "tests/dotnet", "Checks");
    command.args([&servers.quick.0.server_instance(), &servers.slow.0.server_instance(), FOLDER]);
    command.arg(servers.files()).args(names);
    // A small youngest generation: the collector runs thousands of times.
    command.env("DOTNET_GCgen0size", "0x40000").env("LANG", "fa_IR.UTF-8").env("LC_ALL", "fa_IR.UTF-8");
    let said = succeeds(run(&mut command, LIMIT)).out;
    for name in names {
        assert!(said.contains(&format!("ok {name} ")), "{said}");
    }
}

fn succeeds(ran: Ran) -> Ran {
    assert!(ran.status.success(), "{}\n{}{}", ran.status, ran.out, ran.err);
    ran
}

/// A quick sandbox, and one whose backups take seconds.
struct Servers {
    quick: (Sandbox, TempDir),
    slow: (Sandbox, TempDir),
}

impl Servers {
    fn start() -> Servers {
        let start = |pace| {
            let root = TempDir::new().expect("a folder");
            let sandbox = Sandbox::builder().root(root.path()).payamgostar(1000).pace(pace).start_blocking();
            let sandbox = sandbox.expect("a sandbox");
            fs::create_dir_all(sandbox.host_path(FOLDER).expect("a path")).expect("a folder");
            (sandbox, root)
        };
        Servers { quick: start(Duration::ZERO), slow: start(Duration::from_millis(500)) }
    }

    /// The folder of the backups, as this machine sees it.
    fn files(&self) -> PathBuf {
        self.quick.0.host_path(FOLDER).expect("a path")
    }
}

/// A .NET SDK.
struct Sdk(PathBuf);

impl Sdk {
    /// `None`, and a word about it, where there is none.
    fn find() -> Option<Sdk> {
        let named = env::var_os("DOTNET_ROOT").map(|root| PathBuf::from(root).join("dotnet"));
        let found = named.or_else(|| program("dotnet")).filter(|path| path.is_file());
        if found.is_none() {
            skip(".NET", "there is no SDK in DOTNET_ROOT or the PATH");
        }
        found.map(Sdk)
    }

    /// Builds a project; what to run.
    fn built(&self, declarations: Declarations, project: &str, assembly: &str) -> Command {
        let (name, framework) = match declarations {
            Declarations::Net => ("net", "false"),
            Declarations::Framework => ("framework", "true"),
        };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dotnet").join(name);
        // One build at a time, as they share a project; each once.
        static BUILT: Mutex<BTreeSet<(String, &str)>> = Mutex::new(BTreeSet::new());
        let mut built = BUILT.lock().expect("builds that went well");
        if built.insert((project.to_owned(), name)) {
            let mut command = self.command();
            command.arg("build").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(project));
            command.args(["-c", "Release", "--nologo", "-v", "quiet"]);
            command.arg(format!("-p:FrameworkSources={framework}")).arg("--artifacts-path").arg(&target);
            // No server of the compiler or of MSBuild stays behind.
            command.args(["-p:UseSharedCompilation=false", "-nodeReuse:false"]);
            let ran = run(&mut command, LIMIT);
            assert!(ran.status.success(), "{project}: {}{}", ran.out, ran.err);
        }
        drop(built);
        let mut command = self.command();
        command.arg(target.join("bin").join(assembly).join("release_net10.0").join(assembly).with_extension("dll"));
        command.env("PGB_LIBRARY", crate::built::library());
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.env("DOTNET_NOLOGO", "1").env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("NO_COLOR", "1");
        // Without ICU there is one culture only.
        let unicode = |folder: &str| fs::read_dir(folder).is_ok_and(|mut all| all.any(is_unicode_library));
        if !["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/aarch64-linux-gnu"].into_iter().any(unicode) {
            command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        }
        command
    }
}

fn is_unicode_library(entry: std::io::Result<fs::DirEntry>) -> bool {
    entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libicuuc.so"))
}
