//! Decides what backup is made, and into which file.

use super::place::{self, Target};
use super::{BackupCommand, Place};
use crate::error::Result;
use crate::job::Level;
use crate::model::BackupType;
use crate::ops::Context;
use crate::policy::base::{self, Promotion};
use crate::sql::{self, Backup, Compression, Database, ServerFacts, Session};

/// A backup whose file and type are decided.
pub(super) struct Plan {
    pub(super) kind: BackupType,
    pub(super) promotion: Option<Promotion>,
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
    let target = place::choose(session, facts, database, command, command.kind, context).await?;
    let promotion = match command.kind {
        BackupType::Differential => {
            let base = sql::differential_base(session, &database.name).await?;
            base::promotion(&base::Facts {
                database: &database.name,
                base: base.map(|base| base.guid),
                archive: target.archive.then_some(target.sets.as_deref()),
            })
        }
        _ => None,
    };
    let Some(why) = promotion else {
        return Ok(finished(command.kind, None, target, command, database));
    };
    context.say(
        Level::Warning,
        format!("a full backup of `{}` instead of a differential: {}", database.name, why.reason()),
    );
    // Files of a run are named after its type.
    let target = match command.place {
        Place::Folder { .. } => place::choose(session, facts, database, command, BackupType::Full, context).await?,
        _ => target,
    };
    Ok(finished(BackupType::Full, Some(why), target, command, database))
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
        format!("PGBackup {word} {}", database.name).chars().take(64).collect()
    });
    Plan { kind, promotion, target, name, compression: command.compression }
}
