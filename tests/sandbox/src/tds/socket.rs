//! The TCP connection, and the stream of TDS on top of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use crate::server::Act;

/// Anything that packets travel over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A TCP connection that can be told to end with a reset.
#[derive(Debug)]
pub struct Socket {
    tcp: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Socket {
    /// Over `tcp`; setting the flag makes its end a reset.
    pub fn new(tcp: TcpStream) -> (Socket, Arc<AtomicBool>) {
        let reset = Arc::new(AtomicBool::new(false));
        (Socket { tcp, reset: Arc::clone(&reset) }, reset)
    }

    /// Looks at the first byte without taking it; `None` when the client closed.
    pub async fn peek(&self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.tcp.peek(&mut byte).await? == 1).then_some(byte[0]))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Acquire) {
            // It fails only for a connection that is gone already.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// How much of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// All of it.
    No,
    /// Nothing, ever; the connection stays open.
    Silent,
    /// This many bytes.
    Bytes(usize),
    /// This many tokens.
    Tokens(usize),
}

/// Ends a conversation for a reason that is no failure of the sandbox.
pub fn ended(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, why)
}

/// Does what a fault says; an error when the conversation is over by it.
pub async fn strike<S: AsyncWrite + Unpin>(act: Option<Act>, to: &mut S, reset: &AtomicBool) -> io::Result<Cut> {
    match act {
        None | Some(Act::Deadlock) => Ok(Cut::No),
        Some(Act::Silence) => Ok(Cut::Silent),
        Some(Act::Close) => Err(ended("knob: close")),
        Some(Act::Reset) => {
            reset.store(true, Ordering::Release);
            Err(ended("knob: reset"))
        }
        Some(Act::Delay(time)) => {
            tokio::time::sleep(time).await;
            Ok(Cut::No)
        }
        Some(Act::CutAfterBytes(n)) => Ok(Cut::Bytes(n)),
        Some(Act::CutAfterTokens(n)) => Ok(Cut::Tokens(n)),
        Some(Act::Garbage) => {
            to.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await?;
            to.flush().await?;
            Err(ended("knob: garbage"))
        }
    }
}

/// As [`strike`] for a stream whose reading half is free: silence lasts until the client leaves.
pub async fn strike_whole<S: Stream>(act: Option<Act>, stream: &mut S, reset: &AtomicBool) -> io::Result<Cut> {
    let cut = strike(act, stream, reset).await?;
    if cut == Cut::Silent {
        let mut heard = [0; 1024];
        while stream.read(&mut heard).await? > 0 {}
        return Err(ended("knob: silence"));
    }
    Ok(cut)
}
