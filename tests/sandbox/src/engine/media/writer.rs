//! Writes one media family, block by block, in the order of bak-format section 2:
//! `TAPE SFMB { SSET VOLB MSCI MSDA* MSTL+ MSLS SFMB ESET ESET SFMB }+`.

use super::blocks::{BlockHeader, STREAM_HEADER, stream_header};
use super::date;
use super::device::Output;
use super::header::{Label, SetLabel};
use super::packed::Sink;
use super::reader::Media;
use super::set_map::{MapEntry, set_map};
use crate::engine::ServerError;
use crate::engine::bytes::{put, round_up, utf16};
use crate::engine::checksum::SectorFold;
use crate::engine::log::Vlf;

/// The volume that VOLB names.
pub(crate) const VOLUME: &str = "Windows";
/// `SoftwareVendorId` of Microsoft.
const VENDOR: u16 = 4608;
/// Log data is padded to this.
const LOG_UNIT: u64 = 65_536;

/// What data is aligned to: the physical block, but 1 KiB at least.
pub(crate) fn unit_of(block: u64) -> u64 {
    block.max(1024)
}

/// The log of one virtual log file, for an MSTL block; no bytes for one that is only described.
#[derive(Debug)]
pub(crate) struct LogPart {
    pub(crate) file: u16,
    pub(crate) vlf: Vlf,
    pub(crate) start: u64,
    pub(crate) bytes: Vec<u8>,
}

/// A media family under a backup.
pub(crate) struct Family {
    out: Sink,
    block: u64,
    label: Label,
    filemarks: Vec<u64>,
    earlier: Vec<MapEntry>,
    set: Option<SetLabel>,
    sset: u64,
    control: u32,
    checksum: bool,
    fold: SectorFold,
}

impl Family {
    /// Writes a new label and its filemark.
    pub(crate) fn format(out: Output, block: u64, label: Label, compressed: bool) -> Result<Family, ServerError> {
        let mut family = Family::over(Sink::new(out, compressed), block, label);
        family.out.cut(0)?;
        family.tape()?;
        family.out.end_run(block, false)?;
        family.filemark(false)?;
        Ok(family)
    }

    /// Goes on behind the last set of existing media, or over its sets (`init`).
    pub(crate) fn append(out: Output, media: &Media, init: bool) -> Result<Family, ServerError> {
        let end = if init { media.first_set } else { media.end };
        let mut family = Family::over(Sink::new(out, media.compressed), media.block, media.label.clone());
        family.out.cut(end)?;
        family.filemarks = media.filemarks.iter().copied().filter(|mark| *mark < end).collect();
        if !init {
            family.earlier = media.sets.iter().map(|set| set.map_entry()).collect();
        }
        Ok(family)
    }

    fn over(out: Sink, block: u64, label: Label) -> Family {
        Family {
            out,
            block,
            label,
            filemarks: Vec::new(),
            earlier: Vec::new(),
            set: None,
            sset: 0,
            control: 0,
            checksum: false,
            fold: SectorFold::default(),
        }
    }

    /// The label of the family.
    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    /// The server path of the device.
    pub(crate) fn path(&self) -> &str {
        self.out.path()
    }

    /// Server paths of its mirrors.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &str> {
        self.out.copies()
    }

    /// Physical block size in bytes.
    pub(crate) fn block(&self) -> u64 {
        self.block
    }

    /// Whether the media are compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        self.out.is_packed()
    }

    /// Bytes that the set takes in the file so far, as `CompressedBackupSize` counts them.
    pub(crate) fn real_size_so_far(&self) -> u64 {
        self.out.real_offset() - self.sset + unit_of(self.block)
    }

    /// Bytes of the set so far, as `BackupSize` counts them: with one unit for the label.
    pub(crate) fn size_so_far(&self) -> u64 {
        self.out.offset() - self.sset + unit_of(self.block)
    }

    fn tape(&mut self) -> Result<(), ServerError> {
        let label = self.label.clone();
        let mut head = BlockHeader::new(b"TAPE", 0x3_0000, 94);
        head.utf16_strings();
        head.set(52, &label.family_id.to_le_bytes());
        head.set(56, &5u32.to_le_bytes());
        head.set(60, &1u16.to_le_bytes());
        head.set(64, &((self.block / 512) as u16).to_le_bytes());
        head.set(66, &3u16.to_le_bytes());
        head.add(68, &utf16(label.name.as_deref().unwrap_or_default()));
        head.add(72, &utf16(label.description.as_deref().unwrap_or_default()));
        // The only string that carries its terminator, and one more.
        head.add(80, &utf16(&format!("{}\0\0", label.software)));
        head.set(84, &1024u16.to_le_bytes());
        head.set(86, &label.vendor.to_le_bytes());
        head.set(88, &date::to_bytes(label.date));
        head.set(93, &[1]);
        let start = self.out.offset();
        self.out.write(&head.finish(0, 0))?;
        let mut raid = [0u8; 32];
        put(&mut raid, 0, &label.set_id.to_bytes_le());
        put(&mut raid, 16, &0xF000_00ADu32.to_le_bytes());
        put(&mut raid, 20, &label.families.to_le_bytes());
        // Real media without mirrors have 1 here and at 30; which of them counts mirrors is not known.
        put(&mut raid, 22, &label.mirrors.to_le_bytes());
        put(&mut raid, 24, &label.family.to_le_bytes());
        put(&mut raid, 30, &1u16.to_le_bytes());
        self.stream(b"RAID", 0, &raid)?;
        self.pad(start, unit_of(self.block))
    }

    /// A filemark; `closes` a set.
    fn filemark(&mut self, closes: bool) -> Result<(), ServerError> {
        let size = self.block as usize;
        let capacity = (size - 72) / 8;
        let attributes = if closes && self.out.is_packed() { 0x8004_0000 } else { 0x8000_0000 };
        let mut head = BlockHeader::new(b"SFMB", attributes, size);
        head.set(52, &(capacity as u32).to_le_bytes());
        let newest: Vec<u64> = self.filemarks.iter().rev().take(capacity).copied().collect();
        head.set(56, &(newest.len() as u32).to_le_bytes());
        head.set(60, &0x48u32.to_le_bytes());
        for (index, mark) in newest.iter().enumerate() {
            head.set(72 + 8 * index, &mark.to_le_bytes());
        }
        self.filemarks.push(self.out.real_offset());
        self.out.raw(&head.finish(0, 0))?;
        Ok(())
    }

    /// A whole stream: header, data, and zeros up to the next multiple of 4.
    fn stream(&mut self, kind: &[u8; 4], media_attributes: u16, data: &[u8]) -> Result<(), ServerError> {
        self.out.write(&stream_header(kind, media_attributes, data.len() as u64))?;
        self.out.write(data)?;
        let gap = round_up(self.out.offset(), 4) - self.out.offset();
        self.out.write(&[0; 4][..gap as usize])
    }

    /// A SPAD stream that ends at a multiple of `unit` from `base`.
    fn pad(&mut self, base: u64, unit: u64) -> Result<(), ServerError> {
        let data = self.out.offset() + STREAM_HEADER;
        let len = base + round_up(data - base, unit) - data;
        self.zeros(b"SPAD", 0, len)
    }

    fn zeros(&mut self, kind: &[u8; 4], media_attributes: u16, len: u64) -> Result<(), ServerError> {
        self.out.write(&stream_header(kind, media_attributes, len))?;
        self.out.write(&vec![0; usize::try_from(len).unwrap_or(0)])
    }

    /// An APAD stream, so that the data of the next stream (behind its 2 bytes) is aligned.
    fn align(&mut self) -> Result<(), ServerError> {
        let data = self.out.offset() + STREAM_HEADER;
        let earliest = data + STREAM_HEADER + 2;
        let target = self.sset + round_up(earliest - self.sset, unit_of(self.block));
        self.zeros(b"APAD", 0x80, target - STREAM_HEADER - 2 - data)
    }

    fn head(&mut self, head: BlockHeader) -> Result<(), ServerError> {
        let address = (self.out.offset() - self.sset) / 1024;
        self.out.write(&head.finish(address, self.control))?;
        self.control += 1;
        Ok(())
    }

    /// SSET, VOLB and MSCI: a set begins. `mqci` is its header as it stands now.
    pub(crate) fn begin_set(&mut self, set: &SetLabel, mqci: &[u8], checksum: bool) -> Result<(), ServerError> {
        self.sset = self.out.offset();
        self.control = 0;
        self.checksum = checksum;
        self.set = Some(set.clone());
        let mut head = BlockHeader::new(b"SSET", 0, 100);
        head.utf16_strings();
        head.set(52, &attributes_of(set).to_le_bytes());
        head.set(60, &VENDOR.to_le_bytes());
        head.set(62, &set.position.to_le_bytes());
        let mut system = set.guid.to_bytes_le().to_vec();
        system.extend_from_slice(&date::to_bytes(set.expires));
        head.add(44, &system);
        head.go_even();
        head.add(64, &utf16(set.name.as_deref().unwrap_or_default()));
        head.add(68, &utf16(set.description.as_deref().unwrap_or_default()));
        head.add(76, &utf16(&set.user));
        head.set(80, &self.sset.to_le_bytes());
        head.set(88, &date::to_bytes(set.written));
        head.set(93, &[15, 0]);
        head.set(95, &set.time_zone.to_le_bytes());
        head.set(97, &[2]);
        self.head(head)?;
        self.pad(self.sset, 1024)?;

        let mut head = BlockHeader::new(b"VOLB", 0, 73);
        head.utf16_strings();
        head.set(52, &2u32.to_le_bytes());
        head.add(56, &utf16(&set.device));
        head.add(60, &utf16(VOLUME));
        head.add(64, &utf16(&set.machine));
        head.set(68, &date::to_bytes(set.written));
        self.head(head)?;
        self.pad(self.sset, 1024)?;
        self.header_block(b"MSCI", mqci, 1024)
    }

    fn header_block(&mut self, kind: &[u8; 4], mqci: &[u8], unit: u64) -> Result<(), ServerError> {
        let mut head = BlockHeader::new(kind, 0, 56);
        head.utf16_strings();
        self.head(head)?;
        self.stream(b"MQCI", 0, mqci)?;
        let base = if unit > 1024 { 0 } else { self.sset };
        self.pad(base, unit)
    }

    /// MSDA: `len` bytes of pages follow, by [`Family::data`].
    pub(crate) fn begin_data(&mut self, len: u64) -> Result<(), ServerError> {
        let mut head = BlockHeader::new(b"MSDA", 0, 60);
        head.set(58, &[1]);
        self.head(head)?;
        if len == 0 {
            return Ok(());
        }
        self.align()?;
        self.fold = SectorFold::default();
        let attributes = 2 | if self.checksum { 0x100 } else { 0 };
        self.out.write(&stream_header(b"MQDA", attributes, len + 2))?;
        self.out.write(&[0, 0])?;
        self.out.bulk()
    }

    /// Pages of the open MSDA.
    pub(crate) fn data(&mut self, pages: &[u8]) -> Result<(), ServerError> {
        if self.checksum {
            self.fold.update(pages);
        }
        self.out.write(pages)
    }

    /// Ends the open MSDA, which got `len` bytes.
    pub(crate) fn end_data(&mut self, len: u64) -> Result<(), ServerError> {
        if len > 0 {
            self.out.part()?;
        }
        if len > 0 && self.checksum {
            let sum = std::mem::take(&mut self.fold).finish();
            self.stream(b"CSUM", 0, &sum.to_le_bytes())?;
        }
        self.stream(b"MQDA", 6, &[])?;
        self.pad(self.sset, 1024)
    }

    /// MSTL: one virtual log file.
    pub(crate) fn log(&mut self, part: &LogPart) -> Result<(), ServerError> {
        let mut head = BlockHeader::new(b"MSTL", 0, 0x254);
        let len = part.bytes.len() as u64;
        head.set(58, &[1]);
        if len > 0 {
            head.set(0x3C, &part.start.to_le_bytes());
            head.set(0x44, &(part.start + len).to_le_bytes());
        }
        head.set(0x4C, &u32::from(part.file).to_le_bytes());
        // Size and offset of the description that follows.
        head.set(0x50, &504u16.to_le_bytes());
        head.set(0x52, &0x5Cu16.to_le_bytes());
        head.set(0x5C, &if len > 0 { part.vlf.sequence } else { 0 }.to_le_bytes());
        head.set(0x60, &part.vlf.size.to_le_bytes());
        head.set(0x68, &part.vlf.offset.to_le_bytes());
        head.set(0x70, &2u16.to_le_bytes());
        head.set(0x72, &if part.vlf.sequence > 0 { 0x40u16 } else { 0 }.to_le_bytes());
        head.set(0x74, &part.vlf.created.bytes());
        head.set(0x7E, &[5]);
        self.head(head)?;
        if len > 0 {
            self.align()?;
            let padded = round_up(len, LOG_UNIT);
            let mut data = part.bytes.clone();
            data.resize(usize::try_from(padded).unwrap_or(data.len()), 0);
            let attributes = if self.checksum { 0x100 } else { 0 };
            self.out.write(&stream_header(b"MQTL", attributes, padded + 2))?;
            self.out.write(&[0, 0])?;
            self.out.bulk()?;
            self.out.write(&data)?;
            self.out.part()?;
            if self.checksum {
                let sum = crate::engine::checksum::fold_sectors(&data);
                self.stream(b"CSUM", 0, &sum.to_le_bytes())?;
            }
        }
        self.pad(self.sset, 1024)
    }

    /// MSLS, filemark, both ESET, filemark: the set is whole.
    pub(crate) fn end_set(&mut self, mqci: &[u8]) -> Result<(), ServerError> {
        let unit = unit_of(self.block);
        let length = (self.out.offset() - self.sset) / 256;
        self.header_block(b"MSLS", mqci, unit)?;
        self.out.end_run(self.block, true)?;
        self.filemark(true)?;
        let Some(set) = self.set.take() else { return Ok(()) };
        self.earlier.push(MapEntry { attributes: attributes_of(&set), label: set.clone(), offset: self.sset, length });
        let first = self.out.offset();
        self.end_block(&set, 0)?;
        // OTCP fills up to the map.
        let data = self.out.offset() + STREAM_HEADER;
        self.zeros(b"OTCP", 0, first + round_up(data - first, unit) - data)?;
        let map = set_map(self.label.family_id, &self.earlier);
        self.stream(b"TSMP", 0, &map)?;
        self.pad(first, unit)?;
        let second = self.out.offset();
        self.end_block(&set, first)?;
        self.pad(second, unit)?;
        self.out.end_run(self.block, false)?;
        self.filemark(false)
    }

    fn end_block(&mut self, set: &SetLabel, first: u64) -> Result<(), ServerError> {
        let mut head = BlockHeader::new(b"ESET", 0, 85);
        head.set(52, &4u32.to_le_bytes());
        head.set(60, &first.to_le_bytes());
        head.set(78, &set.position.to_le_bytes());
        head.set(80, &date::to_bytes(set.written));
        self.out.write(&head.finish(0, 0))
    }
}

/// SSET attributes.
pub(crate) fn attributes_of(set: &SetLabel) -> u32 {
    let base = if set.differential { 8 } else { 4 };
    base | if set.copy_only { 2 } else { 0 }
}
