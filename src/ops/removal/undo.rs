//! What was moved aside: put back, or deleted for good.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tokio::task::block_in_place;

use super::aside::{ASIDE, Aside, AsideFile, content};
use super::disk::MachineDisk;
use super::{RemovalResult, RemovalStep, StepState, Tally, refused};
use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::ops::Context;
use crate::ops::folder::{FolderLocks, pins_of};

/// Every file that was moved aside in the folders and below them.
///
/// # Errors
/// A folder cannot be read.
pub(in crate::ops) fn all_aside(paths: &[String], context: &Context) -> Result<Vec<AsideFile>> {
    let mut files = Vec::new();
    for folder in folders_with(paths)? {
        let found = content(&folder)?;
        if found.unfinished > 0 {
            context.say(Level::Warning, format!("a removal in `{}` was broken off", folder.display()));
        }
        if let Some(line) = found.bad_line {
            let text = format!("line {line} of the journal in `{}` cannot be read", folder.join(ASIDE).display());
            context.say(Level::Warning, text);
        }
        files.extend(found.files);
    }
    Ok(files)
}

/// Puts back what was moved aside: all, or the files of these names.
pub(super) async fn undo(paths: &[String], only: &[String], context: &Context) -> Result<RemovalResult> {
    let (folders, _locks) = block_in_place(|| locked(paths))?;
    let aside = Aside::new(&MachineDisk);
    let mut tally = Tally::of_rows(context);
    for folder in &folders {
        block_in_place(|| aside.settle(folder))?;
        let found = block_in_place(|| content(folder))?;
        let wanted = |file: &&AsideFile| only.is_empty() || only.iter().any(|name| Path::new(name) == file.path);
        for file in found.files.iter().filter(wanted) {
            context.check()?;
            let step = match block_in_place(|| aside.undo(file, Utc::now())) {
                Ok(()) => step(file, StepState::Restored, "put back where it was".to_owned()),
                Err(error) => step(file, StepState::Kept, error.to_string()),
            };
            tally.tell(step).await;
        }
    }
    Ok(tally.result)
}

/// Deletes for good what was moved aside and has no time left, or all of it.
pub(super) async fn empty(paths: &[String], all: bool, context: &Context) -> Result<RemovalResult> {
    let (folders, _locks) = block_in_place(|| locked(paths))?;
    let mut tally = Tally::of_rows(context);
    for folder in &folders {
        block_in_place(|| Aside::new(&MachineDisk).settle(folder))?;
        delete(folder, Utc::now(), all, &mut tally).await?;
    }
    Ok(tally.result)
}

/// Deletes for good what has no time left, after a removal, whatever that had to remove.
pub(super) async fn empty_expired(paths: &[String], tally: &mut Tally<'_>, context: &Context) -> Result<()> {
    let (folders, _locks) = match block_in_place(|| locked(paths)) {
        Ok(locked) => locked,
        // Another run is at it; the next one has its turn.
        Err(error) => {
            context.say(Level::Info, format!("what was removed earlier is not deleted now: {}", error.message));
            return Ok(());
        }
    };
    let before = tally.result;
    for folder in &folders {
        block_in_place(|| Aside::new(&MachineDisk).settle(folder))?;
        delete(folder, Utc::now(), false, tally).await?;
    }
    // Of the removal itself only what it moved counts.
    tally.result = RemovalResult { kept: tally.result.kept, ..before };
    Ok(())
}

async fn delete(folder: &Path, now: DateTime<Utc>, all: bool, tally: &mut Tally<'_>) -> Result<()> {
    let found = block_in_place(|| content(folder))?;
    // Unreadable pins may be pins of these.
    let pins = if found.files.is_empty() { Default::default() } else { block_in_place(|| pins_of(folder))? };
    for file in &found.files {
        // A clock that was set back, and a file that no journal tells of, leave time.
        let is_over = file.times.is_some_and(|(at, keep_until)| at <= now && keep_until <= now);
        if !all && !is_over {
            continue;
        }
        let is_pinned = pins.pins.iter().any(|pin| file.sets.contains(&pin.backup_set_guid));
        let step = if is_pinned {
            step(file, StepState::Kept, "it is pinned".to_owned())
        } else {
            match block_in_place(|| Aside::new(&MachineDisk).empty(file, now)) {
                Ok(()) => step(file, StepState::Deleted, "its time among the removed files is over".to_owned()),
                Err(error) => step(file, StepState::Kept, error.to_string()),
            }
        };
        tally.tell(step).await;
    }
    Ok(())
}

fn step(file: &AsideFile, state: StepState, reason: String) -> RemovalStep {
    RemovalStep {
        file: file.path.display().to_string(),
        kept_as: (state == StepState::Kept).then(|| file.kept.display().to_string()),
        size: file.size,
        state,
        reason,
    }
}

fn locked(paths: &[String]) -> Result<(BTreeSet<PathBuf>, FolderLocks)> {
    let folders = folders_with(paths)?;
    let locks = FolderLocks::take(&folders, &BTreeSet::new())?;
    Ok((folders, locks))
}

/// The folders, and those below them, in which something was moved aside.
fn folders_with(paths: &[String]) -> Result<BTreeSet<PathBuf>> {
    let mut with = BTreeSet::new();
    for path in paths {
        let root = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
        let mut todo = vec![root];
        while let Some(folder) = todo.pop() {
            let entries = std::fs::read_dir(&folder).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotADirectory => {
                    let shown = folder.display().to_string();
                    Error::new(Code::Request, format!("`{shown}` is no folder")).hint("name its folder").target(shown)
                }
                std::io::ErrorKind::NotFound => {
                    let shown = folder.display().to_string();
                    Error::new(Code::FileNotFound, format!("there is no folder `{shown}`"))
                        .hint("check the path, and that the drive or share is connected")
                        .target(shown)
                }
                _ => refused("reading", &folder, &error),
            })?;
            for entry in entries {
                let entry = entry.map_err(|error| refused("reading", &folder, &error))?;
                // Links are not followed, so no circle is walked.
                if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                if entry.file_name() == ASIDE {
                    with.insert(folder.clone());
                } else {
                    todo.push(entry.path());
                }
            }
        }
    }
    Ok(with)
}
