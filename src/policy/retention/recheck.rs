//! Proves a plan of removal from nothing but the facts of the moment: run when a plan is made, and
//! again, with a fresh inventory, just before it is applied.

use std::collections::{HashMap, HashSet};

use super::inventory::Inventory;
use super::item::{Refusal, RemovalPlan};
use super::marks::Units;
use super::wanted::FamilyView;
use crate::policy::chain::{Catalog, ChainSet};

/// Why a plan must not be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The time for removing is wrong altogether.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A file is not what it was when the plan was made.
    #[error("`{file}` {how} since the plan was made; make a new plan")]
    Changed {
        /// The file.
        file: String,
        /// How it changed.
        how: &'static str,
    },
    /// Only some stripes of a set would go.
    #[error("`{0}` is a stripe of a set of which other files stay")]
    SplitUnit(String),
    /// A set that stays could not be restored any more.
    #[error("`{0}` stays but could not be restored any more")]
    Broken(String),
    /// Nothing verified would be left of a database.
    #[error("no verified backup of `{0}` that can be restored would be left")]
    NothingLeft(String),
}

/// Whether removing the files that the plan names breaks nothing.
///
/// # Errors
/// The first reason why it must not be applied.
pub fn recheck(inventory: &Inventory<'_>, plan: &RemovalPlan) -> Result<(), Violation> {
    let gone: HashSet<&str> = plan.deletions().map(|item| item.file.as_str()).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let file_of: HashMap<&str, usize> =
        inventory.files.iter().enumerate().map(|(at, file)| (file.file.as_str(), at)).collect();
    for item in plan.deletions() {
        let changed = |how| Violation::Changed { file: item.file.clone(), how };
        let file = file_of.get(item.file.as_str()).map(|at| &inventory.files[*at]).ok_or(changed("is gone"))?;
        if file.size != item.size {
            return Err(changed("changed its size"));
        }
        if file.locked {
            return Err(changed("was opened"));
        }
        if file.pinned.is_some() {
            return Err(changed("was pinned"));
        }
        if file.unclear.is_some() {
            return Err(changed("became unclear"));
        }
    }
    let catalog = Catalog::new(inventory.sets);
    let before = views(&catalog, inventory);
    guards(inventory, &catalog, &before)?;

    let mut file_of_fact = Vec::with_capacity(inventory.sets.len());
    for fact in inventory.sets {
        let file = file_of.get(fact.file.as_str());
        file_of_fact.push(*file.ok_or_else(|| Refusal::Unlisted(fact.file.clone()))?);
    }
    let units = Units::new(&catalog, &file_of_fact, inventory.files.len());
    let mut unit_goes: HashMap<usize, bool> = HashMap::new();
    for (at, file) in inventory.files.iter().enumerate() {
        let goes = gone.contains(file.file.as_str());
        if *unit_goes.entry(units.of_file[at]).or_insert(goes) != goes {
            return Err(Violation::SplitUnit(file.file.clone()));
        }
    }

    let left: Vec<usize> =
        (0..inventory.sets.len()).filter(|fact| !gone.contains(inventory.sets[*fact].file.as_str())).collect();
    let rest = Catalog::of(left.iter().map(|fact| &inventory.sets[*fact]).collect::<Vec<&ChainSet>>());
    let after = views(&rest, inventory);
    let was = |set: usize| before[catalog.sets()[set].family].restorable(set);
    // What was provably restorable and is still there must stay so.
    for (at, fact) in left.iter().enumerate() {
        let (Some(old), Some(new)) = (catalog.set_of_fact(*fact), rest.set_of_fact(at)) else { continue };
        if after[rest.sets()[new].family].restorable(new) < was(old) {
            return Err(Violation::Broken(catalog.place(old)));
        }
    }
    let verified = |catalog: &Catalog<'_>, views: &[FamilyView]| -> HashSet<(Option<crate::model::Guid>, String)> {
        let sets = catalog.sets().iter().enumerate();
        let proven = sets.filter(|(at, set)| views[set.family].restorable(*at) == Some(true));
        proven.map(|(_, set)| (catalog.families()[set.family].guid, set.header.database_name.to_lowercase())).collect()
    };
    let stays = verified(&rest, &after);
    match verified(&catalog, &before).into_iter().find(|database| !stays.contains(database)) {
        Some((_, name)) => Err(Violation::NothingLeft(name)),
        None => Ok(()),
    }
}

/// Whether this is a time to remove anything.
pub(super) fn guards(inventory: &Inventory<'_>, catalog: &Catalog<'_>, views: &[FamilyView]) -> Result<(), Refusal> {
    if let Some(folder) = inventory.unread_folders.first() {
        return Err(Refusal::UnreadFolder(folder.clone()));
    }
    if let Some(set) = views.iter().find_map(FamilyView::ahead_of_clock) {
        let header = catalog.sets()[set].header;
        let now = inventory.now.naive_local();
        let newest = header.backup_finish_date.or(header.backup_start_date).unwrap_or(now);
        return Err(Refusal::ClockBehind { now, newest, file: catalog.place(set) });
    }
    Ok(())
}

fn views(catalog: &Catalog<'_>, inventory: &Inventory<'_>) -> Vec<FamilyView> {
    (0..catalog.families().len()).map(|family| FamilyView::new(catalog, family, inventory.now)).collect()
}
