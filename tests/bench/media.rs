//! How fast room `media` is, against a limit measured in the same run: `cargo bench --bench media`.
//!
//! Files are made in the system's temporary folder (2 GB of pages; the rest is sparse) and deleted
//! after. Prints one line a limit and fails if one is not held.

#![allow(clippy::print_stdout)] // This is a program.

#[allow(dead_code)] // The tests use the rest of it.
#[path = "../media/writer/mod.rs"]
mod writer;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pgbackup::media::{
    FileSource, FindOptions, MemorySource, Source, Verdict, VerifyOptions, find, read_headers, verify,
};
use writer::{Label, Medium, Set};

/// Runs of each measurement; the best counts, as nothing but disturbance makes one slower.
const RUNS: usize = 5;
/// Argument that makes this program list a tree and tell its memory.
const LIST: &str = "--list";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, list, target] = arguments.as_slice()
        && list == LIST
    {
        return list_and_tell(target).map_or(ExitCode::FAILURE, |peak| {
            println!("{peak}");
            ExitCode::SUCCESS
        });
    }
    // `cargo test` runs benches too; they are for `cargo bench` only.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let root = tempfile::tempdir().expect("a temporary folder");
    let limits = [verification(root.path()), compressed(), headers(root.path()), tree(root.path())].concat();
    let missed = limits.iter().filter(|held| !**held).count();
    println!("{} limits, {missed} missed", limits.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a measurement against its limit.
fn limit(what: &str, measured: String, held: bool) -> bool {
    println!("{} {what}: {measured}", if held { "ok    " } else { "MISSED" });
    held
}

fn best(mut run: impl FnMut()) -> Duration {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn gigabytes(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e9
}

fn write(path: &Path, medium: &mut Medium, file: &mut File) {
    let mut end = 0;
    for (at, bytes) in medium.pieces() {
        file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(&bytes)).expect("room on the disk");
        end = at + bytes.len() as u64;
    }
    if file.metadata().expect("metadata").len() < end {
        file.set_len(end).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// Full verification of a large file, against `cat FILE > /dev/null`; both warm, both on one core.
fn verification(root: &Path) -> Vec<bool> {
    let path = root.join("large.bak");
    let mut file = File::create(&path).expect("a file");
    // Sixteen sets of 128 MiB, each with every page's number and checksum right.
    let set = Set::full("Large", 2048);
    let mut medium = Medium::new(Label { physical: 4096, ..Label::default() });
    for _ in 0..16 {
        medium = medium.add(&set);
        write(&path, &mut medium, &mut file);
    }
    drop(file);
    let size = fs::metadata(&path).expect("metadata").len();
    let source = FileSource::open(&path).expect("a file");
    let cat = best(|| {
        let mut cat = Command::new("cat");
        cat.arg(&path).stdout(Stdio::null()).status().expect("cat is there");
    });
    let verified = best(|| {
        let report = verify(&source, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())).expect("a medium");
        assert_eq!(report.verdict(), Verdict::Sound);
    });
    // Into whole pages of memory, as the verification does: the rest of its time is the checksums.
    let mut memory = vec![0; 256 * 1024 + 4096];
    let start = memory.as_ptr().align_offset(4096) % 4096;
    let buffer = &mut memory[start..start + 256 * 1024];
    let read = best(|| {
        let mut at = 0;
        while let Ok(length @ 1..) = source.read_at(at, buffer) {
            at += length as u64;
        }
    });
    let ratio = cat.as_secs_f64() / verified.as_secs_f64();
    let share = 1.0 - read.as_secs_f64() / verified.as_secs_f64();
    let measured = format!(
        "{ratio:.2} of `cat` (limit 0.80): {:.2} GB/s of {:.2}; {:.0} % of the time goes to the checksums, the rest to reading",
        gigabytes(size, verified),
        gigabytes(size, cat),
        share * 100.0
    );
    // Cancel: from the break to the return.
    let mut asked = None;
    let cancelled = verify(&source, &VerifyOptions::default(), &mut |progress| {
        if progress.bytes_done < size / 3 {
            return ControlFlow::Continue(());
        }
        asked.get_or_insert_with(Instant::now);
        ControlFlow::Break(())
    });
    let answer = asked.map_or(Duration::MAX, |asked| asked.elapsed());
    fs::remove_file(&path).expect("deleted");
    vec![
        limit("verify 2 GB", measured, ratio >= 0.8),
        limit(
            "cancel",
            format!("{answer:?} (limit 100 ms)"),
            cancelled.is_err() && answer < Duration::from_millis(100),
        ),
    ]
}

/// Verification of a compressed file: stated, without a limit of its own.
fn compressed() -> Vec<bool> {
    let medium = Medium::new(Label::default()).add(&Set::full("Packed", 256));
    let (plain, packed) = (medium.bytes.len() as u64, medium.compressed());
    let source = MemorySource(&packed);
    let time = best(|| {
        let report = verify(&source, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(())).expect("a medium");
        assert_eq!(report.verdict(), Verdict::Sound);
    });
    let rate = gigabytes(plain, time) * 1000.0;
    println!("       verify compressed: {rate:.0} MB/s expanded ({:.1} : 1)", plain as f64 / packed.len() as f64);
    if let Some(zstd) = zstd(&medium.bytes) {
        println!("       zstd -d of the same bytes: {:.0} MB/s", gigabytes(plain, zstd) * 1000.0);
    }
    Vec::new()
}

/// The time of `zstd -d` for the same data; `None` where there is no zstd.
fn zstd(plain: &[u8]) -> Option<Duration> {
    let root = tempfile::tempdir().ok()?;
    let path = root.path().join("plain");
    fs::write(&path, plain).ok()?;
    Command::new("zstd").arg("-q").arg(&path).status().ok().filter(|status| status.success())?;
    Some(best(|| {
        let packed = path.with_extension("zst");
        let mut zstd = Command::new("zstd");
        zstd.args(["-q", "-d", "-c"]).arg(&packed).stdout(Stdio::null()).status().expect("zstd was there");
    }))
}

/// A source that counts what is read.
struct Counting<'s>(&'s FileSource, AtomicU64, AtomicU64);

impl Source for Counting<'_> {
    fn name(&self) -> String {
        self.0.name()
    }
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        self.2.fetch_add(1, Ordering::Relaxed);
        self.0.read_at(offset, buffer)
    }
}

/// The sets of a sparse file of 10 GB.
fn headers(root: &Path) -> Vec<bool> {
    let path = root.join("sparse.bak");
    let mut file = File::create(&path).expect("a file");
    let mut set = Set::full("Sparse", 0);
    set.hole = 512 << 20;
    let mut medium = (0..20).fold(Medium::new(Label::default()), |medium, _| medium.add(&set));
    write(&path, &mut medium, &mut file);
    drop(file);
    let source = FileSource::open(&path).expect("a file");
    let counting = Counting(&source, AtomicU64::new(0), AtomicU64::new(0));
    assert_eq!(read_headers(&counting).expect("a medium").sets.len(), 20);
    let (bytes, reads) = (counting.1.into_inner(), counting.2.into_inner());
    let time = best(|| assert_eq!(read_headers(&source).expect("a medium").sets.len(), 20));
    fs::remove_file(&path).expect("deleted");
    vec![
        limit("headers of 20 sets in 10 GB", format!("{time:?} (limit 5 ms)"), time <= Duration::from_millis(5)),
        limit("bytes read for them", format!("{bytes} in {reads} reads (limit 1 MiB)"), bytes < 1 << 20),
    ]
}

/// A tree of 10,000 files.
fn tree(root: &Path) -> Vec<bool> {
    let root = root.join("tree");
    let mut set = Set::full("Tree", 0);
    set.hole = 3 << 16;
    let make = |from: u32, to: u32| {
        for number in from..to {
            let folder = root.join(format!("{:02}", number % 100));
            fs::create_dir_all(&folder).expect("a folder");
            let path = folder.join(format!("{number}.bak"));
            let mut file = File::create(&path).expect("a file");
            write(&path, &mut Medium::new(Label::default()).add(&set), &mut file);
        }
    };
    make(0, 1000);
    let target = root.display().to_string();
    let options = FindOptions { recurse: true, ..FindOptions::default() };
    let sets = || -> usize {
        find([target.clone()], options)
            .map(|path| FileSource::open(path.expect("a path")).expect("a file"))
            .map(|source| read_headers(&source).expect("a medium").sets.len())
            .sum()
    };
    let tenth = best(|| assert_eq!(sets(), 1000));
    make(1000, 10_000);
    let all = best(|| assert_eq!(sets(), 10_000));
    let paths: Vec<PathBuf> = find([target.clone()], options).map(|path| path.expect("a path")).collect();
    let mut buffer = vec![0; 64 * 1024];
    let opening = best(|| {
        for path in &paths {
            let length = File::open(path).and_then(|mut file| file.read(&mut buffer)).expect("a file");
            assert!(length > 0);
        }
    });
    let ratio = all.as_secs_f64() / opening.as_secs_f64();
    let growth = all.as_secs_f64() / tenth.as_secs_f64();
    let mut limits = vec![
        limit("tree of 10,000 files", format!("{all:?} (limit 1 s)"), all <= Duration::from_secs(1)),
        limit("against opening each and reading 64 KiB", format!("{ratio:.2} (limit 2.00)"), ratio <= 2.0),
        limit("against a tenth of it", format!("{growth:.1} times (limit 15)"), growth <= 15.0),
    ];
    if let Some(peak) = peak_of_listing(&target) {
        limits.push(limit("memory of listing it", format!("{} KiB (limit 32 MiB)", peak / 1024), peak < 32 << 20));
    }
    limits
}

/// Peak memory of a process of its own that does nothing but list the tree (Linux), in bytes.
fn peak_of_listing(target: &str) -> Option<u64> {
    let own = std::env::current_exe().ok()?;
    let output = Command::new(own).args([LIST, target]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// What [`peak_of_listing`] starts: lists a tree and prints the peak of this process.
fn list_and_tell(target: &str) -> Option<u64> {
    for path in find([target], FindOptions { recurse: true, ..FindOptions::default() }) {
        read_headers(&FileSource::open(path.ok()?).ok()?).ok()?;
    }
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
