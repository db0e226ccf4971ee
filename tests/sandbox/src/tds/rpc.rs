//! Remote procedure calls: who is called, with which parameters. MS-TDS 2.2.6.6.

use super::cursor::{Cursor, Malformed};
use super::types::{read_type, read_value};
use crate::value::{SqlType, Value};

/// One call; a message may hold several.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called, without brackets: `sp_executesql`.
    pub name: String,
    /// In the order of the call.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// With its `@`; empty when it counts by its place.
    pub name: String,
    /// The client wants its value back.
    pub output: bool,
    /// Its type on the wire.
    pub ty: SqlType,
    /// Its value.
    pub value: Value,
}

/// Names of the procedures that are called by number, from 1.
const NUMBERED: [&str; 15] = [
    "sp_cursor",
    "sp_cursoropen",
    "sp_cursorprepare",
    "sp_cursorexecute",
    "sp_cursorprepexec",
    "sp_cursorunprepare",
    "sp_cursorfetch",
    "sp_cursoroption",
    "sp_cursorclose",
    "sp_executesql",
    "sp_prepare",
    "sp_execute",
    "sp_prepexec",
    "sp_prepexecrpc",
    "sp_unprepare",
];

/// Between two calls of one message.
const SEPARATORS: [u8; 3] = [0x80, 0xFE, 0xFF];

/// Reads all calls of a message.
pub fn parse(body: &[u8]) -> Result<Vec<Call>, Malformed> {
    let mut from = Cursor::new(body);
    from.skip_headers()?;
    let mut calls = Vec::new();
    while !from.is_empty() {
        calls.push(call(&mut from)?);
    }
    Ok(calls)
}

fn call(from: &mut Cursor<'_>) -> Result<Call, Malformed> {
    let name = match from.u16()? {
        u16::MAX => {
            let number = usize::from(from.u16()?);
            (*number.checked_sub(1).and_then(|index| NUMBERED.get(index)).ok_or(Malformed)?).to_owned()
        }
        units => from.utf16(usize::from(units))?,
    };
    from.u16()?;
    let mut parameters = Vec::new();
    while let Some(next) = from.peek() {
        // A name has at most 128 characters, so a separator is no length of one.
        if SEPARATORS.contains(&next) {
            from.u8()?;
            break;
        }
        let units = from.u8()?;
        let name = from.utf16(usize::from(units))?;
        let status = from.u8()?;
        let wire = read_type(from)?;
        let value = read_value(from, &wire)?;
        parameters.push(Parameter { name, output: status & 1 != 0, ty: wire.ty, value });
    }
    Ok(Call { name: name.replace(['[', ']'], ""), parameters })
}
