//! The log file: virtual log files one after the other, written block by block.
//!
//! The file begins with a header page of 8 KiB; each virtual log file begins with a header of 8 KiB
//! (only its first sector is used, layout ours: 0xAB, u32@4 sequence number, u64@8 size, u64@16 offset,
//! LSN10@24 end of the log when it was created), so that its first block has number 16.

use std::fs::File;
use std::io;

use super::block::{self, Block};
use super::change::Record;
use crate::engine::bytes::{array_at, put, u8_at, u32_at, u64_at};
use crate::engine::disk::{read_at, write_at};
use crate::engine::lsn::Lsn;

/// Bytes of the file header, and of each virtual log file's header.
const HEADER: u64 = 8192;
/// Number of the first block of a virtual log file.
const FIRST_BLOCK: u32 = (HEADER / 512) as u32;
/// Size of the virtual log files of a new log, as SQL Server lays out 8 MB.
const FIRST_VLF: u64 = 0x1F_0000;
/// By how much the log grows when it is full.
const GROWTH: u64 = 0x100_0000;

/// A virtual log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vlf {
    pub(crate) offset: u64,
    pub(crate) size: u64,
    /// 0 until it is used.
    pub(crate) sequence: u32,
    /// End of the log when the file grew by this one; zero for the first ones.
    pub(crate) created: Lsn,
}

/// The log of one database.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    vlfs: Vec<Vlf>,
    active: usize,
    /// Where the next block begins.
    position: u32,
    previous_length: u16,
    open: Vec<Vec<u8>>,
    open_bytes: usize,
    /// Blocks that are not on disk yet.
    waiting: Vec<(u64, Vec<u8>)>,
    /// Everything before it may be overwritten.
    keep_from: Lsn,
}

/// A place to go back to when a transaction fails.
#[derive(Debug)]
pub(crate) struct LogMark {
    vlfs: Vec<Vlf>,
    active: usize,
    position: u32,
    previous_length: u16,
    open: Vec<Vec<u8>>,
    open_bytes: usize,
    waiting: usize,
}

impl Log {
    /// Lays out a new log over `size` bytes of `file`; its first virtual log file has number `sequence`.
    pub(crate) fn create(file: File, size: u64, sequence: u32) -> io::Result<Log> {
        file.set_len(size)?;
        let count = if size >= HEADER + 4 * FIRST_VLF { 4 } else { 1 };
        let part = (size - HEADER) / count / 8192 * 8192;
        let part = if count == 4 && size < 64 << 20 { part.min(FIRST_VLF) } else { part };
        let mut vlfs = Vec::new();
        for index in 0..count {
            let offset = HEADER + index * part;
            let size = if index + 1 == count { size - offset } else { part };
            vlfs.push(Vlf { offset, size, sequence: 0, created: Lsn::ZERO });
        }
        let mut log = Log::over(file, vlfs);
        log.vlfs[0].sequence = sequence;
        log.keep_from = Lsn::new(sequence, FIRST_BLOCK, 1);
        (0..log.vlfs.len()).try_for_each(|index| log.write_header(index))?;
        Ok(log)
    }

    /// A log whose virtual log files a backup describes; their blocks follow with [`Log::write_vlf`].
    pub(crate) fn laid_out(file: File, mut vlfs: Vec<Vlf>) -> io::Result<Log> {
        vlfs.sort_by_key(|vlf| vlf.offset);
        vlfs.dedup_by_key(|vlf| vlf.offset);
        for vlf in &mut vlfs {
            vlf.sequence = 0;
        }
        if vlfs.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no virtual log file"));
        }
        let log = Log::over(file, vlfs);
        log.file.set_len(log.size())?;
        (0..log.vlfs.len()).try_for_each(|index| log.write_header(index))?;
        Ok(log)
    }

    /// Opens a log and finds its end.
    pub(crate) fn open(file: File) -> io::Result<Log> {
        let len = file.metadata()?.len();
        let mut vlfs = Vec::new();
        let mut offset = HEADER;
        while offset + HEADER <= len {
            let mut head = [0u8; 64];
            read_at(&file, &mut head, offset)?;
            let size = u64_at(&head, 8);
            if u8_at(&head, 0) != 0xAB || size < 2 * HEADER || u64_at(&head, 16) != offset {
                break;
            }
            let created = Lsn::from_bytes(array_at(&head, 24));
            vlfs.push(Vlf { offset, size, sequence: u32_at(&head, 4), created });
            offset += size;
        }
        if vlfs.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no virtual log file"));
        }
        let mut log = Log::over(file, vlfs);
        log.find_end()?;
        Ok(log)
    }

    fn over(file: File, vlfs: Vec<Vlf>) -> Log {
        Log {
            file,
            vlfs,
            active: 0,
            position: FIRST_BLOCK,
            previous_length: 512,
            open: Vec::new(),
            open_bytes: 0,
            waiting: Vec::new(),
            keep_from: Lsn::ZERO,
        }
    }

    /// Sets the end of the log behind the last good block of the newest virtual log file.
    pub(crate) fn find_end(&mut self) -> io::Result<()> {
        self.active = (0..self.vlfs.len()).max_by_key(|&index| self.vlfs[index].sequence).unwrap_or(0);
        let vlf = self.vlfs[self.active];
        self.position = FIRST_BLOCK;
        while let Some(block) = self.read_block(vlf, self.position)? {
            self.position += u32::try_from(block.length / 512).unwrap_or(1);
            self.previous_length = u16::try_from(block.length).unwrap_or(512);
        }
        Ok(())
    }

    /// The virtual log files, in the order of the file.
    pub(crate) fn vlfs(&self) -> &[Vlf] {
        &self.vlfs
    }

    /// Bytes of the file.
    pub(crate) fn size(&self) -> u64 {
        self.vlfs.last().map_or(0, |vlf| vlf.offset + vlf.size)
    }

    /// The LSN that the next record of a new block will have: the end of the log.
    pub(crate) fn end(&self) -> Lsn {
        if self.open.is_empty() {
            Lsn::new(self.vlfs[self.active].sequence, self.position, 1)
        } else {
            let length = block::length_for(self.open_bytes, self.open.len());
            Lsn::new(self.vlfs[self.active].sequence, self.position + (length / 512) as u32, 1)
        }
    }

    /// Lets everything before `lsn` be overwritten.
    pub(crate) fn truncate_before(&mut self, lsn: Lsn) {
        self.keep_from = lsn;
    }

    /// Adds a record, to be written with the next [`Log::flush`].
    pub(crate) fn append(&mut self, record: &Record) -> io::Result<Lsn> {
        let bytes = record.encode();
        let vlf = self.vlfs[self.active];
        let room = usize::try_from(vlf.size.saturating_sub(u64::from(self.position) * 512)).unwrap_or(0);
        let needed = block::length_for(self.open_bytes + block::padded(bytes.len()), self.open.len() + 1);
        if needed > room.min(block::MAX) {
            self.seal();
            let room = self.vlfs[self.active].size.saturating_sub(u64::from(self.position) * 512);
            if block::length_for(block::padded(bytes.len()), 1) as u64 > room {
                self.next_vlf()?;
            }
        }
        self.open_bytes += block::padded(bytes.len());
        self.open.push(bytes);
        let slot = u16::try_from(self.open.len()).unwrap_or(u16::MAX);
        Ok(Lsn::new(self.vlfs[self.active].sequence, self.position, slot))
    }

    /// Writes everything that was appended.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.seal();
        for (offset, bytes) in &self.waiting {
            write_at(&self.file, bytes, *offset)?;
        }
        self.waiting.clear();
        Ok(())
    }

    fn seal(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let vlf = self.vlfs[self.active];
        let bytes = block::build(vlf.sequence, self.position, self.previous_length, &self.open);
        self.previous_length = u16::try_from(bytes.len()).unwrap_or(512);
        let offset = vlf.offset + u64::from(self.position) * 512;
        self.position += (bytes.len() / 512) as u32;
        self.waiting.push((offset, bytes));
        self.open.clear();
        self.open_bytes = 0;
    }

    /// Goes on in a virtual log file that may be overwritten, or in a new one.
    fn next_vlf(&mut self) -> io::Result<()> {
        let sequence = self.vlfs[self.active].sequence + 1;
        let free = |index: &usize| self.vlfs[*index].sequence < self.keep_from.vlf;
        let next = (1..self.vlfs.len()).map(|step| (self.active + step) % self.vlfs.len()).find(free);
        let next = match next {
            Some(index) => index,
            None => {
                let offset = self.size();
                self.vlfs.push(Vlf { offset, size: GROWTH, sequence: 0, created: self.end() });
                self.file.set_len(offset + GROWTH)?;
                self.vlfs.len() - 1
            }
        };
        self.vlfs[next].sequence = sequence;
        self.active = next;
        self.position = FIRST_BLOCK;
        self.write_header(next)
    }

    fn write_header(&self, index: usize) -> io::Result<()> {
        let vlf = self.vlfs[index];
        let mut head = [0u8; 512];
        head[0] = 0xAB;
        put(&mut head, 4, &vlf.sequence.to_le_bytes());
        put(&mut head, 8, &vlf.size.to_le_bytes());
        put(&mut head, 16, &vlf.offset.to_le_bytes());
        put(&mut head, 24, &vlf.created.bytes());
        write_at(&self.file, &head, vlf.offset)
    }

    /// Notes the state before a transaction.
    pub(crate) fn mark(&self) -> LogMark {
        LogMark {
            vlfs: self.vlfs.clone(),
            active: self.active,
            position: self.position,
            previous_length: self.previous_length,
            open: self.open.clone(),
            open_bytes: self.open_bytes,
            waiting: self.waiting.len(),
        }
    }

    /// Forgets what was appended since `mark` and is not on disk.
    pub(crate) fn back_to(&mut self, mark: LogMark) -> io::Result<()> {
        self.waiting.truncate(mark.waiting);
        self.vlfs = mark.vlfs;
        self.active = mark.active;
        self.position = mark.position;
        self.previous_length = mark.previous_length;
        self.open = mark.open;
        self.open_bytes = mark.open_bytes;
        self.file.set_len(self.size())?;
        (0..self.vlfs.len()).try_for_each(|index| self.write_header(index))
    }

    fn read_block(&self, vlf: Vlf, number: u32) -> io::Result<Option<Block>> {
        let start = u64::from(number) * 512;
        if start + 512 > vlf.size {
            return Ok(None);
        }
        let len = (vlf.size - start).min(block::MAX as u64 + 512);
        let mut bytes = vec![0u8; usize::try_from(len).unwrap_or(0)];
        read_at(&self.file, &mut bytes, vlf.offset + start)?;
        Ok(block::parse(&bytes).filter(|block| block.vlf == vlf.sequence && block.number == number))
    }

    /// Where the log from `from` (its whole block) to the end lies in each virtual log file: index,
    /// first byte, byte after the last. A virtual log file without any of it has an empty range.
    pub(crate) fn ranges(&self, from: Lsn) -> io::Result<Vec<(usize, u64, u64)>> {
        let mut out = Vec::new();
        for (index, vlf) in self.vlfs.iter().enumerate() {
            if vlf.sequence < from.vlf || vlf.sequence == 0 {
                out.push((index, 0, 0));
                continue;
            }
            let first = if vlf.sequence == from.vlf { from.block } else { FIRST_BLOCK };
            let mut end = first;
            if index == self.active {
                end = self.position;
            } else {
                while let Some(block) = self.read_block(*vlf, end)? {
                    end += (block.length / 512) as u32;
                }
            }
            let range = (vlf.offset + u64::from(first) * 512, vlf.offset + u64::from(end) * 512);
            out.push(if end > first { (index, range.0, range.1) } else { (index, 0, 0) });
        }
        Ok(out)
    }

    /// Reads raw bytes of the file.
    pub(crate) fn read_raw(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_at(&self.file, out, offset)
    }

    /// Every record from `from` on, in order, with its LSN.
    pub(crate) fn records(&self, from: Lsn) -> io::Result<Vec<(Lsn, Record)>> {
        let mut used: Vec<Vlf> = self.vlfs.iter().copied().filter(|vlf| vlf.sequence >= from.vlf.max(1)).collect();
        used.sort_by_key(|vlf| vlf.sequence);
        let mut out = Vec::new();
        for vlf in used {
            let mut number = if vlf.sequence == from.vlf { from.block } else { FIRST_BLOCK };
            while let Some(block) = self.read_block(vlf, number)? {
                number += (block.length / 512) as u32;
                push_records(&block, from, &mut out);
            }
        }
        Ok(out)
    }

    /// Puts blocks of a backup back where they were, laying the virtual log file out if needed.
    pub(crate) fn write_vlf(&mut self, vlf: Vlf, start: u64, bytes: &[u8]) -> io::Result<()> {
        match self.vlfs.iter_mut().find(|own| own.offset == vlf.offset) {
            Some(own) => *own = vlf,
            None => self.vlfs.push(vlf),
        }
        self.vlfs.sort_by_key(|vlf| vlf.offset);
        if self.file.metadata()?.len() < self.size() {
            self.file.set_len(self.size())?;
        }
        if let Some(index) = self.vlfs.iter().position(|own| own.offset == vlf.offset) {
            self.write_header(index)?;
        }
        if !bytes.is_empty() {
            write_at(&self.file, bytes, start)?;
        }
        Ok(())
    }

    /// Ends the log at `lsn`: what follows it on disk counts no more.
    pub(crate) fn cut_at(&mut self, lsn: Lsn) -> io::Result<()> {
        for index in 0..self.vlfs.len() {
            if self.vlfs[index].sequence > lsn.vlf {
                self.vlfs[index].sequence = 0;
                self.write_header(index)?;
            }
        }
        if let Some(index) = self.vlfs.iter().position(|vlf| vlf.sequence == lsn.vlf && lsn.vlf != 0) {
            let vlf = self.vlfs[index];
            let offset = vlf.offset + u64::from(lsn.block) * 512;
            let end = (offset + block::MAX as u64).min(vlf.offset + vlf.size);
            if offset < end {
                write_at(&self.file, &vec![0; usize::try_from(end - offset).unwrap_or(0)], offset)?;
            }
        }
        self.find_end()
    }
}

/// The records of raw log bytes (a backup's `MQTL`), in order, with their LSNs.
pub(crate) fn records_of(bytes: &[u8], out: &mut Vec<(Lsn, Record)>) {
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(block::parse) {
        at += block.length;
        push_records(&block, Lsn::ZERO, out);
    }
}

fn push_records(block: &Block, from: Lsn, out: &mut Vec<(Lsn, Record)>) {
    for (index, bytes) in block.records.iter().enumerate() {
        let lsn = Lsn::new(block.vlf, block.number, u16::try_from(index + 1).unwrap_or(u16::MAX));
        if lsn >= from {
            out.extend(Record::decode(bytes).map(|record| (lsn, record)));
        }
    }
}
