//! The journal once more, on the server, for a Repair on another machine: as it was before the first
//! change. What has happened since is seen on the server itself; only that the safety copy is being
//! restored is not, and is noted when it begins.

use super::runner::away;
use crate::error::Result;
use crate::job::Level;
use crate::ops::Context;
use crate::plan::lock_key;
use crate::policy::restoring::Stage;
use crate::sql::{self, Session};
use crate::wire::kept::RestoreJournal;

/// The part of a note that tells that the safety copy is being restored.
const TAKING_BACK: &str = "taking back";

/// How the notes of a database's restore begin. Names of properties are no longer than those of databases.
fn prefix(database: &str) -> String {
    format!("PGBackup restore {} ", lock_key("note", database))
}

/// What a restore that was broken off left on the server. One that cannot be read is as good as none: it
/// was being written before the first change, or removed after the last.
pub(super) async fn left(session: &mut Session, database: &str) -> Result<Option<RestoreJournal>> {
    let notes = read(session, database).await?.unwrap_or_default();
    let text: String = notes.iter().filter(|(name, _)| !is_mark(name)).map(|(_, text)| text.as_str()).collect();
    let Ok(mut journal) = RestoreJournal::read(&text) else { return Ok(None) };
    if notes.iter().any(|(name, _)| is_mark(name)) {
        journal.set_stage(Stage::TakingBack);
    }
    Ok(Some(journal).filter(|journal| journal.database.to_lowercase() == database.to_lowercase()))
}

/// Brings this machine's journal to what another machine has done since: whether its Repair took the safety
/// copy back. The answer is whether it has ended the restore, for then the note is gone.
pub(super) async fn catch_up(session: &mut Session, journal: &mut RestoreJournal) -> Result<bool> {
    if !journal.noted {
        return Ok(false);
    }
    let Some(notes) = read(session, &journal.database).await? else { return Ok(false) };
    if notes.iter().any(|(name, _)| is_mark(name)) {
        journal.set_stage(Stage::TakingBack);
    }
    Ok(notes.is_empty())
}

/// The notes of a database's restore; `None`: the login may not read them.
async fn read(session: &mut Session, database: &str) -> Result<Option<Vec<(String, String)>>> {
    match sql::notes(session, &prefix(database)).await {
        Ok(notes) => Ok(Some(notes)),
        Err(error) if away(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether a note is the one that the safety copy is being restored.
fn is_mark(name: &str) -> bool {
    name.ends_with(TAKING_BACK)
}

/// Keeps a journal on the server, and tells whether it is there: a login that may not has only that of its
/// machine.
pub(super) async fn keep(session: &mut Session, journal: &RestoreJournal, context: &Context) -> Result<bool> {
    let name = &journal.database;
    match write(session, journal).await {
        Err(error) if away(&error) => Err(error),
        Err(error) => {
            let text = format!("the server keeps no note, so `{name}` can be repaired from this machine only: {error}");
            context.say(Level::Info, text);
            Ok(false)
        }
        Ok(()) => Ok(true),
    }
}

async fn write(session: &mut Session, journal: &RestoreJournal) -> Result<()> {
    clear(session, &journal.database).await?;
    let prefix = prefix(&journal.database);
    for (number, part) in parts(&journal.print()).iter().enumerate() {
        sql::add_note(session, &format!("{prefix}{number:02}"), part).await?;
    }
    Ok(())
}

async fn clear(session: &mut Session, database: &str) -> Result<()> {
    for (name, _) in sql::notes(session, &prefix(database)).await? {
        sql::drop_note(session, &name).await?;
    }
    Ok(())
}

/// Pieces of a text that each fit a note.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut length = 0;
    for letter in text.chars() {
        length += letter.len_utf16();
        if length > sql::NOTE_LIMIT {
            parts.push(String::new());
            length = letter.len_utf16();
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

/// Notes that the safety copy is being restored.
pub(super) async fn taking_back(session: &mut Session, database: &str) -> Result<()> {
    // One that is there already is refused, which is as well.
    only_away(sql::add_note(session, &format!("{}{TAKING_BACK}", prefix(database)), "").await)
}

/// Takes the note away.
pub(super) async fn remove(session: &mut Session, database: &str) -> Result<()> {
    only_away(clear(session, database).await)
}

/// What is refused cannot be helped: the journal of this machine counts.
fn only_away(done: Result<()>) -> Result<()> {
    done.or_else(|error| if away(&error) { Err(error) } else { Ok(()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_journal_is_cut_into_notes_and_put_together_again() {
        let text: String = (0..3_000).map(|n| format!("{n}پ\u{1F600}")).collect();
        let parts = parts(&text);
        assert!(parts.len() > 3);
        assert!(parts.iter().all(|part| part.encode_utf16().count() <= sql::NOTE_LIMIT));
        assert_eq!(parts.concat(), text);
        assert_eq!(prefix("Crm"), prefix("CRM"));
    }
}
