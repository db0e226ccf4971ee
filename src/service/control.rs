//! What a service manager can be asked.

use crate::error::Result;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, by which the system knows it: `MSSQL$PAYAMGOSTAR2`.
    pub name: String,
    /// Its name for people: `SQL Server (PAYAMGOSTAR2)`.
    pub display_name: String,
    /// Names of the services that must run for it to run.
    pub needs: Vec<String>,
    /// Whether it can be started at all; a disabled or masked one cannot.
    pub can_start: bool,
}

impl Service {
    /// The instance of SQL Server that it is; empty for the default one. `None`: it is none.
    pub fn sql_server(&self) -> Option<&str> {
        let name = self.name.as_str();
        if name.eq_ignore_ascii_case("MSSQLSERVER") || name == "mssql-server" || name == "mssql-server.service" {
            return Some("");
        }
        let (before, instance) = name.split_once('$')?;
        before.eq_ignore_ascii_case("MSSQL").then_some(instance)
    }
}

/// Whether a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// It does not run.
    Stopped,
    /// It is about to run.
    Starting,
    /// It runs.
    Running,
    /// It runs and does nothing.
    Paused,
    /// It is about to stop.
    Stopping,
}

impl ServiceState {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            ServiceState::Stopped => "stopped",
            ServiceState::Starting => "starting",
            ServiceState::Running => "running",
            ServiceState::Paused => "paused",
            ServiceState::Stopping => "stopping",
        }
    }
}

/// A service manager. Names are compared as the system does; calls return without waiting for the
/// service to do as it is told.
pub trait Control: Send + Sync {
    /// The service of a name, or else of a name for people; `None`: there is none.
    ///
    /// # Errors
    ///
    /// What the service manager says.
    fn find(&self, name: &str) -> Result<Option<Service>>;

    /// Whether it runs.
    ///
    /// # Errors
    ///
    /// What the service manager says.
    fn state(&self, name: &str) -> Result<ServiceState>;

    /// Names of the services that need it, running or not.
    ///
    /// # Errors
    ///
    /// What the service manager says.
    fn dependents(&self, name: &str) -> Result<Vec<String>>;

    /// Tells it to start; one that runs is left alone.
    ///
    /// # Errors
    ///
    /// What the service manager says.
    fn start(&self, name: &str) -> Result<()>;

    /// Tells it to stop; one that does not run is left alone.
    ///
    /// # Errors
    ///
    /// What the service manager says.
    fn stop(&self, name: &str) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_by_the_names_of_their_services() {
        let of = |name: &str| {
            let service = Service { name: name.into(), display_name: String::new(), needs: vec![], can_start: true };
            service.sql_server().map(str::to_owned)
        };
        assert_eq!(of("MSSQL$PAYAMGOSTAR2").as_deref(), Some("PAYAMGOSTAR2"));
        assert_eq!(of("mssqlserver").as_deref(), Some(""));
        assert_eq!(of("mssql-server.service").as_deref(), Some(""));
        assert_eq!(of("SQLAgent$PAYAMGOSTAR2"), None);
        assert_eq!(of("Host"), None);
    }
}
