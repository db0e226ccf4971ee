//! Asks the server what is in a backup file: `RESTORE HEADERONLY`, `FILELISTONLY`, `LABELONLY`.
//!
//! Columns are read by name: every version of SQL Server adds some.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::quote::literal;
use super::row::Record;
use super::session::{Session, Statement};
use crate::error::Result;
use crate::model::{BackupFile, BackupSet, BackupType, FileType, MediaLabel, RecoveryModel};

/// What the server sees at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// There is a file.
    pub exists: bool,
    /// There is a folder of that name.
    pub is_directory: bool,
    /// The folder above exists.
    pub parent_exists: bool,
}

/// What the server sees at a path; `None` if the login may not ask.
///
/// # Errors
///
/// None of its own: a refusal is `None`, as the answer only helps.
pub async fn file_state(session: &mut Session, path: &str) -> Option<FileState> {
    let sql = format!("EXEC master.dbo.xp_fileexist {}", literal(path));
    let rows = session.catalog(&sql, &[]).await.ok()?;
    let row = rows.first()?;
    Some(FileState {
        exists: row.flag("File Exists")?,
        is_directory: row.flag("File is a Directory")?,
        parent_exists: row.flag("Parent Directory Exists")?,
    })
}

/// Makes a folder, and those above it, on the server's machine. Needs sysadmin.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn create_folder(session: &mut Session, folder: &str) -> Result<()> {
    let sql = format!("EXEC master.dbo.xp_create_subdir {}", literal(folder));
    session.catalog(&sql, &[]).await.map(|_| ())
}

/// Something in a folder of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name.
    pub name: String,
    /// A file, else a folder.
    pub is_file: bool,
}

/// What is in a folder of the server, not below it. Of a folder that is not there, or that the
/// service's account may not read, the server tells nothing.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn folder_entries(session: &mut Session, folder: &str) -> Result<Vec<FolderEntry>> {
    let sql = format!("EXEC master.dbo.xp_dirtree {}, 1, 1", literal(folder));
    let rows = session.catalog(&sql, &[]).await?;
    let entry =
        |row: &Record| Some(FolderEntry { name: row.text("subdirectory")?, is_file: row.number::<i32>("file")? != 0 });
    Ok(rows.iter().filter_map(entry).collect())
}

/// Deletes a backup file on the server's machine, for good. Needs sysadmin. The server looks whether
/// it is a backup, and deletes nothing else.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn delete_backup_file(session: &mut Session, file: &str) -> Result<()> {
    let sql = format!("EXEC master.dbo.xp_delete_file 0, {}", literal(file));
    session.catalog(&sql, &[]).await.map(|_| ())
}

/// The backup sets of a file, in order.
///
/// # Errors
///
/// See [`Session::run`].
pub async fn headers(session: &mut Session, file: &str, cancel: &CancellationToken) -> Result<Vec<BackupSet>> {
    let rows = ask(session, &headers_sql(file), file, cancel).await?;
    Ok(rows.iter().filter_map(read_set).collect())
}

/// A backup set as the server told it, not taken apart yet. Of a long list that would keep the next rows waiting on
/// the wire; so he who takes them does it, in a thread of his own.
#[derive(Clone)]
pub struct ToldSet {
    row: Arc<Record>,
    backup_type: BackupType,
    position: u16,
}

impl ToldSet {
    /// `None` for a row that tells of none.
    pub fn of(row: Record) -> Option<ToldSet> {
        let (backup_type, position) = kind_and_position(&row)?;
        Some(ToldSet { row: Arc::new(row), backup_type, position })
    }

    /// The set.
    pub fn read(&self) -> BackupSet {
        read_columns(&self.row, self.backup_type, self.position)
    }
}

impl fmt::Debug for ToldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

/// As [`headers`], and sends the rows on as the server tells them; those that came before an error too.
///
/// # Errors
///
/// See [`Session::run_each`].
pub async fn each_header(
    session: &mut Session,
    file: &str,
    cancel: &CancellationToken,
    rows: mpsc::Sender<Vec<Record>>,
) -> Result<()> {
    let (sql, doing) = (headers_sql(file), reading(file));
    let statement = Statement { sql: &sql, doing: &doing, target: file };
    session.run_each(&statement, Arc::new(|_| ()), cancel, rows).await
}

fn headers_sql(file: &str) -> String {
    format!("RESTORE HEADERONLY FROM DISK = {} WITH NOUNLOAD", literal(file))
}

/// The files of the database in the backup set at `position`.
///
/// # Errors
///
/// See [`Session::run`].
pub async fn file_list(
    session: &mut Session,
    file: &str,
    position: u16,
    cancel: &CancellationToken,
) -> Result<Vec<BackupFile>> {
    let sql = format!("RESTORE FILELISTONLY FROM DISK = {} WITH FILE = {position}, NOUNLOAD", literal(file));
    let rows = ask(session, &sql, file, cancel).await?;
    Ok(rows.iter().filter_map(read_file).collect())
}

/// The label of a file.
///
/// # Errors
///
/// See [`Session::run`].
pub async fn labels(session: &mut Session, file: &str, cancel: &CancellationToken) -> Result<Vec<MediaLabel>> {
    let sql = format!("RESTORE LABELONLY FROM DISK = {} WITH NOUNLOAD", literal(file));
    let rows = ask(session, &sql, file, cancel).await?;
    Ok(rows.iter().map(read_label).collect())
}

async fn ask(session: &mut Session, sql: &str, file: &str, cancel: &CancellationToken) -> Result<Vec<Record>> {
    session.run(&Statement { sql, doing: &reading(file), target: file }, Arc::new(|_| ()), cancel).await
}

fn reading(file: &str) -> String {
    format!("read the backup file `{file}`")
}

fn read_set(row: &Record) -> Option<BackupSet> {
    let (backup_type, position) = kind_and_position(row)?;
    Some(read_columns(row, backup_type, position))
}

/// Without these a row tells of no set.
fn kind_and_position(row: &Record) -> Option<(BackupType, u16)> {
    Some((BackupType::from_number(row.number("BackupType")?)?, row.number("Position")?))
}

fn read_columns(row: &Record, backup_type: BackupType, position: u16) -> BackupSet {
    BackupSet {
        backup_name: row.text("BackupName"),
        backup_description: row.text("BackupDescription"),
        backup_type,
        expiration_date: row.time("ExpirationDate"),
        compressed: row.flag("Compressed").unwrap_or(false),
        position,
        device_type: row.number("DeviceType"),
        user_name: row.text("UserName"),
        server_name: row.text("ServerName"),
        database_name: row.text("DatabaseName").unwrap_or_default(),
        database_version: row.number("DatabaseVersion"),
        database_creation_date: row.time("DatabaseCreationDate"),
        backup_size: row.number("BackupSize"),
        first_lsn: row.lsn("FirstLSN").unwrap_or_default(),
        last_lsn: row.lsn("LastLSN").unwrap_or_default(),
        checkpoint_lsn: row.lsn("CheckpointLSN").unwrap_or_default(),
        database_backup_lsn: row.lsn("DatabaseBackupLSN").unwrap_or_default(),
        backup_start_date: row.time("BackupStartDate"),
        backup_finish_date: row.time("BackupFinishDate"),
        sort_order: row.number("SortOrder"),
        code_page: row.number("CodePage"),
        unicode_locale_id: row.number("UnicodeLocaleId"),
        unicode_comparison_style: row.number("UnicodeComparisonStyle"),
        compatibility_level: row.number("CompatibilityLevel"),
        software_vendor_id: row.number("SoftwareVendorId"),
        software_version_major: row.number("SoftwareVersionMajor"),
        software_version_minor: row.number("SoftwareVersionMinor"),
        software_version_build: row.number("SoftwareVersionBuild"),
        machine_name: row.text("MachineName"),
        flags: row.number("Flags"),
        binding_id: row.guid("BindingID"),
        recovery_fork_id: row.guid("RecoveryForkID"),
        collation: row.text("Collation"),
        family_guid: row.guid("FamilyGUID"),
        has_bulk_logged_data: row.flag("HasBulkLoggedData"),
        is_snapshot: row.flag("IsSnapshot"),
        is_read_only: row.flag("IsReadOnly"),
        is_single_user: row.flag("IsSingleUser"),
        has_backup_checksums: row.flag("HasBackupChecksums"),
        is_damaged: row.flag("IsDamaged"),
        begins_log_chain: row.flag("BeginsLogChain"),
        has_incomplete_meta_data: row.flag("HasIncompleteMetaData"),
        is_force_offline: row.flag("IsForceOffline"),
        is_copy_only: row.flag("IsCopyOnly"),
        first_recovery_fork_id: row.guid("FirstRecoveryForkID"),
        fork_point_lsn: row.lsn("ForkPointLSN"),
        recovery_model: row.text("RecoveryModel").as_deref().and_then(RecoveryModel::from_name),
        differential_base_lsn: row.lsn("DifferentialBaseLSN"),
        differential_base_guid: row.guid("DifferentialBaseGUID"),
        backup_set_guid: row.guid("BackupSetGUID"),
        compressed_backup_size: row.number("CompressedBackupSize"),
        containment: row.number("containment"),
        key_algorithm: row.text("KeyAlgorithm"),
        encryptor_thumbprint: row.bytes("EncryptorThumbprint"),
        encryptor_type: row.text("EncryptorType"),
        last_valid_restore_time: row.time("LastValidRestoreTime"),
        time_zone: row.number("TimeZone"),
        compression_algorithm: row.text("CompressionAlgorithm"),
    }
}

fn read_file(row: &Record) -> Option<BackupFile> {
    Some(BackupFile {
        logical_name: row.text("LogicalName")?,
        physical_name: row.text("PhysicalName")?,
        file_type: row.text("Type").and_then(|text| text.chars().next()).and_then(FileType::from_letter)?,
        file_group_name: row.text("FileGroupName"),
        size: row.number("Size")?,
        max_size: row.number("MaxSize"),
        file_id: row.number("FileId")?,
        create_lsn: row.lsn("CreateLSN"),
        drop_lsn: row.lsn("DropLSN"),
        unique_id: row.guid("UniqueId"),
        read_only_lsn: row.lsn("ReadOnlyLSN"),
        read_write_lsn: row.lsn("ReadWriteLSN"),
        backup_size_in_bytes: row.number("BackupSizeInBytes"),
        source_block_size: row.number("SourceBlockSize"),
        file_group_id: row.number("FileGroupId"),
        log_group_guid: row.guid("LogGroupGUID"),
        differential_base_lsn: row.lsn("DifferentialBaseLSN"),
        differential_base_guid: row.guid("DifferentialBaseGUID"),
        is_read_only: row.flag("IsReadOnly"),
        is_present: row.flag("IsPresent"),
        tde_thumbprint: row.bytes("TDEThumbprint"),
        snapshot_url: row.text("SnapshotUrl"),
    })
}

fn read_label(row: &Record) -> MediaLabel {
    MediaLabel {
        media_name: row.text("MediaName"),
        media_set_id: row.guid("MediaSetId"),
        family_count: row.number("FamilyCount"),
        family_sequence_number: row.number("FamilySequenceNumber"),
        media_family_id: row.guid("MediaFamilyId"),
        media_sequence_number: row.number("MediaSequenceNumber"),
        media_label_present: row.flag("MediaLabelPresent"),
        media_description: row.text("MediaDescription"),
        software_name: row.text("SoftwareName"),
        software_vendor_id: row.number("SoftwareVendorId"),
        media_date: row.time("MediaDate"),
        mirror_count: row.number("Mirror_Count"),
        is_compressed: row.flag("IsCompressed"),
    }
}
