//! Whether a differential backup may be made, or has to become a full one.
//!
//! A differential is worth nothing without the full backup it is based on. The server knows that
//! base by its GUID; ours is a base that we can find again: in the archive, or on the disk where our
//! backups go. A full that somebody else made in between (SSMS, a VSS agent, a copy to `NUL`) moves
//! the base without a word, and one that was deleted is no base either.

use std::fmt;

use chrono::NaiveDateTime;

use super::archive::RolloverReason;
use crate::model::Guid;

/// What to do when the server's base is not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnForeignBase {
    /// Make a full backup.
    #[default]
    Full,
    /// Make the differential nevertheless.
    Differential,
    /// Make nothing.
    Stop,
}

/// A full backup as the server's history tells it: who made it, and where it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `BackupSetGUID`.
    pub guid: Guid,
    /// The login.
    pub user: Option<String>,
    /// The machine of the server that made it.
    pub machine: Option<String>,
    /// The program that wrote the media.
    pub program: Option<String>,
    /// Name of the set.
    pub set_name: Option<String>,
    /// The files or devices, one a stripe; empty if the history tells nothing of the backup.
    pub devices: Vec<String>,
    /// Whether they are files of a disk.
    pub on_disk: bool,
    /// The set's place in them.
    pub position: u16,
    /// Whether it was a snapshot of the volume.
    pub is_snapshot: bool,
    /// When it was made, the server's local time.
    pub finished: Option<NaiveDateTime>,
    /// Whether the login may not read the history: then nothing but the identifier is known.
    pub is_hidden: bool,
}

impl Origin {
    /// Whether it went to files that can be looked for.
    pub fn in_files(&self) -> bool {
        self.on_disk && !self.is_snapshot && !self.devices.is_empty() && !self.devices.iter().any(|file| is_nul(file))
    }

    /// Whether its set has a name that this product gives.
    pub fn named_by_us(&self) -> bool {
        self.set_name.as_deref().is_some_and(|name| name.starts_with(SET_NAME))
    }
}

/// How names of our sets begin, unless somebody chose another.
pub const SET_NAME: &str = "PGBackup ";

/// Windows' device that keeps nothing.
fn is_nul(file: &str) -> bool {
    let name = file.rsplit(['\\', '/']).next().unwrap_or(file).trim();
    name.split('.').next().is_some_and(|stem| stem.trim_end().trim_end_matches(':').eq_ignore_ascii_case("nul"))
}

/// Who made it, as far as that is known.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.devices.is_empty() {
            return write!(f, "{}, of which the server's history tells nothing", self.guid);
        }
        let of = |text: &Option<String>| text.clone().unwrap_or_else(|| "(unknown)".to_owned());
        if let Some(at) = self.finished {
            write!(f, "made at {} ", at.format("%Y-%m-%d %H:%M:%S"))?;
        }
        write!(f, "by {} on {}", of(&self.user), of(&self.machine))?;
        if let Some(program) = &self.program {
            write!(f, " with {program}")?;
        }
        if let Some(name) = &self.set_name {
            write!(f, ", named `{name}`")?;
        }
        if self.is_snapshot {
            write!(f, ", a snapshot of the volume")?;
        }
        write!(f, ", to `{}`", self.devices.join("`, `"))
    }
}

/// Why the server's base is not one to build on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Somebody else made it, or it went elsewhere.
    Foreign(Box<Origin>),
    /// It was ours, and its file is gone or not whole any more.
    Missing(Box<Origin>),
}

impl Doubt {
    /// The backup that is doubted.
    pub fn origin(&self) -> &Origin {
        match self {
            Doubt::Foreign(origin) | Doubt::Missing(origin) => origin,
        }
    }

    /// A word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Doubt::Foreign(_) => "foreign_base",
            Doubt::Missing(_) => "missing_base",
        }
    }
}

/// One sentence for people.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Foreign(origin) => {
                write!(f, "the differential would be based on a full backup that is not among these backups: {origin}")
            }
            Doubt::Missing(origin) => write!(
                f,
                "the full backup that the differential would be based on is gone or not whole any more: {origin}"
            ),
        }
    }
}

/// Why a differential became a full backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promotion {
    /// The database has no full backup to be based on.
    NoBase,
    /// `master` knows full backups only.
    Master,
    /// The archive does not exist yet: it begins with a full.
    NewArchive,
    /// A new archive begins, with a full.
    Rollover(RolloverReason),
    /// The server's base is not one to build on.
    Doubtful(Doubt),
}

impl Promotion {
    /// A word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Promotion::NoBase => "no_base",
            Promotion::Master => "master",
            Promotion::NewArchive => "new_archive",
            Promotion::Rollover(_) => "rollover",
            Promotion::Doubtful(doubt) => doubt.word(),
        }
    }

    /// One sentence for people.
    pub fn reason(&self) -> String {
        match self {
            Promotion::NoBase => "the database has no full backup that a differential could be based on".to_owned(),
            Promotion::Master => "SQL Server makes only full backups of master".to_owned(),
            Promotion::NewArchive => "the archive is new and begins with a full backup".to_owned(),
            Promotion::Rollover(reason) => format!("a new archive begins, with a full backup: {reason}"),
            Promotion::Doubtful(doubt) => doubt.to_string(),
        }
    }
}

/// What is known of the full backup that the server would base a differential on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// What the history tells of it.
    pub origin: Origin,
    /// Whether its files are in the folder where the backups go, or below it.
    pub in_place: bool,
    /// Whether all its files are there; `None`: the login may not ask.
    pub exists: Option<bool>,
    /// Whether its file holds it, whole; `None`: the login may not ask.
    pub holds: Option<bool>,
}

impl Base {
    /// Why it is not one to build on; `None`: it is ours, and whole as far as can be seen.
    fn doubt(&self) -> Option<Doubt> {
        let origin = || Box::new(self.origin.clone());
        if self.origin.is_hidden {
            return None;
        }
        if !(self.origin.in_files() && (self.in_place || self.origin.named_by_us())) {
            return Some(Doubt::Foreign(origin()));
        }
        let gone = self.exists == Some(false) || self.holds == Some(false);
        gone.then(|| Doubt::Missing(origin()))
    }

    /// The same for a differential that goes into an archive without it, where even our own base is
    /// in the wrong place.
    fn doubt_outside(&self) -> Doubt {
        self.doubt().unwrap_or_else(|| Doubt::Foreign(Box::new(self.origin.clone())))
    }
}

/// What is made of a wanted differential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The differential; with the doubt about its base that somebody wanted it in spite of.
    Differential(Option<Doubt>),
    /// A full.
    Full(Promotion),
    /// Nothing.
    Stop(Doubt),
}

/// Where a differential is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// A file of its own.
    File,
    /// An archive that begins now.
    NewArchive,
    /// An archive.
    Archive {
        /// Whether the server's base is in it, whole.
        holds_base: bool,
    },
}

/// What the decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The database.
    pub database: &'a str,
    /// The full that the server would base a differential on.
    pub base: Option<&'a Base>,
    /// Where it is to go.
    pub into: Into,
    /// What to do when the base is not ours.
    pub on_foreign: OnForeignBase,
}

/// What to make of a wanted differential.
pub fn decide(facts: &Facts<'_>) -> Decision {
    if facts.database.eq_ignore_ascii_case("master") {
        return Decision::Full(Promotion::Master);
    }
    let Some(base) = facts.base else { return Decision::Full(Promotion::NoBase) };
    let doubt = match facts.into {
        Into::File | Into::NewArchive => base.doubt(),
        Into::Archive { holds_base } => (!holds_base).then(|| base.doubt_outside()),
    };
    match (doubt, facts.on_foreign) {
        (Some(doubt), OnForeignBase::Stop) => Decision::Stop(doubt),
        (Some(doubt), OnForeignBase::Differential) if facts.into != Into::NewArchive => {
            Decision::Differential(Some(doubt))
        }
        // An archive begins with a full, whatever is wanted.
        (Some(doubt), _) => Decision::Full(Promotion::Doubtful(doubt)),
        (None, _) if facts.into == Into::NewArchive => Decision::Full(Promotion::NewArchive),
        (None, _) => Decision::Differential(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        let origin = Origin {
            guid: Guid::from_u128(7),
            user: Some("sa".to_owned()),
            machine: Some("CRM".to_owned()),
            program: Some("Microsoft SQL Server".to_owned()),
            set_name: Some("PGBackup full PayamGostar2".to_owned()),
            devices: vec![r"D:\Backup\f.bak".to_owned()],
            on_disk: true,
            position: 1,
            is_snapshot: false,
            finished: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).and_then(|day| day.and_hms_opt(14, 30, 0)),
            is_hidden: false,
        };
        Base { origin, in_place: true, exists: Some(true), holds: Some(true) }
    }

    fn with(change: impl FnOnce(&mut Base), into: Into, on_foreign: OnForeignBase) -> Decision {
        let mut base = base();
        change(&mut base);
        decide(&Facts { database: "PayamGostar2", base: Some(&base), into, on_foreign })
    }

    fn word(decision: &Decision) -> &'static str {
        match decision {
            Decision::Differential(None) => "differential",
            Decision::Differential(Some(_)) => "differential in doubt",
            Decision::Full(promotion) => promotion.word(),
            Decision::Stop(_) => "stop",
        }
    }

    /// How `Full`, `Differential` and `Stop` decide.
    fn words(change: impl Fn(&mut Base) + Copy, into: Into) -> [&'static str; 3] {
        [OnForeignBase::Full, OnForeignBase::Differential, OnForeignBase::Stop]
            .map(|on_foreign| word(&with(change, into, on_foreign)))
    }

    #[test]
    fn a_differential_needs_a_full_and_master_knows_nothing_else() {
        let of = |database| Facts { database, base: None, into: Into::File, on_foreign: OnForeignBase::Stop };
        assert_eq!(decide(&of("PayamGostar2")), Decision::Full(Promotion::NoBase));
        let base = base();
        assert_eq!(decide(&Facts { base: Some(&base), ..of("Master") }), Decision::Full(Promotion::Master));
    }

    #[test]
    fn our_own_base_that_is_there_serves() {
        assert_eq!(words(|_| {}, Into::File), ["differential"; 3]);
        // Who may not ask about files takes the history's word.
        assert_eq!(words(|base| (base.exists, base.holds) = (None, None), Into::File), ["differential"; 3]);
        // Made by us for another folder.
        assert_eq!(words(|base| base.in_place = false, Into::File), ["differential"; 3]);
        // The login may not read the history.
        assert_eq!(
            words(|base| base.origin = Origin { is_hidden: true, ..Origin::default() }, Into::File),
            ["differential"; 3]
        );
        // By another name, but where our backups are.
        assert_eq!(words(|base| base.origin.set_name = None, Into::File), ["differential"; 3]);
    }

    #[test]
    fn a_foreign_full_is_no_base_of_ours() {
        let foreign = ["foreign_base", "differential in doubt", "stop"];
        let elsewhere = |base: &mut Base| (base.in_place, base.origin.set_name) = (false, Some("SSMS".to_owned()));
        assert_eq!(words(elsewhere, Into::File), foreign);
        assert_eq!(words(|base| base.origin.is_snapshot = true, Into::File), foreign, "a VSS agent's");
        assert_eq!(words(|base| base.origin.on_disk = false, Into::File), foreign, "a virtual device's");
        assert_eq!(words(|base| base.origin.devices.clear(), Into::File), foreign, "the history was cleared");
        for nul in ["NUL", "nul", r"C:\x\NUL", "nul.bak", "NUL:"] {
            assert_eq!(words(|base| base.origin.devices = vec![nul.to_owned()], Into::File), foreign, "{nul}");
        }
        assert_eq!(words(|base| base.origin.devices = vec!["null.bak".to_owned()], Into::File), ["differential"; 3]);
    }

    #[test]
    fn a_full_of_ours_that_was_deleted_or_damaged_counts_as_missing() {
        let missing = ["missing_base", "differential in doubt", "stop"];
        assert_eq!(words(|base| base.exists = Some(false), Into::File), missing);
        assert_eq!(words(|base| base.holds = Some(false), Into::File), missing);
    }

    #[test]
    fn an_archive_holds_its_own_base_and_begins_with_a_full() {
        assert_eq!(words(|_| {}, Into::Archive { holds_base: true }), ["differential"; 3]);
        // What the history tells of it does not matter then.
        assert_eq!(words(|base| base.origin.devices.clear(), Into::Archive { holds_base: true }), ["differential"; 3]);
        let foreign = ["foreign_base", "differential in doubt", "stop"];
        assert_eq!(words(|_| {}, Into::Archive { holds_base: false }), foreign);
        assert_eq!(words(|_| {}, Into::NewArchive), ["new_archive"; 3]);
        assert_eq!(words(|base| base.exists = Some(false), Into::NewArchive), ["missing_base", "missing_base", "stop"]);
    }

    #[test]
    fn who_made_it_is_said_in_one_sentence() {
        let Decision::Full(promotion) = with(|base| base.origin.is_snapshot = true, Into::File, OnForeignBase::Full)
        else {
            panic!("a full");
        };
        assert_eq!(
            promotion.reason(),
            "the differential would be based on a full backup that is not among these backups: made at 2026-11-20 \
             14:30:00 by sa on CRM with Microsoft SQL Server, named `PGBackup full PayamGostar2`, a snapshot of the \
             volume, to `D:\\Backup\\f.bak`"
        );
        let nobody = Origin { guid: Guid::from_u128(7), ..Origin::default() };
        assert!(nobody.to_string().contains("history tells nothing"));
    }
}
