//! The request of a restore.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{SourceField, position, without_nul};
use crate::error::{Code, Error, Result};
use crate::ops::{RestoreCommand, Source};
use crate::sql::Recovery;

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RecoveryField {
    #[default]
    Recovery,
    NoRecovery,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    database: String,
    sources: Vec<SourceField>,
    position: Option<i64>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    allow_other_database: bool,
    #[serde(default)]
    relocate: BTreeMap<String, String>,
    data_directory: Option<String>,
    log_directory: Option<String>,
    #[serde(default)]
    recovery: RecoveryField,
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
    if sources.is_empty() {
        return refuse("`sources` is empty: give at least one file", "sources");
    }
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
        relocate: request.relocate,
        data_directory: request.data_directory,
        log_directory: request.log_directory,
        recovery: match request.recovery {
            RecoveryField::Recovery => Recovery::Recovery,
            RecoveryField::NoRecovery => Recovery::NoRecovery,
        },
        dry_run: request.dry_run,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_belongs_to_the_last_file() {
        let command = restore(r#"{"v":1,"database":"x","sources":[{"file":"a"},{"file":"b"}],"position":3}"#);
        let sources = command.expect("a command").sources;
        assert_eq!((sources[0].position, sources[1].position), (None, Some(3)));
        assert!(restore(r#"{"v":1,"database":"x","sources":[]}"#).is_err());
        assert!(restore(r#"{"v":1,"database":"x","sources":[{"file":"a","position":1}],"position":3}"#).is_err());
    }
}
