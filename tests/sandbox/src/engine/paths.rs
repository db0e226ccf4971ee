//! Server paths (`D:\Backup\x.bak`, `\\server\share\x`, `/var/opt/x`) as files below the root.
//!
//! `D:\a` is `root/D/a`, `\\server\share\a` is `root/UNC/server/share/a`, `/a` is `root/a`. A drive or a
//! share is there when its folder is. Names are found in any case, as Windows finds them.

use std::path::{Path, PathBuf};

use super::fault::OsError;

/// Splits a server path into the folder under the root and its parts, `.` and `..` resolved.
fn parts(server_path: &str) -> Result<(Vec<String>, Vec<String>), OsError> {
    let text = server_path.replace('/', "\\");
    let bytes = text.as_bytes();
    let (base, rest) = if bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' {
        if bytes.get(2).is_some_and(|c| *c != b'\\') {
            return Err(OsError::InvalidName);
        }
        (vec![text[..1].to_uppercase()], &text[2..])
    } else if let Some(rest) = text.strip_prefix("\\\\") {
        let mut names = rest.splitn(3, '\\');
        let (Some(server), Some(share)) = (names.next(), names.next()) else { return Err(OsError::InvalidName) };
        if server.is_empty() || share.is_empty() {
            return Err(OsError::InvalidName);
        }
        let at = (4 + server.len() + share.len() - 1).min(text.len());
        (vec!["UNC".to_owned(), server.to_owned(), share.to_owned()], &text[at..])
    } else if text.starts_with('\\') {
        (Vec::new(), text.as_str())
    } else {
        return Err(OsError::InvalidName);
    };
    let mut out: Vec<String> = Vec::new();
    for part in rest.split('\\').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            out.pop();
            continue;
        }
        if part.chars().any(|c| "<>|?*\":".contains(c) || c < ' ') {
            return Err(OsError::InvalidName);
        }
        // Windows drops dots and blanks at the end of a name.
        let trimmed = part.trim_end_matches(['.', ' ']);
        if trimmed.is_empty() {
            return Err(OsError::InvalidName);
        }
        out.push(trimmed.to_owned());
    }
    Ok((base, out))
}

/// The entry of a folder by its name in any case; the name itself when there is none.
fn entry(folder: &Path, name: &str) -> PathBuf {
    let exact = folder.join(name);
    if exact.exists() {
        return exact;
    }
    let wanted = name.to_lowercase();
    let found = std::fs::read_dir(folder).ok().and_then(|entries| {
        entries.flatten().find(|entry| entry.file_name().to_string_lossy().to_lowercase() == wanted)
    });
    found.map_or(exact, |entry| entry.path())
}

/// The file on this machine that a server path names, there or not.
pub(crate) fn resolve(root: &Path, server_path: &str) -> Result<PathBuf, OsError> {
    let (base, names) = parts(server_path)?;
    let is_share = base.len() == 3;
    let mut at = root.to_owned();
    for (index, name) in base.iter().enumerate() {
        at = entry(&at, name);
        if !at.is_dir() {
            return Err(match (is_share, index) {
                (false, _) => OsError::PathNotFound,
                (true, 2) => OsError::NetworkName,
                (true, _) => OsError::NetworkPath,
            });
        }
    }
    for name in &names {
        at = entry(&at, name);
    }
    Ok(at)
}

/// One spelling of a server path, to compare paths by.
pub(crate) fn key(server_path: &str) -> String {
    match parts(server_path) {
        Ok((base, names)) => {
            let all: Vec<String> = base.into_iter().chain(names).map(|name| name.to_lowercase()).collect();
            all.join("/")
        }
        Err(_) => server_path.to_lowercase(),
    }
}

/// Whether a path begins at a drive, a share or a root.
pub(crate) fn is_absolute(server_path: &str) -> bool {
    let bytes = server_path.as_bytes();
    server_path.starts_with(['\\', '/']) || (bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':')
}

/// The volume of a path: `D:`, `\\server\share`, or `/`.
pub(crate) fn volume(server_path: &str) -> String {
    match parts(server_path) {
        Ok((base, _)) if base.len() == 1 => format!("{}:", base[0]),
        Ok((base, _)) if base.len() == 3 => format!(r"\\{}\{}", base[1], base[2]),
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_paths_map_below_the_root() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(root.path().join("D/Backup")).expect("a drive");
        std::fs::create_dir_all(root.path().join("UNC/srv/share")).expect("a share");
        let at = |path: &str| resolve(root.path(), path).map(|p| p.strip_prefix(root.path()).unwrap_or(&p).to_owned());
        assert_eq!(at(r"d:\BACKUP\x.bak"), Ok("D/Backup/x.bak".into()));
        assert_eq!(at(r"D:\Backup\..\..\..\x.bak"), Ok("D/x.bak".into()));
        assert_eq!(at(r"\\SRV\share\a\x.bak"), Ok("UNC/srv/share/a/x.bak".into()));
        assert_eq!(at("/var/opt/x.bak"), Ok("var/opt/x.bak".into()));
        assert_eq!(at(r"Q:\x.bak"), Err(OsError::PathNotFound));
        assert_eq!(at(r"\\other\share\x.bak"), Err(OsError::NetworkPath));
        assert_eq!(at(r"\\srv\other\x.bak"), Err(OsError::NetworkName));
        assert_eq!(at(r"D:\Back|up\x.bak"), Err(OsError::InvalidName));
        assert_eq!(at("x.bak"), Err(OsError::InvalidName));
    }

    #[test]
    fn volumes_of_paths() {
        assert_eq!(volume(r"d:\x\y"), "D:");
        assert_eq!(volume(r"\\srv\share\x"), r"\\srv\share");
    }
}
