//! Names of databases that only a restore test uses: told apart from every other one, so that what a
//! test left can be recognised and dropped.

use chrono::NaiveDateTime;

/// How such a name begins.
const BEFORE: &str = "PGBackup_Test_";

/// UTF-16 units of a name of a database (`sysname`).
const LIMIT: usize = 128;

/// The stamp and the number behind: `_20261128235959_0123abcd`.
const BEHIND: usize = 1 + 14 + 1 + 8;

/// The side name for a test of a database's backups; `unique` tells tests of one second apart.
pub fn side_name(database: &str, utc: NaiveDateTime, unique: u32) -> String {
    let mut stem = String::new();
    for c in database.chars() {
        if (BEFORE.len() + BEHIND + stem.encode_utf16().count() + c.len_utf16()) > LIMIT {
            break;
        }
        stem.push(c);
    }
    format!("{BEFORE}{stem}_{}_{unique:08x}", utc.format("%Y%m%d%H%M%S"))
}

/// The database whose backups a side name is for, as far as it fitted; `None`: it is no side name.
pub fn side_name_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(BEFORE)?;
    let (rest, unique) = rest.rsplit_once('_')?;
    let (stem, stamp) = rest.rsplit_once('_')?;
    let is_hex = unique.len() == 8 && unique.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let is_stamp = stamp.len() == 14 && NaiveDateTime::parse_from_str(stamp, "%Y%m%d%H%M%S").is_ok();
    (is_hex && is_stamp).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> NaiveDateTime {
        NaiveDateTime::parse_from_str("2026-11-28 23:59:59", "%Y-%m-%d %H:%M:%S").expect("a moment")
    }

    #[test]
    fn a_side_name_is_recognised_whatever_the_database_is_called() {
        for name in ["PayamGostar2", "رستم", "a_b_c", "a]; DROP DATABASE b--", "", "😀"] {
            let side = side_name(name, moment(), 0xabc);
            assert_eq!(side_name_of(&side), Some(name), "{side}");
        }
        assert_eq!(side_name("Crm", moment(), 7), "PGBackup_Test_Crm_20261128235959_00000007");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        for name in ["x".repeat(128), "😀".repeat(64), "رستم".repeat(32)] {
            let side = side_name(&name, moment(), 1);
            assert!(side.encode_utf16().count() <= LIMIT);
            assert!(name.starts_with(side_name_of(&side).expect("a side name")));
        }
    }

    #[test]
    fn names_of_other_databases_are_not_taken_for_ours() {
        for name in [
            "PayamGostar2",
            "PGBackup_Test_",
            "PGBackup_Test_Crm",
            "PGBackup_Test_Crm_20261128235959",
            "PGBackup_Test_Crm_20261128235959_0000000",
            "PGBackup_Test_Crm_20261128235959_0000000G",
            "PGBackup_Test_Crm_20261328235959_00000007",
            "Copy of PGBackup_Test_Crm_20261128235959_00000007",
        ] {
            assert_eq!(side_name_of(name), None, "{name}");
        }
    }
}
