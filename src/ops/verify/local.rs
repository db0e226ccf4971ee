//! Checks backup files on this machine, without a server.

use std::ops::ControlFlow;

use super::{Findings, Verdict, VerifyCommand, VerifyRow};
use crate::error::{Code, Error, Result};
use crate::job::Phase;
use crate::media::{self, FileSource, VerifyOptions, VerifyReport, verify};
use crate::ops::query::of_media;
use crate::ops::{Context, Reply, Row, Source};

pub(in crate::ops) async fn run(command: VerifyCommand, context: &Context) -> Result<Reply> {
    context.phase(Phase::Verifying);
    let sizes: Vec<u64> = command
        .sources
        .iter()
        .map(|source| std::fs::metadata(&source.file).map_or(0, |metadata| metadata.len()))
        .collect();
    let total = sizes.iter().sum();
    let mut done = 0;
    let mut count = 0;
    for (source, size) in command.sources.into_iter().zip(sizes) {
        context.check()?;
        let file = source.file.clone();
        match check(source, command.quick, context.clone(), done, total).await {
            Ok(report) => {
                for row in rows(&file, report) {
                    count += 1;
                    context.row(row).await;
                }
            }
            Err(error) if error.code == Code::Cancelled => return Err(error),
            Err(error) => context.row(Row::Failed { target: file, error: Box::new(error) }).await,
        }
        done += size;
    }
    Ok(Reply::Verify { count })
}

/// Checks a file on a thread that may block.
async fn check(source: Source, quick: bool, context: Context, before: u64, total: u64) -> Result<VerifyReport> {
    let name = source.file.clone();
    let work = tokio::task::spawn_blocking(move || {
        let file = FileSource::open(&source.file).map_err(|error| of_media(&error))?;
        let mut position = source.position;
        if let (Some(guid), None) = (source.backup_set_guid, position) {
            let headers = media::read_headers(&file).map_err(|error| of_media(&error))?;
            let found = headers.sets.iter().find(|entry| entry.set.backup_set_guid == Some(guid));
            position = Some(found.map(|entry| entry.set.position).ok_or_else(|| {
                Error::new(Code::SetNotFound, format!("`{}` has no backup set {guid}", source.file))
                    .hint("list its sets with Get-PGBackup")
                    .target(&source.file)
            })?);
        }
        let cancel = context.cancelled();
        let mut progress = |progress: media::Progress| {
            context.bytes(before + progress.bytes_done, total.max(1));
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        verify(&file, &VerifyOptions { position, quick, ..VerifyOptions::default() }, &mut progress)
            .map_err(|error| of_media(&error))
    });
    work.await.unwrap_or_else(|_| {
        Err(Error::new(Code::Internal, format!("checking `{name}` ended in a panic, which is a mistake in PGBackup"))
            .hint("please report it")
            .target(&name))
    })
}

fn rows(file: &str, report: VerifyReport) -> Vec<Row> {
    let mut rows = Vec::new();
    let outside = report.verdict();
    for set in report.sets {
        let header = report.media.sets.iter().find(|entry| entry.set.position == set.position);
        rows.push(Row::Verdict(Box::new(VerifyRow {
            file: file.to_owned(),
            set: header.map(|entry| entry.set.clone()),
            verdict: verdict(set.verdict),
            messages: Vec::new(),
            report: Some(Findings::Set(Box::new(set))),
        })));
    }
    if !report.findings.is_empty() || rows.is_empty() {
        rows.push(Row::Verdict(Box::new(VerifyRow {
            file: file.to_owned(),
            set: None,
            verdict: verdict(outside),
            messages: Vec::new(),
            report: Some(Findings::File(report.findings)),
        })));
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
