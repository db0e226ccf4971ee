//! The pins of folders.

use std::fs;
use std::io;
use std::path::Path;

use super::PINS;
use crate::error::{Code, Error, Result};
use crate::ops::removal::refused;
use crate::wire::kept::Pins;

/// The pins of a folder; none where it has no such file.
///
/// # Errors
/// The file is there but cannot be read: then nobody knows what is pinned.
pub(in crate::ops) fn pins_of(folder: &Path) -> Result<Pins> {
    let path = folder.join(PINS);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Pins::default()),
        Err(error) => return Err(refused("reading the pins", &path, &error)),
    };
    Pins::read(&text).map_err(|why| {
        let shown = path.display().to_string();
        Error::new(Code::Corrupt, format!("the pins in `{shown}` cannot be read: {why}"))
            .hint("put the file right, or delete it and pin again")
            .target(shown)
    })
}
