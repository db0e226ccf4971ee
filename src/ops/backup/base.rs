//! Asks the server for the full backup that a differential would be based on: who made it, and
//! whether it is still where it was put.

use super::{BackupCommand, Place};
use crate::error::{Code, Result};
use crate::model::{BackupSet, BackupType, Guid};
use crate::ops::{Context, check, verify};
use crate::policy::base::{Base, Origin};
use crate::policy::naming::PathStyle;
use crate::sql::{self, Database, ServerFacts, Session};

/// The base of the next differential, as the server's history tells it; `None`: there is none.
pub(super) async fn origin(session: &mut Session, database: &Database) -> Result<Option<Origin>> {
    let Some(base) = sql::differential_base(session, &database.name).await? else { return Ok(None) };
    let unknown = Origin { guid: base.guid, ..Origin::default() };
    Ok(Some(match sql::origin(session, base.guid).await {
        // If nobody knows who made it, nobody knows that it is ours.
        Ok(known) => known.unwrap_or(unknown),
        Err(error) if error.code == Code::Permission => Origin { is_hidden: true, ..unknown },
        Err(error) => return Err(error),
    }))
}

/// Looks for the base's files.
///
/// # Errors
///
/// The connection broke, or the job was cancelled; what the login may not ask stays open.
pub(super) async fn look(
    session: &mut Session,
    facts: &ServerFacts,
    command: &BackupCommand,
    origin: Origin,
    context: &Context,
) -> Result<Base> {
    let style = check::path_style(facts);
    let folder = match &command.place {
        Place::Folder { folder, .. } | Place::Archive { folder, .. } => folder.as_str(),
        Place::Files { files, .. } => files.first().map_or("", |file| folder_of(style, file)),
    };
    let in_place = origin.devices.iter().all(|file| is_below(style, folder, file));
    let (mut exists, mut holds) = (None, None);
    if origin.in_files() {
        exists = Some(true);
        for file in &origin.devices {
            exists = match sql::file_state(session, file).await {
                Some(state) if !state.exists => Some(false),
                Some(_) => exists,
                None => exists.filter(|all| !all),
            };
        }
        if let (Some(file), Some(true) | None) = (origin.devices.first(), exists) {
            holds = match sql::headers(session, file, &context.cancelled()).await {
                Ok(sets) => Some(holds_base(&sets, origin.guid)),
                Err(error) => match error.code {
                    Code::Corrupt | Code::Incomplete | Code::FileNotFound => Some(false),
                    _ if verify::is_of_the_file(&error) => None,
                    _ => return Err(error),
                },
            };
        }
    }
    Ok(Base { origin, in_place, exists, holds })
}

/// Whether the full backup is among sets, whole.
pub(super) fn holds_base(sets: &[BackupSet], base: Guid) -> bool {
    sets.iter().any(|set| {
        set.backup_type == BackupType::Full
            && set.backup_set_guid == Some(base)
            && set.is_copy_only != Some(true)
            && set.is_damaged != Some(true)
    })
}

/// The folder of a file, without the final separator.
pub(super) fn folder_of(style: PathStyle, file: &str) -> &str {
    file.strip_suffix(style.file_name(file)).unwrap_or(file).trim_end_matches(['\\', '/'])
}

/// Whether a file is in a folder or below it.
fn is_below(style: PathStyle, folder: &str, file: &str) -> bool {
    // Windows tells neither case nor the two separators apart.
    let plain = |text: &str| match style {
        PathStyle::Windows => text.to_lowercase().replace('/', "\\"),
        PathStyle::Posix => text.to_owned(),
    };
    let (folder, file) = (plain(folder.trim_end_matches(['\\', '/'])), plain(file));
    file.strip_prefix(&folder).is_some_and(|rest| rest.starts_with(style.separator()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_a_folder() {
        let windows = |folder, file| is_below(PathStyle::Windows, folder, file);
        assert!(windows(r"D:\Backup", r"d:\backup\x.bak") && windows(r"D:\Backup\", r"D:/Backup/a\x.bak"));
        assert!(!windows(r"D:\Backup", r"D:\Backup2\x.bak") && !windows(r"D:\Backup", r"D:\x.bak"));
        assert!(windows(r"D:\", r"D:\x.bak"));
        assert!(is_below(PathStyle::Posix, "/b", "/b/x.bak") && !is_below(PathStyle::Posix, "/B", "/b/x.bak"));
        assert!(is_below(PathStyle::Posix, "/", "/x.bak"));
        assert_eq!(folder_of(PathStyle::Windows, r"D:\Backup\x.bak"), r"D:\Backup");
    }
}
