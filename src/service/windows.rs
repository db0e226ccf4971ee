//! The service control manager of Windows.

use std::io;

use windows_service::Error as Refusal;
use windows_service::service::{
    Service as Handle, ServiceAccess, ServiceDependency, ServiceStartType, ServiceState as State,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use winreg::RegKey;
use winreg::enums::HKEY_LOCAL_MACHINE;

use super::order::same;
use super::{Control, Service, ServiceState};
use crate::error::{Code, Error, Result};

/// Where Windows keeps its services, each with what it depends on.
const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";

/// `ERROR_SERVICE_ALREADY_RUNNING`.
const ALREADY_RUNNING: i32 = 1056;
/// `ERROR_SERVICE_DOES_NOT_EXIST`.
const NO_SERVICE: i32 = 1060;
/// `ERROR_SERVICE_NOT_ACTIVE`.
const NOT_ACTIVE: i32 = 1062;
/// `ERROR_INVALID_NAME`: it cannot be the name of a service.
const INVALID_NAME: i32 = 123;
/// `ERROR_ACCESS_DENIED`.
const DENIED: i32 = 5;

/// The service manager. Its handle may not change threads, so each question opens one.
pub(super) struct Manager;

impl Manager {
    pub(super) fn open() -> Result<Manager> {
        connected().map(|_| Manager)
    }

    fn handle(&self, name: &str, access: ServiceAccess, doing: &str) -> Result<Handle> {
        connected()?.open_service(name, access).map_err(|refusal| refused(doing, name, &refusal))
    }

    /// The service's name, by its own or by the one for people.
    fn named(&self, name: &str) -> Result<Option<String>> {
        let missing = |refusal: &Refusal| matches!(number(refusal), Some(NO_SERVICE | INVALID_NAME));
        let manager = connected()?;
        match manager.open_service(name, ServiceAccess::QUERY_CONFIG) {
            Ok(_) => return Ok(Some(name.to_owned())),
            Err(refusal) if missing(&refusal) => {}
            Err(refusal) => return Err(refused("look at", name, &refusal)),
        }
        match manager.service_name_from_display_name(name) {
            Ok(found) => Ok(Some(found.to_string_lossy().into_owned())),
            Err(refusal) if missing(&refusal) => Ok(None),
            Err(refusal) => Err(refused("look for", name, &refusal)),
        }
    }
}

fn connected() -> Result<ServiceManager> {
    ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)
        .map_err(|refusal| refused("ask the service manager", "", &refusal))
}

fn number(refusal: &Refusal) -> Option<i32> {
    match refusal {
        Refusal::Winapi(error) => error.raw_os_error(),
        _ => None,
    }
}

fn refused(doing: &str, name: &str, refusal: &Refusal) -> Error {
    let what = if name.is_empty() { doing.to_owned() } else { format!("{doing} the service `{name}`") };
    let error = match number(refusal) {
        Some(DENIED) => Error::new(Code::Permission, format!("Windows does not let this account {what}"))
            .hint("run as administrator"),
        Some(NO_SERVICE) => Error::new(Code::ServiceNotFound, format!("there is no service `{name}` on this machine"))
            .hint("look at the names with Get-Service"),
        _ => Error::new(Code::ServiceState, format!("Windows could not {what}"))
            .hint("look for the service's messages in the event log"),
    };
    let said = match refusal {
        Refusal::Winapi(error) => error.to_string(),
        other => other.to_string(),
    };
    error.target(name).cause(said)
}

impl Control for Manager {
    fn find(&self, name: &str) -> Result<Option<Service>> {
        let Some(name) = self.named(name)? else { return Ok(None) };
        let config = self
            .handle(&name, ServiceAccess::QUERY_CONFIG, "look at")?
            .query_config()
            .map_err(|refusal| refused("look at", &name, &refusal))?;
        let needs = config.dependencies.into_iter().filter_map(|dependency| match dependency {
            ServiceDependency::Service(name) => Some(name.to_string_lossy().into_owned()),
            ServiceDependency::Group(_) => None,
        });
        Ok(Some(Service {
            name,
            display_name: config.display_name.to_string_lossy().into_owned(),
            needs: needs.collect(),
            can_start: config.start_type != ServiceStartType::Disabled,
        }))
    }

    fn state(&self, name: &str) -> Result<ServiceState> {
        let status = self
            .handle(name, ServiceAccess::QUERY_STATUS, "look at")?
            .query_status()
            .map_err(|refusal| refused("look at", name, &refusal))?;
        Ok(match status.current_state {
            State::Stopped => ServiceState::Stopped,
            State::StartPending | State::ContinuePending => ServiceState::Starting,
            State::StopPending => ServiceState::Stopping,
            State::Running => ServiceState::Running,
            State::PausePending | State::Paused => ServiceState::Paused,
        })
    }

    fn dependents(&self, name: &str) -> Result<Vec<String>> {
        let unread = |error: io::Error| {
            Error::new(Code::Permission, "what Windows keeps of its services cannot be read")
                .hint("run as administrator")
                .cause(error)
        };
        let all = RegKey::predef(HKEY_LOCAL_MACHINE).open_subkey(SERVICES).map_err(unread)?;
        let needs_it = |service: &String| {
            let needs = all.open_subkey(service).and_then(|key| key.get_value::<Vec<String>, _>("DependOnService"));
            // A service without the value needs none.
            needs.is_ok_and(|needs| needs.iter().any(|need| same(need, name)))
        };
        Ok(all.enum_keys().flatten().filter(needs_it).collect())
    }

    fn start(&self, name: &str) -> Result<()> {
        let service = self.handle(name, ServiceAccess::START, "start")?;
        match service.start::<&str>(&[]) {
            Err(refusal) if number(&refusal) != Some(ALREADY_RUNNING) => Err(refused("start", name, &refusal)),
            _ => Ok(()),
        }
    }

    fn stop(&self, name: &str) -> Result<()> {
        let service = self.handle(name, ServiceAccess::STOP, "stop")?;
        match service.stop() {
            Err(refusal) if number(&refusal) != Some(NOT_ACTIVE) => Err(refused("stop", name, &refusal)),
            _ => Ok(()),
        }
    }
}
