//! Every checksum of the format, from one building block: `c = rotate_left(c, 1) ^ word`.

use wide::u64x2;

/// Bytes of a disk sector, the unit of page, log block and stream checksums.
pub(crate) const SECTOR: usize = 512;

/// XOR of the u16 words: 0 over a header that ends in its own checksum.
///
/// Used by block headers (26 words, checksum last) and stream headers (11 words). MTF 1.00a.
pub(crate) fn xor16(bytes: &[u8]) -> u16 {
    bytes.chunks_exact(2).fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]]))
}

/// The word of one sector: XOR of its u32 words. Missing bytes at the end count as zero.
#[inline(always)]
pub(crate) fn sector_word(sector: &[u8]) -> u32 {
    // Written out for vector registers: the library is optimised for size, where the compiler neither
    // unrolls a loop nor makes it one of vectors.
    let (rounds, rest) = sector.as_chunks::<128>();
    let zero = u64x2::ZERO;
    let (mut one, mut two, mut three, mut four) = (zero, zero, zero, zero);
    for round in rounds {
        let [a, b, c, d, e, f, g, h] = round.as_chunks::<16>().0 else { continue };
        one ^= pair(a);
        two ^= pair(b);
        three ^= pair(c);
        four ^= pair(d);
        one ^= pair(e);
        two ^= pair(f);
        three ^= pair(g);
        four ^= pair(h);
    }
    let [one, two] = (one ^ two ^ three ^ four).to_array();
    let all = one ^ two;
    let word = (all as u32) ^ ((all >> 32) as u32);
    if rest.is_empty() { word } else { word ^ word_of_rest(rest) }
}

#[cold]
fn word_of_rest(rest: &[u8]) -> u32 {
    rest.iter().enumerate().fold(0, |word, (at, byte)| word ^ u32::from(*byte) << (at % 4 * 8))
}

#[inline(always)]
fn pair(bytes: &[u8; 16]) -> u64x2 {
    let both = u128::from_le_bytes(*bytes);
    u64x2::new([both as u64, (both >> 64) as u64])
}

/// The running fold over words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fold(pub u32);

impl Fold {
    pub fn push(&mut self, word: u32) {
        self.0 = self.0.rotate_left(1) ^ word;
    }
}

/// The fold over the sectors of `bytes`, with the u32 at `field` taken as zero.
///
/// Used by log blocks (field at 24) and, with whole pages, by page checksums (field at 60).
pub(crate) fn sectors_without(bytes: &[u8], field: usize) -> u32 {
    let stored = bytes.get(field..field + 4).map_or(0, |word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    let mut fold = Fold::default();
    for (index, sector) in bytes.chunks(SECTOR).enumerate() {
        let without = if index == field / SECTOR { stored } else { 0 };
        fold.push(sector_word(sector) ^ without);
    }
    fold.0
}

/// The fold over every u32 of `bytes`, zero-padded to a multiple of four.
///
/// Used by compressed records and by the index that ends a compressed set.
pub(crate) fn words(bytes: &[u8]) -> u32 {
    let mut fold = Fold::default();
    let mut chunks = bytes.chunks_exact(4);
    for word in &mut chunks {
        fold.push(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut word = [0; 4];
        word[..rest.len()].copy_from_slice(rest);
        fold.push(u32::from_le_bytes(word));
    }
    fold.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word by word.
    fn naive(bytes: &[u8]) -> u32 {
        bytes.chunks(4).fold(0, |sum, chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            sum ^ u32::from_le_bytes(word)
        })
    }

    proptest! {
        #[test]
        fn a_sector_word_is_the_xor_of_its_words(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
            prop_assert_eq!(sector_word(&bytes), naive(&bytes));
        }

        #[test]
        fn one_flipped_bit_changes_the_fold(mut page in proptest::collection::vec(any::<u8>(), 8192), bit in 0usize..65536) {
            prop_assume!(!(60..64).contains(&(bit / 8)));
            let before = sectors_without(&page, 60);
            page[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(sectors_without(&page, 60), before);
        }
    }

    #[test]
    fn a_header_with_its_checksum_folds_to_zero() {
        let mut header = *b"SPAD\x01\x02\x03\x04\0\0";
        let sum = xor16(&header[..8]);
        header[8..].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(xor16(&header), 0);
    }
}
