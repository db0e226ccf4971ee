//! `SFIN`: a file of the database (`RESTORE FILELISTONLY`).

use chrono::NaiveDateTime;

use super::dates;
use super::fields::Fields;
use super::sfgi::FileGroup;
use crate::model::{BackupFile, FileType, Guid, Lsn};

/// The chunk (bak-format 3.3); names begin at 0x190 in 2005, 0x400 in 2008, 0x404 from 2012.
///
/// | at | type | what |
/// |---|---|---|
/// | 16 | u32 | page size |
/// | 20 | u32 | FileId |
/// | 24 | u32 | pages of this file in the backup (front copy) |
/// | 28 | u32 | Type: 1 D, 2 L; 3 and 4 are taken for S and F, as in `sys.database_files` |
/// | 32 | u32 | SourceBlockSize |
/// | 36 | u32 | FileGroupId, 0 for logs |
/// | 40 | u64 | Size |
/// | 48, 52 | text | LogicalName, PhysicalName |
/// | 86 | u64 | MaxSize |
/// | 138 | LSN10 | CreateLSN |
/// | 158, 170 | LSN10, GUID | DifferentialBaseLSN, DifferentialBaseGUID |
/// | 186 | GUID | UniqueId, zero (none) for files that come from SQL Server 2000 |
/// | 250 | u64 | BackupSizeInBytes |
/// | 262 | u64 | FILETIME of the differential base |
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sfin {
    pub id: u32,
    pub pages: u32,
    pub kind: u32,
    pub source_block_size: u32,
    pub group: u32,
    pub size: u64,
    pub logical_name: String,
    pub physical_name: String,
    pub max_size: u64,
    pub create_lsn: Lsn,
    pub differential_base_lsn: Lsn,
    pub differential_base_guid: Guid,
    pub unique_id: Guid,
    pub backup_size: u64,
    pub differential_base_time: Option<NaiveDateTime>,
}

impl Sfin {
    /// Decodes the chunk; `None` if it is too short for its fields.
    pub fn decode(chunk: &[u8]) -> Option<Sfin> {
        let fields = Fields(chunk);
        Some(Sfin {
            id: fields.u32(20)?,
            pages: fields.u32(24)?,
            kind: fields.u32(28)?,
            source_block_size: fields.u32(32)?,
            group: fields.u32(36)?,
            size: fields.u64(40)?,
            logical_name: fields.text(48)?,
            physical_name: fields.text(52)?,
            max_size: fields.u64(86)?,
            create_lsn: fields.lsn(138)?,
            differential_base_lsn: fields.lsn(158)?,
            differential_base_guid: fields.guid(170)?,
            unique_id: fields.guid(186)?,
            backup_size: fields.u64(250)?,
            differential_base_time: fields.u64(262).and_then(dates::filetime),
        })
    }

    /// The type; `None` for a number that no version is known to write.
    pub fn file_type(&self) -> Option<FileType> {
        match self.kind {
            1 => Some(FileType::Data),
            2 => Some(FileType::Log),
            3 => Some(FileType::FileStream),
            4 => Some(FileType::FullText),
            _ => None,
        }
    }

    /// The columns of `RESTORE FILELISTONLY`; `None` if the type is unknown.
    ///
    /// Columns whose place in the bytes is not known (DropLSN, ReadOnlyLSN, ReadWriteLSN, LogGroupGUID,
    /// IsReadOnly, IsPresent, TDEThumbprint, SnapshotUrl) are `None`.
    pub fn columns(&self, groups: &[FileGroup]) -> Option<BackupFile> {
        let group = groups.iter().find(|group| group.id == self.group && self.group != 0);
        Some(BackupFile {
            logical_name: self.logical_name.clone(),
            physical_name: self.physical_name.clone(),
            file_type: self.file_type()?,
            file_group_name: group.map(|group| group.name.clone()),
            size: self.size,
            max_size: Some(self.max_size),
            file_id: i64::from(self.id),
            create_lsn: Some(self.create_lsn),
            drop_lsn: None,
            unique_id: (!self.unique_id.is_nil()).then_some(self.unique_id),
            read_only_lsn: None,
            read_write_lsn: None,
            backup_size_in_bytes: Some(self.backup_size),
            source_block_size: i32::try_from(self.source_block_size).ok(),
            file_group_id: i32::try_from(self.group).ok(),
            log_group_guid: None,
            differential_base_lsn: Some(self.differential_base_lsn),
            differential_base_guid: Some(self.differential_base_guid),
            is_read_only: None,
            is_present: None,
            tde_thumbprint: None,
            snapshot_url: None,
        })
    }
}
