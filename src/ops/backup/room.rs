//! Whether there is room for a backup, asked before it starts.

use super::plan::Plan;
use super::{BackupCommand, Place};
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::model::BackupType;
use crate::ops::Context;
use crate::policy::naming::drive_letter;
use crate::sql::{self, Compression, Database, Session};

/// Estimates the backup's size and compares it with what the drive has left, as far as the server
/// tells either; the estimate, in bytes.
///
/// # Errors
///
/// [`Code::DiskFull`] where an uncompressed backup cannot fit.
pub(super) async fn check(
    session: &mut Session,
    database: &Database,
    command: &BackupCommand,
    plan: &Plan,
    context: &Context,
) -> Result<Option<u64>> {
    let Some(space) = sql::used_space(session, &database.name).await else { return Ok(None) };
    let expected = match plan.kind {
        BackupType::Full => Some(space.allocated),
        BackupType::Differential => space.modified,
        _ => None,
    };
    let Some(expected) = expected else { return Ok(None) };
    let stripes = plan.target.files.len().max(1) as u64;
    for file in plan.target.files.iter().chain(&plan.target.mirror) {
        let Some(letter) = drive_letter(file) else { continue };
        let Some(free) = sql::free_space(session, letter).await else { continue };
        let here = expected / stripes;
        if free >= here {
            continue;
        }
        let text = format!(
            "the backup of `{}` needs about {} MB on drive {letter}:, and {} MB are free",
            database.name,
            here >> 20,
            free >> 20
        );
        // What compression will save cannot be known.
        if plan.compression == Compression::Off {
            let what = if matches!(command.place, Place::Archive { .. }) {
                "move the archive away"
            } else {
                "write elsewhere"
            };
            return Err(Error::new(Code::DiskFull, text)
                .hint(format!("make room on the server's drive, {what}, or use -Compression On"))
                .target(file));
        }
        context.say(Level::Warning, text);
    }
    Ok(Some(expected))
}
