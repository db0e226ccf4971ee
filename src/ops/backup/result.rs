//! What came of a backup: the server's history, else the file's own header.

use std::time::Duration;

use super::clients::Met;
use super::plan::Plan;
use super::{BackupCommand, BackupResult};
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::model::BackupSet;
use crate::ops::telling::Telling;
use crate::ops::{Context, Source, verify};
use crate::sql::{self, BackupRecord, Compression, Database, ServerFacts, Session};

/// Reads the facts of the set that was just made.
pub(super) async fn read(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    plan: Plan,
    telling: &Telling,
    context: &Context,
) -> Result<BackupResult> {
    let tally = telling.tally();
    let file = plan.target.file();
    let (position, record) = match made(session, &database.name, file, tally.position, context).await {
        Ok(set) => set,
        // It is made all the same: a login that may back up need not be allowed to look.
        Err(error) if error.code == Code::Permission => {
            context
                .say(Level::Warning, format!("the backup is made, but what it is cannot be read: {}", error.message));
            (tally.position.unwrap_or_default(), BackupRecord::default())
        }
        Err(mut error) => {
            error.causes.push("the backup itself went through".to_owned());
            return Err(error);
        }
    };
    let statements = vec![plan.statement(database, command)];
    Ok(BackupResult {
        server: facts.name.clone(),
        database: database.name.clone(),
        requested: command.kind,
        kind: plan.kind,
        promotion: plan.promotion,
        copy_only: command.how.copy_only,
        archive: plan.target.archive,
        compressed: match plan.compression {
            Compression::Default => None,
            Compression::On => Some(true),
            Compression::Off => Some(false),
        },
        position,
        media_set_id: record.media_set_id,
        backup_set_guid: record.backup_set_guid,
        first_lsn: record.first_lsn,
        last_lsn: record.last_lsn,
        checkpoint_lsn: record.checkpoint_lsn,
        database_backup_lsn: record.database_backup_lsn,
        differential_base_guid: record.differential_base_guid,
        differential_base_lsn: record.differential_base_lsn,
        started: record.started,
        finished: record.finished,
        offset: facts.offset,
        backup_size: record.backup_size,
        compressed_backup_size: record.compressed_backup_size,
        pages: tally.pages,
        duration: Duration::ZERO,
        has_backup_checksums: record.has_backup_checksums,
        verified: None,
        removal: None,
        clients: Met::default(),
        retries: Vec::new(),
        messages: telling.messages(),
        statements,
        doubt: plan.doubt,
        replaced_archive: plan.target.left_alone,
        closed_archive: plan.target.closed,
        archive_state: None,
        files: plan.target.files,
        mirror: plan.target.mirror,
    })
}

/// Position and facts of the set: by the server's history, which can be switched off or out of sight, else
/// by the file itself.
async fn made(
    session: &mut Session,
    database: &str,
    file: &str,
    position: Option<u16>,
    context: &Context,
) -> Result<(u16, BackupRecord)> {
    if let Some(position) = position
        && let Ok(Some(record)) = sql::made(session, database, file, position).await
    {
        return Ok((position, record));
    }
    let mut sets = sql::headers(session, file, &context.cancelled()).await?;
    let set = match position {
        Some(position) => {
            let source = Source { file: file.to_owned(), position: Some(position), backup_set_guid: None };
            verify::pick(sets, &source)?
        }
        None => sets.pop().ok_or_else(|| {
            Error::new(Code::Incomplete, format!("the backup went through, but `{file}` holds no set")).target(file)
        })?,
    };
    Ok((set.position, of_header(set)))
}

fn of_header(set: BackupSet) -> BackupRecord {
    BackupRecord {
        backup_set_guid: set.backup_set_guid,
        media_set_id: None,
        first_lsn: Some(set.first_lsn),
        last_lsn: Some(set.last_lsn),
        checkpoint_lsn: Some(set.checkpoint_lsn),
        database_backup_lsn: Some(set.database_backup_lsn),
        differential_base_guid: set.differential_base_guid,
        differential_base_lsn: set.differential_base_lsn,
        backup_size: set.backup_size,
        compressed_backup_size: set.compressed_backup_size,
        started: set.backup_start_date,
        finished: set.backup_finish_date,
        has_backup_checksums: set.has_backup_checksums,
    }
}
