//! `sp_getapplock` and `sp_releaseapplock`, owner session.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::value::same_name;

/// `@LockMode`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// `Shared`, `IntentShared`
    Shared,
    /// `Exclusive`, `Update`, `IntentExclusive`
    Exclusive,
}

/// What `sp_getapplock` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockAnswer {
    /// 0
    Granted,
    /// 1
    GrantedAfterWait,
    /// -1
    TimedOut,
    /// -2
    Cancelled,
}

impl LockAnswer {
    /// The return status.
    pub const fn status(self) -> i32 {
        match self {
            LockAnswer::Granted => 0,
            LockAnswer::GrantedAfterWait => 1,
            LockAnswer::TimedOut => -1,
            LockAnswer::Cancelled => -2,
        }
    }
}

#[derive(Debug)]
struct Held {
    session: i32,
    database: String,
    resource: String,
    mode: LockMode,
}

/// All application locks of the server.
#[derive(Debug, Default)]
pub struct AppLocks {
    held: Mutex<Vec<Held>>,
    released: Condvar,
}

impl AppLocks {
    /// Takes a lock, waiting at most `wait`; `None` waits for ever. `cancelled` is asked meanwhile.
    pub fn take(
        &self,
        session: i32,
        database: &str,
        resource: &str,
        mode: LockMode,
        wait: Option<Duration>,
        cancelled: &dyn Fn() -> bool,
    ) -> LockAnswer {
        const LOOK: Duration = Duration::from_millis(50);
        let begun = Instant::now();
        let mut waited = false;
        let mut held = self.lock();
        loop {
            let in_the_way = held.iter().any(|other| {
                other.session != session
                    && (mode == LockMode::Exclusive || other.mode == LockMode::Exclusive)
                    && same_name(&other.database, database)
                    // Resource names are compared byte by byte.
                    && other.resource == resource
            });
            if !in_the_way {
                held.push(Held { session, database: database.to_owned(), resource: resource.to_owned(), mode });
                return if waited { LockAnswer::GrantedAfterWait } else { LockAnswer::Granted };
            }
            if wait.is_some_and(|wait| begun.elapsed() >= wait) {
                return LockAnswer::TimedOut;
            }
            if cancelled() {
                return LockAnswer::Cancelled;
            }
            waited = true;
            held = self.released.wait_timeout(held, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The mode that a session holds a lock in; `None` if it does not.
    pub fn mode(&self, session: i32, database: &str, resource: &str) -> Option<LockMode> {
        let held = self.lock();
        let mine = held
            .iter()
            .filter(|lock| lock.session == session && same_name(&lock.database, database) && lock.resource == resource);
        mine.map(|lock| lock.mode).max_by_key(|mode| *mode == LockMode::Exclusive)
    }

    /// Every lock: session, database, resource, mode.
    pub fn all(&self) -> Vec<(i32, String, String, LockMode)> {
        let held = self.lock();
        held.iter().map(|lock| (lock.session, lock.database.clone(), lock.resource.clone(), lock.mode)).collect()
    }

    /// Gives one lock back; false when the session does not have it.
    pub fn release(&self, session: i32, database: &str, resource: &str) -> bool {
        let mut held = self.lock();
        let found = held.iter().position(|lock| {
            lock.session == session && same_name(&lock.database, database) && lock.resource == resource
        });
        if let Some(index) = found {
            held.remove(index);
            self.released.notify_all();
        }
        found.is_some()
    }

    /// Gives all locks of a session back.
    pub fn release_all(&self, session: i32) {
        self.lock().retain(|lock| lock.session != session);
        self.released.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
