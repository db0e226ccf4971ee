//! What `msdb` remembers of backups.

use chrono::NaiveDateTime;
use tokio::sync::mpsc;

use super::quote::literal;
use super::row::Record;
use super::session::{AHEAD, Session};
use crate::error::Result;
use crate::model::{BackupSet, BackupType, Guid, Lsn, RecoveryModel};
use crate::policy::base::Origin;

/// A backup as `msdb` recorded it.
#[derive(Clone, Debug, Default)]
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

/// Who made a backup set, and where this server last saw it; `None`: its history tells nothing.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn origin(session: &mut Session, set: Guid) -> Result<Option<Origin>> {
    let rows = session
        .catalog(
            "SELECT s.backup_set_id, s.user_name, s.machine_name, s.name, s.position, s.backup_finish_date, \
             s.is_snapshot, m.software_name, f.physical_device_name, f.device_type \
             FROM msdb.dbo.backupset AS s \
             JOIN msdb.dbo.backupmediaset AS m ON m.media_set_id = s.media_set_id \
             JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id \
             WHERE s.backup_set_uuid = @P1 AND f.mirror = 0 \
             ORDER BY s.backup_set_id DESC, f.family_sequence_number",
            &[&set],
        )
        .await?;
    let Some(newest) = rows.first() else { return Ok(None) };
    let id = newest.number::<i64>("backup_set_id");
    let same = || rows.iter().filter(|row| row.number::<i64>("backup_set_id") == id);
    Ok(Some(Origin {
        guid: set,
        user: newest.text("user_name"),
        machine: newest.text("machine_name"),
        program: newest.text("software_name"),
        set_name: newest.text("name"),
        devices: same().filter_map(|row| row.text("physical_device_name")).collect(),
        // Disk, as a file or as a device of the server that is one.
        on_disk: same().all(|row| matches!(row.number::<i32>("device_type"), Some(2 | 102))),
        position: newest.number("position").unwrap_or(1),
        is_snapshot: newest.flag("is_snapshot") == Some(true),
        finished: newest.time("backup_finish_date"),
        is_hidden: false,
    }))
}

/// Which backups of the history to list.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Databases by name; all without names.
    pub databases: Vec<String>,
    /// Types; all without types.
    pub types: Vec<BackupType>,
    /// So many newest ones of each database; `None`: all.
    pub last: Option<u32>,
    /// Finished at or after this moment, the server's local time.
    pub after: Option<NaiveDateTime>,
    /// Finished before this moment, the server's local time.
    pub before: Option<NaiveDateTime>,
}

/// The history of backups, the newest first in each database. Each is sent on as it comes: the set,
/// and its files, one a stripe.
///
/// # Errors
///
/// See [`Session::each`].
pub async fn history(
    session: &mut Session,
    filter: &HistoryFilter,
    backups: mpsc::Sender<(BackupSet, Vec<String>)>,
) -> Result<()> {
    let sql = history_sql(filter);
    let (sender, rows) = mpsc::channel(AHEAD);
    let (asked, ()) = tokio::join!(session.each(&sql, sender), together(rows, backups));
    asked
}

/// Puts the rows of one set together: one a stripe, one after the other.
async fn together(mut rows: mpsc::Receiver<Vec<Record>>, backups: mpsc::Sender<(BackupSet, Vec<String>)>) {
    let mut current: Option<(i64, BackupSet, Vec<String>)> = None;
    let mut here = Vec::new().into_iter();
    loop {
        let Some(row) = here.next() else {
            let Some(more) = rows.recv().await else { break };
            here = more.into_iter();
            continue;
        };
        let Some(id) = row.number::<i64>("backup_set_id") else { continue };
        let file = row.text("physical_device_name").unwrap_or_default();
        if let Some((same, _, files)) = &mut current
            && *same == id
        {
            if !files.contains(&file) {
                files.push(file);
            }
            continue;
        }
        if let Some((_, set, files)) = current.take()
            && backups.send((set, files)).await.is_err()
        {
            return;
        }
        current = read_set(&row).map(|set| (id, set, vec![file]));
    }
    if let Some((_, set, files)) = current.take() {
        // Nobody listens any more: then nothing is lost.
        backups.send((set, files)).await.ok();
    }
}

fn history_sql(filter: &HistoryFilter) -> String {
    let mut conditions = vec!["1 = 1".to_owned()];
    if !filter.databases.is_empty() {
        let names: Vec<String> = filter.databases.iter().map(|name| literal(name)).collect();
        conditions.push(format!("s.database_name IN ({})", names.join(", ")));
    }
    if !filter.types.is_empty() {
        let letters: Vec<String> = filter.types.iter().map(|kind| format!("'{}'", kind.letter())).collect();
        conditions.push(format!("s.type IN ({})", letters.join(", ")));
    }
    let text = |moment: NaiveDateTime| literal(&moment.format("%Y-%m-%dT%H:%M:%S").to_string());
    conditions.extend(filter.after.map(|moment| format!("s.backup_finish_date >= {}", text(moment))));
    conditions.extend(filter.before.map(|moment| format!("s.backup_finish_date < {}", text(moment))));
    let ranked = filter.last.map(|last| format!("WHERE h.rank_number <= {last} ")).unwrap_or_default();
    // One row a stripe; those of one set follow each other.
    format!(
        "SELECT h.*, f.physical_device_name, f.family_sequence_number, f.device_type FROM (\
         SELECT s.backup_set_id, s.media_set_id, s.name, s.description, s.type, s.expiration_date, s.position, \
         s.user_name, s.server_name, s.machine_name, s.database_name, s.database_version, s.database_creation_date, \
         s.backup_size, s.compressed_backup_size, s.first_lsn, s.last_lsn, s.checkpoint_lsn, s.database_backup_lsn, \
         s.differential_base_lsn, s.differential_base_guid, s.backup_start_date, s.backup_finish_date, s.sort_order, \
         s.code_page, s.unicode_locale, s.unicode_compare_style, s.compatibility_level, s.software_vendor_id, \
         s.software_major_version, s.software_minor_version, s.software_build_version, s.flags, s.collation_name, \
         s.backup_set_uuid, s.family_guid, s.first_recovery_fork_guid, s.last_recovery_fork_guid, s.fork_point_lsn, \
         s.recovery_model, s.has_bulk_logged_data, s.is_snapshot, s.is_readonly, s.is_single_user, \
         s.has_backup_checksums, s.is_damaged, s.begins_log_chain, s.has_incomplete_metadata, s.is_force_offline, \
         s.is_copy_only, s.time_zone, m.is_compressed, \
         ROW_NUMBER() OVER (PARTITION BY s.database_name ORDER BY s.backup_finish_date DESC, s.backup_set_id DESC) AS rank_number \
         FROM msdb.dbo.backupset AS s JOIN msdb.dbo.backupmediaset AS m ON m.media_set_id = s.media_set_id \
         WHERE {}) AS h \
         JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = h.media_set_id \
         {ranked}ORDER BY h.database_name, h.backup_finish_date DESC, h.backup_set_id DESC, f.family_sequence_number, f.mirror",
        conditions.join(" AND ")
    )
}

/// `msdb.dbo.backupset` by the names of `RESTORE HEADERONLY`; what `msdb` does not keep is `None`.
fn read_set(row: &Record) -> Option<BackupSet> {
    let kind = row.text("type").and_then(|text| text.chars().next()).and_then(BackupType::from_letter)?;
    let name = row.text("database_name")?;
    Some(BackupSet {
        backup_name: row.text("name"),
        backup_description: row.text("description"),
        expiration_date: row.time("expiration_date"),
        compressed: row.flag("is_compressed").unwrap_or(false),
        device_type: row.number("device_type"),
        user_name: row.text("user_name"),
        server_name: row.text("server_name"),
        database_version: row.number("database_version"),
        database_creation_date: row.time("database_creation_date"),
        backup_size: row.number("backup_size"),
        first_lsn: row.lsn("first_lsn").unwrap_or_default(),
        last_lsn: row.lsn("last_lsn").unwrap_or_default(),
        checkpoint_lsn: row.lsn("checkpoint_lsn").unwrap_or_default(),
        database_backup_lsn: row.lsn("database_backup_lsn").unwrap_or_default(),
        backup_start_date: row.time("backup_start_date"),
        backup_finish_date: row.time("backup_finish_date"),
        sort_order: row.number("sort_order"),
        code_page: row.number("code_page"),
        unicode_locale_id: row.number("unicode_locale"),
        unicode_comparison_style: row.number("unicode_compare_style"),
        compatibility_level: row.number("compatibility_level"),
        software_vendor_id: row.number("software_vendor_id"),
        software_version_major: row.number("software_major_version"),
        software_version_minor: row.number("software_minor_version"),
        software_version_build: row.number("software_build_version"),
        machine_name: row.text("machine_name"),
        flags: row.number("flags"),
        recovery_fork_id: row.guid("last_recovery_fork_guid"),
        collation: row.text("collation_name"),
        family_guid: row.guid("family_guid"),
        has_bulk_logged_data: row.flag("has_bulk_logged_data"),
        is_snapshot: row.flag("is_snapshot"),
        is_read_only: row.flag("is_readonly"),
        is_single_user: row.flag("is_single_user"),
        has_backup_checksums: row.flag("has_backup_checksums"),
        is_damaged: row.flag("is_damaged"),
        begins_log_chain: row.flag("begins_log_chain"),
        has_incomplete_meta_data: row.flag("has_incomplete_metadata"),
        is_force_offline: row.flag("is_force_offline"),
        is_copy_only: row.flag("is_copy_only"),
        first_recovery_fork_id: row.guid("first_recovery_fork_guid"),
        fork_point_lsn: row.lsn("fork_point_lsn"),
        recovery_model: row.text("recovery_model").as_deref().and_then(RecoveryModel::from_name),
        differential_base_lsn: row.lsn("differential_base_lsn"),
        differential_base_guid: row.guid("differential_base_guid"),
        backup_set_guid: row.guid("backup_set_uuid"),
        compressed_backup_size: row.number("compressed_backup_size"),
        // 127 stands for "not known" (MTF), as in the media.
        time_zone: row.number("time_zone").filter(|quarters: &i16| *quarters != 127),
        ..BackupSet::of(kind, row.number("position")?, name)
    })
}
