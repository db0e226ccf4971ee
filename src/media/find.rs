//! Finds files: by name, by folder, by pattern; one at a time, however many there are.

use std::fs::{self, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{MediaError, MediaErrorKind};
use super::pattern::{self, NamePattern};

/// How to find files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindOptions {
    /// Go into the folders of a folder. (A pattern does so where it says `**`.)
    pub recurse: bool,
    /// A pattern or folder without any file is no error.
    pub allow_none: bool,
    /// Files and folders whose names begin so are passed by, unless they are named themselves.
    pub pass_by: Option<&'static str>,
}

/// Finds the files that `targets` name: each a file, a folder, or a pattern (`*`, `?`, `[a-z]`, and
/// `**` for any folders).
///
/// What exists under a target's very name is that, even if the name looks like a pattern
/// (`backup [1].bak`). Of folders every file comes, whatever its extension: a backup may have any.
/// Files come in the order of the file system. Folders behind symbolic links are not gone into, so no
/// circle is walked. Memory holds the open folders on the way down, not their content.
pub fn find<T: Into<String>>(targets: impl IntoIterator<Item = T>, options: FindOptions) -> Find {
    let mut targets: Vec<String> = targets.into_iter().map(Into::into).collect();
    targets.reverse();
    Find { targets, options, walk: None }
}

/// The files of [`find()`]. An error concerns one target or folder; the next item goes on after it.
pub struct Find {
    /// Still to do, last first.
    targets: Vec<String>,
    options: FindOptions,
    walk: Option<Walk>,
}

/// A walk through the folders of one target.
struct Walk {
    target: String,
    /// Parts of the pattern; empty for a whole folder.
    parts: Vec<Part>,
    options: FindOptions,
    open: Vec<OpenFolder>,
    any: bool,
}

struct OpenFolder {
    path: PathBuf,
    entries: ReadDir,
    /// Parts of the pattern that a name in this folder may match.
    parts: Vec<usize>,
}

enum Part {
    /// `**`
    Folders,
    Name(NamePattern),
}

impl Iterator for Find {
    type Item = Result<PathBuf, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(walk) = &mut self.walk {
                if let Some(item) = walk.next() {
                    return Some(item);
                }
                let none = !walk.any && !self.options.allow_none;
                let target = std::mem::take(&mut walk.target);
                self.walk = None;
                if none {
                    return Some(Err(MediaError::new(target, MediaErrorKind::NoMatch)));
                }
            }
            let target = self.targets.pop()?;
            match Walk::begin(&target, self.options) {
                Begin::File(path) => return Some(Ok(path)),
                Begin::Walk(walk) => self.walk = Some(walk),
                Begin::Refused(error) if error.kind == MediaErrorKind::NoMatch && self.options.allow_none => {}
                Begin::Refused(error) => return Some(Err(error)),
            }
        }
    }
}

enum Begin {
    File(PathBuf),
    Walk(Walk),
    Refused(MediaError),
}

impl Walk {
    fn begin(target: &str, options: FindOptions) -> Begin {
        let path = Path::new(target);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Walk::open(target, path, Vec::new(), options),
            // Whether it can be opened, and is a file at all, is said when it is.
            Ok(_) => Begin::File(path.to_owned()),
            Err(_) if pattern::is_pattern(&target[prefix(target)..]) => match parse(target) {
                Ok((base, parts)) => Walk::open(target, &base, parts, FindOptions { recurse: false, ..options }),
                Err(why) => Begin::Refused(MediaError::new(target, MediaErrorKind::BadPattern(why))),
            },
            Err(error) => Begin::Refused(MediaError::from_io(target, &error)),
        }
    }

    fn open(target: &str, base: &Path, parts: Vec<Part>, options: FindOptions) -> Begin {
        let folder = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        match fs::read_dir(folder) {
            Ok(entries) => {
                let mut walk = Walk { target: target.to_owned(), parts, options, open: Vec::new(), any: false };
                let first = walk.reachable(&[0]);
                walk.open.push(OpenFolder { path: base.to_owned(), entries, parts: first });
                Begin::Walk(walk)
            }
            // A pattern in a folder that is not there matches nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !parts.is_empty() => {
                Begin::Refused(MediaError::new(target, MediaErrorKind::NoMatch))
            }
            Err(error) => Begin::Refused(MediaError::from_io(target, &error)),
        }
    }

    /// Parts that can come next at `from`: `**` may also stand for no folder.
    fn reachable(&self, from: &[usize]) -> Vec<usize> {
        let mut all = Vec::new();
        for start in from {
            let mut part = *start;
            while part < self.parts.len() && !all.contains(&part) {
                all.push(part);
                if !matches!(self.parts[part], Part::Folders) {
                    break;
                }
                part += 1;
            }
        }
        all
    }

    fn next(&mut self) -> Option<Result<PathBuf, MediaError>> {
        loop {
            let folder = self.open.last_mut()?;
            let entry = match folder.entries.next() {
                None => {
                    self.open.pop();
                    continue;
                }
                Some(Ok(entry)) => entry,
                Some(Err(error)) => {
                    let name = folder.path.display().to_string();
                    self.open.pop();
                    return Some(Err(MediaError::from_io(name, &error)));
                }
            };
            let name = entry.file_name();
            if self.options.pass_by.is_some_and(|begin| name.to_string_lossy().starts_with(begin)) {
                continue;
            }
            let (path, parts) = (folder.path.join(&name), folder.parts.clone());
            let (is_match, below) = self.matched(&name.to_string_lossy(), &parts);
            let item = match entry.file_type() {
                Ok(kind) if kind.is_dir() => below.and_then(|below| self.enter(path, below)).map(Err),
                Ok(_) if !is_match => None,
                Ok(kind) if kind.is_file() => Some(Ok(path)),
                Ok(kind) if kind.is_symlink() => link(path),
                // Devices, pipes and sockets are no backups.
                Ok(_) => None,
                Err(error) => Some(Err(MediaError::from_io(path.display().to_string(), &error))),
            };
            if let Some(item) = item {
                self.any = true;
                return Some(item);
            }
        }
    }

    /// Whether a file of this name matches, and which parts go on below a folder of this name.
    fn matched(&self, name: &str, parts: &[usize]) -> (bool, Option<Vec<usize>>) {
        if self.parts.is_empty() {
            return (true, self.options.recurse.then(Vec::new));
        }
        let (mut is_match, mut below) = (false, Vec::new());
        for part in parts {
            match &self.parts[*part] {
                Part::Folders => {
                    below.push(*part);
                    is_match |= *part + 1 == self.parts.len();
                }
                Part::Name(pattern) if pattern.matches(name) => {
                    is_match |= *part + 1 == self.parts.len();
                    below.push(*part + 1);
                }
                Part::Name(_) => {}
            }
        }
        let below = self.reachable(&below);
        (is_match, (!below.is_empty()).then_some(below))
    }

    fn enter(&mut self, path: PathBuf, parts: Vec<usize>) -> Option<MediaError> {
        match fs::read_dir(&path) {
            Ok(entries) => {
                self.open.push(OpenFolder { path, entries, parts });
                None
            }
            Err(error) => Some(MediaError::from_io(path.display().to_string(), &error)),
        }
    }
}

/// A file behind a symbolic link; folders behind one are left out.
fn link(path: PathBuf) -> Option<Result<PathBuf, MediaError>> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Some(Ok(path)),
        Ok(_) => None,
        Err(error) => Some(Err(MediaError::from_io(path.display().to_string(), &error))),
    }
}

/// The length of `\\?\`, whose question mark is none of a pattern; 0 without it.
fn prefix(target: &str) -> usize {
    if cfg!(windows) && target.starts_with(r"\\?\") { 4 } else { 0 }
}

/// The folder before the first part that is a pattern, and the parts from there. A folder that is there under
/// its very name is no pattern (`backups [old]`).
fn parse(target: &str) -> Result<(PathBuf, Vec<Part>), String> {
    let is_separator = |c: char| c == '/' || cfg!(windows) && c == '\\';
    // `C:*.bak` is about the current folder of a drive.
    let ends_folder = |c: char| is_separator(c) || cfg!(windows) && c == ':';
    let prefix = prefix(target);
    let first = target[prefix..].find(['*', '?', '[']).map_or(0, |first| prefix + first);
    let before = target[..first].rfind(ends_folder).map_or(0, |separator| separator + 1);
    let ends = target.rmatch_indices(is_separator).map(|(at, _)| at + 1).take_while(|end| *end > before);
    let base_end = ends.into_iter().find(|end| Path::new(&target[..*end]).is_dir()).unwrap_or(before);
    let parts = target[base_end..]
        .split(is_separator)
        .filter(|part| !part.is_empty())
        .map(|part| if part == "**" { Ok(Part::Folders) } else { NamePattern::new(part).map(Part::Name) })
        .collect::<Result<_, _>>()?;
    Ok((PathBuf::from(&target[..base_end]), parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(targets: &[String], options: FindOptions) -> Vec<String> {
        let mut names: Vec<String> = find(targets.to_vec(), options)
            .map(|item| match item {
                Ok(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
                Err(error) => format!("error: {}", error.kind),
            })
            .collect();
        names.sort();
        names
    }

    #[cfg(windows)]
    #[test]
    fn patterns_of_windows() {
        let (root, options) = (tree(), FindOptions::default());
        let folder = root.path().to_str().expect("Unicode").to_owned();
        for spelled in [folder.clone(), format!(r"\\?\{folder}"), folder.to_uppercase(), folder.replace('\\', "/")] {
            assert_eq!(found(&[format!(r"{spelled}\*.BAK")], options), ["a.bak", "x [1].bak"], "{spelled}");
            assert_eq!(found(&[format!(r"{spelled}\**\D.*")], options), ["d.bak"], "{spelled}");
            assert_eq!(found(&[format!(r"{spelled}\a.bak")], options), ["a.bak"], "{spelled}");
        }
        assert_eq!(found(&[format!(r"\\?\{folder}\gone.bak")], options), ["error: it does not exist"]);
        assert_eq!(parse("C:*.bak").expect("a pattern").0, PathBuf::from("C:"));
    }

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for name in ["a.bak", "b.trn", "x [1].bak", "sub/c.bak", "sub/deep/d.bak", "sub/deep/e.txt"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, b"").expect("a file");
        }
        root
    }

    #[test]
    fn files_folders_and_patterns_are_found() {
        let root = tree();
        let at = |text: &str| vec![format!("{}/{text}", root.path().display())];
        let plain = FindOptions::default();
        assert_eq!(found(&at(""), plain), ["a.bak", "b.trn", "x [1].bak"]);
        let recurse = FindOptions { recurse: true, ..plain };
        assert_eq!(found(&at(""), recurse), ["a.bak", "b.trn", "c.bak", "d.bak", "e.txt", "x [1].bak"]);
        assert_eq!(found(&at("*.bak"), plain), ["a.bak", "x [1].bak"]);
        assert_eq!(found(&at("**/*.bak"), plain), ["a.bak", "c.bak", "d.bak", "x [1].bak"]);
        assert_eq!(found(&at("s*/**/d.*"), plain), ["d.bak"]);
        assert_eq!(found(&at("*/*.bak"), plain), ["c.bak"]);
        assert_eq!(found(&at("x [1].bak"), plain), ["x [1].bak"], "a name that looks like a pattern");
        assert_eq!(found(&at("**"), plain).len(), 6);
        fs::create_dir(root.path().join("s [1]")).expect("a folder");
        fs::write(root.path().join("s [1]/f.bak"), b"").expect("a file");
        assert_eq!(found(&at("s [1]/*.bak"), plain), ["f.bak"]);
        assert_eq!(found(&at("[r-t] [[]1]/f.*"), plain), ["f.bak"]);
    }

    #[test]
    fn what_is_to_be_passed_by_is_found_only_by_its_name() {
        let root = tree();
        let at = |text: &str| vec![format!("{}/{text}", root.path().display())];
        let options = FindOptions { recurse: true, pass_by: Some("sub"), ..FindOptions::default() };
        assert_eq!(found(&at(""), options), ["a.bak", "b.trn", "x [1].bak"]);
        assert_eq!(found(&at("**/*.bak"), options), ["a.bak", "x [1].bak"]);
        assert_eq!(found(&at("sub/*.bak"), options), ["c.bak"]);
        assert_eq!(found(&at("sub"), options), ["c.bak", "d.bak", "e.txt"]);
    }

    #[test]
    fn what_is_not_there_is_an_error_and_the_rest_goes_on() {
        let root = tree();
        let at = |text: &str| format!("{}/{text}", root.path().display());
        let plain = FindOptions::default();
        assert_eq!(found(&[at("*.zip"), at("a.bak")], plain), ["a.bak", "error: no file matches"]);
        assert_eq!(found(&[at("no/*.bak")], plain), ["error: no file matches"]);
        assert_eq!(found(&[at("no.bak")], plain), ["error: it does not exist"]);
        assert_eq!(found(&[at("*.zip"), at("no/*.bak")], FindOptions { allow_none: true, ..plain }), [""; 0]);
        assert_eq!(found(&[at("a[b")], plain).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_are_named_and_not_walked() {
        let root = tree();
        let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, root.path().join(from)).expect("a link");
        link("loop.bak", "loop.bak");
        link("..", "sub/up");
        link("a.bak", "again.bak");
        let names =
            found(&[root.path().display().to_string()], FindOptions { recurse: true, ..FindOptions::default() });
        assert_eq!(names.iter().filter(|name| *name == "again.bak").count(), 1);
        assert_eq!(names.iter().filter(|name| name.starts_with("error: its symbolic links")).count(), 1);
        assert_eq!(names.len(), 8);
    }
}
