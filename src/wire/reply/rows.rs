//! Rows: SQL Server's columns under SQL Server's names.

use serde_json::{Value, json};

use super::values::{bytes, guid, local, lsn, persian};
use super::{chain, error_value, object, restore_test, state, type_word, verdict};
use crate::error::Error;
use crate::media::Container;
use crate::model::{BackupFile, BackupSet, Lsn, MediaLabel, RecoveryModel};
use crate::ops::{BytesOfSet, Row, SetOfFile};
use crate::sql::Database;

pub(super) fn row(row: &Row, status: &impl Fn(&Error) -> i32) -> Value {
    match row {
        Row::Set(found) => set(found),
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
    }
}

/// The columns of `RESTORE HEADERONLY` in their order, and what we add.
fn set(found: &SetOfFile) -> Value {
    let mut fields = columns(&found.file, &found.set);
    if !found.files.is_empty() {
        fields.push(("BackupFiles", json!(found.files)));
    }
    if let Some(facts) = &found.facts {
        fields.extend(only_the_bytes_tell(facts));
    }
    object(fields)
}

fn only_the_bytes_tell(facts: &BytesOfSet) -> Vec<(&'static str, Value)> {
    let pages: Vec<Value> =
        facts.pages.iter().map(|pages| json!({ "FileId": pages.file_id, "Pages": pages.pages })).collect();
    vec![
        ("Status", json!(if facts.incomplete.is_some() { "incomplete" } else { "complete" })),
        ("StatusReason", json!(facts.incomplete)),
        (
            "Container",
            json!(match facts.container {
                Container::Tape => "TAPE",
                Container::Compressed { .. } => "MSSQLBAK",
            }),
        ),
        ("FamilyCount", json!(facts.family.map(|(count, _)| count))),
        ("FamilySequenceNumber", json!(facts.family.map(|(_, number)| number))),
        ("Offset", json!(facts.offset)),
        ("Length", json!(facts.length)),
        ("CanCutAfter", json!(facts.can_cut_after)),
        ("UtcOffsetMinutes", json!(facts.utc_offset_minutes)),
        ("FileGroups", json!(facts.file_groups)),
        ("Pages", json!(pages)),
    ]
}

fn columns(file: &str, set: &BackupSet) -> Vec<(&'static str, Value)> {
    vec![
        ("BackupFile", json!(file)),
        ("BackupName", json!(set.backup_name)),
        ("BackupDescription", json!(set.backup_description)),
        ("BackupType", json!(set.backup_type.number())),
        ("ExpirationDate", json!(local(set.expiration_date))),
        ("Compressed", json!(u8::from(set.compressed))),
        ("Position", json!(set.position)),
        ("DeviceType", json!(set.device_type)),
        ("UserName", json!(set.user_name)),
        ("ServerName", json!(set.server_name)),
        ("DatabaseName", json!(set.database_name)),
        ("DatabaseVersion", json!(set.database_version)),
        ("DatabaseCreationDate", json!(local(set.database_creation_date))),
        ("BackupSize", json!(set.backup_size)),
        ("FirstLSN", json!(lsn(Some(set.first_lsn)))),
        ("LastLSN", json!(lsn(Some(set.last_lsn)))),
        ("CheckpointLSN", json!(lsn(Some(set.checkpoint_lsn)))),
        ("DatabaseBackupLSN", json!(lsn(Some(set.database_backup_lsn)))),
        ("BackupStartDate", json!(local(set.backup_start_date))),
        ("BackupFinishDate", json!(local(set.backup_finish_date))),
        ("SortOrder", json!(set.sort_order)),
        ("CodePage", json!(set.code_page)),
        ("UnicodeLocaleId", json!(set.unicode_locale_id)),
        ("UnicodeComparisonStyle", json!(set.unicode_comparison_style)),
        ("CompatibilityLevel", json!(set.compatibility_level)),
        ("SoftwareVendorId", json!(set.software_vendor_id)),
        ("SoftwareVersionMajor", json!(set.software_version_major)),
        ("SoftwareVersionMinor", json!(set.software_version_minor)),
        ("SoftwareVersionBuild", json!(set.software_version_build)),
        ("MachineName", json!(set.machine_name)),
        ("Flags", json!(set.flags)),
        ("BindingID", json!(guid(set.binding_id))),
        ("RecoveryForkID", json!(guid(set.recovery_fork_id))),
        ("Collation", json!(set.collation)),
        ("FamilyGUID", json!(guid(set.family_guid))),
        ("HasBulkLoggedData", json!(set.has_bulk_logged_data)),
        ("IsSnapshot", json!(set.is_snapshot)),
        ("IsReadOnly", json!(set.is_read_only)),
        ("IsSingleUser", json!(set.is_single_user)),
        ("HasBackupChecksums", json!(set.has_backup_checksums)),
        ("IsDamaged", json!(set.is_damaged)),
        ("BeginsLogChain", json!(set.begins_log_chain)),
        ("HasIncompleteMetaData", json!(set.has_incomplete_meta_data)),
        ("IsForceOffline", json!(set.is_force_offline)),
        ("IsCopyOnly", json!(set.is_copy_only)),
        ("FirstRecoveryForkID", json!(guid(set.first_recovery_fork_id))),
        ("ForkPointLSN", json!(lsn(set.fork_point_lsn))),
        ("RecoveryModel", json!(set.recovery_model.map(RecoveryModel::name))),
        ("DifferentialBaseLSN", json!(lsn(set.differential_base_lsn.filter(|lsn| *lsn != Lsn::ZERO)))),
        ("DifferentialBaseGUID", json!(guid(set.differential_base_guid))),
        ("BackupTypeDescription", json!(set.backup_type.description())),
        ("BackupSetGUID", json!(guid(set.backup_set_guid))),
        ("CompressedBackupSize", json!(set.compressed_backup_size)),
        ("Containment", json!(set.containment)),
        ("KeyAlgorithm", json!(set.key_algorithm)),
        ("EncryptorThumbprint", json!(bytes(set.encryptor_thumbprint.as_deref()))),
        ("EncryptorType", json!(set.encryptor_type)),
        ("LastValidRestoreTime", json!(local(set.last_valid_restore_time))),
        ("TimeZone", json!(set.time_zone)),
        ("CompressionAlgorithm", json!(set.compression_algorithm)),
        ("BackupTypeName", json!(type_word(set.backup_type))),
        ("BackupStartDatePersian", json!(persian(set.backup_start_date))),
        ("BackupFinishDatePersian", json!(persian(set.backup_finish_date))),
    ]
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
