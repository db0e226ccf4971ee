//! Whole file names of a run: expanded, valid, and not yet taken.

use std::collections::HashSet;

use super::path::{PathError, PathStyle};
use super::safe::{folded, is_reserved};
use super::template::{NameFacts, Template};

/// File names that exist, compared without case as Windows does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenNames(HashSet<String>);

impl TakenNames {
    /// Whether a file of this name exists.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(&folded(name))
    }

    /// Notes that a file of this name exists.
    pub fn insert(&mut self, name: &str) {
        self.0.insert(folded(name));
    }
}

impl<S: AsRef<str>> FromIterator<S> for TakenNames {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> TakenNames {
        TakenNames(names.into_iter().map(|name| folded(name.as_ref())).collect())
    }
}

/// A run for which no file name can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Backups go to 1 to 64 files.
    #[error("{0} stripes are not possible: SQL Server writes a backup to 1 to 64 files")]
    Stripes(u16),
    /// The path cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// The paths of a run's files, one a stripe, in `folder` as the server sees it. Where a name is in
/// `taken`, all of the set get `_2`, `_3`, ... before the extension: an existing backup is never
/// appended to or written over by accident.
///
/// # Errors
/// The number of stripes is impossible, or a path cannot be used; see [`PathStyle::check`].
pub fn backup_file_names(
    template: &Template,
    facts: &NameFacts<'_>,
    style: PathStyle,
    folder: &str,
    taken: &TakenNames,
) -> Result<Vec<String>, NameError> {
    if !(1..=64).contains(&facts.stripes) {
        return Err(NameError::Stripes(facts.stripes));
    }
    let names: Vec<(String, String)> = (1..=facts.stripes)
        .map(|stripe| {
            let (stem, extension) = template.expand(facts, stripe);
            let device = stem.is_empty() || is_reserved(&format!("{stem}{extension}"));
            (if device { format!("_{stem}") } else { stem }, extension)
        })
        .collect();
    let mut number: u64 = 1;
    let free = loop {
        let tried: Vec<String> = names
            .iter()
            .map(|(stem, extension)| match number {
                1 => format!("{stem}{extension}"),
                _ => format!("{stem}_{number}{extension}"),
            })
            .collect();
        if !tried.iter().any(|name| taken.contains(name)) {
            break tried;
        }
        number += 1;
    };
    free.into_iter()
        .map(|name| {
            let path = style.join(folder, &name);
            style.check(&path)?;
            Ok(path)
        })
        .collect()
}
