//! The shared library that the tests are about.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The library file that `PGB_LIBRARY` names, else the one beside this program: cargo puts it into
/// the profile's folder or its `deps`.
/// Cargo builds it together with the crate that this program links; where it is missing (a program
/// that links nothing of the crate) it is built now.
pub fn library() -> PathBuf {
    if let Some(named) = std::env::var_os("PGB_LIBRARY") {
        return PathBuf::from(named);
    }
    let name = format!("{}pgbackup{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let program = std::env::current_exe().expect("the path of this program");
    let profile = program.ancestors().find(|folder| folder.join("deps").is_dir()).expect("a target folder").to_owned();
    // `deps` first: `cargo test` renews only that one.
    let places = [profile.join("deps").join(&name), profile.join(&name)];
    let newest = || {
        let changed = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
        places.iter().filter(|path| path.is_file()).max_by_key(|path| changed(path)).cloned()
    };
    newest().unwrap_or_else(|| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--lib", "--manifest-path"]).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().is_ok_and(|status| status.success()), "the library could not be built");
        newest().unwrap_or_else(|| panic!("{name} is not in {}", profile.display()))
    })
}
