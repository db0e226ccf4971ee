//! Transaction manager requests. MS-TDS 2.2.6.9.
//!
//! Transactions are counted, not isolated: the engine writes each statement through. What tests
//! need is that drivers can begin and end them, and that BACKUP refuses to run inside one.

use super::Session;
use crate::failure::{Failure, Outcome};
use crate::tds::answer::Answer;
use crate::tds::cursor::{Cursor, Malformed};
use crate::tds::token::{self, Message, env};

const BEGIN: u16 = 5;
const COMMIT: u16 = 7;
const ROLLBACK: u16 = 8;
const SAVE: u16 = 9;

/// Answers a request; true when it failed.
pub fn request(session: &mut Session, body: &[u8], answer: &mut Answer) -> Result<bool, Malformed> {
    let mut from = Cursor::new(body);
    from.skip_headers()?;
    let done = match from.u16()? {
        BEGIN => {
            begin(session, answer);
            Ok(())
        }
        COMMIT => commit(session, answer),
        ROLLBACK => rollback(session, answer),
        SAVE => Ok(()),
        other => Err(Failure::new(40000, format!("The sandbox has no transaction manager request {other}."))),
    };
    let failed = done.is_err();
    if let Err(failure) = done {
        for error in failure.errors {
            let (number, severity, state) = (error.number, error.severity, error.state);
            answer.message(&Message { number, severity, state, text: error.text, procedure: String::new(), line: 1 });
        }
    }
    answer.statement_done(0xFD, None, failed);
    Ok(failed)
}

/// `BEGIN TRANSACTION`
pub fn begin(session: &mut Session, answer: &mut Answer) {
    if session.transaction.1 == 0 {
        session.transaction.0 = session.server().next_transaction();
        let number = session.transaction.0.to_le_bytes();
        answer.raw(|out| token::env_bytes(out, env::BEGIN, &number, &[]));
    }
    session.transaction.1 += 1;
    session.seat().visible().transactions = session.transaction.1;
}

/// `COMMIT`
///
/// # Errors
/// 3902 without a transaction.
pub fn commit(session: &mut Session, answer: &mut Answer) -> Outcome<()> {
    match session.transaction.1 {
        0 => {
            let text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.";
            return Err(Failure::new(3902, text));
        }
        1 => end(session, answer, env::COMMIT),
        deep => session.transaction.1 = deep - 1,
    }
    Ok(())
}

/// `ROLLBACK`
///
/// # Errors
/// 3903 without a transaction.
pub fn rollback(session: &mut Session, answer: &mut Answer) -> Outcome<()> {
    if session.transaction.1 == 0 {
        let text = "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.";
        return Err(Failure::new(3903, text));
    }
    end(session, answer, env::ROLLBACK);
    Ok(())
}

fn end(session: &mut Session, answer: &mut Answer, how: u8) {
    let number = session.transaction.0.to_le_bytes();
    session.transaction = (0, 0);
    session.seat().visible().transactions = 0;
    answer.raw(|out| token::env_bytes(out, how, &[], &number));
}
