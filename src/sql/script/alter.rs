//! `ALTER DATABASE`, `DROP DATABASE`, `USE`, `DBCC CHECKDB` and `KILL`.

use crate::policy::restoring::Access;
use crate::sql::quote::identifier;

/// Lets only these people in; whoever is in and may not stay is cut off.
pub fn set_access(database: &str, access: Access) -> String {
    format!("ALTER DATABASE {} SET {} WITH ROLLBACK IMMEDIATE", identifier(database), access.word())
}

/// Forbids changes, or allows them again; everybody is cut off once.
pub fn set_read_only(database: &str, read_only: bool) -> String {
    let word = if read_only { "READ_ONLY" } else { "READ_WRITE" };
    format!("ALTER DATABASE {} SET {word} WITH ROLLBACK IMMEDIATE", identifier(database))
}

/// Closes a database: everybody is cut off, and nobody gets in.
pub fn set_offline(database: &str) -> String {
    format!("ALTER DATABASE {} SET OFFLINE WITH ROLLBACK IMMEDIATE", identifier(database))
}

/// Opens a closed database.
pub fn set_online(database: &str) -> String {
    format!("ALTER DATABASE {} SET ONLINE", identifier(database))
}

/// Gives a database another name.
pub fn rename_database(database: &str, name: &str) -> String {
    format!("ALTER DATABASE {} MODIFY NAME = {}", identifier(database), identifier(name))
}

/// Drops a database with its files.
pub fn drop_database(database: &str) -> String {
    format!("DROP DATABASE {}", identifier(database))
}

/// Goes into a database.
pub fn use_database(database: &str) -> String {
    format!("USE {}", identifier(database))
}

/// Checks a database; its findings are errors.
pub fn check_database(database: &str) -> String {
    format!("DBCC CHECKDB ({}) WITH NO_INFOMSGS, ALL_ERRORMSGS", identifier(database))
}

/// Gives a user of a database the login of the same name.
pub fn map_user(user: &str) -> String {
    let name = identifier(user);
    format!("ALTER USER {name} WITH LOGIN = {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        let name = "a]; DROP DATABASE b--";
        let quoted = "[a]]; DROP DATABASE b--]";
        assert_eq!(
            set_access(name, Access::Single),
            format!("ALTER DATABASE {quoted} SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
        );
        assert_eq!(set_read_only(name, true), format!("ALTER DATABASE {quoted} SET READ_ONLY WITH ROLLBACK IMMEDIATE"));
        assert_eq!(set_offline(name), format!("ALTER DATABASE {quoted} SET OFFLINE WITH ROLLBACK IMMEDIATE"));
        assert_eq!(set_online(name), format!("ALTER DATABASE {quoted} SET ONLINE"));
        assert_eq!(rename_database(name, name), format!("ALTER DATABASE {quoted} MODIFY NAME = {quoted}"));
        assert_eq!(drop_database(name), format!("DROP DATABASE {quoted}"));
        assert_eq!(use_database(name), format!("USE {quoted}"));
        assert_eq!(check_database(name), format!("DBCC CHECKDB ({quoted}) WITH NO_INFOMSGS, ALL_ERRORMSGS"));
        assert_eq!(map_user(name), format!("ALTER USER {quoted} WITH LOGIN = {quoted}"));
    }
}
