//! Work that runs in the background: its state, progress, messages, rows and end.
//!
//! A job knows nothing of what it does. It is created running, reaches exactly one end, and can be
//! watched and cancelled from any thread. What it produces on the way is bounded: rows wait in a
//! queue of [`PAGE`] until somebody takes them, messages in a ring of [`MESSAGES`].

mod board;
mod context;
mod progress;
mod rows;
mod runtime;

pub use board::{Job, State};
pub use context::Context;
pub use progress::{Level, Message, Phase, Progress, Status};
pub use rows::Page;
pub use runtime::{shutdown, start};

/// The most rows that wait for a reader, and the most that one page holds.
pub const PAGE: usize = 256;

/// The most messages that are kept for a reader that comes late.
pub const MESSAGES: usize = 512;
