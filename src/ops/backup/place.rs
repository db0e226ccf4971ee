//! Where a backup goes: the files' names, whether they may be written, and what a failure left
//! there.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::archive::{current, usual_template};
use super::plan::Plan;
use super::{BackupCommand, ClosedArchive, Place};
use crate::error::{Code, Error, Result};
use crate::model::{BackupSet, BackupType};
use crate::ops::{Context, check};
use crate::policy::base::{Origin, Promotion};
use crate::policy::naming::{DEFAULT_TEMPLATE, NameFacts, PathStyle, TakenNames, Template, backup_file_names};
use crate::sql::{self, Database, Options, ServerFacts, Session};

/// Files to write to.
pub(super) struct Target {
    /// The files, one a stripe, as the server sees them.
    pub(super) files: Vec<String>,
    /// Second copies, or nothing.
    pub(super) mirror: Vec<String>,
    /// Whether backups are appended on purpose.
    pub(super) archive: bool,
    /// The sets that are in them already; `None`: they are new.
    pub(super) sets: Option<Vec<BackupSet>>,
    /// The archive that could not be appended to, and why.
    pub(super) left_alone: Option<(String, String)>,
    /// The archive that had enough.
    pub(super) closed: Option<ClosedArchive>,
}

impl Target {
    fn new(files: Vec<String>, mirror: Vec<String>, archive: bool) -> Target {
        Target { files, mirror, archive, sets: None, left_alone: None, closed: None }
    }

    /// The first of its files.
    pub(super) fn file(&self) -> &str {
        self.files.first().map_or("", String::as_str)
    }
}

/// Chooses the files. `base` is what the next differential would be based on.
pub(super) async fn choose(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    kind: BackupType,
    base: Option<&Origin>,
    context: &Context,
) -> Result<Target> {
    let namer = Namer { facts, database, command, kind, style: check::path_style(facts) };
    match &command.place {
        Place::Folder { folder, template } => {
            let template = parse(template.as_deref().unwrap_or(DEFAULT_TEMPLATE))?;
            fresh(session, &namer, &template, folder, TakenNames::default()).await
        }
        Place::Archive { folder, rollover, .. } => {
            let (_, template) = archive_place(command)?;
            let files = match current(&namer, &template, folder, rollover.as_ref(), base) {
                Some(files) => files,
                None => namer.names(&template, folder, &TakenNames::default())?,
            };
            match archive(session, database, files, context).await {
                Ok(target) => Ok(target),
                // Torn or no archive at all: it is kept as it is, and a new one is begun.
                Err(error) if matches!(error.code, Code::Corrupt | Code::Incomplete) => {
                    let mut target = fresh_archive(session, &namer, &template, folder).await?;
                    target.left_alone = Some((error.target.clone().unwrap_or_default(), error.message.clone()));
                    Ok(target)
                }
                Err(error) => Err(error),
            }
        }
        Place::Files { files, append } => {
            files.iter().try_for_each(|file| check::path(namer.style, file))?;
            if *append {
                return archive(session, database, files.clone(), context).await;
            }
            for file in files {
                if sql::file_state(session, file).await.is_some_and(|state| state.exists) {
                    return Err(Error::new(
                        Code::Exists,
                        format!("the file `{file}` exists already on `{}`", facts.name),
                    )
                    .hint("choose another name, or append to it with -Archive; nothing is ever overwritten")
                    .target(file));
                }
            }
            let mirror = namer.mirror(files)?;
            Ok(Target::new(files.clone(), mirror, false))
        }
    }
}

/// Leaves an archive that turned out to be torn and begins a new one, with a full backup.
pub(super) async fn leave_archive(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
    plan: &mut Plan,
    error: &Error,
    context: &Context,
) -> Result<()> {
    context.check()?;
    let old = plan.target.file().to_owned();
    plan.target = next_archive(session, facts, database, command).await?;
    plan.target.left_alone = Some((old, error.message.clone()));
    if plan.kind == BackupType::Differential {
        plan.kind = BackupType::Full;
        plan.promotion = Some(Promotion::NewArchive);
    }
    Ok(())
}

/// Files for an archive that begins now.
pub(super) async fn next_archive(
    session: &mut Session,
    facts: &ServerFacts,
    database: &Database,
    command: &BackupCommand,
) -> Result<Target> {
    let kind = if command.kind == BackupType::Log { BackupType::Log } else { BackupType::Full };
    let namer = Namer { facts, database, command, kind, style: check::path_style(facts) };
    let (folder, template) = archive_place(command)?;
    fresh_archive(session, &namer, &template, folder).await
}

/// Folder and template of archives.
fn archive_place(command: &BackupCommand) -> Result<(&str, Template)> {
    match &command.place {
        Place::Archive { folder, template, rollover } => {
            let text = template.as_deref().unwrap_or(usual_template(rollover.as_ref()));
            Ok((folder, parse(text)?))
        }
        Place::Folder { .. } | Place::Files { .. } => {
            Err(Error::new(Code::Internal, "a new archive was begun for a backup that goes into none"))
        }
    }
}

/// Makes names out of facts.
pub(super) struct Namer<'a> {
    facts: &'a ServerFacts,
    database: &'a Database,
    command: &'a BackupCommand,
    kind: BackupType,
    pub(super) style: PathStyle,
}

impl Namer<'_> {
    pub(super) fn facts(&self) -> NameFacts<'_> {
        NameFacts {
            server: self.facts.name.split('\\').next().unwrap_or(&self.facts.name),
            instance: self.facts.instance.as_deref(),
            database: &self.database.name,
            other_databases: &[],
            backup_type: self.kind,
            copy_only: self.command.how.copy_only,
            // The server's clock: it also stamps the set, and clients' clocks differ.
            utc: self.facts.now,
            offset: self.facts.offset,
            stripes: self.command.stripes,
        }
    }

    fn names(&self, template: &Template, folder: &str, taken: &TakenNames) -> Result<Vec<String>> {
        backup_file_names(template, &self.facts(), self.style, folder, taken)
            .map_err(|error| Error::new(Code::Name, error.to_string()).target(folder))
    }

    /// The second copies: files of the same names in the mirror's folder.
    fn mirror(&self, files: &[String]) -> Result<Vec<String>> {
        let Some(folder) = &self.command.mirror else { return Ok(Vec::new()) };
        files
            .iter()
            .map(|file| {
                let copy = self.style.join(folder, self.style.file_name(file));
                check::path(self.style, &copy)?;
                if copy.to_lowercase() == file.to_lowercase() {
                    return Err(Error::new(Code::Request, format!("the mirror of `{file}` is the file itself"))
                        .hint("choose another folder for the mirror")
                        .target(file));
                }
                Ok(copy)
            })
            .collect()
    }
}

fn parse(template: &str) -> Result<Template> {
    Template::parse(template).map_err(|error| Error::new(Code::Name, error.to_string()).target(template))
}

/// Names that no file has yet.
async fn fresh(
    session: &mut Session,
    namer: &Namer<'_>,
    template: &Template,
    folder: &str,
    mut taken: TakenNames,
) -> Result<Target> {
    loop {
        let files = namer.names(template, folder, &taken)?;
        let mirror = namer.mirror(&files)?;
        let mut found = false;
        for file in files.iter().chain(&mirror) {
            if sql::file_state(session, file).await.is_some_and(|state| state.exists || state.is_directory) {
                taken.insert(namer.style.file_name(file));
                found = true;
            }
        }
        if !found {
            return Ok(Target::new(files, mirror, false));
        }
    }
}

async fn fresh_archive(session: &mut Session, namer: &Namer<'_>, template: &Template, folder: &str) -> Result<Target> {
    let mut target = fresh(session, namer, template, folder, TakenNames::default()).await?;
    target.archive = true;
    Ok(target)
}

/// Looks into files that are to be appended to.
async fn archive(session: &mut Session, database: &Database, files: Vec<String>, context: &Context) -> Result<Target> {
    let new = |files| Target::new(files, Vec::new(), true);
    let first = files.first().cloned().unwrap_or_default();
    let state = sql::file_state(session, &first).await;
    if state.is_some_and(|state| !state.exists) {
        return Ok(new(files));
    }
    let sets = match sql::headers(session, &first, &context.cancelled()).await {
        Ok(sets) => sets,
        // Where the login may not ask for the file itself, this is how a missing one shows.
        Err(error) if state.is_none() && error.code == Code::FileNotFound => return Ok(new(files)),
        Err(error) => {
            return Err(Error {
                message: format!("the archive `{first}` cannot be appended to: {}", error.message),
                hint: Some("move the file away; the next backup then begins a new archive".to_owned()),
                target: Some(first),
                ..error
            });
        }
    };
    if let Some(other) = sets.iter().find(|set| !set.database_name.eq_ignore_ascii_case(&database.name)) {
        return Err(Error::new(
            Code::OtherDatabase,
            format!("the archive `{first}` holds backups of another database, `{}`", other.database_name),
        )
        .hint("choose another folder or file name")
        .target(&first));
    }
    Ok(Target { sets: Some(sets), ..new(files) })
}

/// Makes the folders of files where they are missing and the login may.
pub(super) async fn make_folders(session: &mut Session, facts: &ServerFacts, files: &[String]) -> Result<()> {
    let style = check::path_style(facts);
    for file in files {
        if sql::file_state(session, file).await.is_none_or(|state| state.parent_exists) {
            continue;
        }
        let folder = file.strip_suffix(style.file_name(file)).unwrap_or(file).trim_end_matches(['\\', '/']);
        sql::create_folder(session, folder).await.map_err(|error| Error {
            code: Code::FileNotFound,
            message: format!(
                "the folder `{folder}` does not exist on the server `{}` and could not be made",
                facts.name
            ),
            hint: Some(
                "the path is meant on the server's machine: make the folder there, and give the account of the SQL \
                 Server service the right to write in it"
                    .to_owned(),
            ),
            target: Some(folder.to_owned()),
            causes: vec![error.message.clone()],
            ..error
        })?;
    }
    Ok(())
}

/// Adds what a failed backup left behind, as far as the server still tells.
pub(super) async fn tell_leftover(server: &Options, session: &mut Session, target: &Target, mut error: Error) -> Error {
    let mut again = None;
    if !session.is_usable() {
        // Cancelled or cut: another connection can still tell, but nobody waits long for it.
        let nobody_cancels = CancellationToken::new();
        let connect = sql::connect(server, &nobody_cancels);
        again = tokio::time::timeout(Duration::from_millis(700), connect).await.ok().and_then(Result::ok);
    }
    let session = again.as_mut().unwrap_or(session);
    let mut left = Vec::new();
    for file in target.files.iter().chain(&target.mirror) {
        if sql::file_state(session, file).await.is_some_and(|state| state.exists) {
            left.push(format!("`{file}`"));
        }
    }
    let text = match (&target.sets, left.as_slice()) {
        (Some(sets), _) => format!(
            "the {} sets that were in `{}` before are untouched; an unfinished one may follow them",
            sets.len(),
            target.file()
        ),
        (None, []) => return error,
        (None, files) => format!("an unfinished file was left, no backup, and can be deleted: {}", files.join(", ")),
    };
    error.causes.push(text);
    error
}
