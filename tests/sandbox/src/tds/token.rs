//! Tokens of an answer. MS-TDS 2.2.7.

use super::login::version;
use super::types::{COLLATION, shown, write_type, write_value};
use crate::value::{Column, SqlType, Value};

/// Kinds of ENVCHANGE.
pub mod env {
    /// The session uses another database.
    pub const DATABASE: u8 = 1;
    /// Its language.
    pub const LANGUAGE: u8 = 2;
    /// Packet size.
    pub const PACKET_SIZE: u8 = 4;
    /// Collation.
    pub const COLLATION: u8 = 7;
    /// A transaction began.
    pub const BEGIN: u8 = 8;
    /// A transaction was committed.
    pub const COMMIT: u8 = 9;
    /// A transaction was rolled back.
    pub const ROLLBACK: u8 = 10;
    /// RESETCONNECTION was done.
    pub const RESET: u8 = 18;
}

/// Status bits of DONE.
pub mod done {
    /// More tokens follow in this message.
    pub const MORE: u16 = 0x01;
    /// The statement failed.
    pub const ERROR: u16 = 0x02;
    /// The row count counts.
    pub const COUNT: u16 = 0x10;
    /// The attention is acknowledged.
    pub const ATTENTION: u16 = 0x20;
}

/// Which DONE: of a batch's statement, of a procedure, of a statement in a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DoneKind {
    /// DONE
    Statement = 0xFD,
    /// DONEPROC
    Procedure = 0xFE,
    /// DONEINPROC
    InProcedure = 0xFF,
}

/// An ERROR or INFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Number in `sys.messages`, or 50000 of RAISERROR with a text, 0 of PRINT.
    pub number: i32,
    /// Above 10 is an error.
    pub severity: u8,
    /// State.
    pub state: u8,
    /// Text.
    pub text: String,
    /// Procedure, empty in a batch.
    pub procedure: String,
    /// Line in the batch, from 1.
    pub line: u32,
}

fn short_text(out: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().take(255).collect();
    out.push(units.len() as u8);
    units.iter().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
}

fn long_text(out: &mut Vec<u8>, text: &str) {
    // A message must fit the token's own length, too.
    let units: Vec<u16> = text.encode_utf16().take(4000).collect();
    out.extend_from_slice(&(units.len() as u16).to_le_bytes());
    units.iter().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
}

fn with_length(out: &mut Vec<u8>, token: u8, body: &[u8]) {
    out.push(token);
    out.extend_from_slice(&(body.len() as u16).to_le_bytes());
    out.extend_from_slice(body);
}

/// ERROR or INFO, by the severity.
pub fn message(out: &mut Vec<u8>, server: &str, message: &Message) {
    let mut body = Vec::new();
    body.extend_from_slice(&message.number.to_le_bytes());
    body.extend_from_slice(&[message.state, message.severity]);
    long_text(&mut body, &message.text);
    short_text(&mut body, server);
    short_text(&mut body, &message.procedure);
    body.extend_from_slice(&message.line.to_le_bytes());
    with_length(out, if message.severity > 10 { 0xAA } else { 0xAB }, &body);
}

/// ENVCHANGE of a text.
pub fn env_text(out: &mut Vec<u8>, kind: u8, new: &str, old: &str) {
    let mut body = vec![kind];
    short_text(&mut body, new);
    short_text(&mut body, old);
    with_length(out, 0xE3, &body);
}

/// ENVCHANGE of bytes: collations and transactions.
pub fn env_bytes(out: &mut Vec<u8>, kind: u8, new: &[u8], old: &[u8]) {
    let mut body = vec![kind, new.len() as u8];
    body.extend_from_slice(new);
    body.push(old.len() as u8);
    body.extend_from_slice(old);
    with_length(out, 0xE3, &body);
}

/// ENVCHANGE of the collation.
pub fn env_collation(out: &mut Vec<u8>) {
    env_bytes(out, env::COLLATION, &COLLATION, &[]);
}

/// SSPI: the server's part of a Windows login (MS-TDS 2.2.7.22).
pub fn sspi(out: &mut Vec<u8>, message: &[u8]) {
    with_length(out, 0xED, message);
}

/// LOGINACK.
pub fn login_ack(out: &mut Vec<u8>, tds: u32, server_version: [u8; 4]) {
    let mut body = vec![1];
    body.extend_from_slice(&tds.to_be_bytes());
    short_text(&mut body, "Microsoft SQL Server");
    body.extend_from_slice(&server_version);
    with_length(out, 0xAD, &body);
}

/// DONE, DONEPROC, DONEINPROC.
pub fn done_token(out: &mut Vec<u8>, kind: DoneKind, status: u16, command: u16, count: u64) {
    out.push(kind as u8);
    out.extend_from_slice(&status.to_le_bytes());
    out.extend_from_slice(&command.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
}

/// COLMETADATA.
pub fn columns(out: &mut Vec<u8>, columns: &[Column], tds: u32) {
    out.push(0x81);
    out.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    for column in columns {
        let nullable = u16::from(column.nullable);
        user_type_and_flags(out, nullable);
        write_type(out, shown(column.ty, tds));
        short_text(out, &column.name);
    }
}

fn user_type_and_flags(out: &mut Vec<u8>, flags: u16) {
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(&flags.to_le_bytes());
}

/// ROW, or NBCROW where it is shorter and the client knows it (7.3 and later).
pub fn row(out: &mut Vec<u8>, types: &[SqlType], values: &[Value], tds: u32) {
    let bitmap = types.len().div_ceil(8);
    let nulls = values.iter().filter(|value| value.is_null()).count();
    let old = (version::V7_2..version::V7_3).contains(&tds);
    if nulls > bitmap && !old {
        out.push(0xD2);
        for chunk in values.chunks(8) {
            let bits = chunk.iter().enumerate().filter(|(_, value)| value.is_null());
            out.push(bits.fold(0, |byte, (bit, _)| byte | 1 << bit));
        }
        for (&ty, value) in types.iter().zip(values).filter(|(_, value)| !value.is_null()) {
            write_value(out, ty, value);
        }
    } else {
        out.push(0xD1);
        for (&ty, value) in types.iter().zip(values) {
            write_value(out, shown(ty, tds), value);
        }
    }
}

/// RETURNSTATUS of a procedure.
pub fn return_status(out: &mut Vec<u8>, status: i32) {
    out.push(0x79);
    out.extend_from_slice(&status.to_le_bytes());
}

/// RETURNVALUE: an output parameter.
pub fn return_value(out: &mut Vec<u8>, ordinal: u16, name: &str, ty: SqlType, value: &Value) {
    out.push(0xAC);
    out.extend_from_slice(&ordinal.to_le_bytes());
    short_text(out, name);
    out.push(1);
    user_type_and_flags(out, 1);
    write_type(out, ty);
    write_value(out, ty, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_many_nulls_is_packed_for_newer_clients_only() {
        let types = [SqlType::Int; 9];
        let mut values = vec![Value::Null; 9];
        values[8] = Value::Int(5);
        let written = |tds| {
            let mut out = Vec::new();
            row(&mut out, &types, &values, tds);
            out
        };
        assert_eq!(written(version::V7_4), [0xD2, 0xFF, 0x00, 4, 5, 0, 0, 0]);
        assert_eq!(written(version::V7_2), [0xD1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0]);
    }

    #[test]
    fn severity_decides_between_error_and_info() {
        let mut text =
            Message { number: 3201, severity: 16, state: 2, text: "x".into(), procedure: String::new(), line: 7 };
        let mut out = Vec::new();
        message(&mut out, "S", &text);
        // Token, length, number, state, class, text, server, procedure, line: MS-TDS 2.2.7.10.
        let wanted = [0xAA, 18, 0, 0x81, 0x0C, 0, 0, 2, 16, 1, 0, b'x', 0, 1, b'S', 0, 0, 7, 0, 0, 0];
        assert_eq!(out[..], wanted[..]);
        text.severity = 10;
        out.clear();
        message(&mut out, "S", &text);
        assert_eq!(out[0], 0xAB);
    }
}
