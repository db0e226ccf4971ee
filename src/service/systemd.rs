//! systemd's services, through `systemctl`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use super::{Control, Service, ServiceState};
use crate::error::{Code, Error, Result};

/// The service manager.
pub(super) struct Systemd {
    /// `systemctl`, or its stand-in in tests.
    program: PathBuf,
}

/// Properties of a unit by their names.
type Properties = HashMap<String, String>;

/// What a unit needs so hard that it goes down with it.
const NEEDS: [&str; 3] = ["Requires", "BindsTo", "Requisite"];
/// The same, from the other side.
const NEEDED_BY: [&str; 3] = ["RequiredBy", "BoundBy", "RequisiteOf"];

impl Systemd {
    pub(super) fn new() -> Result<Systemd> {
        Systemd::of("systemctl")
    }

    fn of(program: impl Into<PathBuf>) -> Result<Systemd> {
        let systemd = Systemd { program: program.into() };
        // Where systemd does not run, this is where it is said.
        systemd.ask(&["show", "--property=Version"])?;
        Ok(systemd)
    }

    fn ask(&self, arguments: &[&str]) -> Result<String> {
        // Words and not translations of them; no pager, no colours.
        let output = Command::new(&self.program)
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env("SYSTEMD_PAGER", "")
            .env("SYSTEMD_COLORS", "0")
            .output()
            .map_err(|error| unsupported().cause(error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let denied = ["Access denied", "authentication required", "Permission denied"];
        Err(if said.contains("not been booted with systemd") || said.contains("connect to bus") {
            unsupported().cause(said)
        } else if denied.iter().any(|words| said.contains(words)) {
            Error::new(Code::Permission, "systemd does not let this account start and stop services")
                .hint("run as root, or have the administrator allow it")
                .cause(said)
        } else {
            Error::new(Code::ServiceState, format!("systemctl {} failed", arguments.join(" ")))
                .hint("look with systemctl status and journalctl -u")
                .cause(said)
        })
    }

    /// A unit's properties; `None`: there is no such unit.
    fn show(&self, unit: &str) -> Result<Option<Properties>> {
        let wanted = ["Id", "Description", "LoadState", "ActiveState"].into_iter().chain(NEEDS).chain(NEEDED_BY);
        let wanted = format!("--property={}", wanted.collect::<Vec<_>>().join(","));
        let text = self.ask(&["show", &wanted, "--", unit])?;
        let properties: Properties =
            text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let known = properties.get("LoadState").is_some_and(|state| state != "not-found");
        Ok(known.then_some(properties))
    }

    /// The unit that a description is of, if it is of one only.
    fn described(&self, description: &str) -> Result<Option<String>> {
        let text = self.ask(&["list-units", "--type=service", "--all", "--plain", "--no-legend", "--full"])?;
        let of_line = |line: &str| {
            // UNIT LOAD ACTIVE SUB DESCRIPTION
            let mut rest = line.trim();
            let unit = rest.split_whitespace().next()?.to_owned();
            for _ in 0..4 {
                rest = rest.split_once(char::is_whitespace)?.1.trim_start();
            }
            (rest == description).then_some(unit)
        };
        let mut found = text.lines().filter_map(of_line);
        match (found.next(), found.next()) {
            (Some(one), Some(other)) => Err(Error::new(
                Code::ServiceNotFound,
                format!("several services are called `{description}`: `{one}`, `{other}`"),
            )
            .hint("give the name of the unit")
            .target(description)),
            (found, _) => Ok(found),
        }
    }
}

fn unsupported() -> Error {
    Error::new(Code::Unsupported, "services are known here through systemd, and systemd does not run on this machine")
        .hint("leave the services out, and stop and start them by hand")
}

/// A unit's name with its kind behind; `None` for what cannot be one, and for patterns, which
/// `systemctl` would take for several.
fn unit(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    let is_unit = !name.is_empty() && name.chars().all(allowed);
    is_unit.then(|| if name.ends_with(".service") { name.to_owned() } else { format!("{name}.service") })
}

fn names(properties: &Properties, kinds: [&str; 3]) -> Vec<String> {
    let all = kinds.iter().filter_map(|kind| properties.get(*kind)).flat_map(|names| names.split_whitespace());
    all.filter(|name| name.ends_with(".service")).map(str::to_owned).collect()
}

impl Control for Systemd {
    fn find(&self, name: &str) -> Result<Option<Service>> {
        let by_name = match unit(name) {
            Some(unit) => self.show(&unit)?,
            None => None,
        };
        let properties = match by_name {
            Some(properties) => Some(properties),
            None => match self.described(name)? {
                Some(unit) => self.show(&unit)?,
                None => None,
            },
        };
        Ok(properties.map(|properties| {
            let of = |name: &str| properties.get(name).cloned().unwrap_or_default();
            Service {
                name: of("Id"),
                display_name: of("Description"),
                needs: names(&properties, NEEDS),
                can_start: of("LoadState") == "loaded",
            }
        }))
    }

    fn state(&self, name: &str) -> Result<ServiceState> {
        let properties = self.show(name)?.unwrap_or_default();
        Ok(match properties.get("ActiveState").map(String::as_str) {
            Some("active" | "reloading" | "refreshing") => ServiceState::Running,
            Some("activating") => ServiceState::Starting,
            Some("deactivating") => ServiceState::Stopping,
            _ => ServiceState::Stopped,
        })
    }

    fn dependents(&self, name: &str) -> Result<Vec<String>> {
        Ok(names(&self.show(name)?.unwrap_or_default(), NEEDED_BY))
    }

    fn start(&self, name: &str) -> Result<()> {
        self.ask(&["start", "--no-block", "--", name]).map(|_| ())
    }

    fn stop(&self, name: &str) -> Result<()> {
        self.ask(&["stop", "--no-block", "--", name]).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    /// A `systemctl` whose units are files: the first line is its state, the rest its properties.
    fn stand_in(folder: &Path) -> Systemd {
        let script = format!(
            r#"#!/bin/sh
cd '{}' || exit 1
for last; do :; done
case "$1" in
show) [ "$2" = --property=Version ] && exit 0
    if [ -e "$last" ]; then echo "ActiveState=$(head -n 1 "$last")"; tail -n +2 "$last"
    else echo "Id=$last"; echo LoadState=not-found; fi ;;
list-units) cat list ;;
start) sed -i '1s/.*/active/' "$last" ;;
stop) [ "$last" = locked.service ] && {{ echo "Failed to stop locked.service: Access denied" >&2; exit 4; }}
    sed -i '1s/.*/inactive/' "$last" ;;
esac
"#,
            folder.display()
        );
        let program = folder.join("systemctl");
        fs::write(&program, script).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a script that runs");
        let put = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a unit");
        put(
            "host.service",
            "active\nId=host.service\nDescription=CRM Host\nLoadState=loaded\nRequires=mssql-server.service basic.target\n",
        );
        put(
            "mssql-server.service",
            "active\nId=mssql-server.service\nDescription=SQL Server\nLoadState=loaded\nRequiredBy=host.service\n",
        );
        put("gone.service", "inactive\nId=gone.service\nDescription=Gone\nLoadState=masked\n");
        put("locked.service", "active\nId=locked.service\nDescription=Locked\nLoadState=loaded\n");
        put(
            "list",
            "host.service loaded active running CRM Host\n  mssql-server.service loaded active running SQL Server\n\
             a.service loaded active exited Twice\nb.service loaded active exited Twice\n",
        );
        Systemd::of(program).expect("systemd")
    }

    #[test]
    fn units_by_name_and_by_description_and_never_by_pattern() {
        let folder = tempfile::tempdir().expect("a folder");
        let systemd = stand_in(folder.path());
        let name = |wanted: &str| systemd.find(wanted).expect("an answer").map(|service| service.name);
        assert_eq!(name("host").as_deref(), Some("host.service"));
        assert_eq!(name("host.service").as_deref(), Some("host.service"));
        assert_eq!(name("CRM Host").as_deref(), Some("host.service"));
        for none in ["hos*", "hosts", "-h", "--all", "", "/etc/x", "CRM"] {
            assert_eq!(name(none), None, "{none}");
        }
        assert_eq!(systemd.find("Twice").expect_err("ambiguous").code, Code::ServiceNotFound);
        let host = systemd.find("host").expect("an answer").expect("a service");
        assert_eq!(host.needs, ["mssql-server.service"], "targets are no services");
        assert!(host.can_start);
        assert!(!systemd.find("gone").expect("an answer").expect("a service").can_start);
        assert_eq!(systemd.dependents("mssql-server.service").expect("an answer"), ["host.service"]);
    }

    #[test]
    fn units_are_stopped_and_started_and_a_refusal_is_one_of_rights() {
        let folder = tempfile::tempdir().expect("a folder");
        let systemd = stand_in(folder.path());
        let state = |name: &str| systemd.state(name).expect("a state");
        assert_eq!(state("host.service"), ServiceState::Running);
        systemd.stop("host.service").expect("stopped");
        assert_eq!(state("host.service"), ServiceState::Stopped);
        systemd.start("host.service").expect("started");
        assert_eq!(state("host.service"), ServiceState::Running);
        let error = systemd.stop("locked.service").expect_err("refused");
        assert_eq!(error.code, Code::Permission);
        assert!(error.causes.iter().any(|cause| cause.contains("Access denied")), "{error:?}");
    }

    #[test]
    fn a_machine_without_systemd_is_told_so() {
        let error = Systemd::of("/no/such/systemctl").map(|_| ()).expect_err("none");
        assert_eq!(error.code, Code::Unsupported);
    }
}
