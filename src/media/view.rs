//! A medium as one run of Microsoft Tape Format bytes, whatever its container.

use super::compressed::Expanded;
use super::fault::Fault;
use super::filemark;
use super::source::Source;

/// The tape image of a medium: the file itself, or what its compressed records expand to.
pub(crate) enum View<'s> {
    /// The file itself.
    Plain(Plain<'s>),
    /// What compressed records expand to.
    Expanded(Box<Expanded<'s>>),
}

/// An uncompressed file.
pub(crate) struct Plain<'s> {
    source: &'s dyn Source,
    length: u64,
    near: Near,
}

/// The two places of a file that were read last. Structures are small and lie at the front and at the end of a
/// set: asking the operating system for each of them takes longer than reading what is in it.
#[derive(Default)]
struct Near {
    /// Where the bytes begin in the file, and the bytes; the one read last is first.
    places: [(u64, Vec<u8>); 2],
}

impl Near {
    /// Bytes that are read at once, from a multiple of as many on.
    const BLOCK: u64 = 8192;
    /// More than that is no structure, but data, and is read past.
    const MOST: usize = 4096;

    /// Fills `buffer` from `at`, if those bytes were read before.
    fn fill(&self, at: u64, buffer: &mut [u8]) -> bool {
        self.places.iter().any(|(from, bytes)| {
            let start = at.checked_sub(*from).and_then(|start| usize::try_from(start).ok());
            let found = start.and_then(|start| bytes.get(start..)?.get(..buffer.len()));
            found.map(|found| buffer.copy_from_slice(found)).is_some()
        })
    }

    /// Reads the blocks in which `length` bytes at `at` lie; whether that went well.
    fn read(&mut self, source: &dyn Source, at: u64, length: usize, end: u64) -> bool {
        self.places.rotate_right(1);
        let [(from, bytes), _] = &mut self.places;
        *from = at / Self::BLOCK * Self::BLOCK;
        let to = (at + length as u64).next_multiple_of(Self::BLOCK).min(end);
        set_length(bytes, usize::try_from(to - *from).unwrap_or_default());
        let is_read = read_exact(source, *from, bytes, "").is_ok();
        if !is_read {
            bytes.clear();
        }
        is_read
    }
}

impl<'s> View<'s> {
    /// A view of an uncompressed file of `length` bytes.
    pub fn plain(source: &'s dyn Source, length: u64) -> View<'s> {
        View::Plain(Plain { source, length, near: Near::default() })
    }

    /// Bytes of the tape image.
    pub fn len(&self) -> u64 {
        match self {
            View::Plain(plain) => plain.length,
            View::Expanded(image) => image.len(),
        }
    }

    /// Fills `buffer` from `at` of the tape image.
    ///
    /// # Errors
    /// A cut where the image ends before, or what the file's bytes or the operating system say.
    pub fn read(&mut self, at: u64, buffer: &mut [u8], what: &'static str) -> Result<(), Fault> {
        match self {
            View::Plain(plain) => plain.read(at, buffer, what),
            View::Expanded(image) => image.read(at, buffer, what),
        }
    }

    /// The offset in the file of a place in the tape image.
    pub fn offset(&self, at: u64) -> u64 {
        match self {
            View::Plain(_) => at,
            View::Expanded(image) => image.offset(at),
        }
    }

    /// All filemarks in the tape image, ascending; `None` if the chain of them is broken.
    pub fn filemarks(&self, physical: u64) -> Option<Vec<u64>> {
        match self {
            View::Plain(plain) => filemark::of_file(plain.source, plain.length, physical),
            View::Expanded(image) => image.filemarks(),
        }
    }

    /// Why nothing can be read behind the image's end: the file ends there, or something unreadable follows.
    pub fn end(&self, what: &'static str) -> Fault {
        match self {
            View::Plain(plain) => Fault::cut(plain.length, what),
            View::Expanded(image) => image.torn.clone().unwrap_or_else(|| Fault::cut(self.offset(self.len()), what)),
        }
    }
}

impl Plain<'_> {
    fn read(&mut self, at: u64, buffer: &mut [u8], what: &'static str) -> Result<(), Fault> {
        if at.checked_add(buffer.len() as u64).is_none_or(|end| end > self.length) {
            return Err(Fault::cut(self.length, what));
        }
        if buffer.len() <= Near::MOST
            && (self.near.fill(at, buffer)
                || self.near.read(self.source, at, buffer.len(), self.length) && self.near.fill(at, buffer))
        {
            return Ok(());
        }
        // What was asked for may be readable though the rest of its block is not, and says what is wrong with it.
        read_exact(self.source, at, buffer, what)
    }
}

/// Fills `buffer` from the file; a file that has become shorter is a cut.
pub(crate) fn read_exact(source: &dyn Source, at: u64, buffer: &mut [u8], what: &'static str) -> Result<(), Fault> {
    let mut filled = 0;
    while filled < buffer.len() {
        let from = at + filled as u64;
        match source.read_at(from, &mut buffer[filled..]) {
            Ok(0) => return Err(Fault::cut(from, what)),
            Ok(read) => filled += read.min(buffer.len() - filled),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Fault::io(from, &error)),
        }
    }
    Ok(())
}

/// Gives a buffer a length; its content is of no account. (`Vec::resize` becomes a loop over single bytes where a
/// library is optimised for size, and takes longer than the reading.)
pub(crate) fn set_length(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        *bytes = vec![0; length];
    }
    bytes.truncate(length);
}

/// Bytes to read into. They begin where a page of memory does: an operating system copies a third faster to there
/// than to where an allocator puts them.
#[derive(Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    const ALIGNMENT: usize = 4096;

    /// `length` bytes of any content.
    pub fn bytes(&mut self, length: usize) -> &mut [u8] {
        if self.0.len() < length + Buffer::ALIGNMENT {
            self.0 = vec![0; length + Buffer::ALIGNMENT];
        }
        // No more than that, though a const evaluator may give up with `usize::MAX`.
        let start = self.0.as_ptr().align_offset(Buffer::ALIGNMENT) % Buffer::ALIGNMENT;
        &mut self.0[start..start + length]
    }
}

/// A small read-ahead over a [`View`], for structures that lie close together.
pub(crate) struct Window {
    bytes: Vec<u8>,
    at: u64,
    size: usize,
}

impl Window {
    /// A window that reads `size` bytes at a time.
    pub fn new(size: usize) -> Window {
        Window { bytes: Vec::new(), at: 0, size }
    }

    /// `length` bytes of the tape image at `at`.
    ///
    /// # Errors
    /// As [`View::read`].
    pub fn get(&mut self, view: &mut View<'_>, at: u64, length: usize, what: &'static str) -> Result<&[u8], Fault> {
        if let Some(start) = self.start_of(at, length) {
            return Ok(&self.bytes[start..start + length]);
        }
        let left = view.len().saturating_sub(at);
        if (length as u64) > left {
            return Err(view.end(what));
        }
        let ahead = usize::try_from(left).unwrap_or(usize::MAX).min(self.size.max(length));
        set_length(&mut self.bytes, ahead);
        self.at = at;
        if let Err(fault) = view.read(at, &mut self.bytes, what) {
            // What was asked for may be readable though the read-ahead is not.
            self.bytes.truncate(length);
            let again = if ahead > length { view.read(at, &mut self.bytes, what) } else { Err(fault) };
            if again.is_err() {
                self.bytes.clear();
            }
            again?;
        }
        Ok(&self.bytes[..length])
    }

    fn start_of(&self, at: u64, length: usize) -> Option<usize> {
        let start = usize::try_from(at.checked_sub(self.at)?).ok()?;
        (start.checked_add(length)? <= self.bytes.len()).then_some(start)
    }
}
