//! Reads folders that only the server sees: names by `xp_dirtree`, sets by `RESTORE HEADERONLY`.
//!
//! The server tells neither sizes nor times of files, nor what our own files in the folder say; where
//! there are pins, nothing can be removed through it.

use std::path::PathBuf;

use super::{Found, FoundFile, OWN, PINS};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::ops::{Context, check, verify};
use crate::policy::chain::{ChainSet, Soundness};
use crate::policy::retention::FileFact;
use crate::sql::{self, ServerFacts, Session};

/// What SQL Server says of a file that is no backup.
const NO_BACKUP: u32 = 3242;

/// Reads all files of the folders, and of all folders below them, as the server sees them.
///
/// # Errors
/// A folder is not there or the login may not ask, the connection broke, or the job was cancelled.
/// What else cannot be read is in the answer.
pub(in crate::ops) async fn read_through(
    session: &mut Session,
    facts: &ServerFacts,
    paths: &[String],
    context: &Context,
) -> Result<Found> {
    context.phase(Phase::ReadingMedia);
    let style = check::path_style(facts);
    let mut found = Found::default();
    let mut todo: Vec<String> = Vec::new();
    for path in paths {
        let folder = folder(session, facts, path).await?;
        found.roots.push(PathBuf::from(&folder));
        todo.push(folder);
    }
    let mut files: Vec<String> = Vec::new();
    while let Some(folder) = todo.pop() {
        context.check()?;
        for entry in sql::folder_entries(session, &folder).await? {
            let path = style.join(&folder, &entry.name);
            match (entry.is_file, entry.name.starts_with(OWN)) {
                (true, true) if entry.name == PINS => {
                    found.unread.push(format!("{path}: the server cannot tell which backups are pinned"));
                }
                (_, true) => {}
                (true, false) => files.push(path),
                (false, false) => todo.push(path),
            }
        }
    }
    files.sort();
    files.dedup();
    for file in files {
        context.check()?;
        add(session, &mut found, file, context).await?;
    }
    found.hold_for_restores();
    Ok(found)
}

/// A folder that the server sees, without the final separator.
async fn folder(session: &mut Session, facts: &ServerFacts, path: &str) -> Result<String> {
    let style = check::path_style(facts);
    let refuse = |code, message: String, hint: &str| Err(Error::new(code, message).hint(hint).target(path));
    let plain = path.trim_end_matches(['\\', '/']);
    if style.is_relative(path) || style.is_relative(plain) {
        let hint = "write a whole folder as the server sees it, such as D:\\Backup; not a whole drive";
        return refuse(Code::Request, format!("`{path}` is no folder that can be looked through"), hint);
    }
    match sql::file_state(session, plain).await {
        Some(state) if state.is_directory => Ok(plain.to_owned()),
        Some(_) => {
            let message = format!("the server `{}` sees no folder `{path}`", facts.name);
            refuse(
                Code::FileNotFound,
                message,
                "the path is meant on the server's machine, and for its service's account",
            )
        }
        None => {
            let message = format!("the login may not look at folders of `{}`", facts.name);
            refuse(Code::Permission, message, "let it execute xp_fileexist, or remove on the server's machine")
        }
    }
}

async fn add(session: &mut Session, found: &mut Found, file: String, context: &Context) -> Result<()> {
    let mut fact = FileFact { file: file.clone(), ..FileFact::default() };
    let (mut sets, mut error, mut database) = (Vec::new(), None, String::new());
    let cancel = context.cancelled();
    let media = match sql::headers(session, &file, &cancel).await {
        Ok(headers) => sql::labels(session, &file, &cancel).await.map(|labels| (headers, labels)),
        Err(error) => Err(error),
    };
    match media {
        Ok((headers, labels)) => {
            let label = labels.into_iter().next();
            let label = label.as_ref();
            let number = |n: Option<i32>| n.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(1);
            for set in headers {
                if database.is_empty() {
                    database.clone_from(&set.database_name);
                }
                sets.push((set.position, set.backup_set_guid));
                fact.size += set.compressed_backup_size.or(set.backup_size).unwrap_or(0);
                let soundness = if set.is_damaged == Some(true) { Soundness::Damaged } else { Soundness::Unchecked };
                found.sets.push(ChainSet {
                    media_set_id: label.and_then(|label| label.media_set_id),
                    family_count: number(label.and_then(|label| label.family_count)),
                    family: number(label.and_then(|label| label.family_sequence_number)),
                    soundness,
                    ..ChainSet::new(set, &file)
                });
            }
        }
        Err(why) if !verify::is_of_the_file(&why) || sql::lacks_right(&why) => return Err(why),
        Err(why) => {
            let is_no_backup = why.server.first().is_some_and(|message| message.number == Some(NO_BACKUP));
            match why.code {
                Code::Corrupt if is_no_backup => {}
                Code::Corrupt | Code::Incomplete => fact.unclear = Some(why.message.clone()),
                // Nobody knows what is in it, nor what that needs.
                _ => found.unread.push(format!("{file}: {}", why.message)),
            }
            error = Some(why);
        }
    }
    found.files.push(FoundFile { fact, modified_ns: 0, sets, database, error });
    Ok(())
}
