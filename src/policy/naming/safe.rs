//! Names of databases, servers and instances as parts of a file name.

use std::collections::HashMap;

/// Device names of Windows, which no file may bear, with or without an extension.
const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// `name` as a part of a file name: letters that a file name cannot hold, or that shells take for
/// something else, become `_`, and a mark made from the whole name is added when anything changed,
/// so that `a/b` and `a?b` stay two names.
pub fn safe_name(name: &str) -> String {
    let text = replaced(name);
    // A name that already ends like our mark gets one too: else it could be another's result.
    if text == name && !ends_with_mark(name) { text } else { marked(&text, name) }
}

/// [`safe_name`] of each name, marked also where two of them differ only in case, which file names
/// do not.
pub fn distinct_names<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for name in names {
        *seen.entry(folded(name.as_ref())).or_default() += 1;
    }
    names
        .iter()
        .map(|name| {
            let name = name.as_ref();
            let alone = seen.get(&folded(name)).is_none_or(|count| *count == 1);
            if alone { safe_name(name) } else { marked(&replaced(name), name) }
        })
        .collect()
}

/// `name` in one case, as file systems without case compare it.
pub(super) fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// Whether Windows takes this file name for a device: by what stands before the first dot.
pub(super) fn is_reserved(file_name: &str) -> bool {
    let stem = file_name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    if RESERVED.contains(&stem.as_str()) {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    port.is_some_and(|number| matches!(number.chars().collect::<Vec<_>>()[..], ['0'..='9' | '¹' | '²' | '³']))
}

/// Whether a letter cannot stand in a file name of Windows, or must not: `%` and the marks that
/// turn the direction of text show a user another name than the file has.
pub(super) fn is_forbidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '%')
        || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

fn replaced(name: &str) -> String {
    let mut text: String = name.chars().map(|letter| if is_forbidden(letter) { '_' } else { letter }).collect();
    // Windows drops these at the end, and a leading one hides a file on Linux.
    for (at, letter) in [(text.len().checked_sub(1), [' ', '.']), (Some(0), [' ', '.'])] {
        if let Some(at) = at.filter(|at| text.is_char_boundary(*at) && text[*at..].starts_with(letter)) {
            text.replace_range(at..=at, "_");
        }
    }
    text
}

fn marked(text: &str, name: &str) -> String {
    format!("{text}~{:08x}", mark(name))
}

fn ends_with_mark(name: &str) -> bool {
    name.rsplit_once('~').is_some_and(|(_, end)| end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// FNV-1a of 64 bits, folded to 32: stable for ever, which `std`'s hashers do not promise.
fn mark(name: &str) -> u32 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash >> 32) as u32 ^ hash as u32
}
