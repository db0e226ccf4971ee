//! Knobs of the wire: everything that can go wrong between a client and a server.

use std::time::Duration;

use crate::tds::prelogin::Encryption;
use crate::tds::tls::ShownCertificate;

/// How an attention is acknowledged; real servers do both, and clients differ in what they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttentionStyle {
    /// The answer ends, then the acknowledgement comes as a message of its own.
    #[default]
    OwnMessage,
    /// The acknowledgement is the last token of the answer that was cut short.
    InAnswer,
}

/// Whom the server lets in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reception {
    /// Everybody who may.
    #[default]
    Open,
    /// Nobody: the service starts.
    Starting,
    /// Nobody: the service is paused.
    Paused,
    /// Administrators: the system databases are upgraded.
    Upgrading,
}

/// Where a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The TCP connection is there.
    Accept,
    /// PRELOGIN was read.
    Prelogin,
    /// The TLS handshake is about to begin.
    Tls,
    /// LOGIN7 was read.
    Login,
    /// A batch or call whose text holds this one (any case of letters); empty is any.
    Statement(String),
}

impl Stage {
    /// Whether a fault set for this stage strikes at `reached`.
    pub fn covers(&self, reached: &Stage) -> bool {
        match (self, reached) {
            (Stage::Statement(part), Stage::Statement(text)) => text.to_lowercase().contains(&part.to_lowercase()),
            (a, b) => a == b,
        }
    }
}

/// What happens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Nothing is ever answered; the connection stays open.
    Silence,
    /// The connection ends in order (FIN).
    Close,
    /// The connection is reset (RST).
    Reset,
    /// The answer comes late.
    Delay(Duration),
    /// Only the first bytes of the answer come, then the connection ends.
    CutAfterBytes(usize),
    /// Only the first tokens of the answer come, then the connection ends.
    CutAfterTokens(usize),
    /// Bytes that are no TDS at all.
    Garbage,
    /// The statement is chosen as the victim of a deadlock. Elsewhere it is nothing.
    Deadlock,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub at: Stage,
    /// What.
    pub act: Act,
    /// Only the first time.
    pub once: bool,
}

/// All knobs of the wire. They may be turned at any time; connections that are open keep what they have.
#[derive(Debug, Clone, Default)]
pub struct Knobs {
    /// Encryption offered.
    pub encryption: Encryption,
    /// Certificate shown.
    pub certificate: ShownCertificate,
    /// The server knows no newer TLS than 1.0.
    pub old_tls: bool,
    /// How attentions are acknowledged.
    pub attention: AttentionStyle,
    /// Whom the server lets in.
    pub reception: Reception,
    /// Waits this long before each answer.
    pub delay: Duration,
    /// What goes wrong, the first that fits.
    pub faults: Vec<Fault>,
}
