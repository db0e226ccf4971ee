//! Reads folders: files are found on one thread, several are read at once, and those that nobody
//! verified yet are verified one after the other.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use futures_util::stream;
use sha2::{Digest, Sha256};

use super::proofs::KnownProofs;
use super::{Found, FoundFile, OWN, is_open_elsewhere, pins_of};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::media::{
    self, Cause, FileSource, MediaError, MediaErrorKind, MediaFile, SetStatus, Source, VerifyOptions, read_headers,
};
use crate::ops::Context;
use crate::ops::query::{FilesQuery, of_media, search};
use crate::policy::chain::{ChainSet, Soundness};
use crate::policy::retention::FileFact;
use crate::wire::kept::{FileMark, SetProof};

/// Files that are read at once: enough to keep a disk or a share busy.
const AT_ONCE: usize = 8;

/// Bytes at each end of a file that its mark holds.
const END_BYTES: usize = 4096;

/// A file without an end that changed so lately is taken for one that is being written.
const WRITING: Duration = Duration::from_secs(300);

/// What was read of one file.
struct ReadFile {
    path: PathBuf,
    mark: Option<FileMark>,
    media: Result<MediaFile, MediaError>,
    locked: bool,
}

/// Reads all files of the folders, of all folders below them, and files that are named themselves.
/// With `verify`, files that nobody verified are read to their end and the outcome is remembered.
///
/// # Errors
/// A folder is not there, or the job was cancelled. What else cannot be read is in the answer.
pub(in crate::ops) async fn read(paths: &[String], verify: bool, context: &Context) -> Result<Found> {
    context.phase(Phase::ReadingMedia);
    let mut found = Found::default();
    for path in paths {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
        found.roots.push(absolute);
    }
    let targets: Vec<String> = found.roots.iter().map(|root| root.display().to_string()).collect();
    let query = FilesQuery { files: targets.clone(), recurse: true, allow_none: true, digest: false };
    let files = stream::unfold(search(query), |mut files| async { files.recv().await.map(|next| (next, files)) });
    let files = files.filter(|next| std::future::ready(!is_own(next)));
    let mut reading = std::pin::pin!(files.map(read_one).buffered(AT_ONCE));
    let mut read = Vec::new();
    while let Some(next) = reading.next().await {
        context.check()?;
        match next {
            Ok(file) => read.push(file),
            Err(error) if targets.contains(&error.name) => return Err(of_media(&error)),
            Err(error) => found.unread.push(error.to_string()),
        }
    }
    read.sort_by(|one, two| one.path.cmp(&two.path));
    // A file that two of the paths lead to is one file.
    read.dedup_by(|one, two| one.path == two.path);

    let mut proofs = KnownProofs::default();
    let known = soundness(&read, verify, &mut proofs, context).await;
    for folder in proofs.save() {
        let text = format!("what was verified could not be remembered in `{}`", folder.display());
        context.say(Level::Warning, text);
    }
    let known = known?;
    for file in read {
        add(&mut found, file, &known);
    }
    pin(&mut found);
    found.hold_for_restores();
    Ok(found)
}

/// Time of the last change, in nanoseconds since 1970.
pub(in crate::ops) fn modified_ns(metadata: &std::fs::Metadata) -> i64 {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

/// What tells a file from what it was.
pub(in crate::ops) fn mark_of(path: &Path) -> std::io::Result<FileMark> {
    let metadata = std::fs::metadata(path)?;
    let source = FileSource::open(path).map_err(|error| std::io::Error::other(error.to_string()))?;
    let size = metadata.len();
    let mut sha = Sha256::new();
    let mut buffer = vec![0; END_BYTES];
    for offset in [0, size.saturating_sub(END_BYTES as u64)] {
        let mut filled = 0;
        while filled < buffer.len() {
            match source.read_at(offset + filled as u64, &mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        sha.update(&buffer[..filled]);
    }
    let ends = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileMark { size, modified_ns: modified_ns(&metadata), ends })
}

/// Files of ours, and everything that was moved aside.
fn is_own(next: &Result<PathBuf, MediaError>) -> bool {
    let path = match next {
        Ok(path) => path.as_path(),
        Err(error) => Path::new(&error.name),
    };
    path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(OWN))
}

async fn read_one(next: Result<PathBuf, MediaError>) -> Result<ReadFile, MediaError> {
    let path = next?;
    let name = path.display().to_string();
    let work = tokio::task::spawn_blocking(move || {
        let mark = mark_of(&path).ok();
        let media = FileSource::open(&path).and_then(|source| read_headers(&source));
        // On Windows to ask would disturb a backup that begins at this moment.
        let locked = cfg!(unix) && is_open_elsewhere(&path);
        ReadFile { path, mark, media, locked }
    });
    let panicked = |_| {
        let text = "reading it ended in a panic, which is a mistake in PGBackup".to_owned();
        MediaError { name, kind: MediaErrorKind::Io { kind: std::io::ErrorKind::Other, text } }
    };
    work.await.map_err(panicked)
}

/// What is known of each set: by file and position.
type Known = HashMap<(PathBuf, u16), Soundness>;

async fn soundness(read: &[ReadFile], verify: bool, proofs: &mut KnownProofs, context: &Context) -> Result<Known> {
    let mut known = Known::new();
    let mut todo = Vec::new();
    for file in read {
        let (Some(mark), Ok(media)) = (&file.mark, &file.media) else { continue };
        let guids: Vec<_> = media.sets.iter().map(|entry| (entry.set.position, entry.set.backup_set_guid)).collect();
        let proof = proofs
            .of(&file.path, mark)
            .filter(|sets| sets.iter().map(|set| (set.position, set.backup_set_guid)).collect::<Vec<_>>() == guids);
        match proof {
            Some(sets) => add_proof(&mut known, &file.path, sets),
            None if verify && !media.sets.is_empty() => todo.push((file, mark)),
            None => {}
        }
    }
    if !todo.is_empty() {
        context.phase(Phase::Verifying);
    }
    let total: u64 = todo.iter().map(|(_, mark)| mark.size).sum();
    let mut before = 0;
    for (file, mark) in todo {
        context.check()?;
        let sets = verified(file.path.clone(), before, total, context.clone()).await?;
        before += mark.size;
        // A file that changed meanwhile was not verified as it is now.
        if let Some(sets) = sets.filter(|_| mark_of(&file.path).is_ok_and(|now| now == *mark)) {
            add_proof(&mut known, &file.path, &sets);
            proofs.add(&file.path, mark.clone(), sets);
        }
    }
    Ok(known)
}

fn add_proof(known: &mut Known, path: &Path, sets: &[SetProof]) {
    for set in sets {
        let soundness = if set.sound { Soundness::Verified } else { Soundness::Damaged };
        known.insert((path.to_owned(), set.position), soundness);
    }
}

/// Verifies a file; `None` if that could not be done.
async fn verified(path: PathBuf, before: u64, total: u64, context: Context) -> Result<Option<Vec<SetProof>>> {
    let work = tokio::task::spawn_blocking(move || {
        let cancel = context.cancelled();
        let mut progress = |progress: media::Progress| {
            context.bytes(before + progress.bytes_done, total);
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = VerifyOptions { max_findings: 1, ..VerifyOptions::default() };
        let source = FileSource::open(&path)?;
        let report = media::verify(&source, &options, &mut progress)?;
        let proof = |set: &media::SetReport| SetProof {
            position: set.position,
            backup_set_guid: report
                .media
                .sets
                .iter()
                .find(|entry| entry.set.position == set.position)
                .and_then(|entry| entry.set.backup_set_guid),
            sound: set.verdict == media::Verdict::Sound,
        };
        Ok::<_, MediaError>(report.sets.iter().map(proof).collect())
    });
    match work.await {
        Ok(Ok(sets)) => Ok(Some(sets)),
        Ok(Err(error)) if error.kind == MediaErrorKind::Cancelled => Err(of_media(&error)),
        // It stays unverified, which never counts as proof.
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

fn add(found: &mut Found, file: ReadFile, known: &Known) {
    let name = file.path.display().to_string();
    let metadata = std::fs::metadata(&file.path).ok();
    let mut fact = FileFact {
        file: name.clone(),
        size: file.mark.as_ref().map_or(0, |mark| mark.size),
        locked: file.locked,
        ..FileFact::default()
    };
    let modified_ns = file.mark.as_ref().map_or(0, |mark| mark.modified_ns);
    let lately = metadata
        .as_ref()
        .and_then(|data| data.modified().ok())
        .is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age < WRITING));
    if file.path.to_str().is_none() {
        found.unread.push(format!("{name}: its name is not Unicode"));
    }
    let mut sets = Vec::new();
    let (mut error, mut database) = (None, String::new());
    match file.media {
        Ok(media) => {
            let number = |n: Option<i32>| n.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(1);
            let positions: BTreeSet<u16> = media.sets.iter().map(|entry| entry.set.position).collect();
            let torn = media.sets.iter().any(|entry| entry.status != SetStatus::Complete);
            let untold = media.faults.iter().find(|fault| fault.position.is_none_or(|at| !positions.contains(&at)));
            let growing = media.faults.iter().any(|fault| matches!(fault.cause, Cause::Growing { .. }));
            if growing || lately && (torn || untold.is_some()) {
                found.unread.push(format!("{name}: it is being written"));
            }
            fact.unclear = untold.map(|fault| format!("at byte {}: {}", fault.offset, fault.cause));
            for entry in media.sets {
                if database.is_empty() {
                    database.clone_from(&entry.set.database_name);
                }
                sets.push((entry.set.position, entry.set.backup_set_guid));
                let soundness = match entry.status {
                    SetStatus::Incomplete { .. } => Soundness::Incomplete,
                    SetStatus::Complete if entry.set.is_damaged == Some(true) => Soundness::Damaged,
                    SetStatus::Complete => {
                        let known = known.get(&(file.path.clone(), entry.set.position));
                        known.copied().unwrap_or(Soundness::Unchecked)
                    }
                };
                let mut set = entry.set;
                set.time_zone = set.time_zone.or(Some(i16::from(entry.facts.time_zone_quarter_hours)));
                found.sets.push(ChainSet {
                    media_set_id: media.label.media_set_id,
                    family_count: number(media.label.family_count),
                    family: number(media.label.family_sequence_number),
                    soundness,
                    ..ChainSet::new(set, &name)
                });
            }
        }
        Err(why) => {
            let new = of_media(&why);
            match &why.kind {
                MediaErrorKind::Foreign(_) => {}
                MediaErrorKind::Fault(fault) if !matches!(fault.cause, Cause::Io { .. }) && !lately => {
                    fact.unclear = Some(why.kind.to_string());
                }
                // Nobody knows what is in it, nor what that needs.
                _ => {
                    fact.locked |= why.kind == MediaErrorKind::InUse;
                    found.unread.push(format!("{name}: {}", why.kind));
                }
            }
            error = Some(new);
        }
    }
    found.files.push(FoundFile { fact, modified_ns, sets, database, error });
}

/// Marks what is pinned. A pin holds for its set in every folder that was read.
fn pin(found: &mut Found) {
    let mut folders = found.folders();
    folders.extend(found.roots.iter().cloned());
    let mut pins = HashMap::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        match pins_of(folder) {
            Ok(known) => pins.extend(known.pins.into_iter().map(|pin| (pin.backup_set_guid, pin.reason))),
            Err(error) => found.unread.push(error.message),
        }
    }
    for file in &mut found.files {
        let pinned = file.sets.iter().find_map(|(_, guid)| pins.get(guid.as_ref()?));
        file.fact.pinned = pinned.cloned();
    }
}

/// An error for a job that works on files of this machine.
pub(in crate::ops) fn needs_no_server() -> Error {
    Error::new(Code::Argument, "this works on files of this machine, and a server was given")
        .hint("give no server; if only the server sees the folder, run PGBackup on the server's machine or on a share")
}
