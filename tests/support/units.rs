//! A service manager of our own making, for tests: a `systemctl` to be found first in the PATH.

use std::fs;
use std::path::Path;

/// A `systemctl` whose units are files: the first line is its state, the rest its properties. What it is
/// told is noted in `calls`.
const STAND_IN: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
for last; do :; done
case "$1" in
show) [ "$2" = --property=Version ] && exit 0
    if [ -e "$last" ]; then echo "ActiveState=$(head -n 1 "$last")"; tail -n +2 "$last"
    else echo "Id=$last"; echo LoadState=not-found; fi ;;
list-units) exit 0 ;;
start) echo "start $last" >> calls; sed -i '1s/.*/active/' "$last" ;;
stop) echo "stop $last" >> calls
    [ -e "$last.denied" ] && { echo "Access denied" >&2; exit 4; }
    [ -e "$last.stays" ] || sed -i '1s/.*/inactive/' "$last" ;;
esac
"#;

/// A folder with it, and units: name, state, properties.
pub fn machine(units: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("systemctl");
    fs::write(&program, STAND_IN).expect("a script");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a script that runs");
    }
    for (name, state, needs) in units {
        let text = format!("{state}\nId={name}.service\nDescription={name}\nLoadState=loaded\n{needs}\n");
        fs::write(folder.path().join(format!("{name}.service")), text).expect("a unit");
    }
    folder
}

/// What it was told, in order.
#[allow(dead_code)] // Not every test asks for it.
pub fn calls(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("calls")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
