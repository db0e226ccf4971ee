//! Statements as the tests write them, and what comes back.

use super::{Home, home};
use crate::engine::{BackupKind, BackupSpec, Refusal, RestoreKind, RestoreSpec};

pub(super) fn spec(kind: BackupKind, device: &str) -> BackupSpec {
    BackupSpec::new(kind, "PayamGostar2", device)
}

pub(super) fn take(home: &Home, spec: &BackupSpec) {
    home.engine.backup(spec, &mut Vec::new()).expect("a backup");
}

pub(super) fn backup_refused(home: &Home, spec: &BackupSpec) -> Refusal {
    home.engine.backup(spec, &mut Vec::new()).expect_err("a refusal")
}

pub(super) fn restore_refused(home: &Home, spec: &RestoreSpec) -> Refusal {
    home.engine.restore(spec, &mut Vec::new()).expect_err("a refusal")
}

pub(super) fn over(device: &str) -> RestoreSpec {
    RestoreSpec::new(RestoreKind::Database, "PayamGostar2", device)
}

pub(super) fn copy(device: &str, name: &str) -> RestoreSpec {
    RestoreSpec {
        moves: vec![
            ("PayamGostar2".into(), format!(r"D:\Data\{name}.mdf")),
            ("PayamGostar2_log".into(), format!(r"D:\Data\{name}.ldf")),
        ],
        ..RestoreSpec::new(RestoreKind::Database, name, device)
    }
}

pub(super) fn log_of(device: &str, name: &str) -> RestoreSpec {
    RestoreSpec::new(RestoreKind::Log, name, device)
}

pub(super) fn seeded() -> Home {
    let home = home();
    home.engine.seed_payamgostar(100).expect("a database");
    home
}
