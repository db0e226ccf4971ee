//! What a database stands in that a restore would break or lose: groups and mirrors that it belongs
//! to, and settings that live in the server and not in the backup.

use chrono::NaiveDateTime;

use super::quote::literal;
use super::row::Record;
use super::session::Session;
use super::state::ties;
use crate::error::Result;
use crate::model::{BackupType, Guid, Lsn};

/// Facts of a database that a restore has to know or tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Why it must not be restored over, in words.
    pub bound: Option<&'static str>,
    /// Whether a log backup has begun a chain, so that there is a tail to save.
    pub has_log_chain: bool,
    /// Settings that the server has switched on for it: `TRUSTWORTHY`, `ENABLE_BROKER`, ...
    pub settings: Vec<&'static str>,
}

/// Asks for the standing of a database.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn standing(session: &mut Session, database: &str) -> Result<Standing> {
    let Some(ties) = ties(session, database).await? else { return Ok(Standing::default()) };
    let sql = "SELECT d.is_trustworthy_on, d.is_broker_enabled, d.is_db_chaining_on, d.is_cdc_enabled, \
               r.last_log_backup_lsn FROM sys.databases AS d \
               LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id WHERE d.name = @P1";
    let rows = session.catalog(sql, &[&database]).await?;
    let Some(row) = rows.first() else { return Ok(Standing::default()) };
    let on = |name: &str| row.flag(name) == Some(true);
    let bound = [
        (ties.availability_group, "it is in an availability group"),
        (ties.mirrored, "it is mirrored"),
        (ties.published, "it is published"),
        (ties.snapshot.is_some(), "it has a database snapshot"),
        (ties.snapshot_of.is_some(), "it is a database snapshot"),
    ];
    let bound = bound.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why);
    const SETTINGS: [(&str, &str); 4] = [
        ("is_trustworthy_on", "TRUSTWORTHY"),
        ("is_broker_enabled", "ENABLE_BROKER"),
        ("is_db_chaining_on", "DB_CHAINING"),
        ("is_cdc_enabled", "change data capture"),
    ];
    Ok(Standing {
        bound,
        has_log_chain: row.lsn("last_log_backup_lsn").is_some_and(|lsn: Lsn| lsn != Lsn::default()),
        settings: SETTINGS.iter().filter(|(column, _)| on(column)).map(|(_, word)| *word).collect(),
    })
}

/// What tells this server from every other one: its name, and the GUID of its msdb.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn identity(session: &mut Session, name: &str) -> Result<String> {
    let rows =
        session.catalog("SELECT d.service_broker_guid FROM sys.databases AS d WHERE d.name = N'msdb'", &[]).await?;
    Ok(identity_of(name, rows.first()))
}

/// The same from the row of msdb.
pub(super) fn identity_of(server: &str, msdb: Option<&Record>) -> String {
    let guid: Option<Guid> = msdb.and_then(|row| row.guid("service_broker_guid"));
    format!("{server} {}", guid.map(|guid| guid.to_string()).unwrap_or_default())
}

/// The server's folder for backups, if it tells.
pub async fn backup_directory(session: &mut Session) -> Option<String> {
    // The property exists since SQL Server 2019; before, the registry of the instance has it.
    let property = "SELECT CONVERT(nvarchar(260), SERVERPROPERTY(N'InstanceDefaultBackupPath')) AS path";
    let rows = session.catalog(property, &[]).await.ok()?;
    if let Some(path) = rows.first().and_then(|row| row.text("path")).filter(|path| !path.is_empty()) {
        return Some(path);
    }
    let registry = "EXEC master.dbo.xp_instance_regread N'HKEY_LOCAL_MACHINE', \
                    N'Software\\Microsoft\\MSSQLServer\\MSSQLServer', N'BackupDirectory'";
    let rows = session.catalog(registry, &[]).await.ok()?;
    rows.first().and_then(|row| row.text("Data")).filter(|path| !path.is_empty())
}

/// A safety copy as msdb remembers it: file, position, and what its description says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedCopy {
    /// The file, as the server sees it.
    pub file: String,
    /// The set in it.
    pub position: u16,
    /// Its `DESCRIPTION`.
    pub description: String,
    /// When it was finished, the server's local time.
    pub finished: Option<NaiveDateTime>,
}

/// The newest backup of a kind of a database whose description begins with `mark`.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn remembered_copy(
    session: &mut Session,
    database: &str,
    kind: BackupType,
    mark: &str,
) -> Result<Option<RememberedCopy>> {
    let sql = format!(
        "SELECT TOP (1) f.physical_device_name, s.position, s.description, s.backup_finish_date FROM msdb.dbo.backupset AS s \
         JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id \
         WHERE s.database_name = @P1 AND s.type = '{}' AND s.description LIKE {} \
         ORDER BY s.backup_set_id DESC",
        kind.letter(),
        literal(&format!("{mark}%"))
    );
    let rows = session.catalog(&sql, &[&database]).await?;
    Ok(rows.first().and_then(|row| {
        Some(RememberedCopy {
            file: row.text("physical_device_name")?,
            position: row.number("position")?,
            description: row.text("description")?,
            finished: row.time("backup_finish_date"),
        })
    }))
}

/// A file of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenFile {
    /// The database.
    pub database: String,
    /// Its path.
    pub path: String,
    /// Bytes.
    pub size: u64,
}

/// The files of all databases.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn taken_files(session: &mut Session) -> Result<Vec<TakenFile>> {
    let sql = "SELECT d.name, m.physical_name, m.size FROM sys.master_files AS m \
               JOIN sys.databases AS d ON d.database_id = m.database_id";
    let rows = session.catalog(sql, &[]).await?;
    let file = |row: &Record| {
        let size = row.pages("size").unwrap_or(0);
        Some(TakenFile { database: row.text("name")?, path: row.text("physical_name")?, size })
    };
    Ok(rows.iter().filter_map(file).collect())
}
