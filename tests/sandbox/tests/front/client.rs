//! A tiberius client of a sandbox.

use pgbackup_sandbox::{Builder, Sandbox};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

pub type Connection = Client<Compat<TcpStream>>;

pub const USER: &str = "sa";
pub const PASSWORD: &str = "Secret پنهان!1";

/// A sandbox in a folder that goes with it.
pub struct Server {
    pub sandbox: Sandbox,
    _folder: tempfile::TempDir,
}

pub async fn server(set_up: impl FnOnce(Builder) -> Builder) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let builder = Sandbox::builder().root(folder.path()).login(USER, PASSWORD);
    let sandbox = set_up(builder).start().await.unwrap();
    Server { sandbox, _folder: folder }
}

pub fn config(sandbox: &Sandbox, encryption: EncryptionLevel) -> Config {
    let mut config = Config::new();
    config.host("localhost");
    config.port(sandbox.addr().port());
    config.authentication(AuthMethod::sql_server(USER, PASSWORD));
    config.encryption(encryption);
    config.trust_cert_ca(sandbox.ca_pem_path().to_str().unwrap());
    config
}

pub async fn try_connect(sandbox: &Sandbox, config: Config) -> tiberius::Result<Connection> {
    let tcp = TcpStream::connect(sandbox.addr()).await.unwrap();
    Client::connect(config, tcp.compat_write()).await
}

pub async fn connect(server: &Server) -> Connection {
    let config = config(&server.sandbox, EncryptionLevel::NotSupported);
    try_connect(&server.sandbox, config).await.unwrap()
}

/// Rows of a batch's first result.
pub async fn rows(connection: &mut Connection, text: &str) -> Vec<tiberius::Row> {
    connection
        .simple_query(text)
        .await
        .unwrap()
        .into_first_result()
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Runs a batch that must succeed.
pub async fn run(connection: &mut Connection, text: &str) {
    connection.simple_query(text).await.unwrap().into_results().await.unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// Number of the error that a batch ends with; 0 for none.
pub async fn error(connection: &mut Connection, text: &str) -> u32 {
    let result = match connection.simple_query(text).await {
        Ok(stream) => stream.into_results().await.map(|_| ()),
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => 0,
        Err(tiberius::error::Error::Server(token)) => token.code(),
        Err(other) => panic!("{text}: {other}"),
    }
}
