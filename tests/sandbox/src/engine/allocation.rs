//! Which pages and extents are in use: PFS, GAM, SGAM, IAM and differential maps.
//!
//! Map pages (GAM 2, SGAM 3, DCM 6, BCM 7) hold two records: 94 bytes that say nothing here, and at
//! 190 a record of 4 + 7988 bytes whose bits stand for extents. GAM: 1 = free; SGAM: 1 = a mixed extent
//! with a free page; DCM: 1 = changed since the last full backup. One GAM interval is served, files of up
//! to 4 GB, as SQL Server lays out the first interval. PFS pages (1, then every 8088) have one record at
//! 96 of 4 + 8088 bytes: one byte a page, 0x40 allocated, 0x20 in a mixed extent, 0x10 an IAM page, low
//! bits how full it is.

use super::bytes::{put, u8_at};
use super::error::Answer;
use super::log::{Change, Context, Target};
use super::page::{EXTENT, HEADER, PAGE, Page, PageId, kind};
use super::store::{Store, Transaction};
use super::texts;

/// First byte of the bits of a map page.
const BITS: usize = 194;
/// Bytes of bits.
const BIT_BYTES: usize = 7988;
/// Pages that one PFS page tells of.
const PFS_PAGES: u32 = 8088;
/// Pages by which a data file grows (64 MB, SQL Server's default).
pub(crate) const GROWTH_PAGES: u32 = 8192;

/// PFS bytes.
pub(crate) mod pfs {
    pub(crate) const ALLOCATED: u8 = 0x40;
    pub(crate) const MIXED: u8 = 0x20;
    pub(crate) const IAM: u8 = 0x10;
    pub(crate) const FULL: u8 = 0x04;
}

/// A kind of map page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Map {
    Free,
    Shared,
    Differential,
}

/// The map page that speaks of a page.
pub(crate) fn map_page(map: Map, id: PageId) -> PageId {
    let page = match map {
        Map::Free => 2,
        Map::Shared => 3,
        Map::Differential => 6,
    };
    PageId::new(id.file, page)
}

/// The PFS page that speaks of a page, and the place of its byte in the PFS record.
pub(crate) fn pfs_place(id: PageId) -> (PageId, u16) {
    let first = id.page / PFS_PAGES * PFS_PAGES;
    (PageId::new(id.file, first.max(1)), (4 + id.page - first) as u16)
}

/// The bit of an extent in a map page.
pub(crate) fn bit(page: &Page, extent: u32) -> bool {
    u8_at(page.bytes(), BITS + extent as usize / 8) >> (extent % 8) & 1 == 1
}

/// Sets the bit of an extent without logging; true if it changed.
pub(crate) fn set_bit(page: &mut Page, extent: u32, on: bool) -> bool {
    let at = BITS + extent as usize / 8;
    let old = u8_at(page.bytes(), at);
    let new = if on { old | 1 << (extent % 8) } else { old & !(1 << (extent % 8)) };
    put(page.bytes_mut(), at, &[new]);
    old != new && at < BITS + BIT_BYTES
}

/// The extents whose bit is set, below `limit`.
pub(crate) fn set_bits(page: &Page, limit: u32) -> Vec<u32> {
    let bytes = page.bytes().get(BITS..BITS + BIT_BYTES).unwrap_or_default();
    let set = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0);
    set.flat_map(|(at, byte)| (0..8).filter(move |b| byte >> b & 1 == 1).map(move |b| at as u32 * 8 + b))
        .take_while(|extent| *extent < limit)
        .collect()
}

/// Clears every bit (a full backup does, in the differential map).
pub(crate) fn clear_bits(page: &mut Page) {
    put(page.bytes_mut(), BITS, &[0; BIT_BYTES]);
}

/// An empty map page; all bits are `fill`.
pub(crate) fn new_map(kind: u8, id: PageId, fill: u8) -> Page {
    let mut page = Page::formatted(kind, id, 0, 99, 90);
    let b = page.bytes_mut();
    put(b, HEADER + 2, &94u16.to_le_bytes());
    put(b, 192, &((BIT_BYTES + 4) as u16).to_le_bytes());
    put(b, BITS, &[fill; BIT_BYTES]);
    put(b, 22, &2u16.to_le_bytes());
    put(b, PAGE - 2, &(HEADER as u16).to_le_bytes());
    put(b, PAGE - 4, &190u16.to_le_bytes());
    put(b, 28, &6u16.to_le_bytes());
    put(b, 30, &((BITS + BIT_BYTES) as u16).to_le_bytes());
    page
}

/// A PFS page that knows of no page.
pub(crate) fn new_pfs(id: PageId) -> Page {
    let mut page = Page::formatted(kind::PFS, id, 0, 99, 0);
    let b = page.bytes_mut();
    put(b, HEADER + 2, &((PFS_PAGES + 4) as u16).to_le_bytes());
    put(b, 22, &1u16.to_le_bytes());
    put(b, PAGE - 2, &(HEADER as u16).to_le_bytes());
    put(b, 28, &2u16.to_le_bytes());
    put(b, 30, &((HEADER + 4 + PFS_PAGES as usize) as u16).to_le_bytes());
    page
}

impl Store {
    /// The PFS byte of a page; 0 where no PFS page is yet.
    pub(crate) fn pfs(&mut self, id: PageId) -> Answer<u8> {
        let (page, at) = pfs_place(id);
        Ok(u8_at(self.page(page)?.bytes(), HEADER + usize::from(at)))
    }

    /// Sets the PFS byte of a page.
    pub(crate) fn set_pfs(&mut self, txn: &mut Transaction, id: PageId, value: u8) -> Answer<()> {
        let (page, at) = pfs_place(id);
        let before = self.pfs(id)?;
        if before == value {
            return Ok(());
        }
        let target = Target::new(page, 0, Context::Pfs);
        self.change(txn, Change::Modify { target, at, before: vec![before], after: vec![value] })
    }

    fn set_map(&mut self, txn: &mut Transaction, page: PageId, extent: u32, on: bool, c: Context) -> Answer<()> {
        let at = 4 + extent / 8;
        let before = u8_at(self.page(page)?.bytes(), 190 + at as usize);
        let after = if on { before | 1 << (extent % 8) } else { before & !(1 << (extent % 8)) };
        if before == after {
            return Ok(());
        }
        let target = Target::new(page, 1, c);
        self.change(txn, Change::Modify { target, at: at as u16, before: vec![before], after: vec![after] })
    }

    /// Extents in use in a file.
    pub(crate) fn allocated_extents(&mut self, file: u16) -> Answer<Vec<u32>> {
        let pages = self.files.get(&file).map_or(0, |data| data.pages);
        let free = self.page(map_page(Map::Free, PageId::new(file, 0)))?;
        Ok((0..pages.div_ceil(EXTENT)).filter(|extent| !bit(free, *extent)).collect())
    }

    /// Extents changed since the last full backup.
    pub(crate) fn changed_extents(&mut self, file: u16) -> Answer<Vec<u32>> {
        let pages = self.files.get(&file).map_or(0, |data| data.pages);
        Ok(set_bits(self.page(map_page(Map::Differential, PageId::new(file, 0)))?, pages.div_ceil(EXTENT)))
    }

    /// Takes a free extent, growing the file when there is none.
    fn take_extent(&mut self, txn: &mut Transaction, file: u16) -> Answer<u32> {
        loop {
            let pages = self.files.get(&file).map_or(0, |data| data.pages);
            let gam = map_page(Map::Free, PageId::new(file, 0));
            let free = set_bits(self.page(gam)?, pages / EXTENT).first().copied();
            let Some(extent) = free else {
                self.grow_by_default(txn, file)?;
                continue;
            };
            self.set_map(txn, gam, extent, false, Context::Gam)?;
            let first = PageId::new(file, extent * EXTENT);
            if !first.page.is_multiple_of(PFS_PAGES) {
                return Ok(extent);
            }
            // This extent begins with the next PFS page; its other pages stay unused.
            let image = new_pfs(first).bytes().to_vec();
            let target = Target::new(first, 0, Context::Pfs);
            self.change(txn, Change::Format { target, image })?;
            self.set_pfs(txn, first, pfs::ALLOCATED | pfs::FULL)?;
        }
    }

    fn grow_by_default(&mut self, txn: &mut Transaction, file: u16) -> Answer<()> {
        let pages = self.files.get(&file).map_or(0, |data| data.pages);
        let wanted = pages + GROWTH_PAGES;
        if wanted / EXTENT > (BIT_BYTES * 8) as u32 {
            return Err(texts::file_group_full(&self.database).into());
        }
        let path = self.files.get(&file).map_or(String::new(), |data| data.path.clone());
        self.grow(file, wanted).map_err(|error| texts::disk_error(&error, &path))?;
        super::file_header::set_size(self, txn, file, wanted)
    }

    /// Takes one page of a mixed extent, for catalog and IAM pages.
    pub(crate) fn take_page(&mut self, txn: &mut Transaction, file: u16, extra: u8) -> Answer<PageId> {
        let sgam = map_page(Map::Shared, PageId::new(file, 0));
        let pages = self.files.get(&file).map_or(0, |data| data.pages);
        let extent = match set_bits(self.page(sgam)?, pages / EXTENT).first() {
            Some(extent) => *extent,
            None => {
                let extent = self.take_extent(txn, file)?;
                self.set_map(txn, sgam, extent, true, Context::Sgam)?;
                extent
            }
        };
        let mut free = Vec::new();
        for page in extent * EXTENT..(extent + 1) * EXTENT {
            if self.pfs(PageId::new(file, page))? & pfs::ALLOCATED == 0 {
                free.push(page);
            }
        }
        let Some(&page) = free.first() else {
            self.set_map(txn, sgam, extent, false, Context::Sgam)?;
            return self.take_page(txn, file, extra);
        };
        if free.len() == 1 {
            self.set_map(txn, sgam, extent, false, Context::Sgam)?;
        }
        let id = PageId::new(file, page);
        self.set_pfs(txn, id, pfs::ALLOCATED | pfs::MIXED | extra)?;
        Ok(id)
    }

    /// Takes the next page of a heap: from its newest extent, else from a new one that its IAM gets.
    pub(crate) fn take_heap_page(
        &mut self,
        txn: &mut Transaction,
        iam: PageId,
        newest: Option<PageId>,
    ) -> Answer<PageId> {
        if let Some(newest) = newest {
            for page in newest.page + 1..(newest.page / EXTENT + 1) * EXTENT {
                let id = PageId::new(newest.file, page);
                if self.pfs(id)? & pfs::ALLOCATED == 0 {
                    self.set_pfs(txn, id, pfs::ALLOCATED)?;
                    return Ok(id);
                }
            }
        }
        let extent = self.take_extent(txn, iam.file)?;
        self.set_map(txn, iam, extent, true, Context::Iam)?;
        let id = PageId::new(iam.file, extent * EXTENT);
        self.set_pfs(txn, id, pfs::ALLOCATED)?;
        Ok(id)
    }

    /// The pages of a heap, by its IAM page: extents, then those that PFS calls allocated.
    pub(crate) fn heap_pages(&mut self, iam: PageId) -> Answer<Vec<PageId>> {
        let limit = self.files.get(&iam.file).map_or(0, |data| data.pages.div_ceil(EXTENT));
        let extents = set_bits(self.page(iam)?, limit);
        let mut out = Vec::new();
        for page in extents.into_iter().flat_map(|extent| extent * EXTENT..(extent + 1) * EXTENT) {
            let id = PageId::new(iam.file, page);
            if self.pfs(id)? & pfs::ALLOCATED != 0 {
                out.push(id);
            }
        }
        Ok(out)
    }

    /// Gives back everything that a heap holds, its IAM page too.
    pub(crate) fn free_heap(&mut self, txn: &mut Transaction, iam: PageId) -> Answer<()> {
        for page in self.heap_pages(iam)? {
            self.set_pfs(txn, page, 0)?;
        }
        let limit = self.files.get(&iam.file).map_or(0, |data| data.pages.div_ceil(EXTENT));
        let gam = map_page(Map::Free, iam);
        for extent in set_bits(self.page(iam)?, limit) {
            self.set_map(txn, gam, extent, true, Context::Gam)?;
        }
        self.set_pfs(txn, iam, 0)?;
        self.set_map(txn, map_page(Map::Shared, iam), iam.page / EXTENT, true, Context::Sgam)
    }
}
