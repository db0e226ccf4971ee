//! An open database: its store, boot page and catalog; new databases and their first pages.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::Path;

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::allocation::{new_map, new_pfs};
use super::boot::{BOOT, Boot, COLLATION, DATABASE_VERSION, status};
use super::bytes::put;
use super::catalog::{Catalog, FileRow};
use super::error::Answer;
use super::file_header::FileHeader;
use super::log::Log;
use super::lsn::Lsn;
use super::page::{EXTENT, PAGE, PageId, kind};
use super::store::{DataFile, Store};
use super::texts;

/// A file of a database, with the file on this machine that holds it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FilePlace {
    pub(crate) row: FileRow,
    pub(crate) host: std::path::PathBuf,
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) boot: Boot,
    pub(crate) catalog: Catalog,
}

/// What a new database is made of.
pub(crate) struct Blueprint<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: u16,
    pub(crate) files: &'a [FilePlace],
    /// First size of each file in bytes, in the order of `files`.
    pub(crate) sizes: &'a [u64],
    pub(crate) groups: &'a BTreeMap<u16, String>,
    pub(crate) status: u32,
    pub(crate) now: NaiveDateTime,
}

/// Opens a file for reading and writing.
pub(crate) fn open_file(path: &Path, server_path: &str) -> Answer<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .map_err(|error| texts::create_file(server_path, texts::os_error(&error)).into())
}

fn create_file(path: &Path, server_path: &str) -> Answer<File> {
    let made = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path);
    made.map_err(|error| texts::create_file(server_path, texts::os_error(&error)).into())
}

/// The first pages of a data file; `system_extent` for file 1, which keeps extent 1 for catalog pages.
fn lay_out(store: &mut Store, file: u16) {
    let id = |page| PageId::new(file, page);
    let mut pfs = new_pfs(id(1));
    put(pfs.bytes_mut(), 100, &[0x44, 0x44, 0x44, 0x44, 0, 0, 0x44, 0x44]);
    let mut gam = new_map(kind::GAM, id(2), 0xFF);
    super::allocation::set_bit(&mut gam, 0, false);
    let mut sgam = new_map(kind::SGAM, id(3), 0);
    if file == 1 {
        put(pfs.bytes_mut(), 100 + 9, &[0x64]);
        super::allocation::set_bit(&mut gam, 1, false);
        super::allocation::set_bit(&mut sgam, 1, true);
    }
    let mut bcm = new_map(kind::BCM, id(7), 0);
    bcm.unprotect();
    store.put_page(id(1), pfs);
    store.put_page(id(2), gam);
    store.put_page(id(3), sgam);
    store.put_page(id(6), new_map(kind::DCM, id(6), 0));
    store.put_page(id(7), bcm);
}

/// Page 0 of a log file.
pub(crate) fn write_log_header(file: &File, header: &FileHeader, path: &str) -> Answer<()> {
    let mut page = header.page();
    page.seal();
    super::disk::write_at(file, page.bytes(), 0).map_err(|error| texts::disk_error(&error, path).into())
}

impl Core {
    /// Makes the files of a new database.
    pub(crate) fn create(plan: &Blueprint<'_>) -> Answer<Core> {
        let mut files = BTreeMap::new();
        let mut log = None;
        let binding = Uuid::new_v4();
        for (place, size) in plan.files.iter().zip(plan.sizes) {
            let path = place.row.physical_name.clone();
            let file = create_file(&place.host, &path)?;
            let header = FileHeader {
                binding,
                file: place.row.id,
                group: place.row.group,
                pages: (size / PAGE as u64) as u32,
                create_lsn: place.row.create_lsn,
                guid: place.row.guid,
                logical_name: place.row.logical_name.clone(),
                base_lsn: Lsn::ZERO,
                base_guid: Uuid::nil(),
                base_time: None,
            };
            if place.row.is_log {
                let made = Log::create(file, *size, 37).map_err(|error| texts::disk_error(&error, &path))?;
                write_log_header(&open_file(&place.host, &path)?, &header, &path)?;
                log = Some(made);
            } else {
                file.set_len(*size).map_err(|error| texts::disk_error(&error, &path))?;
                files.insert(place.row.id, (DataFile { file, path, pages: header.pages }, header));
            }
        }
        let log = log.ok_or_else(|| texts::internal("log file"))?;
        let headers: Vec<FileHeader> = files.values().map(|(_, header)| header.clone()).collect();
        let files = files.into_iter().map(|(id, (file, _))| (id, file)).collect();
        let mut store = Store::new(plan.name, files, log);
        for header in headers {
            lay_out(&mut store, header.file);
            store.put_page(PageId::new(header.file, 0), header.page());
        }
        let fork = Uuid::new_v4();
        let boot = Boot {
            version: DATABASE_VERSION,
            status: plan.status,
            created: plan.now,
            name: plan.name.to_owned(),
            id: plan.id,
            compatibility: 150,
            checkpoint: Lsn::ZERO,
            collation: COLLATION,
            family: fork,
            fork,
            fork_point: Lsn::ZERO,
            previous_fork: Uuid::nil(),
            previous_fork_point: Lsn::ZERO,
            first_allocation_page: PageId::NONE,
            log_chain: Lsn::ZERO,
            last_log_backup: Lsn::ZERO,
            full_backup_lsn: Lsn::ZERO,
            full_backup_set: Uuid::nil(),
            // The family is the GUID that the database had when it was made.
            database_guid: fork,
            redo_position: Lsn::ZERO,
            restored: [0; 8],
        };
        store.put_page(BOOT, boot.page());
        let mut txn = store.begin("CREATE DATABASE", plan.now)?;
        let (mut catalog, first) = Catalog::create(&mut store, &mut txn, plan.now)?;
        for (id, name) in plan.groups.iter().filter(|(id, _)| **id > 1) {
            catalog.add_group(&mut store, &mut txn, *id, name, plan.now)?;
        }
        for place in plan.files {
            catalog.add_file(&mut store, &mut txn, place.row.clone())?;
        }
        store.commit(txn, plan.now)?;
        let mut core = Core { store, boot: Boot { first_allocation_page: first, ..boot }, catalog };
        core.checkpoint(plan.now)?;
        Ok(core)
    }

    /// Opens the files of a database, whatever state its pages are in.
    pub(crate) fn open_store(name: &str, places: &[FilePlace]) -> Answer<Store> {
        let mut files = BTreeMap::new();
        let mut log = None;
        for place in places {
            let path = place.row.physical_name.clone();
            let file = open_file(&place.host, &path)?;
            if place.row.is_log {
                log = Some(Log::open(file).map_err(|error| texts::disk_error(&error, &path))?);
            } else {
                let len = file.metadata().map_err(|error| texts::disk_error(&error, &path))?.len();
                files.insert(place.row.id, DataFile { file, path, pages: (len / PAGE as u64) as u32 });
            }
        }
        let log = log.ok_or_else(|| texts::internal("log file"))?;
        Ok(Store::new(name, files, log))
    }

    /// Opens a database and redoes what its pages lack since the last checkpoint.
    pub(crate) fn open(name: &str, places: &[FilePlace]) -> Answer<Core> {
        let mut store = Core::open_store(name, places)?;
        let boot = read_boot(&mut store)?;
        store.log.truncate_before(keep_from(&boot));
        let records = store.log.records(boot.checkpoint).map_err(|error| texts::disk_error(&error, name))?;
        store.redo(&records, None)?;
        // A transaction whose end never reached the disk goes, with everything behind it.
        if let Some(open) = unfinished(&records) {
            store.log.cut_at(open).map_err(|error| texts::disk_error(&error, name))?;
        }
        let catalog = Catalog::load(&mut store, boot.first_allocation_page)?;
        Ok(Core { store, boot, catalog })
    }

    /// Writes the boot page (not logged: it is what tells where the log begins).
    pub(crate) fn save_boot(&mut self) -> Answer<()> {
        let mut page = self.store.page(BOOT)?.clone();
        self.boot.write(&mut page);
        self.store.put_page(BOOT, page);
        self.store.touch(BOOT);
        self.store.flush_pages()
    }

    /// A checkpoint: everything is on disk, and in the SIMPLE model the log before it may go.
    pub(crate) fn checkpoint(&mut self, now: NaiveDateTime) -> Answer<Lsn> {
        self.store.flush_pages()?;
        let lsn = self.store.checkpoint_records(now)?;
        self.boot.checkpoint = lsn;
        self.store.log.truncate_before(keep_from(&self.boot));
        self.save_boot()?;
        Ok(lsn)
    }

    /// Page 0 of a data file.
    pub(crate) fn file_header(&mut self, file: u16) -> Answer<FileHeader> {
        self.store.file_header(file)
    }

    /// Reads the catalog anew, after something undid changes behind its back.
    pub(crate) fn reload(&mut self) -> Answer<()> {
        self.catalog = Catalog::load(&mut self.store, self.boot.first_allocation_page)?;
        Ok(())
    }

    /// Pages in use in a file.
    pub(crate) fn used_pages(&mut self, file: u16) -> u32 {
        self.store.allocated_extents(file).map_or(0, |extents| extents.len() as u32 * EXTENT)
    }
}

/// Reads the boot page.
pub(crate) fn read_boot(store: &mut Store) -> Answer<Boot> {
    let name = store.database.clone();
    Boot::read(store.page(BOOT)?).ok_or_else(|| texts::page_missing(BOOT, &name).into())
}

/// The oldest log that must stay: from the last log backup on in a running chain, else from the checkpoint.
pub(crate) fn keep_from(boot: &Boot) -> Lsn {
    if boot.has(status::SIMPLE) || boot.last_log_backup.is_zero() {
        boot.checkpoint
    } else {
        boot.last_log_backup.min(boot.checkpoint)
    }
}

fn unfinished(records: &[(Lsn, super::log::Record)]) -> Option<Lsn> {
    use super::log::Entry;
    let mut open: BTreeMap<u64, Lsn> = BTreeMap::new();
    for (lsn, record) in records {
        match record.entry {
            Entry::Begin { .. } => {
                open.insert(record.transaction, *lsn);
            }
            Entry::Commit { .. } => {
                open.remove(&record.transaction);
            }
            _ => {}
        }
    }
    open.into_values().min()
}
