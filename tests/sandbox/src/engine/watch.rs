//! How a long statement speaks with its caller while it runs.

use super::error::ServerMessage;

/// Listens to a running backup or restore, and may ask it to stop.
///
/// Called on the thread that runs the statement, between extents.
pub trait Watcher {
    /// An information message, at the moment the server sends it (3211, 4035, 3014, 3262).
    fn message(&mut self, message: ServerMessage);

    /// How far the statement is, 0 to 100, for `sys.dm_exec_requests.percent_complete`.
    fn percent(&mut self, percent: f64) {
        let _ = percent;
    }

    /// Whether the caller wants it to end now; answered with error 3204.
    fn cancelled(&self) -> bool {
        false
    }
}

impl Watcher for Vec<ServerMessage> {
    fn message(&mut self, message: ServerMessage) {
        self.push(message);
    }
}
