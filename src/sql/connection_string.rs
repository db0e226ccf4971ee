//! ADO.NET connection strings, read by their own rules: every key is known, or refused by name.
//!
//! Syntax: `key=value;...`; a value may be in single or double quotes, which double inside; `==`
//! in a key is one `=`; of a key given twice the last counts. Keys and synonyms: Microsoft.Data.SqlClient
//! 5 and System.Data.SqlClient. (tiberius' own reader drops what it does not know without a word.)

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::address::{Address, Protocol};
use super::connect::{CONNECT_TIMEOUT, Encrypt, Login, Options, Secret};
use crate::error::{Code, Error, Result};

/// What a key is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Server,
    Database,
    User,
    Password,
    Integrated,
    Encrypt,
    Trust,
    HostName,
    Certificate,
    Timeout,
    AppName,
    Authentication,
    NetworkLibrary,
    /// It changes nothing here: pools, packet sizes, names for monitors.
    NoMatter,
    /// It may only be switched off.
    OnlyOff,
    /// It asks for something that is not done here.
    Refused,
}

/// Keys without spaces, lower case.
const KEYS: &[(&str, Key)] = &[
    ("addr", Key::Server),
    ("address", Key::Server),
    ("app", Key::AppName),
    ("applicationintent", Key::NoMatter),
    ("applicationname", Key::AppName),
    ("asynchronousprocessing", Key::NoMatter),
    ("attachdbfilename", Key::Refused),
    ("attestationprotocol", Key::Refused),
    ("authentication", Key::Authentication),
    ("columnencryptionsetting", Key::NoMatter),
    ("commandtimeout", Key::NoMatter),
    ("connectionlifetime", Key::NoMatter),
    ("connectionreset", Key::NoMatter),
    ("connectiontimeout", Key::Timeout),
    ("connectretrycount", Key::NoMatter),
    ("connectretryinterval", Key::NoMatter),
    ("connecttimeout", Key::Timeout),
    ("contextconnection", Key::OnlyOff),
    ("currentlanguage", Key::NoMatter),
    ("database", Key::Database),
    ("datasource", Key::Server),
    ("enclaveattestationurl", Key::Refused),
    ("encrypt", Key::Encrypt),
    ("enlist", Key::NoMatter),
    ("extendedproperties", Key::Refused),
    ("failoverpartner", Key::Refused),
    ("failoverpartnerspn", Key::Refused),
    ("hostnameincertificate", Key::HostName),
    ("initialcatalog", Key::Database),
    ("initialfilename", Key::Refused),
    ("integratedsecurity", Key::Integrated),
    ("ipaddresspreference", Key::NoMatter),
    ("language", Key::NoMatter),
    ("loadbalancetimeout", Key::NoMatter),
    ("maxpoolsize", Key::NoMatter),
    ("minpoolsize", Key::NoMatter),
    ("multipleactiveresultsets", Key::NoMatter),
    ("multisubnetfailover", Key::NoMatter),
    ("net", Key::NetworkLibrary),
    ("network", Key::NetworkLibrary),
    ("networkaddress", Key::Server),
    ("networklibrary", Key::NetworkLibrary),
    ("packetsize", Key::NoMatter),
    ("password", Key::Password),
    ("persistsecurityinfo", Key::NoMatter),
    ("poolblockingperiod", Key::NoMatter),
    ("pooling", Key::NoMatter),
    ("pwd", Key::Password),
    ("replication", Key::NoMatter),
    ("server", Key::Server),
    ("servercertificate", Key::Certificate),
    ("serverspn", Key::Refused),
    ("timeout", Key::Timeout),
    ("transactionbinding", Key::NoMatter),
    ("transparentnetworkipresolution", Key::NoMatter),
    ("trustedconnection", Key::Integrated),
    ("trustservercertificate", Key::Trust),
    ("typesystemversion", Key::NoMatter),
    ("uid", Key::User),
    ("user", Key::User),
    ("userid", Key::User),
    ("userinstance", Key::OnlyOff),
    ("workstationid", Key::NoMatter),
    ("wsid", Key::NoMatter),
];

/// Reads a connection string. `secret` is the password where the string has none.
///
/// # Errors
///
/// [`Code::Request`] or [`Code::Unsupported`] with the key at fault; values of passwords are never
/// repeated.
pub fn parse(text: &str, secret: Option<Zeroizing<String>>) -> Result<Options> {
    let mut read = Read { secret, ..Read::default() };
    for (name, value) in split(text)? {
        read.take(&name, value)?;
    }
    read.options()
}

/// Whether the string holds a password.
///
/// # Errors
///
/// [`Code::Request`] if it is not a connection string.
pub fn has_password(text: &str) -> Result<bool> {
    Ok(split(text)?.iter().any(|(name, _)| key(name) == Some(Key::Password)))
}

fn key(name: &str) -> Option<Key> {
    let folded: String =
        name.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect();
    KEYS.binary_search_by_key(&folded.as_str(), |(key, _)| key).ok().map(|at| KEYS[at].1)
}

#[derive(Default)]
struct Read {
    server: Option<String>,
    network: Option<Protocol>,
    user: Option<String>,
    secret: Option<Zeroizing<String>>,
    integrated: bool,
    encrypt: Option<Encrypt>,
    trust: Option<bool>,
    host_name: Option<String>,
    certificate: Option<PathBuf>,
    timeout: Option<Duration>,
    app_name: Option<String>,
    /// What follows a password may be the rest of it: one with `;` that has no quotes.
    after_password: bool,
}

impl Read {
    fn take(&mut self, name: &str, value: Zeroizing<String>) -> Result<()> {
        let refuse = |code, why: &str| Err(Error::new(code, format!("connection string: `{name}` {why}")).target(name));
        let Some(key) = key(name) else {
            return if self.after_password || !may_be_shown(name) {
                Err(hidden("a key is not one of SQL Server's connection strings"))
            } else {
                refuse(Code::Request, "is not a key of SQL Server's connection strings")
            };
        };
        let text = value.as_str();
        match key {
            Key::Server if self.after_password || text.contains([';', '=']) => {
                // Its error would repeat what may be a password.
                Address::parse(text).map_err(|_| hidden("what it names is not a server"))?;
                self.server = Some(text.to_owned());
            }
            Key::Server => self.server = Some(text.to_owned()),
            Key::User => self.user = Some(text.to_owned()),
            Key::Password => {
                self.secret = Some(value);
                self.after_password = true;
            }
            Key::Integrated => self.integrated = yes(name, text)?,
            Key::Encrypt => self.encrypt = Some(encrypt(name, text)?),
            Key::Trust => self.trust = Some(yes(name, text)?),
            Key::HostName => self.host_name = Some(text.to_owned()),
            Key::Certificate => self.certificate = Some(PathBuf::from(text)),
            Key::AppName => self.app_name = Some(text.to_owned()),
            Key::Timeout => match text.parse::<u64>() {
                // 0 is "for ever" for SqlClient; a day is near enough.
                Ok(0) => self.timeout = Some(Duration::from_secs(86_400)),
                Ok(seconds @ 1..=86_400) => self.timeout = Some(Duration::from_secs(seconds)),
                _ => return refuse(Code::Request, "is not a number of seconds"),
            },
            Key::Authentication
                if text.eq_ignore_ascii_case("SqlPassword") || text.eq_ignore_ascii_case("Sql Password") => {}
            Key::Authentication => return refuse(Code::Unsupported, "asks for a login that PGBackup does not know"),
            Key::NetworkLibrary => match text.to_ascii_lowercase().as_str() {
                "dbmssocn" => self.network = Some(Protocol::Tcp),
                "dbnmpntw" => self.network = Some(Protocol::NamedPipe),
                "dbmslpcn" => self.network = Some(Protocol::SharedMemory),
                _ => return refuse(Code::Unsupported, "asks for another protocol than TCP and pipes"),
            },
            // Backups are made from master; the database to back up is named by the command.
            Key::Database | Key::NoMatter => {}
            Key::OnlyOff if !yes(name, text)? => {}
            Key::OnlyOff | Key::Refused => {
                return refuse(Code::Unsupported, "asks for something that PGBackup does not do");
            }
        }
        Ok(())
    }

    fn options(self) -> Result<Options> {
        let refuse = |why: &str| Error::new(Code::Request, format!("connection string: {why}"));
        let server = self.server.ok_or_else(|| refuse("it names no server").hint("add Server=host"))?;
        let login = match (self.integrated, self.user, self.secret) {
            (true, ..) | (false, None, None) => Login::Integrated,
            (false, Some(user), Some(secret)) => Login::Sql { user, secret: Secret::new(secret) },
            (false, Some(_), None) => return Err(refuse("it has a user and no password")),
            (false, None, Some(_)) => return Err(refuse("it has a password and no user")),
        };
        let mut address = Address::parse(&server)?;
        // What stands before the name wins, as for SqlClient; with a port it is TCP in any case.
        if let Some(network) = self.network.filter(|_| address.protocol == Protocol::Any && address.port.is_none()) {
            address.protocol = network;
        }
        Ok(Options {
            address,
            login,
            encrypt: self.encrypt.unwrap_or(Encrypt::Mandatory),
            trust_server_certificate: self.trust,
            ca_file: self.certificate,
            host_name_in_certificate: self.host_name,
            connect_timeout: self.timeout.unwrap_or(CONNECT_TIMEOUT),
            app_name: self.app_name.unwrap_or_else(|| "PGBackup".to_owned()),
        })
    }
}

/// An error that repeats nothing of the string.
fn hidden(why: &str) -> Error {
    Error::new(Code::Request, format!("connection string: {why} (it is not repeated: it may be part of a password)"))
        .hint(
            "a value with `;` stands in quotes, and one that begins with `=` too; else check how the keys are spelled",
        )
}

/// Whether a text that stands where a key belongs is one that somebody mistyped, and not `Password` with its value.
fn may_be_shown(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let has_more = lower.contains(char::is_whitespace) && ["pass", "pwd"].iter().any(|word| lower.contains(word));
    !has_more && name.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '_')
}

fn yes(name: &str, text: &str) -> Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "sspi" => Ok(true),
        "false" | "no" => Ok(false),
        _ => {
            Err(Error::new(Code::Request, format!("connection string: `{name}` is neither true nor false"))
                .target(name))
        }
    }
}

fn encrypt(name: &str, text: &str) -> Result<Encrypt> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "mandatory" => Ok(Encrypt::Mandatory),
        "false" | "no" | "optional" => Ok(Encrypt::Optional),
        "strict" => Ok(Encrypt::Strict),
        _ => {
            Err(Error::new(Code::Request, format!("connection string: `{name}` is not mandatory, optional or strict"))
                .target(name))
        }
    }
}

/// Keys and values, in their order.
fn split(text: &str) -> Result<Vec<(String, Zeroizing<String>)>> {
    let mut pairs = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace() || *c == ';').is_some() {}
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let mut key = String::new();
        loop {
            match rest.next() {
                Some('=') if rest.next_if_eq(&'=').is_some() => key.push('='),
                Some('=') => break,
                // The text may be a password that lost its key: it is not repeated.
                Some(';') | None => {
                    return Err(Error::new(Code::Request, "connection string: a key without `=`")
                        .hint("write `key=value;key=value`; a value with `;` stands in quotes"));
                }
                Some(c) => key.push(c),
            }
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let mut value = Zeroizing::new(String::new());
        if let Some(quote) = rest.next_if(|c| *c == '\'' || *c == '"') {
            loop {
                match rest.next() {
                    Some(c) if c == quote && rest.next_if_eq(&quote).is_none() => break,
                    Some(c) => value.push(c),
                    None => {
                        return Err(wrong_quotes("the quote of this value is not closed", key.trim()));
                    }
                }
            }
            while rest.next_if(|c| c.is_whitespace()).is_some() {}
            if !matches!(rest.next(), Some(';') | None) {
                return Err(wrong_quotes("something follows this quoted value", key.trim()));
            }
        } else {
            while let Some(c) = rest.next_if(|c| *c != ';') {
                value.push(c);
            }
            let trimmed = value.trim_end().len();
            value.truncate(trimmed);
        }
        pairs.push((key.trim().to_owned(), value));
    }
}

fn wrong_quotes(what: &str, name: &str) -> Error {
    match key(name) {
        Some(_) => Error::new(Code::Request, format!("connection string: `{name}`: {what}")).target(name),
        None => hidden(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Options {
        parse(text, None).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn keys_ascend_so_that_they_can_be_found() {
        assert!(KEYS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn what_admins_have() {
        let options = read(
            r"Data Source=tcp:crm\PAYAMGOSTAR2,1500; Initial Catalog=PayamGostar2;User ID=sa;Password=رمز;Trust Server Certificate=True;Connect Timeout=5",
        );
        assert_eq!(options.address.to_string(), r"crm\PAYAMGOSTAR2,1500");
        assert!(matches!(&options.login, Login::Sql { user, .. } if user == "sa"));
        assert_eq!(options.trust_server_certificate, Some(true));
        assert_eq!(options.connect_timeout, Duration::from_secs(5));
        assert!(matches!(read("Server=.;Trusted_Connection=yes").login, Login::Integrated));
        assert_eq!(read("address=.;Encrypt=strict").encrypt, Encrypt::Strict);
        assert_eq!(read("server=a;server=b").address.host, "b");
        assert_eq!(read("server=a;network library=dbnmpntw").address.to_string(), "np:a");
        assert_eq!(read("server=tcp:a;net=dbmslpcn").address.to_string(), "tcp:a");
    }

    #[test]
    fn quotes() {
        let pairs = split(r#"a="x;y""z" ; b='it''s';c= d e ;;f=="#).expect_err("`f==` has no value");
        assert_eq!(pairs.code, Code::Request);
        let pairs = split(r#"a="x;y""z" ; b='it''s';c= d e ;;f==g=h"#).expect("pairs");
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "x;y\"z"), ("b", "it's"), ("c", "d e"), ("f=g", "h")]);
    }

    #[test]
    fn nothing_is_dropped_without_a_word() {
        for (text, key) in [
            ("Server=.;Trust=yes", "Trust"),
            ("Server=.;Authentication=ActiveDirectoryPassword", "Authentication"),
            ("Server=.;Failover Partner=x", "Failover Partner"),
            ("Server=.;Encrypt=perhaps", "Encrypt"),
            ("Server=.;User Instance=true", "User Instance"),
        ] {
            assert_eq!(parse(text, None).expect_err(text).target.as_deref(), Some(key));
        }
    }

    #[test]
    fn a_password_is_never_repeated() {
        for text in [
            "Server=.;Pwd='hunter2",
            "hunter2;Server=.",
            "Server=.;Pwd='a'hunter2",
            "Pwd=hunter2",
            "Server=.;Pwd=hunter2",
            // Found by fuzzing: passwords that would have needed quotes.
            "Server=.;User ID=sa;Password=a;hunter2=b",
            "Server=.;User ID=sa;Password==hunter2=b",
            "Server=.;User ID=sa;Password=a;Server=hunter2 b",
            "Server=.;Password hunter2=b",
            "Server=.;Password:hunter2=b",
            "hunter2='",
            "Server='a;Password=hunter2'",
        ] {
            let error = parse(text, None).expect_err(text);
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
