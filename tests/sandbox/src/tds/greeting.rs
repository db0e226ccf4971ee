//! From the first byte to a logged-in session: PRELOGIN, TLS, LOGIN7 and what SSPI adds to it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::server::TlsStream;
use uuid::Uuid;

use super::login::{Login, version};
use super::packet::{DEFAULT_PACKET_SIZE, PacketWriter, kind, read_message};
use super::prelogin::{Agreed, Encryption, Prelogin};
use super::socket::{Cut, Socket, Stream, ended, strike_whole};
use super::sspi::{self, Proof};
use super::tls::Wrapped;
use super::token::{self, DoneKind, Message, done, env};
use crate::server::{Account, LoginError, Reception, Seat, Server, ServerRole, Stage, Visible};
use crate::session::{Session, rights};

/// First byte of a TLS record with a handshake: the client speaks TDS 8.
const TLS_HANDSHAKE: u8 = 0x16;

/// A client that is in.
pub struct Welcome {
    /// Its stream, in TLS or not.
    pub stream: Box<dyn Stream>,
    /// Its session.
    pub session: Session,
    /// Packet size agreed on.
    pub packet_size: usize,
    /// TDS version spoken.
    pub tds: u32,
}

/// Greets a client. `None` when it was turned away, or left, in good order.
pub async fn greet(
    socket: Socket,
    reset: &AtomicBool,
    peer: SocketAddr,
    server: &Arc<Server>,
) -> io::Result<Option<Welcome>> {
    let mut socket = socket;
    strike_whole(server.fault_at(&Stage::Accept), &mut socket, reset).await?;
    let Some(first) = socket.peek().await? else { return Ok(None) };
    let knobs = server.knobs();
    if first == TLS_HANDSHAKE {
        strike_whole(server.fault_at(&Stage::Tls), &mut socket, reset).await?;
        if knobs.old_tls {
            return old_tls(socket, false).await.map(|()| None);
        }
        let acceptor = server.certificates.strict(knobs.certificate).ok_or_else(|| ended("no certificate"))?;
        let mut stream = acceptor.accept(socket).await?;
        let Some((prelogin, cut)) = prelogin(&mut stream, reset, server).await? else { return Ok(None) };
        // In TDS 8 the byte decides nothing any more.
        answer_prelogin(&mut stream, &prelogin, 1, server, cut).await?;
        return login(Box::new(stream), true, reset, peer, server).await;
    }
    let Some((prelogin, cut)) = prelogin(&mut socket, reset, server).await? else { return Ok(None) };
    let agreed = match prelogin.agree(knobs.encryption) {
        Ok((agreed, byte)) => {
            answer_prelogin(&mut socket, &prelogin, byte, server, cut).await?;
            agreed
        }
        // A strict server does not even answer: the client has to begin with TLS.
        Err(_) if knobs.encryption == Encryption::Strict => return Ok(None),
        Err(byte) => {
            answer_prelogin(&mut socket, &prelogin, byte, server, cut).await?;
            return Ok(None);
        }
    };
    if agreed == Agreed::Plain {
        return login(Box::new(socket), false, reset, peer, server).await;
    }
    strike_whole(server.fault_at(&Stage::Tls), &mut socket, reset).await?;
    if knobs.old_tls {
        return old_tls(socket, true).await.map(|()| None);
    }
    let acceptor = server.certificates.wrapped(knobs.certificate).ok_or_else(|| ended("no certificate"))?;
    let mut stream: TlsStream<Wrapped<Socket>> = acceptor.accept(Wrapped::new(socket)).await?;
    stream.get_mut().0.pass_through();
    if agreed == Agreed::Full {
        return login(Box::new(stream), true, reset, peer, server).await;
    }
    // Only LOGIN7 travels in TLS; from then on both sides speak in clear.
    let message = read_message(&mut stream).await?;
    let plain = stream.into_inner().0.into_inner();
    match message {
        Some(message) if message.kind == kind::LOGIN => {
            admit(Box::new(plain), &message.body, false, reset, peer, server).await
        }
        _ => Ok(None),
    }
}

async fn prelogin<S: Stream>(
    stream: &mut S,
    reset: &AtomicBool,
    server: &Server,
) -> io::Result<Option<(Prelogin, Cut)>> {
    let Some(message) = read_message(stream).await? else { return Ok(None) };
    if message.kind != kind::PRELOGIN {
        return Ok(None);
    }
    let prelogin = Prelogin::parse(&message.body).map_err(io::Error::other)?;
    let cut = strike_whole(server.fault_at(&Stage::Prelogin), stream, reset).await?;
    Ok(Some((prelogin, cut)))
}

async fn answer_prelogin<S: Stream>(
    stream: &mut S,
    prelogin: &Prelogin,
    encryption: u8,
    server: &Server,
    cut: Cut,
) -> io::Result<()> {
    let [major, minor, high, low] = version_bytes(server);
    let answer = prelogin.answer([major, minor, high, low, 0, 0], encryption, server.instance());
    send(stream, &answer, 0, cut).await
}

/// Sends a whole answer, or its beginning.
pub(super) async fn send<S: Stream>(stream: &mut S, answer: &[u8], session: u16, cut: Cut) -> io::Result<()> {
    let mut writer = PacketWriter::new(kind::ANSWER, DEFAULT_PACKET_SIZE, session);
    if let Cut::Bytes(n) = cut {
        let mut whole = Vec::new();
        writer.write(&mut whole, answer).await?;
        writer.end(&mut whole).await?;
        stream.write_all(&whole[..n.min(whole.len())]).await?;
        stream.flush().await?;
        return Err(ended("knob: half an answer"));
    }
    writer.write(stream, answer).await?;
    writer.end(stream).await
}

/// A server of 2008 that was never updated: it answers any ClientHello with TLS 1.0.
async fn old_tls(mut socket: Socket, wrapped: bool) -> io::Result<()> {
    if wrapped {
        read_message(&mut socket).await?;
    } else {
        socket.read_u8().await?;
    }
    // handshake record, TLS 1.0, ServerHello with TLS_RSA_WITH_AES_128_CBC_SHA
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend_from_slice(&[0x5A; 32]);
    hello.extend_from_slice(&[0, 0, 0x2F, 0]);
    if wrapped {
        let mut writer = PacketWriter::new(kind::PRELOGIN, DEFAULT_PACKET_SIZE, 0);
        writer.write(&mut socket, &hello).await?;
        writer.end(&mut socket).await?;
    } else {
        socket.write_all(&hello).await?;
    }
    let mut heard = [0; 1024];
    while socket.read(&mut heard).await? > 0 {}
    Ok(())
}

async fn login(
    mut stream: Box<dyn Stream>,
    encrypted: bool,
    reset: &AtomicBool,
    peer: SocketAddr,
    server: &Arc<Server>,
) -> io::Result<Option<Welcome>> {
    match read_message(&mut stream).await? {
        Some(message) if message.kind == kind::LOGIN => {
            admit(stream, &message.body, encrypted, reset, peer, server).await
        }
        _ => Ok(None),
    }
}

/// Checks LOGIN7 and answers it.
async fn admit(
    mut stream: Box<dyn Stream>,
    body: &[u8],
    encrypted: bool,
    reset: &AtomicBool,
    peer: SocketAddr,
    server: &Arc<Server>,
) -> io::Result<Option<Welcome>> {
    let mut login = Login::parse(body).map_err(io::Error::other)?;
    let mut cut = strike_whole(server.fault_at(&Stage::Login), &mut stream, reset).await?;
    if login.integrated {
        match sspi::prove(&mut stream, &login.sspi, server, cut).await? {
            Proof::Known(name) => login.user = name,
            Proof::Refused(error) => return turn_away(stream, &[error], server, Cut::No).await.map(|()| None),
            Proof::Gone => return Ok(None),
        }
        cut = Cut::No;
    }
    let packet_size = match login.packet_size {
        0 => DEFAULT_PACKET_SIZE,
        wished => (wished as usize).clamp(512, 32_767),
    };
    let seat = server.sessions.open(visible(&login, encrypted, packet_size, peer, server));
    match enter(&login, &seat, server) {
        Ok(session) => {
            let tokens = welcome_tokens(&login, &session, packet_size, server);
            let session_number = seat.id as u16;
            send(&mut stream, &tokens, session_number, cut).await?;
            Ok(Some(Welcome { stream, session, packet_size, tds: login.version }))
        }
        Err(errors) => {
            server.sessions.close(seat.id);
            turn_away(stream, &errors, server, cut).await.map(|()| None)
        }
    }
}

/// Tells a client why it does not come in.
async fn turn_away(mut stream: Box<dyn Stream>, errors: &[Message], server: &Server, cut: Cut) -> io::Result<()> {
    let mut tokens = Vec::new();
    for error in errors {
        token::message(&mut tokens, server.name(), error);
    }
    token::done_token(&mut tokens, DoneKind::Statement, done::ERROR, 0, 0);
    send(&mut stream, &tokens, 0, cut).await?;
    // An orderly end lets the client read the reason before the connection is gone.
    stream.shutdown().await
}

fn visible(login: &Login, encrypted: bool, packet_size: usize, peer: SocketAddr, server: &Server) -> Visible {
    let now = server.engine.options().clock.local();
    Visible {
        login: login.user.clone(),
        host: login.host.clone(),
        program: login.program.clone(),
        library: login.library.clone(),
        process: login.process,
        address: peer.ip().to_string(),
        client_port: peer.port(),
        encrypted,
        tds: login.version,
        packet_size,
        connection: Uuid::new_v4(),
        login_time: now,
        database: String::new(),
        last_request: now,
        transactions: 0,
        request: None,
    }
}

/// The login itself: version, password, database.
fn enter(login: &Login, seat: &Arc<Seat>, server: &Arc<Server>) -> Result<Session, Vec<Message>> {
    let told = |number: i32, severity: u8, state: u8, text: String| Message {
        number,
        severity,
        state,
        text,
        procedure: String::new(),
        line: 1,
    };
    let user = &login.user;
    if login.version < version::V7_2 && login.version != version::V8_0 {
        let text = "The login packet used to open the connection is structurally invalid; the connection has been \
                    closed. The sandbox speaks TDS 7.2 and later.";
        return Err(vec![told(17832, 20, 2, text.to_owned())]);
    }
    // Windows has checked the password of its account by now.
    let known = match login.integrated {
        true => server.accounts.proven(user),
        false => server.accounts.check(user, &login.password),
    };
    turned_away(user, known, server).map_err(|(number, severity, text)| vec![told(number, severity, 1, text)])?;
    let account = known.map_err(|why| {
        server.log(format!("Error: 18456, Severity: 14, State: {}.", why.state()));
        server.log(format!("Login failed for user '{user}'. Reason: {}", why.reason()));
        let (number, text) = why.told(user);
        vec![told(number, 14, 1, text)]
    })?;
    let (wished, number) = match login.database.as_str() {
        "" => (account.database.as_str(), 4064),
        wished => (wished, 4060),
    };
    let allowed = server
        .engine
        .database(wished)
        .is_ok_and(|facts| rights::may_enter(account, &facts) && !rights::is_kept_out(account, &facts));
    if !allowed || server.engine.enter(seat.id, wished).is_err() {
        let text = match number {
            4060 => format!("Cannot open database \"{wished}\" requested by the login. The login failed."),
            _ => "Cannot open user default database. Login failed.".to_owned(),
        };
        server.log("Error: 18456, Severity: 14, State: 38.".to_owned());
        let failed = told(18456, 14, 1, format!("Login failed for user '{user}'."));
        return Err(vec![told(number, 11, 1, text), failed]);
    }
    Ok(Session::new(Arc::clone(server), Arc::clone(seat), account.clone(), wished, &login.language))
}

/// Whether the server takes nobody at the moment: the message, by its number and severity.
fn turned_away(user: &str, known: Result<&Account, LoginError>, server: &Server) -> Result<(), (i32, u8, String)> {
    let administrator = || known.is_ok_and(|own| own.has(ServerRole::Sysadmin));
    match server.knobs().reception {
        Reception::Starting => Err((
            17187,
            16,
            "SQL Server is not ready to accept new client connections. Wait a few minutes before trying again. If you \
             have access to the error log, look for the informational message that indicates that SQL Server is ready \
             before trying to connect again."
                .to_owned(),
        )),
        Reception::Paused => Err((
            17142,
            14,
            "SQL Server service has been paused. No new connections will be allowed. To resume the service, use SQL \
             Computer Manager or the Services application in Control Panel."
                .to_owned(),
        )),
        Reception::Upgrading if !administrator() => Err((
            18401,
            14,
            format!(
                "Login failed for user '{user}'. Reason: Server is in script upgrade mode. Only administrator can \
                 connect at this time."
            ),
        )),
        Reception::Open | Reception::Upgrading => Ok(()),
    }
}

fn welcome_tokens(login: &Login, session: &Session, packet_size: usize, server: &Server) -> Vec<u8> {
    let mut out = Vec::new();
    let info = |out: &mut Vec<u8>, number: i32, state: u8, text: String| {
        let message = Message { number, severity: 0, state, text, procedure: String::new(), line: 1 };
        token::message(out, server.name(), &message);
    };
    let database = session.database();
    token::env_text(&mut out, env::DATABASE, database, "master");
    info(&mut out, 5701, 2, format!("Changed database context to '{database}'."));
    token::env_collation(&mut out);
    token::env_text(&mut out, env::LANGUAGE, session.language(), "");
    info(&mut out, 5703, 1, format!("Changed language setting to {}.", session.language()));
    token::login_ack(&mut out, login.version, version_bytes(server));
    token::env_text(&mut out, env::PACKET_SIZE, &packet_size.to_string(), &DEFAULT_PACKET_SIZE.to_string());
    token::done_token(&mut out, DoneKind::Statement, 0, 0, 0);
    out
}

fn version_bytes(server: &Server) -> [u8; 4] {
    let version = server.engine.options().version;
    let [high, low] = version.build.to_be_bytes();
    [version.major, version.minor, high, low]
}
