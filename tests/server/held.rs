//! A client that stays connected, as an application's does.

use tiberius::{Client, Row};
use tokio::net::TcpStream;
use tokio_util::compat::Compat;

use crate::client::connect;

/// A connection that stays until it is dropped.
pub struct Held {
    runtime: tokio::runtime::Runtime,
    client: Client<Compat<TcpStream>>,
}

/// Runs a batch and keeps its connection.
pub fn hold(server: &str, user: &str, password: &str, sql: &str) -> Held {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = runtime.block_on(connect(server, user, password)).expect("a connection");
    let mut held = Held { runtime, client };
    held.ask(sql).expect("an answer");
    held
}

impl Held {
    /// Runs another batch on it.
    pub fn ask(&mut self, sql: &str) -> Result<Vec<Row>, tiberius::error::Error> {
        self.runtime.block_on(async { self.client.simple_query(sql).await?.into_first_result().await })
    }
}
