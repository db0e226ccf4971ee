//! Status numbers.

use crate::error::Code;

/// What a function came to. 0 is success; numbers are never reused.
///
/// 1 to 9: the caller's mistake. 10 to 19: the server could not be reached. 20 to 39: the server
/// or the backup says no. 40: cancelled. 90 and 91: a mistake in PGBackup.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PgbStatus {
    /// It went well.
    Ok = 0,
    /// A pointer that must not be NULL is, or a name cannot be used.
    EArgument = 1,
    /// Text is not UTF-8.
    EUtf8 = 2,
    /// The request is not JSON, or not what its function takes.
    ERequest = 3,
    /// The call does not fit the state of its object, such as a result before the end.
    EState = 4,
    /// The handle is not one of ours, of another kind, or was freed.
    EHandle = 6,
    /// The server cannot be reached.
    EConnect = 10,
    /// No trusted encryption.
    ETls = 11,
    /// The login was refused.
    EAuth = 12,
    /// No answer in time.
    ETimeout = 13,
    /// The connection broke.
    ELost = 14,
    /// SQL Server refused, for a reason without a number here.
    EServer = 20,
    /// A right is missing.
    EPermission = 21,
    /// Database, file, backup set or service does not exist.
    ENotFound = 22,
    /// Something is there already, is in use, or is in the wrong state.
    EConflict = 23,
    /// A backup file cannot be opened, read or written, or the disk is full.
    EStorage = 24,
    /// The backup is damaged, incomplete, or none.
    ECorrupt = 25,
    /// A backup set that is needed is missing, or would be.
    EChain = 26,
    /// This server, edition, platform or file kind cannot do that.
    EUnsupported = 27,
    /// Cancelled.
    ECancelled = 40,
    /// A mistake in PGBackup.
    EInternal = 90,
    /// A panic in PGBackup, caught at its border.
    EPanic = 91,
}

/// The status of a code.
pub const fn status_of(code: Code) -> PgbStatus {
    match code {
        Code::Argument | Code::Name => PgbStatus::EArgument,
        Code::Utf8 => PgbStatus::EUtf8,
        Code::Request => PgbStatus::ERequest,
        Code::State => PgbStatus::EState,
        Code::Handle => PgbStatus::EHandle,
        Code::Connect => PgbStatus::EConnect,
        Code::Tls => PgbStatus::ETls,
        Code::Auth => PgbStatus::EAuth,
        Code::Timeout => PgbStatus::ETimeout,
        Code::ConnectionLost => PgbStatus::ELost,
        Code::Server => PgbStatus::EServer,
        Code::Permission => PgbStatus::EPermission,
        Code::DatabaseNotFound | Code::SetNotFound | Code::FileNotFound | Code::NotVisible | Code::ServiceNotFound => {
            PgbStatus::ENotFound
        }
        Code::DatabaseState
        | Code::DatabaseInUse
        | Code::Exists
        | Code::OtherDatabase
        | Code::Busy
        | Code::ServiceState => PgbStatus::EConflict,
        Code::BackupDevice | Code::DiskFull => PgbStatus::EStorage,
        Code::Corrupt | Code::Incomplete => PgbStatus::ECorrupt,
        Code::Chain | Code::ForeignBase | Code::RemovalRefused | Code::NotVerified => PgbStatus::EChain,
        Code::Unsupported => PgbStatus::EUnsupported,
        Code::Cancelled => PgbStatus::ECancelled,
        Code::Internal => PgbStatus::EInternal,
        Code::Panic => PgbStatus::EPanic,
    }
}
