//! Rows of tables in pages: scan, insert, change, delete.

use super::{Storage, Table, data_page};
use crate::engine::allocation::pfs;
use crate::engine::bytes::put;
use crate::engine::error::Answer;
use crate::engine::facts::RowId;
use crate::engine::log::{Change, Context, Target};
use crate::engine::page::{HEADER, PageId, kind};
use crate::engine::store::{Store, Transaction};
use crate::engine::value::Value;

impl Store {
    /// Every page of a table, in order.
    pub(crate) fn table_pages(&mut self, table: &Table) -> Answer<Vec<PageId>> {
        match table.storage {
            Storage::Heap(iam) => self.heap_pages(iam),
            Storage::Chain(first) => {
                let mut out: Vec<PageId> = Vec::new();
                let mut at = first;
                // A chain that comes back to itself ends here; its rows were all seen.
                while at != PageId::NONE && !out.contains(&at) {
                    out.push(at);
                    at = self.page(at)?.next();
                }
                Ok(out)
            }
        }
    }

    /// Every row of a table with its place.
    pub(crate) fn table_rows(&mut self, table: &Table) -> Answer<Vec<(RowId, Vec<Value>)>> {
        let mut out = Vec::new();
        for id in self.table_pages(table)? {
            let page = self.page(id)?;
            if page.kind() != kind::DATA || page.owner() != (table.index, table.object) {
                continue;
            }
            for slot in 0..page.slot_count() {
                if let Some(record) = page.record(slot).filter(|record| record[0] >> 1 & 7 <= 1) {
                    let place = RowId { file: id.file, page: id.page, slot };
                    out.push((place, table.layout.decode(record)));
                }
            }
        }
        Ok(out)
    }

    /// Adds one record to a table.
    pub(crate) fn insert_record(&mut self, txn: &mut Transaction, table: &mut Table, record: Vec<u8>) -> Answer<RowId> {
        let context = if table.is_system { Context::Clustered } else { Context::Heap };
        if table.last_page.is_none() {
            table.last_page = self.table_pages(table)?.last().copied();
        }
        let fitting = match table.last_page {
            Some(id) => self.page(id)?.fits(record.len(), true).then_some(id),
            None => None,
        };
        let id = match fitting {
            Some(id) => id,
            None => self.add_page(txn, table)?,
        };
        let slot = self.page(id)?.next_slot();
        self.change(txn, Change::Insert { target: Target::new(id, slot, context), record })?;
        Ok(RowId { file: id.file, page: id.page, slot })
    }

    fn add_page(&mut self, txn: &mut Transaction, table: &mut Table) -> Answer<PageId> {
        let before = table.last_page;
        let id = match table.storage {
            Storage::Heap(iam) => {
                if let Some(full) = before {
                    self.set_pfs(txn, full, pfs::ALLOCATED | pfs::FULL)?;
                }
                self.take_heap_page(txn, iam, before)?
            }
            Storage::Chain(first) => self.take_page(txn, first.file, 0)?,
        };
        let mut page = data_page(table, id);
        if let (Storage::Chain(_), Some(last)) = (table.storage, before) {
            put(page.bytes_mut(), 8, &last.bytes());
            let target = Target::new(last, 0, Context::Clustered);
            let change = Change::Header { target, at: 16, before: vec![0; 6], after: id.bytes().to_vec() };
            self.change(txn, change)?;
        }
        let target = Target::new(id, 0, Context::Heap);
        // Only the header says something; redo fills the rest with zeros.
        let image = page.bytes()[..HEADER].to_vec();
        self.change(txn, Change::Format { target, image })?;
        table.last_page = Some(id);
        Ok(id)
    }

    /// Changes bytes inside a record, at the same length.
    pub(crate) fn patch_record(&mut self, txn: &mut Transaction, row: RowId, at: u16, after: &[u8]) -> Answer<()> {
        let id = PageId::new(row.file, row.page);
        let start = usize::from(at);
        let record = self.page(id)?.record(row.slot).unwrap_or_default();
        let before = record.get(start..start + after.len()).unwrap_or_default().to_vec();
        let target = Target::new(id, row.slot, Context::Clustered);
        self.change(txn, Change::Modify { target, at, before, after: after.to_vec() })
    }

    /// Removes a row.
    pub(crate) fn delete_row(&mut self, txn: &mut Transaction, row: RowId) -> Answer<()> {
        let id = PageId::new(row.file, row.page);
        let Some(before) = self.page(id)?.record(row.slot).map(<[u8]>::to_vec) else { return Ok(()) };
        self.change(txn, Change::Delete { target: Target::new(id, row.slot, Context::Heap), before })
    }

    /// Puts a new record in a row's place, or elsewhere when it has grown too long.
    pub(crate) fn replace_row(
        &mut self,
        txn: &mut Transaction,
        table: &mut Table,
        row: RowId,
        record: Vec<u8>,
    ) -> Answer<()> {
        let id = PageId::new(row.file, row.page);
        let page = self.page(id)?;
        let Some(before) = page.record(row.slot).map(<[u8]>::to_vec) else { return Ok(()) };
        if before == record {
            return Ok(());
        }
        let fits = record.len() <= before.len() || page.fits(record.len() - before.len(), false);
        if fits {
            let target = Target::new(id, row.slot, Context::Heap);
            return self.change(txn, Change::Modify { target, at: 0, before, after: record });
        }
        self.delete_row(txn, row)?;
        self.insert_record(txn, table, record).map(|_| ())
    }
}
