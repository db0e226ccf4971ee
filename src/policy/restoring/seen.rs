//! What the journal says of a restore, and what is seen on the server.

/// Who may come into a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `MULTI_USER`
    Multi,
    /// `RESTRICTED_USER`
    Restricted,
    /// `SINGLE_USER`
    Single,
}

impl Access {
    /// SQL Server's word.
    pub const fn word(self) -> &'static str {
        match self {
            Access::Multi => "MULTI_USER",
            Access::Restricted => "RESTRICTED_USER",
            Access::Single => "SINGLE_USER",
        }
    }

    /// The access of a word.
    pub fn from_word(word: &str) -> Option<Access> {
        [Access::Multi, Access::Restricted, Access::Single].into_iter().find(|access| access.word() == word)
    }
}

/// How a database can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Who may come in.
    pub access: Access,
    /// Whether nothing can be changed.
    pub read_only: bool,
}

/// What kind of restore it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// There was no database of the name.
    New,
    /// Over the old database.
    InPlace,
    /// To a side name, and the names are swapped at the end.
    Beside,
}

/// How far it came, as the journal says: written before the step that it names begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The old content is untouched.
    Prepared,
    /// The first statement that cannot be taken back may have begun: RESTORE, or the swap of names.
    Overwriting,
    /// The safety copy is being restored.
    TakingBack,
    /// The wanted content is there.
    Restored,
}

impl Stage {
    const ALL: [Stage; 4] = [Stage::Prepared, Stage::Overwriting, Stage::TakingBack, Stage::Restored];

    /// The journal's word.
    pub const fn word(self) -> &'static str {
        match self {
            Stage::Prepared => "prepared",
            Stage::Overwriting => "overwriting",
            Stage::TakingBack => "taking_back",
            Stage::Restored => "restored",
        }
    }

    /// The stage of a word.
    pub fn from_word(word: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.word() == word)
    }
}

impl Shape {
    const ALL: [Shape; 3] = [Shape::New, Shape::InPlace, Shape::Beside];

    /// The journal's word.
    pub const fn word(self) -> &'static str {
        match self {
            Shape::New => "new",
            Shape::InPlace => "in_place",
            Shape::Beside => "beside",
        }
    }

    /// The shape of a word.
    pub fn from_word(word: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|shape| shape.word() == word)
    }
}

/// A restore, as its journal tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restoring {
    /// What kind.
    pub shape: Shape,
    /// How far.
    pub stage: Stage,
    /// How the database is to be given back.
    pub mode: Mode,
    /// Whether there is a safety copy that was verified.
    pub has_copy: bool,
    /// Whether the wanted end is a database in use, not one that waits for further backups.
    pub leaves_online: bool,
}

/// The state of a database, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In use.
    Online,
    /// In the middle of a restore.
    Restoring,
    /// On its way; it will be something else soon.
    Recovering,
    /// Closed, whole.
    Offline,
    /// SUSPECT, EMERGENCY, RECOVERY_PENDING.
    Broken,
}

impl State {
    /// The state of `state_desc`.
    pub fn from_word(word: &str) -> State {
        match word {
            "ONLINE" => State::Online,
            "RESTORING" => State::Restoring,
            "RECOVERING" | "COPYING" => State::Recovering,
            "OFFLINE" => State::Offline,
            _ => State::Broken,
        }
    }
}

/// A database on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its state.
    pub state: State,
    /// How it can be used.
    pub mode: Mode,
    /// Whether a restore has gone over it since the journal began.
    pub restored: bool,
}

/// The databases that the restore is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// The one of the name.
    pub database: Option<Seen>,
    /// The one of the side name.
    pub side: Option<Seen>,
    /// The old one under the name it is kept by.
    pub kept: Option<Seen>,
}
