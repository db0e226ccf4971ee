//! Values and column types of tables and result sets.

use chrono::NaiveDateTime;
use uuid::Uuid;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL of any type.
    Null,
    /// `bit`.
    Bit(bool),
    /// `tinyint`, `smallint`, `int`, `bigint`.
    Int(i64),
    /// `decimal` and `numeric`: the digits as an integer, and how many stand behind the point.
    Decimal {
        /// Value times 10 to the power of `scale`.
        unscaled: i128,
        /// Digits behind the point.
        scale: u8,
    },
    /// `float`.
    Float(f64),
    /// `nvarchar`, `varchar`, `nchar`, `char`.
    Text(String),
    /// `date`, `datetime`, `datetime2`.
    DateTime(NaiveDateTime),
    /// `uniqueidentifier`.
    Guid(Uuid),
    /// `varbinary`.
    Bytes(Vec<u8>),
}

impl Value {
    /// Text, or NULL.
    pub fn text(value: Option<&str>) -> Value {
        value.map_or(Value::Null, |text| Value::Text(text.to_owned()))
    }

    /// An unscaled `numeric`.
    pub const fn numeric(value: u128) -> Value {
        Value::Decimal { unscaled: value as i128, scale: 0 }
    }
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `bit`
    Bit,
    /// `tinyint`
    TinyInt,
    /// `smallint`
    SmallInt,
    /// `int`
    Int,
    /// `bigint`
    BigInt,
    /// `decimal(precision, scale)`; `numeric` is the same
    Decimal(u8, u8),
    /// `float(53)`
    Float,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `datetime2(scale)`
    DateTime2(u8),
    /// `uniqueidentifier`
    UniqueIdentifier,
    /// `nvarchar(n)`, n in UTF-16 units
    NVarChar(u16),
    /// `nvarchar(max)`; values must fit the page
    NVarCharMax,
    /// `varchar(n)`, n in bytes, code page 1252
    VarChar(u16),
    /// `char(n)`, n in bytes, code page 1252
    Char(u16),
    /// `binary(n)`
    Binary(u16),
    /// `varbinary(n)`
    VarBinary(u16),
    /// `varbinary(max)`; values must fit the page
    VarBinaryMax,
}

/// A column of a table or of a result set.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Whether it is `IDENTITY`.
    pub identity: bool,
}

impl Column {
    /// A column that takes NULL.
    pub fn nullable(name: &str, kind: ColumnType) -> Column {
        Column { name: name.to_owned(), kind, nullable: true, identity: false }
    }

    /// A column that takes no NULL.
    pub fn required(name: &str, kind: ColumnType) -> Column {
        Column { name: name.to_owned(), kind, nullable: false, identity: false }
    }

    /// An `IDENTITY(1,1)` column: it takes no NULL, and [`Value::Null`] on insert asks for the next number.
    pub fn identity(name: &str, kind: ColumnType) -> Column {
        Column { name: name.to_owned(), kind, nullable: false, identity: true }
    }
}

/// Rows with their columns, ready for a client.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultSet {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows; each has a value for every column.
    pub rows: Vec<Vec<Value>>,
}
