//! ERROR tokens, read beside the driver: of a statement's second and later errors it tells number and text only.
//!
//! The bytes are those of the wire, so the whole of an answer would have to be taken apart to know for sure where a
//! token begins. That is not needed: what an error is, the driver says; here is looked for its state, severity,
//! line and procedure among all that has the form of such a token.
//!
//! MS-TDS 2.2.7.10, since TDS 7.2:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 1 | 0xAA |
//! | 1 | 2 | length of what follows |
//! | 3 | 4 | number |
//! | 7 | 1 | state |
//! | 8 | 1 | severity |
//! | 9 | 2 + 2n | text, in UTF-16 |
//! | | 1 + 2n | name of the server |
//! | | 1 + 2n | name of the procedure |
//! | | 4 | line |

use std::collections::VecDeque;

use super::packet::{HEADER, measure};
use crate::error::ServerMessage;

const TOKEN: u8 = 0xAA;

/// Up to its text's length.
const HEAD: usize = 11;

/// Severities of errors; below are those of information. SQL Server, "Database Engine error severities".
const SEVERITIES: std::ops::RangeInclusive<u8> = 11..=25;

/// Of a statement that says more, the last are kept.
const MOST: usize = 1000;

/// What has the form of an ERROR token in the answer to a statement. See the module.
#[derive(Default)]
pub(in crate::sql) struct ErrorTokens {
    header: [u8; HEADER],
    header_read: usize,
    /// What is left of the packet.
    left: usize,
    /// A token that is not here as a whole.
    begun: Vec<u8>,
    found: VecDeque<ServerMessage>,
}

/// What begins with the first byte of a token.
enum Look {
    Other,
    More,
    Token(usize, ServerMessage),
}

impl ErrorTokens {
    /// Another statement begins.
    pub(in crate::sql) fn forget(&mut self) {
        self.begun.clear();
        self.found.clear();
    }

    /// The last error of that number and text; it and all behind it are forgotten. Errors come after rows, so that
    /// from the end the real ones are met before what rows may hold.
    pub(in crate::sql) fn take_last(&mut self, number: u32, text: &str) -> Option<ServerMessage> {
        let at = self.found.iter().rposition(|found| found.number == Some(number) && found.text == text)?;
        self.found.drain(at..).next()
    }

    /// Reads on: bytes as they come from the server, encryption taken away.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (body, later) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= body.len();
                self.read_body(body);
                bytes = later;
                continue;
            }
            let (part, later) = bytes.split_at((HEADER - self.header_read).min(bytes.len()));
            self.header[self.header_read..][..part.len()].copy_from_slice(part);
            self.header_read += part.len();
            bytes = later;
            if self.header_read == HEADER {
                self.header_read = 0;
                // The driver refuses what is no packet.
                self.left = measure(&self.header).map_or(0, |(length, _)| length - HEADER);
            }
        }
    }

    fn read_body(&mut self, body: &[u8]) {
        if self.begun.is_empty() {
            let rest = self.search(body);
            self.begun.extend_from_slice(&body[rest..]);
        } else {
            let mut begun = std::mem::take(&mut self.begun);
            begun.extend_from_slice(body);
            let rest = self.search(&begun);
            begun.drain(..rest);
            self.begun = begun;
        }
    }

    /// Finds tokens, and gives back where one begins that has no end yet.
    fn search(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(next) = memchr::memchr(TOKEN, &bytes[at..]) {
            at += next;
            match look(&bytes[at..]) {
                Look::Other => at += 1,
                Look::More => return at,
                Look::Token(length, message) => {
                    at += length;
                    if self.found.len() == MOST {
                        self.found.pop_front();
                    }
                    self.found.push_back(message);
                }
            }
        }
        bytes.len()
    }
}

fn look(bytes: &[u8]) -> Look {
    let Some(head) = bytes.first_chunk::<HEAD>() else { return Look::More };
    let length = usize::from(u16::from_le_bytes([head[1], head[2]]));
    let number = u32::from_le_bytes([head[3], head[4], head[5], head[6]]);
    let letters = usize::from(u16::from_le_bytes([head[9], head[10]]));
    // Head, text, two names' lengths and the line, without the three bytes that the length does not count.
    let least = HEAD - 3 + 2 * letters + 1 + 1 + 4;
    if !SEVERITIES.contains(&head[8]) || length < least || number > i32::MAX.unsigned_abs() {
        return Look::Other;
    }
    let Some(token) = bytes.get(..3 + length) else { return Look::More };
    match rest(&token[HEAD..], letters) {
        Some((text, procedure, line)) => {
            let message = ServerMessage {
                number: Some(number),
                severity: Some(head[8]),
                state: Some(head[7]),
                line: Some(line),
                procedure: Some(procedure).filter(|name| !name.is_empty()),
                text,
            };
            Look::Token(token.len(), message)
        }
        None => Look::Other,
    }
}

/// Text, procedure and line, when they end where the token does.
fn rest(bytes: &[u8], letters: usize) -> Option<(String, String, u32)> {
    let (text, bytes) = bytes.split_at_checked(2 * letters)?;
    let (_server, bytes) = name(bytes)?;
    let (procedure, bytes) = name(bytes)?;
    let line = <[u8; 4]>::try_from(bytes).ok()?;
    Some((utf16(text), utf16(procedure), u32::from_le_bytes(line)))
}

fn name(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = bytes.split_first()?;
    bytes.split_at_checked(2 * usize::from(*length))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::packet::{kind, packets};
    use super::*;

    /// A token, made of its parts by the table above.
    fn token(number: u32, state: u8, severity: u8, text: &str, procedure: &str) -> Vec<u8> {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let mut rest = number.to_le_bytes().to_vec();
        rest.extend([state, severity]);
        rest.extend((text.encode_utf16().count() as u16).to_le_bytes());
        rest.extend(wide(text));
        for name in ["SRV", procedure] {
            rest.push(name.encode_utf16().count() as u8);
            rest.extend(wide(name));
        }
        rest.extend(7u32.to_le_bytes());
        [&[TOKEN][..], &(rest.len() as u16).to_le_bytes(), &rest].concat()
    }

    fn heard(bytes: &[u8], piece: usize) -> ErrorTokens {
        let mut tokens = ErrorTokens::default();
        bytes.chunks(piece).for_each(|bytes| tokens.read(bytes));
        tokens
    }

    #[test]
    fn each_error_is_found_however_the_bytes_come() {
        let long = "ی".repeat(3000);
        // Done tokens, the first byte of a token in between, one with another length than it has, information.
        let mut wrong_length = token(5, 1, 16, "no", "");
        wrong_length[1] += 1;
        let answer = [
            &[TOKEN, TOKEN, 0xFD, 0, 0][..],
            &token(3201, 2, 16, "Cannot open", ""),
            &wrong_length,
            &token(0, 1, 10, "10 percent processed.", ""),
            &token(50000, 9, 11, &long, "dbo.p"),
            &token(3013, 1, 16, "BACKUP DATABASE is terminating abnormally.", ""),
            &[TOKEN],
        ]
        .concat();
        let raw = packets(kind::ANSWER, &answer);
        for piece in [1, 2, 7, 4096, raw.len()] {
            let mut tokens = heard(&raw, piece);
            assert_eq!(tokens.found.len(), 3, "{piece}");
            assert!(tokens.take_last(5, "no").is_none());
            assert!(tokens.take_last(3013, "BACKUP DATABASE is terminating abnormally.").is_some());
            let own = tokens.take_last(50000, &long).unwrap();
            assert_eq!((own.severity, own.line, own.procedure.as_deref()), (Some(11), Some(7), Some("dbo.p")));
            assert!(tokens.take_last(50000, &long).is_none(), "only once");
            assert_eq!(tokens.take_last(3201, "Cannot open").and_then(|found| found.state), Some(2));
            tokens.forget();
            assert!(tokens.begun.is_empty());
        }
    }

    #[test]
    fn no_bytes_keep_more_than_a_token() {
        let mut tokens = ErrorTokens::default();
        let begun = packets(
            kind::ANSWER,
            &[[TOKEN, 0xFF, 0xFF, 0, 0, 0, 0, 1, 16, 0, 0].as_slice(), &[TOKEN; 60_000]].concat(),
        );
        for _ in 0..20 {
            tokens.read(&begun);
            assert!(tokens.begun.len() <= 3 + usize::from(u16::MAX), "{}", tokens.begun.len());
        }
        let many: Vec<u8> = (0..2000).flat_map(|_| token(1, 1, 16, "x", "")).collect();
        let mut tokens = heard(&packets(kind::ANSWER, &many), 512);
        assert_eq!(tokens.found.len(), MOST);
        // What is no packet at all is the driver's to refuse.
        tokens.read(&[0; 100]);
    }
}
