//! Soft filemarks: where the sets of a file begin and end, without walking their data.

use super::block::{BlockHeader, BlockKind};
use super::fields::Fields;
use super::source::Source;
use super::view::read_exact;

/// Attribute bit of filemarks since SQL Server 2008: the array's offset stands at 60.
const ARRAY_OFFSET_STORED: u32 = 0x8000_0000;

/// Offsets in the file of the filemarks before this one, newest first.
///
/// | at | type | what |
/// |---|---|---|
/// | 52 | u32 | entries that fit |
/// | 56 | u32 | entries used |
/// | 60 | u32 | offset of the array, if attribute bit 31 is set (2008 and later) |
/// | 60 or as stored | u64 each | byte offset of an earlier filemark |
///
/// `None` if the array does not fit the filemark's own bytes. (bak-format 2.3.)
pub(crate) fn earlier(bytes: &[u8], attributes: u32) -> Option<Vec<u64>> {
    let fields = Fields(bytes);
    let used = usize::try_from(fields.u32(56)?).ok()?;
    let array = if attributes & ARRAY_OFFSET_STORED != 0 { usize::try_from(fields.u32(60)?).ok()? } else { 60 };
    // Bounded by the bytes that are there, not by what they claim.
    (used <= bytes.len() / 8).then_some(())?;
    (0..used).map(|index| fields.u64(array.checked_add(index * 8)?)).collect()
}

/// All filemarks of a file, ascending, as offsets in the file, by following the last one back.
///
/// `None` if the file does not end in a filemark or the chain of arrays is not consistent: walk then.
pub(crate) fn of_file(source: &dyn Source, size: u64, physical: u64) -> Option<Vec<u64>> {
    let mut found = vec![size.checked_sub(physical)?];
    let mut bytes = vec![0; usize::try_from(physical).ok()?];
    loop {
        let oldest = *found.last()?;
        read_exact(source, oldest, &mut bytes, "a filemark").ok()?;
        let header = BlockHeader::decode(&bytes).ok().filter(|header| header.kind == BlockKind::Filemark)?;
        let earlier = earlier(&bytes, header.attributes)?;
        if earlier.is_empty() {
            break;
        }
        // Strictly descending, so the chain ends; an array that is full is continued by its oldest entry.
        for mark in earlier {
            if found.last().is_some_and(|last| mark >= *last) {
                return None;
            }
            found.push(mark);
        }
    }
    found.reverse();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(array: u32, entries: &[u64]) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[56..60].copy_from_slice(&(entries.len() as u32).to_le_bytes());
        if array != 60 {
            bytes[60..64].copy_from_slice(&array.to_le_bytes());
        }
        for (index, entry) in entries.iter().enumerate() {
            let at = array as usize + index * 8;
            bytes[at..at + 8].copy_from_slice(&entry.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn both_layouts_are_read() {
        let entries = [0x2e00, 0x400];
        assert_eq!(earlier(&mark(0x48, &entries), ARRAY_OFFSET_STORED), Some(entries.to_vec()));
        assert_eq!(earlier(&mark(60, &entries), 0), Some(entries.to_vec()));
    }

    #[test]
    fn a_count_that_does_not_fit_is_refused() {
        let mut bytes = mark(60, &[]);
        bytes[56..60].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(earlier(&bytes, 0), None);
        bytes[56..60].copy_from_slice(&64u32.to_le_bytes());
        assert_eq!(earlier(&bytes, 0), None);
    }
}
