//! `RESTORE DATABASE`, `RESTORE LOG` and `RESTORE VERIFYONLY`.

use chrono::NaiveDateTime;

use super::disks;
use crate::model::BackupType;
use crate::sql::quote::{identifier, literal};

/// A `RESTORE VERIFYONLY` statement.
#[derive(Clone, Debug)]
pub struct Verify<'a> {
    /// The files, one a stripe, as the server sees them.
    pub files: &'a [String],
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
            "RESTORE VERIFYONLY FROM {} WITH FILE = {}, {checksum}, NOUNLOAD, STATS = 1",
            disks(self.files),
            self.position
        )
    }
}

/// What a restore leaves the database in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Recovery {
    /// Usable.
    #[default]
    Recovery,
    /// Waiting for further backups.
    NoRecovery,
    /// Readable, and waiting for further backups.
    Standby {
        /// The file for what is undone meanwhile, as the server sees it.
        file: String,
    },
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
    pub recovery: &'a Recovery,
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
        let text = |moment: NaiveDateTime| literal(&moment.format("%Y-%m-%dT%H:%M:%S%.3f").to_string());
        options.extend(self.stop_at.map(|moment| format!("STOPAT = {}", text(moment))));
        options.push(match self.recovery {
            Recovery::Recovery => "RECOVERY".to_owned(),
            Recovery::NoRecovery => "NORECOVERY".to_owned(),
            Recovery::Standby { file } => format!("STANDBY = {}", literal(file)),
        });
        options.push("NOUNLOAD".to_owned());
        options.push("STATS = 1".to_owned());
        format!("RESTORE {what} {} FROM {} WITH {}", identifier(self.database), disks(self.files), options.join(", "))
    }
}

/// `RESTORE DATABASE ... WITH RECOVERY`: ends the waiting of a database without a further backup.
pub fn recover(database: &str) -> String {
    format!("RESTORE DATABASE {} WITH RECOVERY", identifier(database))
}

/// The same for a database that waits; nothing for any other.
///
/// After `STOPAT` SQL Server waits for more log until it sees a record of a later time (4322), and the
/// log of a quiet time has none.
pub fn recover_if_waiting(database: &str) -> String {
    let name = literal(database);
    format!("IF DATABASEPROPERTYEX({name}, 'Status') = N'RESTORING' {}", recover(database))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            recovery: &Recovery::NoRecovery,
        };
        assert_eq!(
            restore.to_sql(),
            "RESTORE DATABASE [x] FROM DISK = N'/a.bak', DISK = N'/b.bak' WITH FILE = 3, MOVE N'x' TO N'/x.mdf', REPLACE, CHECKSUM, NORECOVERY, NOUNLOAD, STATS = 1"
        );
    }

    #[test]
    fn a_point_in_time_is_the_same_in_every_language() {
        let restore = Restore {
            database: "x",
            kind: BackupType::Log,
            files: &["/a.trn".into()],
            position: 1,
            replace: false,
            checksum: false,
            moves: &[],
            stop_at: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).and_then(|day| day.and_hms_opt(14, 30, 0)),
            recovery: &Recovery::Standby { file: "/u'.tuf".into() },
        };
        assert_eq!(
            restore.to_sql(),
            "RESTORE LOG [x] FROM DISK = N'/a.trn' WITH FILE = 1, STOPAT = N'2026-11-20T14:30:00.000', STANDBY = N'/u''.tuf', NOUNLOAD, STATS = 1"
        );
    }
}
