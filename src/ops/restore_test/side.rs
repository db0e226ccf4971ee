//! The database that a test restores to: its name is a new one, a lock says that it is in use, and
//! what an earlier test left is recognised by both and dropped.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use chrono::NaiveDateTime;
use tokio_util::sync::CancellationToken;

use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::ops::Context;
use crate::ops::restore::{self, RepairCommand};
use crate::policy::naming::{side_name, side_name_of};
use crate::policy::restoring::Access;
use crate::sql::{self, Options, Session};

/// A side database in use. The lock is the session's: it ends with this process, however that ends.
pub(super) struct Side {
    server: Options,
    name: String,
    _lock: Session,
}

/// Tries to drop: sessions that were cut need a moment, and others may look in.
const TRIES: u32 = 5;

/// A side name that nobody else has.
pub(super) fn name(database: &str, utc: NaiveDateTime) -> String {
    // The seed of a hash map is as random as is needed here.
    side_name(database, utc, RandomState::new().build_hasher().finish() as u32)
}

/// The lock of a side database.
fn lock(name: &str) -> String {
    format!("restore test {name}")
}

impl Side {
    /// Claims a name that no database has.
    pub(super) async fn claim(server: &Options, mut session: Session, name: String) -> Result<Side> {
        let is_free =
            sql::database(&mut session, &name).await?.is_none() && sql::take_lock(&mut session, &lock(&name)).await?;
        if !is_free {
            return Err(Error::new(Code::Exists, format!("the side name `{name}` is taken"))
                .hint("try again")
                .target(name));
        }
        Ok(Side { server: server.clone(), name, _lock: session })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Drops the database, whatever state it is in; nobody cancels this.
    pub(super) async fn drop_it(self, context: &Context) -> Result<()> {
        let nobody = CancellationToken::new();
        let mut session = sql::connect(&self.server, &nobody).await?;
        drop_database(&mut session, &self.name, context).await
    }
}

/// Drops what earlier tests left: side databases whose lock nobody holds. A line for each.
pub(super) async fn drop_left(
    server: &Options,
    session: &mut Session,
    journals: Option<&str>,
    context: &Context,
) -> Result<Vec<String>> {
    let all = sql::databases(session).await?;
    let sides = all.into_iter().map(|database| database.name).filter(|name| side_name_of(name).is_some());
    let mut notes = Vec::new();
    for name in sides {
        // A session of its own: with its end the lock goes.
        let mut other = sql::connect(server, &context.cancelled()).await?;
        if !sql::take_lock(&mut other, &lock(&name)).await? {
            continue;
        }
        let dropped = match drop_database(&mut other, &name, context).await {
            Ok(()) => forget(server, &name, journals, context).await,
            Err(error) => Err(error),
        };
        let note = match dropped {
            Ok(()) => format!("dropped `{name}`, which an earlier restore test left"),
            Err(error) => {
                format!("`{name}`, which an earlier restore test left, could not be dropped: {}", error.message)
            }
        };
        context.say(Level::Warning, note.clone());
        notes.push(note);
    }
    Ok(notes)
}

/// Removes the journal of the restore that made a side database, if it is on this machine.
async fn forget(server: &Options, name: &str, journals: Option<&str>, context: &Context) -> Result<()> {
    let command = RepairCommand {
        database: name.to_owned(),
        wish: None,
        forget: true,
        journal_directory: journals.map(str::to_owned),
        dry_run: false,
    };
    Box::pin(restore::run_repair(server, command, context)).await.map(|_| ())
}

async fn drop_database(session: &mut Session, name: &str, context: &Context) -> Result<()> {
    for try_number in 1.. {
        let Some(database) = sql::database(session, name).await? else { return Ok(()) };
        if database.state == "ONLINE" {
            // Whoever looks in is cut; if that fails the drop says why.
            let closed = session.catalog(&sql::set_access(name, Access::Single), &[]).await;
            if let Err(error) = closed {
                context.say(Level::Debug, format!("`{name}` could not be closed: {error}"));
            }
        }
        match session.catalog(&sql::drop_database(name), &[]).await {
            Ok(_) => return Ok(()),
            Err(error) if try_number == TRIES || !session.is_usable() => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(200 << try_number)).await,
        }
    }
    Ok(())
}
