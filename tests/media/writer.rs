//! Writes small media from nothing, by bak-format alone: no code of the library is used, so that one
//! mistake cannot hide the other. For clones without the corpus, and for damage that must be exact.

use crate::lz;

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

pub fn guid(seed: u8) -> [u8; 16] {
    std::array::from_fn(|index| seed.wrapping_mul(17).wrapping_add(index as u8 + 1))
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

    /// The medium as a compressed one: records of up to 64 KiB, filemarks raw, an index behind each set.
    ///
    /// The offsets that filemarks and sets name become those of the new file.
    pub fn compressed(&self) -> Vec<u8> {
        let mut file = vec![0; 0x1e0];
        put(&mut file, 0, b"MSSQLBAK");
        put(&mut file, 8, &2u32.to_le_bytes());
        put(&mut file, 12, &3u32.to_le_bytes());
        let mut at = 0;
        let mut new_marks: Vec<u64> = Vec::new();
        for (number, mark) in self.marks.iter().enumerate() {
            let mark = *mark as usize;
            let mut run = self.bytes[at..mark].to_vec();
            let is_set = number % 2 == 1;
            if is_set {
                let place = file.len() as u64;
                put(&mut run, 80, &place.to_le_bytes());
            }
            let mut cuts: Vec<usize> =
                self.cuts.iter().filter(|cut| (at..mark).contains(*cut)).map(|cut| cut - at).collect();
            cuts.push(run.len());
            let mut index: Vec<(u64, u64)> = Vec::new();
            let mut from = 0;
            for cut in cuts {
                while from < cut {
                    let to = cut.min(from + 65_536);
                    record(&mut file, &run[from..to]);
                    from = to;
                }
                if cut < run.len() {
                    index.push((cut as u64, file.len() as u64));
                }
            }
            if is_set {
                self.end_of_set(&mut file, &index)
            } else {
                padding(&mut file, self.physical)
            }
            let mut raw = self.bytes[mark..mark + self.physical].to_vec();
            for (slot, earlier) in new_marks.iter().rev().enumerate() {
                put(&mut raw, 0x48 + slot * 8, &earlier.to_le_bytes());
            }
            new_marks.push(file.len() as u64);
            file.extend(raw);
            at = mark + self.physical;
        }
        file
    }

    /// Where the filemarks of a file lie that [`Medium::compressed`] made.
    pub fn marks_of(&self, file: &[u8]) -> Vec<usize> {
        (0..file.len()).step_by(512).filter(|at| file[*at..].starts_with(b"SFMB")).collect()
    }

    fn end_of_set(&self, file: &mut Vec<u8>, index: &[(u64, u64)]) {
        let mut end = [0; 24];
        end[0] = 0x2c;
        file.extend(end);
        let entries: Vec<u8> =
            index.iter().flat_map(|(image, at)| [image.to_le_bytes(), at.to_le_bytes()].concat()).collect();
        let to = (file.len() + 32 + entries.len()).next_multiple_of(self.physical);
        let mut head = vec![1, 0, 1, 0];
        head.extend((index.len() as u32).to_le_bytes());
        head.extend(((to - file.len()) as u32).to_le_bytes());
        head.extend(fold(entries.chunks(4).map(xor32)).to_le_bytes());
        file.extend(&head);
        file.extend(entries);
        file.resize(to - 16, 0);
        file.extend(head);
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

/// A data record.
fn record(file: &mut Vec<u8>, plain: &[u8]) {
    let payload = lz::compress(plain);
    assert!(plain.len().is_multiple_of(512) && payload.len() <= 0xffff, "fits a record");
    let mut header = [0xee; 24];
    header[..4].copy_from_slice(&[0x21, (plain.len() / 512) as u8, payload.len() as u8, (payload.len() >> 8) as u8]);
    file.extend(header);
    file.extend(fold(payload.chunks(4).map(xor32)).to_le_bytes());
    file.extend(payload);
}

fn padding(file: &mut Vec<u8>, physical: usize) {
    let to = (file.len() + 24).next_multiple_of(physical);
    let length = to - file.len() - 24;
    let mut header = [0xee; 24];
    header[..4].copy_from_slice(&[0x24, 0, length as u8, (length >> 8) as u8]);
    file.extend(header);
    file.resize(to, 0);
}

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

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Appends a string and names its size and offset at `at`.
fn text(bytes: &mut Vec<u8>, at: usize, value: &str) {
    text_at(bytes, at, at + 2, value);
}

fn text_at(bytes: &mut Vec<u8>, size_at: usize, offset_at: usize, value: &str) {
    let units: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let offset = bytes.len() as u16;
    put(bytes, size_at, &(units.len() as u16).to_le_bytes());
    put(bytes, offset_at, &offset.to_le_bytes());
    bytes.extend(units);
}

fn date((year, month, day, hour, minute, second): RawDate) -> [u8; 5] {
    let bits = year << 26 | month << 22 | day << 17 | hour << 12 | minute << 6 | second;
    std::array::from_fn(|index| (bits >> (32 - index * 8)) as u8)
}

fn lsn_bytes((vlf, block, slot): RawLsn) -> Vec<u8> {
    [vlf.to_le_bytes().as_slice(), &block.to_le_bytes(), &slot.to_le_bytes()].concat()
}

fn xor16(bytes: &[u8]) -> u16 {
    (0..bytes.len()).step_by(2).fold(0, |sum, at| sum ^ (u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8))
}

pub fn xor32(bytes: &[u8]) -> u32 {
    (0..bytes.len()).fold(0, |sum, at| sum ^ u32::from(bytes[at]) << (at % 4 * 8))
}

pub fn fold(words: impl Iterator<Item = u32>) -> u32 {
    words.fold(0u32, |sum, word| sum.rotate_left(1) ^ word)
}
