//! What a backup file is called, and whether a path can hold one.
//!
//! A name is made of a template ([`Template`]) and facts ([`NameFacts`]), the same on every machine
//! and in every culture: Gregorian UTC and ASCII digits, Persian dates only where a token asks for
//! them. Every name is valid on Windows and Linux, whichever of them the server runs on, because
//! backups are copied between them.

mod path;
mod safe;
mod side;
mod template;
mod unique;

pub use path::{PathError, PathStyle, drive_letter, is_unc};
pub use safe::{distinct_names, safe_name};
pub use side::{side_name, side_name_of};
pub use template::{
    ARCHIVE_TEMPLATE, DEFAULT_TEMPLATE, NameFacts, ROLLING_ARCHIVE_TEMPLATE, Template, TemplateError, extension_of,
};
pub use unique::{NameError, TakenNames, backup_file_names, is_name_of};
