//! Tests of the engine as a whole.

mod asks;
mod chains;
mod corpus;
mod encryption;
mod lab;
mod media;
mod mirrors;
mod raw;
mod refusals;
mod refused_restores;
mod restarts;
mod storage;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Clock, Engine, EngineOptions, ServerMessage, Value};

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

/// An engine whose clock stands at 2026-11-20 14:00 Tehran time until it is advanced.
pub(super) fn home_with_clock() -> (Home, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let own = seconds.clone();
    let start = chrono::DateTime::from_timestamp(1_795_170_600, 0).expect("a time");
    let now = move || start + chrono::Duration::seconds(own.load(Ordering::SeqCst));
    let options = EngineOptions { clock: Clock::from_fn(now, 210), ..EngineOptions::default() };
    (home_with(options), seconds)
}

pub(super) fn advance(clock: &AtomicI64, seconds: i64) {
    clock.fetch_add(seconds, Ordering::SeqCst);
}

pub(super) fn add_customer(engine: &Engine, database: &str, id: i64) {
    let mut row = customers(engine, database).swap_remove(0);
    row[0] = Value::Int(id);
    engine.insert(database, "dbo", "Customers", &[row]).expect("a row");
}

pub(super) fn said(messages: &[ServerMessage]) -> Vec<i32> {
    messages.iter().map(|message| message.number).collect()
}
