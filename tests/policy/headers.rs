//! Headers and facts for tests, without fifty fields each time.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use pgbackup::model::{BackupSet, BackupType, Guid, Lsn, RecoveryModel};

/// Seconds after the first of January 2026, by the server's clock.
pub fn at(seconds: i64) -> NaiveDateTime {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a moment");
    start + TimeDelta::seconds(seconds)
}

/// A GUID by number.
pub fn guid(number: u32) -> Guid {
    Guid::from_u128(u128::from(number) + (0xfeed << 96))
}

/// An LSN by number.
pub fn lsn(number: u32) -> Lsn {
    if number == 0 { Lsn::ZERO } else { Lsn::new(40, number, 1) }
}

/// A header with the columns that chains need; the rest is NULL.
pub fn header(backup_type: BackupType, number: u32, first: u32, last: u32, finish: i64) -> BackupSet {
    BackupSet {
        backup_name: None,
        backup_description: None,
        backup_type,
        expiration_date: None,
        compressed: false,
        position: 1,
        device_type: Some(2),
        user_name: None,
        server_name: Some("HOST".to_owned()),
        database_name: "Crm".to_owned(),
        database_version: Some(904),
        database_creation_date: None,
        backup_size: Some(1 << 20),
        first_lsn: lsn(first),
        last_lsn: lsn(last),
        checkpoint_lsn: lsn(first),
        database_backup_lsn: Lsn::ZERO,
        backup_start_date: Some(at(finish)),
        backup_finish_date: Some(at(finish)),
        sort_order: None,
        code_page: None,
        unicode_locale_id: None,
        unicode_comparison_style: None,
        compatibility_level: None,
        software_vendor_id: Some(4608),
        software_version_major: Some(15),
        software_version_minor: Some(0),
        software_version_build: None,
        machine_name: None,
        flags: None,
        binding_id: None,
        recovery_fork_id: Some(guid(1)),
        collation: None,
        family_guid: Some(guid(1)),
        has_bulk_logged_data: Some(false),
        is_snapshot: Some(false),
        is_read_only: None,
        is_single_user: None,
        has_backup_checksums: Some(true),
        is_damaged: Some(false),
        begins_log_chain: None,
        has_incomplete_meta_data: None,
        is_force_offline: None,
        is_copy_only: Some(false),
        first_recovery_fork_id: Some(guid(1)),
        fork_point_lsn: None,
        recovery_model: Some(RecoveryModel::Full),
        differential_base_lsn: None,
        differential_base_guid: None,
        backup_set_guid: Some(guid(number)),
        compressed_backup_size: None,
        containment: None,
        key_algorithm: None,
        encryptor_thumbprint: None,
        encryptor_type: None,
        last_valid_restore_time: None,
        time_zone: None,
        compression_algorithm: None,
    }
}
