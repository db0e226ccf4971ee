//! What is to be known of a server and its databases before anything is done.

use chrono::{FixedOffset, NaiveDateTime};

use super::quote::identifier;
use super::session::Session;
use crate::error::{Code, Error, Result};
use crate::model::{FileType, Guid, Lsn, RecoveryModel};

/// Facts of a server that do not change during a session.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// `@@SERVERNAME` style name, `HOST\INSTANCE`.
    pub name: String,
    /// Name of the instance, `None` for the default one.
    pub instance: Option<String>,
    /// `ProductVersion`, such as `15.0.2000.5`.
    pub version: String,
    /// Edition in the server's words.
    pub edition: String,
    /// Folder for new data files, with the final separator, if the server tells.
    pub data_directory: Option<String>,
    /// Folder for new log files.
    pub log_directory: Option<String>,
    /// `\` on Windows, `/` on Linux.
    pub separator: char,
    /// The server's clock, UTC, when it was asked.
    pub now: NaiveDateTime,
    /// What the server's local clock adds to UTC.
    pub offset: FixedOffset,
}

/// Asks a server for its facts, and for the number of the session with them.
///
/// # Errors
///
/// See [`Session::catalog`].
pub(super) async fn server(session: &mut Session) -> Result<ServerFacts> {
    let rows = session
        .catalog(
            "SELECT CONVERT(nvarchar(256), SERVERPROPERTY(N'ServerName')) AS server_name, \
             CONVERT(nvarchar(128), SERVERPROPERTY(N'InstanceName')) AS instance_name, \
             CONVERT(nvarchar(128), SERVERPROPERTY(N'ProductVersion')) AS product_version, \
             CONVERT(nvarchar(128), SERVERPROPERTY(N'Edition')) AS edition, \
             CONVERT(nvarchar(260), SERVERPROPERTY(N'InstanceDefaultDataPath')) AS data_path, \
             CONVERT(nvarchar(260), SERVERPROPERTY(N'InstanceDefaultLogPath')) AS log_path, \
             CONVERT(nvarchar(1), SERVERPROPERTY(N'PathSeparator')) AS path_separator, \
             SYSUTCDATETIME() AS utc_now, \
             DATEPART(TZOFFSET, SYSDATETIMEOFFSET()) AS offset_minutes, CONVERT(int, @@SPID) AS spid",
            &[],
        )
        .await?;
    let row = rows.first().ok_or_else(|| empty("its properties"))?;
    session.learn_spid_from(row);
    let minutes: i32 = row.number("offset_minutes").ok_or_else(|| empty("the offset of its clock"))?;
    Ok(ServerFacts {
        name: row.text("server_name").ok_or_else(|| empty("its name"))?,
        instance: row.text("instance_name").filter(|name| !name.is_empty()),
        version: row.text("product_version").ok_or_else(|| empty("its version"))?,
        edition: row.text("edition").unwrap_or_default(),
        data_directory: row.text("data_path").filter(|path| !path.is_empty()),
        log_directory: row.text("log_path").filter(|path| !path.is_empty()),
        // The property exists since SQL Server 2017; older ones run on Windows only.
        separator: row.text("path_separator").and_then(|text| text.chars().next()).unwrap_or('\\'),
        now: row.time("utc_now").ok_or_else(|| empty("its clock"))?,
        offset: offset(minutes).ok_or_else(|| empty("a possible offset of its clock"))?,
    })
}

/// An offset east of Greenwich, less than a day.
fn offset(minutes: i32) -> Option<FixedOffset> {
    FixedOffset::east_opt(minutes.checked_mul(60)?)
}

fn empty(what: &str) -> Error {
    Error::new(Code::Server, format!("SQL Server did not tell {what}"))
}

/// A database as `sys.databases` and `msdb` know it.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its name, in the server's spelling.
    pub name: String,
    /// `database_id`.
    pub id: i32,
    /// `ONLINE`, `RESTORING`, `RECOVERING`, `RECOVERY_PENDING`, `SUSPECT`, `EMERGENCY`, `OFFLINE`.
    pub state: String,
    /// `MULTI_USER`, `SINGLE_USER` or `RESTRICTED_USER`.
    pub user_access: String,
    /// How it keeps its log.
    pub recovery_model: Option<RecoveryModel>,
    /// `compatibility_level`.
    pub compatibility_level: Option<u8>,
    /// Login of the owner; `None` if the server does not know it.
    pub owner: Option<String>,
    /// Creation or last restore, the server's local time.
    pub created: Option<NaiveDateTime>,
    /// Whether it is read-only.
    pub is_read_only: bool,
    /// Whether it is readable while it waits for further backups.
    pub is_in_standby: bool,
    /// Bytes of its data files; `None` if the login may not see them.
    pub data_size: Option<u64>,
    /// Bytes of its log files.
    pub log_size: Option<u64>,
    /// End of the newest full backup that is not copy-only, the server's local time.
    pub last_full: Option<NaiveDateTime>,
    /// End of the newest differential backup.
    pub last_differential: Option<NaiveDateTime>,
    /// End of the newest log backup.
    pub last_log: Option<NaiveDateTime>,
}

/// Databases, their files, and what stands for `{history}` and `{newest}`.
const DATABASES: &str = "SELECT d.name, d.database_id, d.state_desc, d.user_access_desc, d.recovery_model_desc, \
     d.compatibility_level, SUSER_SNAME(d.owner_sid) AS owner_name, d.create_date, d.is_read_only, d.is_in_standby, \
     f.data_pages, f.log_pages, {newest} \
     FROM sys.databases AS d \
     LEFT JOIN (SELECT m.database_id, \
     SUM(CASE WHEN m.type = 1 THEN 0 ELSE CONVERT(bigint, m.size) END) AS data_pages, \
     SUM(CASE WHEN m.type = 1 THEN CONVERT(bigint, m.size) ELSE 0 END) AS log_pages \
     FROM sys.master_files AS m GROUP BY m.database_id) AS f ON f.database_id = d.database_id{history}";

const NEWEST: &str = "b.last_full, b.last_differential, b.last_log";

const HISTORY: &str = " LEFT JOIN (SELECT s.database_name, \
     MAX(CASE WHEN s.type = 'D' AND s.is_copy_only = 0 THEN s.backup_finish_date END) AS last_full, \
     MAX(CASE WHEN s.type = 'I' THEN s.backup_finish_date END) AS last_differential, \
     MAX(CASE WHEN s.type = 'L' THEN s.backup_finish_date END) AS last_log \
     FROM msdb.dbo.backupset AS s GROUP BY s.database_name) AS b ON b.database_name = d.name";

/// For a login that may not read msdb: to back up it need not.
const NOTHING_NEWEST: &str = "CONVERT(datetime, NULL) AS last_full, CONVERT(datetime, NULL) AS last_differential, \
     CONVERT(datetime, NULL) AS last_log";

/// Every database that the login may see, by name.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn databases(session: &mut Session) -> Result<Vec<Database>> {
    ask(session, "ORDER BY d.name", &[]).await
}

/// The database of a name, if there is one.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn database(session: &mut Session, name: &str) -> Result<Option<Database>> {
    Ok(ask(session, "WHERE d.name = @P1", &[&name]).await?.into_iter().next())
}

async fn ask(session: &mut Session, which: &str, parameters: &[&dyn tiberius::ToSql]) -> Result<Vec<Database>> {
    let sql = |newest: &str, history: &str| {
        format!("{} {which}", DATABASES.replace("{newest}", newest).replace("{history}", history))
    };
    let rows = match session.catalog(&sql(NEWEST, HISTORY), parameters).await {
        Err(error) if error.code == Code::Permission => session.catalog(&sql(NOTHING_NEWEST, ""), parameters).await?,
        answer => answer?,
    };
    Ok(rows.iter().filter_map(read_database).collect())
}

fn read_database(row: &super::row::Record) -> Option<Database> {
    Some(Database {
        name: row.text("name")?,
        id: row.number("database_id")?,
        state: row.text("state_desc")?,
        user_access: row.text("user_access_desc")?,
        recovery_model: row.text("recovery_model_desc").as_deref().and_then(RecoveryModel::from_name),
        compatibility_level: row.number("compatibility_level"),
        owner: row.text("owner_name"),
        created: row.time("create_date"),
        is_read_only: row.flag("is_read_only").unwrap_or(false),
        is_in_standby: row.flag("is_in_standby").unwrap_or(false),
        data_size: row.pages("data_pages"),
        log_size: row.pages("log_pages"),
        last_full: row.time("last_full"),
        last_differential: row.time("last_differential"),
        last_log: row.time("last_log"),
    })
}

/// The full backup that the next differential of a database will be based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferentialBase {
    /// `BackupSetGUID` of the full backup.
    pub guid: Guid,
    /// Its LSN, as `sys.database_files.differential_base_lsn` tells it.
    pub lsn: Option<Lsn>,
    /// When it was made, the server's local time.
    pub time: Option<NaiveDateTime>,
}

/// What the next differential backup of a database would be based on; `None`: there is no base.
///
/// Asks the database itself, which needs no right beyond being let in.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn differential_base(session: &mut Session, database: &str) -> Result<Option<DifferentialBase>> {
    let sql = format!(
        "SELECT f.differential_base_lsn, f.differential_base_guid, f.differential_base_time \
         FROM {}.sys.database_files AS f WHERE f.file_id = 1",
        identifier(database)
    );
    let rows = session.catalog(&sql, &[]).await?;
    Ok(rows.first().and_then(|row| {
        Some(DifferentialBase {
            guid: row.guid("differential_base_guid")?,
            lsn: row.lsn("differential_base_lsn"),
            time: row.time("differential_base_time"),
        })
    }))
}

/// A file of an existing database: logical name, type, path.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn file_places(session: &mut Session, database_id: i32) -> Result<Vec<(String, FileType, String)>> {
    let rows = session
        .catalog(
            "SELECT m.name, m.type, m.physical_name FROM sys.master_files AS m WHERE m.database_id = @P1 ORDER BY m.file_id",
            &[&database_id],
        )
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let kind = match row.number::<u8>("type")? {
                0 => FileType::Data,
                1 => FileType::Log,
                4 => FileType::FullText,
                _ => FileType::FileStream,
            };
            Some((row.text("name")?, kind, row.text("physical_name")?))
        })
        .collect())
}

/// `FamilyGUID` of an existing database: which database its backups are of. `None` if the login
/// may not see it or the database is not up.
pub async fn family_guid(session: &mut Session, database_id: i32) -> Option<Guid> {
    let sql = "SELECT r.family_guid FROM sys.database_recovery_status AS r WHERE r.database_id = @P1";
    session.catalog(sql, &[&database_id]).await.ok()?.first()?.guid("family_guid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_less_than_a_day_off() {
        assert_eq!(offset(210), FixedOffset::east_opt(12_600));
        for minutes in [1440, i32::MAX, i32::MIN] {
            assert_eq!(offset(minutes), None, "{minutes}");
        }
    }
}
