//! Lists what the server tells: databases, and what is in backup files as it sees them.

use tokio::sync::mpsc;

use super::{FilesQuery, QueryCommand, SetOfFile};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::model::BackupSet;
use crate::ops::verify::{is_of_the_file, pick};
use crate::ops::{Context, Reply, Row, check};
use crate::sql::{self, HistoryFilter, Options, Record, Session, ToldSet};

pub(in crate::ops) async fn run(server: &Options, command: QueryCommand, context: &Context) -> Result<Reply> {
    if let QueryCommand::BackupSets(query) | QueryCommand::Labels(query) = &command
        && (query.recurse || query.allow_none || query.digest)
    {
        return Err(Error::new(Code::Request, "the server looks into files by name only, not into folders").hint(
            "leave `recurse`, `allow_none` and `digest` out, or let this machine read the files: without a server",
        ));
    }
    if let QueryCommand::States(query) = &command {
        return super::state::run(server, query, context).await;
    }
    let (mut session, facts) = check::connect(server, context).await?;
    let style = check::path_style(&facts);
    let mut count = 0;
    match command {
        QueryCommand::BackupSets(FilesQuery { files, .. }) => {
            for file in files {
                let told = match check::path(style, &file) {
                    Ok(()) => sets_of(&mut session, &file, &mut count, context).await,
                    Err(error) => Err(error),
                };
                or_why_not(context, file, told).await?;
            }
        }
        QueryCommand::Labels(FilesQuery { files, .. }) => {
            for file in files {
                let told = match check::path(style, &file) {
                    Ok(()) => labels_of(&mut session, &file, &mut count, context).await,
                    Err(error) => Err(error),
                };
                or_why_not(context, file, told).await?;
            }
        }
        QueryCommand::FileList(source) => {
            check::path(style, &source.file)?;
            context.phase(Phase::ReadingMedia);
            let cancel = context.cancelled();
            let position = if source.position.is_some() || source.backup_set_guid.is_some() {
                let sets = sql::headers(&mut session, &source.file, &cancel).await?;
                pick(sets, &source)?.position
            } else {
                1
            };
            let files = sql::file_list(&mut session, &source.file, position, &cancel).await?;
            count += files.len() as u64;
            for file in files {
                context.row(Row::File(Box::new(file))).await;
            }
        }
        QueryCommand::History(filter) => {
            context.phase(Phase::ReadingHistory);
            count += history(&mut session, &filter, context).await?;
        }
        QueryCommand::States(_) => {}
        QueryCommand::Databases(names) => {
            context.phase(Phase::ReadingHistory);
            count += databases(&mut session, &names, &facts.name, context).await?;
        }
    }
    Ok(Reply::Query { count })
}

/// Hands over the sets of a file as the server tells them, and counts them.
async fn sets_of(session: &mut Session, file: &str, count: &mut u64, context: &Context) -> Result<()> {
    context.phase(Phase::ReadingMedia);
    let cancel = context.cancelled();
    let (sender, mut told) = mpsc::channel::<Vec<Record>>(1);
    let telling = async {
        while let Some(rows) = told.recv().await {
            for set in rows.into_iter().filter_map(ToldSet::of) {
                *count += 1;
                context.row(Row::ToldSet { file: file.to_owned(), set }).await;
            }
        }
    };
    tokio::join!(sql::each_header(session, file, &cancel, sender), telling).0
}

async fn labels_of(session: &mut Session, file: &str, count: &mut u64, context: &Context) -> Result<()> {
    context.phase(Phase::ReadingMedia);
    for label in sql::labels(session, file, &context.cancelled()).await? {
        *count += 1;
        context.row(Row::Label { file: file.to_owned(), label: Box::new(label) }).await;
    }
    Ok(())
}

/// Hands over why a file has no rows, or no more of them: one bad file does not stop the others.
async fn or_why_not(context: &Context, file: String, told: Result<()>) -> Result<()> {
    context.check()?;
    match told {
        Err(error) if is_of_the_file(&error) => {
            context.row(Row::Failed { target: file, error: Box::new(error) }).await;
            Ok(())
        }
        told => told,
    }
}

async fn history(session: &mut Session, filter: &HistoryFilter, context: &Context) -> Result<u64> {
    let (sender, mut backups) = mpsc::channel::<(BackupSet, Vec<String>)>(1);
    let telling = async move {
        let mut count = 0;
        while let Some((set, files)) = backups.recv().await {
            context.check()?;
            count += 1;
            let file: String = files.first().cloned().unwrap_or_default();
            context.row(Row::Set(Box::new(SetOfFile { file, files, set, facts: None }))).await;
        }
        Ok(count)
    };
    let (asked, told) = tokio::join!(sql::history(session, filter, sender), telling);
    asked.and(told)
}

async fn databases(session: &mut Session, names: &[String], server: &str, context: &Context) -> Result<u64> {
    let mut count = 0;
    if names.is_empty() {
        for database in sql::databases(session).await? {
            context.row(Row::Database(Box::new(database))).await;
            count += 1;
        }
        return Ok(count);
    }
    for name in names {
        let row = match sql::database(session, name).await? {
            Some(database) => {
                count += 1;
                Row::Database(Box::new(database))
            }
            None => Row::Failed {
                target: name.clone(),
                error: Box::new(
                    Error::new(Code::DatabaseNotFound, format!("there is no database `{name}` on `{server}`"))
                        .hint("a login sees only the databases it may see")
                        .target(name),
                ),
            },
        };
        context.row(row).await;
    }
    Ok(count)
}
