//! Where the files of a restored database go.
//!
//! In this order: where the caller says; in the folder that the caller names; where the database
//! that is overwritten has them; where they were; in the server's default folder, under the new
//! name. Never two files on one path.

use std::collections::BTreeMap;

use super::naming::{PathStyle, safe_name};
use crate::error::{Code, Error, Result};
use crate::model::FileType;

/// A file that needs a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homeless {
    /// Logical name.
    pub logical_name: String,
    /// Where it was when it was backed up.
    pub physical_name: String,
    /// Rows or log.
    pub file_type: FileType,
}

/// What the decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Wishes<'a> {
    /// By logical name: a path.
    pub places: &'a BTreeMap<String, String>,
    /// Folder for everything but logs.
    pub data_directory: Option<&'a str>,
    /// Folder for logs.
    pub log_directory: Option<&'a str>,
    /// Files of the database that is overwritten.
    pub existing: &'a [(String, FileType, String)],
    /// The server's folder for new data files.
    pub default_data: Option<&'a str>,
    /// The server's folder for new log files.
    pub default_log: Option<&'a str>,
    /// Name of the database in the backup.
    pub from: &'a str,
    /// Name of the database to make.
    pub to: &'a str,
    /// How the server writes paths.
    pub style: PathStyle,
}

/// A place for every file, in their order.
///
/// # Errors
///
/// A wish for a file that the backup does not have, a path that the server cannot mean, or two
/// wishes for one path.
pub fn places(files: &[Homeless], wishes: &Wishes<'_>) -> Result<Vec<String>> {
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    if let Some(unknown) = wishes.places.keys().find(|name| !files.iter().any(|file| same(&file.logical_name, name))) {
        let known: Vec<String> = files.iter().map(|file| format!("`{}`", file.logical_name)).collect();
        return Err(Error::new(Code::SetNotFound, format!("the backup has no file with the logical name `{unknown}`"))
            .hint(format!("its files are {}", known.join(", ")))
            .target(unknown));
    }
    let mut taken: Vec<String> = Vec::new();
    for file in files {
        let asked = wishes.places.iter().find(|(name, _)| same(name, &file.logical_name)).map(|(_, path)| path.clone());
        let by_wish = asked.is_some();
        let wanted = asked.unwrap_or_else(|| automatic(file, wishes));
        wishes.style.check(&wanted).map_err(|error| Error::new(Code::Name, error.to_string()).target(&wanted))?;
        let mut place = wanted.clone();
        let mut number = 1;
        while taken.iter().any(|other| same(other, &place)) {
            if by_wish {
                return Err(Error::new(
                    Code::Exists,
                    format!("two files of the backup are to be restored to `{place}`"),
                )
                .hint("give each file a path of its own")
                .target(&place));
            }
            number += 1;
            place = numbered(&wanted, number);
        }
        taken.push(place);
    }
    Ok(taken)
}

fn automatic(file: &Homeless, wishes: &Wishes<'_>) -> String {
    let is_log = file.file_type == FileType::Log;
    let asked = if is_log { wishes.log_directory.or(wishes.data_directory) } else { wishes.data_directory };
    if let Some(folder) = asked {
        return wishes.style.join(folder, &renamed(file, wishes));
    }
    let its_own = wishes.existing.iter().find(|(name, kind, _)| {
        name.to_lowercase() == file.logical_name.to_lowercase() && (*kind == FileType::Log) == is_log
    });
    if let Some((_, _, path)) = its_own {
        return path.clone();
    }
    let default = if is_log { wishes.default_log.or(wishes.default_data) } else { wishes.default_data };
    let stays = same_database(wishes) && !wishes.style.is_relative(&file.physical_name);
    match default {
        Some(folder) if !stays => wishes.style.join(folder, &renamed(file, wishes)),
        _ if stays => file.physical_name.clone(),
        // The server tells no default: beside where it was.
        _ => {
            let folder = file.physical_name.strip_suffix(last_part(&file.physical_name)).unwrap_or_default();
            wishes.style.join(folder, &renamed(file, wishes))
        }
    }
}

fn same_database(wishes: &Wishes<'_>) -> bool {
    wishes.from.to_lowercase() == wishes.to.to_lowercase()
}

/// The file's name under the new name of the database: `PayamGostar2_log.ldf` -> `Copy_log.ldf`.
fn renamed(file: &Homeless, wishes: &Wishes<'_>) -> String {
    let name = last_part(&file.physical_name);
    if same_database(wishes) {
        return name.to_owned();
    }
    let to = safe_name(wishes.to);
    match name.get(..wishes.from.len()) {
        Some(start) if start.to_lowercase() == wishes.from.to_lowercase() => format!("{to}{}", &name[start.len()..]),
        _ => format!("{to}_{name}"),
    }
}

/// The last part of a path of either style: backups travel between systems.
fn last_part(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

fn numbered(path: &str, number: u32) -> String {
    let name = last_part(path);
    let folder = path.strip_suffix(name).unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{folder}{stem}_{number}.{extension}"),
        None => format!("{folder}{name}_{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, path: &str, file_type: FileType) -> Homeless {
        Homeless { logical_name: name.into(), physical_name: path.into(), file_type }
    }

    fn crm() -> Vec<Homeless> {
        vec![
            file("PayamGostar2", r"C:\Old\PayamGostar2.mdf", FileType::Data),
            file("PayamGostar2_log", r"C:\Old\PayamGostar2_log.ldf", FileType::Log),
        ]
    }

    fn wishes<'a>(places: &'a BTreeMap<String, String>, to: &'a str) -> Wishes<'a> {
        Wishes {
            places,
            data_directory: None,
            log_directory: None,
            existing: &[],
            default_data: Some(r"D:\Data\"),
            default_log: Some(r"E:\Log\"),
            from: "PayamGostar2",
            to,
            style: PathStyle::Windows,
        }
    }

    #[test]
    fn a_database_goes_back_to_where_it_was() {
        let none = BTreeMap::new();
        let found = places(&crm(), &wishes(&none, "payamgostar2")).expect("places");
        assert_eq!(found, [r"C:\Old\PayamGostar2.mdf", r"C:\Old\PayamGostar2_log.ldf"]);
    }

    #[test]
    fn the_files_of_the_overwritten_database_win() {
        let none = BTreeMap::new();
        let existing = [("PayamGostar2".to_owned(), FileType::Data, r"F:\New\a.mdf".to_owned())];
        let wishes = Wishes { existing: &existing, ..wishes(&none, "PayamGostar2") };
        assert_eq!(places(&crm(), &wishes).expect("places"), [r"F:\New\a.mdf", r"C:\Old\PayamGostar2_log.ldf"]);
    }

    #[test]
    fn a_copy_gets_files_of_its_own_name() {
        let none = BTreeMap::new();
        let found = places(&crm(), &wishes(&none, "Copy")).expect("places");
        assert_eq!(found, [r"D:\Data\Copy.mdf", r"E:\Log\Copy_log.ldf"]);
        let wishes = Wishes { data_directory: Some(r"G:\X"), ..wishes(&none, "Copy") };
        assert_eq!(places(&crm(), &wishes).expect("places"), [r"G:\X\Copy.mdf", r"G:\X\Copy_log.ldf"]);
    }

    #[test]
    fn wishes_by_name_win_and_must_fit() {
        let mut asked = BTreeMap::from([("PAYAMGOSTAR2".to_owned(), r"D:\a.mdf".to_owned())]);
        assert_eq!(places(&crm(), &wishes(&asked, "Copy")).expect("places")[0], r"D:\a.mdf");
        asked.insert("PayamGostar2_log".into(), r"d:\A.MDF".into());
        assert_eq!(places(&crm(), &wishes(&asked, "Copy")).map_err(|e| e.code), Err(Code::Exists));
        let asked = BTreeMap::from([("nope".to_owned(), r"D:\a.mdf".to_owned())]);
        assert_eq!(places(&crm(), &wishes(&asked, "Copy")).map_err(|e| e.code), Err(Code::SetNotFound));
        let asked = BTreeMap::from([("PayamGostar2".to_owned(), "a.mdf".to_owned())]);
        assert_eq!(places(&crm(), &wishes(&asked, "Copy")).map_err(|e| e.code), Err(Code::Name));
    }

    #[test]
    fn two_files_of_one_name_get_two_places() {
        let none = BTreeMap::new();
        let files = [file("a", r"C:\1\x.ndf", FileType::Data), file("b", r"C:\2\x.ndf", FileType::Data)];
        let found = places(&files, &wishes(&none, "Copy")).expect("places");
        assert_eq!(found, [r"D:\Data\Copy_x.ndf", r"D:\Data\Copy_x_2.ndf"]);
    }
}
