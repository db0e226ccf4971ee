//! Requests about plans.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::file::plan_for_file;
use crate::error::{Code, Error, Result};
use crate::ops::{PlanCall, PlanRunWish, ReportCommand};
use crate::plan::{Folders, check_name};
use crate::policy::calendar::Language;
use crate::wire::request::{read, without_nul};
use crate::wire::schedule::moment;

/// The longest wait for another run: a day.
const MOST_WAIT: i64 = 86_400_000;

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    List,
    Get,
    Save,
    Check,
    Remove,
    Schedule,
    Idle,
    History,
    Register,
    Unit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    kind: Kind,
    folder: Option<String>,
    name: Option<String>,
    plan: Option<Value>,
    #[serde(default)]
    replace: bool,
    now: Option<String>,
    count: Option<i64>,
    command: Option<Vec<String>>,
    account: Option<String>,
    #[serde(default)]
    wake: bool,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LanguageField {
    #[default]
    English,
    Persian,
}

impl From<LanguageField> for Language {
    fn from(field: LanguageField) -> Language {
        match field {
            LanguageField::English => Language::English,
            LanguageField::Persian => Language::Persian,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportRequest {
    #[serde(rename = "v")]
    _v: u32,
    folder: Option<String>,
    #[serde(default)]
    plans: Vec<String>,
    #[serde(default)]
    language: LanguageField,
    now: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunRequest {
    #[serde(rename = "v")]
    _v: u32,
    name: String,
    folder: Option<String>,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    decide_only: bool,
    #[serde(default)]
    check_only: bool,
    wait_ms: Option<i64>,
    now: Option<String>,
}

/// Reads a question or wish about plans, and where they lie. `clock` is the moment where it names none.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn plan_call(text: &str, clock: DateTime<Utc>) -> Result<(Folders, PlanCall)> {
    let request: Request = read("plan request", text)?;
    let folders = Folders::of(request.folder.as_deref())?;
    let now = request.now.as_deref().map_or(Ok(clock), |text| moment("now", Some(text)))?;
    let missing = |field: &str| {
        Error::new(Code::Request, format!("`{field}`: it is missing"))
            .hint("see pgbackup.h for its fields")
            .target(field)
    };
    let name = || request.name.clone().ok_or_else(|| missing("name"));
    let plan = || plan_for_file(request.plan.as_ref().ok_or_else(|| missing("plan"))?, now);
    let call = match request.kind {
        Kind::List => PlanCall::List,
        Kind::Get => PlanCall::Get(name()?),
        Kind::Save => {
            let (plan, text) = plan()?;
            PlanCall::Save { plan: Box::new(plan), text, replace: request.replace }
        }
        Kind::Check => {
            let (plan, text) = plan()?;
            PlanCall::Check { plan: Box::new(plan), text }
        }
        Kind::Remove => PlanCall::Remove(name()?),
        Kind::Schedule => PlanCall::Schedule { name: name()?, now, count: count(request.count, 1, 10_000)? },
        Kind::Idle => PlanCall::Idle { name: name()?, now },
        Kind::History => PlanCall::History { name: name()?, last: count(request.count, 100, 1_000_000)? },
        Kind::Unit => PlanCall::Unit(name()?),
        Kind::Register => {
            let command = request.command.ok_or_else(|| missing("command"))?;
            if command.first().is_none_or(|program| program.trim().is_empty()) {
                return Err(missing("command"));
            }
            let words = command.iter().map(|word| ("command", word));
            for (field, word) in words.chain(request.account.iter().map(|account| ("account", account))) {
                without_nul(field, word)?;
                if word.contains(['\n', '\r']) {
                    let message = format!("`{field}`: a line end cannot stand in the line of a scheduler");
                    return Err(Error::new(Code::Request, message).hint("leave it out").target(field));
                }
            }
            let name = request.name.ok_or_else(|| missing("name"))?;
            PlanCall::Register { name, command, account: request.account, wake: request.wake, now }
        }
    };
    Ok((folders, call))
}

fn count(count: Option<i64>, default: usize, most: usize) -> Result<usize> {
    let Some(given) = count else { return Ok(default) };
    usize::try_from(given).ok().filter(|count| (1..=most).contains(count)).ok_or_else(|| {
        Error::new(Code::Request, format!("`count`: {given} is not possible"))
            .hint(format!("give 1 to {most}, such as 10"))
            .target("count")
    })
}

/// Reads the wish to run a plan.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn plan_run(text: &str) -> Result<PlanRunWish> {
    let request: RunRequest = read("plan run request", text)?;
    if request.check_only && (request.decide_only || request.force) {
        return Err(Error::new(Code::Request, "`check_only`: it goes with neither `decide_only` nor `force`")
            .hint("leave the others out")
            .target("check_only"));
    }
    let wait = request.wait_ms.unwrap_or(0);
    if !(0..=MOST_WAIT).contains(&wait) {
        return Err(Error::new(Code::Request, format!("`wait_ms`: {wait} is not possible"))
            .hint("give 0 to 86400000 ms, such as 600000 for ten minutes")
            .target("wait_ms"));
    }
    Ok(PlanRunWish {
        name: request.name,
        folders: Folders::of(request.folder.as_deref())?,
        force: request.force,
        decide_only: request.decide_only,
        check_only: request.check_only,
        wait: Duration::from_millis(wait.unsigned_abs()),
        now: request.now.as_deref().map(|text| moment("now", Some(text))).transpose()?,
    })
}

/// Reads the wish for a report.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn report(text: &str) -> Result<ReportCommand> {
    let request: ReportRequest = read("report request", text)?;
    request.plans.iter().try_for_each(|name| check_name(name))?;
    Ok(ReportCommand {
        folders: Folders::of(request.folder.as_deref())?,
        plans: request.plans,
        language: request.language.into(),
        now: request.now.as_deref().map(|text| moment("now", Some(text))).transpose()?,
    })
}
