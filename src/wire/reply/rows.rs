//! Rows: SQL Server's columns under SQL Server's names.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::values::{bytes, guid, local, lsn, persian};
use super::{chain, error_value, object, restore_test, state, type_word, verdict};
use crate::error::Error;
use crate::media::Container;
use crate::model::{BackupFile, Lsn, MediaLabel, RecoveryModel};
use crate::ops::{BytesOfSet, Row, SetOfFile};
use crate::sql::Database;

/// A row as text.
pub(super) fn text(row: &Row, status: &impl Fn(&Error) -> i32) -> String {
    let value = match row {
        // A map whose keys are texts, written to memory: nothing of that can fail.
        Row::Set(found) => return serde_json::to_string(&Columns(found)).unwrap_or_default(),
        Row::File(found) => file(found),
        Row::Label { file, label } => self::label(file, label),
        Row::Database(found) => database(found),
        Row::Table(found) => restore_test::table(found),
        Row::State(found) => state::row(found),
        Row::Verdict(found) => verdict::row(found),
        Row::RemovalItem(found) => chain::item(found, status),
        Row::Removal(found) => chain::step(found),
        Row::Pin(found) => chain::pin(found),
        Row::Aside(found) => chain::aside(found),
        Row::PlannedStep(found) => chain::restore_step(found),
        Row::Point(found) => chain::point(found),
        Row::Problem(found) => chain::problem(found),
        Row::Failed { target, error } => json!({ "BackupFile": target, "error": error_value(error, status(error)) }),
    };
    value.to_string()
}

/// The columns of `RESTORE HEADERONLY` in their order, and what we add. Written as they are: lists of sets are
/// long, and a value for each column of each would take most of the time.
struct Columns<'a>(&'a SetOfFile);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let SetOfFile { file, files, set, facts } = self.0;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("BackupFile", file)?;
        row.serialize_entry("BackupName", &set.backup_name)?;
        row.serialize_entry("BackupDescription", &set.backup_description)?;
        row.serialize_entry("BackupType", &set.backup_type.number())?;
        row.serialize_entry("ExpirationDate", &local(set.expiration_date))?;
        row.serialize_entry("Compressed", &u8::from(set.compressed))?;
        row.serialize_entry("Position", &set.position)?;
        row.serialize_entry("DeviceType", &set.device_type)?;
        row.serialize_entry("UserName", &set.user_name)?;
        row.serialize_entry("ServerName", &set.server_name)?;
        row.serialize_entry("DatabaseName", &set.database_name)?;
        row.serialize_entry("DatabaseVersion", &set.database_version)?;
        row.serialize_entry("DatabaseCreationDate", &local(set.database_creation_date))?;
        row.serialize_entry("BackupSize", &set.backup_size)?;
        row.serialize_entry("FirstLSN", &lsn(Some(set.first_lsn)))?;
        row.serialize_entry("LastLSN", &lsn(Some(set.last_lsn)))?;
        row.serialize_entry("CheckpointLSN", &lsn(Some(set.checkpoint_lsn)))?;
        row.serialize_entry("DatabaseBackupLSN", &lsn(Some(set.database_backup_lsn)))?;
        row.serialize_entry("BackupStartDate", &local(set.backup_start_date))?;
        row.serialize_entry("BackupFinishDate", &local(set.backup_finish_date))?;
        row.serialize_entry("SortOrder", &set.sort_order)?;
        row.serialize_entry("CodePage", &set.code_page)?;
        row.serialize_entry("UnicodeLocaleId", &set.unicode_locale_id)?;
        row.serialize_entry("UnicodeComparisonStyle", &set.unicode_comparison_style)?;
        row.serialize_entry("CompatibilityLevel", &set.compatibility_level)?;
        row.serialize_entry("SoftwareVendorId", &set.software_vendor_id)?;
        row.serialize_entry("SoftwareVersionMajor", &set.software_version_major)?;
        row.serialize_entry("SoftwareVersionMinor", &set.software_version_minor)?;
        row.serialize_entry("SoftwareVersionBuild", &set.software_version_build)?;
        row.serialize_entry("MachineName", &set.machine_name)?;
        row.serialize_entry("Flags", &set.flags)?;
        row.serialize_entry("BindingID", &guid(set.binding_id))?;
        row.serialize_entry("RecoveryForkID", &guid(set.recovery_fork_id))?;
        row.serialize_entry("Collation", &set.collation)?;
        row.serialize_entry("FamilyGUID", &guid(set.family_guid))?;
        row.serialize_entry("HasBulkLoggedData", &set.has_bulk_logged_data)?;
        row.serialize_entry("IsSnapshot", &set.is_snapshot)?;
        row.serialize_entry("IsReadOnly", &set.is_read_only)?;
        row.serialize_entry("IsSingleUser", &set.is_single_user)?;
        row.serialize_entry("HasBackupChecksums", &set.has_backup_checksums)?;
        row.serialize_entry("IsDamaged", &set.is_damaged)?;
        row.serialize_entry("BeginsLogChain", &set.begins_log_chain)?;
        row.serialize_entry("HasIncompleteMetaData", &set.has_incomplete_meta_data)?;
        row.serialize_entry("IsForceOffline", &set.is_force_offline)?;
        row.serialize_entry("IsCopyOnly", &set.is_copy_only)?;
        row.serialize_entry("FirstRecoveryForkID", &guid(set.first_recovery_fork_id))?;
        row.serialize_entry("ForkPointLSN", &lsn(set.fork_point_lsn))?;
        row.serialize_entry("RecoveryModel", &set.recovery_model.map(RecoveryModel::name))?;
        row.serialize_entry("DifferentialBaseLSN", &lsn(set.differential_base_lsn.filter(|lsn| *lsn != Lsn::ZERO)))?;
        row.serialize_entry("DifferentialBaseGUID", &guid(set.differential_base_guid))?;
        row.serialize_entry("BackupTypeDescription", &set.backup_type.description())?;
        row.serialize_entry("BackupSetGUID", &guid(set.backup_set_guid))?;
        row.serialize_entry("CompressedBackupSize", &set.compressed_backup_size)?;
        row.serialize_entry("Containment", &set.containment)?;
        row.serialize_entry("KeyAlgorithm", &set.key_algorithm)?;
        row.serialize_entry("EncryptorThumbprint", &bytes(set.encryptor_thumbprint.as_deref()))?;
        row.serialize_entry("EncryptorType", &set.encryptor_type)?;
        row.serialize_entry("LastValidRestoreTime", &local(set.last_valid_restore_time))?;
        row.serialize_entry("TimeZone", &set.time_zone)?;
        row.serialize_entry("CompressionAlgorithm", &set.compression_algorithm)?;
        row.serialize_entry("BackupTypeName", type_word(set.backup_type))?;
        row.serialize_entry("BackupStartDatePersian", &persian(set.backup_start_date))?;
        row.serialize_entry("BackupFinishDatePersian", &persian(set.backup_finish_date))?;
        if !files.is_empty() {
            row.serialize_entry("BackupFiles", files)?;
        }
        if let Some(facts) = facts {
            only_the_bytes_tell(&mut row, facts)?;
        }
        row.end()
    }
}

fn only_the_bytes_tell<M: SerializeMap>(row: &mut M, facts: &BytesOfSet) -> Result<(), M::Error> {
    let pages: Vec<Value> =
        facts.pages.iter().map(|pages| json!({ "FileId": pages.file_id, "Pages": pages.pages })).collect();
    row.serialize_entry("Status", if facts.incomplete.is_some() { "incomplete" } else { "complete" })?;
    row.serialize_entry("StatusReason", &facts.incomplete)?;
    let container = match facts.container {
        Container::Tape => "TAPE",
        Container::Compressed { .. } => "MSSQLBAK",
    };
    row.serialize_entry("Container", container)?;
    row.serialize_entry("FamilyCount", &facts.family.map(|(count, _)| count))?;
    row.serialize_entry("FamilySequenceNumber", &facts.family.map(|(_, number)| number))?;
    row.serialize_entry("Offset", &facts.offset)?;
    row.serialize_entry("Length", &facts.length)?;
    row.serialize_entry("CanCutAfter", &facts.can_cut_after)?;
    row.serialize_entry("UtcOffsetMinutes", &facts.utc_offset_minutes)?;
    row.serialize_entry("FileGroups", &facts.file_groups)?;
    row.serialize_entry("Pages", &pages)?;
    row.serialize_entry("Sha256", &facts.sha256)?;
    Ok(())
}

/// The columns of `RESTORE FILELISTONLY` in their order.
fn file(file: &BackupFile) -> Value {
    object(vec![
        ("LogicalName", json!(file.logical_name)),
        ("PhysicalName", json!(file.physical_name)),
        ("Type", json!(file.file_type.letter())),
        ("FileGroupName", json!(file.file_group_name)),
        ("Size", json!(file.size)),
        ("MaxSize", json!(file.max_size)),
        ("FileId", json!(file.file_id)),
        ("CreateLSN", json!(lsn(file.create_lsn))),
        ("DropLSN", json!(lsn(file.drop_lsn))),
        ("UniqueId", json!(guid(file.unique_id))),
        ("ReadOnlyLSN", json!(lsn(file.read_only_lsn))),
        ("ReadWriteLSN", json!(lsn(file.read_write_lsn))),
        ("BackupSizeInBytes", json!(file.backup_size_in_bytes)),
        ("SourceBlockSize", json!(file.source_block_size)),
        ("FileGroupId", json!(file.file_group_id)),
        ("LogGroupGUID", json!(guid(file.log_group_guid))),
        ("DifferentialBaseLSN", json!(lsn(file.differential_base_lsn))),
        ("DifferentialBaseGUID", json!(guid(file.differential_base_guid))),
        ("IsReadOnly", json!(file.is_read_only)),
        ("IsPresent", json!(file.is_present)),
        ("TDEThumbprint", json!(bytes(file.tde_thumbprint.as_deref()))),
        ("SnapshotUrl", json!(file.snapshot_url)),
    ])
}

/// The columns of `RESTORE LABELONLY` in their order.
fn label(file: &str, label: &MediaLabel) -> Value {
    object(vec![
        ("BackupFile", json!(file)),
        ("MediaName", json!(label.media_name)),
        ("MediaSetId", json!(guid(label.media_set_id))),
        ("FamilyCount", json!(label.family_count)),
        ("FamilySequenceNumber", json!(label.family_sequence_number)),
        ("MediaFamilyId", json!(guid(label.media_family_id))),
        ("MediaSequenceNumber", json!(label.media_sequence_number)),
        ("MediaLabelPresent", json!(label.media_label_present)),
        ("MediaDescription", json!(label.media_description)),
        ("SoftwareName", json!(label.software_name)),
        ("SoftwareVendorId", json!(label.software_vendor_id)),
        ("MediaDate", json!(local(label.media_date))),
        ("Mirror_Count", json!(label.mirror_count)),
        ("IsCompressed", json!(label.is_compressed)),
    ])
}

fn database(database: &Database) -> Value {
    json!({
        "name": database.name,
        "database_id": database.id,
        "state": database.state,
        "user_access": database.user_access,
        "recovery_model": database.recovery_model.map(RecoveryModel::name),
        "compatibility_level": database.compatibility_level,
        "owner": database.owner,
        "created_at": local(database.created),
        "size_bytes": database.data_size,
        "log_size_bytes": database.log_size,
        "is_read_only": database.is_read_only,
        "is_in_standby": database.is_in_standby,
        "last_full_at": local(database.last_full),
        "last_differential_at": local(database.last_differential),
        "last_log_at": local(database.last_log),
    })
}
