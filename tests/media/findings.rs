//! Media made to contradict themselves: each contradiction is named as what it is.

use pgbackup::media::{Finding, FindingKind, MediaErrorKind, MemorySource, SetReport, Severity, Verdict, read_headers};

use crate::built::verified;
use crate::writer::{Label, Medium, Set};

fn medium(set: &Set) -> Vec<u8> {
    Medium::new(Label::default()).add(set).bytes
}

fn place_of(bytes: &[u8], name: &[u8]) -> usize {
    bytes.windows(name.len()).position(|window| window == name).expect("it is there")
}

/// The only set of a medium, and its findings.
fn findings(bytes: &[u8]) -> (SetReport, Vec<FindingKind>) {
    let report = verified(bytes);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let set = report.sets.first().expect("a set").clone();
    for finding in &set.findings {
        assert!(!finding.to_string().is_empty() && !finding.kind.proves().is_empty());
    }
    let kinds = set.findings.iter().map(|finding| finding.kind.clone()).collect();
    (set, kinds)
}

/// That damage is found, and as this alone.
fn assert_damage(bytes: &[u8], expected: &FindingKind) {
    let (set, kinds) = findings(bytes);
    assert_eq!(kinds, std::slice::from_ref(expected));
    assert_eq!((set.verdict, expected.severity()), (Verdict::Damaged, Severity::Damage));
}

#[test]
fn pages_that_the_header_promises() {
    let mut set = Set::full("Sales", 3);
    set.files[0].pages = 32;
    assert_damage(&medium(&set), &FindingKind::PageCount { file: 1, promised: 32, found: 24 });
}

#[test]
fn the_two_copies_of_the_header() {
    let mut bytes = medium(&Set::full("Sales", 1));
    let back = place_of(&bytes, b"MSLS");
    let name: Vec<u8> = "Sales".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = back + place_of(&bytes[back..], &name);
    bytes[at] = b'T';
    assert_damage(&bytes, &FindingKind::HeadersDisagree("database name"));
}

#[test]
fn a_backup_checksum() {
    let mut set = Set::full("Sales", 1);
    set.with_checksum = true;
    let mut bytes = medium(&set);
    // Behind the last log block: nothing but the backup checksum covers it.
    let log = place_of(&bytes, b"MQTL") + 24;
    bytes[log + 60_000] = 1;
    assert_damage(&bytes, &FindingKind::BackupChecksum { bytes: 65_536 });
}

#[test]
fn a_filemark() {
    let mut bytes = medium(&Set::full("Sales", 1));
    // Its list of the filemarks before it, which no checksum covers.
    let last = bytes.len() - 512;
    bytes[last + 0x48] ^= 1;
    assert_damage(&bytes, &FindingKind::Filemarks);
}

#[test]
fn the_place_of_a_set() {
    let mut bytes = medium(&Set::full("Sales", 1));
    let start = place_of(&bytes, b"SSET");
    bytes[start + 80] ^= 1;
    assert_damage(&bytes, &FindingKind::BlockPlace);
}

#[test]
fn the_log() {
    let bytes = medium(&Set::full("Sales", 1));
    let log = place_of(&bytes, b"MQTL") + 24;
    let mut flipped = bytes.clone();
    flipped[log + 300] ^= 1;
    assert_damage(&flipped, &FindingKind::LogBlockChecksum { vlf: 21, block: 40 });
    let mut gone = bytes;
    gone[log + 512..log + 1536].fill(0);
    assert_damage(&gone, &FindingKind::LogBlockMissing { vlf: 21, block: 41 });
}

#[test]
fn the_index_of_a_compressed_set() {
    let whole = Medium::new(Label::default()).add(&Set::full("Sales", 20));
    let packed = whole.compressed();
    let sound = verified(&packed);
    assert_eq!(sound.verdict(), Verdict::Sound);
    let end = whole.marks_of(&packed)[1];
    let length = u32::from_le_bytes([packed[end - 8], packed[end - 7], packed[end - 6], packed[end - 5]]) as usize;
    // An entry, and the sum over them.
    for at in [16, 25, 12] {
        let mut bytes = packed.clone();
        bytes[end - length + at] ^= 1;
        let report = verified(&bytes);
        assert!(
            matches!(report.findings.as_slice(), [Finding { kind: FindingKind::Index(_), .. }]),
            "byte {at}: {:?}",
            report.findings
        );
        assert_eq!(report.sets[0].verdict, Verdict::Sound, "the records can be read without it");
        assert_eq!(report.sets[0].counts, sound.sets[0].counts);
        assert_eq!(report.media.sets, sound.media.sets);
        assert_eq!(report.verdict(), Verdict::Damaged);
    }
}

#[test]
fn what_proves_nothing_is_listed_and_does_not_condemn() {
    let mut missing = Set::full("Sales", 2);
    missing.extents[1][3 * 8192..4 * 8192].fill(0);
    let (set, kinds) = findings(&medium(&missing));
    assert_eq!((kinds, set.verdict), (vec![FindingKind::PageMissing], Verdict::Sound));
    assert_eq!(set.findings[0].page.map(|id| id.page), Some(11));

    let mut swapped = Set::full("Sales", 3);
    swapped.extents.swap(1, 2);
    let (set, kinds) = findings(&medium(&swapped));
    assert_eq!((kinds, set.verdict), (vec![FindingKind::ExtentOrder], Verdict::Sound));
}

#[test]
fn a_snapshot_backup_is_named_and_not_taken_for_damaged() {
    // What such a file holds: headers that promise pages, and no pages.
    let mut set = Set::full("Sales", 0);
    set.files[0].pages = 4096;
    assert_damage(&medium(&set), &FindingKind::PageCount { file: 1, promised: 4096, found: 0 });
    set.flags |= 2;
    let bytes = medium(&set);
    let (report, kinds) = findings(&bytes);
    assert_eq!((kinds, report.verdict), (vec![FindingKind::Snapshot], Verdict::Sound));
    let media = read_headers(&MemorySource(&bytes)).expect("a medium");
    assert_eq!(media.sets[0].set.is_snapshot, Some(true));
}

#[test]
fn a_torn_page() {
    let mut set = Set::full("Sales", 1);
    let page = &mut set.extents[0][4 * 8192..5 * 8192];
    (page[5], page[60]) = (1, 2);
    page.chunks_mut(512).skip(1).for_each(|sector| sector[511] = sector[511] & !3 | 2);
    assert!(findings(&medium(&set)).1.is_empty());
    set.extents[0][4 * 8192 + 9 * 512 + 511] ^= 1;
    assert_damage(&medium(&set), &FindingKind::TornPage);
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let mut set = Set::full("Sales", 2);
    set.extents.iter_mut().flatten().skip(4000).step_by(8192).for_each(|byte| *byte ^= 1);
    let options = pgbackup::media::VerifyOptions { max_findings: 5, ..Default::default() };
    let report =
        pgbackup::media::verify(&MemorySource(medium(&set)), &options, &mut |_| std::ops::ControlFlow::Continue(()));
    let set = report.expect("a medium").sets.remove(0);
    assert_eq!((set.findings.len(), set.findings_left_out, set.counts.pages_damaged), (5, 11, 16));
}

#[test]
fn a_tape_of_another_product_is_named() {
    let mut bytes = medium(&Set::full("Sales", 1));
    let name: Vec<u8> = "Microsoft".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = place_of(&bytes, &name);
    bytes[at] = b'X';
    assert!(read_headers(&MemorySource(&bytes)).is_ok(), "one of two marks may be damaged");
    bytes[86] ^= 1;
    let error = read_headers(&MemorySource(&bytes)).expect_err("another product's");
    assert!(matches!(error.kind, MediaErrorKind::Foreign(_)), "{error}");
    assert!(error.to_string().contains("another product") && error.hint().is_some(), "{error}");
}

#[test]
fn an_unknown_version_or_record_is_named() {
    let mut bytes = Medium::new(Label::default()).add(&Set::full("Sales", 1)).compressed();
    bytes[8] = 1;
    let error = read_headers(&MemorySource(&bytes)).expect_err("an unknown version");
    assert!(error.to_string().contains("compressed backup of version 1 is not supported"), "{error}");
    bytes[8] = 2;
    bytes[0x1e0] = 0x55;
    let error = read_headers(&MemorySource(&bytes)).expect_err("an unknown record");
    assert!(error.to_string().contains("record of kind 0x55 is not supported"), "{error}");
    bytes[0x1e0] = 0x21;
    bytes[0x200] ^= 1;
    let error = read_headers(&MemorySource(&bytes)).expect_err("ciphered, for all that can be told");
    assert!(error.to_string().contains("encrypted, or damaged in its first record"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("certificate")), "{error}");
}
