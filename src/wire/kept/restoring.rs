//! The journal of a restore: one document a restore, written whole before each step that changes
//! anything, and removed when the database is given back.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{BackupType, Guid};
use crate::policy::restoring::{Access, Mode, Restoring, Shape, Stage};

/// What follows the database's name in a side name, before the time.
pub const SIDE: &str = "_restored_";

/// The same in the name that an old database is kept by.
pub const KEPT: &str = "_before_";

/// A restore that is under way, or was broken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreJournal {
    v: u32,
    /// When it began.
    pub began: DateTime<Utc>,
    /// Process and machine that began it.
    pub by: String,
    /// What tells the server from every other one.
    pub server: String,
    /// The database.
    pub database: String,
    shape: String,
    stage: String,
    access: String,
    read_only: bool,
    /// Creation or last restore of the old database by the server; tells old from new content.
    pub created: Option<NaiveDateTime>,
    /// Logical names and paths of the old database's files.
    pub files: Vec<(String, String)>,
    /// The safety copy, once it is verified.
    pub copy: Option<String>,
    /// A safety copy or tail that is being made: it may be half a file.
    pub copying: Option<String>,
    /// The log backup of the tail.
    pub tail: Option<String>,
    /// The side name.
    pub side: Option<String>,
    /// The name that the old database is kept by.
    pub kept: Option<String>,
    /// The steps of the restore.
    pub steps: Vec<KeptStep>,
    /// Whether it ends with a database in use.
    pub leaves_online: bool,
    /// The file of `STANDBY`.
    pub standby: Option<String>,
    /// Services that were stopped for the restore and are to run again, in the order of their stop.
    #[serde(default)]
    pub services: Vec<String>,
    /// The database is given back; only services are left.
    #[serde(default)]
    pub ended: bool,
    /// The server keeps it too: once it is gone there, the restore has ended.
    #[serde(default)]
    pub noted: bool,
}

/// A step of a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptStep {
    /// The letter of `msdb.dbo.backupset.type`.
    kind: char,
    /// The files, one a stripe.
    pub files: Vec<String>,
    /// The set in them.
    pub position: u16,
    /// `CHECKSUM`.
    pub checksum: bool,
    /// `MOVE`.
    pub moves: Vec<(String, String)>,
    /// `STOPAT`.
    pub stop_at: Option<NaiveDateTime>,
    /// `REPLACE`.
    pub replace: bool,
    /// Which set it is: no removal touches it before the restore has ended.
    #[serde(default)]
    pub set: Option<Guid>,
}

impl KeptStep {
    /// A step of a kind.
    pub fn new(
        kind: BackupType,
        files: Vec<String>,
        position: u16,
        checksum: bool,
        moves: Vec<(String, String)>,
        stop_at: Option<NaiveDateTime>,
        replace: bool,
    ) -> KeptStep {
        KeptStep { kind: kind.letter(), files, position, checksum, moves, stop_at, replace, set: None }
    }

    /// Full, differential or log.
    pub fn kind(&self) -> BackupType {
        BackupType::from_letter(self.kind).unwrap_or(BackupType::Full)
    }
}

impl RestoreJournal {
    /// The journal of a restore that is about to begin.
    pub fn new(
        server: &str,
        database: &str,
        by: &str,
        began: DateTime<Utc>,
        shape: Shape,
        mode: Mode,
    ) -> RestoreJournal {
        RestoreJournal {
            v: super::VERSION,
            began,
            by: by.to_owned(),
            server: server.to_owned(),
            database: database.to_owned(),
            shape: shape.word().to_owned(),
            stage: Stage::Prepared.word().to_owned(),
            access: mode.access.word().to_owned(),
            read_only: mode.read_only,
            created: None,
            files: Vec::new(),
            copy: None,
            copying: None,
            tail: None,
            side: None,
            kept: None,
            steps: Vec::new(),
            leaves_online: true,
            standby: None,
            services: Vec::new(),
            ended: false,
            noted: false,
        }
    }

    /// The same at another stage.
    pub fn set_stage(&mut self, stage: Stage) {
        stage.word().clone_into(&mut self.stage);
    }

    /// What it means for the decision. Words that are not ours were refused by [`RestoreJournal::read`].
    pub fn restoring(&self) -> Restoring {
        Restoring {
            shape: Shape::from_word(&self.shape).unwrap_or(Shape::InPlace),
            stage: Stage::from_word(&self.stage).unwrap_or(Stage::Prepared),
            mode: Mode { access: Access::from_word(&self.access).unwrap_or(Access::Multi), read_only: self.read_only },
            has_copy: self.copy.is_some(),
            leaves_online: self.leaves_online,
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<RestoreJournal, String> {
        let journal = super::read(text, |journal: &RestoreJournal| journal.v)?;
        let words = [
            ("shape", Shape::from_word(&journal.shape).is_some(), &journal.shape),
            ("stage", Stage::from_word(&journal.stage).is_some(), &journal.stage),
            ("access", Access::from_word(&journal.access).is_some(), &journal.access),
        ];
        // Databases that may be dropped or renamed are only those that a restore made names for.
        for (field, name, mark) in [("side", &journal.side, SIDE), ("kept", &journal.kept, KEPT)] {
            let ours =
                |name: &String| name.rsplit_once(mark).is_some_and(|(stem, _)| journal.database.starts_with(stem));
            if !name.as_ref().is_none_or(ours) {
                return Err(format!("`{field}` is no name that a restore of `{}` makes", journal.database));
            }
        }
        let unknown = words.into_iter().find(|(_, known, _)| !known);
        let refused =
            unknown.map(|(field, _, word)| format!("`{field}` is `{word}`, which this library does not know"));
        refused.map_or(Ok(journal), Err)
    }

    /// The text of a file.
    pub fn print(&self) -> String {
        super::print(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_comes_back_as_it_was_and_unknown_words_are_refused() {
        let mode = Mode { access: Access::Restricted, read_only: true };
        let began = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let mut journal = RestoreJournal::new("S 1", "x", "process 1", began, Shape::Beside, mode);
        journal.steps.push(KeptStep::new(BackupType::Log, vec!["/a".into()], 3, true, Vec::new(), None, false));
        journal.set_stage(Stage::Overwriting);
        let back = RestoreJournal::read(&journal.print()).expect("a journal");
        assert_eq!(back, journal);
        assert_eq!(back.steps[0].kind(), BackupType::Log);
        assert_eq!((back.restoring().mode, back.restoring().stage), (mode, Stage::Overwriting));
        journal.side = Some("x_restored_20261128".into());
        assert!(RestoreJournal::read(&journal.print()).is_ok());
        journal.side = Some("payroll".into());
        assert!(RestoreJournal::read(&journal.print()).expect_err("an error").contains("side"));
        journal.side = None;
        let torn = journal.print().replace("overwriting", "sleeping");
        assert!(RestoreJournal::read(&torn).expect_err("an error").contains("sleeping"));
    }
}
