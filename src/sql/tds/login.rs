//! LOGIN7 on its way to the server, with NTLM in it where a Windows account logs in by name and password.
//!
//! The driver's LOGIN7 is taken as it is but for two things: OptionFlags2 says that SSPI is used, and the first
//! message of NTLM stands behind the rest. MS-TDS 2.2.6.4:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | length |
//! | 25 | 1 | OptionFlags2; bit 7: integrated security |
//! | 36 | 2 + 2 | offset and letters of the client's name |
//! | 78 | 2 + 2 | offset and bytes of the SSPI message |
//! | 94 | | where values begin |
//!
//! The server answers with an SSPI token (2.2.7.22), the client with a message of its own kind (2.2.6.8).

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use super::Transport;
use super::ntlm::{Who, authenticate, negotiate};
use super::packet::{kind, packets, read_message};
use super::tls::{Tls, under};

const FLAGS_2: usize = 25;
const INTEGRATED: u8 = 1 << 7;
const CLIENT: usize = 36;
const SSPI: usize = 78;
const VALUES: usize = 94;

/// The token in which a server sends its part.
const SSPI_TOKEN: u8 = 0xED;

/// The longest answer to LOGIN7: a CHALLENGE, or some errors.
const MOST: usize = 64 << 10;

/// A Windows account.
pub(in crate::sql) struct Account {
    /// `DOMAIN\user`, or `user@domain`.
    pub name: String,
    /// Its password.
    pub password: Zeroizing<String>,
    /// The service's principal name.
    pub service: String,
}

/// What the login goes over.
pub(super) enum Secured {
    /// What all goes over.
    Whole(Box<dyn Transport>),
    /// Encryption that ends with the login.
    Login(Box<Tls>),
}

/// Sends LOGIN7. Gives back the stream for all that follows, and what came from the server that is not for NTLM.
///
/// # Errors
///
/// Those of the stream; a CHALLENGE that is none.
pub(super) async fn log_in(
    secured: Secured,
    login: Zeroizing<Vec<u8>>,
    account: Option<Account>,
) -> io::Result<(Box<dyn Transport>, Vec<u8>)> {
    let (login, workstation) = match account {
        Some(_) => with_ntlm(&login)?,
        None => (login, String::new()),
    };
    let login = Zeroizing::new(packets(kind::LOGIN, &login));
    let mut stream = match secured {
        Secured::Whole(mut stream) => {
            send(&mut stream, &login).await?;
            stream
        }
        Secured::Login(mut tls) => {
            send(&mut tls, &login).await?;
            under(&mut tls).take()?
        }
    };
    let Some(account) = account else { return Ok((stream, Vec::new())) };
    let answer = read_message(&mut stream, MOST).await?;
    let Some((&SSPI_TOKEN, token)) = answer.body.split_first() else { return Ok((stream, answer.raw)) };
    let (domain, user) = account.name.split_once('\\').unwrap_or(("", &account.name));
    let who = Who { domain, user, password: &account.password, workstation: &workstation, service: &account.service };
    let mut nonce = [0; 8];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    // A token's length is two bytes.
    let proof = token.get(2..).and_then(|challenge| authenticate(challenge, &who, nonce));
    let proof = proof.ok_or_else(|| io::Error::other("the server's part of NTLM cannot be read"))?;
    send(&mut stream, &packets(kind::SSPI, &proof)).await?;
    Ok((stream, Vec::new()))
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// A LOGIN7 that begins NTLM, and the name of the client in it.
fn with_ntlm(login: &[u8]) -> io::Result<(Zeroizing<Vec<u8>>, String)> {
    let odd = || io::Error::other("the driver's LOGIN7 is not as it was");
    let number = |at: usize| login.get(at..at + 2).map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])));
    let (client, letters) = number(CLIENT).zip(number(CLIENT + 2)).ok_or_else(odd)?;
    let client = login.get(client..client + 2 * letters).ok_or_else(odd)?;
    let units: Vec<u16> = client.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    let place = u16::try_from(login.len()).map_err(|_| odd())?;
    if login.len() < VALUES {
        return Err(odd());
    }
    let first = negotiate();
    // No password is in it: the driver knows of none.
    let mut out = Zeroizing::new(login.to_vec());
    out[FLAGS_2] |= INTEGRATED;
    out[SSPI..SSPI + 2].copy_from_slice(&place.to_le_bytes());
    out[SSPI + 2..SSPI + 4].copy_from_slice(&(first.len() as u16).to_le_bytes());
    out.extend_from_slice(&first);
    let length = (out.len() as u32).to_le_bytes();
    out[..4].copy_from_slice(&length);
    Ok((out, String::from_utf16_lossy(&units)))
}
