//! What is read, under the names of the columns that the `RESTORE` statements print. Columns whose place
//! in the bytes is not established are left out.

use pgbackup::model::{BackupFile, BackupSet, Guid, Lsn, MediaLabel};
use serde_json::{Value, json};

pub fn date(date: Option<chrono::NaiveDateTime>) -> Value {
    json!(date.map(|date| date.format("%Y-%m-%dT%H:%M:%S").to_string()))
}

pub fn lsn(lsn: Option<Lsn>) -> Value {
    json!(lsn.map(|lsn| lsn.to_string()))
}

pub fn guid(guid: Option<Guid>) -> Value {
    json!(guid.map(|guid| guid.to_string()))
}

/// A label under the names of `RESTORE LABELONLY`.
pub fn label(label: &MediaLabel) -> Value {
    json!({
        "MediaName": label.media_name,
        "MediaDescription": label.media_description,
        "MediaSetId": guid(label.media_set_id),
        "FamilyCount": label.family_count,
        "FamilySequenceNumber": label.family_sequence_number,
        "MediaFamilyId": guid(label.media_family_id),
        "MediaSequenceNumber": label.media_sequence_number,
        "SoftwareName": label.software_name,
        "SoftwareVendorId": label.software_vendor_id,
        "MediaDate": date(label.media_date),
        "IsCompressed": label.is_compressed,
    })
}

/// A set under the names of `RESTORE HEADERONLY`.
pub fn header(set: &BackupSet) -> Value {
    json!({
        "BackupName": set.backup_name,
        "BackupDescription": set.backup_description,
        "BackupType": set.backup_type.number(),
        "BackupTypeDescription": set.backup_type.description(),
        "ExpirationDate": date(set.expiration_date),
        "Compressed": set.compressed,
        "Position": set.position,
        "DeviceType": set.device_type,
        "UserName": set.user_name,
        "ServerName": set.server_name,
        "MachineName": set.machine_name,
        "DatabaseName": set.database_name,
        "DatabaseVersion": set.database_version,
        "DatabaseCreationDate": date(set.database_creation_date),
        "BackupSize": set.backup_size,
        "CompressedBackupSize": set.compressed_backup_size,
        "FirstLSN": lsn(Some(set.first_lsn)),
        "LastLSN": lsn(Some(set.last_lsn)),
        "CheckpointLSN": lsn(Some(set.checkpoint_lsn)),
        "DatabaseBackupLSN": lsn(Some(set.database_backup_lsn)),
        "BackupStartDate": date(set.backup_start_date),
        "BackupFinishDate": date(set.backup_finish_date),
        "SortOrder": set.sort_order,
        "CodePage": set.code_page,
        "UnicodeLocaleId": set.unicode_locale_id,
        "UnicodeComparisonStyle": set.unicode_comparison_style,
        "CompatibilityLevel": set.compatibility_level,
        "SoftwareVendorId": set.software_vendor_id,
        "SoftwareVersionMajor": set.software_version_major,
        "SoftwareVersionMinor": set.software_version_minor,
        "SoftwareVersionBuild": set.software_version_build,
        "Flags": set.flags,
        "BindingID": guid(set.binding_id),
        "RecoveryForkID": guid(set.recovery_fork_id),
        "FamilyGUID": guid(set.family_guid),
        "HasBulkLoggedData": set.has_bulk_logged_data,
        "IsSnapshot": set.is_snapshot,
        "IsReadOnly": set.is_read_only,
        "IsSingleUser": set.is_single_user,
        "HasBackupChecksums": set.has_backup_checksums,
        "IsDamaged": set.is_damaged,
        "HasIncompleteMetaData": set.has_incomplete_meta_data,
        "IsForceOffline": set.is_force_offline,
        "IsCopyOnly": set.is_copy_only,
        "RecoveryModel": set.recovery_model.map(|model| model.name()),
        "DifferentialBaseLSN": lsn(set.differential_base_lsn),
        "DifferentialBaseGUID": guid(set.differential_base_guid),
        "BackupSetGUID": guid(set.backup_set_guid),
        "FirstRecoveryForkID": guid(set.first_recovery_fork_id),
        "ForkPointLSN": lsn(set.fork_point_lsn),
    })
}

/// A file under the names of `RESTORE FILELISTONLY`.
pub fn file(file: &BackupFile) -> Value {
    json!({
        "LogicalName": file.logical_name,
        "PhysicalName": file.physical_name,
        "Type": file.file_type.letter(),
        "FileGroupName": file.file_group_name,
        "Size": file.size,
        "MaxSize": file.max_size,
        "FileId": file.file_id,
        "CreateLSN": lsn(file.create_lsn),
        "UniqueId": guid(file.unique_id),
        "BackupSizeInBytes": file.backup_size_in_bytes,
        "SourceBlockSize": file.source_block_size,
        "FileGroupId": file.file_group_id,
        "DifferentialBaseLSN": lsn(file.differential_base_lsn),
        "DifferentialBaseGUID": guid(file.differential_base_guid),
    })
}
