//! The steps of a restore that either happens or did not happen; see [`policy::restoring`] for what
//! exists after each, and [`give_back`] for what ends it in any case.
//!
//! [`policy::restoring`]: crate::policy::restoring

use super::RestoreCommand;
use super::give_back::give_back;
use super::journal::Keeper;
use super::note;
use super::plan::Plan;
use super::runner::Runner;
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::BackupType;
use crate::ops::backup::{self, BackupCommand, ConnectedClients, Place};
use crate::ops::{Reply, watch};
use crate::policy::base::OnForeignBase;
use crate::policy::restoring::{Access, End, Shape, Stage, Wish};
use crate::sql::{self, BackupOptions, Compression, Database, Recovery, Session, Statement};

/// How descriptions of safety copies begin: with them msdb tells a Repair on another machine.
pub(super) const MARK: &str = "PGBackup safety copy";

/// What the transaction is about.
pub(super) struct Work<'w> {
    pub(super) command: &'w RestoreCommand,
    pub(super) existing: Option<&'w Database>,
    pub(super) plan: &'w Plan,
    pub(super) shape: Shape,
    /// The file for the safety copy, if one is made.
    pub(super) copy: Option<String>,
    /// The file for the tail of the log, if there is one.
    pub(super) tail: Option<String>,
}

/// Runs it. With an error the database was given back as far as that can be, and the error says so;
/// else the journal is still there, for the caller to end.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    session: &mut Session,
    keeper: &mut Keeper,
    work: &Work<'_>,
) -> Result<Option<bool>> {
    keeper.write()?;
    // Boxed: the futures of a restore are large, and threads of hosts are small.
    let noted = Box::pin(announce(runner, session, keeper, work)).await;
    let done = match noted {
        Ok(()) => Box::pin(carry_out(runner, session, keeper, work)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(checked) => match Box::pin(give_back(runner, keeper, Wish::Finish)).await {
            Ok(_) => Ok(checked),
            Err(error) => Err(told(error, keeper, None)),
        },
        Err(error) => {
            runner.context.say(Level::Warning, format!("{}: giving the database back", error.message));
            let end = Box::pin(give_back(runner, keeper, Wish::TakeBack)).await;
            let end = end.and_then(|end| keeper.end().map(|()| end));
            Err(told(error, keeper, Some(end)))
        }
    }
}

/// Keeps on the server what another machine has to know: the files that may come to be with it.
async fn announce(runner: &Runner<'_>, session: &mut Session, keeper: &mut Keeper, work: &Work<'_>) -> Result<()> {
    let mut journal = keeper.journal.clone();
    journal.copying.clone_from(&work.copy);
    journal.tail.clone_from(&work.tail);
    keeper.journal.noted = note::keep(session, &journal, runner.context).await?;
    Ok(())
}

async fn carry_out(
    runner: &mut Runner<'_>,
    session: &mut Session,
    keeper: &mut Keeper,
    work: &Work<'_>,
) -> Result<Option<bool>> {
    match work.shape {
        Shape::New => {
            keeper.stage(Stage::Overwriting)?;
            steps(runner, session, &work.command.database, work.plan).await?;
            keeper.stage(Stage::Restored)?;
            Box::pin(check_restored(runner, session, keeper, work)).await
        }
        Shape::InPlace => Box::pin(in_place(runner, session, keeper, work)).await,
        Shape::Beside => Box::pin(beside(runner, session, keeper, work)).await,
    }
}

async fn in_place(
    runner: &mut Runner<'_>,
    session: &mut Session,
    keeper: &mut Keeper,
    work: &Work<'_>,
) -> Result<Option<bool>> {
    let name = work.command.database.as_str();
    let open = work.existing.is_some_and(|database| database.state == "ONLINE");
    if let Some(file) = &work.copy {
        if work.existing.is_some_and(|database| !database.is_read_only) {
            let sql = sql::set_read_only(name, true);
            runner.exclusive(session, name, &sql, &format!("keep `{name}` from being changed")).await?;
        }
        keeper.journal.copying = Some(file.clone());
        keeper.write()?;
        Box::pin(save(runner, work, BackupType::Full, file)).await?;
        keeper.journal.copying = None;
        keeper.journal.copy = Some(file.clone());
        keeper.write()?;
    }
    if let Some(file) = &work.tail {
        keeper.journal.copying = Some(file.clone());
        keeper.write()?;
        match Box::pin(save(runner, work, BackupType::Log, file)).await {
            Ok(()) => {
                keeper.journal.copying = None;
                keeper.journal.tail = Some(file.clone());
                keeper.write()?;
            }
            Err(error) if matches!(error.code, Code::Cancelled | Code::ConnectionLost) => return Err(error),
            // A safety copy has all that the tail would have; without one the wish was to go on without.
            Err(error) => {
                runner.context.say(Level::Warning, format!("the tail of the log was not saved: {}", error.message));
            }
        }
    }
    if open {
        runner.exclusive(session, name, &sql::set_offline(name), &format!("close `{name}`")).await?;
    }
    keeper.stage(Stage::Overwriting)?;
    steps(runner, session, name, work.plan).await?;
    keeper.stage(Stage::Restored)?;
    Box::pin(check_restored(runner, session, keeper, work)).await
}

async fn beside(
    runner: &mut Runner<'_>,
    session: &mut Session,
    keeper: &mut Keeper,
    work: &Work<'_>,
) -> Result<Option<bool>> {
    let name = work.command.database.as_str();
    let side = keeper.journal.side.clone().unwrap_or_default();
    let kept = keeper.journal.kept.clone().unwrap_or_default();
    steps(runner, session, &side, work.plan).await?;
    let checked = match work.command.check {
        true => Some(check(runner, session, &side).await.map(|()| true)?),
        false => None,
    };
    runner.context.check()?;
    keeper.stage(Stage::Overwriting)?;
    runner.rename(session, name, &kept).await?;
    runner.rename(session, &side, name).await?;
    keeper.stage(Stage::Restored)?;
    Ok(checked)
}

/// Restores the steps, with progress over all of them.
async fn steps(runner: &mut Runner<'_>, session: &mut Session, name: &str, plan: &Plan) -> Result<()> {
    let context = runner.context;
    let total: u64 = plan.planned.iter().map(|planned| planned.step.bytes()).sum();
    context.phase(Phase::Restoring);
    if total > 0 {
        context.total(total);
    }
    let mut done = 0;
    for planned in &plan.planned {
        context.say(Level::Debug, planned.sql.clone());
        runner.statements.push(planned.sql.clone());
        let share = |bytes: u64| if total > 0 { bytes as f64 * 100.0 / total as f64 } else { 0.0 };
        let listener = runner.telling.listener(context, share(done), share(done + planned.step.bytes()));
        let doing = format!("restore `{name}` from set {} of `{}`", planned.step.set.position, planned.step.file());
        let statement = Statement { sql: &planned.sql, doing: &doing, target: name };
        watch::run(runner.server, session, &statement, listener, context).await?;
        done += planned.step.bytes();
    }
    if let Some(sql) = &plan.ending {
        runner.once(session, name, sql, &format!("recover `{name}`")).await?;
    }
    Ok(())
}

/// The statement that a script shows for a copy-only backup.
pub(super) fn save_statement(name: &str, kind: BackupType, file: &str) -> String {
    sql::Backup {
        database: name,
        kind,
        files: &[file.to_owned()],
        mirror: &[],
        how: &BackupOptions { copy_only: true, checksum: true, ..BackupOptions::default() },
        compression: Compression::Default,
        name: &set_name(name),
    }
    .to_sql()
}

fn set_name(name: &str) -> String {
    format!("{MARK} of {name}").chars().take(128).collect()
}

/// Makes and verifies a copy-only backup.
async fn save(runner: &mut Runner<'_>, work: &Work<'_>, kind: BackupType, file: &str) -> Result<()> {
    let name = &work.command.database;
    let description = match work.existing {
        Some(old) => format!(
            "{MARK} before a restore; was {} {}",
            old.user_access,
            if old.is_read_only { "READ_ONLY" } else { "READ_WRITE" }
        ),
        None => MARK.to_owned(),
    };
    let what = if kind == BackupType::Log { "tail of the log" } else { "safety copy" };
    runner.context.say(Level::Info, format!("making the {what} of `{name}`: `{file}`"));
    let command = BackupCommand {
        database: name.clone(),
        kind,
        place: Place::Files { files: vec![file.to_owned()], append: false },
        on_foreign_base: OnForeignBase::default(),
        stripes: 1,
        mirror: None,
        how: BackupOptions {
            copy_only: true,
            checksum: true,
            description: Some(description),
            ..BackupOptions::default()
        },
        compression: Compression::Default,
        name: Some(set_name(name)),
        verify: true,
        remove: None,
        clients: ConnectedClients::Report,
        dry_run: false,
    };
    if let Reply::Backup(result) = Box::pin(backup::run(runner.server, command, runner.context)).await? {
        runner.statements.extend(result.statements);
    }
    Ok(())
}

/// Checks the restored database, alone in it; a damaged one is taken back where that can be.
async fn check_restored(
    runner: &mut Runner<'_>,
    session: &mut Session,
    keeper: &mut Keeper,
    work: &Work<'_>,
) -> Result<Option<bool>> {
    if !work.command.check || work.command.recovery != Recovery::Recovery {
        return Ok(None);
    }
    let name = work.command.database.as_str();
    let doing = format!("check `{name}`");
    runner.exclusive(session, name, &sql::use_database(name), &doing).await?;
    runner.exclusive(session, name, &sql::set_access(name, Access::Single), &doing).await?;
    let checked = check(runner, session, name).await;
    if session.is_usable() {
        runner.once(session, name, &sql::use_database("master"), &doing).await?;
    }
    match checked {
        Ok(()) => Ok(Some(true)),
        Err(error) if error.code == Code::Corrupt && keeper.journal.copy.is_some() => {
            runner.exclusive(session, name, &sql::set_offline(name), &format!("close the damaged `{name}`")).await?;
            keeper.stage(Stage::TakingBack)?;
            note::taking_back(session, name).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn check(runner: &mut Runner<'_>, session: &mut Session, name: &str) -> Result<()> {
    runner.context.phase(Phase::Verifying);
    runner.context.say(Level::Info, format!("checking `{name}` with DBCC CHECKDB"));
    let checked = runner.once(session, name, &sql::check_database(name), &format!("find `{name}` sound")).await;
    checked.map_err(|error| match error.code {
        Code::Cancelled | Code::ConnectionLost | Code::Permission => error,
        _ => Error { code: Code::Corrupt, ..error },
    })
}

/// Adds to an error what became of the database.
fn told(mut error: Error, keeper: &Keeper, end: Option<Result<End>>) -> Error {
    let journal = &keeper.journal;
    let name = &journal.database;
    let mode = journal.restoring().mode;
    let repair = format!("run Repair-PGDatabase -Database '{name}' as soon as the server can be reached");
    match &end {
        Some(Ok(End::Before)) if journal.restoring().shape == Shape::New => {
            error.causes.push(format!("there is no database `{name}`, as before: what was restored of it is gone"));
        }
        Some(Ok(End::Before)) => {
            let from = if journal.restoring().stage == Stage::TakingBack {
                "taken back from its safety copy"
            } else {
                "untouched"
            };
            error.causes.push(format!("the database `{name}` is as it was before ({from}), {}", mode.access.word()));
        }
        Some(Ok(End::Wanted)) => {
            error.causes.push(format!(
                "the restore itself was done: `{name}` has the restored content, {}",
                mode.access.word()
            ));
        }
        Some(Err(second)) => {
            error.causes.push(format!("the database `{name}` could not be given back: {second}"));
            error.server.extend(second.server.iter().cloned());
            let own = second.hint.clone().filter(|_| second.code == Code::DatabaseState);
            error.hint = Some(own.unwrap_or(repair));
        }
        None => {
            error.causes.push(format!("`{name}` is restored, and could not be opened as before"));
            error.hint = Some(repair);
        }
    }
    if !matches!(end, Some(Ok(End::Before))) {
        error.causes.extend(journal.kept.as_ref().map(|kept| format!("the old database is kept as `{kept}`")));
    }
    error.causes.extend(journal.copy.as_ref().map(|copy| format!("the safety copy stays in `{copy}`")));
    error.causes.extend(journal.copying.as_ref().map(|file| format!("`{file}` may hold half a backup: delete it")));
    error.causes.extend(journal.tail.as_ref().map(|tail| format!("the tail of the log stays in `{tail}`")));
    error
}
