//! The front of the sandbox, seen by tiberius: wire, logins, statements, queries.

mod client;
mod knobs;
mod login;
mod permissions;
mod queries;
mod statements;
