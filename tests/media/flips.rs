//! Flipped bytes: never a panic, and never `sound` where a checksum covers the byte.

use std::ops::ControlFlow;

use pgbackup::media::{MemorySource, PageId, Verdict, VerifyOptions, verify};

use crate::built::three_sets;
use crate::corpus;
use crate::writer::{Label, Medium, Set, fold, xor32};

/// Which bytes of an uncompressed medium a checksum covers, by a walk of the test's own.
fn protected(bytes: &[u8]) -> Vec<bool> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let mut covered = vec![false; bytes.len()];
    let mut cover = |from: usize, to: usize| covered[from..to].fill(true);
    let physical = u16_at(64) * 512;
    let mut at = 0;
    while at < bytes.len() {
        cover(at, at + 52);
        if &bytes[at..at + 4] == b"SFMB" {
            at += physical;
            continue;
        }
        let mut stream = at + u16_at(at + 8);
        let log_length = (u32_at(at + 0x44).wrapping_sub(u32_at(at + 0x3c))) as usize;
        loop {
            cover(stream, stream + 22);
            let length = u32_at(stream + 8) as usize;
            let (data, end) = (stream + 24, stream + 22 + length);
            let has_sum = u16_at(stream + 6) & 0x100 != 0;
            match &bytes[stream..stream + 4] {
                b"SPAD" => {
                    at = end;
                    break;
                }
                b"CSUM" => cover(end - 4, end),
                b"MQDA" | b"MQTL" if length > 2 && has_sum => cover(data, end),
                b"MQDA" if length > 2 => {
                    for page in (data..end).step_by(8192) {
                        let is_sound = bytes[page + 5] & 2 != 0 && {
                            let mut copy = bytes[page..page + 8192].to_vec();
                            copy[60..64].fill(0);
                            fold(copy.chunks(512).map(xor32)) == u32_at(page + 60)
                        };
                        // What SQL Server never made a page of is no page.
                        if is_sound && bytes[page] == 1 && bytes[page + 1] != 101 {
                            cover(page, page + 8192);
                        }
                    }
                }
                b"MQTL" if length > 2 => {
                    let mut block = data;
                    while block < data + log_length {
                        let size = u16_at(block + 6);
                        if u32_at(block + 24) != 0 {
                            cover(block, block + size);
                        }
                        block += size;
                    }
                }
                _ => {}
            }
            stream = end.next_multiple_of(4);
        }
    }
    covered
}

fn is_sound(bytes: &[u8]) -> bool {
    verify(&MemorySource(bytes), &VerifyOptions::default(), &mut |_| ControlFlow::Continue(()))
        .is_ok_and(|report| report.verdict() == Verdict::Sound)
}

/// Flips the bytes at `places` by `mask`, one at a time; a covered one must be seen.
fn flip_all(name: &str, bytes: &[u8], covered: &[bool], places: impl Iterator<Item = usize>, mask: u8) {
    let mut bytes = bytes.to_vec();
    assert!(is_sound(&bytes), "{name} is sound before");
    let mut seen = 0;
    for at in places {
        bytes[at] ^= mask;
        let sound = is_sound(&bytes);
        assert!(!(sound && covered[at]), "{name}: byte {at} flipped by {mask:#x} is not seen");
        seen += usize::from(covered[at]);
        bytes[at] ^= mask;
    }
    assert!(seen > 0, "{name}: some bytes are covered");
}

fn small() -> Medium {
    let mut empty = Set::log("Sales");
    empty.log.clear();
    Medium::new(Label::default()).add(&empty).add(&empty)
}

#[test]
fn every_byte_of_a_small_file() {
    let bytes = small().bytes;
    let covered = protected(&bytes);
    flip_all("small", &bytes, &covered, (0..bytes.len()).step_by(2), 0x01);
    flip_all("small", &bytes, &covered, (1..bytes.len()).step_by(2), 0xff);
}

#[test]
fn every_byte_of_a_small_compressed_file() {
    let bytes = small().compressed();
    // Of a record: kind, sizes, checksum and payload; 20 bytes of its header mean nothing.
    let mut covered = vec![false; bytes.len()];
    let mut at = 0x1e0;
    while bytes[at] == 0x21 {
        let next = at + 28 + usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]]));
        covered[at..at + 4].fill(true);
        covered[at + 24..next].fill(true);
        at = next;
    }
    flip_all("small compressed", &bytes, &covered, (0..bytes.len()).step_by(2), 0xff);
    flip_all("small compressed", &bytes, &covered, (1..bytes.len()).step_by(2), 0x01);
}

#[test]
fn pages_and_log_of_a_larger_file() {
    for with_checksum in [false, true] {
        let bytes = three_sets(13, Label::default(), with_checksum).bytes;
        let covered = protected(&bytes);
        flip_all("larger", &bytes, &covered, (0..bytes.len()).step_by(1543), 0x10);
        // The header of a page decides what is checked, so each of its bytes.
        let first = bytes.windows(4).position(|name| name == b"MQDA").expect("pages") + 24;
        for page in [first, first + 5 * 8192] {
            for mask in [0x02, 0xff] {
                flip_all("page header", &bytes, &covered, page..page + 96, mask);
            }
        }
    }
}

#[test]
fn a_small_file_of_the_corpus() {
    let Some(cases) = corpus::cases() else { return };
    let case = cases.iter().find(|case| case.expected["size"] == 15_872).expect("the smallest file");
    let bytes = std::fs::read(&case.path).expect("a file of the corpus");
    let covered = protected(&bytes);
    flip_all(&case.name, &bytes, &covered, 0..bytes.len(), 0x04);
}

/// Numbers that look random and are the same in every run.
fn scattered(seed: u64) -> impl Iterator<Item = usize> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize
    })
}

#[test]
fn flips_scattered_over_the_corpus() {
    let Some(cases) = corpus::cases() else { return };
    let mut flips = 0;
    for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.expected["container"] == "TAPE") {
        let mut bytes = std::fs::read(&case.path).expect("a file of the corpus");
        let covered = protected(&bytes);
        let size = bytes.len();
        for at in scattered(number as u64 + 1).map(|place| place % size).filter(|at| covered[*at]).take(5) {
            bytes[at] ^= 1 << (at % 8);
            assert!(!is_sound(&bytes), "{}: byte {at} is not seen", case.name);
            bytes[at] ^= 1 << (at % 8);
            flips += 1;
        }
    }
    println!("{flips} flips in covered bytes, all seen");
}

#[test]
fn a_damaged_page_is_named() {
    let bytes = Medium::new(Label::default()).add(&Set::full("Sales", 3)).add(&Set::log("Sales")).bytes;
    let first = bytes.windows(4).position(|name| name == b"MQDA").expect("pages") + 24;
    for (page, at) in [(0u32, 5000), (9, 32), (17, 36), (12, 5), (23, 60), (23, 8191)] {
        let mut bytes = bytes.clone();
        bytes[first + page as usize * 8192 + at] ^= 2;
        let report = crate::built::verified(&bytes);
        let [finding] = report.sets[0].findings.as_slice() else { panic!("{:?}", report.sets[0].findings) };
        assert_eq!(finding.page, Some(PageId { file: 1, page }), "{finding}");
        assert_eq!(finding.offset, (first + page as usize * 8192) as u64);
        assert_eq!(report.restorable().collect::<Vec<_>>(), [2], "the other set is still good");
    }
}

#[test]
fn a_damaged_record_costs_its_own_pages_only() {
    let medium = Medium::new(Label::default()).add(&Set::full("Sales", 40));
    let mut bytes = medium.compressed();
    // The fifth record of the set lies in the middle of its pages.
    let mut at = medium.marks_of(&bytes)[0] + 512;
    for _ in 0..5 {
        at += 28 + usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]]));
    }
    bytes[at + 30] ^= 1;
    let report = crate::built::verified(&bytes);
    let set = &report.sets[0];
    assert_eq!(set.verdict, Verdict::Damaged);
    let hit: Vec<u32> = set.findings.iter().filter_map(|finding| finding.page).map(|id| id.page).collect();
    assert_eq!(hit, (31..40).collect::<Vec<_>>(), "{:?}", set.findings);
    assert_eq!(set.findings.len(), hit.len(), "{:?}", set.findings);
    assert_eq!(set.counts.pages, 320);
}
