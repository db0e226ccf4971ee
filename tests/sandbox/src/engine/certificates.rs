//! Certificates in master, as far as backups need them: a name and a thumbprint.
//!
//! A set that was made with one says so in its header and is restored only where the certificate is. The
//! sandbox keeps the bytes of such a set in clear text.

use uuid::Uuid;

use super::catalog::text;
use super::instance::Engine;
use super::media::{SetHeader, SetKey};
use super::value::{Column, ColumnType, Value};
use super::{Answer, Encryption, texts};

/// Table of certificates in `master`.
pub(crate) const TABLE: &str = "syscertificates";

/// The name by which SQL Server lists the master key of a database.
const MASTER_KEY: &str = "##MS_DatabaseMasterKey##";

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its name.
    pub name: String,
    /// Its subject.
    pub subject: String,
    /// What a backup remembers of it.
    pub thumbprint: [u8; 20],
}

/// The columns of the table.
pub(crate) fn columns() -> Vec<Column> {
    vec![
        Column::required("name", ColumnType::NVarChar(128)),
        Column::required("subject", ColumnType::NVarChar(512)),
        Column::required("thumbprint", ColumnType::Binary(20)),
    ]
}

impl Engine {
    /// `CREATE MASTER KEY` in master; one that is there stays.
    ///
    /// # Errors
    /// What the storage says.
    pub fn create_master_key(&self) -> Answer<()> {
        if self.all_certificates()?.iter().any(|known| known.name == MASTER_KEY) {
            return Ok(());
        }
        self.add_certificate(MASTER_KEY, "")
    }

    /// `CREATE CERTIFICATE name WITH SUBJECT = subject` in master.
    ///
    /// # Errors
    /// 15581 without a master key, 15232 a name that is taken.
    pub fn create_certificate(&self, name: &str, subject: &str) -> Answer<()> {
        let known = self.all_certificates()?;
        if !known.iter().any(|known| known.name == MASTER_KEY) {
            return Err(texts::no_master_key().into());
        }
        if known.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            return Err(texts::certificate_exists(name).into());
        }
        self.add_certificate(name, subject)
    }

    /// The certificates in master.
    ///
    /// # Errors
    /// What the storage says.
    pub fn certificates(&self) -> Answer<Vec<Certificate>> {
        Ok(self.all_certificates()?.into_iter().filter(|known| known.name != MASTER_KEY).collect())
    }

    /// The key that a backup asks for.
    ///
    /// # Errors
    /// 15151.
    pub(crate) fn key_of(&self, wish: &Encryption) -> Answer<SetKey> {
        let found = self.certificates()?.into_iter().find(|known| known.name.eq_ignore_ascii_case(&wish.certificate));
        let known = found.ok_or_else(|| texts::no_certificate(&wish.certificate))?;
        Ok(SetKey { algorithm: wish.algorithm.to_lowercase(), thumbprint: known.thumbprint })
    }

    /// # Errors
    /// 33111 for a set whose certificate is not here.
    pub(crate) fn check_key(&self, header: &SetHeader) -> Answer<()> {
        let Some(key) = &header.key else { return Ok(()) };
        if self.certificates()?.iter().any(|known| known.thumbprint == key.thumbprint) {
            return Ok(());
        }
        Err(texts::no_such_thumbprint(&key.thumbprint).into())
    }

    fn add_certificate(&self, name: &str, subject: &str) -> Answer<()> {
        let random = [*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat();
        let row =
            vec![Value::Text(name.to_owned()), Value::Text(subject.to_owned()), Value::Bytes(random[..20].to_vec())];
        self.insert("master", "sys", TABLE, &[row]).map(|_| ())
    }

    fn all_certificates(&self) -> Answer<Vec<Certificate>> {
        let rows = self.scan("master", "sys", TABLE)?;
        let read = |row: &[Value]| Certificate {
            name: text(&row[0]).to_owned(),
            subject: text(&row[1]).to_owned(),
            thumbprint: match &row[2] {
                Value::Bytes(bytes) => super::bytes::array_at(bytes, 0),
                _ => [0; 20],
            },
        };
        Ok(rows.iter().map(|(_, row)| read(row)).collect())
    }
}
