//! `TAPE`: the label of a media family (`RESTORE LABELONLY`).

use super::fields::Fields;
use super::walker::Block;
use crate::model::{Guid, MediaLabel};

/// A label and what no RESTORE prints of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tape {
    pub label: MediaLabel,
    /// Bytes of a physical block: 512 or 4096 where seen, up to [`LARGEST_BLOCK`].
    pub physical_block: u64,
    pub has_media_password: bool,
}

/// Largest `BLOCKSIZE` of a BACKUP statement.
pub(crate) const LARGEST_BLOCK: u64 = 65_536;

/// The fixed part of the block (MTF 1.00a "MTF_TAPE"; bak-format 2.2).
///
/// | at | type | what |
/// |---|---|---|
/// | 52 | u32 | MediaFamilyId: the first eight digits, the rest zeros |
/// | 60 | u16 | MediaSequenceNumber |
/// | 62 | u16 | password algorithm; not 0 with a media password |
/// | 64 | u16 | physical block size in units of 512 |
/// | 68, 72 | text | MediaName, MediaDescription |
/// | 76 | text | media password, hashed |
/// | 80 | text | SoftwareName |
/// | 86 | u16 | SoftwareVendorId |
/// | 88 | DATE5 | MediaDate |
///
/// `None` if the block is too short for it.
pub(crate) fn decode(block: &Block, compressed: bool) -> Option<Tape> {
    let fields = Fields(&block.bytes);
    let family = fields.u32(52)?;
    let physical_block = u64::from(fields.u16(64)?) * 512;
    let label = MediaLabel {
        media_name: fields.optional_text(68),
        media_set_id: None,
        family_count: None,
        family_sequence_number: None,
        media_family_id: Some(Guid::from_fields(family, 0, 0, &[0; 8])),
        media_sequence_number: Some(i32::from(fields.u16(60)?)),
        media_label_present: None,
        media_description: fields.optional_text(72),
        software_name: fields.optional_text(80),
        software_vendor_id: Some(i32::from(fields.u16(86)?)),
        media_date: fields.date(88),
        mirror_count: None,
        is_compressed: Some(compressed),
    };
    Some(Tape { label, physical_block, has_media_password: fields.u16(62)? != 0 })
}

/// The media set, from the `RAID` stream of the label.
///
/// | at | type | what |
/// |---|---|---|
/// | 0 | GUID | MediaSetId |
/// | 20 | u16 | FamilyCount |
/// | 24 | u16 | FamilySequenceNumber |
///
/// `None` if the stream is too short for it; the label is unchanged then.
pub(crate) fn media_set(label: &mut MediaLabel, stream: &[u8]) -> Option<()> {
    let fields = Fields(stream);
    let (id, count, sequence) = (fields.guid(0)?, fields.u16(20)?, fields.u16(24)?);
    label.media_set_id = Some(id);
    label.family_count = Some(i32::from(count));
    label.family_sequence_number = Some(i32::from(sequence));
    Some(())
}
