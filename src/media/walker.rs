//! Walks a tape image block by block and stream by stream.

use super::block::{self, BlockFault, BlockHeader, BlockKind};
use super::fault::Fault;
use super::stream::{self, StreamHeader, StreamKind};
use super::view::{View, Window};

/// Blocks begin at multiples of this many bytes.
const BLOCK_ALIGNMENT: u64 = 512;

/// What the walker comes upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A block; its streams follow, unless it is a filemark.
    Block(Block),
    /// A stream of the block before it.
    Stream(Stream),
}

/// A block at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it begins in the tape image.
    pub at: u64,
    pub header: BlockHeader,
    /// Its fixed part: everything up to its first stream.
    pub bytes: Vec<u8>,
}

/// A stream at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub header: StreamHeader,
    /// Where its data begins in the tape image.
    pub data: u64,
}

impl Stream {
    /// Where its data ends. Cannot overflow: the walker refuses streams that leave the image.
    pub fn end(&self) -> u64 {
        self.data + self.header.length
    }
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Block,
    Stream,
}

/// The walk. Every step moves forward by at least 22 bytes, so it ends.
pub(crate) struct Walker {
    at: u64,
    next: Next,
    /// Bytes of a filemark.
    physical: u64,
    pub window: Window,
}

impl Walker {
    /// A walk from the block at `at`, reading small structures `window` bytes at a time.
    pub fn new(at: u64, physical: u64, window: usize) -> Walker {
        Walker { at, next: Next::Block, physical, window: Window::new(window) }
    }

    /// Where the next block or stream begins in the tape image.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The next block or stream; `None` where the image ends between two blocks.
    ///
    /// # Errors
    /// A cut, or bytes that are no block or stream. The walk cannot go on after it.
    pub fn next(&mut self, view: &mut View<'_>) -> Result<Option<Item>, Fault> {
        match self.next {
            Next::Block if self.at == view.len() => Ok(None),
            Next::Block => self.block(view).map(|block| Some(Item::Block(block))),
            Next::Stream => self.stream(view).map(|stream| Some(Item::Stream(stream))),
        }
    }

    fn block(&mut self, view: &mut View<'_>) -> Result<Block, Fault> {
        let at = self.at;
        let what = "a block header";
        let header = match BlockHeader::decode(self.window.get(view, at, block::HEADER, what)?) {
            Ok(header) => header,
            Err(BlockFault::Short) => return Err(Fault::cut(view.offset(at), what)),
            Err(fault) => return Err(Fault::damaged(view.offset(at), "a block", fault.why())),
        };
        let filemark = header.kind == BlockKind::Filemark;
        let length = if filemark { self.physical } else { u64::from(header.first_stream) };
        let bytes = self.window.get(view, at, usize::try_from(length).unwrap_or(usize::MAX), what)?.to_vec();
        self.at = at + length;
        self.next = if filemark { Next::Block } else { Next::Stream };
        Ok(Block { at, header, bytes })
    }

    fn stream(&mut self, view: &mut View<'_>) -> Result<Stream, Fault> {
        let at = self.at;
        let what = "a stream header";
        let header = StreamHeader::decode(self.window.get(view, at, stream::HEADER, what)?)
            .map_err(|why| Fault::damaged(view.offset(at), "a stream", why))?;
        let stream = Stream { header, data: at + stream::HEADER as u64 };
        let end = stream.data.checked_add(header.length).filter(|end| *end <= view.len());
        let Some(end) = end else {
            return Err(view.end("a stream"));
        };
        if header.kind == StreamKind::Padding {
            if end % BLOCK_ALIGNMENT != 0 {
                return Err(Fault::damaged(view.offset(at), "a block", "its padding does not end on a block boundary"));
            }
            self.at = end;
            self.next = Next::Block;
        } else {
            self.at = end.next_multiple_of(4);
        }
        Ok(stream)
    }
}
