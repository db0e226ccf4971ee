//! Streams: what follows a block's fixed part.

use super::checksum;
use super::fields::Fields;

/// Bytes of a stream header.
pub(crate) const HEADER: usize = 22;

/// Media attribute: a `CSUM` stream follows.
pub(crate) const CHECKSUMMED: u16 = 0x100;

/// What a stream holds, by its first four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamKind {
    /// `SPAD`: fills up to the next block and is the last stream of every block but `SFMB`.
    Padding,
    /// `APAD`: brings what follows to a block boundary.
    Alignment,
    /// `RAID`: the media set of a label.
    MediaSet,
    /// `MQCI`: the backup's own header.
    Header,
    /// `MQDA`: database pages.
    Pages,
    /// `MQTL`: log blocks.
    Log,
    /// `CSUM`: checksum of the stream before it.
    Checksum,
    /// A stream whose content no reader needs: `OTCP`, `TSMP` (set map), or unknown.
    Other,
}

/// The header of a stream (MTF 1.00a "Stream Header"; bak-format 2.1).
///
/// | at | type | what |
/// |---|---|---|
/// | 0 | u8 x 4 | name |
/// | 4 | u16 | file system attributes |
/// | 6 | u16 | media attributes: 0x02 variable, 0x04 its end, 0x80 on `APAD`, 0x100 a `CSUM` follows |
/// | 8 | u64 | length of the data, which follows at 22 |
/// | 16, 18 | u16 | encryption, compression: 0 |
/// | 20 | u16 | checksum: XOR of the 10 u16 before it |
///
/// The next stream begins after the data, at the next multiple of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamHeader {
    pub kind: StreamKind,
    pub media_attributes: u16,
    pub length: u64,
}

impl StreamHeader {
    /// Decodes and checks the header at the start of `bytes`; the reason if it is none.
    pub fn decode(bytes: &[u8]) -> Result<StreamHeader, &'static str> {
        let cut = "it is cut off";
        let bytes = bytes.get(..HEADER).ok_or(cut)?;
        if checksum::xor16(bytes) != 0 {
            return Err("its header checksum is wrong");
        }
        let kind = match &bytes[..4] {
            b"SPAD" => StreamKind::Padding,
            b"APAD" => StreamKind::Alignment,
            b"RAID" => StreamKind::MediaSet,
            b"MQCI" => StreamKind::Header,
            b"MQDA" => StreamKind::Pages,
            b"MQTL" => StreamKind::Log,
            b"CSUM" => StreamKind::Checksum,
            // All zeros would pass the checksum.
            [0, ..] => return Err("there is no stream where one must be"),
            _ => StreamKind::Other,
        };
        let fields = Fields(bytes);
        Ok(StreamHeader { kind, media_attributes: fields.u16(6).ok_or(cut)?, length: fields.u64(8).ok_or(cut)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(name: [u8; 4], length: u64) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..4].copy_from_slice(&name);
        bytes[8..16].copy_from_slice(&length.to_le_bytes());
        let sum = checksum::xor16(&bytes);
        bytes[20..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    #[test]
    fn a_stream_is_known_by_its_name() {
        let stream = StreamHeader::decode(&header(*b"MQDA", 65538));
        assert_eq!(stream, Ok(StreamHeader { kind: StreamKind::Pages, media_attributes: 0, length: 65538 }));
        assert!(StreamHeader::decode(&[0; HEADER]).is_err());
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_seen(bit in 0..HEADER * 8, length: u64) {
            let mut bytes = header(*b"MQTL", length);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(StreamHeader::decode(&bytes).is_err());
        }
    }
}
