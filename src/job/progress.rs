//! How far a job is, and what it had to say so far.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::MESSAGES;

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For those who look closely, such as the T-SQL that is sent.
    Debug,
    /// The story of the job.
    Info,
    /// Something that a person should know although the job goes on.
    Warning,
}

/// One message of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Counts from 1, without gaps.
    pub seq: u64,
    /// How much it matters.
    pub level: Level,
    /// SQL Server's message number, if it is one of its messages.
    pub number: Option<u32>,
    /// One line for people.
    pub text: String,
}

/// A step of a job, by a word that programs may compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The words say it.
pub enum Phase {
    Starting,
    Connecting,
    Checking,
    BackingUp,
    Verifying,
    ReadingHistory,
    ReadingMedia,
    Restoring,
    Waiting,
    RunningCommand,
    Copying,
    StoppingServices,
    StartingServices,
    Ended,
}

impl Phase {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Starting => "starting",
            Phase::Connecting => "connecting",
            Phase::Checking => "checking",
            Phase::BackingUp => "backing_up",
            Phase::Verifying => "verifying",
            Phase::ReadingHistory => "reading_history",
            Phase::ReadingMedia => "reading_media",
            Phase::Restoring => "restoring",
            Phase::Waiting => "waiting",
            Phase::RunningCommand => "running_command",
            Phase::Copying => "copying",
            Phase::StoppingServices => "stopping_services",
            Phase::StartingServices => "starting_services",
            Phase::Ended => "ended",
        }
    }
}

/// How far a job is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The step.
    pub phase: Phase,
    /// Percent of the step, 0 to 100; `None` where it cannot be known.
    pub percent: Option<f64>,
    /// Bytes done in the step.
    pub bytes_done: u64,
    /// Bytes to do in the step, as far as known.
    pub bytes_total: Option<u64>,
    /// Percents of the step that the running part of it covers.
    pub(super) part: (f64, f64),
    since: Instant,
}

impl Progress {
    pub(super) fn new(phase: Phase) -> Progress {
        Progress { phase, percent: None, bytes_done: 0, bytes_total: None, part: (0.0, 100.0), since: Instant::now() }
    }

    /// Time since the step began.
    fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// Bytes a second in this step, once there is something to divide.
    fn rate(&self) -> Option<f64> {
        let seconds = self.elapsed().as_secs_f64();
        (self.bytes_done > 0 && seconds > 0.05).then(|| self.bytes_done as f64 / seconds)
    }

    /// Time left in this step at the pace so far.
    fn left(&self) -> Option<Duration> {
        let percent = self.percent.filter(|percent| *percent > 0.0)?;
        let left = self.elapsed().as_secs_f64() * (100.0 - percent).max(0.0) / percent;
        Duration::try_from_secs_f64(left).ok()
    }
}

/// A picture of a job for those who watch it.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whether it runs, and else how it ended.
    pub state: super::State,
    /// The step.
    pub phase: Phase,
    /// Percent of the step.
    pub percent: Option<f64>,
    /// Bytes done in the step.
    pub bytes_done: u64,
    /// Bytes to do in the step.
    pub bytes_total: Option<u64>,
    /// Bytes a second in the step.
    pub rate: Option<f64>,
    /// Time left in the step.
    pub left: Option<Duration>,
    /// Time since the job began.
    pub elapsed: Duration,
    /// Messages after the sequence number that was asked for.
    pub messages: Vec<Message>,
    /// Sequence number of the newest message, 0 if there is none.
    pub last_seq: u64,
    /// Messages after the one asked for that had already been dropped.
    pub dropped: u64,
}

/// Progress is shown no more often than this: nobody reads faster, and watchers redraw at each change.
const SHOWN_EACH: Duration = Duration::from_millis(100);

/// Progress and messages of one job, under its lock.
pub(super) struct Log {
    begun: Instant,
    pub(super) progress: Progress,
    /// What was shown last, and when.
    shown: Option<(Instant, Progress)>,
    messages: VecDeque<Message>,
    last_seq: u64,
}

impl Log {
    pub(super) fn new() -> Log {
        Log {
            begun: Instant::now(),
            progress: Progress::new(Phase::Starting),
            shown: None,
            messages: VecDeque::new(),
            last_seq: 0,
        }
    }

    pub(super) fn say(&mut self, level: Level, number: Option<u32>, text: String) {
        self.last_seq += 1;
        if self.messages.len() == MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(Message { seq: self.last_seq, level, number, text });
    }

    /// The progress to show: as it is, or as it was shown just before in the same step.
    fn shown(&mut self) -> Progress {
        let now = Instant::now();
        match &self.shown {
            Some((at, shown)) if shown.phase == self.progress.phase && now - *at < SHOWN_EACH => shown.clone(),
            _ => {
                self.shown = Some((now, self.progress.clone()));
                self.progress.clone()
            }
        }
    }

    pub(super) fn status(&mut self, state: super::State, after: u64) -> Status {
        let progress = self.shown();
        let messages: Vec<Message> = self.messages.iter().filter(|message| message.seq > after).cloned().collect();
        let wanted = self.last_seq.saturating_sub(after);
        Status {
            state,
            phase: progress.phase,
            percent: progress.percent,
            bytes_done: progress.bytes_done,
            bytes_total: progress.bytes_total,
            rate: progress.rate(),
            left: progress.left(),
            elapsed: self.begun.elapsed(),
            last_seq: self.last_seq,
            dropped: wanted - messages.len() as u64,
            messages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::State;

    #[test]
    fn progress_moves_at_most_ten_times_a_second() {
        let mut log = Log::new();
        let began = Instant::now();
        let mut seen = Vec::new();
        while began.elapsed() < Duration::from_millis(450) {
            log.progress.bytes_done += 1;
            seen.push(log.status(State::Running, 0).bytes_done);
        }
        let took = began.elapsed();
        seen.dedup();
        assert!(seen.len() as u128 <= took.as_millis() / 100 + 1, "{} in {took:?}", seen.len());
        // Another step is shown at once.
        log.progress = Progress::new(Phase::Verifying);
        assert_eq!(log.status(State::Running, 0).phase, Phase::Verifying);
    }

    #[test]
    fn old_messages_are_dropped_and_counted() {
        let mut log = Log::new();
        for index in 0..MESSAGES + 10 {
            log.say(Level::Info, None, index.to_string());
        }
        let status = log.status(State::Running, 0);
        assert_eq!(status.messages.len(), MESSAGES);
        assert_eq!(status.dropped, 10);
        assert_eq!(log.status(State::Running, status.last_seq).messages, []);
        assert_eq!(log.status(State::Running, u64::MAX).dropped, 0);
    }
}
