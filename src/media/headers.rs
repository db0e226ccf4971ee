//! The sets of a file, without reading their data.
//!
//! Filemarks are followed back from the end of the file, so the cost is a few kilobytes a set
//! whatever its size. Where that chain is broken (a torn tail, an interrupted append) the file is
//! walked from the front instead, from block to block and over the data.

use super::block::{BlockHeader, BlockKind};
use super::builder::{SetBuilder, Step};
use super::compressed::Trust;
use super::container::Container;
use super::error::MediaError;
use super::fault::{Cause, Fault};
use super::medium::{Medium, WINDOW};
use super::mqci::{self, Mqci};
use super::set::{SetEntry, SetParts, SetStatus};
use super::source::Source;
use super::stream::StreamKind;
use super::view::View;
use super::walker::{Item, Walker};
use crate::model::MediaLabel;

/// A backup file: its label and its sets.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaFile {
    /// What the caller named it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// How it is packed.
    pub container: Container,
    /// Bytes of a physical block: 512 or 4096.
    pub physical_block_size: u64,
    /// The columns of `RESTORE LABELONLY`.
    pub label: MediaLabel,
    /// Whether a media password was set. (It does not encrypt anything.)
    pub has_media_password: bool,
    /// Every set that could be read, in the order of the file; whole ones and, marked so, incomplete ones.
    pub sets: Vec<SetEntry>,
    /// What stopped the reading or made a set unreadable; empty for a sound structure.
    pub faults: Vec<Fault>,
}

/// Reads the label and the sets of a backup file. Whole sets before a fault are returned with it.
///
/// # Errors
/// The file is no backup medium, or not even its label can be read.
pub fn read_headers(source: &dyn Source) -> Result<MediaFile, MediaError> {
    let mut medium = Medium::open(source, Trust::Indexes)?;
    let mut reading = Reading::of(&mut medium);
    // A damaged index must not cost sets whose records are sound.
    if medium.container != Container::Tape && !reading.faults.is_empty() {
        medium = Medium::open(source, Trust::Nothing)?;
        reading = Reading::of(&mut medium);
    }
    reading.faults.extend(grown(source, medium.size));
    Ok(MediaFile {
        name: source.name(),
        size: medium.size,
        container: medium.container,
        physical_block_size: medium.tape.physical_block,
        label: medium.tape.label,
        has_media_password: medium.tape.has_media_password,
        sets: reading.sets,
        faults: reading.faults,
    })
}

/// That the file is no longer as long as when it was opened, if so: it is being written.
pub(crate) fn grown(source: &dyn Source, from: u64) -> Option<Fault> {
    let to = source.size().ok().filter(|to| *to != from)?;
    Some(Fault { offset: from, position: None, cause: Cause::Growing { from, to } })
}

/// Sets and faults found so far.
struct Reading {
    compressed: bool,
    sets: Vec<SetEntry>,
    faults: Vec<Fault>,
}

impl Reading {
    /// Reads the sets of a medium, by its filemarks where their chain is whole.
    fn of(medium: &mut Medium<'_>) -> Reading {
        let compressed = medium.container != Container::Tape;
        let mut reading = Reading { compressed, sets: Vec::new(), faults: Vec::new() };
        let (physical, first) = (medium.tape.physical_block, medium.first_mark);
        let marks = medium.view.filemarks(physical);
        match marks.filter(|marks| marks.len() % 2 == 1 && marks.first() == Some(&first)) {
            Some(marks) => reading.add_by_filemarks(&mut medium.view, physical, &marks),
            None => reading.add_from_front(&mut medium.view, physical, first),
        }
        if reading.sets.is_empty() && reading.faults.is_empty() {
            reading.faults.push(Fault::cut(medium.size, "its first backup set"));
        }
        reading
    }

    fn add_by_filemarks(&mut self, view: &mut View<'_>, physical: u64, marks: &[u64]) {
        for three in marks.windows(3).step_by(2) {
            let start = three[0] + physical;
            match between_filemarks(view, physical, start, three[1], three[2]) {
                Ok(parts) => self.add(view, &parts, None),
                // Walked, it tells more exactly what is wrong; the sets after it are still found.
                Err(_) => {
                    let mut walker = Walker::new(start, physical, WINDOW);
                    let (parts, fault) = walk_set(view, &mut walker, three[2] + physical);
                    self.add_walked(view, start, parts, fault);
                }
            }
        }
    }

    fn add_from_front(&mut self, view: &mut View<'_>, physical: u64, first_mark: u64) {
        let mut walker = Walker::new(first_mark, physical, WINDOW);
        match walker.next(view) {
            Ok(Some(Item::Block(block))) if block.header.kind == BlockKind::Filemark => {}
            Ok(_) => {
                let offset = view.offset(first_mark);
                return self.faults.push(Fault::damaged(offset, "the filemark after the label", "it is missing"));
            }
            Err(fault) => return self.faults.push(fault),
        }
        while walker.at() < view.len() {
            let start = walker.at();
            let end = view.len();
            let (parts, fault) = walk_set(view, &mut walker, end);
            let stop = fault.is_some();
            self.add_walked(view, start, parts, fault);
            if stop {
                return;
            }
        }
        // An image may end between two sets because what follows cannot be read.
        if let View::Expanded(image) = view
            && let Some(fault) = &image.torn
        {
            self.faults.push(fault.clone());
        }
    }

    fn add_walked(&mut self, view: &View<'_>, start: u64, parts: Option<SetParts>, fault: Option<Fault>) {
        match (parts, fault) {
            (Some(parts), fault) => self.add(view, &parts, fault),
            (None, Some(fault)) => self.faults.push(fault),
            (None, None) => self.faults.push(Fault::cut(view.offset(start), "a backup set")),
        }
    }

    fn add(&mut self, view: &View<'_>, parts: &SetParts, fault: Option<Fault>) {
        let offset = view.offset(parts.start);
        let position = Some(parts.sset.position);
        let mut fault = fault.map(|fault| Fault { position, ..fault });
        if let Some(fault) = &fault {
            self.faults.push(fault.clone());
        }
        let files = parts.file_list();
        let (Some(columns), Some(facts)) = (parts.columns(self.compressed), parts.facts()) else { return };
        let unsupported = |what| Fault { position, ..Fault::unsupported(offset, what) };
        let set = match columns {
            Ok(set) => set,
            Err(what) => return self.faults.push(unsupported(what)),
        };
        let files = files.unwrap_or_else(|what| {
            self.faults.push(unsupported(what));
            Vec::new()
        });
        let can_cut_after = fault.is_none() && self.sets.iter().all(|set| set.status == SetStatus::Complete);
        self.sets.push(SetEntry {
            set,
            files,
            file_groups: parts.file_groups(),
            facts,
            offset,
            length: view.offset(parts.end) - offset,
            status: fault.take().map_or(SetStatus::Complete, |fault| SetStatus::Incomplete { fault }),
            can_cut_after,
        });
    }
}

/// Walks one set that must end by `limit`; what was read of it, and the fault that ended the walk too early.
fn walk_set(view: &mut View<'_>, walker: &mut Walker, limit: u64) -> (Option<SetParts>, Option<Fault>) {
    let mut builder = SetBuilder::new();
    loop {
        let item = match walker.next(view) {
            Ok(Some(item)) => item,
            Ok(None) => return (builder.parts, Some(view.end("a backup set"))),
            Err(fault) => return (builder.parts, Some(fault)),
        };
        if walker.at() > limit {
            return (builder.parts, Some(overrun(view, limit)));
        }
        match builder.accept(view, &mut walker.window, &item) {
            Ok(Step::More) => {}
            Ok(Step::Done) => return (builder.parts, None),
            Err(fault) => return (builder.parts, Some(fault)),
        }
    }
}

/// A set that runs over the filemark that must end it. (Without this, sets that all lead to the same
/// place could make a reading as slow as the square of the file's size.)
pub(crate) fn overrun(view: &View<'_>, limit: u64) -> Fault {
    Fault::damaged(view.offset(limit), "a backup set", "it runs over the filemark that ends it")
}

/// Reads a set whose filemarks are known: its first blocks, and `MSLS` from the filemark behind it.
fn between_filemarks(
    view: &mut View<'_>,
    physical: u64,
    start: u64,
    data_mark: u64,
    end_mark: u64,
) -> Result<SetParts, Fault> {
    let mut walker = Walker::new(start, physical, WINDOW);
    let mut builder = SetBuilder::new();
    let mut parts = loop {
        let Some(item) = walker.next(view)? else { return Err(Fault::cut(view.offset(start), "a backup set")) };
        if walker.at() > data_mark {
            return Err(Fault::damaged(view.offset(start), "a backup set", "its header crosses its filemark"));
        }
        builder.accept(view, &mut walker.window, &item)?;
        if let Some(parts) = builder.parts.take_if(|parts| parts.front.is_some()) {
            break parts;
        }
    };
    parts.back = Some(back_before(view, start, data_mark)?);
    let mut expect = |at: u64, kind: BlockKind| {
        let bytes = walker.window.get(view, at, super::block::HEADER, "a block header")?;
        match BlockHeader::decode(bytes) {
            Ok(header) if header.kind == kind => Ok(()),
            _ => Err(Fault::damaged(view.offset(at), "the end of a set", "a block is missing")),
        }
    };
    expect(data_mark, BlockKind::Filemark)?;
    expect(data_mark + physical, BlockKind::SetEnd)?;
    expect(end_mark, BlockKind::Filemark)?;
    parts.end = end_mark + physical;
    Ok(parts)
}

/// Finds and reads `MSLS`, the last block before the filemark at `mark`.
///
/// Page data may look like a block, so one counts only if its checksum holds, its logical address is
/// its place in the set, and its streams end exactly at the filemark.
fn back_before(view: &mut View<'_>, start: u64, mark: u64) -> Result<Mqci, Fault> {
    const ALIGNMENT: u64 = 512;
    const FARTHEST: u64 = 4 << 20;
    let what = "the final header (MSLS)";
    let (mut from, mut span) = (mark, 4096);
    while from > start && mark - from < FARTHEST {
        let to = from;
        from = mark.saturating_sub(span).max(start);
        span *= 4;
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or_default()];
        view.read(from, &mut bytes, what)?;
        for at in (from..to).step_by(ALIGNMENT as usize).collect::<Vec<_>>().into_iter().rev() {
            let bytes = &bytes[usize::try_from(at - from).unwrap_or_default()..];
            let is_back = BlockHeader::decode(bytes).is_ok_and(|header| {
                header.kind == BlockKind::Back && header.logical_address.checked_mul(1024) == Some(at - start)
            });
            if is_back && let Some(header) = back_at(view, at, mark)? {
                return Ok(header);
            }
        }
    }
    Err(Fault::damaged(view.offset(mark), what, "it is not before the set's filemark"))
}

/// The header in the block at `at`, if its streams end at `mark`.
fn back_at(view: &mut View<'_>, at: u64, mark: u64) -> Result<Option<Mqci>, Fault> {
    let mut walker = Walker::new(at, 512, WINDOW);
    walker.next(view)?;
    let mut header = None;
    while walker.at() < mark {
        let Some(Item::Stream(stream)) = walker.next(view)? else { return Ok(None) };
        if stream.header.kind == StreamKind::Header {
            header = Some(mqci::read(view, &mut walker.window, &stream)?);
        }
    }
    Ok(header.filter(|_| walker.at() == mark))
}
