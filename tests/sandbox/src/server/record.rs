//! Records of what clients sent, for tests that hand it to Microsoft's parser.

use std::sync::{Mutex, PoisonError};

/// A batch, or the statement of a parameterised call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The session (`@@SPID`).
    pub session: i32,
    /// Its login.
    pub login: String,
    /// The database it was sent in.
    pub database: String,
    /// The text, as it came.
    pub text: String,
}

/// All of them, in order.
#[derive(Debug, Default)]
pub struct Records(Mutex<Vec<Statement>>);

impl Records {
    /// Adds one.
    pub fn add(&self, statement: Statement) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
    }

    /// A copy of all.
    pub fn all(&self) -> Vec<Statement> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
