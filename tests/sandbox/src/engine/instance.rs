//! One instance: its databases, and everything that can be asked of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;

/// A new database for [`Engine::create_database`].
#[derive(Clone, Debug, PartialEq)]
pub struct NewDatabase {
    /// Its name.
    pub name: String,
    /// Login of the owner.
    pub owner: String,
    /// Data files: the first is the primary one. Empty: `name.mdf` in the data folder.
    pub data: Vec<NewFile>,
    /// The log file; `None`: `name_log.ldf` in the log folder.
    pub log: Option<NewFile>,
    /// Recovery model; model's own is FULL.
    pub recovery_model: RecoveryModel,
}

impl NewDatabase {
    /// `CREATE DATABASE name`.
    pub fn new(name: &str) -> NewDatabase {
        NewDatabase {
            name: name.to_owned(),
            owner: "sa".to_owned(),
            data: Vec::new(),
            log: None,
            recovery_model: RecoveryModel::Full,
        }
    }
}

/// A file of a new database.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Logical name.
    pub logical_name: String,
    /// Path as the server sees it.
    pub physical_name: String,
    /// First size in bytes.
    pub size: u64,
    /// File group, `PRIMARY` for the first.
    pub group: String,
}

/// A new table for [`Engine::create_table`].
#[derive(Clone, Debug, PartialEq)]
pub struct NewTable {
    /// The schema, `dbo`.
    pub schema: String,
    /// The name.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Positions (from 0) of the primary key's columns; duplicates are refused with 2627.
    pub primary_key: Vec<usize>,
    /// Name of the primary key's constraint; `None`: the server makes one (`PK__Customer__...`).
    pub primary_key_name: Option<String>,
}

/// One clause of `ALTER DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// `SET RECOVERY`
    Recovery(RecoveryModel),
    /// `SET MULTI_USER`, `SINGLE_USER`, `RESTRICTED_USER`
    Access(UserAccess),
    /// `SET ONLINE`
    Online,
    /// `SET OFFLINE`
    Offline,
    /// `SET READ_ONLY` (true), `READ_WRITE`
    ReadOnly(bool),
    /// `MODIFY NAME`
    Name(String),
    /// `SET PAGE_VERIFY`: 0 NONE, 1 TORN_PAGE_DETECTION, 2 CHECKSUM
    PageVerify(u8),
    /// `SET COMPATIBILITY_LEVEL`
    CompatibilityLevel(u8),
}

/// An instance of the server.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    options: EngineOptions,
    faults: Faults,
}

impl Engine {
    /// Opens the instance whose files live under `root`; makes the system databases when they are
    /// not there yet.
    ///
    /// # Errors
    /// What the operating system says when `root` cannot be written or read.
    pub fn open(root: &Path, options: EngineOptions) -> Answer<Engine> {
        let shared = Shared { root: root.to_owned(), options, faults: Faults::default() };
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// What the instance was opened with.
    pub fn options(&self) -> &EngineOptions {
        &self.shared.options
    }

    /// The knobs for tests.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The folder on this machine that holds everything.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// Every database, by id, with its facts: `sys.databases` and `sys.master_files`.
    pub fn databases(&self) -> Vec<DatabaseFacts> {
        Vec::new()
    }

    /// One database. Names are compared without regard to case.
    ///
    /// # Errors
    /// 911 when there is none.
    pub fn database(&self, name: &str) -> Answer<DatabaseFacts> {
        Err(not_built(name))
    }

    /// Lets `session` use a database (login or `USE`), and leave the one it used.
    ///
    /// # Errors
    /// 911 no such database, 924 single user and taken, 926 suspect, 927 being restored, 942 offline.
    pub fn enter(&self, session: i32, database: &str) -> Answer<()> {
        let _ = session;
        Err(not_built(database))
    }

    /// The session is gone, or uses no database any more.
    pub fn leave(&self, session: i32) {
        let _ = session;
    }

    /// Sessions that use a database now.
    pub fn sessions_in(&self, database: &str) -> Vec<i32> {
        let _ = database;
        Vec::new()
    }

    /// `CREATE DATABASE`.
    ///
    /// # Errors
    /// 1801 it exists, 5170 a file exists, 5123 the operating system refuses a file; then 1802.
    pub fn create_database(&self, new: &NewDatabase) -> Answer<()> {
        Err(not_built(&new.name))
    }

    /// `DROP DATABASE`: its files go too.
    ///
    /// # Errors
    /// 3701 no such database, 3702 in use, 3708 a system database.
    pub fn drop_database(&self, name: &str, session: i32) -> Answer<()> {
        let _ = session;
        Err(not_built(name))
    }

    /// `ALTER DATABASE`. With `rollback_immediate` other sessions do not stand in the way: they are
    /// taken out of the database, and returned so that the caller can end them.
    ///
    /// # Errors
    /// 5011 no such database, 5070 / 5064 other sessions use it, 5058 not for a system database.
    pub fn alter_database(
        &self,
        name: &str,
        alteration: &Alteration,
        rollback_immediate: bool,
        session: i32,
    ) -> Answer<Vec<i32>> {
        let _ = (alteration, rollback_immediate, session);
        Err(not_built(name))
    }

    /// `CREATE TABLE`.
    ///
    /// # Errors
    /// 2714 the name is taken, 911, 924, 927, 942, 3906 read-only.
    pub fn create_table(&self, database: &str, table: &NewTable) -> Answer<()> {
        let _ = table;
        Err(not_built(database))
    }

    /// `DROP TABLE`.
    ///
    /// # Errors
    /// 3701 no such table.
    pub fn drop_table(&self, database: &str, schema: &str, table: &str) -> Answer<()> {
        let _ = (schema, table);
        Err(not_built(database))
    }

    /// The tables of a database, by id. msdb's history tables are among msdb's.
    ///
    /// # Errors
    /// 911, 924, 926, 927, 942.
    pub fn tables(&self, database: &str) -> Answer<Vec<TableFacts>> {
        Err(not_built(database))
    }

    /// One table. Names are compared without regard to case.
    ///
    /// # Errors
    /// 208 no such table; and as [`Engine::tables`].
    pub fn table(&self, database: &str, schema: &str, table: &str) -> Answer<TableFacts> {
        let _ = (schema, table);
        Err(not_built(database))
    }

    /// Adds rows, all or none; each has a value for every column. Returns the identity value of the
    /// last row, if the table has an identity column.
    ///
    /// # Errors
    /// 208, 515 NULL in a required column, 2627 duplicate key, 2628 text too long, 8115 number too
    /// large, 511 row too large, 3906 read-only.
    pub fn insert(&self, database: &str, schema: &str, table: &str, rows: &[Vec<Value>]) -> Answer<Option<i64>> {
        let _ = (schema, table, rows);
        Err(not_built(database))
    }

    /// Every row with its place, in the order of the pages.
    ///
    /// # Errors
    /// 208; 824 a page's checksum does not fit.
    pub fn scan(&self, database: &str, schema: &str, table: &str) -> Answer<Vec<(RowId, Vec<Value>)>> {
        let _ = (schema, table);
        Err(not_built(database))
    }

    /// Gives rows new values, all or none. A row may move.
    ///
    /// # Errors
    /// As [`Engine::insert`].
    pub fn update(&self, database: &str, schema: &str, table: &str, rows: &[(RowId, Vec<Value>)]) -> Answer<()> {
        let _ = (schema, table, rows);
        Err(not_built(database))
    }

    /// Takes rows away, all or none.
    ///
    /// # Errors
    /// 208, 3906.
    pub fn delete(&self, database: &str, schema: &str, table: &str, rows: &[RowId]) -> Answer<()> {
        let _ = (schema, table, rows);
        Err(not_built(database))
    }

    /// `CHECKPOINT`.
    ///
    /// # Errors
    /// 911, 924, 927, 942.
    pub fn checkpoint(&self, database: &str) -> Answer<()> {
        Err(not_built(database))
    }

    /// `DBCC CHECKDB`: every page's checksum, id and place in the maps, and every row.
    /// The errors found come in the answer (8939, 8928, ...), empty when all is well.
    ///
    /// # Errors
    /// 911, 924, 927, 942.
    pub fn check_database(&self, database: &str) -> Answer<Vec<ServerMessage>> {
        Err(not_built(database))
    }

    /// `BACKUP DATABASE` and `BACKUP LOG`.
    ///
    /// # Errors
    /// As the server: the cause first, then 3013.
    pub fn backup(&self, spec: &BackupSpec, watcher: &mut dyn Watcher) -> Answer<BackupOutcome> {
        let _ = watcher;
        Err(not_built(&spec.database))
    }

    /// `RESTORE DATABASE` and `RESTORE LOG`.
    ///
    /// # Errors
    /// As the server: the cause first, then 3013.
    pub fn restore(&self, spec: &RestoreSpec, watcher: &mut dyn Watcher) -> Answer<RestoreOutcome> {
        let _ = watcher;
        Err(not_built(&spec.database))
    }

    /// `RESTORE HEADERONLY FROM DISK = device`: every set, or set `file`; columns in the server's
    /// order and types.
    ///
    /// # Errors
    /// 3201, 3241, 3242, 3254, 4038; then 3013.
    pub fn header_only(&self, device: &str, file: Option<u16>) -> Answer<ResultSet> {
        let _ = file;
        Err(not_built(device))
    }

    /// `RESTORE FILELISTONLY FROM DISK = device WITH FILE = n`.
    ///
    /// # Errors
    /// As [`Engine::header_only`].
    pub fn file_list_only(&self, device: &str, file: Option<u16>) -> Answer<ResultSet> {
        let _ = file;
        Err(not_built(device))
    }

    /// `RESTORE LABELONLY FROM DISK = device`.
    ///
    /// # Errors
    /// As [`Engine::header_only`].
    pub fn label_only(&self, device: &str) -> Answer<ResultSet> {
        Err(not_built(device))
    }

    /// `RESTORE VERIFYONLY FROM DISK = devices WITH FILE = n`; says 3262 when the set is good.
    /// `checksum` as in [`RestoreSpec`].
    ///
    /// # Errors
    /// 3187, 3189, 3183, 3203, 3132, 3256 and as [`Engine::header_only`]; then 3013.
    pub fn verify_only(
        &self,
        devices: &[String],
        file: Option<u16>,
        checksum: Option<bool>,
        stats: Option<u8>,
        watcher: &mut dyn Watcher,
    ) -> Answer<()> {
        let _ = (file, checksum, stats, watcher);
        Err(not_built(devices.first().map_or("", String::as_str)))
    }

    /// The file on this machine that a server path names (case is ignored, as Windows does).
    ///
    /// # Errors
    /// A path that no server takes (123), or that leaves the root.
    pub fn host_path(&self, server_path: &str) -> Result<PathBuf, OsError> {
        let _ = server_path;
        Err(OsError::InvalidName)
    }

    /// `xp_fileexist`.
    pub fn file_exists(&self, path: &str) -> FileExists {
        let _ = path;
        FileExists { file: false, directory: false, parent: false }
    }

    /// `xp_dirtree path, depth, files`: depth 0 is without limit; files only when asked.
    pub fn dir_tree(&self, path: &str, depth: i32, files: bool) -> Vec<DirectoryEntry> {
        let _ = (path, depth, files);
        Vec::new()
    }

    /// `xp_create_subdir`: makes every missing folder of the path.
    ///
    /// # Errors
    /// 22048 with the operating system's error.
    pub fn create_subdir(&self, path: &str) -> Answer<()> {
        Err(not_built(path))
    }

    /// `xp_delete_file 0, path, extension, cutoff, subfolders`: a file, or in a folder the backups with
    /// that extension that are older (server local time). What is no backup is left alone, as the
    /// server does. Returns how many went.
    ///
    /// # Errors
    /// 22049 with the operating system's error.
    pub fn delete_file(
        &self,
        path: &str,
        extension: &str,
        older_than: Option<chrono::NaiveDateTime>,
        subfolders: bool,
    ) -> Answer<u32> {
        let _ = (extension, older_than, subfolders);
        Err(not_built(path))
    }

    /// `xp_fixeddrives`: volume and MB free; `C` and every drive that has a folder under the root.
    pub fn fixed_drives(&self) -> Vec<(char, u64)> {
        Vec::new()
    }

    /// Makes the database `PayamGostar2` with `rows` customers (Persian names), always the same ones.
    ///
    /// # Errors
    /// As [`Engine::create_database`].
    pub fn seed_payamgostar(&self, rows: u32) -> Answer<()> {
        let _ = rows;
        Err(not_built("PayamGostar2"))
    }
}

fn not_built(what: &str) -> Refusal {
    ServerError::new(49916, 16, 1, format!("The engine cannot serve '{what}' yet.")).into()
}
