//! The request of a question about a schedule.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::field::{KindField, ScheduleField, window};
use crate::error::{Code, Error, Result};
use crate::ops::{Question, ScheduleQuery};
use crate::policy::schedule::{BackupDone, CatchUp, Failure};

/// The most times that one question gives.
const MOST: usize = 10_000;

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Next,
    Missed,
    Due,
    Describe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    kind: Kind,
    schedule: ScheduleField,
    now: Option<String>,
    from: Option<String>,
    since: Option<String>,
    count: Option<i64>,
    #[serde(default)]
    backups: Vec<RunField>,
    #[serde(default)]
    failures: Vec<RunField>,
    window: Option<String>,
    grace_minutes: Option<i64>,
}

/// A backup, or a run that failed: what, and when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunField {
    #[serde(rename = "type")]
    kind: KindField,
    at: String,
}

/// Reads a question about a schedule.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault and a right example.
pub fn schedule_query(text: &str) -> Result<ScheduleQuery> {
    let request: Request = crate::wire::request::read("schedule query", text)?;
    request.check_fields()?;
    let now = || moment("now", request.now.as_deref());
    let question = match request.kind {
        Kind::Next => Question::Next { now: now()?, count: count(request.count, 1)? },
        Kind::Missed => {
            let from = moment("from", request.from.as_deref())?;
            Question::Missed { from, now: now()?, limit: count(request.count, MOST)? }
        }
        Kind::Due => Question::Due {
            now: now()?,
            since: request.since.as_deref().map_or(Ok(DateTime::UNIX_EPOCH), |text| moment("since", Some(text)))?,
            catch_up: CatchUp {
                window: request.window.as_deref().map(|text| window("window", text)).transpose()?,
                grace: grace(request.grace_minutes)?,
            },
        },
        Kind::Describe => Question::Describe,
    };
    let runs = |name: &str, runs: &[RunField]| -> Result<Vec<(KindField, DateTime<Utc>)>> {
        let all = runs.iter().enumerate();
        all.map(|(at, run)| Ok((run.kind, moment(&format!("{name}[{at}].at"), Some(&run.at))?))).collect()
    };
    let backups = runs("backups", &request.backups)?;
    let failures = runs("failures", &request.failures)?;
    Ok(ScheduleQuery {
        schedule: request.schedule.read("schedule")?,
        question,
        backups: backups.into_iter().map(|(kind, started)| BackupDone { kind: kind.into(), started }).collect(),
        failures: failures.into_iter().map(|(kind, at)| Failure { kind: kind.into(), at }).collect(),
    })
}

impl Request {
    /// Refuses fields that this kind of question would not heed.
    fn check_fields(&self) -> Result<()> {
        use Kind::{Due, Missed, Next};
        let fields: [(&str, bool, &[Kind]); 8] = [
            ("now", self.now.is_some(), &[Next, Missed, Due]),
            ("from", self.from.is_some(), &[Missed]),
            ("since", self.since.is_some(), &[Due]),
            ("count", self.count.is_some(), &[Next, Missed]),
            ("backups", !self.backups.is_empty(), &[Next, Missed, Due]),
            ("failures", !self.failures.is_empty(), &[Due]),
            ("window", self.window.is_some(), &[Due]),
            ("grace_minutes", self.grace_minutes.is_some(), &[Due]),
        ];
        for (name, given, kinds) in fields {
            if given && !kinds.contains(&self.kind) {
                let message = format!("`{name}`: a question of this `kind` has no such field");
                return Err(Error::new(Code::Request, message).hint("see pgbackup.h for its fields").target(name));
            }
        }
        Ok(())
    }
}

pub(in crate::wire) fn moment(field: &str, text: Option<&str>) -> Result<DateTime<Utc>> {
    let wrong = |why: String| {
        Err(Error::new(Code::Request, format!("`{field}`: {why}"))
            .hint("write it like 2026-11-20T11:00:00Z, or with an offset: 2026-11-20T14:30:00+03:30")
            .target(field))
    };
    let Some(text) = text else { return wrong("it is missing".to_owned()) };
    match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => Ok(moment.to_utc()),
        Err(_) => wrong(format!("`{text}` is not a moment with its zone")),
    }
}

fn count(count: Option<i64>, default: usize) -> Result<usize> {
    let Some(given) = count else { return Ok(default) };
    usize::try_from(given).ok().filter(|count| (1..=MOST).contains(count)).ok_or_else(|| {
        Error::new(Code::Request, format!("`count`: {given} is not possible"))
            .hint(format!("give 1 to {MOST}, such as 10"))
            .target("count")
    })
}

/// How late a run may begin and still be on time.
pub(in crate::wire) fn grace(minutes: Option<i64>) -> Result<TimeDelta> {
    let Some(given) = minutes else { return Ok(CatchUp::default().grace) };
    let most = 7 * 1440;
    let minutes = Some(given).filter(|minutes| (0..=most).contains(minutes));
    minutes.map(TimeDelta::minutes).ok_or_else(|| {
        Error::new(Code::Request, format!("`grace_minutes`: {given} is not possible"))
            .hint(format!("give 0 to {most}, such as 15"))
            .target("grace_minutes")
    })
}
