//! The state of one job as its watchers see it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::progress::{Log, Phase, Progress, Status};
use super::rows::{Page, Rows};
use crate::error::{Code, Error, Result};

/// Whether a job runs, and else how it ended. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running = 0,
    /// It did what was asked.
    Succeeded = 1,
    /// It ended with an error.
    Failed = 2,
    /// It ended because it was cancelled.
    Cancelled = 3,
}

impl State {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Succeeded => "succeeded",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }
}

/// A handle on a running or ended job that ends in an `R` and yields rows of `I`.
///
/// Clones are the same job. Dropping the last handle does not stop it: see [`Job::cancel`].
pub struct Job<R, I> {
    pub(super) board: Arc<Board<R, I>>,
}

impl<R, I> Clone for Job<R, I> {
    fn clone(&self) -> Self {
        Job { board: self.board.clone() }
    }
}

impl<R: Clone, I> Job<R, I> {
    /// Waits until the job has ended, at most `timeout`.
    pub fn wait(&self, timeout: Duration) -> State {
        let deadline = Instant::now() + timeout;
        let mut end = self.board.lock_end();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if end.is_some() || left.is_zero() {
                return state_of(&end);
            }
            end = self.board.ended.wait_timeout(end, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A picture of the job, with the messages after `after`.
    pub fn status(&self, after: u64) -> Status {
        let state = state_of(&self.board.lock_end());
        self.board.lock_log().status(state, after)
    }

    /// The next rows. See [`Page`].
    pub fn page(&self, timeout: Duration) -> Page<I> {
        self.board.rows.take(timeout)
    }

    /// What the job ended with; `None` while it runs.
    pub fn result(&self) -> Option<Result<R>> {
        self.board.lock_end().clone()
    }

    /// Asks the job to end. Legal at any time, from any thread, any number of times.
    pub fn cancel(&self) {
        self.board.cancel.cancel();
        // A job that waits for a reader of its rows would not notice otherwise.
        self.board.rows.close();
    }
}

/// What the job and its handles share.
pub(super) struct Board<R, I> {
    log: Mutex<Log>,
    end: Mutex<Option<Result<R>>>,
    ended: Condvar,
    pub(super) rows: Rows<I>,
    pub(super) cancel: CancellationToken,
}

impl<R, I> Board<R, I> {
    pub(super) fn new(cancel: CancellationToken) -> Board<R, I> {
        Board { log: Mutex::new(Log::new()), end: Mutex::new(None), ended: Condvar::new(), rows: Rows::new(), cancel }
    }

    pub(super) fn lock_log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_end(&self) -> MutexGuard<'_, Option<Result<R>>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the job. The first end counts, so that there is exactly one.
    pub(super) fn finish(&self, result: Result<R>) {
        let mut end = self.lock_end();
        if end.is_none() {
            self.lock_log().progress = Progress::new(Phase::Ended);
            *end = Some(result);
        }
        drop(end);
        self.rows.close();
        self.ended.notify_all();
    }
}

fn state_of<R>(end: &Option<Result<R>>) -> State {
    match end {
        None => State::Running,
        Some(Ok(_)) => State::Succeeded,
        Some(Err(error)) if error.code == Code::Cancelled => State::Cancelled,
        Some(Err(_)) => State::Failed,
    }
}

/// Ends its job when it is dropped: a job whose task panicked or was thrown away with its runtime
/// still reaches an end.
pub(super) struct EndGuard<R, I> {
    pub(super) board: Arc<Board<R, I>>,
}

impl<R, I> Drop for EndGuard<R, I> {
    fn drop(&mut self) {
        let error = if std::thread::panicking() {
            Error::new(Code::Panic, "the job ended in a panic, which is a mistake in PGBackup")
                .hint("please report it together with the messages of the job")
        } else {
            Error::cancelled("the library was shut down while the job was running")
        };
        self.board.finish(Err(error));
    }
}
