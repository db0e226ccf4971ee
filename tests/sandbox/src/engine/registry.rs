//! The databases of an instance: what `master` keeps about each, and who uses it now.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDateTime;

use super::catalog::{FileRow, int, text};
use super::core::{Core, FilePlace};
use super::error::Answer;
use super::facts::{DatabaseState, Ties, UserAccess};
use super::instance::NewTable;
use super::lsn::Lsn;
use super::value::{Column, ColumnType, Value};

/// One database, open or not.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) id: u16,
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) created: NaiveDateTime,
    pub(crate) state: DatabaseState,
    pub(crate) standby: bool,
    pub(crate) access: UserAccess,
    /// The session that holds a SINGLE_USER database.
    pub(crate) holder: Option<i32>,
    pub(crate) files: Vec<FilePlace>,
    /// Logical name of the file in which a restore was interrupted.
    pub(crate) interrupted: Option<String>,
    /// Its storage, while it can be read.
    pub(crate) core: Option<Core>,
}

/// A database that many threads hold.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    inner: Arc<Mutex<Database>>,
    /// Its name, to be found by without waiting for who works in the database.
    name: Arc<Mutex<String>>,
    /// Held while a data backup, a restore or a file change runs: 3023.
    serial: Arc<Mutex<bool>>,
    /// Held while a log backup runs.
    log_serial: Arc<Mutex<bool>>,
}

impl Shared {
    pub(crate) fn new(database: Database) -> Shared {
        let name = Arc::new(Mutex::new(database.name.clone()));
        Shared { inner: Arc::new(Mutex::new(database)), name, serial: Arc::default(), log_serial: Arc::default() }
    }

    pub(crate) fn name(&self) -> String {
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_name(&self, name: &str) {
        name.clone_into(&mut self.name.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Database> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the database for one backup or file change; `None` while another has it.
    pub(crate) fn claim(&self) -> Option<Claim> {
        claim(&self.serial)
    }

    /// Claims the database's log for one log backup.
    pub(crate) fn claim_log(&self) -> Option<Claim> {
        claim(&self.log_serial)
    }
}

fn claim(serial: &Arc<Mutex<bool>>) -> Option<Claim> {
    let mut busy = serial.lock().unwrap_or_else(PoisonError::into_inner);
    if *busy {
        return None;
    }
    *busy = true;
    Some(Claim(serial.clone()))
}

/// Gives a claimed database back when it goes.
#[derive(Debug)]
pub(crate) struct Claim(Arc<Mutex<bool>>);

impl Drop for Claim {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// The databases and sessions of an instance.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    pub(crate) databases: BTreeMap<u16, Shared>,
    /// Session to the database that it uses.
    pub(crate) sessions: HashMap<i32, u16>,
    /// What hangs on databases, by their id.
    pub(crate) ties: HashMap<u16, Ties>,
    /// Users of databases that came from another server, by the database's id: name and sid.
    pub(crate) users: HashMap<u16, Vec<(String, Vec<u8>)>>,
}

impl Registry {
    /// The database of a name, in any case.
    pub(crate) fn find(&self, name: &str) -> Option<Shared> {
        let wanted = name.to_lowercase();
        self.databases.values().find(|database| database.name().to_lowercase() == wanted).cloned()
    }

    pub(crate) fn next_id(&self) -> u16 {
        (5..).find(|id| !self.databases.contains_key(id)).unwrap_or(u16::MAX)
    }

    /// Sessions in a database, but `own`.
    pub(crate) fn others(&self, database: u16, own: i32) -> Vec<i32> {
        let mut out: Vec<i32> = self
            .sessions
            .iter()
            .filter(|(session, id)| **id == database && **session != own)
            .map(|(s, _)| *s)
            .collect();
        out.sort_unstable();
        out
    }
}

/// Table of databases in `master`.
const DATABASES: &str = "sysdbreg";
/// Table of files in `master`.
const FILES: &str = "sysbrickfiles";

/// Makes the tables of `master`.
pub(crate) fn create_tables(core: &mut Core, now: NaiveDateTime) -> Answer<()> {
    let table = |name: &str, columns: Vec<Column>| NewTable {
        schema: "sys".to_owned(),
        name: name.to_owned(),
        columns,
        primary_key: Vec::new(),
        primary_key_name: None,
    };
    let databases = vec![
        Column::required("id", ColumnType::SmallInt),
        Column::required("name", ColumnType::NVarChar(128)),
        Column::required("owner", ColumnType::NVarChar(128)),
        Column::required("crdate", ColumnType::DateTime),
        Column::required("state", ColumnType::TinyInt),
        Column::required("standby", ColumnType::Bit),
        Column::required("access", ColumnType::TinyInt),
    ];
    let files = vec![
        Column::required("dbid", ColumnType::SmallInt),
        Column::required("fileid", ColumnType::SmallInt),
        Column::required("grpid", ColumnType::SmallInt),
        Column::required("filetype", ColumnType::TinyInt),
        Column::required("lname", ColumnType::NVarChar(128)),
        Column::required("pname", ColumnType::NVarChar(260)),
        Column::required("createlsn", ColumnType::Binary(10)),
        Column::required("fileguid", ColumnType::UniqueIdentifier),
    ];
    core.create_table(&table(DATABASES, databases), now)?;
    core.create_table(&table(super::certificates::TABLE, super::certificates::columns()), now)?;
    core.create_table(&table(FILES, files), now)
}

/// Writes what `master` keeps about a database, in place of what it had.
pub(crate) fn save(core: &mut Core, database: &Database, now: NaiveDateTime) -> Answer<()> {
    forget(core, database.id, now)?;
    let row = vec![
        Value::Int(i64::from(database.id)),
        Value::Text(database.name.clone()),
        Value::Text(database.owner.clone()),
        Value::DateTime(database.created),
        Value::Int(i64::from(database.state.number())),
        Value::Bit(database.standby),
        Value::Int(i64::from(database.access.number())),
    ];
    core.insert("sys", DATABASES, &[row], now)?;
    let files: Vec<Vec<Value>> = database
        .files
        .iter()
        .map(|place| {
            vec![
                Value::Int(i64::from(database.id)),
                Value::Int(i64::from(place.row.id)),
                Value::Int(i64::from(place.row.group)),
                Value::Int(i64::from(place.row.is_log)),
                Value::Text(place.row.logical_name.clone()),
                Value::Text(place.row.physical_name.clone()),
                Value::Bytes(place.row.create_lsn.bytes().to_vec()),
                Value::Guid(place.row.guid),
            ]
        })
        .collect();
    core.insert("sys", FILES, &files, now).map(|_| ())
}

/// Removes a database from `master`.
pub(crate) fn forget(core: &mut Core, id: u16, now: NaiveDateTime) -> Answer<()> {
    for table in [DATABASES, FILES] {
        let rows = core.scan("sys", table)?;
        let own: Vec<_> =
            rows.into_iter().filter(|(_, row)| int(&row[0]) == i64::from(id)).map(|(place, _)| place).collect();
        if !own.is_empty() {
            core.delete("sys", table, &own, now)?;
        }
    }
    Ok(())
}

/// What `master` knows of every database.
pub(crate) fn load(core: &mut Core, host: impl Fn(&str) -> std::path::PathBuf) -> Answer<Vec<Database>> {
    let files = core.scan("sys", FILES)?;
    let databases = core.scan("sys", DATABASES)?;
    let read = |row: &[Value]| {
        let places = files.iter().filter(|(_, file)| file[0] == row[0]).map(|(_, file)| FilePlace {
            host: host(text(&file[5])),
            row: FileRow {
                id: int(&file[1]) as u16,
                group: int(&file[2]) as u16,
                is_log: int(&file[3]) == 1,
                logical_name: text(&file[4]).to_owned(),
                physical_name: text(&file[5]).to_owned(),
                create_lsn: match &file[6] {
                    Value::Bytes(bytes) => Lsn::from_bytes(super::bytes::array_at(bytes, 0)),
                    _ => Lsn::ZERO,
                },
                guid: match &file[7] {
                    Value::Guid(guid) => *guid,
                    _ => uuid::Uuid::nil(),
                },
            },
        });
        Database {
            id: int(&row[0]) as u16,
            name: text(&row[1]).to_owned(),
            owner: text(&row[2]).to_owned(),
            created: match &row[3] {
                Value::DateTime(time) => *time,
                _ => NaiveDateTime::default(),
            },
            state: match int(&row[4]) {
                0 => DatabaseState::Online,
                1 => DatabaseState::Restoring,
                6 => DatabaseState::Offline,
                _ => DatabaseState::Suspect,
            },
            standby: row[5] == Value::Bit(true),
            access: match int(&row[6]) {
                0 => UserAccess::Multi,
                1 => UserAccess::Single,
                _ => UserAccess::Restricted,
            },
            holder: None,
            files: places.collect(),
            interrupted: None,
            core: None,
        }
    };
    Ok(databases.iter().map(|(_, row)| read(row)).collect())
}
