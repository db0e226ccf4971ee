//! The front of the sandbox, seen by tiberius: wire, logins, statements, queries.

#![allow(clippy::unwrap_used)] // A test ends where an expectation is wrong, also in a helper.

mod client;
mod errors;
mod knobs;
mod login;
mod permissions;
mod queries;
mod statements;
mod windows;
mod wire;
