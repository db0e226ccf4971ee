//! Packets: the eight-byte header, messages joined from packets, and answers split into them.
//!
//! Source: MS-TDS 2.2.3.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes of a packet header.
pub const HEADER: usize = 8;

/// Packet size before LOGIN7 has agreed on another.
pub const DEFAULT_PACKET_SIZE: usize = 4096;

/// The longest message taken from a client: a batch may have 65,536 packets, nobody needs them here.
const MAX_MESSAGE: usize = 64 << 20;

const STATUS_END: u8 = 0x01;
const STATUS_IGNORE: u8 = 0x02;
const STATUS_RESET: u8 = 0x08;
const STATUS_RESET_KEEP_TRANSACTION: u8 = 0x10;

/// Types of message, MS-TDS 2.2.3.1.1.
pub mod kind {
    /// A SQL batch.
    pub const BATCH: u8 = 0x01;
    /// A remote procedure call.
    pub const RPC: u8 = 0x03;
    /// What a server answers.
    pub const ANSWER: u8 = 0x04;
    /// "Stop what you are doing."
    pub const ATTENTION: u8 = 0x06;
    /// A transaction manager request.
    pub const TRANSACTION: u8 = 0x0E;
    /// LOGIN7.
    pub const LOGIN: u8 = 0x10;
    /// The client's next message of a Windows login.
    pub const SSPI: u8 = 0x11;
    /// PRELOGIN, and TLS records before the handshake ends.
    pub const PRELOGIN: u8 = 0x12;
}

/// A whole message of a client.
#[derive(Debug)]
pub struct Message {
    /// See [`kind`].
    pub kind: u8,
    /// The client wants the session as new before this message runs (connection pools do).
    pub reset: bool,
    /// With `reset`: but its transaction stays.
    pub keep_transaction: bool,
    /// The packets' contents, joined.
    pub body: Vec<u8>,
}

/// Reads one message; `None` when the client closed between messages.
pub async fn read_message<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<Message>> {
    loop {
        let mut message = Message { kind: 0, reset: false, keep_transaction: false, body: Vec::new() };
        let mut first = true;
        let status = loop {
            let mut header = [0u8; HEADER];
            if first {
                match stream.read(&mut header[..1]).await? {
                    0 => return Ok(None),
                    _ => stream.read_exact(&mut header[1..]).await?,
                };
            } else {
                stream.read_exact(&mut header).await?;
            }
            let status = header[1];
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            if length < HEADER || message.body.len() + length > MAX_MESSAGE || (!first && header[0] != message.kind) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "not a TDS packet"));
            }
            if first {
                message.kind = header[0];
                message.reset = status & (STATUS_RESET | STATUS_RESET_KEEP_TRANSACTION) != 0;
                message.keep_transaction = status & STATUS_RESET_KEEP_TRANSACTION != 0;
                first = false;
            }
            let start = message.body.len();
            message.body.resize(start + length - HEADER, 0);
            stream.read_exact(&mut message.body[start..]).await?;
            if status & STATUS_END != 0 {
                break status;
            }
        };
        // The client thought better of it in the middle of sending (MS-TDS 2.2.1.6).
        if status & STATUS_IGNORE == 0 {
            return Ok(Some(message));
        }
    }
}

/// Writes messages as packets of one size.
#[derive(Debug)]
pub struct PacketWriter {
    kind: u8,
    size: usize,
    sequence: u8,
    session: u16,
    pending: Vec<u8>,
}

impl PacketWriter {
    /// A writer of messages of one kind; `session` is the session id put into each header.
    pub fn new(kind: u8, size: usize, session: u16) -> PacketWriter {
        PacketWriter { kind, size, sequence: 1, session, pending: Vec::new() }
    }

    /// Adds bytes to the message, sending each packet that is full.
    pub async fn write<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        let payload = self.size - HEADER;
        // The last packet is held back: only at the end is it known to be the last.
        while self.pending.len() > payload {
            let rest = self.pending.split_off(payload);
            self.send(stream, 0).await?;
            self.pending = rest;
        }
        Ok(())
    }

    /// Sends what is there as a packet of its own, so that the client sees it now.
    pub async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.send(stream, 0).await?;
        }
        stream.flush().await
    }

    /// Ends the message.
    pub async fn end<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        self.send(stream, STATUS_END).await?;
        self.sequence = 1;
        stream.flush().await
    }

    async fn send<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, status: u8) -> io::Result<()> {
        let length = u16::try_from(self.pending.len() + HEADER).unwrap_or(u16::MAX);
        let mut packet = Vec::with_capacity(usize::from(length));
        packet.extend_from_slice(&[self.kind, status]);
        packet.extend_from_slice(&length.to_be_bytes());
        packet.extend_from_slice(&self.session.to_be_bytes());
        packet.extend_from_slice(&[self.sequence, 0]);
        packet.append(&mut self.pending);
        self.sequence = self.sequence.wrapping_add(1);
        stream.write_all(&packet).await
    }
}
