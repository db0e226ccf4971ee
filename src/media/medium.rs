//! Opens a file as a medium: what it is, its label, and where its first set begins.

use super::block::BlockKind;
use super::compressed::{Expanded, Trust};
use super::container::{self, Container, Foreign};
use super::error::{MediaError, MediaErrorKind};
use super::fault::{Cause, Fault};
use super::source::Source;
use super::stream::StreamKind;
use super::tape::{self, Tape};
use super::view::{self, View};
use super::walker::{Block, Item, Walker};

/// Bytes read ahead where structures lie close together.
pub(crate) const WINDOW: usize = 2048;
/// Longest `RAID` stream that is read.
const LONGEST_MEDIA_SET: u64 = 4096;

/// An opened medium.
pub(crate) struct Medium<'s> {
    pub view: View<'s>,
    pub container: Container,
    pub tape: Tape,
    /// Bytes of the file when it was opened.
    pub size: u64,
    /// The filemark after the label, in the tape image; the first set begins after it.
    pub first_mark: u64,
}

impl<'s> Medium<'s> {
    /// Opens it.
    ///
    /// # Errors
    /// What the file is instead, or why its label cannot be read.
    pub fn open(source: &'s dyn Source, trust: Trust) -> Result<Medium<'s>, MediaError> {
        let name = || source.name();
        let size = source.size().map_err(|error| MediaError::from_io(name(), &error))?;
        let mut head = vec![0; usize::try_from(size).unwrap_or(usize::MAX).min(container::MAGIC_BYTES)];
        let faulty = |fault| MediaError::from_fault(name(), fault);
        view::read_exact(source, 0, &mut head, "its first bytes").map_err(faulty)?;
        let container = container::recognise(&head, size, &name())
            .map_err(|foreign| MediaError::new(name(), MediaErrorKind::Foreign(foreign)))?;
        let mut view = match container {
            Container::Tape => View::plain(source, size),
            Container::Compressed { version: 2 } => {
                let image = Expanded::open(source, size, trust).map_err(encrypted_or_damaged);
                View::Expanded(Box::new(image.map_err(faulty)?))
            }
            Container::Compressed { version } => {
                return Err(faulty(Fault::unsupported(8, format!("a compressed backup of version {version}"))));
            }
        };
        let (tape, first_mark) = label(&mut view, container != Container::Tape).map_err(faulty)?;
        if is_of_another_product(&tape) {
            return Err(MediaError::new(name(), MediaErrorKind::Foreign(Foreign::TapeOfAnotherProduct)));
        }
        Ok(Medium { view, container, tape, size, first_mark })
    }
}

/// How an encrypted backup differs from a damaged one is not known, so its first record tells only that it is
/// one of the two.
fn encrypted_or_damaged(fault: Fault) -> Fault {
    match fault.cause {
        Cause::Damaged { why, .. } => {
            let what = format!("a compressed backup that is encrypted, or damaged in its first record ({why}),");
            Fault::unsupported(fault.offset, what)
        }
        _ => fault,
    }
}

/// Reads `TAPE` and its streams; returns the label and where the next block must be.
fn label(view: &mut View<'_>, compressed: bool) -> Result<(Tape, u64), Fault> {
    let what = "the media label (TAPE)";
    let mut walker = Walker::new(0, 512, WINDOW);
    let Some(Item::Block(Block { header, bytes, at })) = walker.next(view)? else {
        return Err(Fault::cut(0, what));
    };
    let block = Block { at, header, bytes };
    let tape = tape::decode(&block, compressed).filter(|_| header.kind == BlockKind::Tape);
    let mut tape = tape.ok_or_else(|| Fault::damaged(0, what, "it is too short for its fields"))?;
    if !(1..=tape::LARGEST_BLOCK).contains(&tape.physical_block) {
        return Err(Fault::damaged(0, what, "its block size is impossible"));
    }
    loop {
        let Some(Item::Stream(stream)) = walker.next(view)? else {
            return Err(Fault::damaged(view.offset(walker.at()), what, "it has no end"));
        };
        if stream.header.kind == StreamKind::MediaSet && stream.header.length <= LONGEST_MEDIA_SET {
            let length = usize::try_from(stream.header.length).unwrap_or_default();
            let bytes = walker.window.get(view, stream.data, length, what)?;
            if tape::media_set(&mut tape.label, bytes).is_none() {
                return Err(Fault::damaged(view.offset(stream.data), what, "its media set is too short"));
            }
        }
        if stream.header.kind == StreamKind::Padding {
            return Ok((tape, walker.at()));
        }
    }
}

/// SQL Server says so by name and by vendor number; one alone may be damaged.
fn is_of_another_product(tape: &Tape) -> bool {
    const VENDOR: i32 = 4608;
    let named = tape.label.software_name.as_deref().is_some_and(|name| name.starts_with("Microsoft SQL Server"));
    !named && tape.label.software_vendor_id != Some(VENDOR)
}
