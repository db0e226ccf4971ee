//! A file cut at any byte gives all whole sets before the cut, and is never taken for whole.

use std::ops::ControlFlow;

use pgbackup::media::{
    FileSource, MediaFile, MemorySource, SetStatus, Source, Verdict, VerifyOptions, read_headers, verify,
};

use crate::built::headers;
use crate::corpus;
use crate::writer::{Label, Medium, Set};

/// Cuts `bytes` to `length` and holds what is read of it against the whole.
fn check_cut(name: &str, whole: &MediaFile, bytes: &[u8], length: usize, with_verify: bool) {
    let source = MemorySource(&bytes[..length]);
    let ends: Vec<u64> = whole.sets.iter().map(|entry| entry.offset + entry.length).collect();
    let complete = ends.iter().filter(|end| **end <= length as u64).count();
    let is_between_sets = ends.contains(&(length as u64));
    match read_headers(&source) {
        Ok(media) => {
            let (read, rest): (Vec<_>, Vec<_>) =
                media.sets.iter().partition(|entry| entry.status == SetStatus::Complete);
            assert!(read.iter().copied().eq(&whole.sets[..complete]), "{name} cut at {length}: whole sets");
            assert!(rest.len() <= 1, "{name} cut at {length}: at most one torn set");
            assert_eq!(media.faults.is_empty(), is_between_sets, "{name} cut at {length}: {:?}", media.faults);
        }
        // Not even the label is there.
        Err(_) => assert_eq!(complete, 0, "{name} cut at {length}"),
    }
    if with_verify && let Ok(report) = verify(&source, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())) {
        assert_eq!(report.verdict() == Verdict::Sound, is_between_sets, "{name} cut at {length}");
        assert_eq!(report.restorable().count(), complete, "{name} cut at {length}");
    }
}

/// A small medium: two sets without data, and one with.
fn small() -> Medium {
    let mut empty = Set::log("Sales");
    empty.log.clear();
    Medium::new(Label::default()).add(&empty).add(&empty)
}

#[test]
fn every_cut_of_a_small_file() {
    let medium = small();
    for (name, bytes) in [("plain", medium.bytes.clone()), ("compressed", medium.compressed())] {
        let whole = headers(&bytes);
        assert_eq!(whole.sets.len(), 2);
        for length in 0..bytes.len() {
            check_cut(name, &whole, &bytes, length, true);
        }
    }
}

#[test]
fn cuts_of_larger_files() {
    let medium = Medium::new(Label::default()).add(&Set::full("Sales", 3)).add(&Set::log("Sales"));
    for (name, bytes) in [("plain", medium.bytes.clone()), ("compressed", medium.compressed())] {
        let whole = headers(&bytes);
        for place in 0..1000 {
            check_cut(name, &whole, &bytes, bytes.len() * place / 1000, place % 50 == 0);
        }
    }
}

#[test]
fn every_cut_of_a_small_file_of_the_corpus() {
    let Some(cases) = corpus::cases() else { return };
    for case in &cases {
        let bytes = std::fs::read(&case.path).expect("a file of the corpus");
        let whole = headers(&bytes);
        if bytes.len() < 16_000 {
            (0..bytes.len()).for_each(|length| check_cut(&case.name, &whole, &bytes, length, length % 32 == 0));
        } else {
            // A thousand places: whole blocks and bytes beside them.
            for place in 0..1000 {
                check_cut(&case.name, &whole, &bytes, bytes.len() * place / 1000, place % 500 == 1);
            }
        }
    }
}

#[test]
fn a_growing_file_is_named() {
    /// A file that is longer whenever it is asked.
    struct Growing(std::sync::atomic::AtomicU64, Vec<u8>);
    impl Source for Growing {
        fn name(&self) -> String {
            "growing.bak".to_owned()
        }
        fn size(&self) -> std::io::Result<u64> {
            Ok(self.0.fetch_add(512, std::sync::atomic::Ordering::Relaxed))
        }
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
            MemorySource(&self.1).read_at(offset, buffer)
        }
    }
    let bytes = small().bytes;
    let media = read_headers(&Growing((bytes.len() as u64 - 512).into(), bytes)).expect("a label");
    assert!(media.faults.iter().any(|fault| fault.to_string().contains("is being written")), "{:?}", media.faults);
    assert_eq!(media.sets.iter().filter(|entry| entry.status == SetStatus::Complete).count(), 1);
}

#[test]
fn a_hole_in_a_file_is_damage() {
    let medium = Medium::new(Label::default()).add(&Set::full("Sales", 6)).add(&Set::log("Sales"));
    let mut bytes = medium.bytes.clone();
    let first = bytes.windows(4).position(|name| name == b"MQDA").expect("pages") + 24;
    let extent = 65_536;
    // Pages 12 to 15, extent 2, and the first pages of extent 3.
    bytes[first + extent + extent / 2..first + 3 * extent + 8192 * 3].fill(0);
    let report = crate::built::verified(&bytes);
    assert_eq!(report.verdict(), Verdict::Damaged);
    assert_eq!(report.restorable().collect::<Vec<_>>(), [2], "the set behind the hole");
    let lost: Vec<u32> = report.sets[0].findings.iter().filter_map(|finding| finding.page).map(|id| id.page).collect();
    assert_eq!(lost.len(), 15, "{:?}", report.sets[0].findings);
    assert!((12..27).all(|page| lost.contains(&page)), "{lost:?}");
}

#[test]
fn files_that_are_no_media_are_named() {
    let root = tempfile::tempdir().expect("a folder");
    let cases: [(&str, &[u8], &str); 6] = [
        ("empty.bak", b"", "is empty"),
        ("three.bak", b"\x01\x02\x03", "too short"),
        ("note.bak", b"just some text in a file", "a text file"),
        ("x.pdf", b"%PDF-1.7 ...", "a PDF"),
        ("z.bak", b"PK\x03\x04 zipped", "a zip archive"),
        ("\u{67e}\u{634}\u{62a} [1].sqb", &[0x91; 600], "Redgate"),
    ];
    for (name, bytes, said) in cases {
        let path = root.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        let error = FileSource::open(&path).and_then(|source| read_headers(&source)).expect_err("no medium");
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let folder = FileSource::open(root.path()).map(|_| ()).expect_err("a folder");
    assert!(folder.to_string().contains("is a folder"), "{folder}");
    let none = FileSource::open(root.path().join("none.bak")).map(|_| ()).expect_err("no file");
    assert!(none.to_string().contains("does not exist"), "{none}");
}
