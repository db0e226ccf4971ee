//! `SFGI`: a filegroup.

use super::fields::Fields;
use crate::model::Guid;

/// A filegroup of the database that was backed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileGroup {
    /// `FileGroupId`.
    pub id: u32,
    /// `FileGroupName`.
    pub name: String,
    /// Its identifier; `None` for PRIMARY, which has none.
    pub guid: Option<Guid>,
}

/// The chunk (bak-format 3.2).
///
/// | at | type | what |
/// |---|---|---|
/// | 12 | u32 | FileGroupId |
/// | 16 | text | FileGroupName |
/// | 24 | GUID | identifier, zero for PRIMARY |
///
/// `None` if it is too short for its fields.
pub(crate) fn decode(chunk: &[u8]) -> Option<FileGroup> {
    let fields = Fields(chunk);
    let guid = fields.guid(24)?;
    Some(FileGroup { id: fields.u32(12)?, name: fields.text(16)?, guid: (!guid.is_nil()).then_some(guid) })
}
