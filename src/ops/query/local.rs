//! Lists what is in backup files on this machine, without a server.

use std::ops::ControlFlow;
use std::path::PathBuf;

use futures_util::StreamExt;
use futures_util::stream;

use super::{BytesOfSet, FilesQuery, QueryCommand, SetOfFile, search};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::media::{self, FileSource, MediaError, MediaErrorKind, MediaFile, SetEntry, SetStatus, read_headers};
use crate::ops::{Context, Reply, Row, Source};

/// Files that are read at once: enough to keep a disk or a share busy.
const AT_ONCE: usize = 8;

/// A file's headers, and the digests of its sets where they were asked for.
type ReadFile = (MediaFile, Vec<String>);

pub(in crate::ops) async fn run(command: QueryCommand, context: &Context) -> Result<Reply> {
    context.phase(Phase::ReadingMedia);
    let count = match command {
        QueryCommand::BackupSets(query) => each_file(query, context, rows_of_sets).await?,
        QueryCommand::Labels(query) => each_file(query, context, rows_of_label).await?,
        QueryCommand::FileList(source) => file_list(source, context).await?,
        QueryCommand::Databases(_) | QueryCommand::States(_) | QueryCommand::History(_) => {
            return Err(Error::new(
                Code::Argument,
                "databases and their history are known to a server, and none was given",
            )
            .hint("make one with pgb_server_new"));
        }
    };
    Ok(Reply::Query { count })
}

/// Reads files, several at once, and hands their rows over in the order of the files.
async fn each_file(query: FilesQuery, context: &Context, rows: fn(ReadFile) -> Vec<Row>) -> Result<u64> {
    let digests = query.digest.then(|| context.clone());
    let found = stream::unfold(search(query), |mut found| async { found.recv().await.map(|next| (next, found)) });
    let mut reading = std::pin::pin!(found.map(|next| read_found(next, digests.clone())).buffered(AT_ONCE));
    let mut count = 0;
    while let Some((file, read)) = reading.next().await {
        context.check()?;
        match read {
            Ok(media) => {
                for row in rows(media) {
                    count += 1;
                    context.row(row).await;
                }
            }
            Err(error) => context.row(Row::Failed { target: file, error: Box::new(error) }).await,
        }
    }
    Ok(count)
}

async fn read_found(found: Result<PathBuf, MediaError>, digests: Option<Context>) -> (String, Result<ReadFile>) {
    match found {
        Ok(path) => read(path.display().to_string(), digests).await,
        Err(error) => (error.name.clone(), Err(of_media(&error))),
    }
}

/// Reads the headers of a file on a thread that may block; with `digests`, all of its sets.
async fn read(file: String, digests: Option<Context>) -> (String, Result<ReadFile>) {
    let path = file.clone();
    let work = tokio::task::spawn_blocking(move || {
        let source = FileSource::open(&path)?;
        let media = read_headers(&source)?;
        let digests = digests.map(|context| digests_of(&source, &media, &context));
        Ok((media, digests.transpose()?.unwrap_or_default()))
    });
    let read = match work.await {
        Ok(read) => read.map_err(|error: MediaError| of_media(&error)),
        Err(_) => Err(Error::new(
            Code::Internal,
            format!("reading `{file}` ended in a panic, which is a mistake in PGBackup"),
        )
        .hint("please report it")
        .target(&file)),
    };
    (file, read)
}

fn digests_of(source: &FileSource, media: &MediaFile, context: &Context) -> Result<Vec<String>, MediaError> {
    let cancel = context.cancelled();
    let mut go_on = |_| if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let sets = media.sets.iter().map(|set| media::digest(source, set, &mut go_on));
    sets.map(|digest| Ok(digest?.iter().map(|byte| format!("{byte:02x}")).collect())).collect()
}

/// The error of a file that cannot be read as a backup.
pub(in crate::ops) fn of_media(error: &MediaError) -> Error {
    let code = match &error.kind {
        MediaErrorKind::NotFound | MediaErrorKind::NoMatch => Code::FileNotFound,
        MediaErrorKind::Denied => Code::Permission,
        MediaErrorKind::NoSuchSet { .. } => Code::SetNotFound,
        MediaErrorKind::Foreign(_) | MediaErrorKind::Fault(_) => Code::Corrupt,
        MediaErrorKind::NotStripes(_) => Code::Chain,
        MediaErrorKind::BadPattern(_) => Code::Request,
        MediaErrorKind::Cancelled => Code::Cancelled,
        _ => Code::BackupDevice,
    };
    let mut new = Error::new(code, error.to_string()).target(&error.name);
    new.hint = error.hint().map(str::to_owned);
    new
}

fn rows_of_sets((media, digests): ReadFile) -> Vec<Row> {
    let family = media.label.family_count.zip(media.label.family_sequence_number);
    let (file, container) = (media.name.clone(), media.container);
    let mut rows: Vec<Row> = media
        .sets
        .into_iter()
        .zip(digests.into_iter().map(Some).chain(std::iter::repeat(None)))
        .map(|(entry, sha256)| {
            let facts = Some(BytesOfSet { sha256, ..bytes_of(&entry, container, family) });
            Row::Set(Box::new(SetOfFile { file: file.clone(), files: Vec::new(), set: entry.set, facts }))
        })
        .collect();
    // Faults that no set tells: the file ends in something that is no set, or grows.
    let untold = media.faults.iter().filter(|fault| {
        !rows.iter().any(|row| matches!(row, Row::Set(found) if Some(found.set.position) == fault.position))
    });
    let told: Vec<Row> = untold
        .map(|fault| {
            let error = Error::new(Code::Incomplete, format!("`{file}`: at byte {}: {}", fault.offset, fault.cause))
                .hint("the sets before it can still be used; Test-PGBackup tells more")
                .target(&file);
            Row::Failed { target: file.clone(), error: Box::new(error) }
        })
        .collect();
    rows.extend(told);
    rows
}

fn bytes_of(entry: &SetEntry, container: crate::media::Container, family: Option<(i32, i32)>) -> BytesOfSet {
    BytesOfSet {
        container,
        offset: entry.offset,
        length: entry.length,
        incomplete: match &entry.status {
            SetStatus::Complete => None,
            SetStatus::Incomplete { fault } => Some(format!("at byte {}: {}", fault.offset, fault.cause)),
        },
        can_cut_after: entry.can_cut_after,
        utc_offset_minutes: i32::from(entry.facts.time_zone_quarter_hours) * 15,
        pages: entry.facts.pages.clone(),
        file_groups: entry.file_groups.iter().map(|group| group.name.clone()).collect(),
        family,
        sha256: None,
    }
}

fn rows_of_label((media, _): ReadFile) -> Vec<Row> {
    vec![Row::Label { file: media.name, label: Box::new(media.label) }]
}

async fn file_list(source: Source, context: &Context) -> Result<u64> {
    let (file, media) = read(source.file.clone(), None).await;
    let (media, _) = media?;
    let sets = media.sets.len();
    let position = source.position.unwrap_or(1);
    let Some(entry) = media.sets.into_iter().find(|entry| entry.set.position == position) else {
        let error = MediaError { name: file, kind: MediaErrorKind::NoSuchSet { position, count: sets } };
        return Err(of_media(&error));
    };
    let count = entry.files.len() as u64;
    for file in entry.files {
        context.row(Row::File(Box::new(file))).await;
    }
    Ok(count)
}
