//! Log blocks: the unit in which the log is written.
//!
//! | at | what |
//! |---|---|
//! | 0 | parity 0x40, with 0x10 in the first and 0x08 in the last sector |
//! | 2 u16 | records |
//! | 4 u16 | end of the slot array; slot k is the u16 at end - 2 - 2k |
//! | 6 u16 | length, a multiple of 512 |
//! | 8 u16 | 3 |
//! | 10 u16 | length of the block before |
//! | 12 u32, 16 u32 | virtual log file, block number (units of 512) |
//! | 20 u16 | 1 |
//! | 24 u32 | checksum |
//! | 72 | first record; records begin at multiples of 8 |
//!
//! Byte 0 of every sector k >= 1 gives way to the parity; its own value is kept in byte
//! length - 1 - k. The header of 72 bytes is that of SQL Server 2019.

use crate::engine::bytes::{put, u16_at, u32_at};
use crate::engine::checksum::log_block_checksum;

/// Bytes before the first record.
pub(crate) const HEADER: usize = 72;
/// The longest block.
pub(crate) const MAX: usize = 61_440;
const SECTOR: usize = 512;

/// A block with its records, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) vlf: u32,
    pub(crate) number: u32,
    pub(crate) length: usize,
    pub(crate) records: Vec<Vec<u8>>,
}

/// Length of the block for records that take `bytes` (each padded to 8) in `count` slots.
pub(crate) fn length_for(bytes: usize, count: usize) -> usize {
    let slots_end = HEADER + bytes + 2 * count;
    let mut length = slots_end.div_ceil(SECTOR) * SECTOR;
    // One spare byte a sector, and one that always stays free.
    while slots_end + length / SECTOR > length {
        length += SECTOR;
    }
    length
}

/// Room that a record takes in a block.
pub(crate) const fn padded(len: usize) -> usize {
    len.div_ceil(8) * 8
}

/// The bytes of a block.
pub(crate) fn build(vlf: u32, number: u32, previous_length: u16, records: &[Vec<u8>]) -> Vec<u8> {
    let bytes: usize = records.iter().map(|record| padded(record.len())).sum();
    let length = length_for(bytes, records.len());
    let slots_end = HEADER + bytes + 2 * records.len();
    let mut out = vec![0u8; length];
    put(&mut out, 2, &(records.len() as u16).to_le_bytes());
    put(&mut out, 4, &(slots_end as u16).to_le_bytes());
    put(&mut out, 6, &(length as u16).to_le_bytes());
    put(&mut out, 8, &3u16.to_le_bytes());
    put(&mut out, 10, &previous_length.to_le_bytes());
    put(&mut out, 12, &vlf.to_le_bytes());
    put(&mut out, 16, &number.to_le_bytes());
    put(&mut out, 20, &1u16.to_le_bytes());
    let mut at = HEADER;
    for (index, record) in records.iter().enumerate() {
        put(&mut out, at, record);
        put(&mut out, slots_end - 2 - 2 * index, &(at as u16).to_le_bytes());
        at += padded(record.len());
    }
    let sectors = length / SECTOR;
    for k in 0..sectors {
        if k > 0 {
            out[length - 1 - k] = out[k * SECTOR];
        }
        let first = if k == 0 { 0x10 } else { 0 };
        let last = if k + 1 == sectors { 0x08 } else { 0 };
        out[k * SECTOR] = 0x40 | first | last;
    }
    let sum = log_block_checksum(&out);
    put(&mut out, 24, &sum.to_le_bytes());
    out
}

/// Reads the block at the start of `bytes`; `None` if there is none, or its checksum does not fit.
pub(crate) fn parse(bytes: &[u8]) -> Option<Block> {
    let length = usize::from(u16_at(bytes, 6));
    if length == 0 || length % SECTOR != 0 {
        return None;
    }
    let mut data = bytes.get(..length)?.to_vec();
    let stored = u32_at(&data, 24);
    if stored != 0 && stored != log_block_checksum(&data) {
        return None;
    }
    for k in 1..length / SECTOR {
        data[k * SECTOR] = data[length - 1 - k];
    }
    let slots_end = usize::from(u16_at(&data, 4));
    let count = usize::from(u16_at(&data, 2));
    let mut records = Vec::with_capacity(count);
    for index in 0..count {
        let at = usize::from(u16_at(&data, slots_end.checked_sub(2 + 2 * index)?));
        let end = if index + 1 < count {
            usize::from(u16_at(&data, slots_end.checked_sub(4 + 2 * index)?))
        } else {
            slots_end.checked_sub(2 * count)?
        };
        records.push(data.get(at..end)?.to_vec());
    }
    Some(Block { vlf: u32_at(&data, 12), number: u32_at(&data, 16), length, records })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_its_records() {
        let records: Vec<Vec<u8>> = (0..40u8).map(|n| vec![n.wrapping_mul(37); 24 + usize::from(n) * 8]).collect();
        let bytes = build(37, 16, 512, &records);
        assert_eq!(bytes.len() % SECTOR, 0);
        let block = parse(&bytes).expect("a block");
        assert_eq!((block.vlf, block.number, block.length), (37, 16, bytes.len()));
        assert_eq!(block.records, records);
    }

    #[test]
    fn a_flipped_bit_is_seen() {
        let mut bytes = build(37, 16, 512, &[vec![7; 48]]);
        bytes[100] ^= 4;
        assert_eq!(parse(&bytes), None);
    }
}
