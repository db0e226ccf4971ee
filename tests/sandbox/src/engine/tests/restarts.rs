//! What is there after a restart: after a crash, in the middle of a restore, and the states of databases.

use super::{add_customer, customers, home};
use crate::engine::{
    Alteration, BackupKind, BackupSpec, DatabaseState, Engine, EngineOptions, Recovery, RecoveryModel, RestoreKind,
    RestoreSpec, UserAccess, Value,
};

const FILE: &str = r"D:\Backup\a.bak";

fn open(home: &super::Home) -> Engine {
    Engine::open(home.folder.path(), EngineOptions::default()).expect("an engine")
}

fn file(engine: &Engine, name: &str) -> std::path::PathBuf {
    engine.host_path(&format!("{}{name}", engine.options().data_path)).expect("a path")
}

#[test]
fn what_was_committed_is_redone_after_a_crash() {
    let home = home();
    home.engine.seed_payamgostar(200).expect("a database");
    home.engine.checkpoint("PayamGostar2").expect("a checkpoint");
    let data = file(&home.engine, "PayamGostar2.mdf");
    let before = std::fs::read(&data).expect("pages");
    for n in 0..30 {
        add_customer(&home.engine, "PayamGostar2", 1000 + n);
    }
    let first = home.engine.scan("PayamGostar2", "dbo", "Customers").expect("rows")[0].clone();
    let mut changed = first.1.clone();
    changed[2] = Value::Text("نو".into());
    home.engine.update("PayamGostar2", "dbo", "Customers", &[(first.0, changed)]).expect("an update");
    let rows = customers(&home.engine, "PayamGostar2");
    // The log reached the disk, the pages did not.
    std::fs::write(&data, before).expect("pages");
    let again = open(&home);
    assert_eq!(customers(&again, "PayamGostar2"), rows);
    assert_eq!(again.check_database("PayamGostar2"), Ok(vec![]));
    add_customer(&again, "PayamGostar2", 2000);
    assert_eq!(customers(&open(&home), "PayamGostar2").len(), rows.len() + 1);
}

#[test]
fn a_transaction_whose_end_is_lost_is_lost_whole() {
    let home = home();
    home.engine.seed_payamgostar(50).expect("a database");
    home.engine.checkpoint("PayamGostar2").expect("a checkpoint");
    let data = file(&home.engine, "PayamGostar2.mdf");
    let log = file(&home.engine, "PayamGostar2_log.ldf");
    add_customer(&home.engine, "PayamGostar2", 1000);
    let (pages, blocks) = (std::fs::read(&data).expect("pages"), std::fs::read(&log).expect("a log"));
    let template = customers(&home.engine, "PayamGostar2").swap_remove(0);
    let many: Vec<Vec<Value>> = (2000..2600)
        .map(|id| {
            let mut row = template.clone();
            row[0] = Value::Int(id);
            row
        })
        .collect();
    home.engine.insert("PayamGostar2", "dbo", "Customers", &many).expect("rows");
    // The last sector that this transaction wrote holds its COMMIT.
    let mut torn = std::fs::read(&log).expect("a log");
    let last = (0..torn.len()).rev().find(|at| torn[*at] != blocks[*at]).expect("a change") / 512 * 512;
    torn[last..last + 512].fill(0);
    std::fs::write(&log, torn).expect("a log");
    std::fs::write(&data, pages).expect("pages");
    let again = open(&home);
    assert_eq!(customers(&again, "PayamGostar2").len(), 51);
    assert_eq!(again.check_database("PayamGostar2"), Ok(vec![]));
    add_customer(&again, "PayamGostar2", 3000);
    assert_eq!(customers(&open(&home), "PayamGostar2").len(), 52);
}

#[test]
fn states_and_options_outlive_a_restart() {
    let home = home();
    home.engine.seed_payamgostar(30).expect("a database");
    let simple = Alteration::Recovery(RecoveryModel::Simple);
    home.engine.alter_database("PayamGostar2", &simple, false, 0).expect("simple");
    let restricted = Alteration::Access(UserAccess::Restricted);
    home.engine.alter_database("PayamGostar2", &restricted, false, 0).expect("restricted");
    let spec = BackupSpec::new(BackupKind::Full, "PayamGostar2", FILE);
    home.engine.backup(&spec, &mut Vec::new()).expect("a backup");
    let moves = |name: &str| {
        vec![
            ("PayamGostar2".to_owned(), format!(r"D:\Data\{name}.mdf")),
            ("PayamGostar2_log".to_owned(), format!(r"D:\Data\{name}.ldf")),
        ]
    };
    let half = RestoreSpec {
        recovery: Recovery::NoRecovery,
        moves: moves("Half"),
        ..RestoreSpec::new(RestoreKind::Database, "Half", FILE)
    };
    home.engine.restore(&half, &mut Vec::new()).expect("a restore");
    home.engine.alter_database("PayamGostar2", &Alteration::Offline, true, 0).expect("offline");
    let again = open(&home);
    assert_eq!(again.database("PayamGostar2").expect("a database").state, DatabaseState::Offline);
    again.alter_database("PayamGostar2", &Alteration::Online, false, 0).expect("online");
    let facts = again.database("PayamGostar2").expect("a database");
    assert_eq!((facts.user_access, facts.recovery_model), (UserAccess::Restricted, RecoveryModel::Simple));
    assert_eq!(again.database("Half").expect("a database").state, DatabaseState::Restoring);
    // The differential continues what was restored before the restart.
    again.alter_database("PayamGostar2", &Alteration::Access(UserAccess::Multi), false, 0).expect("multi");
    add_customer(&again, "PayamGostar2", 500);
    let spec = BackupSpec::new(BackupKind::Differential, "PayamGostar2", FILE);
    again.backup(&spec, &mut Vec::new()).expect("a backup");
    let rest = RestoreSpec { file: Some(2), ..RestoreSpec::new(RestoreKind::Database, "Half", FILE) };
    again.restore(&rest, &mut Vec::new()).expect("a restore");
    assert_eq!(customers(&again, "Half"), customers(&again, "PayamGostar2"));
    // A restore brings the access mode of the backup's moment, not of now.
    let full = RestoreSpec { moves: moves("Mode"), ..RestoreSpec::new(RestoreKind::Database, "Mode", FILE) };
    again.restore(&full, &mut Vec::new()).expect("a restore");
    assert_eq!(again.database("Mode").expect("a database").user_access, UserAccess::Restricted);
    assert_eq!(again.database("Half").expect("a database").user_access, UserAccess::Multi);
    // Files that are gone make a database suspect, and drop takes it away.
    drop(again);
    std::fs::remove_file(home.folder.path().join("D/Data/Mode.mdf")).expect("a file");
    let again = open(&home);
    assert_eq!(again.database("Mode").expect("a database").state, DatabaseState::Suspect);
    assert_eq!(again.enter(51, "Mode").expect_err("suspect").numbers(), [926]);
    again.drop_database("Mode", 51).expect("a drop");
    assert_eq!(open(&home).database("Mode").expect_err("gone").numbers(), [911]);
}
