//! `RESTORE HEADERONLY`, `FILELISTONLY`, `LABELONLY` and `VERIFYONLY`: what media say of themselves.

use super::backup_devices::full_path;
use super::instance::Engine;
use super::lsn::Lsn;
use super::media::{self, Label, Media, MediaSet, flag};
use super::progress::Progress;
use super::restore::{self, Chosen};
use super::value::{Column, ColumnType, ColumnType::*, ResultSet, Value};
use super::{Answer, Watcher, texts};

const NAME: ColumnType = NVarChar(128);
const LSN: ColumnType = Decimal(25, 0);
const SIZE: ColumnType = Decimal(20, 0);

/// `RESTORE HEADERONLY` of SQL Server 2019.
const HEADER_COLUMNS: &[(&str, ColumnType)] = &[
    ("BackupName", NAME),
    ("BackupDescription", NVarChar(255)),
    ("BackupType", SmallInt),
    ("ExpirationDate", DateTime),
    ("Compressed", TinyInt),
    ("Position", SmallInt),
    ("DeviceType", TinyInt),
    ("UserName", NAME),
    ("ServerName", NAME),
    ("DatabaseName", NAME),
    ("DatabaseVersion", Int),
    ("DatabaseCreationDate", DateTime),
    ("BackupSize", SIZE),
    ("FirstLSN", LSN),
    ("LastLSN", LSN),
    ("CheckpointLSN", LSN),
    ("DatabaseBackupLSN", LSN),
    ("BackupStartDate", DateTime),
    ("BackupFinishDate", DateTime),
    ("SortOrder", SmallInt),
    ("CodePage", SmallInt),
    ("UnicodeLocaleId", Int),
    ("UnicodeComparisonStyle", Int),
    ("CompatibilityLevel", TinyInt),
    ("SoftwareVendorId", Int),
    ("SoftwareVersionMajor", Int),
    ("SoftwareVersionMinor", Int),
    ("SoftwareVersionBuild", Int),
    ("MachineName", NAME),
    ("Flags", Int),
    ("BindingID", UniqueIdentifier),
    ("RecoveryForkID", UniqueIdentifier),
    ("Collation", NAME),
    ("FamilyGUID", UniqueIdentifier),
    ("HasBulkLoggedData", Bit),
    ("IsSnapshot", Bit),
    ("IsReadOnly", Bit),
    ("IsSingleUser", Bit),
    ("HasBackupChecksums", Bit),
    ("IsDamaged", Bit),
    ("BeginsLogChain", Bit),
    ("HasIncompleteMetaData", Bit),
    ("IsForceOffline", Bit),
    ("IsCopyOnly", Bit),
    ("FirstRecoveryForkID", UniqueIdentifier),
    ("ForkPointLSN", LSN),
    ("RecoveryModel", NVarChar(60)),
    ("DifferentialBaseLSN", LSN),
    ("DifferentialBaseGUID", UniqueIdentifier),
    ("BackupTypeDescription", NVarChar(60)),
    ("BackupSetGUID", UniqueIdentifier),
    ("CompressedBackupSize", BigInt),
    ("Containment", TinyInt),
    ("KeyAlgorithm", NVarChar(32)),
    ("EncryptorThumbprint", VarBinary(20)),
    ("EncryptorType", NVarChar(32)),
];

const FILE_COLUMNS: &[(&str, ColumnType)] = &[
    ("LogicalName", NAME),
    ("PhysicalName", NVarChar(260)),
    ("Type", Char(1)),
    ("FileGroupName", NAME),
    ("Size", SIZE),
    ("MaxSize", SIZE),
    ("FileId", BigInt),
    ("CreateLSN", LSN),
    ("DropLSN", LSN),
    ("UniqueId", UniqueIdentifier),
    ("ReadOnlyLSN", LSN),
    ("ReadWriteLSN", LSN),
    ("BackupSizeInBytes", BigInt),
    ("SourceBlockSize", Int),
    ("FileGroupId", Int),
    ("LogGroupGUID", UniqueIdentifier),
    ("DifferentialBaseLSN", LSN),
    ("DifferentialBaseGUID", UniqueIdentifier),
    ("IsReadOnly", Bit),
    ("IsPresent", Bit),
    ("TDEThumbprint", VarBinary(32)),
    ("SnapshotUrl", NVarChar(360)),
];

const LABEL_COLUMNS: &[(&str, ColumnType)] = &[
    ("MediaName", NAME),
    ("MediaSetId", UniqueIdentifier),
    ("FamilyCount", Int),
    ("FamilySequenceNumber", Int),
    ("MediaFamilyId", UniqueIdentifier),
    ("MediaSequenceNumber", Int),
    ("MediaLabelPresent", TinyInt),
    ("MediaDescription", NVarChar(255)),
    ("SoftwareName", NAME),
    ("SoftwareVendorId", Int),
    ("MediaDate", DateTime),
    ("Mirror_Count", Int),
    ("IsCompressed", Bit),
];

fn columns(definition: &[(&str, ColumnType)]) -> Vec<Column> {
    definition.iter().map(|(name, kind)| Column::nullable(name, *kind)).collect()
}

pub(crate) fn lsn_value(lsn: Lsn) -> Value {
    Value::numeric(lsn.decimal())
}

/// LSN and GUID of a differential base: both NULL when there is none.
fn base(lsn: Lsn, guid: uuid::Uuid) -> (Value, Value) {
    if guid.is_nil() { (Value::Null, Value::Null) } else { (lsn_value(lsn), Value::Guid(guid)) }
}

pub(crate) fn time_value(time: Option<chrono::NaiveDateTime>) -> Value {
    time.map_or(Value::Null, Value::DateTime)
}

/// `BackupType` and its description, by the letter in the set.
pub(crate) fn kind_of(letter: u8) -> (i64, &'static str) {
    match letter {
        b'L' => (2, "Transaction Log"),
        b'I' => (5, "Database Differential"),
        b'F' => (4, "File or Filegroup"),
        b'G' => (6, "File Differential"),
        b'P' => (7, "Partial"),
        b'Q' => (8, "Partial Differential"),
        _ => (1, "Database"),
    }
}

/// `RecoveryModel`, by the status bits in the set.
pub(crate) fn recovery_model(status: u32) -> &'static str {
    match status {
        status if status & 8 != 0 => "SIMPLE",
        status if status & 4 != 0 => "BULK-LOGGED",
        _ => "FULL",
    }
}

/// Name of a collation by its sort id; only the one that this server makes is known.
pub(crate) fn collation_name(collation: (u32, u32)) -> Option<&'static str> {
    (collation == (0x00D0_0409, 52)).then_some("SQL_Latin1_General_CP1_CI_AS")
}

/// One row of HEADERONLY.
pub(crate) fn header_row(set: &MediaSet, compressed: bool) -> Vec<Value> {
    let label = &set.label;
    let Some(h) = &set.back else { return incomplete_row(set) };
    let int = |number: i64| Value::Int(number);
    let bit = |mask: u32| Value::Bit(h.flags & mask != 0);
    let (kind, description) = kind_of(h.letter);
    let (base_lsn, base_guid) = base(h.base_lsn, h.base_guid);
    let begins_chain = h.letter == b'L' && !h.log_chain.is_zero() && h.first == h.log_chain;
    vec![
        Value::text(label.name.as_deref()),
        Value::text(label.description.as_deref()),
        int(kind),
        time_value(label.expires),
        int(i64::from(compressed)),
        int(i64::from(label.position)),
        int(2),
        Value::Text(label.user.clone()),
        Value::Text(h.server.clone()),
        Value::Text(h.database.clone()),
        int(i64::from(h.version)),
        time_value(h.created),
        Value::numeric(u128::from(h.size)),
        lsn_value(h.first),
        lsn_value(h.last),
        lsn_value(h.checkpoint),
        lsn_value(h.database_backup),
        time_value(h.started),
        time_value(h.finished),
        int(i64::from(h.sort_order)),
        int(0),
        int(i64::from(h.locale)),
        int(i64::from(h.comparison)),
        int(i64::from(h.compatibility)),
        int(4608),
        int(i64::from(h.major)),
        int(i64::from(h.minor)),
        int(i64::from(h.build)),
        Value::Text(label.machine.clone()),
        int(i64::from(h.flags)),
        Value::Guid(h.binding),
        Value::Guid(h.fork),
        Value::text(collation_name(h.collation)),
        Value::Guid(h.family),
        bit(1),
        bit(2),
        bit(flag::READ_ONLY),
        bit(flag::SINGLE_USER),
        bit(flag::CHECKSUMS),
        bit(flag::DAMAGED),
        Value::Bit(begins_chain),
        bit(flag::INCOMPLETE_METADATA),
        bit(flag::FORCE_OFFLINE),
        bit(flag::COPY_ONLY),
        Value::Guid(h.fork),
        Value::Null,
        Value::Text(recovery_model(h.status).to_owned()),
        base_lsn,
        base_guid,
        Value::Text(description.to_owned()),
        Value::Guid(label.guid),
        int(i64::try_from(h.compressed_size).unwrap_or(i64::MAX)),
        int(0),
        Value::text(h.key.as_ref().map(|key| key.algorithm.as_str())),
        h.key.as_ref().map_or(Value::Null, |key| Value::Bytes(key.thumbprint.to_vec())),
        Value::text(h.key.as_ref().map(|_| "CERTIFICATE")),
    ]
}

/// A set without an end has a name that says so, its position, and nothing else.
fn incomplete_row(set: &MediaSet) -> Vec<Value> {
    let mut row = vec![Value::Null; HEADER_COLUMNS.len()];
    row[0] = Value::Text("*** INCOMPLETE ***".to_owned());
    row[5] = Value::Int(i64::from(set.label.position));
    row
}

/// The rows of FILELISTONLY, from the header at the front of the set.
pub(crate) fn file_rows(set: &MediaSet) -> Vec<Vec<Value>> {
    let h = &set.front;
    let group = |id: u16| h.groups.iter().find(|group| group.id == id).map(|group| group.name.as_str());
    h.files
        .iter()
        .map(|file| {
            vec![
                Value::Text(file.logical_name.clone()),
                Value::Text(file.physical_name.clone()),
                Value::Text(if file.is_log { "L" } else { "D" }.to_owned()),
                Value::text(group(file.group)),
                Value::numeric(u128::from(file.size)),
                Value::numeric(u128::from(file.max_size)),
                Value::Int(i64::from(file.id)),
                lsn_value(file.create_lsn),
                lsn_value(Lsn::ZERO),
                // Files that came from SQL Server 2000 have none.
                if file.guid.is_nil() { Value::Null } else { Value::Guid(file.guid) },
                lsn_value(Lsn::ZERO),
                lsn_value(Lsn::ZERO),
                Value::Int(i64::try_from(file.backup_size).unwrap_or(i64::MAX)),
                Value::Int(i64::from(file.block_size)),
                Value::Int(i64::from(file.group)),
                Value::Null,
                lsn_value(file.base_lsn),
                Value::Guid(file.base_guid),
                Value::Bit(false),
                Value::Bit(true),
                Value::Null,
                Value::Null,
            ]
        })
        .collect()
}

/// The row of LABELONLY.
pub(crate) fn label_row(label: &Label, compressed: bool) -> Vec<Value> {
    let mut family = [0u8; 16];
    family[..4].copy_from_slice(&label.family_id.to_be_bytes());
    vec![
        Value::text(label.name.as_deref()),
        Value::Guid(label.set_id),
        Value::Int(i64::from(label.families)),
        Value::Int(i64::from(label.family)),
        Value::Guid(uuid::Uuid::from_bytes(family)),
        Value::Int(1),
        Value::Int(1),
        Value::text(label.description.as_deref()),
        Value::Text(label.software.clone()),
        Value::Int(i64::from(label.vendor)),
        time_value(label.date),
        Value::Int(i64::from(label.mirrors)),
        Value::Bit(compressed),
    ]
}

impl Engine {
    fn media(&self, device: &str) -> Answer<Media> {
        Ok(media::open(self, &full_path(self, device))?)
    }

    /// `RESTORE HEADERONLY FROM DISK = device`: every set, or set `file`; columns in the server's
    /// order and types.
    ///
    /// # Errors
    /// 3201, 3241, 3242, 3254, 4038; then 3013.
    pub fn header_only(&self, device: &str, file: Option<u16>) -> Answer<ResultSet> {
        let read = || -> Answer<ResultSet> {
            let media = self.media(device)?;
            let rows: Vec<Vec<Value>> = media
                .sets
                .iter()
                .filter(|set| file.is_none_or(|file| set.label.position == file))
                .map(|set| header_row(set, media.compressed))
                .collect();
            match file {
                Some(file) if rows.is_empty() => Err(texts::no_set(file, &media.path).into()),
                _ => Ok(ResultSet { columns: columns(HEADER_COLUMNS), rows }),
            }
        };
        read().map_err(|refusal| texts::terminating(refusal, "RESTORE HEADERONLY"))
    }

    /// `RESTORE FILELISTONLY FROM DISK = device WITH FILE = n`.
    ///
    /// # Errors
    /// 33111, and as [`Engine::header_only`].
    pub fn file_list_only(&self, device: &str, file: Option<u16>) -> Answer<ResultSet> {
        let read = || -> Answer<ResultSet> {
            let media = self.media(device)?;
            let position = file.unwrap_or(1);
            let set = media.set(position).ok_or_else(|| texts::no_set(position, &media.path))?;
            self.check_key(&set.front)?;
            Ok(ResultSet { columns: columns(FILE_COLUMNS), rows: file_rows(set) })
        };
        read().map_err(|refusal| texts::terminating(refusal, "RESTORE FILELIST"))
    }

    /// `RESTORE LABELONLY FROM DISK = device`.
    ///
    /// # Errors
    /// As [`Engine::header_only`].
    pub fn label_only(&self, device: &str) -> Answer<ResultSet> {
        let media = self.media(device).map_err(|refusal| texts::terminating(refusal, "RESTORE LABELONLY"))?;
        Ok(ResultSet { columns: columns(LABEL_COLUMNS), rows: vec![label_row(&media.label, media.compressed)] })
    }

    /// `RESTORE VERIFYONLY FROM DISK = devices WITH FILE = n`; says 3262 when the set is good.
    /// `checksum` as in [`RestoreSpec`](super::RestoreSpec).
    ///
    /// # Errors
    /// 33111, 3187, 3189, 3183, 3203, 3132, 3256 and as [`Engine::header_only`]; then 3013.
    pub fn verify_only(
        &self,
        devices: &[String],
        file: Option<u16>,
        checksum: Option<bool>,
        stats: Option<u8>,
        watcher: &mut dyn Watcher,
    ) -> Answer<()> {
        let verify = |watcher: &mut dyn Watcher| -> Answer<()> {
            let chosen = Chosen::open(self, devices, file)?;
            chosen.check_complete()?;
            self.check_key(chosen.header()?)?;
            let check = chosen.checks(checksum)?;
            let extents = chosen.extents();
            let mut progress = Progress::new(self, watcher, stats, extents);
            restore::read_pages(&chosen, check, &mut progress, |_, _| Ok(()))?;
            restore::read_log(&chosen, check)?;
            progress.finish();
            progress.watcher.message(texts::set_valid(chosen.position));
            Ok(())
        };
        verify(watcher).map_err(|refusal| texts::terminating(refusal, "VERIFY DATABASE"))
    }
}
