//! Reads media back: every family's label, its sets, and where their pages and log lie.

use std::fs::File;
use std::sync::Mutex;

use uuid::Uuid;

use super::date;
use super::device_read::Source;
use super::header::{Label, SetHeader, SetLabel};
use super::header_read;
use super::packed;
use super::set_map::MapEntry;
use crate::engine::bytes::{array_at, from_utf16, round_up, u8_at, u16_at, u32_at, u64_at};
use crate::engine::checksum::xor16;
use crate::engine::instance::Engine;
use crate::engine::log::Vlf;
use crate::engine::lsn::Lsn;
use crate::engine::{OsError, ServerError, texts};

/// What of a block is read at once: its header, and mostly the headers of its streams.
const FRONT: u64 = 1024;

/// A stream with pages: where its data begins (behind the 2 bytes) and how long it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DataStream {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) sum: Option<u32>,
}

/// One MSTL block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogStream {
    pub(crate) vlf: Vlf,
    /// First byte in the log file.
    pub(crate) start: u64,
    /// Bytes of log blocks.
    pub(crate) used: u64,
    pub(crate) data: Option<DataStream>,
}

/// A set as the media hold it.
#[derive(Clone, Debug)]
pub(crate) struct MediaSet {
    pub(crate) offset: u64,
    pub(crate) label: SetLabel,
    /// The header at the front.
    pub(crate) front: SetHeader,
    /// The header at the end; `None` when the set is incomplete.
    pub(crate) back: Option<SetHeader>,
    pub(crate) data: Vec<DataStream>,
    pub(crate) logs: Vec<LogStream>,
    length: u64,
}

impl MediaSet {
    /// The final header, else the one at the front.
    pub(crate) fn header(&self) -> &SetHeader {
        self.back.as_ref().unwrap_or(&self.front)
    }

    pub(crate) fn map_entry(&self) -> MapEntry {
        MapEntry {
            attributes: super::writer::attributes_of(&self.label),
            label: self.label.clone(),
            offset: self.offset,
            length: self.length / 256,
        }
    }
}

/// One media family.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) path: String,
    source: Source,
    pub(crate) label: Label,
    pub(crate) block: u64,
    /// Byte offsets, oldest first.
    pub(crate) filemarks: Vec<u64>,
    pub(crate) first_set: u64,
    pub(crate) sets: Vec<MediaSet>,
    /// Where the next set would begin.
    pub(crate) end: u64,
    /// Whether the container is a compressed one.
    pub(crate) compressed: bool,
    /// Whether the media end where they should; false leads to 3266 when a set is to be added.
    pub(crate) whole: bool,
}

/// A stream header.
struct Stream {
    kind: [u8; 4],
    data: u64,
    len: u64,
}

/// A block: the part of its header in front of the first stream, and its streams.
struct Block {
    kind: [u8; 4],
    head: Vec<u8>,
    streams: Vec<Stream>,
    end: u64,
}

/// Opens a device for reading.
///
/// # Errors
/// 3201 the file cannot be opened, 3242 not backup media, 3241 damaged ones, 3254 empty.
pub(crate) fn open(engine: &Engine, path: &str) -> Result<Media, ServerError> {
    let refuse = |cause| texts::cannot_open(path, cause, false);
    if let Some(cause) = engine.faults().refused(path) {
        return Err(refuse(cause));
    }
    let host = engine.host_path(path).map_err(refuse)?;
    if host.is_dir() {
        return Err(refuse(OsError::AccessDenied));
    }
    if !host.parent().is_some_and(std::path::Path::is_dir) {
        return Err(refuse(OsError::PathNotFound));
    }
    let held = engine.devices().take(path, false).map_err(refuse)?;
    let file = File::open(&host).map_err(|error| refuse(texts::os_error(&error)))?;
    let len = file.metadata().map_err(|error| refuse(texts::os_error(&error)))?.len();
    let mut source = Source {
        engine: engine.clone(),
        file,
        len,
        path: path.to_owned(),
        held: Some(held),
        pieces: None,
        last: Mutex::default(),
    };
    if len == 0 {
        return Err(texts::volume_empty(path));
    }
    let magic = source.some(0, 16)?;
    let compressed = magic.starts_with(b"MSSQLBAK");
    if compressed {
        if u32_at(&magic, 8) != 2 {
            return Err(texts::malformed(path, 0));
        }
        let pieces = packed::pieces(len, |offset, len| source.some(offset, len))?;
        source.len = pieces.last().map_or(0, |piece| piece.logical + piece.len);
        source.pieces = Some(pieces);
    } else if !magic.starts_with(b"TAPE") {
        return Err(texts::not_tape_format(path));
    }
    let tape = source.block(0)?.filter(|block| block.kind == *b"TAPE").ok_or_else(|| texts::malformed(path, 0))?;
    let (label, block) = label_of(&source, &tape)?;
    let mut media = Media {
        path: path.to_owned(),
        source,
        label,
        block,
        filemarks: Vec::new(),
        first_set: 0,
        sets: Vec::new(),
        end: 0,
        compressed,
        whole: false,
    };
    media.walk(tape.end)?;
    Ok(media)
}

fn label_of(source: &Source, tape: &Block) -> Result<(Label, u64), ServerError> {
    let h = &tape.head;
    let raid = tape.streams.iter().find(|stream| stream.kind == *b"RAID");
    let raid = match raid {
        Some(stream) => source.some(stream.data, stream.len.min(64))?,
        None => Vec::new(),
    };
    let block = u64::from(u16_at(h, 64)) * 512;
    if block == 0 || raid.len() < 32 {
        return Err(texts::malformed(&source.path, 0));
    }
    let label = Label {
        name: text_at(h, 68),
        description: text_at(h, 72),
        software: text_at(h, 80).unwrap_or_default(),
        family_id: u32_at(h, 52),
        set_id: Uuid::from_bytes_le(array_at(&raid, 0)),
        families: u16_at(&raid, 20),
        family: u16_at(&raid, 24),
        mirrors: u16_at(&raid, 22),
        date: date::from_bytes(array_at(h, 88)),
        vendor: u16_at(h, 86),
    };
    Ok((label, block))
}

/// A string of a block header by its size and offset; `None` for no string.
fn text_at(head: &[u8], at: usize) -> Option<String> {
    let (size, offset) = (usize::from(u16_at(head, at)), usize::from(u16_at(head, at + 2)));
    let text = from_utf16(head.get(offset..offset + size)?);
    let text = text.trim_end_matches('\0');
    (!text.is_empty()).then(|| text.to_owned())
}

impl Source {
    /// The block at `offset`; `None` if there is none or its header's checksum does not fit.
    fn block(&self, offset: u64) -> Result<Option<Block>, ServerError> {
        let front = self.some(offset, FRONT)?;
        if front.len() < 52 || u16_at(&front, 50) != xor16(&front[..50]) {
            return Ok(None);
        }
        let kind: [u8; 4] = array_at(&front, 0);
        let first = u64::from(u16_at(&front, 8)).max(52);
        let head = match front.get(..first as usize) {
            Some(head) => head.to_vec(),
            None => self.some(offset, first)?,
        };
        if kind == *b"SFMB" {
            let end = offset + first;
            return Ok((head.len() as u64 == first).then_some(Block { kind, head, streams: Vec::new(), end }));
        }
        let mut streams = Vec::new();
        let mut at = offset + first;
        loop {
            // Most stream headers lie in what was read already.
            let inside = usize::try_from(at - offset).ok().and_then(|from| front.get(from..from + 22));
            let header = match inside {
                Some(header) => header.to_vec(),
                None => self.some(at, 22)?,
            };
            if header.len() < 22 || u16_at(&header, 20) != xor16(&header[..20]) {
                return Ok(None);
            }
            let stream = Stream { kind: array_at(&header, 0), data: at + 22, len: u64_at(&header, 8) };
            let end = stream.data.checked_add(stream.len).filter(|end| *end <= self.len);
            let Some(end) = end else { return Ok(None) };
            at = round_up(end, 4);
            let last = stream.kind == *b"SPAD";
            streams.push(stream);
            if last {
                return Ok(Some(Block { kind, head, streams, end: at }));
            }
        }
    }

    fn mqci(&self, block: &Block) -> Result<Option<SetHeader>, ServerError> {
        match block.streams.iter().find(|stream| stream.kind == *b"MQCI") {
            Some(stream) => Ok(header_read::read(&self.some(stream.data, stream.len)?)),
            None => Ok(None),
        }
    }

    /// The data streams of a block with the checksum that follows each.
    fn data_streams(&self, block: &Block, kind: &[u8; 4]) -> Result<Vec<DataStream>, ServerError> {
        let mut out = Vec::new();
        for (index, stream) in block.streams.iter().enumerate() {
            if stream.kind != *kind || stream.len <= 2 {
                continue;
            }
            let sum = match block.streams.get(index + 1).filter(|next| next.kind == *b"CSUM") {
                Some(next) => Some(u32_at(&self.some(next.data, 4)?, 0)),
                None => None,
            };
            out.push(DataStream { offset: stream.data + 2, len: stream.len - 2, sum });
        }
        Ok(out)
    }
}

impl Media {
    fn walk(&mut self, start: u64) -> Result<(), ServerError> {
        let mut at = start;
        let mut open: Option<MediaSet> = None;
        while let Some(block) = self.source.block(at)? {
            match &block.kind {
                b"SFMB" => {
                    let mark = self.source.real(at);
                    self.filemarks.push(mark);
                    self.end = mark + (block.end - at);
                    if self.filemarks.len() == 1 {
                        self.first_set = self.end;
                    }
                    let len = self.source.file.metadata().map_or(0, |meta| meta.len());
                    self.whole = open.is_none() && self.end == len;
                }
                b"SSET" => {
                    self.sets.extend(open.take());
                    open = Some(self.begin_set(self.source.real(at), &block));
                }
                b"ESET" => self.sets.extend(open.take()),
                _ => {
                    if let Some(set) = &mut open {
                        self.source.add_to_set(set, &block)?;
                    }
                }
            }
            at = block.end;
        }
        self.sets.extend(open);
        Ok(())
    }

    fn begin_set(&self, offset: u64, block: &Block) -> MediaSet {
        let h = &block.head;
        let system = usize::from(u16_at(h, 46));
        let attributes = u32_at(h, 52);
        let label = SetLabel {
            position: u16_at(h, 62),
            name: text_at(h, 64),
            description: text_at(h, 68),
            user: text_at(h, 76).unwrap_or_default(),
            machine: String::new(),
            device: String::new(),
            written: date::from_bytes(array_at(h, 88)),
            expires: date::from_bytes(array_at(h, system + 16)),
            guid: Uuid::from_bytes_le(array_at(h, system)),
            time_zone: i8::from_le_bytes([u8_at(h, 95)]),
            differential: attributes & 8 != 0,
            copy_only: attributes & 2 != 0,
        };
        MediaSet {
            offset,
            label,
            front: SetHeader::unread(),
            back: None,
            data: Vec::new(),
            logs: Vec::new(),
            length: 0,
        }
    }

    /// The set at a position.
    pub(crate) fn set(&self, position: u16) -> Option<&MediaSet> {
        self.sets.iter().find(|set| set.label.position == position)
    }

    /// Lets others write the device.
    pub(crate) fn let_go(&mut self) {
        self.source.held = None;
    }

    /// Reads bytes of the file.
    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), ServerError> {
        self.source.read(offset, out)
    }
}

impl Source {
    fn add_to_set(&self, set: &mut MediaSet, block: &Block) -> Result<(), ServerError> {
        let h = &block.head;
        match &block.kind {
            b"VOLB" => {
                set.label.device = text_at(h, 56).unwrap_or_default();
                set.label.machine = text_at(h, 64).unwrap_or_default();
            }
            b"MSCI" => {
                if let Some(header) = self.mqci(block)? {
                    set.front = header;
                }
            }
            b"MSLS" => {
                set.back = self.mqci(block)?;
                set.length = (u64_at(h, 20) + 1) * 1024;
            }
            b"MSDA" => set.data.extend(self.data_streams(block, b"MQDA")?),
            b"MSTL" => {
                let (start, end) = (u64_at(h, 0x3C), u64_at(h, 0x44));
                set.logs.push(LogStream {
                    vlf: Vlf {
                        offset: u64_at(h, 0x68),
                        size: u64_at(h, 0x60),
                        sequence: u32_at(h, 0x5C),
                        created: Lsn::from_bytes(array_at(h, 0x74)),
                    },
                    start,
                    used: end.saturating_sub(start),
                    data: self.data_streams(block, b"MQTL")?.into_iter().next(),
                });
            }
            _ => {}
        }
        Ok(())
    }
}
