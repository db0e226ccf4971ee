//! The other side: a CRM that fills the database, and somebody who damages it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Mutex;

use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::{PASSWORD, USER};

/// A connection of the CRM's own.
pub struct Crm {
    runtime: Runtime,
    address: SocketAddr,
    next: Mutex<i32>,
}

impl Crm {
    pub fn connect(address: SocketAddr) -> Result<Crm, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        Ok(Crm { runtime, address, next: Mutex::new(1_000_000) })
    }

    /// How many customers there are.
    pub fn count(&self) -> Result<i64, String> {
        let rows = self.ask("SELECT COUNT_BIG(*) FROM PayamGostar2.dbo.Customers")?;
        rows.first().and_then(|row| row.get::<i64, _>(0)).ok_or_else(|| "no count".to_owned())
    }

    /// The name of one of them.
    pub fn somebody(&self) -> Result<String, String> {
        let rows =
            self.ask("SELECT TOP (1) FirstName + N' ' + LastName FROM PayamGostar2.dbo.Customers ORDER BY CustomerId")?;
        Ok(rows.first().and_then(|row| row.get::<&str, _>(0)).unwrap_or_default().to_owned())
    }

    /// All names in order, as one number.
    pub fn fingerprint(&self) -> Result<u64, String> {
        let mut hasher = DefaultHasher::new();
        for row in self.ask("SELECT CustomerId, LastName, City FROM PayamGostar2.dbo.Customers ORDER BY CustomerId")? {
            row.get::<i32, _>(0).hash(&mut hasher);
            row.get::<&str, _>(1).hash(&mut hasher);
            row.get::<&str, _>(2).hash(&mut hasher);
        }
        Ok(hasher.finish())
    }

    /// Adds customers.
    pub fn add(&self, count: i32) -> Result<(), String> {
        let Ok(mut next) = self.next.lock() else { return Err("the counter is gone".to_owned()) };
        let rows: Vec<String> = (0..count)
            .map(|_| {
                let id = *next;
                *next += 1;
                format!(
                    "({id}, '00000000-0000-0000-0000-{id:012}', N'مشتری', N'تازه {id}', N'تهران', 0, 1, \
                     '2026-11-20T14:30:00')"
                )
            })
            .collect();
        self.ask(&format!(
            "INSERT INTO PayamGostar2.dbo.Customers \
             (CustomerId, CustomerGuid, FirstName, LastName, City, Balance, IsActive, CreatedAt) VALUES {}",
            rows.join(", ")
        ))?;
        Ok(())
    }

    /// Deletes most customers and spoils the names of the others.
    pub fn damage(&self) -> Result<(), String> {
        self.ask("DELETE FROM PayamGostar2.dbo.Customers WHERE CustomerId > 100")?;
        self.ask("UPDATE PayamGostar2.dbo.Customers SET FirstName = N'????', LastName = N'????'").map(|_| ())
    }

    /// One connection a question: nobody may be in the database while it is restored.
    fn ask(&self, sql: &str) -> Result<Vec<tiberius::Row>, String> {
        self.runtime.block_on(async {
            let mut config = Config::new();
            config.host("127.0.0.1");
            config.port(self.address.port());
            config.database("master");
            config.encryption(EncryptionLevel::Required);
            config.trust_cert();
            config.authentication(AuthMethod::sql_server(USER, PASSWORD));
            let stream = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
            let mut client: Client<Compat<TcpStream>> =
                Client::connect(config, stream.compat_write()).await.map_err(|error| error.to_string())?;
            let stream = client.simple_query(sql).await.map_err(|error| error.to_string())?;
            stream.into_first_result().await.map_err(|error| format!("{sql}: {error}"))
        })
    }
}
