//! Gives a database back: looks, lets the policy decide, does one thing, and looks again, until
//! nothing is left to do. The same for a restore that went well, one that failed, and one whose
//! process is gone.

use std::time::Duration;

use super::journal::Keeper;
use super::note;
use super::plan::{ending, restore_statement};
use super::runner::{Runner, away};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::BackupType;
use crate::policy::restoring::{Access, Act, End, Mode, Next, Seen, Server, Stage, State, Wish, next};
use crate::sql::{self, Recovery, Restore, Session};
use crate::wire::kept::RestoreJournal;

/// Things to do until the end; more is a circle.
const MOST: usize = 200;

/// Between two looks at something that is on its way.
const BETWEEN: Duration = Duration::from_millis(250);

/// See the module. The journal stays: it goes when everything is told that it has to tell.
pub(super) async fn give_back(runner: &mut Runner<'_>, keeper: &mut Keeper, wish: Wish) -> Result<End> {
    runner.insist();
    let mut session = runner.connect().await?;
    for _ in 0..MOST {
        if !session.is_usable() {
            session = runner.connect().await?;
        }
        match Box::pin(step(runner, &mut session, keeper, wish)).await {
            Ok(Some(end)) => return Ok(end),
            Ok(None) => {}
            // The server went away meanwhile: it is waited for, and what it left is looked at anew.
            Err(error) if away(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(Code::Internal, format!("the database `{}` does not come to rest", keeper.journal.database))
        .hint("look at it with Get-PGDatabase, then run Repair-PGDatabase"))
}

async fn step(runner: &mut Runner<'_>, session: &mut Session, keeper: &mut Keeper, wish: Wish) -> Result<Option<End>> {
    let server = look(session, &keeper.journal).await?;
    match next(&keeper.journal.restoring(), &server, wish) {
        Next::Done(end) => {
            note::remove(session, &keeper.journal.database).await?;
            Ok(Some(end))
        }
        Next::Do(act) => Box::pin(act_on(runner, session, keeper, act)).await.map(|()| None),
        Next::Waits => Err(waits(&keeper.journal)),
        Next::Foreign => Err(foreign(&keeper.journal, &server)),
    }
}

/// What is on the server now.
pub(super) async fn look(session: &mut Session, journal: &RestoreJournal) -> Result<Server> {
    let mut seen = [None, None, None];
    let names = [Some(&journal.database), journal.side.as_ref(), journal.kept.as_ref()];
    for (seen, name) in seen.iter_mut().zip(names) {
        let Some(name) = name else { continue };
        *seen = sql::database(session, name).await?.map(|database| Seen {
            state: State::from_word(&database.state),
            mode: Mode {
                access: Access::from_word(&database.user_access).unwrap_or(Access::Multi),
                read_only: database.is_read_only && !database.is_in_standby,
            },
            restored: database.created != journal.created,
        });
    }
    let [database, side, kept] = seen;
    Ok(Server { database, side, kept })
}

/// One act as T-SQL, for those that are one statement.
pub(super) fn statement_of(journal: &RestoreJournal, act: Act) -> Option<String> {
    let database = journal.database.as_str();
    let side = journal.side.as_deref().unwrap_or_default();
    let kept = journal.kept.as_deref().unwrap_or_default();
    Some(match act {
        Act::Wait | Act::RestoreAgain => return None,
        Act::SetOnline => sql::set_online(database),
        Act::SetReadWrite => sql::set_read_only(database, false),
        Act::SetAccess(access) => sql::set_access(database, access),
        Act::SetKeptAccess(access) => sql::set_access(kept, access),
        Act::RestoreCopy => copy_statement(journal),
        Act::DropNew => sql::drop_database(database),
        Act::DropSide => sql::drop_database(side),
        Act::RenameBack => sql::rename_database(kept, database),
        Act::RenameAway => sql::rename_database(database, kept),
        Act::RenameSide => sql::rename_database(side, database),
    })
}

async fn act_on(runner: &mut Runner<'_>, session: &mut Session, keeper: &mut Keeper, act: Act) -> Result<()> {
    let journal = keeper.journal.clone();
    let database = journal.database.as_str();
    let sql = statement_of(&journal, act).unwrap_or_default();
    let side = journal.side.as_deref().unwrap_or_default();
    let kept = journal.kept.as_deref().unwrap_or_default();
    match act {
        Act::Wait => {
            tokio::time::sleep(BETWEEN).await;
            Ok(())
        }
        Act::SetOnline => runner.exclusive(session, database, &sql, &format!("set `{database}` online")).await,
        Act::SetReadWrite => runner.exclusive(session, database, &sql, &format!("allow changes of `{database}`")).await,
        Act::SetAccess(access) => {
            runner.exclusive(session, database, &sql, &format!("set `{database}` to {}", access.word())).await
        }
        Act::SetKeptAccess(access) => {
            runner.exclusive(session, kept, &sql, &format!("set `{kept}` to {}", access.word())).await
        }
        Act::RestoreCopy => {
            keeper.stage(Stage::TakingBack)?;
            note::taking_back(session, database).await?;
            runner.context.phase(Phase::Restoring);
            runner.context.say(Level::Warning, format!("taking `{database}` back from its safety copy"));
            runner.exclusive(session, database, &sql, &format!("restore the safety copy of `{database}`")).await
        }
        Act::RestoreAgain => {
            keeper.stage(Stage::Overwriting)?;
            runner.context.phase(Phase::Restoring);
            let last = journal.steps.len().saturating_sub(1);
            let is_there = sql::database(session, database).await?.is_some();
            for (index, step) in journal.steps.iter().enumerate() {
                let recovery = match (&journal.standby, index == last) {
                    (_, false) => Recovery::NoRecovery,
                    (Some(file), true) => Recovery::Standby { file: file.clone() },
                    (None, true) if journal.leaves_online => Recovery::Recovery,
                    (None, true) => Recovery::NoRecovery,
                };
                // What is there is half of it, and is restored over.
                let mut step = step.clone();
                step.replace |= is_there && step.kind() == BackupType::Full;
                let sql = restore_statement(database, &step, &recovery);
                runner.exclusive(session, database, &sql, &format!("restore `{database}`")).await?;
                if let Some(sql) = ending(database, &step, &recovery) {
                    runner.once(session, database, &sql, &format!("recover `{database}`")).await?;
                }
            }
            keeper.stage(Stage::Restored)
        }
        Act::DropNew => {
            runner.exclusive(session, database, &sql, &format!("drop the half restored `{database}`")).await
        }
        Act::DropSide => runner.exclusive(session, side, &sql, &format!("drop `{side}`")).await,
        Act::RenameBack => runner.rename(session, kept, database).await,
        Act::RenameAway => runner.rename(session, database, kept).await,
        Act::RenameSide => runner.rename(session, side, database).await,
    }
}

/// The statement that takes the database back to its safety copy, each file to its old place.
fn copy_statement(journal: &RestoreJournal) -> String {
    Restore {
        database: &journal.database,
        kind: BackupType::Full,
        files: std::slice::from_ref(journal.copy.as_ref().unwrap_or(&String::new())),
        position: 1,
        replace: true,
        checksum: true,
        moves: &journal.files,
        stop_at: None,
        recovery: &Recovery::Recovery,
    }
    .to_sql()
}

fn waits(journal: &RestoreJournal) -> Error {
    let name = &journal.database;
    Error::new(
        Code::DatabaseState,
        format!(
            "the database `{name}` is in the middle of its restore, and there is no safety copy to take it back from"
        ),
    )
    .hint(format!("run Repair-PGDatabase -Database '{name}' -Finish: it restores all steps again"))
    .target(name)
}

fn foreign(journal: &RestoreJournal, server: &Server) -> Error {
    let name = &journal.database;
    let word = |seen: Option<Seen>| {
        seen.map_or("is not there", |seen| match seen.state {
            State::Online => "is online",
            State::Restoring => "is in the middle of a restore",
            State::Recovering => "is recovering",
            State::Offline => "is offline",
            State::Broken => "is broken (SUSPECT or the like)",
        })
    };
    let mut error = Error::new(
        Code::DatabaseState,
        format!(
            "the database `{name}` {}, which the restore of {} did not leave: it is not touched",
            word(server.database),
            journal.began.format("%Y-%m-%dT%H:%M:%SZ")
        ),
    )
    .hint("look at it with Get-PGDatabase; when it is in order, remove the journal with Repair-PGDatabase -Forget")
    .target(name);
    for (other, seen) in [(&journal.side, server.side), (&journal.kept, server.kept)] {
        if let (Some(other), Some(seen)) = (other, seen) {
            error.causes.push(format!("there is also `{other}`, which {}", word(Some(seen))));
        }
    }
    error.causes.extend(journal.copy.as_ref().map(|copy| format!("the safety copy is `{copy}` on the server")));
    error
}
