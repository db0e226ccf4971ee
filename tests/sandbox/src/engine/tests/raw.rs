//! An independent reading of backup media: straight from the bytes by bak-format sections 1 to 6, with
//! nothing of the engine's own reader, writer or checksums.

/// A block with its streams.
pub(super) struct RawBlock {
    pub(super) kind: String,
    pub(super) offset: usize,
    pub(super) end: usize,
    pub(super) attributes: u32,
    pub(super) string_type: u8,
    pub(super) head: Vec<u8>,
    pub(super) streams: Vec<RawStream>,
}

/// A stream with its data.
pub(super) struct RawStream {
    pub(super) kind: String,
    pub(super) attributes: u16,
    pub(super) data: Vec<u8>,
    pub(super) at: usize,
}

pub(super) fn u16_of(bytes: &[u8], at: usize) -> u16 {
    u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8
}

pub(super) fn u32_of(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_of(bytes, at)) | u32::from(u16_of(bytes, at + 2)) << 16
}

pub(super) fn u64_of(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_of(bytes, at)) | u64::from(u32_of(bytes, at + 4)) << 32
}

fn xor_words(bytes: &[u8]) -> u16 {
    (0..bytes.len() / 2).fold(0, |sum, index| sum ^ u16_of(bytes, 2 * index))
}

/// `c = rol(c, 1) ^ (XOR of the sector's words)` over the 512-byte sectors.
pub(super) fn sector_sum(bytes: &[u8]) -> u32 {
    let mut sum = 0u32;
    for sector in 0..bytes.len() / 512 {
        let mut word = 0;
        for index in 0..128 {
            word ^= u32_of(bytes, sector * 512 + index * 4);
        }
        sum = sum.rotate_left(1) ^ word;
    }
    sum
}

/// The sum of a page or log block whose field at `field` counts as zero.
pub(super) fn sum_without(bytes: &[u8], field: usize) -> u32 {
    let mut copy = bytes.to_vec();
    copy[field..field + 4].fill(0);
    sector_sum(&copy)
}

/// Reads a whole file of blocks; panics with the offset where it is not one.
pub(super) fn read(file: &[u8]) -> Vec<RawBlock> {
    let physical = usize::from(u16_of(file, 64)) * 512;
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < file.len() {
        let kind = String::from_utf8_lossy(&file[at..at + 4]).into_owned();
        assert_eq!(xor_words(&file[at..at + 50]), u16_of(file, at + 50), "checksum of {kind} at {at:#x}");
        let first = usize::from(u16_of(file, at + 8));
        let mut streams = Vec::new();
        let mut next = at + first;
        if kind == "SFMB" {
            assert_eq!(first, physical, "SFMB at {at:#x} is one physical block");
        } else {
            loop {
                let id = String::from_utf8_lossy(&file[next..next + 4]).into_owned();
                assert_eq!(
                    xor_words(&file[next..next + 20]),
                    u16_of(file, next + 20),
                    "checksum of stream {id} at {next:#x}"
                );
                let len = u64_of(file, next + 8) as usize;
                let data = next + 22;
                streams.push(RawStream {
                    kind: id.clone(),
                    attributes: u16_of(file, next + 6),
                    data: file[data..data + len].to_vec(),
                    at: data,
                });
                next = (data + len).div_ceil(4) * 4;
                if id == "SPAD" {
                    break;
                }
            }
        }
        blocks.push(RawBlock {
            kind,
            offset: at,
            end: next,
            attributes: u32_of(file, at + 4),
            string_type: file[at + 48],
            head: file[at..at + first].to_vec(),
            streams,
        });
        at = next;
    }
    assert_eq!(at, file.len(), "the last block ends with the file");
    blocks
}
