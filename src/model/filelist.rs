//! The files of a backed-up database, by the columns of `RESTORE FILELISTONLY`.

use super::{Guid, Lsn};

/// `Type` of `RESTORE FILELISTONLY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    /// `D`, rows.
    Data,
    /// `L`, transaction log.
    Log,
    /// `F`, full-text catalog.
    FullText,
    /// `S`, FILESTREAM or memory-optimized data.
    FileStream,
}

impl FileType {
    /// The letter that `RESTORE FILELISTONLY` prints.
    pub const fn letter(self) -> char {
        match self {
            FileType::Data => 'D',
            FileType::Log => 'L',
            FileType::FullText => 'F',
            FileType::FileStream => 'S',
        }
    }

    /// The type of a letter.
    pub fn from_letter(letter: char) -> Option<FileType> {
        match letter {
            'D' => Some(FileType::Data),
            'L' => Some(FileType::Log),
            'F' => Some(FileType::FullText),
            'S' => Some(FileType::FileStream),
            _ => None,
        }
    }
}

/// One file of the database in a backup set: the columns of `RESTORE FILELISTONLY`, in its order.
///
/// `None` is NULL, or "this server or file does not tell".
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The columns are documented by Microsoft under these names.
pub struct BackupFile {
    pub logical_name: String,
    pub physical_name: String,
    pub file_type: FileType,
    pub file_group_name: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub max_size: Option<u64>,
    pub file_id: i64,
    pub create_lsn: Option<Lsn>,
    pub drop_lsn: Option<Lsn>,
    pub unique_id: Option<Guid>,
    pub read_only_lsn: Option<Lsn>,
    pub read_write_lsn: Option<Lsn>,
    pub backup_size_in_bytes: Option<u64>,
    /// Bytes.
    pub source_block_size: Option<i32>,
    pub file_group_id: Option<i32>,
    pub log_group_guid: Option<Guid>,
    pub differential_base_lsn: Option<Lsn>,
    pub differential_base_guid: Option<Guid>,
    pub is_read_only: Option<bool>,
    pub is_present: Option<bool>,
    pub tde_thumbprint: Option<Vec<u8>>,
    pub snapshot_url: Option<String>,
}
