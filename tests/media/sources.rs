//! Sources that fail, and files whose data must not be read.

use std::io;
use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use pgbackup::media::{
    Cause, FileSource, MediaErrorKind, MemorySource, Source, VerifyOptions, digest, read_headers, verify,
};

use crate::writer::{Label, Medium, Set};

/// Fails for every read behind an offset, as a network path does that is gone in the middle.
struct Failing<'b>(MemorySource<&'b [u8]>, u64);

impl Source for Failing<'_> {
    fn name(&self) -> String {
        r"\\host\share\x.bak".to_owned()
    }
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset + buffer.len() as u64 > self.1 {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the specified network name is gone"));
        }
        self.0.read_at(offset, buffer)
    }
}

/// Gives one byte at a time, as a source may.
struct Slow<'b>(MemorySource<&'b [u8]>);

impl Source for Slow<'_> {
    fn name(&self) -> String {
        self.0.name()
    }
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read_at(offset, &mut buffer[..one])
    }
}

/// Counts the bytes that are read.
struct Counting(FileSource, AtomicU64);

impl Source for Counting {
    fn name(&self) -> String {
        self.0.name()
    }
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        self.0.read_at(offset, buffer)
    }
}

fn two_sets() -> Vec<u8> {
    Medium::new(Label::default()).add(&Set::full("Sales", 4)).add(&Set::log("Sales")).bytes
}

#[test]
fn a_source_that_fails_ends_in_a_typed_error() {
    let bytes = two_sets();
    let options = VerifyOptions::default();
    for at in (0..bytes.len() as u64).step_by(4099) {
        let source = Failing(MemorySource(&bytes), at);
        match read_headers(&source) {
            Ok(media) => {
                assert!(media.faults.iter().any(|fault| matches!(fault.cause, Cause::Io { .. })), "{at}");
            }
            Err(error) => assert!(error.to_string().contains("network name is gone"), "{error}"),
        }
        let error = verify(&source, &options, &mut |_| ControlFlow::Continue(())).expect_err("it cannot be read");
        assert!(error.to_string().starts_with(r"`\\host\share\x.bak`: "), "{error}");
        assert!(error.to_string().contains("network name is gone"), "{error}");
    }
}

#[test]
fn a_slow_source_is_read_like_any_other() {
    let bytes = Medium::new(Label::default()).add(&Set::log("Sales")).bytes;
    let media = read_headers(&MemorySource(&bytes));
    assert_eq!(read_headers(&Slow(MemorySource(&bytes))), media);
}

#[test]
fn work_can_be_cancelled_at_any_step() {
    let bytes = two_sets();
    let source = MemorySource(&bytes);
    let mut steps = 0;
    verify(&source, &VerifyOptions::default(), &mut |progress| {
        assert!(progress.bytes_done <= progress.bytes_total);
        steps += 1;
        ControlFlow::Continue(())
    })
    .expect("a medium");
    for stop in 0..steps {
        let mut step = 0;
        let stopped = verify(&source, &VerifyOptions::default(), &mut |_| {
            step += 1;
            if step > stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(stopped.map_err(|error| error.kind), Err(MediaErrorKind::Cancelled), "at step {stop}");
    }
}

#[test]
fn one_set_can_be_asked_for() {
    let bytes = two_sets();
    let source = MemorySource(&bytes);
    let ask = |position| {
        let options = VerifyOptions { position: Some(position), ..VerifyOptions::default() };
        verify(&source, &options, &mut |_| ControlFlow::Continue(()))
    };
    let report = ask(2).expect("the second set");
    assert_eq!(report.sets.iter().map(|set| set.position).collect::<Vec<_>>(), [2]);
    let none = ask(3).map_err(|error| error.kind);
    assert_eq!(none, Err(MediaErrorKind::NoSuchSet { position: 3, count: 2 }));
}

#[test]
fn a_quick_verification_looks_at_the_structure_alone() {
    let mut bytes = two_sets();
    let pages = bytes.windows(4).position(|name| name == b"MQDA").expect("pages") + 24;
    bytes[pages + 5000] ^= 1;
    let ask = |bytes: &[u8]| {
        let options = VerifyOptions { quick: true, ..VerifyOptions::default() };
        verify(&MemorySource(bytes), &options, &mut |_| ControlFlow::Continue(())).expect("a medium")
    };
    assert_eq!(ask(&bytes).restorable().count(), 2, "pages are not looked at");
    assert_eq!(ask(&bytes).sets[0].counts.pages, 0);
    // A block header is.
    let block = bytes.windows(4).position(|name| name == b"MSTL").expect("a log block");
    bytes[block + 20] ^= 1;
    assert_eq!(ask(&bytes).restorable().collect::<Vec<_>>(), [2]);
}

#[test]
fn a_digest_is_that_of_the_sets_bytes() {
    use sha2::{Digest, Sha256};
    let bytes = two_sets();
    let source = MemorySource(&bytes);
    let media = read_headers(&source).expect("a medium");
    let set = &media.sets[1];
    let own = digest(&source, set, &mut |_| ControlFlow::Continue(())).expect("a digest");
    let range = set.offset as usize..(set.offset + set.length) as usize;
    let expected: [u8; 32] = Sha256::digest(&bytes[range]).into();
    assert_eq!(own, expected);
}

#[test]
fn the_sets_of_a_large_file_are_read_without_its_data() {
    let root = tempfile::tempdir().expect("a folder");
    let path = root.path().join("sparse.bak");
    let mut file = std::fs::File::create(&path).expect("a file");
    let mut set = Set::full("Sparse", 0);
    set.hole = 512 << 20;
    let mut medium = (0..20).fold(Medium::new(Label::default()), |medium, _| medium.add(&set));
    for (at, bytes) in medium.pieces() {
        file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(&bytes)).expect("room on the disk");
    }
    let source = Counting(FileSource::open(&path).expect("a file"), AtomicU64::new(0));
    let media = read_headers(&source).expect("a medium");
    assert_eq!((media.sets.len(), media.faults.len()), (20, 0));
    assert!(media.size > 10 << 30);
    assert!(source.1.into_inner() < 1 << 20, "less than 1 MiB is read");
}
