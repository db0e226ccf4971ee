//! Sessions, as others see them: `sys.dm_exec_sessions`, `sys.dm_exec_requests`, `KILL`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

/// The first id of a user's session.
const FIRST: i32 = 51;

/// Why a statement should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Interrupt {
    /// It should not.
    None = 0,
    /// The client sent an attention.
    Attention = 1,
    /// The client is gone.
    Gone = 2,
    /// Another session killed this one.
    Killed = 3,
}

/// A running statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `command`: `BACKUP DATABASE`, `SELECT`.
    pub command: String,
    /// `start_time`, server local.
    pub started: NaiveDateTime,
    /// `percent_complete`
    pub percent: f64,
    /// `wait_type`
    pub wait: Option<&'static str>,
    /// The batch.
    pub text: String,
    /// The database that the statement locks for itself, wherever its session stands.
    pub database: Option<String>,
}

/// What others see of a session.
#[derive(Debug, Clone)]
pub struct Visible {
    /// Login name.
    pub login: String,
    /// `host_name`
    pub host: String,
    /// `program_name`
    pub program: String,
    /// `client_interface_name`
    pub library: String,
    /// `host_process_id`
    pub process: u32,
    /// `client_net_address`
    pub address: String,
    /// `client_tcp_port`
    pub client_port: u16,
    /// `encrypt_option`
    pub encrypted: bool,
    /// TDS version.
    pub tds: u32,
    /// `net_packet_size`
    pub packet_size: usize,
    /// `connection_id`
    pub connection: Uuid,
    /// `login_time`, server local.
    pub login_time: NaiveDateTime,
    /// Current database.
    pub database: String,
    /// `last_request_start_time`
    pub last_request: NaiveDateTime,
    /// `open_transaction_count`
    pub transactions: u32,
    /// What runs now.
    pub request: Option<Request>,
}

impl Visible {
    /// `auth_scheme`
    pub fn auth_scheme(&self) -> &'static str {
        if self.login.contains('\\') { "NTLM" } else { "SQL" }
    }
}

/// A session's place in the list.
#[derive(Debug)]
pub struct Seat {
    /// `@@SPID`
    pub id: i32,
    /// Wakes the connection when it should look at [`Seat::interrupt`].
    pub wake: Notify,
    interrupt: AtomicU8,
    visible: Mutex<Visible>,
}

impl Seat {
    /// Why the running statement should stop.
    pub fn interrupt(&self) -> Interrupt {
        match self.interrupt.load(Ordering::Acquire) {
            0 => Interrupt::None,
            1 => Interrupt::Attention,
            2 => Interrupt::Gone,
            _ => Interrupt::Killed,
        }
    }

    /// Asks the running statement to stop. A weaker reason never replaces a stronger one.
    pub fn stop(&self, why: Interrupt) {
        self.interrupt.fetch_max(why as u8, Ordering::AcqRel);
        self.wake.notify_one();
    }

    /// The attention was acknowledged: the next statement may run.
    pub fn forget_attention(&self) {
        let (attention, none) = (Interrupt::Attention as u8, Interrupt::None as u8);
        // Anything stronger stays.
        let _ = self.interrupt.compare_exchange(attention, none, Ordering::AcqRel, Ordering::Acquire);
    }

    /// What others see.
    pub fn visible(&self) -> MutexGuard<'_, Visible> {
        self.visible.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<BTreeMap<i32, Arc<Seat>>>);

impl Sessions {
    /// Gives a new session the lowest free id.
    pub fn open(&self, visible: Visible) -> Arc<Seat> {
        let mut seats = self.lock();
        let id = (FIRST..).find(|id| !seats.contains_key(id)).unwrap_or(FIRST);
        let seat = Arc::new(Seat {
            id,
            wake: Notify::new(),
            interrupt: AtomicU8::new(Interrupt::None as u8),
            visible: Mutex::new(visible),
        });
        seats.insert(id, Arc::clone(&seat));
        seat
    }

    /// The session is over.
    pub fn close(&self, id: i32) {
        self.lock().remove(&id);
    }

    /// One session.
    pub fn get(&self, id: i32) -> Option<Arc<Seat>> {
        self.lock().get(&id).cloned()
    }

    /// All of them, by id.
    pub fn all(&self) -> Vec<Arc<Seat>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Arc<Seat>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
