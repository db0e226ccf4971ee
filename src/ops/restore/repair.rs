//! Ends a restore that was broken off, by the journal of this machine, by the note of another one that
//! the server keeps, or by what the server remembers itself.
use chrono::{Timelike, Utc};

use super::give_back::{give_back, look, statement_of};
use super::journal::{Desk, Keeper, me};
use super::note;
use super::runner::Runner;
use super::transaction::MARK;
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::model::BackupType;
use crate::ops::{Context, Reply, check, patience, service};
use crate::policy::restoring::{Access, Act, End, Mode, Next, Seen, Shape, Stage, State, Wish, next};
use crate::sql::{self, Connected, Database, Options, ServerFacts, Session};
use crate::wire::kept::RestoreJournal;

/// Which database to repair, and how.
#[derive(Clone, Debug)]
pub struct RepairCommand {
    /// The database.
    pub database: String,
    /// Where it is to end; `None`: the old content where it can be had, else the wanted one.
    pub wish: Option<Wish>,
    /// Remove the journal and touch nothing.
    pub forget: bool,
    /// Where the journals lie; `None`: the usual place.
    pub journal_directory: Option<String>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What a repair came to.
#[derive(Clone, Debug)]
pub struct RepairResult {
    /// Name of the server.
    pub server: String,
    /// The database.
    pub database: String,
    /// Whether a restore had been broken off.
    pub was_broken_off: bool,
    /// Which content the database ended with; `None`: nothing was done.
    pub end: Option<End>,
    /// `state_desc` now; `None`: there is no such database.
    pub state: Option<String>,
    /// `user_access_desc` now.
    pub user_access: Option<String>,
    /// What was found and done, one line each.
    pub notes: Vec<String>,
    /// Sessions that were cut.
    pub disconnected: Vec<Connected>,
    /// What was run, or would be, as T-SQL.
    pub statements: Vec<String>,
}

pub(in crate::ops) async fn run(server: &Options, command: RepairCommand, context: &Context) -> Result<Reply> {
    check::database_name(&command.database)?;
    let (mut session, facts) = check::connect(server, context).await?;
    let name = command.database.as_str();
    let identity = sql::identity(&mut session, &facts.name).await?;
    let desk = Desk::take(command.journal_directory.as_deref(), &identity, name)?;
    let mut notes = Vec::new();
    let own = desk.left()?;
    // What a machine that is gone has left running on the server ends soon; this machine's own is ended.
    if !patience::lock(&mut session, &format!("restore {name}")).await? && own.is_none() {
        return Err(runs_elsewhere(&mut session, name).await);
    }
    let mut ended_elsewhere = false;
    let journal = match own {
        Some(mut journal) => {
            notes.push(format!("the journal is `{}`", desk.path().display()));
            ended_elsewhere = note::catch_up(&mut session, &mut journal).await?;
            Some(journal)
        }
        None => match note::left(&mut session, name).await? {
            Some(journal) => Some(caught_up(&mut session, journal, &mut notes).await?),
            None => remembered(&mut session, &identity, name).await?,
        },
    };
    let Some(journal) = journal else {
        notes.push(format!("no restore of `{name}` was broken off, as far as this machine and the server remember"));
        let database = sql::database(&mut session, name).await?;
        if database.is_none() {
            notes.push(format!(
                "there is no database `{name}` on `{}`: look at the names with Get-PGDatabase",
                facts.name
            ));
        }
        return Ok(reply(facts, name, None, database, notes, None, Vec::new()));
    };
    tell(&journal, &mut notes);
    for note in &notes {
        context.say(Level::Info, note.as_str());
    }
    let wish = command.wish.unwrap_or(if journal.copy.is_some() || journal.restoring().shape != Shape::InPlace {
        Wish::TakeBack
    } else {
        Wish::Finish
    });
    if wish == Wish::Finish && journal.steps.is_empty() {
        return Err(Error::new(
            Code::State,
            format!("only the machine that began the restore of `{name}` knows its steps"),
        )
        .hint("run it there, take the old content back, or restore again with Restore-PGDatabase -Replace")
        .target(name));
    }
    if command.dry_run && journal.ended {
        let database = sql::database(&mut session, name).await?;
        return Ok(reply(facts, name, Some(None), database, notes, None, Vec::new()));
    }
    if command.dry_run {
        let statements = foreseen(&mut session, &journal, wish, &mut notes).await?;
        let database = sql::database(&mut session, name).await?;
        return Ok(reply(facts, name, Some(None), database, notes, None, statements));
    }
    let mut keeper = desk.open(journal);
    let mut runner = Runner::new(server, context);
    let end = if keeper.journal.ended && !command.forget {
        keeper.end()?;
        notes.push("the database was given back; only services were left".to_owned());
        None
    } else if command.forget {
        note::remove(&mut session, name).await?;
        keeper.remove()?;
        notes.push("the journal was removed, and nothing else was done".to_owned());
        None
    } else {
        let end = Box::pin(give_back(&mut runner, &mut keeper, wish)).await?;
        keeper.end()?;
        if ended_elsewhere {
            notes.push(format!(
                "`{name}` was given back already, by its restore or by another machine's repair, which told its content"
            ));
        }
        Some(end).filter(|_| !ended_elsewhere)
    };
    if !command.forget {
        start_services(&mut keeper, &mut notes, context).await?;
    }
    let database = sql::database(&mut session, name).await?;
    match end {
        Some(End::Before) if database.is_none() => {
            notes.push(format!("there is no database `{name}`, as before the restore"))
        }
        Some(End::Before) => notes.push(format!("`{name}` has its content of before the restore")),
        Some(End::Wanted) => notes.push(format!("`{name}` has the restored content")),
        None => {}
    }
    Ok(reply(facts, name, Some(end), database, notes, Some(runner.cut), runner.statements))
}

/// Starts the services that the restore had stopped.
async fn start_services(keeper: &mut Keeper, notes: &mut Vec<String>, context: &Context) -> Result<()> {
    let names = keeper.journal.services.clone();
    if names.is_empty() {
        return Ok(());
    }
    let failed = service::give_back_left(&names, context).await?;
    for name in names.iter().filter(|name| !failed.iter().any(|(other, _)| other == *name)) {
        notes.push(format!("the service `{name}` runs"));
    }
    let (left, told): (Vec<String>, Vec<String>) = failed.into_iter().unzip();
    notes.extend(told);
    keeper.started(left)
}

/// What the journal tells a person.
fn tell(journal: &RestoreJournal, notes: &mut Vec<String>) {
    notes.push(format!(
        "a restore of `{}` was begun at {} by {} and did not end",
        journal.database,
        journal.began.format("%Y-%m-%dT%H:%M:%SZ"),
        journal.by
    ));
    notes.extend(journal.copy.as_ref().map(|file| format!("the safety copy is `{file}`")));
    notes.extend(journal.copying.as_ref().map(|file| format!("`{file}` may hold half a backup: delete it")));
    if !journal.services.is_empty() {
        notes.push(format!("services that it stopped: {}", journal.services.join(", ")));
    }
    notes.extend(journal.tail.as_ref().map(|file| format!("the tail of the log is `{file}`")));
    notes.extend(
        journal.kept.as_ref().map(|kept| format!("the old database is kept as `{kept}` once the names are swapped")),
    );
}

/// What the first act would be; later ones depend on what it leaves.
async fn foreseen(
    session: &mut Session,
    journal: &RestoreJournal,
    wish: Wish,
    notes: &mut Vec<String>,
) -> Result<Vec<String>> {
    let seen = look(session, journal).await?;
    Ok(match next(&journal.restoring(), &seen, wish) {
        Next::Do(Act::RestoreAgain) => {
            notes.push("the steps of the restore would be run again".to_owned());
            Vec::new()
        }
        Next::Do(act) => statement_of(journal, act).into_iter().collect(),
        Next::Done(_) => {
            notes.push("the database is in order: only the journal would be removed".to_owned());
            Vec::new()
        }
        Next::Waits => {
            notes.push("it waits in the middle of its restore, without a safety copy: use -Finish".to_owned());
            Vec::new()
        }
        Next::Foreign => {
            notes.push("what is on the server is not what the restore left: a person has to look".to_owned());
            Vec::new()
        }
    })
}

async fn runs_elsewhere(session: &mut Session, name: &str) -> Error {
    let who = sql::lock_holder(session).await.map(|who| format!(": {who}")).unwrap_or_default();
    Error::new(Code::Busy, format!("a restore of the database `{name}` runs on another machine{who}"))
        .hint("wait for its end; if that machine is down, end its session on the server with KILL")
        .target(name)
        .retryable()
}

/// A journal of another machine, kept on the server before its first change, brought to what there is now.
async fn caught_up(
    session: &mut Session,
    mut journal: RestoreJournal,
    notes: &mut Vec<String>,
) -> Result<RestoreJournal> {
    notes.push("what the restore was to do is known from the note that it kept on the server".to_owned());
    let services = std::mem::take(&mut journal.services);
    if !services.is_empty() {
        let text = format!("services that it stopped are to be started on its own machine: {}", services.join(", "));
        notes.push(text);
    }
    let name = journal.database.clone();
    let (copy, tail) = (journal.copying.take(), journal.tail.take());
    for (planned, kind) in [(copy, BackupType::Full), (tail, BackupType::Log)] {
        let Some(planned) = planned else { continue };
        let made = sql::remembered_copy(session, &name, kind, MARK).await?;
        match (made.filter(|made| made.file == planned), kind) {
            (Some(_), BackupType::Full) => journal.copy = Some(planned),
            (Some(_), _) => journal.tail = Some(planned),
            (None, _) => notes.push(format!("`{planned}` may hold half a backup: delete it")),
        }
    }
    let restoring = journal.restoring();
    if restoring.stage == Stage::Prepared {
        let seen = look(session, &journal).await?;
        let untouched = |seen: Seen| seen.state == State::Online && !seen.restored;
        let has_begun = match restoring.shape {
            Shape::Beside => seen.kept.is_some() || seen.database.is_none(),
            Shape::New | Shape::InPlace => !seen.database.is_some_and(untouched),
        };
        if has_begun {
            journal.set_stage(Stage::Overwriting);
        }
    }
    Ok(journal)
}

/// On another machine than the one that began: the description of the safety copy tells the mode,
/// msdb its file, and the state of the database how far the restore came.
async fn remembered(session: &mut Session, identity: &str, name: &str) -> Result<Option<RestoreJournal>> {
    let Some(copy) = sql::remembered_copy(session, name, BackupType::Full, MARK).await? else { return Ok(None) };
    let database = sql::database(session, name).await?;
    let state = database.as_ref().map(|database| State::from_word(&database.state));
    let stage = match state {
        Some(State::Offline) => Stage::Prepared,
        Some(State::Restoring | State::Broken) | None => Stage::Overwriting,
        // Open: at the most it was left closed to changes.
        Some(State::Online) if database.as_ref().is_some_and(|database| database.is_read_only) => Stage::Prepared,
        Some(State::Online | State::Recovering) => return Ok(None),
    };
    // A restore that came after the copy, and was ended, is not to be taken back. (msdb has seconds.)
    if matches!(state, Some(State::Online | State::Offline))
        && database.as_ref().and_then(|database| database.created?.with_nanosecond(0)) > copy.finished
    {
        return Ok(None);
    }
    let words: Vec<&str> = copy.description.split([' ', ';']).collect();
    let access = words.iter().find_map(|word| Access::from_word(word)).unwrap_or(Access::Multi);
    let mode = Mode { access, read_only: words.contains(&"READ_ONLY") };
    let mut journal = RestoreJournal::new(identity, name, &me(), Utc::now(), Shape::InPlace, mode);
    journal.set_stage(stage);
    journal.created = database.and_then(|database| database.created);
    journal.copy = Some(copy.file);
    "another machine, as the server's history of backups tells".clone_into(&mut journal.by);
    Ok(Some(journal))
}

fn reply(
    facts: ServerFacts,
    name: &str,
    broken_off: Option<Option<End>>,
    database: Option<Database>,
    notes: Vec<String>,
    cut: Option<Vec<Connected>>,
    statements: Vec<String>,
) -> Reply {
    Reply::Repair(Box::new(RepairResult {
        server: facts.name,
        database: name.to_owned(),
        was_broken_off: broken_off.is_some(),
        end: broken_off.flatten(),
        state: database.as_ref().map(|database| database.state.clone()),
        user_access: database.map(|database| database.user_access),
        notes,
        disconnected: cut.unwrap_or_default(),
        statements,
    }))
}

impl RepairCommand {
    /// What contradicts itself.
    ///
    /// # Errors
    /// [`Code::Request`].
    pub fn check(self) -> Result<RepairCommand> {
        if self.forget && self.wish.is_some() {
            return Err(Error::new(Code::Request, "`forget` leaves the database as it is, so there is no `wish`")
                .target("wish"));
        }
        Ok(self)
    }
}
