//! What a set that cannot be reached builds on, and where that was named.

use super::catalog::real;
use super::facts::Role;
use super::reach::Solution;
use super::scope::Scope;

/// What is missing before the set of a node, in words.
pub(super) fn why_unattached(scope: &Scope<'_, '_>, solution: &Solution, at: usize) -> String {
    let node = &scope.reach.nodes[at];
    let header = scope.header(at);
    if node.role == Role::Differential {
        let sets = scope.sets.iter().map(|set| (*set, &scope.catalog.sets()[*set]));
        let Some(guid) = real(header.differential_base_guid) else {
            return format!("no full with checkpoint LSN {} is known, on which it builds", header.database_backup_lsn);
        };
        let mut base = sets.filter(|(_, set)| real(set.header.backup_set_guid) == Some(guid));
        return match base.next() {
            Some((set, known)) => match &known.role {
                Err(why) => format!("its full `{}` cannot be used: {why}", scope.catalog.place(set)),
                Ok(_) => format!("its base `{}` is no full that a differential can build on", scope.catalog.place(set)),
            },
            None => format!("its full is not known: backup set {guid}, made before {}", when(header)),
        };
    }
    let nodes = &scope.reach.nodes;
    let before = nodes
        .iter()
        .zip(&solution.ways)
        .filter(|(state, way)| way.is_some() && state.fork == node.fork && state.last < node.first)
        .map(|(state, _)| state.last)
        .max();
    match before {
        Some(end) => format!(
            "a log backup is missing: the restorable log ends at LSN {end}, and this one begins at LSN {}",
            node.first
        ),
        None => format!("no full that ends between LSN {} and {} on its recovery fork is known", node.first, node.last),
    }
}

fn when(header: &crate::model::BackupSet) -> String {
    let at = header.backup_start_date.or(header.backup_finish_date);
    at.map_or_else(|| "it".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
}
