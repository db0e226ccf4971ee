//! Passes on what the server says while it works.

use std::sync::{Arc, Mutex, PoisonError};

use super::Context;
use crate::error::ServerMessage;
use crate::job::Level;
use crate::sql::{Listener, Told, read_information};

/// Keeps the messages of one or more statements, and tells the job of them as they come: percent
/// as progress, everything else as a message.
#[derive(Clone, Default)]
pub(super) struct Telling(Arc<Mutex<Vec<ServerMessage>>>);

/// The numbers in the messages of a BACKUP or RESTORE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Position of the backup set, from 4035.
    pub(super) position: Option<u16>,
    /// 8 KiB pages in all, from 3014.
    pub(super) pages: u64,
}

impl Telling {
    /// A listener for a statement that is the part of the whole between two percents.
    pub(super) fn listener(&self, context: &Context, from: f64, to: f64) -> Listener {
        context.part(from, to);
        let (kept, context) = (self.0.clone(), context.clone());
        Arc::new(move |message| {
            if let Some(Told::Percent(percent)) = read_information(message) {
                context.percent_of_part(f64::from(percent));
                return;
            }
            context.server_says(Level::Info, message.number, &message.text);
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        })
    }

    /// All messages so far but percents.
    pub(super) fn messages(&self) -> Vec<ServerMessage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The numbers in them.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for message in self.messages() {
            match read_information(&message) {
                Some(Told::Pages { position, .. }) => tally.position = Some(position),
                Some(Told::Done { pages }) => tally.pages += pages,
                _ => {}
            }
        }
        tally
    }
}
