//! Requests: JSON text to commands.

mod backup;
mod chain;
mod query;
mod removal;
mod restore;
mod restore_test;
mod rules;
mod server;
mod service;
mod sets;

pub use backup::backup;
pub use chain::chain;
pub use query::{query, verify};
pub use removal::removal;
pub use restore::{repair, restore};
pub use restore_test::restore_test;
pub(in crate::wire) use rules::{RemoveField, grace};
pub use server::server;
pub use service::service;

use chrono::NaiveDateTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Code, Error, Result};
use crate::model::Guid;
use crate::ops::Source;

/// The version of requests.
const VERSION: u32 = 1;

/// Field names that mean that somebody puts a password where it could be logged.
pub(in crate::wire) const SECRETS: [&str; 5] = ["password", "pwd", "secret", "credential", "passphrase"];

/// Reads a request of some kind. `what` names the kind in errors, which never quote the text.
pub(in crate::wire) fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    #[derive(Deserialize)]
    struct Versioned {
        v: Option<u32>,
    }
    let refuse = |message: String| Error::new(Code::Request, message).target(what);
    let raw: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        refuse(format!("the {what} is not JSON: error at line {}, column {}", error.line(), error.column()))
    })?;
    if let Some(name) = raw.as_object().and_then(|fields| {
        // `secret_is` says what the secret is, and holds none.
        let open = fields.keys().filter(|name| *name != "secret_is");
        open.into_iter().find(|name| SECRETS.iter().any(|secret| name.to_ascii_lowercase().contains(secret)))
    }) {
        return Err(refuse(format!("the {what} has a field `{name}`: a password does not belong into it"))
            .hint("give the password to pgb_server_new as its secret; requests may be logged"));
    }
    // Somebody may put the secret itself there, and serde's error would repeat it.
    if raw.get("secret_is").is_some_and(|is| !is.is_null() && is != "password" && is != "connection_string") {
        return Err(refuse(format!("the {what} is not right: `secret_is` is `password` or `connection_string`"))
            .hint("give the password to pgb_server_new as its secret; requests may be logged"));
    }
    let Versioned { v } =
        serde_json::from_value(raw).map_err(|error| refuse(format!("the {what} is not one: {error}")))?;
    match v {
        Some(VERSION) => {}
        Some(other) => {
            return Err(refuse(format!("the {what} has version {other}, and this library knows version {VERSION}"))
                .hint("use a library and a caller of the same release"));
        }
        None => return Err(refuse(format!("the {what} has no version")).hint("add \"v\": 1")),
    }
    serde_json::from_str(text)
        .map_err(|error| refuse(format!("the {what} is not right: {error}")).hint("see pgbackup.h for its fields"))
}

/// A backup set somewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceField {
    file: String,
    position: Option<i64>,
    backup_set_guid: Option<String>,
}

impl SourceField {
    fn read(self) -> Result<Source> {
        Ok(Source {
            position: self.position.map(|number| position(number, &self.file)).transpose()?,
            backup_set_guid: self.backup_set_guid.as_deref().map(guid).transpose()?,
            file: self.file,
        })
    }
}

fn position(number: i64, file: &str) -> Result<u16> {
    u16::try_from(number).ok().filter(|position| *position > 0).ok_or_else(|| {
        Error::new(Code::Request, format!("{number} is not a position in `{file}`: positions count from 1"))
            .hint("look at the positions with Get-PGBackup")
            .target(file)
    })
}

/// A moment by the server's clock.
fn local_moment(field: &str, text: &str) -> Result<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or_else(|| {
            Error::new(Code::Request, format!("`{field}`: `{text}` is not a moment"))
                .hint("write it like 2026-11-20T14:30:00, by the server's clock")
                .target(field)
        })
}

fn guid(text: &str) -> Result<Guid> {
    Guid::parse_str(text).map_err(|_| Error::new(Code::Request, format!("`{text}` is not a GUID")).target(text))
}

/// Refuses text that would end a C string or a file name early.
pub(in crate::wire) fn without_nul(field: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::new(Code::Request, format!("`{field}` holds a NUL character")).target(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Error {
        backup(text).expect_err(text)
    }

    #[test]
    fn what_is_no_request_is_refused_by_name() {
        assert!(refused("{").message.contains("line 1"));
        assert!(refused("[]").message.contains("backup request"));
        assert!(refused(r#"{"database":"x"}"#).message.contains("no version"));
        assert!(refused(r#"{"v":2}"#).message.contains("version 2"));
        let unknown = refused(r#"{"v":1,"database":"x","type":"full","destination":"D:\\","compresion":"on"}"#);
        assert!(unknown.message.contains("compresion"), "{unknown}");
    }

    #[test]
    fn a_password_in_a_request_is_refused_and_not_repeated() {
        let error = refused(r#"{"v":1,"database":"x","Password":"hunter2"}"#);
        assert!(error.message.contains("Password") && !format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn positions_count_from_one() {
        for position in ["0", "-1", "65536"] {
            let text = format!(r#"{{"v":1,"sources":[{{"file":"a","position":{position}}}]}}"#);
            assert_eq!(verify(&text).map(|_| ()).map_err(|error| error.code), Err(Code::Request), "{position}");
        }
    }
}
