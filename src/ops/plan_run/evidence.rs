//! The backups that exist: in the plan's folder, where this machine sees it, and by the server's
//! history, as far as their files are still there.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use crate::error::Result;
use crate::media::{FileSource, SetStatus, read_headers};
use crate::model::{BackupSet, BackupType, Guid};
use crate::plan::Plan;
use crate::policy::schedule::{BackupDone, RunKind};
use crate::sql::{self, HistoryFilter, ServerFacts, Session};

/// The newest backups of the history that are looked at.
const LOOKED_AT: u32 = 5_000;

/// Quarters of an hour that stand for "not known" in a set.
const NO_ZONE: i16 = 127;

/// A backup that exists.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it is.
    pub kind: RunKind,
    /// When it was begun.
    pub started: DateTime<Utc>,
    /// Its files, one a stripe.
    pub files: Vec<String>,
    guid: Option<Guid>,
    base: Option<Guid>,
}

/// The backups of a plan's database in its folder, if the server is this very machine and the folder
/// can be read here. Else `None`: then only the server knows.
///
/// It may block.
pub fn local(plan: &Plan) -> Option<Vec<Seen>> {
    if !plan.address.is_loopback() {
        return None;
    }
    let entries = std::fs::read_dir(Path::new(&plan.destination)).ok()?;
    let paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().ok()?;
    let mut seen = Vec::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        let name = path.display().to_string();
        // What is no backup, or cannot be read, is none that could be restored.
        let Ok(media) = FileSource::open(&name).and_then(|source| read_headers(&source)) else { continue };
        for entry in media.sets.iter().filter(|entry| matches!(entry.status, SetStatus::Complete)) {
            let quarters = entry.facts.time_zone_quarter_hours;
            let offset =
                FixedOffset::east_opt(i32::from(quarters) * 900).filter(|_| i32::from(quarters) != i32::from(NO_ZONE));
            let offset = offset.or_else(|| FixedOffset::east_opt(0));
            seen.extend(offset.and_then(|offset| of_set(plan, &entry.set, vec![name.clone()], offset)));
        }
    }
    Some(whole(seen))
}

/// What the server remembers of a plan's database, the newest first, with the files of each backup.
pub(in crate::ops) async fn history(plan: &Plan, session: &mut Session) -> Result<Vec<(BackupSet, Vec<String>)>> {
    let filter =
        HistoryFilter { databases: vec![plan.database.clone()], last: Some(LOOKED_AT), ..HistoryFilter::default() };
    let (sender, mut rows) = mpsc::channel(64);
    let gather = async {
        let mut all: Vec<(BackupSet, Vec<String>)> = Vec::new();
        while let Some(row) = rows.recv().await {
            all.push(row);
        }
        all
    };
    let (asked, mut all) = tokio::join!(sql::history(session, &filter, sender), gather);
    asked?;
    all.sort_by_key(|(set, _)| std::cmp::Reverse(set.backup_start_date));
    Ok(all)
}

/// Whether the server still sees all files of a backup. `states` remembers what was asked.
pub(in crate::ops) async fn exist(session: &mut Session, files: &[String], states: &mut HashMap<String, bool>) -> bool {
    let mut there = !files.is_empty();
    for file in files {
        if !states.contains_key(file) {
            // A login that may not ask takes the history's word.
            let exists = sql::file_state(session, file).await.is_none_or(|state| state.exists);
            states.insert(file.clone(), exists);
        }
        there &= states.get(file).copied().unwrap_or(false);
    }
    there
}

/// The backups of a plan's database that the server remembers and whose files it still sees: as far
/// back as the newest full.
pub(in crate::ops) async fn of_server(plan: &Plan, session: &mut Session, facts: &ServerFacts) -> Result<Vec<Seen>> {
    let mut seen = Vec::new();
    let mut states: HashMap<String, bool> = HashMap::new();
    let mut has_log = false;
    for (set, files) in history(plan, session).await? {
        // One log is enough, and of fulls the newest: nothing older is asked for.
        if set.backup_type == BackupType::Log && has_log {
            continue;
        }
        let Some(one) = of_set(plan, &set, files, facts.offset) else { continue };
        if !exist(session, &one.files, &mut states).await {
            continue;
        }
        has_log |= one.kind == RunKind::Log;
        let full = one.kind == RunKind::Full;
        seen.push(one);
        if full {
            break;
        }
    }
    Ok(whole(seen))
}

/// Both lists as one.
pub(super) fn together(mut seen: Vec<Seen>, more: Vec<Seen>) -> Vec<Seen> {
    let known: BTreeSet<Guid> = seen.iter().filter_map(|one| one.guid).collect();
    seen.extend(more.into_iter().filter(|one| one.guid.is_none_or(|guid| !known.contains(&guid))));
    whole(seen)
}

/// As the schedule's rules want it.
pub(in crate::ops) fn done(seen: &[Seen]) -> Vec<BackupDone> {
    seen.iter().map(|one| BackupDone { kind: one.kind, started: one.started }).collect()
}

fn of_set(plan: &Plan, set: &BackupSet, files: Vec<String>, offset: FixedOffset) -> Option<Seen> {
    // A copy-only backup is a person's own and serves no plan.
    if set.is_copy_only == Some(true) || set.is_damaged == Some(true) {
        return None;
    }
    if set.database_name.to_lowercase() != plan.database.to_lowercase() {
        return None;
    }
    let kind = match set.backup_type {
        BackupType::Full => RunKind::Full,
        BackupType::Differential => RunKind::Differential,
        BackupType::Log => RunKind::Log,
        _ => return None,
    };
    let started = utc(set.backup_start_date?, set.time_zone, offset)?;
    Some(Seen { kind, started, files, guid: set.backup_set_guid, base: set.differential_base_guid })
}

/// A set tells its own offset from UTC, in quarters of an hour; older ones do not.
fn utc(local: NaiveDateTime, quarters: Option<i16>, offset: FixedOffset) -> Option<DateTime<Utc>> {
    let seconds =
        quarters.filter(|quarters| *quarters != NO_ZONE).map_or(offset.local_minus_utc(), |q| i32::from(q) * 900);
    local.checked_sub_signed(TimeDelta::seconds(i64::from(seconds))).map(|utc| utc.and_utc())
}

/// Leaves out differentials whose full is gone.
fn whole(mut seen: Vec<Seen>) -> Vec<Seen> {
    let fulls: BTreeSet<Guid> =
        seen.iter().filter(|one| one.kind == RunKind::Full).filter_map(|one| one.guid).collect();
    seen.retain(|one| one.kind != RunKind::Differential || one.base.is_none_or(|base| fulls.contains(&base)));
    seen
}
