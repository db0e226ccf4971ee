//! The request of a backup.

use chrono::NaiveDate;
use serde::Deserialize;

use super::{RemoveField, without_nul};
use crate::error::{Code, Error, Result};
use crate::model::BackupType;
use crate::ops::{BackupCommand, ConnectedClients, Place};
use crate::policy::archive::Rollover;
use crate::policy::base::OnForeignBase;
use crate::sql::{Algorithm, BackupOptions, Compression, Encryption};

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

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum ClientsField {
    #[default]
    Report,
    Stop,
    Disconnect,
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
enum AlgorithmField {
    #[serde(rename = "aes_128")]
    Aes128,
    #[serde(rename = "aes_192")]
    Aes192,
    #[serde(rename = "aes_256")]
    Aes256,
    #[serde(rename = "triple_des_3key")]
    TripleDes3Key,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptionField {
    certificate: String,
    algorithm: Option<AlgorithmField>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum OnForeignBaseField {
    #[default]
    Full,
    Differential,
    Stop,
}

/// When a new archive begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolloverField {
    differentials: Option<i64>,
    days: Option<i64>,
    bytes: Option<i64>,
}

impl RolloverField {
    fn read(&self) -> Result<Rollover> {
        let limits = [
            ("differentials", self.differentials, DIFFERENTIALS_LIMIT),
            ("days", self.days, DAYS_LIMIT),
            ("bytes", self.bytes, i64::MAX),
        ];
        for (field, value, limit) in limits {
            if let Some(value) = value.filter(|value| !(1..=limit).contains(value)) {
                let message = format!("`rollover.{field}` is {value}, and it can be 1 to {limit}");
                return Err(Error::new(Code::Request, message)
                    .hint("leave it out for no such limit; with full backups alone each run has a new file anyway")
                    .target("rollover"));
            }
        }
        let small = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        Ok(Rollover {
            differentials: small(self.differentials),
            days: small(self.days),
            bytes: self.bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        })
    }
}

/// More differentials than anybody restores from.
const DIFFERENTIALS_LIMIT: i64 = 100_000;

/// A hundred years.
const DAYS_LIMIT: i64 = 36_500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    database: String,
    #[serde(rename = "type")]
    kind: Type,
    destination: Option<String>,
    backup_file: Option<OneOrMore>,
    #[serde(default)]
    archive: bool,
    rollover: Option<RolloverField>,
    #[serde(default)]
    on_foreign_base: OnForeignBaseField,
    file_name: Option<String>,
    stripes: Option<i64>,
    mirror: Option<String>,
    #[serde(default)]
    copy_only: bool,
    checksum: Option<bool>,
    #[serde(default)]
    compression: CompressionField,
    encryption: Option<EncryptionField>,
    name: Option<String>,
    description: Option<String>,
    expires: Option<NaiveDateField>,
    max_transfer_size: Option<u32>,
    buffer_count: Option<u32>,
    #[serde(default)]
    verify: bool,
    remove: Option<RemoveField>,
    #[serde(default)]
    connected_clients: ClientsField,
    #[serde(default)]
    dry_run: bool,
}

/// A Gregorian day, `2026-11-20`.
struct NaiveDateField(NaiveDate);

impl<'de> Deserialize<'de> for NaiveDateField {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .map(NaiveDateField)
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is not a day like 2026-11-20")))
    }
}

/// Reads the request of a backup.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn backup(text: &str) -> Result<BackupCommand> {
    let request: Request = super::read("backup request", text)?;
    let refuse = |message: &str| Err(Error::new(Code::Request, message).target(&request.database));
    let files = request.backup_file.map(|files| match files {
        OneOrMore::One(file) => vec![file],
        OneOrMore::More(files) => files,
    });
    for (field, text) in [
        ("destination", request.destination.as_deref()),
        ("mirror", request.mirror.as_deref()),
        ("name", request.name.as_deref()),
        ("description", request.description.as_deref()),
    ] {
        without_nul(field, text.unwrap_or_default())?;
    }
    files.iter().flatten().try_for_each(|file| without_nul("backup_file", file))?;
    let stripes = match request.stripes {
        Some(_) if files.is_some() => {
            return refuse("`stripes` is for `destination`; of `backup_file` each file is a stripe");
        }
        Some(number) => u16::try_from(number).ok().filter(|number| (1..=64).contains(number)),
        None => files.as_ref().map_or(Some(1), |files| u16::try_from(files.len()).ok().filter(|number| *number <= 64)),
    };
    let Some(stripes) = stripes else {
        return refuse("SQL Server writes a backup to 1 to 64 files: check `stripes` or `backup_file`");
    };
    let remove = request.remove.map(|remove| remove.read(request.destination.as_ref())).transpose()?;
    let rollover = request.rollover.as_ref().map(RolloverField::read).transpose()?;
    if rollover.is_some() && !(request.archive && request.destination.is_some()) {
        return refuse("limits of a rollover are for an archive in a folder: they need `archive` and `destination`");
    }
    let place = match (request.destination, files) {
        (Some(folder), None) if request.archive => Place::Archive { folder, template: request.file_name, rollover },
        (Some(folder), None) => Place::Folder { folder, template: request.file_name },
        (None, Some(_)) if request.file_name.is_some() => {
            return refuse(
                "`file_name` is a template for files in `destination`; `backup_file` is a whole path already",
            );
        }
        (None, Some(files)) if files.is_empty() => return refuse("`backup_file` is empty: give at least one file"),
        (None, Some(files)) => Place::Files { files, append: request.archive },
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
        on_foreign_base: match request.on_foreign_base {
            OnForeignBaseField::Full => OnForeignBase::Full,
            OnForeignBaseField::Differential => OnForeignBase::Differential,
            OnForeignBaseField::Stop => OnForeignBase::Stop,
        },
        stripes,
        mirror: request.mirror,
        how: BackupOptions {
            copy_only: request.copy_only,
            checksum: request.checksum.unwrap_or(true),
            description: request.description,
            expires: request.expires.map(|NaiveDateField(day)| day),
            encryption: request.encryption.map(|field| Encryption {
                algorithm: match field.algorithm {
                    Some(AlgorithmField::Aes128) => Algorithm::Aes128,
                    Some(AlgorithmField::Aes192) => Algorithm::Aes192,
                    Some(AlgorithmField::Aes256) | None => Algorithm::Aes256,
                    Some(AlgorithmField::TripleDes3Key) => Algorithm::TripleDes3Key,
                },
                certificate: field.certificate,
            }),
            max_transfer_size: request.max_transfer_size,
            buffer_count: request.buffer_count,
        },
        compression: match request.compression {
            CompressionField::Default => Compression::Default,
            CompressionField::On => Compression::On,
            CompressionField::Off => Compression::Off,
        },
        name: request.name,
        // What is removed afterwards rests on the new backup.
        verify: request.verify || remove.is_some(),
        remove,
        clients: match request.connected_clients {
            ClientsField::Report => ConnectedClients::Report,
            ClientsField::Stop => ConnectedClients::Stop,
            ClientsField::Disconnect => ConnectedClients::Disconnect,
        },
        dry_run: request.dry_run,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_and_days() {
        let with = |rest: &str| backup(&format!(r#"{{"v":1,"database":"x","type":"full"{rest}}}"#));
        assert_eq!(with(r#","backup_file":["a","b"]"#).ok().map(|command| command.stripes), Some(2));
        assert_eq!(with(r#","destination":"a","stripes":64"#).ok().map(|command| command.stripes), Some(64));
        assert!(with(r#","destination":"a","stripes":65"#).is_err());
        assert!(with(r#","destination":"a","stripes":0"#).is_err());
        assert!(with(r#","backup_file":[]"#).is_err());
        assert!(with(r#","destination":"a","expires":"2026-02-30""#).is_err());
        assert!(
            with(r#","destination":"a","expires":"2026-12-31""#).is_ok_and(|command| command.how.expires.is_some())
        );
    }

    #[test]
    fn what_is_removed_afterwards_rests_on_a_verified_backup() {
        let with = |rest: &str| backup(&format!(r#"{{"v":1,"database":"x","type":"full"{rest}}}"#));
        let both = with(r#","destination":"a","remove":{"rules":{"older_than_days":30}}"#).expect("a request");
        assert!(both.verify);
        assert_eq!(both.remove.map(|wish| (wish.path, wish.grace_days)), Some(("a".to_owned(), 3)));
        let elsewhere = r#","backup_file":"f","remove":{"path":"b","rules":{"keep_last":1},"grace_days":0}"#;
        let elsewhere = with(elsewhere).expect("a request");
        assert_eq!(elsewhere.remove.map(|wish| (wish.path, wish.grace_days)), Some(("b".to_owned(), 0)));
        for wrong in [
            r#","backup_file":"f","remove":{"rules":{"keep_last":1}}"#,
            r#","destination":"a","remove":{"rules":{}}"#,
            r#","destination":"a","remove":{"rules":{"older_than_days":0}}"#,
            r#","destination":"a","remove":{"rules":{"older_than_day":1}}"#,
            r#","destination":"a","remove":{"rules":{"keep_last":1},"grace_days":40000}"#,
        ] {
            assert_eq!(with(wrong).map(|_| ()).map_err(|error| error.code), Err(Code::Request), "{wrong}");
        }
    }

    #[test]
    fn an_archive_rolls_over_by_limits_that_can_be_meant() {
        let with = |rest: &str| backup(&format!(r#"{{"v":1,"database":"x","type":"differential"{rest}}}"#));
        let rolling = with(r#","destination":"a","archive":true,"rollover":{"differentials":6,"bytes":10737418240}"#);
        let limits = Rollover { differentials: Some(6), days: None, bytes: Some(10 << 30) };
        let place = Place::Archive { folder: "a".into(), template: None, rollover: Some(limits) };
        assert_eq!(rolling.map(|command| command.place).map_err(|error| error.message), Ok(place));
        for wrong in [
            r#","destination":"a","rollover":{"days":7}"#,
            r#","backup_file":"f","archive":true,"rollover":{"days":7}"#,
            r#","destination":"a","archive":true,"rollover":{"differentials":0}"#,
            r#","destination":"a","archive":true,"rollover":{"days":-1}"#,
            r#","destination":"a","archive":true,"rollover":{"days":1000000000}"#,
            r#","destination":"a","archive":true,"rollover":{"size":1}"#,
            r#","destination":"a","on_foreign_base":"panic""#,
        ] {
            assert_eq!(with(wrong).map(|_| ()).map_err(|error| error.code), Err(Code::Request), "{wrong}");
        }
    }

    #[test]
    fn one_place_and_only_one() {
        let with = |rest: &str| backup(&format!(r#"{{"v":1,"database":"x","type":"full"{rest}}}"#));
        assert!(with("").is_err());
        assert!(with(r#","destination":"a","backup_file":"b""#).is_err());
        assert!(with(r#","backup_file":"b","file_name":"c""#).is_err());
        let archive = with(r#","destination":"a","archive":true"#).expect("an archive");
        assert_eq!(archive.place, Place::Archive { folder: "a".into(), template: None, rollover: None });
        assert!(archive.how.checksum);
    }
}
