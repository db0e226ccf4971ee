//! Who is connected to the database while its backup is made: told, refused, or cut.
//!
//! SQL Server needs nobody gone: a backup holds the state at its end, whoever works meanwhile. The
//! CRM's manual wants it nevertheless. Those who are to go are ended one by one with KILL; the access
//! mode stays as it is, so that nothing has to be given back and no crash leaves the database shut. An
//! application that connects again by itself may come back: then the result says so.

use std::time::{Duration, Instant};

use super::BackupCommand;
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::model::Client;
use crate::ops::Context;
use crate::sql::{self, Database, Session};

/// What to do about clients that are connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectedClients {
    /// Say who they are.
    #[default]
    Report,
    /// Make no backup while there are any.
    Stop,
    /// End their sessions.
    Disconnect,
}

/// Who was there.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// Who was connected when the backup began; `None`: the login may not see it.
    pub connected: Option<Vec<Client>>,
    /// Whose sessions were ended before.
    pub disconnected: Vec<Client>,
}

/// Clients that come back are cut so often.
const ROUNDS: usize = 3;

/// The longest that ended sessions get to be gone: what they did is rolled back first.
const GONE_WITHIN: Duration = Duration::from_secs(30);

/// Looks who is connected, and does what the command wants.
pub(super) async fn meet(
    session: &mut Session,
    database: &Database,
    command: &BackupCommand,
    context: &Context,
) -> Result<Met> {
    let connected = match sql::clients_of(session, database.id).await {
        Ok(connected) => connected,
        // Who is there is only told: nobody has to wait for a backup because of it.
        Err(_) if command.clients == ConnectedClients::Report && session.is_usable() => return Ok(Met::default()),
        Err(error) if error.code == Code::Permission => return Err(unseen(database, error)),
        Err(error) => return Err(error),
    };
    match command.clients {
        ConnectedClients::Report => Ok(Met { connected: Some(connected), disconnected: Vec::new() }),
        ConnectedClients::Stop if connected.is_empty() => {
            Ok(Met { connected: Some(connected), disconnected: Vec::new() })
        }
        ConnectedClients::Stop => Err(somebody(database, &connected)),
        ConnectedClients::Disconnect => cut(session, database, connected, context).await,
    }
}

async fn cut(session: &mut Session, database: &Database, mut connected: Vec<Client>, context: &Context) -> Result<Met> {
    let mut disconnected = Vec::new();
    for _ in 0..ROUNDS {
        // Another backup or restore is none of the clients that the manual means.
        let going: Vec<Client> = connected.iter().filter(|client| client.work.is_none()).cloned().collect();
        if going.is_empty() {
            break;
        }
        for client in &going {
            context.check()?;
            context.say(Level::Info, format!("{} is ended", client.who()));
            sql::end_session(session, client.session_id).await?;
        }
        connected = gone(session, database, &going, context).await?;
        disconnected.extend(going);
    }
    if !connected.is_empty() {
        let names: Vec<String> = connected.iter().map(Client::who).collect();
        context.say(Level::Warning, format!("connected to `{}` all the same: {}", database.name, names.join("; ")));
    }
    Ok(Met { connected: Some(connected), disconnected })
}

/// Waits until ended sessions are gone: who is connected then.
async fn gone(session: &mut Session, database: &Database, going: &[Client], context: &Context) -> Result<Vec<Client>> {
    let began = Instant::now();
    // A session's number is given to the next one that comes: its login time tells them apart.
    let is_still = |client: &Client| {
        going.iter().any(|other| other.session_id == client.session_id && other.since == client.since)
    };
    loop {
        let connected = sql::clients_of(session, database.id).await?;
        if !connected.iter().any(is_still) || began.elapsed() >= GONE_WITHIN {
            return Ok(connected);
        }
        context.check()?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn unseen(database: &Database, error: Error) -> Error {
    let mut unseen = Error::new(
        error.code,
        format!("the login may not see who is connected to `{}`, so the backup was not begun", database.name),
    )
    .hint("grant VIEW SERVER STATE, or leave -ConnectedClients out: SQL Server makes sound backups with clients connected")
    .target(&database.name);
    unseen.server = error.server;
    unseen
}

fn somebody(database: &Database, connected: &[Client]) -> Error {
    let names: Vec<String> = connected.iter().map(Client::who).collect();
    Error::new(
        Code::DatabaseInUse,
        format!("clients are connected to `{}`, so the backup was not begun: {}", database.name, names.join("; ")),
    )
    .hint(
        "close them (for PayamGostar: stop the services Host and Agent), or use -ConnectedClients Disconnect or Report",
    )
    .target(&database.name)
    .retryable()
}
