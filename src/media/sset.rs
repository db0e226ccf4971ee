//! `SSET` and `VOLB`: the start of a set.

use chrono::NaiveDateTime;

use super::fields::Fields;
use super::walker::Block;
use crate::model::Guid;

/// The start of a set (MTF 1.00a "MTF_SSET"; bak-format 2.4).
///
/// | at | type | what |
/// |---|---|---|
/// | 52 | u32 | attributes: 0x04 full or log, 0x08 differential, 0x02 copy-only |
/// | 60 | u16 | SoftwareVendorId |
/// | 62 | u16 | Position |
/// | 64, 68 | text | BackupName, BackupDescription |
/// | 72 | text | set password |
/// | 76 | text | UserName |
/// | 80 | u64 | byte offset of this block in the file |
/// | 88 | DATE5 | when it was written |
/// | 95 | i8 | offset from UTC in quarters of an hour |
/// | at os data | GUID | BackupSetGUID |
///
/// The five bytes after the GUID are probably ExpirationDate; no file with one has been seen, so it
/// is not read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetStart {
    pub vendor: u16,
    pub position: u16,
    pub name: Option<String>,
    pub description: Option<String>,
    pub user: Option<String>,
    pub offset: u64,
    pub written_at: Option<NaiveDateTime>,
    pub time_zone: i8,
    pub guid: Guid,
}

impl SetStart {
    /// Decodes the block; `None` if it is too short.
    pub fn decode(block: &Block) -> Option<SetStart> {
        let fields = Fields(&block.bytes);
        Some(SetStart {
            vendor: fields.u16(60)?,
            position: fields.u16(62)?,
            name: fields.optional_text(64),
            description: fields.optional_text(68),
            user: fields.optional_text(76),
            offset: fields.u64(80)?,
            written_at: fields.date(88),
            time_zone: i8::from_le_bytes([fields.u8(95)?]),
            guid: fields.guid(usize::from(block.header.os_data))?,
        })
    }
}

/// MachineName of a `VOLB` block: the text at 64. (The device at 56 and the volume at 60 can be
/// garbage and are not read.)
pub(crate) fn machine_name(block: &Block) -> Option<String> {
    Fields(&block.bytes).optional_text(64)
}
