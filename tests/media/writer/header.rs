//! The `MQCI` stream (bak-format 3).

use super::bytes::{date, guid, lsn_bytes, put, text, text_at};
use super::{File, Set, VLF};

/// The header of a set: `SCIN`, `SFGI`, `SFIN`.
pub fn mqci(set: &Set, is_back: bool) -> Vec<u8> {
    let mut mqci = scin(set, is_back);
    let mut group = vec![0; 48];
    put(&mut group, 8, &0x10u32.to_le_bytes());
    put(&mut group, 12, &1u32.to_le_bytes());
    text(&mut group, 16, "PRIMARY");
    mqci.extend(chunk(b"SFGI", group));
    set.files.iter().for_each(|file| mqci.extend(chunk(b"SFIN", sfin(set, file))));
    mqci
}

/// `SCIN` in the layout of its version: 0x158, 0x16C or 0x190 bytes before the names.
fn scin(set: &Set, is_back: bool) -> Vec<u8> {
    let mut bytes = vec![
        0;
        match set.major {
            0..=9 => 0x158,
            10 => 0x16c,
            _ => 0x190,
        }
    ];
    put(&mut bytes, 8, &set.flags.to_le_bytes());
    put(&mut bytes, 24, &4001u16.to_le_bytes());
    bytes[27] = set.major;
    for (at, lsn) in [(32, set.first), (42, set.last), (52, set.first), (62, (VLF, 8, 37)), (248, (VLF, 8, 1))] {
        put(&mut bytes, at, &lsn_bytes(lsn));
    }
    put(&mut bytes, 72, &date((2025, 3, 21, 9, 0, 0)));
    put(&mut bytes, 77, &date(set.started));
    if is_back {
        put(&mut bytes, 82, &date(set.finished));
    }
    (bytes[87], bytes[88], bytes[91]) = (set.letter, 52, 130);
    put(&mut bytes, 92, &5u16.to_le_bytes());
    put(&mut bytes, 94, &852u16.to_le_bytes());
    let size: u64 = set.extents.len() as u64 * 65_536 + 8192;
    put(&mut bytes, 96, &size.to_le_bytes());
    text_at(&mut bytes, 104, 106, &set.database);
    text_at(&mut bytes, 108, 110, r"DBHOST\SQL");
    put(&mut bytes, 116, &1033u32.to_le_bytes());
    put(&mut bytes, 120, &196_609u32.to_le_bytes());
    for (at, seed) in [(124, 1), (156, 2), (200, 3), (224, 2)] {
        put(&mut bytes, at, &guid(seed));
    }
    put(&mut bytes, 216, &0x00d0_0409u32.to_le_bytes());
    put(&mut bytes, 244, &0x1_0000u32.to_le_bytes());
    if set.letter == b'I' {
        put(&mut bytes, 260, &lsn_bytes((VLF, 8, 37)));
        put(&mut bytes, 272, &guid(3));
    }
    if set.major > 9 {
        put(&mut bytes, 344, &size.to_le_bytes());
    }
    chunk(b"SCIN", bytes)
}

fn sfin(set: &Set, file: &File) -> Vec<u8> {
    let mut bytes = vec![
        0;
        match set.major {
            0..=9 => 0x190,
            10 => 0x400,
            _ => 0x404,
        }
    ];
    let kind: u32 = if file.is_log { 2 } else { 1 };
    let group = u32::from(!file.is_log);
    for (at, value) in [(16, 8192), (20, file.id), (24, file.pages), (28, kind), (32, 4096), (36, group)] {
        put(&mut bytes, at, &value.to_le_bytes());
    }
    let values = [(40, 0x80_0000u64), (86, 35_184_372_080_640), (250, u64::from(file.pages) * 8192)];
    for (at, value) in values {
        put(&mut bytes, at, &value.to_le_bytes());
    }
    put(&mut bytes, 186, &guid(40 + file.id as u8));
    text_at(&mut bytes, 48, 50, &file.logical);
    text_at(&mut bytes, 52, 54, &file.physical);
    bytes
}

fn chunk(name: &[u8; 4], mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len() as u32;
    put(&mut bytes, 0, name);
    put(&mut bytes, 4, &length.to_le_bytes());
    bytes
}
