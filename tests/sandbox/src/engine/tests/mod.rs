//! Tests of the engine as a whole.

mod storage;

use super::{Engine, EngineOptions, Value};

/// An engine in a folder of its own.
pub(super) struct Home {
    pub(super) engine: Engine,
    pub(super) folder: tempfile::TempDir,
}

pub(super) fn home() -> Home {
    home_with(EngineOptions::default())
}

pub(super) fn home_with(options: EngineOptions) -> Home {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::open(folder.path(), options).expect("an engine");
    for path in [r"D:\Backup", r"D:\Data", r"E:\Log"] {
        engine.create_subdir(path).expect("a folder");
    }
    Home { engine, folder }
}

/// The customers of PayamGostar2, in the order of their keys.
pub(super) fn customers(engine: &Engine, database: &str) -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> =
        engine.scan(database, "dbo", "Customers").expect("rows").into_iter().map(|(_, row)| row).collect();
    rows.sort_by_key(|row| match row[0] {
        Value::Int(id) => id,
        _ => 0,
    });
    rows
}
