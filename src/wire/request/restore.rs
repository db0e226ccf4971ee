//! The requests of a restore and of its repair.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Deserialize;

use super::{SourceField, local_moment, position, without_nul};
use crate::error::{Code, Error, Result};
use crate::ops::{RepairCommand, RestoreCommand, SafetyCopy, Source};
use crate::policy::chain::WantedMoment;
use crate::policy::restoring::Wish;
use crate::sql::Recovery;

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RecoveryField {
    #[default]
    Recovery,
    NoRecovery,
    Standby,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum SafetyField {
    File,
    Rename,
    None,
}

impl From<SafetyField> for SafetyCopy {
    fn from(field: SafetyField) -> SafetyCopy {
        match field {
            SafetyField::File => SafetyCopy::File,
            SafetyField::Rename => SafetyCopy::Rename,
            SafetyField::None => SafetyCopy::None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    database: String,
    #[serde(default)]
    sources: Vec<SourceField>,
    position: Option<i64>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    allow_other_database: bool,
    point_in_time: Option<String>,
    #[serde(default)]
    relocate: BTreeMap<String, String>,
    data_directory: Option<String>,
    log_directory: Option<String>,
    #[serde(default)]
    recovery: RecoveryField,
    standby_file: Option<String>,
    safety_copy: Option<SafetyField>,
    safety_directory: Option<String>,
    #[serde(default)]
    check: bool,
    #[serde(default)]
    map_users: bool,
    #[serde(default)]
    stop_services: Vec<String>,
    journal_directory: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

/// Reads the request of a restore.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn restore(text: &str) -> Result<RestoreCommand> {
    let request: Request = super::read("restore request", text)?;
    let refuse = |message: &str, target: &str| Err(Error::new(Code::Request, message).target(target));
    let mut sources = request.sources.into_iter().map(SourceField::read).collect::<Result<Vec<Source>>>()?;
    if sources.is_empty() && (request.replace || request.point_in_time.is_some() || !request.relocate.is_empty()) {
        return refuse("`sources` is empty: give at least one file", "sources");
    }
    let recovery = match (request.recovery, request.standby_file) {
        (RecoveryField::Standby, Some(file)) => Recovery::Standby { file },
        (RecoveryField::Standby, None) => return refuse("`standby_file` is missing", "standby_file"),
        (_, Some(_)) => return refuse("`standby_file` is for the recovery `standby`", "standby_file"),
        (RecoveryField::Recovery, None) => Recovery::Recovery,
        (RecoveryField::NoRecovery, None) => Recovery::NoRecovery,
    };
    if let Some(number) = request.position {
        // With several files the position is that of the last one; the others are for its base.
        let Some(source) = sources.last_mut() else { return refuse("`sources` is empty", "sources") };
        if source.position.is_some() {
            return refuse("give `position` once: beside `sources` or in them", "position");
        }
        source.position = Some(position(number, &source.file)?);
    }
    for source in &sources {
        without_nul("file", &source.file)?;
    }
    for (name, path) in &request.relocate {
        without_nul("relocate", name)?;
        without_nul("relocate", path)?;
    }
    Ok(RestoreCommand {
        database: request.database,
        sources,
        replace: request.replace,
        allow_other_database: request.allow_other_database,
        point_in_time: request.point_in_time.as_deref().map(moment).transpose()?,
        relocate: request.relocate,
        data_directory: request.data_directory,
        log_directory: request.log_directory,
        recovery,
        safety_copy: request.safety_copy.map(SafetyCopy::from),
        safety_directory: request.safety_directory,
        check: request.check,
        map_users: request.map_users,
        stop_services: super::service::service_names("stop_services", request.stop_services)?,
        journal_directory: request.journal_directory,
        dry_run: request.dry_run,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WishField {
    TakeBack,
    Finish,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepairRequest {
    #[serde(rename = "v")]
    _v: u32,
    database: String,
    wish: Option<WishField>,
    #[serde(default)]
    forget: bool,
    journal_directory: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

/// Reads the request of a repair.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn repair(text: &str) -> Result<RepairCommand> {
    let request: RepairRequest = super::read("repair request", text)?;
    let command = RepairCommand {
        database: request.database,
        wish: request.wish.map(|wish| match wish {
            WishField::TakeBack => Wish::TakeBack,
            WishField::Finish => Wish::Finish,
        }),
        forget: request.forget,
        journal_directory: request.journal_directory,
        dry_run: request.dry_run,
    };
    command.check()
}

/// A moment: with an offset or `Z` exact, without one by the server's clock.
pub(super) fn moment(text: &str) -> Result<WantedMoment> {
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        return Ok(WantedMoment::Exact(exact));
    }
    local_moment("point_in_time", text).map(WantedMoment::Local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert!(matches!(moment("2026-11-20T14:30:00"), Ok(WantedMoment::Local(_))));
        assert!(matches!(moment("2026-11-20 14:30"), Ok(WantedMoment::Local(_))));
        assert!(matches!(moment("2026-11-20T14:30:00+03:30"), Ok(WantedMoment::Exact(_))));
        assert!(moment("20.11.2026").is_err());
    }

    #[test]
    fn a_repair_takes_one_wish() {
        let text = r#"{"v":1,"database":"x","wish":"take_back"}"#;
        assert!(repair(text).is_ok_and(|command| command.wish == Some(Wish::TakeBack)));
        assert!(repair(r#"{"v":1,"database":"x","wish":"take_back","forget":true}"#).is_err());
        assert!(repair(r#"{"v":1,"database":"x","wish":"hope"}"#).is_err());
    }

    #[test]
    fn a_position_belongs_to_the_last_file() {
        let command = restore(r#"{"v":1,"database":"x","sources":[{"file":"a"},{"file":"b"}],"position":3}"#);
        let sources = command.expect("a command").sources;
        assert_eq!((sources[0].position, sources[1].position), (None, Some(3)));
        assert!(restore(r#"{"v":1,"database":"x","sources":[],"replace":true}"#).is_err());
        assert!(restore(r#"{"v":1,"database":"x"}"#).is_ok_and(|command| command.sources.is_empty()));
        assert!(restore(r#"{"v":1,"database":"x","recovery":"standby"}"#).is_err());
        assert!(restore(r#"{"v":1,"database":"x","sources":[{"file":"a","position":1}],"position":3}"#).is_err());
    }
}
