//! The lab chains of the corpus, as `expected.json` tells them. The corpus is not in the
//! repository: `PGB_CORPUS` names it, or it lies beside, in `../shared/corpus`.

use std::path::PathBuf;

use chrono::NaiveDateTime;
use pgbackup::model::{BackupType, Guid, Lsn, RecoveryModel};
use pgbackup::policy::chain::{ChainSet, Soundness};
use serde_json::Value;

use super::headers::header;
use super::skip::skip;

/// The facts of the files below a folder of the corpus; `None`, said aloud, when there is no corpus.
pub fn facts(folder: &str) -> Option<Vec<ChainSet>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("PGB_CORPUS").map_or_else(beside, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(corpus.join("expected.json")) else {
        skip("corpus", &format!("there is none in `{}`; name its folder in PGB_CORPUS", corpus.display()));
        return None;
    };
    let all: Value = serde_json::from_str(&text).expect("expected.json is JSON");
    let files = all["files"].as_object().expect("files");
    let found: Vec<ChainSet> = files
        .iter()
        .filter(|(path, _)| path.starts_with(folder))
        .flat_map(|(path, file)| {
            let sets = file["sets"].as_array().cloned().unwrap_or_default();
            sets.into_iter().map(|set| fact(path, &file["label"], &set["header"])).collect::<Vec<_>>()
        })
        .collect();
    assert!(!found.is_empty(), "the corpus has nothing below {folder}");
    Some(found)
}

fn fact(path: &str, label: &Value, row: &Value) -> ChainSet {
    let number = |column: &str| row[column].as_i64().unwrap_or_default();
    let text = |column: &str| row[column].as_str().map(str::to_owned);
    let guid = |value: &Value| value.as_str().map(|text| text.parse::<Guid>().expect("a GUID"));
    let lsn = |column: &str| row[column].as_str().map(|text| text.parse::<Lsn>().expect("an LSN"));
    let moment = |column: &str| row[column].as_str().map(|text| text.parse::<NaiveDateTime>().expect("a moment"));
    let kind = BackupType::from_number(number("BackupType") as i16).expect("a type");
    let mut header = header(kind, 0, 0, 0, 0);
    header.position = number("Position") as u16;
    header.server_name = text("ServerName");
    header.database_name = text("DatabaseName").expect("a name");
    header.first_lsn = lsn("FirstLSN").expect("an LSN");
    header.last_lsn = lsn("LastLSN").expect("an LSN");
    header.checkpoint_lsn = lsn("CheckpointLSN").expect("an LSN");
    header.database_backup_lsn = lsn("DatabaseBackupLSN").expect("an LSN");
    header.backup_start_date = moment("BackupStartDate");
    header.backup_finish_date = moment("BackupFinishDate");
    header.recovery_fork_id = guid(&row["RecoveryForkID"]);
    header.first_recovery_fork_id = guid(&row["FirstRecoveryForkID"]);
    header.fork_point_lsn = lsn("ForkPointLSN");
    header.family_guid = guid(&row["FamilyGUID"]);
    header.is_copy_only = row["IsCopyOnly"].as_bool();
    header.is_snapshot = row["IsSnapshot"].as_bool();
    header.is_damaged = row["IsDamaged"].as_bool();
    header.has_bulk_logged_data = row["HasBulkLoggedData"].as_bool();
    header.has_backup_checksums = row["HasBackupChecksums"].as_bool();
    header.recovery_model = row["RecoveryModel"].as_str().and_then(RecoveryModel::from_name);
    header.differential_base_lsn = lsn("DifferentialBaseLSN");
    header.differential_base_guid = guid(&row["DifferentialBaseGUID"]);
    header.backup_set_guid = guid(&row["BackupSetGUID"]);
    ChainSet {
        set: header,
        file: path.rsplit('/').next().unwrap_or(path).to_owned(),
        media_set_id: guid(&label["MediaSetId"]),
        family_count: label["FamilyCount"].as_u64().unwrap_or(1) as u16,
        family: label["FamilySequenceNumber"].as_u64().unwrap_or(1) as u16,
        soundness: Soundness::Unchecked,
    }
}
