//! Verifies the pages of a set: every `MQDA` stream.

use std::collections::BTreeMap;

use super::checksum::{self, Fold, SECTOR};
use super::extent::{AllocationMap, Extent};
use super::fault::{Cause, Fault};
use super::finding::FindingKind;
use super::page::{EXTENT, PAGE, PAGES, PageId, PageState};
use super::tally::Tally;
use super::view::{Buffer, View};
use super::walker::Stream;
use super::watch::{Stop, Watch};

/// Bytes before the first extent of a stream.
const LEAD: u64 = 2;
/// Extents read at a time: small enough to stay in the processor's cache until they are folded.
const AT_ONCE: usize = 4;

/// The pages of a set.
pub(crate) struct PageCheck {
    buffer: Buffer,
    /// Pages of each file in the first data block.
    pub first_pages: BTreeMap<u32, u64>,
    /// Pages in the data blocks behind it.
    pub repeated: u64,
    /// Data blocks begun; since SQL Server 2019 a second one repeats extents that changed meanwhile.
    blocks: usize,
    map: Option<AllocationMap>,
    last: BTreeMap<u16, u32>,
    /// The last extent that told its place, and those behind it that did not.
    previous: Option<PageId>,
    lost: Vec<Lost>,
}

/// An extent that does not tell its place.
struct Lost {
    /// In the file.
    offset: u64,
    /// Why it cannot be read; `None` if it can.
    fault: Option<Fault>,
}

/// Lost extents in a row beyond which their place is not looked for.
const MOST_LOST: usize = 1024;

impl PageCheck {
    pub fn new() -> PageCheck {
        PageCheck {
            buffer: Buffer::default(),
            first_pages: BTreeMap::new(),
            repeated: 0,
            blocks: 0,
            map: None,
            last: BTreeMap::new(),
            previous: None,
            lost: Vec::new(),
        }
    }

    /// A data block begins: its extents start over.
    pub fn begin_block(&mut self) {
        self.blocks += 1;
        self.map = None;
        self.last.clear();
        self.previous = None;
    }

    /// Checks every page of a stream. Returns the fold that its `CSUM` must have; `None` if some of
    /// it could not be read.
    pub fn stream(
        &mut self,
        view: &mut View<'_>,
        stream: &Stream,
        with_fold: bool,
        tally: &mut Tally,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Fold>, Stop> {
        let mut fold = Some(Fold::default());
        let (mut at, end) = (stream.data + LEAD.min(stream.header.length), stream.end());
        if (end - at) % EXTENT as u64 != 0 {
            let fault = Fault::damaged(view.offset(stream.data), "a stream of pages", "it does not hold whole extents");
            tally.found(fault.offset, FindingKind::Structure(fault));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut result = Ok(());
        while at < end {
            let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(EXTENT * AT_ONCE);
            let bytes = buffer.bytes(length);
            let unreadable = view.read(at, bytes, "pages").err();
            if unreadable.as_ref().is_some_and(|fault| matches!(fault.cause, Cause::Io { .. })) {
                result = unreadable.map_or(Ok(()), |fault| Err(Stop::Io(fault)));
                break;
            }
            match (&unreadable, &mut fold) {
                (None, Some(fold)) if with_fold => {
                    bytes.chunks(SECTOR).for_each(|sector| fold.push(checksum::sector_word(sector)));
                }
                (Some(_), _) => fold = None,
                _ => {}
            }
            for (index, bytes) in bytes.chunks_exact_mut(EXTENT).enumerate() {
                let place = at + (index * EXTENT) as u64;
                let faults = if unreadable.is_some() { read_pages(view, place, bytes) } else { Default::default() };
                self.extent(view, place, bytes, &faults, tally);
            }
            at += length as u64;
            result = watch.reached(view.offset(at));
            if result.is_err() {
                break;
            }
        }
        self.buffer = buffer;
        self.settle(None, tally);
        result.map(|()| fold.filter(|_| with_fold))
    }

    fn extent(&mut self, view: &View<'_>, at: u64, bytes: &[u8], faults: &[Option<Fault>; PAGES], tally: &mut Tally) {
        let lost =
            faults.iter().enumerate().fold(0u8, |lost, (index, fault)| lost | u8::from(fault.is_some()) << index);
        let extent = Extent::new(bytes, lost);
        tally.counts.extents += 1;
        tally.counts.pages += PAGES as u64;
        let Some(first) = extent.place() else {
            if extent.is_filler() {
                self.settle(None, tally);
                return check_filler(view, at, &extent, tally);
            }
            tally.counts.pages_damaged += PAGES as u64;
            self.lost.push(Lost { offset: view.offset(at), fault: faults.iter().flatten().next().cloned() });
            if self.lost.len() >= MOST_LOST {
                self.settle(None, tally);
            }
            return;
        };
        self.settle(Some(first), tally);
        self.previous = Some(first);
        if self.last.insert(first.file, first.page).is_some_and(|last| last >= first.page) {
            tally.found_page(view.offset(at), first, None, FindingKind::ExtentOrder);
        }
        self.count(first.file);
        for (index, page) in extent.0.iter().enumerate() {
            let id = PageId { page: first.page.saturating_add(index as u32), ..first };
            let offset = view.offset(at + (index * PAGE) as u64);
            let Some(page) = page else {
                tally.counts.pages_damaged += 1;
                if let Some(fault) = &faults[index] {
                    tally.found_page(offset, id, None, FindingKind::PageUnreadable(fault.clone()));
                }
                continue;
            };
            if let Some(map) = AllocationMap::of(*page, id) {
                self.map = Some(map);
            }
            let in_use = || self.map.as_ref().and_then(|map| map.allocated(id)).unwrap_or(false);
            let wrong = match page.check(id) {
                PageState::Sound => {
                    tally.counts.pages_checksum_ok += 1;
                    tally.counts.bytes_protected += PAGE as u64;
                    continue;
                }
                PageState::TornBitsSound => {
                    tally.counts.pages_torn_bits_ok += 1;
                    continue;
                }
                PageState::Unprotected => {
                    tally.counts.pages_unprotected += 1;
                    continue;
                }
                PageState::Empty => {
                    tally.counts.pages_empty += 1;
                    if !in_use() {
                        continue;
                    }
                    FindingKind::PageMissing
                }
                PageState::Stale | PageState::Filler => {
                    tally.counts.pages_stale += 1;
                    if !in_use() {
                        continue;
                    }
                    FindingKind::PageMissing
                }
                PageState::WrongChecksum => FindingKind::PageChecksum,
                PageState::Torn => FindingKind::TornPage,
                PageState::WrongId => FindingKind::PageNumber,
                PageState::WrongFlags => FindingKind::PageFlags,
            };
            if wrong != FindingKind::PageMissing {
                tally.counts.pages_damaged += 1;
            }
            tally.found_page(offset, id, Some(page.page_type()), wrong);
        }
    }

    fn count(&mut self, file: u16) {
        if self.blocks <= 1 {
            *self.first_pages.entry(u32::from(file)).or_default() += PAGES as u64;
        } else {
            self.repeated += PAGES as u64;
        }
    }

    /// Names the extents that told nothing, now that the one behind them (if any) is known: where they
    /// just fill the gap between their neighbours, they are what belongs there.
    fn settle(&mut self, next: Option<PageId>, tally: &mut Tally) {
        let lost = std::mem::take(&mut self.lost);
        let gap = PAGES as u64 * (lost.len() as u64 + 1);
        let first = match (self.previous, next) {
            (Some(previous), Some(next)) if previous.file == next.file => {
                (u64::from(previous.page) + gap == u64::from(next.page)).then_some(previous)
            }
            _ => None,
        };
        for (index, Lost { offset, fault }) in lost.into_iter().enumerate() {
            let Some(previous) = first else {
                tally.found(offset, fault.map_or(FindingKind::ExtentWithoutPlace, FindingKind::Record));
                continue;
            };
            self.count(previous.file);
            // Inside the gap, so below the page behind it.
            let page = previous.page + (PAGES * (index + 1)) as u32;
            for page in page..page + PAGES as u32 {
                let id = PageId { page, ..previous };
                let kind = fault.clone().map_or(FindingKind::PageLost, FindingKind::PageUnreadable);
                tally.found_page(offset, id, None, kind);
            }
        }
    }
}

/// Pages that fill a stream up belong nowhere, but most have a checksum.
fn check_filler(view: &View<'_>, at: u64, extent: &Extent<'_>, tally: &mut Tally) {
    for (index, page) in extent.0.iter().flatten().enumerate() {
        tally.counts.pages_filler += 1;
        if page.is_sound() {
            tally.counts.bytes_protected += PAGE as u64;
        } else if page.has_checksum() {
            tally.counts.pages_damaged += 1;
            tally.found(view.offset(at + (index * PAGE) as u64), FindingKind::PageChecksum);
        }
    }
}

/// Reads an extent page by page, so that one bad place costs no more pages than it holds.
fn read_pages(view: &mut View<'_>, at: u64, bytes: &mut [u8]) -> [Option<Fault>; PAGES] {
    let mut faults: [Option<Fault>; PAGES] = Default::default();
    for (index, page) in bytes.chunks_exact_mut(PAGE).enumerate() {
        faults[index] = view.read(at + (index * PAGE) as u64, page, "a page").err();
    }
    faults
}
