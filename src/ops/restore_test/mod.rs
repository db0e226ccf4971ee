//! Proves that backups can be restored: to a side name, checked, counted, dropped again; and keeps the
//! proof, dated, beside them.

mod side;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;

use self::side::Side;
use super::folder::RESTORE_TESTS;
use super::removal::refused;
use super::telling::Telling;
use super::{Context, Reply, RestoreCommand, RestoreResult, Row, Source, check, restore, watch};
use crate::error::{Code, Error, Result, ServerMessage};
use crate::job::{Level, Phase};
use crate::policy::chain::WantedMoment;
use crate::sql::{self, Options, Recovery, ServerFacts, Session, Statement, TableRows};
use crate::wire::kept::{ProvenSet, RestoreProof};

/// Which backups to prove, and how.
#[derive(Clone, Debug)]
pub struct RestoreTestCommand {
    /// The database that they are of.
    pub database: String,
    /// The sets, as of a restore.
    pub sources: Vec<Source>,
    /// The moment to go back to; `None`: as far as the sets go.
    pub point_in_time: Option<WantedMoment>,
    /// The server's folder for the side database's data files; `None`: its own choice.
    pub data_directory: Option<String>,
    /// The server's folder for its log files.
    pub log_directory: Option<String>,
    /// A folder of this machine that keeps the proof; `None`: it is only told.
    pub proof_folder: Option<String>,
    /// Where the journal of the restore lies; `None`: the usual place.
    pub journal_directory: Option<String>,
    /// Only say what would be run.
    pub dry_run: bool,
}

/// What a test found.
#[derive(Clone, Debug)]
pub struct RestoreTestResult {
    /// The proof, as it is kept.
    pub proof: RestoreProof,
    /// The file that it was added to.
    pub kept_in: Option<String>,
    /// What was worth knowing on the way.
    pub notes: Vec<String>,
    /// What was run, as T-SQL.
    pub statements: Vec<String>,
}

pub(super) async fn run(server: &Options, command: RestoreTestCommand, context: &Context) -> Result<Reply> {
    check::database_name(&command.database)?;
    let (mut session, facts) = check::connect(server, context).await?;
    let at = Utc::now();
    if command.dry_run {
        let side = side::name(&command.database, at.naive_utc());
        return script(server, &command, &side, context).await;
    }
    context.phase(Phase::Checking);
    let mut notes = side::drop_left(server, &mut session, command.journal_directory.as_deref(), context).await?;
    let side = Side::claim(server, session, side::name(&command.database, at.naive_utc())).await?;
    let mut test = Test {
        server,
        command: &command,
        facts: &facts,
        context,
        proof: RestoreProof::begun(at, &command.database, side.name(), check::machine()),
        statements: Vec::new(),
    };
    test.proof.server.clone_from(&facts.name);
    test.proof.server_version.clone_from(&facts.version);
    let tested = Box::pin(test.all(side.name())).await;
    let Test { mut proof, mut statements, .. } = test;
    // Whatever came of it, and however it ended: the side database goes.
    context.phase(Phase::Checking);
    statements.push(sql::drop_database(side.name()));
    let dropped = side.drop_it(context).await;
    proof.passed = tested.is_ok();
    proof.error = tested.as_ref().err().map(|error| error.to_string());
    if let Err(error) = &dropped {
        let text =
            format!("the side database `{}` is left: {}; the next test drops it", proof.side_database, error.message);
        context.say(Level::Warning, text.clone());
        notes.push(text);
    }
    let cancelled = matches!(&tested, Err(error) if error.code == Code::Cancelled);
    let kept_in = match &command.proof_folder {
        // Nothing was proven, neither way.
        Some(folder) if !cancelled => keep(Path::new(folder), &proof).map(Some),
        _ => Ok(None),
    };
    match (tested, kept_in) {
        (Ok(()), Ok(kept_in)) => {
            Ok(Reply::RestoreTest(Box::new(RestoreTestResult { proof, kept_in, notes, statements })))
        }
        (Ok(()), Err(error)) => {
            Err(error.cause("the backups were restored and are sound; only the proof could not be kept"))
        }
        (Err(mut error), kept_in) => {
            error.causes.extend(dropped.is_err().then(|| notes.pop()).flatten());
            error.causes.extend(kept_in.err().map(|error| error.message));
            Err(error)
        }
    }
}

/// A test that runs.
struct Test<'a> {
    server: &'a Options,
    command: &'a RestoreTestCommand,
    facts: &'a ServerFacts,
    context: &'a Context,
    proof: RestoreProof,
    statements: Vec<String>,
}

impl Test<'_> {
    /// Restores, checks and counts; what was found goes into the proof as it is found.
    async fn all(&mut self, side: &str) -> Result<()> {
        let restored = self.restore(side).await?;
        self.proof.restore_ms = milliseconds(restored.duration);
        self.proof.bytes = restored.bytes;
        self.proof.restored_to = restored.restored_to;
        self.proof.sets = restored
            .steps
            .into_iter()
            .map(|step| ProvenSet {
                files: step.files,
                position: step.position,
                kind: step.kind.word().to_owned(),
                backup_set_guid: step.backup_set_guid,
            })
            .collect();
        self.statements = restored.statements;
        let mut session = sql::connect(self.server, &self.context.cancelled()).await?;
        let began = Instant::now();
        let sound = self.check(&mut session, side).await;
        self.proof.check_ms = milliseconds(began.elapsed());
        self.proof.check_passed = match &sound {
            Ok(()) => Some(true),
            Err(error) if error.code == Code::Corrupt => Some(false),
            Err(_) => None,
        };
        sound?;
        self.count(&mut session, side).await
    }

    async fn restore(&self, side: &str) -> Result<RestoreResult> {
        match Box::pin(restore::run(self.server, restoring(self.command, side, false), self.context)).await? {
            Reply::Restore(restored) => Ok(*restored),
            _ => Err(Error::new(Code::Internal, "a restore ended without its result")),
        }
    }

    async fn check(&mut self, session: &mut Session, side: &str) -> Result<()> {
        self.context.phase(Phase::Verifying);
        let sql = sql::check_database(side);
        let telling = Telling::default();
        let doing = format!("check the restored `{}`", self.command.database);
        let statement = Statement { sql: &sql, doing: &doing, target: &self.command.database };
        let listener = telling.listener(self.context, 0.0, 100.0);
        let ran = watch::run(self.server, session, &statement, listener, self.context).await;
        self.statements.push(sql);
        ran.map(|_| ()).map_err(|error| {
            if !found_damage(&error.server) {
                return error;
            }
            let mut damage = Error::new(
                Code::Corrupt,
                format!("`{}` was restored on `{}`, and DBCC CHECKDB finds it damaged", self.command.database, self.facts.name),
            )
            .hint("keep the older backups, run DBCC CHECKDB on the database itself, and make a new backup once it is sound")
            .target(&self.command.database);
            damage.server = error.server;
            damage
        })
    }

    async fn count(&mut self, session: &mut Session, side: &str) -> Result<()> {
        let tables: Vec<TableRows> = sql::table_rows(session, side).await?;
        self.proof.tables = tables.len() as u64;
        self.proof.rows = tables.iter().map(|table| table.rows).sum();
        for table in tables {
            self.context.row(Row::Table(Box::new(table))).await;
        }
        Ok(())
    }
}

/// Findings of DBCC CHECKDB: 824, 2500 to 2599, 8900 to 8999 and 7985 to 7996. Others are of the statement
/// itself: rights, space for its snapshot, a lost connection.
fn found_damage(said: &[ServerMessage]) -> bool {
    said.iter()
        .filter_map(|message| message.number)
        .any(|number| matches!(number, 823..=825 | 2508..=2579 | 7985..=7996 | 8903..=8999))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What would be run.
async fn script(server: &Options, command: &RestoreTestCommand, side: &str, context: &Context) -> Result<Reply> {
    match Box::pin(restore::run(server, restoring(command, side, true), context)).await? {
        Reply::Script(mut script) => {
            script.statements.extend([sql::check_database(side), sql::drop_database(side)]);
            Ok(Reply::Script(script))
        }
        other => Ok(other),
    }
}

/// Adds the proof to those of a folder: one line, and on the disk before anything is told.
fn keep(folder: &Path, proof: &RestoreProof) -> Result<String> {
    let path = folder.join(RESTORE_TESTS);
    let add = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(format!("{}\n", proof.print()).as_bytes())?;
        file.sync_all()
    };
    add().map_err(|error| refused("keeping the proof", &path, &error))?;
    Ok(path.display().to_string())
}

fn restoring(command: &RestoreTestCommand, side: &str, dry_run: bool) -> RestoreCommand {
    RestoreCommand {
        database: side.to_owned(),
        sources: command.sources.clone(),
        point_in_time: command.point_in_time,
        data_directory: command.data_directory.clone(),
        log_directory: command.log_directory.clone(),
        recovery: Recovery::Recovery,
        journal_directory: command.journal_directory.clone(),
        dry_run,
        ..RestoreCommand::default()
    }
}
