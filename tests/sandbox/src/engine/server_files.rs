//! Answers of the file helpers (`xp_fileexist`, `xp_dirtree`).

/// `xp_fileexist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileExists {
    /// `File Exists`
    pub file: bool,
    /// `File is a Directory`
    pub directory: bool,
    /// `Parent Directory Exists`
    pub parent: bool,
}

/// One row of `xp_dirtree`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// `subdirectory`: the name.
    pub name: String,
    /// `depth`, from 1.
    pub depth: i32,
    /// `file`
    pub is_file: bool,
}
