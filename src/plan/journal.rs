//! The history of a plan's runs: a file of lines, the newest last, put aside when it has grown.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::file_error;
use super::folders::{check_name, make};
use crate::error::Result;

/// A file of more bytes than this is put aside.
const ROTATE_AT: u64 = 1 << 20;

/// So many files that were put aside are kept.
const KEPT: u32 = 5;

/// Adds a line. A torn last line, left by a machine that stopped, is closed first.
///
/// # Errors
///
/// The file cannot be written.
pub fn append(state: &Path, plan: &str, line: &str) -> Result<()> {
    check_name(plan)?;
    let path = file(state, plan, 0);
    make(&state.join("history"))?;
    add(state, plan, line).map_err(|error| file_error("the history cannot be written:", &path, &error))
}

fn add(state: &Path, plan: &str, line: &str) -> io::Result<()> {
    let path = file(state, plan, 0);
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() >= ROTATE_AT) {
        for number in (0..KEPT).rev() {
            let from = file(state, plan, number);
            if from.exists() {
                fs::rename(from, file(state, plan, number + 1))?;
            }
        }
    }
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path)?;
    let torn = match file.seek(SeekFrom::End(-1)) {
        Ok(_) => {
            let mut last = [0];
            file.read_exact(&mut last)?;
            last != *b"\n"
        }
        // Empty.
        Err(_) => false,
    };
    // One write, so that a line is there whole or not at all as far as the system can do it.
    let text = format!("{}{line}\n", if torn { "\n" } else { "" });
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// All lines that are kept, the oldest first. A plan that never ran has none.
///
/// # Errors
///
/// A file cannot be read.
pub fn read(state: &Path, plan: &str) -> Result<Vec<String>> {
    check_name(plan)?;
    let mut lines = Vec::new();
    for number in (0..=KEPT).rev() {
        let path = file(state, plan, number);
        match fs::read(&path) {
            Ok(bytes) => lines.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_owned)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(file_error("the history cannot be read:", &path, &error)),
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    Ok(lines)
}

fn file(state: &Path, plan: &str, number: u32) -> PathBuf {
    let ending = if number == 0 { String::new() } else { format!(".{number}") };
    state.join("history").join(format!("{plan}.jsonl{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_in_order_and_put_aside() {
        let state = tempfile::tempdir().expect("a folder");
        assert_eq!(read(state.path(), "p"), Ok(Vec::new()));
        let long = "x".repeat(300_000);
        for number in 0..30 {
            append(state.path(), "p", &format!("{number} {long}")).expect("written");
        }
        let lines = read(state.path(), "p").expect("lines");
        let numbers: Vec<u32> = lines.iter().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
        assert_eq!(numbers.last(), Some(&29));
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
        assert!((20..30).contains(&numbers.len()), "{numbers:?}");
    }

    #[test]
    fn a_torn_line_does_not_take_the_next_one_with_it() {
        let state = tempfile::tempdir().expect("a folder");
        append(state.path(), "p", "one").expect("written");
        fs::write(file(state.path(), "p", 0), "one\ntw").expect("written");
        append(state.path(), "p", "three").expect("written");
        assert_eq!(read(state.path(), "p").expect("lines"), ["one", "tw", "three"]);
    }
}
