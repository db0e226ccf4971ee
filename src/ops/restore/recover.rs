//! Recovers a database that waits for further backups, without one.

use std::time::Instant;

use super::goes_on::tell_state;
use super::{RestoreCommand, RestoreResult};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::ops::telling::Telling;
use crate::ops::{Context, Reply, ScriptResult, watch};
use crate::sql::{self, Database, Options, Recovery, ServerFacts, Session, Statement};

pub(super) async fn run(
    server: &Options,
    session: &mut Session,
    facts: ServerFacts,
    command: &RestoreCommand,
    existing: Option<Database>,
    context: &Context,
) -> Result<Reply> {
    let name = &command.database;
    let refuse = |code, message: String, hint: &str| Err(Error::new(code, message).hint(hint).target(name));
    if command.recovery != Recovery::Recovery {
        return refuse(
            Code::Request,
            "without a backup set a database can only be recovered".to_owned(),
            "give sources, or ask for recovery",
        );
    }
    let Some(database) = existing else {
        return refuse(
            Code::DatabaseNotFound,
            format!("there is no database `{name}` on `{}`", facts.name),
            "look at the names with Get-PGDatabase",
        );
    };
    // A database in standby is ONLINE by its state, and read-only.
    if database.state != "RESTORING" && !database.is_in_standby {
        return refuse(
            Code::DatabaseState,
            format!("the database `{name}` waits for no backup: it is {}", database.state),
            "there is nothing to recover",
        );
    }
    let sql = sql::recover(&database.name);
    if command.dry_run {
        return Ok(Reply::Script(ScriptResult {
            server: facts.name,
            database: database.name,
            statements: vec![sql],
            notes: Vec::new(),
        }));
    }
    context.check()?;
    context.phase(Phase::Restoring);
    context.say(Level::Debug, sql.clone());
    let began = Instant::now();
    let telling = Telling::default();
    let doing = format!("recover `{name}`");
    let statement = Statement { sql: &sql, doing: &doing, target: name };
    let listener = telling.listener(context, 0.0, 100.0);
    if let Err(error) = watch::run(server, session, &statement, listener, context).await {
        return Err(tell_state(session, name, error).await);
    }
    Ok(Reply::Restore(Box::new(RestoreResult {
        server: facts.name,
        database: database.name,
        duration: began.elapsed(),
        messages: telling.messages(),
        statements: vec![sql],
        ..RestoreResult::default()
    })))
}
