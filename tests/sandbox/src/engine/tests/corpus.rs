//! The reader against real files of SQL Server 2005 to 2022, and our files beside one of 2019.
//!
//! The files are private test data, read in place from `PGB_CORPUS` or `../shared/corpus` beside the
//! workspace; without them these tests say so and pass.

use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use serde_json::Value as Json;

use super::raw::{self, RawBlock};
use super::{home, home_with};
use crate::engine::{BackupKind, BackupSpec, Engine, EngineOptions, ResultSet, Value};

pub(super) fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let path = std::env::var_os("PGB_CORPUS").map_or(beside, PathBuf::from);
    if !path.join("expected.json").is_file() {
        println!("skipped: no corpus of real backups at {}", path.display());
        return None;
    }
    Some(path)
}

/// Puts a file where the engine sees it as `D:\Backup\real.bak`.
pub(super) fn show(root: &Path, file: &Path) {
    let at = root.join("D/Backup/real.bak");
    let _ = std::fs::remove_file(&at);
    std::fs::copy(file, at).expect("a copy");
}

fn same(value: &Value, expected: &Json) -> bool {
    match (value, expected) {
        (Value::Null, Json::Null) => true,
        (Value::Bit(on), Json::Bool(other)) => on == other,
        (Value::Int(number), Json::Bool(other)) => *number == i64::from(*other),
        (Value::Int(number), Json::Number(other)) => Some(*number) == other.as_i64(),
        (Value::Decimal { unscaled, .. }, Json::Number(other)) => other.as_u64().map(i128::from) == Some(*unscaled),
        (Value::Decimal { unscaled, .. }, Json::String(other)) => unscaled.to_string() == *other,
        (Value::Text(text), Json::String(other)) => text == other,
        (Value::Guid(guid), Json::String(other)) => guid.to_string() == *other,
        (Value::DateTime(time), Json::String(other)) => {
            NaiveDateTime::parse_from_str(other, "%Y-%m-%dT%H:%M:%S").is_ok_and(|other| other == *time)
        }
        _ => false,
    }
}

fn compare(name: &str, what: &str, set: &ResultSet, row: usize, expected: &Json, wrong: &mut Vec<String>) -> u32 {
    let mut compared = 0;
    for (key, wanted) in expected.as_object().into_iter().flatten() {
        let Some(index) = set.columns.iter().position(|column| column.name.eq_ignore_ascii_case(key)) else {
            wrong.push(format!("{name} {what}: no column {key}"));
            continue;
        };
        compared += 1;
        let value = &set.rows[row][index];
        if !same(value, wanted) {
            wrong.push(format!("{name} {what} {key}: {value:?}, expected {wanted}"));
        }
    }
    compared
}

#[test]
fn every_field_of_real_files_is_read() {
    let Some(corpus) = corpus() else { return };
    let home = home();
    let text = std::fs::read_to_string(corpus.join("expected.json")).expect("the expectations");
    let expected: Json = serde_json::from_str(&text).expect("JSON");
    let (mut files, mut fields) = (0, 0);
    let mut wrong = Vec::new();
    for (name, file) in expected["files"].as_object().expect("files") {
        files += 1;
        show(home.folder.path(), &corpus.join(name));
        let device = r"D:\Backup\real.bak";
        let label = home.engine.label_only(device).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        fields += compare(name, "label", &label, 0, &file["label"], &mut wrong);
        let headers = home.engine.header_only(device, None).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        let sets = file["sets"].as_array().expect("sets");
        assert_eq!(headers.rows.len(), sets.len(), "{name}");
        for (index, set) in sets.iter().enumerate() {
            fields += compare(name, "header", &headers, index, &set["header"], &mut wrong);
            let list = home.engine.file_list_only(device, Some(index as u16 + 1)).expect("a file list");
            let rows = set["files"].as_array().expect("files");
            assert_eq!(list.rows.len(), rows.len(), "{name}");
            for (row, file) in rows.iter().enumerate() {
                fields += compare(name, "file", &list, row, file, &mut wrong);
            }
            if file["label"]["FamilyCount"] == 1 {
                let mut messages = Vec::new();
                let done = home.engine.verify_only(&[device.into()], Some(index as u16 + 1), None, None, &mut messages);
                if let Err(refusal) = done {
                    wrong.push(format!("{name} set {}: {refusal}", index + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {fields} fields wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{files} real files, {fields} fields");
    assert!(files > 90 && fields > 5000, "{files} files, {fields} fields");
}

/// What a block is made of, without what depends on the database: type, attributes, header length, string
/// type, and the streams with their attributes.
fn shape(blocks: &[RawBlock]) -> Vec<String> {
    let line = |block: &RawBlock| {
        let streams: Vec<String> = block
            .streams
            .iter()
            .map(|stream| {
                format!("{}:{:x}{}", stream.kind, stream.attributes, if stream.data.is_empty() { "" } else { "+" })
            })
            .collect();
        format!("{} {:x} strings={} {}", block.kind, block.attributes, block.string_type, streams.join(" "))
    };
    blocks.iter().map(line).collect()
}

#[test]
fn our_file_has_the_shape_of_one_of_2019() {
    let Some(corpus) = corpus() else { return };
    let real = raw::read(&std::fs::read(corpus.join("variety/media-name.bak")).expect("a file"));
    let home = home_with(EngineOptions { block_size: 512, ..EngineOptions::default() });
    let own = full(&home.engine, home.folder.path());
    assert_eq!(shape(&own), shape(&real));
    // Everything of a block's header that does not speak of this one database.
    let fixed: &[(&str, &[std::ops::Range<usize>])] = &[
        ("TAPE", &[4..8, 10..52, 56..66, 66..68, 84..88, 93..94]),
        ("SFMB", &[4..52, 52..64]),
        ("SSET", &[4..8, 10..44, 44..50, 52..54, 56..62, 62..64, 80..88, 93..95, 96..98]),
        ("VOLB", &[4..8, 10..50, 52..56]),
        ("MSCI", &[4..20, 28..50, 52..56]),
        ("MSDA", &[4..20, 28..50, 52..60]),
        ("MSTL", &[4..20, 28..50, 52..60, 0x4C..0x54, 0x70..0x72, 0x7E..0x80]),
        ("MSLS", &[4..20, 28..50, 52..56]),
        ("ESET", &[4..50, 52..60, 68..80]),
    ];
    for (ours, theirs) in own.iter().zip(&real) {
        for range in fixed.iter().filter(|(kind, _)| *kind == ours.kind).flat_map(|(_, ranges)| ranges.iter()) {
            let (a, b) = (&ours.head[range.clone()], &theirs.head[range.clone()]);
            assert_eq!(a, b, "{} at {range:?} of the block at {:#x}", ours.kind, ours.offset);
        }
    }
    // The paddings: every block ends on the same boundary as there.
    for (ours, theirs) in own.iter().zip(&real) {
        assert_eq!(ours.end % 1024, theirs.end % 1024, "{}", ours.kind);
    }
}

fn full(engine: &Engine, root: &Path) -> Vec<RawBlock> {
    engine.seed_payamgostar(500).expect("a database");
    let spec = BackupSpec {
        name: Some("Full Backup of Bank".into()),
        media_name: Some("SQLServerBackups".into()),
        ..BackupSpec::new(BackupKind::Full, "PayamGostar2", r"D:\Backup\own.bak")
    };
    engine.backup(&spec, &mut Vec::new()).expect("a backup");
    raw::read(&std::fs::read(root.join("D/Backup/own.bak")).expect("a file"))
}
