//! What the engine refuses: numbers in the server's order, texts in its shape, and nothing half done.

use std::cell::Cell;
use std::time::Duration;

use super::{Home, add_customer, customers, home, home_with};
use crate::engine::{
    Alteration, BackupKind, BackupSpec, Column, ColumnType, DatabaseState, Edition, Engine, EngineOptions, NewDatabase,
    NewFile, NewTable, OsError, Recovery, RecoveryModel, Refusal, RestoreKind, RestoreSpec, ServerMessage, TailLog,
    UserAccess, Watcher,
};

const FILE: &str = r"D:\Backup\a.bak";

fn spec(kind: BackupKind, device: &str) -> BackupSpec {
    BackupSpec::new(kind, "PayamGostar2", device)
}

fn take(home: &Home, spec: &BackupSpec) {
    home.engine.backup(spec, &mut Vec::new()).expect("a backup");
}

fn backup_refused(home: &Home, spec: &BackupSpec) -> Refusal {
    home.engine.backup(spec, &mut Vec::new()).expect_err("a refusal")
}

fn restore_refused(home: &Home, spec: &RestoreSpec) -> Refusal {
    home.engine.restore(spec, &mut Vec::new()).expect_err("a refusal")
}

fn over(device: &str) -> RestoreSpec {
    RestoreSpec::new(RestoreKind::Database, "PayamGostar2", device)
}

fn copy(device: &str, name: &str) -> RestoreSpec {
    RestoreSpec {
        moves: vec![
            ("PayamGostar2".into(), format!(r"D:\Data\{name}.mdf")),
            ("PayamGostar2_log".into(), format!(r"D:\Data\{name}.ldf")),
        ],
        ..RestoreSpec::new(RestoreKind::Database, name, device)
    }
}

fn log_of(device: &str, name: &str) -> RestoreSpec {
    RestoreSpec::new(RestoreKind::Log, name, device)
}

fn seeded() -> Home {
    let home = home();
    home.engine.seed_payamgostar(100).expect("a database");
    home
}

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
fn restores_over_what_they_must_not_touch() {
    let home = seeded();
    take(&home, &spec(BackupKind::Full, FILE));
    assert_eq!(restore_refused(&home, &over(FILE)).numbers(), [3159, 3013]);
    home.engine.enter(51, "PayamGostar2").expect("a way in");
    let replace = RestoreSpec { replace: true, ..over(FILE) };
    assert_eq!(restore_refused(&home, &replace).numbers(), [3101, 3013]);
    assert_eq!(restore_refused(&home, &RestoreSpec { session: 51, ..replace.clone() }).numbers(), [3102, 3013]);
    home.engine.leave(51);
    home.engine.create_database(&NewDatabase::new("Other")).expect("a database");
    let other = RestoreSpec { database: "Other".into(), ..over(FILE) };
    assert_eq!(restore_refused(&home, &other).numbers(), [3154, 3013]);
    // The files of one database are not another's.
    let twin = RestoreSpec { database: "Twin".into(), ..over(FILE) };
    assert_eq!(restore_refused(&home, &twin).numbers(), [1834, 3156, 1834, 3156, 3119, 3013]);
    std::fs::write(home.folder.path().join("D/Data/Copy.mdf"), "something").expect("a file");
    let refused = restore_refused(&home, &copy(FILE, "Copy"));
    assert_eq!(refused.numbers(), [3142, 3013]);
    let away = RestoreSpec {
        moves: vec![
            ("PayamGostar2".into(), r"D:\No\x.mdf".into()),
            ("payamgostar2_LOG".into(), r"D:\Data\x.ldf".into()),
        ],
        ..copy(FILE, "Copy")
    };
    assert_eq!(restore_refused(&home, &away).numbers(), [5133, 3156, 3119, 3013]);
    let unknown = RestoreSpec { moves: vec![("Nothing".into(), r"D:\Data\x.mdf".into())], ..copy(FILE, "Copy") };
    let refused = restore_refused(&home, &unknown);
    assert_eq!(refused.numbers(), [3234, 3013]);
    assert_eq!(
        refused.errors[0].text,
        "Logical file 'Nothing' is not part of database 'PayamGostar2'. Use RESTORE FILELISTONLY to list the logical file names."
    );
    let twice = RestoreSpec {
        moves: vec![
            ("PayamGostar2".into(), r"D:\Data\y.mdf".into()),
            ("PayamGostar2_log".into(), r"D:\data\Y.MDF".into()),
        ],
        ..copy(FILE, "Copy")
    };
    assert_eq!(restore_refused(&home, &twice).numbers(), [3176, 3119, 3013]);
    let fourth = RestoreSpec { file: Some(4), ..copy(FILE, "Copy4") };
    let refused = restore_refused(&home, &fourth);
    assert_eq!(refused.numbers(), [4038, 3013]);
    assert_eq!(refused.errors[0].text, r"Cannot find file ID 4 on device 'D:\Backup\a.bak'.");
    let checked = RestoreSpec { checksum: Some(true), ..copy(FILE, "Copy5") };
    assert_eq!(restore_refused(&home, &checked).numbers(), [3187, 3013]);
    assert_eq!(restore_refused(&home, &RestoreSpec::recover("PayamGostar2")).numbers(), [3153, 3013]);
    assert_eq!(restore_refused(&home, &log_of(FILE, "PayamGostar2")).numbers(), [3135, 3013]);
    // Nothing of all this left a database behind.
    let names: Vec<String> = home.engine.databases().into_iter().map(|database| database.name).collect();
    assert_eq!(names, ["master", "tempdb", "model", "msdb", "PayamGostar2", "Other"]);
    assert_eq!(customers(&home.engine, "PayamGostar2").len(), 100);
}

#[test]
fn chains_that_do_not_fit() {
    let (home, clock) = super::home_with_clock();
    home.engine.seed_payamgostar(50).expect("a database");
    let no_recovery = |spec: RestoreSpec| RestoreSpec { recovery: Recovery::NoRecovery, ..spec };
    let put = |spec: &RestoreSpec| home.engine.restore(spec, &mut Vec::new()).expect("a restore");
    take(&home, &spec(BackupKind::Full, r"D:\Backup\f1.bak"));
    super::advance(&clock, 60);
    add_customer(&home.engine, "PayamGostar2", 101);
    take(&home, &spec(BackupKind::Differential, r"D:\Backup\d1.bak"));
    for n in 1..=3 {
        super::advance(&clock, 60);
        add_customer(&home.engine, "PayamGostar2", 110 + n);
        take(&home, &spec(BackupKind::Log, &format!(r"D:\Backup\l{n}.trn")));
    }
    take(&home, &spec(BackupKind::Full, r"D:\Backup\f2.bak"));
    let diff = |device: &str, name: &str| over(device).clone_for(name);
    assert_eq!(restore_refused(&home, &diff(r"D:\Backup\d1.bak", "New")).numbers(), [3118, 3013]);
    assert_eq!(restore_refused(&home, &log_of(r"D:\Backup\l1.trn", "New")).numbers(), [3118, 3013]);
    assert_eq!(restore_refused(&home, &log_of(r"D:\Backup\l1.trn", "PayamGostar2")).numbers(), [3117, 3013]);
    put(&no_recovery(copy(r"D:\Backup\f2.bak", "B")));
    assert_eq!(restore_refused(&home, &diff(r"D:\Backup\d1.bak", "B")).numbers(), [3136, 3013]);
    let refused = restore_refused(&home, &log_of(r"D:\Backup\l1.trn", "B"));
    assert_eq!(refused.numbers(), [4326, 3013]);
    assert_eq!(refused.errors[1].text, "RESTORE LOG is terminating abnormally.");
    put(&no_recovery(copy(r"D:\Backup\f1.bak", "A")));
    let refused = restore_refused(&home, &log_of(r"D:\Backup\l2.trn", "A"));
    assert_eq!(refused.numbers(), [4305, 3013]);
    assert!(refused.errors[0].text.contains("which is too recent to apply to the database"));
    let early = home.engine.options().clock.local() - chrono::Duration::hours(1);
    put(&no_recovery(log_of(r"D:\Backup\l1.trn", "A")));
    let stop = RestoreSpec { stop_at: Some(early), ..log_of(r"D:\Backup\l2.trn", "A") };
    assert_eq!(restore_refused(&home, &stop).numbers(), [4335, 3013]);
    // A point in time behind the end of the log: the database waits for more.
    let late = home.engine.options().clock.local() + chrono::Duration::hours(1);
    let mut messages: Vec<ServerMessage> = Vec::new();
    let stop = RestoreSpec { stop_at: Some(late), ..log_of(r"D:\Backup\l2.trn", "A") };
    home.engine.restore(&stop, &mut messages).expect("a restore");
    assert!(messages.iter().any(|message| message.number == 4322));
    assert_eq!(home.engine.database("A").expect("a database").state, DatabaseState::Restoring);
    put(&RestoreSpec::recover("A"));
    assert_eq!(customers(&home.engine, "A").len(), 53);
    // The copy lives on another recovery path now; its log does not fit the original's chain.
    take(&home, &BackupSpec { database: "A".into(), ..spec(BackupKind::Log, r"D:\Backup\fork.trn") });
    put(&no_recovery(copy(r"D:\Backup\f1.bak", "C")));
    put(&no_recovery(log_of(r"D:\Backup\l1.trn", "C")));
    put(&no_recovery(log_of(r"D:\Backup\l2.trn", "C")));
    put(&no_recovery(log_of(r"D:\Backup\l3.trn", "C")));
    assert_eq!(restore_refused(&home, &log_of(r"D:\Backup\fork.trn", "C")).numbers(), [4330, 3013]);
    put(&RestoreSpec::recover("C"));
    assert_eq!(customers(&home.engine, "C").len(), 54);
}

trait CloneFor {
    fn clone_for(&self, name: &str) -> RestoreSpec;
}

impl CloneFor for RestoreSpec {
    fn clone_for(&self, name: &str) -> RestoreSpec {
        RestoreSpec { database: name.into(), ..self.clone() }
    }
}

#[test]
fn damage_is_found_where_it_is() {
    let home = seeded();
    take(&home, &BackupSpec { checksum: true, ..spec(BackupKind::Full, FILE) });
    let path = home.folder.path().join("D/Backup/a.bak");
    let good = std::fs::read(&path).expect("a file");
    let verify = || home.engine.verify_only(&[FILE.into()], None, None, None, &mut Vec::new());
    verify().expect("a good set");
    // The first bytes of the pages: the extents begin at a multiple of 4096 behind MSDA.
    let msda = good.windows(4).position(|window| window == b"MSDA").expect("data");
    let mut bad = good.clone();
    bad[msda + 8192 + 5000] ^= 1;
    std::fs::write(&path, &bad).expect("a file");
    let refused = verify().expect_err("damage");
    assert_eq!(refused.numbers(), [3183, 3013]);
    let refused = restore_refused(&home, &copy(FILE, "Copy"));
    assert_eq!(refused.numbers(), [3183, 3013]);
    assert_eq!(home.engine.database("Copy").expect("a database").state, DatabaseState::Restoring);
    assert_eq!(home.engine.enter(51, "Copy").expect_err("half").numbers(), [927]);
    // A damaged database does not become a backup with checksums.
    std::fs::write(&path, &good).expect("a file");
    let data = home.engine.host_path(&format!("{}PayamGostar2.mdf", home.engine.options().data_path)).expect("a path");
    home.engine.alter_database("PayamGostar2", &Alteration::Offline, true, 0).expect("offline");
    let mut pages = std::fs::read(&data).expect("pages");
    let at = pages.chunks(8192).position(|page| page[1] == 1 && page[7] == 1).expect("a data page") * 8192;
    pages[at + 4000] ^= 0x10;
    std::fs::write(&data, pages).expect("pages");
    home.engine.alter_database("PayamGostar2", &Alteration::Online, false, 0).expect("online");
    let refused = backup_refused(&home, &BackupSpec { checksum: true, ..spec(BackupKind::Full, FILE) });
    assert_eq!(refused.numbers(), [3043, 3013]);
    assert_eq!(home.engine.check_database("PayamGostar2").expect("a check").len(), 1);
    assert_eq!(home.engine.scan("PayamGostar2", "dbo", "Customers").expect_err("a bad page").numbers(), [824]);
}

#[test]
fn media_that_do_not_belong_together() {
    let home = seeded();
    let two = |a: &str, b: &str| BackupSpec {
        devices: vec![format!(r"D:\Backup\{a}"), format!(r"D:\Backup\{b}")],
        ..spec(BackupKind::Full, "")
    };
    take(&home, &two("s1.bak", "s2.bak"));
    take(&home, &two("t1.bak", "t2.bak"));
    take(&home, &spec(BackupKind::Full, r"D:\Backup\one.bak"));
    assert_eq!(backup_refused(&home, &spec(BackupKind::Full, r"D:\Backup\s1.bak")).numbers(), [3132, 3013]);
    assert_eq!(backup_refused(&home, &two("one.bak", "new.bak")).numbers(), [3231, 3013]);
    assert_eq!(backup_refused(&home, &two("s1.bak", "t2.bak")).numbers(), [3258, 3013]);
    let restore = |a: &str, b: &str| RestoreSpec {
        devices: vec![format!(r"D:\Backup\{a}"), format!(r"D:\Backup\{b}")],
        ..copy("", "Copy")
    };
    assert_eq!(restore_refused(&home, &restore("s1.bak", "t2.bak")).numbers(), [3258, 3013]);
    assert_eq!(restore_refused(&home, &restore("s1.bak", "s1.bak")).numbers(), [3227, 3013]);
    // INIT keeps the label, and does not write over a set that has not expired.
    let later = home.engine.options().clock.local() + chrono::Duration::days(3);
    let kept = BackupSpec { expires: Some(later), init: true, ..spec(BackupKind::Full, r"D:\Backup\one.bak") };
    take(&home, &kept);
    let init = BackupSpec { init: true, ..spec(BackupKind::Full, r"D:\Backup\one.bak") };
    assert_eq!(backup_refused(&home, &init).numbers(), [4030, 3013]);
    take(&home, &BackupSpec { skip: true, ..init });
    assert_eq!(home.engine.header_only(r"D:\Backup\one.bak", None).expect("headers").rows.len(), 1);
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
