//! Names of servers: `host`, `host,port`, `host\instance`, `tcp:` and the names of this machine.

use std::fmt;
use std::net::IpAddr;

use crate::error::{Code, Error, Result};

/// TCP port of a default instance (IANA `ms-sql-s`).
pub const DEFAULT_PORT: u16 = 1433;

/// Where a SQL Server is, as `-ServerInstance` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host name or IP address; `localhost` for `.` and `(local)`.
    pub host: String,
    /// Named instance, without the backslash. Ignored when there is a port, as SqlClient does.
    pub instance: Option<String>,
    /// TCP port.
    pub port: Option<u16>,
}

impl Address {
    /// Reads a server name.
    ///
    /// # Errors
    ///
    /// [`Code::Request`] for a name that cannot be one, [`Code::Unsupported`] for a protocol that
    /// is not TCP.
    pub fn parse(text: &str) -> Result<Address> {
        let refuse = |why: &str| {
            Error::new(Code::Request, format!("`{text}` is not the name of a SQL Server: {why}"))
                .hint("give `host`, `host\\instance`, `host,port` or an IP address")
                .target(text)
        };
        let rest = text.trim();
        let rest = match rest.split_once(':') {
            Some((protocol, rest)) if protocol.eq_ignore_ascii_case("tcp") => rest,
            Some((protocol, _)) if ["np", "lpc", "admin"].iter().any(|known| protocol.eq_ignore_ascii_case(known)) => {
                return Err(Error::new(Code::Unsupported, format!("`{protocol}:` connections are not supported"))
                    .hint("connect by TCP: `tcp:host,port`")
                    .target(text));
            }
            _ => rest,
        };
        if rest.to_ascii_lowercase().starts_with("(localdb)") {
            return Err(Error::new(Code::Unsupported, "LocalDB cannot be reached by TCP")
                .hint("use the SQL Server instance that holds the database")
                .target(text));
        }
        let (rest, port) = match rest.rsplit_once(',') {
            Some((rest, port)) => match port.trim().parse::<u16>() {
                Ok(port) if port > 0 => (rest, Some(port)),
                _ => return Err(refuse("after the comma a port from 1 to 65535 is expected")),
            },
            None => (rest, None),
        };
        let (host, instance) = match rest.split_once('\\') {
            Some((host, instance)) => (host.trim(), Some(instance.trim())),
            None => (rest.trim(), None),
        };
        if host.is_empty() {
            return Err(refuse("the host is missing"));
        }
        if let Some(bad) = host.chars().find(|c| c.is_whitespace() || c.is_control() || "/;'\"".contains(*c)) {
            return Err(refuse(&format!("{bad:?} does not belong into a host name")));
        }
        let host = match host.to_ascii_lowercase().as_str() {
            "." | "(local)" | "localhost" => "localhost".to_owned(),
            _ => host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        };
        if host.contains(':') && host.parse::<IpAddr>().is_err() {
            return Err(refuse("a port follows a comma, not a colon"));
        }
        let instance = match instance {
            None => None,
            Some(name) if name.is_empty() || name.len() > 16 || name.contains(['\\', ';', '\'', '"']) => {
                return Err(refuse("after the backslash the name of an instance (1 to 16 characters) is expected"));
            }
            // The default instance by its full name.
            Some(name) if name.eq_ignore_ascii_case("MSSQLSERVER") => None,
            Some(name) => Some(name.to_owned()),
        };
        Ok(Address { host, instance, port })
    }

    /// Whether the host is this machine by a name or address that never leaves it.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if let Some(instance) = &self.instance {
            write!(f, "\\{instance}")?;
        }
        if let Some(port) = self.port {
            write!(f, ",{port}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Option<String>, Option<u16>) {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (address.host, address.instance, address.port)
    }

    #[test]
    fn names_that_admins_type() {
        let inst = Some("PAYAMGOSTAR2".to_owned());
        assert_eq!(parsed("server"), ("server".into(), None, None));
        assert_eq!(parsed("server,1533"), ("server".into(), None, Some(1533)));
        assert_eq!(parsed("tcp:server , 1533"), ("server".into(), None, Some(1533)));
        assert_eq!(parsed(r".\PAYAMGOSTAR2"), ("localhost".into(), inst.clone(), None));
        assert_eq!(parsed(r"(local)\PAYAMGOSTAR2,1500"), ("localhost".into(), inst, Some(1500)));
        assert_eq!(parsed(r"host\MSSQLSERVER"), ("host".into(), None, None));
        assert_eq!(parsed("::1"), ("::1".into(), None, None));
        assert_eq!(parsed("[::1],1433"), ("::1".into(), None, Some(1433)));
        assert_eq!(parsed("192.168.1.5"), ("192.168.1.5".into(), None, None));
    }

    #[test]
    fn names_that_are_none() {
        for text in [
            "",
            "  ",
            ",1433",
            "host,0",
            "host,x",
            "host,70000",
            "host:1433",
            r"host\",
            "a b",
            "np:host",
            "(localdb)\\x",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        for text in [".", "(local)", "LOCALHOST", "127.0.0.1,14330", "::1", r".\X"] {
            assert!(Address::parse(text).is_ok_and(|address| address.is_loopback()), "{text}");
        }
        assert!(!Address::parse("crm").expect("a host").is_loopback());
    }
}
