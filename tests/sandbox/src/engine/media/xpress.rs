//! LZ77+Huffman of MS-XCA (sections 2.1 and 2.2), at most 64 KiB at a time: what a compressed backup's
//! records hold.

/// Symbols: 256 literals, then matches by length (low 4 bits) and offset bits (high 4 bits).
const SYMBOLS: usize = 512;
/// The end of the data, encoded as the first match symbol.
const END: usize = 256;
const TABLE: usize = 256;
const MAX_BITS: u8 = 15;
const MIN_MATCH: usize = 3;
const HASH_BITS: u32 = 13;

enum Token {
    Literal(u8),
    Match { length: usize, offset: usize },
}

/// Greedy matches by a hash of three bytes, newest place first.
fn tokens(data: &[u8]) -> Vec<Token> {
    let mut heads = vec![usize::MAX; 1 << HASH_BITS];
    let hash = |at: usize| {
        let word = u32::from(data[at]) | u32::from(data[at + 1]) << 8 | u32::from(data[at + 2]) << 16;
        (word.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize
    };
    let mut out = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let mut length = 0;
        let mut from = 0;
        if at + MIN_MATCH <= data.len() {
            let slot = hash(at);
            from = heads[slot];
            heads[slot] = at;
            if from != usize::MAX && at - from < 65_536 {
                length = data[at..].iter().zip(&data[from..]).take_while(|(a, b)| a == b).count();
            }
        }
        if length >= MIN_MATCH {
            out.push(Token::Match { length, offset: at - from });
            // A few places inside the match are enough to find the next one.
            for inside in (at + 1..at + length).take(4).filter(|inside| inside + MIN_MATCH <= data.len()) {
                heads[hash(inside)] = inside;
            }
            at += length;
        } else {
            out.push(Token::Literal(data[at]));
            at += 1;
        }
    }
    out
}

fn offset_bits(offset: usize) -> u32 {
    offset.max(1).ilog2()
}

fn symbol(token: &Token) -> usize {
    match token {
        Token::Literal(byte) => usize::from(*byte),
        Token::Match { length, offset } => 256 + (length - MIN_MATCH).min(15) + ((offset_bits(*offset) as usize) << 4),
    }
}

/// Code lengths of at most 15 bits for the symbols that occur.
fn code_lengths(counts: &[u32; SYMBOLS]) -> [u8; SYMBOLS] {
    let mut counts = *counts;
    loop {
        let lengths = huffman(&counts);
        if lengths.iter().all(|length| *length <= MAX_BITS) {
            return lengths;
        }
        // Flatter counts make a flatter tree.
        counts.iter_mut().filter(|count| **count > 0).for_each(|count| *count = *count / 2 + 1);
    }
}

fn huffman(counts: &[u32; SYMBOLS]) -> [u8; SYMBOLS] {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;
    let mut lengths = [0u8; SYMBOLS];
    let mut parents: Vec<usize> = vec![usize::MAX; SYMBOLS];
    let mut heap: BinaryHeap<Reverse<(u64, usize)>> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, count)| Reverse((u64::from(*count), symbol)))
        .collect();
    while heap.len() > 1 {
        let (Some(Reverse((a, left))), Some(Reverse((b, right)))) = (heap.pop(), heap.pop()) else { break };
        let parent = parents.len();
        parents.push(usize::MAX);
        parents[left] = parent;
        parents[right] = parent;
        heap.push(Reverse((a + b, parent)));
    }
    for (symbol, length) in lengths.iter_mut().enumerate().filter(|(symbol, _)| counts[*symbol] > 0) {
        let mut node = symbol;
        while parents[node] != usize::MAX {
            node = parents[node];
            *length = length.saturating_add(1);
        }
        *length = (*length).max(1);
    }
    lengths
}

/// Canonical codes: by length, then by symbol.
fn codes(lengths: &[u8; SYMBOLS]) -> [u16; SYMBOLS] {
    let mut out = [0u16; SYMBOLS];
    let mut code = 0u32;
    for length in 1..=MAX_BITS {
        for symbol in (0..SYMBOLS).filter(|symbol| lengths[*symbol] == length) {
            out[symbol] = code as u16;
            code += 1;
        }
        code <<= 1;
    }
    out
}

/// Bits in 16-bit words, with bytes between them, as the format interleaves the two.
struct BitWriter {
    out: Vec<u8>,
    first: usize,
    second: usize,
    free: u32,
    word: u32,
}

impl BitWriter {
    fn put_word(&mut self) {
        let word = (self.word as u16).to_le_bytes();
        self.out[self.first..self.first + 2].copy_from_slice(&word);
    }

    fn bits(&mut self, count: u32, bits: u32) {
        if self.free >= count {
            self.free -= count;
            self.word = self.word << count | bits;
            return;
        }
        let rest = count - self.free;
        self.word = self.word << self.free | bits >> rest;
        self.put_word();
        self.first = self.second;
        self.second = self.out.len();
        self.out.extend_from_slice(&[0, 0]);
        self.free = 16 - rest;
        self.word = bits & ((1 << rest) - 1);
    }

    fn finish(mut self) -> Vec<u8> {
        self.word <<= self.free;
        self.put_word();
        self.out
    }
}

/// Compresses up to 64 KiB.
pub(crate) fn compress(data: &[u8]) -> Vec<u8> {
    let tokens = tokens(data);
    let mut counts = [0u32; SYMBOLS];
    tokens.iter().for_each(|token| counts[symbol(token)] += 1);
    counts[END] += 1;
    let lengths = code_lengths(&counts);
    let codes = codes(&lengths);
    let mut out: Vec<u8> = lengths.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
    out.extend_from_slice(&[0; 4]);
    let mut writer = BitWriter { out, first: TABLE, second: TABLE + 2, free: 16, word: 0 };
    for token in &tokens {
        let own = symbol(token);
        writer.bits(u32::from(lengths[own]), u32::from(codes[own]));
        let Token::Match { length, offset } = token else { continue };
        let rest = length - MIN_MATCH;
        if rest >= 15 {
            if rest < 15 + 255 {
                writer.out.push((rest - 15) as u8);
            } else {
                writer.out.push(255);
                writer.out.extend_from_slice(&(rest as u16).to_le_bytes());
            }
        }
        let bits = offset_bits(*offset);
        writer.bits(bits, *offset as u32 & ((1 << bits) - 1));
    }
    writer.bits(u32::from(lengths[END]), u32::from(codes[END]));
    writer.finish()
}

struct BitReader<'a> {
    data: &'a [u8],
    at: usize,
    bits: u32,
    extra: i32,
}

impl BitReader<'_> {
    fn word(&mut self) -> u32 {
        let word = crate::engine::bytes::u16_at(self.data, self.at);
        self.at += 2;
        u32::from(word)
    }

    fn take(&mut self, count: u32) {
        self.bits <<= count;
        self.extra -= count as i32;
        if self.extra < 0 {
            self.bits |= self.word() << -self.extra;
            self.extra += 16;
        }
    }

    fn byte(&mut self) -> usize {
        let byte = self.data.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte)
    }
}

/// Expands to exactly `len` bytes; `None` if the data do not hold them.
pub(crate) fn expand(data: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut lengths = [0u8; SYMBOLS];
    for (index, byte) in data.get(..TABLE)?.iter().enumerate() {
        lengths[2 * index] = byte & 15;
        lengths[2 * index + 1] = byte >> 4;
    }
    // One entry for every 15-bit prefix.
    let mut table = vec![(0u16, 0u8); 1 << MAX_BITS];
    let codes = codes(&lengths);
    for symbol in (0..SYMBOLS).filter(|symbol| lengths[*symbol] > 0) {
        let shift = u32::from(MAX_BITS - lengths[symbol]);
        let start = usize::from(codes[symbol]) << shift;
        table.get_mut(start..start + (1 << shift))?.fill((symbol as u16, lengths[symbol]));
    }
    let mut reader = BitReader { data, at: TABLE, bits: 0, extra: 16 };
    reader.bits = reader.word() << 16;
    reader.bits |= reader.word();
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        if reader.at > data.len() + 4 {
            return None;
        }
        let (symbol, length) = table[(reader.bits >> (32 - u32::from(MAX_BITS))) as usize];
        if length == 0 {
            return None;
        }
        reader.take(u32::from(length));
        if symbol < 256 {
            out.push(symbol as u8);
            continue;
        }
        let symbol = usize::from(symbol) - 256;
        let mut length = symbol % 16;
        let bits = (symbol / 16) as u32;
        if length == 15 {
            length = reader.byte();
            if length == 255 {
                length = reader.byte() | reader.byte() << 8;
                length = length.checked_sub(15)?;
            }
            length += 15;
        }
        length += MIN_MATCH;
        let offset = (1usize << bits) + if bits == 0 { 0 } else { (reader.bits >> (32 - bits)) as usize };
        reader.take(bits);
        let from = out.len().checked_sub(offset)?;
        if out.len() + length > len {
            return None;
        }
        for index in from..from + length {
            out.push(out[index]);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_expands_again() {
        let mut noise = 7u32;
        let mut random = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        let mixed: Vec<u8> = (0..65_536).map(|n| if n % 700 < 300 { random() } else { (n / 900) as u8 }).collect();
        let cases = [
            vec![],
            vec![1],
            b"abcabcabcabcabc".to_vec(),
            vec![0; 65_536],
            (0..60_000).map(|_| random()).collect(),
            mixed,
        ];
        for data in cases {
            let packed = compress(&data);
            assert_eq!(expand(&packed, data.len()).as_deref(), Some(&data[..]), "{} bytes", data.len());
        }
    }

    #[test]
    fn published_vectors_expand() {
        // MS-XCA section 3.2: the alphabet, 26 bytes.
        let mut table = vec![0u8; 256];
        table[48] = 0x50;
        table[49..59].fill(0x55);
        table[59..62].copy_from_slice(&[0x45, 0x44, 0x04]);
        table[128] = 0x04;
        let mut data = table;
        data.extend_from_slice(&[
            0xd8, 0x52, 0x3e, 0xd7, 0x94, 0x11, 0x5b, 0xe9, 0x19, 0x5f, 0xf9, 0xd6, 0x7c, 0xdf, 0x8d, 0x04, 0x00, 0x00,
            0x00, 0x00,
        ]);
        assert_eq!(expand(&data, 26).as_deref(), Some(&b"abcdefghijklmnopqrstuvwxyz"[..]));
    }
}
