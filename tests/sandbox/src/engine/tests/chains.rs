//! Backups and the restores that they allow, row for row.

use super::{add_customer, customers, home, said};
use crate::engine::{
    BackupKind, BackupSpec, DatabaseState, Engine, EngineOptions, Recovery, RestoreKind, RestoreSpec, ServerMessage,
    Value,
};

const FILE: &str = r"D:\Backup\PayamGostar2.bak";

fn backup(engine: &Engine, kind: BackupKind, device: &str) -> BackupSpec {
    let _ = engine;
    BackupSpec { checksum: true, ..BackupSpec::new(kind, "PayamGostar2", device) }
}

fn take(engine: &Engine, spec: &BackupSpec) -> u16 {
    let mut messages: Vec<ServerMessage> = Vec::new();
    engine.backup(spec, &mut messages).expect("a backup").position
}

fn restore(device: &str, file: u16, database: &str) -> RestoreSpec {
    RestoreSpec {
        file: Some(file),
        moves: vec![
            ("PayamGostar2".into(), format!(r"D:\Data\{database}.mdf")),
            ("PayamGostar2_log".into(), format!(r"E:\Log\{database}.ldf")),
        ],
        ..RestoreSpec::new(RestoreKind::Database, database, device)
    }
}

fn put_back(engine: &Engine, spec: &RestoreSpec) {
    let mut messages: Vec<ServerMessage> = Vec::new();
    engine.restore(spec, &mut messages).expect("a restore");
}

#[test]
fn a_full_backup_brings_the_rows_back() {
    let home = home();
    home.engine.seed_payamgostar(700).expect("a database");
    let rows = customers(&home.engine, "PayamGostar2");
    let mut messages: Vec<ServerMessage> = Vec::new();
    let spec = BackupSpec { stats: Some(10), ..backup(&home.engine, BackupKind::Full, FILE) };
    let done = home.engine.backup(&spec, &mut messages).expect("a backup");
    assert_eq!(done.position, 1);
    let numbers = said(&messages);
    assert_eq!(numbers.iter().filter(|number| **number == 3211).count(), 10, "{messages:?}");
    assert_eq!(numbers[numbers.len() - 4..], [4035, 3211, 4035, 3014]);

    put_back(&home.engine, &restore(FILE, 1, "Copy"));
    assert_eq!(customers(&home.engine, "Copy"), rows);
    assert_eq!(home.engine.check_database("Copy"), Ok(vec![]));
    add_customer(&home.engine, "Copy", 9001);
    let again = Engine::open(home.folder.path(), EngineOptions::default()).expect("an engine");
    assert_eq!(customers(&again, "Copy").len(), 701);
    assert_eq!(customers(&again, "PayamGostar2"), rows);
}

#[test]
fn differentials_in_one_archive_bring_each_moment_back() {
    let home = home();
    home.engine.seed_payamgostar(400).expect("a database");
    let mut moments = vec![customers(&home.engine, "PayamGostar2")];
    assert_eq!(take(&home.engine, &backup(&home.engine, BackupKind::Full, FILE)), 1);
    for n in 0..3 {
        add_customer(&home.engine, "PayamGostar2", 5000 + n);
        moments.push(customers(&home.engine, "PayamGostar2"));
        let position = take(&home.engine, &backup(&home.engine, BackupKind::Differential, FILE));
        assert_eq!(i64::from(position), n + 2);
    }
    // A copy-only full does not change the base.
    let copy = BackupSpec { copy_only: true, ..backup(&home.engine, BackupKind::Full, r"E:\x.bak") };
    assert_eq!(take(&home.engine, &copy), 1);
    add_customer(&home.engine, "PayamGostar2", 6000);
    assert_eq!(take(&home.engine, &backup(&home.engine, BackupKind::Differential, FILE)), 5);
    moments.push(customers(&home.engine, "PayamGostar2"));
    for (index, rows) in moments.iter().enumerate() {
        let name = format!("At{index}");
        if index == 0 {
            put_back(&home.engine, &restore(FILE, 1, &name));
        } else {
            put_back(&home.engine, &RestoreSpec { recovery: Recovery::NoRecovery, ..restore(FILE, 1, &name) });
            assert_eq!(home.engine.database(&name).expect("a database").state, DatabaseState::Restoring);
            let spec = RestoreSpec { moves: vec![], ..restore(FILE, index as u16 + 1, &name) };
            put_back(&home.engine, &spec);
        }
        assert_eq!(&customers(&home.engine, &name), rows, "{name}");
        assert_eq!(home.engine.check_database(&name), Ok(vec![]));
    }
}

#[test]
fn logs_bring_every_moment_back_and_stop_where_they_are_told() {
    let (home, clock) = super::home_with_clock();
    home.engine.seed_payamgostar(200).expect("a database");
    take(&home.engine, &backup(&home.engine, BackupKind::Full, FILE));
    let mut moments = Vec::new();
    for n in 0..6 {
        super::advance(&clock, 60);
        add_customer(&home.engine, "PayamGostar2", 7000 + n);
        moments.push((home.engine.options().clock.local(), customers(&home.engine, "PayamGostar2")));
        super::advance(&clock, 60);
        if n % 2 == 1 {
            take(&home.engine, &backup(&home.engine, BackupKind::Log, &format!(r"D:\Backup\log{n}.trn")));
        }
    }
    // All logs.
    let begin = |name: &str| {
        put_back(&home.engine, &RestoreSpec { recovery: Recovery::NoRecovery, ..restore(FILE, 1, name) });
    };
    let log = |name: &str, n: i32, recovery: Recovery, stop_at| RestoreSpec {
        kind: RestoreKind::Log,
        moves: vec![],
        recovery,
        stop_at,
        ..restore(&format!(r"D:\Backup\log{n}.trn"), 1, name)
    };
    begin("All");
    put_back(&home.engine, &log("All", 1, Recovery::NoRecovery, None));
    put_back(&home.engine, &log("All", 3, Recovery::NoRecovery, None));
    put_back(&home.engine, &log("All", 5, Recovery::Recovery, None));
    assert_eq!(customers(&home.engine, "All"), moments[5].1);
    assert_eq!(home.engine.check_database("All"), Ok(vec![]));
    // A point in time inside the second log.
    begin("Middle");
    let stop = Some(moments[2].0 + chrono::Duration::seconds(30));
    put_back(&home.engine, &log("Middle", 1, Recovery::NoRecovery, stop));
    assert_eq!(home.engine.database("Middle").expect("a database").state, DatabaseState::Restoring);
    put_back(&home.engine, &log("Middle", 3, Recovery::Recovery, stop));
    assert_eq!(customers(&home.engine, "Middle"), moments[2].1);
    // The restored database goes on: a log chain of its own, from a fork of its own.
    add_customer(&home.engine, "Middle", 8001);
    let spec = BackupSpec { database: "Middle".into(), ..backup(&home.engine, BackupKind::Log, r"D:\Backup\m.trn") };
    take(&home.engine, &spec);
    let facts = home.engine.database("Middle").expect("a database");
    let source = home.engine.database("PayamGostar2").expect("a database");
    assert_eq!(facts.family_guid, source.family_guid);
    assert_eq!(source.database_guid, source.family_guid);
    assert_ne!(facts.database_guid, source.database_guid);
    assert_ne!(facts.recovery_fork, source.recovery_fork);
    // Readable between logs.
    begin("Warm");
    put_back(&home.engine, &log("Warm", 1, Recovery::Standby(r"D:\Data\warm.tuf".into()), None));
    assert_eq!(customers(&home.engine, "Warm"), moments[1].1);
    let warm = BackupSpec { database: "Warm".into(), ..backup(&home.engine, BackupKind::Full, FILE) };
    assert_eq!(home.engine.backup(&warm, &mut Vec::new()).expect_err("standby").numbers(), [3036, 3013]);
    let row = customers(&home.engine, "Warm").pop().expect("a row");
    assert_eq!(home.engine.insert("Warm", "dbo", "Customers", &[row]).expect_err("read-only").numbers(), [3906]);
    put_back(&home.engine, &log("Warm", 3, Recovery::Standby(r"D:\Data\warm.tuf".into()), None));
    assert_eq!(customers(&home.engine, "Warm"), moments[3].1);
    put_back(&home.engine, &RestoreSpec::recover("Warm"));
    add_customer(&home.engine, "Warm", 8002);
    assert!(!home.engine.database("Warm").expect("a database").in_standby);
}

#[test]
fn a_restore_over_the_database_itself_undoes_what_came_after() {
    let home = home();
    home.engine.seed_payamgostar(300).expect("a database");
    let rows = customers(&home.engine, "PayamGostar2");
    take(&home.engine, &backup(&home.engine, BackupKind::Full, FILE));
    let all: Vec<_> =
        home.engine.scan("PayamGostar2", "dbo", "Customers").expect("rows").iter().map(|(place, _)| *place).collect();
    home.engine.delete("PayamGostar2", "dbo", "Customers", &all).expect("a delete");
    home.engine.drop_table("PayamGostar2", "dbo", "Customers").expect("a drop");
    let spec = RestoreSpec { moves: vec![], replace: true, ..restore(FILE, 1, "PayamGostar2") };
    put_back(&home.engine, &spec);
    assert_eq!(customers(&home.engine, "PayamGostar2"), rows);
    let facts = home.engine.database("PayamGostar2").expect("a database");
    assert_eq!(facts.files[0].physical_name, format!("{}PayamGostar2.mdf", home.engine.options().data_path));
}

#[test]
fn stripes_hold_a_set_together() {
    let home = home();
    home.engine.seed_payamgostar(2000).expect("a database");
    let rows = customers(&home.engine, "PayamGostar2");
    let devices: Vec<String> = (1..=3).map(|n| format!(r"D:\Backup\stripe{n}.bak")).collect();
    let spec = BackupSpec { devices: devices.clone(), ..backup(&home.engine, BackupKind::Full, "") };
    assert_eq!(take(&home.engine, &spec), 1);
    assert_eq!(take(&home.engine, &spec), 2);
    let mut reversed = devices.clone();
    reversed.reverse();
    put_back(&home.engine, &RestoreSpec { devices: reversed, ..restore("", 2, "Joined") });
    assert_eq!(customers(&home.engine, "Joined"), rows);
    let half = RestoreSpec { devices: devices[..2].to_vec(), ..restore("", 1, "Half") };
    let refused = home.engine.restore(&half, &mut Vec::new()).expect_err("a stripe is missing");
    assert_eq!(refused.numbers(), [3132, 3013]);
}

#[test]
fn writes_during_a_backup_are_in_it() {
    let home = home();
    home.engine.seed_payamgostar(3000).expect("a database");
    let mut row = customers(&home.engine, "PayamGostar2").swap_remove(0);
    home.engine.faults().pause_per_extent(std::time::Duration::from_millis(40));
    let engine = home.engine.clone();
    let running = std::thread::spawn(move || take(&engine, &backup(&engine, BackupKind::Full, FILE)));
    std::thread::sleep(std::time::Duration::from_millis(60));
    for n in 0..20 {
        row[0] = Value::Int(9000 + n);
        home.engine.insert("PayamGostar2", "dbo", "Customers", &[row.clone()]).expect("a row");
    }
    assert!(!running.is_finished(), "the backup was over before the writes");
    let second = home.engine.backup(&backup(&home.engine, BackupKind::Full, r"D:\Backup\two.bak"), &mut Vec::new());
    assert_eq!(second.expect_err("one at a time").numbers(), [3023, 3013]);
    running.join().expect("a backup");
    home.engine.faults().pause_per_extent(std::time::Duration::ZERO);
    put_back(&home.engine, &restore(FILE, 1, "Copy"));
    assert_eq!(customers(&home.engine, "Copy"), customers(&home.engine, "PayamGostar2"));
    assert_eq!(home.engine.check_database("Copy"), Ok(vec![]));
    let last = customers(&home.engine, "Copy").pop().expect("a row");
    assert_eq!(last[0], Value::Int(9019));
}

#[test]
fn compressed_archives_hold_the_same_rows_in_less() {
    let home = home();
    home.engine.seed_payamgostar(2000).expect("a database");
    let packed = |kind| BackupSpec { compression: true, ..backup(&home.engine, kind, r"D:\Backup\packed.bak") };
    take(&home.engine, &backup(&home.engine, BackupKind::Full, FILE));
    assert_eq!(take(&home.engine, &packed(BackupKind::Full)), 1);
    add_customer(&home.engine, "PayamGostar2", 5001);
    assert_eq!(take(&home.engine, &packed(BackupKind::Differential)), 2);
    add_customer(&home.engine, "PayamGostar2", 5002);
    // Without a word the media's own way goes on; asking for the other way is refused.
    let plain = BackupSpec { compression: false, ..packed(BackupKind::Log) };
    assert_eq!(take(&home.engine, &plain), 3);
    let mixed = BackupSpec { compression: true, ..backup(&home.engine, BackupKind::Full, FILE) };
    let refused = home.engine.backup(&mixed, &mut Vec::new()).expect_err("another structure");
    assert_eq!(refused.numbers(), [3098, 3013]);
    let size = |name: &str| std::fs::metadata(home.folder.path().join("D/Backup").join(name)).expect("a file").len();
    assert!(size("packed.bak") < size("PayamGostar2.bak"), "{} {}", size("packed.bak"), size("PayamGostar2.bak"));
    let device = r"D:\Backup\packed.bak".to_owned();
    let headers = home.engine.header_only(&device, None).expect("headers");
    let column = |name: &str| headers.columns.iter().position(|column| column.name == name).expect("a column");
    for row in &headers.rows {
        assert_eq!(row[column("Compressed")], Value::Int(1));
        let (Value::Decimal { unscaled: whole, .. }, Value::Int(own)) =
            (&row[column("BackupSize")], &row[column("CompressedBackupSize")])
        else {
            panic!("sizes");
        };
        assert!(i128::from(*own) < *whole && *own > 0);
    }
    for position in 1..=3 {
        home.engine
            .verify_only(std::slice::from_ref(&device), Some(position), None, None, &mut Vec::new())
            .expect("a good set");
    }
    let step = |position, kind, recovery| RestoreSpec {
        kind,
        recovery,
        moves: if position == 1 { restore("", 1, "Copy").moves } else { vec![] },
        ..restore(&device, position, "Copy")
    };
    put_back(&home.engine, &step(1, RestoreKind::Database, Recovery::NoRecovery));
    put_back(&home.engine, &step(2, RestoreKind::Database, Recovery::NoRecovery));
    put_back(&home.engine, &step(3, RestoreKind::Log, Recovery::Recovery));
    assert_eq!(customers(&home.engine, "Copy"), customers(&home.engine, "PayamGostar2"));
    // A flipped bit in a record of pages is seen.
    let path = home.folder.path().join("D/Backup/packed.bak");
    let mut bytes = std::fs::read(&path).expect("a file");
    bytes[60_000] ^= 8;
    std::fs::write(&path, bytes).expect("a file");
    let refused = home.engine.verify_only(&[device], Some(1), None, None, &mut Vec::new()).expect_err("damage");
    assert_eq!(refused.numbers(), [3203, 3013]);
}

#[test]
fn history_and_files_tell_what_was_done() {
    let home = home();
    home.engine.seed_payamgostar(20).expect("a database");
    take(&home.engine, &backup(&home.engine, BackupKind::Full, FILE));
    take(&home.engine, &backup(&home.engine, BackupKind::Differential, FILE));
    put_back(&home.engine, &restore(FILE, 1, "Copy"));
    let table = |name: &str| {
        let facts = home.engine.table("msdb", "dbo", name).expect("a table");
        let rows = home.engine.scan("msdb", "dbo", name).expect("rows");
        let names: Vec<String> = facts.columns.into_iter().map(|column| column.name).collect();
        let row = |row: Vec<Value>| names.iter().cloned().zip(row).collect::<std::collections::BTreeMap<_, _>>();
        rows.into_iter().map(|(_, values)| row(values)).collect::<Vec<_>>()
    };
    let sets = table("backupset");
    assert_eq!(sets.len(), 2);
    let facts = home.engine.database("PayamGostar2").expect("a database");
    let base = facts.files[0].differential_base_guid.expect("a base");
    assert_eq!(sets[0]["backup_set_uuid"], Value::Guid(base));
    assert_eq!(sets[1]["differential_base_guid"], Value::Guid(base));
    assert_eq!(sets[1]["database_backup_lsn"], sets[0]["checkpoint_lsn"]);
    assert_eq!(sets[1]["type"], Value::Text("I".into()));
    assert_eq!(sets[1]["media_set_id"], sets[0]["media_set_id"]);
    assert_eq!(table("backupmediafamily")[0]["physical_device_name"], Value::Text(FILE.into()));
    assert_eq!(table("backupfile").len(), 4);
    let restores = table("restorehistory");
    assert_eq!(restores.len(), 1);
    assert_eq!(restores[0]["backup_set_id"], sets[0]["backup_set_id"]);
    assert_eq!(table("restorefile").len(), 2);
    let copy = home.engine.database("Copy").expect("a database");
    assert_eq!(copy.files[0].differential_base_guid, Some(base));
    assert_eq!(copy.files[0].physical_name, r"D:\Data\Copy.mdf");
}

#[test]
fn system_databases_are_backed_up_as_others_are() {
    let home = home();
    for name in ["master", "model", "msdb"] {
        let spec = BackupSpec { checksum: true, ..BackupSpec::new(BackupKind::Full, name, FILE) };
        take(&home.engine, &spec);
    }
    let moves = vec![
        ("MSDBData".to_owned(), r"D:\Data\history.mdf".to_owned()),
        ("MSDBLog".to_owned(), r"D:\Data\history.ldf".to_owned()),
    ];
    put_back(&home.engine, &RestoreSpec { moves, ..restore(FILE, 3, "History") });
    // msdb's own backup knows of the two before it.
    assert_eq!(home.engine.scan("History", "dbo", "backupset").expect("rows").len(), 2);
    assert_eq!(home.engine.scan("msdb", "dbo", "backupset").expect("rows").len(), 3);
    let master = RestoreSpec { moves: vec![], replace: true, ..restore(FILE, 1, "master") };
    let refused = home.engine.restore(&master, &mut Vec::new()).expect_err("master");
    assert_eq!(refused.numbers(), [3108, 3013]);
}
