//! What a running job has in its hands: a place for progress, messages and rows, and the wish of
//! its owner to stop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::progress::{Level, Phase, Progress};
use crate::error::{Error, Result};

/// The job's side of its own board. Clones are the same board.
pub struct Context<R, I> {
    pub(super) board: Arc<Board<R, I>>,
}

impl<R, I> Clone for Context<R, I> {
    fn clone(&self) -> Self {
        Context { board: self.board.clone() }
    }
}

impl<R, I> Context<R, I> {
    /// Begins a step; its progress starts at nothing.
    pub fn phase(&self, phase: Phase) {
        self.board.lock_log().progress = Progress::new(phase);
    }

    /// Says which percents of the step the running part of it covers.
    pub fn part(&self, from: f64, to: f64) {
        self.board.lock_log().progress.part = (from, to);
    }

    /// Tells how far the running part is, see [`Context::part`].
    pub fn percent_of_part(&self, percent: f64) {
        let (from, to) = self.board.lock_log().progress.part;
        self.percent(from + (to - from) * percent.clamp(0.0, 100.0) / 100.0);
    }

    /// Tells how far the step is. Never goes backwards.
    pub fn percent(&self, percent: f64) {
        let mut log = self.board.lock_log();
        let percent = percent.clamp(log.progress.percent.unwrap_or(0.0), 100.0);
        log.progress.percent = Some(percent);
        if let Some(total) = log.progress.bytes_total {
            log.progress.bytes_done = log.progress.bytes_done.max((total as f64 * percent / 100.0) as u64);
        }
    }

    /// Tells how many bytes the step will move.
    pub fn total(&self, bytes: u64) {
        self.board.lock_log().progress.bytes_total = Some(bytes);
    }

    /// Tells how many bytes of how many the step has moved.
    pub fn bytes(&self, done: u64, total: u64) {
        let mut log = self.board.lock_log();
        log.progress.bytes_done = done;
        log.progress.bytes_total = Some(total);
        log.progress.percent = (total > 0).then(|| done as f64 * 100.0 / total as f64);
    }

    /// Says something in one line.
    pub fn say(&self, level: Level, text: impl Into<String>) {
        self.board.lock_log().say(level, None, text.into());
    }

    /// Passes a message of SQL Server on.
    pub fn server_says(&self, level: Level, number: Option<u32>, text: &str) {
        self.board.lock_log().say(level, number, text.to_owned());
    }

    /// Hands a row to the reader; waits while [`PAGE`](super::PAGE) rows wait already.
    pub async fn row(&self, item: I) {
        self.board.rows.push(item).await;
    }

    /// Resolves when the owner wants the job to end.
    pub fn cancelled(&self) -> CancellationToken {
        self.board.cancel.clone()
    }

    /// An error if the owner wants the job to end; to be asked between two steps.
    pub fn check(&self) -> Result<()> {
        if self.board.cancel.is_cancelled() {
            return Err(Error::cancelled("the job was cancelled before anything was changed"));
        }
        Ok(())
    }
}
