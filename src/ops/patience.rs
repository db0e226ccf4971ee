//! Waits for what passes by itself, with a limit, and says so.

use std::time::Duration;

use tokio::time::Instant;

use super::Context;
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::sql::{self, Options, ServerFacts, Session};

/// Between the tries of a login.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// How long a lock that another session holds is waited for, and how often it is tried.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_BETWEEN: Duration = Duration::from_millis(250);

/// Takes a lock of the server, waiting a little: of a client that is gone, or of a run that ended this moment, the
/// server ends the session only when it comes to see the closed connection.
pub(super) async fn lock(session: &mut Session, resource: &str) -> Result<bool> {
    let until = Instant::now() + LOCK_PATIENCE;
    while !sql::take_lock(session, resource).await? {
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(LOCK_BETWEEN).await;
    }
    Ok(true)
}

/// Gets a session. What passes is tried again within the time limit for connecting: a server that is
/// starting, paused or upgrading its system databases, or that hangs up while it restarts.
pub(super) async fn connect(server: &Options, context: &Context) -> Result<(Session, ServerFacts)> {
    let deadline = Instant::now() + server.connect_timeout;
    let cancel = context.cancelled();
    let mut tries: usize = 0;
    loop {
        let mut error = match sql::meet(server, deadline, &cancel).await {
            Ok(met) => return Ok(met),
            Err(error) => error,
        };
        let next = PAUSES.get(tries).filter(|pause| Instant::now() + **pause < deadline);
        tries += 1;
        match next.filter(|_| passes(&error)) {
            Some(wait) => pause(*wait, &error, context).await?,
            None => {
                if tries > 1 {
                    error.causes.push(format!("it was tried {tries} times"));
                }
                return Err(error);
            }
        }
    }
}

/// Whether a login may go well a little later. A port that is closed says nothing of the kind.
fn passes(error: &Error) -> bool {
    error.retryable && (error.code == Code::ConnectionLost || !error.server.is_empty())
}

/// Says what is waited for, and waits.
pub(super) async fn pause(pause: Duration, error: &Error, context: &Context) -> Result<()> {
    context.say(Level::Warning, format!("{}; next try in {} s", error.message, pause.as_secs_f32()));
    let cancel = context.cancelled();
    tokio::select! {
        () = cancel.cancelled() => Err(Error::cancelled("cancelled while waiting for the next try")),
        () = tokio::time::sleep(pause) => Ok(()),
    }
}
