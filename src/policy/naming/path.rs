//! Paths as the server sees them, judged without touching a disk.

use super::safe::{is_forbidden, is_reserved};

/// How the server's operating system writes paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathStyle {
    /// `D:\Backup\x.bak`, `\\host\share\x.bak`.
    Windows,
    /// `/var/opt/mssql/backup/x.bak`.
    Posix,
}

/// A path that cannot name a backup file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// There is no path.
    #[error("no path was given; write one as the server sees it, such as {}", .0.example())]
    Empty(PathStyle),
    /// The path does not begin at a root.
    #[error("`{path}` is not a whole path, and the server would look for it in a folder of its own; write it like {}", style.example())]
    Relative {
        /// The path.
        path: String,
        /// How the server writes paths.
        style: PathStyle,
    },
    /// A URL.
    #[error("`{0}` is a URL; backups are written to a folder of the server or to a share")]
    Url(String),
    /// The path ends where a file name should stand.
    #[error("`{0}` names a folder; add a file name")]
    Folder(String),
    /// A letter that no file name can hold.
    #[error("`{path}` holds {letter:?}, which cannot stand in a file name; leave it out")]
    Letter {
        /// The path.
        path: String,
        /// The letter.
        letter: char,
    },
    /// A device of Windows.
    #[error(
        "`{component}` in `{path}` is a device of Windows, not a file: a backup written there is lost; choose another name"
    )]
    Device {
        /// The path.
        path: String,
        /// The part that names a device.
        component: String,
    },
    /// Windows drops dots and spaces at the end of a name.
    #[error("`{component}` in `{path}` ends in a dot or a space, which Windows drops; leave it out")]
    TrailingDotOrSpace {
        /// The path.
        path: String,
        /// The part that ends so.
        component: String,
    },
    /// The path steps out of its folder.
    #[error("`{0}` holds `.` or `..`; write the folder itself")]
    Dots(String),
    /// SQL Server takes at most 259 characters (error 3057).
    #[error(
        "`{path}` has {length} characters, and SQL Server takes at most {limit}; use a shorter folder or file name"
    )]
    TooLong {
        /// The path.
        path: String,
        /// UTF-16 units of it.
        length: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A file system takes at most 255 units for one name.
    #[error("`{component}` has {length} {units}, and a file system takes at most 255 in one name; use a shorter one")]
    ComponentTooLong {
        /// The part of the path.
        component: String,
        /// Its length.
        length: usize,
        /// `characters` on Windows, `bytes` elsewhere.
        units: &'static str,
    },
    /// A drive that the server does not have.
    #[error(
        "drive {letter}: of `{path}` is not a drive of the server, which has {known}; a mapped drive is seen only by the user who mapped it, so write its \\\\host\\share path"
    )]
    UnknownDrive {
        /// The path.
        path: String,
        /// The letter, upper case.
        letter: char,
        /// The drives that the server has.
        known: String,
    },
}

/// SQL Server's limit for a device name, in UTF-16 units (error 3057).
const PATH_LIMIT: usize = 259;
/// The limit of NTFS (UTF-16 units) and of Linux file systems (bytes) for one name.
const COMPONENT_LIMIT: usize = 255;

impl PathStyle {
    /// The style of a server that separates folders by this character, as `xp_instance_regread`
    /// or `sys.dm_os_host_info` tell; `None` for any other.
    pub const fn from_separator(separator: char) -> Option<PathStyle> {
        match separator {
            '\\' => Some(PathStyle::Windows),
            '/' => Some(PathStyle::Posix),
            _ => None,
        }
    }

    /// The character between folders.
    pub const fn separator(self) -> char {
        match self {
            PathStyle::Windows => '\\',
            PathStyle::Posix => '/',
        }
    }

    /// `folder` and `name` as one path, with one separator between them.
    pub fn join(self, folder: &str, name: &str) -> String {
        if folder.is_empty() || folder.ends_with(self.separators()) {
            format!("{folder}{name}")
        } else {
            format!("{folder}{}{name}", self.separator())
        }
    }

    /// The last part of a path: its file name.
    pub fn file_name(self, path: &str) -> &str {
        path.rsplit(self.separators()).next().unwrap_or(path)
    }

    /// Whether the path does not begin at a root. `C:x` and `\x` count as relative: they depend on
    /// the server's current folder and drive.
    pub fn is_relative(self, path: &str) -> bool {
        match self {
            PathStyle::Posix => !path.starts_with('/'),
            PathStyle::Windows => {
                let rooted = drive_letter(path).is_some() && path[2..].starts_with(['\\', '/']);
                !(rooted || is_unc(path))
            }
        }
    }

    /// Whether the path can name a backup file on a server of this style.
    ///
    /// # Errors
    /// Says what is wrong with the path and what to write instead.
    pub fn check(self, path: &str) -> Result<(), PathError> {
        let owned = || path.to_owned();
        if path.trim().is_empty() {
            return Err(PathError::Empty(self));
        }
        if path.contains("://") {
            return Err(PathError::Url(owned()));
        }
        if self == PathStyle::Windows && !path.contains(self.separators()) && is_reserved(path) {
            return Err(PathError::Device { path: owned(), component: owned() });
        }
        if self.is_relative(path) {
            return Err(PathError::Relative { path: owned(), style: self });
        }
        if path.ends_with(self.separators()) {
            return Err(PathError::Folder(owned()));
        }
        let length = path.encode_utf16().count();
        if length > PATH_LIMIT {
            return Err(PathError::TooLong { path: owned(), length, limit: PATH_LIMIT });
        }
        self.below_root(path).split(self.separators()).try_for_each(|part| self.check_component(path, part))
    }

    /// Whether the server has the drive of a path: `drives` are its letters, as `xp_fixeddrives`
    /// lists them. Paths without a drive pass.
    ///
    /// # Errors
    /// The drive is not among them, so it is mapped or missing.
    pub fn check_drive(self, path: &str, drives: &[char]) -> Result<(), PathError> {
        let Some(letter) = drive_letter(path).filter(|_| self == PathStyle::Windows) else { return Ok(()) };
        if drives.iter().any(|drive| drive.eq_ignore_ascii_case(&letter)) {
            return Ok(());
        }
        let known: Vec<String> = drives.iter().map(|drive| format!("{}:", drive.to_ascii_uppercase())).collect();
        Err(PathError::UnknownDrive { path: path.to_owned(), letter, known: known.join(" ") })
    }

    const fn separators(self) -> &'static [char] {
        match self {
            PathStyle::Windows => &['\\', '/'],
            PathStyle::Posix => &['/'],
        }
    }

    const fn example(self) -> &'static str {
        match self {
            PathStyle::Windows => r"D:\Backup\PayamGostar2.bak",
            PathStyle::Posix => "/var/opt/mssql/backup/PayamGostar2.bak",
        }
    }

    fn below_root(self, path: &str) -> &str {
        match self {
            PathStyle::Posix => path.trim_start_matches('/'),
            PathStyle::Windows => {
                let path = path.strip_prefix(r"\\?\").unwrap_or(path);
                let path = if drive_letter(path).is_some() { &path[2..] } else { path };
                path.trim_start_matches(['\\', '/'])
            }
        }
    }

    fn check_component(self, path: &str, part: &str) -> Result<(), PathError> {
        let path = || path.to_owned();
        let component = || part.to_owned();
        if part == "." || part == ".." {
            return Err(PathError::Dots(path()));
        }
        let (length, units) = match self {
            PathStyle::Windows => (part.encode_utf16().count(), "characters"),
            PathStyle::Posix => (part.len(), "bytes"),
        };
        if length > COMPONENT_LIMIT {
            return Err(PathError::ComponentTooLong { component: component(), length, units });
        }
        // A user's own folder may hold a `%`: only names that we make must not.
        let forbidden = |letter: char| match self {
            PathStyle::Windows => is_forbidden(letter) && letter != '%',
            PathStyle::Posix => letter.is_control(),
        };
        if let Some(letter) = part.chars().find(|letter| forbidden(*letter)) {
            return Err(PathError::Letter { path: path(), letter });
        }
        if self == PathStyle::Windows {
            if is_reserved(part) {
                return Err(PathError::Device { path: path(), component: component() });
            }
            if part.ends_with(['.', ' ']) {
                return Err(PathError::TrailingDotOrSpace { path: path(), component: component() });
            }
        }
        Ok(())
    }
}

/// The drive letter, upper case, that a Windows path begins with.
pub fn drive_letter(path: &str) -> Option<char> {
    let mut letters = path.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    (letters.next() == Some(':')).then(|| letter.to_ascii_uppercase())
}

/// Whether a Windows path begins with two separators, so names a share (or is `\\?\`).
pub fn is_unc(path: &str) -> bool {
    let mut letters = path.chars();
    let separator = |letter: Option<char>| matches!(letter, Some('\\' | '/'));
    separator(letters.next()) && separator(letters.next()) && letters.next().is_some()
}
