//! Tells what state databases are in: what the server shows, and what that means.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::StatesQuery;
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::{DatabaseState, OpenRestore};
use crate::ops::restore::{Open, open_journals};
use crate::ops::{Context, Reply, Row};
use crate::policy::state::{Remark, remarks, summary};
use crate::sql::{self, Options, Session};

/// The state of a database, and what is to be said of it.
#[derive(Clone, Debug)]
pub struct StateRow {
    /// Name of the server.
    pub server: String,
    /// The moment it was seen at, by the server's clock.
    pub at: NaiveDateTime,
    /// What the server shows.
    pub state: DatabaseState,
    /// What that means; the state first.
    pub remarks: Vec<Remark>,
    /// All of it in one line.
    pub summary: String,
    /// What the login may not see, with the right that is missing.
    pub unseen: Vec<String>,
}

pub(super) async fn run(server: &Options, query: &StatesQuery, context: &Context) -> Result<Reply> {
    let names = &query.names;
    context.phase(Phase::Connecting);
    let mut session = sql::connect(server, &context.cancelled()).await?;
    context.phase(Phase::Checking);
    let open = open_journals(query.journal_directory.as_deref());
    let seen = look(&mut session, &open, context).await?;
    let mut rows = Vec::new();
    for name in names {
        match seen.iter().find(|row| same(&row.state.name, name)) {
            Some(row) => rows.push(Row::State(Box::new(row.clone()))),
            None => {
                let server = seen.first().map_or("the server", |row| &row.server);
                // Between the two names of a swap, or before the first step of a new one.
                let hint = if open.iter().any(|open| same(&open.journal.database, name)) {
                    format!("a restore of it has not ended: wait for it, or run Repair-PGDatabase -Database '{name}'")
                } else {
                    "look at the names with Get-PGDatabase; a login sees only the databases it may see".to_owned()
                };
                let error = Error::new(Code::DatabaseNotFound, format!("there is no database `{name}` on `{server}`"))
                    .hint(hint)
                    .target(name);
                rows.push(Row::Failed { target: name.clone(), error: Box::new(error) });
            }
        }
    }
    if names.is_empty() {
        rows.extend(seen.into_iter().map(|row| Row::State(Box::new(row))));
    }
    let count = rows.iter().filter(|row| matches!(row, Row::State(_))).count() as u64;
    for row in rows {
        context.row(row).await;
    }
    Ok(Reply::Query { count })
}

/// Names of databases by the common collations, which do not tell letters by their case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Asks the three questions. What the login may not ask is told in each row.
async fn look(session: &mut Session, open: &[Open], context: &Context) -> Result<Vec<StateRow>> {
    let shown = sql::states(session).await?;
    let mut unseen = Vec::new();
    let mut history = seen(sql::state_history(session).await, "backups and restores: SELECT in msdb", &mut unseen)?;
    let mut clients = seen(sql::clients(session).await, "clients and running work: VIEW SERVER STATE", &mut unseen)?;
    for what in &unseen {
        context.say(Level::Warning, format!("this login may not see {what}"));
    }
    let row = |mut state: DatabaseState| {
        state.history = history.as_mut().map(|all: &mut HashMap<_, _>| all.remove(&state.name).unwrap_or_default());
        state.clients = clients.as_mut().map(|all: &mut HashMap<_, _>| all.remove(&state.id).unwrap_or_default());
        let own = |open: &&Open| open.journal.server == shown.identity && same(&open.journal.database, &state.name);
        state.open_restore = open.iter().find(own).map(|open| OpenRestore {
            began: open.journal.began,
            by: open.journal.by.clone(),
            runs: open.runs,
        });
        let remarks = remarks(&state, shown.now);
        StateRow {
            server: shown.server.clone(),
            at: shown.now,
            summary: summary(&state, &remarks),
            remarks,
            unseen: unseen.clone(),
            state,
        }
    };
    Ok(shown.databases.into_iter().map(row).collect())
}

/// An answer, or the note that a right is missing for it.
fn seen<T>(answer: Result<T>, what: &str, unseen: &mut Vec<String>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code == Code::Permission => {
            unseen.push(what.to_owned());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
