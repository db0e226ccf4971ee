//! Whether the parts of a set agree with each other: front and back header, header and pages.

use std::collections::BTreeMap;

use super::finding::FindingKind;
use super::mqci::Mqci;
use super::page::PAGE;

/// What differs between the two copies of a set's header that must not.
///
/// Dates, sizes, page counts and (since SQL Server 2019) LSNs are settled while the backup runs, so
/// they may differ.
pub(crate) fn of_copies(front: &Mqci, back: &Mqci) -> Vec<FindingKind> {
    let (a, b) = (&front.scin, &back.scin);
    let checks = [
        (a.database_name == b.database_name, "database name"),
        (a.server_name == b.server_name, "server name"),
        (a.letter == b.letter, "backup type"),
        ((a.major, a.minor, a.build) == (b.major, b.minor, b.build), "software version"),
        (a.database_version == b.database_version, "database version"),
        (a.compatibility_level == b.compatibility_level, "compatibility level"),
        (a.created == b.created, "database creation date"),
        (a.started == b.started, "start date"),
        (a.database_backup_lsn == b.database_backup_lsn, "DatabaseBackupLSN"),
        (a.binding_id == b.binding_id, "BindingID"),
        (a.family_guid == b.family_guid, "FamilyGUID"),
        (a.recovery_fork_id == b.recovery_fork_id, "RecoveryForkID"),
        (a.differential_base_lsn == b.differential_base_lsn, "DifferentialBaseLSN"),
        (a.differential_base_guid == b.differential_base_guid, "DifferentialBaseGUID"),
        ((a.collation, a.sort_order) == (b.collation, b.sort_order), "collation"),
        (front.groups == back.groups, "filegroups"),
        (same_files(front, back), "files"),
    ];
    checks.into_iter().filter(|(same, _)| !same).map(|(_, what)| FindingKind::HeadersDisagree(what)).collect()
}

fn same_files(front: &Mqci, back: &Mqci) -> bool {
    front.files.len() == back.files.len()
        && front.files.iter().zip(&back.files).all(|(a, b)| {
            (a.id, a.kind, a.group, a.unique_id) == (b.id, b.kind, b.group, b.unique_id)
                && a.logical_name == b.logical_name
                && a.physical_name == b.physical_name
        })
}

/// Files whose pages are not as many as the front header promises (of one family's set).
pub(crate) fn of_pages(front: &Mqci, found: &BTreeMap<u32, u64>) -> Vec<FindingKind> {
    let promised: BTreeMap<u32, u64> =
        front.files.iter().filter(|file| file.kind == 1).map(|file| (file.id, u64::from(file.pages))).collect();
    let mut all: Vec<u32> = promised.keys().chain(found.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let count = |of: &BTreeMap<u32, u64>, file: u32| of.get(&file).copied().unwrap_or(0);
    all.into_iter()
        .map(|file| (file, count(&promised, file), count(found, file)))
        .filter(|(_, promised, found)| promised != found)
        .map(|(file, promised, found)| FindingKind::PageCount { file, promised, found })
        .collect()
}

/// Files whose size in the backup is not that of their pages.
pub(crate) fn of_sizes(front: &Mqci) -> Vec<FindingKind> {
    let wrong =
        front.files.iter().any(|file| file.kind == 1 && file.backup_size != u64::from(file.pages) * PAGE as u64);
    if wrong { vec![FindingKind::HeadersDisagree("BackupSizeInBytes and pages of a file")] } else { Vec::new() }
}
