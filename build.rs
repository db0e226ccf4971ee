//! Link arguments of the library: its name on Linux, its version resource on Windows.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => {
            // The name that programs are linked against: the version of the ABI, not of the release.
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpgbackup.so.1");
            // The library owns threads: dlclose must not unmap the code under them.
            println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        Ok("windows") => match version_resource() {
            Ok(object) => println!("cargo::rustc-cdylib-link-arg={}", object.display()),
            Err(why) => println!("cargo::warning=the library gets no version resource: {why}"),
        },
        _ => {}
    }
}

/// Compiles what the file's properties show into an object that the linker takes.
fn version_resource() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let (script, object) = (folder.join("version.rc"), folder.join("version.res.o"));
    fs::write(&script, resource_script()).map_err(|error| error.to_string())?;
    let (mut command, name) = compiler(&script, &object);
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(object) } else { Err(format!("{name} ended with {status}")) }
}

/// The resource compiler of the tool chain: MinGW's windres, or rc of the Windows SDK (in PATH of a
/// developer prompt), whose output link.exe takes as it is.
fn compiler(script: &Path, object: &Path) -> (Command, String) {
    let of = |variable: &str| env::var(variable).unwrap_or_default();
    if of("CARGO_CFG_TARGET_ENV") == "msvc" {
        let mut command = Command::new("rc.exe");
        command.arg("/nologo").arg("/fo").arg(object).arg(script);
        return (command, "rc.exe".to_owned());
    }
    let crossing = of("HOST") != of("TARGET");
    let name =
        if crossing { format!("{}-w64-mingw32-windres", of("CARGO_CFG_TARGET_ARCH")) } else { "windres".to_owned() };
    let mut command = Command::new(&name);
    command.args(["-O", "coff", "-i"]).arg(script).arg("-o").arg(object);
    (command, name)
}

/// See Microsoft's VERSIONINFO resource: for Windows NT (0x40004), a DLL (2), English in Unicode.
fn resource_script() -> String {
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let numbers = version.split(['.', '-', '+']).take(3).collect::<Vec<_>>().join(",");
    let values = [
        ("CompanyName", "The PGBackup founders"),
        ("FileDescription", "PGBackup: backs up and restores SQL Server databases"),
        ("FileVersion", &version),
        ("InternalName", "pgbackup"),
        ("LegalCopyright", "MIT licence"),
        ("OriginalFilename", "pgbackup.dll"),
        ("ProductName", "PGBackup"),
        ("ProductVersion", &version),
    ];
    let values: String = values.iter().map(|(key, value)| format!("VALUE \"{key}\", \"{value}\"\n")).collect();
    format!(
        "1 VERSIONINFO\nFILEVERSION {numbers},0\nPRODUCTVERSION {numbers},0\nFILEOS 0x40004L\nFILETYPE 0x2L\nBEGIN\n\
         BLOCK \"StringFileInfo\"\nBEGIN\nBLOCK \"040904B0\"\nBEGIN\n{values}END\nEND\n\
         BLOCK \"VarFileInfo\"\nBEGIN\nVALUE \"Translation\", 0x409, 1200\nEND\nEND\n"
    )
}
