//! Copies of the lab's chains in folders of their own. The corpus is not in the repository:
//! `PGB_CORPUS` names it, or it lies beside, in `../shared/corpus`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::skip::skip;

/// A folder with a copy of a folder of the lab; `None`, said aloud, when there is no corpus.
pub fn copy_of(folder: &str) -> Option<tempfile::TempDir> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("PGB_CORPUS").map_or_else(beside, PathBuf::from);
    let from = corpus.join("lab").join(folder);
    if !from.is_dir() {
        skip("corpus", &format!("`{}` is not there; name the corpus in PGB_CORPUS", from.display()));
        return None;
    }
    let copy = tempfile::tempdir().expect("a folder");
    copy_into(&from, copy.path());
    Some(copy)
}

/// Copies a folder with all that is below it. The copies are an hour old.
fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the lab") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).expect("a file")).expect("a copy");
            age(&target);
        }
    }
}

/// Makes a file an hour old, so that nobody takes it for one that is being written.
pub fn age(file: &Path) {
    let file = File::options().write(true).open(file).expect("a file");
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("to set its time");
}

/// Every file below a folder with its bytes, but for our own records.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("below").display().to_string();
            if path.is_dir() {
                todo.push(path);
            } else if !name.contains(".pgb-") {
                all.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    all.sort();
    all
}

/// The names of [`files`].
#[allow(dead_code)] // Not every test needs them.
pub fn names(folder: &Path) -> Vec<String> {
    files(folder).into_iter().map(|(name, _)| name).collect()
}
