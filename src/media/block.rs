//! Blocks: the units a medium is made of.

use super::checksum;
use super::fields::Fields;

/// Bytes of the header every block begins with.
pub(crate) const HEADER: usize = 52;

/// What a block is for, by its first four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    /// `TAPE`: the label of the media family.
    Tape,
    /// `SFMB`: soft filemark.
    Filemark,
    /// `SSET`: start of a set.
    SetStart,
    /// `VOLB`: the machine.
    Volume,
    /// `MSCI`: the backup's own header, as known when the backup began.
    Front,
    /// `MSDA`: data pages.
    Data,
    /// `MSTL`: the log of one virtual log file.
    Log,
    /// `MSLS`: the backup's own header again, final.
    Back,
    /// `ESET`: end of a set.
    SetEnd,
    /// A kind that no SQL Server backup seen so far holds; it is passed over.
    Other([u8; 4]),
}

impl BlockKind {
    /// The kind of a name; `None` if it is not four capital letters, as every block name is.
    pub fn of(name: [u8; 4]) -> Option<BlockKind> {
        Some(match &name {
            b"TAPE" => BlockKind::Tape,
            b"SFMB" => BlockKind::Filemark,
            b"SSET" => BlockKind::SetStart,
            b"VOLB" => BlockKind::Volume,
            b"MSCI" => BlockKind::Front,
            b"MSDA" => BlockKind::Data,
            b"MSTL" => BlockKind::Log,
            b"MSLS" => BlockKind::Back,
            b"ESET" => BlockKind::SetEnd,
            _ if name.iter().all(u8::is_ascii_uppercase) => BlockKind::Other(name),
            _ => return None,
        })
    }
}

/// The header of a block (MTF 1.00a "Common Block Header"; bak-format 2.1).
///
/// | at | type | what |
/// |---|---|---|
/// | 0 | u8 x 4 | name |
/// | 4 | u32 | attributes |
/// | 8 | u16 | offset of the first stream |
/// | 10, 11 | u8 | operating system: 14, also on Linux; its version |
/// | 12 | u64 | displayable size |
/// | 20 | u64 | logical address: 1024-byte units from the set's start |
/// | 36 | u32 | number of the block in the set |
/// | 44, 46 | u16 | size and offset of the operating system's data |
/// | 48 | u8 | 2 = strings are UTF-16LE |
/// | 50 | u16 | checksum: XOR of the 25 u16 before it |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    pub kind: BlockKind,
    pub attributes: u32,
    pub first_stream: u16,
    pub logical_address: u64,
    pub os_data: u16,
}

/// Why 52 bytes are no block header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockFault {
    /// Fewer than 52 bytes.
    Short,
    /// The name is not one of a block.
    Name,
    /// The checksum disagrees.
    Checksum,
    /// The first stream would lie inside the header.
    Streams,
}

impl BlockFault {
    pub fn why(self) -> &'static str {
        match self {
            BlockFault::Short => "it is cut off",
            BlockFault::Name => "there is no block where one must be",
            BlockFault::Checksum => "its header checksum is wrong",
            BlockFault::Streams => "its streams would begin inside its header",
        }
    }
}

impl BlockHeader {
    /// Decodes and checks the header at the start of `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<BlockHeader, BlockFault> {
        let bytes = bytes.get(..HEADER).ok_or(BlockFault::Short)?;
        let kind = BlockKind::of([bytes[0], bytes[1], bytes[2], bytes[3]]).ok_or(BlockFault::Name)?;
        if checksum::xor16(bytes) != 0 {
            return Err(BlockFault::Checksum);
        }
        let fields = Fields(bytes);
        let short = BlockFault::Short;
        let first_stream = fields.u16(8).ok_or(short)?;
        if usize::from(first_stream) < HEADER {
            return Err(BlockFault::Streams);
        }
        Ok(BlockHeader {
            kind,
            attributes: fields.u32(4).ok_or(short)?,
            first_stream,
            logical_address: fields.u64(20).ok_or(short)?,
            os_data: fields.u16(46).ok_or(short)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(name: [u8; 4], first_stream: u16) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..4].copy_from_slice(&name);
        bytes[8..10].copy_from_slice(&first_stream.to_le_bytes());
        let sum = checksum::xor16(&bytes);
        bytes[50..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    #[test]
    fn a_block_is_known_by_its_name() {
        assert_eq!(BlockHeader::decode(&header(*b"MSDA", 60)).map(|block| block.kind), Ok(BlockKind::Data));
        assert_eq!(BlockHeader::decode(&header(*b"EOTM", 60)).map(|block| block.kind), Ok(BlockKind::Other(*b"EOTM")));
        assert_eq!(BlockHeader::decode(&[0; HEADER]), Err(BlockFault::Name));
        assert_eq!(BlockHeader::decode(&header(*b"MSDA", 51)), Err(BlockFault::Streams));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_seen(bit in 0..HEADER * 8) {
            let mut bytes = header(*b"MSTL", 592);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(BlockHeader::decode(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = BlockHeader::decode(&bytes);
        }
    }
}
