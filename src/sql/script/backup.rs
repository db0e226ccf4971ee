//! `BACKUP DATABASE` and `BACKUP LOG`.

use chrono::NaiveDate;

use super::disks;
use crate::model::BackupType;
use crate::sql::quote::{identifier, literal};

/// Whether a backup is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// As the server is configured.
    #[default]
    Default,
    /// `COMPRESSION`.
    On,
    /// `NO_COMPRESSION`.
    Off,
}

/// A `BACKUP` statement.
#[derive(Clone, Debug)]
pub struct Backup<'a> {
    /// The database.
    pub database: &'a str,
    /// Full, differential or log.
    pub kind: BackupType,
    /// The files, one a stripe, as the server sees them.
    pub files: &'a [String],
    /// A second copy of each file (`MIRROR TO`), or nothing. Needs Enterprise edition.
    pub mirror: &'a [String],
    /// How the backup is made.
    pub how: &'a BackupOptions,
    /// `COMPRESSION`.
    pub compression: Compression,
    /// `NAME`.
    pub name: &'a str,
}

/// How a backup is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupOptions {
    /// `COPY_ONLY`: outside the chain.
    pub copy_only: bool,
    /// `CHECKSUM`.
    pub checksum: bool,
    /// `DESCRIPTION`.
    pub description: Option<String>,
    /// `EXPIREDATE`.
    pub expires: Option<NaiveDate>,
    /// `ENCRYPTION`.
    pub encryption: Option<Encryption>,
    /// `MAXTRANSFERSIZE`, bytes: a multiple of 64 KiB up to 4 MiB.
    pub max_transfer_size: Option<u32>,
    /// `BUFFERCOUNT`.
    pub buffer_count: Option<u32>,
}

/// Encryption of a backup by a certificate of the server's master database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// By what algorithm.
    pub algorithm: Algorithm,
    /// Name of the certificate.
    pub certificate: String,
}

/// Algorithms of backup encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // SQL Server's own words.
pub enum Algorithm {
    Aes128,
    Aes192,
    Aes256,
    TripleDes3Key,
}

impl Algorithm {
    const fn word(self) -> &'static str {
        match self {
            Algorithm::Aes128 => "AES_128",
            Algorithm::Aes192 => "AES_192",
            Algorithm::Aes256 => "AES_256",
            Algorithm::TripleDes3Key => "TRIPLE_DES_3KEY",
        }
    }
}

impl Backup<'_> {
    /// The T-SQL.
    pub fn to_sql(&self) -> String {
        let what = if self.kind == BackupType::Log { "LOG" } else { "DATABASE" };
        let how = self.how;
        // NOINIT: nothing that is in a file is ever overwritten. A mirrored or encrypted media set
        // has to be formatted; its files are new (the operation sees to that).
        let formatted = !self.mirror.is_empty() || how.encryption.is_some();
        let media = if formatted { ["FORMAT", "INIT", "SKIP"] } else { ["NOFORMAT", "NOINIT", "SKIP"] };
        let mut options: Vec<String> = media.into_iter().map(str::to_owned).collect();
        if self.kind == BackupType::Differential {
            options.push("DIFFERENTIAL".to_owned());
        }
        if how.copy_only {
            options.push("COPY_ONLY".to_owned());
        }
        options.push(if how.checksum { "CHECKSUM" } else { "NO_CHECKSUM" }.to_owned());
        match self.compression {
            Compression::Default => {}
            Compression::On => options.push("COMPRESSION".to_owned()),
            Compression::Off => options.push("NO_COMPRESSION".to_owned()),
        }
        options.extend(how.encryption.as_ref().map(|encryption| {
            let certificate = identifier(&encryption.certificate);
            format!("ENCRYPTION (ALGORITHM = {}, SERVER CERTIFICATE = {certificate})", encryption.algorithm.word())
        }));
        options.push(format!("NAME = {}", literal(self.name)));
        options.extend(how.description.as_ref().map(|text| format!("DESCRIPTION = {}", literal(text))));
        options.extend(how.expires.map(|day| format!("EXPIREDATE = {}", literal(&day.format("%Y%m%d").to_string()))));
        options.extend(how.max_transfer_size.map(|bytes| format!("MAXTRANSFERSIZE = {bytes}")));
        options.extend(how.buffer_count.map(|count| format!("BUFFERCOUNT = {count}")));
        options.push("STATS = 1".to_owned());
        let mirror = if self.mirror.is_empty() { String::new() } else { format!(" MIRROR TO {}", disks(self.mirror)) };
        format!(
            "BACKUP {what} {} TO {}{mirror} WITH {}",
            identifier(self.database),
            disks(self.files),
            options.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_differential_with_everything() {
        let how = BackupOptions {
            checksum: true,
            description: Some("it's".into()),
            expires: NaiveDate::from_ymd_opt(2026, 12, 31),
            max_transfer_size: Some(4_194_304),
            buffer_count: Some(50),
            ..BackupOptions::default()
        };
        let backup = Backup {
            database: "a]b'c",
            kind: BackupType::Differential,
            files: &[r"D:\it's.bak".into(), r"E:\2.bak".into()],
            mirror: &[],
            how: &how,
            compression: Compression::Off,
            name: "n'x",
        };
        assert_eq!(
            backup.to_sql(),
            r"BACKUP DATABASE [a]]b'c] TO DISK = N'D:\it''s.bak', DISK = N'E:\2.bak' WITH NOFORMAT, NOINIT, SKIP, DIFFERENTIAL, CHECKSUM, NO_COMPRESSION, NAME = N'n''x', DESCRIPTION = N'it''s', EXPIREDATE = N'20261231', MAXTRANSFERSIZE = 4194304, BUFFERCOUNT = 50, STATS = 1"
        );
    }

    #[test]
    fn an_encrypted_and_mirrored_log() {
        let encryption = Some(Encryption { algorithm: Algorithm::Aes256, certificate: "c]".into() });
        let how = BackupOptions { encryption, checksum: true, ..BackupOptions::default() };
        let backup = Backup {
            database: "x",
            kind: BackupType::Log,
            files: &["/a.trn".into()],
            mirror: &["/b.trn".into()],
            how: &how,
            compression: Compression::On,
            name: "n",
        };
        assert_eq!(
            backup.to_sql(),
            "BACKUP LOG [x] TO DISK = N'/a.trn' MIRROR TO DISK = N'/b.trn' WITH FORMAT, INIT, SKIP, CHECKSUM, COMPRESSION, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [c]]]), NAME = N'n', STATS = 1"
        );
    }
}
