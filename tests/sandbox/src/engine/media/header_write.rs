//! Writes the MQCI stream, byte for byte where SQL Server 2019 has each field (bak-format section 3).
//!
//! Bytes whose meaning is not known carry the value that files of SQL Server 2019 show in them.

use super::date;
use super::header::{FileEntry, GroupEntry, SetHeader, SetKey};
use crate::engine::bytes::{put, utf16};
use crate::engine::file_header::filetime;

/// Offsets of the strings: SCIN from 2012 on, SFGI, SFIN from 2012 on.
const SCIN_FIXED: usize = 0x190;
const SFGI_FIXED: usize = 0xE0;
const SFIN_FIXED: usize = 0x404;
const SKEY_FIXED: usize = 32;

/// The stream's data.
pub(crate) fn mqci(header: &SetHeader) -> Vec<u8> {
    let mut out = scin(header);
    for group in &header.groups {
        out.extend(sfgi(header, group));
    }
    for file in &header.files {
        out.extend(sfin(header, file));
    }
    out.extend(header.key.as_ref().map(skey).unwrap_or_default());
    out
}

fn chunk(tag: &[u8; 4], fixed: usize, strings: &[&str]) -> (Vec<u8>, Vec<(u16, u16)>) {
    let mut out = vec![0u8; fixed];
    put(&mut out, 0, tag);
    let mut places = Vec::new();
    for text in strings {
        let bytes = utf16(text);
        places.push((bytes.len() as u16, out.len() as u16));
        out.extend_from_slice(&bytes);
    }
    let len = out.len() as u32;
    put(&mut out, 4, &len.to_le_bytes());
    (out, places)
}

fn put_place(out: &mut [u8], at: usize, place: (u16, u16)) {
    put(out, at, &place.0.to_le_bytes());
    put(out, at + 2, &place.1.to_le_bytes());
}

fn scin(h: &SetHeader) -> Vec<u8> {
    let (mut out, places) = chunk(b"SCIN", SCIN_FIXED, &[&h.database, &h.server]);
    let o = &mut out[..];
    let logs = h.files.iter().filter(|file| file.is_log).count() as u32;
    put(o, 8, &h.flags.to_le_bytes());
    put(o, 12, &(h.files.len() as u32 - logs).to_le_bytes());
    put(o, 16, &logs.to_le_bytes());
    put(o, 24, &h.build.to_le_bytes());
    put(o, 26, &[h.minor, h.major, 9]);
    for (at, lsn) in [(32, h.first), (42, h.last), (52, h.checkpoint), (62, h.database_backup)] {
        put(o, at, &lsn.bytes());
    }
    for (at, time) in [(72, h.created), (77, h.started), (82, h.finished)] {
        put(o, at, &date::to_bytes(time));
    }
    put(o, 87, &[h.letter, h.sort_order, 1, 0, h.compatibility]);
    put(o, 92, &h.database_id.to_le_bytes());
    put(o, 94, &h.version.to_le_bytes());
    put(o, 96, &h.size.to_le_bytes());
    put_place(o, 104, places[0]);
    put_place(o, 108, places[1]);
    put(o, 116, &h.locale.to_le_bytes());
    put(o, 120, &h.comparison.to_le_bytes());
    put(o, 124, &h.binding.to_bytes_le());
    put(o, 144, &h.fork_point.bytes());
    put(o, 156, &h.fork.to_bytes_le());
    put(o, 172, &h.previous_fork_point.bytes());
    put(o, 184, &h.previous_fork.to_bytes_le());
    put(o, 200, &h.full_set.to_bytes_le());
    put(o, 216, &h.collation.0.to_le_bytes());
    put(o, 220, &h.collation.1.to_le_bytes());
    put(o, 224, &h.family.to_bytes_le());
    put(o, 242, &[1]);
    put(o, 244, &h.status.to_le_bytes());
    put(o, 248, &h.log_chain.bytes());
    put(o, 260, &h.base_lsn.bytes());
    put(o, 272, &h.base_guid.to_bytes_le());
    put(o, 304, &h.previous_fork_point.bytes());
    put(o, 316, &h.previous_fork.to_bytes_le());
    put(o, 332, &h.last_log_backup.bytes());
    put(o, 344, &h.compressed_size.to_le_bytes());
    put(o, 372, &[1]);
    out
}

/// The key of an encrypted set: a chunk of ours, since where SQL Server keeps it is not known.
fn skey(key: &SetKey) -> Vec<u8> {
    let (mut out, places) = chunk(b"SKEY", SKEY_FIXED, &[&key.algorithm]);
    put_place(&mut out, 8, places[0]);
    put(&mut out, 12, &key.thumbprint);
    out
}

fn sfgi(h: &SetHeader, group: &GroupEntry) -> Vec<u8> {
    let (mut out, places) = chunk(b"SFGI", SFGI_FIXED, &[&group.name]);
    let o = &mut out[..];
    put(o, 8, &if group.is_default { 0x10u32 } else { 0 }.to_le_bytes());
    put(o, 12, &u32::from(group.id).to_le_bytes());
    put_place(o, 16, places[0]);
    put(o, 20, &1u32.to_le_bytes());
    put(o, 24, &group.guid.to_bytes_le());
    put(o, 40, &4u32.to_le_bytes());
    for (at, lsn) in [(52, h.checkpoint), (64, h.last), (76, h.first), (112, h.first), (128, h.last)] {
        put(o, at, &lsn.bytes());
    }
    put(o, 140, &h.fork.to_bytes_le());
    out
}

fn sfin(h: &SetHeader, file: &FileEntry) -> Vec<u8> {
    let (mut out, places) = chunk(b"SFIN", SFIN_FIXED, &[&file.logical_name, &file.physical_name]);
    let o = &mut out[..];
    let flags = 4u32 | if file.is_full { 0x80 } else { 0 } | if file.percent_growth { 8 } else { 0 };
    put(o, 8, &flags.to_le_bytes());
    put(o, 16, &8192u32.to_le_bytes());
    put(o, 20, &u32::from(file.id).to_le_bytes());
    put(o, 24, &file.pages.to_le_bytes());
    put(o, 28, &if file.is_log { 2u32 } else { 1 }.to_le_bytes());
    put(o, 32, &file.block_size.to_le_bytes());
    put(o, 36, &u32::from(file.group).to_le_bytes());
    put(o, 40, &file.size.to_le_bytes());
    put_place(o, 48, places[0]);
    put_place(o, 52, places[1]);
    put(o, 86, &file.max_size.to_le_bytes());
    put(o, 94, &file.growth.to_le_bytes());
    put(o, 116, &[0x80]);
    put(o, 122, &0x1FFF_FFFF_E000u64.to_le_bytes());
    put(o, 132, &[0x80]);
    put(o, 138, &file.create_lsn.bytes());
    put(o, 158, &file.base_lsn.bytes());
    put(o, 170, &file.base_guid.to_bytes_le());
    put(o, 186, &file.guid.to_bytes_le());
    for (at, lsn) in [(202, h.checkpoint), (218, h.last), (234, h.first)] {
        put(o, at, &lsn.bytes());
    }
    put(o, 250, &file.backup_size.to_le_bytes());
    put(o, 262, &file.base_time.map_or(0, filetime).to_le_bytes());
    put(o, 1026, &[0x44]);
    out
}
