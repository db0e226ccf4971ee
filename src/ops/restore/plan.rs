//! Places the files of a restore and writes its statements.

use super::RestoreCommand;
use super::steps::Step;
use crate::error::Result;
use crate::model::{BackupType, FileType};
use crate::ops::{Context, ScriptResult, check};
use crate::policy::relocate::{Homeless, Wishes, places};
use crate::sql::{self, Database, Recovery, Restore, ServerFacts, Session};
use crate::wire::kept::KeptStep;

/// A step and the statement for it.
pub(super) struct Planned {
    pub(super) step: Step,
    pub(super) kept: KeptStep,
    pub(super) recovery: Recovery,
    pub(super) sql: String,
}

/// All steps, and where the files go.
pub(super) struct Plan {
    pub(super) planned: Vec<Planned>,
    /// What is run after them: see [`ending`].
    pub(super) ending: Option<String>,
    /// Logical names and paths.
    pub(super) files: Vec<(String, String)>,
    /// Bytes that the files will have, by path.
    pub(super) sizes: Vec<(String, u64)>,
}

/// Plans a restore to the database `to`; `existing` is what is overwritten there.
pub(super) async fn plan(
    session: &mut Session,
    facts: &ServerFacts,
    command: &RestoreCommand,
    to: &str,
    existing: Option<&Database>,
    steps: Vec<Step>,
    context: &Context,
) -> Result<Plan> {
    let style = check::path_style(facts);
    let own = match existing {
        Some(database) => sql::file_places(session, database.id).await?,
        None => Vec::new(),
    };
    let mut homeless: Vec<Homeless> = Vec::new();
    let mut bytes: Vec<u64> = Vec::new();
    let mut of_step: Vec<Vec<String>> = Vec::new();
    for step in &steps {
        let files = sql::file_list(session, step.file(), step.set.position, &context.cancelled()).await?;
        of_step.push(files.iter().map(|file| file.logical_name.clone()).collect());
        for file in files {
            // A full-text catalog is not placed; the same file in several sets counts once.
            match homeless.iter().position(|other| other.logical_name == file.logical_name) {
                Some(known) => bytes[known] = bytes[known].max(file.size),
                None if file.file_type == FileType::FullText => {}
                None => {
                    bytes.push(file.size);
                    homeless.push(Homeless {
                        logical_name: file.logical_name,
                        physical_name: file.physical_name,
                        file_type: file.file_type,
                    });
                }
            }
        }
    }
    let from = steps.first().map(|step| step.set.database_name.clone()).unwrap_or_default();
    let found = places(
        &homeless,
        &Wishes {
            places: &command.relocate,
            data_directory: command.data_directory.as_deref(),
            log_directory: command.log_directory.as_deref(),
            existing: &own,
            default_data: facts.data_directory.as_deref(),
            default_log: facts.log_directory.as_deref(),
            from: &from,
            to,
            style,
        },
    )?;
    let moved: Vec<(String, String)> = homeless
        .iter()
        .zip(&found)
        .filter(|(file, place)| file.physical_name != **place)
        .map(|(file, place)| (file.logical_name.clone(), place.clone()))
        .collect();
    let last = steps.len().saturating_sub(1);
    let planned: Vec<Planned> = steps
        .into_iter()
        .zip(of_step)
        .enumerate()
        .map(|(index, (step, names))| {
            let recovery = if index == last { command.recovery.clone() } else { Recovery::NoRecovery };
            let moves: Vec<(String, String)> = moved.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
            let checksum = step.set.has_backup_checksums == Some(true);
            let mut kept = KeptStep::new(
                step.set.backup_type,
                step.files.clone(),
                step.set.position,
                checksum,
                moves,
                step.stop_at,
                existing.is_some() && command.replace && step.set.backup_type == BackupType::Full,
            );
            kept.set = step.set.backup_set_guid;
            let sql = restore_statement(to, &kept, &recovery);
            Planned { step, kept, recovery, sql }
        })
        .collect();
    let sizes = found.iter().cloned().zip(bytes).collect();
    let files = homeless.into_iter().map(|file| file.logical_name).zip(found).collect();
    let ending = planned.last().and_then(|last| ending(to, &last.kept, &last.recovery));
    Ok(Plan { planned, ending, files, sizes })
}

/// The statement of a step.
pub(super) fn restore_statement(database: &str, step: &KeptStep, recovery: &Recovery) -> String {
    Restore {
        database,
        kind: step.kind(),
        files: &step.files,
        position: step.position,
        replace: step.replace,
        checksum: step.checksum,
        moves: &step.moves,
        stop_at: step.stop_at,
        recovery,
    }
    .to_sql()
}

/// What is run after the last step if that may leave the database waiting although it is to be recovered.
pub(super) fn ending(database: &str, last: &KeptStep, recovery: &Recovery) -> Option<String> {
    (last.stop_at.is_some() && *recovery == Recovery::Recovery).then(|| sql::recover_if_waiting(database))
}

/// The statements as a script, with those before and after the steps.
pub(super) fn script(
    facts: &ServerFacts,
    command: &RestoreCommand,
    plan: &Plan,
    around: (Vec<String>, Vec<String>),
    mut notes: Vec<String>,
) -> ScriptResult {
    notes.extend(plan.planned.iter().map(|planned| {
        let set = &planned.step.set;
        format!(
            "{} backup of {} on {}, set {} of {}",
            set.backup_type.description(),
            set.database_name,
            set.backup_finish_date.map(|date| date.format("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default(),
            set.position,
            planned.step.file()
        )
    }));
    let (before, after) = around;
    let steps = plan.planned.iter().map(|planned| planned.sql.clone()).chain(plan.ending.clone());
    ScriptResult {
        server: facts.name.clone(),
        database: command.database.clone(),
        statements: before.into_iter().chain(steps).chain(after).collect(),
        notes,
    }
}
