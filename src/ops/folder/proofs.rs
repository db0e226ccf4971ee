//! Verifications that are remembered beside the files. A proof counts only for the very file it was
//! made of: the same size, time, first and last bytes, sets; anything else, and a broken record, is
//! as if there were none.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::Utc;

use super::{PROOFS, mark_of};
use crate::ops::removal::write_whole;
use crate::wire::kept::{FileMark, FileProof, Proofs, SetProof};

/// The proofs of several folders.
#[derive(Debug, Default)]
pub(super) struct KnownProofs {
    folders: HashMap<PathBuf, (Proofs, bool)>,
}

impl KnownProofs {
    /// What is known of a file that looks like this now.
    pub fn of(&mut self, path: &Path, mark: &FileMark) -> Option<&[SetProof]> {
        let (folder, name) = split(path)?;
        let (proofs, _) = self.folder(folder);
        proofs.files.get(&name).filter(|proof| proof.mark == *mark).map(|proof| proof.sets.as_slice())
    }

    /// Remembers what was found.
    pub fn add(&mut self, path: &Path, mark: FileMark, sets: Vec<SetProof>) {
        let Some((folder, name)) = split(path) else { return };
        let (proofs, changed) = self.folder(folder);
        proofs.files.insert(name, FileProof { mark, at: Utc::now(), sets });
        *changed = true;
    }

    /// Writes what was added. Without it the files are only verified again, so a folder that cannot
    /// be written to is no error; it is named.
    pub fn save(&mut self) -> Vec<PathBuf> {
        let mut failed = Vec::new();
        for (folder, (proofs, changed)) in &mut self.folders {
            if std::mem::take(changed) {
                proofs.files.retain(|name, _| folder.join(name).exists());
                if write_whole(&folder.join(PROOFS), &proofs.print()).is_err() {
                    failed.push(folder.clone());
                }
            }
        }
        failed
    }

    fn folder(&mut self, folder: &Path) -> &mut (Proofs, bool) {
        self.folders.entry(folder.to_owned()).or_insert_with(|| {
            let text = fs::read_to_string(folder.join(PROOFS)).unwrap_or_default();
            (Proofs::read(&text).unwrap_or_default(), false)
        })
    }
}

/// Remembers what was found in whole files, each with what it looked like before. A file that changed
/// meanwhile was not verified as it is now.
///
/// Returns the folders that cannot be written to.
pub(in crate::ops) fn remember(files: Vec<(PathBuf, FileMark, Vec<SetProof>)>) -> Vec<PathBuf> {
    let mut proofs = KnownProofs::default();
    for (path, mark, sets) in files {
        if mark_of(&path).is_ok_and(|now| now == mark) {
            proofs.add(&path, mark, sets);
        }
    }
    proofs.save()
}

fn split(path: &Path) -> Option<(&Path, String)> {
    Some((path.parent()?, path.file_name()?.to_str()?.to_owned()))
}
