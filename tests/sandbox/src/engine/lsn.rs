//! Log sequence numbers.

use std::fmt;

/// Place of a record in a log: virtual log file, block in it (units of 512 bytes), record in the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn {
    /// Sequence number of the virtual log file.
    pub vlf: u32,
    /// Block, in units of 512 bytes from the start of the virtual log file.
    pub block: u32,
    /// Record in the block, from 1.
    pub slot: u16,
}

impl Lsn {
    /// No LSN.
    pub const ZERO: Lsn = Lsn { vlf: 0, block: 0, slot: 0 };

    /// An LSN of its parts.
    pub const fn new(vlf: u32, block: u32, slot: u16) -> Lsn {
        Lsn { vlf, block, slot }
    }

    /// Whether it is [`Lsn::ZERO`].
    pub const fn is_zero(self) -> bool {
        self.vlf == 0 && self.block == 0 && self.slot == 0
    }

    /// As `numeric(25,0)`: `vlf * 10^15 + block * 10^5 + slot`.
    pub const fn decimal(self) -> u128 {
        self.vlf as u128 * 1_000_000_000_000_000 + self.block as u128 * 100_000 + self.slot as u128
    }

    /// The 10 bytes in pages, log records and media.
    pub const fn bytes(self) -> [u8; 10] {
        let (v, b, s) = (self.vlf.to_le_bytes(), self.block.to_le_bytes(), self.slot.to_le_bytes());
        [v[0], v[1], v[2], v[3], b[0], b[1], b[2], b[3], s[0], s[1]]
    }

    /// Reads 10 bytes.
    pub const fn from_bytes(bytes: [u8; 10]) -> Lsn {
        Lsn {
            vlf: u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
            block: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            slot: u16::from_le_bytes([bytes[8], bytes[9]]),
        }
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.decimal(), f)
    }
}
