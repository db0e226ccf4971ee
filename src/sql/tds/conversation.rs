//! The stream that the driver reads and writes. See the room's door for what it does and why.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

use super::Transport;
use super::error_token::ErrorTokens;
use super::login::{Account, Secured, log_in};
use super::packet::{kind, take_message};
use super::prelogin::without_encryption;

type LoggingIn = Pin<Box<dyn Future<Output = io::Result<(Box<dyn Transport>, Vec<u8>)>> + Send>>;

/// LOGIN7 is shorter: so no copies of a password are left where a growing buffer has been.
const MOST_WRITTEN: usize = 4096;

/// How far it has come.
enum Phase {
    /// The driver's PRELOGIN is awaited, and answered with this.
    Prelogin { answer: Vec<u8>, secured: Secured, account: Option<Account> },
    /// Its LOGIN7 is awaited.
    Login { secured: Secured, account: Option<Account> },
    /// LOGIN7 is on its way.
    LoggingIn(LoggingIn),
    /// All else.
    Open(Box<dyn Transport>),
    /// It broke.
    Broken,
}

/// See the module.
pub(in crate::sql) struct Conversation {
    phase: Phase,
    /// What the driver wrote of a message before the conversation is open.
    written: Zeroizing<Vec<u8>>,
    /// What the driver is still to read of it.
    unread: Vec<u8>,
    errors: Arc<Mutex<ErrorTokens>>,
}

impl Conversation {
    /// `prelogin` is what the server answered to PRELOGIN.
    pub(super) fn new(secured: Secured, prelogin: &[u8], account: Option<Account>) -> Conversation {
        Conversation {
            phase: Phase::Prelogin { answer: without_encryption(prelogin), secured, account },
            written: Zeroizing::new(Vec::with_capacity(MOST_WRITTEN)),
            unread: Vec::new(),
            errors: Arc::default(),
        }
    }

    /// The errors in what the server says.
    pub(in crate::sql) fn errors(&self) -> Arc<Mutex<ErrorTokens>> {
        self.errors.clone()
    }

    /// Takes what the driver has written, when it is a whole message.
    fn step(&mut self) -> io::Result<()> {
        let Some((kind, body)) = take_message(&mut self.written)? else { return Ok(()) };
        let body = Zeroizing::new(body);
        self.phase = match std::mem::replace(&mut self.phase, Phase::Broken) {
            Phase::Prelogin { answer, secured, account } if kind == kind::PRELOGIN => {
                self.unread = answer;
                Phase::Login { secured, account }
            }
            Phase::Login { secured, account } if kind == kind::LOGIN => {
                Phase::LoggingIn(Box::pin(log_in(secured, body, account)))
            }
            _ => return Err(io::Error::other("the driver does not begin as it did")),
        };
        Ok(())
    }

    /// Goes on with the login, if one is on its way.
    fn poll_login(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Phase::LoggingIn(login) = &mut self.phase else { return Poll::Ready(Ok(())) };
        let ended = ready!(login.as_mut().poll(context));
        self.phase = Phase::Broken;
        let (stream, answer) = ended?;
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).read(&answer);
        (self.phase, self.unread, self.written) = (Phase::Open(stream), answer, Zeroizing::default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Conversation {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_login(context))?;
        if !this.unread.is_empty() {
            let length = this.unread.len().min(buffer.remaining());
            buffer.put_slice(&this.unread[..length]);
            this.unread.drain(..length);
            return Poll::Ready(Ok(()));
        }
        let Phase::Open(stream) = &mut this.phase else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        let begin = buffer.filled().len();
        ready!(Pin::new(stream).poll_read(context, buffer))?;
        this.errors.lock().unwrap_or_else(PoisonError::into_inner).read(&buffer.filled()[begin..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Conversation {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_login(context))?;
        match &mut this.phase {
            Phase::Open(stream) => Pin::new(stream).poll_write(context, bytes),
            Phase::Broken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            _ => {
                this.written.extend_from_slice(bytes);
                this.step()?;
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Windows logins by the driver itself have a message more to send.
        ready!(this.poll_login(context))?;
        match &mut this.phase {
            Phase::Open(stream) => Pin::new(stream).poll_flush(context),
            Phase::Broken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().phase {
            Phase::Open(stream) => Pin::new(stream).poll_shutdown(context),
            _ => Poll::Ready(Ok(())),
        }
    }
}
