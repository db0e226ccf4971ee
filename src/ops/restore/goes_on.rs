//! A restore that goes on: the database waits for further backups, and gets the next ones.
//!
//! Nothing that anybody could use is overwritten, so there is no transaction around it.

use std::time::Instant;

use chrono::NaiveDateTime;

use super::plan::{Plan, plan, script};
use super::steps::Step;
use super::{RestoreCommand, RestoreResult, made};
use crate::error::{Error, Result};
use crate::job::{Level, Phase};
use crate::ops::telling::Telling;
use crate::ops::{Context, Reply, watch};
use crate::sql::{self, Database, Options, ServerFacts, Session, Statement};

#[allow(clippy::too_many_arguments)] // All that the plain restore has found out so far.
pub(super) async fn run(
    server: &Options,
    session: &mut Session,
    facts: ServerFacts,
    command: &RestoreCommand,
    existing: Option<&Database>,
    steps: Vec<Step>,
    (notes, reaches): (Vec<String>, Option<NaiveDateTime>),
    context: &Context,
) -> Result<Reply> {
    let plan = plan(session, &facts, command, &command.database, existing, steps, context).await?;
    if command.dry_run {
        return Ok(Reply::Script(script(&facts, command, &plan, (Vec::new(), Vec::new()), notes)));
    }
    context.check()?;
    let began = Instant::now();
    let telling = carry_out(server, session, command, &plan, context).await?;
    Ok(Reply::Restore(Box::new(RestoreResult {
        server: facts.name,
        database: command.database.clone(),
        files: plan.files,
        pages: telling.tally().pages,
        bytes: plan.planned.iter().map(|planned| planned.step.bytes()).sum(),
        duration: began.elapsed(),
        notes,
        restored_to: reaches,
        messages: telling.messages(),
        statements: plan.planned.iter().map(|planned| planned.sql.clone()).collect(),
        steps: made(plan.planned),
        ..RestoreResult::default()
    })))
}

async fn carry_out(
    server: &Options,
    session: &mut Session,
    command: &RestoreCommand,
    plan: &Plan,
    context: &Context,
) -> Result<Telling> {
    let telling = Telling::default();
    let total: u64 = plan.planned.iter().map(|planned| planned.step.bytes()).sum();
    context.phase(Phase::Restoring);
    if total > 0 {
        context.total(total);
    }
    let mut done = 0;
    for planned in &plan.planned {
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
    if let Some(sql) = &plan.ending {
        let doing = format!("recover `{}`", command.database);
        let statement = Statement { sql, doing: &doing, target: &command.database };
        let listener = telling.listener(context, 100.0, 100.0);
        if let Err(error) = watch::run(server, session, &statement, listener, context).await {
            return Err(tell_state(session, &command.database, error).await);
        }
    }
    Ok(telling)
}

/// Adds in what state a failed restore left the database.
pub(super) async fn tell_state(session: &mut Session, name: &str, mut error: Error) -> Error {
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
