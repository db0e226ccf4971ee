//! The catalogue of SQL Server's error numbers that matter to backups: what they mean and what to
//! do next. The numbers and their meaning are SQL Server's (`sys.messages`); the advice is ours.

use crate::error::Code;

/// What an error number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// SQL Server's message number.
    pub number: u32,
    /// The code of an [`Error`](crate::error::Error) whose telling message has this number.
    pub code: Code,
    /// Whether the same statement may well succeed a little later.
    pub retryable: bool,
    /// The usual cause, in one sentence.
    pub cause: &'static str,
    /// What to do next.
    pub next: &'static str,
}

const fn row(number: u32, code: Code, cause: &'static str, next: &'static str) -> Explanation {
    Explanation { number, code, retryable: false, cause, next }
}

const fn passing(number: u32, code: Code, cause: &'static str, next: &'static str) -> Explanation {
    Explanation { number, code, retryable: true, cause, next }
}

/// Every number that is explained, ascending.
pub const TABLE: &[Explanation] = &[
    row(
        229,
        Code::Permission,
        "the login lacks a permission on an object",
        "grant the permission, or use a login that has it",
    ),
    row(
        262,
        Code::Permission,
        "the login may not do this in the database",
        "add the login to db_backupoperator or db_owner of the database, or to sysadmin",
    ),
    row(
        297,
        Code::Permission,
        "the login may not do this on the server",
        "grant the right that the message before names, such as VIEW SERVER STATE",
    ),
    row(
        300,
        Code::Permission,
        "the login lacks a right on the server",
        "grant the right that the message names, such as VIEW SERVER STATE",
    ),
    row(
        911,
        Code::DatabaseNotFound,
        "there is no database of this name, or the login may not see it",
        "look at the names with Get-PGDatabase",
    ),
    row(916, Code::Permission, "the login has no user in the database", "create a user for the login in the database"),
    passing(
        921,
        Code::DatabaseState,
        "the database has not been recovered yet",
        "wait until the server has started it, then try again",
    ),
    passing(922, Code::DatabaseState, "the database is being recovered", "wait until recovery has finished"),
    row(
        923,
        Code::DatabaseState,
        "the database is in RESTRICTED_USER mode",
        "use a member of db_owner, dbcreator or sysadmin",
    ),
    row(
        924,
        Code::DatabaseState,
        "the database is in SINGLE_USER mode and somebody else holds the one place",
        "end the other session, or set the database to MULTI_USER from it",
    ),
    row(
        926,
        Code::DatabaseState,
        "the database is SUSPECT: its recovery failed",
        "read the server's error log, then restore the database",
    ),
    row(
        927,
        Code::DatabaseState,
        "the database is in the middle of a restore",
        "restore the remaining backups, or recover it with RESTORE DATABASE ... WITH RECOVERY",
    ),
    row(942, Code::DatabaseState, "the database is offline", "set it online with ALTER DATABASE ... SET ONLINE"),
    passing(952, Code::DatabaseState, "the database is changing its state", "try again in a moment"),
    passing(1205, Code::Server, "the statement was chosen as the victim of a deadlock", "try again"),
    row(
        1807,
        Code::Busy,
        "the model database is locked by somebody else",
        "try again when no other database is being created",
    ),
    row(1834, Code::Exists, "the file belongs to another database", "give other file names with -RelocateFile"),
    row(
        1844,
        Code::Unsupported,
        "this edition of SQL Server has no such feature, for example compressed backups on Express",
        "leave the option out",
    ),
    row(
        3013,
        Code::Server,
        "the closing words of a backup or restore that failed; the reason stands in the messages before",
        "read the messages before",
    ),
    row(3014, Code::Server, "the closing words of a backup or restore that went well", "nothing to do"),
    row(3021, Code::Server, "a backup or restore cannot run inside a transaction", "run it outside of one"),
    passing(
        3023,
        Code::Busy,
        "another backup, restore or file change of this database is running",
        "wait for it to end; see what runs in sys.dm_exec_requests",
    ),
    row(3024, Code::Unsupported, "master has full backups only", "make a full backup of it; it is small"),
    row(
        3033,
        Code::DatabaseState,
        "the database is in emergency mode, and cannot be backed up",
        "repair or restore it; the last good backup may be the way out",
    ),
    row(3035, Code::Chain, "there is no full backup that a differential could be based on", "make a full backup first"),
    row(
        3036,
        Code::DatabaseState,
        "the database is in STANDBY: it waits for further log backups, and cannot be backed up before",
        "recover it with Restore-PGDatabase -Recover, or back up the database it follows",
    ),
    row(3041, Code::Server, "the backup failed; the reason stands in the message before", "read the message before"),
    row(
        3043,
        Code::Corrupt,
        "a page of the database is damaged; the backup with CHECKSUM found it",
        "run DBCC CHECKDB on the database now and keep the older backups",
    ),
    row(
        3057,
        Code::Name,
        "the path of the backup file is longer than 259 characters",
        "choose a shorter folder or file name",
    ),
    row(
        3059,
        Code::Unsupported,
        "the database is a mirror or a secondary replica, which cannot be backed up like this",
        "back up the primary",
    ),
    row(
        3098,
        Code::Exists,
        "the file holds backups of another kind: compressed and uncompressed sets cannot share a file",
        "write to a new file",
    ),
    row(
        3101,
        Code::DatabaseInUse,
        "somebody is connected to the database",
        "close the clients (for PayamGostar: stop the services Host and Agent) and try again",
    ),
    row(3102, Code::DatabaseInUse, "this very session uses the database", "connect to master"),
    row(
        3104,
        Code::Unsupported,
        "the database is mirrored, and a mirrored database cannot be restored",
        "remove the mirroring first",
    ),
    row(
        3108,
        Code::Unsupported,
        "master can only be restored when the server is started in single-user mode",
        "see Microsoft's page on restoring master",
    ),
    row(
        3110,
        Code::Permission,
        "the login may not restore this database",
        "use a member of sysadmin or dbcreator, or the owner of the database; db_owner is not enough",
    ),
    row(
        3117,
        Code::Chain,
        "the database is not waiting for further backups: its base was restored WITH RECOVERY",
        "restore the full backup again with NORECOVERY, then this one",
    ),
    row(3118, Code::Chain, "the database does not exist; only a full backup can create it", "give the full backup too"),
    row(
        3119,
        Code::Server,
        "the restore could not be planned; the reasons stand in the messages before",
        "read the messages before",
    ),
    row(3132, Code::Chain, "the backup is striped over more files than were given", "give all its files"),
    row(
        3136,
        Code::Chain,
        "this differential belongs to another full backup than the one restored",
        "restore the full backup that it is based on first",
    ),
    row(3142, Code::Exists, "a file of that name is there already", "use -Replace, or other names with -RelocateFile"),
    row(
        3145,
        Code::Chain,
        "a database in the SIMPLE recovery model has no points in time",
        "restore a whole backup set",
    ),
    row(3147, Code::Unsupported, "tempdb has no backups: SQL Server makes it anew at every start", "leave it out"),
    row(3153, Code::DatabaseState, "the database is recovered already, and waits for nothing", "nothing to do"),
    row(
        3154,
        Code::OtherDatabase,
        "the backup is one of another database than the existing one",
        "check the names; to overwrite it nevertheless use -Replace",
    ),
    row(3156, Code::Exists, "a file cannot be restored to its place", "give another place with -RelocateFile"),
    row(
        3159,
        Code::Exists,
        "the newest changes of the existing database are in no backup yet",
        "back up its log with NORECOVERY first, or overwrite it with -Replace",
    ),
    row(
        3168,
        Code::Unsupported,
        "the backup of a system database is of another version of SQL Server",
        "restore it on the version that made it",
    ),
    row(
        3169,
        Code::Unsupported,
        "the backup was made by a newer SQL Server than this one",
        "restore it on that version or a newer one",
    ),
    row(
        3170,
        Code::Name,
        "the file for STANDBY cannot be used",
        "give another path with -StandbyFile, on a drive of the server",
    ),
    row(
        3176,
        Code::Exists,
        "two files of the backup claim the same place",
        "give them different places with -RelocateFile",
    ),
    row(
        3180,
        Code::Unsupported,
        "a backup of an older version is upgraded while it is restored, so that it cannot stay in STANDBY",
        "restore it with -NoRecovery instead of -StandbyFile",
    ),
    row(3183, Code::Corrupt, "a page in the backup is damaged", "use another backup; Test-PGBackup lists the damage"),
    row(3186, Code::Corrupt, "the backup set is damaged, and SQL Server does not try it", "use another backup"),
    row(
        3187,
        Code::Corrupt,
        "the backup was made without checksums",
        "verify it without CHECKSUM; make the next one with it",
    ),
    row(3189, Code::Corrupt, "the backup set is damaged", "use another backup"),
    row(
        3201,
        Code::BackupDevice,
        "the server cannot open the backup file",
        "the path is meant on the server's machine: check folder and rights of the SQL Server service account there",
    ),
    row(3202, Code::BackupDevice, "writing to the backup file failed", "check disk space and the disk"),
    row(
        3203,
        Code::BackupDevice,
        "reading from the backup file failed",
        "check the disk; copy the file elsewhere if it still can be read",
    ),
    row(3204, Code::Server, "the backup or restore was aborted", "look for who cancelled it, or for a lost connection"),
    row(3205, Code::Request, "a backup has at most 64 files", "use fewer stripes"),
    row(3206, Code::BackupDevice, "there is no backup device of this name", "give a file path"),
    row(3211, Code::Server, "progress of a backup or restore", "nothing to do"),
    row(
        3212,
        Code::Request,
        "the files of the mirror do not match the files of the backup",
        "give a mirror as many files as the backup has",
    ),
    row(3214, Code::Request, "a backup has at most three mirrors", "leave one out"),
    row(3215, Code::Request, "a new mirrored backup has to be made with FORMAT", "write it into new files"),
    row(3217, Code::Request, "the value of an option is not allowed", "see the message"),
    row(
        3218,
        Code::Unsupported,
        "this edition of SQL Server makes no mirrored backups; Enterprise and Developer do",
        "leave -MirrorDestination out, and copy the file afterwards",
    ),
    row(
        3219,
        Code::SetNotFound,
        "a file or filegroup cannot be chosen for this operation",
        "look at the set's files with Get-PGBackup -Files",
    ),
    row(
        3227,
        Code::Chain,
        "the same part of a striped backup was given twice",
        "give each file of the backup once, and all of them",
    ),
    row(
        3231,
        Code::Chain,
        "the file belongs to a backup of another number of files than were given",
        "give all files of one backup, and no others",
    ),
    row(
        3234,
        Code::SetNotFound,
        "the backup has no file of that logical name",
        "look at the names with Get-PGBackup -Files",
    ),
    row(
        3240,
        Code::Request,
        "the file belongs to a mirrored backup, and its mirrors were not given",
        "write to new files",
    ),
    row(
        3241,
        Code::Corrupt,
        "the file is damaged, or it was made by a newer SQL Server",
        "check it with Test-PGBackup; copy it again from its source",
    ),
    row(3242, Code::Corrupt, "the file is not a SQL Server backup", "check the path"),
    row(
        3243,
        Code::Corrupt,
        "the file was made by another version of the tape format",
        "restore it with the program that made it",
    ),
    row(3250, Code::Unsupported, "the value of an option is not allowed", "see the message"),
    row(3254, Code::Corrupt, "the file holds no backup", "check the path"),
    row(
        3256,
        Code::Incomplete,
        "the backup set is incomplete: it was interrupted while being made",
        "use another set; those before it in the file may be good",
    ),
    row(
        3257,
        Code::DiskFull,
        "there is not enough room for the database's files",
        "free space, or give other places with -RelocateFile",
    ),
    row(3258, Code::Chain, "the volume belongs to another media set", "give the files of one backup"),
    row(3262, Code::Server, "the backup set is valid", "nothing to do"),
    row(
        3266,
        Code::Corrupt,
        "the end of the file is torn: an earlier backup into it was interrupted",
        "write to a new file and keep this one: its whole sets can still be restored",
    ),
    row(3279, Code::Auth, "the file is protected by a password", "give the file of a backup without one"),
    row(3283, Code::Server, "a file of the database could not be initialised", "read the server's error log"),
    row(3634, Code::BackupDevice, "the operating system refused a file operation", "see its error in the message"),
    row(4035, Code::Server, "pages of a file were processed", "nothing to do"),
    row(
        4038,
        Code::SetNotFound,
        "the file has no backup set at this position",
        "look at the positions with Get-PGBackup",
    ),
    passing(
        4060,
        Code::Auth,
        "the login cannot open its database",
        "check that the database exists and the login has a user in it; a server that is just starting says so too",
    ),
    row(
        4208,
        Code::Unsupported,
        "a database in the SIMPLE recovery model has no log backups",
        "set it to FULL with ALTER DATABASE ... SET RECOVERY FULL and make a full backup, or make differentials",
    ),
    row(4214, Code::Chain, "a log backup needs a full backup before it", "make a full backup first"),
    row(4305, Code::Chain, "an earlier log backup is missing", "restore the log backups in order, without a gap"),
    row(
        4312,
        Code::Chain,
        "the chain of log backups has a gap, for example by a change to the SIMPLE recovery model",
        "start from a newer full or differential backup",
    ),
    row(
        4318,
        Code::Chain,
        "the log backup ends before a point that a file of the database has reached",
        "restore it with -NoRecovery, and then the next ones",
    ),
    row(4319, Code::Server, "an earlier restore was interrupted", "restore from the start"),
    row(
        4322,
        Code::Chain,
        "the log backup ends before the wanted point in time; the database waits for the next one",
        "give the following log backup too, or recover it as it is with -Recover",
    ),
    row(
        4326,
        Code::Chain,
        "the log backup ends before the state of the database",
        "leave it out: it is contained already",
    ),
    row(
        4327,
        Code::Chain,
        "the log backup holds bulk changes, so that it cannot stop at a point inside it; it was restored to its end",
        "choose a moment before this log backup",
    ),
    row(
        4330,
        Code::Chain,
        "the backup belongs to another future of the database (recovery fork)",
        "restore the backups of one future",
    ),
    row(
        4335,
        Code::Chain,
        "the wanted point in time is before the state that the database has already",
        "choose a later moment, or begin with an earlier backup",
    ),
    row(
        4338,
        Code::Chain,
        "the wanted point in time is before this backup set",
        "choose a later moment, or recover the database as it is with -Recover",
    ),
    row(
        4349,
        Code::Chain,
        "an earlier log backup is missing: the restore has to begin with it",
        "restore the log backups in order, without a gap",
    ),
    row(
        5061,
        Code::DatabaseInUse,
        "the state of the database cannot be changed while it is locked",
        "try again when nobody uses it",
    ),
    row(
        5064,
        Code::DatabaseState,
        "the state of the database cannot be changed: it is in SINGLE_USER mode and in use",
        "end the other session",
    ),
    row(
        5070,
        Code::DatabaseInUse,
        "the state of the database cannot be changed while others use it",
        "close the clients and try again",
    ),
    row(9002, Code::DiskFull, "the transaction log of the database is full", "back up the log (in FULL) or make room"),
    row(
        15151,
        Code::Request,
        "there is no certificate of this name in master, or the login may not use it",
        "look into sys.certificates of master; the name is the certificate's, not its subject's",
    ),
    row(15281, Code::Permission, "the server has this procedure switched off", "ask the administrator of the server"),
    passing(17142, Code::Connect, "the server has been paused", "let it continue"),
    passing(17187, Code::Connect, "the server is starting and takes no connections yet", "try again in a minute"),
    row(
        18204,
        Code::BackupDevice,
        "the server could not open or close a backup file; clients are told as 3201",
        "see the operating system's error in the message",
    ),
    row(
        18210,
        Code::BackupDevice,
        "the server could not read or write a backup file; clients are told as 3202 or 3203",
        "see the operating system's error in the message",
    ),
    row(
        18264,
        Code::Server,
        "a full backup was made, by whomever: it may be the new base of differentials",
        "nothing to do",
    ),
    row(18265, Code::Server, "a log backup was made, by whomever: it is part of the chain", "nothing to do"),
    row(18267, Code::Server, "a database was restored", "nothing to do"),
    row(18268, Code::Server, "the log of a database was restored", "nothing to do"),
    passing(
        18401,
        Code::Connect,
        "the server is running its upgrade script and takes no connections yet",
        "try again in a minute",
    ),
    row(18451, Code::Auth, "the server takes only administrators at the moment", "try again later"),
    row(
        18452,
        Code::Auth,
        "Windows does not know the account (a wrong user or password, too), or its domain is not trusted",
        "check user (DOMAIN\\user) and password; an account of a domain that the server does not trust needs a SQL login",
    ),
    row(
        18456,
        Code::Auth,
        "login failed: no such login, or a wrong password",
        "check user and password; the server's error log has the exact reason by its state",
    ),
    row(18470, Code::Auth, "the login is disabled", "enable it with ALTER LOGIN ... ENABLE"),
    row(18486, Code::Auth, "the login is locked out", "unlock it with ALTER LOGIN ... WITH PASSWORD = ... UNLOCK"),
    row(18487, Code::Auth, "the password of the login has expired", "set a new password"),
    row(18488, Code::Auth, "the password of the login must be changed", "set a new password"),
    row(
        33111,
        Code::Unsupported,
        "the backup is encrypted, and the server does not have the certificate",
        "restore the certificate with its private key into master first (CREATE CERTIFICATE ... FROM FILE)",
    ),
];

/// What a number means, if it is known.
pub fn explain(number: u32) -> Option<&'static Explanation> {
    TABLE.binary_search_by_key(&number, |row| row.number).ok().map(|index| &TABLE[index])
}

/// Severities of the table's messages that are not 16. Source: `sys.messages`, which has one severity a number.
const SEVERITIES: &[(u32, u8)] = &[
    (229, 14),
    (262, 14),
    (916, 14),
    (921, 14),
    (922, 14),
    (923, 14),
    (924, 14),
    (926, 14),
    (927, 14),
    (942, 14),
    (1205, 13),
    (3014, 10),
    (3110, 14),
    (3211, 10),
    (3262, 10),
    (4035, 10),
    (4060, 11),
    (4322, 10),
    (9002, 17),
    (17142, 14),
    (18264, 10),
    (18265, 10),
    (18267, 10),
    (18268, 10),
    (18401, 14),
    (18451, 14),
    (18452, 14),
    (18456, 14),
    (18470, 14),
    (18486, 14),
    (18487, 14),
    (18488, 14),
];

/// The severity that a message of the table always has.
pub fn severity(number: u32) -> Option<u8> {
    explain(number)?;
    let other = SEVERITIES.binary_search_by_key(&number, |(number, _)| *number).ok();
    Some(other.map_or(16, |at| SEVERITIES[at].1))
}

/// What a Windows error number inside one of SQL Server's messages means, and what to do next.
pub fn explain_os(number: u32) -> Option<(&'static str, &'static str)> {
    Some(match number {
        2 => ("the file does not exist", "check the path: it is meant on the server's machine, not on this one"),
        3 => (
            "the folder does not exist",
            "create the folder on the server's machine, or check the path: it is not meant on this one",
        ),
        5 => (
            "access is denied",
            "give the account of the SQL Server service (for example `NT Service\\MSSQL$PAYAMGOSTAR2`) the right to write in the folder",
        ),
        32 => (
            "another program has the file open",
            "wait until it has finished, or exclude the folder from the virus scanner",
        ),
        53 => (
            "the network path was not found",
            "check the name of the share; the service account must be able to reach it",
        ),
        67 => ("the network name was not found", "check the name of the share"),
        112 => ("the disk is full", "make room on the server's disk, or write elsewhere"),
        123 => ("the name is not allowed", "check the path for characters that Windows does not allow"),
        1326 => (
            "the share refused the service account",
            "give the machine account of the server (DOMAIN\\HOST$) rights on the share",
        ),
        _ => return None,
    })
}

/// Why a login failed (18456), by the state that the server writes into its error log; the client
/// is told only state 1. Source: Microsoft's page on MSSQLSERVER_18456.
pub const LOGIN_STATES: &[(u8, &str)] = &[
    (1, "the server does not tell clients why; its error log has the state"),
    (2, "the login does not exist"),
    (5, "the login does not exist"),
    (6, "a Windows login name was used for a SQL login"),
    (7, "the login is disabled, and the password is wrong"),
    (8, "the password is wrong"),
    (9, "the password is not valid"),
    (11, "the login is right, but the server does not let it in"),
    (12, "the login is right, but the server does not let it in"),
    (13, "the server is paused"),
    (16, "the login may not use the database it asked for"),
    (18, "the password must be changed"),
    (23, "the server is shutting down"),
    (38, "the database that was asked for does not exist or cannot be opened"),
    (40, "the login's default database does not exist or cannot be opened"),
    (46, "the database that was asked for was not found"),
    (58, "the server takes Windows logins only"),
];

/// The Windows error numbers that [`explain_os`] knows.
pub const OS_ERRORS: [u32; 9] = [2, 3, 5, 32, 53, 67, 112, 123, 1326];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_so_that_they_can_be_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].number < pair[1].number));
        assert!(TABLE.iter().all(|row| explain(row.number) == Some(row)));
        assert_eq!(explain(1), None);
        assert!(OS_ERRORS.iter().all(|number| explain_os(*number).is_some()));
        assert!(SEVERITIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(SEVERITIES.iter().all(|(number, _)| explain(*number).is_some()));
        assert!(LOGIN_STATES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
