//! The append archive on the server: which file it is now, what closes it, how it grows.

use super::base::folder_of;
use super::place::Namer;
use super::{ArchiveState, BackupResult, ClosedArchive};
use crate::error::{Code, Error};
use crate::job::Level;
use crate::model::BackupSet;
use crate::ops::{Context, verify};
use crate::policy::archive::{Rollover, full_at, growth};
use crate::policy::base::Origin;
use crate::policy::naming::{ARCHIVE_TEMPLATE, ROLLING_ARCHIVE_TEMPLATE, Template, drive_letter, is_name_of};
use crate::sql::{self, ServerFacts, Session};

/// The template of archives, if none was given.
pub(super) fn usual_template(rollover: Option<&Rollover>) -> &'static str {
    if rollover.is_some() { ROLLING_ARCHIVE_TEMPLATE } else { ARCHIVE_TEMPLATE }
}

/// The files of the archive that is appended to now: those of the server's differential base, if
/// they are an archive of ours in the folder. Names decide it only against files that somebody else
/// put there; what is in them is looked at before anything is appended.
pub(super) fn current(
    namer: &Namer<'_>,
    template: &Template,
    folder: &str,
    rollover: Option<&Rollover>,
    base: Option<&Origin>,
) -> Option<Vec<String>> {
    let base = base.filter(|base| base.in_files())?;
    let style = namer.style;
    let alike = |one: &str, other: &str| {
        let plain = |text: &str| text.trim_end_matches(['\\', '/']).to_lowercase().replace('/', "\\");
        plain(one) == plain(other)
    };
    let here = base.devices.iter().all(|file| alike(folder_of(style, file), folder));
    let first = style.file_name(base.devices.first()?);
    let facts = namer.facts();
    let single = Template::parse(ARCHIVE_TEMPLATE).ok();
    let named = is_name_of(template, &facts, first) || single.is_some_and(|single| is_name_of(&single, &facts, first));
    // Where each full begins an archive, one that was made by hand does so too.
    let ours = named || rollover.is_some() && base.named_by_us();
    let stripes = base.devices.len() == usize::from(facts.stripes);
    (here && ours && stripes).then(|| base.devices.clone())
}

/// Has the server check every set of an archive that was closed: it counts as a backup only then.
pub(super) async fn verify_closed(session: &mut Session, closed: &mut ClosedArchive, context: &Context) {
    let file = closed.files.first().cloned().unwrap_or_default();
    let mut verified = true;
    for set in closed.sets.clone() {
        let position = set.position;
        let found = match context.check() {
            Ok(()) => verify::one(session, &closed.files, set, context).await,
            Err(error) => Err(error),
        };
        let finding = match found {
            Ok(row) => match row.verdict {
                verify::Verdict::Sound | verify::Verdict::Unprotected => continue,
                verify::Verdict::Damaged | verify::Verdict::Incomplete => {
                    let message = format!("set {position} of the archive `{file}` is {}", row.verdict.word());
                    verified = false;
                    let hint = "keep the archive: its other sets may still be good, and the new one does not hold their states";
                    let mut error = Error::new(Code::Corrupt, message).hint(hint).target(&file);
                    error.server = row.messages;
                    error
                }
            },
            Err(error) => {
                closed.verified = None;
                closed.finding = Some(Box::new(error));
                return;
            }
        };
        context.say(Level::Warning, finding.message.clone());
        closed.finding.get_or_insert(Box::new(finding));
    }
    closed.verified = Some(verified);
}

/// How the archive grows that a backup went into; `sets` were in it before.
pub(super) async fn state(
    session: &mut Session,
    facts: &ServerFacts,
    mut sets: Vec<BackupSet>,
    made: &BackupResult,
    context: &Context,
) -> ArchiveState {
    let file = made.files.first().map_or("", String::as_str);
    sets.push(BackupSet {
        backup_start_date: made.started,
        backup_finish_date: made.finished,
        backup_size: made.backup_size,
        compressed_backup_size: made.compressed_backup_size,
        is_copy_only: Some(made.copy_only),
        ..BackupSet::of(made.kind, made.position, made.database.clone())
    });
    let now = (facts.now.and_utc()).with_timezone(&facts.offset).naive_local();
    let growth = growth(&sets, now);
    let free = match drive_letter(file) {
        Some(letter) => sql::free_space(session, letter).await,
        None => None,
    };
    let full_at = free.zip(growth.per_day).and_then(|(free, per_day)| full_at(free, per_day, now));
    if let Some(at) = full_at.filter(|at| *at - now < chrono::TimeDelta::days(SOON_DAYS)) {
        let at = at.format("%Y-%m-%d");
        context.say(Level::Warning, format!("the drive of the archive `{file}` will be full on {at} if it goes on so"));
    }
    ArchiveState { growth, free, full_at }
}

/// A disk that is full within so many days is warned of.
const SOON_DAYS: i64 = 14;
