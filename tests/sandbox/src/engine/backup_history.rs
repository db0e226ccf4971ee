//! What msdb learns of each backup and restore.

use super::backups::EXTENT_BYTES;
use super::headers::{collation_name, lsn_value, recovery_model, time_value};
use super::history::Draft;
use super::instance::Engine;
use super::media::{Label, SetHeader, SetLabel, flag};
use super::restore::{Chosen, Plan};
use super::value::Value;
use super::{Answer, BackupSpec, Recovery, RestoreKind, RestoreSpec};

/// `device_type` of a disk file.
const DISK: i64 = 2;

fn int(number: impl Into<i64>) -> Value {
    Value::Int(number.into())
}

impl Engine {
    /// Adds a backup to msdb; returns its `backup_set_id`.
    pub(crate) fn note_backup(
        &self,
        spec: &BackupSpec,
        header: &SetHeader,
        label: &SetLabel,
        families: &[(u16, String, Label)],
        block: u64,
    ) -> Answer<i32> {
        self.note_set(header, label, families, (block, spec.compression))
    }

    fn note_set(
        &self,
        h: &SetHeader,
        label: &SetLabel,
        families: &[(u16, String, Label)],
        media: (u64, bool),
    ) -> Answer<i32> {
        let Some((.., first)) = families.first() else { return Ok(0) };
        let media_set_id = match self.history_id("backupmediaset", 1, first.set_id) {
            Some(id) => id,
            None => self.note_media(families, media, h.key.is_some())?,
        };
        let bit = |mask: u32| Value::Bit(h.flags & mask != 0);
        let base = |value: Value| if h.base_guid.is_nil() { Value::Null } else { value };
        let begins_chain = h.letter == b'L' && !h.log_chain.is_zero() && h.first == h.log_chain;
        let draft = Draft::new("backupset")
            .set("backup_set_uuid", Value::Guid(label.guid))
            .set("media_set_id", int(media_set_id))
            .set("first_family_number", int(1))
            .set("first_media_number", int(1))
            .set("last_family_number", int(first.families))
            .set("last_media_number", int(1))
            .set("catalog_family_number", int(1))
            .set("catalog_media_number", int(1))
            .set("position", int(label.position))
            .set("expiration_date", time_value(label.expires))
            .set("software_vendor_id", int(4608))
            .set("name", Value::text(label.name.as_deref()))
            .set("description", Value::text(label.description.as_deref()))
            .set("user_name", Value::Text(label.user.clone()))
            .set("software_major_version", int(h.major))
            .set("software_minor_version", int(h.minor))
            .set("software_build_version", int(h.build))
            .set("time_zone", int(label.time_zone))
            .set("mtf_minor_version", int(0))
            .set("first_lsn", lsn_value(h.first))
            .set("last_lsn", lsn_value(h.last))
            .set("checkpoint_lsn", lsn_value(h.checkpoint))
            .set("database_backup_lsn", lsn_value(h.database_backup))
            .set("database_creation_date", time_value(h.created))
            .set("backup_start_date", time_value(h.started))
            .set("backup_finish_date", time_value(h.finished))
            .set("type", Value::Text(char::from(h.letter).to_string()))
            .set("sort_order", int(h.sort_order))
            .set("code_page", int(0))
            .set("compatibility_level", int(h.compatibility))
            .set("database_version", int(h.version))
            .set("backup_size", Value::numeric(u128::from(h.size)))
            .set("database_name", Value::Text(h.database.clone()))
            .set("server_name", Value::Text(h.server.clone()))
            .set("machine_name", Value::Text(label.machine.clone()))
            .set("flags", int(h.flags))
            .set("unicode_locale", int(h.locale))
            .set("unicode_compare_style", int(h.comparison))
            .set("collation_name", Value::text(collation_name(h.collation)))
            .set("is_password_protected", Value::Bit(false))
            .set("recovery_model", Value::Text(recovery_model(h.status).to_owned()))
            .set("has_bulk_logged_data", bit(1))
            .set("is_snapshot", bit(2))
            .set("is_readonly", bit(flag::READ_ONLY))
            .set("is_single_user", bit(flag::SINGLE_USER))
            .set("has_backup_checksums", bit(flag::CHECKSUMS))
            .set("is_damaged", bit(flag::DAMAGED))
            .set("begins_log_chain", Value::Bit(begins_chain))
            .set("has_incomplete_metadata", bit(flag::INCOMPLETE_METADATA))
            .set("is_force_offline", bit(flag::FORCE_OFFLINE))
            .set("is_copy_only", bit(flag::COPY_ONLY))
            .set("first_recovery_fork_guid", Value::Guid(h.fork))
            .set("last_recovery_fork_guid", Value::Guid(h.fork))
            .set("database_guid", Value::Guid(h.binding))
            .set("family_guid", Value::Guid(h.family))
            .set("differential_base_lsn", base(lsn_value(h.base_lsn)))
            .set("differential_base_guid", base(Value::Guid(h.base_guid)))
            .set("compressed_backup_size", Value::numeric(u128::from(h.compressed_size)))
            .set("key_algorithm", Value::text(h.key.as_ref().map(|key| key.algorithm.as_str())))
            .set(
                "encryptor_thumbprint",
                h.key.as_ref().map_or(Value::Null, |key| Value::Bytes(key.thumbprint.to_vec())),
            )
            .set("encryptor_type", Value::text(h.key.as_ref().map(|_| "CERTIFICATE")));
        let id = self.note(&draft)?;
        for group in &h.groups {
            let draft = Draft::new("backupfilegroup")
                .set("backup_set_id", int(id))
                .set("name", Value::Text(group.name.clone()))
                .set("filegroup_id", int(group.id))
                .set("type", Value::Text("FG".to_owned()))
                .set("type_desc", Value::Text("ROWS_FILEGROUP".to_owned()))
                .set("is_default", Value::Bit(group.is_default))
                .set("is_readonly", Value::Bit(false));
            self.note(&draft)?;
        }
        for file in &h.files {
            let group = h.groups.iter().find(|group| group.id == file.group).map(|group| group.name.as_str());
            let number = |value: u64| Value::Decimal { unscaled: i128::from(value), scale: 0 };
            let own_base = |value: Value| if file.base_guid.is_nil() { Value::Null } else { value };
            let draft = Draft::new("backupfile")
                .set("backup_set_id", int(id))
                .set("first_family_number", int(1))
                .set("first_media_number", int(1))
                .set("filegroup_name", Value::text(group))
                .set("page_size", int(8192))
                .set("file_number", number(u64::from(file.id)))
                .set("backed_up_page_count", number(file.backup_size / (EXTENT_BYTES as u64 / 8)))
                .set("file_type", Value::Text(if file.is_log { "L" } else { "D" }.to_owned()))
                .set("source_file_block_size", number(u64::from(file.block_size)))
                .set("file_size", number(file.size))
                .set("logical_name", Value::Text(file.logical_name.clone()))
                .set("physical_drive", Value::Text(file.physical_name.chars().take(2).collect()))
                .set("physical_name", Value::Text(file.physical_name.clone()))
                .set("state", int(0))
                .set("state_desc", Value::Text("ONLINE".to_owned()))
                .set("create_lsn", lsn_value(file.create_lsn))
                .set("drop_lsn", number(0))
                .set("file_guid", Value::Guid(file.guid))
                .set("read_only_lsn", number(0))
                .set("read_write_lsn", number(0))
                .set("differential_base_lsn", own_base(lsn_value(file.base_lsn)))
                .set("differential_base_guid", own_base(Value::Guid(file.base_guid)))
                .set("backup_size", number(file.backup_size))
                .set("is_readonly", Value::Bit(false))
                .set("is_present", Value::Bit(true));
            self.note(&draft)?;
        }
        Ok(i32::try_from(id).unwrap_or(0))
    }

    fn note_media(
        &self,
        families: &[(u16, String, Label)],
        (block, compressed): (u64, bool),
        encrypted: bool,
    ) -> Answer<i64> {
        let Some((.., label)) = families.first() else { return Ok(0) };
        let draft = Draft::new("backupmediaset")
            .set("media_uuid", Value::Guid(label.set_id))
            .set("media_family_count", int(label.families))
            .set("name", Value::text(label.name.as_deref()))
            .set("description", Value::text(label.description.as_deref()))
            .set("software_name", Value::Text(label.software.clone()))
            .set("software_vendor_id", int(label.vendor))
            .set("MTF_major_version", int(1))
            .set("mirror_count", int(label.mirrors))
            .set("is_password_protected", Value::Bit(false))
            .set("is_compressed", Value::Bit(compressed))
            .set("is_encrypted", Value::Bit(encrypted));
        let id = self.note(&draft)?;
        for (mirror, path, label) in families {
            let mut family = [0u8; 16];
            family[..4].copy_from_slice(&label.family_id.to_be_bytes());
            let draft = Draft::new("backupmediafamily")
                .set("media_set_id", int(id))
                .set("family_sequence_number", int(label.family))
                .set("media_family_id", Value::Guid(uuid::Uuid::from_bytes(family)))
                .set("media_count", int(1))
                .set("physical_device_name", Value::Text(path.clone()))
                .set("device_type", int(DISK))
                .set("physical_block_size", int(i64::try_from(block).unwrap_or(0)))
                .set("mirror", int(*mirror));
            self.note(&draft)?;
        }
        Ok(id)
    }

    /// Adds a restore to msdb, and the set it came from if msdb does not know it.
    pub(crate) fn note_restore(&self, spec: &RestoreSpec, chosen: &Chosen, plan: &Plan, recovered: bool) -> Answer<()> {
        let set = chosen.set()?;
        let known = self.history_id("backupset", 1, set.label.guid);
        let backup_set_id = match known {
            Some(id) => id,
            None => {
                let families: Vec<(u16, String, Label)> =
                    chosen.families.iter().map(|media| (0, media.path.clone(), media.label.clone())).collect();
                let media = chosen.families.first().map_or((0, false), |media| (media.block, media.compressed));
                i64::from(self.note_set(set.header(), &set.label, &families, media)?)
            }
        };
        let kind = match (spec.kind, set.header().letter) {
            (RestoreKind::Log, _) => "L",
            (_, b'I') => "I",
            _ => "D",
        };
        let draft = Draft::new("restorehistory")
            .set("restore_date", Value::DateTime(self.now()))
            .set("destination_database_name", Value::Text(spec.database.clone()))
            .set("user_name", Value::Text(spec.user_name.clone()))
            .set("backup_set_id", int(backup_set_id))
            .set("restore_type", Value::Text(kind.to_owned()))
            .set("replace", Value::Bit(spec.replace))
            .set("recovery", Value::Bit(recovered && !matches!(spec.recovery, Recovery::Standby(_))))
            .set("restart", Value::Bit(false))
            .set("stop_at", time_value(spec.stop_at))
            .set("device_count", int(spec.devices.len() as i32));
        let id = self.note(&draft)?;
        if plan.full {
            for place in &plan.files {
                let draft = Draft::new("restorefile")
                    .set("restore_history_id", int(id))
                    .set("file_number", Value::Decimal { unscaled: i128::from(place.row.id), scale: 0 })
                    .set("destination_phys_drive", Value::Text(place.row.physical_name.chars().take(2).collect()))
                    .set("destination_phys_name", Value::Text(place.row.physical_name.clone()));
                self.note(&draft)?;
            }
        }
        Ok(())
    }
}
