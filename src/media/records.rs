//! The records of a compressed file: their headers, walked without expanding anything.

use super::block::{self, BlockHeader, BlockKind};
use super::fault::Fault;
use super::fields::Fields;
use super::record::{self, Index, Record};
use super::source::Source;
use super::view::read_exact;

/// What a record is called in a fault.
pub(crate) const WHAT: &str = "a compressed record";
const INDEX: &str = "the index of a compressed set";

/// The records of a file of `size` bytes.
#[derive(Clone, Copy)]
pub(crate) struct Records<'s> {
    pub source: &'s dyn Source,
    pub size: u64,
}

/// What a walk over record headers came to.
pub(crate) struct Walked {
    pub length: u64,
    /// Where the run ends in the file: at its filemark.
    pub to: u64,
    pub index: Option<(u64, Index)>,
    pub fault: Option<Fault>,
}

impl Records<'_> {
    /// Entry `number` of an index: its offset in the run and in the file.
    pub fn index_entry(&self, index_at: u64, number: u64) -> Result<(u64, u64), Fault> {
        let mut entry = [0; record::INDEX_ENTRY as usize];
        let at = index_at + record::INDEX_HEADER + number * record::INDEX_ENTRY;
        read_exact(self.source, at, &mut entry, INDEX)?;
        let fields = Fields(&entry);
        Ok((fields.u64(0).unwrap_or_default(), fields.u64(8).unwrap_or_default()))
    }

    /// The header of the record at `from`.
    pub fn header(&self, from: u64) -> Result<Record, Fault> {
        // Padding and end records may lie closer to the end than a data record's header is long.
        let mut bytes = [0; record::DATA_HEADER as usize];
        let left = self.size.saturating_sub(from).min(record::DATA_HEADER);
        if left < record::HEADER {
            return Err(Fault::cut(self.size, WHAT));
        }
        read_exact(self.source, from, &mut bytes[..usize::try_from(left).unwrap_or_default()], WHAT)?;
        Ok(Record::decode(bytes))
    }

    /// Walks the record headers from `from` to the filemark behind them.
    pub fn walk(&self, from: u64, length: u64) -> Walked {
        let mut walked = Walked { length, to: from, index: None, fault: None };
        if let Err(fault) = self.walk_into(&mut walked) {
            walked.to = self.size;
            walked.fault = Some(fault);
        }
        walked
    }

    fn walk_into(&self, walked: &mut Walked) -> Result<(), Fault> {
        let mut from = walked.to;
        loop {
            let cut = |to: u64| if to > self.size { Err(Fault::cut(self.size, WHAT)) } else { Ok(to) };
            match self.header(from)? {
                Record::Data { payload, expanded, .. } => {
                    from = cut(from + record::DATA_HEADER + u64::from(payload))?;
                    walked.length += u64::from(expanded);
                }
                Record::Padding { length } => {
                    walked.to = cut(from + record::HEADER + u64::from(length))?;
                    return Ok(());
                }
                Record::End => {
                    let at = from + record::HEADER;
                    let mut head = [0; record::INDEX_HEADER as usize];
                    cut(at + record::INDEX_HEADER)?;
                    read_exact(self.source, at, &mut head, INDEX)?;
                    let Some(index) = Index::decode(head) else {
                        return Err(Fault::damaged(at, INDEX, "its sizes are impossible"));
                    };
                    walked.to = cut(at + u64::from(index.length))?;
                    walked.index = Some((at, index));
                    return Ok(());
                }
                Record::Unknown(kind) => {
                    // A filemark may follow a run without padding where the run ends on its boundary.
                    if self.mark_at(from, block::HEADER as u64).is_ok() {
                        walked.to = from;
                        return Ok(());
                    }
                    return Err(Fault::unsupported(from, format!("a compressed record of kind 0x{kind:02x}")));
                }
            }
        }
    }

    /// The length of a run from the last entry of its index and the records behind that.
    pub fn walk_from_index(&self, from: u64, to: u64) -> Option<Walked> {
        let tail = to.checked_sub(record::INDEX_HEADER).filter(|tail| *tail > from)?;
        let mut head = [0; record::INDEX_HEADER as usize];
        read_exact(self.source, tail, &mut head, WHAT).ok()?;
        let index = Index::decode(head)?;
        let at = to.checked_sub(u64::from(index.length)).filter(|at| *at > from)?;
        let last = u64::from(index.entries).checked_sub(1)?;
        let (image, record_at) = self.index_entry(at, last).ok()?;
        if record_at < from || record_at >= at || !matches!(self.header(record_at).ok()?, Record::Data { .. }) {
            return None;
        }
        // A set expands to at most 128 times 512 bytes for every 28 of the file.
        if image > (record_at - from) / record::DATA_HEADER * 256 * 512 {
            return None;
        }
        Some(self.walk(record_at, image)).filter(|walked| walked.index == Some((at, index)))
    }

    /// Whether a filemark lies at `at`.
    pub fn mark_at(&self, at: u64, physical: u64) -> Result<(), Fault> {
        let what = "a filemark";
        if at + physical > self.size {
            return Err(Fault::cut(self.size, what));
        }
        let mut bytes = [0; block::HEADER];
        read_exact(self.source, at, &mut bytes, what)?;
        match BlockHeader::decode(&bytes) {
            Ok(header) if header.kind == BlockKind::Filemark => Ok(()),
            _ => Err(Fault::damaged(at, what, "it is missing")),
        }
    }
}
