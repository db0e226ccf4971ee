//! Where a backup goes: the file's name, whether it may be written, and what a failure left there.

use super::{BackupCommand, Place};
use crate::error::{Code, Error, Result};
use crate::model::{BackupSet, BackupType};
use crate::ops::{Context, check};
use crate::policy::naming::{
    ARCHIVE_TEMPLATE, DEFAULT_TEMPLATE, NameFacts, PathStyle, TakenNames, Template, backup_file_names,
};
use crate::sql::{self, Database, ServerFacts, Session};

/// A file to write to.
pub(super) struct Target {
    /// The file, as the server sees it.
    pub(super) file: String,
    /// Whether backups are appended to it on purpose.
    pub(super) archive: bool,
    /// The sets that are in it already; `None`: there is no file.
    pub(super) sets: Option<Vec<BackupSet>>,
    /// Whether the folder is missing, as far as the server tells.
    folder_missing: bool,
}

/// Chooses the file.
pub(super) async fn choose(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    kind: BackupType,
    context: &Context,
) -> Result<Target> {
    let style = check::path_style(facts);
    match &command.place {
        Place::Folder { folder, template } => {
            let template = parse(template.as_deref().unwrap_or(DEFAULT_TEMPLATE))?;
            let mut taken = TakenNames::default();
            loop {
                let file = name(&template, facts, database, command, kind, style, folder, &taken)?;
                let state = sql::file_state(session, &file).await;
                if !state.is_some_and(|state| state.exists || state.is_directory) {
                    let folder_missing = state.is_some_and(|state| !state.parent_exists);
                    return Ok(Target { file, archive: false, sets: None, folder_missing });
                }
                taken.insert(style.file_name(&file));
            }
        }
        Place::Archive { folder, template } => {
            let template = parse(template.as_deref().unwrap_or(ARCHIVE_TEMPLATE))?;
            let file = name(&template, facts, database, command, kind, style, folder, &TakenNames::default())?;
            archive(session, database, file, context).await
        }
        Place::File { file, append } => {
            check::path(style, file)?;
            if *append {
                return archive(session, database, file.clone(), context).await;
            }
            let state = sql::file_state(session, file).await;
            if state.is_some_and(|state| state.exists) {
                return Err(Error::new(Code::Exists, format!("the file `{file}` exists already on `{}`", facts.name))
                    .hint("choose another name, or append to it with -Archive; nothing is ever overwritten")
                    .target(file));
            }
            let folder_missing = state.is_some_and(|state| !state.parent_exists);
            Ok(Target { file: file.clone(), archive: false, sets: None, folder_missing })
        }
    }
}

fn parse(template: &str) -> Result<Template> {
    Template::parse(template).map_err(|error| Error::new(Code::Name, error.to_string()).target(template))
}

#[allow(clippy::too_many_arguments)] // Each is a fact of its own; a struct for one call would hide that.
fn name(
    template: &Template,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    kind: BackupType,
    style: PathStyle,
    folder: &str,
    taken: &TakenNames,
) -> Result<String> {
    let names = NameFacts {
        server: facts.name.split('\\').next().unwrap_or(&facts.name),
        instance: facts.instance.as_deref(),
        database: &database.name,
        other_databases: &[],
        backup_type: kind,
        copy_only: command.copy_only,
        // The server's clock: it also stamps the set, and clients' clocks differ.
        utc: facts.now,
        offset: facts.offset,
        stripes: 1,
    };
    let files = backup_file_names(template, &names, style, folder, taken)
        .map_err(|error| Error::new(Code::Name, error.to_string()).target(folder))?;
    files.into_iter().next().ok_or_else(|| Error::new(Code::Internal, "no file name was made"))
}

/// Looks into the file that is to be appended to.
async fn archive(session: &mut Session, database: &Database, file: String, context: &Context) -> Result<Target> {
    let state = sql::file_state(session, &file).await;
    if state.is_some_and(|state| !state.exists) {
        let folder_missing = state.is_some_and(|state| !state.parent_exists);
        return Ok(Target { file, archive: true, sets: None, folder_missing });
    }
    let sets = match sql::headers(session, &file, &context.cancelled()).await {
        Ok(sets) => sets,
        // Where the login may not ask for the file itself, this is how a missing one shows.
        Err(error) if state.is_none() && error.code == Code::FileNotFound => {
            return Ok(Target { file, archive: true, sets: None, folder_missing: false });
        }
        Err(error) => {
            return Err(Error {
                message: format!("the archive `{file}` cannot be appended to: {}", error.message),
                hint: Some("move the file away; the next backup then begins a new archive".to_owned()),
                ..error
            });
        }
    };
    if let Some(other) = sets.iter().find(|set| !set.database_name.eq_ignore_ascii_case(&database.name)) {
        return Err(Error::new(
            Code::OtherDatabase,
            format!("the archive `{file}` holds backups of another database, `{}`", other.database_name),
        )
        .hint("choose another folder or file name")
        .target(&file));
    }
    Ok(Target { file, archive: true, sets: Some(sets), folder_missing: false })
}

/// Makes the folder of the file if it is missing and the login may.
pub(super) async fn make_folder(session: &mut Session, facts: &ServerFacts, target: &Target) -> Result<()> {
    if !target.folder_missing {
        return Ok(());
    }
    let style = check::path_style(facts);
    let folder = target.file.strip_suffix(style.file_name(&target.file)).unwrap_or(&target.file);
    let folder = folder.trim_end_matches(['\\', '/']);
    sql::create_folder(session, folder).await.map_err(|error| Error {
        code: Code::FileNotFound,
        message: format!("the folder `{folder}` does not exist on the server `{}` and could not be made", facts.name),
        hint: Some(
            "the path is meant on the server's machine: make the folder there, and give the account of the SQL Server \
             service the right to write in it"
                .to_owned(),
        ),
        target: Some(folder.to_owned()),
        causes: vec![error.message.clone()],
        ..error
    })
}

/// Adds what a failed backup left behind, as far as the server still tells.
pub(super) async fn tell_leftover(session: &mut Session, target: &Target, mut error: Error) -> Error {
    let there = sql::file_state(session, &target.file).await.is_some_and(|state| state.exists);
    let left = match (&target.sets, there) {
        (Some(sets), _) => format!(
            "the {} sets that were in `{}` before are untouched; an unfinished one may follow them",
            sets.len(),
            target.file
        ),
        (None, true) => format!("an unfinished file `{}` was left; it is no backup and can be deleted", target.file),
        (None, false) => return error,
    };
    error.causes.push(left);
    error
}
