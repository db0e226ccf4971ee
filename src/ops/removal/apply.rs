//! Applies a plan of removal: exactly that plan or less. Everything is read anew under the locks of
//! the folders, every file is compared with the plan, and the whole is proven again before the
//! first file moves; after a file that could not be moved, the rest is proven once more.
//!
//! The newest files go first. What needs another is newer than that, so a removal that is stopped
//! leaves whole chains.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeDelta, Utc};
use tokio::task::block_in_place;

use super::aside::{Aside, Going};
use super::disk::MachineDisk;
use super::{RemovalStep, StepState, Tally, undo};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::media::{FileSource, read_headers};
use crate::ops::Context;
use crate::ops::folder::{self, FolderLocks, Found, FoundFile, is_open_elsewhere, modified_ns};
use crate::policy::retention::{DeleteReason, FileFact, Inventory, Item, RemovalPlan, Verdict, recheck};
use crate::wire::kept::{PlannedFile, PlannedRemoval, PlannedUnit};

/// A plan that is older is made anew: the rules look at the date.
const PLAN_HOURS: i64 = 24;

pub(super) async fn run(plan: PlannedRemoval, grace_days: u32, tally: &mut Tally<'_>, context: &Context) -> Result<()> {
    context.phase(Phase::Checking);
    let now = Utc::now();
    check_plan(&plan, &machine(), now)?;
    let keep_until = now.checked_add_signed(TimeDelta::days(i64::from(grace_days))).unwrap_or(now);
    if !plan.units.is_empty() {
        move_aside(&plan, (now, keep_until), tally, context).await?;
    }
    undo::empty_expired(&plan.folders, tally, context).await
}

/// Moves the units aside, as far as they are still what the plan says and nothing needs them.
async fn move_aside(
    plan: &PlannedRemoval,
    (now, keep_until): (DateTime<Utc>, DateTime<Utc>),
    tally: &mut Tally<'_>,
    context: &Context,
) -> Result<()> {
    let planned = plan.units.iter().flat_map(|unit| &unit.files).filter_map(|file| Path::new(&file.file).parent());
    let mut needed: BTreeSet<PathBuf> = planned.map(Path::to_owned).collect();
    needed.extend(plan.folders.iter().map(PathBuf::from));
    // What the proof rests on must not change either; the locks are taken before anything is read.
    let around = folder::read(&plan.folders, false, context).await?.folders();
    let _locks = block_in_place(|| FolderLocks::take(&needed, &around))?;
    let aside = Aside::new(&MachineDisk);
    for folder in &needed {
        if block_in_place(|| aside.settle(folder))? > 0 {
            let text = format!("an earlier removal in `{}` had been broken off and was put right", folder.display());
            context.say(Level::Warning, text);
        }
    }

    let found = folder::read(&plan.folders, true, context).await?;
    let known: HashMap<&str, &FoundFile> = found.files.iter().map(|file| (file.fact.file.as_str(), file)).collect();
    let mut going: Vec<&PlannedUnit> = Vec::new();
    for unit in &plan.units {
        match unit.files.iter().find_map(|file| changed(file, known.get(file.file.as_str()).copied())) {
            None => going.push(unit),
            Some(why) => tell_all(tally, unit, StepState::Kept, &why).await,
        }
    }
    let local = Local::now().fixed_offset();
    prove(&found, &going, local)?;
    let ages = ages(&found);
    let age = |unit: &PlannedUnit| unit.files.iter().filter_map(|file| ages.get(file.file.as_str())).max().copied();
    going.sort_by_key(|unit| Reverse(age(unit)));

    context.check()?;
    for at in 0..going.len() {
        if context.cancelled().is_cancelled() {
            return Err(Error::cancelled(format!(
                "the removal was cancelled after {at} of {} units; the others are where they were",
                going.len()
            )));
        }
        let unit = going[at];
        match block_in_place(|| remove(&aside, unit, now, keep_until)) {
            Ok(()) => tell_all(tally, unit, StepState::Removed, "").await,
            Err(error) => {
                tell_all(tally, unit, StepState::Kept, &error.to_string()).await;
                let rest = &going[at + 1..];
                if let Err(why) = still_holds(&found, &going[..at], rest, local) {
                    for unit in rest {
                        tell_all(tally, unit, StepState::Kept, &why).await;
                    }
                    break;
                }
            }
        }
        context.percent((at + 1) as f64 * 100.0 / going.len() as f64);
    }
    Ok(())
}

/// Refuses a plan of another place or time.
pub(super) fn check_plan(plan: &PlannedRemoval, machine: &str, now: DateTime<Utc>) -> Result<()> {
    let refuse = |message: String| Err(Error::new(Code::Chain, message).hint("make a new plan and apply that"));
    if !plan.machine.eq_ignore_ascii_case(machine) {
        return refuse(format!("the plan was made for `{}`, and this is `{machine}`", plan.machine));
    }
    if now < plan.made_at {
        return refuse(format!("the clock was set back: the plan was made at {}, and now it is {now}", plan.made_at));
    }
    if now - plan.made_at > TimeDelta::hours(PLAN_HOURS) {
        return refuse(format!("the plan is of {} and counts for {PLAN_HOURS} hours", plan.made_at));
    }
    Ok(())
}

/// Name of this machine, as plans carry it.
pub(in crate::ops) fn machine() -> String {
    let named = std::env::var("COMPUTERNAME").ok().or_else(|| std::fs::read_to_string("/etc/hostname").ok());
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unnamed".to_owned())
}

/// How a file differs from the plan, if it does.
pub(super) fn changed(planned: &PlannedFile, found: Option<&FoundFile>) -> Option<String> {
    let Some(found) = found else { return Some("it is gone since the plan was made".to_owned()) };
    let since = |what: &str| Some(format!("{what} since the plan was made"));
    if found.fact.size != planned.size {
        return since("its size changed");
    }
    if found.modified_ns != planned.modified_ns {
        return since("it was written to");
    }
    if found.sets != planned.sets {
        return since("its backup sets changed");
    }
    if found.fact.pinned.is_some() {
        return since("it was pinned");
    }
    if found.fact.locked {
        return Some("another program has it open".to_owned());
    }
    found.fact.unclear.as_ref().map(|why| format!("it cannot be read any more: {why}"))
}

/// Proves that the units may go.
pub(super) fn prove(found: &Found, going: &[&PlannedUnit], now: DateTime<FixedOffset>) -> Result<()> {
    let files: Vec<FileFact> = found.files.iter().map(|file| file.fact.clone()).collect();
    let inventory = Inventory { sets: &found.sets, files: &files, unread_folders: &found.unread, now };
    recheck(&inventory, &deletions(going)).map_err(|violation| {
        Error::new(Code::Chain, format!("the plan does not hold any more, and nothing was removed: {violation}"))
            .hint("make a new plan and apply that")
    })
}

/// Proves that the rest may go although one of the units stayed.
pub(super) fn still_holds(
    found: &Found,
    gone: &[&PlannedUnit],
    rest: &[&PlannedUnit],
    now: DateTime<FixedOffset>,
) -> Result<(), String> {
    let both: Vec<&PlannedUnit> = gone.iter().chain(rest).copied().collect();
    prove(found, &both, now).map_err(|_| "something that could not be removed needs it".to_owned())
}

fn deletions(units: &[&PlannedUnit]) -> RemovalPlan {
    let items = units.iter().enumerate().flat_map(|(unit, planned)| {
        planned.files.iter().map(move |file| Item {
            file: file.file.clone(),
            size: file.size,
            verdict: Verdict::Delete(DeleteReason::Expired),
            unit,
        })
    });
    RemovalPlan { items: items.collect(), refused: None }
}

/// The newest set of each file.
pub(super) fn ages(found: &Found) -> HashMap<&str, NaiveDateTime> {
    let mut ages: HashMap<&str, NaiveDateTime> = HashMap::new();
    for fact in &found.sets {
        if let Some(finish) = fact.set.backup_finish_date {
            let newest = ages.entry(fact.file.as_str()).or_insert(finish);
            *newest = (*newest).max(finish);
        }
    }
    ages
}

/// Looks at each file of a unit for the last time, and moves the unit aside.
fn remove(
    aside: &Aside<'_, MachineDisk>,
    unit: &PlannedUnit,
    at: DateTime<Utc>,
    keep_until: DateTime<Utc>,
) -> Result<()> {
    for file in &unit.files {
        let path = Path::new(&file.file);
        let changed = |how: &str| {
            Error::new(Code::Busy, format!("`{}` {how}", file.file)).hint("make a new plan").target(&file.file)
        };
        let metadata = std::fs::symlink_metadata(path).map_err(|error| super::refused("looking at", path, &error))?;
        if metadata.len() != file.size || modified_ns(&metadata) != file.modified_ns {
            return Err(changed("was written to at this moment"));
        }
        if is_open_elsewhere(path) {
            return Err(changed("is open in another program").retryable());
        }
        let media = FileSource::open(path).and_then(|source| read_headers(&source)).map_err(|_| changed("changed"))?;
        let sets = media.sets.iter().map(|entry| (entry.set.position, entry.set.backup_set_guid));
        if !sets.eq(file.sets.iter().copied()) {
            return Err(changed("holds other backup sets now"));
        }
    }
    let going: Vec<Going> = unit
        .files
        .iter()
        .map(|file| Going {
            path: PathBuf::from(&file.file),
            size: file.size,
            database: file.database.clone(),
            sets: file.sets.iter().filter_map(|(_, guid)| *guid).collect(),
            reason: file.reason.clone(),
        })
        .collect();
    aside.remove(&going, at, keep_until)
}

pub(super) async fn tell_all(tally: &mut Tally<'_>, unit: &PlannedUnit, state: StepState, why: &str) {
    for file in &unit.files {
        let reason = if why.is_empty() { file.reason.clone() } else { why.to_owned() };
        let step = RemovalStep { file: file.file.clone(), kept_as: None, size: file.size, state, reason };
        tally.tell(step).await;
    }
}
