//! One 8 KiB page: header, slots, checksum (bak-format section 1, rows section 2).

use super::bytes::{array_at, put, u8_at, u16_at, u32_at};
use super::checksum::page_checksum;
use super::lsn::Lsn;

/// Bytes of a page.
pub(crate) const PAGE: usize = 8192;
/// Bytes of the page header; the first record begins here.
pub(crate) const HEADER: usize = 96;
/// Pages of an extent.
pub(crate) const EXTENT: u32 = 8;
/// Page flag: protected by the checksum at 0x3C.
const FLAG_CHECKSUM: u16 = 0x200;

/// Page types (byte 1).
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 1;
    pub(crate) const GAM: u8 = 8;
    pub(crate) const SGAM: u8 = 9;
    pub(crate) const IAM: u8 = 10;
    pub(crate) const PFS: u8 = 11;
    pub(crate) const BOOT: u8 = 13;
    pub(crate) const FILE_HEADER: u8 = 15;
    pub(crate) const DCM: u8 = 16;
    pub(crate) const BCM: u8 = 17;
}

/// A page of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PageId {
    pub(crate) file: u16,
    pub(crate) page: u32,
}

impl PageId {
    pub(crate) const NONE: PageId = PageId { file: 0, page: 0 };

    pub(crate) const fn new(file: u16, page: u32) -> PageId {
        PageId { file, page }
    }

    /// The extent, as file and number.
    pub(crate) const fn extent(self) -> (u16, u32) {
        (self.file, self.page / EXTENT)
    }

    /// The 6 bytes of a pointer: page, file.
    pub(crate) fn bytes(self) -> [u8; 6] {
        let mut out = [0; 6];
        out[..4].copy_from_slice(&self.page.to_le_bytes());
        out[4..].copy_from_slice(&self.file.to_le_bytes());
        out
    }

    pub(crate) fn read(bytes: &[u8], at: usize) -> PageId {
        PageId { page: u32_at(bytes, at), file: u16_at(bytes, at + 4) }
    }
}

impl std::fmt::Display for PageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.page)
    }
}

/// The bytes of one page.
#[derive(Clone)]
pub(crate) struct Page(Box<[u8; PAGE]>);

impl Page {
    pub(crate) fn zeroed() -> Page {
        Page(Box::new([0; PAGE]))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Page {
        let mut page = Page::zeroed();
        put(&mut page.0[..], 0, &bytes[..bytes.len().min(PAGE)]);
        page
    }

    /// An empty page of a type, owned by the allocation unit of `index` and `object`.
    pub(crate) fn formatted(kind: u8, id: PageId, index: u16, object: u32, min_len: u16) -> Page {
        let mut page = Page::zeroed();
        let b = &mut page.0[..];
        b[0] = 1;
        b[1] = kind;
        put(b, 4, &FLAG_CHECKSUM.to_le_bytes());
        put(b, 6, &index.to_le_bytes());
        put(b, 14, &min_len.to_le_bytes());
        put(b, 24, &object.to_le_bytes());
        put(b, 28, &((PAGE - HEADER) as u16).to_le_bytes());
        put(b, 30, &(HEADER as u16).to_le_bytes());
        put(b, 32, &id.page.to_le_bytes());
        put(b, 36, &id.file.to_le_bytes());
        page
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0[..]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0[..]
    }

    pub(crate) fn kind(&self) -> u8 {
        u8_at(self.bytes(), 1)
    }

    /// The place that the page itself claims.
    pub(crate) fn id(&self) -> PageId {
        PageId { page: u32_at(self.bytes(), 32), file: u16_at(self.bytes(), 36) }
    }

    pub(crate) fn next(&self) -> PageId {
        PageId::read(self.bytes(), 16)
    }

    /// Index and object of the allocation unit.
    pub(crate) fn owner(&self) -> (u16, u32) {
        (u16_at(self.bytes(), 6), u32_at(self.bytes(), 24))
    }

    pub(crate) fn lsn(&self) -> Lsn {
        Lsn::from_bytes(array_at(self.bytes(), 40))
    }

    pub(crate) fn set_lsn(&mut self, lsn: Lsn) {
        put(&mut self.0[..], 40, &lsn.bytes());
    }

    /// Computes and stores the checksum of a page that has one.
    pub(crate) fn seal(&mut self) {
        if u16_at(self.bytes(), 4) & FLAG_CHECKSUM != 0 {
            let sum = page_checksum(self.bytes());
            put(&mut self.0[..], 0x3C, &sum.to_le_bytes());
        }
    }

    /// Takes the checksum off, for a page type that SQL Server leaves unprotected.
    pub(crate) fn unprotect(&mut self) {
        put(&mut self.0[..], 4, &[0, 0]);
    }

    /// The stored and the computed checksum, when the page has one.
    pub(crate) fn checksums(&self) -> Option<(u32, u32)> {
        (u16_at(self.bytes(), 4) & FLAG_CHECKSUM != 0)
            .then(|| (u32_at(self.bytes(), 0x3C), page_checksum(self.bytes())))
    }

    pub(crate) fn slot_count(&self) -> u16 {
        u16_at(self.bytes(), 22)
    }

    fn slot_place(slot: u16) -> usize {
        PAGE - 2 - 2 * usize::from(slot)
    }

    /// Where the record of a slot begins; 0 for a free slot.
    pub(crate) fn slot_offset(&self, slot: u16) -> usize {
        if slot < self.slot_count() { usize::from(u16_at(self.bytes(), Page::slot_place(slot))) } else { 0 }
    }

    /// The bytes of a record; `None` for a free slot.
    pub(crate) fn record(&self, slot: u16) -> Option<&[u8]> {
        let at = self.slot_offset(slot);
        if at < HEADER {
            return None;
        }
        let rest = self.bytes().get(at..)?;
        let len =
            if self.kind() == kind::DATA { super::record::record_length(rest) } else { usize::from(u16_at(rest, 2)) };
        rest.get(..len)
    }

    fn free_data(&self) -> usize {
        usize::from(u16_at(self.bytes(), 30))
    }

    fn free_count(&self) -> usize {
        usize::from(u16_at(self.bytes(), 28))
    }

    fn set_space(&mut self, free_data: usize, free_count: usize) {
        put(&mut self.0[..], 28, &(free_count as u16).to_le_bytes());
        put(&mut self.0[..], 30, &(free_data as u16).to_le_bytes());
    }

    /// The first free slot: one that was given up, else a new one.
    pub(crate) fn next_slot(&self) -> u16 {
        (0..self.slot_count()).find(|&slot| self.slot_offset(slot) == 0).unwrap_or(self.slot_count())
    }

    /// Whether a record fits, with a slot of its own if `new_slot`.
    pub(crate) fn fits(&self, len: usize, new_slot: bool) -> bool {
        len + if new_slot { 2 } else { 0 } <= self.free_count()
    }

    /// Puts a record into a slot (free, or one past the last). The caller has asked [`Page::fits`].
    pub(crate) fn insert(&mut self, slot: u16, record: &[u8]) {
        let count = self.slot_count();
        let new = slot >= count;
        let slots = if new { usize::from(slot) + 1 } else { usize::from(count) };
        if self.free_data() + record.len() > PAGE - 2 * slots {
            self.compact();
        }
        let at = self.free_data();
        put(&mut self.0[..], at, record);
        put(&mut self.0[..], Page::slot_place(slot), &(at as u16).to_le_bytes());
        if new {
            put(&mut self.0[..], 22, &(slot + 1).to_le_bytes());
        }
        let used = record.len() + 2 * (slots - usize::from(count));
        self.set_space(at + record.len(), self.free_count().saturating_sub(used));
    }

    /// Gives a slot up; its number stays free for the next record.
    pub(crate) fn remove(&mut self, slot: u16) {
        let Some(len) = self.record(slot).map(<[u8]>::len) else { return };
        let at = self.slot_offset(slot);
        let end = self.free_data();
        put(&mut self.0[..], Page::slot_place(slot), &[0, 0]);
        let free_data = if at + len == end { at } else { end };
        self.set_space(free_data, self.free_count() + len);
    }

    /// Puts `after` in place of the `before_len` bytes at `at` in a record.
    pub(crate) fn modify(&mut self, slot: u16, at: usize, before_len: usize, after: &[u8]) {
        let Some(record) = self.record(slot) else { return };
        if before_len == after.len() {
            let place = self.slot_offset(slot) + at;
            put(&mut self.0[..], place, after);
            return;
        }
        let mut changed = record.to_vec();
        changed.splice(at.min(record.len())..(at + before_len).min(record.len()), after.iter().copied());
        self.remove(slot);
        self.insert(slot, &changed);
    }

    /// Moves the records together, in the order of their slots.
    fn compact(&mut self) {
        let records: Vec<(u16, Vec<u8>)> =
            (0..self.slot_count()).filter_map(|slot| Some((slot, self.record(slot)?.to_vec()))).collect();
        let mut at = HEADER;
        for (slot, record) in records {
            put(&mut self.0[..], at, &record);
            put(&mut self.0[..], Page::slot_place(slot), &(at as u16).to_le_bytes());
            at += record.len();
        }
        let free_count = self.free_count();
        self.set_space(at, free_count);
    }
}
