//! Properties of every decoder: it gives back what an encoder of the test's own put there, and takes any
//! bytes without reading outside them. (Checksums, pages, log blocks, streams and XPRESS have theirs beside them.)

use chrono::{NaiveDate, NaiveDateTime};
use proptest::collection::vec;
use proptest::prelude::*;

use super::block::{BlockHeader, BlockKind};
use super::extent::AllocationMap;
use super::page::{PAGE, Page, PageId};
use super::record::{Index, Record};
use super::scin::Scin;
use super::sfin::Sfin;
use super::source::MemorySource;
use super::sset::{self, SetStart};
use super::stream::{StreamHeader, StreamKind};
use super::view::{View, Window};
use super::walker::{Block, Stream};
use super::{collation, container, dates, filemark, mqci, sfgi, tape};
use crate::model::{Guid, Lsn};

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Appends a text and puts its size and its offset at two places.
fn put_text(bytes: &mut Vec<u8>, (size_at, offset_at): (usize, usize), text: &str) {
    let (units, at) = (text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), bytes.len() as u16);
    put(bytes, size_at, &(units.len() as u16).to_le_bytes());
    put(bytes, offset_at, &at.to_le_bytes());
    bytes.extend(units);
}

fn block(kind: BlockKind, os_data: u16, bytes: Vec<u8>) -> Block {
    let header = BlockHeader { kind, attributes: 0, first_stream: 0, logical_address: 0, os_data };
    Block { at: 0, header, bytes }
}

fn moments() -> impl Strategy<Value = NaiveDateTime> {
    (1i32..=9999, 1u32..=366, 0u32..86_400).prop_filter_map("a day of its year", |(year, day, second)| {
        NaiveDate::from_yo_opt(year, day)?.and_hms_opt(second / 3600, second / 60 % 60, second % 60)
    })
}

fn date5(at: NaiveDateTime) -> [u8; 5] {
    use chrono::{Datelike, Timelike};
    let parts =
        [(at.year() as u32, 14), (at.month(), 4), (at.day(), 5), (at.hour(), 5), (at.minute(), 6), (at.second(), 6)];
    let bits = parts.iter().fold(0u64, |bits, (value, width)| bits << width | u64::from(*value));
    let bytes = bits.to_be_bytes();
    [bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]
}

fn lsn(bytes: &[u8], at: usize) -> Lsn {
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Lsn::new(word(at), word(at + 4), u16::from_le_bytes([bytes[at + 8], bytes[at + 9]]))
}

fn guid(bytes: &[u8], at: usize) -> Guid {
    let mut sixteen = [0; 16];
    sixteen.copy_from_slice(&bytes[at..at + 16]);
    Guid::from_bytes_le(sixteen)
}

/// Names as they may be: any letters, but no NUL at the end, which counts as a terminator.
const NAME: &str = "[^\u{0}]{0,40}";

fn read_mqci(bytes: &[u8]) -> Result<mqci::Mqci, super::Fault> {
    let source = MemorySource(bytes);
    let header = StreamHeader { kind: StreamKind::Header, media_attributes: 0, length: bytes.len() as u64 };
    mqci::read(&mut View::plain(&source, bytes.len() as u64), &mut Window::new(64), &Stream { header, data: 0 })
}

fn chunk(name: &[u8; 4], mut body: Vec<u8>) -> Vec<u8> {
    let length = body.len() as u32;
    put(&mut body, 0, name);
    put(&mut body, 4, &length.to_le_bytes());
    body
}

proptest! {
    #[test]
    fn a_date_is_read_back(at in moments()) {
        prop_assert_eq!(dates::date5(date5(at)), Some(at));
    }

    #[test]
    fn any_date_bits_are_a_date_or_none(bytes: [u8; 5], ticks: u64) {
        if let Some(at) = dates::date5(bytes) {
            prop_assert_eq!(date5(at), bytes);
        }
        let _ = dates::filetime(ticks);
    }

    #[test]
    fn a_filetime_is_read_back(seconds in 1i64..200_000_000_000, hundreds in 0u64..10_000_000) {
        let ticks = seconds as u64 * 10_000_000 + hundreds;
        let back = dates::filetime(ticks).map(|at| at.and_utc());
        let since_1601 = back.map(|at| (at.timestamp() + 11_644_473_600, u64::from(at.timestamp_subsec_nanos()) / 100));
        prop_assert_eq!(since_1601, Some((seconds, hundreds)));
    }

    #[test]
    fn a_record_is_read_back(units in 1u8.., payload: u16, checksum: u32, mut bytes: [u8; 28]) {
        put(&mut bytes, 0, &[0x21, units]);
        put(&mut bytes, 2, &payload.to_le_bytes());
        put(&mut bytes, 24, &checksum.to_le_bytes());
        let expanded = u32::from(units) * 512;
        prop_assert_eq!(Record::decode(bytes), Record::Data { payload, expanded, checksum });
    }

    #[test]
    fn an_index_has_room_for_its_entries(head: [u8; 16]) {
        if let Some(index) = Index::decode(head) {
            prop_assert!(u64::from(index.entries) * 16 + 16 <= u64::from(index.length));
        }
    }

    #[test]
    fn filemarks_are_read_back(marks in vec(any::<u64>(), 0..54), is_new: bool, rest in vec(any::<u8>(), 512)) {
        let (mut bytes, attributes, at) = if is_new { (rest, 0x8000_0000, 0x48) } else { (rest, 0, 60) };
        put(&mut bytes, 56, &(marks.len() as u32).to_le_bytes());
        if is_new {
            put(&mut bytes, 60, &(at as u32).to_le_bytes());
        }
        marks.iter().enumerate().for_each(|(index, mark)| put(&mut bytes, at + index * 8, &mark.to_le_bytes()));
        prop_assert_eq!(filemark::earlier(&bytes, attributes), Some(marks));
    }

    #[test]
    fn any_filemark_gives_what_lies_in_it(bytes in vec(any::<u8>(), 0..600), attributes: u32) {
        let marks = filemark::earlier(&bytes, attributes).unwrap_or_default();
        prop_assert!(marks.len() * 8 <= bytes.len());
    }

    #[test]
    fn a_label_is_read_back(mut bytes in vec(any::<u8>(), 140), name in NAME, at in moments(), unit: u16, stream in vec(any::<u8>(), 0..40)) {
        put(&mut bytes, 64, &unit.to_le_bytes());
        put(&mut bytes, 72, &[0; 4]);
        put(&mut bytes, 88, &date5(at));
        put_text(&mut bytes, (68, 70), &name);
        put_text(&mut bytes, (80, 82), "Microsoft SQL Server\0");
        let mut tape = tape::decode(&block(BlockKind::Tape, 0, bytes.clone()), true).expect("long enough");
        prop_assert_eq!(tape.physical_block, u64::from(unit) * 512);
        prop_assert_eq!(tape.label.media_name.as_deref(), Some(name.as_str()).filter(|name| !name.is_empty()));
        prop_assert_eq!(&tape.label.media_description, &None);
        prop_assert_eq!(tape.label.software_name.as_deref(), Some("Microsoft SQL Server"));
        prop_assert_eq!(tape.label.media_date, Some(at));
        let whole = tape::media_set(&mut tape.label, &stream).is_some();
        prop_assert_eq!(whole, stream.len() >= 26);
        prop_assert_eq!(tape.label.media_set_id, whole.then(|| guid(&stream, 0)));
    }

    #[test]
    fn the_start_of_a_set_is_read_back(mut bytes in vec(any::<u8>(), 96), name in NAME, user in NAME, id: [u8; 16], at in moments()) {
        put(&mut bytes, 88, &date5(at));
        put_text(&mut bytes, (64, 66), &name);
        put_text(&mut bytes, (76, 78), &user);
        let os_data = bytes.len() as u16;
        bytes.extend(id);
        let start = SetStart::decode(&block(BlockKind::SetStart, os_data, bytes.clone())).expect("long enough");
        prop_assert_eq!(start.name.unwrap_or_default(), name);
        prop_assert_eq!(start.user.unwrap_or_default(), user);
        prop_assert_eq!((start.written_at, start.guid), (Some(at), Guid::from_bytes_le(id)));
        prop_assert_eq!(start.position, u16::from_le_bytes([bytes[62], bytes[63]]));
        prop_assert_eq!(start.time_zone, bytes[95] as i8);
    }

    #[test]
    fn the_backup_is_read_back(mut bytes in vec(any::<u8>(), 0x190), database in NAME, server in NAME, finished in moments()) {
        put(&mut bytes, 82, &date5(finished));
        put_text(&mut bytes, (104, 106), &database);
        put_text(&mut bytes, (108, 110), &server);
        let scin = Scin::decode(&bytes).expect("long enough");
        prop_assert_eq!((scin.database_name, scin.server_name.unwrap_or_default()), (database, server));
        prop_assert_eq!(scin.finished, Some(finished));
        let lsns = [scin.first_lsn, scin.last_lsn, scin.checkpoint_lsn, scin.database_backup_lsn, scin.differential_base_lsn];
        prop_assert_eq!(lsns, [32, 42, 52, 62, 260].map(|at| lsn(&bytes, at)));
        let guids = [scin.binding_id, scin.recovery_fork_id, scin.last_full_guid, scin.family_guid, scin.differential_base_guid];
        prop_assert_eq!(guids, [124, 156, 200, 224, 272].map(|at| guid(&bytes, at)));
        prop_assert!(scin.compressed_size.is_some());
    }

    #[test]
    fn a_file_and_a_filegroup_are_read_back(mut bytes in vec(any::<u8>(), 0x404), mut group in vec(any::<u8>(), 40), names in [NAME, NAME, NAME]) {
        let [logical, physical, group_name] = names;
        put_text(&mut bytes, (48, 50), &logical);
        put_text(&mut bytes, (52, 54), &physical);
        let file = Sfin::decode(&bytes).expect("long enough");
        prop_assert_eq!((file.logical_name, file.physical_name), (logical, physical));
        prop_assert_eq!((file.create_lsn, file.unique_id), (lsn(&bytes, 138), guid(&bytes, 186)));
        put_text(&mut group, (16, 18), &group_name);
        let read = sfgi::decode(&group).expect("long enough");
        prop_assert_eq!((read.name, read.guid), (group_name, Some(guid(&group, 24)).filter(|guid| !guid.is_nil())));
    }

    #[test]
    fn a_header_is_read_back_part_by_part(groups in 0usize..5, files in 0usize..5, unknown in vec(any::<u8>(), 8..60), room in 0usize..40) {
        let mut bytes = chunk(b"SCIN", vec![0; 0x190]);
        (0..groups).for_each(|_| bytes.extend(chunk(b"SFGI", vec![0; 40])));
        bytes.extend(chunk(b"XTRA", unknown));
        (0..files).for_each(|_| bytes.extend(chunk(b"SFIN", vec![0; 0x404])));
        bytes.resize(bytes.len() + room, 0);
        let header = read_mqci(&bytes).expect("a header");
        prop_assert_eq!((header.groups.len(), header.files.len()), (groups, files));
    }

    #[test]
    fn a_structure_that_is_cut_is_refused(length in 0usize..0x190, bytes in vec(any::<u8>(), 0x190)) {
        let cut = &bytes[..length];
        let any = block(BlockKind::SetStart, u16::from(bytes[0]), cut.to_vec());
        prop_assert!(length >= 284 || Scin::decode(cut).is_none());
        prop_assert!(length >= 258 || Sfin::decode(cut).is_none());
        prop_assert!(length >= 40 || sfgi::decode(cut).is_none());
        prop_assert!(length >= 96 || SetStart::decode(&any).is_none());
        prop_assert!(length >= 88 || tape::decode(&any, false).is_none());
        let _ = sset::machine_name(&any);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in vec(any::<u8>(), 0..2000), collation: u32, sort: u8, size: u64) {
        let _ = (read_mqci(&bytes), Scin::decode(&bytes), Sfin::decode(&bytes), sfgi::decode(&bytes));
        let _ = (BlockHeader::decode(&bytes), StreamHeader::decode(&bytes), collation::name(collation, sort));
        let _ = container::recognise(&bytes[..bytes.len().min(512)], size, "x.bak");
    }

    #[test]
    fn a_map_tells_each_page_of_its_stretch(mut bytes in vec(any::<u8>(), PAGE), page in 0u32..8088, stretch in 0u32..100) {
        let number = if stretch == 0 { 1 } else { stretch * 8088 };
        put(&mut bytes, 0, &[1, 11, 0, 0, 0, 0]);
        put(&mut bytes, 32, &number.to_le_bytes());
        put(&mut bytes, 36, &[1, 0]);
        let id = PageId { file: 1, page: number };
        let map = Page::new(&bytes).and_then(|page| AllocationMap::of(page, id)).expect("a map");
        let place = PageId { file: 1, page: stretch * 8088 + page };
        prop_assert_eq!(map.allocated(place), Some(bytes[100 + page as usize] & 0x40 != 0));
        prop_assert_eq!(map.allocated(PageId { file: 2, ..place }), None);
        prop_assert_eq!(map.allocated(PageId { page: place.page + 8088, ..place }), None);
    }
}
