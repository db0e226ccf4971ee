//! A server that greets as it should, and then says what it was told to say.

use std::time::Duration;

use pgbackup::sql::{Address, Encrypt, Login, Options, Secret};
use pgbackup_sandbox::ShownCertificate;
use pgbackup_sandbox::tds::login::version::V7_4;
use pgbackup_sandbox::tds::tls::{Certificates, Wrapped};
use pgbackup_sandbox::tds::token::{self, DoneKind};
use pgbackup_sandbox::value::{Column, SqlType, Value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How many messages of a client come before its first question: PRELOGIN, LOGIN7, SET LANGUAGE, the session's
/// number.
pub const GREETING: usize = 4;

const HEADER: usize = 8;
const MOMENT: Duration = Duration::from_millis(1);
const PACKET: usize = 4096;
/// Version 16.0, and encryption of the login only: without any the client goes.
const PRELOGIN: [u8; 18] = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 16, 0, 0, 0, 0];

thread_local! {
    static CERTIFICATES: Certificates = Certificates::make().expect("certificates");
}

/// What the server says.
pub enum Said<'a> {
    /// Bytes as they go over the wire.
    Raw(&'a [u8]),
    /// Tokens, one answer after the other.
    Answers(Vec<&'a [u8]>),
}

/// How a client gets to it. Encryption of the login only: the answers go over the wire as they are.
pub fn options(port: u16, connect_timeout: Duration) -> Options {
    Options {
        address: Address::parse(&format!("127.0.0.1,{port}")).expect("an address"),
        login: Login::Sql { user: "sa".to_owned(), secret: Secret::new("x".to_owned().into()) },
        encrypt: Encrypt::Optional,
        trust_server_certificate: Some(true),
        ca_file: None,
        host_name_in_certificate: None,
        connect_timeout,
        app_name: "PGBackup".to_owned(),
    }
}

/// Another login: of a Windows account, by NTLM.
pub fn windows_account() -> Login {
    Login::Windows { user: r"PAYAM\admin".to_owned(), secret: Secret::new("x".to_owned().into()) }
}

/// Answers one client: so many of its messages as they should be answered, then by what is said, and hangs up.
pub async fn serve(listener: &TcpListener, as_it_should: usize, said: Said<'_>) {
    let Ok((mut stream, _)) = listener.accept().await else { return };
    let _ = talk(&mut stream, as_it_should, said).await;
    let _ = stream.shutdown().await;
    // The client goes first, else its port stays taken for a minute.
    let mut rest = [0; 512];
    while stream.read(&mut rest).await.is_ok_and(|length| length > 0) {}
    let _ = stream.set_zero_linger();
}

/// `None`: the client is at an end.
async fn talk(stream: &mut TcpStream, as_it_should: usize, said: Said<'_>) -> Option<()> {
    let mut number = 0;
    for answer in 0..as_it_should.min(GREETING) {
        next(stream, &mut number).await?;
        stream.write_all(&framed(&greeting(answer))).await.ok()?;
    }
    match said {
        Said::Raw(bytes) => {
            next(stream, &mut number).await?;
            stream.write_all(bytes).await.ok()
        }
        Said::Answers(answers) => {
            for answer in answers {
                next(stream, &mut number).await?;
                stream.write_all(&framed(answer)).await.ok()?;
            }
            next(stream, &mut number).await
        }
    }
}

/// Reads the next message of the client. The second, LOGIN7, comes through TLS, and nothing else does.
async fn next(stream: &mut TcpStream, number: &mut usize) -> Option<()> {
    *number += 1;
    if *number == 2 { hear_login(stream).await } else { hear(stream).await }
}

async fn hear_login(stream: &mut TcpStream) -> Option<()> {
    let acceptor = CERTIFICATES.with(|certificates| certificates.wrapped(ShownCertificate::Good))?;
    let mut stream = acceptor.accept(Wrapped::new(stream)).await.ok()?;
    stream.get_mut().0.pass_through();
    hear(&mut stream).await
}

/// Reads a message of the client to its end. A client that asks nothing waits for the rest of an answer that has
/// none: both run on this thread, so that a moment is enough to know.
async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> Option<()> {
    tokio::time::timeout(MOMENT, hear_whole(stream)).await.ok()?
}

async fn hear_whole(stream: &mut (impl AsyncRead + Unpin)) -> Option<()> {
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await.ok()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]])).checked_sub(HEADER)?;
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        if header[1] & 1 == 1 {
            return Some(());
        }
    }
}

/// What a sound server says to PRELOGIN, LOGIN7, SET LANGUAGE, and the question for the session's number.
fn greeting(number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    match number {
        0 => return PRELOGIN.to_vec(),
        1 => {
            token::env_text(&mut out, token::env::DATABASE, "master", "master");
            token::env_collation(&mut out);
            token::login_ack(&mut out, V7_4, [16, 0, 16, 0]);
            token::env_text(&mut out, token::env::PACKET_SIZE, "4096", "4096");
        }
        2 => {}
        _ => {
            let column = Column { name: "spid".to_owned(), ty: SqlType::Int, nullable: true };
            token::columns(&mut out, &[column], V7_4);
            token::row(&mut out, &[SqlType::Int], &[Value::Int(51)], V7_4);
        }
    }
    token::done_token(&mut out, DoneKind::Statement, 0, 0, 0);
    out
}

/// A message in packets.
fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = message;
    let mut id = 0u8;
    loop {
        id = id.wrapping_add(1);
        let (now, later) = rest.split_at(rest.len().min(PACKET - HEADER));
        let length = ((now.len() + HEADER) as u16).to_be_bytes();
        out.extend_from_slice(&[4, u8::from(later.is_empty()), length[0], length[1], 0, 51, id, 0]);
        out.extend_from_slice(now);
        rest = later;
        if rest.is_empty() {
            return out;
        }
    }
}
