//! Whether a differential backup may be made, or has to become a full one.
//!
//! A differential is worth nothing without the full backup it is based on. The server knows that
//! base by its GUID; an archive (one file with a full and its differentials) must hold it.

use crate::model::{BackupSet, BackupType, Guid};

/// Why a differential became a full backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promotion {
    /// The database has no full backup to be based on.
    NoBase,
    /// `master` knows full backups only.
    Master,
    /// The archive does not exist yet: it begins with a full.
    NewArchive,
    /// The archive does not hold the server's base: somebody made a full backup elsewhere, or the
    /// archive's own was made before a restore.
    ForeignBase {
        /// `BackupSetGUID` of the server's base.
        base: Guid,
    },
}

impl Promotion {
    /// A word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Promotion::NoBase => "no_base",
            Promotion::Master => "master",
            Promotion::NewArchive => "new_archive",
            Promotion::ForeignBase { .. } => "foreign_base",
        }
    }

    /// One sentence for people.
    pub fn reason(self) -> String {
        match self {
            Promotion::NoBase => "the database has no full backup that a differential could be based on".to_owned(),
            Promotion::Master => "SQL Server makes only full backups of master".to_owned(),
            Promotion::NewArchive => "the archive is new and begins with a full backup".to_owned(),
            Promotion::ForeignBase { base } => format!(
                "the differential would be based on the full backup {base}, which is not in the archive: somebody made \
                 a full backup elsewhere since"
            ),
        }
    }
}

/// What the decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The database.
    pub database: &'a str,
    /// GUID of the full backup that the server would base a differential on.
    pub base: Option<Guid>,
    /// With an archive: its sets, `None` if the file does not exist.
    pub archive: Option<Option<&'a [BackupSet]>>,
}

/// Why a wanted differential has to become a full backup; `None`: it may be made.
pub fn promotion(facts: &Facts<'_>) -> Option<Promotion> {
    if facts.database.eq_ignore_ascii_case("master") {
        return Some(Promotion::Master);
    }
    let Some(base) = facts.base else { return Some(Promotion::NoBase) };
    match facts.archive {
        None => None,
        Some(None) => Some(Promotion::NewArchive),
        Some(Some(sets)) => {
            let holds_base = sets.iter().any(|set| {
                set.backup_type == BackupType::Full
                    && set.backup_set_guid == Some(base)
                    && set.is_copy_only != Some(true)
                    && set.is_damaged != Some(true)
            });
            (!holds_base).then_some(Promotion::ForeignBase { base })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Guid = Guid::from_u128(7);

    fn facts<'a>(base: Option<Guid>, archive: Option<Option<&'a [BackupSet]>>) -> Facts<'a> {
        Facts { database: "PayamGostar2", base, archive }
    }

    #[test]
    fn a_differential_needs_its_base() {
        assert_eq!(promotion(&facts(None, None)), Some(Promotion::NoBase));
        assert_eq!(promotion(&facts(Some(BASE), None)), None);
        assert_eq!(promotion(&facts(Some(BASE), Some(None))), Some(Promotion::NewArchive));
        assert_eq!(promotion(&facts(Some(BASE), Some(Some(&[])))), Some(Promotion::ForeignBase { base: BASE }));
    }

    #[test]
    fn an_archive_serves_only_with_the_servers_own_base() {
        let set = |guid, kind, copy_only| {
            let mut set = BackupSet::of(kind, 1, "PayamGostar2");
            set.backup_set_guid = Some(guid);
            set.is_copy_only = Some(copy_only);
            set
        };
        let decide = |sets: &[BackupSet]| promotion(&facts(Some(BASE), Some(Some(sets))));
        assert_eq!(
            decide(&[set(BASE, BackupType::Full, false), set(Guid::from_u128(8), BackupType::Differential, false)]),
            None
        );
        let foreign = Some(Promotion::ForeignBase { base: BASE });
        assert_eq!(decide(&[set(Guid::from_u128(9), BackupType::Full, false)]), foreign);
        assert_eq!(decide(&[set(BASE, BackupType::Full, true)]), foreign);
    }

    #[test]
    fn master_is_always_full() {
        let facts = Facts { database: "Master", base: Some(BASE), archive: None };
        assert_eq!(promotion(&facts), Some(Promotion::Master));
    }
}
