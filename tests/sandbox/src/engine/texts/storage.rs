//! Messages about databases, files, pages, tables and rows.

use std::io;

use super::super::error::ServerMessage;
use super::super::fault::OsError;
use super::super::page::{PAGE, PageId};
use super::error;

/// The Windows error that an error of this machine stands for.
pub(crate) fn os_error(error: &io::Error) -> OsError {
    match error.kind() {
        io::ErrorKind::NotFound => OsError::FileNotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory | io::ErrorKind::ReadOnlyFilesystem => {
            OsError::AccessDenied
        }
        io::ErrorKind::NotADirectory => OsError::PathNotFound,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OsError::DiskFull,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => OsError::InvalidName,
        io::ErrorKind::ResourceBusy => OsError::SharingViolation,
        _ => OsError::Crc,
    }
}

/// `5(Access is denied.)`
pub(crate) fn os_text(error: OsError) -> String {
    format!("{}({})", error.number(), error.text())
}

pub(crate) fn invalid_object(name: &str) -> ServerMessage {
    error(208, 16, 1, format!("Invalid object name '{name}'."))
}

pub(crate) fn row_too_large(size: usize) -> ServerMessage {
    let text =
        format!("Cannot create a row of size {size} which is greater than the allowable maximum row size of 8060.");
    error(511, 16, 1, text)
}

pub(crate) fn null_refused(column: &str, table: &str, statement: &str) -> ServerMessage {
    let text = format!(
        "Cannot insert the value NULL into column '{column}', table '{table}'; column does not allow nulls. {statement} fails."
    );
    error(515, 16, 2, text)
}

pub(crate) fn conversion_failed(text: &str, kind: &str) -> ServerMessage {
    error(245, 16, 1, format!("Conversion failed when converting the nvarchar value '{text}' to data type {kind}."))
}

pub(crate) fn operand_clash(from: &str, to: &str) -> ServerMessage {
    error(206, 16, 2, format!("Operand type clash: {from} is incompatible with {to}"))
}

pub(crate) fn overflow(kind: &str) -> ServerMessage {
    error(8115, 16, 2, format!("Arithmetic overflow error converting expression to data type {kind}."))
}

pub(crate) fn truncated(table: &str, column: &str, value: &str) -> ServerMessage {
    let text = format!(
        "String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{value}'."
    );
    error(2628, 16, 1, text)
}

pub(crate) fn duplicate_key(constraint: &str, object: &str, value: &str) -> ServerMessage {
    let text = format!(
        "Violation of PRIMARY KEY constraint '{constraint}'. Cannot insert duplicate key in object '{object}'. The duplicate key value is ({value})."
    );
    error(2627, 14, 1, text)
}

pub(crate) fn object_exists(name: &str) -> ServerMessage {
    error(2714, 16, 6, format!("There is already an object named '{name}' in the database."))
}

pub(crate) fn cannot_drop_table(name: &str) -> ServerMessage {
    let text = format!("Cannot drop the table '{name}', because it does not exist or you do not have permission.");
    error(3701, 11, 5, text)
}

pub(crate) fn cannot_drop_database(name: &str) -> ServerMessage {
    let text = format!("Cannot drop the database '{name}', because it does not exist or you do not have permission.");
    error(3701, 11, 1, text)
}

pub(crate) fn drop_in_use(name: &str) -> ServerMessage {
    error(3702, 16, 4, format!("Cannot drop database \"{name}\" because it is currently in use."))
}

pub(crate) fn drop_system(name: &str) -> ServerMessage {
    error(3708, 16, 4, format!("Cannot drop the database '{name}' because it is a system database."))
}

pub(crate) fn read_only(database: &str) -> ServerMessage {
    error(3906, 16, 1, format!("Failed to update database \"{database}\" because the database is read-only."))
}

pub(crate) fn disk_error(cause: &io::Error, path: &str) -> ServerMessage {
    let text = format!(
        "The operating system returned error {} to SQL Server during an access to file '{path}'. Additional messages in the SQL Server error log and operating system error log may provide more detail. This is a severe system-level error condition that threatens database integrity and must be corrected immediately. Complete a full database consistency check (DBCC CHECKDB). This error can be caused by many factors; for more information, see SQL Server Books Online.",
        os_text(os_error(cause))
    );
    error(823, 24, 2, text)
}

pub(crate) fn bad_checksum(expected: u32, actual: u32, id: PageId, database: &str, path: &str) -> ServerMessage {
    let offset = u64::from(id.page) * PAGE as u64;
    let text = format!(
        "SQL Server detected a logical consistency-based I/O error: incorrect checksum (expected: 0x{expected:08x}; actual: 0x{actual:08x}). It occurred during a read of page ({id}) in database '{database}' at offset {offset:#018x} in file '{path}'.  Additional messages in the SQL Server error log or operating system error log may provide more detail. This is a severe error condition that threatens database integrity and must be corrected immediately. Complete a full database consistency check (DBCC CHECKDB). This error can be caused by many factors; for more information, see SQL Server Books Online."
    );
    error(824, 24, 2, text)
}

pub(crate) fn page_missing(id: PageId, database: &str) -> ServerMessage {
    let text = format!(
        "Attempt to fetch logical page ({id}) in database '{database}' failed. It belongs to a file that is not open."
    );
    error(605, 21, 3, text)
}

pub(crate) fn internal(what: &str) -> ServerMessage {
    error(8630, 16, 1, format!("Internal error: {what} is missing from the catalog."))
}

pub(crate) fn file_group_full(database: &str) -> ServerMessage {
    let text = format!(
        "Could not allocate a new page for database '{database}' because of insufficient disk space in filegroup 'PRIMARY'. Create the necessary space by dropping objects in the filegroup, adding additional files to the filegroup, or setting autogrowth on for existing files in the filegroup."
    );
    error(1101, 17, 12, text)
}

pub(crate) fn log_full(database: &str, cause: &io::Error) -> ServerMessage {
    let text = format!(
        "The transaction log for database '{database}' is full due to 'NOTHING'. Operating system error {}.",
        os_text(os_error(cause))
    );
    error(9002, 17, 1, text)
}

pub(crate) fn no_database(name: &str) -> ServerMessage {
    error(911, 16, 1, format!("Database '{name}' does not exist. Make sure that the name is entered correctly."))
}

pub(crate) fn single_user(name: &str) -> ServerMessage {
    error(924, 14, 1, format!("Database '{name}' is already open and can only have one user at a time."))
}

pub(crate) fn suspect(name: &str) -> ServerMessage {
    let text = format!(
        "Database '{name}' cannot be opened. It has been marked SUSPECT by recovery. See the SQL Server errorlog for more information."
    );
    error(926, 14, 1, text)
}

pub(crate) fn restoring(name: &str) -> ServerMessage {
    error(927, 14, 2, format!("Database '{name}' cannot be opened. It is in the middle of a restore."))
}

pub(crate) fn offline(name: &str) -> ServerMessage {
    error(942, 14, 4, format!("Database '{name}' cannot be opened because it is offline."))
}

pub(crate) fn in_transition(name: &str) -> ServerMessage {
    error(952, 16, 1, format!("Database '{name}' is in transition. Try the statement later."))
}

pub(crate) fn database_exists(name: &str) -> ServerMessage {
    error(1801, 16, 3, format!("Database '{name}' already exists. Choose a different database name."))
}

pub(crate) fn create_failed() -> ServerMessage {
    let text = "CREATE DATABASE failed. Some file names listed could not be created. Check related errors.";
    error(1802, 16, 4, text.to_owned())
}

pub(crate) fn file_exists(path: &str) -> ServerMessage {
    let text = format!(
        "Cannot create file '{path}' because it already exists. Change the file path or the file name, and retry the operation."
    );
    error(5170, 16, 1, text)
}

pub(crate) fn create_file(path: &str, cause: OsError) -> ServerMessage {
    let text = format!(
        "CREATE FILE encountered operating system error {} while attempting to open or create the physical file '{path}'.",
        os_text(cause)
    );
    error(5123, 16, 1, text)
}

pub(crate) fn cannot_alter(name: &str) -> ServerMessage {
    let text = format!(
        "User does not have permission to alter database '{name}', the database does not exist, or the database is not in a state that allows access checks."
    );
    error(5011, 14, 5, text)
}

pub(crate) fn option_refused(option: &str, name: &str) -> ServerMessage {
    error(5058, 16, 1, format!("Option '{option}' cannot be set in database '{name}'."))
}

pub(crate) fn single_user_taken(name: &str) -> ServerMessage {
    let text = format!(
        "Changes to the state or options of database '{name}' cannot be made at this time. The database is in single-user mode, and a user is currently connected to it."
    );
    error(5064, 16, 1, text)
}

pub(crate) fn not_locked() -> ServerMessage {
    error(5030, 16, 2, "The database could not be exclusively locked to perform the operation.".to_owned())
}

pub(crate) fn others_use(name: &str) -> ServerMessage {
    error(5070, 16, 2, format!("Database state cannot be changed while other users are using the database '{name}'"))
}

pub(crate) fn alter_failed() -> ServerMessage {
    error(5069, 16, 1, "ALTER DATABASE statement failed.".to_owned())
}
