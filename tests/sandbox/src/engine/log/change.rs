//! Log records: what happened to a page, and where transactions begin and end.
//!
//! Header of 24 bytes: u16@2 length of the fixed part, LSN10@4 previous record of the transaction,
//! u16@14 flags, 6 bytes@16 transaction, u8@22 operation, u8@23 context. Page operations go on with
//! the page@24, the slot@30, the page's LSN before@36, place@56 and length@58 in the record. Then, from
//! the end of the fixed part: u16 pieces, u16 size of each, and the pieces, each from a multiple of 4.
//!
//! Operations and contexts carry SQL Server's numbers. Inserts and deletes hold the whole record as
//! piece 0, changes hold the bytes before (piece 0) and after (piece 1), [`Change::Format`] the whole
//! page (piece 0). That is more than SQL Server logs, and enough to
//! redo every change.

use chrono::NaiveDateTime;

use crate::engine::bytes::{array_at, put, u8_at, u16_at};
use crate::engine::lsn::Lsn;
use crate::engine::page::{Page, PageId};
use crate::engine::record::{datetime_bytes, datetime_from};

/// The structure that a page operation touches (LCX).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Context {
    Heap = 1,
    Clustered = 2,
    Gam = 8,
    Sgam = 9,
    Iam = 10,
    Pfs = 11,
    FileHeader = 0x14,
}

/// A page and a slot in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) page: PageId,
    pub(crate) slot: u16,
    pub(crate) context: u8,
}

impl Target {
    pub(crate) fn new(page: PageId, slot: u16, context: Context) -> Target {
        Target { page, slot, context: context as u8 }
    }
}

/// A change of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The page begins anew with these bytes.
    Format {
        target: Target,
        image: Vec<u8>,
    },
    Insert {
        target: Target,
        record: Vec<u8>,
    },
    Delete {
        target: Target,
        before: Vec<u8>,
    },
    /// Bytes at `at` in a record change, and perhaps its length.
    Modify {
        target: Target,
        at: u16,
        before: Vec<u8>,
        after: Vec<u8>,
    },
    /// Bytes of the page header change.
    Header {
        target: Target,
        at: u16,
        before: Vec<u8>,
        after: Vec<u8>,
    },
}

impl Change {
    pub(crate) fn target(&self) -> Target {
        match self {
            Change::Format { target, .. }
            | Change::Insert { target, .. }
            | Change::Delete { target, .. }
            | Change::Modify { target, .. }
            | Change::Header { target, .. } => *target,
        }
    }

    /// Does the change to its page.
    pub(crate) fn apply(&self, page: &mut Page) {
        match self {
            Change::Format { image, .. } => *page = Page::from_bytes(image),
            Change::Insert { target, record } => page.insert(target.slot, record),
            Change::Delete { target, .. } => page.remove(target.slot),
            Change::Modify { target, at, before, after } => {
                page.modify(target.slot, usize::from(*at), before.len(), after);
            }
            Change::Header { at, after, .. } => put(page.bytes_mut(), usize::from(*at), after),
        }
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Begin {
        name: String,
        at: NaiveDateTime,
    },
    Commit {
        at: NaiveDateTime,
        begin: Lsn,
    },
    CheckpointBegin {
        at: NaiveDateTime,
    },
    CheckpointEnd {
        at: NaiveDateTime,
        begin: Lsn,
    },
    Change {
        change: Change,
        page_lsn: Lsn,
    },
    /// A record that redo has nothing to do with.
    Other(u8),
}

/// A log record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) previous: Lsn,
    pub(crate) transaction: u64,
    pub(crate) entry: Entry,
}

const PAGE_OPERATION: usize = 62;

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (operation, context, fixed) = match &self.entry {
            Entry::Begin { .. } => (0x80, 0, 76),
            Entry::Commit { .. } => (0x81, 0, 80),
            Entry::CheckpointBegin { .. } => (0x96, 0, 96),
            Entry::CheckpointEnd { .. } => (0x99, 0, 136),
            Entry::Other(operation) => (*operation, 0x17, 24),
            Entry::Change { change, .. } => (operation_of(change), change.target().context, PAGE_OPERATION),
        };
        let mut out = vec![0u8; fixed];
        put(&mut out, 2, &(fixed as u16).to_le_bytes());
        put(&mut out, 4, &self.previous.bytes());
        put(&mut out, 14, &if self.transaction == 0 { 0u16 } else { 2 }.to_le_bytes());
        put(&mut out, 16, &self.transaction.to_le_bytes()[..6]);
        put(&mut out, 22, &[operation, context]);
        match &self.entry {
            Entry::Begin { name, at } => {
                put(&mut out, 40, &datetime_bytes(*at));
                put_pieces(&mut out, &[&crate::engine::bytes::utf16(name)]);
            }
            Entry::Commit { at, begin } | Entry::CheckpointEnd { at, begin } => {
                put(&mut out, 24, &datetime_bytes(*at));
                put(&mut out, 32, &begin.bytes());
            }
            Entry::CheckpointBegin { at } => put(&mut out, 24, &datetime_bytes(*at)),
            Entry::Other(_) => {}
            Entry::Change { change, page_lsn } => {
                let target = change.target();
                put(&mut out, 24, &target.page.bytes());
                put(&mut out, 30, &target.slot.to_le_bytes());
                put(&mut out, 36, &page_lsn.bytes());
                encode_change(&mut out, change);
            }
        }
        out
    }

    /// Reads a record; `None` if it is too short to be one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
        let fixed = usize::from(u16_at(bytes, 2));
        if fixed < 24 || bytes.len() < fixed {
            return None;
        }
        let mut transaction = [0u8; 8];
        transaction[..6].copy_from_slice(&bytes[16..22]);
        let lsn = |at| Lsn::from_bytes(array_at(bytes, at));
        let time = |at: usize| datetime_from(bytes.get(at..at + 8).unwrap_or_default());
        let operation = u8_at(bytes, 22);
        let entry = match operation {
            0x80 => Entry::Begin {
                name: crate::engine::bytes::from_utf16(pieces(bytes, fixed).first().copied().unwrap_or_default()),
                at: time(40),
            },
            0x81 => Entry::Commit { at: time(24), begin: lsn(32) },
            0x96 => Entry::CheckpointBegin { at: time(24) },
            0x99 => Entry::CheckpointEnd { at: time(24), begin: lsn(32) },
            1..=5 if fixed >= PAGE_OPERATION => {
                Entry::Change { change: decode_change(bytes, fixed, operation)?, page_lsn: lsn(36) }
            }
            other => Entry::Other(other),
        };
        Some(Record { previous: lsn(4), transaction: u64::from_le_bytes(transaction), entry })
    }
}

fn operation_of(change: &Change) -> u8 {
    match change {
        Change::Format { .. } => 1,
        Change::Insert { .. } => 2,
        Change::Delete { .. } => 3,
        Change::Modify { .. } => 4,
        Change::Header { .. } => 5,
    }
}

fn encode_change(out: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Format { image, .. } => put_pieces(out, &[image]),
        Change::Insert { record, .. } => put_pieces(out, &[record]),
        Change::Delete { before, .. } => put_pieces(out, &[before]),
        Change::Modify { at, before, after, .. } | Change::Header { at, before, after, .. } => {
            put(out, 56, &at.to_le_bytes());
            put(out, 58, &(after.len() as u16).to_le_bytes());
            put_pieces(out, &[before, after]);
        }
    }
}

fn decode_change(bytes: &[u8], fixed: usize, operation: u8) -> Option<Change> {
    let target = Target { page: PageId::read(bytes, 24), slot: u16_at(bytes, 30), context: u8_at(bytes, 23) };
    let pieces = pieces(bytes, fixed);
    let piece = |index: usize| pieces.get(index).map(|piece| piece.to_vec());
    let at = u16_at(bytes, 56);
    Some(match operation {
        1 => Change::Format { target, image: piece(0)? },
        2 => Change::Insert { target, record: piece(0)? },
        3 => Change::Delete { target, before: piece(0)? },
        4 => Change::Modify { target, at, before: piece(0)?, after: piece(1)? },
        _ => Change::Header { target, at, before: piece(0)?, after: piece(1)? },
    })
}

fn put_pieces(out: &mut Vec<u8>, pieces: &[&[u8]]) {
    out.extend_from_slice(&(pieces.len() as u16).to_le_bytes());
    for piece in pieces {
        out.extend_from_slice(&(piece.len() as u16).to_le_bytes());
    }
    for piece in pieces {
        out.resize(out.len().div_ceil(4) * 4, 0);
        out.extend_from_slice(piece);
    }
}

fn pieces(bytes: &[u8], fixed: usize) -> Vec<&[u8]> {
    let count = usize::from(u16_at(bytes, fixed));
    let mut at = fixed + 2 + 2 * count;
    let mut out = Vec::new();
    for index in 0..count {
        at = at.div_ceil(4) * 4;
        let len = usize::from(u16_at(bytes, fixed + 2 + 2 * index));
        let Some(piece) = bytes.get(at..at + len) else { break };
        out.push(piece);
        at += len;
    }
    out
}
