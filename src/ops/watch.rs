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
use crate::sql::{self, Listener, Options, Record, Session, Statement};

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

async fn watch(server: &Options, spid: i16, began: Instant, moved: &AtomicU64, context: &Context) {
    tokio::time::sleep(BEFORE).await;
    // Without a second connection the statement's own messages have to do.
    let mut session = sql::connect(server, &context.cancelled()).await.ok();
    let (mut seen, mut warned) = (None, false);
    loop {
        let look = match &mut session {
            Some(session) => sql::look(session, spid).await,
            None => None,
        };
        if let Some(look) = &look {
            if look.percent != seen {
                seen = look.percent;
                let now = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                moved.store(now, Ordering::Relaxed);
                warned = false;
            }
            if let Some(percent) = look.percent.filter(|percent| *percent > 0.0) {
                context.percent_of_part(percent);
            }
        }
        let still = began.elapsed().saturating_sub(Duration::from_millis(moved.load(Ordering::Relaxed)));
        if still >= STALLED && !warned {
            warned = true;
            let wait = look.and_then(|look| look.wait).map_or_else(
                || "what it waits for is not shown to this login".to_owned(),
                |wait| format!("it waits for {wait}"),
            );
            context.say(Level::Warning, format!("nothing has moved for {} minutes: {wait}", still.as_secs() / 60));
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
