//! Rows: SQL Server's columns under SQL Server's names.

use serde_json::{Value, json};

use super::entries::Entries;
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
        Row::Set(found) => return columns(found),
        Row::ToldSet { file, set } => {
            return columns(&SetOfFile { file: file.clone(), files: Vec::new(), set: set.read(), facts: None });
        }
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

/// The columns of `RESTORE HEADERONLY` in their order, and what we add.
fn columns(found: &SetOfFile) -> String {
    let SetOfFile { file, files, set, facts } = found;
    let mut row = Entries::new();
    row.put("BackupFile", &file);
    row.put("BackupName", &set.backup_name);
    row.put("BackupDescription", &set.backup_description);
    row.put("BackupType", &set.backup_type.number());
    row.plain("ExpirationDate", local(set.expiration_date));
    row.put("Compressed", &u8::from(set.compressed));
    row.put("Position", &set.position);
    row.put("DeviceType", &set.device_type);
    row.put("UserName", &set.user_name);
    row.put("ServerName", &set.server_name);
    row.put("DatabaseName", &set.database_name);
    row.put("DatabaseVersion", &set.database_version);
    row.plain("DatabaseCreationDate", local(set.database_creation_date));
    row.put("BackupSize", &set.backup_size);
    row.plain("FirstLSN", lsn(Some(set.first_lsn)));
    row.plain("LastLSN", lsn(Some(set.last_lsn)));
    row.plain("CheckpointLSN", lsn(Some(set.checkpoint_lsn)));
    row.plain("DatabaseBackupLSN", lsn(Some(set.database_backup_lsn)));
    row.plain("BackupStartDate", local(set.backup_start_date));
    row.plain("BackupFinishDate", local(set.backup_finish_date));
    row.put("SortOrder", &set.sort_order);
    row.put("CodePage", &set.code_page);
    row.put("UnicodeLocaleId", &set.unicode_locale_id);
    row.put("UnicodeComparisonStyle", &set.unicode_comparison_style);
    row.put("CompatibilityLevel", &set.compatibility_level);
    row.put("SoftwareVendorId", &set.software_vendor_id);
    row.put("SoftwareVersionMajor", &set.software_version_major);
    row.put("SoftwareVersionMinor", &set.software_version_minor);
    row.put("SoftwareVersionBuild", &set.software_version_build);
    row.put("MachineName", &set.machine_name);
    row.put("Flags", &set.flags);
    row.plain("BindingID", guid(set.binding_id));
    row.plain("RecoveryForkID", guid(set.recovery_fork_id));
    row.put("Collation", &set.collation);
    row.plain("FamilyGUID", guid(set.family_guid));
    row.put("HasBulkLoggedData", &set.has_bulk_logged_data);
    row.put("IsSnapshot", &set.is_snapshot);
    row.put("IsReadOnly", &set.is_read_only);
    row.put("IsSingleUser", &set.is_single_user);
    row.put("HasBackupChecksums", &set.has_backup_checksums);
    row.put("IsDamaged", &set.is_damaged);
    row.put("BeginsLogChain", &set.begins_log_chain);
    row.put("HasIncompleteMetaData", &set.has_incomplete_meta_data);
    row.put("IsForceOffline", &set.is_force_offline);
    row.put("IsCopyOnly", &set.is_copy_only);
    row.plain("FirstRecoveryForkID", guid(set.first_recovery_fork_id));
    row.plain("ForkPointLSN", lsn(set.fork_point_lsn));
    row.put("RecoveryModel", &set.recovery_model.map(RecoveryModel::name));
    row.plain("DifferentialBaseLSN", lsn(set.differential_base_lsn.filter(|lsn| *lsn != Lsn::ZERO)));
    row.plain("DifferentialBaseGUID", guid(set.differential_base_guid));
    row.put("BackupTypeDescription", &set.backup_type.description());
    row.plain("BackupSetGUID", guid(set.backup_set_guid));
    row.put("CompressedBackupSize", &set.compressed_backup_size);
    row.put("Containment", &set.containment);
    row.put("KeyAlgorithm", &set.key_algorithm);
    row.plain("EncryptorThumbprint", bytes(set.encryptor_thumbprint.as_deref()));
    row.put("EncryptorType", &set.encryptor_type);
    row.plain("LastValidRestoreTime", local(set.last_valid_restore_time));
    row.put("TimeZone", &set.time_zone);
    row.put("CompressionAlgorithm", &set.compression_algorithm);
    row.put("BackupTypeName", &type_word(set.backup_type));
    row.plain("BackupStartDatePersian", persian(set.backup_start_date));
    row.plain("BackupFinishDatePersian", persian(set.backup_finish_date));
    if !files.is_empty() {
        row.put("BackupFiles", &files);
    }
    if let Some(facts) = facts {
        only_the_bytes_tell(&mut row, facts);
    }
    row.end()
}

fn only_the_bytes_tell(row: &mut Entries, facts: &BytesOfSet) {
    let pages: Vec<Value> =
        facts.pages.iter().map(|pages| json!({ "FileId": pages.file_id, "Pages": pages.pages })).collect();
    row.put("Status", &if facts.incomplete.is_some() { "incomplete" } else { "complete" });
    row.put("StatusReason", &facts.incomplete);
    let container = match facts.container {
        Container::Tape => "TAPE",
        Container::Compressed { .. } => "MSSQLBAK",
    };
    row.put("Container", &container);
    row.put("FamilyCount", &facts.family.map(|(count, _)| count));
    row.put("FamilySequenceNumber", &facts.family.map(|(_, number)| number));
    row.put("Offset", &facts.offset);
    row.put("Length", &facts.length);
    row.put("CanCutAfter", &facts.can_cut_after);
    row.put("UtcOffsetMinutes", &facts.utc_offset_minutes);
    row.put("FileGroups", &facts.file_groups);
    row.put("Pages", &pages);
    row.put("Sha256", &facts.sha256);
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
