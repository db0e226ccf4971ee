//! Knows SQL Server's information messages by their English words: the driver tells only the text.
//!
//! Texts: `sys.messages`, language 1033, SQL Server 2008 to 2022.

use crate::error::ServerMessage;

/// What a message of a BACKUP or RESTORE tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// 3211, "n percent processed."
    Percent(u8),
    /// 4035, "Processed n pages for database 'x', file 'y' on file n.": pages and position.
    Pages {
        /// 8 KiB pages of one file of the database.
        pages: u64,
        /// Position of the backup set in the file.
        position: u16,
    },
    /// 3014, the closing words: all pages.
    Done {
        /// 8 KiB pages in all.
        pages: u64,
    },
}

/// A message with its number, where the text tells it.
pub(super) fn recognise(text: String) -> ServerMessage {
    let number = number_of(&text);
    ServerMessage { number, severity: number.map(|_| 10), state: None, line: None, procedure: None, text }
}

fn number_of(text: &str) -> Option<u32> {
    if text.ends_with(" percent processed.") {
        Some(3211)
    } else if text.starts_with("Processed ") && text.contains(" pages for database ") {
        Some(4035)
    } else if text.contains(" successfully processed ") && text.contains(" pages in ") {
        Some(3014)
    } else if text.starts_with("The backup set on file ") && text.ends_with(" is valid.") {
        Some(3262)
    } else if text.starts_with("Changed database context to ") {
        Some(5701)
    } else if text.starts_with("Changed language setting to ") {
        Some(5703)
    } else {
        None
    }
}

/// The numbers in a message; `None` for one that has none of interest.
pub fn read(message: &ServerMessage) -> Option<Told> {
    let words: Vec<&str> = message.text.split_whitespace().collect();
    match message.number? {
        3211 => words.first()?.parse().ok().filter(|percent| *percent <= 100).map(Told::Percent),
        4035 => Some(Told::Pages {
            pages: words.get(1)?.parse().ok()?,
            position: words.last()?.trim_end_matches('.').parse().ok()?,
        }),
        3014 => {
            let at = words.iter().position(|word| *word == "processed")?;
            Some(Told::Done { pages: words.get(at + 1)?.parse().ok()? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<Told> {
        read(&recognise(text.to_owned()))
    }

    #[test]
    fn messages_of_a_backup() {
        assert_eq!(told("10 percent processed."), Some(Told::Percent(10)));
        assert_eq!(
            told("Processed 344 pages for database 'a on file 9.', file 'x y' on file 3."),
            Some(Told::Pages { pages: 344, position: 3 })
        );
        assert_eq!(
            told("BACKUP DATABASE successfully processed 346 pages in 0.033 seconds (81.6 MB/sec)."),
            Some(Told::Done { pages: 346 })
        );
        assert_eq!(told("101 percent processed."), None);
        assert_eq!(told("hello"), None);
    }
}
