//! Media built from bytes: what was written is what is read.

use std::ops::ControlFlow;

use pgbackup::media::{
    Container, MediaFile, MemorySource, SetStatus, Verdict, VerifyOptions, VerifyReport, expand_xpress, read_headers,
    verify,
};
use pgbackup::model::{BackupType, FileType, Guid, Lsn};
use proptest::prelude::*;

use crate::writer::{Label, Medium, Set, guid, lz};

pub fn headers(bytes: &[u8]) -> MediaFile {
    read_headers(&MemorySource(bytes)).expect("a medium")
}

pub fn verified(bytes: &[u8]) -> VerifyReport {
    verify(&MemorySource(bytes), &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())).expect("a medium")
}

fn assert_sound(bytes: &[u8]) -> VerifyReport {
    let report = verified(bytes);
    let findings: Vec<String> = report
        .findings
        .iter()
        .chain(report.sets.iter().flat_map(|set| &set.findings))
        .map(ToString::to_string)
        .collect();
    assert_eq!(findings, [""; 0]);
    assert_eq!(report.verdict(), Verdict::Sound);
    report
}

/// Three sets of three kinds, in the layout of a version.
pub fn three_sets(major: u8, label: Label, with_checksum: bool) -> Medium {
    let mut full = Set::full("Sales", 3);
    let mut differential = Set::full("Sales", 1);
    differential.letter = b'I';
    differential.guid = guid(77);
    let mut log = Set::log("Sales");
    for set in [&mut full, &mut differential, &mut log] {
        set.major = major;
        set.with_checksum = with_checksum;
        set.flags |= if with_checksum { 0x10 } else { 0 };
    }
    Medium::new(label).add(&full).add(&differential).add(&log)
}

#[test]
fn what_was_written_is_read() {
    for major in [9, 10, 13, 16] {
        let medium = three_sets(major, Label { media_name: "Tapes", ..Label::default() }, false);
        for (bytes, container) in
            [(medium.bytes.clone(), Container::Tape), (medium.compressed(), Container::Compressed { version: 2 })]
        {
            let media = headers(&bytes);
            assert_eq!((media.container, media.faults.len(), media.sets.len()), (container, 0, 3));
            assert_eq!(media.label.media_name.as_deref(), Some("Tapes"));
            assert_eq!(media.label.media_set_id, Some(Guid::from_bytes_le(guid(200))));
            let types: Vec<BackupType> = media.sets.iter().map(|entry| entry.set.backup_type).collect();
            assert_eq!(types, [BackupType::Full, BackupType::Differential, BackupType::Log]);
            let full = &media.sets[0];
            assert_eq!(full.status, SetStatus::Complete);
            assert_eq!(full.set.database_name, "Sales");
            assert_eq!(full.set.first_lsn, Lsn::new(21, 40, 37));
            assert_eq!(full.set.backup_finish_date.map(|at| at.to_string()).as_deref(), Some("2026-11-20 14:30:02"));
            assert_eq!(full.set.compressed_backup_size.is_some(), major > 9);
            assert_eq!(full.set.collation.as_deref(), Some("SQL_Latin1_General_CP1_CI_AS"));
            assert_eq!(full.files[1].file_type, FileType::Log);
            assert_eq!(full.files[0].physical_name, r"D:\Data\Sales.mdf");
            assert_eq!(media.sets[2].offset + media.sets[2].length, bytes.len() as u64);
        }
    }
}

#[test]
fn what_was_written_is_sound() {
    for physical in [512, 1024, 4096] {
        for with_checksum in [false, true] {
            let medium = three_sets(15, Label { physical, ..Label::default() }, with_checksum);
            let report = assert_sound(&medium.bytes);
            assert_eq!(report.sets[0].counts.pages_checksum_ok, 24);
            assert_eq!(report.sets[0].counts.log_blocks_checksum_ok, 2);
            assert_eq!(report.sets[0].counts.backup_checksums_ok, if with_checksum { 2 } else { 0 });
            assert_eq!(report.restorable().collect::<Vec<_>>(), [1, 2, 3]);
            assert_sound(&medium.compressed());
        }
    }
}

#[test]
fn extents_that_come_again_are_told_apart() {
    let mut set = Set::full("Sales", 4);
    set.late = set.extents[1..3].to_vec();
    let medium = Medium::new(Label::default()).add(&set);
    for bytes in [medium.bytes.clone(), medium.compressed()] {
        let report = assert_sound(&bytes);
        assert_eq!((report.sets[0].pages[0].pages, report.sets[0].pages_repeated), (32, 16));
    }
}

#[test]
fn more_filemarks_than_one_can_name_are_followed() {
    let set = Set::log("Many");
    let medium = (0..40).fold(Medium::new(Label::default()), |medium, _| medium.add(&set));
    let media = headers(&medium.bytes);
    assert_eq!((media.sets.len(), media.faults.len()), (40, 0));
    assert_eq!(media.sets[39].set.position, 40);
    assert_sound(&medium.bytes);
}

/// Data as backups hold it: runs, repeats and noise.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (any::<u8>(), 1usize..3000).prop_map(|(byte, length)| vec![byte; length]),
        proptest::collection::vec(any::<u8>(), 1..300),
        (proptest::collection::vec(any::<u8>(), 1..9), 1usize..200).prop_map(|(unit, times)| unit.repeat(times)),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| {
        let mut all = pieces.concat();
        all.truncate(65_536);
        all
    })
}

proptest! {
    #[test]
    fn what_was_compressed_is_expanded(plain in data()) {
        let packed = lz::compress(&plain);
        let mut output = vec![0; plain.len()];
        prop_assert_eq!(expand_xpress(&packed, &mut output), Ok(()));
        prop_assert!(output == plain);
    }

    #[test]
    fn a_compressed_flip_never_panics(plain in data(), at: proptest::sample::Index, bit in 0..8) {
        let mut packed = lz::compress(&plain);
        let at = at.index(packed.len());
        packed[at] ^= 1u8 << bit;
        let mut output = vec![0; plain.len()];
        let _ = expand_xpress(&packed, &mut output);
    }
}

#[test]
fn the_longest_match_is_expanded() {
    for length in [1, 17, 18, 19, 272, 273, 274, 300, 65_535, 65_536] {
        let plain = vec![7; length];
        let mut output = vec![0; length];
        assert_eq!(expand_xpress(&lz::compress(&plain), &mut output), Ok(()), "{length}");
        assert_eq!(output, plain);
    }
}
