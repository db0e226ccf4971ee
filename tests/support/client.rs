//! A client of our own for the tests: it fills databases and looks at them.

use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

/// Runs a batch on a connection of its own and returns the rows of its first answer.
pub fn ask(server: &str, user: &str, password: &str, sql: &str) -> Result<Vec<Row>, tiberius::error::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut client = connect(server, user, password).await?;
        client.simple_query(sql).await?.into_first_result().await
    })
}

/// A connection to `master`.
pub async fn connect(
    server: &str,
    user: &str,
    password: &str,
) -> Result<Client<Compat<TcpStream>>, tiberius::error::Error> {
    let (host, port) = server.split_once(',').unwrap_or((server, "1433"));
    let mut config = Config::new();
    config.host(host);
    config.port(port.parse().expect("a port"));
    config.database("master");
    config.encryption(EncryptionLevel::Required);
    config.trust_cert();
    config.authentication(AuthMethod::sql_server(user, password));
    let stream = TcpStream::connect(config.get_addr()).await?;
    Client::connect(config, stream.compat_write()).await
}
