//! A session on a server: runs statements to their very end and keeps everything that was said.
//!
//! Rules learnt from tiberius 0.13 (`tests/server/traps.rs`): an answer is always read to its
//! end, else the server aborts a BACKUP; after a cancel or a broken read the connection is thrown
//! away, never used again; nothing limits how long a BACKUP may be silent.

use std::sync::Arc;
use std::time::Duration;

use tiberius::{Client, Config, ToSql};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::compat::TokioAsyncWriteCompatExt;
use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber;

use super::answer::{Kept, Rows, collect};
use super::connect::{Options, TdsClient, not_logged_in, silent};
use super::errors::refused;
use super::heard::Errors;
use super::row::Record;
use super::tds::Conversation;
use crate::error::{Code, Error, Result, ServerMessage};

/// The longest that a look into a catalog may take.
const CATALOG_LIMIT: Duration = Duration::from_secs(60);

/// The longest that each way of stopping a statement gets; together less than two seconds.
const CANCEL_LIMIT: Duration = Duration::from_millis(700);

/// How many such hand-overs wait for the one who takes them.
pub(super) const AHEAD: usize = 2;

/// Hears information messages as they come.
pub type Listener = Arc<dyn Fn(&ServerMessage) + Send + Sync>;

/// A statement and how to speak of it.
pub struct Statement<'a> {
    /// The T-SQL.
    pub sql: &'a str,
    /// Completes "SQL Server could not ...".
    pub doing: &'a str,
    /// The database or file that it is about.
    pub target: &'a str,
}

/// A session. See the module.
pub struct Session {
    /// `None` once the connection must not be used any more.
    client: Option<TdsClient>,
    errors: Errors,
    options: Options,
    spid: i16,
}

impl Session {
    pub(super) async fn open(
        options: Options,
        config: Config,
        conversation: Conversation,
        deadline: Instant,
    ) -> Result<Session> {
        let errors = Errors::of(&conversation);
        let login = Client::connect(config, conversation.compat_write()).with_subscriber(errors.collector(None));
        let client = match timeout_at(deadline, login).await {
            Ok(Ok(client)) => client,
            Ok(Err(tiberius::error::Error::Server(first))) => {
                return Err(refused("let you log in", &options.address.to_string(), errors.messages(Some(&first))));
            }
            Ok(Err(error)) => return Err(not_logged_in(&options, error)),
            Err(_) => return Err(silent(&options.address)),
        };
        let mut session = Session { client: Some(client), errors, options, spid: 0 };
        // Progress and closing messages are read by their English words.
        session.catalog("SET LANGUAGE us_english", &[]).await?;
        Ok(session)
    }

    /// Asks for [`Session::spid`].
    pub(super) async fn learn_spid(&mut self) -> Result<()> {
        let rows = self.catalog("SELECT CONVERT(int, @@SPID) AS spid", &[]).await?;
        if let Some(row) = rows.first() {
            self.learn_spid_from(row);
        }
        Ok(())
    }

    /// As [`Session::learn_spid`], from the answer to a question that asked for more.
    pub(super) fn learn_spid_from(&mut self, row: &Record) {
        self.spid = row.number("spid").unwrap_or_default();
    }

    /// Whether further statements can be run: not after a cancel or a lost connection.
    pub fn is_usable(&self) -> bool {
        self.client.is_some()
    }

    /// `@@SPID`.
    pub fn spid(&self) -> i16 {
        self.spid
    }

    /// What this session was opened with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Asks a catalog and returns its rows.
    ///
    /// # Errors
    ///
    /// What the server said; [`Code::Timeout`] after a minute.
    pub async fn catalog(&mut self, sql: &str, parameters: &[&dyn ToSql]) -> Result<Vec<Record>> {
        let target = self.options.address.to_string();
        let Some(mut client) = self.client.take() else { return Err(lost(&target)) };
        self.errors.forget();
        let work = async {
            // Without parameters a plain batch: `SET` would not outlive an `sp_executesql`.
            let stream = if parameters.is_empty() {
                client.simple_query(sql).await?
            } else {
                client.query(sql, parameters).await?
            };
            collect(stream).await
        };
        let answer = timeout(CATALOG_LIMIT, work.with_subscriber(self.errors.collector(None))).await;
        match answer {
            Ok(Ok(rows)) => {
                self.client = Some(client);
                Ok(rows)
            }
            Ok(Err(tiberius::error::Error::Server(first))) => {
                self.client = Some(client);
                Err(refused("answer a question about its catalog", &target, self.errors.messages(Some(&first))))
            }
            Ok(Err(error)) => Err(broken(&target, error, self.errors.messages(None))),
            Err(_) => {
                Err(Error::new(Code::Timeout, format!("SQL Server `{target}` did not answer a question in a minute"))
                    .hint("is the server overloaded, or does somebody hold locks in msdb or master?")
                    .target(target)
                    .retryable())
            }
        }
    }

    /// Asks a catalog and sends the rows on as they come, so that memory stays flat: rows wait on the
    /// wire while the receiver is busy. There is no time limit. A receiver that goes away ends the
    /// reading, and the session with it.
    ///
    /// # Errors
    ///
    /// What the server said.
    pub async fn each(&mut self, sql: &str, rows: mpsc::Sender<Vec<Record>>) -> Result<()> {
        let target = self.options.address.to_string();
        let Some(mut client) = self.client.take() else { return Err(lost(&target)) };
        self.errors.forget();
        let work = async {
            let mut answer = Rows::of(client.simple_query(sql).await?);
            while let Some(together) = answer.next().await? {
                if rows.send(together).await.is_err() {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let ended: tiberius::Result<bool> = work.with_subscriber(self.errors.collector(None)).await;
        match ended {
            Ok(to_the_end) => {
                self.client = Some(client).filter(|_| to_the_end);
                Ok(())
            }
            Err(tiberius::error::Error::Server(first)) => {
                self.client = Some(client);
                Err(refused("answer a question about its catalog", &target, self.errors.messages(Some(&first))))
            }
            Err(error) => Err(broken(&target, error, self.errors.messages(None))),
        }
    }

    /// Runs a statement to its end, however long it takes, and returns its rows, if it has any.
    ///
    /// `listener` hears information messages live. A wish to cancel is passed to the server as an
    /// attention; then the connection is closed, which ends the statement in any case.
    ///
    /// # Errors
    ///
    /// What the server said, every message in order; [`Code::Cancelled`]; [`Code::ConnectionLost`].
    pub async fn run(
        &mut self,
        statement: &Statement<'_>,
        listener: Listener,
        cancel: &CancellationToken,
    ) -> Result<Vec<Record>> {
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let collected = async {
            let mut kept = Kept::default();
            while let Some(together) = receiver.recv().await {
                if let Err(error) = kept.add(together) {
                    // The rest is read to its end all the same, and nobody takes it.
                    receiver.close();
                    return Err(error);
                }
            }
            Ok(kept.rows)
        };
        let (ended, rows) = tokio::join!(self.run_each(statement, listener, cancel, sender), collected);
        ended.and_then(|()| rows.map_err(|error| broken(&self.options.address.to_string(), error, Vec::new())))
    }

    /// As [`Session::run`], and sends the rows on as they come. Rows wait on the wire while the receiver is
    /// busy; when it is gone they are read to the end all the same.
    ///
    /// # Errors
    ///
    /// As [`Session::run`]; rows that came before the error were sent.
    pub async fn run_each(
        &mut self,
        statement: &Statement<'_>,
        listener: Listener,
        cancel: &CancellationToken,
        rows: mpsc::Sender<Vec<Record>>,
    ) -> Result<()> {
        let Some(mut client) = self.client.take() else { return Err(lost(&self.options.address.to_string())) };
        self.errors.forget();
        let answer = {
            let work = async {
                let mut answer = Rows::of(client.simple_query(statement.sql).await?);
                while let Some(together) = answer.next().await? {
                    rows.send(together).await.ok();
                }
                Ok(())
            }
            .with_subscriber(self.errors.collector(Some(listener)));
            tokio::select! {
                biased;
                () = cancel.cancelled() => None,
                answer = work => Some(answer),
            }
        };
        match answer {
            Some(Ok(())) => {
                self.client = Some(client);
                Ok(())
            }
            Some(Err(tiberius::error::Error::Server(first))) => {
                self.client = Some(client);
                Err(refused(statement.doing, statement.target, self.errors.messages(Some(&first))))
            }
            Some(Err(error)) => Err(broken(&self.options.address.to_string(), error, self.errors.messages(None))),
            None => {
                // Whatever it answers, the connection is not used again: a stale acknowledgement
                // would be taken for the answer to the next statement.
                let told = matches!(timeout(CANCEL_LIMIT, client.cancel_query()).await, Ok(Ok(())));
                drop(client);
                let how = if told {
                    "the server stopped"
                } else if matches!(timeout(CANCEL_LIMIT, kill(&self.options, self.spid)).await, Ok(Ok(()))) {
                    "the server did not answer, and its session was ended with KILL"
                } else {
                    "the connection was closed, which makes the server stop"
                };
                let mut error = Error::cancelled(format!("cancelled by the caller: {how}"));
                error.target = Some(statement.target.to_owned());
                error.server = self.errors.messages(None);
                Err(error)
            }
        }
    }
}

/// Ends a session's work from another connection. Needs ALTER ANY CONNECTION.
async fn kill(options: &Options, spid: i16) -> Result<()> {
    let nobody_cancels = CancellationToken::new();
    let mut other = super::connect::connect(options, &nobody_cancels).await?;
    other.catalog(&format!("KILL {spid}"), &[]).await.map(|_| ())
}

fn lost(address: &str) -> Error {
    Error::new(Code::ConnectionLost, format!("the connection to SQL Server `{address}` is gone"))
        .hint("try again; if it happens often, look at the server's error log")
        .target(address)
        .retryable()
}

fn broken(address: &str, error: tiberius::error::Error, server: Vec<ServerMessage>) -> Error {
    let mut lost = lost(address).cause(error);
    lost.server = server;
    lost
}
