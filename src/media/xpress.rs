//! XPRESS "LZ77+Huffman" decompression (\[MS-XCA\] 2.1.4 and 2.2.4), as compressed backups use it.

/// Symbols of a table: 256 literals and 16 x 16 kinds of matches.
const SYMBOLS: usize = 512;
/// Bytes of a table: a code length of four bits for each symbol.
const TABLE: usize = SYMBOLS / 2;
/// Longest code.
const LONGEST: usize = 15;
/// Codes up to this length are decoded by one look-up.
const QUICK: usize = 11;
/// Output of one table; a longer output has another table after each.
const CHUNK: usize = 65_536;
/// Match lengths count from here.
const SHORTEST_MATCH: usize = 3;
/// Matches up to this length are copied without asking how long they are.
const SHORT: usize = 16;

/// Why bytes cannot be expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XpressError {
    /// The input ends before the output is full.
    #[error("the compressed data ends too early")]
    Short,
    /// The code lengths promise more codes than there can be.
    #[error("the code table is impossible")]
    Table,
    /// A code that the table does not hold.
    #[error("the compressed data holds a code that its table lacks")]
    Code,
    /// A match that begins before the output or ends behind it.
    #[error("the compressed data copies from or to a place outside the output")]
    Match,
}

/// Expands `input` until `output` is full. Input behind that (the end symbol, padding) is not looked at.
///
/// # Errors
/// The input is not what a compressor writes for this much output; `output` is then undefined.
pub fn expand(input: &[u8], output: &mut [u8]) -> Result<(), XpressError> {
    let (mut at, mut done) = (0, 0);
    while done < output.len() {
        let lengths = input.get(at..at + TABLE).ok_or(XpressError::Short)?;
        let codes = Codes::new(lengths)?;
        let mut bits = Bits::new(input, at + TABLE);
        let end = output.len().min(done + CHUNK);
        done = chunk(&codes, &mut bits, output, done, end)?;
        at = bits.at;
    }
    Ok(())
}

/// Expands what one table describes into `output[done..end]`; returns the new `done`.
fn chunk(
    codes: &Codes,
    bits: &mut Bits<'_>,
    output: &mut [u8],
    mut done: usize,
    end: usize,
) -> Result<usize, XpressError> {
    while done < end {
        let symbol = codes.next(bits)?;
        if symbol < 256 {
            output[done] = symbol as u8;
            done += 1;
            continue;
        }
        let mut length = usize::from(symbol & 15);
        let distance_bits = u32::from(symbol >> 4 & 15);
        if length == 15 {
            length = bits.long_length()?;
        }
        length += SHORTEST_MATCH;
        let distance = (1usize << distance_bits) + bits.take(distance_bits)? as usize;
        // A match may run over the end of its 64 KiB, but never over the end of the output.
        if distance > done || length > output.len() - done {
            return Err(XpressError::Match);
        }
        copy(output, done, distance, length);
        done += length;
    }
    Ok(done)
}

/// Repeats what lies `distance` bytes back; source and target may overlap.
#[inline(always)]
fn copy(output: &mut [u8], at: usize, distance: usize, length: usize) {
    if length <= SHORT && distance >= SHORT {
        // Most matches are short. What is copied too much is written over by what follows.
        let source: Option<[u8; SHORT]> = output[at - distance..].first_chunk().copied();
        if let (Some(source), Some(target)) = (source, output[at..].first_chunk_mut()) {
            *target = source;
            return;
        }
    }
    copy_long(output, at, distance, length);
}

fn copy_long(output: &mut [u8], at: usize, distance: usize, length: usize) {
    let from = at - distance;
    if distance >= length {
        output.copy_within(from..from + length, at);
    } else if distance == 1 {
        let byte = output[from];
        output[at..at + length].fill(byte);
    } else {
        // The copied part grows with every round, so that few rounds suffice.
        let mut copied = 0;
        while copied < length {
            let part = (distance + copied).min(length - copied);
            output.copy_within(from..from + part, at + copied);
            copied += part;
        }
    }
}

/// Canonical Huffman codes.
struct Codes {
    /// By the next [`QUICK`] bits: symbol << 4 | length; 0 for longer codes and none.
    quick: [u16; 1 << QUICK],
    /// For each length, the first code behind its codes, left-aligned to 16 bits.
    limit: [u32; LONGEST + 1],
    /// For each length: index of its first symbol in `symbols`, less its first code.
    base: [i32; LONGEST + 1],
    /// Symbols by code.
    symbols: [u16; SYMBOLS],
}

impl Codes {
    fn new(lengths: &[u8]) -> Result<Codes, XpressError> {
        let length_of = |symbol: usize| usize::from(lengths[symbol / 2] >> (symbol % 2 * 4) & 15);
        let mut count = [0usize; LONGEST + 1];
        for symbol in 0..SYMBOLS {
            count[length_of(symbol)] += 1;
        }
        let mut codes =
            Codes { quick: [0; 1 << QUICK], limit: [0; LONGEST + 1], base: [0; LONGEST + 1], symbols: [0; SYMBOLS] };
        let (mut code, mut index) = (0u32, 0usize);
        let mut start = [0usize; LONGEST + 1];
        for length in 1..=LONGEST {
            code <<= 1;
            start[length] = index;
            codes.base[length] = index as i32 - code as i32;
            code += count[length] as u32;
            index += count[length];
            if code > 1 << length {
                return Err(XpressError::Table);
            }
            codes.limit[length] = code << (16 - length);
        }
        let mut next = start;
        for symbol in 0..SYMBOLS {
            let length = length_of(symbol);
            if length == 0 {
                continue;
            }
            let index = next[length];
            next[length] += 1;
            codes.symbols[index] = symbol as u16;
            if length <= QUICK {
                let code = (index as i32 - codes.base[length]) as usize;
                let first = code << (QUICK - length);
                codes.quick[first..first + (1 << (QUICK - length))].fill((symbol << 4 | length) as u16);
            }
        }
        Ok(codes)
    }

    #[inline(always)]
    fn next(&self, bits: &mut Bits<'_>) -> Result<u16, XpressError> {
        let quick = self.quick[(bits.buffer >> (32 - QUICK)) as usize];
        if quick & 15 != 0 {
            bits.skip(u32::from(quick & 15))?;
            return Ok(quick >> 4);
        }
        self.next_long(bits)
    }

    fn next_long(&self, bits: &mut Bits<'_>) -> Result<u16, XpressError> {
        let next = bits.buffer >> 16;
        let length = (QUICK + 1..=LONGEST).find(|length| next < self.limit[*length]).ok_or(XpressError::Code)?;
        let index = self.base[length] + (next >> (16 - length)) as i32;
        let symbol = usize::try_from(index).ok().and_then(|index| self.symbols.get(index)).ok_or(XpressError::Code)?;
        bits.skip(length as u32)?;
        Ok(*symbol)
    }
}

/// The bit stream: little-endian 16-bit words, highest bit first, two words ahead of the bytes that
/// long matches take from the same input.
struct Bits<'a> {
    input: &'a [u8],
    at: usize,
    buffer: u32,
    /// Bits in the buffer beyond the first 16.
    extra: i32,
    /// Words read behind the end, which count as zero: the last code may need two of them.
    behind: u32,
}

impl<'a> Bits<'a> {
    fn new(input: &'a [u8], at: usize) -> Bits<'a> {
        let mut bits = Bits { input, at, buffer: 0, extra: 16, behind: 0 };
        bits.buffer = u32::from(bits.word()) << 16;
        bits.buffer |= u32::from(bits.word());
        bits
    }

    #[inline(always)]
    fn word(&mut self) -> u16 {
        match self.input.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(pair) => {
                self.at += 2;
                u16::from_le_bytes(*pair)
            }
            None => {
                self.behind += 1;
                0
            }
        }
    }

    /// Drops up to 15 bits.
    #[inline(always)]
    fn skip(&mut self, count: u32) -> Result<(), XpressError> {
        self.buffer <<= count;
        self.extra -= count as i32;
        if self.extra < 0 {
            let word = self.word();
            self.buffer |= u32::from(word) << -self.extra;
            self.extra += 16;
        }
        if self.behind > 2 { Err(XpressError::Short) } else { Ok(()) }
    }

    /// Takes up to 15 bits.
    #[inline(always)]
    fn take(&mut self, count: u32) -> Result<u32, XpressError> {
        if count == 0 {
            return Ok(0);
        }
        let value = self.buffer >> (32 - count);
        self.skip(count)?;
        Ok(value)
    }

    /// A match length of 15 or more, less [`SHORTEST_MATCH`]: one byte, or 255 and two, or 0 in those and four.
    fn long_length(&mut self) -> Result<usize, XpressError> {
        let byte = self.bytes::<1>()?[0];
        if byte < 255 {
            return Ok(usize::from(byte) + 15);
        }
        let length = match u16::from_le_bytes(self.bytes()?) {
            0 => u32::from_le_bytes(self.bytes()?),
            length => u32::from(length),
        };
        // Shorter lengths have shorter forms, which a compressor must use.
        usize::try_from(length).ok().filter(|length| *length >= 15).ok_or(XpressError::Match)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], XpressError> {
        let bytes = self.input.get(self.at..self.at + N).and_then(|bytes| bytes.try_into().ok());
        self.at += N;
        bytes.ok_or(XpressError::Short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A table that gives each symbol of `codes` its length.
    fn table(codes: &[(usize, u8)]) -> Vec<u8> {
        let mut table = vec![0; TABLE];
        for (symbol, length) in codes {
            table[symbol / 2] |= length << (symbol % 2 * 4);
        }
        table
    }

    #[test]
    fn the_published_alphabet_expands() {
        // [MS-XCA] 3.2: "abcdefghijklmnopqrstuvwxyz", literals only.
        let mut codes: Vec<(usize, u8)> = (usize::from(b'a')..=usize::from(b'v')).map(|symbol| (symbol, 5)).collect();
        codes.extend((usize::from(b'w')..=usize::from(b'z')).map(|symbol| (symbol, 4)));
        codes.push((256, 4));
        let mut input = table(&codes);
        input.extend([0xd8, 0x52, 0x3e, 0xd7, 0x94, 0x11, 0x5b, 0xe9, 0x19, 0x5f, 0xf9, 0xd6, 0x7c, 0xdf, 0x8d, 0x04]);
        input.extend([0; 4]);
        let mut output = [0; 26];
        assert_eq!(expand(&input, &mut output), Ok(()));
        assert_eq!(&output, b"abcdefghijklmnopqrstuvwxyz");
    }

    #[test]
    fn the_published_long_match_expands() {
        // [MS-XCA] 3.2: "abc" a hundred times; one match of 297 bytes.
        let mut input = table(&[(97, 3), (98, 3), (99, 2), (256, 2), (287, 2)]);
        input.extend([0xa8, 0xdc, 0x00, 0x00, 0xff, 0x26, 0x01]);
        let mut output = [0; 300];
        assert_eq!(expand(&input, &mut output), Ok(()));
        assert_eq!(output.to_vec(), b"abc".repeat(100));
    }

    #[test]
    fn impossible_input_is_refused() {
        let mut output = [0; 300];
        assert_eq!(expand(&[0; 100], &mut output), Err(XpressError::Short));
        assert_eq!(expand(&[0x11; 300], &mut output), Err(XpressError::Table));
        assert_eq!(expand(&[0; 300], &mut output), Err(XpressError::Code));
        let mut before_start = table(&[(287, 1), (256, 1)]);
        before_start.extend([0; 8]);
        assert_eq!(expand(&before_start, &mut output), Err(XpressError::Match));
    }

    proptest! {
        #[test]
        fn any_input_is_expanded_or_refused(input in proptest::collection::vec(any::<u8>(), 0..2000), size in 0usize..70_000) {
            let mut output = vec![0; size];
            let _ = expand(&input, &mut output);
        }

        #[test]
        fn any_bits_behind_a_sound_table_are_expanded_or_refused(input in proptest::collection::vec(any::<u8>(), 0..2000)) {
            // 512 codes of nine bits each: complete, so every bit pattern is a code.
            let mut whole = vec![0x99; TABLE];
            whole.extend(input);
            let mut output = vec![0; 4096];
            let _ = expand(&whole, &mut output);
        }
    }
}
