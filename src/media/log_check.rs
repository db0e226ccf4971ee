//! Verifies the log of a set: every `MQTL` stream.

use super::checksum::{self, Fold, SECTOR};
use super::fault::{Cause, Fault};
use super::finding::FindingKind;
use super::log::{self, LogBlock, LogPart};
use super::report::LogRange;
use super::tally::Tally;
use super::view::{View, Window};
use super::walker::Stream;
use super::watch::{Stop, Watch};

/// Bytes read at a time.
const AT_ONCE: usize = 256 * 1024;

/// The log of a set.
pub(crate) struct LogCheck {
    window: Window,
    /// What the current `MSTL` block describes.
    pub part: Option<LogPart>,
    /// First and last block so far.
    pub range: Option<LogRange>,
}

impl LogCheck {
    pub fn new() -> LogCheck {
        LogCheck { window: Window::new(AT_ONCE), part: None, range: None }
    }

    /// Checks every log block of a stream.
    pub fn stream(
        &mut self,
        view: &mut View<'_>,
        stream: &Stream,
        tally: &mut Tally,
        watch: &mut Watch<'_>,
    ) -> Result<(), Stop> {
        let Some(part) = self.part else { return Ok(()) };
        let length = part.length();
        if length + log::LEAD > stream.header.length {
            let fault =
                Fault::damaged(view.offset(stream.data), "a stream of log", "it is shorter than its block says");
            tally.found(fault.offset, FindingKind::Structure(fault));
            return Ok(());
        }
        tally.counts.log_bytes += length;
        let mut done = 0;
        while done < length {
            let at = stream.data + log::LEAD + done;
            watch.reached(view.offset(at))?;
            let Some(expected) = part.lsn_at(done) else { break };
            let missing = FindingKind::LogBlockMissing { vlf: expected.vlf, block: expected.block };
            let left = usize::try_from(length - done).unwrap_or(usize::MAX);
            let head = match self.window.get(view, at, left.min(32), "a log block") {
                Ok(head) => head,
                Err(fault) => return unreadable(fault, tally),
            };
            let Some(size) = log::block_length(head).filter(|size| *size <= left) else {
                tally.counts.log_blocks_damaged += 1;
                tally.found(view.offset(at), missing);
                break;
            };
            let block = match self.window.get(view, at, size, "a log block") {
                Ok(block) => block,
                Err(fault) => return unreadable(fault, tally),
            };
            match log::check(block, expected) {
                LogBlock::Sound => {
                    tally.counts.log_blocks_checksum_ok += 1;
                    tally.counts.bytes_protected += size as u64;
                }
                LogBlock::Unprotected => tally.counts.log_blocks_unprotected += 1,
                LogBlock::Wrong => {
                    tally.counts.log_blocks_damaged += 1;
                    let kind = FindingKind::LogBlockChecksum { vlf: expected.vlf, block: expected.block };
                    tally.found(view.offset(at), kind);
                }
                LogBlock::Misplaced => {
                    tally.counts.log_blocks_damaged += 1;
                    tally.found(view.offset(at), missing);
                    break;
                }
            }
            self.range = Some(LogRange { first: self.range.map_or(expected, |range| range.first), last: expected });
            done += size as u64;
        }
        Ok(())
    }

    /// The fold that the stream's `CSUM` must have; `None` if some of it could not be read.
    pub fn fold(&mut self, view: &mut View<'_>, stream: &Stream, watch: &mut Watch<'_>) -> Result<Option<Fold>, Stop> {
        let mut fold = Fold::default();
        let (mut at, end) = (stream.data + log::LEAD.min(stream.header.length), stream.end());
        while at < end {
            let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(AT_ONCE);
            match self.window.get(view, at, length, "log") {
                Ok(bytes) => bytes.chunks(SECTOR).for_each(|sector| fold.push(checksum::sector_word(sector))),
                Err(fault) if matches!(fault.cause, Cause::Io { .. }) => return Err(Stop::Io(fault)),
                Err(_) => return Ok(None),
            }
            at += length as u64;
            watch.reached(view.offset(at))?;
        }
        Ok(Some(fold))
    }
}

fn unreadable(fault: Fault, tally: &mut Tally) -> Result<(), Stop> {
    if matches!(fault.cause, Cause::Io { .. }) {
        return Err(Stop::Io(fault));
    }
    tally.counts.log_blocks_damaged += 1;
    tally.found(fault.offset, FindingKind::Record(fault));
    Ok(())
}
