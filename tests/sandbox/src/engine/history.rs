//! Backup and restore history: msdb's tables, with SQL Server's names and columns, kept as real tables.

use chrono::NaiveDateTime;

use super::catalog::int;
use super::core::Core;
use super::error::Answer;
use super::instance::{Engine, MSDB, NewTable};
use super::value::{Column, ColumnType, ColumnType::*, Value};

type Definition = (&'static str, &'static [(&'static str, ColumnType)]);

const NAME: ColumnType = NVarChar(128);
const LSN: ColumnType = Decimal(25, 0);

/// The history tables of schema `dbo`. The first column is the identity where its name ends in `_id`
/// of the table itself.
const TABLES: &[Definition] = &[
    (
        "backupmediaset",
        &[
            ("media_set_id", Int),
            ("media_uuid", UniqueIdentifier),
            ("media_family_count", TinyInt),
            ("name", NAME),
            ("description", NVarChar(255)),
            ("software_name", NAME),
            ("software_vendor_id", Int),
            ("MTF_major_version", TinyInt),
            ("mirror_count", TinyInt),
            ("is_password_protected", Bit),
            ("is_compressed", Bit),
            ("is_encrypted", Bit),
        ],
    ),
    (
        "backupmediafamily",
        &[
            ("media_set_id", Int),
            ("family_sequence_number", TinyInt),
            ("media_family_id", UniqueIdentifier),
            ("media_count", Int),
            ("logical_device_name", NAME),
            ("physical_device_name", NVarChar(260)),
            ("device_type", TinyInt),
            ("physical_block_size", Int),
            ("mirror", TinyInt),
        ],
    ),
    (
        "backupset",
        &[
            ("backup_set_id", Int),
            ("backup_set_uuid", UniqueIdentifier),
            ("media_set_id", Int),
            ("first_family_number", TinyInt),
            ("first_media_number", SmallInt),
            ("last_family_number", TinyInt),
            ("last_media_number", SmallInt),
            ("catalog_family_number", TinyInt),
            ("catalog_media_number", SmallInt),
            ("position", Int),
            ("expiration_date", DateTime),
            ("software_vendor_id", Int),
            ("name", NAME),
            ("description", NVarChar(255)),
            ("user_name", NAME),
            ("software_major_version", TinyInt),
            ("software_minor_version", TinyInt),
            ("software_build_version", SmallInt),
            ("time_zone", SmallInt),
            ("mtf_minor_version", TinyInt),
            ("first_lsn", LSN),
            ("last_lsn", LSN),
            ("checkpoint_lsn", LSN),
            ("database_backup_lsn", LSN),
            ("database_creation_date", DateTime),
            ("backup_start_date", DateTime),
            ("backup_finish_date", DateTime),
            ("type", Char(1)),
            ("sort_order", SmallInt),
            ("code_page", SmallInt),
            ("compatibility_level", TinyInt),
            ("database_version", Int),
            ("backup_size", Decimal(20, 0)),
            ("database_name", NAME),
            ("server_name", NAME),
            ("machine_name", NAME),
            ("flags", Int),
            ("unicode_locale", Int),
            ("unicode_compare_style", Int),
            ("collation_name", NAME),
            ("is_password_protected", Bit),
            ("recovery_model", NVarChar(60)),
            ("has_bulk_logged_data", Bit),
            ("is_snapshot", Bit),
            ("is_readonly", Bit),
            ("is_single_user", Bit),
            ("has_backup_checksums", Bit),
            ("is_damaged", Bit),
            ("begins_log_chain", Bit),
            ("has_incomplete_metadata", Bit),
            ("is_force_offline", Bit),
            ("is_copy_only", Bit),
            ("first_recovery_fork_guid", UniqueIdentifier),
            ("last_recovery_fork_guid", UniqueIdentifier),
            ("fork_point_lsn", LSN),
            ("database_guid", UniqueIdentifier),
            ("family_guid", UniqueIdentifier),
            ("differential_base_lsn", LSN),
            ("differential_base_guid", UniqueIdentifier),
            ("compressed_backup_size", Decimal(20, 0)),
            ("key_algorithm", NVarChar(32)),
            ("encryptor_thumbprint", VarBinary(20)),
            ("encryptor_type", NVarChar(32)),
        ],
    ),
    (
        "backupfilegroup",
        &[
            ("backup_set_id", Int),
            ("name", NAME),
            ("filegroup_id", Int),
            ("filegroup_guid", UniqueIdentifier),
            ("type", Char(2)),
            ("type_desc", NVarChar(60)),
            ("is_default", Bit),
            ("is_readonly", Bit),
            ("log_filegroup_guid", UniqueIdentifier),
        ],
    ),
    (
        "backupfile",
        &[
            ("backup_set_id", Int),
            ("first_family_number", TinyInt),
            ("first_media_number", SmallInt),
            ("filegroup_name", NAME),
            ("page_size", Int),
            ("file_number", Decimal(10, 0)),
            ("backed_up_page_count", Decimal(10, 0)),
            ("file_type", Char(1)),
            ("source_file_block_size", Decimal(10, 0)),
            ("file_size", Decimal(20, 0)),
            ("logical_name", NAME),
            ("physical_drive", NVarChar(260)),
            ("physical_name", NVarChar(260)),
            ("state", TinyInt),
            ("state_desc", NVarChar(64)),
            ("create_lsn", LSN),
            ("drop_lsn", LSN),
            ("file_guid", UniqueIdentifier),
            ("read_only_lsn", LSN),
            ("read_write_lsn", LSN),
            ("differential_base_lsn", LSN),
            ("differential_base_guid", UniqueIdentifier),
            ("backup_size", Decimal(20, 0)),
            ("filegroup_guid", UniqueIdentifier),
            ("is_readonly", Bit),
            ("is_present", Bit),
        ],
    ),
    (
        "restorehistory",
        &[
            ("restore_history_id", Int),
            ("restore_date", DateTime),
            ("destination_database_name", NAME),
            ("user_name", NAME),
            ("backup_set_id", Int),
            ("restore_type", Char(1)),
            ("replace", Bit),
            ("recovery", Bit),
            ("restart", Bit),
            ("stop_at", DateTime),
            ("device_count", TinyInt),
            ("stop_at_mark_name", NAME),
            ("stop_before", Bit),
        ],
    ),
    (
        "restorefile",
        &[
            ("restore_history_id", Int),
            ("file_number", Decimal(10, 0)),
            ("destination_phys_drive", NVarChar(260)),
            ("destination_phys_name", NVarChar(260)),
        ],
    ),
    // Extended properties of msdb itself; of other objects and databases there are none.
    ("sysxprops", &[("name", NAME), ("value", NVarChar(3750))]),
];

/// Makes msdb's history tables.
pub(crate) fn create_tables(core: &mut Core, now: NaiveDateTime) -> Answer<()> {
    for (name, columns) in TABLES {
        let own_id = match *name {
            "backupmediaset" => "media_set_id",
            "backupset" => "backup_set_id",
            "restorehistory" => "restore_history_id",
            _ => "",
        };
        let columns = columns.iter().map(|(column, kind)| {
            if *column == own_id { Column::identity(column, *kind) } else { Column::nullable(column, *kind) }
        });
        let table = NewTable {
            schema: "dbo".to_owned(),
            name: (*name).to_owned(),
            columns: columns.collect(),
            primary_key: Vec::new(),
            primary_key_name: None,
        };
        core.create_table(&table, now)?;
    }
    Ok(())
}

/// A row under construction: columns by name, the rest NULL.
pub(crate) struct Draft {
    table: &'static str,
    values: Vec<(&'static str, Value)>,
}

impl Draft {
    pub(crate) fn new(table: &'static str) -> Draft {
        Draft { table, values: Vec::new() }
    }

    pub(crate) fn set(mut self, column: &'static str, value: Value) -> Draft {
        self.values.push((column, value));
        self
    }

    fn row(&self) -> Vec<Value> {
        let columns = TABLES.iter().find(|(name, _)| *name == self.table).map_or(&[][..], |(_, columns)| *columns);
        let value = |name: &str| self.values.iter().rev().find(|(column, _)| *column == name).map(|(_, v)| v.clone());
        columns.iter().map(|(name, _)| value(name).unwrap_or(Value::Null)).collect()
    }
}

impl Engine {
    /// Adds a row to msdb; returns its identity.
    pub(crate) fn note(&self, draft: &Draft) -> Answer<i64> {
        let msdb = self.registry().databases.get(&MSDB).cloned();
        let Some(msdb) = msdb else { return Ok(0) };
        let now = self.now();
        match &mut msdb.lock().core {
            Some(core) => Ok(core.insert("dbo", draft.table, &[draft.row()], now)?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// The number in `id_column` of the first row of a history table that has `guid` in column `guid_column`.
    pub(crate) fn history_id(&self, table: &str, guid_column: usize, guid: uuid::Uuid) -> Option<i64> {
        let msdb = self.registry().databases.get(&MSDB).cloned()?;
        let mut msdb = msdb.lock();
        let rows = msdb.core.as_mut()?.scan("dbo", table).ok()?;
        rows.iter().find(|(_, row)| row.get(guid_column) == Some(&Value::Guid(guid))).map(|(_, row)| int(&row[0]))
    }
}
