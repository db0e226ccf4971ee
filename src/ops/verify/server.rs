//! Has the server check backup sets.

use super::{Verdict, VerifyCommand, VerifyRow};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::model::BackupSet;
use crate::ops::telling::Telling;
use crate::ops::{Context, Reply, Row, Source, check};
use crate::sql::{self, Options, Session, Statement, Verify};

pub(in crate::ops) async fn run(server: &Options, command: VerifyCommand, context: &Context) -> Result<Reply> {
    let (mut session, facts) = check::connect(server, context).await?;
    if command.quick {
        return Err(Error::new(Code::Request, "the server has no quick check")
            .hint("leave `quick` out, or let this machine check the file: without a server"));
    }
    let style = check::path_style(&facts);
    let mut count = 0;
    for source in &command.sources {
        let sets = match check::path(style, &source.file) {
            Ok(()) => chosen(&mut session, source, context).await,
            Err(error) => Err(error),
        };
        match sets {
            Ok(sets) => {
                for set in sets {
                    context.check()?;
                    let row = one(&mut session, std::slice::from_ref(&source.file), set, context).await?;
                    context.row(Row::Verdict(Box::new(row))).await;
                    count += 1;
                }
            }
            Err(error) if is_of_the_file(&error) => {
                context.row(Row::Failed { target: source.file.clone(), error: Box::new(error) }).await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Reply::Verify { count })
}

/// Whether other files may still go well.
pub(in crate::ops) fn is_of_the_file(error: &Error) -> bool {
    !matches!(error.code, Code::Cancelled | Code::ConnectionLost | Code::Timeout | Code::Connect)
}

async fn chosen(session: &mut Session, source: &Source, context: &Context) -> Result<Vec<BackupSet>> {
    context.phase(Phase::ReadingMedia);
    let sets = sql::headers(session, &source.file, &context.cancelled()).await?;
    if source.position.is_none() && source.backup_set_guid.is_none() {
        return Ok(sets);
    }
    pick(sets, source).map(|set| vec![set])
}

/// The set that a source names.
pub(in crate::ops) fn pick(sets: Vec<BackupSet>, source: &Source) -> Result<BackupSet> {
    let positions: Vec<String> = sets.iter().map(|set| set.position.to_string()).collect();
    let there = match positions.as_slice() {
        [] => "the file holds no backup set".to_owned(),
        [one] => format!("the file holds one set, at position {one}"),
        [first, .., last] => format!("the file holds sets at positions {first} to {last}"),
    };
    let asked = match (source.position, source.backup_set_guid) {
        (Some(position), _) => format!("no backup set at position {position}"),
        (None, Some(guid)) => format!("no backup set {guid}"),
        (None, None) => "no backup set".to_owned(),
    };
    let found = sets.into_iter().find(|set| match (source.position, source.backup_set_guid) {
        (Some(position), _) => set.position == position,
        (None, Some(guid)) => set.backup_set_guid == Some(guid),
        (None, None) => false,
    });
    let Some(set) = found else {
        return Err(Error::new(Code::SetNotFound, format!("`{}` has {asked}", source.file))
            .hint(format!("{there}; list them with Get-PGBackup"))
            .target(&source.file));
    };
    if source.backup_set_guid.is_some_and(|guid| set.backup_set_guid != Some(guid)) {
        return Err(Error::new(
            Code::SetNotFound,
            format!(
                "`{}` was changed: the set at position {} is another one than was listed",
                source.file, set.position
            ),
        )
        .hint("list the file again with Get-PGBackup and choose anew")
        .target(&source.file));
    }
    Ok(set)
}

/// Checks one set; a finding is the row's verdict, not an error.
pub(in crate::ops) async fn one(
    session: &mut Session,
    files: &[String],
    set: BackupSet,
    context: &Context,
) -> Result<VerifyRow> {
    let file = files.first().map_or("", String::as_str);
    context.phase(Phase::Verifying);
    if let Some(bytes) = set.compressed_backup_size.or(set.backup_size) {
        context.total(bytes);
    }
    let checksums = set.has_backup_checksums == Some(true);
    let sql = Verify { files, position: set.position, checksum: checksums }.to_sql();
    let doing = format!("verify set {} of `{file}`", set.position);
    let telling = Telling::default();
    let statement = Statement { sql: &sql, doing: &doing, target: file };
    let (verdict, messages) =
        match session.run(&statement, telling.listener(context, 0.0, 100.0), &context.cancelled()).await {
            Ok(_) if set.is_damaged == Some(true) => (Verdict::Damaged, telling.messages()),
            Ok(_) if checksums => (Verdict::Sound, telling.messages()),
            Ok(_) => (Verdict::Unprotected, telling.messages()),
            Err(error) if error.code == Code::Corrupt => (Verdict::Damaged, error.server),
            Err(error) if error.code == Code::Incomplete => (Verdict::Incomplete, error.server),
            Err(error) => return Err(error),
        };
    Ok(VerifyRow { file: file.to_owned(), set: Some(set), verdict, messages, report: None, stripe: None })
}
