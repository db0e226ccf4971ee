//! Has the server make the backup: watched, with patience for what passes.

use std::time::Duration;

use super::place;
use super::plan::Plan;
use super::{BackupCommand, Place, Retry};
use crate::error::{Code, Result};
use crate::job::Level;
use crate::ops::telling::Telling;
use crate::ops::{Context, patience, watch};
use crate::sql::{Compression, Database, Options, ServerFacts, Session, Statement};

/// Tries of a backup that fails for a passing reason.
const TRIES: usize = 4;

/// Runs the BACKUP until it went well or will not.
pub(super) async fn make(
    server: &Options,
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    plan: &mut Plan,
    context: &Context,
) -> Result<(Telling, Vec<Retry>)> {
    let mut retries: Vec<Retry> = Vec::new();
    loop {
        let sql = plan.statement(database, command);
        context.say(Level::Debug, sql.clone());
        let telling = Telling::default();
        let doing = format!("back up `{}`", database.name);
        let statement = Statement { sql: &sql, doing: &doing, target: &database.name };
        let error = match watch::run(server, session, &statement, telling.listener(context, 0.0, 100.0), context).await
        {
            Ok(_) => return Ok((telling, retries)),
            Err(error) => error,
        };
        let number = error.server.first().and_then(|message| message.number);
        let no_compression = number == Some(1844) && plan.compression != Compression::Off;
        let torn = matches!(number, Some(3241 | 3242 | 3266)) && matches!(command.place, Place::Archive { .. });
        let passing = error.retryable && error.code != Code::ConnectionLost && retries.len() + 1 < TRIES;
        let reason = if no_compression {
            plan.compression = Compression::Off;
            "this edition has no compressed backups: made without compression".to_owned()
        } else if torn && plan.target.left_alone.is_none() {
            // The old archive keeps its whole sets; a new one needs a full of its own.
            place::leave_archive(session, facts, database, command, plan, &error, context).await?;
            format!("the archive could not be appended to, and a new one was begun: {}", error.message)
        } else if passing {
            patience::pause(Duration::from_secs(1 << retries.len()), &error, context).await?;
            error.message.clone()
        } else {
            let mut error = error;
            if !retries.is_empty() {
                error.causes.push(format!("it was tried {} times", retries.len() + 1));
            }
            return Err(place::tell_leftover(server, session, &plan.target, error).await);
        };
        context.say(Level::Warning, reason.clone());
        retries.push(Retry { number, reason });
    }
}
