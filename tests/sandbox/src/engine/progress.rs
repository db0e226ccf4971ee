//! Progress of a running statement: percent messages, pace, and the question whether to go on.

use std::time::{Duration, Instant};

use super::error::ServerError;
use super::instance::Engine;
use super::texts;
use super::watch::Watcher;

/// How often a pause asks whether the caller has had enough.
const BEAT: Duration = Duration::from_millis(20);

pub(crate) struct Progress<'a> {
    pub(crate) watcher: &'a mut dyn Watcher,
    engine: Engine,
    stats: Option<u8>,
    total: u64,
    done: u64,
    next: u64,
    started: Instant,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(engine: &Engine, watcher: &'a mut dyn Watcher, stats: Option<u8>, total: u64) -> Progress<'a> {
        let stats = stats.map(|stats| stats.clamp(1, 100));
        let next = u64::from(stats.unwrap_or(100));
        Progress { watcher, engine: engine.clone(), stats, total: total.max(1), done: 0, next, started: Instant::now() }
    }

    /// Milliseconds since the statement began.
    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// One extent more is done.
    ///
    /// # Errors
    /// 3204 when the caller wants no more.
    pub(crate) fn extent(&mut self) -> Result<(), ServerError> {
        self.engine.faults().on_extent(self.done);
        let end = Instant::now() + self.engine.faults().extent_pause();
        loop {
            self.go_on()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(BEAT));
        }
        self.done += 1;
        let percent = self.done.min(self.total) * 100 / self.total;
        self.watcher.percent(percent as f64);
        if let Some(stats) = self.stats {
            // 100 is said when the data is whole, after the message of the files.
            while self.next <= percent && self.next < 100 {
                self.watcher.message(texts::percent(self.next as u8));
                self.next += u64::from(stats);
            }
        }
        Ok(())
    }

    /// # Errors
    /// 3204 when the caller wants no more.
    pub(crate) fn go_on(&self) -> Result<(), ServerError> {
        if self.watcher.cancelled() { Err(texts::aborted()) } else { Ok(()) }
    }

    /// The data is whole.
    pub(crate) fn finish(&mut self) {
        self.watcher.percent(100.0);
        if self.stats.is_some() {
            self.watcher.message(texts::percent(100));
        }
    }
}
