//! The folds that SQL Server protects pages, log blocks and media with (bak-format section 1).

/// XOR of the 128 little-endian words of a 512-byte sector; a short last sector is zero-padded.
///
/// Four words are taken at a time: it is the inner loop of every backup and restore.
fn sector_word(sector: &[u8]) -> u32 {
    let wide = |part: &[u8]| {
        let mut bytes = [0u8; 16];
        bytes[..part.len()].copy_from_slice(part);
        u128::from_le_bytes(bytes)
    };
    let all = sector.chunks(16).fold(0u128, |sum, part| sum ^ wide(part));
    let half = (all >> 64) as u64 ^ all as u64;
    (half >> 32) as u32 ^ half as u32
}

/// A fold over the sectors of data that comes in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct SectorFold {
    sum: u32,
    rest: Vec<u8>,
}

impl SectorFold {
    pub(crate) fn update(&mut self, mut data: &[u8]) {
        if !self.rest.is_empty() {
            let take = (512 - self.rest.len()).min(data.len());
            self.rest.extend_from_slice(&data[..take]);
            data = &data[take..];
            if self.rest.len() == 512 {
                self.sum = self.sum.rotate_left(1) ^ sector_word(&self.rest);
                self.rest.clear();
            }
        }
        let mut sectors = data.chunks_exact(512);
        for sector in &mut sectors {
            self.sum = self.sum.rotate_left(1) ^ sector_word(sector);
        }
        self.rest.extend_from_slice(sectors.remainder());
    }

    pub(crate) fn finish(self) -> u32 {
        if self.rest.is_empty() { self.sum } else { self.sum.rotate_left(1) ^ sector_word(&self.rest) }
    }
}

/// The fold of a whole slice.
pub(crate) fn fold_sectors(data: &[u8]) -> u32 {
    let mut fold = SectorFold::default();
    fold.update(data);
    fold.finish()
}

/// The checksum of a page: its own field (4 bytes at 0x3C) counts as zero, and so drops out of the
/// XOR of the first sector.
pub(crate) fn page_checksum(page: &[u8]) -> u32 {
    without_field(page, 0x3C)
}

/// The checksum of a log block: its own field is at 24.
pub(crate) fn log_block_checksum(block: &[u8]) -> u32 {
    without_field(block, 24)
}

fn without_field(data: &[u8], at: usize) -> u32 {
    let field = super::bytes::u32_at(data, at);
    let sectors = data.len().div_ceil(512);
    // The first sector's word is rotated once for every sector that follows.
    fold_sectors(data) ^ field.rotate_left(u32::try_from(sectors.saturating_sub(1) % 32).unwrap_or(0))
}

/// XOR of the little-endian 16-bit words, for MTF block (50 bytes) and stream (20 bytes) headers.
pub(crate) fn xor16(data: &[u8]) -> u16 {
    data.chunks_exact(2).fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]]))
}
