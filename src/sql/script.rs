//! BACKUP and RESTORE statements as text.
//!
//! The same input gives the same bytes. Each statement passes Microsoft's parser as exactly one
//! statement, whatever the names (`tests/tsql.rs`).

use chrono::NaiveDateTime;

use super::quote::{identifier, literal};
use crate::model::BackupType;

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
    /// The file, as the server sees it.
    pub file: &'a str,
    /// `COPY_ONLY`: outside the chain.
    pub copy_only: bool,
    /// `CHECKSUM`.
    pub checksum: bool,
    /// `COMPRESSION`.
    pub compression: Compression,
    /// `NAME`.
    pub name: Option<&'a str>,
    /// `DESCRIPTION`.
    pub description: Option<&'a str>,
}

impl Backup<'_> {
    /// The T-SQL.
    pub fn to_sql(&self) -> String {
        let what = if self.kind == BackupType::Log { "LOG" } else { "DATABASE" };
        // NOINIT: nothing that is in the file is ever overwritten.
        let mut options = vec!["NOFORMAT".to_owned(), "NOINIT".to_owned(), "SKIP".to_owned()];
        if self.kind == BackupType::Differential {
            options.push("DIFFERENTIAL".to_owned());
        }
        if self.copy_only {
            options.push("COPY_ONLY".to_owned());
        }
        options.push(if self.checksum { "CHECKSUM" } else { "NO_CHECKSUM" }.to_owned());
        match self.compression {
            Compression::Default => {}
            Compression::On => options.push("COMPRESSION".to_owned()),
            Compression::Off => options.push("NO_COMPRESSION".to_owned()),
        }
        options.extend(self.name.map(|name| format!("NAME = {}", literal(name))));
        options.extend(self.description.map(|text| format!("DESCRIPTION = {}", literal(text))));
        options.push("STATS = 1".to_owned());
        format!(
            "BACKUP {what} {} TO DISK = {} WITH {}",
            identifier(self.database),
            literal(self.file),
            options.join(", ")
        )
    }
}

/// A `RESTORE VERIFYONLY` statement.
#[derive(Clone, Debug)]
pub struct Verify<'a> {
    /// The file, as the server sees it.
    pub file: &'a str,
    /// The set: without it SQL Server would check the first one.
    pub position: u16,
    /// `CHECKSUM`: refused by the server for a set that has none.
    pub checksum: bool,
}

impl Verify<'_> {
    /// The T-SQL.
    pub fn to_sql(&self) -> String {
        let checksum = if self.checksum { "CHECKSUM" } else { "NO_CHECKSUM" };
        format!(
            "RESTORE VERIFYONLY FROM DISK = {} WITH FILE = {}, {checksum}, NOUNLOAD, STATS = 1",
            literal(self.file),
            self.position
        )
    }
}

/// What a restore leaves the database in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Usable.
    Recovery,
    /// Waiting for further backups.
    NoRecovery,
}

/// A `RESTORE DATABASE` or `RESTORE LOG` statement.
#[derive(Clone, Debug)]
pub struct Restore<'a> {
    /// The database to make or overwrite.
    pub database: &'a str,
    /// Full, differential or log.
    pub kind: BackupType,
    /// The files, one a stripe, as the server sees them.
    pub files: &'a [String],
    /// The set in them.
    pub position: u16,
    /// `REPLACE`.
    pub replace: bool,
    /// `CHECKSUM`.
    pub checksum: bool,
    /// `MOVE`: logical name and path.
    pub moves: &'a [(String, String)],
    /// `STOPAT`, by the server's clock.
    pub stop_at: Option<NaiveDateTime>,
    /// The state to leave the database in.
    pub recovery: Recovery,
}

impl Restore<'_> {
    /// The T-SQL.
    pub fn to_sql(&self) -> String {
        let what = if self.kind == BackupType::Log { "LOG" } else { "DATABASE" };
        let mut options = vec![format!("FILE = {}", self.position)];
        options.extend(self.moves.iter().map(|(name, path)| format!("MOVE {} TO {}", literal(name), literal(path))));
        if self.replace {
            options.push("REPLACE".to_owned());
        }
        if self.checksum {
            options.push("CHECKSUM".to_owned());
        }
        // Without a zone and with a T: read the same under every language and date format.
        options.extend(
            self.stop_at
                .map(|moment| format!("STOPAT = {}", literal(&moment.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()))),
        );
        options.push(
            match self.recovery {
                Recovery::Recovery => "RECOVERY",
                Recovery::NoRecovery => "NORECOVERY",
            }
            .to_owned(),
        );
        options.push("NOUNLOAD".to_owned());
        options.push("STATS = 1".to_owned());
        format!("RESTORE {what} {} FROM {} WITH {}", identifier(self.database), disks(self.files), options.join(", "))
    }
}

fn disks(files: &[String]) -> String {
    let disks: Vec<String> = files.iter().map(|file| format!("DISK = {}", literal(file))).collect();
    disks.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_differential_with_everything() {
        let backup = Backup {
            database: "a]b'c",
            kind: BackupType::Differential,
            file: r"D:\it's.bak",
            copy_only: false,
            checksum: true,
            compression: Compression::Off,
            name: Some("n'"),
            description: None,
        };
        assert_eq!(
            backup.to_sql(),
            r"BACKUP DATABASE [a]]b'c] TO DISK = N'D:\it''s.bak' WITH NOFORMAT, NOINIT, SKIP, DIFFERENTIAL, CHECKSUM, NO_COMPRESSION, NAME = N'n''', STATS = 1"
        );
    }

    #[test]
    fn a_restore_names_its_set() {
        let restore = Restore {
            database: "x",
            kind: BackupType::Full,
            files: &["/a.bak".into(), "/b.bak".into()],
            position: 3,
            replace: true,
            checksum: true,
            moves: &[("x".into(), "/x.mdf".into())],
            stop_at: None,
            recovery: Recovery::NoRecovery,
        };
        assert_eq!(
            restore.to_sql(),
            "RESTORE DATABASE [x] FROM DISK = N'/a.bak', DISK = N'/b.bak' WITH FILE = 3, MOVE N'x' TO N'/x.mdf', REPLACE, CHECKSUM, NORECOVERY, NOUNLOAD, STATS = 1"
        );
    }
}
