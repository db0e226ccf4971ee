//! What kind of file this is, by its first bytes.

use std::fmt;

/// How a backup medium is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// `TAPE`: Microsoft Tape Format, as written without compression.
    Tape,
    /// `MSSQLBAK`: compressed records that expand to Microsoft Tape Format.
    Compressed {
        /// The u32 after the magic; 2 is the one this library can expand.
        version: u32,
    },
}

/// A file that is not a SQL Server backup medium, by what it seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // Each says what it is by its name.
pub enum Foreign {
    Empty,
    TooShort,
    ZeroFilled,
    Zip,
    Gzip,
    SevenZip,
    Rar,
    Xz,
    Zstandard,
    Bzip2,
    Cabinet,
    Pdf,
    Redgate,
    Executable,
    DatabaseFile,
    TapeOfAnotherProduct,
    Text,
    Unknown,
}

/// How many bytes [`recognise`] wants to see.
pub(crate) const MAGIC_BYTES: usize = 512;

/// The container of a file that begins with `head` and is `size` bytes long.
///
/// # Errors
/// What the file seems to be instead.
///
/// `name` is asked only where the bytes tell nothing: Redgate publishes no magic number, but its
/// files are called `.sqb`.
pub(crate) fn recognise(head: &[u8], size: u64, name: &str) -> Result<Container, Foreign> {
    if head.starts_with(b"TAPE") {
        return Ok(Container::Tape);
    }
    if head.starts_with(b"MSSQLBAK") {
        let version = head.get(8..12).map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        return Ok(Container::Compressed { version });
    }
    Err(match foreign(head, size) {
        Foreign::Unknown if name.to_ascii_lowercase().ends_with(".sqb") => Foreign::Redgate,
        foreign => foreign,
    })
}

fn foreign(head: &[u8], size: u64) -> Foreign {
    // Magic numbers as published by each format's owner.
    const MAGICS: [(&[u8], Foreign); 11] = [
        (b"PK\x03\x04", Foreign::Zip),
        (b"PK\x05\x06", Foreign::Zip),
        (b"\x1f\x8b", Foreign::Gzip),
        (b"7z\xbc\xaf\x27\x1c", Foreign::SevenZip),
        (b"Rar!\x1a\x07", Foreign::Rar),
        (b"\xfd7zXZ\0", Foreign::Xz),
        (b"\x28\xb5\x2f\xfd", Foreign::Zstandard),
        (b"BZh", Foreign::Bzip2),
        (b"MSCF", Foreign::Cabinet),
        (b"%PDF-", Foreign::Pdf),
        (b"MZ", Foreign::Executable),
    ];
    if size == 0 {
        return Foreign::Empty;
    }
    if let Some((_, foreign)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *foreign;
    }
    if is_text(head) {
        return Foreign::Text;
    }
    if head.len() < 52 {
        return Foreign::TooShort;
    }
    if head.iter().all(|byte| *byte == 0) {
        return Foreign::ZeroFilled;
    }
    // Page 0 of a data file: version 1, type 15 (file header), page id 0 (rows.md 2).
    if size >= 8192 && head[0] == 1 && head[1] == 15 && head[32..36] == [0; 4] {
        return Foreign::DatabaseFile;
    }
    Foreign::Unknown
}

/// Whether all of it is printable text, in UTF-8 or in UTF-16 with a mark.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    head.len() >= 4 && !valid.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}'))
}

impl Foreign {
    /// What to do next.
    pub fn hint(self) -> &'static str {
        match self {
            Foreign::Zip
            | Foreign::Gzip
            | Foreign::SevenZip
            | Foreign::Rar
            | Foreign::Xz
            | Foreign::Zstandard
            | Foreign::Bzip2
            | Foreign::Cabinet => "unpack it first",
            Foreign::Redgate => "convert it with Redgate's SQBConverter",
            Foreign::TapeOfAnotherProduct => "use the product that wrote it; some have a tool that extracts .bak files",
            Foreign::DatabaseFile => "attach it with CREATE DATABASE ... FOR ATTACH",
            Foreign::Empty | Foreign::TooShort | Foreign::ZeroFilled => {
                "copy it again from where it was made, or wait until the backup that writes it has ended"
            }
            _ => "check whether it is the file you mean; no SQL Server can restore it",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Foreign::Empty => return f.write_str("the file is empty"),
            Foreign::TooShort => return f.write_str("the file is too short to be a backup"),
            Foreign::ZeroFilled => return f.write_str("the file begins with nothing but zeros"),
            Foreign::Unknown => return f.write_str("it is not a SQL Server backup"),
            Foreign::Zip => "a zip archive",
            Foreign::Gzip => "a gzip archive",
            Foreign::SevenZip => "a 7-Zip archive",
            Foreign::Rar => "a RAR archive",
            Foreign::Xz => "an xz archive",
            Foreign::Zstandard => "a Zstandard archive",
            Foreign::Bzip2 => "a bzip2 archive",
            Foreign::Cabinet => "a cabinet archive",
            Foreign::Pdf => "a PDF document",
            Foreign::Redgate => "a Redgate SQL Backup file",
            Foreign::Executable => "a Windows program",
            Foreign::DatabaseFile => "a data file of a database (.mdf, .ndf)",
            Foreign::TapeOfAnotherProduct => "a Microsoft Tape Format file of another product",
            Foreign::Text => "a text file",
        };
        write!(f, "it is {what}, not a SQL Server backup")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_known_by_their_first_bytes() {
        assert_eq!(recognise(b"TAPE", 4, ""), Ok(Container::Tape));
        assert_eq!(recognise(b"MSSQLBAK\x02\0\0\0", 4096, ""), Ok(Container::Compressed { version: 2 }));
        assert_eq!(recognise(b"MSSQLBAK", 8, ""), Ok(Container::Compressed { version: 0 }));
    }

    #[test]
    fn foreign_files_are_named() {
        let mut page = vec![0u8; 512];
        (page[0], page[1], page[40]) = (1, 15, 9);
        let zeros = [0u8; 512];
        let cases: [(&[u8], u64, Foreign); 10] = [
            (b"", 0, Foreign::Empty),
            (b"\x01\x02\x03", 3, Foreign::TooShort),
            (b"PK\x03\x04rest", 100, Foreign::Zip),
            (b"%PDF-1.7", 100, Foreign::Pdf),
            (b"\x1f\x8b\x08", 100, Foreign::Gzip),
            ("\u{628}\u{6a9}\u{627}\u{67e} notes".as_bytes(), 20, Foreign::Text),
            (b"\xff\xfeh\0i\0", 6, Foreign::Text),
            (&page, 8192, Foreign::DatabaseFile),
            (&zeros, 8192, Foreign::ZeroFilled),
            (&[7u8; 60], 60, Foreign::Unknown),
        ];
        for (head, size, expected) in cases {
            assert_eq!(recognise(head, size, "x.bak"), Err(expected), "{expected:?}");
        }
        assert_eq!(recognise(&[7; 60], 60, r"D:\x.SQB"), Err(Foreign::Redgate));
    }
}
