//! A SQL Server for a test: a sandbox of its own, or the one that `PGB_TEST_SERVER` names, with
//! `PGB_TEST_USER`, `PGB_TEST_PASSWORD`, and the backup folder `PGB_TEST_FOLDER` of that machine.
//!
//! Either has the database `PayamGostar2`.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use pgbackup_sandbox::Sandbox;
use tempfile::TempDir;

/// The server; a sandbox ends with it.
pub struct TestServer {
    /// Its name, as `-ServerInstance` takes it.
    pub instance: String,
    /// A login that may do everything.
    pub user: String,
    /// Its password.
    pub password: String,
    /// A folder of the server for backups.
    pub folder: String,
    sandbox: Option<(Sandbox, TempDir)>,
}

impl TestServer {
    /// Starts a sandbox with so many customers in its database, or takes the real server.
    pub fn start(customers: u32) -> TestServer {
        if let Ok(instance) = env::var("PGB_TEST_SERVER") {
            let setting = |name: &str| env::var(name).unwrap_or_else(|_| panic!("PGB_TEST_SERVER needs {name}"));
            let [user, password, folder] = ["PGB_TEST_USER", "PGB_TEST_PASSWORD", "PGB_TEST_FOLDER"].map(setting);
            return TestServer { instance, user, password, folder, sandbox: None };
        }
        TestServer::sandbox(customers, Duration::ZERO)
    }

    /// Where a path of the server lies on this machine; nowhere for a real server.
    pub fn local(&self, path: &str) -> Option<PathBuf> {
        self.sandbox.as_ref().and_then(|(sandbox, _)| sandbox.host_path(path))
    }

    /// Starts a sandbox that waits so long after each extent of a backup.
    pub fn sandbox(customers: u32, pace: Duration) -> TestServer {
        let root = tempfile::tempdir().expect("a folder");
        let builder = Sandbox::builder().root(root.path()).login("sa", "Sandbox!1").payamgostar(customers).pace(pace);
        let sandbox = builder.start_blocking().expect("a sandbox");
        TestServer {
            instance: sandbox.server_instance(),
            user: "sa".to_owned(),
            password: "Sandbox!1".to_owned(),
            folder: "D:\\Backup".to_owned(),
            sandbox: Some((sandbox, root)),
        }
    }
}
