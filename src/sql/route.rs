//! By which ways a server may be reached, in the order in which they are tried.
//!
//! On Windows a server of this machine is asked through its pipes first: SQL Server Express has TCP
//! switched off when it is installed, and pipes need neither a port nor SQL Server Browser.

use std::fmt;

use super::address::{Address, DEFAULT_INSTANCE, DEFAULT_PORT, LOCALHOST, Protocol};
use crate::error::{Code, Error, Result};

/// A way to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The pipe that stands for shared memory.
    SharedMemory {
        /// Its path.
        path: String,
    },
    /// A named pipe.
    Pipe {
        /// Its path.
        path: String,
        /// Whether the other end can be on this machine only.
        is_local: bool,
    },
    /// A TCP port.
    Tcp {
        /// Host name or IP address.
        host: String,
        /// The port.
        port: u16,
    },
    /// The TCP port that SQL Server Browser tells.
    Browser {
        /// Host name or IP address.
        host: String,
        /// The instance.
        instance: String,
    },
    /// No way: why this one is left out.
    Closed {
        /// Why.
        why: String,
    },
}

/// What this machine tells about itself and its instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// Whether it has named pipes of Windows.
    pub is_windows: bool,
    /// Its own names.
    pub names: Vec<String>,
    /// Its instances; `None` where that cannot be read.
    pub instances: Option<Vec<Instance>>,
}

/// An instance of SQL Server, as the registry knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instance {
    /// Its name; `MSSQLSERVER` for the default one.
    pub name: String,
    /// Its named pipe.
    pub pipe: Option<String>,
    /// Whether TCP is switched on.
    pub tcp: Option<bool>,
    /// Its TCP ports, where it listens on all addresses.
    pub ports: Vec<u16>,
}

impl Machine {
    /// Whether an address is this machine by a name that SQL Server's pipes go by. An IP address is
    /// not: whoever writes one wants TCP, as with SqlClient.
    fn is_host_of(&self, address: &Address) -> bool {
        address.host == LOCALHOST || self.names.iter().any(|name| name.eq_ignore_ascii_case(&address.host))
    }

    fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().flatten().find(|instance| instance.name.eq_ignore_ascii_case(name))
    }

    /// What to look at when a server cannot be reached.
    pub fn hint(&self, address: &Address) -> String {
        let name = address.instance.as_deref().unwrap_or(DEFAULT_INSTANCE);
        if self.is_windows && self.is_host_of(address) && address.port.is_none() {
            let others: Vec<&str> = self.instances.iter().flatten().map(|instance| instance.name.as_str()).collect();
            if matches!(address.protocol, Protocol::Pipe(_)) {
                return "check the path of the pipe, and that the instance is started (see its service)".to_owned();
            }
            if self.instances.is_some() && self.instance(name).is_none() {
                return match others[..] {
                    [] => "no SQL Server is installed on this machine; name the machine that has it".to_owned(),
                    _ => format!("this machine has no instance {name}; it has {}", others.join(", ")),
                };
            }
            let service = if address.instance.is_some() { format!("MSSQL${name}") } else { name.to_owned() };
            return format!(
                "is the service {service} started? Then switch on Shared Memory, Named Pipes or TCP/IP for the instance \
                 (SQL Server Configuration Manager, Network Configuration) and restart the service"
            );
        }
        if matches!(address.protocol, Protocol::NamedPipe | Protocol::Pipe(_)) {
            return "is the instance started, are Named Pipes switched on for it (SQL Server Configuration Manager), and \
                    does the firewall allow file sharing (TCP 445)?"
                .to_owned();
        }
        if address.instance.is_some() && address.port.is_none() {
            return "is the instance started, is the service SQL Server Browser started, and is TCP switched on for the \
                    instance (SQL Server Configuration Manager)? With the instance's port, `host,port` needs no Browser"
                .to_owned();
        }
        "is the instance started, is TCP switched on for it (SQL Server Configuration Manager; Express has it off), is the \
         port right, and does the firewall allow it?"
            .to_owned()
    }
}

/// The ways to a server, best first.
///
/// # Errors
///
/// [`Code::Unsupported`] for pipes where there are none, [`Code::Request`] for the shared memory of
/// another machine.
pub(super) fn routes(address: &Address, machine: &Machine) -> Result<Vec<Route>> {
    let is_here = machine.is_windows && machine.is_host_of(address);
    match &address.protocol {
        Protocol::Any | Protocol::Tcp => {}
        _ if !machine.is_windows => {
            return Err(Error::new(
                Code::Unsupported,
                format!("`{address}` names a pipe of Windows, and this is not Windows"),
            )
            .hint("connect by TCP: `host,port`")
            .target(address.to_string()));
        }
        Protocol::SharedMemory if !is_here => {
            return Err(Error::new(Code::Request, format!("`{address}`: shared memory reaches this machine only"))
                .hint("leave `lpc:` out, or write `np:` or `tcp:`")
                .target(address.to_string()));
        }
        Protocol::SharedMemory => return Ok(vec![shared_memory(address)]),
        Protocol::NamedPipe => return Ok(vec![named_pipe(address, machine, is_here)]),
        Protocol::Pipe(path) => {
            return Ok(vec![Route::Pipe { path: path.clone(), is_local: address.host == LOCALHOST }]);
        }
    }
    let mut routes = Vec::new();
    if is_here && address.protocol == Protocol::Any && address.port.is_none() {
        routes.extend([shared_memory(address), named_pipe(address, machine, true)]);
    }
    routes.extend(tcp(address, machine, is_here));
    Ok(routes)
}

/// `\\.\pipe\SQLLocal\INSTANCE`, as SQL Server 2005 and later name it.
fn shared_memory(address: &Address) -> Route {
    let name = address.instance.as_deref().unwrap_or(DEFAULT_INSTANCE);
    Route::SharedMemory { path: format!(r"\\.\pipe\SQLLocal\{name}") }
}

/// The pipe that the registry tells, or else the one that an instance has when it is installed.
fn named_pipe(address: &Address, machine: &Machine, is_here: bool) -> Route {
    let host = if is_here { "." } else { &address.host };
    let name = address.instance.as_deref().unwrap_or(DEFAULT_INSTANCE);
    let registered = machine.instance(name).and_then(|instance| instance.pipe.clone()).filter(|_| is_here);
    let usual = || match &address.instance {
        Some(name) => format!(r"\\{host}\pipe\MSSQL${name}\sql\query"),
        None => format!(r"\\{host}\pipe\sql\query"),
    };
    Route::Pipe { path: registered.unwrap_or_else(usual), is_local: is_here }
}

fn tcp(address: &Address, machine: &Machine, is_here: bool) -> Vec<Route> {
    let to = |port| Route::Tcp { host: address.host.clone(), port };
    // With a port the instance name is only a name, as for SqlClient.
    if let Some(port) = address.port {
        return vec![to(port)];
    }
    let name = address.instance.as_deref().unwrap_or(DEFAULT_INSTANCE);
    let mut routes = Vec::new();
    match machine.instance(name).filter(|_| is_here) {
        // Its port may be another's by now.
        Some(Instance { tcp: Some(false), .. }) => {
            return vec![Route::Closed { why: format!("TCP is switched off for the instance {name}") }];
        }
        Some(instance) => routes.extend(instance.ports.iter().map(|port| to(*port))),
        None => {}
    }
    match &address.instance {
        Some(instance) => routes.push(Route::Browser { host: address.host.clone(), instance: instance.clone() }),
        None if routes.is_empty() => routes.push(to(DEFAULT_PORT)),
        None => {}
    }
    routes
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::SharedMemory { path } => write!(f, "shared memory ({path})"),
            Route::Pipe { path, .. } => write!(f, "named pipe {path}"),
            Route::Tcp { host, port } => write!(f, "TCP {host},{port}"),
            Route::Browser { host, .. } => write!(f, "SQL Server Browser of {host} (UDP 1434)"),
            Route::Closed { why } => f.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Windows machine `CRM` with Express as it is installed, and a default instance.
    fn crm() -> Machine {
        let express = Instance {
            name: "PAYAMGOSTAR2".into(),
            pipe: Some(r"\\.\pipe\MSSQL$PAYAMGOSTAR2\sql\query".into()),
            tcp: Some(false),
            ports: Vec::new(),
        };
        let other = Instance { name: "OTHER".into(), pipe: None, tcp: Some(true), ports: vec![50_123] };
        let usual = Instance { name: "MSSQLSERVER".into(), pipe: None, tcp: None, ports: vec![1433] };
        Machine {
            is_windows: true,
            names: vec!["CRM".into(), "crm.corp.example".into()],
            instances: Some(vec![express, other, usual]),
        }
    }

    fn shown(text: &str, machine: &Machine) -> Vec<String> {
        let address = Address::parse(text).expect("a name");
        let routes = routes(&address, machine).unwrap_or_else(|error| panic!("{text}: {error}"));
        routes.iter().map(Route::to_string).collect()
    }

    #[test]
    fn an_instance_of_this_machine_goes_by_its_pipes_first() {
        let express = [
            r"shared memory (\\.\pipe\SQLLocal\PAYAMGOSTAR2)",
            r"named pipe \\.\pipe\MSSQL$PAYAMGOSTAR2\sql\query",
            "TCP is switched off for the instance PAYAMGOSTAR2",
        ];
        for text in [
            r".\PAYAMGOSTAR2",
            r"(local)\PAYAMGOSTAR2",
            r"localhost\PAYAMGOSTAR2",
            r"crm\PAYAMGOSTAR2",
            r"CRM.corp.example\PAYAMGOSTAR2",
        ] {
            assert_eq!(shown(text, &crm()), express, "{text}");
        }
        let other = [
            r"shared memory (\\.\pipe\SQLLocal\other)",
            r"named pipe \\.\pipe\MSSQL$other\sql\query",
            "TCP localhost,50123",
            "SQL Server Browser of localhost (UDP 1434)",
        ];
        assert_eq!(shown(r".\other", &crm()), other);
        let usual = [r"shared memory (\\.\pipe\SQLLocal\MSSQLSERVER)", r"named pipe \\.\pipe\sql\query"];
        assert_eq!(shown(".", &crm())[..2], usual);
        assert_eq!(shown(".", &crm())[2..], ["TCP localhost,1433"]);
        let unread = Machine { instances: None, ..crm() };
        assert_eq!(shown(".", &unread)[2..], ["TCP localhost,1433"]);
        assert_eq!(shown(r".\other", &unread)[2..], ["SQL Server Browser of localhost (UDP 1434)"]);
    }

    #[test]
    fn a_protocol_is_kept_to() {
        assert_eq!(shown(r"lpc:crm\other", &crm()), [r"shared memory (\\.\pipe\SQLLocal\other)"]);
        assert_eq!(shown(r"np:.\other", &crm()), [r"named pipe \\.\pipe\MSSQL$other\sql\query"]);
        assert_eq!(shown(r"np:far\other", &crm()), [r"named pipe \\far\pipe\MSSQL$other\sql\query"]);
        assert_eq!(shown("np:far", &crm()), [r"named pipe \\far\pipe\sql\query"]);
        assert_eq!(shown(r"\\far\pipe\x\y", &crm()), [r"named pipe \\far\pipe\x\y"]);
        assert_eq!(
            shown(r"tcp:.\other", &crm()),
            ["TCP localhost,50123", "SQL Server Browser of localhost (UDP 1434)"]
        );
        assert_eq!(shown(r".\other,1500", &crm()), ["TCP localhost,1500"]);
        let renamed = Instance { name: "OTHER".into(), pipe: Some(r"\\.\pipe\mine".into()), ..Instance::default() };
        let machine = Machine { instances: Some(vec![renamed]), ..crm() };
        assert_eq!(shown(r"np:.\other", &machine), [r"named pipe \\.\pipe\mine"]);
        assert_eq!(shown(r"np:far\other", &machine), [r"named pipe \\far\pipe\MSSQL$other\sql\query"]);
    }

    #[test]
    fn other_machines_and_other_systems_go_by_tcp() {
        let browser = ["SQL Server Browser of far (UDP 1434)"];
        assert_eq!(shown(r"far\OTHER", &crm()), browser);
        assert_eq!(shown("far", &crm()), ["TCP far,1433"]);
        assert_eq!(shown(r"127.0.0.1\OTHER", &crm()), ["SQL Server Browser of 127.0.0.1 (UDP 1434)"]);
        let linux = Machine::default();
        assert_eq!(shown(r".\OTHER", &linux), ["SQL Server Browser of localhost (UDP 1434)"]);
        assert_eq!(shown(".", &linux), ["TCP localhost,1433"]);
    }

    #[test]
    fn pipes_that_cannot_be() {
        let refused = |text: &str, machine: &Machine| {
            routes(&Address::parse(text).expect("a name"), machine).expect_err(text).code
        };
        for text in [r"lpc:.\X", r"np:.\X", r"np:\\.\pipe\sql\query", r"\\far\pipe\sql\query"] {
            assert_eq!(refused(text, &Machine::default()), Code::Unsupported, "{text}");
        }
        assert_eq!(refused(r"lpc:far\X", &crm()), Code::Request);
    }

    #[test]
    fn hints_name_what_is_there() {
        let hint = |text: &str| crm().hint(&Address::parse(text).expect("a name"));
        assert_eq!(
            hint(r".\SQLEXPRESS"),
            "this machine has no instance SQLEXPRESS; it has PAYAMGOSTAR2, OTHER, MSSQLSERVER"
        );
        assert!(hint(r".\PAYAMGOSTAR2").contains("MSSQL$PAYAMGOSTAR2 started? Then switch on Shared Memory"));
        assert!(hint(".").contains("service MSSQLSERVER started"));
        assert!(hint(r"far\X").contains("SQL Server Browser"));
        assert!(hint("far").contains("firewall"));
        assert!(hint(r"np:far\X").contains("445"));
        assert!(hint(r"\\.\pipe\x").contains("path of the pipe"));
    }
}
