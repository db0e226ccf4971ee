//! Bytes, as bak-format 1 and 2.1 write them.

use super::{RawDate, RawLsn};

/// An identifier that looks like one.
pub fn guid(seed: u8) -> [u8; 16] {
    std::array::from_fn(|index| seed.wrapping_mul(17).wrapping_add(index as u8 + 1))
}

pub fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Appends a string and names its size and offset at `at`.
pub fn text(bytes: &mut Vec<u8>, at: usize, value: &str) {
    text_at(bytes, at, at + 2, value);
}

pub fn text_at(bytes: &mut Vec<u8>, size_at: usize, offset_at: usize, value: &str) {
    let units: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let offset = bytes.len() as u16;
    put(bytes, size_at, &(units.len() as u16).to_le_bytes());
    put(bytes, offset_at, &offset.to_le_bytes());
    bytes.extend(units);
}

pub fn date((year, month, day, hour, minute, second): RawDate) -> [u8; 5] {
    let bits = year << 26 | month << 22 | day << 17 | hour << 12 | minute << 6 | second;
    std::array::from_fn(|index| (bits >> (32 - index * 8)) as u8)
}

pub fn lsn_bytes((vlf, block, slot): RawLsn) -> Vec<u8> {
    [vlf.to_le_bytes().as_slice(), &block.to_le_bytes(), &slot.to_le_bytes()].concat()
}

pub fn xor16(bytes: &[u8]) -> u16 {
    (0..bytes.len()).step_by(2).fold(0, |sum, at| sum ^ (u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8))
}

pub fn xor32(bytes: &[u8]) -> u32 {
    (0..bytes.len()).fold(0, |sum, at| sum ^ u32::from(bytes[at]) << (at % 4 * 8))
}

pub fn fold(words: impl Iterator<Item = u32>) -> u32 {
    words.fold(0u32, |sum, word| sum.rotate_left(1) ^ word)
}
