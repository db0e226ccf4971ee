//! Who may do what: "Permissions" of each statement in the T-SQL reference.

use crate::engine::{DatabaseFacts, UserAccess};
use crate::failure::{Failure, Outcome};
use crate::server::{Account, DatabaseRole, ServerRole};
use crate::value::same_name;

use super::Session;

/// Databases that anybody may enter, as guest.
const OPEN: [&str; 3] = ["master", "tempdb", "msdb"];

/// Whether a login may enter a database.
pub fn may_enter(account: &Account, database: &DatabaseFacts) -> bool {
    account.has(ServerRole::Sysadmin)
        || same_name(&database.owner, &account.name)
        || account.is_user_of(&database.name)
        || OPEN.iter().any(|open| same_name(open, &database.name))
}

/// Whether RESTRICTED_USER keeps a login out of a database.
pub fn is_kept_out(account: &Account, database: &DatabaseFacts) -> bool {
    database.user_access == UserAccess::Restricted
        && !account.has(ServerRole::DbCreator)
        && !account.has_in(&database.name, DatabaseRole::Owner)
        && !same_name(&database.owner, &account.name)
}

/// Whether the login is the database's owner, in truth or by role.
pub fn is_owner(session: &Session, database: &str) -> bool {
    let account = session.account();
    let facts = session.server().engine.database(database);
    account.has(ServerRole::Sysadmin)
        || account.has_in(database, DatabaseRole::Owner)
        || facts.is_ok_and(|facts| same_name(&facts.owner, &account.name))
}

/// Only the owner of a database may go on.
///
/// # Errors
/// 15247, which callers replace by their statement's own.
pub fn owner(session: &Session, database: &str) -> Outcome<()> {
    if is_owner(session, database) {
        return Ok(());
    }
    Err(Failure::of(15247, 16, 1, "User does not have permission to perform this action."))
}

/// Whether the login may create databases, and so restore new ones and read media.
pub fn may_create(account: &Account) -> bool {
    account.has(ServerRole::DbCreator)
}

/// CREATE DATABASE, RESTORE of a new database, HEADERONLY and its kin.
///
/// # Errors
/// 262.
pub fn create_database(session: &Session) -> Outcome<()> {
    if may_create(session.account()) {
        return Ok(());
    }
    Err(Failure::of(262, 14, 1, "CREATE DATABASE permission denied in database 'master'."))
}

/// Keys and certificates of master.
///
/// # Errors
/// 15247.
pub fn master(session: &Session) -> Outcome<()> {
    if session.account().has(ServerRole::Sysadmin) {
        return Ok(());
    }
    Err(Failure::of(15247, 16, 1, "User does not have permission to perform this action."))
}

/// BACKUP of a database or its log.
///
/// # Errors
/// 262.
pub fn backup(session: &Session, database: &str, log: bool) -> Outcome<()> {
    if is_owner(session, database) || session.account().has_in(database, DatabaseRole::BackupOperator) {
        return Ok(());
    }
    let what = if log { "LOG" } else { "DATABASE" };
    let name = session.server().engine.database(database).map_or_else(|_| database.to_owned(), |facts| facts.name);
    Err(Failure::of(262, 14, 1, format!("BACKUP {what} permission denied in database '{name}'.")))
}

/// RESTORE: of a new database those who may create one; over an existing one also its true owner,
/// but not a member of db_owner.
///
/// # Errors
/// 262 or 3110.
pub fn restore(session: &Session, database: &str) -> Outcome<()> {
    let Ok(facts) = session.server().engine.database(database) else { return create_database(session) };
    if may_create(session.account()) || same_name(&facts.owner, &session.account().name) {
        return Ok(());
    }
    let text = format!("User does not have permission to RESTORE database '{}'.", facts.name);
    Err(Failure::of(3110, 14, 1, text))
}

/// ALTER DATABASE, DROP DATABASE.
pub fn may_alter(session: &Session, database: &str) -> bool {
    is_owner(session, database) || session.account().has(ServerRole::DbCreator)
}

/// A right to a table: SELECT, INSERT, UPDATE, DELETE, ALTER.
///
/// # Errors
/// 229, or 1088 for ALTER.
pub fn table(session: &Session, database: &str, schema: &str, table: &str, right: &str) -> Outcome<()> {
    let account = session.account();
    let by_role = match right {
        "SELECT" => account.has_in(database, DatabaseRole::DataReader),
        "INSERT" | "UPDATE" | "DELETE" => account.has_in(database, DatabaseRole::DataWriter),
        _ => false,
    };
    // tempdb is everybody's.
    if by_role || is_owner(session, database) || same_name(database, "tempdb") {
        return Ok(());
    }
    if right == "ALTER" {
        let text =
            format!("Cannot find the object \"{table}\" because it does not exist or you do not have permissions.");
        return Err(Failure::of(1088, 16, 7, text));
    }
    let text =
        format!("The {right} permission was denied on the object '{table}', database '{database}', schema '{schema}'.");
    Err(Failure::of(229, 14, 5, text))
}

/// EXECUTE of an extended procedure that public does not have.
///
/// # Errors
/// 229.
pub fn execute(session: &Session, procedure: &str) -> Outcome<()> {
    if session.account().has(ServerRole::Sysadmin) {
        return Ok(());
    }
    let text = format!(
        "The EXECUTE permission was denied on the object '{procedure}', database 'mssqlsystemresource', schema 'sys'."
    );
    Err(Failure::of(229, 14, 5, text))
}

/// Whether the login sees other sessions and the server's state.
pub fn sees_server_state(session: &Session) -> bool {
    session.account().has(ServerRole::ServerStateReader)
}

/// VIEW SERVER STATE.
///
/// # Errors
/// 300 and 297.
pub fn server_state(session: &Session) -> Outcome<()> {
    if sees_server_state(session) {
        return Ok(());
    }
    let text = "VIEW SERVER STATE permission was denied on object 'server', database 'master'.";
    Err(Failure::of(300, 14, 1, text).then(297, 16, 1, "The user does not have permission to perform this action."))
}

/// KILL.
///
/// # Errors
/// 6102.
pub fn kill(session: &Session) -> Outcome<()> {
    if session.account().has(ServerRole::ProcessAdmin) {
        return Ok(());
    }
    Err(Failure::of(6102, 14, 1, "User does not have permission to use the KILL statement."))
}
