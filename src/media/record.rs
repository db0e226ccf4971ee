//! Records of a compressed medium (container `MSSQLBAK`, version 2).

use super::checksum;
use super::fields::Fields;
use super::xpress;

/// Where the records begin in the file.
pub(crate) const FIRST: u64 = 0x1e0;
/// Bytes before a record's content.
pub(crate) const HEADER: u64 = 24;
/// Bytes before a data record's payload: the header and its checksum.
pub(crate) const DATA_HEADER: u64 = HEADER + 4;
/// Unit of a record's expanded size.
const UNIT: u64 = 512;

/// The header of a record (bak-format 7).
///
/// | at | type | what |
/// |---|---|---|
/// | 0 | u8 | kind: 0x21 data, 0x24 padding, 0x2C end of a set |
/// | 1 | u8 | data: expanded size in units of 512 |
/// | 2 | u16 | bytes that follow: of payload, of padding |
/// | 4 | | 20 bytes without meaning |
/// | 24 | u32 | data: fold over every u32 of the payload |
/// | 28 | | data: the payload, XPRESS LZ77+Huffman |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// 0x21: expands to a piece of the tape image.
    Data { payload: u16, expanded: u32, checksum: u32 },
    /// 0x24: fills up to the next filemark.
    Padding { length: u16 },
    /// 0x2C: ends a set; its index follows.
    End,
    /// A kind that is not known.
    Unknown(u8),
}

impl Record {
    /// Decodes the header in the 28 bytes at a record's start.
    pub fn decode(bytes: [u8; DATA_HEADER as usize]) -> Record {
        let size = u16::from_le_bytes([bytes[2], bytes[3]]);
        match bytes[0] {
            0x21 if bytes[1] != 0 => Record::Data {
                payload: size,
                expanded: u32::from(bytes[1]) * UNIT as u32,
                checksum: u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]),
            },
            0x24 => Record::Padding { length: size },
            0x2c => Record::End,
            kind => Record::Unknown(kind),
        }
    }
}

/// Expands a data record into `output`, which has its expanded size.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn expand(payload: &[u8], checksum: u32, output: &mut [u8]) -> Result<(), String> {
    if checksum::words(payload) != checksum {
        return Err("its checksum is wrong".to_owned());
    }
    xpress::expand(payload, output).map_err(|error| error.to_string())
}

/// The index that ends a compressed set, after the header of its 0x2C record.
///
/// | at | type | what |
/// |---|---|---|
/// | 0, 2 | u16 | 1, 1 |
/// | 4 | u32 | entries |
/// | 8 | u32 | bytes from here to the filemark |
/// | 12 | u32 | fold over every u32 of the entries |
/// | 16 | | entries: u64 offset in the expanded set, u64 offset of its record in the file |
/// | last 16 | | the first 16 bytes again |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub entries: u32,
    /// Bytes from its start to the filemark.
    pub length: u32,
    pub checksum: u32,
}

/// Bytes of an index before its entries, and of their repetition at its end.
pub(crate) const INDEX_HEADER: u64 = 16;
/// Bytes of an entry.
pub(crate) const INDEX_ENTRY: u64 = 16;

impl Index {
    /// Decodes the head of an index; `None` if its sizes contradict each other.
    pub fn decode(head: [u8; INDEX_HEADER as usize]) -> Option<Index> {
        let fields = Fields(&head);
        let index = Index { entries: fields.u32(4)?, length: fields.u32(8)?, checksum: fields.u32(12)? };
        let needed = u64::from(index.entries) * INDEX_ENTRY + INDEX_HEADER;
        (fields.u16(0)? == 1 && fields.u16(2)? == 1 && u64::from(index.length) >= needed).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let mut bytes = [0; 28];
        (bytes[0], bytes[1], bytes[2], bytes[24]) = (0x21, 128, 9, 7);
        assert_eq!(Record::decode(bytes), Record::Data { payload: 9, expanded: 65_536, checksum: 7 });
        bytes[1] = 0;
        assert_eq!(Record::decode(bytes), Record::Unknown(0x21));
        bytes[0] = 0x24;
        assert_eq!(Record::decode(bytes), Record::Padding { length: 9 });
        bytes[0] = 0x2c;
        assert_eq!(Record::decode(bytes), Record::End);
    }

    #[test]
    fn an_index_must_hold_its_entries() {
        let mut head = [1, 0, 1, 0, 3, 0, 0, 0, 64, 0, 0, 0, 5, 0, 0, 0];
        assert_eq!(Index::decode(head), Some(Index { entries: 3, length: 64, checksum: 5 }));
        head[8] = 63;
        assert_eq!(Index::decode(head), None);
    }
}
