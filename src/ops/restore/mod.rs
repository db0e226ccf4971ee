//! Restores a database: finds the sets and their base, checks, places the files, has the server do
//! it step by step, and says in what state it is afterwards.

mod recover;
mod steps;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;

use self::steps::{Step, Steps};
use super::telling::Telling;
use super::{Context, Reply, ScriptResult, Source, check, watch};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::{BackupType, FileType, Guid};
use crate::policy::chain::WantedMoment;
use crate::policy::relocate::{Homeless, Wishes, places};
use crate::sql::{self, Database, Options, Recovery, Restore, ServerFacts, Session, Statement};

/// What to restore, and how.
#[derive(Clone, Debug)]
pub struct RestoreCommand {
    /// The database to make or overwrite.
    pub database: String,
    /// The sets. A base that is needed is looked for in the same files. None: the database waits
    /// for further backups, and is to be recovered without one.
    pub sources: Vec<Source>,
    /// The explicit wish to overwrite an existing database.
    pub replace: bool,
    /// The explicit wish to overwrite it with another database's backup.
    pub allow_other_database: bool,
    /// The moment to go back to; `None`: as far as the sets go.
    pub point_in_time: Option<WantedMoment>,
    /// By logical name: where a file goes.
    pub relocate: BTreeMap<String, String>,
    /// Folder for everything but logs.
    pub data_directory: Option<String>,
    /// Folder for logs.
    pub log_directory: Option<String>,
    /// The state to leave the database in.
    pub recovery: Recovery,
    /// Only say what would be run.
    pub dry_run: bool,
}

/// One restored set.
#[derive(Clone, Debug)]
pub struct RestoreStep {
    /// The files, one a stripe.
    pub files: Vec<String>,
    /// Its place in the files.
    pub position: u16,
    /// What it is.
    pub kind: BackupType,
    /// Which it is.
    pub backup_set_guid: Option<Guid>,
    /// `STOPAT`, by the server's clock.
    pub stop_at: Option<NaiveDateTime>,
    /// Why it was a step.
    pub reason: String,
    /// The state that the step left the database in.
    pub recovery: Recovery,
}

/// A restore that was made.
#[derive(Clone, Debug)]
pub struct RestoreResult {
    /// Name of the server.
    pub server: String,
    /// The database.
    pub database: String,
    /// The sets, in order.
    pub steps: Vec<RestoreStep>,
    /// Logical names and paths of its files.
    pub files: Vec<(String, String)>,
    /// 8 KiB pages.
    pub pages: u64,
    /// Bytes of all sets.
    pub bytes: u64,
    /// How long the server worked on it.
    pub duration: Duration,
    /// What is worth knowing about the choice of sets.
    pub notes: Vec<String>,
    /// The moment that the database went back to, by the clock of the server that made the sets.
    pub restored_to: Option<NaiveDateTime>,
    /// What the server said.
    pub messages: Vec<crate::error::ServerMessage>,
    /// What was run, as T-SQL.
    pub statements: Vec<String>,
}

/// A step and the statement for it.
struct Planned {
    step: Step,
    recovery: Recovery,
    sql: String,
}

pub(super) async fn run(server: &Options, command: RestoreCommand, context: &Context) -> Result<Reply> {
    check::database_name(&command.database)?;
    if let Some(system) =
        ["master", "model", "msdb", "tempdb"].iter().find(|name| name.eq_ignore_ascii_case(&command.database))
    {
        return Err(Error::new(
            Code::Unsupported,
            format!("the system database `{system}` is not restored by PGBackup"),
        )
        .hint("see Microsoft's page on restoring system databases; the server has to be started in a special way")
        .target(&command.database));
    }
    let (mut session, facts) = check::connect(server, context).await?;
    context.phase(Phase::Checking);
    let style = check::path_style(&facts);
    for source in &command.sources {
        check::path(style, &source.file)?;
    }
    let existing = sql::database(&mut session, &command.database).await?;
    if command.sources.is_empty() {
        return recover::run(server, &mut session, facts, &command, existing, context).await;
    }
    let Steps { steps, notes, reaches } = steps::find(&mut session, &command, existing.as_ref(), context).await?;
    for note in &notes {
        context.say(Level::Info, note.as_str());
    }
    overwrites(&mut session, &facts, &command, existing.as_ref(), &steps).await?;
    let (planned, files) = plan(&mut session, &facts, &command, existing.as_ref(), steps, context).await?;
    if command.dry_run {
        return Ok(Reply::Script(script(&facts, &command, &planned, notes)));
    }
    context.check()?;
    let began = Instant::now();
    let telling = carry_out(server, &mut session, &command, &planned, context).await?;
    Ok(Reply::Restore(Box::new(RestoreResult {
        server: facts.name,
        database: command.database,
        files,
        pages: telling.tally().pages,
        bytes: planned.iter().map(|planned| planned.step.bytes()).sum(),
        duration: began.elapsed(),
        notes,
        restored_to: reaches,
        messages: telling.messages(),
        statements: planned.iter().map(|planned| planned.sql.clone()).collect(),
        steps: planned
            .into_iter()
            .map(|planned| RestoreStep {
                files: planned.step.files,
                position: planned.step.set.position,
                kind: planned.step.set.backup_type,
                backup_set_guid: planned.step.set.backup_set_guid,
                stop_at: planned.step.stop_at,
                reason: planned.step.reason,
                recovery: planned.recovery,
            })
            .collect(),
    })))
}

/// Refuses to overwrite what was not meant to be overwritten.
async fn overwrites(
    session: &mut Session,
    facts: &ServerFacts,
    command: &RestoreCommand,
    existing: Option<&Database>,
    steps: &[Step],
) -> Result<()> {
    let Some(existing) = existing else { return Ok(()) };
    let name = &existing.name;
    // A chain that goes on: the database waits for it.
    let goes_on =
        existing.state == "RESTORING" && steps.first().is_some_and(|step| step.set.backup_type != BackupType::Full);
    if goes_on {
        return Ok(());
    }
    if !command.replace {
        return Err(Error::new(Code::Exists, format!("the database `{name}` exists already on `{}`", facts.name))
            .hint("to overwrite it use -Replace; to keep it restore under another name with -Database")
            .target(name));
    }
    let family = sql::family_guid(session, existing.id).await;
    let of_backup = steps.first().and_then(|step| step.set.family_guid);
    if let (Some(family), Some(of_backup)) = (family, of_backup)
        && family != of_backup
        && !command.allow_other_database
    {
        let other = steps.first().map(|step| step.set.database_name.clone()).unwrap_or_default();
        return Err(Error::new(
            Code::OtherDatabase,
            format!("the backup is not one of the existing database `{name}`: it is of another database, `{other}`"),
        )
        .hint("check file and name; to overwrite the database nevertheless use -AllowOtherDatabase together with -Replace")
        .target(name));
    }
    Ok(())
}

/// Places the files and writes the statements.
async fn plan(
    session: &mut Session,
    facts: &ServerFacts,
    command: &RestoreCommand,
    existing: Option<&Database>,
    steps: Vec<Step>,
    context: &Context,
) -> Result<(Vec<Planned>, Vec<(String, String)>)> {
    let style = check::path_style(facts);
    let own = match existing {
        Some(database) => sql::file_places(session, database.id).await?,
        None => Vec::new(),
    };
    let mut homeless: Vec<Homeless> = Vec::new();
    let mut of_step: Vec<Vec<String>> = Vec::new();
    for step in &steps {
        let files = sql::file_list(session, step.file(), step.set.position, &context.cancelled()).await?;
        of_step.push(files.iter().map(|file| file.logical_name.clone()).collect());
        for file in files {
            // A full-text catalog is not placed; the same file in several sets counts once.
            let known = homeless.iter().any(|other| other.logical_name == file.logical_name);
            if !known && file.file_type != FileType::FullText {
                homeless.push(Homeless {
                    logical_name: file.logical_name,
                    physical_name: file.physical_name,
                    file_type: file.file_type,
                });
            }
        }
    }
    let from = steps.first().map(|step| step.set.database_name.clone()).unwrap_or_default();
    let found = places(
        &homeless,
        &Wishes {
            places: &command.relocate,
            data_directory: command.data_directory.as_deref(),
            log_directory: command.log_directory.as_deref(),
            existing: &own,
            default_data: facts.data_directory.as_deref(),
            default_log: facts.log_directory.as_deref(),
            from: &from,
            to: &command.database,
            style,
        },
    )?;
    let moved: Vec<(String, String)> = homeless
        .iter()
        .zip(&found)
        .filter(|(file, place)| file.physical_name != **place)
        .map(|(file, place)| (file.logical_name.clone(), place.clone()))
        .collect();
    let last = steps.len().saturating_sub(1);
    let planned = steps
        .into_iter()
        .zip(of_step)
        .enumerate()
        .map(|(index, (step, names))| {
            let recovery = if index == last { command.recovery.clone() } else { Recovery::NoRecovery };
            let moves: Vec<(String, String)> = moved.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
            let sql = Restore {
                database: &command.database,
                kind: step.set.backup_type,
                files: &step.files,
                position: step.set.position,
                replace: command.replace && existing.is_some() && step.set.backup_type == BackupType::Full,
                checksum: step.set.has_backup_checksums == Some(true),
                moves: &moves,
                stop_at: step.stop_at,
                recovery: &recovery,
            }
            .to_sql();
            Planned { step, recovery, sql }
        })
        .collect();
    let files = homeless.into_iter().map(|file| file.logical_name).zip(found).collect();
    Ok((planned, files))
}

fn script(facts: &ServerFacts, command: &RestoreCommand, planned: &[Planned], mut notes: Vec<String>) -> ScriptResult {
    notes.extend(planned.iter().map(|planned| {
        let set = &planned.step.set;
        format!(
            "{} backup of {} on {}, set {} of {}",
            set.backup_type.description(),
            set.database_name,
            set.backup_finish_date.map(|date| date.format("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default(),
            set.position,
            planned.step.file()
        )
    }));
    ScriptResult {
        server: facts.name.clone(),
        database: command.database.clone(),
        statements: planned.iter().map(|planned| planned.sql.clone()).collect(),
        notes,
    }
}

async fn carry_out(
    server: &Options,
    session: &mut Session,
    command: &RestoreCommand,
    planned: &[Planned],
    context: &Context,
) -> Result<Telling> {
    let telling = Telling::default();
    let total: u64 = planned.iter().map(|planned| planned.step.bytes()).sum();
    context.phase(Phase::Restoring);
    if total > 0 {
        context.total(total);
    }
    let mut done = 0;
    for planned in planned {
        context.say(Level::Debug, planned.sql.clone());
        let share = |bytes: u64| if total > 0 { bytes as f64 * 100.0 / total as f64 } else { 0.0 };
        let listener = telling.listener(context, share(done), share(done + planned.step.bytes()));
        let doing = format!(
            "restore `{}` from set {} of `{}`",
            command.database,
            planned.step.set.position,
            planned.step.file()
        );
        let statement = Statement { sql: &planned.sql, doing: &doing, target: &command.database };
        if let Err(error) = watch::run(server, session, &statement, listener, context).await {
            return Err(tell_state(session, &command.database, error).await);
        }
        done += planned.step.bytes();
    }
    Ok(telling)
}

/// Adds in what state a failed restore left the database.
async fn tell_state(session: &mut Session, name: &str, mut error: Error) -> Error {
    // After a cancel or a lost connection a new session can still tell.
    let options = session.options().clone();
    let state = match sql::database(session, name).await {
        Ok(database) => Some(database),
        Err(_) => match sql::connect(&options, &tokio_util::sync::CancellationToken::new()).await {
            Ok(mut session) => sql::database(&mut session, name).await.ok(),
            Err(_) => None,
        },
    };
    let text = match state {
        Some(None) => format!("there is no database `{name}` on the server now"),
        Some(Some(database)) if database.state == "RESTORING" => {
            format!("the database `{name}` is RESTORING now: restore it again, or drop it; it cannot be used before")
        }
        Some(Some(database)) => format!("the database `{name}` is {} now", database.state),
        None => format!("the state of the database `{name}` could not be read"),
    };
    error.causes.push(text);
    error
}
