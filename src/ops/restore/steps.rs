//! Which sets are restored, in which order: the chain's decision over all sets of the given files.

use chrono::{FixedOffset, NaiveDateTime};

use super::RestoreCommand;
use crate::error::{Code, Error, Result};
use crate::model::{BackupSet, BackupType, Guid};
use crate::ops::Context;
use crate::ops::verify::pick;
use crate::policy::chain::{Catalog, ChainSet, Plan, PlanError, Soundness, Target, WantedMoment, Wish, plan_restore};
use crate::sql::{self, Database, Session};

/// A set to restore.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The files, one a stripe.
    pub(super) files: Vec<String>,
    /// Its header.
    pub(super) set: BackupSet,
    /// `STOPAT`, by the server's clock.
    pub(super) stop_at: Option<NaiveDateTime>,
    /// Why it is a step.
    pub(super) reason: String,
}

impl Step {
    /// Bytes to read.
    pub(super) fn bytes(&self) -> u64 {
        self.set.compressed_backup_size.or(self.set.backup_size).unwrap_or(0)
    }

    /// The first of its files, for messages.
    pub(super) fn file(&self) -> &str {
        self.files.first().map_or("", String::as_str)
    }
}

/// The steps and what is worth knowing about the choice.
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
    /// The state that the database will have, by the server's clock.
    pub(super) reaches: Option<NaiveDateTime>,
}

/// Finds the steps. `offset` is what the server's clock is away from UTC now.
pub(super) async fn find(
    session: &mut Session,
    command: &RestoreCommand,
    existing: Option<&Database>,
    offset: FixedOffset,
    context: &Context,
) -> Result<Steps> {
    let known = read(session, command, context).await?;
    let wanted = wanted(&known, command)?;
    let (moment, by_offset) = on_their_clock(command.point_in_time, &known, offset);
    // A database that waits for further backups goes on with what is given.
    if existing.is_some_and(|database| database.state == "RESTORING")
        && !command.replace
        && wanted.iter().all(|fact| fact.set.backup_type != BackupType::Full)
    {
        return Ok(continued(&wanted, command.point_in_time.map(|moment| moment.on_clock(offset)), by_offset));
    }
    let newest = wanted.iter().max_by_key(|fact| (fact.set.last_lsn, fact.set.backup_finish_date));
    let target = match (moment, newest) {
        (Some(moment), _) => Target::Moment(moment),
        (None, Some(fact)) if !wanted_is_all(command) => match fact.set.backup_set_guid {
            Some(guid) => Target::Set(guid),
            None => Target::Newest,
        },
        _ => Target::Newest,
    };
    let wish = Wish { family: newest.and_then(|fact| fact.set.family_guid), target, ..Wish::default() };
    let catalog = Catalog::new(&known);
    match plan_restore(&catalog, &wish) {
        Ok(plan) => Ok(written_out(&plan, by_offset)),
        Err(error) => Err(refused(session, error, newest.map(|fact| &fact.set)).await),
    }
}

/// Every set of every given file, each file asked once.
async fn read(session: &mut Session, command: &RestoreCommand, context: &Context) -> Result<Vec<ChainSet>> {
    let mut files: Vec<&str> = Vec::new();
    let mut known = Vec::new();
    for source in &command.sources {
        if files.contains(&source.file.as_str()) {
            continue;
        }
        files.push(&source.file);
        let cancel = context.cancelled();
        let label = sql::labels(session, &source.file, &cancel).await?.into_iter().next();
        for set in sql::headers(session, &source.file, &cancel).await? {
            let mut fact = ChainSet::new(set, &source.file);
            if let Some(label) = &label {
                let number = |number: Option<i32>| number.and_then(|number| u16::try_from(number).ok()).unwrap_or(1);
                fact.media_set_id = label.media_set_id;
                fact.family_count = number(label.family_count);
                fact.family = number(label.family_sequence_number);
            }
            if fact.set.is_damaged == Some(true) {
                fact.soundness = Soundness::Damaged;
            }
            known.push(fact);
        }
    }
    Ok(known)
}

/// Whether no source names a set: then all sets of the files may serve.
fn wanted_is_all(command: &RestoreCommand) -> bool {
    command.sources.iter().all(|source| source.position.is_none() && source.backup_set_guid.is_none())
}

/// The sets that the sources mean.
fn wanted<'k>(known: &'k [ChainSet], command: &RestoreCommand) -> Result<Vec<&'k ChainSet>> {
    if wanted_is_all(command) {
        return Ok(known.iter().collect());
    }
    let named = command.sources.iter().filter(|source| source.position.is_some() || source.backup_set_guid.is_some());
    named
        .map(|source| {
            let of_file: Vec<&ChainSet> = known.iter().filter(|fact| fact.file == source.file).collect();
            let set = pick(of_file.iter().map(|fact| fact.set.clone()).collect(), source)?;
            of_file
                .into_iter()
                .find(|fact| fact.set.position == set.position)
                .ok_or_else(|| Error::new(Code::Internal, "a set was found and lost again"))
        })
        .collect()
}

/// A moment that was told with its offset, where no set tells its own (before SQL Server 2022 none
/// does): by the clock of the server as it goes now, which is said.
fn on_their_clock(
    wanted: Option<WantedMoment>,
    known: &[ChainSet],
    offset: FixedOffset,
) -> (Option<WantedMoment>, Option<String>) {
    match wanted {
        Some(exact @ WantedMoment::Exact(at)) if known.iter().all(|fact| fact.set.time_zone.is_none()) => {
            let local = exact.on_clock(offset);
            let note = format!(
                "the backups do not tell how far their clock was from UTC: {} is taken for {}, as the server's clock \
                 goes now (UTC{offset})",
                at.format("%Y-%m-%dT%H:%M:%S%:z"),
                local.format("%Y-%m-%dT%H:%M:%S")
            );
            (Some(WantedMoment::Local(local)), Some(note))
        }
        other => (other, None),
    }
}

/// The steps for a database that waits for them: the given sets in the order of the log.
fn continued(wanted: &[&ChainSet], stop_at: Option<NaiveDateTime>, note: Option<String>) -> Steps {
    let mut steps: Vec<Step> = wanted
        .iter()
        .map(|fact| Step {
            files: vec![fact.file.clone()],
            set: fact.set.clone(),
            stop_at: stop_at.filter(|_| fact.set.backup_type == BackupType::Log),
            reason: "goes on with the restore that the database waits in".to_owned(),
        })
        .collect();
    steps.sort_by_key(|step| (step.set.backup_type == BackupType::Log, step.set.last_lsn));
    let reaches = steps.last().and_then(|step| step.stop_at.or(step.set.backup_finish_date));
    Steps { steps, notes: note.into_iter().collect(), reaches }
}

fn written_out(plan: &Plan<'_>, note: Option<String>) -> Steps {
    let (steps, shown): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| step.is_applied());
    let steps = steps
        .into_iter()
        .map(|step| Step {
            files: step.source.files.iter().map(|file| (*file).to_owned()).collect(),
            set: BackupSet { position: step.source.position, ..step.header.clone() },
            stop_at: step.stop_at,
            reason: step.reason.to_string(),
        })
        .collect();
    let shown = shown.iter().map(|step| format!("`{}` is {}", step.source.files.join("`, `"), step.reason));
    let notes = note.into_iter().chain(plan.notes.iter().map(ToString::to_string)).chain(shown).collect();
    Steps { steps, notes, reaches: Some(plan.reaches.local) }
}

/// The error of a restore that cannot be planned, with where the server last saw what is missing.
async fn refused(session: &mut Session, error: PlanError, wanted: Option<&BackupSet>) -> Error {
    let code = match &error {
        PlanError::NoBackups { .. } | PlanError::NoSuchSet(_) => Code::SetNotFound,
        PlanError::Ambiguous { .. } => Code::OtherDatabase,
        PlanError::SetUnusable { .. } => Code::Unsupported,
        PlanError::RepeatedHour { .. } | PlanError::NoSuchTime { .. } | PlanError::OffsetUnknown { .. } => {
            Code::Request
        }
        PlanError::NothingRestorable { .. } | PlanError::NotReachable { .. } | PlanError::SetUnattached { .. } => {
            Code::Chain
        }
    };
    let mut refused = Error::new(code, error.to_string());
    let base = wanted.and_then(|set| set.differential_base_guid);
    if let (PlanError::SetUnattached { .. } | PlanError::NothingRestorable { .. }, Some(base)) = (&error, base) {
        refused.hint = Some(where_seen(session, base).await);
    }
    if refused.hint.is_none() && refused.code == Code::Chain {
        refused.hint = Some("give all files that belong to it, or look what is there with Get-PGBackup".to_owned());
    }
    refused
}

async fn where_seen(session: &mut Session, set: Guid) -> String {
    match sql::origin(session, set).await {
        Ok(Some(seen)) => {
            let when = seen.finished.map(|date| format!(" on {}", date.format("%Y-%m-%d %H:%M:%S")));
            let (when, position, files) = (when.unwrap_or_default(), seen.position, seen.devices.join("`, `"));
            format!("this server made the full backup {set}{when} as set {position} of `{files}`: give that file too")
        }
        _ => format!("give the file of the full backup {set} too"),
    }
}
