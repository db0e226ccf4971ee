//! Values and types of Transact-SQL, as the wire carries them and queries compute with them.

mod compare;
mod convert;
mod format;
mod parse;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use uuid::Uuid;

pub use compare::{compare, equal, fold, same_name};
pub use convert::{ConvertError, convert, from_hex, text_as};
pub use format::text_of;

/// A type of Transact-SQL. Lengths are in characters (or bytes for binary); `None` is `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlType {
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
    /// `decimal(p, s)`, `numeric(p, s)`
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `money`
    Money,
    /// `real`
    Real,
    /// `float`
    Float,
    /// `date`
    Date,
    /// `time(s)`
    Time(u8),
    /// `datetime`
    DateTime,
    /// `smalldatetime`
    SmallDateTime,
    /// `datetime2(s)`
    DateTime2(u8),
    /// `datetimeoffset(s)`
    DateTimeOffset(u8),
    /// `char(n)`
    Char(u16),
    /// `varchar(n)`
    VarChar(Option<u16>),
    /// `nchar(n)`
    NChar(u16),
    /// `nvarchar(n)`
    NVarChar(Option<u16>),
    /// `binary(n)`
    Binary(u16),
    /// `varbinary(n)`
    VarBinary(Option<u16>),
    /// `uniqueidentifier`
    UniqueIdentifier,
    /// `sql_variant`
    Variant,
}

/// `sysname`, the type of names.
pub const SYSNAME: SqlType = SqlType::NVarChar(Some(128));

/// `numeric(25, 0)`, the type of log sequence numbers.
pub const LSN: SqlType = SqlType::Decimal { precision: 25, scale: 0 };

impl SqlType {
    /// Whether this is text of any kind.
    pub const fn is_text(self) -> bool {
        matches!(self, SqlType::Char(_) | SqlType::VarChar(_) | SqlType::NChar(_) | SqlType::NVarChar(_))
    }

    /// Whether texts of this type hold any Unicode character.
    pub const fn is_unicode(self) -> bool {
        matches!(self, SqlType::NChar(_) | SqlType::NVarChar(_))
    }

    /// Whether this is bytes.
    pub const fn is_binary(self) -> bool {
        matches!(self, SqlType::Binary(_) | SqlType::VarBinary(_))
    }

    /// Whether this is a whole number, `bit` included.
    pub const fn is_integer(self) -> bool {
        matches!(self, SqlType::Bit | SqlType::TinyInt | SqlType::SmallInt | SqlType::Int | SqlType::BigInt)
    }

    /// Whether this is a number of any kind.
    pub const fn is_number(self) -> bool {
        self.is_integer() || matches!(self, SqlType::Decimal { .. } | SqlType::Money | SqlType::Real | SqlType::Float)
    }

    /// Whether this holds a date or a time.
    pub const fn is_temporal(self) -> bool {
        matches!(
            self,
            SqlType::Date
                | SqlType::Time(_)
                | SqlType::DateTime
                | SqlType::SmallDateTime
                | SqlType::DateTime2(_)
                | SqlType::DateTimeOffset(_)
        )
    }

    /// Length in characters of a text type; `None` is `max` (and what is no text).
    pub const fn length(self) -> Option<u16> {
        match self {
            SqlType::Char(n) | SqlType::NChar(n) | SqlType::Binary(n) => Some(n),
            SqlType::VarChar(n) | SqlType::NVarChar(n) | SqlType::VarBinary(n) => n,
            _ => None,
        }
    }

    /// The type's name, as `sys.types` and error messages have it.
    pub const fn name(self) -> &'static str {
        match self {
            SqlType::Bit => "bit",
            SqlType::TinyInt => "tinyint",
            SqlType::SmallInt => "smallint",
            SqlType::Int => "int",
            SqlType::BigInt => "bigint",
            SqlType::Decimal { .. } => "numeric",
            SqlType::Money => "money",
            SqlType::Real => "real",
            SqlType::Float => "float",
            SqlType::Date => "date",
            SqlType::Time(_) => "time",
            SqlType::DateTime => "datetime",
            SqlType::SmallDateTime => "smalldatetime",
            SqlType::DateTime2(_) => "datetime2",
            SqlType::DateTimeOffset(_) => "datetimeoffset",
            SqlType::Char(_) => "char",
            SqlType::VarChar(_) => "varchar",
            SqlType::NChar(_) => "nchar",
            SqlType::NVarChar(_) => "nvarchar",
            SqlType::Binary(_) => "binary",
            SqlType::VarBinary(_) => "varbinary",
            SqlType::UniqueIdentifier => "uniqueidentifier",
            SqlType::Variant => "sql_variant",
        }
    }
}

/// A value. Which [`SqlType`] it is of, its column or expression says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `NULL`
    Null,
    /// Of the integer types and `bit`.
    Int(i64),
    /// `digits` / 10^`scale`: of `decimal` and `money`.
    Decimal {
        /// All digits, with the sign.
        digits: i128,
        /// How many of them stand after the point.
        scale: u8,
    },
    /// Of `float` and `real`.
    Float(f64),
    /// Of the text types.
    Text(String),
    /// Of the binary types.
    Bytes(Vec<u8>),
    /// Of `uniqueidentifier`.
    Guid(Uuid),
    /// Of `date`.
    Date(NaiveDate),
    /// Of `time`.
    Time(NaiveTime),
    /// Of `datetime`, `smalldatetime` and `datetime2`.
    DateTime(NaiveDateTime),
    /// Of `datetimeoffset`.
    Offset(DateTime<FixedOffset>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A whole `numeric`, such as a log sequence number.
    pub const fn numeric(digits: i128) -> Value {
        Value::Decimal { digits, scale: 0 }
    }

    /// 1 or 0.
    pub const fn bit(bit: bool) -> Value {
        Value::Int(bit as i64)
    }

    /// Whether this is `NULL`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The type a value has by itself: of a literal, or inside a `sql_variant`.
    pub fn natural_type(&self) -> SqlType {
        match self {
            Value::Null => SqlType::Int,
            Value::Int(n) if i32::try_from(*n).is_ok() => SqlType::Int,
            Value::Int(_) => SqlType::BigInt,
            Value::Decimal { digits, scale } => {
                let digits = digits.unsigned_abs().checked_ilog10().unwrap_or(0) as u8 + 1;
                SqlType::Decimal { precision: digits.max(*scale).min(38), scale: *scale }
            }
            Value::Float(_) => SqlType::Float,
            Value::Text(text) => SqlType::NVarChar(Some(text.encode_utf16().count().clamp(1, 4000) as u16)),
            Value::Bytes(bytes) => SqlType::VarBinary(Some(bytes.len().clamp(1, 8000) as u16)),
            Value::Guid(_) => SqlType::UniqueIdentifier,
            Value::Date(_) => SqlType::Date,
            Value::Time(_) => SqlType::Time(7),
            Value::DateTime(_) => SqlType::DateTime2(7),
            Value::Offset(_) => SqlType::DateTimeOffset(7),
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(bit: bool) -> Value {
        Value::bit(bit)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Value {
        Value::Int(i64::from(n))
    }
}

impl From<NaiveDateTime> for Value {
    fn from(time: NaiveDateTime) -> Value {
        Value::DateTime(time)
    }
}

impl From<Uuid> for Value {
    fn from(guid: Uuid) -> Value {
        Value::Guid(guid)
    }
}

/// A column of a result or a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name; empty for an expression without alias.
    pub name: String,
    /// Its type.
    pub ty: SqlType,
    /// Whether `NULL` may stand in it.
    pub nullable: bool,
}

impl Column {
    /// A column that may be `NULL`.
    pub fn new(name: impl Into<String>, ty: SqlType) -> Column {
        Column { name: name.into(), ty, nullable: true }
    }
}
