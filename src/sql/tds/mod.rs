//! What stands between the driver and the stream: encryption, logins by a Windows account's name and password,
//! and each error whole.
//!
//! tiberius 0.13 takes this for a server without encryption. That way one TLS serves every stream and both ways of
//! beginning it, NTLM works from any system, and errors can be read as the server sent them: of the second and
//! later ones of a statement the driver tells no state. Queries and their answers are the driver's alone.
//!
//! 1. [`greet`] says PRELOGIN and makes the TLS handshake: before PRELOGIN in TDS 8, else inside of it.
//! 2. [`Conversation`] answers the driver's own PRELOGIN with the server's answer, which it changes to "no
//!    encryption"; passes LOGIN7 on, with NTLM in it where that is wanted; and is a mere stream from then on, which
//!    shows what comes to [`ErrorTokens`].
//!
//! Source of the layouts: MS-TDS, its section beside each; MS-NLMP in `ntlm`.

mod conversation;
mod error_token;
mod handshake;
mod login;
mod ntlm;
mod packet;
mod prelogin;
mod tls;

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

pub(super) use conversation::Conversation;
pub(super) use error_token::ErrorTokens;
pub(super) use login::Account;
pub(super) use tls::{Certificate, Trouble as TlsTrouble, Trust, Unreadable, certificates};

use handshake::Handshake;
use login::Secured;
use prelogin::Encryption;

/// A stream to a server: TCP, or a pipe. Whatever else can carry TDS may be added here.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transport for T {}

/// How much of a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// TLS before all else.
    Strict,
    /// All of it.
    All,
    /// The login at least.
    Login,
}

/// Why there is no conversation.
pub(super) enum Trouble {
    /// The stream ended or broke.
    Broken(io::Error),
    /// What came is not what a SQL Server sends.
    NoServer(&'static str),
    /// The server does not encrypt, or not as much as was wished.
    NotEncrypted,
    /// See there.
    Tls(TlsTrouble),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        if error.kind() == io::ErrorKind::InvalidData {
            Trouble::NoServer("no TDS packet")
        } else {
            Trouble::Broken(error)
        }
    }
}

impl From<TlsTrouble> for Trouble {
    fn from(trouble: TlsTrouble) -> Trouble {
        Trouble::Tls(trouble)
    }
}

/// A server's answer to PRELOGIN is a few dozen bytes.
const MOST_OF_PRELOGIN: usize = 4096;

/// Opens a conversation: everything up to the login, which is the driver's to begin.
///
/// # Errors
///
/// See [`Trouble`]. There is no time limit here.
pub(super) async fn greet(
    stream: Box<dyn Transport>,
    wish: Wish,
    trust: &Trust,
    account: Option<Account>,
) -> Result<Conversation, Trouble> {
    let mut stream = stream;
    if wish == Wish::Strict {
        stream = Box::new(tls::secure(Handshake::bare(stream), trust, true).await?);
    }
    stream.write_all(&prelogin::request(wish)).await?;
    stream.flush().await?;
    let answer = packet::read_message(&mut stream, MOST_OF_PRELOGIN).await?;
    let offered = prelogin::encryption(&answer.body).ok_or(Trouble::NoServer("no answer to PRELOGIN"))?;
    let all = match (wish, offered) {
        (Wish::Strict, _) => return Ok(Conversation::new(Secured::Whole(stream), &answer.body, account)),
        (_, Encryption::On | Encryption::Required) => true,
        (Wish::Login, Encryption::Off) => false,
        (Wish::All, Encryption::Off) | (_, Encryption::NotSupported) => return Err(Trouble::NotEncrypted),
    };
    let mut tls = tls::secure(Handshake::in_packets(stream), trust, false).await?;
    tls::under(&mut tls).done();
    let secured = if all { Secured::Whole(Box::new(tls)) } else { Secured::Login(Box::new(tls)) };
    Ok(Conversation::new(secured, &answer.body, account))
}
