//! Packets: an eight-byte header, and messages made of them. MS-TDS 2.2.3.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 1 | type of the message |
//! | 1 | 1 | status; bit 0: the message ends with this packet |
//! | 2 | 2 | length with the header, big-endian |
//! | 4 | 2 | session, as the server counts |
//! | 6 | 1 | number of the packet, modulo 256 |
//! | 7 | 1 | 0 |

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a header.
pub(super) const HEADER: usize = 8;

/// The size of packets until the server has agreed on another one. MS-TDS 2.2.6.4, PacketSize.
const SIZE: usize = 4096;

const END: u8 = 1;

/// Types of messages. MS-TDS 2.2.3.1.1.
pub(super) mod kind {
    /// All that a server says.
    pub const ANSWER: u8 = 0x04;
    /// LOGIN7.
    pub const LOGIN: u8 = 0x10;
    /// What follows in a Windows login.
    pub const SSPI: u8 = 0x11;
    /// PRELOGIN, and TLS until its handshake is done.
    pub const PRELOGIN: u8 = 0x12;
}

/// A message of the server.
pub(super) struct Message {
    /// Its packets as they came.
    pub raw: Vec<u8>,
    /// What is in them.
    pub body: Vec<u8>,
}

/// Length with the header of the packet that begins with `header`, and whether it is its message's last.
/// `None` when no packet begins like that.
pub(super) fn measure(header: &[u8; HEADER]) -> Option<(usize, bool)> {
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    (length >= HEADER).then_some((length, header[1] & END != 0))
}

/// Reads a message of the server of at most `most` bytes.
///
/// # Errors
///
/// Those of the stream; [`io::ErrorKind::InvalidData`] for what is no such message.
pub(super) async fn read_message(stream: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<Message> {
    let mut message = Message { raw: Vec::new(), body: Vec::new() };
    loop {
        let mut header = [0; HEADER];
        // A byte first: something else than a SQL Server may have said less than a header.
        stream.read_exact(&mut header[..1]).await?;
        if header[0] != kind::ANSWER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        stream.read_exact(&mut header[1..]).await?;
        let (length, is_last) = measure(&header).ok_or(io::ErrorKind::InvalidData)?;
        let body = length - HEADER;
        if message.body.len() + body > most {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let begin = message.body.len();
        message.body.resize(begin + body, 0);
        stream.read_exact(&mut message.body[begin..]).await?;
        message.raw.extend_from_slice(&header);
        message.raw.extend_from_slice(&message.body[begin..]);
        if is_last {
            return Ok(message);
        }
    }
}

/// A message as packets.
pub(super) fn packets(kind: u8, body: &[u8]) -> Vec<u8> {
    // As long as it will be: a password may be in it, and a buffer that grows leaves copies behind.
    let mut out = Vec::with_capacity(body.len() + HEADER * (body.len() / (SIZE - HEADER) + 1));
    let mut rest = body;
    let mut number = 1u8;
    loop {
        let (now, later) = rest.split_at(rest.len().min(SIZE - HEADER));
        let status = if later.is_empty() { END } else { 0 };
        let length = (now.len() + HEADER) as u16;
        out.extend_from_slice(&[kind, status]);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&[0, 0, number, 0]);
        out.extend_from_slice(now);
        if later.is_empty() {
            return out;
        }
        (rest, number) = (later, number.wrapping_add(1));
    }
}

/// Takes the first whole message off what was written, and gives back its type and body.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidData`] when what was written is no packet.
pub(super) fn take_message(written: &mut Vec<u8>) -> io::Result<Option<(u8, Vec<u8>)>> {
    let (mut at, mut body) = (0, Vec::with_capacity(written.len()));
    while let Some(header) = written[at..].first_chunk::<HEADER>() {
        let (length, is_last) = measure(header).ok_or(io::ErrorKind::InvalidData)?;
        let Some(packet) = written[at..].get(HEADER..length) else { return Ok(None) };
        body.extend_from_slice(packet);
        at += length;
        if is_last {
            let kind = written[0];
            written.drain(..at);
            return Ok(Some((kind, body)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_of_several_packets_is_read_as_it_was_written() {
        let body: Vec<u8> = (0..10_000u32).map(|n| n as u8).collect();
        let raw = packets(kind::ANSWER, &body);
        assert_eq!(raw.len(), body.len() + 3 * HEADER);
        let message = read_message(&mut &raw[..], 10_000).await.unwrap();
        assert_eq!((message.raw, message.body), (raw.clone(), body.clone()));
        assert!(read_message(&mut &raw[..], 9_999).await.is_err());
        let mut written = Vec::new();
        for (at, byte) in raw.iter().enumerate() {
            written.push(*byte);
            let taken = take_message(&mut written).unwrap();
            assert_eq!(taken.is_some(), at + 1 == raw.len(), "{at}");
            assert!(taken.is_none_or(|(kind, taken)| kind == kind::ANSWER && taken == body));
        }
        assert!(written.is_empty());
    }

    #[tokio::test]
    async fn what_is_no_packet_is_refused_at_once() {
        for wrong in [&b"HTTP/1.1"[..], &[4, 1, 0, 7, 0, 0, 1, 0], b"\x12"] {
            let error = read_message(&mut &wrong[..], 100).await.err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{wrong:?}");
        }
        let cut = read_message(&mut &[4, 1, 0, 9, 0, 0, 1, 0][..], 100).await.err().unwrap();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        assert!(take_message(&mut vec![16, 1, 0, 3, 0, 0, 0, 0]).is_err());
    }
}
