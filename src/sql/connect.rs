//! Gets a session on a server: address, transport, encryption, login, and their time limit.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::time::{Instant, timeout_at};
use tokio_util::compat::Compat;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::address::Address;
use super::dial::{dial, timed_out};
use super::facts::{self, ServerFacts};
use super::session::Session;
use super::tds::{self, Account, Certificate, Conversation, TlsTrouble, Trouble, Trust, Unreadable, Wish};
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
    /// Whether the server's certificate is taken without a check. `None`: only on loopback and through
    /// pipes of this machine, where nobody can stand between, and SQL Server's own certificate is
    /// self-signed.
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

/// Connects and logs in.
///
/// # Errors
///
/// Says what was tried and what to change: [`Code::Connect`], [`Code::Tls`], [`Code::Auth`],
/// [`Code::Timeout`], [`Code::Cancelled`].
pub async fn connect(options: &Options, cancel: &CancellationToken) -> Result<Session> {
    let mut session = connect_by(options, Instant::now() + options.connect_timeout, cancel).await?;
    session.learn_spid().await?;
    Ok(session)
}

/// The same by a moment of the caller's choice, and what is to be known of the server.
///
/// # Errors
///
/// As [`connect`].
pub async fn meet(options: &Options, deadline: Instant, cancel: &CancellationToken) -> Result<(Session, ServerFacts)> {
    let mut session = connect_by(options, deadline, cancel).await?;
    let facts = facts::server(&mut session).await?;
    Ok((session, facts))
}

async fn connect_by(options: &Options, deadline: Instant, cancel: &CancellationToken) -> Result<Session> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::cancelled(format!("cancelled while connecting to `{}`", options.address))),
        session = connect_in_time(options, deadline) => session,
    }
}

async fn connect_in_time(options: &Options, deadline: Instant) -> Result<Session> {
    // What cannot work from here is told before a server is looked for.
    let method = match &options.login {
        Login::Sql { user, secret } => AuthMethod::sql_server(user, secret.0.as_str()),
        // Not the driver's: see `tds`.
        Login::Windows { .. } => AuthMethod::None,
        Login::Integrated => integrated()?,
    };
    let authorities = authorities(options)?;
    let line = dial(&options.address, deadline).await?;
    let (host, port) = (&options.address.host, line.port);
    let account = match &options.login {
        Login::Windows { user, secret } => {
            Some(Account { name: user.clone(), password: secret.0.clone(), service: format!("MSSQLSvc/{host}:{port}") })
        }
        _ => None,
    };
    let trust = trust(options, line.is_local, authorities);
    let wish = match options.encrypt {
        Encrypt::Strict => Wish::Strict,
        Encrypt::Mandatory => Wish::All,
        Encrypt::Optional => Wish::Login,
    };
    let greeted = timeout_at(deadline, tds::greet(line.stream, wish, &trust, account)).await;
    let conversation =
        greeted.map_err(|_| silent(&options.address))?.map_err(|trouble| not_greeted(&options.address, trouble))?;
    let mut config = Config::new();
    config.authentication(method);
    config.host(host);
    config.port(port);
    config.database("master");
    config.application_name(&options.app_name);
    // The deadline outside covers it; two clocks would give two different errors.
    config.handshake_timeout(Some(deadline.saturating_duration_since(Instant::now()) + Duration::from_secs(1)));
    // A BACKUP may say nothing for longer than any limit: the 30 s default would kill it.
    config.command_timeout(None);
    config.lossy_utf16_decoding(true);
    // That is done already.
    config.encryption(EncryptionLevel::NotSupported);
    Session::open(options.clone(), config, conversation, deadline).await
}

/// The certificates of the file that is to be trusted, if one is.
fn authorities(options: &Options) -> Result<Option<Vec<Certificate>>> {
    let Some(file) = &options.ca_file else { return Ok(None) };
    if options.trust_server_certificate == Some(true) {
        return Err(Error::new(Code::Request, "`trust_server_certificate` and `ca_file` contradict each other")
            .hint("give only one: trust any certificate, or those of the file"));
    }
    let told = file.display().to_string();
    let certificates = tds::certificates(file).map_err(|unreadable| {
        let (code, what) = match &unreadable {
            Unreadable::File(_) => (Code::FileNotFound, "cannot be read"),
            Unreadable::Content(_) => (Code::Request, "has no certificate that can be read"),
        };
        Error::new(code, format!("the certificate file `{told}` {what}"))
            .hint("give a file with one or more certificates as PEM, or with one as DER")
            .cause(unreadable)
            .target(told)
    })?;
    Ok(Some(certificates))
}

fn trust(options: &Options, is_pipe: bool, authorities: Option<Vec<Certificate>>) -> Trust {
    let is_local = is_pipe || options.address.is_loopback();
    let unasked = is_local && options.encrypt != Encrypt::Strict && authorities.is_none();
    if options.trust_server_certificate.unwrap_or(unasked) {
        return Trust::Anybody;
    }
    let name = options.host_name_in_certificate.as_ref().unwrap_or(&options.address.host).clone();
    Trust::Named { name, authorities: authorities.unwrap_or_default() }
}

#[cfg(windows)]
fn integrated() -> Result<AuthMethod> {
    Ok(AuthMethod::Integrated)
}

#[cfg(not(windows))]
fn integrated() -> Result<AuthMethod> {
    Err(Error::new(Code::Unsupported, "the account of this process can log in on Windows only")
        .hint("give user and password: of a Windows account (`DOMAIN\\user`) or of a SQL login"))
}

/// The error of a time limit that passed while a server was spoken to.
pub(super) fn silent(address: &Address) -> Error {
    timed_out(address, "the port is open, but what is behind it does not answer as a SQL Server does")
}

const NO_SQL_SERVER: &str = "check the port; with -Encrypt Strict the server must be SQL Server 2022 or later";

/// The error of what ended before the login.
fn not_greeted(address: &Address, trouble: Trouble) -> Error {
    let new = |code, message: String, hint: &str| Error::new(code, message).hint(hint).target(address.to_string());
    match trouble {
        Trouble::Broken(error) | Trouble::Tls(TlsTrouble::Broken(error)) => hung_up(address).cause(error),
        Trouble::NoServer(why) => {
            new(Code::Connect, format!("what answers at `{address}` is not a SQL Server"), NO_SQL_SERVER).cause(why)
        }
        Trouble::NotEncrypted => new(
            Code::Tls,
            format!("SQL Server `{address}` does not encrypt as much as was asked for"),
            "switch encryption on at the server, or ask for less with -Encrypt Optional, which protects the login only",
        ),
        Trouble::Tls(TlsTrouble::Certificate(why)) => new(
            Code::Tls,
            format!("the certificate of SQL Server `{address}` is not trusted"),
            "if the server has a self-signed certificate: give its certificate with -CAFile, or take any with \
             -TrustServerCertificate; if the name differs: -HostNameInCertificate",
        )
        .cause(why),
        Trouble::Tls(TlsTrouble::NoAuthorities(why)) => new(
            Code::Tls,
            format!("this system has no certificates by which to trust SQL Server `{address}`"),
            "install the system's ca-certificates, give the certificate of the server's authority with -CAFile, or take \
             any with -TrustServerCertificate",
        )
        .cause(why),
        Trouble::Tls(TlsTrouble::NoAgreement(why)) => new(
            Code::Tls,
            format!("no agreement on encryption with SQL Server `{address}`"),
            "the server may be too old for TLS 1.2, or may not know TDS 8 (-Encrypt Strict)",
        )
        .cause(why),
    }
}

fn hung_up(address: &Address) -> Error {
    Error::new(
        Code::ConnectionLost,
        format!("what answers at `{address}` closed the connection before the login was done"),
    )
    .hint(
        "is the server starting or stopping? Else check the port; with -Encrypt Strict the server must be SQL Server \
         2022 or later",
    )
    .target(address.to_string())
    .retryable()
}

/// The error of a login that ended otherwise than by the server's words.
pub(super) fn not_logged_in(options: &Options, error: tiberius::error::Error) -> Error {
    use tiberius::error::{Error as Driver, IoErrorKind};
    let address = &options.address;
    let new = |code, message: String, hint: &str| Error::new(code, message).hint(hint).target(address.to_string());
    let told = match &error {
        Driver::Io { kind: IoErrorKind::TimedOut, .. } => silent(address),
        Driver::Io {
            kind:
                IoErrorKind::UnexpectedEof
                | IoErrorKind::ConnectionReset
                | IoErrorKind::ConnectionAborted
                | IoErrorKind::BrokenPipe,
            ..
        } => hung_up(address),
        // SSPI's errors have no kind of their own; what is no SQL Server sends data that is none.
        Driver::Io { kind, .. } if !matches!(options.login, Login::Sql { .. }) && *kind != IoErrorKind::InvalidData => {
            new(
                Code::Auth,
                format!("no Windows login at SQL Server `{address}`"),
                "run as an account of the server's domain, or use user and password of a Windows account or a SQL login",
            )
        }
        Driver::Routing { host, port } => new(
            Code::Connect,
            format!("SQL Server `{address}` sends its clients to `{host},{port}`"),
            "connect to that name instead",
        ),
        _ => new(Code::Connect, format!("what answers at `{address}` is not a SQL Server"), NO_SQL_SERVER),
    };
    told.cause(error)
}

/// The client over our transports.
pub(super) type TdsClient = Client<Compat<Conversation>>;
