//! A Windows login between LOGIN7 and its answer: the messages that SSPI exchanges through TDS.
//!
//! The server answers the message in LOGIN7 with an SSPI token alone, and reads one more message of the
//! client (MS-TDS 2.2.6.8, 2.2.7.22, 3.3.5). That message has a packet type of its own, 0x11; SQL Server
//! takes it as 0x10 too, which is how tiberius sends it (tiberius-rs/tiberius, pull request 351).
//!
//! A real SQL Server speaks Negotiate (SPNEGO) as well, and Kerberos in it. This one speaks NTLM alone, which
//! a real one takes without the wrapping, and refuses the rest as a token that it cannot read.

use std::io;

use chrono::Utc;
use uuid::Uuid;

use super::ntlm::{Exchange, Place, Refused};
use super::packet::{kind, read_message};
use super::socket::{Cut, Stream};
use super::token::{self, Message};
use crate::server::Server;

/// From 1601, where FILETIME begins, to 1970: seconds.
const TO_1970: i64 = 11_644_473_600;

/// What came of it.
pub enum Proof {
    /// Windows knows the client: the account's name.
    Known(String),
    /// It does not: what the client is told.
    Refused(Message),
    /// The client left.
    Gone,
}

/// Goes on from the client's first message to the end of its second.
pub async fn prove<S: Stream>(stream: &mut S, first: &[u8], server: &Server, cut: Cut) -> io::Result<Proof> {
    let exchange = match Exchange::begin(first, &place(server), nonce(), filetime()) {
        Ok(exchange) => exchange,
        Err(why) => return Ok(Proof::Refused(refusal(why, server))),
    };
    let mut answer = Vec::new();
    token::sspi(&mut answer, exchange.challenge());
    super::greeting::send(stream, &answer, 0, cut).await?;
    let second = match read_message(stream).await? {
        Some(message) if [kind::SSPI, kind::LOGIN].contains(&message.kind) => message.body,
        _ => return Ok(Proof::Gone),
    };
    let account = |domain: &str, user: &str| server.accounts.windows(domain, user, machine(server));
    let password_of = |domain: &str, user: &str| account(domain, user).map(|account| account.password.clone());
    Ok(match exchange.finish(&second, password_of) {
        Err(why) => Proof::Refused(refusal(why, server)),
        Ok((domain, user)) => match account(&domain, &user) {
            Some(account) => Proof::Known(account.name.clone()),
            None => Proof::Known(r"NT AUTHORITY\ANONYMOUS LOGON".to_owned()),
        },
    })
}

fn machine(server: &Server) -> &str {
    server.engine.options().machine_name()
}

/// The server's machine is in the domain of its accounts.
fn place(server: &Server) -> Place {
    let computer = machine(server).to_owned();
    let domain = server.accounts.first_domain().map_or_else(|| computer.clone(), str::to_owned);
    Place { computer, domain }
}

/// Of a random UUID the bytes that are random as a whole (RFC 9562, 5.4).
fn nonce() -> [u8; 8] {
    let [a, b, c, d, e, f, _, _, _, _, g, h, ..] = Uuid::new_v4().into_bytes();
    [a, b, c, d, e, f, g, h]
}

fn filetime() -> u64 {
    let now = Utc::now();
    let hundreds = u64::from(now.timestamp_subsec_nanos() / 100);
    (now.timestamp() + TO_1970).unsigned_abs() * 10_000_000 + hundreds
}

/// What Windows refuses is told as 18452, whatever it was, a wrong password too. The error log has 17806
/// before it, with Windows' code: SEC_E_LOGON_DENIED or SEC_E_INVALID_TOKEN (MS-ERREF 2.1.1).
fn refusal(why: Refused, server: &Server) -> Message {
    let (code, reason) = match why {
        Refused::Denied => ("0x8009030c", "The logon attempt failed"),
        Refused::Token => ("0x80090308", "The token supplied to the function is invalid"),
    };
    let text = "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.";
    server.log("Error: 17806, Severity: 20, State: 14.".to_owned());
    server.log(format!(
        "SSPI handshake failed with error code {code}, state 14 while establishing a connection with integrated \
         security; the connection has been closed. Reason: AcceptSecurityContext failed. The Windows error code \
         indicates the cause of failure. {reason}"
    ));
    server.log("Error: 18452, Severity: 14, State: 1.".to_owned());
    server.log(text.to_owned());
    Message { number: 18452, severity: 14, state: 1, text: text.to_owned(), procedure: String::new(), line: 1 }
}
