//! The errors of a statement, as they are heard: by the driver, and beside it.

use std::sync::{Arc, Mutex, PoisonError};

use tiberius::error::TokenError;
use tracing::Dispatch;

use super::capture::{Capture, Heard};
use super::errors::severity;
use super::information;
use super::session::Listener;
use super::tds::{Conversation, ErrorTokens};
use crate::error::ServerMessage;

/// See the module. Clones hear the same.
#[derive(Clone)]
pub(super) struct Errors {
    told: Arc<Mutex<Vec<(u32, String)>>>,
    tokens: Arc<Mutex<ErrorTokens>>,
}

impl Errors {
    /// Those of a conversation.
    pub(super) fn of(conversation: &Conversation) -> Errors {
        Errors { told: Arc::default(), tokens: conversation.errors() }
    }

    /// Another statement begins.
    pub(super) fn forget(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).forget();
    }

    /// What listens to the driver while a statement runs.
    pub(super) fn collector(&self, listener: Option<Listener>) -> Dispatch {
        let told = self.told.clone();
        Dispatch::new(Capture(Arc::new(move |heard| match heard {
            Heard::Error(number, text) => told.lock().unwrap_or_else(PoisonError::into_inner).push((number, text)),
            Heard::Information(text) => {
                if let Some(listener) = &listener {
                    listener(&information::recognise(text));
                }
            }
        })))
    }

    /// All of them in the server's order. The driver hands out the first one whole; of the others it tells number
    /// and text, and the rest is what came over the wire with these.
    pub(super) fn messages(&self, first: Option<&TokenError>) -> Vec<ServerMessage> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<ServerMessage> = told
            .iter()
            .rev()
            .map(|(number, text)| {
                tokens.take_last(*number, text).unwrap_or_else(|| ServerMessage {
                    number: Some(*number),
                    severity: severity(*number),
                    state: None,
                    line: first.map(TokenError::line),
                    procedure: None,
                    text: text.clone(),
                })
            })
            .collect();
        all.reverse();
        if let Some(first) = first.map(whole) {
            match all.first_mut() {
                Some(same) if same.number == first.number => *same = first,
                _ => all.insert(0, first),
            }
        }
        all
    }
}

fn whole(error: &TokenError) -> ServerMessage {
    ServerMessage {
        number: Some(error.code()),
        severity: Some(error.class()),
        state: Some(error.state()),
        line: Some(error.line()),
        procedure: Some(error.procedure().to_owned()).filter(|name| !name.is_empty()),
        text: error.message().to_owned(),
    }
}
