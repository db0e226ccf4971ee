//! Statements run: control flow here, the families of statements in their own files.

mod database;
mod headers;
mod media;
mod messages;
mod procedures;
mod queries;

use std::cell::RefCell;
use std::collections::HashMap;

use sqlparser::ast as sql;

use super::ast::{Body, Statement};
use super::parse;
use crate::failure::{Ends, Failure, Outcome};
use crate::query::{self, Caught, Context, Variable};
use crate::session::Session;
use crate::tds::answer::Answer;
use crate::tds::token::Message;
use crate::value::{SqlType, Value, fold};

/// A value handed to a procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// With its `@`; `None` when it counts by its place.
    pub name: Option<String>,
    /// The value.
    pub value: Value,
    /// Its type.
    pub ty: SqlType,
}

/// Runs a batch; true when anything in it failed.
pub fn run_batch(session: &mut Session, answer: &mut Answer, text: &str) -> bool {
    let (_, _, failed) = run_text(session, answer, text, Vec::new());
    failed
}

/// Runs a text with variables declared beforehand: its return status, all variables, and whether
/// anything failed.
pub fn run_text(
    session: &mut Session,
    answer: &mut Answer,
    text: &str,
    variables: Vec<(String, Variable)>,
) -> (i32, Vec<(String, Variable)>, bool) {
    let mut runner = Runner::new(session, answer);
    runner.variables.borrow_mut().extend(variables.into_iter().map(|(name, variable)| (fold(&name), variable)));
    let status = match parse::batch(text) {
        Ok(statements) => match runner.list(&statements) {
            Ok(Flow::Return(status)) => status,
            _ => 0,
        },
        Err(error) => {
            let line = error.line;
            runner.report(&Failure::from(error), line);
            runner.answer.statement_done(COMMAND_OTHER, None, true);
            0
        }
    };
    let failed = runner.failed;
    let variables = runner.variables.take().into_iter().collect();
    // Table variables end with the batch, #tables with the session.
    session.temporary.borrow_mut().retain(|name, _| name.starts_with('#'));
    (status, variables, failed)
}

/// Runs a procedure: its return status.
///
/// # Errors
/// 2812 for one that is not there, and what it says itself.
pub fn run_procedure(session: &mut Session, answer: &mut Answer, name: &str, arguments: Vec<Argument>) -> Outcome<i32> {
    let mut runner = Runner::new(session, answer);
    procedures::call(&mut runner, name, &arguments)
}

const COMMAND_SELECT: u16 = 0xC1;
const COMMAND_INSERT: u16 = 0xC3;
const COMMAND_DELETE: u16 = 0xC4;
const COMMAND_UPDATE: u16 = 0xC5;
const COMMAND_OTHER: u16 = 0xFD;

/// Where control goes after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
    Return(i32),
}

/// Why a list of statements ends early.
#[derive(Debug)]
enum Stop {
    /// An error inside TRY, and its line: not said yet.
    Thrown(Box<Failure>, u32),
    /// All is said.
    Ended,
}

struct Runner<'a> {
    session: &'a mut Session,
    answer: &'a mut Answer,
    variables: RefCell<HashMap<String, Variable>>,
    /// How many TRY blocks are around.
    tries: u32,
    caught: Option<Caught>,
    failed: bool,
    line: u32,
    depth: u32,
}

impl<'a> Runner<'a> {
    fn new(session: &'a mut Session, answer: &'a mut Answer) -> Runner<'a> {
        let variables = RefCell::default();
        Runner { session, answer, variables, tries: 0, caught: None, failed: false, line: 1, depth: 0 }
    }

    fn context(&self) -> Context<'_> {
        Context {
            session: self.session,
            variables: &self.variables,
            tables: &self.session.temporary,
            now: self.session.server().engine.options().clock.local(),
            caught: self.caught.as_ref(),
        }
    }

    fn evaluate(&self, expression: &sql::Expr) -> Outcome<(Value, SqlType)> {
        query::evaluate(&self.context(), expression)
    }

    fn list(&mut self, statements: &[Statement]) -> Result<Flow, Stop> {
        for statement in statements {
            match self.step(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn step(&mut self, statement: &Statement) -> Result<Flow, Stop> {
        if self.session.interrupted() || self.answer.is_gone() {
            return Err(Stop::Ended);
        }
        self.line = statement.line;
        match &statement.body {
            Body::If(condition, then, otherwise) => {
                let condition = query::holds(&self.context(), condition);
                match self.settle(condition, statement.line)? {
                    Some(true) => self.step(then),
                    Some(false) => otherwise.as_ref().map_or(Ok(Flow::Next), |otherwise| self.step(otherwise)),
                    None => Ok(Flow::Next),
                }
            }
            Body::While(condition, body) => loop {
                let condition = query::holds(&self.context(), condition);
                if self.settle(condition, statement.line)? != Some(true) {
                    return Ok(Flow::Next);
                }
                match self.step(body)? {
                    Flow::Next | Flow::Continue => {}
                    Flow::Break => return Ok(Flow::Next),
                    returned => return Ok(returned),
                }
            },
            Body::Block(statements) => self.list(statements),
            Body::Try(tried, caught) => self.attempt(tried, caught),
            Body::Break => Ok(Flow::Break),
            Body::Continue => Ok(Flow::Continue),
            Body::Return(value) => {
                let status = match value {
                    Some(value) => {
                        let value = self.evaluate(value);
                        match self.settle(value, statement.line)? {
                            Some((Value::Int(n), _)) => i32::try_from(n).unwrap_or(0),
                            _ => 0,
                        }
                    }
                    None => 0,
                };
                Ok(Flow::Return(status))
            }
            body => {
                let result = self.simple(body);
                if result.is_ok() {
                    self.session.error = 0;
                }
                self.settle(result, statement.line)?;
                Ok(Flow::Next)
            }
        }
    }

    /// Deals with the failure of a statement: thrown inside TRY, else said; `None` when the batch goes on.
    fn settle<T>(&mut self, result: Outcome<T>, line: u32) -> Result<Option<T>, Stop> {
        let failure = match result {
            Ok(value) => return Ok(Some(value)),
            Err(failure) => failure,
        };
        if failure.ends == Ends::Silently {
            self.failed = true;
            return Err(Stop::Ended);
        }
        if self.tries > 0 {
            return Err(Stop::Thrown(Box::new(failure), line));
        }
        self.report(&failure, line);
        self.answer.statement_done(COMMAND_OTHER, None, true);
        if failure.ends == Ends::Batch { Err(Stop::Ended) } else { Ok(None) }
    }

    fn attempt(&mut self, tried: &[Statement], caught: &[Statement]) -> Result<Flow, Stop> {
        self.tries += 1;
        let result = self.list(tried);
        self.tries -= 1;
        let Err(Stop::Thrown(failure, line)) = result else { return result };
        // Only the last error is caught, as in the real one.
        let Some(message) = failure.errors.last().cloned() else { return Err(Stop::Ended) };
        self.session.error = message.number;
        let before = self.caught.replace(Caught { message, line, procedure: failure.procedure.clone() });
        let result = self.list(caught);
        self.caught = before;
        result
    }

    /// Says all errors of a failure.
    fn report(&mut self, failure: &Failure, line: u32) {
        self.failed = true;
        for error in &failure.errors {
            self.session.error = error.number;
            self.answer.message(&Message {
                number: error.number,
                severity: error.severity,
                state: error.state,
                text: error.text.clone(),
                procedure: failure.procedure.clone(),
                line,
            });
        }
    }

    /// An information message.
    fn say(&mut self, number: i32, severity: u8, state: u8, text: String) {
        let line = self.line;
        self.answer.message(&Message { number, severity, state, text, procedure: String::new(), line });
    }

    fn done(&mut self, command: u16, count: Option<u64>) {
        let count = count.filter(|_| !self.session.settings.no_count);
        self.answer.statement_done(command, count, false);
    }

    fn simple(&mut self, body: &Body) -> Outcome<()> {
        match body {
            Body::Query(statement) => return self.query(statement),
            Body::InsertExecute(insert, call) => return self.insert_execute(insert, call),
            Body::TemporaryTable(name, create) => query::create_temporary(&self.context(), name, create)?,
            Body::Declare(all) => {
                for one in all {
                    let value = match &one.value {
                        Some(value) => self.evaluate(value)?,
                        None => (Value::Null, one.ty),
                    };
                    let variable = Variable { ty: one.ty, value: Value::Null };
                    self.variables.borrow_mut().insert(fold(&one.name), variable);
                    self.context().assign(&one.name, &value.0, value.1)?;
                }
                return Ok(());
            }
            Body::SetVariable(name, value) => {
                let (value, ty) = self.evaluate(value)?;
                self.context().assign(name, &value, ty)?;
                return Ok(());
            }
            Body::SetOption(words) => self.set_option(words)?,
            Body::Use(name) => {
                self.session.change_database(name, self.answer)?;
                let text = format!("Changed database context to '{}'.", self.session.database());
                self.say(5701, 0, 2, text);
            }
            Body::Print(value) => self.print(value)?,
            Body::RaiseError(arguments) => self.raise_error(arguments)?,
            Body::Throw(parts) => self.throw(parts.as_deref())?,
            Body::WaitFor(time) => self.wait_for(time)?,
            Body::Execute(call) => return self.execute(call),
            Body::ExecuteText(text) => return self.execute_text(text),
            Body::Backup(backup) => self.backup(backup)?,
            Body::Restore(restore) => return self.restore(restore),
            Body::AlterDatabase(name, change) => self.alter_database(name, change)?,
            Body::CreateDatabase(create) => self.create_database(create)?,
            Body::DropDatabase(names, if_exists) => self.drop_databases(names, *if_exists)?,
            Body::CreateMasterKey => {
                crate::session::rights::master(self.session)?;
                self.session.server().engine.create_master_key()?;
            }
            Body::CreateCertificate(name, subject) => {
                crate::session::rights::master(self.session)?;
                self.session.server().engine.create_certificate(name, subject)?;
            }
            Body::AlterUser(user, login) => self.alter_user(user, login)?,
            Body::Kill(session) => self.kill(*session)?,
            Body::Dbcc(dbcc) => self.dbcc(dbcc)?,
            Body::Checkpoint => {
                let database = self.session.database().to_owned();
                self.session.server().engine.checkpoint(&database)?;
            }
            Body::Begin => crate::session::transaction::begin(self.session, self.answer),
            Body::Commit => crate::session::transaction::commit(self.session, self.answer)?,
            Body::Rollback => crate::session::transaction::rollback(self.session, self.answer)?,
            // Control flow was dealt with by `step`.
            _ => {}
        }
        self.session.row_count = 0;
        self.done(COMMAND_OTHER, None);
        Ok(())
    }

    fn set_option(&mut self, words: &[String]) -> Outcome<()> {
        const KNOWN: [&str; 30] = [
            "ANSI_NULLS",
            "ANSI_PADDING",
            "ANSI_WARNINGS",
            "ANSI_DEFAULTS",
            "ANSI_NULL_DFLT_ON",
            "ANSI_NULL_DFLT_OFF",
            "ARITHABORT",
            "ARITHIGNORE",
            "CONCAT_NULL_YIELDS_NULL",
            "CONTEXT_INFO",
            "CURSOR_CLOSE_ON_COMMIT",
            "DATEFIRST",
            "DATEFORMAT",
            "DEADLOCK_PRIORITY",
            "FMTONLY",
            "FORCEPLAN",
            "IMPLICIT_TRANSACTIONS",
            "LANGUAGE",
            "LOCK_TIMEOUT",
            "NOCOUNT",
            "NOEXEC",
            "NUMERIC_ROUNDABORT",
            "PARSEONLY",
            "QUERY_GOVERNOR_COST_LIMIT",
            "QUOTED_IDENTIFIER",
            "ROWCOUNT",
            "STATISTICS",
            "TEXTSIZE",
            "TRANSACTION",
            "XACT_ABORT",
        ];
        let name = words.first().map(|word| word.to_uppercase()).unwrap_or_default();
        if !KNOWN.contains(&name.as_str()) {
            return Err(Failure::of(195, 15, 5, format!("'{name}' is not a recognized SET option.")).ending_batch());
        }
        let value = words.last().cloned().unwrap_or_default();
        match name.as_str() {
            "NOCOUNT" => self.session.settings.no_count = value.eq_ignore_ascii_case("ON"),
            "LANGUAGE" => {
                self.session.settings.language.clone_from(&value);
                self.say(5703, 0, 1, format!("Changed language setting to {value}."));
            }
            "LOCK_TIMEOUT" => {
                let negative = words.iter().any(|word| word == "-");
                let wait: i64 = value.parse().unwrap_or(-1);
                self.session.settings.lock_timeout = if negative { -1 } else { wait };
            }
            _ => {}
        }
        Ok(())
    }
}
