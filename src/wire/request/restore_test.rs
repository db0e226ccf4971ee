//! The request of a restore test.

use serde::Deserialize;

use super::restore::moment;
use super::{SourceField, without_nul};
use crate::error::{Code, Error, Result};
use crate::ops::{RestoreTestCommand, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    database: String,
    sources: Vec<SourceField>,
    point_in_time: Option<String>,
    data_directory: Option<String>,
    log_directory: Option<String>,
    proof_folder: Option<String>,
    journal_directory: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

/// Reads the request of a restore test.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn restore_test(text: &str) -> Result<RestoreTestCommand> {
    let request: Request = super::read("restore test request", text)?;
    let sources = request.sources.into_iter().map(SourceField::read).collect::<Result<Vec<Source>>>()?;
    if sources.is_empty() {
        return Err(Error::new(Code::Request, "`sources` is empty: give at least one file").target("sources"));
    }
    for source in &sources {
        without_nul("file", &source.file)?;
    }
    without_nul("proof_folder", request.proof_folder.as_deref().unwrap_or_default())?;
    Ok(RestoreTestCommand {
        database: request.database,
        sources,
        point_in_time: request.point_in_time.as_deref().map(moment).transpose()?,
        data_directory: request.data_directory,
        log_directory: request.log_directory,
        proof_folder: request.proof_folder,
        journal_directory: request.journal_directory,
        dry_run: request.dry_run,
    })
}
