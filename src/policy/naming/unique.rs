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

/// Whether a template could have given a file this name, at whatever time, as the first of its
/// stripes: times and numbers count as alike, and a number behind the name is one that made it free.
pub fn is_name_of(template: &Template, facts: &NameFacts<'_>, name: &str) -> bool {
    let shape = |text: &str| -> String {
        folded(text).chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
    };
    let (stem, extension) = template.expand(facts, 1);
    let name = shape(name);
    let Some(found) = name.strip_suffix(&shape(&extension)) else { return false };
    let rest = found.strip_prefix(&shape(&stem));
    rest.is_some_and(|rest| rest.is_empty() || matches!(rest, "_0" | "_00" | "_000"))
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, NaiveDate};

    use super::*;
    use crate::model::BackupType;

    #[test]
    fn names_of_a_template_are_known_again_at_another_time() {
        let facts = NameFacts {
            server: "CRM",
            instance: None,
            database: "PayamGostar2",
            other_databases: &[],
            backup_type: BackupType::Full,
            copy_only: false,
            utc: NaiveDate::from_ymd_opt(2026, 11, 20).and_then(|day| day.and_hms_opt(1, 2, 3)).expect("a moment"),
            offset: FixedOffset::east_opt(12_600).expect("an offset"),
            stripes: 1,
        };
        let is = |template: &str, name: &str| is_name_of(&Template::parse(template).expect("one"), &facts, name);
        for name in ["PayamGostar2.bak", "payamgostar2.BAK", "PayamGostar2_2.bak", "PayamGostar2_117.bak"] {
            assert!(is("{Database}", name), "{name}");
        }
        for name in ["PayamGostar2_20261120_010203Z.bak", "PayamGostar2.trn", "Other.bak", "before PayamGostar2.bak"] {
            assert!(!is("{Database}", name), "{name}");
        }
        assert!(is("{Database}_{Utc}", "PayamGostar2_20251231_235959Z.bak"));
        assert!(is("{Database}_{Utc}", "PayamGostar2_20251231_235959Z_2.bak"));
        assert!(!is("{Database}_{Utc}", "PayamGostar2.bak"));
    }
}
