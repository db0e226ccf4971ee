//! Watches a long statement from a second connection: progress where the server shows it, and a
//! warning when nothing moves.
//!
//! A BACKUP or RESTORE can be silent for long. `sys.dm_exec_requests` tells its percent and what it
//! waits for to logins with VIEW SERVER STATE; for others only the statement's own messages tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::job::Level;
use crate::ops::Context;
use crate::sql::{self, Listener, Look, Options, Record, Session, Statement};

/// A statement that is done sooner is not watched: the second connection would cost more than it
/// tells.
const BEFORE: Duration = Duration::from_millis(300);

/// Between two looks.
const BETWEEN: Duration = Duration::from_millis(500);

/// Nothing moved for so long: worth a warning.
const STALLED: Duration = Duration::from_secs(300);

/// Runs a statement to its end, watched.
pub(super) async fn run(
    server: &Options,
    session: &mut Session,
    statement: &Statement<'_>,
    listener: Listener,
    context: &Context,
) -> Result<Vec<Record>> {
    let began = Instant::now();
    let moved = Arc::new(AtomicU64::new(0));
    let heard = {
        let moved = moved.clone();
        let millis = move || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let told: Listener = Arc::new(move |message| {
            moved.store(millis(), Ordering::Relaxed);
            listener(message);
        });
        told
    };
    let cancel = context.cancelled();
    let spid = session.spid();
    let watched = session.run(statement, heard, &cancel);
    tokio::pin!(watched);
    let watching = watch(server, spid, began, &moved, context);
    tokio::select! {
        biased;
        ended = &mut watched => ended,
        () = watching => watched.await,
    }
}

async fn watch(server: &Options, spid: i16, began: Instant, heard: &AtomicU64, context: &Context) {
    tokio::time::sleep(BEFORE).await;
    // Without a second connection the statement's own messages have to do.
    let mut session = sql::connect(server, &context.cancelled()).await.ok();
    let mut stillness = Stillness::default();
    loop {
        let look = match &mut session {
            Some(session) => sql::look(session, spid).await,
            None => None,
        };
        if let Some(percent) = look.as_ref().and_then(|look| look.percent).filter(|percent| *percent > 0.0) {
            context.percent_of_part(percent);
        }
        let heard = Duration::from_millis(heard.load(Ordering::Relaxed));
        if let Some(warning) = stillness.look(began.elapsed(), heard, look.as_ref()) {
            context.say(Level::Warning, warning);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Since when nothing moves; times are since the statement began.
#[derive(Default)]
struct Stillness {
    moved: Duration,
    percent: Option<f64>,
    warned: bool,
}

impl Stillness {
    /// Takes a look, and warns once each time that nothing has moved for too long. `heard` is when the
    /// statement last said something.
    fn look(&mut self, now: Duration, heard: Duration, look: Option<&Look>) -> Option<String> {
        let percent = look.and_then(|look| look.percent);
        if percent != self.percent {
            (self.percent, self.moved, self.warned) = (percent, now, false);
        }
        if heard > self.moved {
            (self.moved, self.warned) = (heard, false);
        }
        let still = now.saturating_sub(self.moved);
        if still < STALLED || self.warned {
            return None;
        }
        self.warned = true;
        let wait = look.and_then(|look| look.wait.as_deref()).map_or_else(
            || "what it waits for is not shown to this login".to_owned(),
            |wait| format!("it waits for {wait}"),
        );
        Some(format!("nothing has moved for {} minutes: {wait}", still.as_secs() / 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    fn at(percent: f64) -> Look {
        Look { percent: Some(percent), wait: Some("BACKUPIO".to_owned()) }
    }

    #[test]
    fn a_stall_is_told_once_with_what_is_waited_for() {
        let mut stillness = Stillness::default();
        assert_eq!(stillness.look(minutes(1), minutes(0), Some(&at(10.0))), None);
        assert_eq!(stillness.look(minutes(5), minutes(0), Some(&at(10.0))), None);
        let told = stillness.look(minutes(6), minutes(0), Some(&at(10.0)));
        assert_eq!(told.as_deref(), Some("nothing has moved for 5 minutes: it waits for BACKUPIO"));
        assert_eq!(stillness.look(minutes(9), minutes(0), Some(&at(10.0))), None, "once");
        assert_eq!(stillness.look(minutes(10), minutes(0), Some(&at(11.0))), None, "it goes on");
        assert!(stillness.look(minutes(15), minutes(0), Some(&at(11.0))).is_some(), "and stops again");
    }

    #[test]
    fn what_the_statement_says_is_movement_too() {
        let mut stillness = Stillness::default();
        assert_eq!(stillness.look(minutes(6), minutes(4), None), None);
        let told = stillness.look(minutes(9), minutes(4), None).expect("a warning");
        assert!(told.ends_with("what it waits for is not shown to this login"), "{told}");
        assert_eq!(stillness.look(minutes(10), minutes(10), None), None);
    }
}
