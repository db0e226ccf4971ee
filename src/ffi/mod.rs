//! The C ABI: the only room that may be `unsafe`, and it does nothing else.
//!
//! Every exported function is written out (cbindgen and rustfmt read plain Rust), checks its
//! pointers, and runs its body in `guard`, so that no panic ever crosses. The generated header
//! `include/pgbackup.h` is the manual of this room; its chapter on conventions is in
//! `cbindgen.toml`.

// The header is this room's manual: what a caller must keep to stands in its chapter on
// conventions and at each function, for C readers, not under a Rust heading.
#![allow(clippy::missing_safety_doc)]

mod chain;
mod explain;
mod guard;
mod handle;
mod job;
#[cfg(windows)]
mod pin;
mod plan_run;
mod restore_test;
mod schedule;
mod server;
mod service;
mod start;
mod status;
mod text;
mod version;

pub use chain::*;
pub use explain::*;
pub use handle::{PgbJob, PgbServer};
pub use job::*;
pub use plan_run::*;
pub use restore_test::*;
pub use schedule::*;
pub use server::*;
pub use service::*;
pub use start::*;
pub use status::{PgbStatus, status_of};
pub use text::pgb_string_free;
pub use version::*;
