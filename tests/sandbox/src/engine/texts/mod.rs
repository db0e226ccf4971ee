//! Texts of the server's messages, by their numbers in `sys.messages` (us_english).

mod media;
mod restore;
mod storage;

pub(crate) use media::*;
pub(crate) use restore::*;
pub(crate) use storage::*;

use super::error::{Refusal, ServerMessage};

fn error(number: i32, severity: u8, state: u8, text: String) -> ServerMessage {
    ServerMessage::new(number, severity, state, text)
}

/// 3013, which ends every failed backup and restore; `statement` as the server names it.
pub(crate) fn terminating(refusal: Refusal, statement: &str) -> Refusal {
    refusal.then(error(3013, 16, 1, format!("{statement} is terminating abnormally.")))
}
