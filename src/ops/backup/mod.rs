//! Backs a database up: checks, names, decides, has the server do it, and says what came of it.

mod place;
mod result;

use std::time::{Duration, Instant};

use chrono::NaiveDateTime;

use self::place::{Target, choose};
use super::telling::Telling;
use super::{Context, Reply, ScriptResult, check, verify};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::{BackupType, Guid, Lsn, RecoveryModel};
use crate::policy::base::{self, Promotion};
use crate::sql::{self, Backup, Compression, Database, Options, ServerFacts, Session, Statement};

/// Tries of a backup that fails for a passing reason.
const TRIES: u32 = 4;

/// Where a backup goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A new file a run in this folder, named by a template.
    Folder {
        /// The folder, as the server sees it.
        folder: String,
        /// The template; `None`: [`DEFAULT_TEMPLATE`](crate::policy::naming::DEFAULT_TEMPLATE).
        template: Option<String>,
    },
    /// One file in this folder that all backups of the database are appended to.
    Archive {
        /// The folder, as the server sees it.
        folder: String,
        /// The template; `None`: [`ARCHIVE_TEMPLATE`](crate::policy::naming::ARCHIVE_TEMPLATE).
        template: Option<String>,
    },
    /// This very file.
    File {
        /// The file, as the server sees it.
        file: String,
        /// Whether it may exist and is appended to.
        append: bool,
    },
}

/// What to back up, and how.
#[derive(Clone, Debug)]
pub struct BackupCommand {
    /// The database.
    pub database: String,
    /// Full, differential or log.
    pub kind: BackupType,
    /// Where it goes.
    pub place: Place,
    /// Outside the chain of differentials.
    pub copy_only: bool,
    /// WITH CHECKSUM.
    pub checksum: bool,
    /// Compression.
    pub compression: Compression,
    /// Name of the set; `None`: one that tells type and database.
    pub name: Option<String>,
    /// Description of the set.
    pub description: Option<String>,
    /// Have the server verify the set afterwards.
    pub verify: bool,
    /// Only say what would be run.
    pub dry_run: bool,
}

/// A try that failed for a reason that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// SQL Server's number of the reason.
    pub number: Option<u32>,
    /// The reason, and what was changed for the next try.
    pub reason: String,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct BackupResult {
    /// Name of the server.
    pub server: String,
    /// The database.
    pub database: String,
    /// The type that was asked for.
    pub requested: BackupType,
    /// The type that was made.
    pub kind: BackupType,
    /// Why they differ.
    pub promotion: Option<Promotion>,
    /// Outside the chain of differentials.
    pub copy_only: bool,
    /// Appended to an archive.
    pub archive: bool,
    /// The file, as the server sees it.
    pub file: String,
    /// Its place in the file.
    pub position: u16,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub media_set_id: Option<Guid>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub backup_set_guid: Option<Guid>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub first_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub last_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub checkpoint_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub database_backup_lsn: Option<Lsn>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub differential_base_guid: Option<Guid>,
    /// See [`BackupSet`](crate::model::BackupSet).
    pub differential_base_lsn: Option<Lsn>,
    /// The server's local time.
    pub started: Option<NaiveDateTime>,
    /// The server's local time.
    pub finished: Option<NaiveDateTime>,
    /// What the server's clock adds to UTC.
    pub offset: chrono::FixedOffset,
    /// Bytes.
    pub backup_size: Option<u64>,
    /// Bytes.
    pub compressed_backup_size: Option<u64>,
    /// 8 KiB pages.
    pub pages: u64,
    /// How long the server worked on it.
    pub duration: Duration,
    /// Whether it has checksums.
    pub has_backup_checksums: Option<bool>,
    /// Whether the server verified it; `None`: it was not asked to.
    pub verified: Option<bool>,
    /// Tries before the one that went well.
    pub retries: Vec<Retry>,
    /// What the server said.
    pub messages: Vec<crate::error::ServerMessage>,
    /// What was run, as T-SQL.
    pub statements: Vec<String>,
}

/// A backup whose file and type are decided.
struct Plan {
    kind: BackupType,
    promotion: Option<Promotion>,
    target: Target,
    name: String,
    compression: Compression,
}

pub(super) async fn run(server: &Options, command: BackupCommand, context: &Context) -> Result<Reply> {
    allowed(&command)?;
    let (mut session, facts) = check::connect(server, context).await?;
    context.phase(Phase::Checking);
    let database = check::existing(&mut session, &facts, &command.database).await?;
    able(&database, &command)?;
    let mut plan = plan(&mut session, &facts, &database, &command, context).await?;
    if command.dry_run {
        return Ok(Reply::Script(script(&facts, &database, &command, &plan)));
    }
    context.check()?;
    place::make_folder(&mut session, &facts, &plan.target).await?;
    if let Some(bytes) = sql::data_size(&mut session, &database.name).await {
        context.phase(Phase::BackingUp);
        context.total(bytes);
    } else {
        context.phase(Phase::BackingUp);
    }
    let began = Instant::now();
    let (telling, retries) = make(&mut session, &database, &command, &mut plan, context).await?;
    let duration = began.elapsed();
    context.phase(Phase::ReadingHistory);
    let mut result = result::read(&mut session, &facts, &database, &command, &plan, &telling, context).await?;
    result.duration = duration;
    result.retries = retries;
    if command.verify {
        verify_made(&mut session, &mut result, context).await?;
    }
    Ok(Reply::Backup(Box::new(result)))
}

/// What no server needs to be asked for.
fn allowed(command: &BackupCommand) -> Result<()> {
    check::database_name(&command.database)?;
    let refuse =
        |message: &str, hint: &str| Err(Error::new(Code::Request, message).hint(hint).target(&command.database));
    if command.copy_only && command.kind == BackupType::Differential {
        return refuse(
            "a differential backup cannot be copy-only: SQL Server would ignore the wish",
            "leave one of them out",
        );
    }
    if command.database.eq_ignore_ascii_case("tempdb") {
        return refuse("tempdb cannot be backed up: SQL Server makes it anew at every start", "leave it out");
    }
    for (field, text, limit) in [("name", &command.name, 128), ("description", &command.description, 255)] {
        let length = text.as_deref().unwrap_or_default().encode_utf16().count();
        if length > limit {
            return refuse(
                &format!("the {field} of the backup set has {length} characters, and SQL Server keeps {limit}"),
                "shorten it",
            );
        }
    }
    Ok(())
}

/// What the database's own state allows.
fn able(database: &Database, command: &BackupCommand) -> Result<()> {
    let name = &database.name;
    if database.state != "ONLINE" {
        return Err(Error::new(
            Code::DatabaseState,
            format!("the database `{name}` cannot be backed up: it is {}", database.state),
        )
        .hint(match database.state.as_str() {
            "OFFLINE" => "set it online with ALTER DATABASE ... SET ONLINE",
            "RESTORING" => "finish its restore, or recover it with RESTORE DATABASE ... WITH RECOVERY",
            "RECOVERING" => "wait until the server has recovered it",
            _ => "read the server's error log; the last good backup may be the way out",
        })
        .target(name));
    }
    if command.kind == BackupType::Log && database.recovery_model == Some(RecoveryModel::Simple) {
        return Err(Error::new(
            Code::Unsupported,
            format!("the database `{name}` is in the SIMPLE recovery model, which has no log backups"),
        )
        .hint("set it to FULL with ALTER DATABASE ... SET RECOVERY FULL and make a full backup, or make differentials")
        .target(name));
    }
    Ok(())
}

async fn plan(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    context: &Context,
) -> Result<Plan> {
    let target = choose(session, facts, database, command, command.kind, context).await?;
    let mut promotion = None;
    if command.kind == BackupType::Differential {
        let base = sql::differential_base(session, &database.name).await?;
        promotion = base::promotion(&base::Facts {
            database: &database.name,
            base: base.map(|base| base.guid),
            archive: target.archive.then_some(target.sets.as_deref()),
        });
    }
    let Some(why) = promotion else {
        return Ok(finish_plan(command.kind, None, target, command, database));
    };
    context.say(
        Level::Warning,
        format!("a full backup of `{}` instead of a differential: {}", database.name, why.reason()),
    );
    // A file a run is named after its type.
    let target = match command.place {
        Place::Folder { .. } => choose(session, facts, database, command, BackupType::Full, context).await?,
        _ => target,
    };
    Ok(finish_plan(BackupType::Full, Some(why), target, command, database))
}

fn finish_plan(
    kind: BackupType,
    promotion: Option<Promotion>,
    target: Target,
    command: &BackupCommand,
    database: &Database,
) -> Plan {
    let name = command.name.clone().unwrap_or_else(|| {
        let word = match kind {
            BackupType::Differential => "differential",
            BackupType::Log => "log",
            _ if command.copy_only => "full copy-only",
            _ => "full",
        };
        // 128 characters at most, of which the name of the database may take all.
        format!("PGBackup {word} {}", database.name).chars().take(100).collect()
    });
    Plan { kind, promotion, target, name, compression: command.compression }
}

fn statement(database: &Database, command: &BackupCommand, plan: &Plan) -> String {
    Backup {
        database: &database.name,
        kind: plan.kind,
        file: &plan.target.file,
        copy_only: command.copy_only,
        checksum: command.checksum,
        compression: plan.compression,
        name: Some(&plan.name),
        description: command.description.as_deref(),
    }
    .to_sql()
}

fn script(facts: &ServerFacts, database: &Database, command: &BackupCommand, plan: &Plan) -> ScriptResult {
    let mut statements = vec![statement(database, command, plan)];
    if command.verify {
        let position = plan.target.sets.as_ref().map_or(0, Vec::len) + 1;
        let position = u16::try_from(position).unwrap_or(u16::MAX);
        statements.push(sql::Verify { file: &plan.target.file, position, checksum: command.checksum }.to_sql());
    }
    let notes = plan.promotion.map(|why| format!("full instead of differential: {}", why.reason()));
    ScriptResult {
        server: facts.name.clone(),
        database: database.name.clone(),
        statements,
        notes: notes.into_iter().collect(),
    }
}

/// Runs the BACKUP; passing errors are met with patience, a missing compression without it.
async fn make(
    session: &mut Session,
    database: &Database,
    command: &BackupCommand,
    plan: &mut Plan,
    context: &Context,
) -> Result<(Telling, Vec<Retry>)> {
    let mut retries: Vec<Retry> = Vec::new();
    loop {
        let sql = statement(database, command, plan);
        context.say(Level::Debug, sql.clone());
        let telling = Telling::default();
        let doing = format!("back up `{}`", database.name);
        let asked = Statement { sql: &sql, doing: &doing, target: &database.name };
        let error = match session.run(&asked, telling.listener(context, 0.0, 100.0), &context.cancelled()).await {
            Ok(_) => return Ok((telling, retries)),
            Err(error) => error,
        };
        let number = error.server.first().and_then(|message| message.number);
        let no_compression = number == Some(1844) && plan.compression != Compression::Off;
        let passing = error.retryable && error.code != Code::ConnectionLost && (retries.len() as u32) < TRIES - 1;
        let reason = if no_compression {
            plan.compression = Compression::Off;
            "this edition has no compressed backups: tried again without".to_owned()
        } else if passing {
            let pause = Duration::from_secs(1 << retries.len());
            context.say(Level::Warning, format!("{}; next try in {} s", error.message, pause.as_secs()));
            let cancel = context.cancelled();
            tokio::select! {
                () = cancel.cancelled() => return Err(Error::cancelled("cancelled while waiting for the next try")),
                () = tokio::time::sleep(pause) => {}
            }
            error.message.clone()
        } else {
            return Err(place::tell_leftover(session, &plan.target, error).await);
        };
        retries.push(Retry { number, reason });
    }
}

async fn verify_made(session: &mut Session, result: &mut BackupResult, context: &Context) -> Result<()> {
    let sets = sql::headers(session, &result.file, &context.cancelled()).await?;
    let source = super::Source {
        file: result.file.clone(),
        position: Some(result.position),
        backup_set_guid: result.backup_set_guid,
    };
    let row = verify::one(session, &result.file, verify::pick(sets, &source)?, context).await?;
    match row.verdict {
        verify::Verdict::Sound | verify::Verdict::Unprotected => {
            result.verified = Some(true);
            Ok(())
        }
        verify::Verdict::Damaged | verify::Verdict::Incomplete => {
            let mut error = Error::new(
                Code::Corrupt,
                format!(
                    "the backup of `{}` was written, but SQL Server finds it {}",
                    result.database,
                    row.verdict.word()
                ),
            )
            .hint("check the disk, keep the older backups, and make a new one")
            .target(&result.file);
            error.server = row.messages;
            Err(error)
        }
    }
}
