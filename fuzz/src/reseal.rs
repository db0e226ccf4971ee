//! Puts the checksums of a mutated medium right, so that fuzzing gets behind them.

use crate::writer::{fold, xor32};

/// Seals every block and stream header of a plain medium, or every record of a compressed one.
pub fn reseal(bytes: &mut [u8]) {
    if bytes.starts_with(b"MSSQLBAK") {
        records(bytes);
    }
    for at in (0..bytes.len().saturating_sub(52)).step_by(512) {
        if bytes[at..at + 4].iter().all(u8::is_ascii_uppercase) {
            block(bytes, at);
        }
    }
}

fn xor16(bytes: &[u8]) -> [u8; 2] {
    let sum = bytes.chunks_exact(2).fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]]));
    sum.to_le_bytes()
}

fn block(bytes: &mut [u8], at: usize) {
    let sum = xor16(&bytes[at..at + 50]);
    bytes[at + 50..at + 52].copy_from_slice(&sum);
    let mut stream = at + usize::from(u16::from_le_bytes([bytes[at + 8], bytes[at + 9]]));
    for _ in 0..8 {
        let Some(header) = bytes.get_mut(stream..stream + 22) else { return };
        let sum = xor16(&header[..20]);
        header[20..].copy_from_slice(&sum);
        let length = header[8..12].iter().rev().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
        if header.starts_with(b"SPAD") {
            return;
        }
        stream = (stream + 22).saturating_add(length).saturating_add(3) & !3;
    }
}

fn records(bytes: &mut [u8]) {
    let mut at = 0x1e0;
    while let Some(header) = bytes.get(at..at + 28) {
        let size = usize::from(u16::from_le_bytes([header[2], header[3]]));
        match header[0] {
            0x21 => {
                let Some(payload) = bytes.get(at + 28..at + 28 + size) else { return };
                let sum = fold(payload.chunks(4).map(xor32));
                bytes[at + 24..at + 28].copy_from_slice(&sum.to_le_bytes());
                at += 28 + size;
            }
            0x24 => at += 24 + size,
            // Behind padding and indexes: the next record is behind the next filemark.
            _ => at = (at + 1).next_multiple_of(512),
        }
    }
}
