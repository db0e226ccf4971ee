//! The corpus of real backups: read in place, never copied.

use std::path::PathBuf;

use serde_json::Value;

use crate::skip::skip;

/// One file of the corpus and what an independent decoder read in it.
pub struct Case {
    pub name: String,
    pub path: PathBuf,
    pub expected: Value,
}

/// All files of the corpus; `None`, said aloud, where it is absent.
///
/// It lies where `PGB_CORPUS` says, or in `../shared/corpus` beside the workspace.
pub fn cases() -> Option<Vec<Case>> {
    let root = std::env::var_os("PGB_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(root.join("expected.json")) else {
        skip("corpus", &format!("there is none in `{}`; name its folder in PGB_CORPUS", root.display()));
        return None;
    };
    let expected: Value = serde_json::from_str(&text).expect("expected.json is JSON");
    let files = expected["files"].as_object().expect("an object of files");
    let case = |(name, expected): (&String, &Value)| Case {
        name: name.clone(),
        path: root.join(name),
        expected: expected.clone(),
    };
    Some(files.iter().map(case).collect())
}
