//! One connection: messages in, answers out, and attentions while an answer is being made.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::answer::{Answer, Piece};
use super::greeting::{Welcome, greet};
use super::packet::{Message, PacketWriter, kind, read_message};
use super::socket::{Cut, Socket, Stream, ended, strike};
use super::token::{self, DoneKind, done};
use crate::server::{Act, AttentionStyle, Interrupt, Seat, Server, Stage};
use crate::session::{Outcome, Session};

/// Serves a client until it leaves, is turned away or is killed.
pub async fn serve(tcp: TcpStream, server: Arc<Server>) {
    let Ok(peer) = tcp.peer_addr() else { return };
    // Answers are small and come in pieces: none should wait for the next.
    let _ = tcp.set_nodelay(true);
    let (socket, reset) = Socket::new(tcp);
    match greet(socket, &reset, peer, &server).await {
        Ok(Some(welcome)) => {
            let seat = welcome.session.seat();
            if let Err(error) = converse(welcome, &reset, &server, &seat).await {
                server.log(format!("Session {} ended: {error}", seat.id));
            }
        }
        Ok(None) => {}
        Err(error) => server.log(format!("Connection from {peer} ended before login: {error}")),
    }
}

/// Ends a session whatever way its connection ends, even when its task is dropped.
struct Leave {
    server: Arc<Server>,
    id: i32,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.server.app_locks.release_all(self.id);
        self.server.engine.leave(self.id);
        self.server.sessions.close(self.id);
    }
}

async fn converse(welcome: Welcome, reset: &AtomicBool, server: &Arc<Server>, seat: &Arc<Seat>) -> io::Result<()> {
    let Welcome { stream, session, packet_size, tds } = welcome;
    let _leave = Leave { server: Arc::clone(server), id: seat.id };
    let (from, mut to) = tokio::io::split(stream);
    let (messages, mut incoming) = mpsc::channel(8);
    let reader = tokio::spawn(listen(from, Arc::clone(seat), messages));
    let mut talk = Talk { session: Some(session), packet_size, tds, acknowledged: false };
    let end = loop {
        let message = tokio::select! {
            message = incoming.recv() => message,
            () = seat.wake.notified() => {
                if seat.interrupt() == Interrupt::Killed {
                    break Ok(());
                }
                continue;
            }
        };
        let Some(message) = message else { break Ok(()) };
        if let Err(error) = talk.turn(message, &mut to, reset, server, seat).await {
            break Err(error);
        }
        if seat.interrupt() == Interrupt::Killed {
            break Ok(());
        }
    };
    reader.abort();
    // The reader owns the other half; only with both gone is the socket closed (or reset).
    let _ = reader.await;
    if end.is_ok() {
        let _ = to.shutdown().await;
    }
    end
}

/// Reads ahead, so that an attention or the client's end is seen while a statement runs.
async fn listen(mut from: ReadHalf<Box<dyn Stream>>, seat: Arc<Seat>, messages: mpsc::Sender<Message>) {
    while let Ok(Some(message)) = read_message(&mut from).await {
        if message.kind == kind::ATTENTION {
            seat.stop(Interrupt::Attention);
        }
        if messages.send(message).await.is_err() {
            return;
        }
    }
    seat.stop(Interrupt::Gone);
}

struct Talk {
    /// Away while a statement runs on its own thread.
    session: Option<Session>,
    packet_size: usize,
    tds: u32,
    /// The attention that comes next was acknowledged inside an answer already.
    acknowledged: bool,
}

impl Talk {
    async fn turn(
        &mut self,
        message: Message,
        to: &mut WriteHalf<Box<dyn Stream>>,
        reset: &AtomicBool,
        server: &Arc<Server>,
        seat: &Arc<Seat>,
    ) -> io::Result<()> {
        let mut writer = PacketWriter::new(kind::ANSWER, self.packet_size, seat.id as u16);
        match message.kind {
            kind::ATTENTION => {
                seat.forget_attention();
                if std::mem::take(&mut self.acknowledged) {
                    return Ok(());
                }
                let mut bytes = Vec::new();
                token::done_token(&mut bytes, DoneKind::Statement, done::ATTENTION, 0xFD, 0);
                writer.write(to, &bytes).await?;
                writer.end(to).await
            }
            kind::BATCH | kind::RPC | kind::TRANSACTION => {
                let mut session = self.session.take().ok_or_else(|| ended("the session is lost"))?;
                let stage = Stage::Statement(session.text_of(&message));
                let act = server.fault_at(&stage);
                if act == Some(Act::Deadlock) {
                    self.session = Some(session);
                    return deadlocked(&mut writer, to, server, seat.id).await;
                }
                let cut = strike(act, to, reset).await?;
                if cut == Cut::Silent {
                    while !matches!(seat.interrupt(), Interrupt::Gone | Interrupt::Killed) {
                        seat.wake.notified().await;
                    }
                    return Err(ended("knob: silence"));
                }
                let knobs = server.knobs();
                // A sleep of nothing would still last until the timer's next millisecond.
                if !knobs.delay.is_zero() {
                    tokio::time::sleep(knobs.delay).await;
                }
                let (pieces, mut receiver) = mpsc::channel(4);
                let tokens = if let Cut::Tokens(n) = cut { Some(n) } else { None };
                let answer = Answer::new(pieces, server.name(), self.tds, tokens);
                let style = knobs.attention;
                let worker = tokio::task::spawn_blocking(move || {
                    let outcome = session.handle(&message, answer, style == AttentionStyle::InAnswer);
                    (session, outcome)
                });
                let sent = forward(&mut receiver, &mut writer, to, cut).await;
                // Whoever still writes finds nobody listening.
                drop(receiver);
                if sent.is_err() {
                    seat.stop(Interrupt::Gone);
                }
                let (session, outcome) = worker.await.map_err(io::Error::other)?;
                self.session = Some(session);
                sent?;
                match outcome {
                    Outcome::Acknowledged => self.acknowledged = true,
                    Outcome::Ended => return Err(ended("the statement ended the session")),
                    Outcome::Answered => {}
                }
                writer.end(to).await
            }
            _ => Err(ended("a message that no client sends here")),
        }
    }
}

/// 1205 instead of an answer.
async fn deadlocked(
    writer: &mut PacketWriter,
    to: &mut WriteHalf<Box<dyn Stream>>,
    server: &Server,
    session: i32,
) -> io::Result<()> {
    let text = format!(
        "Transaction (Process ID {session}) was deadlocked on lock resources with another process and has been chosen \
         as the deadlock victim. Rerun the transaction."
    );
    let mut bytes = Vec::new();
    let victim = token::Message { number: 1205, severity: 13, state: 51, text, procedure: String::new(), line: 1 };
    token::message(&mut bytes, server.name(), &victim);
    token::done_token(&mut bytes, DoneKind::Statement, done::ERROR, 0, 0);
    writer.write(to, &bytes).await?;
    writer.end(to).await
}

/// Sends an answer on, piece by piece.
async fn forward(
    pieces: &mut mpsc::Receiver<Piece>,
    writer: &mut PacketWriter,
    to: &mut WriteHalf<Box<dyn Stream>>,
    cut: Cut,
) -> io::Result<()> {
    let mut left = if let Cut::Bytes(n) = cut { Some(n) } else { None };
    while let Some(piece) = pieces.recv().await {
        let Piece::Bytes { mut bytes, now } = piece else { return Err(ended("knob: cut at a token")) };
        if let Some(left) = &mut left {
            bytes.truncate(*left);
            *left -= bytes.len();
        }
        writer.write(to, &bytes).await?;
        if left == Some(0) {
            writer.flush(to).await?;
            return Err(ended("knob: cut at a byte"));
        }
        if now {
            writer.flush(to).await?;
        }
    }
    Ok(())
}
