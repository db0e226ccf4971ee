//! Checks backup files on this machine, without a server. Stripes of one media set are checked
//! together and held against each other.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::{Findings, Stripe, Verdict, VerifyCommand, VerifyRow};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::media::{
    self, Cause, FileSource, Finding, FindingKind, MediaFile, StripesReport, VerifyOptions, VerifyReport,
};
use crate::model::{BackupSet, Guid};
use crate::ops::query::{FilesQuery, of_media, search};
use crate::ops::{Context, Reply, Row, Source, folder};
use crate::wire::kept::{FileMark, SetProof};

/// A file to check, and which of its sets.
struct Wanted {
    source: Source,
    size: u64,
    /// Of a stripe: its media set.
    media_set: Option<Guid>,
}

pub(in crate::ops) async fn run(command: VerifyCommand, context: &Context) -> Result<Reply> {
    context.phase(Phase::ReadingMedia);
    let groups = groups(command.sources, context).await?;
    context.phase(Phase::Verifying);
    let total = groups.iter().flatten().map(|wanted| wanted.size).sum();
    let (mut done, mut count) = (0, 0);
    for group in groups {
        context.check()?;
        let size: u64 = group.iter().map(|wanted| wanted.size).sum();
        let name = group.first().map(|wanted| wanted.source.file.clone()).unwrap_or_default();
        match check(group, command.quick, context.clone(), done, total).await {
            Ok(rows) => {
                for row in rows {
                    count += 1;
                    context.row(Row::Verdict(Box::new(row))).await;
                }
            }
            Err(error) if error.code == Code::Cancelled => return Err(error),
            Err(error) => context.row(Row::Failed { target: name, error: Box::new(error) }).await,
        }
        done += size;
    }
    Ok(Reply::Verify { count })
}

/// The files that the sources name, stripes of one media set together. Files that cannot be opened
/// are told at once.
async fn groups(sources: Vec<Source>, context: &Context) -> Result<Vec<Vec<Wanted>>> {
    let mut groups: Vec<Vec<Wanted>> = Vec::new();
    for source in sources {
        let files = vec![source.file.clone()];
        let files = FilesQuery { files, recurse: false, allow_none: false, digest: false };
        let mut found = search(files);
        while let Some(next) = found.recv().await {
            context.check()?;
            let wanted = match next {
                Ok(path) => look(Source { file: path.display().to_string(), ..source.clone() }).await,
                Err(error) => Err(of_media(&error)),
            };
            match wanted {
                Ok(wanted) => {
                    let together = groups.iter_mut().find(|group| {
                        wanted.media_set.is_some() && group.iter().any(|other| other.media_set == wanted.media_set)
                    });
                    match together {
                        Some(group) => group.push(wanted),
                        None => groups.push(vec![wanted]),
                    }
                }
                Err(error) => {
                    let target = error.target.clone().unwrap_or_else(|| source.file.clone());
                    context.row(Row::Failed { target, error: Box::new(error) }).await;
                }
            }
        }
    }
    Ok(groups)
}

/// Looks at a file's label, and finds the position of a set that is named by its GUID.
async fn look(mut source: Source) -> Result<Wanted> {
    blocking(source.file.clone(), move || {
        let file = FileSource::open(&source.file).map_err(|error| of_media(&error))?;
        let media = media::read_headers(&file).map_err(|error| of_media(&error))?;
        if let (Some(guid), None) = (source.backup_set_guid, source.position) {
            source.position = Some(position_of(&media, guid)?);
        }
        let striped = media.label.family_count.is_some_and(|count| count > 1);
        Ok(Wanted { source, size: media.size, media_set: media.label.media_set_id.filter(|_| striped) })
    })
    .await
}

fn position_of(media: &MediaFile, guid: Guid) -> Result<u16> {
    let found = media.sets.iter().find(|entry| entry.set.backup_set_guid == Some(guid));
    found.map(|entry| entry.set.position).ok_or_else(|| {
        Error::new(Code::SetNotFound, format!("`{}` has no backup set {guid}", media.name))
            .hint("list its sets with Get-PGBackup")
            .target(&media.name)
    })
}

/// Checks one file, or the stripes of one media set.
async fn check(group: Vec<Wanted>, quick: bool, context: Context, before: u64, total: u64) -> Result<Vec<VerifyRow>> {
    let name = group.first().map(|wanted| wanted.source.file.clone()).unwrap_or_default();
    blocking(name, move || {
        let cancel = context.cancelled();
        let mut progress = |progress: media::Progress| {
            context.bytes(before + progress.bytes_done, total);
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let position = group.iter().find_map(|wanted| wanted.source.position);
        let paths = group.iter().map(|wanted| PathBuf::from(&wanted.source.file));
        let marks: Vec<_> = paths.map(|path| (folder::mark_of(&path).ok(), path)).collect();
        let options = VerifyOptions { position, quick, ..VerifyOptions::default() };
        let open = |wanted: &Wanted| FileSource::open(&wanted.source.file).map_err(|error| of_media(&error));
        let files = group.iter().map(open).collect::<Result<Vec<_>>>()?;
        if group.iter().any(|wanted| wanted.media_set.is_some()) {
            let sources: Vec<&dyn media::Source> = files.iter().map(|file| file as &dyn media::Source).collect();
            let report = media::verify_stripes(&sources, &options, &mut progress).map_err(|error| of_media(&error))?;
            let rows = striped_rows(report);
            if !quick && position.is_none() {
                remember(marks, &rows, &context);
            }
            return Ok(rows);
        }
        let mut rows = Vec::new();
        for file in &files {
            let report = media::verify(file, &options, &mut progress).map_err(|error| of_media(&error))?;
            rows.extend(rows_of(report));
        }
        if !quick && position.is_none() {
            remember(marks, &rows, &context);
        }
        Ok(rows)
    })
    .await
}

/// Checks a set by its files on this machine. `None`: they are not here, as this machine sees no file of
/// that name or another one than the server, or they hold what only a server can judge.
pub(in crate::ops) async fn here(files: &[String], set: &BackupSet, context: &Context) -> Result<Option<VerifyRow>> {
    let mut group = Vec::new();
    for file in files {
        // By its GUID: a file of the same name is not yet the same file.
        let source = Source { file: file.clone(), position: None, backup_set_guid: set.backup_set_guid };
        if !Path::new(file).is_absolute() {
            return Ok(None);
        }
        match look(source).await {
            Ok(wanted) if wanted.source.position == Some(set.position) => group.push(wanted),
            _ => return Ok(None),
        }
    }
    let total = group.iter().map(|wanted| wanted.size).sum();
    match check(group, false, context.clone(), 0, total).await {
        Ok(rows) => {
            let of_set = |row: &VerifyRow| row.set.as_ref().is_some_and(|found| found.position == set.position);
            Ok(rows.into_iter().find(of_set).filter(is_judged))
        }
        Err(error) if error.code == Code::Cancelled => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether nothing in the set was beyond this reader: a kind that it does not know, a disk that failed it.
fn is_judged(row: &VerifyRow) -> bool {
    let beyond = |finding: &Finding| match &finding.kind {
        FindingKind::Structure(fault) | FindingKind::Record(fault) | FindingKind::PageUnreadable(fault) => {
            matches!(fault.cause, Cause::Unsupported { .. } | Cause::Io { .. } | Cause::Growing { .. })
        }
        _ => false,
    };
    !row.findings().any(beyond)
}

/// Remembers what was found in whole files, beside them: a removal rests on what was verified.
fn remember(marks: Vec<(Option<FileMark>, PathBuf)>, rows: &[VerifyRow], context: &Context) {
    let proof = |row: &VerifyRow| {
        let set = row.set.as_ref()?;
        Some(SetProof {
            position: set.position,
            backup_set_guid: set.backup_set_guid,
            sound: row.verdict == Verdict::Sound,
        })
    };
    let of_file = |path: &PathBuf| {
        let name = path.display().to_string();
        rows.iter().filter(|row| row.file == name).filter_map(proof).collect()
    };
    let files = marks.into_iter().filter_map(|(mark, path)| {
        let sets: Vec<SetProof> = of_file(&path);
        Some((path, mark?, sets))
    });
    for folder in folder::remember(files.filter(|(_, _, sets)| !sets.is_empty()).collect()) {
        let text = format!("what was verified could not be remembered in `{}`", folder.display());
        context.say(Level::Debug, text);
    }
}

/// Runs work on a thread that may block.
async fn blocking<T: Send + 'static>(name: String, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Error::new(Code::Internal, format!("checking `{name}` ended in a panic, which is a mistake in PGBackup"))
            .hint("please report it")
            .target(&name))
    })
}

fn rows_of(report: VerifyReport) -> Vec<VerifyRow> {
    let outside = report.verdict();
    let file = report.media.name.clone();
    let mut rows: Vec<VerifyRow> = report
        .sets
        .into_iter()
        .map(|set| VerifyRow {
            file: file.clone(),
            set: report
                .media
                .sets
                .iter()
                .find(|entry| entry.set.position == set.position)
                .map(|entry| entry.set.clone()),
            verdict: verdict(set.verdict),
            messages: Vec::new(),
            report: Some(Findings::Set(Box::new(set))),
            stripe: None,
        })
        .collect();
    if !report.findings.is_empty() || rows.is_empty() {
        rows.push(VerifyRow {
            file,
            set: None,
            verdict: verdict(outside),
            messages: Vec::new(),
            report: Some(Findings::File(report.findings)),
            stripe: None,
        });
    }
    rows
}

/// The rows of each family; a set is no better than it is over all of them.
fn striped_rows(report: StripesReport) -> Vec<VerifyRow> {
    let StripesReport { family_count, missing, families, sets } = report;
    let mut rows = Vec::new();
    for family in families {
        let number = family.media.label.family_sequence_number.and_then(|number| u32::try_from(number).ok());
        for mut row in rows_of(family) {
            let whole = row.set.as_ref().and_then(|set| sets.iter().find(|whole| whole.position == set.position));
            if let Some(whole) = whole {
                row.verdict = verdict(whole.verdict);
            }
            row.stripe = Some(Stripe {
                family: number.unwrap_or(1),
                family_count,
                missing: missing.clone(),
                findings: whole.map(|whole| whole.findings.clone()).unwrap_or_default(),
            });
            rows.push(row);
        }
    }
    rows
}

fn verdict(verdict: media::Verdict) -> Verdict {
    match verdict {
        media::Verdict::Sound => Verdict::Sound,
        media::Verdict::Incomplete => Verdict::Incomplete,
        media::Verdict::Damaged => Verdict::Damaged,
    }
}
