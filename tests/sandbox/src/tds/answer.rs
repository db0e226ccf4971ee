//! The answer to one message, written by the thread that runs it and sent on as it grows.

use tokio::sync::mpsc;

use super::token::{self, DoneKind, Message, done};
use crate::value::{Column, SqlType, Value};

/// A piece of an answer on its way to the socket.
#[derive(Debug)]
pub enum Piece {
    /// Bytes; `now` asks that the client gets them at once.
    Bytes {
        /// Whole tokens.
        bytes: Vec<u8>,
        /// Send now, even if a packet is not full.
        now: bool,
    },
    /// The connection ends here (a knob of the tests).
    Cut,
}

/// Bytes gathered before they are passed on.
const GATHER: usize = 32 * 1024;

/// Writes tokens. DONE of a statement is held back until it is known whether more follows.
#[derive(Debug)]
pub struct Answer {
    to: mpsc::Sender<Piece>,
    buffer: Vec<u8>,
    held: Option<(DoneKind, u16, u16, u64)>,
    types: Vec<SqlType>,
    server: String,
    tds: u32,
    tokens_left: Option<usize>,
    gone: bool,
    in_procedure: bool,
}

impl Answer {
    /// An answer for a client of TDS version `tds`; `cut` is the number of tokens after which the
    /// connection is to end.
    pub fn new(to: mpsc::Sender<Piece>, server: &str, tds: u32, cut: Option<usize>) -> Answer {
        Answer {
            to,
            buffer: Vec::new(),
            held: None,
            types: Vec::new(),
            server: server.to_owned(),
            tds,
            tokens_left: cut,
            gone: false,
            in_procedure: false,
        }
    }

    /// Whether nobody takes the answer any more.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// From here on statements run inside a procedure, or no longer.
    pub fn set_in_procedure(&mut self, inside: bool) {
        self.in_procedure = inside;
    }

    /// Whether statements run inside a procedure.
    pub fn in_procedure(&self) -> bool {
        self.in_procedure
    }

    /// Starts a result.
    pub fn columns(&mut self, columns: &[Column]) {
        self.token();
        self.types = columns.iter().map(|column| column.ty).collect();
        token::columns(&mut self.buffer, columns, self.tds);
        self.pass_on(false);
    }

    /// A row of the result that [`Answer::columns`] began.
    pub fn row(&mut self, values: &[Value]) {
        self.token();
        token::row(&mut self.buffer, &self.types, values, self.tds);
        self.pass_on(false);
    }

    /// An error or an information message. It goes to the client at once.
    pub fn message(&mut self, message: &Message) {
        self.token();
        token::message(&mut self.buffer, &self.server, message);
        self.pass_on(true);
    }

    /// Any token made elsewhere (ENVCHANGE).
    pub fn raw(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.token();
        write(&mut self.buffer);
    }

    /// A statement ended; `count` is its row count, if it has one to tell.
    pub fn statement_done(&mut self, command: u16, count: Option<u64>, failed: bool) {
        let kind = if self.in_procedure { DoneKind::InProcedure } else { DoneKind::Statement };
        self.done(kind, command, count, failed);
    }

    /// A procedure ended: its status, its output parameters, DONEPROC.
    pub fn procedure_done(&mut self, status: i32, outputs: &[(u16, String, SqlType, Value)], failed: bool) {
        self.token();
        token::return_status(&mut self.buffer, status);
        for (ordinal, name, ty, value) in outputs {
            token::return_value(&mut self.buffer, *ordinal, name, *ty, value);
        }
        self.done(DoneKind::Procedure, 0xE0, None, failed);
    }

    fn done(&mut self, kind: DoneKind, command: u16, count: Option<u64>, failed: bool) {
        self.token();
        let mut status = 0;
        if count.is_some() {
            status |= done::COUNT;
        }
        if failed {
            status |= done::ERROR;
        }
        self.held = Some((kind, status, command, count.unwrap_or(0)));
    }

    /// Ends the answer: the last DONE says that nothing follows. With `acknowledge` the
    /// acknowledgement of an attention follows in the same message.
    pub fn finish(mut self, failed: bool, acknowledge: bool) {
        let (kind, mut status, command, count) = self.held.take().unwrap_or((DoneKind::Statement, 0, 0xFD, 0));
        if failed {
            status |= done::ERROR;
        }
        if acknowledge {
            token::done_token(&mut self.buffer, kind, status | done::MORE, command, count);
            token::done_token(&mut self.buffer, DoneKind::Statement, done::ATTENTION, 0xFD, 0);
        } else {
            token::done_token(&mut self.buffer, kind, status, command, count);
        }
        // The end of the message sends them; a packet of their own is not needed.
        self.hand_over(false);
    }

    /// Comes before each token: what was held back has a follower now.
    fn token(&mut self) {
        if let Some((kind, status, command, count)) = self.held.take() {
            token::done_token(&mut self.buffer, kind, status | done::MORE, command, count);
        }
        match &mut self.tokens_left {
            Some(0) if !self.gone => {
                self.pass_on(true);
                // If even this is not taken, nobody is there: the same end.
                let _ = self.to.blocking_send(Piece::Cut);
                self.gone = true;
            }
            Some(left) => *left = left.saturating_sub(1),
            None => {}
        }
    }

    fn pass_on(&mut self, now: bool) {
        if now || self.buffer.len() >= GATHER {
            self.hand_over(now);
        }
    }

    fn hand_over(&mut self, now: bool) {
        let bytes = std::mem::take(&mut self.buffer);
        if !self.gone {
            self.gone = self.to.blocking_send(Piece::Bytes { bytes, now }).is_err();
        }
    }
}
