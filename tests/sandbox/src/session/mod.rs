//! A session: who it is, where it is, what it has set, and what it does with a message.

mod call;
pub mod rights;
pub mod transaction;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::failure::{Failure, Outcome as Result};
use crate::query::TemporaryTable;
use crate::server::{Account, Fate, Interrupt, Request, Seat, Server, Statement};
use crate::tds::answer::Answer;
use crate::tds::cursor::Cursor;
use crate::tds::packet::{Message, kind};
use crate::tds::token::{self, env};
use crate::tds::{cursor::Malformed, rpc};
use crate::tsql;
use crate::value::{SqlType, same_name};

/// How a message was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its answer is written.
    Answered,
    /// As [`Outcome::Answered`], and the answer holds the acknowledgement of an attention.
    Acknowledged,
    /// The session is over.
    Ended,
}

/// A statement that the client prepared.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub text: String,
    pub parameters: Vec<(String, SqlType)>,
}

/// What a session has set; RESETCONNECTION puts it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub database: String,
    pub language: String,
    pub no_count: bool,
    /// Milliseconds; -1 waits for ever.
    pub lock_timeout: i64,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    server: Arc<Server>,
    seat: Arc<Seat>,
    account: Account,
    at_login: Settings,
    pub(crate) settings: Settings,
    pub(crate) prepared: BTreeMap<i32, Prepared>,
    pub(crate) temporary: RefCell<HashMap<String, TemporaryTable>>,
    /// Number of the transaction, and how deep BEGIN stands; 0 is none.
    pub(crate) transaction: (u64, u32),
    /// `@@ERROR`
    pub(crate) error: i32,
    /// `@@ROWCOUNT`
    pub(crate) row_count: i64,
    /// `SCOPE_IDENTITY()`
    pub(crate) identity: Option<i64>,
}

impl Session {
    /// A session that has just logged in.
    pub fn new(server: Arc<Server>, seat: Arc<Seat>, account: Account, database: &str, language: &str) -> Session {
        let spelled = server.engine.database(database).map_or_else(|_| database.to_owned(), |facts| facts.name);
        seat.visible().database.clone_from(&spelled);
        let language = if language.is_empty() { account.language.clone() } else { language.to_owned() };
        let settings = Settings { database: spelled, language, no_count: false, lock_timeout: -1 };
        Session {
            server,
            seat,
            account,
            at_login: settings.clone(),
            settings,
            prepared: BTreeMap::new(),
            temporary: RefCell::default(),
            transaction: (0, 0),
            error: 0,
            row_count: 0,
            identity: None,
        }
    }

    /// The server.
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Its place among all sessions.
    pub fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }

    /// `@@SPID`
    pub fn id(&self) -> i32 {
        self.seat.id
    }

    /// Its login.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Current database.
    pub fn database(&self) -> &str {
        &self.settings.database
    }

    /// Current language.
    pub fn language(&self) -> &str {
        &self.settings.language
    }

    /// Whether the running statement should stop.
    pub fn interrupted(&self) -> bool {
        self.seat.interrupt() != Interrupt::None
    }

    /// Whether the session may look into a database.
    ///
    /// # Errors
    /// 911 no such database, 916 no access, 923 restricted to owners.
    pub fn may_use(&self, database: &str) -> Result<()> {
        let facts = self.server.engine.database(database)?;
        if rights::is_kept_out(&self.account, &facts) {
            let text = format!(
                "Database '{}' is in restricted mode. Only the database owner and members of the dbcreator and sysadmin \
                 roles can access it.",
                facts.name
            );
            return Err(Failure::of(923, 14, 1, text));
        }
        if rights::may_enter(&self.account, &facts) {
            return Ok(());
        }
        let text = format!(
            "The server principal \"{}\" is not able to access the database \"{}\" under the current security context.",
            self.account.name, facts.name
        );
        Err(Failure::of(916, 14, 2, text))
    }

    /// `USE`
    ///
    /// # Errors
    /// 911, 916, 923, 924, 926, 927, 942.
    pub fn change_database(&mut self, database: &str, answer: &mut Answer) -> Result<()> {
        self.may_use(database)?;
        self.server.engine.enter(self.seat.id, database)?;
        let name = self.server.engine.database(database)?.name;
        let old = std::mem::replace(&mut self.settings.database, name.clone());
        self.seat.visible().database.clone_from(&name);
        answer.raw(|out| token::env_text(out, env::DATABASE, &name, &old));
        Ok(())
    }

    /// The session's database was renamed.
    pub(crate) fn follow_rename(&mut self, old: &str, new: &str) {
        if same_name(&self.settings.database, old) {
            self.settings.database = new.to_owned();
            self.seat.visible().database = new.to_owned();
        }
    }

    /// The text that a message is about: a batch, or a call's name and statement.
    pub fn text_of(&self, message: &Message) -> String {
        match message.kind {
            kind::BATCH => batch_text(&message.body).unwrap_or_default(),
            kind::RPC => {
                let calls = rpc::parse(&message.body).unwrap_or_default();
                calls.iter().map(|call| format!("{} {}\n", call.name, call::statement_of(call))).collect()
            }
            _ => String::new(),
        }
    }

    /// Runs a message and writes its answer. With `acknowledge_inside` an attention that stops it is
    /// acknowledged in the same answer.
    pub fn handle(&mut self, message: &Message, mut answer: Answer, acknowledge_inside: bool) -> Outcome {
        if message.reset {
            self.reset(message.keep_transaction, &mut answer);
        }
        let fate = self.server.hook.fate(&self.statement(self.text_of(message)));
        if fate == Fate::Lost {
            return Outcome::Ended;
        }
        let done = match message.kind {
            kind::BATCH => batch_text(&message.body).map(|text| {
                self.record(&text);
                self.begin("BATCH", &text);
                tsql::run_batch(self, &mut answer, &text)
            }),
            kind::RPC => rpc::parse(&message.body).map(|calls| {
                let mut failed = false;
                for call in &calls {
                    failed |= self.call(call, &mut answer);
                }
                failed
            }),
            _ => transaction::request(self, &message.body, &mut answer),
        };
        self.seat.visible().request = None;
        let Ok(failed) = done else { return Outcome::Ended };
        if fate == Fate::Unanswered {
            return Outcome::Ended;
        }
        match self.seat.interrupt() {
            Interrupt::Gone | Interrupt::Killed => Outcome::Ended,
            Interrupt::Attention => {
                answer.finish(true, acknowledge_inside);
                if acknowledge_inside { Outcome::Acknowledged } else { Outcome::Answered }
            }
            Interrupt::None => {
                answer.finish(failed, false);
                Outcome::Answered
            }
        }
    }

    /// Notes a text for the tests that hand all of them to Microsoft's parser.
    pub(crate) fn record(&self, text: &str) {
        self.server.records.add(self.statement(text.to_owned()));
    }

    fn statement(&self, text: String) -> Statement {
        Statement {
            session: self.seat.id,
            login: self.account.name.clone(),
            database: self.settings.database.clone(),
            text,
        }
    }

    /// Others see from now on what runs.
    pub(crate) fn begin(&self, command: &str, text: &str) {
        let started = self.server.engine.options().clock.local();
        let mut visible = self.seat.visible();
        visible.last_request = started;
        visible.request = Some(Request {
            command: command.to_owned(),
            started,
            percent: 0.0,
            wait: None,
            text: text.to_owned(),
            database: None,
        });
    }

    /// What a connection pool wants of a used connection: the session as it was after login.
    fn reset(&mut self, keep_transaction: bool, answer: &mut Answer) {
        self.prepared.clear();
        self.temporary.borrow_mut().clear();
        self.server.app_locks.release_all(self.seat.id);
        if !keep_transaction {
            self.transaction = (0, 0);
        }
        let home = self.at_login.database.clone();
        if !same_name(&home, &self.settings.database) && self.change_database(&home, answer).is_err() {
            // Its first database is closed by now: it stays where it is.
            self.at_login.database.clone_from(&self.settings.database);
        }
        self.settings = self.at_login.clone();
        answer.raw(|out| token::env_bytes(out, env::RESET, &[], &[]));
    }
}

fn batch_text(body: &[u8]) -> std::result::Result<String, Malformed> {
    let mut from = Cursor::new(body);
    from.skip_headers()?;
    Ok(crate::tds::cursor::utf16(from.rest()))
}
