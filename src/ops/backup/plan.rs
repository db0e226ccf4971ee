//! Decides what backup is made, and into which file.

use super::place::{self, Target};
use super::{BackupCommand, ClosedArchive, Place, base};
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::model::BackupType;
use crate::ops::Context;
use crate::policy::archive::{RolloverReason, rolls_over};
use crate::policy::base::{Decision, Doubt, Facts, Into, Promotion, SET_NAME, decide};
use crate::sql::{Backup, Compression, Database, ServerFacts, Session};

/// A backup whose file and type are decided.
pub(super) struct Plan {
    pub(super) kind: BackupType,
    pub(super) promotion: Option<Promotion>,
    /// What is wrong with the server's differential base, if anything.
    pub(super) doubt: Option<Doubt>,
    pub(super) target: Target,
    pub(super) name: String,
    /// Taken back when the edition has none.
    pub(super) compression: Compression,
}

impl Plan {
    /// The BACKUP as T-SQL.
    pub(super) fn statement(&self, database: &Database, command: &BackupCommand) -> String {
        Backup {
            database: &database.name,
            kind: self.kind,
            files: &self.target.files,
            mirror: &self.target.mirror,
            how: &command.how,
            compression: self.compression,
            name: &self.name,
        }
        .to_sql()
    }
}

/// Decides.
pub(super) async fn plan(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    context: &Context,
) -> Result<Plan> {
    let is_archive = matches!(command.place, Place::Archive { .. });
    let origin = if command.kind == BackupType::Differential || is_archive {
        base::origin(session, database).await?
    } else {
        None
    };
    let target = place::choose(session, facts, database, command, command.kind, origin.as_ref(), context).await?;
    if let Some(reason) = had_enough(facts, command, &target) {
        let promotion = (command.kind == BackupType::Differential).then_some(Promotion::Rollover(reason));
        let target = close(session, facts, database, command, target, reason).await?;
        return Ok(full(promotion, target, command, database, context));
    }
    if command.kind != BackupType::Differential {
        return Ok(finished(command.kind, None, target, command, database));
    }
    let into = match (&target.sets, &origin) {
        _ if !target.archive => Into::File,
        (None, _) => Into::NewArchive,
        (Some(sets), origin) => {
            Into::Archive { holds_base: origin.as_ref().is_some_and(|origin| base::holds_base(sets, origin.guid)) }
        }
    };
    let base = match origin {
        Some(origin) => Some(base::look(session, facts, command, origin, context).await?),
        None => None,
    };
    let on_foreign = command.on_foreign_base;
    match decide(&Facts { database: &database.name, base: base.as_ref(), into, on_foreign }) {
        Decision::Differential(doubt) => {
            if let Some(doubt) = &doubt {
                context.say(Level::Warning, format!("a differential was wanted in any case, but {doubt}"));
            }
            let plan = finished(BackupType::Differential, None, target, command, database);
            Ok(Plan { doubt, ..plan })
        }
        Decision::Stop(doubt) => {
            Err(Error::new(Code::ForeignBase, format!("`{}` was not backed up: {doubt}", database.name))
                .hint("make a full backup, or let one be made with -OnForeignBase Full")
                .target(&database.name))
        }
        Decision::Full(promotion) => {
            let target = match &command.place {
                // Files of a run are named after its type.
                Place::Folder { .. } => {
                    place::choose(session, facts, database, command, BackupType::Full, None, context).await?
                }
                Place::Archive { rollover: Some(_), .. } if target.sets.is_some() => {
                    close(session, facts, database, command, target, RolloverReason::Full).await?
                }
                _ => target,
            };
            Ok(full(Some(promotion), target, command, database, context))
        }
    }
}

/// Why the archive has enough, if so.
fn had_enough(facts: &ServerFacts, command: &BackupCommand, target: &Target) -> Option<RolloverReason> {
    let (Place::Archive { rollover: Some(rules), .. }, Some(sets)) = (&command.place, &target.sets) else {
        return None;
    };
    // A copy-only full is no base for what would follow it in a new archive.
    if command.how.copy_only {
        return None;
    }
    let now = facts.now.and_utc().with_timezone(&facts.offset).naive_local();
    rolls_over(rules, command.kind, sets, now)
}

/// Closes an archive, and chooses the file of the next one.
async fn close(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    old: Target,
    reason: RolloverReason,
) -> Result<Target> {
    let mut next = place::next_archive(session, facts, database, command).await?;
    let sets = old.sets.unwrap_or_default();
    next.closed = Some(ClosedArchive { files: old.files, sets, reason, verified: None, finding: None });
    Ok(next)
}

/// A full, and why it is one if it was not asked for.
fn full(
    promotion: Option<Promotion>,
    target: Target,
    command: &BackupCommand,
    database: &Database,
    context: &Context,
) -> Plan {
    if let Some(why) = &promotion {
        let level = if matches!(why, Promotion::Rollover(_)) { Level::Info } else { Level::Warning };
        let text = format!("a full backup of `{}` instead of a differential: {}", database.name, why.reason());
        context.say(level, text);
    }
    let doubt = match &promotion {
        Some(Promotion::Doubtful(doubt)) => Some(doubt.clone()),
        _ => None,
    };
    Plan { doubt, ..finished(BackupType::Full, promotion, target, command, database) }
}

fn finished(
    kind: BackupType,
    promotion: Option<Promotion>,
    target: Target,
    command: &BackupCommand,
    database: &Database,
) -> Plan {
    let name = command.name.clone().unwrap_or_else(|| {
        let word = match kind {
            BackupType::Differential => "differential",
            BackupType::Log => "log",
            _ if command.how.copy_only => "full copy-only",
            _ => "full",
        };
        // SQL Server keeps 128 characters, and the name of the database may take all of them.
        format!("{SET_NAME}{word} {}", database.name).chars().take(64).collect()
    });
    Plan { kind, promotion, doubt: None, target, name, compression: command.compression }
}
