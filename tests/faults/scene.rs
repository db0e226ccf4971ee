//! What is there before a restore: a server, a database, its backups.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use pgbackup_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::child::{self, PASSWORD, USER};
use crate::units;

/// The database.
pub const NAME: &str = "Crm]2";
/// The one that a new restore makes.
pub const COPY: &str = "Copy";
/// Rows of before.
pub const BEFORE: i64 = 30;
/// Whoever fills and looks.
const TESTER: &str = "tester";

/// A shape of restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    New,
    NewChain,
    Replace,
    ReplaceChain,
    ReplaceMoment,
    ReplaceNone,
    Rename,
    RenameChecked,
    Services,
}

impl Shape {
    pub const ALL: [Shape; 9] = [
        Shape::New,
        Shape::NewChain,
        Shape::Replace,
        Shape::ReplaceChain,
        Shape::ReplaceMoment,
        Shape::ReplaceNone,
        Shape::Rename,
        Shape::RenameChecked,
        Shape::Services,
    ];

    /// Those that this machine can play: services are systemd's.
    pub fn here() -> impl Iterator<Item = Shape> {
        Shape::ALL.into_iter().filter(|shape| cfg!(target_os = "linux") || *shape != Shape::Services)
    }

    pub const fn word(self) -> &'static str {
        match self {
            Shape::New => "new",
            Shape::NewChain => "new, chain",
            Shape::Replace => "replace",
            Shape::ReplaceChain => "replace, chain, checked",
            Shape::ReplaceMoment => "replace, moment",
            Shape::ReplaceNone => "replace, no copy",
            Shape::Rename => "rename",
            Shape::RenameChecked => "rename, chain, checked",
            Shape::Services => "replace, services stopped",
        }
    }

    /// The database that the restore is about.
    pub const fn database(self) -> &'static str {
        match self {
            Shape::New | Shape::NewChain => COPY,
            _ => NAME,
        }
    }

    /// Rows of before; none where there was no database.
    pub fn before(self) -> Option<i64> {
        (self.database() == NAME).then_some(BEFORE)
    }

    /// Rows that are wanted.
    pub const fn wanted(self) -> i64 {
        match self {
            Shape::New | Shape::Replace | Shape::ReplaceNone | Shape::Rename | Shape::Services => 10,
            Shape::NewChain | Shape::ReplaceChain | Shape::RenameChecked => 25,
            Shape::ReplaceMoment => 15,
        }
    }
}

/// A folder with everything in it, from which each point starts anew.
pub struct Template {
    root: tempfile::TempDir,
    moment: String,
}

impl Template {
    pub fn make() -> Template {
        let root = tempfile::tempdir().expect("a folder");
        let sandbox = serve(root.path(), "127.0.0.1:0");
        let sql = |text: &str| ask(&sandbox, text);
        let quoted = "[Crm]]2]";
        sql(&format!(
            "CREATE DATABASE {quoted} ON (NAME = N'crm', FILENAME = N'D:\\crm.mdf') LOG ON (NAME = N'crm_log', FILENAME = N'D:\\crm.ldf')"
        ));
        sql(&format!("CREATE TABLE {quoted}.dbo.T (Id int NOT NULL PRIMARY KEY, Name nvarchar(100) NULL)"));
        let rows = |from: i32, to: i32| {
            let rows: Vec<String> = (from..=to).map(|id| format!("({id}, N'row {id}')")).collect();
            sql(&format!("INSERT INTO {quoted}.dbo.T (Id, Name) VALUES {}", rows.join(", ")));
        };
        sql("EXEC master.dbo.xp_create_subdir N'D:\\Backup'");
        rows(1, 10);
        sql(&format!("BACKUP DATABASE {quoted} TO DISK = N'D:\\Backup\\full.bak' WITH CHECKSUM"));
        rows(11, 15);
        std::thread::sleep(Duration::from_millis(1100));
        let now = ask(&sandbox, "SELECT CONVERT(nvarchar(30), SYSDATETIME(), 126)");
        let moment = now[0].get::<&str, _>(0).and_then(|text| text.get(..23)).expect("a time").to_owned();
        std::thread::sleep(Duration::from_millis(1100));
        rows(16, 20);
        sql(&format!("BACKUP LOG {quoted} TO DISK = N'D:\\Backup\\log1.trn' WITH CHECKSUM"));
        rows(21, 25);
        sql(&format!("BACKUP LOG {quoted} TO DISK = N'D:\\Backup\\log2.trn' WITH CHECKSUM"));
        rows(26, 30);
        sandbox.shutdown();
        std::thread::sleep(Duration::from_millis(300));
        Template { root, moment }
    }

    /// A copy of it, with a server on it.
    pub fn scene(&self) -> Scene {
        let root = tempfile::tempdir().expect("a folder");
        let from = format!("{}/.", self.root.path().display());
        let copied =
            Command::new("cp").args(["-a", "--sparse=always", "--reflink=auto", &from]).arg(root.path()).status();
        assert!(copied.expect("cp").success());
        let journals = tempfile::tempdir().expect("a folder");
        let sandbox = serve(root.path(), "127.0.0.1:0");
        let machine = units::machine(&[("host", "active", ""), ("agent", "active", ""), ("idle", "inactive", "")]);
        Scene { root, journals, machine, sandbox: Some(sandbox), moment: self.moment.clone() }
    }
}

fn serve(root: &Path, address: &str) -> Sandbox {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let builder = Sandbox::builder().root(root).listen(address).login(USER, PASSWORD).login(TESTER, PASSWORD);
        match builder.start_blocking() {
            Ok(sandbox) => return sandbox,
            // The port of the server before is not free yet.
            Err(error) if Instant::now() > until => panic!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn ask(sandbox: &Sandbox, sql: &str) -> Vec<tiberius::Row> {
    crate::client::ask(&sandbox.server_instance(), TESTER, PASSWORD, sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// A server on a folder of its own, and a folder for journals.
pub struct Scene {
    root: tempfile::TempDir,
    pub journals: tempfile::TempDir,
    /// The service manager of the client's machine.
    machine: tempfile::TempDir,
    sandbox: Option<Sandbox>,
    moment: String,
}

impl Scene {
    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("a server")
    }

    /// The restore of a shape.
    pub fn request(&self, shape: Shape) -> Value {
        let files: &[&str] = match shape.wanted() {
            10 => &["full.bak"],
            _ => &["full.bak", "log1.trn", "log2.trn"],
        };
        let sources: Vec<Value> = files.iter().map(|file| json!({ "file": format!("D:\\Backup\\{file}") })).collect();
        let mut request = json!({
            "v": 1,
            "database": shape.database(),
            "sources": sources,
            "journal_directory": self.journals.path(),
        });
        if shape.before().is_some() {
            request["replace"] = json!(true);
        }
        match shape {
            Shape::ReplaceNone => request["safety_copy"] = json!("none"),
            Shape::Rename | Shape::RenameChecked => request["safety_copy"] = json!("rename"),
            Shape::ReplaceMoment => request["point_in_time"] = json!(self.moment),
            Shape::Services => request["stop_services"] = json!(["host", "agent", "idle"]),
            _ => {}
        }
        if matches!(shape, Shape::ReplaceChain | Shape::RenameChecked) {
            request["check"] = json!(true);
        }
        request
    }

    /// Stops the server as a restart of the service does, and starts it again on the same port.
    pub fn restart(&mut self) {
        let address = self.sandbox().addr().to_string();
        if let Some(old) = self.sandbox.take() {
            old.let_go();
            old.disconnect_all();
            let until = Instant::now() + Duration::from_secs(10);
            while !old.sessions().is_empty() && Instant::now() < until {
                old.disconnect_all();
                std::thread::sleep(Duration::from_millis(5));
            }
            old.shutdown();
        }
        self.sandbox = Some(serve(self.root.path(), &address));
    }

    /// A client on its machine.
    pub fn start(&self, kind: &str, request: &Value) -> Child {
        child::start(&self.sandbox().server_instance(), self.machine.path(), kind, request)
    }

    /// Repairs with the journals of a folder; what the repair told.
    pub fn repair(&self, shape: Shape, journals: &Path) -> Value {
        let request = json!({ "v": 1, "database": shape.database(), "journal_directory": journals });
        child::end(self.start("repair", &request))
    }

    /// Services that run, by name.
    pub fn running(&self) -> Vec<String> {
        let is_active = |name: &&&str| {
            let text = std::fs::read_to_string(self.machine.path().join(format!("{name}.service")));
            text.is_ok_and(|text| text.starts_with("active"))
        };
        ["host", "agent", "idle"].iter().filter(is_active).map(|name| (*name).to_owned()).collect()
    }

    /// Rows of a database, through a client that only looks.
    pub fn rows(&self, name: &str) -> Result<i64, String> {
        let sql = format!("SELECT COUNT_BIG(*) FROM [{}].dbo.T", name.replace(']', "]]"));
        let rows = crate::client::ask(&self.sandbox().server_instance(), TESTER, PASSWORD, &sql)
            .map_err(|error| error.to_string())?;
        rows.first().and_then(|row| row.get::<i64, _>(0)).ok_or_else(|| "no answer".to_owned())
    }

    /// Every file of databases and backups, by name.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}
