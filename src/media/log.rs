//! `MSTL` and what it carries: the log.

use super::checksum;
use super::fields::Fields;
use crate::model::Lsn;

/// Bytes before the first log block of an `MQTL` stream.
pub(crate) const LEAD: u64 = 2;
/// Log blocks begin at multiples of this.
pub(crate) const UNIT: u64 = 512;

/// Which part of the log an `MSTL` block carries (bak-format 5).
///
/// | at | type | what |
/// |---|---|---|
/// | 0x3C | u64 | where it begins in the log file |
/// | 0x44 | u64 | where it ends |
/// | 0x4C | u32 | FileId of the log file |
/// | 0x5C | u32 | number of the virtual log file |
/// | 0x60 | u64 | its size |
/// | 0x68 | u64 | where it begins in the log file |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogPart {
    pub start: u64,
    pub end: u64,
    pub file_id: u32,
    pub vlf: u32,
    pub vlf_offset: u64,
}

impl LogPart {
    /// Decodes the block; `None` if it is too short or its range contradicts itself.
    pub fn decode(block: &[u8]) -> Option<LogPart> {
        let fields = Fields(block);
        let part = LogPart {
            start: fields.u64(0x3c)?,
            end: fields.u64(0x44)?,
            file_id: fields.u32(0x4c)?,
            vlf: fields.u32(0x5c)?,
            vlf_offset: fields.u64(0x68)?,
        };
        // A block that carries nothing leaves its range at zero.
        let holds = part.end == part.start || part.end > part.start && part.start >= part.vlf_offset;
        holds.then_some(part)
    }

    /// Bytes of log in its `MQTL` stream.
    pub fn length(&self) -> u64 {
        self.end - self.start
    }

    /// The LSN of the block that lies `at` bytes into its log.
    pub fn lsn_at(&self, at: u64) -> Option<Lsn> {
        let block = u32::try_from((self.start.checked_sub(self.vlf_offset)? + at) / UNIT).ok()?;
        Some(Lsn::new(self.vlf, block, 1))
    }
}

/// What a log block is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogBlock {
    /// Its checksum holds.
    Sound,
    /// It carries no checksum.
    Unprotected,
    /// Its checksum disagrees.
    Wrong,
    /// It is not the block that belongs here, or is none.
    Misplaced,
}

/// The length of the log block that `bytes` begin with; `None` if it cannot be one.
///
/// | at | type | what |
/// |---|---|---|
/// | 6 | u16 | length |
/// | 12 | u32 | virtual log file |
/// | 16 | u32 | number of the block: 512-byte units from the virtual log file's start |
/// | 24 | u32 | checksum, 0 = none: the fold over its sectors, itself taken as 0 |
pub(crate) fn block_length(bytes: &[u8]) -> Option<usize> {
    Fields(bytes).u16(6).map(usize::from).filter(|length| *length >= 28)
}

/// Checks one whole log block that should be at `expected`.
pub(crate) fn check(block: &[u8], expected: Lsn) -> LogBlock {
    let fields = Fields(block);
    let stored = fields.u32(24).unwrap_or_default();
    if stored != 0 && checksum::sectors_without(block, 24) != stored {
        return LogBlock::Wrong;
    }
    match (fields.u32(12), fields.u32(16)) {
        (Some(vlf), Some(number)) if vlf == expected.vlf && number == expected.block => {
            if stored == 0 {
                LogBlock::Unprotected
            } else {
                LogBlock::Sound
            }
        }
        _ => LogBlock::Misplaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(vlf: u32, number: u32, sectors: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..sectors * 512).map(|index| (index * 7 % 251) as u8).collect();
        bytes[6..8].copy_from_slice(&((sectors * 512) as u16).to_le_bytes());
        bytes[12..16].copy_from_slice(&vlf.to_le_bytes());
        bytes[16..20].copy_from_slice(&number.to_le_bytes());
        bytes[24..28].fill(0);
        let sum = checksum::sectors_without(&bytes, 24);
        bytes[24..28].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_a_block_is_seen(bit in 0usize..2 * 512 * 8) {
            let mut bytes = block(21, 40, 2);
            prop_assert_eq!(check(&bytes, Lsn::new(21, 40, 1)), LogBlock::Sound);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(check(&bytes, Lsn::new(21, 40, 1)), LogBlock::Wrong);
        }

        #[test]
        fn any_bytes_are_checked(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = (block_length(&bytes), check(&bytes, Lsn::ZERO), LogPart::decode(&bytes));
        }
    }

    #[test]
    fn a_block_of_another_place_is_told() {
        assert_eq!(check(&block(21, 40, 1), Lsn::new(21, 41, 1)), LogBlock::Misplaced);
    }
}
