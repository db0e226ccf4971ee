//! Backup sets that a caller knows of: rows with the columns of `RESTORE HEADERONLY` and
//! `BackupFile`, or with those of `msdb.dbo.backupset` and `backupmediafamily`. Columns are taken by
//! name, in any case, with or without `_`; those that are not known here are left alone, as every
//! server has some more.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde_json::{Map, Value};

use super::local_moment;
use crate::error::{Code, Error, Result};
use crate::model::{BackupSet, BackupType, Guid, Lsn, RecoveryModel};
use crate::policy::chain::{ChainSet, Soundness};

/// Reads rows.
pub(super) fn sets(rows: &[Map<String, Value>]) -> Result<Vec<ChainSet>> {
    rows.iter()
        .enumerate()
        .map(|(at, row)| {
            set(&Columns::new(row)).map_err(|error| {
                let message = format!("row {} of `sets`: {}", at + 1, error.message);
                Error { message, ..error }
            })
        })
        .collect()
}

/// The columns of a row by their names in small letters without `_`; NULL is no column.
struct Columns<'r>(HashMap<String, (&'r str, &'r Value)>);

impl<'r> Columns<'r> {
    fn new(row: &'r Map<String, Value>) -> Columns<'r> {
        let told = row.iter().filter(|(_, value)| !value.is_null());
        let plain = |name: &str| name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
        Columns(told.map(|(name, value)| (plain(name), (name.as_str(), value))).collect())
    }

    /// The first of the names that the row has.
    fn find(&self, names: &[&str]) -> Option<(&'r str, &'r Value)> {
        names.iter().find_map(|name| self.0.get(*name).copied())
    }

    fn value<T>(&self, names: &[&str], read: impl Fn(&Value) -> Option<T>, what: &str) -> Result<Option<T>> {
        let Some((name, value)) = self.find(names) else { return Ok(None) };
        let wrong = || {
            let hint = "LSNs are text: they are too long for the numbers of JSON";
            Error::new(Code::Request, format!("`{name}` is not {what}")).hint(hint).target(name)
        };
        read(value).map(Some).ok_or_else(wrong)
    }

    fn text(&self, names: &[&str]) -> Result<Option<String>> {
        self.value(names, |value| value.as_str().map(str::to_owned), "text")
    }

    fn number<T: TryFrom<i64>>(&self, names: &[&str]) -> Result<Option<T>> {
        let read = |value: &Value| {
            let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
            T::try_from(number).ok()
        };
        self.value(names, read, "a number that fits")
    }

    fn flag(&self, names: &[&str]) -> Result<Option<bool>> {
        let read = |value: &Value| match value {
            Value::Bool(flag) => Some(*flag),
            other => other.as_i64().filter(|number| (0..=1).contains(number)).map(|number| number == 1),
        };
        self.value(names, read, "true or false")
    }

    fn guid(&self, names: &[&str]) -> Result<Option<Guid>> {
        self.value(names, |value| Guid::parse_str(value.as_str()?).ok(), "a GUID")
    }

    fn lsn(&self, names: &[&str]) -> Result<Option<Lsn>> {
        // A number that JSON's readers hold exactly is taken; a longer one has lost its end already.
        let read = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().filter(|number| *number < 1 << 53).and_then(|n| Lsn::from_decimal(u128::from(n))),
        };
        self.value(names, read, "an LSN as text")
    }

    fn date(&self, names: &[&str]) -> Result<Option<NaiveDateTime>> {
        let Some((name, value)) = self.find(names) else { return Ok(None) };
        local_moment(name, value.as_str().unwrap_or_default()).map(Some)
    }
}

fn set(row: &Columns<'_>) -> Result<ChainSet> {
    let needed =
        |name: &str| Error::new(Code::Request, format!("the column `{name}` is missing")).target(name.to_owned());
    let file = row.text(&["backupfile", "physicaldevicename"])?.ok_or_else(|| needed("BackupFile"))?;
    let database = row.text(&["databasename"])?.ok_or_else(|| needed("DatabaseName"))?;
    let kind = row.value(&["backuptype", "type"], kind, "a type of backup")?.ok_or_else(|| needed("BackupType"))?;
    let position = row.number::<u16>(&["position"])?.unwrap_or(1);
    let mut set = BackupSet::of(kind, position, database);
    set.backup_name = row.text(&["backupname", "name"])?;
    set.server_name = row.text(&["servername"])?;
    set.machine_name = row.text(&["machinename"])?;
    set.user_name = row.text(&["username"])?;
    set.backup_size = row.number(&["backupsize"])?;
    set.compressed_backup_size = row.number(&["compressedbackupsize"])?;
    set.first_lsn = row.lsn(&["firstlsn"])?.unwrap_or_default();
    set.last_lsn = row.lsn(&["lastlsn"])?.unwrap_or_default();
    set.checkpoint_lsn = row.lsn(&["checkpointlsn"])?.unwrap_or_default();
    set.database_backup_lsn = row.lsn(&["databasebackuplsn"])?.unwrap_or_default();
    set.backup_start_date = row.date(&["backupstartdate"])?;
    set.backup_finish_date = row.date(&["backupfinishdate"])?;
    set.database_creation_date = row.date(&["databasecreationdate"])?;
    set.recovery_fork_id = row.guid(&["recoveryforkid", "lastrecoveryforkguid"])?;
    set.first_recovery_fork_id = row.guid(&["firstrecoveryforkid", "firstrecoveryforkguid"])?;
    set.fork_point_lsn = row.lsn(&["forkpointlsn"])?;
    set.family_guid = row.guid(&["familyguid"])?;
    set.backup_set_guid = row.guid(&["backupsetguid", "backupsetuuid"])?;
    set.differential_base_guid = row.guid(&["differentialbaseguid"])?;
    set.differential_base_lsn = row.lsn(&["differentialbaselsn"])?;
    set.has_bulk_logged_data = row.flag(&["hasbulkloggeddata"])?;
    set.is_snapshot = row.flag(&["issnapshot"])?;
    set.is_copy_only = row.flag(&["iscopyonly"])?;
    set.is_damaged = row.flag(&["isdamaged"])?;
    set.has_backup_checksums = row.flag(&["hasbackupchecksums"])?;
    set.begins_log_chain = row.flag(&["beginslogchain"])?;
    set.recovery_model = row.text(&["recoverymodel"])?.as_deref().and_then(RecoveryModel::from_name);
    // 127 is msdb's "not known".
    set.time_zone = row.number::<i16>(&["timezone"])?.filter(|quarters| quarters.abs() <= 56);
    Ok(ChainSet {
        media_set_id: row.guid(&["mediasetid", "mediauuid"]).ok().flatten(),
        family_count: row.number(&["familycount", "mediafamilycount"])?.unwrap_or(1),
        family: row.number(&["familysequencenumber"])?.unwrap_or(1),
        soundness: row.value(&["verdict"], soundness, "sound, unchecked, damaged or incomplete")?.unwrap_or_default(),
        ..ChainSet::new(set, file)
    })
}

/// A type by its number in `RESTORE HEADERONLY` or its letter in msdb.
fn kind(value: &Value) -> Option<BackupType> {
    let letter = |text: &str| {
        let mut letters = text.trim().chars();
        letters.next().filter(|_| letters.next().is_none()).map(|letter| letter.to_ascii_uppercase())
    };
    match value {
        Value::String(text) => match letter(text) {
            Some(letter) if letter.is_ascii_alphabetic() => BackupType::from_letter(letter),
            _ => text.parse().ok().and_then(BackupType::from_number),
        },
        other => BackupType::from_number(i16::try_from(other.as_i64()?).ok()?),
    }
}

fn soundness(value: &Value) -> Option<Soundness> {
    match value.as_str()?.to_ascii_lowercase().as_str() {
        "sound" => Some(Soundness::Verified),
        "unchecked" | "unprotected" => Some(Soundness::Unchecked),
        "damaged" => Some(Soundness::Damaged),
        "incomplete" => Some(Soundness::Incomplete),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<ChainSet>> {
        sets(&serde_json::from_str::<Vec<Map<String, Value>>>(text).expect("rows"))
    }

    #[test]
    fn the_columns_of_headeronly_and_of_msdb_are_one() {
        let header = r#"[{"BackupFile":"D:\\x.bak","DatabaseName":"Crm","BackupType":5,"Position":2,"FirstLSN":"21000000015300037",
            "BackupFinishDate":"2026-11-20T14:30:00","IsCopyOnly":false,"BackupSetGUID":"6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "HostPlatform":"Linux","TimeZone":null}]"#;
        let msdb = r#"[{"physical_device_name":"D:\\x.bak","database_name":"Crm","type":"I","position":2,"first_lsn":"21000000015300037",
            "backup_finish_date":"2026-11-20 14:30:00.000","is_copy_only":0,"backup_set_uuid":"6F9619FF-8B86-D011-B42D-00C04FC964FF",
            "time_zone":127,"media_set_id":12}]"#;
        assert_eq!(read(header).expect("rows"), read(msdb).expect("rows"));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_row() {
        let wrong = |column: &str| {
            let text = format!(r#"[{{"BackupFile":"x","DatabaseName":"Crm","BackupType":1,{column}}}]"#);
            read(&text).expect_err(column).message
        };
        assert!(wrong(r#""FirstLSN":21000000015300037"#).contains("row 1 of `sets`: `FirstLSN`"));
        assert!(wrong(r#""Position":0.5"#).contains("Position"));
        assert!(wrong(r#""BackupSetGUID":"x""#).contains("BackupSetGUID"));
        assert!(wrong(r#""BackupStartDate":"yesterday""#).contains("yesterday"));
        assert!(read(r#"[{"DatabaseName":"Crm","BackupType":1}]"#).is_err());
    }
}
