//! Servers that answer what no server does: found by fuzzing (`fuzz/src/reply`) or by reading for it, and kept here.

use std::future::Future;
use std::time::Duration;

use pgbackup::error::{Code, Result};
use pgbackup::sql::{self, Login, Session};
use pgbackup_sandbox::tds::login::version::V7_4;
use pgbackup_sandbox::tds::token::{self, DoneKind};
use pgbackup_sandbox::value::{Column, SqlType, Value};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::told_server::{GREETING, Said, options, serve, windows_account};

/// Asks a server that says this instead of an answer.
fn ask<T>(said: Said<'_>, question: impl AsyncFnOnce(&mut Session) -> Result<T>) -> Result<T> {
    ask_as(GREETING, None, said, question)
}

/// The same, of a server that begins with it after so many messages, by another login than that of `sa`.
fn ask_as<T>(
    as_it_should: usize,
    login: Option<Login>,
    said: Said<'_>,
    question: impl AsyncFnOnce(&mut Session) -> Result<T>,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let asked = async {
            let mut options = options(port, Duration::from_secs(30));
            if let Some(login) = login {
                options.login = login;
            }
            let mut session = sql::connect(&options, &CancellationToken::new()).await?;
            question(&mut session).await
        };
        in_time(async { tokio::join!(serve(&listener, as_it_should, said), asked).1 }).await
    })
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("an end")
}

fn columns(columns: &[(&str, SqlType)]) -> Vec<u8> {
    let all: Vec<Column> =
        columns.iter().map(|(name, ty)| Column { name: (*name).to_owned(), ty: *ty, nullable: true }).collect();
    let mut out = Vec::new();
    token::columns(&mut out, &all, V7_4);
    out
}

fn done(mut tokens: Vec<u8>) -> Vec<u8> {
    token::done_token(&mut tokens, DoneKind::Statement, 0, 0, 0);
    tokens
}

#[test]
fn sizes_that_no_file_has_are_none() {
    let names = [("allocated", SqlType::BigInt), ("modified", SqlType::BigInt)];
    let row = |allocated, modified| {
        let mut tokens = columns(&names);
        token::row(&mut tokens, &names.map(|(_, ty)| ty), &[Value::Int(allocated), Value::Int(modified)], V7_4);
        ask(Said::Answers(vec![&done(tokens)]), async |session| Ok(sql::used_space(session, "x").await))
            .expect("an answer")
    };
    assert_eq!(row(2, 1).map(|used| (used.allocated, used.modified)), Some((16_384, Some(8_192))));
    assert_eq!(row(2, i64::MAX).map(|used| used.modified), Some(None));
    assert_eq!(row(i64::MAX, 1), None);
}

/// Rows that came together with the error that ended them, as those of a file that is whole but for its end.
#[test]
fn rows_before_an_error_are_handed_over() {
    let names = [("x", SqlType::Int)];
    let mut tokens = columns(&names);
    (1..=40).for_each(|x| token::row(&mut tokens, &[SqlType::Int], &[Value::Int(x)], V7_4));
    let text = "Read on \"D:\\x.bak\" failed: 23(Data error (cyclic redundancy check).)".to_owned();
    let failed = token::Message { number: 3203, severity: 16, state: 1, text, procedure: String::new(), line: 1 };
    token::message(&mut tokens, "HOST", &failed);
    let (sender, mut rows) = tokio::sync::mpsc::channel(8);
    let error = ask(Said::Answers(vec![&done(tokens)]), async |session| session.each("SELECT", sender).await)
        .expect_err("an error");
    assert_eq!(error.server.first().and_then(|message| message.number), Some(3203), "{error:?}");
    let mut told = Vec::new();
    while let Ok(together) = rows.try_recv() {
        told.extend(together.iter().filter_map(|row| row.number::<i32>("X")));
    }
    assert_eq!(told, (1..=40).collect::<Vec<i32>>());
}

#[test]
fn rows_that_take_no_bytes_are_refused() {
    // 400 columns of the type that only ever is null: a row is one byte, and 400 cells.
    let mut tokens = vec![0x81, 0x90, 1];
    (0..400).for_each(|_| tokens.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0x1F, 0]));
    tokens.extend_from_slice(&[0xD1; 50_000]);
    let error = ask(Said::Answers(vec![&done(tokens)]), async |session| session.catalog("SELECT", &[]).await)
        .err()
        .expect("a refusal");
    assert_eq!(error.code, Code::ConnectionLost);
    assert!(error.causes.iter().any(|cause| cause.contains("not asked for")), "{error:?}");
}

#[test]
fn rows_of_almost_no_bytes_come_to_an_end() {
    let mut tokens = columns(&[("x", SqlType::Int); 512]);
    // NBCROW: a bit for each null. 65 bytes, and 512 cells.
    let row = [&[0xD2][..], &[0xFF; 64]].concat();
    tokens.extend(row.repeat(9_000));
    let error = ask(Said::Answers(vec![&done(tokens)]), async |session| session.catalog("SELECT", &[]).await)
        .err()
        .expect("a refusal");
    assert!(error.causes.iter().any(|cause| cause.contains("longer than")), "{error:?}");
}

#[test]
fn bytes_that_are_no_packets_are_a_lost_connection() {
    // A packet that is shorter than its own header, one that never ends, and one of another protocol.
    for bytes in
        [&[4, 1, 0, 4, 0, 0, 1, 0][..], &[4, 1, 0xFF, 0xFF, 0, 0, 1, 0, 0x81], b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    {
        let error =
            ask(Said::Raw(bytes), async |session| session.catalog("SELECT", &[]).await).err().expect("a refusal");
        assert_eq!(error.code, Code::ConnectionLost, "{bytes:?}: {error:?}");
    }
}

#[test]
fn a_part_of_ntlm_that_is_none_is_a_login_that_failed() {
    for part in [&b"NTLMSSP\0\x02\0\0\0"[..], b"", &[0x60; 4000], b"NTLMSSP\0\x03\0\0\0"] {
        let mut token = vec![0xED];
        token.extend_from_slice(&(part.len() as u16).to_le_bytes());
        token.extend_from_slice(part);
        let error =
            ask_as(1, Some(windows_account()), Said::Answers(vec![&token]), async |_| Ok(())).expect_err("none");
        assert_eq!(error.code, Code::Auth, "{part:?}: {error:?}");
        assert!(error.causes.iter().any(|cause| cause.contains("NTLM")), "{part:?}: {error:?}");
    }
}

#[test]
fn an_answer_to_prelogin_that_is_none_is_no_sql_server() {
    for said in [&[0xFF][..], &[], &[1, 0, 6, 0, 1, 0xFF, 9], &[0xAA; 5000]] {
        let error = ask_as(0, None, Said::Answers(vec![said]), async |_| Ok(())).expect_err("none");
        assert_eq!(error.code, Code::Connect, "{said:?}: {error:?}");
    }
}

/// A row may hold the very bytes of an error: it is none, as the driver does not tell of it. Nor does one of the same
/// number and text as a real one lend it its state.
#[test]
fn an_error_in_the_text_of_a_row_is_none() {
    let mut fake = Vec::new();
    let wrong = |state, text: &str| token::Message {
        number: 50_000,
        severity: 16,
        state,
        text: text.to_owned(),
        procedure: String::new(),
        line: 1,
    };
    token::message(&mut fake, "SRV", &wrong(9, "fake"));
    token::message(&mut fake, "SRV", &wrong(8, "first"));
    let ty = SqlType::VarBinary(Some(500));
    let mut tokens = columns(&[("bytes", ty)]);
    token::row(&mut tokens, &[ty], &[Value::Bytes(fake)], V7_4);
    token::message(&mut tokens, "SRV", &wrong(2, "first"));
    token::message(&mut tokens, "SRV", &wrong(3, "second"));
    let error = ask(Said::Answers(vec![&done(tokens)]), async |session| session.catalog("x", &[]).await.map(|_| ()))
        .expect_err("an error");
    let told: Vec<_> = error.server.iter().map(|message| (message.text.as_str(), message.state)).collect();
    assert_eq!(told, [("first", Some(2)), ("second", Some(3))]);
}
