//! Removal of files that only the server sees: read, verified and deleted through it.
//!
//! A file cannot be moved aside this way, only deleted for good, so it has to be wished expressly.
//! What is kept is verified by the server before anything goes; what goes is not.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, FixedOffset, Utc};

use super::apply::{ages, changed, check_plan, prove, still_holds, tell_all};
use super::{StepState, Tally};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::model::{BackupSet, Guid};
use crate::ops::chain::removal::plan;
use crate::ops::folder::{Found, FoundFile, read_through};
use crate::ops::verify::Verdict as Checked;
use crate::ops::{Context, RemovalPlanned, RemovalRow, check, patience, verify};
use crate::policy::chain::{ChainSet, Soundness};
use crate::policy::retention::{PruneScope, Rules, Verdict};
use crate::sql::{self, Options, ServerFacts, Session};
use crate::wire::kept::{PlannedFile, PlannedRemoval, PlannedUnit};

/// Plans a removal in folders of the server. With `verify` the server verifies what would stay until
/// the plan rests on nothing that was not verified; without, nothing counts as sound.
pub(in crate::ops) async fn plan_through(
    session: &mut Session,
    facts: &ServerFacts,
    mut found: Found,
    rules: &Rules,
    scope: &PruneScope,
    verify: bool,
    context: &Context,
) -> Result<(RemovalPlanned, Vec<RemovalRow>)> {
    let now = clock(facts);
    if verify {
        verify_what_stays(session, &mut found, now, rules, scope, context).await?;
    }
    let (mut planned, rows) = plan(&found, now, rules, scope, true)?;
    let sound = found.sets.iter().filter(|fact| fact.soundness == Soundness::Verified);
    let sound = sound.map(|fact| (fact.file.clone(), fact.set.position, fact.set.backup_set_guid)).collect();
    planned.plan = planned.plan.map(|plan| plan.through(place(facts), sound));
    Ok((planned, rows))
}

/// Has the server verify all that would stay, until nothing that would stay is left to verify.
async fn verify_what_stays(
    session: &mut Session,
    found: &mut Found,
    now: DateTime<FixedOffset>,
    rules: &Rules,
    scope: &PruneScope,
    context: &Context,
) -> Result<()> {
    let mut known: HashMap<(String, u16), Soundness> = HashMap::new();
    loop {
        // As if all that nobody verified were sound: what would stay then has to be.
        let doubted: Vec<usize> = unverified(&found.sets, &known);
        doubted.iter().for_each(|at| found.sets[*at].soundness = Soundness::Verified);
        let assumed = plan(found, now, rules, scope, true);
        doubted.iter().for_each(|at| found.sets[*at].soundness = Soundness::Unchecked);
        let (planned, rows) = assumed?;
        if planned.delete == 0 {
            return Ok(());
        }
        let stays: HashSet<&str> = rows
            .iter()
            .filter(|row| matches!(row.item.verdict, Verdict::Keep(_)))
            .map(|row| row.item.file.as_str())
            .collect();
        let todo: Vec<usize> = doubted.into_iter().filter(|at| stays.contains(found.sets[*at].file.as_str())).collect();
        if todo.is_empty() {
            return Ok(());
        }
        for at in todo {
            context.check()?;
            let (file, position) = (found.sets[at].file.clone(), found.sets[at].set.position);
            if !known.contains_key(&(file, position)) {
                verify_one(session, &found.sets, at, &mut known, context).await?;
            }
        }
        for fact in &mut found.sets {
            if let Some(soundness) = known.get(&(fact.file.clone(), fact.set.position)) {
                fact.soundness = *soundness;
            }
        }
    }
}

/// The sets that nobody has tried to verify.
fn unverified(sets: &[ChainSet], known: &HashMap<(String, u16), Soundness>) -> Vec<usize> {
    let is_open = |at: &usize| {
        let fact = &sets[*at];
        fact.soundness == Soundness::Unchecked && !known.contains_key(&(fact.file.clone(), fact.set.position))
    };
    (0..sets.len()).filter(is_open).collect()
}

/// Has the server verify a set, over all its stripes.
async fn verify_one(
    session: &mut Session,
    sets: &[ChainSet],
    at: usize,
    known: &mut HashMap<(String, u16), Soundness>,
    context: &Context,
) -> Result<()> {
    let one = &sets[at];
    let mut stripes: Vec<&ChainSet> = vec![one];
    if one.family_count > 1 {
        let same = |other: &&ChainSet| other.media_set_id == one.media_set_id && other.set.position == one.set.position;
        stripes = sets.iter().filter(same).collect();
        stripes.sort_by_key(|stripe| stripe.family);
        stripes.dedup_by_key(|stripe| stripe.family);
    }
    let files: Vec<String> = stripes.iter().map(|stripe| stripe.file.clone()).collect();
    let header: BackupSet = one.set.clone();
    let soundness = match verify::one(session, &files, header, context).await {
        Ok(row) => match row.verdict {
            Checked::Sound | Checked::Unprotected => Soundness::Verified,
            Checked::Damaged => Soundness::Damaged,
            Checked::Incomplete => Soundness::Incomplete,
        },
        // A stripe is missing, or the file cannot be read now: it proves nothing.
        Err(error) if verify::is_of_the_file(&error) => Soundness::Unchecked,
        Err(error) => return Err(error),
    };
    for stripe in stripes {
        known.insert((stripe.file.clone(), stripe.set.position), soundness);
    }
    Ok(())
}

/// Deletes what a plan names, for good.
///
/// # Errors
/// Nothing was deleted: it was not wished expressly, the plan is of another server or time, or it
/// does not hold any more.
pub(super) async fn apply_through(
    server: &Options,
    plan: PlannedRemoval,
    force: bool,
    tally: &mut Tally<'_>,
    context: &Context,
) -> Result<()> {
    if !force {
        return Err(Error::new(
            Code::Unsupported,
            "files that only the server sees cannot be moved aside, only deleted for good: there is no undo",
        )
        .hint("give -Force if you want that, or run Remove-PGBackup on the server's machine or on a share")
        .target("force"));
    }
    let (mut session, facts) = check::connect(server, context).await?;
    context.phase(Phase::Checking);
    check_plan(&plan, &place(&facts), Utc::now())?;
    let files = || plan.units.iter().flat_map(|unit| &unit.files);
    let databases: BTreeSet<&str> = files().map(|file| file.database.as_str()).collect();
    for database in databases {
        if !patience::lock(&mut session, database).await? {
            return Err(Error::new(
                Code::Busy,
                format!("a plan of the database `{database}` is running at this moment"),
            )
            .hint("wait until it has ended, then try again")
            .target(database)
            .retryable());
        }
    }
    let mut found = read_through(&mut session, &facts, &plan.folders, context).await?;
    let sound: HashSet<(&str, u16, Option<Guid>)> =
        plan.verified.iter().map(|(file, position, guid)| (file.as_str(), *position, *guid)).collect();
    for fact in found.sets.iter_mut().filter(|fact| fact.soundness == Soundness::Unchecked) {
        if sound.contains(&(fact.file.as_str(), fact.set.position, fact.set.backup_set_guid)) {
            fact.soundness = Soundness::Verified;
        }
    }
    let known: HashMap<&str, &FoundFile> = found.files.iter().map(|file| (file.fact.file.as_str(), file)).collect();
    let mut going: Vec<&PlannedUnit> = Vec::new();
    for unit in &plan.units {
        match unit.files.iter().find_map(|file| changed(file, known.get(file.file.as_str()).copied())) {
            None => going.push(unit),
            Some(why) => tell_all(tally, unit, StepState::Kept, &why).await,
        }
    }
    prove(&found, &going, clock(&facts))?;
    let ages = ages(&found);
    let age = |unit: &PlannedUnit| unit.files.iter().filter_map(|file| ages.get(file.file.as_str())).max().copied();
    // What needs another is newer than that, so a removal that is stopped leaves whole chains.
    going.sort_by_key(|unit| Reverse(age(unit)));
    for at in 0..going.len() {
        context.check()?;
        let unit = going[at];
        match delete(&mut session, unit, context).await {
            Ok(()) => tell_all(tally, unit, StepState::Deleted, "").await,
            Err(error) if sql::lacks_right(&error) => {
                let hint =
                    "let a member of sysadmin do it, or run Remove-PGBackup on the server's machine or on a share";
                return Err(error.hint(hint));
            }
            Err(error) if !verify::is_of_the_file(&error) => return Err(error),
            Err(error) => {
                tell_all(tally, unit, StepState::Kept, &error.to_string()).await;
                let rest = &going[at + 1..];
                if let Err(why) = still_holds(&found, &going[..at], rest, clock(&facts)) {
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

/// Looks at each file of a unit for the last time, and deletes the unit.
async fn delete(session: &mut Session, unit: &PlannedUnit, context: &Context) -> Result<()> {
    for file in &unit.files {
        let sets = sql::headers(session, &file.file, &context.cancelled()).await?;
        if !sets.iter().map(|set| (set.position, set.backup_set_guid)).eq(file.sets.iter().copied()) {
            let message = format!("`{}` holds other backup sets now", file.file);
            return Err(Error::new(Code::Busy, message).hint("make a new plan").target(&file.file));
        }
    }
    for (at, file) in unit.files.iter().enumerate() {
        let deleted = delete_file(session, file).await;
        if let (Err(error), 1..) = (&deleted, at) {
            let message = format!("{error}; other stripes of the set are deleted already, so this one is of no use");
            return Err(Error::new(error.code, message).hint("delete the rest by hand").target(&file.file));
        }
        deleted?;
    }
    Ok(())
}

async fn delete_file(session: &mut Session, file: &PlannedFile) -> Result<()> {
    sql::delete_backup_file(session, &file.file).await?;
    // The procedure says nothing of a file that it left alone.
    match sql::file_state(session, &file.file).await {
        Some(state) if state.exists => {
            let message = format!("the server left `{}` alone", file.file);
            Err(Error::new(Code::BackupDevice, message)
                .hint("look whether another program has it open")
                .target(&file.file))
        }
        _ => Ok(()),
    }
}

/// What plans of a server's files carry in place of a machine.
fn place(facts: &ServerFacts) -> String {
    format!("SQL Server {}", facts.name)
}

/// The server's clock.
fn clock(facts: &ServerFacts) -> DateTime<FixedOffset> {
    facts.now.and_utc().with_timezone(&facts.offset)
}
