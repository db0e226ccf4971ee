//! Backs a database up: checks, names, decides, has the server do it, and says what came of it.

mod archive;
mod base;
mod clients;
mod command;
mod make;
mod place;
mod plan;
mod result;
mod room;

pub use clients::{ConnectedClients, Met};
pub use command::{ArchiveState, BackupCommand, BackupResult, ClosedArchive, Place, Retry};

use std::time::Instant;

use self::plan::Plan;
use super::{Context, Reply, ScriptResult, Source, check, verify};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::model::{BackupType, RecoveryModel};
use crate::ops::removal::after_backup;
use crate::sql::{self, Database, Options, ServerFacts, Session};

pub(super) async fn run(server: &Options, command: BackupCommand, context: &Context) -> Result<Reply> {
    allowed(&command)?;
    let (mut session, facts) = check::connect(server, context).await?;
    context.phase(Phase::Checking);
    let database = check::existing(&mut session, &facts, &command.database).await?;
    able(&database, &command)?;
    let mut plan = plan::plan(&mut session, &facts, &database, &command, context).await?;
    if command.dry_run {
        return Ok(Reply::Script(script(&facts, &database, &command, &plan)));
    }
    let expected = room::check(&mut session, &database, &command, &plan, context).await?;
    context.check()?;
    let met = clients::meet(&mut session, &database, &command, context).await?;
    for files in [&plan.target.files, &plan.target.mirror] {
        place::make_folders(&mut session, &facts, files).await?;
    }
    context.phase(Phase::BackingUp);
    if let Some(bytes) = expected {
        context.total(bytes);
    }
    let began = Instant::now();
    let (telling, retries) = make::make(server, &mut session, &facts, &database, &command, &mut plan, context).await?;
    let duration = began.elapsed();
    context.phase(Phase::ReadingHistory);
    let appended_to = plan.target.archive.then(|| plan.target.sets.clone().unwrap_or_default());
    let mut result = result::read(&mut session, &facts, &database, &command, plan, &telling, context).await?;
    result.duration = duration;
    result.retries = retries;
    result.clients = met;
    if command.verify {
        context.phase(Phase::Verifying);
        verify_made(&mut session, &mut result, context).await?;
    }
    if let Some(sets) = appended_to {
        result.archive_state = Some(archive::state(&mut session, &facts, sets, &result, context).await);
    }
    if let Some(closed) = &mut result.closed_archive {
        archive::verify_closed(&mut session, closed, context).await;
    }
    if let Some(wish) = &command.remove {
        // The backup is made; what goes wrong now is told beside it.
        result.removal = Some(after_backup(wish, &result, context).await.map_err(Box::new));
    }
    Ok(Reply::Backup(Box::new(result)))
}

/// What no server needs to be asked for.
fn allowed(command: &BackupCommand) -> Result<()> {
    check::database_name(&command.database)?;
    let refuse =
        |message: String, hint: &str| Err(Error::new(Code::Request, message).hint(hint).target(&command.database));
    if command.how.copy_only && command.kind == BackupType::Differential {
        return refuse(
            "a differential backup cannot be copy-only: SQL Server would ignore the wish".to_owned(),
            "leave one of them out",
        );
    }
    if command.database.eq_ignore_ascii_case("tempdb") {
        return refuse(
            "tempdb cannot be backed up: SQL Server makes it anew at every start".to_owned(),
            "leave it out",
        );
    }
    let texts = [("name", &command.name, 128), ("description", &command.how.description, 255)];
    for (field, text, limit) in texts {
        let length = text.as_deref().unwrap_or_default().encode_utf16().count();
        if length > limit {
            return refuse(
                format!("the {field} of the backup set has {length} characters, and SQL Server keeps {limit}"),
                "shorten it",
            );
        }
    }
    let appends = matches!(command.place, Place::Archive { .. } | Place::Files { append: true, .. });
    if appends && (command.how.encryption.is_some() || command.mirror.is_some()) {
        return refuse(
            "SQL Server cannot append to an encrypted or mirrored media set, so an archive can be neither".to_owned(),
            "leave -Archive out: a new file a run",
        );
    }
    if let Some(bytes) = command.how.max_transfer_size
        && !(65_536..=4_194_304).contains(&bytes) | (bytes % 65_536 != 0)
    {
        return refuse(
            format!("{bytes} is no MAXTRANSFERSIZE"),
            "give a multiple of 65536 from 65536 to 4194304, in bytes",
        );
    }
    if command.how.buffer_count == Some(0) {
        return refuse("a BUFFERCOUNT of 0 is not possible".to_owned(), "give 1 or more, or leave it out");
    }
    Ok(())
}

/// What the database's own state allows.
fn able(database: &Database, command: &BackupCommand) -> Result<()> {
    let name = &database.name;
    if database.state != "ONLINE" {
        let message = format!("the database `{name}` cannot be backed up: it is {}", database.state);
        return Err(Error::new(Code::DatabaseState, message)
            .hint(match database.state.as_str() {
                "OFFLINE" => "set it online with ALTER DATABASE ... SET ONLINE",
                "RESTORING" => "finish its restore, or recover it with Restore-PGDatabase -Recover",
                "RECOVERING" => "wait until the server has recovered it",
                _ => "read the server's error log; the last good backup may be the way out",
            })
            .target(name));
    }
    if command.kind == BackupType::Log && database.recovery_model == Some(RecoveryModel::Simple) {
        let message = format!("the database `{name}` is in the SIMPLE recovery model, which has no log backups");
        return Err(Error::new(Code::Unsupported, message)
            .hint(
                "set it to FULL with ALTER DATABASE ... SET RECOVERY FULL and make a full backup, or make differentials",
            )
            .target(name));
    }
    Ok(())
}

fn script(facts: &ServerFacts, database: &Database, command: &BackupCommand, plan: &Plan) -> ScriptResult {
    let mut statements = vec![plan.statement(database, command)];
    if command.verify {
        let position = plan.target.sets.as_ref().map_or(0, Vec::len) + 1;
        let position = u16::try_from(position).unwrap_or(u16::MAX);
        let checksum = command.how.checksum;
        statements.push(sql::Verify { files: &plan.target.files, position, checksum }.to_sql());
    }
    let notes = plan.promotion.as_ref().map(|why| format!("full instead of differential: {}", why.reason()));
    ScriptResult {
        server: facts.name.clone(),
        database: database.name.clone(),
        statements,
        notes: notes.into_iter().collect(),
    }
}

pub(super) async fn verify_made(session: &mut Session, result: &mut BackupResult, context: &Context) -> Result<()> {
    let Some(file) = result.files.first() else { return Ok(()) };
    let sets = sql::headers(session, file, &context.cancelled()).await?;
    let source =
        Source { file: file.clone(), position: Some(result.position), backup_set_guid: result.backup_set_guid };
    let row = verify::one(session, &result.files, verify::pick(sets, &source)?, context).await?;
    match row.verdict {
        verify::Verdict::Sound | verify::Verdict::Unprotected => {
            result.verified = Some(true);
            Ok(())
        }
        verify::Verdict::Damaged | verify::Verdict::Incomplete => {
            let message = format!(
                "the backup of `{}` was written, but SQL Server finds it {}",
                result.database,
                row.verdict.word()
            );
            let mut error = Error::new(Code::Corrupt, message)
                .hint("check the disk, keep the older backups, and make a new one")
                .target(file);
            error.server = row.messages;
            Err(error)
        }
    }
}
