//! Mirrored media sets.

use super::asks::{backup_refused, copy, restore_refused, seeded, spec, take};
use super::{customers, home_with};
use crate::engine::{BackupKind, BackupSpec, Edition, EngineOptions, OsError, Value};

fn mirrored(devices: &[&str], mirrors: &[&[&str]]) -> BackupSpec {
    let path = |name: &&str| format!(r"D:\Backup\{name}");
    BackupSpec {
        devices: devices.iter().map(path).collect(),
        mirrors: mirrors.iter().map(|mirror| mirror.iter().map(path).collect()).collect(),
        format: true,
        init: true,
        checksum: true,
        ..spec(BackupKind::Full, "")
    }
}

#[test]
fn every_mirror_restores_the_database_by_itself_or_mixed() {
    let home = seeded();
    let rows = customers(&home.engine, "PayamGostar2");
    take(&home, &mirrored(&["a1.bak", "a2.bak"], &[&["b1.bak", "b2.bak"], &["c1.bak", "c2.bak"]]));
    let bytes = |name: &str| std::fs::read(home.folder.path().join("D/Backup").join(name)).expect("a file");
    assert_eq!(bytes("a1.bak"), bytes("b1.bak"));
    assert_eq!(bytes("a2.bak"), bytes("c2.bak"));
    let label = home.engine.label_only(r"D:\Backup\b2.bak").expect("a label");
    let column = |name: &str| label.columns.iter().position(|column| column.name == name).expect("a column");
    assert_eq!(label.rows[0][column("Mirror_Count")], Value::Int(3));
    for (name, devices) in [("B", ["b1.bak", "b2.bak"]), ("Mixed", ["c1.bak", "a2.bak"])] {
        let devices = devices.map(|file| format!(r"D:\Backup\{file}")).to_vec();
        let restore = crate::engine::RestoreSpec { devices, ..copy("", name) };
        home.engine.restore(&restore, &mut Vec::new()).expect("a restore");
        assert_eq!(customers(&home.engine, name), rows);
    }
    // One of each mirror is the same family twice.
    let twice = vec![r"D:\Backup\a1.bak".to_owned(), r"D:\Backup\b1.bak".to_owned()];
    let refused = restore_refused(&home, &crate::engine::RestoreSpec { devices: twice, ..copy("", "Twice") });
    assert_eq!(refused.numbers(), [3227, 3013]);
}

#[test]
fn a_mirrored_set_is_made_and_appended_to_as_a_whole() {
    let home = seeded();
    let new = mirrored(&["a.bak"], &[&["b.bak"]]);
    let plain = |format| BackupSpec { format, init: false, ..new.clone() };
    assert_eq!(backup_refused(&home, &plain(false)).numbers(), [3215, 3013]);
    take(&home, &new);
    take(&home, &plain(false));
    assert_eq!(home.engine.header_only(r"D:\Backup\b.bak", None).expect("headers").rows.len(), 2);
    let alone = BackupSpec { mirrors: vec![], ..plain(false) };
    assert_eq!(backup_refused(&home, &alone).numbers(), [3240, 3013]);
    let other = BackupSpec { mirrors: vec![vec![r"D:\Backup\new.bak".into()]], ..plain(false) };
    assert_eq!(backup_refused(&home, &other).numbers(), [3240, 3013]);
    take(&home, &spec(BackupKind::Full, r"D:\Backup\one.bak"));
    let later = BackupSpec { devices: vec![r"D:\Backup\one.bak".into()], ..plain(false) };
    assert_eq!(backup_refused(&home, &later).numbers(), [3215, 3013]);
    assert_eq!(backup_refused(&home, &mirrored(&["a.bak"], &[&["b.bak", "c.bak"]])).numbers(), [3212, 3013]);
    let many = mirrored(&["a.bak"], &[&["b.bak"], &["c.bak"], &["d.bak"], &["e.bak"]]);
    assert_eq!(backup_refused(&home, &many).numbers(), [3214, 3013]);
    home.engine.faults().refuse_path(r"D:\Backup\b.bak", OsError::AccessDenied);
    assert_eq!(backup_refused(&home, &new).numbers(), [3201, 3013], "a mirror that fails fails the backup");
    let express = home_with(EngineOptions { edition: Edition::Express, ..EngineOptions::default() });
    express.engine.seed_payamgostar(5).expect("a database");
    assert_eq!(backup_refused(&express, &new).numbers(), [3218, 3013]);
}
