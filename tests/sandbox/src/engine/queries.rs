//! Facts of databases and tables, and rows in and out: what the T-SQL front asks for.

use super::boot::status;
use super::core::Core;
use super::instance::{Engine, NewTable};
use super::page::{PAGE, PageId, kind};
use super::registry::Database;
use super::{Answer, DatabaseFacts, FileFacts, RecoveryModel, RowId, ServerMessage, TableFacts, Ties, Value, texts};

/// `max_size` of a log without limit, in pages (2 TB).
const LOG_MAX_PAGES: i32 = 268_435_456;

impl Engine {
    /// Every database, by id, with its facts: `sys.databases` and `sys.master_files`.
    pub fn databases(&self) -> Vec<DatabaseFacts> {
        let all: Vec<_> = self.registry().databases.values().cloned().collect();
        all.iter().map(|shared| facts(&mut shared.lock())).collect()
    }

    /// One database. Names are compared without regard to case.
    ///
    /// # Errors
    /// 911 when there is none.
    pub fn database(&self, name: &str) -> Answer<DatabaseFacts> {
        let shared = self.find(name)?;
        let mut database = shared.lock();
        Ok(facts(&mut database))
    }

    /// Ties a database to something; for tests.
    ///
    /// # Errors
    /// 911.
    pub fn tie(&self, name: &str, ties: Ties) -> Answer<()> {
        let id = self.database(name)?.id;
        self.registry().ties.insert(id, ties);
        Ok(())
    }

    /// Gives a database a user with the sid of another server's login; for tests.
    ///
    /// # Errors
    /// 911.
    pub fn add_user(&self, database: &str, user: &str, sid: Vec<u8>) -> Answer<()> {
        let id = self.database(database)?.id;
        self.registry().users.entry(id).or_default().push((user.to_owned(), sid));
        Ok(())
    }

    /// Such users of a database.
    pub fn users(&self, id: u16) -> Vec<(String, Vec<u8>)> {
        self.registry().users.get(&id).cloned().unwrap_or_default()
    }

    /// `ALTER USER x WITH LOGIN = y`; false where there is no such user.
    pub fn give_login(&self, id: u16, user: &str, sid: Vec<u8>) -> bool {
        let mut registry = self.registry();
        let found = registry
            .users
            .get_mut(&id)
            .and_then(|users| users.iter_mut().find(|(name, _)| name.to_lowercase() == user.to_lowercase()));
        found.map(|(_, own)| *own = sid).is_some()
    }

    /// What hangs on a database.
    pub fn ties(&self, id: u16) -> Ties {
        self.registry().ties.get(&id).cloned().unwrap_or_default()
    }

    /// Whether a database has a snapshot.
    pub(crate) fn has_snapshot(&self, id: u16) -> bool {
        self.registry().ties.values().any(|ties| ties.snapshot_of == Some(id))
    }

    /// Runs `work` on an open database.
    pub(crate) fn with_core<T>(&self, name: &str, work: impl FnOnce(&mut Core) -> Answer<T>) -> Answer<T> {
        let shared = self.find(name)?;
        let mut database = shared.lock();
        database.usable()?;
        match &mut database.core {
            Some(core) => work(core),
            None => Err(texts::suspect(name).into()),
        }
    }

    fn with_writable<T>(&self, name: &str, work: impl FnOnce(&mut Core) -> Answer<T>) -> Answer<T> {
        self.with_core(name, |core| {
            if core.boot.has(status::READ_ONLY) || core.boot.has(status::STANDBY) {
                return Err(texts::read_only(&core.boot.name).into());
            }
            work(core)
        })
    }

    /// `CREATE TABLE`.
    ///
    /// # Errors
    /// 2714 the name is taken, 911, 924, 927, 942, 3906 read-only.
    pub fn create_table(&self, database: &str, table: &NewTable) -> Answer<()> {
        let now = self.now();
        self.with_writable(database, |core| core.create_table(table, now))
    }

    /// `DROP TABLE`.
    ///
    /// # Errors
    /// 3701 no such table.
    pub fn drop_table(&self, database: &str, schema: &str, table: &str) -> Answer<()> {
        let now = self.now();
        self.with_writable(database, |core| core.drop_table(schema, table, now))
    }

    /// The tables of a database, by id. msdb's history tables are among msdb's.
    ///
    /// # Errors
    /// 911, 924, 926, 927, 942.
    pub fn tables(&self, database: &str) -> Answer<Vec<TableFacts>> {
        self.with_core(database, |core| {
            let tables: Vec<_> = core.catalog.tables.values().filter(|table| !table.is_system).cloned().collect();
            tables.iter().map(|table| table_facts(core, table)).collect()
        })
    }

    /// One table. Names are compared without regard to case.
    ///
    /// # Errors
    /// 208 no such table; and as [`Engine::tables`].
    pub fn table(&self, database: &str, schema: &str, table: &str) -> Answer<TableFacts> {
        self.with_core(database, |core| match core.find_table(schema, table).cloned() {
            Some(table) => table_facts(core, &table),
            None => Err(texts::invalid_object(&format!("{schema}.{table}")).into()),
        })
    }

    /// Adds rows, all or none; each has a value for every column. Returns the identity value of the
    /// last row, if the table has an identity column.
    ///
    /// # Errors
    /// 208, 515 NULL in a required column, 2627 duplicate key, 2628 text too long, 8115 number too
    /// large, 511 row too large, 3906 read-only.
    pub fn insert(&self, database: &str, schema: &str, table: &str, rows: &[Vec<Value>]) -> Answer<Option<i64>> {
        let now = self.now();
        self.with_writable(database, |core| core.insert(schema, table, rows, now))
    }

    /// Every row with its place, in the order of the pages.
    ///
    /// # Errors
    /// 208; 824 a page's checksum does not fit.
    pub fn scan(&self, database: &str, schema: &str, table: &str) -> Answer<Vec<(RowId, Vec<Value>)>> {
        self.with_core(database, |core| core.scan(schema, table))
    }

    /// Gives rows new values, all or none. A row may move.
    ///
    /// # Errors
    /// As [`Engine::insert`].
    pub fn update(&self, database: &str, schema: &str, table: &str, rows: &[(RowId, Vec<Value>)]) -> Answer<()> {
        let now = self.now();
        self.with_writable(database, |core| core.update(schema, table, rows, now))
    }

    /// Takes rows away, all or none.
    ///
    /// # Errors
    /// 208, 3906.
    pub fn delete(&self, database: &str, schema: &str, table: &str, rows: &[RowId]) -> Answer<()> {
        let now = self.now();
        self.with_writable(database, |core| core.delete(schema, table, rows, now))
    }

    /// `CHECKPOINT`.
    ///
    /// # Errors
    /// 911, 924, 927, 942.
    pub fn checkpoint(&self, database: &str) -> Answer<()> {
        let now = self.now();
        self.with_core(database, |core| core.checkpoint(now).map(|_| ()))
    }

    /// `DBCC CHECKDB`: every allocated page's checksum and place, and every row's record.
    /// The errors found come in the answer (8928, 8939, 8944), empty when all is well.
    ///
    /// # Errors
    /// 911, 924, 927, 942.
    pub fn check_database(&self, database: &str) -> Answer<Vec<ServerMessage>> {
        self.with_core(database, check)
    }
}

fn facts(database: &mut Database) -> DatabaseFacts {
    let mut files = Vec::new();
    let places = database.files.clone();
    for place in &places {
        let len = std::fs::metadata(&place.host).map_or(0, |meta| meta.len());
        let header = match &mut database.core {
            Some(core) if !place.row.is_log => core.file_header(place.row.id).ok(),
            _ => None,
        };
        let group = match &database.core {
            Some(core) => core.catalog.groups.get(&place.row.group).cloned(),
            None => (place.row.group == 1).then(|| "PRIMARY".to_owned()),
        };
        let used = database.core.as_mut().map_or(0, |core| {
            if place.row.is_log { (core.store.log.size() / PAGE as u64) as u32 } else { core.used_pages(place.row.id) }
        });
        let modified = match &mut database.core {
            Some(core) if !place.row.is_log => {
                core.store.changed_extents(place.row.id).map_or(0, |extents| extents.len() as u32 * 8)
            }
            _ => 0,
        };
        let base = header.as_ref().filter(|header| !header.base_guid.is_nil());
        files.push(FileFacts {
            id: place.row.id,
            guid: place.row.guid,
            is_log: place.row.is_log,
            group_id: place.row.group,
            group_name: if place.row.is_log { String::new() } else { group.unwrap_or_default() },
            logical_name: place.row.logical_name.clone(),
            physical_name: place.row.physical_name.clone(),
            size_pages: (len / PAGE as u64) as u32,
            used_pages: used,
            max_size: if place.row.is_log { LOG_MAX_PAGES } else { -1 },
            growth: super::allocation::GROWTH_PAGES,
            percent_growth: false,
            create_lsn: place.row.create_lsn,
            differential_base_lsn: base.map(|header| header.base_lsn),
            differential_base_guid: base.map(|header| header.base_guid),
            differential_base_time: base.and_then(|header| header.base_time),
            modified_pages: modified,
        });
    }
    let boot = database.core.as_ref().map(|core| &core.boot);
    let has = |bit| boot.is_some_and(|boot| boot.has(bit));
    DatabaseFacts {
        id: database.id,
        name: database.name.clone(),
        owner: database.owner.clone(),
        created: database.created,
        state: database.state,
        in_standby: database.standby,
        user_access: database.access,
        read_only: has(status::READ_ONLY) || database.standby,
        recovery_model: if has(status::SIMPLE) {
            RecoveryModel::Simple
        } else if has(status::BULK_LOGGED) {
            RecoveryModel::BulkLogged
        } else {
            RecoveryModel::Full
        },
        compatibility_level: boot.map_or(150, |boot| boot.compatibility),
        collation: "SQL_Latin1_General_CP1_CI_AS".to_owned(),
        page_verify: if has(status::PAGE_CHECKSUM) { 2 } else { u8::from(has(status::TORN_PAGE)) },
        family_guid: boot.map(|boot| boot.family),
        recovery_fork: boot.map(|boot| boot.fork),
        database_guid: boot.map(|boot| boot.database_guid),
        last_log_backup_lsn: boot.map(|boot| boot.last_log_backup).filter(|lsn| !lsn.is_zero()),
        files,
    }
}

fn table_facts(core: &mut Core, table: &super::catalog::Table) -> Answer<TableFacts> {
    let pages = core.store.table_pages(table)?.len() as u32;
    Ok(TableFacts {
        id: table.id,
        schema: table.schema.clone(),
        name: table.name.clone(),
        columns: table.columns.clone(),
        primary_key: table.primary_key.clone(),
        primary_key_name: table.primary_key_name.clone(),
        rows: u64::try_from(table.rows).unwrap_or(0),
        pages,
        created: table.created,
    })
}

fn check(core: &mut Core) -> Answer<Vec<ServerMessage>> {
    let mut found = Vec::new();
    core.store.flush_pages()?;
    let files: Vec<u16> = core.store.files.keys().copied().collect();
    for file in files {
        for extent in core.store.allocated_extents(file)? {
            for page in extent * 8..extent * 8 + 8 {
                let id = PageId::new(file, page);
                if core.store.pfs(id)? & super::allocation::pfs::ALLOCATED == 0 {
                    continue;
                }
                let page = core.store.read_page(id)?;
                let damaged = page.checksums().is_some_and(|(stored, computed)| stored != computed);
                if damaged || page.id() != id {
                    let text = format!(
                        "Object ID {}, index ID {}: Page ({id}) could not be processed.  See other errors for details.",
                        page.owner().1,
                        page.owner().0
                    );
                    found.push(ServerMessage::new(8928, 16, 1, text));
                } else if page.kind() == kind::DATA {
                    let bad = (0..page.slot_count())
                        .filter(|slot| page.slot_offset(*slot) != 0)
                        .find(|slot| page.record(*slot).is_none());
                    if let Some(slot) = bad {
                        let text = format!(
                            "Table error: Object ID {}, page ({id}), row {slot}. Test (ColumnOffsets <= (nextRec - pRec)) failed.",
                            page.owner().1
                        );
                        found.push(ServerMessage::new(8944, 16, 12, text));
                    }
                }
            }
        }
    }
    Ok(found)
}
