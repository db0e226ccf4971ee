//! Proves a plan of removal from nothing but the facts of the moment: run when a plan is made, and
//! again, with a fresh inventory, just before it is applied.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, FixedOffset, Timelike};

use super::inventory::{FileFact, Inventory};
use super::item::{Refusal, RemovalPlan};
use super::marks::Units;
use super::wanted::FamilyView;
use crate::model::Guid;
use crate::policy::chain::Catalog;
use crate::policy::chain::catalog::folded;

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
    if plan.deletions().next().is_none() {
        return Ok(());
    }
    let catalog = Catalog::new(inventory.sets);
    let families = views(&catalog, inventory.now);
    guards(inventory, &catalog, &families)?;
    unchanged(inventory, plan)?;
    let units = Units::new(&catalog, &inventory.file_of_sets()?, inventory.files.len());
    prove(inventory, &Known { catalog: &catalog, families: &families, units: &units }, plan)
}

/// What is known of an inventory, worked out once.
pub(super) struct Known<'k, 'a> {
    pub catalog: &'k Catalog<'a>,
    pub families: &'k [FamilyView],
    pub units: &'k Units,
}

/// Whether every file that would go is what it was.
fn unchanged(inventory: &Inventory<'_>, plan: &RemovalPlan) -> Result<(), Violation> {
    let files: HashMap<&str, &FileFact> = inventory.files.iter().map(|file| (file.file.as_str(), file)).collect();
    for item in plan.deletions() {
        let changed = |how| Violation::Changed { file: item.file.clone(), how };
        let file = files.get(item.file.as_str()).ok_or(changed("is gone"))?;
        let how = match file {
            file if file.size != item.size => "changed its size",
            file if file.locked => "was opened",
            file if file.pinned.is_some() => "was pinned",
            file if file.unclear.is_some() => "became unclear",
            _ => continue,
        };
        return Err(changed(how));
    }
    Ok(())
}

/// Whether what stays can be restored as before, from the facts that would be left.
pub(super) fn prove(inventory: &Inventory<'_>, known: &Known<'_, '_>, plan: &RemovalPlan) -> Result<(), Violation> {
    let gone: HashSet<&str> = plan.deletions().map(|item| item.file.as_str()).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let Known { catalog, families: before, units } = known;
    let mut unit_goes: HashMap<usize, bool> = HashMap::new();
    for (at, file) in inventory.files.iter().enumerate() {
        let goes = gone.contains(file.file.as_str());
        if *unit_goes.entry(units.of_file[at]).or_insert(goes) != goes {
            return Err(Violation::SplitUnit(file.file.clone()));
        }
    }

    let left: Vec<usize> =
        (0..inventory.sets.len()).filter(|fact| !gone.contains(inventory.sets[*fact].file.as_str())).collect();
    let rest = Catalog::of(left.iter().map(|fact| &inventory.sets[*fact]).collect());
    let after = views(&rest, inventory.now);
    let was = |set: usize| before[catalog.sets()[set].family].restorable(set);
    // What was provably restorable and is still there must stay so.
    for (at, fact) in left.iter().enumerate() {
        let (Some(old), Some(new)) = (catalog.set_of_fact(*fact), rest.set_of_fact(at)) else { continue };
        if after[rest.sets()[new].family].restorable(new) < was(old) {
            return Err(Violation::Broken(catalog.place(old)));
        }
    }
    let stays = proven(&rest, &after);
    match proven(catalog, before).into_iter().find(|database| !stays.contains(database)) {
        Some((_, name)) => Err(Violation::NothingLeft(name)),
        None => Ok(()),
    }
}

/// The databases, by family and name, of which a verified state can be restored.
fn proven(catalog: &Catalog<'_>, views: &[FamilyView]) -> BTreeSet<(Option<Guid>, String)> {
    let mut names: HashSet<(usize, &str)> = HashSet::new();
    let sets = catalog.sets().iter().enumerate();
    let verified = sets.filter(|(at, set)| views[set.family].restorable(*at) == Some(true));
    names.extend(verified.map(|(_, set)| (set.family, set.header.database_name.as_str())));
    names.into_iter().map(|(family, name)| (catalog.families()[family].guid, folded(name))).collect()
}

/// Whether this is a time to remove anything.
pub(super) fn guards(inventory: &Inventory<'_>, catalog: &Catalog<'_>, views: &[FamilyView]) -> Result<(), Refusal> {
    if let Some(folder) = inventory.unread_folders.first() {
        return Err(Refusal::UnreadFolder(folder.clone()));
    }
    if let Some(set) = views.iter().find_map(FamilyView::ahead_of_clock) {
        let header = catalog.sets()[set].header;
        // Both as the server's clock shows them, where the set tells its offset: two zones could not be compared.
        let offset = header.time_zone.and_then(|quarters| FixedOffset::east_opt(i32::from(quarters) * 900));
        let now = inventory.now.with_timezone(&offset.unwrap_or(*inventory.now.offset())).naive_local();
        let now = now.with_nanosecond(0).unwrap_or(now);
        let newest = header.backup_finish_date.or(header.backup_start_date).unwrap_or(now);
        return Err(Refusal::ClockBehind { now, newest, file: catalog.place(set) });
    }
    Ok(())
}

/// A view of each family.
pub(super) fn views(catalog: &Catalog<'_>, now: DateTime<FixedOffset>) -> Vec<FamilyView> {
    (0..catalog.families().len()).map(|family| FamilyView::new(catalog, family, now)).collect()
}
