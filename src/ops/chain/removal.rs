//! What may be removed: a verdict for every file, and a plan that can be applied.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone, Utc};

use super::ChainReply;
use crate::error::{Code, Error, Result};
use crate::ops::folder::{Found, FoundFile};
use crate::ops::removal::apply::machine;
use crate::ops::{Context, Row};
use crate::policy::retention::{FileFact, Inventory, Item, PruneScope, RemovalPlan, Rules, Verdict, plan_removal};
use crate::wire::kept::{PlannedFile, PlannedRemoval, PlannedUnit};

/// KEEP or DELETE for one file.
#[derive(Clone, Debug)]
pub struct RemovalRow {
    /// The file.
    pub item: Item,
    /// Time of its last change; `None` where nobody looked.
    pub modified: Option<DateTime<Utc>>,
    /// The database of its first set; empty if it is no backup.
    pub database: String,
    /// How many sets it holds.
    pub sets: usize,
    /// `BackupSetGUID` of each, as far as they have one.
    pub backup_set_guids: Vec<crate::model::Guid>,
    /// When the newest of them finished, by the server's clock.
    pub newest: Option<NaiveDateTime>,
    /// Why it could not be read, if so.
    pub error: Option<Error>,
}

/// A plan of removal as a whole.
#[derive(Clone, Debug)]
pub struct RemovalPlanned {
    /// Files that stay.
    pub keep: u64,
    /// Files that may go.
    pub delete: u64,
    /// Bytes of them.
    pub delete_bytes: u64,
    /// Why nothing at all is removed, if so.
    pub refused: Option<String>,
    /// What could not be read in full.
    pub unread: Vec<String>,
    /// The plan for people, a line a file.
    pub text: String,
    /// The plan to be applied; `None` for sets that the caller told.
    pub plan: Option<PlannedRemoval>,
}

pub(super) async fn run(
    found: Found,
    now: DateTime<FixedOffset>,
    rules: &Rules,
    scope: &PruneScope,
    from_folders: bool,
    context: &Context,
) -> Result<ChainReply> {
    Ok(tell(plan(&found, now, rules, scope, from_folders)?, context).await)
}

/// Tells a plan: a row a file, and the whole.
pub(super) async fn tell((planned, rows): (RemovalPlanned, Vec<RemovalRow>), context: &Context) -> ChainReply {
    for row in rows {
        context.row(Row::RemovalItem(Box::new(row))).await;
    }
    ChainReply::Removal(Box::new(planned))
}

/// A verdict for every file, and the whole.
///
/// # Errors
/// The rules cannot be meant.
pub(in crate::ops) fn plan(
    found: &Found,
    now: DateTime<FixedOffset>,
    rules: &Rules,
    scope: &PruneScope,
    from_folders: bool,
) -> Result<(RemovalPlanned, Vec<RemovalRow>)> {
    let facts: Vec<FileFact> = found.files.iter().map(|file| file.fact.clone()).collect();
    let inventory = Inventory { sets: &found.sets, files: &facts, unread_folders: &found.unread, now };
    let plan = plan_removal(&inventory, rules, scope)
        .map_err(|error| Error::new(Code::Request, error.to_string()).target("rules"))?;
    let mut newest: HashMap<&str, NaiveDateTime> = HashMap::new();
    for fact in &found.sets {
        if let Some(finish) = fact.set.backup_finish_date {
            let known = newest.entry(fact.file.as_str()).or_insert(finish);
            *known = (*known).max(finish);
        }
    }
    let planned = RemovalPlanned {
        keep: (plan.items.len() - plan.deletions().count()) as u64,
        delete: plan.deletions().count() as u64,
        delete_bytes: plan.deletions().map(|item| item.size).sum(),
        refused: plan.refused.as_ref().map(ToString::to_string),
        unread: found.unread.clone(),
        text: text(&plan),
        plan: from_folders.then(|| document(&plan, found)),
    };
    let rows = plan.items.into_iter().zip(&found.files).map(|(item, file)| RemovalRow {
        newest: newest.get(file.fact.file.as_str()).copied(),
        modified: (file.modified_ns != 0).then(|| Utc.timestamp_nanos(file.modified_ns)),
        database: file.database.clone(),
        sets: file.sets.len(),
        backup_set_guids: file.sets.iter().filter_map(|(_, guid)| *guid).collect(),
        error: file.error.clone(),
        item,
    });
    Ok((planned, rows.collect()))
}

/// What is handed back to be applied.
fn document(plan: &RemovalPlan, found: &Found) -> PlannedRemoval {
    let mut units: BTreeMap<usize, PlannedUnit> = BTreeMap::new();
    for (item, file) in plan.items.iter().zip(&found.files) {
        if let Verdict::Delete(reason) = &item.verdict {
            let unit = units.entry(item.unit).or_insert_with(|| PlannedUnit { files: Vec::new() });
            unit.files.push(planned_file(item, file, reason.to_string()));
        }
    }
    let folders = found.roots.iter().map(|root| root.display().to_string()).collect();
    PlannedRemoval::new(Utc::now(), machine(), folders, units.into_values().collect())
}

fn planned_file(item: &Item, file: &FoundFile, reason: String) -> PlannedFile {
    PlannedFile {
        file: item.file.clone(),
        size: item.size,
        modified_ns: file.modified_ns,
        database: file.database.clone(),
        sets: file.sets.clone(),
        reason,
    }
}

/// The plan for people.
fn text(plan: &RemovalPlan) -> String {
    let mut text = String::new();
    for item in &plan.items {
        text.push_str(&format!("{:<6}  {}  ({})\n", item.verdict.word(), item.file, item.verdict));
    }
    if let Some(refusal) = &plan.refused {
        text.push_str(&format!("{refusal}\n"));
    }
    let bytes: u64 = plan.deletions().map(|item| item.size).sum();
    text.push_str(&format!("{} of {} files may go, {bytes} bytes\n", plan.deletions().count(), plan.items.len()));
    text
}
