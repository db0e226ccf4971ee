//! Restores a database as a transaction: finds the sets and their base, checks with nothing touched,
//! keeps the old content safe, has the server do it step by step, and gives the database back,
//! whatever happens ([`policy::restoring`](crate::policy::restoring) says how).

mod after;
mod checks;
mod give_back;
mod goes_on;
mod journal;
mod note;
mod plan;
mod recover;
mod repair;
mod runner;
mod steps;
mod transaction;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, Utc};

pub(super) use self::journal::{Open, open as open_journals};
pub(super) use self::repair::run as run_repair;
pub use self::repair::{RepairCommand, RepairResult};

use self::journal::{Desk, Keeper, me};
use self::plan::{Plan, script};
use self::runner::Runner;
use self::steps::{Step, Steps};
use self::transaction::Work;
use super::{Context, Reply, Source, check, patience, service};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::{BackupType, Guid, RecoveryModel};
use crate::policy::chain::WantedMoment;
use crate::policy::naming::safe_name;
use crate::policy::restoring::{Access, Mode, Shape};
use crate::service::Held;
use crate::sql::{self, Connected, Database, Options, Recovery, ServerFacts, Session};
use crate::wire::kept::{KEPT, RestoreJournal, SIDE};

/// How the old database is kept safe while it is restored over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafetyCopy {
    /// A copy-only backup, verified before anything is overwritten.
    File,
    /// The restore goes to a side name; at the end the names are swapped, and the old database stays.
    Rename,
    /// Not at all.
    None,
}

/// What to restore, and how.
#[derive(Clone, Debug, Default)]
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
    /// How the old database is kept safe; `None`: by a file, where there is something to keep.
    pub safety_copy: Option<SafetyCopy>,
    /// The server's folder for the safety copy; `None`: its folder for backups.
    pub safety_directory: Option<String>,
    /// Check the restored database with `DBCC CHECKDB`.
    pub check: bool,
    /// Give users without a login the login of the same name.
    pub map_users: bool,
    /// Services of this machine that stand still during the restore, by name or name for people.
    pub stop_services: Vec<String>,
    /// Where the journal lies; `None`: the usual place.
    pub journal_directory: Option<String>,
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
#[derive(Clone, Debug, Default)]
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
    /// The safety copy, as the server sees it.
    pub safety_copy: Option<String>,
    /// The name that the old database is kept by.
    pub kept_as: Option<String>,
    /// The log backup of the old database's tail.
    pub tail: Option<String>,
    /// Sessions that were cut.
    pub disconnected: Vec<Connected>,
    /// `user_access_desc` at the end.
    pub user_access: Option<String>,
    /// Whether `DBCC CHECKDB` found it sound; `None`: it was not asked for.
    pub checked: Option<bool>,
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
    let services = service::wanted(&command.stop_services).await?;
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
    let Steps { steps, notes, reaches } =
        Box::pin(steps::find(&mut session, &command, existing.as_ref(), facts.offset, context)).await?;
    for note in &notes {
        context.say(Level::Info, note.as_str());
    }
    checks::overwrites(&mut session, &facts, &command, existing.as_ref(), &steps).await?;
    if existing.as_ref().is_some_and(|database| checks::goes_on(database, &steps)) {
        return goes_on::run(
            server,
            &mut session,
            facts,
            &command,
            existing.as_ref(),
            steps,
            (notes, reaches),
            context,
        )
        .await;
    }
    let began = Instant::now();
    // What was broken off explains the state that the database is in better than any check of it.
    let mut desk = None;
    if !command.dry_run {
        let identity = sql::identity(&mut session, &facts.name).await?;
        let own = Desk::take(command.journal_directory.as_deref(), &identity, &command.database)?;
        alone(&mut session, &own, &command.database).await?;
        desk = Some((own, identity));
    }
    let prepared = Box::pin(prepare(&mut session, &facts, &command, existing.as_ref(), steps, context)).await?;
    let Some((desk, identity)) = desk else {
        return Ok(Reply::Script(script(&facts, &command, &prepared.plan, prepared.around(&command), notes)));
    };
    if prepared.shape == Shape::InPlace {
        Box::pin(checks::readable(&mut session, &prepared.steps, context)).await?;
    }
    context.check()?;
    let mut keeper = desk.open(prepared.journal(&identity, &command, existing.as_ref()));
    let mut held = None;
    if let Some(services) = &services {
        held = Some(stop_services(services, &mut keeper, context).await?);
    }
    let mut runner = Runner::new(server, context);
    let work = Work {
        command: &command,
        existing: existing.as_ref(),
        plan: &prepared.plan,
        shape: prepared.shape,
        copy: prepared.copy.clone(),
        tail: prepared.tail.clone(),
    };
    let done = Box::pin(transaction::run(&mut runner, &mut session, &mut keeper, &work)).await;
    let checked = match done {
        Ok(checked) => checked,
        Err(mut error) => {
            if let Some(held) = &mut held {
                error.causes.extend(start_services(held, &mut keeper, context).await);
            }
            return Err(error);
        }
    };
    let journal = &keeper.journal;
    let half = journal.copying.as_ref().map(|file| format!("`{file}` may hold half a backup: delete it"));
    let notes = notes.into_iter().chain(half).collect();
    let mut result = RestoreResult {
        server: facts.name,
        database: command.database.clone(),
        files: prepared.plan.files.clone(),
        pages: runner.telling.tally().pages,
        bytes: prepared.plan.planned.iter().map(|planned| planned.step.bytes()).sum(),
        duration: began.elapsed(),
        notes,
        restored_to: reaches,
        messages: runner.telling.messages(),
        statements: std::mem::take(&mut runner.statements),
        safety_copy: journal.copy.clone(),
        kept_as: journal.kept.clone(),
        tail: journal.tail.clone(),
        disconnected: std::mem::take(&mut runner.cut),
        user_access: None,
        checked,
        steps: made(prepared.plan.planned),
    };
    let told = after::tell(&mut runner, &command, existing.as_ref(), &prepared.own, &prepared.settings, &mut result);
    Box::pin(told).await;
    if let Some(held) = &mut held {
        result.notes.extend(start_services(held, &mut keeper, context).await);
    }
    keeper.end()?;
    Ok(Reply::Restore(Box::new(result)))
}

/// Refuses a database whose restore runs on another machine, or was broken off on any.
async fn alone(session: &mut Session, desk: &Desk, name: &str) -> Result<()> {
    if let Some(left) = desk.left()? {
        return Err(broken_off(&left));
    }
    if !patience::lock(session, &format!("restore {name}")).await? {
        return Err(Error::new(Code::Busy, format!("another machine restores the database `{name}`"))
            .hint("wait for its end")
            .target(name)
            .retryable());
    }
    match note::left(session, name).await? {
        Some(left) => Err(broken_off(&left)),
        None => Ok(()),
    }
}

/// Stops services. Their names are in the journal before the first one stops.
async fn stop_services(services: &service::Wanted, keeper: &mut Keeper, context: &Context) -> Result<Held> {
    keeper.journal.services = services.running();
    keeper.write()?;
    match services.stop(context).await {
        Ok(held) => Ok(held),
        Err(error) => {
            // They run again, or the error says which does not; the database was not touched.
            keeper.remove()?;
            Err(error)
        }
    }
}

/// Starts them again: a line for each that does not run.
async fn start_services(held: &mut Held, keeper: &mut Keeper, context: &Context) -> Vec<String> {
    let (left, mut told): (Vec<String>, Vec<String>) = service::give_back(held, context).await.into_iter().unzip();
    if let Err(error) = keeper.started(left) {
        told.push(error.message);
    }
    told
}

/// What was found out with nothing touched.
struct Prepared {
    shape: Shape,
    plan: Plan,
    /// The sets once more, for reading them through.
    steps: Vec<Step>,
    /// Files of the old database.
    own: Vec<(String, String)>,
    /// Its settings that the server keeps.
    settings: Vec<&'static str>,
    copy: Option<String>,
    tail: Option<String>,
    side: Option<String>,
    kept: Option<String>,
}

async fn prepare(
    session: &mut Session,
    facts: &ServerFacts,
    command: &RestoreCommand,
    existing: Option<&Database>,
    steps: Vec<Step>,
    context: &Context,
) -> Result<Prepared> {
    let name = command.database.as_str();
    let (shape, copies) = checks::shape(command, existing)?;
    let standing = sql::standing(session, name).await?;
    checks::possible(session, facts, shape, copies, name, &standing, &steps).await?;
    let stamp = (facts.now + facts.offset).format("%Y%m%d_%H%M%S%3f").to_string();
    let (side, kept) = match shape {
        Shape::Beside => (Some(longer(name, &format!("{SIDE}{stamp}"))), Some(longer(name, &format!("{KEPT}{stamp}")))),
        _ => (None, None),
    };
    let to = side.as_deref().unwrap_or(name);
    let over = existing.filter(|_| shape != Shape::Beside);
    let plan = plan::plan(session, facts, command, to, over, steps.clone(), context).await?;
    let own: Vec<(String, String)> = match existing {
        Some(database) => {
            sql::file_places(session, database.id).await?.into_iter().map(|(name, _, path)| (name, path)).collect()
        }
        None => Vec::new(),
    };
    if !command.dry_run {
        checks::folders(session, facts, &plan.sizes).await?;
    }
    checks::places(session, to, if over.is_some() { &own } else { &[] }, &plan.sizes).await?;
    let logged = existing.is_some_and(|database| {
        database.state == "ONLINE"
            && !database.is_in_standby
            && matches!(database.recovery_model, Some(RecoveryModel::Full | RecoveryModel::BulkLogged))
    });
    let mut copy = None;
    let mut tail = None;
    if shape == Shape::InPlace && (copies || logged) {
        let style = check::path_style(facts);
        let folder = match &command.safety_directory {
            Some(folder) => folder.clone(),
            None => match sql::backup_directory(session).await {
                Some(folder) => folder,
                None => {
                    let file = steps.first().map_or("", Step::file);
                    file.strip_suffix(style.file_name(file)).unwrap_or_default().to_owned()
                }
            },
        };
        // A script is the same however often it is asked for.
        let stamp = if command.dry_run { String::new() } else { format!("_{stamp}") };
        let file = |what: &str| style.join(&folder, &format!("{}_{what}{stamp}", safe_name(name)));
        copy = copies.then(|| format!("{}.bak", file("before_restore")));
        tail = (logged && standing.has_log_chain).then(|| format!("{}.trn", file("tail")));
        for path in copy.iter().chain(&tail) {
            check::path(style, path)?;
        }
        if let Some(copy) = &copy {
            checks::room_for_copy(session, name, copy).await?;
        }
    }
    Ok(Prepared { shape, plan, steps, own, settings: standing.settings, copy, tail, side, kept })
}

impl Prepared {
    fn journal(&self, identity: &str, command: &RestoreCommand, existing: Option<&Database>) -> RestoreJournal {
        let mode = existing.map_or(Mode { access: Access::Multi, read_only: false }, |database| Mode {
            access: Access::from_word(&database.user_access).unwrap_or(Access::Multi),
            read_only: database.is_read_only && !database.is_in_standby,
        });
        let mut journal = RestoreJournal::new(identity, &command.database, &me(), Utc::now(), self.shape, mode);
        journal.created = existing.and_then(|database| database.created);
        journal.files.clone_from(&self.own);
        journal.side.clone_from(&self.side);
        journal.kept.clone_from(&self.kept);
        journal.steps = self.plan.planned.iter().map(|planned| planned.kept.clone()).collect();
        journal.leaves_online = command.recovery != Recovery::NoRecovery;
        if let Recovery::Standby { file } = &command.recovery {
            journal.standby = Some(file.clone());
        }
        journal
    }

    /// The statements before and after the steps.
    fn around(&self, command: &RestoreCommand) -> (Vec<String>, Vec<String>) {
        let name = command.database.as_str();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        if let (Some(side), Some(kept)) = (&self.side, &self.kept) {
            for (from, to) in [(name, kept.as_str()), (side.as_str(), name)] {
                after.push(sql::set_access(from, Access::Single));
                after.push(sql::rename_database(from, to));
                after.push(sql::set_access(to, Access::Multi));
            }
        }
        if self.shape == Shape::InPlace {
            for (file, kind) in [(&self.copy, BackupType::Full), (&self.tail, BackupType::Log)] {
                let Some(file) = file else { continue };
                if kind == BackupType::Full {
                    before.push(sql::set_read_only(name, true));
                }
                before.push(transaction::save_statement(name, kind, file));
            }
            before.push(sql::set_offline(name));
            after.push(sql::set_access(name, Access::Multi));
        }
        (before, after)
    }
}

/// A name with something behind it, within what SQL Server allows.
fn longer(name: &str, end: &str) -> String {
    let mut stem = name.to_owned();
    while stem.encode_utf16().count() + end.encode_utf16().count() > 128 {
        stem.pop();
    }
    stem + end
}

fn broken_off(left: &RestoreJournal) -> Error {
    let name = &left.database;
    let began = left.began.format("%Y-%m-%dT%H:%M:%SZ");
    Error::new(Code::State, format!("a restore of `{name}` that {} began at {began} was broken off", left.by))
        .hint(format!("run Repair-PGDatabase -Database '{name}' first: it gives the database back"))
        .target(name)
}

/// The steps as they are told.
fn made(planned: Vec<plan::Planned>) -> Vec<RestoreStep> {
    planned
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
        .collect()
}
