//! A test's hand on every statement, before it runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Statement;

/// What becomes of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It runs, and its answer is sent.
    Run,
    /// It does not run, and the connection ends: what a client sees that was cut off before.
    Lost,
    /// It runs, and the connection ends before its answer is whole.
    Unanswered,
}

type Act = dyn Fn(&Statement) -> Fate + Send + Sync;

/// What a test has to say to a statement; nothing, until it is set.
#[derive(Default)]
pub struct Hook(Mutex<Option<Arc<Act>>>);

impl Hook {
    /// From now on every batch and call goes through `act`, on the thread that will run it.
    pub fn set(&self, act: impl Fn(&Statement) -> Fate + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(act));
    }

    /// No longer.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn fate(&self, statement: &Statement) -> Fate {
        let act = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        act.map_or(Fate::Run, |act| act(statement))
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook(..)")
    }
}
