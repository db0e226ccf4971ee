//! Extents: eight pages in a row. They have no header; their pages tell where they belong.

use super::page::{PAGE, PAGES, Page, PageId};

/// Pages between two Page Free Space pages; the first of a file is page 1.
const PFS_INTERVAL: u32 = 8088;

/// An extent of a stream. A page that could not be read is `None`.
pub(crate) struct Extent<'a>(pub [Option<Page<'a>>; PAGES]);

impl<'a> Extent<'a> {
    /// The extent in these 64 KiB; pages whose bit is set in `unreadable` are left out.
    pub fn new(bytes: &'a [u8], unreadable: u8) -> Extent<'a> {
        Extent(std::array::from_fn(|index| {
            let page = bytes.get(index * PAGE..(index + 1) * PAGE).and_then(Page::new);
            page.filter(|_| unreadable & 1 << index == 0)
        }))
    }

    /// The place of its first page, by what its pages say; `None` if none says one that can be.
    ///
    /// Where they disagree, pages whose checksum holds outweigh the others.
    pub fn place(&self) -> Option<PageId> {
        let mut said = self.said();
        let (_, first) = said.next()?;
        if said.all(|(_, place)| place == first) {
            return Some(first);
        }
        let weight = |place: PageId| -> (usize, usize) {
            let votes = || self.said().filter(move |(_, said)| *said == place);
            (votes().filter(|(page, _)| page.is_sound()).count(), votes().count())
        };
        self.said().map(|(_, place)| place).max_by_key(|place| weight(*place))
    }

    /// For each plausible page, the place of the extent's first page that follows from its number.
    fn said(&self) -> impl Iterator<Item = (Page<'a>, PageId)> + '_ {
        self.0.iter().enumerate().filter_map(|(index, page)| {
            let page = page.filter(Page::is_plausible)?;
            let id = page.id();
            let first = id.page.checked_sub(u32::try_from(index).ok()?)?;
            first.is_multiple_of(8).then_some((page, PageId { page: first, ..id }))
        })
    }

    /// Whether all of it only fills the stream up.
    pub fn is_filler(&self) -> bool {
        self.0.iter().all(|page| page.is_some_and(|page| page.is_filler()))
    }
}

/// The allocation map of one stretch of one file, from its Page Free Space page.
pub(crate) struct AllocationMap {
    file: u16,
    interval: u32,
    allocated: Vec<bool>,
}

impl AllocationMap {
    /// The map, if page `id` is one and can be trusted.
    pub fn of(page: Page<'_>, id: PageId) -> Option<AllocationMap> {
        let is_place = id.page == 1 || id.page != 0 && id.page.is_multiple_of(PFS_INTERVAL);
        if !is_place || page.id() != id || !page.is_usable_pfs() {
            return None;
        }
        let allocated = (0..PFS_INTERVAL as usize).map_while(|index| page.pfs_allocated(index)).collect();
        Some(AllocationMap { file: id.file, interval: id.page / PFS_INTERVAL, allocated })
    }

    /// Whether a page is in use; `None` if this is not the map of its stretch.
    pub fn allocated(&self, id: PageId) -> Option<bool> {
        if id.file != self.file || id.page / PFS_INTERVAL != self.interval {
            return None;
        }
        self.allocated.get((id.page % PFS_INTERVAL) as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(ids: [(u16, u32); 8]) -> Vec<u8> {
        let mut bytes = vec![0; PAGE * PAGES];
        for (page, (file, id)) in bytes.chunks_exact_mut(PAGE).zip(ids) {
            (page[0], page[1]) = (1, 1);
            page[32..36].copy_from_slice(&id.to_le_bytes());
            page[36..38].copy_from_slice(&file.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn pages_say_where_their_extent_belongs() {
        let ids = [16, 17, 18, 19, 20, 21, 22, 23].map(|page| (3, page));
        let place = Some(PageId { file: 3, page: 16 });
        assert_eq!(Extent::new(&extent(ids), 0).place(), place);
        // One of them lies, or is stale.
        let mut other = ids;
        other[0] = (3, 800);
        assert_eq!(Extent::new(&extent(other), 0).place(), place);
        // All but one cannot be read.
        assert_eq!(Extent::new(&extent(ids), 0b1111_0111).place(), place);
    }

    #[test]
    fn zeros_belong_nowhere() {
        assert_eq!(Extent::new(&vec![0; PAGE * PAGES], 0).place(), None);
    }
}
