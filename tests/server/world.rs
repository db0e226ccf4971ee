//! A server to test on, and what tests do with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta, Utc};
use pgbackup_sandbox::engine::{Clock, EngineOptions};
use pgbackup_sandbox::{Builder, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::library::{End, Library, Server};
use crate::{client, tsql};

/// The login of the library.
pub const USER: &str = "sa";
/// Whoever fills databases and looks at them: told apart from the library by the login.
const TESTER: &str = "tester";
const PASSWORD: &str = "Sandbox!1 ;'رمز";

/// A server with a folder for backups.
pub struct World {
    pub library: Library,
    pub instance: String,
    user: String,
    pub password: String,
    /// The server's folder for backups.
    pub folder: String,
    /// `None` where a real server is used.
    pub sandbox: Option<Sandbox>,
    /// Where restores keep their journals.
    pub journals: TempDir,
    _root: Option<TempDir>,
    _backups: Option<TempDir>,
}

/// The clock of a sandbox, apart from this machine's.
pub struct ServerClock(Arc<AtomicI64>);

impl ServerClock {
    fn behind(behind: Duration) -> (ServerClock, EngineOptions) {
        let ahead = Arc::new(AtomicI64::new(-(behind.as_secs() as i64)));
        let own = Arc::clone(&ahead);
        let now = move || Utc::now() + TimeDelta::seconds(own.load(Ordering::SeqCst));
        (ServerClock(ahead), EngineOptions { clock: Clock::from_fn(now, 0), ..EngineOptions::default() })
    }

    /// What it shows, UTC.
    pub fn now(&self) -> String {
        let now = Utc::now() + TimeDelta::seconds(self.0.load(Ordering::SeqCst));
        now.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// Lets time pass on the server.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs() as i64, Ordering::SeqCst);
    }
}

impl World {
    /// The real server, or a fresh sandbox.
    pub fn new() -> World {
        match std::env::var("PGB_TEST_SERVER") {
            Ok(instance) => World {
                library: Library::load(),
                instance,
                user: std::env::var("PGB_TEST_USER").expect("PGB_TEST_USER"),
                password: std::env::var("PGB_TEST_PASSWORD").expect("PGB_TEST_PASSWORD"),
                folder: std::env::var("PGB_TEST_FOLDER").unwrap_or_else(|_| r"C:\PGBackupTest".to_owned()),
                sandbox: None,
                journals: tempfile::tempdir().expect("a folder"),
                _root: None,
                _backups: None,
            },
            Err(_) => World::sandbox(|builder| builder),
        }
    }

    /// A sandbox in any case, set up by the caller.
    pub fn sandbox(set_up: impl FnOnce(Builder) -> Builder) -> World {
        let root = tempfile::tempdir().expect("a folder");
        let builder = Sandbox::builder().root(root.path()).login(USER, PASSWORD).login(TESTER, PASSWORD);
        let sandbox = set_up(builder).start_blocking().expect("a sandbox");
        World {
            library: Library::load(),
            instance: sandbox.server_instance(),
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            folder: r"D:\Backup".to_owned(),
            sandbox: Some(sandbox),
            journals: tempfile::tempdir().expect("a folder"),
            _root: Some(root),
            _backups: None,
        }
    }

    /// A sandbox whose clock is so far behind this machine's, and can be advanced.
    pub fn with_clock(behind: Duration) -> (World, ServerClock) {
        World::with_clock_of(behind, |builder| builder)
    }

    /// The same, set up further by the caller.
    pub fn with_clock_of(behind: Duration, set_up: impl FnOnce(Builder) -> Builder) -> (World, ServerClock) {
        let (clock, options) = ServerClock::behind(behind);
        (World::sandbox(|builder| set_up(builder.engine_options(options))), clock)
    }

    /// The same, of a server with these options.
    pub fn with_clock_and(behind: Duration, options: EngineOptions) -> (World, ServerClock) {
        let (clock, with_clock) = ServerClock::behind(behind);
        let options = EngineOptions { clock: with_clock.clock, ..options };
        (World::sandbox(|builder| builder.engine_options(options)), clock)
    }

    /// As [`World::with_clock`], on this very machine: a server on Linux that sees the folder for
    /// backups under the path that this program sees. It takes some time over a backup.
    #[cfg(unix)]
    pub fn beside(behind: Duration) -> (World, ServerClock) {
        let (clock, options) = ServerClock::behind(behind);
        let data = "/var/opt/mssql/data/".to_owned();
        let backup_path = "/var/opt/mssql/backup".to_owned();
        let options =
            EngineOptions { path_separator: '/', data_path: data.clone(), log_path: data, backup_path, ..options };
        let set_up = |builder: Builder| builder.engine_options(options).pace(Duration::from_millis(2));
        let mut world = World::sandbox(set_up);
        let backups = tempfile::tempdir().expect("a folder");
        let inside = world.only_sandbox().host_path("/").expect("its root");
        let seen = inside.join(backups.path().strip_prefix("/").expect("a whole path"));
        std::fs::create_dir_all(seen.parent().expect("a parent")).expect("a folder");
        std::os::unix::fs::symlink(backups.path(), seen).expect("a link");
        world.folder = backups.path().display().to_string();
        world._backups = Some(backups);
        (world, clock)
    }

    /// The statements that the library sent so far.
    pub fn statements(&self) -> Vec<String> {
        let all = self.sandbox.iter().flat_map(Sandbox::statements);
        all.filter(|statement| statement.login == USER).map(|statement| statement.text).collect()
    }

    /// The sandbox, for tests of what only it can do.
    pub fn only_sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("a sandbox")
    }

    /// The password of the login.
    #[cfg(windows)]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Options of a server handle.
    pub fn options(&self) -> Value {
        json!({ "v": 1, "server": self.instance, "user": self.user, "trust_server_certificate": true })
    }

    /// A server handle.
    pub fn server(&self) -> Server<'_> {
        self.library.server(&self.options(), &self.password).expect("a server handle")
    }

    /// Runs a job: its rows and its end.
    pub fn run(&self, kind: &str, request: Value) -> (Vec<Value>, End) {
        let has_journal = matches!(kind, "restore" | "repair" | "restore_test");
        let request = if has_journal { self.with_journals(request) } else { request };
        self.library.run(Some(&self.server()), kind, &request)
    }

    /// The request with the folder for journals.
    pub fn with_journals(&self, mut request: Value) -> Value {
        request["journal_directory"] = json!(self.journals.path());
        request
    }

    /// Journals of restores that did not end.
    pub fn open_journals(&self) -> Vec<String> {
        let all = std::fs::read_dir(self.journals.path().join("state").join("restores"));
        let names = all.into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".json")).collect()
    }

    /// Runs a job that has to go well.
    pub fn done(&self, kind: &str, request: Value) -> Value {
        let (_, end) = self.run(kind, request.clone());
        end.unwrap_or_else(|error| panic!("{kind} {request}: {error:#}"))
    }

    /// Runs a job that has to be refused.
    pub fn refused(&self, kind: &str, request: Value) -> Value {
        let (_, end) = self.run(kind, request.clone());
        let error = end.expect_err(&format!("{kind} {request} went well"));
        assert!(!error.to_string().contains(&self.password), "{error}");
        error
    }

    /// Runs T-SQL as somebody else would.
    pub fn sql(&self, text: &str) -> Vec<tiberius::Row> {
        let user = if self.sandbox.is_some() { TESTER } else { &self.user };
        client::ask(&self.instance, user, &self.password, text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The first number of the answer.
    pub fn number(&self, text: &str) -> i64 {
        let rows = self.sql(text);
        let row = rows.first().expect("a row");
        row.try_get::<i64, _>(0).ok().flatten().or_else(|| row.get::<i32, _>(0).map(i64::from)).expect("a number")
    }

    /// Makes a database with a table `T (Id int, Name nvarchar(100))` of so many rows.
    pub fn database(&self, name: &str, rows: u32) {
        let quoted = quoted(name);
        if name.chars().count() > 120 || name.chars().any(|c| c.is_control() || "\"<>|?*:/\\".contains(c)) {
            // SQL Server names the files after the database (the log with `_log` behind), and not every
            // name is one for files.
            let file = unique("odd");
            let place = |extension| format!(r"{}\{file}.{extension}", self.folder);
            self.sql(&format!("EXEC master.dbo.xp_create_subdir N'{}'", self.folder));
            self.sql(&format!(
                "CREATE DATABASE {quoted} ON PRIMARY (NAME = N'{file}', FILENAME = N'{}') \
                 LOG ON (NAME = N'{file}_log', FILENAME = N'{}')",
                place("mdf"),
                place("ldf")
            ));
        } else {
            self.sql(&format!("CREATE DATABASE {quoted}"));
        }
        self.sql(&format!("CREATE TABLE {quoted}.dbo.T (Id int NOT NULL PRIMARY KEY, Name nvarchar(100) NULL)"));
        self.insert(name, 1, rows);
    }

    /// Adds rows from an id on.
    pub fn insert(&self, name: &str, from: u32, count: u32) {
        for start in (from..from + count).step_by(500) {
            let end = (start + 500).min(from + count);
            let rows: Vec<String> = (start..end).map(|id| format!("({id}, N'مشتری {id}')")).collect();
            self.sql(&format!("INSERT INTO {}.dbo.T (Id, Name) VALUES {}", quoted(name), rows.join(", ")));
        }
    }

    /// How many rows the table has.
    pub fn rows(&self, name: &str) -> i64 {
        self.number(&format!("SELECT COUNT_BIG(*) FROM {}.dbo.T", quoted(name)))
    }

    /// Drops databases of a real server; a sandbox goes away as a whole.
    pub fn drop_database(&self, name: &str) {
        if self.sandbox.is_none() {
            self.sql(&format!("DROP DATABASE {}", quoted(name)));
        }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> String {
        let separator = if self.folder.starts_with('/') { '/' } else { '\\' };
        format!("{}{separator}{name}", self.folder)
    }

    /// A request for a full backup into the folder.
    pub fn full(&self, database: &str) -> Value {
        json!({ "v": 1, "database": database, "type": "full", "destination": self.folder })
    }
}

/// Whatever a test did: each statement of the library passes Microsoft's parser as one statement.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            tsql::check(&self.statements());
        }
    }
}

/// A name that no other test uses.
pub fn unique(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{stem}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A bracketed name.
pub fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}
