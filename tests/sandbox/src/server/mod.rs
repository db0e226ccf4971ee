//! What all connections share: the engine, the logins, the sessions, the knobs and the records.

mod accounts;
mod applock;
mod hook;
mod knobs;
mod record;
mod sessions;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use chrono::NaiveDateTime;

pub use accounts::{Account, Accounts, DatabaseRole, LoginError, ServerRole};
pub use applock::{AppLocks, LockAnswer, LockMode};
pub use hook::{Fate, Hook};
pub use knobs::{Act, AttentionStyle, Fault, Knobs, Reception, Stage};
pub use record::{Records, Statement};
pub use sessions::{Interrupt, Request, Seat, Sessions, Visible};

use crate::engine::Engine;
use crate::tds::tls::Certificates;

/// The shared parts of one sandbox.
#[derive(Debug)]
pub struct Server {
    /// Databases, media and history.
    pub engine: Engine,
    /// Who may come in, and what they may do.
    pub accounts: Accounts,
    /// Who is in.
    pub sessions: Sessions,
    /// `sp_getapplock`.
    pub app_locks: AppLocks,
    /// Every batch that ran.
    pub records: Records,
    /// A test's hand on every statement.
    pub hook: Hook,
    /// For TLS.
    pub certificates: Certificates,
    /// TCP port that it listens on.
    pub port: u16,
    /// `sqlserver_start_time`, server local.
    pub started: NaiveDateTime,
    knobs: RwLock<Knobs>,
    log: Mutex<Vec<String>>,
    transactions: AtomicU64,
}

impl Server {
    /// Puts the parts together.
    pub fn new(engine: Engine, accounts: Accounts, certificates: Certificates, port: u16, knobs: Knobs) -> Server {
        Server {
            started: engine.options().clock.local(),
            engine,
            accounts,
            sessions: Sessions::default(),
            app_locks: AppLocks::default(),
            records: Records::default(),
            hook: Hook::default(),
            certificates,
            port,
            knobs: RwLock::new(knobs),
            log: Mutex::default(),
            transactions: AtomicU64::new(1),
        }
    }

    /// `@@SERVERNAME`
    pub fn name(&self) -> &str {
        &self.engine.options().server_name
    }

    /// The instance's name; `MSSQLSERVER` for the default one.
    pub fn instance(&self) -> &str {
        self.engine.options().instance_name().unwrap_or("MSSQLSERVER")
    }

    /// A copy of the knobs as they are now.
    pub fn knobs(&self) -> Knobs {
        self.knobs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Turns knobs.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut self.knobs.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// What is to go wrong at this stage, if anything; used up if it is a one-shot.
    pub fn fault_at(&self, stage: &Stage) -> Option<Act> {
        let mut knobs = self.knobs.write().unwrap_or_else(PoisonError::into_inner);
        let index = knobs.faults.iter().position(|fault| fault.at.covers(stage))?;
        let act = knobs.faults[index].act.clone();
        if knobs.faults[index].once {
            knobs.faults.remove(index);
        }
        Some(act)
    }

    /// Writes a line to the error log.
    pub fn log(&self, line: String) {
        self.log_lines().push(line);
    }

    /// The error log: what only an administrator of the server sees (the true state of an 18456).
    pub fn log_lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a new transaction.
    pub fn next_transaction(&self) -> u64 {
        self.transactions.fetch_add(1, Ordering::Relaxed)
    }
}
