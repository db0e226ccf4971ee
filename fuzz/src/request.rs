//! Texts that come from callers, from plan files, and from files that lie beside backups.

use std::fmt::Debug;
use std::time::Duration;

use pgbackup::error::{Code, Error};
use pgbackup::ops::{self, Command, PlanCall, Subject};
use pgbackup::wire;
use pgbackup::wire::kept::{Pins, PlannedRemoval, Proofs, RestoreJournal, journal_line, read_journal};
use serde_json::Value;
use zeroize::Zeroizing;

/// What no error may say.
const SECRET: &str = "hunter2";

/// Names under which somebody may put a password.
const NAMES: [&str; 7] = ["password", "PWD", "Secret", "credentials", "Passphrase", "password_from", "secret_is"];

/// Reads a text by the reader that the first byte picks: as it is, and with a password where the second byte
/// says that somebody wrote one by mistake.
pub fn request(data: &[u8]) {
    let [reader, mistake, text @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    // Ten thousand runs of a schedule are the most that is answered.
    crate::memory::allow(64 << 20);
    read(*reader, text);
    if let Ok(mut value) = serde_json::from_str(text) {
        spoil(&mut value, &mut usize::from(mistake / 16), NAMES[usize::from(*mistake) % NAMES.len()]);
        if let Some(error) = read(*reader, &value.to_string()) {
            assert!(!error.contains(SECRET), "a password is repeated: {error}");
        }
    }
}

/// Puts a secret into the object with this number.
fn spoil(value: &mut Value, countdown: &mut usize, name: &str) {
    match value {
        Value::Object(fields) => {
            if *countdown == 0 {
                fields.insert(name.to_owned(), SECRET.into());
            }
            *countdown = countdown.wrapping_sub(1);
            fields.values_mut().for_each(|value| spoil(value, countdown, name));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| spoil(value, countdown, name)),
        _ => {}
    }
}

/// The text of the error, if there is one.
fn read(reader: u8, text: &str) -> Option<String> {
    match reader % 16 {
        0 => told(wire::backup(text)),
        1 => told(wire::restore(text)),
        2 => told(wire::repair(text)),
        3 => told(wire::query(text)),
        4 => told(wire::verify(text)),
        5 => chain(text),
        6 => told(wire::removal(text)),
        7 => told(wire::restore_test(text)),
        8 => told(wire::service(text)),
        9 => told(wire::server(text, None)).and(told(wire::server(text, Some(Zeroizing::new(SECRET.to_owned()))))),
        10 => schedule(text),
        11 => plan(text),
        12 => told(wire::plan_run(text)),
        13 => told(wire::report(text)),
        14 => told(wire::plan_file(text)),
        _ => {
            kept(text);
            None
        }
    }
}

fn told<T>(read: Result<T, Error>) -> Option<String> {
    let error = read.err()?;
    assert!(!error.message.is_empty(), "an error says something: {error:?}");
    Some(format!("{error} {error:?} {}", wire::error_text(&error, 1)))
}

/// A question about a schedule is answered, too: schedules come from outside as they are.
fn schedule(text: &str) -> Option<String> {
    match wire::schedule_query(text) {
        Ok(query) => {
            let reply = wire::schedule_text(&query.schedule, &ops::answer_schedule(&query));
            serde_json::from_str::<Value>(&reply).expect("an answer is JSON");
            None
        }
        error => told(error),
    }
}

/// A question about backup sets that the caller names is answered, too: it needs neither files nor a server.
fn chain(text: &str) -> Option<String> {
    match wire::chain(text) {
        Ok(command) if matches!(command.subject, Subject::Sets { .. }) => {
            let job = ops::start(None, Command::Chain(Box::new(command))).expect("a job");
            loop {
                let page = job.page(Duration::from_secs(9));
                serde_json::from_str::<Value>(&wire::page_text(&page, |_| 1)).expect("rows are JSON");
                if page.done {
                    break;
                }
            }
            job.wait(Duration::from_secs(9));
            // Refused questions are errors; a panic is none of them.
            let end = job.result().expect("it ends in time");
            assert!(!end.is_err_and(|error| error.code == Code::Panic));
            None
        }
        other => told(other),
    }
}

/// A plan that is accepted is written; what was written must be that plan.
fn plan(text: &str) -> Option<String> {
    match wire::plan_call(text, chrono::DateTime::UNIX_EPOCH) {
        Ok((_, PlanCall::Save { plan, text, .. } | PlanCall::Check { plan, text })) => {
            let again = wire::plan_file(&text).expect("a plan that was accepted can be read again");
            assert_eq!(format!("{again:?}"), format!("{plan:?}"));
            None
        }
        other => told(other),
    }
}

/// Files that lie beside backups: what is read and written again is the same.
fn kept(text: &str) {
    same(text, Pins::read, Pins::print);
    same(text, Proofs::read, Proofs::print);
    same(text, PlannedRemoval::read, PlannedRemoval::print);
    same(text, RestoreJournal::read, RestoreJournal::print);
    let (lines, _) = read_journal(text);
    let written: String = lines.iter().map(journal_line).collect();
    assert_eq!(read_journal(&written), (lines, None));
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let _ = (wire::failures(&lines), wire::runs(&lines), wire::verified(&lines));
}

fn same<T: PartialEq + Debug>(text: &str, read: fn(&str) -> Result<T, String>, print: fn(&T) -> String) {
    if let Ok(first) = read(text) {
        assert_eq!(read(&print(&first)).as_ref(), Ok(&first));
    }
}
