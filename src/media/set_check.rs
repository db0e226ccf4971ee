//! Verifies one set: structure, pages, log, and whether they agree.

use super::agreement;
use super::block::{self, BlockKind};
use super::builder::{SetBuilder, Step};
use super::checksum::Fold;
use super::fault::{Cause, Fault};
use super::fields::Fields;
use super::filemark;
use super::finding::FindingKind;
use super::headers;
use super::log::LogPart;
use super::log_check::LogCheck;
use super::page_check::PageCheck;
use super::report::{SetReport, Verdict, verdict_of};
use super::scin::flags;
use super::set::{FilePages, SetParts};
use super::stream::{self, StreamKind};
use super::tally::Tally;
use super::view::View;
use super::walker::{Block, Item, Stream, Walker};
use super::watch::{Stop, Watch};

/// What came of a set.
pub(crate) struct CheckedSet {
    /// What was read of it; `None` if not even its start.
    pub parts: Option<SetParts>,
    pub tally: Tally,
    /// Whether the walk came to the set's end, so that the next set follows.
    pub ended: bool,
    pages: PageCheck,
    log: LogCheck,
}

impl CheckedSet {
    /// The report; `None` if not even the set's start could be read.
    pub fn report(self) -> Option<SetReport> {
        let parts = self.parts?;
        let pages = self.pages.first_pages.iter();
        Some(SetReport {
            position: parts.sset.position,
            verdict: self.tally.worst.map_or(Verdict::Sound, verdict_of),
            counts: self.tally.counts,
            findings: self.tally.findings,
            findings_left_out: self.tally.left_out,
            pages: pages
                .map(|(file, pages)| FilePages { file_id: *file, pages: u32::try_from(*pages).unwrap_or(u32::MAX) })
                .collect(),
            pages_repeated: self.pages.repeated,
            log: self.log.range,
        })
    }
}

/// How to check a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetOptions {
    /// Whether to read pages and log, or the structure only.
    pub data: bool,
    pub max_findings: usize,
    /// Whether the file holds the whole set, and not one of several stripes.
    pub alone: bool,
    /// Where the set must have ended, in the tape image.
    pub limit: u64,
}

/// A checksum that the next stream must carry.
struct Awaited {
    /// `None` if it could not be computed.
    fold: Option<Fold>,
    bytes: u64,
    /// Bytes of it that are counted as protected already.
    counted: u64,
}

/// Walks and checks the set at the walker's place. `marks` are the file offsets of the filemarks so far.
pub(crate) fn check(
    view: &mut View<'_>,
    walker: &mut Walker,
    marks: &mut Vec<u64>,
    options: SetOptions,
    watch: &mut Watch<'_>,
) -> Result<CheckedSet, Stop> {
    let mut checker = Checker {
        options,
        builder: SetBuilder::new(),
        tally: Tally::new(options.max_findings),
        pages: PageCheck::new(),
        log: LogCheck::new(),
        awaited: None,
    };
    let start = walker.at();
    let fault = loop {
        watch.reached(view.offset(walker.at()))?;
        let item = match walker.next(view) {
            Ok(Some(item)) => item,
            Ok(None) => break Some(view.end("a backup set")),
            Err(fault) => break Some(fault),
        };
        if walker.at() > options.limit {
            break Some(headers::overrun(view, options.limit));
        }
        match checker.builder.accept(view, &mut walker.window, &item) {
            Ok(step) => {
                checker.item(view, walker, marks, &item, watch)?;
                if step == Step::Done {
                    break None;
                }
            }
            Err(fault) => break Some(fault),
        }
    };
    let ended = fault.is_none();
    checker.tally.counts.bytes = walker.at() - start;
    if let Some(fault) = fault {
        if matches!(fault.cause, Cause::Io { .. }) {
            return Err(Stop::Io(fault));
        }
        let position = checker.builder.parts.as_ref().map(|parts| parts.sset.position);
        checker.tally.found(fault.offset, FindingKind::Structure(Fault { position, ..fault }));
    } else {
        checker.agree(view);
    }
    let counts = &mut checker.tally.counts;
    // Every byte of a compressed set lies in a record whose checksum was checked.
    counts.bytes_protected =
        if matches!(view, View::Expanded(_)) && options.data { counts.bytes } else { counts.bytes_protected };
    let Checker { builder, tally, pages, log, .. } = checker;
    Ok(CheckedSet { parts: builder.parts, tally, ended, pages, log })
}

struct Checker {
    options: SetOptions,
    builder: SetBuilder,
    tally: Tally,
    pages: PageCheck,
    log: LogCheck,
    awaited: Option<Awaited>,
}

impl Checker {
    fn item(
        &mut self,
        view: &mut View<'_>,
        walker: &mut Walker,
        marks: &mut Vec<u64>,
        item: &Item,
        watch: &mut Watch<'_>,
    ) -> Result<(), Stop> {
        match item {
            Item::Block(block) => {
                self.block(view, block, marks);
                Ok(())
            }
            Item::Stream(stream) => self.stream(view, walker, stream, watch),
        }
    }

    fn block(&mut self, view: &View<'_>, block: &Block, marks: &mut Vec<u64>) {
        self.tally.counts.bytes_protected += block::HEADER as u64;
        let offset = view.offset(block.at);
        let start = self.builder.parts.as_ref().map_or(block.at, |parts| parts.start);
        match block.header.kind {
            BlockKind::Filemark => {
                check_filemark(block, offset, marks, &mut self.tally);
                marks.push(offset);
            }
            BlockKind::SetEnd => {}
            _ if block.header.logical_address != (block.at - start) / 1024 => {
                self.tally.found(offset, FindingKind::BlockPlace);
            }
            BlockKind::Data => self.pages.begin_block(),
            BlockKind::Log => {
                self.tally.counts.vlfs += 1;
                self.log.part = LogPart::decode(&block.bytes);
                if self.log.part.is_none() {
                    let fault = Fault::damaged(offset, "a block of log (MSTL)", "its range is impossible");
                    self.tally.found(offset, FindingKind::Structure(fault));
                }
            }
            _ => {}
        }
    }

    fn stream(
        &mut self,
        view: &mut View<'_>,
        walker: &mut Walker,
        stream: &Stream,
        watch: &mut Watch<'_>,
    ) -> Result<(), Stop> {
        self.tally.counts.bytes_protected += stream::HEADER as u64;
        let offset = view.offset(stream.data);
        let length = stream.header.length;
        if let Some(awaited) = self.awaited.take() {
            if stream.header.kind == StreamKind::Checksum {
                return self.checksum(view, walker, stream, awaited);
            }
            self.tally.found(offset, FindingKind::BackupChecksumMissing);
        }
        if !self.options.data {
            return Ok(());
        }
        let before = self.tally.counts.bytes_protected;
        let folded = stream.header.media_attributes & stream::CHECKSUMMED != 0 && length > 2;
        let fold = match stream.header.kind {
            StreamKind::Pages if length > 2 => self.pages.stream(view, stream, folded, &mut self.tally, watch)?,
            StreamKind::Log if length > 2 => {
                self.log.stream(view, stream, &mut self.tally, watch)?;
                if folded { self.log.fold(view, stream, watch)? } else { None }
            }
            _ => {
                self.expand_rest(view, stream)?;
                return Ok(());
            }
        };
        if folded {
            let counted = self.tally.counts.bytes_protected - before;
            self.awaited = Some(Awaited { fold, bytes: length - 2, counted });
        }
        Ok(())
    }

    /// Compares a `CSUM` stream with what it was made of.
    fn checksum(
        &mut self,
        view: &mut View<'_>,
        walker: &mut Walker,
        stream: &Stream,
        awaited: Awaited,
    ) -> Result<(), Stop> {
        let offset = view.offset(stream.data);
        let stored = match walker.window.get(view, stream.data, 4, "a backup checksum") {
            Ok(bytes) if stream.header.length == 4 => Fields(bytes).u32(0),
            Err(Fault { cause: Cause::Io { kind, text }, offset, position }) => {
                return Err(Stop::Io(Fault { cause: Cause::Io { kind, text }, offset, position }));
            }
            _ => None,
        };
        self.tally.counts.backup_checksums += 1;
        if awaited.fold.map(|fold| fold.0) == stored && stored.is_some() {
            self.tally.counts.backup_checksums_ok += 1;
            // Pages and blocks with checksums of their own are counted already.
            self.tally.counts.bytes_protected += awaited.bytes.saturating_sub(awaited.counted);
        } else {
            self.tally.found(offset, FindingKind::BackupChecksum { bytes: awaited.bytes });
        }
        Ok(())
    }

    /// Expands compressed bytes that no one else reads, so that every record is checked.
    fn expand_rest(&mut self, view: &mut View<'_>, stream: &Stream) -> Result<(), Stop> {
        if !matches!(view, View::Expanded(_)) {
            return Ok(());
        }
        let mut buffer = [0; 4096];
        let (mut at, end) = (stream.data, stream.end());
        while at < end {
            let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
            match view.read(at, &mut buffer[..length], "padding") {
                Ok(()) => {}
                Err(fault) if matches!(fault.cause, Cause::Io { .. }) => return Err(Stop::Io(fault)),
                Err(fault) => {
                    self.tally.found(fault.offset, FindingKind::Record(fault));
                    break;
                }
            }
            at += length as u64;
        }
        Ok(())
    }

    /// Holds the parts of a whole set against each other.
    fn agree(&mut self, view: &View<'_>) {
        let Some(parts) = &self.builder.parts else { return };
        let offset = view.offset(parts.start);
        let mut wrong = Vec::new();
        if parts.sset.offset != offset {
            wrong.push(FindingKind::BlockPlace);
        }
        if let (Some(front), Some(back)) = (&parts.front, &parts.back) {
            wrong.extend(agreement::of_copies(front, back));
            if front.scin.flag(flags::SNAPSHOT) && self.pages.first_pages.is_empty() {
                wrong.push(FindingKind::Snapshot);
            } else {
                wrong.extend(agreement::of_sizes(front));
                if self.options.data && self.options.alone {
                    wrong.extend(agreement::of_pages(front, &self.pages.first_pages));
                }
            }
        }
        wrong.into_iter().for_each(|kind| self.tally.found(offset, kind));
    }
}

/// More than the largest filemark can name, `LARGEST_BLOCK / 8`.
pub(crate) const MOST_MARKS: usize = 8192;

/// A filemark names the ones before it, newest first, as many as it has room for.
///
/// `marks` may lack older ones beyond [`MOST_MARKS`].
pub(crate) fn check_filemark(block: &Block, offset: u64, marks: &[u64], tally: &mut Tally) {
    let room = Fields(&block.bytes).u32(52).map_or(0, |room| usize::try_from(room).unwrap_or(usize::MAX));
    let named = filemark::earlier(&block.bytes, block.header.attributes);
    let expected = marks.len().min(room);
    let holds =
        named.is_some_and(|named| named.len() == expected && named.iter().eq(marks.iter().rev().take(expected)));
    if !holds {
        tally.found(offset, FindingKind::Filemarks);
    }
}
