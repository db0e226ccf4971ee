//! Removals, undoings and deletions that are stopped after any of their steps: by an error, by a
//! process that dies, by a disk that is full or read-only. Each file is where it was or aside, no
//! byte is lost, and the next run puts everything right.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use pgbackup::ops::{ASIDE, Aside, Disk, Going, MachineDisk, aside_content};

/// A disk on which steps fail, or on which the process dies.
struct Stopping {
    /// Steps that are done before.
    steps: usize,
    taken: AtomicUsize,
    then: Then,
}

/// What happens then.
#[derive(Clone, Copy)]
enum Then {
    /// This and every later step fails: nothing is left to do anything with.
    Fail(io::ErrorKind),
    /// Only this one step fails.
    FailOnce(io::ErrorKind),
    /// A journal line is written by half, and no step follows.
    HalfLine,
    /// The process dies.
    Abort,
}

impl Stopping {
    fn new(steps: usize, then: Then) -> Stopping {
        Stopping { steps, taken: AtomicUsize::new(0), then }
    }

    fn step(&self, line: Option<(&Path, &str)>) -> io::Result<()> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let is_now = number == self.steps;
        match self.then {
            Then::Fail(kind) if number >= self.steps => Err(kind.into()),
            Then::FailOnce(kind) if is_now => Err(kind.into()),
            Then::HalfLine if number >= self.steps => {
                if let Some((path, line)) = line.filter(|_| is_now) {
                    let before = fs::read_to_string(path).unwrap_or_default();
                    fs::write(path, before + &line[..line.len() / 2])?;
                }
                Err(io::ErrorKind::StorageFull.into())
            }
            Then::Abort if is_now => std::process::abort(),
            _ => Ok(()),
        }
    }
}

impl Disk for Stopping {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.step(None)?;
        MachineDisk.create_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(None)?;
        MachineDisk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(None)?;
        MachineDisk.link(from, to)
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        self.step(None)?;
        MachineDisk.delete(path)
    }

    fn append(&self, path: &Path, line: &str) -> io::Result<()> {
        self.step(Some((path, line)))?;
        MachineDisk.append(path, line)
    }

    fn settle(&self, folder: &Path) {
        MachineDisk.settle(folder);
    }
}

/// Two folders: a set striped over both, and a file of its own.
const FILES: [&str; 3] = ["one/full.bak", "two/full.bak", "one/log.trn"];

/// More steps than any of the works takes.
const MOST_STEPS: usize = 40;

fn folder() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for name in FILES {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, format!("bytes of {name}")).expect("a file");
    }
    root
}

fn units(root: &Path) -> [Vec<Going>; 2] {
    let going = |name: &str| Going {
        path: root.join(name),
        size: 9 + name.len() as u64,
        database: "Crm".to_owned(),
        sets: Vec::new(),
        reason: "old".to_owned(),
    };
    [vec![going(FILES[0]), going(FILES[1])], vec![going(FILES[2])]]
}

fn now() -> DateTime<Utc> {
    Utc::now()
}

fn remove_all<D: Disk>(disk: &D, root: &Path) -> pgbackup::error::Result<()> {
    let aside = Aside::new(disk);
    units(root).iter().try_for_each(|unit| aside.remove(unit, now(), now() + TimeDelta::days(3)))
}

fn undo_all<D: Disk>(disk: &D, root: &Path) -> pgbackup::error::Result<()> {
    let aside = Aside::new(disk);
    for name in ["one", "two"] {
        let folder = root.join(name);
        aside.settle(&folder)?;
        for file in aside_content(&folder)?.files {
            aside.undo(&file, now())?;
        }
    }
    Ok(())
}

fn empty_all<D: Disk>(disk: &D, root: &Path) -> pgbackup::error::Result<()> {
    let aside = Aside::new(disk);
    for name in ["one", "two"] {
        for file in aside_content(&root.join(name))?.files {
            aside.empty(&file, now())?;
        }
    }
    Ok(())
}

fn settle_all(root: &Path) {
    for name in ["one", "two"] {
        let folder = root.join(name);
        Aside::new(&MachineDisk).settle(&folder).expect("to settle");
        assert_eq!(aside_content(&folder).expect("a content").unfinished, 0);
    }
}

/// Where each file is: in its place, aside, or both (one file with two names).
fn places(root: &Path) -> BTreeMap<&'static str, (bool, bool)> {
    let place = |name: &'static str| {
        let path = root.join(name);
        let kept = path.parent().expect("a parent").join(ASIDE).join(path.file_name().expect("a name"));
        let holds = |path: &PathBuf| match fs::read_to_string(path) {
            Ok(text) => {
                assert_eq!(text, format!("bytes of {name}"), "no byte is lost");
                true
            }
            Err(_) => false,
        };
        (name, (holds(&path), holds(&kept)))
    };
    FILES.into_iter().map(place).collect()
}

fn assert_nothing_is_lost(root: &Path, told: &str) {
    for (name, place) in places(root) {
        assert_ne!(place, (false, false), "{told}: {name}");
    }
}

/// After settling, a unit is whole: in its place or aside.
fn assert_units_are_whole(root: &Path, told: &str) {
    let places = places(root);
    assert_eq!(places[FILES[0]], places[FILES[1]], "{told}: a stripe without the other");
    assert!(places.values().all(|(here, aside)| here != aside), "{told}: {places:?}");
}

#[test]
fn a_removal_that_is_stopped_anywhere_is_put_right_by_the_next_run() {
    let kinds = [io::ErrorKind::StorageFull, io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::PermissionDenied];
    let thens = kinds.map(Then::Fail).into_iter().chain(kinds.map(Then::FailOnce)).chain([Then::HalfLine]);
    let mut refused = 0;
    for then in thens {
        for steps in 0..MOST_STEPS {
            let root = folder();
            let disk = Stopping::new(steps, then);
            refused += usize::from(remove_all(&disk, root.path()).is_err());
            let told = format!("stopped after {steps}");
            assert_nothing_is_lost(root.path(), &told);
            settle_all(root.path());
            assert_units_are_whole(root.path(), &told);
            undo_all(&MachineDisk, root.path()).expect("an undo");
            assert!(places(root.path()).values().all(|place| *place == (true, false)), "{told}");
            if disk.taken.load(Ordering::Relaxed) <= steps {
                break;
            }
        }
    }
    assert!(refused > 40, "the steps must be reached to be tested: {refused}");
}

#[test]
fn a_failed_step_rolls_the_whole_unit_back() {
    // Folders and journals of both stripes, the first rename; the second fails, as for a file in use.
    let root = folder();
    let disk = Stopping::new(5, Then::FailOnce(io::ErrorKind::PermissionDenied));
    let error = Aside::new(&disk).remove(&units(root.path())[0], now(), now()).expect_err("the second stripe");
    assert_eq!(error.code, pgbackup::error::Code::Permission);
    assert!(places(root.path()).values().all(|place| *place == (true, false)), "{error}");
    assert_eq!(aside_content(&root.path().join("one")).expect("a content").unfinished, 0);
}

#[test]
fn an_undo_that_is_stopped_anywhere_is_finished_by_the_next_one() {
    for then in [Then::Fail(io::ErrorKind::ReadOnlyFilesystem), Then::HalfLine] {
        for steps in 0..MOST_STEPS {
            let root = folder();
            remove_all(&MachineDisk, root.path()).expect("a removal");
            let disk = Stopping::new(steps, then);
            let _ = undo_all(&disk, root.path());
            assert_nothing_is_lost(root.path(), &format!("stopped after {steps}"));
            undo_all(&MachineDisk, root.path()).expect("the next undo");
            assert!(places(root.path()).values().all(|place| *place == (true, false)), "stopped after {steps}");
            if disk.taken.load(Ordering::Relaxed) <= steps {
                break;
            }
        }
    }
}

#[test]
fn a_deletion_that_is_stopped_leaves_the_others_to_be_undone() {
    for steps in 0..MOST_STEPS {
        let root = folder();
        remove_all(&MachineDisk, root.path()).expect("a removal");
        let _ = empty_all(&Stopping::new(steps, Then::Fail(io::ErrorKind::ReadOnlyFilesystem)), root.path());
        let aside = places(root.path()).values().filter(|place| place.1).count();
        undo_all(&MachineDisk, root.path()).expect("an undo");
        assert_eq!(places(root.path()).values().filter(|place| place.0).count(), aside, "stopped after {steps}");
    }
}

#[test]
fn a_second_removal_of_a_name_does_not_replace_the_first() {
    let root = folder();
    remove_all(&MachineDisk, root.path()).expect("a removal");
    let path = root.path().join(FILES[2]);
    fs::write(&path, b"a later file").expect("a file");
    Aside::new(&MachineDisk).remove(&units(root.path())[1], now(), now()).expect("a removal");
    let content = aside_content(&root.path().join("one")).expect("a content");
    assert_eq!(content.files.iter().filter(|file| file.path == path).count(), 2);
    assert_eq!(fs::read(root.path().join("one").join(ASIDE).join("log.trn~2")).expect("the later"), b"a later file");
}

/// This program once more, to die in: `PGB_TEST_STOP` says after how many steps, and of which work.
#[test]
fn a_process_that_dies_after_any_step_loses_nothing() {
    const STOP: &str = "PGB_TEST_STOP";
    if let Ok(told) = std::env::var(STOP) {
        let mut parts = told.splitn(3, ' ');
        let mut next = || parts.next().expect("a part");
        let (steps, work, root) = (next().parse().expect("a number"), next(), next());
        let disk = Stopping::new(steps, Then::Abort);
        let work = if work == "undo" { undo_all } else { remove_all };
        work(&disk, Path::new(root)).expect("what is not stopped ends well");
        return;
    }
    let program = std::env::current_exe().expect("this program");
    for work in ["remove", "undo"] {
        let mut died = 0;
        for steps in 0..MOST_STEPS {
            let root = folder();
            if work == "undo" {
                remove_all(&MachineDisk, root.path()).expect("a removal");
            }
            let ended = Command::new(&program)
                .args(["--exact", "a_process_that_dies_after_any_step_loses_nothing", "--quiet"])
                .env(STOP, format!("{steps} {work} {}", root.path().display()))
                .output()
                .expect("this program once more");
            died += usize::from(!ended.status.success());
            let told = format!("{work} died after {steps}");
            assert_nothing_is_lost(root.path(), &told);
            settle_all(root.path());
            if work == "remove" {
                assert_units_are_whole(root.path(), &told);
            }
            undo_all(&MachineDisk, root.path()).expect("an undo");
            assert!(places(root.path()).values().all(|place| *place == (true, false)), "{told}");
            if ended.status.success() {
                break;
            }
        }
        assert!((8..MOST_STEPS).contains(&died), "{work} died {died} times");
    }
}
