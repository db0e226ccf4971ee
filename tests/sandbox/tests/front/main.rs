//! The front of the sandbox, seen by tiberius: wire, logins, statements, queries.

mod client;
mod login;
mod queries;
