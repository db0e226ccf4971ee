//! Little-endian fields of a structure, by offset. Nothing here can read outside its bytes.

use chrono::NaiveDateTime;

use super::dates;
use crate::model::{Guid, Lsn};

/// The bytes of one structure. Every getter gives `None` where the structure is too short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn bytes(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes(at, N)?.try_into().ok()
    }

    pub fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    pub fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// "LSN10": u32 virtual log file, u32 block, u16 slot.
    pub fn lsn(self, at: usize) -> Option<Lsn> {
        Some(Lsn::new(self.u32(at)?, self.u32(at + 4)?, self.u16(at + 8)?))
    }

    /// 16 bytes in Windows (mixed-endian) order.
    pub fn guid(self, at: usize) -> Option<Guid> {
        self.array(at).map(Guid::from_bytes_le)
    }

    /// "DATE5"; `None` also for "no date" (all zero) and for what is no date.
    pub fn date(self, at: usize) -> Option<NaiveDateTime> {
        self.array(at).and_then(dates::date5)
    }

    /// UTF-16LE text whose u16 size (bytes) and u16 offset stand at `at`, without its NULs.
    ///
    /// `None` if it lies outside the structure; empty text is `Some("")`.
    pub fn text(self, at: usize) -> Option<String> {
        self.text_of(at, at + 2)
    }

    /// [`Fields::text`] with size and offset in places of their own.
    pub fn text_of(self, size_at: usize, offset_at: usize) -> Option<String> {
        let size = usize::from(self.u16(size_at)?);
        let bytes = self.bytes(usize::from(self.u16(offset_at)?), size & !1)?;
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let length = units.iter().rposition(|unit| *unit != 0).map_or(0, |last| last + 1);
        Some(String::from_utf16_lossy(&units[..length]))
    }

    /// [`Fields::text`], with "none written" as `None`.
    pub fn optional_text(self, at: usize) -> Option<String> {
        self.text(at).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_outside() {
        let fields = Fields(&[1, 2, 3]);
        assert_eq!(fields.u16(1), Some(0x0302));
        assert_eq!(fields.u16(2), None);
        assert_eq!(fields.u64(usize::MAX), None);
        assert_eq!(fields.bytes(usize::MAX, 2), None);
    }

    #[test]
    fn text_loses_its_terminators_only() {
        let bytes = [6, 0, 4, 0, b'a', 0, b'b', 0, 0, 0];
        assert_eq!(Fields(&bytes).text(0).as_deref(), Some("ab"));
        let outside = [6, 0, 5, 0, b'a', 0, b'b', 0, 0, 0];
        assert_eq!(Fields(&outside).text(0), None);
    }
}
