//! A client of our own for the tests: it fills databases and looks at them.

use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncWriteCompatExt;

/// Runs a batch on a connection of its own and returns the rows of its first answer.
pub fn ask(server: &str, user: &str, password: &str, sql: &str) -> Result<Vec<Row>, tiberius::error::Error> {
    let (host, port) = server.split_once(',').unwrap_or((server, "1433"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut config = Config::new();
        config.host(host);
        config.port(port.parse().expect("a port"));
        config.database("master");
        config.encryption(EncryptionLevel::Required);
        config.trust_cert();
        config.authentication(AuthMethod::sql_server(user, password));
        let stream = TcpStream::connect(config.get_addr()).await?;
        let mut client = Client::connect(config, stream.compat_write()).await?;
        client.simple_query(sql).await?.into_first_result().await
    })
}
