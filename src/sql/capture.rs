//! Catches what SQL Server says beside its rows.
//!
//! tiberius 0.13 hands out rows and the first error only. Its token reader tells every message
//! through `tracing`, as it arrives: information as an event at `DEBUG` that is nothing but the
//! text, an error as one at `ERROR` with text and number. [`Capture`] listens to those of one
//! future; no global state is touched, and connections do not hear each other.
//! `tests/server/traps.rs` fails if another version of tiberius words its events differently.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

const TOKEN_READER: &str = "tiberius::tds::stream::token";

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Text of an information message.
    Information(String),
    /// Number and text of an error.
    Error(u32, String),
}

type Listener = dyn Fn(Heard) + Send + Sync;

/// A `tracing` subscriber for one future. See the module.
pub(super) struct Capture(pub(super) Arc<Listener>);

fn wanted(metadata: &Metadata<'_>) -> bool {
    metadata.target() == TOKEN_READER && matches!(*metadata.level(), Level::ERROR | Level::DEBUG)
}

impl Subscriber for Capture {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if wanted(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        wanted(metadata)
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        // At TRACE every row would be formatted.
        Some(tracing::level_filters::LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        if !wanted(event.metadata()) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        if *event.metadata().level() == Level::ERROR {
            if let Some(number) = fields.code {
                (self.0)(Heard::Error(number, fields.message));
            }
        } else if !is_environment_change(&fields.message) {
            (self.0)(Heard::Information(fields.message));
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// tiberius tells changes of the session by the same kind of event as information.
fn is_environment_change(text: &str) -> bool {
    ["Database change from '", "Packet size change from '", "SQL collation change", "Ignored env change: "]
        .iter()
        .any(|start| text.starts_with(start))
}

#[derive(Default)]
struct Fields {
    message: String,
    code: Option<u32>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = value.to_owned();
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "code" {
            self.code = u32::try_from(value).ok();
        }
    }
}
