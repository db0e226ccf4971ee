//! Media that the sandbox's server writes, against what that server itself reads in them.

use std::ops::ControlFlow;
use std::path::PathBuf;

use pgbackup::media::{
    FileSource, Source, StripesReport, Verdict, VerifyOptions, VerifyReport, read_headers, verify, verify_stripes,
};
use pgbackup_sandbox::engine::{
    BackupKind, BackupSpec, Engine, EngineOptions, ResultSet, ServerMessage, Value, Version,
};
use serde_json::Value as Json;

use crate::columns::{file, header, label};

const DATABASE: &str = "PayamGostar2";

/// A server with a database of some rows, and the folder it lives in.
struct Server {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Server {
    fn new(options: EngineOptions) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = Engine::open(folder.path(), options).expect("a server");
        engine.create_subdir(r"D:\Backup").expect("a folder");
        engine.seed_payamgostar(300).expect("a database");
        Server { engine, _folder: folder }
    }

    fn backup(&self, spec: BackupSpec) {
        let mut messages: Vec<ServerMessage> = Vec::new();
        self.engine.backup(&spec, &mut messages).expect("a backup");
    }

    fn path(&self, device: &str) -> PathBuf {
        self.engine.host_path(device).expect("a path")
    }

    fn open(&self, device: &str) -> FileSource {
        FileSource::open(self.path(device)).expect("a file")
    }
}

fn spec(kind: BackupKind, device: &str) -> BackupSpec {
    BackupSpec::new(kind, DATABASE, device)
}

fn verified(source: &dyn Source) -> VerifyReport {
    verify(source, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())).expect("a medium")
}

fn assert_sound(report: &VerifyReport) {
    for set in &report.sets {
        assert!(set.findings.is_empty(), "set {}: {:?}", set.position, set.findings);
    }
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.verdict(), Verdict::Sound);
}

/// A value of the server as text.
fn of_server(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bit(bit) => u8::from(*bit).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal { unscaled, .. } => unscaled.to_string(),
        Value::DateTime(time) => time.format("%Y-%m-%dT%H:%M:%S").to_string(),
        Value::Guid(guid) => guid.to_string(),
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// A value of the library as text.
fn of_library(value: &Json) -> String {
    match value {
        Json::Bool(bit) => u8::from(*bit).to_string(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every column that the library knows must be what the server reads.
fn same(place: &str, ours: &Json, theirs: &ResultSet, row: usize) -> usize {
    let mut compared = 0;
    for (column, value) in theirs.columns.iter().zip(&theirs.rows[row]) {
        let Some(ours) = ours.get(&column.name) else { continue };
        // Of log backups its place is not established.
        if column.name == "FirstRecoveryForkID" && ours.is_null() {
            continue;
        }
        assert_eq!(of_library(ours), of_server(value), "{place} {}", column.name);
        compared += 1;
    }
    compared
}

/// Holds everything that is read of a device against the server's own reading.
fn compare(server: &Server, device: &str) -> usize {
    let media = read_headers(&server.open(device)).expect("a medium");
    assert_eq!(media.faults, [], "{device}");
    let headers = server.engine.header_only(device, None).expect("headers");
    assert_eq!(media.sets.len(), headers.rows.len(), "{device}");
    let mut compared = same(device, &label(&media.label), &server.engine.label_only(device).expect("a label"), 0);
    for (row, entry) in media.sets.iter().enumerate() {
        let position = entry.set.position;
        let place = format!("{device} set {position}");
        compared += same(&place, &header(&entry.set), &headers, row);
        let files = server.engine.file_list_only(device, Some(position)).expect("files");
        assert_eq!(entry.files.len(), files.rows.len(), "{place}");
        for (row, entry) in entry.files.iter().enumerate() {
            compared += same(&place, &file(entry), &files, row);
        }
    }
    compared
}

#[test]
fn what_the_server_writes_is_read_as_the_server_reads_it() {
    const FILE: &str = r"D:\Backup\all.bak";
    for block_size in [512, 4096] {
        for checksum in [false, true] {
            let server = Server::new(EngineOptions { block_size, ..EngineOptions::default() });
            let with = |spec: BackupSpec| BackupSpec { checksum, name: Some("\u{67e}\u{634}\u{62a}".into()), ..spec };
            server.backup(BackupSpec { media_name: Some("Nightly".into()), ..with(spec(BackupKind::Full, FILE)) });
            server.backup(with(spec(BackupKind::Differential, FILE)));
            server.backup(with(spec(BackupKind::Log, FILE)));
            server.backup(BackupSpec { copy_only: true, ..with(spec(BackupKind::Full, FILE)) });
            assert!(compare(&server, FILE) > 4 * 50);
            let report = verified(&server.open(FILE));
            assert_sound(&report);
            assert_eq!(report.sets.len(), 4);
            assert_eq!(report.sets[0].counts.backup_checksums > 0, checksum);
            assert!(report.sets[0].counts.pages_checksum_ok > 40);
            assert_eq!(report.restorable().count(), 4);
        }
    }
}

#[test]
fn every_version_is_read() {
    for (major, minor, build) in [(11, 0, 7001), (13, 0, 5026), (15, 0, 2000), (16, 0, 1000)] {
        let version = Version { major, minor, build, ..EngineOptions::default().version };
        let server = Server::new(EngineOptions { version, ..EngineOptions::default() });
        server.backup(spec(BackupKind::Full, r"D:\Backup\v.bak"));
        compare(&server, r"D:\Backup\v.bak");
        assert_sound(&verified(&server.open(r"D:\Backup\v.bak")));
    }
}

#[test]
fn stripes_are_whole_together_and_incomplete_alone() {
    let server = Server::new(EngineOptions::default());
    let devices = [r"D:\Backup\a.bak", r"D:\Backup\b.bak", r"D:\Backup\c.bak"];
    let full = BackupSpec { devices: devices.map(str::to_owned).to_vec(), ..spec(BackupKind::Full, devices[0]) };
    server.backup(full);
    let files: Vec<FileSource> = devices.iter().map(|device| server.open(device)).collect();
    let together = |files: &[&FileSource]| -> StripesReport {
        let sources: Vec<&dyn Source> = files.iter().map(|file| *file as &dyn Source).collect();
        verify_stripes(&sources, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())).expect("stripes")
    };
    let whole = together(&[&files[2], &files[0], &files[1]]);
    assert_eq!((whole.verdict(), whole.family_count), (Verdict::Sound, 3), "{:?}", whole.sets);
    let part = together(&[&files[2], &files[0]]);
    assert_eq!((part.verdict(), part.missing), (Verdict::Incomplete, vec![2]));
}

#[test]
fn a_flipped_page_is_named() {
    let server = Server::new(EngineOptions::default());
    let device = r"D:\Backup\flip.bak";
    server.backup(spec(BackupKind::Full, device));
    let mut bytes = std::fs::read(server.path(device)).expect("a file");
    let first = bytes.windows(4).position(|name| name == b"MQDA").expect("pages") + 24;
    // The boot page, 1:9, is always there and has a checksum.
    let page = (first..bytes.len()).step_by(8192).find(|page| bytes[page + 32..page + 38] == [9, 0, 0, 0, 1, 0]);
    let page = page.expect("the boot page");
    bytes[page + 4000] ^= 0x40;
    std::fs::write(server.path(device), &bytes).expect("written");
    let report = verified(&server.open(device));
    assert_eq!(report.verdict(), Verdict::Damaged);
    let [finding] = report.sets[0].findings.as_slice() else { panic!("{:?}", report.sets[0].findings) };
    assert_eq!(finding.offset, page as u64);
    assert!(finding.to_string().starts_with("page 1:9 (boot): its checksum is wrong"), "{finding}");
}
