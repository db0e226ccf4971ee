//! What `msdb` remembers of backups.

use chrono::NaiveDateTime;

use super::session::Session;
use crate::error::Result;
use crate::model::{Guid, Lsn};

/// A backup as `msdb` recorded it.
#[derive(Clone, Debug)]
pub struct BackupRecord {
    /// `backup_set_uuid`, the `BackupSetGUID` of `RESTORE HEADERONLY`.
    pub backup_set_guid: Option<Guid>,
    /// `media_uuid`.
    pub media_set_id: Option<Guid>,
    /// LSNs by their names in `msdb.dbo.backupset`.
    pub first_lsn: Option<Lsn>,
    /// See [`BackupRecord::first_lsn`].
    pub last_lsn: Option<Lsn>,
    /// See [`BackupRecord::first_lsn`].
    pub checkpoint_lsn: Option<Lsn>,
    /// See [`BackupRecord::first_lsn`].
    pub database_backup_lsn: Option<Lsn>,
    /// Of a differential: `BackupSetGUID` of its base.
    pub differential_base_guid: Option<Guid>,
    /// Of a differential.
    pub differential_base_lsn: Option<Lsn>,
    /// Bytes.
    pub backup_size: Option<u64>,
    /// Bytes.
    pub compressed_backup_size: Option<u64>,
    /// The server's local time.
    pub started: Option<NaiveDateTime>,
    /// The server's local time.
    pub finished: Option<NaiveDateTime>,
    /// Whether it was made WITH CHECKSUM.
    pub has_backup_checksums: Option<bool>,
}

/// The record of the backup that was just written to `file` at `position`.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn made(session: &mut Session, database: &str, file: &str, position: u16) -> Result<Option<BackupRecord>> {
    let position = i32::from(position);
    let rows = session
        .catalog(
            "SELECT TOP (1) s.backup_set_uuid, m.media_uuid, s.first_lsn, s.last_lsn, s.checkpoint_lsn, \
             s.database_backup_lsn, s.differential_base_guid, s.differential_base_lsn, s.backup_size, \
             s.compressed_backup_size, s.backup_start_date, s.backup_finish_date, s.has_backup_checksums \
             FROM msdb.dbo.backupset AS s \
             JOIN msdb.dbo.backupmediaset AS m ON m.media_set_id = s.media_set_id \
             JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id \
             WHERE s.database_name = @P1 AND f.physical_device_name = @P2 AND s.position = @P3 \
             ORDER BY s.backup_set_id DESC",
            &[&database, &file, &position],
        )
        .await?;
    Ok(rows.first().map(|row| BackupRecord {
        backup_set_guid: row.guid("backup_set_uuid"),
        media_set_id: row.guid("media_uuid"),
        first_lsn: row.lsn("first_lsn"),
        last_lsn: row.lsn("last_lsn"),
        checkpoint_lsn: row.lsn("checkpoint_lsn"),
        database_backup_lsn: row.lsn("database_backup_lsn"),
        differential_base_guid: row.guid("differential_base_guid"),
        differential_base_lsn: row.lsn("differential_base_lsn"),
        backup_size: row.number("backup_size"),
        compressed_backup_size: row.number("compressed_backup_size"),
        started: row.time("backup_start_date"),
        finished: row.time("backup_finish_date"),
        has_backup_checksums: row.flag("has_backup_checksums"),
    }))
}

/// Where this server last saw a backup set: its file, position and end.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn last_seen(session: &mut Session, set: Guid) -> Result<Option<(String, u16, Option<NaiveDateTime>)>> {
    let rows = session
        .catalog(
            "SELECT TOP (1) f.physical_device_name, s.position, s.backup_finish_date \
             FROM msdb.dbo.backupset AS s \
             JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id \
             WHERE s.backup_set_uuid = @P1 ORDER BY s.backup_set_id DESC",
            &[&set],
        )
        .await?;
    Ok(rows.first().and_then(|row| {
        Some((row.text("physical_device_name")?, row.number("position")?, row.time("backup_finish_date")))
    }))
}
