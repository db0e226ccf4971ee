//! Pages and log blocks with their checksums (bak-format 1, 4 and 5).

use super::VLF;
use super::bytes::{fold, put, xor32};

/// Eight pages of a file from `first`, all allocated, with checksums; page 1 is the allocation map.
pub fn extent(file: u16, first: u32, seed: u8) -> Vec<u8> {
    (first..first + 8).flat_map(|id| page(file, id, seed)).collect()
}

/// A page with its checksum.
pub fn page(file: u16, id: u32, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) << 16 ^ id ^ 0x5bd1_e995;
    // Runs of eight bytes: neither noise nor one pattern, so that compressors and torn bits have work.
    let mut bytes: Vec<u8> = (0..1024usize)
        .flat_map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [(state >> 24) as u8; 8]
        })
        .collect();
    bytes[..96].fill(0);
    bytes[0] = 1;
    bytes[1] = match id {
        0 => 15,
        1 => 11,
        _ => 1,
    };
    bytes[5] = 2;
    if id == 1 {
        bytes[100..8188].fill(0x40);
    }
    put(&mut bytes, 32, &id.to_le_bytes());
    put(&mut bytes, 36, &file.to_le_bytes());
    seal(&mut bytes);
    bytes
}

/// Puts a page's checksum right.
pub fn seal(page: &mut [u8]) {
    page[60..64].fill(0);
    let sum = fold(page.chunks(512).map(xor32));
    page[60..64].copy_from_slice(&sum.to_le_bytes());
}

/// A log block of so many sectors.
pub fn log_block(number: u32, sectors: usize, seed: u8) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..sectors * 512).map(|index| (index as u8).wrapping_mul(7) ^ seed).collect();
    put(&mut bytes, 6, &((sectors * 512) as u16).to_le_bytes());
    put(&mut bytes, 12, &VLF.to_le_bytes());
    put(&mut bytes, 16, &number.to_le_bytes());
    bytes[24..28].fill(0);
    let sum = fold(bytes.chunks(512).map(xor32));
    put(&mut bytes, 24, &sum.to_le_bytes());
    bytes
}
