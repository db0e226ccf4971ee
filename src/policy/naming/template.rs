//! Templates of backup file names and their tokens.

use chrono::{Datelike, FixedOffset, NaiveDateTime, Offset, TimeZone, Timelike};

use super::safe::{distinct_names, is_forbidden, safe_name};
use crate::model::BackupType;
use crate::policy::calendar::PersianDate;

/// The name of a file of its own for each run, such as
/// `PAYAMGOSTAR2_PayamGostar2_FULL_20261120_143000Z.bak`.
pub const DEFAULT_TEMPLATE: &str = "{Instance}_{Database}_{Type}_{Utc}";

/// The name of an append archive, which holds all sets of one database: `PayamGostar2.bak`.
pub const ARCHIVE_TEMPLATE: &str = "{Database}";

/// The name of an append archive that is followed by others: by when it was begun.
pub const ROLLING_ARCHIVE_TEMPLATE: &str = "{Database}_{Utc}";

/// What a name is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct NameFacts<'a> {
    /// Name of the server's machine, without the instance.
    pub server: &'a str,
    /// Name of the instance; `None` for the default one, which is called `MSSQLSERVER`.
    pub instance: Option<&'a str>,
    /// Name of the database.
    pub database: &'a str,
    /// The other databases of the same run or server: a name that differs from one of them only
    /// in case is marked. May be empty.
    pub other_databases: &'a [&'a str],
    /// What is backed up.
    pub backup_type: BackupType,
    /// Whether the backup is copy-only.
    pub copy_only: bool,
    /// The moment of the run, UTC.
    pub utc: NaiveDateTime,
    /// What the server's clock is ahead of UTC.
    pub offset: FixedOffset,
    /// How many files the set is striped over, from 1.
    pub stripes: u16,
}

/// A parsed template. [`Template::parse`] names what is wrong with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    /// Whether the text after the last token ends in an extension.
    has_extension: bool,
}

/// A template that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// No such token.
    #[error("file name `{template}`: there is no token `{{{token}}}`; known are {known}", known = known_tokens())]
    UnknownToken {
        /// The template.
        template: String,
        /// What stood between the braces.
        token: String,
    },
    /// A brace without its partner.
    #[error("file name `{template}`: a `{brace}` stands alone; write `{brace}{brace}` for the letter itself")]
    LoneBrace {
        /// The template.
        template: String,
        /// `{` or `}`.
        brace: char,
    },
    /// A letter that no file name can hold.
    #[error("file name `{template}`: {letter:?} cannot stand in a file name; folders belong into the destination")]
    Letter {
        /// The template.
        template: String,
        /// The letter.
        letter: char,
    },
    /// Nothing is left of the name.
    #[error("the file name is empty; write one like `{DEFAULT_TEMPLATE}`")]
    Empty,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Token(Token),
}

macro_rules! tokens {
    ($($name:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Token { $($name),* }

        impl Token {
            const ALL: &'static [(&'static str, Token)] = &[$((stringify!($name), Token::$name)),*];
        }
    };
}

tokens! {
    Server, Instance, Database, Type, CopyOnly, Utc, Local, Offset, PersianDate, PersianTime,
    Year, Month, Day, Hour, Minute, Second, PersianYear, PersianMonth, PersianDay, Stripe, Stripes,
}

impl Template {
    /// Reads a template: text with tokens in braces, in any case; `{{` and `}}` are the letters.
    ///
    /// | token | gives |
    /// |---|---|
    /// | `Server`, `Instance`, `Database` | the names, made safe; `MSSQLSERVER` is the default instance |
    /// | `Type` | `FULL`, `DIFF`, `LOG`, `FILE`, `FILEDIFF`, `PARTIAL`, `PARTIALDIFF` |
    /// | `CopyOnly` | `COPY_ONLY`, or nothing, and then the `_`, `-` or space before it goes too |
    /// | `Utc` | `20261120_143000Z` |
    /// | `Local`, `Offset` | `20261120_180000` by the server's clock, `+0330` |
    /// | `Year` `Month` `Day` `Hour` `Minute` `Second` | parts of `Utc` |
    /// | `PersianDate`, `PersianTime` | `14050829`, `180000` by the server's clock |
    /// | `PersianYear`, `PersianMonth`, `PersianDay` | parts of `PersianDate` |
    /// | `Stripe`, `Stripes` | number of this file, number of files |
    ///
    /// # Errors
    /// The template has an unknown token, a lone brace or a letter that no file name can hold.
    pub fn parse(template: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut letters = template.chars().peekable();
        let lone = |brace| TemplateError::LoneBrace { template: template.to_owned(), brace };
        while let Some(letter) = letters.next() {
            match letter {
                '{' | '}' if letters.next_if_eq(&letter).is_some() => text.push(letter),
                '{' => {
                    let mut token = String::new();
                    loop {
                        match letters.next() {
                            Some('}') => break,
                            Some(letter) if letter != '{' => token.push(letter),
                            _ => return Err(lone('{')),
                        }
                    }
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(Part::Token(token_of(template, &token)?));
                }
                '}' => return Err(lone('}')),
                _ if is_forbidden(letter) => {
                    return Err(TemplateError::Letter { template: template.to_owned(), letter });
                }
                _ => text.push(letter),
            }
        }
        let has_extension = ends_in_extension(&text, parts.is_empty());
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let blank = |part: &Part| matches!(part, Part::Text(text) if text.trim_matches([' ', '.']).is_empty());
        if parts.iter().all(blank) {
            return Err(TemplateError::Empty);
        }
        Ok(Template { parts, has_extension })
    }

    /// The file name without its extension, and the extension, for the stripe `stripe` (from 1) of
    /// `facts.stripes`. A striped set whose template does not number its files gets `_1of4`.
    pub(super) fn expand(&self, facts: &NameFacts<'_>, stripe: u16) -> (String, String) {
        let mut name = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Token(Token::CopyOnly) if !facts.copy_only => {
                    if name.ends_with(['_', '-', ' ']) {
                        name.pop();
                    }
                }
                Part::Token(token) => name.push_str(&value(*token, facts, stripe)),
            }
        }
        let extension = if self.has_extension {
            name.rfind('.').map(|at| name.split_off(at)).unwrap_or_default()
        } else {
            format!(".{}", extension_of(facts.backup_type))
        };
        let mut stem = name.trim_end_matches([' ', '.']).trim_start_matches(' ').to_owned();
        if facts.stripes > 1 && !self.parts.contains(&Part::Token(Token::Stripe)) {
            stem.push_str(&format!("_{stripe}of{}", facts.stripes));
        }
        (stem, extension)
    }
}

/// The usual extension: `trn` for a log backup, else `bak`.
pub const fn extension_of(backup_type: BackupType) -> &'static str {
    match backup_type {
        BackupType::Log => "trn",
        _ => "bak",
    }
}

fn value(token: Token, facts: &NameFacts<'_>, stripe: u16) -> String {
    let local = facts.offset.from_utc_datetime(&facts.utc).naive_local();
    // Outside the calendar's range nothing true can be said; zeros sort first and are seen.
    let persian = PersianDate::from_gregorian(local.date()).ok();
    let persian = persian.map_or((0, 0, 0), |date| (date.year(), date.month(), date.day()));
    let day = |at: NaiveDateTime| format!("{:04}{:02}{:02}", at.year(), at.month(), at.day());
    let time = |at: NaiveDateTime| format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second());
    match token {
        Token::Server => safe_name(facts.server),
        Token::Instance => safe_name(facts.instance.unwrap_or("MSSQLSERVER")),
        Token::Database => database_part(facts),
        Token::Type => type_word(facts.backup_type).to_owned(),
        Token::CopyOnly => "COPY_ONLY".to_owned(),
        Token::Utc => format!("{}_{}Z", day(facts.utc), time(facts.utc)),
        Token::Local => format!("{}_{}", day(local), time(local)),
        Token::Offset => offset_text(facts.offset),
        Token::PersianDate => format!("{:04}{:02}{:02}", persian.0, persian.1, persian.2),
        Token::PersianTime => time(local),
        Token::Year => format!("{:04}", facts.utc.year()),
        Token::Month => format!("{:02}", facts.utc.month()),
        Token::Day => format!("{:02}", facts.utc.day()),
        Token::Hour => format!("{:02}", facts.utc.hour()),
        Token::Minute => format!("{:02}", facts.utc.minute()),
        Token::Second => format!("{:02}", facts.utc.second()),
        Token::PersianYear => format!("{:04}", persian.0),
        Token::PersianMonth => format!("{:02}", persian.1),
        Token::PersianDay => format!("{:02}", persian.2),
        Token::Stripe => stripe.to_string(),
        Token::Stripes => facts.stripes.to_string(),
    }
}

fn database_part(facts: &NameFacts<'_>) -> String {
    let mut names = vec![facts.database];
    names.extend(facts.other_databases.iter().filter(|other| **other != facts.database));
    distinct_names(&names).swap_remove(0)
}

const fn type_word(backup_type: BackupType) -> &'static str {
    match backup_type {
        BackupType::Full => "FULL",
        BackupType::Log => "LOG",
        BackupType::File => "FILE",
        BackupType::Differential => "DIFF",
        BackupType::DifferentialFile => "FILEDIFF",
        BackupType::Partial => "PARTIAL",
        BackupType::DifferentialPartial => "PARTIALDIFF",
    }
}

fn offset_text(offset: FixedOffset) -> String {
    let seconds = offset.fix().local_minus_utc();
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

fn token_of(template: &str, token: &str) -> Result<Token, TemplateError> {
    Token::ALL
        .iter()
        .find_map(|(name, kind)| name.eq_ignore_ascii_case(token).then_some(*kind))
        .ok_or_else(|| TemplateError::UnknownToken { template: template.to_owned(), token: token.to_owned() })
}

fn known_tokens() -> String {
    let names: Vec<String> = Token::ALL.iter().map(|(name, _)| format!("{{{name}}}")).collect();
    names.join(" ")
}

/// Whether the template's last text ends like `.bak`. A name that is all text needs something
/// before the dot, else `.bak` would be a name without extension.
fn ends_in_extension(text: &str, all_text: bool) -> bool {
    text.rsplit_once('.').is_some_and(|(before, extension)| {
        (1..=10).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !(all_text && before.is_empty())
    })
}
