//! Database pages: 8192 bytes that carry their own place and, mostly, their own checksum.

use super::checksum::{self, Fold, SECTOR};

/// Bytes of a page.
pub(crate) const PAGE: usize = 8192;
/// Pages of an extent.
pub(crate) const PAGES: usize = 8;
/// Bytes of an extent.
pub(crate) const EXTENT: usize = PAGE * PAGES;
/// Sectors of a page.
const SECTORS: usize = PAGE / SECTOR;

/// Flag: the low two bits of every sector's last byte are a pattern.
const TORN_BITS: u16 = 0x100;
/// Flag: the page has a checksum.
const CHECKSUM: u16 = 0x200;
/// Version of a page's header.
const HEADER_VERSION: u8 = 1;
/// Type of the pages that fill a stream up.
const FILLER: u8 = 101;
/// Type of Page Free Space pages.
const PFS: u8 = 11;

/// Where a page belongs in its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId {
    /// `FileId`.
    pub file: u16,
    /// Number of the page in the file, from 0.
    pub page: u32,
}

impl std::fmt::Display for PageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.page)
    }
}

/// The name of a page type, as DBCC PAGE and the documentation call it.
pub fn page_type_name(page_type: u8) -> &'static str {
    match page_type {
        1 => "data",
        2 => "index",
        3 => "text mix (LOB)",
        4 => "text tree (LOB)",
        7 => "sort",
        8 => "GAM",
        9 => "SGAM",
        10 => "IAM",
        11 => "PFS",
        13 => "boot",
        15 => "file header",
        16 => "differential map",
        17 => "bulk-change map",
        _ => "unknown type",
    }
}

/// One page of a stream (rows.md 2; bak-format 1 and 4).
///
/// | at | type | what |
/// |---|---|---|
/// | 0 | u8 | version of the header, 1 |
/// | 1 | u8 | type |
/// | 4 | u16 | flags: 0x100 torn-page bits, 0x200 checksum |
/// | 32 | u32 | number of the page |
/// | 36 | u16 | FileId |
/// | 60 | u32 | checksum, or torn-page bits |
#[derive(Clone, Copy)]
pub(crate) struct Page<'a>(&'a [u8; PAGE]);

/// What a page is found to be at the place it has in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageState {
    /// Nothing but zeros: never used.
    Empty,
    /// Its checksum holds.
    Sound,
    /// Its torn-page bits agree.
    TornBitsSound,
    /// It carries neither.
    Unprotected,
    /// A page that fills the stream up, of no file.
    Filler,
    /// Not a page of this place: what an unallocated place holds.
    Stale,
    /// Its checksum is wrong.
    WrongChecksum,
    /// Its torn-page bits disagree: it was written in part.
    Torn,
    /// Its checksum holds once its number is put right: the number itself is damaged.
    WrongId,
    /// Its checksum holds once its checksum flag is put back: the flag itself is damaged.
    WrongFlags,
}

impl<'a> Page<'a> {
    /// The page in these bytes; `None` if they are not 8192.
    pub fn new(bytes: &'a [u8]) -> Option<Page<'a>> {
        bytes.try_into().ok().map(Page)
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    /// Where it says it belongs.
    pub fn id(&self) -> PageId {
        PageId { file: self.u16(36), page: self.u32(32) }
    }

    /// Its type.
    pub fn page_type(&self) -> u8 {
        self.0[1]
    }

    /// Whether its header could be that of a page in use.
    pub fn is_plausible(&self) -> bool {
        self.0[0] == HEADER_VERSION && self.0[1] != 0 && self.0[1] != FILLER && self.id().file != 0
    }

    /// Whether it only fills the stream up.
    pub fn is_filler(&self) -> bool {
        self.0[1] == FILLER && self.id() == PageId { file: 0, page: 0 }
    }

    /// Whether all of it is zero.
    pub fn is_zero(&self) -> bool {
        self.u32(0) == 0 && self.0.iter().all(|byte| *byte == 0)
    }

    /// Whether it is a Page Free Space page whose checksum holds (or that has none).
    pub fn is_usable_pfs(&self) -> bool {
        self.page_type() == PFS && (!self.has_checksum() || self.fold(0) == self.u32(60))
    }

    /// In a Page Free Space page: whether page `index` of its interval is allocated.
    pub fn pfs_allocated(&self, index: usize) -> Option<bool> {
        // One byte a page, from 100; bit 0x40: allocated (bak-format 4).
        self.0.get(100 + index).map(|byte| byte & 0x40 != 0)
    }

    /// The page's checksum, with `change` put over the XOR of its first sector.
    fn fold(&self, change: u32) -> u32 {
        let mut fold = Fold::default();
        for (index, sector) in self.0.chunks_exact(SECTOR).enumerate() {
            let word = checksum::sector_word(sector);
            fold.push(if index == 0 { word ^ self.u32(60) ^ change } else { word });
        }
        fold.0
    }

    /// Whether it says that it carries a checksum.
    pub fn has_checksum(&self) -> bool {
        self.u16(4) & CHECKSUM != 0
    }

    /// Whether its checksum holds as it is.
    pub fn is_sound(&self) -> bool {
        self.has_checksum() && self.fold(0) == self.u32(60)
    }

    /// What it is, given where it lies.
    pub fn check(&self, place: PageId) -> PageState {
        let id = self.id();
        if id == place {
            return self.check_in_place();
        }
        if self.is_zero() {
            return PageState::Empty;
        }
        if self.is_filler() {
            return PageState::Filler;
        }
        // Stale memory may carry the flag by chance; that its checksum fits just this place is no chance.
        let change = id.page ^ place.page ^ u32::from(id.file ^ place.file);
        if self.has_checksum() && self.fold(change) == self.u32(60) {
            return PageState::WrongId;
        }
        PageState::Stale
    }

    fn check_in_place(&self) -> PageState {
        let stored = self.u32(60);
        match self.u16(4) & (CHECKSUM | TORN_BITS) {
            0 if stored != 0 && self.fold(u32::from(CHECKSUM)) == stored => PageState::WrongFlags,
            0 => PageState::Unprotected,
            TORN_BITS if self.torn_bits_agree() => PageState::TornBitsSound,
            TORN_BITS => PageState::Torn,
            _ if self.fold(0) != stored => PageState::WrongChecksum,
            // SQL Server numbers and seals even memory that was never a page.
            _ if self.0[0] != HEADER_VERSION => PageState::Stale,
            _ => PageState::Sound,
        }
    }

    /// Whether sectors 1 to 15 carry the pattern that the field names: 1 or 2, by turns.
    fn torn_bits_agree(&self) -> bool {
        let pattern = self.0[60] & 3;
        matches!(pattern, 1 | 2) && (1..SECTORS).all(|sector| self.0[sector * SECTOR + SECTOR - 1] & 3 == pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACE: PageId = PageId { file: 1, page: 42 };

    fn sealed(seed: u8) -> [u8; PAGE] {
        let mut bytes = [0; PAGE];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = (index as u8).wrapping_mul(31) ^ seed;
        }
        (bytes[0], bytes[1], bytes[4], bytes[5]) = (1, 1, 0, 2);
        bytes[32..38].copy_from_slice(&[42, 0, 0, 0, 1, 0]);
        let sum = checksum::sectors_without(&bytes, 60);
        bytes[60..64].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_a_protected_page_is_seen(seed: u8, bit in 0..PAGE * 8) {
            let mut bytes = sealed(seed);
            prop_assert_eq!(Page(&bytes).check(PLACE), PageState::Sound);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let state = Page(&bytes).check(PLACE);
            prop_assert!(
                matches!(state, PageState::WrongChecksum | PageState::WrongId | PageState::WrongFlags),
                "{:?}", state
            );
        }
    }

    #[test]
    fn torn_bits_are_held_together() {
        let mut bytes = sealed(7);
        (bytes[4], bytes[5], bytes[60]) = (0, 1, 2);
        for sector in 1..SECTORS {
            let last = &mut bytes[sector * SECTOR + SECTOR - 1];
            *last = *last & !3 | 2;
        }
        assert_eq!(Page(&bytes).check(PLACE), PageState::TornBitsSound);
        bytes[9 * SECTOR + SECTOR - 1] ^= 1;
        assert_eq!(Page(&bytes).check(PLACE), PageState::Torn);
    }

    #[test]
    fn what_is_not_protected_is_said_to_be_so() {
        let mut bytes = sealed(7);
        (bytes[4], bytes[5]) = (0, 0);
        bytes[60..64].fill(0);
        assert_eq!(Page(&bytes).check(PLACE), PageState::Unprotected);
        assert_eq!(Page(&[0; PAGE]).check(PLACE), PageState::Empty);
        assert_eq!(Page(&[9; PAGE]).check(PLACE), PageState::Stale);
    }
}
