//! An XPRESS LZ77+Huffman encoder ([MS-XCA] 2.1.4) of the tests' own, to hold the decoder against.

/// Longest code a table can hold.
const LONGEST: usize = 15;

enum Token {
    Literal(u8),
    Match { length: usize, distance: usize },
}

/// Compresses up to 64 KiB.
pub fn compress(plain: &[u8]) -> Vec<u8> {
    assert!(plain.len() <= 65_536, "one table covers 64 KiB");
    let tokens = tokens(plain);
    let mut count = [0u32; 512];
    count[256] = 1; // The end.
    tokens.iter().for_each(|token| count[symbol(token)] += 1);
    let lengths = lengths(count);
    let codes = codes(&lengths);
    let mut out: Vec<u8> = lengths.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
    let mut bits = BitWriter::new(&mut out);
    for token in &tokens {
        let symbol = symbol(token);
        bits.write(&mut out, codes[symbol], lengths[symbol]);
        if let Token::Match { length, distance } = token {
            let length = length - 3;
            if length >= 15 {
                if length - 15 < 255 {
                    out.push((length - 15) as u8);
                } else {
                    out.push(255);
                    out.extend((length as u16).to_le_bytes());
                }
            }
            let width = distance.ilog2();
            bits.write(&mut out, (distance - (1 << width)) as u32, width as u8);
        }
    }
    bits.write(&mut out, codes[256], lengths[256]);
    bits.flush(&mut out);
    out
}

fn symbol(token: &Token) -> usize {
    match token {
        Token::Literal(byte) => usize::from(*byte),
        Token::Match { length, distance } => 256 + (length - 3).min(15) + 16 * distance.ilog2() as usize,
    }
}

/// Greedy matches by a hash of three bytes.
fn tokens(plain: &[u8]) -> Vec<Token> {
    let mut last = std::collections::HashMap::new();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < plain.len() {
        let key = plain.get(at..at + 3).map(<[u8]>::to_vec);
        let from: Option<usize> = key.and_then(|key| last.insert(key, at));
        let length = from.map_or(0, |from| plain[at..].iter().zip(&plain[from..]).take_while(|(a, b)| a == b).count());
        match from {
            Some(from) if length >= 3 => {
                tokens.push(Token::Match { length, distance: at - from });
                at += length;
            }
            _ => {
                tokens.push(Token::Literal(plain[at]));
                at += 1;
            }
        }
    }
    tokens
}

/// Huffman code lengths, flattened until none is too long.
fn lengths(mut count: [u32; 512]) -> [u8; 512] {
    if count.iter().filter(|count| **count > 0).count() == 1 {
        count[0] += 1; // A code of one symbol alone has no length.
    }
    loop {
        let mut nodes: Vec<(u64, Vec<usize>)> = (0..512)
            .filter(|symbol| count[*symbol] > 0)
            .map(|symbol| (u64::from(count[symbol]), vec![symbol]))
            .collect();
        let mut lengths = [0u8; 512];
        while nodes.len() > 1 {
            nodes.sort_by_key(|node| std::cmp::Reverse(node.0));
            let (Some(a), Some(b)) = (nodes.pop(), nodes.pop()) else { break };
            let joined: Vec<usize> = a.1.into_iter().chain(b.1).collect();
            joined.iter().for_each(|symbol| lengths[*symbol] += 1);
            nodes.push((a.0 + b.0, joined));
        }
        if lengths.iter().all(|length| usize::from(*length) <= LONGEST) {
            return lengths;
        }
        count.iter_mut().filter(|count| **count > 0).for_each(|count| *count = *count / 2 + 1);
    }
}

/// Codes in the order of length, then symbol.
fn codes(lengths: &[u8; 512]) -> [u32; 512] {
    let (mut codes, mut code) = ([0; 512], 0);
    for length in 1..=LONGEST as u8 {
        code <<= 1;
        for symbol in (0..512).filter(|symbol| lengths[*symbol] == length) {
            codes[symbol] = code;
            code += 1;
        }
    }
    codes
}

/// Words of 16 bits, two places ahead of the bytes in between.
struct BitWriter {
    places: [usize; 2],
    word: u32,
    free: u8,
}

impl BitWriter {
    fn new(out: &mut Vec<u8>) -> BitWriter {
        let at = out.len();
        out.extend([0; 4]);
        BitWriter { places: [at, at + 2], word: 0, free: 16 }
    }

    fn write(&mut self, out: &mut Vec<u8>, bits: u32, count: u8) {
        if count <= self.free {
            self.word = self.word << count | bits;
            self.free -= count;
            return;
        }
        let left = count - self.free;
        self.word = self.word << self.free | bits >> left;
        self.put(out);
        self.places = [self.places[1], out.len()];
        out.extend([0; 2]);
        self.word = bits & ((1 << left) - 1);
        self.free = 16 - left;
    }

    fn put(&self, out: &mut [u8]) {
        out[self.places[0]..self.places[0] + 2].copy_from_slice(&(self.word as u16).to_le_bytes());
    }

    fn flush(&mut self, out: &mut [u8]) {
        self.word <<= self.free;
        self.put(out);
    }
}
