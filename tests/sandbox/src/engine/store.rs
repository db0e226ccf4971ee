//! The pages and the log of one database, and transactions over them.
//!
//! Pages that a transaction changes stay in memory until it commits; then the log goes to disk
//! first, the pages after it. So the log never needs to undo anything: redo from the last checkpoint
//! is enough after a crash, and what a backup reads from disk is always the work of whole transactions.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io;

use chrono::NaiveDateTime;

use super::allocation;
use super::disk::{read_at, write_at};
use super::error::Answer;
use super::log::{Change, Entry, Log, LogMark, Record};
use super::lsn::Lsn;
use super::page::{EXTENT, PAGE, Page, PageId, kind};
use super::texts;

/// Clean pages kept in memory before they are dropped.
const CACHE_PAGES: usize = 8192;

/// A data file.
#[derive(Debug)]
pub(crate) struct DataFile {
    pub(crate) file: File,
    pub(crate) path: String,
    pub(crate) pages: u32,
}

/// A transaction under way.
#[derive(Debug)]
pub(crate) struct Transaction {
    id: u64,
    begin: Lsn,
    last: Lsn,
    log: LogMark,
    /// Pages as they were before, `None` when they were not in memory.
    before: HashMap<PageId, Option<Page>>,
}

/// The storage of one database.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) files: BTreeMap<u16, DataFile>,
    pub(crate) log: Log,
    /// Name of the database, for messages.
    pub(crate) database: String,
    cache: HashMap<PageId, Page>,
    dirty: BTreeSet<PageId>,
    next_transaction: u64,
    /// Extents changed since a full backup began, while one runs.
    pub(crate) changed_since: Option<HashSet<(u16, u32)>>,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "page {} of type {}", self.id(), self.kind())
    }
}

impl Store {
    pub(crate) fn new(database: &str, files: BTreeMap<u16, DataFile>, log: Log) -> Store {
        Store {
            files,
            log,
            database: database.to_owned(),
            cache: HashMap::new(),
            dirty: BTreeSet::new(),
            next_transaction: 0x400,
            changed_since: None,
        }
    }

    /// A page, with its checksum tested when it comes from disk.
    ///
    /// # Errors
    /// 823 the operating system cannot read it, 824 its checksum or place is wrong.
    pub(crate) fn page(&mut self, id: PageId) -> Answer<&Page> {
        if !self.cache.contains_key(&id) {
            if self.cache.len() > CACHE_PAGES && self.dirty.is_empty() {
                self.cache.clear();
            }
            let page = self.read_page(id)?;
            if let Some((stored, computed)) = page.checksums()
                && stored != computed
            {
                let path = self.files.get(&id.file).map_or("", |file| file.path.as_str());
                return Err(texts::bad_checksum(stored, computed, id, &self.database, path).into());
            }
            self.cache.insert(id, page);
        }
        self.cache.get(&id).ok_or_else(|| texts::page_missing(id, &self.database).into())
    }

    /// The bytes on disk; zeros behind the end of the file.
    pub(crate) fn read_page(&self, id: PageId) -> Answer<Page> {
        let file = self.files.get(&id.file).ok_or_else(|| texts::page_missing(id, &self.database))?;
        let mut page = Page::zeroed();
        if id.page < file.pages {
            read_at(&file.file, page.bytes_mut(), u64::from(id.page) * PAGE as u64)
                .map_err(|error| texts::disk_error(&error, &file.path))?;
        }
        Ok(page)
    }

    /// The eight pages of an extent as they are on disk, and so committed.
    pub(crate) fn read_extent(&self, file: u16, extent: u32, out: &mut [u8]) -> Answer<()> {
        out.fill(0);
        let first = extent * EXTENT;
        let data =
            self.files.get(&file).ok_or_else(|| texts::page_missing(PageId::new(file, first), &self.database))?;
        let pages = data.pages.saturating_sub(first).min(EXTENT) as usize;
        read_at(&data.file, &mut out[..pages * PAGE], u64::from(first) * PAGE as u64)
            .map_err(|error| texts::disk_error(&error, &data.path).into())
    }

    /// Writes raw pages (a restore does) and forgets what memory had of them.
    pub(crate) fn write_raw(&mut self, first: PageId, bytes: &[u8]) -> io::Result<()> {
        let pages = (bytes.len() / PAGE) as u32;
        for page in first.page..first.page + pages {
            self.cache.remove(&PageId::new(first.file, page));
        }
        let file = self.files.get_mut(&first.file).ok_or(io::ErrorKind::NotFound)?;
        write_at(&file.file, bytes, u64::from(first.page) * PAGE as u64)?;
        file.pages = file.pages.max(first.page + pages);
        Ok(())
    }

    /// Makes a file at least `pages` long.
    pub(crate) fn grow(&mut self, file: u16, pages: u32) -> io::Result<()> {
        let Some(data) = self.files.get_mut(&file) else { return Err(io::ErrorKind::NotFound.into()) };
        if pages > data.pages {
            data.file.set_len(u64::from(pages) * PAGE as u64)?;
            data.pages = pages;
        }
        Ok(())
    }

    pub(crate) fn begin(&mut self, name: &str, at: NaiveDateTime) -> Answer<Transaction> {
        let log = self.log.mark();
        self.next_transaction += 1;
        let id = self.next_transaction;
        let record = Record { previous: Lsn::ZERO, transaction: id, entry: Entry::Begin { name: name.to_owned(), at } };
        let begin = self.append(&record)?;
        Ok(Transaction { id, begin, last: begin, log, before: HashMap::new() })
    }

    fn append(&mut self, record: &Record) -> Answer<Lsn> {
        self.log.append(record).map_err(|error| texts::log_full(&self.database, &error).into())
    }

    /// Logs a change and does it.
    pub(crate) fn change(&mut self, transaction: &mut Transaction, change: Change) -> Answer<()> {
        let id = change.target().page;
        transaction.before.entry(id).or_insert_with(|| self.cache.get(&id).cloned());
        let page_lsn = self.page(id)?.lsn();
        let record = Record {
            previous: transaction.last,
            transaction: transaction.id,
            entry: Entry::Change { change, page_lsn },
        };
        let lsn = self.append(&record)?;
        transaction.last = lsn;
        if let Entry::Change { change, .. } = &record.entry {
            self.apply(change, lsn);
        }
        Ok(())
    }

    fn apply(&mut self, change: &Change, lsn: Lsn) {
        let id = change.target().page;
        if let Some(page) = self.cache.get_mut(&id) {
            change.apply(page);
            page.set_lsn(lsn);
        }
        self.touch(id);
    }

    /// Notes that a page in memory is newer than on disk, and its extent as changed since the last full.
    pub(crate) fn touch(&mut self, id: PageId) {
        self.dirty.insert(id);
        if let Some(changed) = &mut self.changed_since {
            changed.insert(id.extent());
        }
        // What is not there (a file being made) has no map yet.
        let map = allocation::map_page(allocation::Map::Differential, id);
        if self.page(map).is_ok_and(|page| page.kind() == kind::DCM)
            && let Some(page) = self.cache.get_mut(&map)
            && allocation::set_bit(page, id.extent().1, true)
        {
            self.dirty.insert(map);
            allocation::set_bit(page, map.extent().1, true);
        }
    }

    /// Changes a page without logging: for what a restore or a new database lays down.
    pub(crate) fn put_page(&mut self, id: PageId, page: Page) {
        self.cache.insert(id, page);
        self.dirty.insert(id);
    }

    /// Ends a transaction: its log reaches the disk, then its pages.
    pub(crate) fn commit(&mut self, transaction: Transaction, at: NaiveDateTime) -> Answer<()> {
        let entry = Entry::Commit { at, begin: transaction.begin };
        let record = Record { previous: transaction.last, transaction: transaction.id, entry };
        self.append(&record)?;
        self.log.flush().map_err(|error| texts::log_full(&self.database, &error))?;
        self.flush_pages()
    }

    /// Takes back everything that a transaction did.
    pub(crate) fn roll_back(&mut self, transaction: Transaction) -> Answer<()> {
        for (id, page) in transaction.before {
            match page {
                Some(page) => self.cache.insert(id, page),
                None => self.cache.remove(&id),
            };
            self.dirty.remove(&id);
        }
        self.log.back_to(transaction.log).map_err(|error| texts::log_full(&self.database, &error).into())
    }

    /// Writes every changed page, with its checksum.
    pub(crate) fn flush_pages(&mut self) -> Answer<()> {
        for id in std::mem::take(&mut self.dirty) {
            let Some(page) = self.cache.get_mut(&id) else { continue };
            page.seal();
            let Some(file) = self.files.get_mut(&id.file) else { continue };
            let mut write = || {
                if id.page >= file.pages {
                    file.file.set_len((u64::from(id.page) + 1) * PAGE as u64)?;
                    file.pages = id.page + 1;
                }
                write_at(&file.file, page.bytes(), u64::from(id.page) * PAGE as u64)
            };
            write().map_err(|error| texts::disk_error(&error, &file.path))?;
        }
        Ok(())
    }

    /// Writes the records of a checkpoint and returns where it begins; pages are on disk already.
    pub(crate) fn checkpoint_records(&mut self, at: NaiveDateTime) -> Answer<Lsn> {
        let record = |entry| Record { previous: Lsn::ZERO, transaction: 0, entry };
        self.flush_log()?;
        let begin = self.append(&record(Entry::CheckpointBegin { at }))?;
        self.flush_log()?;
        self.append(&record(Entry::Other(0x98)))?;
        self.flush_log()?;
        let end = Record { previous: begin, transaction: 0, entry: Entry::CheckpointEnd { at, begin } };
        self.append(&end)?;
        self.flush_log()?;
        Ok(begin)
    }

    fn flush_log(&mut self) -> Answer<()> {
        self.log.flush().map_err(|error| texts::log_full(&self.database, &error).into())
    }

    /// Redoes the committed transactions of `records` (in order) on pages that do not have them yet.
    /// Transactions that end after `stop_at` are left out, and the log is taken no further: returns the
    /// LSN of the first record not redone, `None` if all were.
    pub(crate) fn redo(&mut self, records: &[(Lsn, Record)], stop_at: Option<NaiveDateTime>) -> Answer<Option<Lsn>> {
        let mut stop = None;
        let mut committed = HashSet::new();
        for (_, record) in records {
            if let Entry::Commit { at, begin } = record.entry {
                if stop_at.is_some_and(|limit| at > limit) {
                    stop = Some(begin);
                    break;
                }
                committed.insert(record.transaction);
            }
        }
        for (lsn, record) in records {
            if stop.is_some_and(|stop| *lsn >= stop) {
                break;
            }
            let Entry::Change { change, .. } = &record.entry else { continue };
            if !committed.contains(&record.transaction) {
                continue;
            }
            let id = change.target().page;
            if self.page(id)?.lsn() < *lsn {
                self.apply(change, *lsn);
            } else {
                self.touch(id);
            }
        }
        self.flush_pages()?;
        Ok(stop)
    }
}
