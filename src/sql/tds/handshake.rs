//! The stream under TLS. Until TDS 8 the handshake's records go in PRELOGIN packets; what follows goes bare.
//! MS-TDS 2.2.6.5, 3.2.5.2.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Transport;
use super::packet::{HEADER, kind, measure, packets};

/// See the module.
pub(super) struct Handshake {
    /// `None` once it was taken back.
    stream: Option<Box<dyn Transport>>,
    in_packets: bool,
    /// The header that is being read.
    header: [u8; HEADER],
    header_read: usize,
    /// What is left of the packet that is being read.
    left: usize,
    /// Records that are not in packets yet.
    records: Vec<u8>,
    /// Packets that are not written yet.
    packets: Vec<u8>,
}

impl Handshake {
    /// For TDS 8.
    pub(super) fn bare(stream: Box<dyn Transport>) -> Handshake {
        Handshake { in_packets: false, ..Handshake::in_packets(stream) }
    }

    pub(super) fn in_packets(stream: Box<dyn Transport>) -> Handshake {
        Handshake {
            stream: Some(stream),
            in_packets: true,
            header: [0; HEADER],
            header_read: 0,
            left: 0,
            records: Vec::new(),
            packets: Vec::new(),
        }
    }

    /// The handshake is done: no more packets.
    pub(super) fn done(&mut self) {
        self.in_packets = false;
    }

    /// Takes the stream back, for what goes on without encryption.
    pub(super) fn take(&mut self) -> io::Result<Box<dyn Transport>> {
        self.stream.take().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn stream(&mut self) -> io::Result<&mut Box<dyn Transport>> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Writes all packets that are made.
    fn poll_packets(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.packets.is_empty() {
            let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            match ready!(Pin::new(stream).poll_write(context, &self.packets))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(self.packets.drain(..written)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Handshake {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.in_packets {
            return Pin::new(this.stream()?).poll_read(context, buffer);
        }
        while this.left == 0 {
            let mut header = ReadBuf::new(&mut this.header);
            header.set_filled(this.header_read);
            let stream = this.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            ready!(Pin::new(stream).poll_read(context, &mut header))?;
            match header.filled().len() {
                read if read == this.header_read => return Poll::Ready(Ok(())),
                read => this.header_read = read,
            }
            if this.header_read == HEADER {
                let (length, _) = measure(&this.header)
                    .filter(|_| this.header[0] == kind::PRELOGIN)
                    .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no TLS in a PRELOGIN packet"))?;
                (this.header_read, this.left) = (0, length - HEADER);
            }
        }
        let room = this.left.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        let stream = this.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        ready!(Pin::new(stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        this.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Handshake {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // What was made in packets goes before what goes bare.
        ready!(this.poll_packets(context))?;
        if !this.in_packets {
            return Pin::new(this.stream()?).poll_write(context, bytes);
        }
        this.records.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.records.is_empty() {
            this.packets.extend(packets(kind::PRELOGIN, &this.records));
            this.records.clear();
        }
        ready!(this.poll_packets(context))?;
        Pin::new(this.stream()?).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().stream()?).poll_shutdown(context)
    }
}
