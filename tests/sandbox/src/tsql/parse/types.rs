//! Type names: in `DECLARE`, in `CAST`, and in the declarations of a parameterised call.

use super::Parser;
use crate::tsql::lexer::{Kind, SyntaxError, tokens};
use crate::value::{SYSNAME, SqlType};

/// The type that a text names: `nvarchar(10)`, `NUMERIC(25, 0)`.
pub fn data_type(text: &str) -> Result<SqlType, SyntaxError> {
    let tokens = tokens(text)?;
    Parser::new(text, &tokens).data_type()
}

/// Parameters as `sp_executesql` declares them: `@a int, @b nvarchar(max) OUTPUT`.
///
/// # Errors
/// 102 and 2715 as for any declaration.
pub fn declarations(text: &str) -> Result<Vec<(String, SqlType)>, SyntaxError> {
    let tokens = tokens(text)?;
    let mut parser = Parser::new(text, &tokens);
    let mut all = Vec::new();
    if parser.at_end() {
        return Ok(all);
    }
    parser.list(|parser| {
        let name = parser.variable()?;
        parser.word("AS");
        let ty = parser.data_type()?;
        let _ = parser.word("OUTPUT") || parser.word("OUT");
        all.push((name, ty));
        Ok(())
    })?;
    if parser.at_end() { Ok(all) } else { Err(parser.near()) }
}

impl Parser<'_> {
    /// A type with its length, or precision and scale.
    pub(super) fn data_type(&mut self) -> Result<SqlType, SyntaxError> {
        if matches!(self.kind_at(0), Some(Kind::Word(word) | Kind::Quoted(word)) if word.eq_ignore_ascii_case("sys"))
            && self.peek_symbol_at(1) == Some('.')
        {
            self.advance();
            self.advance();
        }
        let written = self.peek_name().ok_or_else(|| self.near())?.to_owned();
        let line_error =
            self.error(2715, format!("Column, parameter, or variable #1: Cannot find data type {written}."));
        self.advance();
        let mut lengths = Vec::new();
        let mut max = false;
        if self.symbol('(') {
            if self.word("MAX") {
                max = true;
            } else {
                self.list(|parser| {
                    lengths.push(parser.integer()?);
                    Ok(())
                })?;
            }
            self.expect(')')?;
        }
        let length = |most: i64| -> Result<Option<u16>, SyntaxError> {
            match lengths.first() {
                None if max => Ok(None),
                None => Ok(Some(1)),
                Some(n) if (1..=most).contains(n) => Ok(Some(*n as u16)),
                Some(n) => Err(self.error(
                    131,
                    format!("The size ({n}) given to the type '{written}' exceeds the maximum allowed ({most})."),
                )),
            }
        };
        let fixed = |most: i64| length(most).map(|n| n.unwrap_or(1));
        let scale = || lengths.first().map_or(7, |n| (*n).clamp(0, 7) as u8);
        Ok(match written.to_ascii_lowercase().as_str() {
            "bit" => SqlType::Bit,
            "tinyint" => SqlType::TinyInt,
            "smallint" => SqlType::SmallInt,
            "int" | "integer" => SqlType::Int,
            "bigint" => SqlType::BigInt,
            "decimal" | "numeric" | "dec" => SqlType::Decimal {
                precision: lengths.first().map_or(18, |n| (*n).clamp(1, 38) as u8),
                scale: lengths.get(1).map_or(0, |n| (*n).clamp(0, 38) as u8),
            },
            "money" | "smallmoney" => SqlType::Money,
            "real" => SqlType::Real,
            "float" | "double" if lengths.first().is_some_and(|n| *n <= 24) => SqlType::Real,
            "float" | "double" => SqlType::Float,
            "date" => SqlType::Date,
            "time" => SqlType::Time(scale()),
            "datetime" => SqlType::DateTime,
            "smalldatetime" => SqlType::SmallDateTime,
            "datetime2" => SqlType::DateTime2(scale()),
            "datetimeoffset" => SqlType::DateTimeOffset(scale()),
            "char" | "character" => SqlType::Char(fixed(8000)?),
            "varchar" => SqlType::VarChar(length(8000)?),
            "nchar" => SqlType::NChar(fixed(4000)?),
            "nvarchar" => SqlType::NVarChar(length(4000)?),
            "text" => SqlType::VarChar(None),
            "ntext" | "xml" => SqlType::NVarChar(None),
            "binary" => SqlType::Binary(fixed(8000)?),
            "varbinary" => SqlType::VarBinary(length(8000)?),
            "image" => SqlType::VarBinary(None),
            "uniqueidentifier" => SqlType::UniqueIdentifier,
            "sql_variant" => SqlType::Variant,
            "sysname" => SYSNAME,
            _ => return Err(line_error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_a_call_are_read() {
        assert_eq!(
            declarations("@p0 int,@p1 nvarchar(max), @l numeric(25, 0) OUTPUT").unwrap(),
            [
                ("@p0".to_owned(), SqlType::Int),
                ("@p1".to_owned(), SqlType::NVarChar(None)),
                ("@l".to_owned(), crate::value::LSN)
            ]
        );
        assert_eq!(declarations("@p0 nonsense").unwrap_err().number, 2715);
    }
}
