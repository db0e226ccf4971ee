//! The container of compressed media, 'MSSQLBAK' version 2 (bak-format section 7).
//!
//! The media are an ordinary tape, cut at its filemarks. Filemarks lie raw on physical block boundaries;
//! what is between them is a run of records of 24 bytes header each: u8 kind, u8 units, u16 size. Kind
//! 0x21 is data (u32 checksum, `size` bytes that expand to `units` * 512), 0x24 padding, 0x2C the end of a
//! set with an index of its parts.

use super::device::Output;
use super::xpress;
use crate::engine::ServerError;
use crate::engine::bytes::{put, round_up};

/// Where the first record of a file lies.
const FIRST: u64 = 0x1E0;
const RECORD: usize = 24;
const CHUNK: usize = 65_536;

/// XOR-rotate fold of the little-endian words, zero-padded.
pub(crate) fn fold_words(data: &[u8]) -> u32 {
    data.chunks(4).fold(0u32, |sum, bytes| {
        let mut word = [0u8; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        sum.rotate_left(1) ^ u32::from_le_bytes(word)
    })
}

/// Where a backup writes: to the device as it is, or through the compressor.
pub(crate) struct Sink {
    out: Output,
    packer: Option<Packer>,
}

/// The open run of records.
struct Packer {
    /// Place in the expanded media.
    logical: u64,
    /// Place in the expanded media where the run began.
    start: u64,
    pending: Vec<u8>,
    /// Parts of the set: place in the expanded set, place in the file.
    index: Vec<(u64, u64)>,
}

impl Sink {
    pub(crate) fn new(out: Output, compressed: bool) -> Sink {
        let packer = compressed.then(|| Packer { logical: 0, start: 0, pending: Vec::new(), index: Vec::new() });
        Sink { out, packer }
    }

    pub(crate) fn path(&self) -> &str {
        &self.out.path
    }

    /// Server paths of the device's mirrors.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &str> {
        self.out.copies()
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.packer.is_some()
    }

    /// Place in the media, expanded where they are compressed. It begins anew, at the place in the
    /// file, behind every filemark.
    pub(crate) fn offset(&self) -> u64 {
        self.packer.as_ref().map_or(self.out.offset, |packer| packer.logical)
    }

    /// Place in the file.
    pub(crate) fn real_offset(&self) -> u64 {
        self.out.offset
    }

    /// Cuts the device and goes on from there.
    pub(crate) fn cut(&mut self, offset: u64) -> Result<(), ServerError> {
        self.out.cut(offset)?;
        if let Some(packer) = &mut self.packer {
            packer.logical = offset;
            packer.start = offset;
            if offset == 0 {
                let mut head = vec![0u8; FIRST as usize];
                put(&mut head, 0, b"MSSQLBAK");
                put(&mut head, 8, &2u32.to_le_bytes());
                put(&mut head, 12, &3u32.to_le_bytes());
                self.out.write(&head)?;
            }
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, mut data: &[u8]) -> Result<(), ServerError> {
        let Some(packer) = &mut self.packer else { return self.out.write(data) };
        packer.logical += data.len() as u64;
        while !data.is_empty() {
            let take = (CHUNK - packer.pending.len()).min(data.len());
            packer.pending.extend_from_slice(&data[..take]);
            data = &data[take..];
            if packer.pending.len() == CHUNK {
                let chunk = std::mem::take(&mut packer.pending);
                put_records(&mut self.out, &chunk)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ServerError> {
        let Some(packer) = &mut self.packer else { return Ok(()) };
        let chunk = std::mem::take(&mut packer.pending);
        put_records(&mut self.out, &chunk)
    }

    /// Descriptions of the set go on here, behind pages or log.
    pub(crate) fn part(&mut self) -> Result<(), ServerError> {
        self.flush()?;
        if let Some(packer) = &mut self.packer {
            packer.index.push((packer.logical - packer.start, self.out.offset));
        }
        Ok(())
    }

    /// Pages or log begin here.
    pub(crate) fn bulk(&mut self) -> Result<(), ServerError> {
        self.flush()
    }

    /// Ends the run of records at the next physical block, with the index if it was a set.
    pub(crate) fn end_run(&mut self, block: u64, set: bool) -> Result<(), ServerError> {
        self.flush()?;
        let Some(packer) = &mut self.packer else { return Ok(()) };
        let index = std::mem::take(&mut packer.index);
        let end = |behind: u64| round_up(behind, block);
        let mut record = vec![0u8; RECORD];
        if set {
            let least = self.out.offset + RECORD as u64 + 16 + 16 * index.len() as u64 + 16;
            let len = end(least) - self.out.offset - RECORD as u64;
            record[0] = 0x2C;
            let mut body = vec![0u8; usize::try_from(len).unwrap_or(0)];
            for (number, (logical, real)) in index.iter().enumerate() {
                put(&mut body, 16 + 16 * number, &logical.to_le_bytes());
                put(&mut body, 24 + 16 * number, &real.to_le_bytes());
            }
            let sum = fold_words(&body[16..16 + 16 * index.len()]);
            put(&mut body, 0, &[1, 0, 1, 0]);
            put(&mut body, 4, &(index.len() as u32).to_le_bytes());
            put(&mut body, 8, &(len as u32).to_le_bytes());
            put(&mut body, 12, &sum.to_le_bytes());
            let head: Vec<u8> = body[..16].to_vec();
            let last = body.len() - 16;
            put(&mut body, last, &head);
            record.extend(body);
        } else {
            let size = end(self.out.offset + RECORD as u64) - self.out.offset - RECORD as u64;
            record[0] = 0x24;
            put(&mut record, 2, &(size as u16).to_le_bytes());
            record.resize(RECORD + usize::try_from(size).unwrap_or(0), 0);
        }
        self.out.write(&record)
    }

    /// Writes a filemark as it is; the media go on behind it.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), ServerError> {
        self.out.write(bytes)?;
        if let Some(packer) = &mut self.packer {
            packer.logical = self.out.offset;
            packer.start = self.out.offset;
        }
        Ok(())
    }
}

/// One record of data, or two where its payload would not fit the size field.
fn put_records(out: &mut Output, data: &[u8]) -> Result<(), ServerError> {
    if data.is_empty() {
        return Ok(());
    }
    let payload = xpress::compress(data);
    let Ok(size) = u16::try_from(payload.len()) else {
        let (a, b) = data.split_at(data.len() / 1024 * 512);
        put_records(out, a)?;
        return put_records(out, b);
    };
    let mut record = vec![0u8; RECORD + 4];
    record[0] = 0x21;
    record[1] = data.len().div_ceil(512) as u8;
    put(&mut record, 2, &size.to_le_bytes());
    put(&mut record, RECORD, &fold_words(&payload).to_le_bytes());
    record.extend(payload);
    out.write(&record)
}

/// A piece of compressed media: where it is in the expanded media, and where in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) logical: u64,
    pub(crate) len: u64,
    pub(crate) real: u64,
    /// Bytes of the payload; `None` for a raw filemark.
    pub(crate) packed: Option<u16>,
    pub(crate) sum: u32,
}

/// Finds every piece, in order, by the headers alone; ends where the file stops making sense. `read` gives
/// what there is of so many bytes at a place.
pub(crate) fn pieces(
    len: u64,
    read: impl Fn(u64, u64) -> Result<Vec<u8>, ServerError>,
) -> Result<Vec<Piece>, ServerError> {
    let mut out: Vec<Piece> = Vec::new();
    let (mut real, mut logical) = (FIRST, 0);
    while real < len {
        let head = read(real, RECORD as u64 + 8)?;
        if head.len() < RECORD {
            break;
        }
        let size = u16::from_le_bytes([head[2], head[3]]);
        if head.starts_with(b"SFMB") {
            let block = u64::from(u16::from_le_bytes([head[8], head[9]]));
            if block == 0 {
                break;
            }
            out.push(Piece { logical, len: block, real, packed: None, sum: 0 });
            logical += block;
            real += block;
            continue;
        }
        match head[0] {
            0x21 => {
                let sum = crate::engine::bytes::u32_at(&head, RECORD);
                let expanded = u64::from(head[1]) * 512;
                out.push(Piece { logical, len: expanded, real: real + 28, packed: Some(size), sum });
                logical += expanded;
                real += 28 + u64::from(size);
            }
            0x24 => real += RECORD as u64 + u64::from(size),
            0x2C => real += RECORD as u64 + u64::from(crate::engine::bytes::u32_at(&read(real + 32, 4)?, 0)),
            _ => break,
        }
    }
    Ok(out)
}

/// Expands a piece's payload; `None` if its checksum does not fit or it cannot be expanded.
pub(crate) fn unpack(piece: &Piece, payload: &[u8]) -> Option<Vec<u8>> {
    if fold_words(payload) != piece.sum {
        return None;
    }
    xpress::expand(payload, usize::try_from(piece.len).ok()?)
}
