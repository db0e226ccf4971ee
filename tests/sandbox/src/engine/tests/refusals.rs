//! What the engine refuses: numbers in the server's order, texts in its shape, and nothing half done.

use std::cell::Cell;
use std::time::Duration;

use super::home_with;
use crate::engine::{
    Alteration, BackupKind, BackupSpec, Column, ColumnType, DatabaseState, Edition, Engine, EngineOptions, NewDatabase,
    NewFile, NewTable, OsError, RecoveryModel, ServerMessage, TailLog, UserAccess, Watcher,
};

use super::asks::{backup_refused, copy, over, restore_refused, seeded, spec, take};

const FILE: &str = r"D:\Backup\a.bak";

#[test]
fn databases_that_cannot_be_used() {
    let home = seeded();
    let no = spec(BackupKind::Full, FILE);
    let refused = backup_refused(&home, &BackupSpec { database: "Nobody".into(), ..no.clone() });
    assert_eq!(refused.numbers(), [911, 3013]);
    assert_eq!(
        refused.errors[0].text,
        "Database 'Nobody' does not exist. Make sure that the name is entered correctly."
    );
    assert_eq!(refused.errors[1].text, "BACKUP DATABASE is terminating abnormally.");
    assert_eq!(backup_refused(&home, &BackupSpec { database: "tempdb".into(), ..no.clone() }).numbers(), [3147, 3013]);
    home.engine.alter_database("PayamGostar2", &Alteration::Offline, true, 51).expect("offline");
    assert_eq!(backup_refused(&home, &no).numbers(), [942, 3013]);
    assert_eq!(home.engine.enter(51, "PayamGostar2").expect_err("offline").numbers(), [942]);
    home.engine.alter_database("PayamGostar2", &Alteration::Online, false, 51).expect("online");
    let single = Alteration::Access(UserAccess::Single);
    home.engine.enter(51, "PayamGostar2").expect("a way in");
    home.engine.enter(52, "PayamGostar2").expect("a way in");
    let waits = home.engine.alter_database("PayamGostar2", &single, false, 51).expect_err("in use");
    assert_eq!(waits.numbers(), [5070, 5069]);
    assert_eq!(home.engine.alter_database("PayamGostar2", &single, true, 51), Ok(vec![52]));
    assert_eq!(home.engine.enter(52, "PayamGostar2").expect_err("single user").numbers(), [924]);
    let multi = Alteration::Access(UserAccess::Multi);
    assert_eq!(
        home.engine.alter_database("PayamGostar2", &multi, false, 52).expect_err("taken").numbers(),
        [5064, 5069]
    );
    home.engine.alter_database("PayamGostar2", &multi, false, 51).expect("multi user");
    assert_eq!(home.engine.drop_database("PayamGostar2", 51).expect_err("in use").numbers(), [3702]);
    assert_eq!(home.engine.drop_database("msdb", 51).expect_err("a system database").numbers(), [3708]);
    take(&home, &no);
    let tail = BackupSpec { tail: TailLog::NoRecovery, ..spec(BackupKind::Log, r"D:\Backup\tail.trn") };
    home.engine.leave(51);
    take(&home, &tail);
    assert_eq!(home.engine.database("PayamGostar2").expect("a database").state, DatabaseState::Restoring);
    assert_eq!(backup_refused(&home, &no).numbers(), [927, 3013]);
    assert_eq!(home.engine.enter(51, "PayamGostar2").expect_err("restoring").numbers(), [927]);
}

#[test]
fn backups_that_the_database_does_not_allow() {
    let home = seeded();
    assert_eq!(backup_refused(&home, &spec(BackupKind::Differential, FILE)).numbers(), [3035, 3013]);
    let refused = backup_refused(&home, &spec(BackupKind::Log, FILE));
    assert_eq!(refused.numbers(), [4214, 3013]);
    assert_eq!(refused.errors[1].text, "BACKUP LOG is terminating abnormally.");
    // A copy-only full is neither a base nor the begin of a chain.
    take(&home, &BackupSpec { copy_only: true, ..spec(BackupKind::Full, FILE) });
    assert_eq!(backup_refused(&home, &spec(BackupKind::Differential, FILE)).numbers(), [3035, 3013]);
    assert_eq!(backup_refused(&home, &spec(BackupKind::Log, FILE)).numbers(), [4214, 3013]);
    let simple = Alteration::Recovery(RecoveryModel::Simple);
    home.engine.alter_database("PayamGostar2", &simple, false, 51).expect("simple");
    assert_eq!(backup_refused(&home, &spec(BackupKind::Log, FILE)).numbers(), [4208, 3013]);
    let long = format!(r"D:\Backup\{}.bak", "x".repeat(250));
    assert_eq!(backup_refused(&home, &spec(BackupKind::Full, &long)).numbers(), [3057, 3013]);
    let master = BackupSpec { database: "master".into(), ..spec(BackupKind::Differential, FILE) };
    assert_eq!(backup_refused(&home, &master).numbers(), [3024, 3013]);
    let express = home_with(EngineOptions { edition: Edition::Express, ..EngineOptions::default() });
    express.engine.seed_payamgostar(5).expect("a database");
    let refused = backup_refused(&express, &BackupSpec { compression: true, ..spec(BackupKind::Full, FILE) });
    assert_eq!(refused.numbers(), [1844, 3013]);
    assert_eq!(
        refused.errors[0].text,
        "BACKUP DATABASE WITH COMPRESSION is not supported on Express Edition (64-bit)."
    );
}

#[test]
fn devices_that_cannot_be_opened() {
    let home = seeded();
    let text = |device: &str| backup_refused(&home, &spec(BackupKind::Full, device)).errors[0].text.clone();
    assert_eq!(
        text(r"Q:\x.bak"),
        r"Cannot open backup device 'Q:\x.bak'. Operating system error 3(The system cannot find the path specified.)."
    );
    assert!(text(r"D:\NoFolder\x.bak").contains("error 3("));
    assert!(text(r"D:\Backup").contains("error 5("));
    assert!(text(r"\\nowhere\share\x.bak").contains("error 53("));
    assert!(text(r"D:\Backup\a?.bak").contains("error 123("));
    home.engine.faults().refuse_path(r"d:\backup", OsError::AccessDenied);
    assert!(text(r"D:\Backup\x.bak").contains("error 5(Access is denied.)"));
    home.engine.faults().allow_path(r"D:\Backup");
    home.engine.faults().refuse_path(FILE, OsError::SharingViolation);
    assert!(text(FILE).contains("error 32("));
    home.engine.faults().allow_path(FILE);
    let refused = home.engine.header_only(FILE, None).expect_err("no file");
    assert_eq!((refused.numbers(), refused.errors[0].state), (vec![3201, 3013], 2));
    assert_eq!(refused.errors[1].text, "RESTORE HEADERONLY is terminating abnormally.");
    // What is no backup.
    std::fs::write(home.folder.path().join("D/Backup/text.bak"), "plain text").expect("a file");
    for refused in [
        home.engine.header_only(r"D:\Backup\text.bak", None).expect_err("text"),
        backup_refused(&home, &spec(BackupKind::Full, r"D:\Backup\text.bak")),
        restore_refused(&home, &over(r"D:\Backup\text.bak")),
    ] {
        assert_eq!(refused.numbers(), [3242, 3013]);
    }
    std::fs::write(home.folder.path().join("D/Backup/empty.bak"), "").expect("a file");
    assert_eq!(home.engine.label_only(r"D:\Backup\empty.bak").expect_err("empty").numbers(), [3254, 3013]);
    std::fs::write(home.folder.path().join("D/Backup/torn.bak"), b"TAPE and then nothing").expect("a file");
    assert_eq!(home.engine.header_only(r"D:\Backup\torn.bak", None).expect_err("torn").numbers(), [3241, 3013]);
    // A bare name lies in the instance's own folder.
    take(&home, &spec(BackupKind::Full, "bare.bak"));
    assert!(home.engine.file_exists(&format!(r"{}\bare.bak", home.engine.options().backup_path)).file);
}

#[test]
fn full_disks_cut_cables_and_power_cuts() {
    let home = seeded();
    home.engine.faults().fail_media_write(300_000, OsError::DiskFull);
    let refused = backup_refused(&home, &spec(BackupKind::Full, FILE));
    assert_eq!(refused.numbers(), [3202, 3013]);
    assert_eq!(
        refused.errors[0].text,
        r#"Write on "D:\Backup\a.bak" failed: 112(There is not enough space on the disk.)"#
    );
    // What it left is a set without an end: nothing can be added, and it cannot be restored.
    let header = home.engine.header_only(FILE, None).expect("a header");
    assert_eq!(header.rows[0][0], crate::engine::Value::Text("*** INCOMPLETE ***".into()));
    assert_eq!(backup_refused(&home, &spec(BackupKind::Full, FILE)).numbers(), [3266, 3013]);
    assert_eq!(restore_refused(&home, &copy(FILE, "Copy")).numbers(), [3256, 3013]);
    take(&home, &BackupSpec { format: true, ..spec(BackupKind::Full, FILE) });
    home.engine.faults().fail_media_read(200_000, OsError::Crc);
    let refused = restore_refused(&home, &copy(FILE, "Copy"));
    assert_eq!(refused.numbers(), [3203, 3013]);
    // A good set, then one that a power cut ends: the first stays good.
    let end = std::fs::metadata(home.folder.path().join("D/Backup/a.bak")).expect("a file").len();
    home.engine.faults().crash_media_write(end + 200_000);
    assert_eq!(backup_refused(&home, &spec(BackupKind::Full, FILE)).number(), 3204);
    let mut messages: Vec<ServerMessage> = Vec::new();
    home.engine.verify_only(&[FILE.into()], Some(1), None, None, &mut messages).expect("set 1 is good");
    assert_eq!(messages.last().map(|m| m.text.as_str()), Some("The backup set on file 1 is valid."));
    let torn = home.engine.verify_only(&[FILE.into()], Some(2), None, None, &mut messages).expect_err("set 2 is torn");
    assert_eq!(torn.numbers(), [3256, 3013]);
    assert_eq!(torn.errors[1].text, "VERIFY DATABASE is terminating abnormally.");
    assert_eq!(backup_refused(&home, &spec(BackupKind::Full, FILE)).numbers(), [3266, 3013]);
    // No room for the copy.
    home.engine.faults().set_free_space("D:", Some(1 << 20));
    let refused = restore_refused(&home, &copy(FILE, "Big"));
    assert_eq!(refused.numbers(), [3257, 3119, 3013]);
    assert!(refused.errors[0].text.contains("only 1048576 bytes are available"), "{}", refused.errors[0].text);
    home.engine.faults().set_free_space("D:", Some(100_000));
    let refused = backup_refused(&home, &spec(BackupKind::Full, r"D:\Backup\b.bak"));
    assert!(refused.errors[0].text.contains("112("));
    assert!(home.engine.fixed_drives().contains(&('D', 0)));
}

struct Impatient {
    heard: Vec<ServerMessage>,
    asked: Cell<u32>,
}

impl Watcher for Impatient {
    fn message(&mut self, message: ServerMessage) {
        self.heard.push(message);
    }

    fn cancelled(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        self.asked.get() > 5
    }
}

#[test]
fn a_cancelled_backup_ends_at_once_and_changes_nothing() {
    let home = seeded();
    take(&home, &spec(BackupKind::Full, r"D:\Backup\base.bak"));
    let base = home.engine.database("PayamGostar2").expect("facts").files[0].differential_base_guid;
    home.engine.faults().pause_per_extent(Duration::from_secs(20));
    let start = std::time::Instant::now();
    let mut impatient = Impatient { heard: Vec::new(), asked: Cell::new(0) };
    let refused = home.engine.backup(&spec(BackupKind::Full, FILE), &mut impatient).expect_err("cancelled");
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(refused.numbers(), [3204, 3013]);
    assert_eq!(refused.errors[0].text, "The backup or restore was aborted.");
    home.engine.faults().pause_per_extent(Duration::ZERO);
    assert_eq!(home.engine.database("PayamGostar2").expect("facts").files[0].differential_base_guid, base);
    let last = std::fs::read(home.folder.path().join("D/Backup/a.bak")).expect("a file");
    assert!(!last.windows(4).any(|window| window == b"MSLS"));
    take(&home, &spec(BackupKind::Differential, r"D:\Backup\base.bak"));
}

#[test]
fn newer_servers_backups_and_new_databases_are_checked() {
    let home = seeded();
    take(&home, &spec(BackupKind::Full, FILE));
    let version = crate::engine::Version { major: 14, minor: 0, build: 3456, revision: 2 };
    let old = home_with(EngineOptions { version, ..EngineOptions::default() });
    std::fs::copy(home.folder.path().join("D/Backup/a.bak"), old.folder.path().join("D/Backup/a.bak")).expect("a copy");
    let refused = restore_refused(&old, &copy(FILE, "Copy"));
    assert_eq!(refused.numbers(), [3169, 3013]);
    assert!(refused.errors[0].text.contains("15.00.4261"), "{}", refused.errors[0].text);
    assert_eq!(home.engine.create_database(&NewDatabase::new("PAYAMGOSTAR2")).expect_err("taken").numbers(), [1801]);
    let file = NewFile {
        logical_name: "x".into(),
        physical_name: r"D:\No\x.mdf".into(),
        size: 8 << 20,
        group: "PRIMARY".into(),
    };
    let new = NewDatabase { data: vec![file], ..NewDatabase::new("X") };
    assert_eq!(home.engine.create_database(&new).expect_err("no folder").numbers(), [5123, 1802]);
    let table = NewTable {
        schema: "dbo".into(),
        name: "Customers".into(),
        columns: vec![Column::required("Id", ColumnType::Int)],
        primary_key: vec![],
        primary_key_name: None,
    };
    assert_eq!(home.engine.create_table("PayamGostar2", &table).expect_err("taken").numbers(), [2714]);
    let _: &Engine = &home.engine;
}
