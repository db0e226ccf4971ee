//! Makes a plan of removal.

use super::inventory::{Inventory, PruneScope};
use super::item::{DeleteReason, Item, KeepReason, Refusal, RemovalPlan, Verdict};
use super::marks::{Marks, Units};
use super::recheck::{Known, guards, prove, views};
use super::rules::{RuleError, Rules};
use super::wanted::FamilyView;
use crate::policy::chain::Catalog;

/// What may go of the inventory by the rules, proven as [`recheck`](super::recheck()) does.
///
/// # Errors
/// The rules cannot be meant.
pub fn plan_removal(inventory: &Inventory<'_>, rules: &Rules, scope: &PruneScope) -> Result<RemovalPlan, RuleError> {
    rules.check()?;
    let catalog = Catalog::new(inventory.sets);
    let families = views(&catalog, inventory.now);
    let file_of_fact = match guards(inventory, &catalog, &families).and_then(|()| inventory.file_of_sets()) {
        Ok(file_of_fact) => file_of_fact,
        Err(refusal) => return Ok(nothing(inventory, refusal)),
    };
    let units = Units::new(&catalog, &file_of_fact, inventory.files.len());
    let mut marks = Marks::new(catalog.sets().len());
    mark_untouchable(inventory, &catalog, scope, &units, &mut marks);
    for family in &families {
        family.mark(&catalog, rules, |set| scope.holds(catalog.sets()[set].header), &mut marks);
    }
    marks.close(&catalog, &families, &units);

    let items = inventory.files.iter().enumerate().map(|(at, file)| Item {
        file: file.file.clone(),
        size: file.size,
        verdict: verdict(&catalog, &families, &units, &marks, inventory, at),
        unit: units.of_file[at],
    });
    let plan = RemovalPlan { items: items.collect(), refused: None };
    let known = Known { catalog: &catalog, families: &families, units: &units };
    match prove(inventory, &known, &plan) {
        Ok(()) => Ok(plan),
        Err(violation) => Ok(nothing(inventory, Refusal::NotProven(violation.to_string()))),
    }
}

/// Marks the sets of files that are not to be touched, so that what they need is kept too.
fn mark_untouchable(
    inventory: &Inventory<'_>,
    catalog: &Catalog<'_>,
    scope: &PruneScope,
    units: &Units,
    marks: &mut Marks,
) {
    for (set, known) in catalog.sets().iter().enumerate() {
        if !scope.holds(known.header) {
            let server = known.header.server_name.as_deref().unwrap_or("an unnamed server");
            marks.keep(set, || KeepReason::Foreign(format!("{} on {server}", known.header.database_name)));
        }
        for file in units.files_of_set[set].iter().map(|file| &inventory.files[*file]) {
            if let Some(why) = &file.unclear {
                marks.keep(set, || KeepReason::Unclear(why.clone()));
            }
            if file.locked {
                marks.keep(set, || KeepReason::Locked);
            }
            if let Some(why) = &file.pinned {
                marks.keep(set, || KeepReason::Pinned(why.clone()));
            }
        }
    }
}

fn verdict(
    catalog: &Catalog<'_>,
    families: &[FamilyView],
    units: &Units,
    marks: &Marks,
    inventory: &Inventory<'_>,
    file: usize,
) -> Verdict {
    let fact = &inventory.files[file];
    if let Some(why) = &fact.unclear {
        return Verdict::Keep(KeepReason::Unclear(why.clone()));
    }
    if fact.locked {
        return Verdict::Keep(KeepReason::Locked);
    }
    if let Some(why) = &fact.pinned {
        return Verdict::Keep(KeepReason::Pinned(why.clone()));
    }
    let own = || units.sets_of_file(file);
    if own().next().is_none() {
        return Verdict::Keep(KeepReason::Unknown);
    }
    let reasons = || own().filter_map(|set| marks.reasons[set].as_ref());
    let by_rule = reasons().find(|reason| !is_general(reason));
    let needed = || own().find_map(|set| marks.needed_by[set]).map(|set| KeepReason::NeededBy(catalog.place(set)));
    if let Some(reason) = by_rule.cloned().or_else(needed).or_else(|| reasons().next().cloned()) {
        return Verdict::Keep(reason);
    }
    let restorable = |set: usize| families[catalog.sets()[set].family].restorable(set).is_some();
    let unusable = || own().find_map(|set| catalog.sets()[set].role.clone().err());
    Verdict::Delete(match own().any(restorable) {
        true => DeleteReason::Expired,
        false => unusable().map_or(DeleteReason::Orphan, DeleteReason::Unusable),
    })
}

/// Whether a reason says less than who needs the file.
fn is_general(reason: &KeepReason) -> bool {
    use KeepReason::{LastChain, Minimum, NeededBy, NewerThanVerified, TogetherWith};
    matches!(reason, NeededBy(_) | TogetherWith(_) | Minimum(_) | LastChain | NewerThanVerified)
}

fn nothing(inventory: &Inventory<'_>, refusal: Refusal) -> RemovalPlan {
    let items = inventory.files.iter().enumerate().map(|(unit, file)| Item {
        file: file.file.clone(),
        size: file.size,
        verdict: Verdict::Keep(KeepReason::Refused),
        unit,
    });
    RemovalPlan { items: items.collect(), refused: Some(refusal) }
}
