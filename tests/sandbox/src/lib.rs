//! A small SQL Server of our own, close enough to the real one to test backups and restores on.
//!
//! [`engine`] keeps databases, logs and backup media as real bytes. In front of it, [`tds`] speaks the
//! wire, [`tsql`] cuts batches into statements and runs them, [`query`] computes over tables and the
//! [`catalog`], [`session`] knows who may do what. [`Sandbox`] puts all of it on a port.

pub mod catalog;
pub mod engine;
pub mod failure;
pub mod query;
mod sandbox;
pub mod server;
pub mod session;
mod tables;
pub mod tds;
pub mod tsql;
pub mod value;

pub use sandbox::{Builder, Sandbox, StartError};
pub use server::{
    Account, Act, AttentionStyle, DatabaseRole, Fate, Fault, Knobs, Reception, ServerRole, Stage, Statement,
};
pub use tds::prelogin::Encryption;
pub use tds::tls::ShownCertificate;
