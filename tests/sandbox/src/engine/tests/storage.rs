//! Pages, tables and the log.

use std::time::Instant;

use super::{customers, home};
use crate::engine::{Column, ColumnType, Engine, EngineOptions, NewDatabase, NewTable, Value};

#[test]
fn seeded_rows_come_back_after_a_restart() {
    let home = home();
    let start = Instant::now();
    home.engine.seed_payamgostar(5000).expect("a database");
    let took = start.elapsed();
    let rows = customers(&home.engine, "PayamGostar2");
    assert_eq!(rows.len(), 5000);
    assert_eq!(home.engine.check_database("PayamGostar2"), Ok(vec![]));
    let again = Engine::open(home.folder.path(), EngineOptions::default()).expect("an engine");
    assert_eq!(customers(&again, "payamgostar2"), rows);
    let facts = again.table("PayamGostar2", "dbo", "customers").expect("a table");
    assert_eq!((facts.rows, facts.primary_key, facts.columns.len()), (5000, vec![0], 12));
    println!("5,000 rows in {took:?}");
}

#[test]
fn updates_and_deletes_change_what_they_name() {
    let home = home();
    home.engine.seed_payamgostar(300).expect("a database");
    let before = home.engine.scan("PayamGostar2", "dbo", "Customers").expect("rows");
    let mut changed = Vec::new();
    for (place, row) in before.iter().step_by(3) {
        let mut row = row.clone();
        row[11] = Value::Text("یادداشت بلند ".repeat(40));
        changed.push((*place, row));
    }
    home.engine.update("PayamGostar2", "dbo", "Customers", &changed).expect("an update");
    let places: Vec<_> = home
        .engine
        .scan("PayamGostar2", "dbo", "Customers")
        .expect("rows")
        .into_iter()
        .filter(|(_, row)| matches!(row[0], Value::Int(id) if id % 7 == 0))
        .map(|(place, _)| place)
        .collect();
    home.engine.delete("PayamGostar2", "dbo", "Customers", &places).expect("a delete");
    let mut expected: Vec<Vec<Value>> = before.iter().map(|(_, row)| row.clone()).collect();
    for (index, row) in expected.iter_mut().enumerate() {
        if index % 3 == 0 {
            row[11] = Value::Text("یادداشت بلند ".repeat(40));
        }
    }
    expected.retain(|row| !matches!(row[0], Value::Int(id) if id % 7 == 0));
    assert_eq!(customers(&home.engine, "PayamGostar2"), expected);
    assert_eq!(home.engine.check_database("PayamGostar2"), Ok(vec![]));
    let again = Engine::open(home.folder.path(), EngineOptions::default()).expect("an engine");
    assert_eq!(customers(&again, "PayamGostar2"), expected);
}

#[test]
fn a_refused_insert_leaves_nothing() {
    let home = home();
    home.engine.seed_payamgostar(10).expect("a database");
    let mut row = customers(&home.engine, "PayamGostar2")[0].clone();
    let duplicate = row.clone();
    row[0] = Value::Int(11);
    let refused = home.engine.insert("PayamGostar2", "dbo", "Customers", &[row.clone(), duplicate]);
    assert_eq!(refused.expect_err("a duplicate").numbers(), [2627]);
    assert_eq!(customers(&home.engine, "PayamGostar2").len(), 10);
    row[2] = Value::Null;
    let refused = home.engine.insert("PayamGostar2", "dbo", "Customers", &[row.clone()]);
    assert_eq!(refused.expect_err("a NULL").numbers(), [515]);
    row[2] = Value::Text("ب".repeat(51));
    let refused = home.engine.insert("PayamGostar2", "dbo", "Customers", &[row.clone()]);
    assert_eq!(refused.expect_err("too long").numbers(), [2628]);
    row[2] = Value::Text("بهار".to_owned());
    home.engine.insert("PayamGostar2", "dbo", "Customers", &[row]).expect("a row");
    assert_eq!(customers(&home.engine, "PayamGostar2").len(), 11);
}

#[test]
fn every_type_and_the_identity_keep_their_values() {
    let home = home();
    home.engine.create_database(&NewDatabase::new("Types")).expect("a database");
    let kinds = [
        ColumnType::Bit,
        ColumnType::Bit,
        ColumnType::TinyInt,
        ColumnType::SmallInt,
        ColumnType::BigInt,
        ColumnType::Decimal(38, 10),
        ColumnType::Float,
        ColumnType::Date,
        ColumnType::DateTime,
        ColumnType::DateTime2(7),
        ColumnType::UniqueIdentifier,
        ColumnType::NVarChar(40),
        ColumnType::VarChar(10),
        ColumnType::Char(4),
        ColumnType::VarBinary(5),
        ColumnType::VarBinaryMax,
    ];
    let mut columns = vec![Column::identity("Id", ColumnType::Int)];
    columns.extend(kinds.iter().enumerate().map(|(n, kind)| Column::nullable(&format!("c{n}"), *kind)));
    let table =
        NewTable { schema: "dbo".into(), name: "T".into(), columns, primary_key: vec![], primary_key_name: None };
    home.engine.create_table("Types", &table).expect("a table");
    let time =
        chrono::NaiveDate::from_ymd_opt(2026, 11, 20).and_then(|day| day.and_hms_opt(14, 30, 5)).expect("a time");
    let midnight = time.date().and_hms_opt(0, 0, 0).expect("a time");
    let full = vec![
        Value::Null,
        Value::Bit(true),
        Value::Bit(false),
        Value::Int(255),
        Value::Int(-32768),
        Value::Int(i64::MIN),
        Value::Decimal { unscaled: -123_456_789_012_345_678_901_234, scale: 10 },
        Value::Float(0.1),
        Value::DateTime(midnight),
        Value::DateTime(time + chrono::Duration::milliseconds(7)),
        Value::DateTime(time + chrono::Duration::nanoseconds(123_456_700)),
        Value::Guid(uuid::Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff)),
        Value::Text("پیام‌گستر 😀".into()),
        Value::Text("ascii".into()),
        Value::Text("ab  ".into()),
        Value::Bytes(vec![0, 1, 2]),
        Value::Bytes(vec![9; 3000]),
    ];
    let empty = vec![Value::Null; 17];
    assert_eq!(home.engine.insert("Types", "dbo", "T", &[full.clone(), empty.clone()]), Ok(Some(2)));
    assert_eq!(home.engine.insert("Types", "dbo", "T", &[empty]), Ok(Some(3)));
    let rows: Vec<_> = home.engine.scan("Types", "dbo", "T").expect("rows").into_iter().map(|(_, row)| row).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0][0], &rows[0][1..]), (&Value::Int(1), &full[1..]));
    assert_eq!((&rows[2][0], &rows[2][1..]), (&Value::Int(3), &vec![Value::Null; 16][..]));
    home.engine.drop_table("Types", "dbo", "T").expect("a drop");
    assert_eq!(home.engine.scan("Types", "dbo", "T").expect_err("no table").numbers(), [208]);
    assert_eq!(home.engine.check_database("Types"), Ok(vec![]));
}
