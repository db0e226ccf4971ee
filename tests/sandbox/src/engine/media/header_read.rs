//! Reads the MQCI stream of any version from 2005 on (bak-format section 3).

use uuid::Uuid;

use super::date;
use super::header::{FileEntry, GroupEntry, SetHeader, SetKey};
use crate::engine::bytes::{array_at, from_utf16, u8_at, u16_at, u32_at, u64_at};
use crate::engine::file_header::from_filetime;
use crate::engine::lsn::Lsn;

fn lsn(bytes: &[u8], at: usize) -> Lsn {
    Lsn::from_bytes(array_at(bytes, at))
}

fn guid(bytes: &[u8], at: usize) -> Uuid {
    Uuid::from_bytes_le(array_at(bytes, at))
}

/// A string by its size and offset at `at`.
fn string(chunk: &[u8], at: usize) -> String {
    let (size, offset) = (usize::from(u16_at(chunk, at)), usize::from(u16_at(chunk, at + 2)));
    from_utf16(chunk.get(offset..offset + size).unwrap_or_default())
}

/// Reads the stream's data; `None` if it does not begin with SCIN.
pub(crate) fn read(data: &[u8]) -> Option<SetHeader> {
    let mut header = None;
    let (mut groups, mut files) = (Vec::new(), Vec::new());
    let mut key = None;
    let mut rest = data;
    while rest.len() >= 8 {
        let len = usize::try_from(u32_at(rest, 4)).ok()?;
        let chunk = rest.get(..len).filter(|chunk| chunk.len() >= 8)?;
        match &chunk[..4] {
            b"SCIN" => header = Some(scin(chunk)),
            b"SFGI" => groups.push(sfgi(chunk)),
            b"SFIN" => files.push(sfin(chunk)),
            b"SKEY" => key = Some(skey(chunk)),
            _ => break,
        }
        rest = &rest[len..];
    }
    header.map(|header| SetHeader { groups, files, key, ..header })
}

fn skey(c: &[u8]) -> SetKey {
    SetKey { algorithm: string(c, 8), thumbprint: array_at(c, 12) }
}

fn scin(c: &[u8]) -> SetHeader {
    // 2005 has no compressed size.
    let fixed = u16_at(c, 106);
    let size = u64_at(c, 96);
    SetHeader {
        key: None,
        flags: u32_at(c, 8),
        build: u16_at(c, 24),
        minor: u8_at(c, 26),
        major: u8_at(c, 27),
        first: lsn(c, 32),
        last: lsn(c, 42),
        checkpoint: lsn(c, 52),
        database_backup: lsn(c, 62),
        created: date::from_bytes(array_at(c, 72)),
        started: date::from_bytes(array_at(c, 77)),
        finished: date::from_bytes(array_at(c, 82)),
        letter: u8_at(c, 87),
        sort_order: u8_at(c, 88),
        compatibility: u8_at(c, 91),
        database_id: u16_at(c, 92),
        version: u16_at(c, 94),
        size,
        compressed_size: if fixed < 0x16C { size } else { u64_at(c, 344) },
        database: string(c, 104),
        server: string(c, 108),
        locale: u32_at(c, 116),
        comparison: u32_at(c, 120),
        binding: guid(c, 124),
        fork_point: lsn(c, 144),
        fork: guid(c, 156),
        previous_fork_point: lsn(c, 172),
        previous_fork: guid(c, 184),
        full_set: guid(c, 200),
        collation: (u32_at(c, 216), u32_at(c, 220)),
        family: guid(c, 224),
        status: u32_at(c, 244),
        log_chain: lsn(c, 248),
        base_lsn: lsn(c, 260),
        base_guid: guid(c, 272),
        last_log_backup: lsn(c, 332),
        groups: Vec::new(),
        files: Vec::new(),
    }
}

fn sfgi(c: &[u8]) -> GroupEntry {
    GroupEntry {
        id: u32_at(c, 12) as u16,
        name: string(c, 16),
        guid: guid(c, 24),
        is_default: u32_at(c, 8) & 0x10 != 0,
    }
}

fn sfin(c: &[u8]) -> FileEntry {
    let flags = u32_at(c, 8);
    FileEntry {
        id: u32_at(c, 20) as u16,
        is_log: u32_at(c, 28) == 2,
        is_full: flags & 0x80 != 0,
        pages: u32_at(c, 24),
        block_size: u32_at(c, 32),
        group: u32_at(c, 36) as u16,
        size: u64_at(c, 40),
        logical_name: string(c, 48),
        physical_name: string(c, 52),
        max_size: u64_at(c, 86),
        growth: u64_at(c, 94),
        percent_growth: flags & 8 != 0,
        create_lsn: lsn(c, 138),
        base_lsn: lsn(c, 158),
        base_guid: guid(c, 170),
        guid: guid(c, 186),
        backup_size: u64_at(c, 250),
        base_time: from_filetime(u64_at(c, 262)),
    }
}
