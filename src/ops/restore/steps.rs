//! Which sets are restored, in which order.

use super::RestoreCommand;
use crate::error::{Code, Error, Result};
use crate::model::{BackupSet, BackupType};
use crate::ops::verify::pick;
use crate::ops::{Context, Source};
use crate::sql::{self, Session};

/// A set to restore.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) file: String,
    pub(super) set: BackupSet,
}

impl Step {
    /// Bytes to read.
    pub(super) fn bytes(&self) -> u64 {
        self.set.compressed_backup_size.or(self.set.backup_size).unwrap_or(0)
    }
}

/// The wanted sets with the base they need, in the order of restoring.
pub(super) async fn find(session: &mut Session, command: &RestoreCommand, context: &Context) -> Result<Vec<Step>> {
    let mut read: Vec<(String, Vec<BackupSet>)> = Vec::new();
    for source in &command.sources {
        if !read.iter().any(|(file, _)| *file == source.file) {
            let sets = sql::headers(session, &source.file, &context.cancelled()).await?;
            read.push((source.file.clone(), sets));
        }
    }
    let mut steps: Vec<Step> = Vec::new();
    for source in &command.sources {
        let sets = read.iter().find(|(file, _)| *file == source.file).map(|(_, sets)| sets.clone()).unwrap_or_default();
        let step = Step { file: source.file.clone(), set: wanted(sets, source)? };
        if !steps.iter().any(|other| other.file == step.file && other.set.position == step.set.position) {
            steps.push(step);
        }
    }
    usable(&steps)?;
    steps.sort_by_key(|step| (rank(step.set.backup_type), step.set.last_lsn));
    let first = steps.first().ok_or_else(|| {
        Error::new(Code::Request, "no backup set was given").hint("give a file, or sets from Get-PGBackup")
    })?;
    if first.set.backup_type == BackupType::Differential && !waits(session, command).await? {
        let base = base_of(session, &read, first).await?;
        steps.insert(0, base);
    }
    Ok(steps)
}

/// Whether the database is in the middle of a restore that goes on without a full backup.
async fn waits(session: &mut Session, command: &RestoreCommand) -> Result<bool> {
    let database = sql::database(session, &command.database).await?;
    Ok(!command.replace && database.is_some_and(|database| database.state == "RESTORING"))
}

/// The set that a source means; without a position the newest one.
fn wanted(mut sets: Vec<BackupSet>, source: &Source) -> Result<BackupSet> {
    if source.position.is_some() || source.backup_set_guid.is_some() {
        return pick(sets, source);
    }
    sets.pop().ok_or_else(|| {
        Error::new(Code::SetNotFound, format!("`{}` holds no backup set", source.file)).target(&source.file)
    })
}

fn rank(kind: BackupType) -> u8 {
    match kind {
        BackupType::Full => 0,
        BackupType::Differential => 1,
        _ => 2,
    }
}

/// Refuses sets that cannot make a whole database, and sets of several databases.
fn usable(steps: &[Step]) -> Result<()> {
    for step in steps {
        let set = &step.set;
        if !matches!(set.backup_type, BackupType::Full | BackupType::Differential | BackupType::Log) {
            return Err(Error::new(
                Code::Unsupported,
                format!(
                    "set {} of `{}` holds parts of a database only ({})",
                    set.position,
                    step.file,
                    set.backup_type.description()
                ),
            )
            .hint("choose a full, differential or log backup")
            .target(&step.file));
        }
        if set.is_damaged == Some(true) {
            return Err(Error::new(
                Code::Corrupt,
                format!("set {} of `{}` was made of a damaged database (IsDamaged)", set.position, step.file),
            )
            .hint("choose another set; this one can only be restored by hand with CONTINUE_AFTER_ERROR")
            .target(&step.file));
        }
    }
    if let Some(pair) = steps.windows(2).find(|pair| pair[0].set.family_guid != pair[1].set.family_guid) {
        return Err(Error::new(
            Code::OtherDatabase,
            format!(
                "the sets are of different databases: `{}` in `{}`, `{}` in `{}`",
                pair[0].set.database_name, pair[0].file, pair[1].set.database_name, pair[1].file
            ),
        )
        .hint("give the sets of one database"));
    }
    Ok(())
}

/// The full backup that a differential is based on, out of the files that were given.
async fn base_of(session: &mut Session, read: &[(String, Vec<BackupSet>)], differential: &Step) -> Result<Step> {
    let wanted = &differential.set;
    let fits = |set: &BackupSet| {
        let by_guid = wanted.differential_base_guid.is_some() && set.backup_set_guid == wanted.differential_base_guid;
        // Without GUIDs (SQL Server 2005 by third parties) the LSN of the base decides.
        let by_lsn = wanted.differential_base_guid.is_none()
            && set.family_guid == wanted.family_guid
            && wanted.differential_base_lsn.is_some_and(|lsn| lsn == set.first_lsn || lsn == set.checkpoint_lsn);
        set.backup_type == BackupType::Full && (by_guid || by_lsn)
    };
    let found = read.iter().find_map(|(file, sets)| {
        sets.iter().find(|set| fits(set)).map(|set| Step { file: file.clone(), set: set.clone() })
    });
    if let Some(base) = found {
        usable(std::slice::from_ref(&base))?;
        return Ok(base);
    }
    let which = match (wanted.differential_base_guid, wanted.differential_base_lsn) {
        (Some(guid), Some(lsn)) => format!("{guid} (LSN {lsn})"),
        (Some(guid), None) => guid.to_string(),
        (None, Some(lsn)) => format!("with LSN {lsn}"),
        (None, None) => "that it is based on".to_owned(),
    };
    let mut error = Error::new(
        Code::Chain,
        format!(
            "set {} of `{}` is a differential, and its full backup {which} is not in the given files",
            wanted.position, differential.file
        ),
    )
    .target(&differential.file);
    let seen = match wanted.differential_base_guid {
        Some(guid) => sql::last_seen(session, guid).await.ok().flatten(),
        None => None,
    };
    error.hint = Some(match seen {
        Some((file, position, finished)) => format!(
            "this server made it{} as set {position} of `{file}`: give that file too",
            finished.map(|date| format!(" on {}", date.format("%Y-%m-%d %H:%M:%S"))).unwrap_or_default()
        ),
        None => "give the file of that full backup too".to_owned(),
    });
    Err(error)
}
