//! Gets a session on a server: address, transport, encryption, login, and their time limit.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::address::{Address, DEFAULT_PORT};
use super::browser;
use super::session::Session;
use crate::error::{Code, Error, Result};

/// The time limit for getting a session when none is given.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A password: never printed, wiped when dropped.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a password over.
    pub fn new(text: Zeroizing<String>) -> Secret {
        Secret(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Who logs in.
#[derive(Clone, Debug)]
pub enum Login {
    /// A SQL login.
    Sql {
        /// Its name.
        user: String,
        /// Its password.
        secret: Secret,
    },
    /// A Windows login by name and password.
    Windows {
        /// `DOMAIN\user`.
        user: String,
        /// Its password.
        secret: Secret,
    },
    /// The account that this process runs as.
    Integrated,
}

/// How the connection is encrypted, by SqlClient's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypt {
    /// TDS 8: TLS before anything else. SQL Server 2022 and later.
    Strict,
    /// All traffic is encrypted, else there is no connection.
    Mandatory,
    /// Only the login is encrypted unless the server insists on more.
    Optional,
}

/// Everything needed to get a session.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server is.
    pub address: Address,
    /// Who logs in.
    pub login: Login,
    /// How the connection is encrypted.
    pub encrypt: Encrypt,
    /// Whether the server's certificate is taken without a check. `None`: only on loopback, where
    /// nobody can stand between, and SQL Server's own certificate is self-signed.
    pub trust_server_certificate: Option<bool>,
    /// Certificates (PEM or DER) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name in the server's certificate when it is not the host's.
    pub host_name_in_certificate: Option<String>,
    /// Time limit for the whole of it.
    pub connect_timeout: Duration,
    /// How the session calls itself in `sys.dm_exec_sessions`.
    pub app_name: String,
}

impl Options {
    /// An instance of this machine, entered by the account of this process.
    ///
    /// # Errors
    ///
    /// See [`Address::parse`].
    pub fn local(instance: &str) -> Result<Options> {
        let address = if instance.is_empty() { "localhost".to_owned() } else { format!("localhost\\{instance}") };
        Ok(Options {
            address: Address::parse(&address)?,
            login: Login::Integrated,
            encrypt: Encrypt::Mandatory,
            trust_server_certificate: None,
            ca_file: None,
            host_name_in_certificate: None,
            connect_timeout: CONNECT_TIMEOUT,
            app_name: "PGBackup".to_owned(),
        })
    }
}

/// A stream to a server. TCP today; whatever else can carry TDS may be added in [`dial`].
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transport for T {}

pub(super) type Wire = Compat<Box<dyn Transport>>;

/// Connects and logs in.
///
/// # Errors
///
/// Says what was tried and what to change: [`Code::Connect`], [`Code::Tls`], [`Code::Auth`],
/// [`Code::Timeout`], [`Code::Cancelled`].
pub async fn connect(options: &Options, cancel: &CancellationToken) -> Result<Session> {
    connect_by(options, Instant::now() + options.connect_timeout, cancel).await
}

/// The same, by a moment of the caller's choice.
///
/// # Errors
///
/// As [`connect`].
pub async fn connect_by(options: &Options, deadline: Instant, cancel: &CancellationToken) -> Result<Session> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::cancelled(format!("cancelled while connecting to `{}`", options.address))),
        session = connect_in_time(options, deadline) => session,
    }
}

async fn connect_in_time(options: &Options, deadline: Instant) -> Result<Session> {
    let (wire, peer) = dial(&options.address, deadline).await?;
    let config = config(options, &peer, deadline)?;
    Session::open(options.clone(), config, wire, deadline).await
}

/// Opens the stream by which the server is reached.
async fn dial(address: &Address, deadline: Instant) -> Result<(Wire, SocketAddr)> {
    let unreachable = |tried: Vec<String>, hint: &str| {
        let mut error = Error::new(Code::Connect, format!("SQL Server `{address}` cannot be reached")).hint(hint);
        error.target = Some(address.to_string());
        error.causes = tried;
        error.retryable = true;
        error
    };
    // With a port the instance name is only a name, as for SqlClient.
    let browse = address.instance.as_deref().filter(|_| address.port.is_none());
    let port = address.port.unwrap_or(if browse.is_some() { browser::PORT } else { DEFAULT_PORT });
    let hosts = match timeout_at(deadline, lookup_host((address.host.as_str(), port))).await {
        Ok(Ok(hosts)) => hosts.collect::<Vec<_>>(),
        Ok(Err(error)) => {
            return Err(unreachable(
                vec![format!("the name `{}` was not found: {error}", address.host)],
                "check the spelling of the host; on the server itself use `.` or `localhost`",
            ));
        }
        Err(_) => return Err(timed_out(address, "the name of the host was not resolved in time")),
    };
    let mut tried = Vec::new();
    for mut host in hosts {
        if let Some(instance) = browse {
            match timeout_at(deadline, browser::port_of(host, instance)).await {
                Ok(Ok(port)) => host.set_port(port),
                Ok(Err(why)) => {
                    tried.push(why);
                    continue;
                }
                Err(_) => return Err(timed_out(address, "SQL Server Browser (UDP 1434) did not answer in time")),
            }
        }
        match timeout_at(deadline, TcpStream::connect(host)).await {
            Ok(Ok(stream)) => {
                // Statements are small and answers matter at once.
                stream.set_nodelay(true).ok();
                let boxed: Box<dyn Transport> = Box::new(stream);
                return Ok((boxed.compat_write(), host));
            }
            Ok(Err(error)) => tried.push(format!("TCP {host}: {error}")),
            Err(_) => return Err(timed_out(address, &format!("TCP {host} did not answer in time"))),
        }
    }
    let hint = if browse.is_some() {
        "is the instance started, is the service SQL Server Browser started, and is TCP switched on for the instance \
         (SQL Server Configuration Manager)? With the instance's port, `host,port` needs no Browser"
    } else {
        "is the instance started, is TCP switched on for it (SQL Server Configuration Manager; Express has it off), is \
         the port right, and does the firewall allow it?"
    };
    Err(unreachable(tried, hint))
}

fn timed_out(address: &Address, what: &str) -> Error {
    Error::new(Code::Timeout, format!("no connection to SQL Server `{address}` in time: {what}"))
        .hint("check host, port and firewall, or allow more time with -ConnectTimeoutSec")
        .target(address.to_string())
        .retryable()
}

fn config(options: &Options, peer: &SocketAddr, deadline: Instant) -> Result<Config> {
    let mut config = Config::new();
    config.host(&options.address.host);
    config.port(peer.port());
    config.database("master");
    config.application_name(&options.app_name);
    // The deadline outside covers it; two clocks would give two different errors.
    config.handshake_timeout(Some(deadline.saturating_duration_since(Instant::now()) + Duration::from_secs(1)));
    // A BACKUP may say nothing for longer than any limit: the 30 s default would kill it.
    config.command_timeout(None);
    config.lossy_utf16_decoding(true);
    config.encryption(match options.encrypt {
        Encrypt::Strict => EncryptionLevel::Strict,
        Encrypt::Mandatory => EncryptionLevel::Required,
        Encrypt::Optional => EncryptionLevel::Off,
    });
    let unasked_trust =
        options.address.is_loopback() && options.encrypt != Encrypt::Strict && options.ca_file.is_none();
    if options.trust_server_certificate.unwrap_or(unasked_trust) {
        if options.ca_file.is_some() {
            return Err(Error::new(Code::Request, "`trust_server_certificate` and `ca_file` contradict each other")
                .hint("give only one: trust any certificate, or those of the file"));
        }
        config.trust_cert();
    } else if let Some(file) = &options.ca_file {
        let bundle = std::fs::read(file).map_err(|error| {
            Error::new(Code::FileNotFound, format!("the certificate file `{}` cannot be read", file.display()))
                .cause(error)
                .target(file.display().to_string())
        })?;
        config.trust_cert_ca_bundle(bundle);
    }
    if let Some(name) = &options.host_name_in_certificate {
        config.hostname_in_certificate(name);
    }
    config.authentication(match &options.login {
        Login::Sql { user, secret } => AuthMethod::sql_server(user, secret.0.as_str()),
        login => windows_login(login)?,
    });
    Ok(config)
}

#[cfg(windows)]
fn windows_login(login: &Login) -> Result<AuthMethod> {
    Ok(match login {
        Login::Windows { user, secret } => AuthMethod::windows(user, secret.0.as_str()),
        _ => AuthMethod::Integrated,
    })
}

#[cfg(not(windows))]
fn windows_login(_: &Login) -> Result<AuthMethod> {
    Err(Error::new(Code::Unsupported, "Windows logins work on Windows only")
        .hint("use a SQL login (user and password) from this machine"))
}

/// The error of a handshake that failed after the stream was open.
pub(super) fn handshake_error(options: &Options, error: tiberius::error::Error) -> Error {
    use tiberius::error::{Error as Driver, IoErrorKind};
    let address = &options.address;
    let new = |code, message: String, hint: &str| {
        Error::new(code, message).hint(hint).target(address.to_string()).cause(&error)
    };
    match &error {
        Driver::Tls(_) => new(
            Code::Tls,
            format!("no trusted encryption with SQL Server `{address}`"),
            "if the server has a self-signed certificate: give its certificate with -CAFile, or take any with \
             -TrustServerCertificate; if the name differs: -HostNameInCertificate",
        ),
        Driver::Io { kind: IoErrorKind::TimedOut, .. } => {
            timed_out(address, "the port is open, but what is behind it does not answer as a SQL Server does")
        }
        Driver::Io { kind: IoErrorKind::InvalidData, message }
            if message.to_ascii_lowercase().contains("certificate") =>
        {
            new(
                Code::Tls,
                format!("the certificate of SQL Server `{address}` is not trusted"),
                "give the certificate of its authority with -CAFile, or take any with -TrustServerCertificate",
            )
        }
        Driver::Io {
            kind:
                IoErrorKind::UnexpectedEof
                | IoErrorKind::ConnectionReset
                | IoErrorKind::ConnectionAborted
                | IoErrorKind::BrokenPipe,
            message,
        } if !message.to_ascii_lowercase().contains("handshake") => new(
            Code::ConnectionLost,
            format!("what answers at `{address}` closed the connection before the login was done"),
            "is the server starting or stopping? Else check the port; with -Encrypt Strict the server must be SQL \
             Server 2022 or later",
        )
        .retryable(),
        Driver::Io { message, .. } if message.to_ascii_lowercase().contains("tls") => new(
            Code::Tls,
            format!("no agreement on encryption with SQL Server `{address}`"),
            "the server may be too old for TLS 1.2, or may not know TDS 8 (-Encrypt Strict)",
        ),
        Driver::Routing { host, port } => new(
            Code::Connect,
            format!("SQL Server `{address}` sends its clients to `{host},{port}`"),
            "connect to that name instead",
        ),
        _ => new(
            Code::Connect,
            format!("what answers at `{address}` is not a SQL Server"),
            "check the port; with -Encrypt Strict the server must be SQL Server 2022 or later",
        ),
    }
}

/// The client over our transports.
pub(super) type TdsClient = Client<Wire>;
