//! Writes small media from nothing, by bak-format alone: no code of the library is used, so that one
//! mistake cannot hide the other. For clones without the corpus, and for damage that must be exact.

mod bytes;
mod header;
pub mod lz;
mod pack;
mod pages;

use bytes::{date, put, text, xor16};
pub use bytes::{fold, guid, xor32};
pub use header::mqci;
use pages::{extent, log_block};

/// `vlf`, `block`, `slot`.
pub type RawLsn = (u32, u32, u16);
/// Year to second.
pub type RawDate = (u64, u64, u64, u64, u64, u64);

/// A database file of a set.
#[derive(Clone, Debug)]
pub struct File {
    pub id: u32,
    pub is_log: bool,
    pub logical: String,
    pub physical: String,
    pub pages: u32,
}

/// A set to write.
#[derive(Clone, Debug)]
pub struct Set {
    pub letter: u8,
    pub major: u8,
    pub name: String,
    pub database: String,
    pub guid: [u8; 16],
    pub flags: u32,
    pub first: RawLsn,
    pub last: RawLsn,
    pub started: RawDate,
    pub finished: RawDate,
    pub files: Vec<File>,
    /// Extents of 64 KiB: the first data block and, from version 15, the late one.
    pub extents: Vec<Vec<u8>>,
    pub late: Vec<Vec<u8>>,
    /// Log blocks of one virtual log file, 21, from its block 40 on.
    pub log: Vec<Vec<u8>>,
    pub with_checksum: bool,
    /// The `MQCI` stream as it is, in place of the set's own.
    pub header: Option<Vec<u8>>,
    /// Bytes of pages that are left out as a hole: for sparse files whose data no one reads.
    pub hole: u64,
}

pub const VLF: u32 = 21;
pub const FIRST_BLOCK: u32 = 40;

impl Set {
    /// A full backup of a database of one data file.
    pub fn full(database: &str, extents: u32) -> Set {
        let extents: Vec<Vec<u8>> = (0..extents).map(|number| extent(1, number * 8, 7)).collect();
        Set {
            letter: b'D',
            major: 13,
            name: format!("{database}-Full Database Backup"),
            database: database.to_owned(),
            guid: guid(database.len() as u8),
            flags: 0x200,
            first: (VLF, FIRST_BLOCK, 37),
            last: (VLF, FIRST_BLOCK + 2, 1),
            started: (2026, 11, 20, 14, 30, 0),
            finished: (2026, 11, 20, 14, 30, 2),
            files: vec![
                File {
                    id: 1,
                    is_log: false,
                    logical: database.to_owned(),
                    physical: format!(r"D:\Data\{database}.mdf"),
                    pages: extents.len() as u32 * 8,
                },
                File {
                    id: 2,
                    is_log: true,
                    logical: format!("{database}_log"),
                    physical: format!(r"E:\Log\{database}.ldf"),
                    pages: 0,
                },
            ],
            extents,
            late: Vec::new(),
            log: vec![log_block(FIRST_BLOCK, 1, 3), log_block(FIRST_BLOCK + 1, 2, 5)],
            with_checksum: false,
            header: None,
            hole: 0,
        }
    }

    /// A log backup.
    pub fn log(database: &str) -> Set {
        let mut set = Set::full(database, 0);
        set.letter = b'L';
        set.guid = guid(99);
        set
    }
}

/// A medium as it grows.
pub struct Medium {
    /// What is written and not yet taken.
    pub bytes: Vec<u8>,
    /// Where that begins in the file.
    base: usize,
    /// Pieces between holes.
    pieces: Vec<(u64, Vec<u8>)>,
    physical: usize,
    /// Filemarks, oldest first.
    marks: Vec<u64>,
    /// Where each block of the image begins that a compressor starts a record at.
    pub cuts: Vec<usize>,
    sets: u16,
}

/// What a label says.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    pub physical: usize,
    pub families: u16,
    pub family: u16,
    pub media_name: &'static str,
}

impl Default for Label {
    fn default() -> Label {
        Label { physical: 512, families: 1, family: 1, media_name: "" }
    }
}

impl Medium {
    pub fn new(label: Label) -> Medium {
        let mut medium = Medium {
            bytes: Vec::new(),
            base: 0,
            pieces: Vec::new(),
            physical: label.physical,
            marks: Vec::new(),
            cuts: Vec::new(),
            sets: 0,
        };
        let mut tape = vec![0; 140];
        put(&mut tape, 52, &(0x2add_e7e2u32 + u32::from(label.family)).to_le_bytes());
        put(&mut tape, 60, &1u16.to_le_bytes());
        put(&mut tape, 64, &((label.physical / 512) as u16).to_le_bytes());
        text(&mut tape, 68, label.media_name);
        text(&mut tape, 80, "Microsoft SQL Server");
        put(&mut tape, 84, &1024u16.to_le_bytes());
        put(&mut tape, 86, &4608u16.to_le_bytes());
        put(&mut tape, 88, &date((2026, 11, 20, 14, 29, 59)));
        medium.block(b"TAPE", 0, tape, 0, 0);
        let mut raid = guid(200).to_vec();
        raid.extend(0xf000_00adu32.to_le_bytes());
        raid.extend([label.families, 1, label.family, 0, 0, 1].iter().flat_map(|word: &u16| word.to_le_bytes()));
        medium.stream(b"RAID", 0, &raid);
        medium.pad_to(0, label.physical.max(1024));
        medium.mark();
        medium
    }

    /// Appends a set.
    pub fn add(mut self, set: &Set) -> Medium {
        self.sets += 1;
        let start = self.at();
        self.sset(set, start);
        let mut volume = vec![0; 68];
        text(&mut volume, 64, "DBHOST");
        self.block(b"VOLB", 1, volume, start, 0);
        self.pad(start);
        let mut number = 2;
        self.header(b"MSCI", &mut number, set, start, false);
        if set.hole > 0 {
            self.data_hole(&mut number, set.hole, start);
        }
        for extents in [&set.extents, &set.late] {
            if !extents.is_empty() {
                self.cuts.push(self.at());
                self.data(&mut number, extents, set.with_checksum, start);
            }
        }
        self.cuts.push(self.at());
        self.log(&mut number, set, start);
        self.header(b"MSLS", &mut number, set, start, true);
        self.mark();
        for id in 0..2 {
            let at = self.at();
            self.block(b"ESET", id, vec![0; 88], at, 0);
            if id == 0 {
                self.stream(b"TSMP", 0, &[0; 64]);
            }
            self.pad_to_mark(at);
        }
        self.mark();
        self
    }

    fn sset(&mut self, set: &Set, start: usize) {
        let mut sset = vec![0; 132];
        sset[52] = if set.letter == b'I' { 8 } else { 4 };
        put(&mut sset, 44, &21u16.to_le_bytes());
        put(&mut sset, 46, &100u16.to_le_bytes());
        put(&mut sset, 60, &4608u16.to_le_bytes());
        put(&mut sset, 62, &self.sets.to_le_bytes());
        put(&mut sset, 80, &(start as u64).to_le_bytes());
        put(&mut sset, 88, &date(set.started));
        (sset[93], sset[95]) = (set.major, 14);
        put(&mut sset, 100, &set.guid);
        text(&mut sset, 64, &set.name);
        text(&mut sset, 76, r"DOMAIN\admin");
        self.block(b"SSET", 0, sset, start, 0);
        self.pad(start);
    }

    /// `MSCI` or `MSLS` with its `MQCI`.
    fn header(&mut self, kind: &[u8; 4], number: &mut u32, set: &Set, start: usize, is_back: bool) {
        self.block(kind, *number, vec![0; 56], start, 0);
        *number += 1;
        let mqci = set.header.clone().unwrap_or_else(|| mqci(set, is_back));
        self.stream(b"MQCI", 0, &mqci);
        if is_back { self.pad_to_mark(start) } else { self.pad(start) }
    }

    fn data(&mut self, number: &mut u32, extents: &[Vec<u8>], with_checksum: bool, start: usize) {
        self.block(b"MSDA", *number, vec![0; 60], start, 0);
        *number += 1;
        self.align_data();
        let data: Vec<u8> = extents.concat();
        self.protected_stream(b"MQDA", 0x02, &data, with_checksum);
        self.stream(b"MQDA", 0x06, &[]);
        self.pad(start);
    }

    /// A data block whose pages are a hole.
    fn data_hole(&mut self, number: &mut u32, hole: u64, start: usize) {
        self.block(b"MSDA", *number, vec![0; 60], start, 0);
        *number += 1;
        self.align_data();
        let mut header = stream_header(b"MQDA", 0x02, hole + 2).to_vec();
        header.extend([0, 0]);
        self.bytes.extend(header);
        self.take();
        self.base += hole as usize;
        self.pad(start);
    }

    /// Where the next byte goes in the file.
    fn at(&self) -> usize {
        self.base + self.bytes.len()
    }

    /// Puts what is written aside.
    fn take(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.pieces.push((self.base as u64, bytes));
        self.base = self.pieces.last().map_or(0, |(at, bytes)| *at as usize + bytes.len());
    }

    /// What is written since the last call, with its places in the file; between them are holes.
    pub fn pieces(&mut self) -> Vec<(u64, Vec<u8>)> {
        self.take();
        std::mem::take(&mut self.pieces)
    }

    fn log(&mut self, number: &mut u32, set: &Set, start: usize) {
        let mut block = vec![0; 0x250];
        let vlf_offset = 0x2000u64;
        let from = vlf_offset + u64::from(FIRST_BLOCK) * 512;
        let length: usize = set.log.iter().map(Vec::len).sum();
        for (at, value) in [(0x3c, from), (0x44, from + length as u64), (0x60, 0x10_0000), (0x68, vlf_offset)] {
            put(&mut block, at, &value.to_le_bytes());
        }
        put(&mut block, 0x4c, &2u32.to_le_bytes());
        put(&mut block, 0x5c, &VLF.to_le_bytes());
        self.block(b"MSTL", *number, block, start, 0);
        *number += 1;
        if length > 0 {
            self.align_data();
            let mut data = set.log.concat();
            data.resize(length.next_multiple_of(65_536), 0);
            self.protected_stream(b"MQTL", 0, &data, set.with_checksum);
        }
        self.pad(start);
    }

    /// A stream of two bytes and data and, if wanted, its `CSUM`.
    fn protected_stream(&mut self, name: &[u8; 4], attributes: u16, data: &[u8], with_checksum: bool) {
        let mut whole = vec![0, 0];
        whole.extend(data);
        self.stream(name, attributes | if with_checksum { 0x100 } else { 0 }, &whole);
        if with_checksum {
            let sum = fold(data.chunks(512).map(xor32));
            self.stream(b"CSUM", 0, &sum.to_le_bytes());
        }
    }

    fn block(&mut self, name: &[u8; 4], number: u32, mut block: Vec<u8>, start: usize, attributes: u32) {
        // The first stream stands on a multiple of four behind the strings.
        block.resize(block.len().next_multiple_of(4), 0);
        put(&mut block, 0, name);
        put(&mut block, 4, &attributes.to_le_bytes());
        let first = if name == b"SFMB" { self.physical } else { block.len() };
        put(&mut block, 8, &(first as u16).to_le_bytes());
        (block[10], block[11], block[48]) = (14, 1, 2);
        put(&mut block, 20, &(((self.at() - start) / 1024) as u64).to_le_bytes());
        put(&mut block, 36, &number.to_le_bytes());
        let sum = xor16(&block[..50]);
        put(&mut block, 50, &sum.to_le_bytes());
        self.bytes.extend(block);
    }

    fn stream(&mut self, name: &[u8; 4], attributes: u16, data: &[u8]) {
        self.bytes.extend(stream_header(name, attributes, data.len() as u64));
        self.bytes.extend(data);
        if name != b"SPAD" {
            self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        }
    }

    /// `SPAD` up to a multiple of 1024 from the set's start.
    fn pad(&mut self, start: usize) {
        self.pad_to(start, 1024);
    }

    /// `SPAD` up to where a filemark may stand.
    fn pad_to_mark(&mut self, start: usize) {
        if self.physical > 1024 { self.pad_to(0, self.physical) } else { self.pad(start) }
    }

    fn pad_to(&mut self, start: usize, unit: usize) {
        let end = start + (self.at() + 22 - start).next_multiple_of(unit);
        let fill = vec![0; end - self.at() - 22];
        self.stream(b"SPAD", 0, &fill);
    }

    /// `APAD` so that the data of the next stream, behind its two bytes, stands on a physical block.
    fn align_data(&mut self) {
        let next = (self.at() + 22 + 24).next_multiple_of(self.physical) - 24;
        let fill = vec![0; next - self.at() - 22];
        self.stream(b"APAD", 0x80, &fill);
    }

    fn mark(&mut self) {
        let at = self.at();
        assert_eq!(at % self.physical, 0, "filemarks stand on physical blocks");
        let mut mark = vec![0; self.physical];
        let room = (self.physical - 0x48) / 8;
        put(&mut mark, 52, &(room as u32).to_le_bytes());
        let used = self.marks.len().min(room);
        put(&mut mark, 56, &(used as u32).to_le_bytes());
        put(&mut mark, 60, &0x48u32.to_le_bytes());
        for (index, earlier) in self.marks.iter().rev().take(used).enumerate() {
            put(&mut mark, 0x48 + index * 8, &earlier.to_le_bytes());
        }
        self.marks.push(at as u64);
        self.block(b"SFMB", 0, mark, at, 0x8000_0000);
    }
}

fn stream_header(name: &[u8; 4], attributes: u16, length: u64) -> [u8; 22] {
    let mut header = [0; 22];
    header[..4].copy_from_slice(name);
    header[6..8].copy_from_slice(&attributes.to_le_bytes());
    header[8..16].copy_from_slice(&length.to_le_bytes());
    let sum = xor16(&header[..20]);
    header[20..].copy_from_slice(&sum.to_le_bytes());
    header
}
