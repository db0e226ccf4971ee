//! The request of a backup.

use serde::Deserialize;

use super::without_nul;
use crate::error::{Code, Error, Result};
use crate::model::BackupType;
use crate::ops::{BackupCommand, Place};
use crate::sql::Compression;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Full,
    Differential,
    Log,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum CompressionField {
    #[default]
    Default,
    On,
    Off,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    database: String,
    #[serde(rename = "type")]
    kind: Type,
    destination: Option<String>,
    backup_file: Option<String>,
    #[serde(default)]
    archive: bool,
    file_name: Option<String>,
    #[serde(default)]
    copy_only: bool,
    checksum: Option<bool>,
    #[serde(default)]
    compression: CompressionField,
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    verify: bool,
    #[serde(default)]
    dry_run: bool,
}

/// Reads the request of a backup.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn backup(text: &str) -> Result<BackupCommand> {
    let request: Request = super::read("backup request", text)?;
    for (field, text) in [
        ("destination", &request.destination),
        ("backup_file", &request.backup_file),
        ("name", &request.name),
        ("description", &request.description),
    ] {
        without_nul(field, text.as_deref().unwrap_or_default())?;
    }
    let refuse = |message: &str| Err(Error::new(Code::Request, message).target(&request.database));
    let place = match (request.destination, request.backup_file) {
        (Some(folder), None) if request.archive => Place::Archive { folder, template: request.file_name },
        (Some(folder), None) => Place::Folder { folder, template: request.file_name },
        (None, Some(_)) if request.file_name.is_some() => {
            return refuse(
                "`file_name` is a template for files in `destination`; `backup_file` is a whole path already",
            );
        }
        (None, Some(file)) => Place::File { file, append: request.archive },
        (Some(_), Some(_)) => return refuse("give `destination` or `backup_file`, not both"),
        (None, None) => return refuse("give `destination`, a folder, or `backup_file`, a file"),
    };
    Ok(BackupCommand {
        database: request.database,
        kind: match request.kind {
            Type::Full => BackupType::Full,
            Type::Differential => BackupType::Differential,
            Type::Log => BackupType::Log,
        },
        place,
        copy_only: request.copy_only,
        checksum: request.checksum.unwrap_or(true),
        compression: match request.compression {
            CompressionField::Default => Compression::Default,
            CompressionField::On => Compression::On,
            CompressionField::Off => Compression::Off,
        },
        name: request.name,
        description: request.description,
        verify: request.verify,
        dry_run: request.dry_run,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_and_only_one() {
        let with = |rest: &str| backup(&format!(r#"{{"v":1,"database":"x","type":"full"{rest}}}"#));
        assert!(with("").is_err());
        assert!(with(r#","destination":"a","backup_file":"b""#).is_err());
        assert!(with(r#","backup_file":"b","file_name":"c""#).is_err());
        let archive = with(r#","destination":"a","archive":true"#).expect("an archive");
        assert_eq!(archive.place, Place::Archive { folder: "a".into(), template: None });
        assert!(archive.checksum);
    }
}
