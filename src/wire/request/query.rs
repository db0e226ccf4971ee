//! The requests that list and verify.

use serde::Deserialize;

use super::{SourceField, local_moment, position, without_nul};
use crate::error::{Code, Error, Result};
use crate::model::BackupType;
use crate::ops::{FilesQuery, QueryCommand, Source, StatesQuery, VerifyCommand};
use crate::sql::HistoryFilter;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyRequest {
    #[serde(rename = "v")]
    _v: u32,
    sources: Vec<SourceField>,
    #[serde(default)]
    quick: bool,
}

/// Reads the request of a verification.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn verify(text: &str) -> Result<VerifyCommand> {
    let request: VerifyRequest = super::read("verify request", text)?;
    let sources = request.sources.into_iter().map(SourceField::read).collect::<Result<Vec<Source>>>()?;
    if sources.is_empty() {
        return Err(Error::new(Code::Request, "`sources` is empty: give at least one file").target("sources"));
    }
    for source in &sources {
        without_nul("file", &source.file)?;
    }
    Ok(VerifyCommand { sources, quick: request.quick })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    BackupSets,
    FileList,
    Label,
    Databases,
    DatabaseStates,
    History,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryRequest {
    #[serde(rename = "v")]
    _v: u32,
    kind: Kind,
    files: Option<Vec<String>>,
    #[serde(default)]
    recurse: bool,
    #[serde(default)]
    allow_none: bool,
    #[serde(default)]
    digest: bool,
    file: Option<String>,
    position: Option<i64>,
    names: Option<Vec<String>>,
    journal_directory: Option<String>,
    types: Option<Vec<TypeField>>,
    last: Option<u32>,
    after: Option<String>,
    before: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TypeField {
    Full,
    Differential,
    Log,
}

impl TypeField {
    fn read(&self) -> BackupType {
        match self {
            TypeField::Full => BackupType::Full,
            TypeField::Differential => BackupType::Differential,
            TypeField::Log => BackupType::Log,
        }
    }
}

/// Reads the request of a list.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn query(text: &str) -> Result<QueryCommand> {
    let request: QueryRequest = super::read("query request", text)?;
    let takes = match request.kind {
        Kind::BackupSets => [true, false, false, false, false, true],
        Kind::Label => [true, false, false, false, false, false],
        Kind::FileList => [false, true, false, false, false, false],
        Kind::Databases => [false, false, true, false, false, false],
        Kind::DatabaseStates => [false, false, true, false, true, false],
        Kind::History => [false, false, true, true, false, false],
    };
    let given = [
        ("files", request.files.is_some() || request.recurse || request.allow_none),
        ("file", request.file.is_some() || request.position.is_some()),
        ("names", request.names.is_some()),
        (
            "types, last, after or before",
            request.types.is_some() || request.last.is_some() || request.after.is_some() || request.before.is_some(),
        ),
        ("journal_directory", request.journal_directory.is_some()),
        ("digest", request.digest),
    ];
    if let Some(((field, _), _)) = given.iter().zip(takes).find(|((_, given), takes)| *given && !takes) {
        return Err(Error::new(Code::Request, format!("this kind of query takes no `{field}`")).target(*field));
    }
    let files = |files: Option<Vec<String>>| {
        let files = files
            .filter(|files| !files.is_empty())
            .ok_or_else(|| Error::new(Code::Request, "`files` is missing: give at least one file").target("files"))?;
        files.iter().try_for_each(|file| without_nul("files", file))?;
        let QueryRequest { recurse, allow_none, digest, .. } = request;
        Ok(FilesQuery { files, recurse, allow_none, digest })
    };
    Ok(match request.kind {
        Kind::BackupSets => QueryCommand::BackupSets(files(request.files)?),
        Kind::Label => QueryCommand::Labels(files(request.files)?),
        Kind::FileList => {
            let file = request.file.ok_or_else(|| Error::new(Code::Request, "`file` is missing").target("file"))?;
            without_nul("file", &file)?;
            let position = request.position.map(|number| position(number, &file)).transpose()?;
            QueryCommand::FileList(Source { file, position, backup_set_guid: None })
        }
        Kind::Databases => QueryCommand::Databases(request.names.unwrap_or_default()),
        Kind::DatabaseStates => QueryCommand::States(StatesQuery {
            names: request.names.unwrap_or_default(),
            journal_directory: request.journal_directory,
        }),
        Kind::History => QueryCommand::History(HistoryFilter {
            databases: request.names.unwrap_or_default(),
            types: request.types.unwrap_or_default().iter().map(TypeField::read).collect(),
            last: request.last,
            after: request.after.as_deref().map(|text| local_moment("after", text)).transpose()?,
            before: request.before.as_deref().map(|text| local_moment("before", text)).transpose()?,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_do_not_fit_the_kind_are_refused() {
        assert!(query(r#"{"v":1,"kind":"databases"}"#).is_ok());
        assert!(query(r#"{"v":1,"kind":"databases","files":["a"]}"#).is_err());
        assert!(query(r#"{"v":1,"kind":"backup_sets"}"#).is_err());
        assert!(query(r#"{"v":1,"kind":"backup_sets","files":[]}"#).is_err());
        assert!(query(r#"{"v":1,"kind":"file_list","position":1}"#).is_err());
        assert!(query(r#"{"v":1,"kind":"nothing"}"#).is_err());
    }
}
