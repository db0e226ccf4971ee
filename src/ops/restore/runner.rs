//! Runs statements that need a database for themselves, and keeps what a restore has to tell.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::job::Level;
use crate::ops::Context;
use crate::ops::telling::Telling;
use crate::sql::{self, Connected, Options, Session, Statement};

/// How long others may stand in the way before it is an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server may be away (a restart takes as long).
const AWAY: Duration = Duration::from_secs(90);

/// Between two tries.
const BETWEEN: Duration = Duration::from_millis(200);

/// Errors that say that somebody is in the way: single user (924, 5064), in transition (952), the
/// victim of a deadlock (1205), serialized (3023), in use (3101, 3702, 5070), no lock (5030, 5061).
/// A session of ours that the server still has to end is one of those.
const IN_THE_WAY: [u32; 10] = [924, 952, 1205, 3023, 3101, 3702, 5030, 5061, 5064, 5070];

/// See the module.
pub(super) struct Runner<'r> {
    pub(super) server: &'r Options,
    pub(super) context: &'r Context,
    /// Ends statements. Giving back has one that nobody pulls.
    pub(super) cancel: CancellationToken,
    /// What the server said.
    pub(super) telling: Telling,
    /// Sessions that were cut.
    pub(super) cut: Vec<Connected>,
    /// What was run.
    pub(super) statements: Vec<String>,
}

impl<'r> Runner<'r> {
    pub(super) fn new(server: &'r Options, context: &'r Context) -> Runner<'r> {
        Runner {
            server,
            context,
            cancel: context.cancelled(),
            telling: Telling::default(),
            cut: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// From now on nothing is cancelled any more.
    pub(super) fn insist(&mut self) {
        self.cancel = CancellationToken::new();
    }

    /// Notes who is in a database now, and so is about to be cut.
    pub(super) async fn note_connected(&mut self, session: &mut Session, database: &str) -> Result<()> {
        for one in sql::connected(session, database).await? {
            let known = self.cut.iter().any(|other| {
                (&other.login, &other.host, &other.program, other.session_id)
                    == (&one.login, &one.host, &one.program, one.session_id)
            });
            if !known {
                let who = one.program.as_deref().unwrap_or("a program without a name");
                let host = one.host.as_deref().unwrap_or("an unnamed machine");
                self.context.say(
                    Level::Warning,
                    format!("disconnecting session {}: {} ({who} on {host})", one.session_id, one.login),
                );
                self.cut.push(one);
            }
        }
        Ok(())
    }

    /// Runs a statement of a database once.
    pub(super) async fn once(&mut self, session: &mut Session, database: &str, sql: &str, doing: &str) -> Result<()> {
        self.context.say(Level::Debug, sql.to_owned());
        self.statements.push(sql.to_owned());
        let statement = Statement { sql, doing, target: database };
        let listener = self.telling.listener(self.context, 0.0, 100.0);
        session.run(&statement, listener, &self.cancel).await.map(|_| ())
    }

    /// Runs a statement that needs a database for itself; who stands in the way is sent out of it.
    pub(super) async fn exclusive(
        &mut self,
        session: &mut Session,
        database: &str,
        sql: &str,
        doing: &str,
    ) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        self.note_connected(session, database).await?;
        self.context.say(Level::Debug, sql.to_owned());
        self.statements.push(sql.to_owned());
        loop {
            let statement = Statement { sql, doing, target: database };
            let listener = self.telling.listener(self.context, 0.0, 100.0);
            match session.run(&statement, listener, &self.cancel).await {
                Ok(_) => return Ok(()),
                Err(error) if in_the_way(&error) && session.is_usable() && Instant::now() < until => {
                    self.note_connected(session, database).await?;
                    for one in sql::connected(session, database).await? {
                        // It may be gone by itself, or the login may not end it: the next try tells.
                        let _ = sql::end_session(session, one.session_id).await;
                    }
                    tokio::select! {
                        () = self.cancel.cancelled() => return Err(Error::cancelled("cancelled while waiting for the database")),
                        () = tokio::time::sleep(BETWEEN) => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives a database another name, from within it: there its one user is this session.
    pub(super) async fn rename(&mut self, session: &mut Session, from: &str, to: &str) -> Result<()> {
        let doing = format!("rename `{from}` to `{to}`");
        self.exclusive(session, from, &sql::use_database(from), &doing).await?;
        let alone = sql::set_access(from, crate::policy::restoring::Access::Single);
        self.exclusive(session, from, &alone, &doing).await?;
        self.once(session, from, &sql::rename_database(from, to), &doing).await?;
        self.once(session, from, &sql::use_database("master"), &doing).await
    }

    /// A session, waited for while the server is away.
    pub(super) async fn connect(&self) -> Result<Session> {
        let until = Instant::now() + AWAY;
        let mut told = false;
        loop {
            match sql::connect(self.server, &self.cancel).await {
                Ok(session) => return Ok(session),
                Err(error) if away(&error) && Instant::now() < until => {
                    if !told {
                        told = true;
                        self.context.say(Level::Warning, format!("{}: waiting for the server", error.message));
                    }
                    tokio::time::sleep(BETWEEN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether a server that starts may answer so.
pub(super) fn away(error: &Error) -> bool {
    use crate::error::Code;
    matches!(error.code, Code::Connect | Code::ConnectionLost | Code::Timeout | Code::Tls)
        || error.server.iter().any(|message| matches!(message.number, Some(18401 | 17187)))
}

fn in_the_way(error: &Error) -> bool {
    error.server.iter().any(|message| message.number.is_some_and(|number| IN_THE_WAY.contains(&number)))
}
