//! Little-endian fields of byte slices. A field outside the slice reads as zero, so that a torn file
//! leads to a failed check and never to a panic.

pub(crate) fn u8_at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|part| part.try_into().ok()).unwrap_or([0; N])
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// Writes `value` at `at`; what does not fit is left out.
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(part) = bytes.get_mut(at..at + value.len()) {
        part.copy_from_slice(value);
    }
}

/// UTF-16LE of a text.
pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Text of UTF-16LE bytes; a half surrogate becomes U+FFFD.
pub(crate) fn from_utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// `value` rounded up to a multiple of `step`.
pub(crate) const fn round_up(value: u64, step: u64) -> u64 {
    value.div_ceil(step) * step
}
