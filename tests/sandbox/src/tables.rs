//! Tables of the engine in the words of queries.

use crate::engine::{self, ColumnType, TableFacts};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::value::{Column, SqlType, Value};

/// What a table is like; without a right to the database there is none.
///
/// # Errors
/// 208 no such table, 916 no access to the database, 911 and the states that keep it closed.
pub fn describe(session: &Session, database: &str, schema: &str, table: &str) -> Outcome<TableFacts> {
    session.may_use(database)?;
    Ok(session.server().engine.table(database, schema, table)?)
}

/// A column of a table.
pub fn column(column: &engine::Column) -> Column {
    Column { name: column.name.clone(), ty: sql_type(column.kind), nullable: column.nullable }
}

/// A column type of the engine.
pub fn sql_type(kind: ColumnType) -> SqlType {
    match kind {
        ColumnType::Bit => SqlType::Bit,
        ColumnType::TinyInt => SqlType::TinyInt,
        ColumnType::SmallInt => SqlType::SmallInt,
        ColumnType::Int => SqlType::Int,
        ColumnType::BigInt => SqlType::BigInt,
        ColumnType::Decimal(precision, scale) => SqlType::Decimal { precision, scale },
        ColumnType::Float => SqlType::Float,
        ColumnType::Date => SqlType::Date,
        ColumnType::DateTime => SqlType::DateTime,
        ColumnType::DateTime2(scale) => SqlType::DateTime2(scale),
        ColumnType::UniqueIdentifier => SqlType::UniqueIdentifier,
        ColumnType::NVarChar(n) => SqlType::NVarChar(Some(n)),
        ColumnType::NVarCharMax => SqlType::NVarChar(None),
        ColumnType::VarChar(n) => SqlType::VarChar(Some(n)),
        ColumnType::Char(n) => SqlType::Char(n),
        ColumnType::Binary(n) => SqlType::Binary(n),
        ColumnType::VarBinary(n) => SqlType::VarBinary(Some(n)),
        ColumnType::VarBinaryMax => SqlType::VarBinary(None),
    }
}

/// The column type that the engine keeps a type in.
///
/// # Errors
/// For a type that the engine's pages cannot hold.
pub fn column_type(ty: SqlType) -> Outcome<ColumnType> {
    Ok(match ty {
        SqlType::Bit => ColumnType::Bit,
        SqlType::TinyInt => ColumnType::TinyInt,
        SqlType::SmallInt => ColumnType::SmallInt,
        SqlType::Int => ColumnType::Int,
        SqlType::BigInt => ColumnType::BigInt,
        SqlType::Decimal { precision, scale } => ColumnType::Decimal(precision, scale),
        SqlType::Float => ColumnType::Float,
        SqlType::Date => ColumnType::Date,
        SqlType::DateTime => ColumnType::DateTime,
        SqlType::DateTime2(scale) => ColumnType::DateTime2(scale),
        SqlType::UniqueIdentifier => ColumnType::UniqueIdentifier,
        SqlType::NVarChar(Some(n)) => ColumnType::NVarChar(n),
        SqlType::NVarChar(None) => ColumnType::NVarCharMax,
        SqlType::VarChar(Some(n)) => ColumnType::VarChar(n),
        SqlType::Char(n) => ColumnType::Char(n),
        SqlType::Binary(n) => ColumnType::Binary(n),
        SqlType::VarBinary(Some(n)) => ColumnType::VarBinary(n),
        SqlType::VarBinary(None) => ColumnType::VarBinaryMax,
        other => {
            let text = format!("The sandbox has no tables with columns of type {}.", other.name());
            return Err(Failure::new(40000, text).ending_batch());
        }
    })
}

/// A value of the engine.
pub fn value(value: engine::Value) -> Value {
    match value {
        engine::Value::Null => Value::Null,
        engine::Value::Bit(bit) => Value::bit(bit),
        engine::Value::Int(n) => Value::Int(n),
        engine::Value::Decimal { unscaled, scale } => Value::Decimal { digits: unscaled, scale },
        engine::Value::Float(n) => Value::Float(n),
        engine::Value::Text(text) => Value::Text(text),
        engine::Value::DateTime(time) => Value::DateTime(time),
        engine::Value::Guid(guid) => Value::Guid(guid),
        engine::Value::Bytes(bytes) => Value::Bytes(bytes),
    }
}

/// A value of the engine, in a column: there a `date` is a `datetime` at midnight.
pub fn value_of(cell: engine::Value, ty: SqlType) -> Value {
    match (value(cell), ty) {
        (Value::DateTime(time), SqlType::Date) => Value::Date(time.date()),
        (value, _) => value,
    }
}

/// A value for the engine, of a column's type already.
pub fn engine_value(value: Value, kind: ColumnType) -> engine::Value {
    match value {
        Value::Int(n) if kind == ColumnType::Bit => engine::Value::Bit(n != 0),
        Value::Int(n) => engine::Value::Int(n),
        Value::Decimal { digits, scale } => engine::Value::Decimal { unscaled: digits, scale },
        Value::Float(n) => engine::Value::Float(n),
        Value::Text(text) => engine::Value::Text(text),
        Value::Bytes(bytes) => engine::Value::Bytes(bytes),
        Value::Guid(guid) => engine::Value::Guid(guid),
        Value::Date(date) => engine::Value::DateTime(date.and_time(chrono::NaiveTime::MIN)),
        Value::DateTime(time) => engine::Value::DateTime(time),
        // Neither type can be a column's here, see `column_type`.
        Value::Null | Value::Time(_) | Value::Offset(_) => engine::Value::Null,
    }
}
