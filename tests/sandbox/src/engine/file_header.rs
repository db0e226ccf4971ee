//! Page 0 of every file: one record of variable columns that tell about the file.
//!
//! The columns are numbered as SQL Server 2019 has them (56 columns, 55 of them stored); those used here:
//! 0 binding id, 2 file id, 3 file group, 4 size in pages, 5 largest size (-1 = none), 6 growth in
//! pages, 12 first size, 15 sector size, 19 create LSN, 20 differential base LSN, 21 differential base
//! GUID, 23 file GUID, 27 logical name, 44 (ours) FILETIME of the differential base.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::allocation::{Map, clear_bits, map_page, set_bit};
use super::bytes::{array_at, from_utf16, put, u32_at, utf16};
use super::error::Answer;
use super::log::{Change, Context, Target};
use super::lsn::Lsn;
use super::page::{HEADER, PAGE, Page, PageId, kind};
use super::record::{variable_bytes, variable_range};
use super::store::{Store, Transaction};

const COLUMNS: usize = 56;
/// Bytes of each stored column but the name, in order, as SQL Server 2019 stores them.
const LENGTHS: [usize; 55] = [
    16, 0, 2, 2, 4, 4, 4, 4, 10, 10, 10, 0, 4, 4, 4, 4, 10, 28, 10, 10, 10, 16, 10, 16, 4, 10, 0, 0, 16, 0, 0, 0, 0, 0,
    0, 16, 0, 0, 10, 10, 28, 10, 16, 28, 8, 600, 0, 0, 2, 10, 4, 4, 4, 8, 10,
];

/// What page 0 says of its file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileHeader {
    pub(crate) binding: Uuid,
    pub(crate) file: u16,
    pub(crate) group: u16,
    pub(crate) pages: u32,
    pub(crate) create_lsn: Lsn,
    pub(crate) guid: Uuid,
    pub(crate) logical_name: String,
    pub(crate) base_lsn: Lsn,
    pub(crate) base_guid: Uuid,
    /// UTC.
    pub(crate) base_time: Option<NaiveDateTime>,
}

/// 100 ns since 1601, UTC.
pub(crate) fn filetime(time: NaiveDateTime) -> u64 {
    let seconds = time.and_utc().timestamp() + 11_644_473_600;
    u64::try_from(seconds).unwrap_or(0) * 10_000_000 + u64::from(time.and_utc().timestamp_subsec_nanos()) / 100
}

/// The time of a FILETIME; `None` for zero.
pub(crate) fn from_filetime(value: u64) -> Option<NaiveDateTime> {
    let seconds = i64::try_from(value / 10_000_000).ok()? - 11_644_473_600;
    let nanos = u32::try_from(value % 10_000_000 * 100).ok()?;
    (value != 0).then(|| chrono::DateTime::from_timestamp(seconds, nanos).map(|time| time.naive_utc())).flatten()
}

impl FileHeader {
    /// The page.
    pub(crate) fn page(&self) -> Page {
        let mut columns: Vec<Vec<u8>> = LENGTHS.iter().map(|len| vec![0u8; *len]).collect();
        let mut set = |index: usize, value: &[u8]| columns[index] = value.to_vec();
        set(0, &self.binding.to_bytes_le());
        set(2, &self.file.to_le_bytes());
        set(3, &self.group.to_le_bytes());
        set(4, &self.pages.to_le_bytes());
        set(5, &[0xFF; 4]);
        set(6, &super::allocation::GROWTH_PAGES.to_le_bytes());
        set(12, &self.pages.to_le_bytes());
        set(14, &[0xFF; 4]);
        set(15, &512u32.to_le_bytes());
        set(19, &self.create_lsn.bytes());
        set(20, &self.base_lsn.bytes());
        set(21, &self.base_guid.to_bytes_le());
        set(23, &self.guid.to_bytes_le());
        set(27, &utf16(&self.logical_name));
        set(44, &self.base_time.map_or(0, filetime).to_le_bytes());
        set(48, &1u16.to_le_bytes());

        let mut record = vec![0x30, 0, 8, 0, 0, 0, 0, 0];
        record.extend_from_slice(&(COLUMNS as u16).to_le_bytes());
        record.extend_from_slice(&[0; COLUMNS.div_ceil(8)]);
        record.extend_from_slice(&(columns.len() as u16).to_le_bytes());
        let mut end = record.len() + 2 * columns.len();
        for column in &columns {
            end += column.len();
            record.extend_from_slice(&(end as u16).to_le_bytes());
        }
        columns.iter().for_each(|column| record.extend_from_slice(column));

        let mut page = Page::formatted(kind::FILE_HEADER, PageId::new(self.file, 0), 0, 99, 8);
        let b = page.bytes_mut();
        put(b, HEADER, &record);
        put(b, 22, &1u16.to_le_bytes());
        put(b, PAGE - 2, &(HEADER as u16).to_le_bytes());
        put(b, 28, &((PAGE - HEADER - 2 - record.len()) as u16).to_le_bytes());
        put(b, 30, &((HEADER + record.len()) as u16).to_le_bytes());
        page
    }

    /// Reads a page 0; `None` if it is none.
    pub(crate) fn read(page: &Page) -> Option<FileHeader> {
        if page.kind() != kind::FILE_HEADER {
            return None;
        }
        let record = page.bytes().get(HEADER..)?;
        let column = |index| variable_bytes(record, index);
        let guid = |index| Uuid::from_bytes_le(array_at(column(index), 0));
        let lsn = |index| Lsn::from_bytes(array_at(column(index), 0));
        Some(FileHeader {
            binding: guid(0),
            file: super::bytes::u16_at(column(2), 0),
            group: super::bytes::u16_at(column(3), 0),
            pages: u32_at(column(4), 0),
            create_lsn: lsn(19),
            guid: guid(23),
            logical_name: from_utf16(column(27)),
            base_lsn: lsn(20),
            base_guid: guid(21),
            base_time: from_filetime(super::bytes::u64_at(column(44), 0)),
        })
    }
}

/// Sets the size in page 0, logged.
pub(crate) fn set_size(store: &mut Store, txn: &mut Transaction, file: u16, pages: u32) -> Answer<()> {
    let id = PageId::new(file, 0);
    let record = store.page(id)?.bytes().get(HEADER..).unwrap_or_default().to_vec();
    let Some(range) = variable_range(&record, 4) else { return Ok(()) };
    let target = Target::new(id, 0, Context::FileHeader);
    let before = record.get(range.clone()).unwrap_or_default().to_vec();
    let after = pages.to_le_bytes().to_vec();
    store.change(txn, Change::Modify { target, at: range.start as u16, before, after })
}

impl Store {
    /// Page 0 of a data file.
    pub(crate) fn file_header(&mut self, file: u16) -> Answer<FileHeader> {
        let id = PageId::new(file, 0);
        let header = FileHeader::read(self.page(id)?);
        header.ok_or_else(|| super::texts::page_missing(id, &self.database).into())
    }

    /// Writes page 0 of a data file.
    fn save_file_header(&mut self, header: &FileHeader) -> Answer<()> {
        let id = PageId::new(header.file, 0);
        let lsn = self.page(id)?.lsn();
        let mut page = header.page();
        page.set_lsn(lsn);
        self.put_page(id, page);
        self.touch(id);
        self.flush_pages()
    }

    /// Makes a full backup the base of later differentials: clears the maps but for what changed meanwhile.
    pub(crate) fn set_differential_base(
        &mut self,
        lsn: Lsn,
        guid: Uuid,
        time: NaiveDateTime,
        changed: &HashSet<(u16, u32)>,
    ) -> Answer<()> {
        let files: Vec<u16> = self.files.keys().copied().collect();
        for file in files {
            let map = map_page(Map::Differential, PageId::new(file, 0));
            let mut page: Page = self.page(map)?.clone();
            clear_bits(&mut page);
            for (_, extent) in changed.iter().filter(|(own, _)| *own == file) {
                set_bit(&mut page, *extent, true);
            }
            self.put_page(map, page);
            let header = self.file_header(file)?;
            self.save_file_header(&FileHeader { base_lsn: lsn, base_guid: guid, base_time: Some(time), ..header })?;
        }
        self.flush_pages()
    }
}
