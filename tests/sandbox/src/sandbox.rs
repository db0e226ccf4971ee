//! The front of the crate: a running server, for tests and for the program.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

use crate::engine::{Edition, Engine, EngineOptions, Version};
use crate::server::{Account, Accounts, Fate, Interrupt, Knobs, Server, ServerRole, Statement};
use crate::tds::browser::{self, Instance};
use crate::tds::connection;
use crate::tds::prelogin::Encryption;
use crate::tds::tls::Certificates;

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No folder was given, or it cannot be written.
    #[error("cannot use the folder '{folder}': {cause}")]
    Root {
        /// The folder.
        folder: String,
        /// What the operating system or the engine says.
        cause: String,
    },
    /// The address is not of this machine alone, or is taken.
    #[error("cannot listen on '{address}': {cause}")]
    Listen {
        /// As given.
        address: String,
        /// Why.
        cause: String,
    },
    /// No certificate could be made.
    #[error("cannot make certificates: {0}")]
    Certificates(String),
}

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct Builder {
    root: PathBuf,
    listen: String,
    browser: Option<String>,
    accounts: Vec<Account>,
    options: EngineOptions,
    knobs: Knobs,
    pace: Duration,
    rows: Option<u32>,
}

impl Builder {
    /// The folder that holds all databases and media; server paths like `D:\Backup` lie below it.
    #[must_use]
    pub fn root(mut self, folder: impl AsRef<Path>) -> Builder {
        self.root = folder.as_ref().to_owned();
        self
    }

    /// Address to listen on, of the loopback interface; port 0 takes a free one.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Builder {
        self.listen = address.into();
        self
    }

    /// UDP address of a SQL Server Browser; the real one has port 1434.
    #[must_use]
    pub fn browser(mut self, address: impl Into<String>) -> Builder {
        self.browser = Some(address.into());
        self
    }

    /// Adds a login that may do everything.
    #[must_use]
    pub fn login(self, user: &str, password: &str) -> Builder {
        self.account(Account::new(user, password).server_role(ServerRole::Sysadmin))
    }

    /// Adds a Windows account, `DOMAIN\user`, whose login may do everything.
    ///
    /// # Panics
    /// Without a domain: a test has to say whose account it is.
    #[must_use]
    pub fn windows_login(self, user: &str, password: &str) -> Builder {
        assert!(user.contains('\\'), "`{user}` has no domain");
        self.login(user, password)
    }

    /// Adds a login.
    #[must_use]
    pub fn account(mut self, account: Account) -> Builder {
        self.accounts.push(account);
        self
    }

    /// Encryption offered.
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Builder {
        self.knobs.encryption = encryption;
        self
    }

    /// All knobs of the wire.
    #[must_use]
    pub fn knobs(mut self, knobs: Knobs) -> Builder {
        self.knobs = knobs;
        self
    }

    /// Edition.
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Builder {
        self.options.edition = edition;
        self
    }

    /// Product version.
    #[must_use]
    pub fn version(mut self, version: Version) -> Builder {
        self.options.version = version;
        self
    }

    /// All options of the engine: names, folders, clock.
    #[must_use]
    pub fn engine_options(mut self, options: EngineOptions) -> Builder {
        self.options = options;
        self
    }

    /// Waits this long after each extent of a backup or restore.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Builder {
        self.pace = pace;
        self
    }

    /// Makes the database PayamGostar2 with this many customers, if it is not there.
    #[must_use]
    pub fn payamgostar(mut self, rows: u32) -> Builder {
        self.rows = Some(rows);
        self
    }

    /// Starts the server on the runtime at hand.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let listener = listen(&self.listen).await?;
        let addr = listener.local_addr().map_err(|error| refused(&self.listen, &error))?;
        let accounts = match self.accounts.is_empty() {
            true => vec![Account::new("sa", "Sandbox!1").server_role(ServerRole::Sysadmin)],
            false => self.accounts,
        };
        let certificates = Certificates::make().map_err(|error| StartError::Certificates(error.to_string()))?;
        let bad_root = |cause: String| StartError::Root { folder: self.root.display().to_string(), cause };
        std::fs::create_dir_all(&self.root).map_err(|error| bad_root(error.to_string()))?;
        let ca_pem = self.root.join("ca.pem");
        let server_pem = self.root.join("server.pem");
        std::fs::write(&ca_pem, &certificates.authority_pem).map_err(|error| bad_root(error.to_string()))?;
        std::fs::write(&server_pem, &certificates.server_pem).map_err(|error| bad_root(error.to_string()))?;
        let (root, options, rows) = (self.root.clone(), self.options, self.rows);
        let opened = tokio::task::spawn_blocking(move || {
            let engine = Engine::open(&root, options)?;
            if let Some(rows) = rows.filter(|_| engine.database("PayamGostar2").is_err()) {
                engine.seed_payamgostar(rows)?;
            }
            Ok::<_, crate::engine::Refusal>(engine)
        });
        let engine = opened.await.map_err(|error| bad_root(error.to_string()))?;
        let engine = engine.map_err(|refusal| bad_root(refusal.to_string()))?;
        engine.faults().pause_per_extent(self.pace);
        let server = Arc::new(Server::new(engine, Accounts::new(accounts), certificates, addr.port(), self.knobs));
        let browser = match &self.browser {
            Some(address) => Some(start_browser(address, &server).await?),
            None => None,
        };
        let browser_addr = browser.as_ref().map(|(addr, _)| *addr);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&server)));
        Ok(Sandbox {
            server,
            addr,
            browser_addr,
            ca_pem,
            server_pem,
            tasks: std::iter::once(accepting).chain(browser.map(|(_, task)| task)).collect(),
            runtime: None,
        })
    }

    /// Starts the server on a runtime of its own, for tests that have none.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_blocking(self) -> Result<Sandbox, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| refused(&self.listen, &error))?;
        let mut sandbox = runtime.block_on(self.start())?;
        sandbox.runtime = Some(runtime);
        Ok(sandbox)
    }
}

fn refused(address: &str, error: &io::Error) -> StartError {
    StartError::Listen { address: address.to_owned(), cause: error.to_string() }
}

/// Only this machine may come: the sandbox has test passwords and no protection.
fn loopback(address: &str) -> Result<SocketAddr, StartError> {
    let bad = |cause: &str| StartError::Listen { address: address.to_owned(), cause: cause.to_owned() };
    let address: SocketAddr = address.replace("localhost", "127.0.0.1").parse().map_err(|_| bad("not an address"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(bad("the sandbox listens on the loopback interface only"))
    }
}

async fn listen(address: &str) -> Result<TcpListener, StartError> {
    let parsed = loopback(address)?;
    TcpListener::bind(parsed).await.map_err(|error| refused(address, &error))
}

async fn start_browser(address: &str, server: &Arc<Server>) -> Result<(SocketAddr, JoinHandle<()>), StartError> {
    let parsed = loopback(address)?;
    let socket = UdpSocket::bind(parsed).await.map_err(|error| refused(address, &error))?;
    let bound = socket.local_addr().map_err(|error| refused(address, &error))?;
    let options = server.engine.options();
    let instance = Instance {
        name: server.instance().to_owned(),
        port: server.port,
        version: options.version.to_string(),
        machine: options.machine_name().to_owned(),
    };
    let server = Arc::clone(server);
    let task = tokio::spawn(async move {
        if let Err(error) = browser::serve(socket, Arc::new(vec![instance])).await {
            server.log(format!("SQL Server Browser ended: {error}"));
        }
    });
    Ok((bound, task))
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => {
                    connections.spawn(connection::serve(tcp, Arc::clone(&server)));
                }
                // Too many open files, for a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    server: Arc<Server>,
    addr: SocketAddr,
    browser_addr: Option<SocketAddr>,
    ca_pem: PathBuf,
    server_pem: PathBuf,
    tasks: Vec<JoinHandle<()>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Sandbox {
    /// A sandbox to be set up: listens on a free port of 127.0.0.1, login `sa` with `Sandbox!1`
    /// unless others are given.
    pub fn builder() -> Builder {
        Builder {
            root: PathBuf::from("sandbox"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string(),
            browser: None,
            accounts: Vec::new(),
            options: EngineOptions::default(),
            knobs: Knobs::default(),
            pace: Duration::ZERO,
            rows: None,
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// As a `ServerInstance`: `127.0.0.1,port`.
    pub fn server_instance(&self) -> String {
        format!("{},{}", self.addr.ip(), self.addr.port())
    }

    /// Where the SQL Server Browser listens, if there is one.
    pub fn browser_addr(&self) -> Option<SocketAddr> {
        self.browser_addr
    }

    /// The authority that signed the server's certificate, for clients to trust.
    pub fn ca_pem_path(&self) -> &Path {
        &self.ca_pem
    }

    /// The server's certificate itself.
    pub fn server_pem_path(&self) -> &Path {
        &self.server_pem
    }

    /// Databases, media, faults of disks.
    pub fn engine(&self) -> &Engine {
        &self.server.engine
    }

    /// The file on this machine that a server path names.
    pub fn host_path(&self, server_path: &str) -> Option<PathBuf> {
        self.server.engine.host_path(server_path).ok()
    }

    /// Turns knobs of the wire; connections that are open keep what they have.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        self.server.turn(change);
    }

    /// Puts a test's hand on every statement: `act` is called before it runs, and says what becomes of it.
    pub fn on_statement(&self, act: impl Fn(&Statement) -> Fate + Send + Sync + 'static) {
        self.server.hook.set(act);
    }

    /// Takes the hand off.
    pub fn let_go(&self) {
        self.server.hook.clear();
    }

    /// What all its connections share.
    pub fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }

    /// Takes the server roles of a login away, in its open sessions too, or gives them back.
    pub fn withdraw(&self, login: &str, withdrawn: bool) {
        self.server.accounts.withdraw(login, withdrawn);
    }

    /// Lets a login not come in any more, or again; its open sessions go on.
    pub fn lock_out(&self, login: &str, locked_out: bool) {
        self.server.accounts.lock_out(login, locked_out);
    }

    /// Every batch and statement that clients sent, in order.
    pub fn statements(&self) -> Vec<Statement> {
        self.server.records.all()
    }

    /// Forgets the statements so far.
    pub fn clear_statements(&self) {
        self.server.records.clear();
    }

    /// The error log: the true states of failed logins, and why connections ended.
    pub fn error_log(&self) -> Vec<String> {
        self.server.log_lines().clone()
    }

    /// Ids of the sessions that are in.
    pub fn sessions(&self) -> Vec<i32> {
        self.server.sessions.all().iter().map(|seat| seat.id).collect()
    }

    /// Ends all connections at once, as a restart of the service does; running statements are aborted.
    pub fn disconnect_all(&self) {
        for seat in self.server.sessions.all() {
            seat.stop(Interrupt::Killed);
        }
    }

    /// Stops the server: no new connections, and the open ones end.
    pub fn shutdown(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.disconnect_all();
        for task in self.tasks.drain(..) {
            task.abort();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop();
    }
}
