//! What is checked before anything is touched: that nothing is overwritten against the wish, and
//! that no step will be refused for a reason that can be known now.

use futures_util::future::{BoxFuture, try_join_all};

use super::steps::Step;
use super::{RestoreCommand, SafetyCopy};
use crate::error::{Code, Error, Result};
use crate::model::BackupType;
use crate::ops::verify::{here as verify_here, one as verify_one};
use crate::ops::{Context, Verdict, VerifyRow};
use crate::policy::naming::drive_letter;
use crate::policy::restoring::Shape;
use crate::sql::{self, Database, Options, Recovery, ServerFacts, Session, Standing};

/// Refuses to overwrite what was not meant to be overwritten.
pub(super) async fn overwrites(
    session: &mut Session,
    facts: &ServerFacts,
    command: &RestoreCommand,
    existing: Option<&Database>,
    steps: &[Step],
) -> Result<()> {
    let Some(existing) = existing else { return Ok(()) };
    let name = &existing.name;
    if goes_on(existing, steps) {
        return Ok(());
    }
    if !command.replace {
        return Err(Error::new(Code::Exists, format!("the database `{name}` exists already on `{}`", facts.name))
            .hint("to overwrite it use -Replace; to keep it restore under another name with -Database")
            .target(name));
    }
    let family = sql::family_guid(session, existing.id).await;
    let of_backup = steps.first().and_then(|step| step.set.family_guid);
    if let (Some(family), Some(of_backup)) = (family, of_backup)
        && family != of_backup
        && !command.allow_other_database
    {
        let other = steps.first().map(|step| step.set.database_name.clone()).unwrap_or_default();
        return Err(Error::new(
            Code::OtherDatabase,
            format!("the backup is not one of the existing database `{name}`: it is of another database, `{other}`"),
        )
        .hint("check file and name; to overwrite the database nevertheless use -AllowOtherDatabase together with -Replace")
        .target(name));
    }
    Ok(())
}

/// A chain that goes on: the database waits for it.
pub(super) fn goes_on(existing: &Database, steps: &[Step]) -> bool {
    existing.state == "RESTORING" && steps.first().is_some_and(|step| step.set.backup_type != BackupType::Full)
}

/// What kind of restore it is, and whether a safety copy is made.
pub(super) fn shape(command: &RestoreCommand, existing: Option<&Database>) -> Result<(Shape, bool)> {
    let Some(existing) = existing else { return Ok((Shape::New, false)) };
    let name = &existing.name;
    let usable = existing.state == "ONLINE" && !existing.is_in_standby;
    let refuse = |code, message: String, hint: &str| Err(Error::new(code, message).hint(hint).target(name));
    match existing.state.as_str() {
        "OFFLINE" => {
            return refuse(
                Code::DatabaseState,
                format!("the database `{name}` is OFFLINE: somebody closed it on purpose"),
                "set it online, or drop it, before it is restored over",
            );
        }
        "RECOVERING" => {
            return refuse(
                Code::DatabaseState,
                format!("the database `{name}` is being recovered at this moment"),
                "wait until the server has started it",
            );
        }
        _ => {}
    }
    match command.safety_copy {
        Some(SafetyCopy::Rename) if !usable => refuse(
            Code::DatabaseState,
            format!("the database `{name}` is {}: it cannot be kept under another name", existing.state),
            "use -SafetyCopy None to restore over it all the same",
        ),
        Some(SafetyCopy::Rename) if command.recovery != Recovery::Recovery => refuse(
            Code::Request,
            "a database that waits for further backups cannot be renamed".to_owned(),
            "use -SafetyCopy File, or restore to the end",
        ),
        Some(SafetyCopy::Rename) => Ok((Shape::Beside, false)),
        Some(SafetyCopy::None) => Ok((Shape::InPlace, false)),
        // It has no content of its own that anybody could use.
        None if existing.state == "RESTORING" || existing.is_in_standby => Ok((Shape::InPlace, false)),
        Some(SafetyCopy::File) | None if usable => Ok((Shape::InPlace, true)),
        Some(SafetyCopy::File) | None => refuse(
            Code::DatabaseState,
            format!("the database `{name}` is {}: no safety copy can be made of it", existing.state),
            "use -SafetyCopy None to restore over it all the same",
        ),
    }
}

/// Refuses what the server would refuse half-way.
pub(super) async fn possible(
    session: &mut Session,
    facts: &ServerFacts,
    shape: Shape,
    copies: bool,
    name: &str,
    standing: &Standing,
    steps: &[Step],
) -> Result<()> {
    if let Some(bound) = standing.bound {
        return Err(Error::new(Code::Unsupported, format!("the database `{name}` is not restored over: {bound}"))
            .hint("take it out of that first, or restore under another name with -Database")
            .target(name));
    }
    let major = |version: &str| version.split('.').next().and_then(|text| text.parse::<i32>().ok());
    for step in steps {
        let (of_set, own) = (step.set.software_version_major, major(&facts.version));
        if let (Some(of_set), Some(own)) = (of_set, own)
            && of_set > own
        {
            return Err(Error::new(
                Code::Unsupported,
                format!(
                    "the backup `{}` was made by a newer SQL Server (version {of_set}) than this one ({own})",
                    step.file()
                ),
            )
            .hint("restore it on that version or a newer one")
            .target(step.file()));
        }
    }
    let rights = sql::rights(session, name).await?;
    let needed = match shape {
        Shape::New => vec![(rights.create, "make a database", "CREATE ANY DATABASE, or the role dbcreator")],
        Shape::Beside => vec![
            (rights.create, "make a database", "CREATE ANY DATABASE, or the role dbcreator"),
            (rights.alter, "rename the database", "ALTER on the database"),
        ],
        Shape::InPlace => vec![
            (
                rights.restore,
                "restore over the database",
                "the role sysadmin or dbcreator, or the ownership of the database",
            ),
            (rights.alter, "change the state of the database", "ALTER on the database"),
            (
                rights.backup.filter(|_| copies),
                "back the database up",
                "BACKUP DATABASE, or the role db_backupoperator",
            ),
        ],
    };
    match needed.into_iter().find(|(right, _, _)| *right == Some(false)) {
        Some((_, what, right)) => Err(Error::new(Code::Permission, format!("the login may not {what} `{name}`"))
            .hint(format!("give it {right}; nothing was changed"))
            .target(name)),
        None => Ok(()),
    }
}

/// Refuses places that are another database's or hold a file, and drives without room.
pub(super) async fn places(
    session: &mut Session,
    name: &str,
    own: &[(String, String)],
    sizes: &[(String, u64)],
) -> Result<()> {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let taken = sql::taken_files(session).await?;
    let mut needed: Vec<(char, u64)> = Vec::new();
    for (path, bytes) in sizes {
        let taken = taken.iter().find(|file| same(&file.path, path));
        let is_own = own.iter().any(|(_, own)| same(own, path));
        if let Some(file) = taken.filter(|_| !is_own) {
            let text = format!("the file `{path}` belongs to the database `{}`", file.database);
            return Err(Error::new(Code::Exists, text)
                .hint("give another place with -RelocateFile or -DataDirectory")
                .target(path));
        }
        // A file that is restored over only grows.
        let bytes = taken.map_or(*bytes, |file| bytes.saturating_sub(file.size));
        if !is_own && sql::file_state(session, path).await.is_some_and(|state| state.exists) {
            return Err(Error::new(
                Code::Exists,
                format!("the file `{path}` exists on the server and is no file of `{name}`"),
            )
            .hint("look what it is; move it away, or give another place with -RelocateFile")
            .target(path));
        }
        let Some(letter) = drive_letter(path) else { continue };
        match needed.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&letter)) {
            Some((_, sum)) => *sum += bytes,
            None => needed.push((letter, bytes)),
        }
    }
    for (letter, bytes) in needed {
        enough(session, letter, bytes, "the files of the database need", "give other places with -DataDirectory")
            .await?;
    }
    Ok(())
}

/// Refuses files in folders that the server does not have: RESTORE makes none.
pub(super) async fn folders(session: &mut Session, facts: &ServerFacts, sizes: &[(String, u64)]) -> Result<()> {
    for (path, _) in sizes {
        let is_missing = sql::file_state(session, path).await.is_some_and(|state| !state.parent_exists);
        if is_missing && sees_folders(session, facts).await {
            let text = format!("SQL Server sees no folder for the file `{path}`");
            return Err(Error::new(Code::FileNotFound, text)
                .hint(
                    "make the folder on the server's machine, or give another place with -DataDirectory, \
                     -LogDirectory or -RelocateFile",
                )
                .target(path));
        }
    }
    Ok(())
}

/// Whether a folder that is said not to be there is not there: to some logins the server shows none.
async fn sees_folders(session: &mut Session, facts: &ServerFacts) -> bool {
    let Some(known) = &facts.data_directory else { return false };
    sql::file_state(session, known.trim_end_matches(['\\', '/'])).await.is_some_and(|state| state.is_directory)
}

/// Refuses a safety copy that does not fit.
pub(super) async fn room_for_copy(session: &mut Session, name: &str, file: &str) -> Result<()> {
    let Some(letter) = drive_letter(file) else { return Ok(()) };
    let Some(space) = sql::used_space(session, name).await else { return Ok(()) };
    let hint = "name another folder with -SafetyDirectory, or use -SafetyCopy Rename or None";
    enough(session, letter, space.allocated, "the safety copy needs", hint).await
}

async fn enough(session: &mut Session, letter: char, bytes: u64, what: &str, hint: &str) -> Result<()> {
    let Some(free) = sql::free_space(session, letter).await else { return Ok(()) };
    if free >= bytes {
        return Ok(());
    }
    let text =
        format!("{what} about {} MB on drive {letter}:, and {} MB are free", bytes.div_ceil(1 << 20), free >> 20);
    Err(Error::new(Code::DiskFull, text)
        .hint(format!("make room on the server's drive, or {hint}"))
        .target(format!("{letter}:")))
}

/// Sets that are read through at once.
const AT_ONCE: usize = 4;

/// Has every set that will be needed read through before the old content is at risk, several at once.
pub(super) async fn readable(session: &mut Session, steps: &[Step], context: &Context) -> Result<()> {
    let server = session.options().clone();
    for some in steps.chunks(AT_ONCE) {
        let mut at_hand = Some(&mut *session);
        let mut reading: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
        for step in some {
            reading.push(Box::pin(read_through(at_hand.take(), &server, step, context)));
        }
        try_join_all(reading).await?;
    }
    Ok(())
}

/// Reads a set through on this machine, or, where that cannot be, has the server do it: in the session at
/// hand, or one of its own.
async fn read_through(at_hand: Option<&mut Session>, server: &Options, step: &Step, context: &Context) -> Result<()> {
    let row = match (verify_here(&step.files, &step.set, context).await?, at_hand) {
        (Some(row), _) => row,
        (None, Some(session)) => verify_one(session, &step.files, step.set.clone(), context).await?,
        (None, None) => {
            let mut session = sql::connect(server, &context.cancelled()).await?;
            verify_one(&mut session, &step.files, step.set.clone(), context).await?
        }
    };
    sound(step, row)
}

/// Refuses a set that is not as it was written.
fn sound(step: &Step, row: VerifyRow) -> Result<()> {
    let (code, what) = match row.verdict {
        Verdict::Damaged => (Code::Corrupt, "is damaged"),
        Verdict::Incomplete => (Code::Incomplete, "is not complete"),
        Verdict::Sound | Verdict::Unprotected => return Ok(()),
    };
    let text = format!("set {} of `{}` {what}: nothing was changed", step.set.position, step.file());
    let mut error = Error::new(code, text)
        .hint("restore an earlier set, or the same from another copy; Test-PGBackup lists what is wrong")
        .target(step.file());
    error.causes.extend(row.findings().take(3).map(ToString::to_string));
    error.server = row.messages;
    Err(error)
}
