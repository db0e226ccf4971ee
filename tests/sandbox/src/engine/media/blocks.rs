//! MTF blocks and streams as bytes, for writing (bak-format section 2.1).

use crate::engine::bytes::put;
use crate::engine::checksum::xor16;

/// Bytes of the common block header.
pub(crate) const BLOCK_HEADER: usize = 52;
/// Bytes of a stream header.
pub(crate) const STREAM_HEADER: u64 = 22;

/// A block header under construction: common part, then what the type adds, then strings.
pub(crate) struct BlockHeader {
    bytes: Vec<u8>,
}

impl BlockHeader {
    /// A header whose fixed part is `fixed` bytes long.
    pub(crate) fn new(kind: &[u8; 4], attributes: u32, fixed: usize) -> BlockHeader {
        let mut bytes = vec![0u8; fixed.max(BLOCK_HEADER)];
        put(&mut bytes, 0, kind);
        put(&mut bytes, 4, &attributes.to_le_bytes());
        // Windows NT, as every file of SQL Server says.
        put(&mut bytes, 10, &[14, 1]);
        BlockHeader { bytes }
    }

    pub(crate) fn set(&mut self, at: usize, value: &[u8]) {
        put(&mut self.bytes, at, value);
    }

    /// Strings are UTF-16LE.
    pub(crate) fn utf16_strings(&mut self) {
        self.set(48, &[2]);
    }

    /// Adds data behind the fixed part and notes its size and offset at `at`; nothing for no data.
    pub(crate) fn add(&mut self, at: usize, data: &[u8]) {
        let offset = if data.is_empty() { 0 } else { self.bytes.len() as u16 };
        put(&mut self.bytes, at, &(data.len() as u16).to_le_bytes());
        put(&mut self.bytes, at + 2, &offset.to_le_bytes());
        self.bytes.extend_from_slice(data);
    }

    /// Goes on at an even offset.
    pub(crate) fn go_even(&mut self) {
        let len = self.bytes.len().div_ceil(2) * 2;
        self.bytes.resize(len, 0);
    }

    /// The bytes, up to the first stream, with the checksum.
    pub(crate) fn finish(mut self, address: u64, control: u32) -> Vec<u8> {
        let len = self.bytes.len().div_ceil(4) * 4;
        self.bytes.resize(len, 0);
        self.set(8, &(len as u16).to_le_bytes());
        self.set(20, &address.to_le_bytes());
        self.set(36, &control.to_le_bytes());
        let sum = xor16(&self.bytes[..50]);
        self.set(50, &sum.to_le_bytes());
        self.bytes
    }
}

/// A stream header.
pub(crate) fn stream_header(kind: &[u8; 4], media_attributes: u16, length: u64) -> [u8; 22] {
    let mut out = [0u8; 22];
    put(&mut out, 0, kind);
    put(&mut out, 6, &media_attributes.to_le_bytes());
    put(&mut out, 8, &length.to_le_bytes());
    let sum = xor16(&out[..20]);
    put(&mut out, 20, &sum.to_le_bytes());
    out
}
