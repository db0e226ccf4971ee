//! Puts a set together from the blocks and streams of a walk, and holds them to their order.

use super::block::BlockKind;
use super::fault::Fault;
use super::mqci;
use super::set::SetParts;
use super::sset::{self, SetStart};
use super::stream::StreamKind;
use super::view::{View, Window};
use super::walker::{Block, Item, Stream};

/// Whether the set goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// More of it follows.
    More,
    /// Its closing filemark was the last item.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between two filemarks: `SSET VOLB MSCI MSDA* MSTL* MSLS`.
    Data,
    /// After the filemark behind `MSLS`: `ESET+`.
    Closed { ended: bool },
}

/// A set under construction: `SSET VOLB MSCI MSDA* MSTL* MSLS SFMB ESET+ SFMB`.
pub(crate) struct SetBuilder {
    pub parts: Option<SetParts>,
    phase: Phase,
    block: BlockKind,
}

impl SetBuilder {
    pub fn new() -> SetBuilder {
        SetBuilder { parts: None, phase: Phase::Data, block: BlockKind::SetStart }
    }

    /// Takes the next item of the walk.
    ///
    /// # Errors
    /// An item that may not stand here, or whose content cannot be decoded.
    pub fn accept(&mut self, view: &mut View<'_>, window: &mut Window, item: &Item) -> Result<Step, Fault> {
        match item {
            Item::Block(block) => self.accept_block(view, block),
            Item::Stream(stream) => self.accept_stream(view, window, stream).map(|()| Step::More),
        }
    }

    fn accept_block(&mut self, view: &View<'_>, block: &Block) -> Result<Step, Fault> {
        let offset = view.offset(block.at);
        self.block = block.header.kind;
        let damaged = |what, why: &str| Err(Fault::damaged(offset, what, why));
        let Some(parts) = &mut self.parts else {
            if block.header.kind != BlockKind::SetStart {
                return damaged("a backup set", "it does not begin with SSET");
            }
            let Some(sset) = SetStart::decode(block) else {
                return damaged("the start of a set (SSET)", "it is too short for its fields");
            };
            let end = block.at + block.bytes.len() as u64;
            self.parts = Some(SetParts { start: block.at, sset, machine_name: None, front: None, back: None, end });
            return Ok(Step::More);
        };
        parts.end = block.at + block.bytes.len() as u64;
        match (self.phase, block.header.kind) {
            (_, BlockKind::Tape | BlockKind::SetStart) => damaged("a backup set", "another one begins inside it"),
            (Phase::Data, BlockKind::Volume) => {
                parts.machine_name = sset::machine_name(block);
                Ok(Step::More)
            }
            (Phase::Data, BlockKind::Filemark) if parts.back.is_none() => {
                damaged("a backup set", "it ends without its final header (MSLS)")
            }
            (Phase::Data, BlockKind::Filemark) => {
                self.phase = Phase::Closed { ended: false };
                Ok(Step::More)
            }
            (Phase::Data, BlockKind::SetEnd) => damaged("a backup set", "it ends without a filemark"),
            (Phase::Data, _) if parts.back.is_some() => damaged("a backup set", "data follows its final header (MSLS)"),
            (Phase::Data, BlockKind::Data | BlockKind::Log | BlockKind::Back) if parts.front.is_none() => {
                damaged("a backup set", "its first header (MSCI) is missing")
            }
            (Phase::Data, _) => Ok(Step::More),
            (Phase::Closed { .. }, BlockKind::SetEnd) => {
                self.phase = Phase::Closed { ended: true };
                Ok(Step::More)
            }
            (Phase::Closed { ended: true }, BlockKind::Filemark) => Ok(Step::Done),
            (Phase::Closed { ended: false }, BlockKind::Filemark) => {
                damaged("a backup set", "its end (ESET) is missing")
            }
            (Phase::Closed { .. }, BlockKind::Other(_)) => Ok(Step::More),
            (Phase::Closed { .. }, _) => damaged("the end of a set (ESET)", "data follows the set's filemark"),
        }
    }

    fn accept_stream(&mut self, view: &mut View<'_>, window: &mut Window, stream: &Stream) -> Result<(), Fault> {
        let Some(parts) = &mut self.parts else { return Ok(()) };
        parts.end = stream.end();
        match (self.block, stream.header.kind) {
            (BlockKind::Front, StreamKind::Header) => parts.front = Some(mqci::read(view, window, stream)?),
            (BlockKind::Back, StreamKind::Header) => parts.back = Some(mqci::read(view, window, stream)?),
            _ => {}
        }
        Ok(())
    }
}
