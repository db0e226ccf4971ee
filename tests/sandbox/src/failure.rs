//! Why a statement fails, and what ends with it.

use crate::engine::{Refusal, ServerMessage};
use crate::tsql::SyntaxError;
use crate::value::ConvertError;

/// How far an error reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// The statement; the batch goes on.
    Statement,
    /// The batch.
    Batch,
    /// Nothing more runs, and nothing more is said: the client wants the statement to stop, or is gone.
    Silently,
}

/// A statement failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In the order in which the server says them.
    pub errors: Vec<ServerMessage>,
    /// What ends.
    pub ends: Ends,
    /// Procedure that raised it, empty in a batch.
    pub procedure: String,
}

/// The answer of all that can fail as a statement does.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// One error of severity 16, state 1, that ends the statement.
    pub fn new(number: i32, text: impl Into<String>) -> Failure {
        Failure::of(number, 16, 1, text)
    }

    /// One error that ends the statement.
    pub fn of(number: i32, severity: u8, state: u8, text: impl Into<String>) -> Failure {
        let errors = vec![ServerMessage::new(number, severity, state, text)];
        Failure { errors, ends: Ends::Statement, procedure: String::new() }
    }

    /// The statement was interrupted.
    pub fn interrupted() -> Failure {
        Failure { errors: Vec::new(), ends: Ends::Silently, procedure: String::new() }
    }

    /// The same, and it ends the batch.
    #[must_use]
    pub fn ending_batch(mut self) -> Failure {
        self.ends = Ends::Batch;
        self
    }

    /// The same, with another error after it.
    #[must_use]
    pub fn then(mut self, number: i32, severity: u8, state: u8, text: impl Into<String>) -> Failure {
        self.errors.push(ServerMessage::new(number, severity, state, text));
        self
    }

    /// The same, raised in a procedure.
    #[must_use]
    pub fn within(mut self, procedure: &str) -> Failure {
        self.procedure = procedure.to_owned();
        self
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure { errors: refusal.errors, ends: Ends::Statement, procedure: String::new() }
    }
}

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Failure {
        // Conversions are checked while rows flow; the server ends the batch there.
        Failure::new(error.number, error.text).ending_batch()
    }
}

impl From<SyntaxError> for Failure {
    fn from(error: SyntaxError) -> Failure {
        Failure::of(error.number, error.severity, 1, error.text).ending_batch()
    }
}

/// 208: there is no such table or view.
pub fn no_object(parts: &[&str]) -> Failure {
    Failure::new(208, format!("Invalid object name '{}'.", parts.join("."))).ending_batch()
}
