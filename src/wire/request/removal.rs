//! The requests that remove, put back and pin backup files.

use serde::Deserialize;

use super::{SourceField, grace, without_nul};
use crate::error::{Code, Error, Result};
use crate::ops::{RemovalCommand, Source};
use crate::wire::kept::PlannedRemoval;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    Apply {
        #[serde(rename = "v")]
        _v: u32,
        plan: String,
        grace_days: Option<u32>,
        #[serde(default)]
        force: bool,
    },
    Undo {
        #[serde(rename = "v")]
        _v: u32,
        paths: Vec<String>,
        #[serde(default)]
        files: Vec<String>,
    },
    Empty {
        #[serde(rename = "v")]
        _v: u32,
        paths: Vec<String>,
        #[serde(default)]
        all: bool,
    },
    Pin {
        #[serde(rename = "v")]
        _v: u32,
        sources: Vec<SourceField>,
        reason: String,
    },
    Unpin {
        #[serde(rename = "v")]
        _v: u32,
        sources: Vec<SourceField>,
    },
}

/// Reads the request of a removal.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn removal(text: &str) -> Result<RemovalCommand> {
    let refuse = |message: String, target: &str| Error::new(Code::Request, message).target(target);
    let some = |field: &str, texts: Vec<String>| {
        if texts.is_empty() || texts.iter().any(|text| text.trim().is_empty()) {
            return Err(refuse(format!("`{field}` is empty: give at least one folder"), field));
        }
        texts.iter().try_for_each(|text| without_nul(field, text))?;
        Ok(texts)
    };
    let sources = |fields: Vec<SourceField>| {
        if fields.is_empty() {
            return Err(refuse("`sources` is empty: give at least one file".to_owned(), "sources"));
        }
        let sources = fields.into_iter().map(SourceField::read).collect::<Result<Vec<Source>>>()?;
        sources.iter().try_for_each(|source| without_nul("file", &source.file))?;
        Ok(sources)
    };
    Ok(match super::read("removal request", text)? {
        Request::Apply { plan, grace_days, force, .. } => {
            let grace_days = grace(grace_days)?;
            let plan = PlannedRemoval::read(&plan)
                .map_err(|why| refuse(format!("the plan cannot be applied: {why}"), "plan").hint("make a new plan"))?;
            RemovalCommand::Apply { plan: Box::new(plan), grace_days, force }
        }
        Request::Undo { paths, files, .. } => RemovalCommand::Undo { paths: some("paths", paths)?, files },
        Request::Empty { paths, all, .. } => RemovalCommand::Empty { paths: some("paths", paths)?, all },
        Request::Pin { sources: fields, reason, .. } => {
            if reason.trim().is_empty() {
                return Err(refuse("`reason` is empty: say why it is to stay".to_owned(), "reason"));
            }
            RemovalCommand::Pin { sources: sources(fields)?, reason }
        }
        Request::Unpin { sources: fields, .. } => RemovalCommand::Unpin { sources: sources(fields)? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_or_unknown_is_refused() {
        for wrong in [
            r#"{"v":1,"kind":"apply","plan":"{}"}"#,
            r#"{"v":1,"kind":"undo","paths":[]}"#,
            r#"{"v":1,"kind":"undo","paths":[" "]}"#,
            r#"{"v":1,"kind":"empty","paths":["/b"],"al":true}"#,
            r#"{"v":1,"kind":"pin","sources":[{"file":"x"}],"reason":""}"#,
            r#"{"v":1,"kind":"pin","sources":[],"reason":"x"}"#,
            r#"{"v":1,"kind":"delete","paths":["/b"]}"#,
            r#"{"kind":"undo","paths":["/b"]}"#,
        ] {
            assert_eq!(removal(wrong).map(|_| ()).map_err(|error| error.code), Err(Code::Request), "{wrong}");
        }
        assert!(removal(r#"{"v":1,"kind":"undo","paths":["/b"]}"#).is_ok());
    }
}
