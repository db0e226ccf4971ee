//! Names of servers: `host`, `host,port`, `host\instance`, the names of this machine, and `tcp:`, `lpc:`,
//! `np:` before them, as SqlClient reads them.

use std::fmt;
use std::net::IpAddr;

use crate::error::{Code, Error, Result};

/// TCP port of a default instance (IANA `ms-sql-s`).
pub const DEFAULT_PORT: u16 = 1433;

/// The name of the default instance.
pub const DEFAULT_INSTANCE: &str = "MSSQLSERVER";

/// The longest path of a pipe (CreateNamedPipe).
const PIPE_LIMIT: usize = 256;

/// Where a SQL Server is, as `-ServerInstance` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host name or IP address; `localhost` for `.` and `(local)`.
    pub host: String,
    /// Named instance, without the backslash. Ignored when there is a port, as SqlClient does.
    pub instance: Option<String>,
    /// TCP port.
    pub port: Option<u16>,
    /// By what it was asked to be reached.
    pub protocol: Protocol,
}

/// By what a server is asked to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Nothing was said: whatever leads there.
    Any,
    /// `tcp:`
    Tcp,
    /// `lpc:`, shared memory. Since SQL Server 2005 it is a pipe that no other machine can open.
    SharedMemory,
    /// `np:`, the named pipe of the instance.
    NamedPipe,
    /// `np:\\host\pipe\...` or the path alone: this pipe.
    Pipe(String),
}

impl Address {
    /// Reads a server name.
    ///
    /// # Errors
    ///
    /// [`Code::Request`] for a name that cannot be one, [`Code::Unsupported`] for a way to connect
    /// that there is not.
    pub fn parse(text: &str) -> Result<Address> {
        let (protocol, rest) = protocol(text)?;
        if rest.to_ascii_lowercase().starts_with("(localdb)") {
            return Err(Error::new(Code::Unsupported, "LocalDB is not supported: it runs only while its user does")
                .hint("use the SQL Server instance that holds the database")
                .target(text));
        }
        if matches!(protocol, Protocol::Any | Protocol::NamedPipe) && rest.starts_with(r"\\") {
            return pipe(text, rest);
        }
        let (rest, port) = match rest.rsplit_once(',') {
            Some((rest, port)) => match port.trim().parse::<u16>() {
                Ok(port) if port > 0 => (rest, Some(port)),
                _ => return Err(refused(text, "after the comma a port from 1 to 65535 is expected")),
            },
            None => (rest, None),
        };
        if port.is_some() && !matches!(protocol, Protocol::Any | Protocol::Tcp) {
            return Err(refused(text, "pipes have no ports; leave the port out, or write `tcp:`"));
        }
        let (host, instance) = match rest.split_once('\\') {
            Some((host, instance)) => (host, Some(self::instance(text, instance.trim())?)),
            None => (rest, None),
        };
        Ok(Address { host: self::host(text, host.trim())?, instance: instance.flatten(), port, protocol })
    }

    /// Whether the host is this machine by a name or address that never leaves it.
    pub fn is_loopback(&self) -> bool {
        self.host == LOCALHOST || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// What `.` and `(local)` mean.
pub const LOCALHOST: &str = "localhost";

fn refused(text: &str, why: &str) -> Error {
    Error::new(Code::Request, format!("`{text}` is not the name of a SQL Server: {why}"))
        .hint(r"give `host`, `host\instance`, `host,port`, an IP address, or on Windows `np:\\host\pipe\...`")
        .target(text)
}

/// The word before the colon, and what follows it.
fn protocol(text: &str) -> Result<(Protocol, &str)> {
    let rest = text.trim();
    let Some((word, behind)) = rest.split_once(':') else { return Ok((Protocol::Any, rest)) };
    let protocol = match word.trim().to_ascii_lowercase().as_str() {
        "tcp" => Protocol::Tcp,
        "lpc" => Protocol::SharedMemory,
        "np" => Protocol::NamedPipe,
        "admin" => {
            return Err(Error::new(Code::Unsupported, "`admin:` connections are not supported")
                .hint("leave `admin:` out: the dedicated administrator connection is for a server that is in trouble")
                .target(text));
        }
        // The colon belongs to what follows: an IPv6 address, or something wrong.
        _ => return Ok((Protocol::Any, rest)),
    };
    Ok((protocol, behind.trim()))
}

fn host(text: &str, host: &str) -> Result<String> {
    if host.is_empty() {
        return Err(refused(text, "the host is missing"));
    }
    if let Some(bad) = host.chars().find(|c| c.is_whitespace() || c.is_control() || "/\\;'\"".contains(*c)) {
        return Err(refused(text, &format!("{bad:?} does not belong into a host name")));
    }
    let host = match host.to_ascii_lowercase().as_str() {
        "." | "(local)" | LOCALHOST => LOCALHOST,
        _ => host.trim_start_matches('[').trim_end_matches(']'),
    };
    if host.contains(':') && host.parse::<IpAddr>().is_err() {
        return Err(refused(text, "a port follows a comma, not a colon"));
    }
    Ok(host.to_owned())
}

/// The name of an instance; `None` for the default one by its full name.
fn instance(text: &str, name: &str) -> Result<Option<String>> {
    if name.is_empty() || name.len() > 16 || name.contains(['\\', '/', ':', ';', '\'', '"']) {
        return Err(refused(text, "after the backslash the name of an instance (1 to 16 characters) is expected"));
    }
    Ok(Some(name.to_owned()).filter(|name| !name.eq_ignore_ascii_case(DEFAULT_INSTANCE)))
}

/// `\\host\pipe\name`, where the name may have backslashes of its own.
fn pipe(text: &str, path: &str) -> Result<Address> {
    let mut parts = path[2..].splitn(3, '\\');
    let (Some(server), Some(pipe), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(refused(text, r"the path of a pipe is `\\host\pipe\name`"));
    };
    let is_bad = |c: char| c.is_control() || "/:<>\"|".contains(c);
    if !pipe.eq_ignore_ascii_case("pipe") || name.is_empty() || name.contains(is_bad) || path.len() > PIPE_LIMIT {
        return Err(refused(text, r"the path of a pipe is `\\host\pipe\name`, at most 256 characters"));
    }
    let host = host(text, server)?;
    let shown = if host == LOCALHOST { "." } else { server };
    let path = format!(r"\\{shown}\pipe\{name}");
    Ok(Address { host, instance: None, port: None, protocol: Protocol::Pipe(path) })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.protocol {
            Protocol::Pipe(path) => return write!(f, "np:{path}"),
            Protocol::NamedPipe => f.write_str("np:")?,
            Protocol::SharedMemory => f.write_str("lpc:")?,
            // With a port it is TCP in any case.
            Protocol::Tcp if self.port.is_none() => f.write_str("tcp:")?,
            Protocol::Tcp | Protocol::Any => {}
        }
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
    fn pipes() {
        let by = |text: &str| {
            let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            (address.protocol.clone(), address.to_string())
        };
        let pipe = |path: &str| Protocol::Pipe(path.to_owned());
        assert_eq!(by(r".\X"), (Protocol::Any, r"localhost\X".into()));
        assert_eq!(by(r"LPC:.\X"), (Protocol::SharedMemory, r"lpc:localhost\X".into()));
        assert_eq!(by(r"np:crm\X"), (Protocol::NamedPipe, r"np:crm\X".into()));
        assert_eq!(by("tcp:crm"), (Protocol::Tcp, "tcp:crm".into()));
        let path = r"\\.\pipe\MSSQL$X\sql\query";
        for text in [r"np:\\.\pipe\MSSQL$X\sql\query", r"\\(LOCAL)\PIPE\MSSQL$X\sql\query"] {
            assert_eq!(by(text), (pipe(path), format!("np:{path}")));
            assert!(Address::parse(text).is_ok_and(|address| address.is_loopback()), "{text}");
        }
        assert_eq!(by(r"np:\\crm\pipe\sql\query").0, pipe(r"\\crm\pipe\sql\query"));
        for text in [r"np:\\.\pipe\MSSQL$X\sql\query", r"lpc:.\X", "tcp:crm", r"np:crm\X", "::1", "crm,1"] {
            let address = Address::parse(text).expect(text);
            assert_eq!(Address::parse(&address.to_string()), Ok(address), "{text}");
        }
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
            r"host\a\b",
            r"host\C:",
            "np:host,1433",
            "lpc:.,1433",
            "admin:.",
            "np:",
            r"\\host",
            r"\\host\pipe",
            r"\\host\pipe\",
            r"\\host\share\sql\query",
            r"\\\pipe\sql\query",
            r"tcp:\\host\pipe\sql\query",
            "np:\\\\host\\pipe\\a/b",
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
