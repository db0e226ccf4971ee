//! The one error type: what happened, to what, why, and what to do next.
//!
//! Every room returns [`Error`]. It is plain data: [`wire`](crate::wire) prints it as JSON,
//! [`ffi`](crate::ffi) turns its [`Code`] into a status. No secret is ever put into one.

use std::fmt;

/// Where an error comes from: a stable word for programs and the family of its status.
///
/// The words are part of the ABI: never renamed, only added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A pointer that must not be NULL is, or a length and a pointer disagree.
    Argument,
    /// Text that must be UTF-8 is not.
    Utf8,
    /// The request is not what its documentation says.
    Request,
    /// The call does not fit the state of its object.
    State,
    /// The handle is not one of ours, or it was freed.
    Handle,
    /// The server could not be reached.
    Connect,
    /// No agreement on encryption, or a certificate that is not trusted.
    Tls,
    /// The server refused the login.
    Auth,
    /// No answer in time.
    Timeout,
    /// The connection broke while something was under way.
    ConnectionLost,
    /// SQL Server refused a statement, for a reason that has no code of its own here.
    Server,
    /// SQL Server could not open, read or write a backup file.
    BackupDevice,
    /// A right is missing.
    Permission,
    /// The database does not exist.
    DatabaseNotFound,
    /// The backup set is not in the file.
    SetNotFound,
    /// The file does not exist.
    FileNotFound,
    /// The database is in a state in which this cannot be done.
    DatabaseState,
    /// The database is in use.
    DatabaseInUse,
    /// Something is there already that would be overwritten.
    Exists,
    /// The backup is one of another database.
    OtherDatabase,
    /// Another backup or restore of the database is running.
    Busy,
    /// No room left.
    DiskFull,
    /// The file is not a backup, or a damaged one.
    Corrupt,
    /// The backup set is not complete.
    Incomplete,
    /// A backup set that is needed is missing.
    Chain,
    /// The full backup that a differential would be based on is not ours, or gone.
    ForeignBase,
    /// Nothing was removed: this is no time for it, or it would break a chain.
    RemovalRefused,
    /// Nothing was removed: the backup that it rests on was not verified.
    NotVerified,
    /// Nothing was removed: the new backup is not in the folder that this machine sees.
    NotVisible,
    /// This edition, version or file kind cannot do that.
    Unsupported,
    /// The name cannot be used for a file or database.
    Name,
    /// There is no service of that name.
    ServiceNotFound,
    /// A service does not stop or start, or cannot.
    ServiceState,
    /// It was cancelled.
    Cancelled,
    /// A mistake in this library.
    Internal,
    /// A panic in this library, caught at its border.
    Panic,
}

impl Code {
    /// Every code, for tables and tests.
    pub const ALL: [Code; 36] = [
        Code::Argument,
        Code::Utf8,
        Code::Request,
        Code::State,
        Code::Handle,
        Code::Connect,
        Code::Tls,
        Code::Auth,
        Code::Timeout,
        Code::ConnectionLost,
        Code::Server,
        Code::BackupDevice,
        Code::Permission,
        Code::DatabaseNotFound,
        Code::SetNotFound,
        Code::FileNotFound,
        Code::DatabaseState,
        Code::DatabaseInUse,
        Code::Exists,
        Code::OtherDatabase,
        Code::Busy,
        Code::DiskFull,
        Code::Corrupt,
        Code::Incomplete,
        Code::Chain,
        Code::ForeignBase,
        Code::RemovalRefused,
        Code::NotVerified,
        Code::NotVisible,
        Code::Unsupported,
        Code::Name,
        Code::ServiceNotFound,
        Code::ServiceState,
        Code::Cancelled,
        Code::Internal,
        Code::Panic,
    ];

    /// The stable word, `family.name`.
    pub const fn word(self) -> &'static str {
        match self {
            Code::Argument => "caller.argument",
            Code::Utf8 => "caller.utf8",
            Code::Request => "caller.request",
            Code::State => "caller.state",
            Code::Handle => "caller.handle",
            Code::Connect => "connect.unreachable",
            Code::Tls => "connect.tls",
            Code::Auth => "connect.login",
            Code::Timeout => "connect.timeout",
            Code::ConnectionLost => "connect.lost",
            Code::Server => "server.error",
            Code::BackupDevice => "server.backup_device",
            Code::Permission => "server.permission",
            Code::DatabaseNotFound => "server.database_not_found",
            Code::SetNotFound => "media.set_not_found",
            Code::FileNotFound => "media.file_not_found",
            Code::DatabaseState => "server.database_state",
            Code::DatabaseInUse => "server.database_in_use",
            Code::Exists => "conflict.exists",
            Code::OtherDatabase => "conflict.other_database",
            Code::Busy => "conflict.busy",
            Code::DiskFull => "storage.full",
            Code::Corrupt => "media.corrupt",
            Code::Incomplete => "media.incomplete",
            Code::Chain => "chain.missing_set",
            Code::ForeignBase => "chain.foreign_base",
            Code::RemovalRefused => "removal.refused",
            Code::NotVerified => "removal.not_verified",
            Code::NotVisible => "removal.not_visible",
            Code::Unsupported => "unsupported",
            Code::Name => "caller.name",
            Code::ServiceNotFound => "service.not_found",
            Code::ServiceState => "service.state",
            Code::Cancelled => "cancelled",
            Code::Internal => "internal",
            Code::Panic => "internal.panic",
        }
    }
}

/// One message of SQL Server, as far as the connection tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMessage {
    /// `@@ERROR`, the message number; `None` for information whose text is not known here.
    pub number: Option<u32>,
    /// Severity, 0 to 25. `None` where the connection hides it: the driver hands out only the
    /// first error of a statement whole, of later ones number and text.
    pub severity: Option<u8>,
    /// State; `None` as for the severity.
    pub state: Option<u8>,
    /// Line in the batch; `None` as for the severity.
    pub line: Option<u32>,
    /// The procedure it was raised in.
    pub procedure: Option<String>,
    /// The text.
    pub text: String,
}

/// What went wrong. See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The stable word and status family.
    pub code: Code,
    /// One sentence: the thing and the cause. No final full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The database, file, host or field that it is about.
    pub target: Option<String>,
    /// Whether the same call may well succeed later.
    pub retryable: bool,
    /// Underlying causes, outermost first.
    pub causes: Vec<String>,
    /// What SQL Server said, in its order.
    pub server: Vec<ServerMessage>,
}

impl Error {
    /// An error with a message and nothing else.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error {
            code,
            message: message.into(),
            hint: None,
            target: None,
            retryable: false,
            causes: Vec::new(),
            server: Vec::new(),
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what it is about.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Error {
        self.target = Some(target.into());
        self
    }

    /// Says that trying again later may well succeed.
    #[must_use]
    pub fn retryable(mut self) -> Error {
        self.retryable = true;
        self
    }

    /// Adds an underlying cause.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Error {
        self.causes.push(cause.to_string());
        self
    }

    /// The cancellation of a job, with what it left behind.
    pub fn cancelled(message: impl Into<String>) -> Error {
        Error::new(Code::Cancelled, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
