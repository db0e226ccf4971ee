//! Restores that are refused: over the wrong database, out of their chain, from damaged or foreign media.

use super::asks::{backup_refused, copy, log_of, over, restore_refused, seeded, spec, take};
use super::{add_customer, customers};
use crate::engine::{
    Alteration, BackupKind, BackupSpec, DatabaseState, NewDatabase, Recovery, RestoreSpec, ServerMessage,
};

const FILE: &str = r"D:\Backup\a.bak";

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
