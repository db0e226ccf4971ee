//! The set map (stream TSMP of the first ESET): every set on the media so far, with its volume.

use super::date;
use super::header::SetLabel;
use crate::engine::bytes::{put, utf16};

/// A set as the map lists it.
#[derive(Clone, Debug)]
pub(crate) struct MapEntry {
    pub(crate) label: SetLabel,
    /// Byte offset of its SSET.
    pub(crate) offset: u64,
    pub(crate) attributes: u32,
    /// Length of the set in units of 256 bytes.
    pub(crate) length: u64,
}

fn add(out: &mut Vec<u8>, at: usize, text: &str) {
    let data = utf16(text);
    let offset = if data.is_empty() { 0 } else { out.len() as u16 };
    put(out, at, &(data.len() as u16).to_le_bytes());
    put(out, at + 2, &offset.to_le_bytes());
    out.extend_from_slice(&data);
}

fn set_entry(entry: &MapEntry) -> Vec<u8> {
    let label = &entry.label;
    let mut out = vec![0u8; 92];
    put(&mut out, 2, &1u16.to_le_bytes());
    put(&mut out, 8, &entry.attributes.to_le_bytes());
    put(&mut out, 12, &entry.offset.to_le_bytes());
    put(&mut out, 30, &label.position.to_le_bytes());
    put(&mut out, 52, &entry.length.to_le_bytes());
    put(&mut out, 60, &1u16.to_le_bytes());
    put(&mut out, 80, &date::to_bytes(label.written));
    put(&mut out, 85, &label.time_zone.to_le_bytes());
    put(&mut out, 86, &[14, 1, 2, 0, 2]);
    add(&mut out, 64, label.name.as_deref().unwrap_or_default());
    add(&mut out, 68, label.description.as_deref().unwrap_or_default());
    add(&mut out, 76, &label.user);
    let len = out.len() as u16;
    put(&mut out, 0, &len.to_le_bytes());
    out
}

fn volume_entry(label: &SetLabel) -> Vec<u8> {
    let mut out = vec![0u8; 62];
    put(&mut out, 0, b"VOLB");
    put(&mut out, 4, &1u16.to_le_bytes());
    put(&mut out, 10, &1u16.to_le_bytes());
    put(&mut out, 32, &[14, 1, 2, 0, 2]);
    put(&mut out, 56, &date::to_bytes(label.written));
    add(&mut out, 40, &label.device);
    add(&mut out, 44, super::writer::VOLUME);
    add(&mut out, 48, &label.machine);
    out
}

/// The data of the stream.
pub(crate) fn set_map(family_id: u32, entries: &[MapEntry]) -> Vec<u8> {
    let mut out = family_id.to_le_bytes().to_vec();
    out.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    for entry in entries {
        out.extend(set_entry(entry));
        out.extend(volume_entry(&entry.label));
    }
    out
}
