//! Windows code page 1252, in which `varchar` travels: what is not in it becomes a question mark.

/// Bytes 0x80 to 0x9F; the five that mean nothing stand for themselves, as in Windows.
const HIGH: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201C}',
    '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}', '\u{153}', '\u{9D}',
    '\u{17E}', '\u{178}',
];

/// The byte of a character.
pub fn byte_of(character: char) -> u8 {
    match u8::try_from(u32::from(character)) {
        Ok(byte) if !(0x80..0xA0).contains(&byte) => byte,
        _ => HIGH.iter().position(|&high| high == character).map_or(b'?', |index| 0x80 + index as u8),
    }
}

/// The character of a byte.
pub fn char_of(byte: u8) -> char {
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::{byte_of, char_of};

    #[test]
    fn every_byte_comes_back() {
        assert!((0..=255u8).all(|byte| byte_of(char_of(byte)) == byte));
        assert_eq!(byte_of('\u{0633}'), b'?', "Persian letters are not in 1252");
    }
}
