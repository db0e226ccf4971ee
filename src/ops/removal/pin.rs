//! Pins sets, and takes pins away. A pin is of a set: it holds in every copy of its file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::Utc;
use tokio::task::block_in_place;

use super::{PinStep, RemovalResult, StepState, refused, write_whole};
use crate::error::{Code, Error, Result};
use crate::media::{FileSource, read_headers};
use crate::model::Guid;
use crate::ops::folder::{FolderLocks, PINS, pins_of};
use crate::ops::query::of_media;
use crate::ops::{Context, Row, Source};
use crate::wire::kept::Pin;

/// Pins with a reason, unpins without one.
pub(super) async fn run(sources: Vec<Source>, reason: Option<String>, context: &Context) -> Result<RemovalResult> {
    let mut result = RemovalResult::default();
    for source in sources {
        context.check()?;
        match block_in_place(|| change(&source, reason.as_deref())) {
            Ok(steps) => {
                for step in steps {
                    match step.state {
                        StepState::Unchanged => result.kept += 1,
                        _ => result.changed += 1,
                    }
                    context.row(Row::Pin(Box::new(step))).await;
                }
            }
            Err(error) => {
                result.kept += 1;
                context.row(Row::Failed { target: source.file, error: Box::new(error) }).await;
            }
        }
    }
    Ok(result)
}

/// Changes the pins of one file's sets.
fn change(source: &Source, reason: Option<&str>) -> Result<Vec<PinStep>> {
    let path = std::path::absolute(&source.file).unwrap_or_else(|_| PathBuf::from(&source.file));
    let file = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    let sets = sets(&path, source)?;
    let _lock = FolderLocks::take(&BTreeSet::from([folder.clone()]), &BTreeSet::new())?;
    let mut pins = pins_of(&folder)?;
    let mut steps = Vec::new();
    for (position, guid) in sets {
        let known = pins.pins.iter().position(|pin| pin.backup_set_guid == guid);
        let state = match (known, reason) {
            (Some(at), Some(reason)) if pins.pins[at].reason == reason => StepState::Unchanged,
            (known, Some(reason)) => {
                let pin = Pin { backup_set_guid: guid, reason: reason.to_owned(), at: Utc::now(), file: file.clone() };
                match known {
                    Some(at) => pins.pins[at] = pin,
                    None => pins.pins.push(pin),
                }
                StepState::Pinned
            }
            (Some(at), None) => {
                pins.pins.remove(at);
                StepState::Unpinned
            }
            (None, None) => StepState::Unchanged,
        };
        let reason = reason.unwrap_or_default().to_owned();
        steps.push(PinStep { file: file.clone(), position, backup_set_guid: guid, state, reason });
    }
    if steps.iter().any(|step| step.state != StepState::Unchanged) {
        let path = folder.join(PINS);
        write_whole(&path, &pins.print()).map_err(|error| refused("writing the pins", &path, &error))?;
    }
    Ok(steps)
}

/// Position and GUID of the sets that are meant.
fn sets(path: &Path, source: &Source) -> Result<Vec<(u16, Guid)>> {
    let media = FileSource::open(path).and_then(|file| read_headers(&file)).map_err(|error| of_media(&error))?;
    let file = path.display().to_string();
    let meant: Vec<_> = media
        .sets
        .iter()
        .map(|entry| &entry.set)
        .filter(|set| source.position.is_none_or(|position| position == set.position))
        .filter(|set| source.backup_set_guid.is_none_or(|guid| Some(guid) == set.backup_set_guid))
        .collect();
    if meant.is_empty() {
        return Err(Error::new(Code::SetNotFound, format!("`{file}` has no such backup set"))
            .hint("list its sets with Get-PGBackup")
            .target(file));
    }
    let with_guid: Vec<(u16, Guid)> =
        meant.iter().filter_map(|set| Some((set.position, set.backup_set_guid?))).collect();
    if with_guid.is_empty() {
        return Err(Error::new(Code::Unsupported, format!("the backup sets in `{file}` have no GUID to pin them by"))
            .hint("move the file out of the folder instead")
            .target(file));
    }
    Ok(with_guid)
}
