//! Logins, of SQL Server and of Windows: passwords, roles, and why a login fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::value::same_name;

/// A server role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerRole {
    /// May do everything.
    Sysadmin,
    /// Creates and restores databases.
    DbCreator,
    /// Ends sessions.
    ProcessAdmin,
    /// Sees the server's state (`VIEW SERVER STATE`; a permission in truth, a role since 2022).
    ServerStateReader,
}

impl ServerRole {
    /// Its name in `IS_SRVROLEMEMBER`.
    pub const fn name(self) -> &'static str {
        match self {
            ServerRole::Sysadmin => "sysadmin",
            ServerRole::DbCreator => "dbcreator",
            ServerRole::ProcessAdmin => "processadmin",
            ServerRole::ServerStateReader => "##MS_ServerStateReader##",
        }
    }

    /// All of them.
    pub const ALL: [ServerRole; 4] =
        [ServerRole::Sysadmin, ServerRole::DbCreator, ServerRole::ProcessAdmin, ServerRole::ServerStateReader];
}

/// A role in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseRole {
    /// `db_owner`
    Owner,
    /// `db_backupoperator`
    BackupOperator,
    /// `db_datareader`
    DataReader,
    /// `db_datawriter`
    DataWriter,
    /// A user without any role.
    Public,
}

impl DatabaseRole {
    /// Its name in `IS_MEMBER`.
    pub const fn name(self) -> &'static str {
        match self {
            DatabaseRole::Owner => "db_owner",
            DatabaseRole::BackupOperator => "db_backupoperator",
            DatabaseRole::DataReader => "db_datareader",
            DatabaseRole::DataWriter => "db_datawriter",
            DatabaseRole::Public => "public",
        }
    }
}

/// A login; with a backslash in its name one of Windows, as SQL Server takes none in a SQL login's (15006).
#[derive(Clone)]
pub struct Account {
    /// Its name, `DOMAIN\user` of a Windows account.
    pub name: String,
    /// Its password; compared with its case.
    pub password: String,
    /// Server roles.
    pub server_roles: Vec<ServerRole>,
    /// Roles by database; the login is a user of these databases.
    pub database_roles: Vec<(String, DatabaseRole)>,
    /// Default database.
    pub database: String,
    /// Default language.
    pub language: String,
    /// `ALTER LOGIN ... DISABLE`
    pub disabled: bool,
    /// The password has to be changed first.
    pub must_change: bool,
    /// Windows knows the account, but nobody made it a login here.
    pub stranger: bool,
    /// Its roles were taken away, for all its sessions at once; see [`Accounts::withdraw`].
    withdrawn: Arc<AtomicBool>,
    /// It may not log in any more; see [`Accounts::lock_out`].
    locked_out: Arc<AtomicBool>,
}

impl Account {
    /// A login without any right but to come in.
    pub fn new(name: &str, password: &str) -> Account {
        Account {
            name: name.to_owned(),
            password: password.to_owned(),
            server_roles: Vec::new(),
            database_roles: Vec::new(),
            database: "master".to_owned(),
            language: "us_english".to_owned(),
            disabled: false,
            must_change: false,
            stranger: false,
            withdrawn: Arc::default(),
            locked_out: Arc::default(),
        }
    }

    /// With a server role.
    #[must_use]
    pub fn server_role(mut self, role: ServerRole) -> Account {
        self.server_roles.push(role);
        self
    }

    /// With a role in a database.
    #[must_use]
    pub fn database_role(mut self, database: &str, role: DatabaseRole) -> Account {
        self.database_roles.push((database.to_owned(), role));
        self
    }

    /// With another default database.
    #[must_use]
    pub fn default_database(mut self, database: &str) -> Account {
        self.database = database.to_owned();
        self
    }

    /// With another language.
    #[must_use]
    pub fn language(mut self, language: &str) -> Account {
        self.language = language.to_owned();
        self
    }

    /// Disabled.
    #[must_use]
    pub fn disabled(mut self) -> Account {
        self.disabled = true;
        self
    }

    /// Whose password has to be changed.
    #[must_use]
    pub fn must_change(mut self) -> Account {
        self.must_change = true;
        self
    }

    /// Known to Windows only.
    #[must_use]
    pub fn stranger(mut self) -> Account {
        self.stranger = true;
        self
    }

    /// Domain and user of a Windows account.
    pub fn windows(&self) -> Option<(&str, &str)> {
        self.name.split_once('\\')
    }

    /// Whether the login has a server role; `sysadmin` has all.
    pub fn has(&self, role: ServerRole) -> bool {
        !self.withdrawn.load(Ordering::Acquire)
            && self.server_roles.iter().any(|own| *own == role || *own == ServerRole::Sysadmin)
    }

    /// Whether the login has a role in a database, not counting ownership and `sysadmin`.
    pub fn has_in(&self, database: &str, role: DatabaseRole) -> bool {
        self.database_roles.iter().any(|(name, own)| same_name(name, database) && *own == role)
    }

    /// Whether the login is a user of a database.
    pub fn is_user_of(&self, database: &str) -> bool {
        self.database_roles.iter().any(|(name, _)| same_name(name, database))
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a login fails. The client is told little, the error log the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginError {
    /// State 5: there is no such login.
    Unknown,
    /// State 6: a Windows account's name with a SQL Server password.
    NotSql,
    /// State 8: wrong password.
    Password,
    /// State 7: disabled, and the password is wrong too.
    DisabledAndPassword,
    /// 18470: disabled, right password.
    Disabled,
    /// 18488: the password has to be changed.
    MustChange,
}

impl LoginError {
    /// The state of 18456 as the server's log has it.
    pub const fn state(self) -> u8 {
        match self {
            LoginError::Unknown => 5,
            LoginError::NotSql => 6,
            LoginError::Password => 8,
            LoginError::DisabledAndPassword => 7,
            LoginError::Disabled | LoginError::MustChange => 1,
        }
    }

    /// The reason as the server's log has it.
    pub const fn reason(self) -> &'static str {
        match self {
            LoginError::Unknown => "Could not find a login matching the name provided.",
            LoginError::NotSql => "Attempting to use an NT account name with SQL Server Authentication.",
            LoginError::Password => "Password did not match that for the login provided.",
            LoginError::DisabledAndPassword => {
                "An error occurred while evaluating the password. The account is disabled."
            }
            LoginError::Disabled => "The account is disabled.",
            LoginError::MustChange => "The password of the account must be changed.",
        }
    }

    /// Number and text for the client.
    pub fn told(self, user: &str) -> (i32, String) {
        match self {
            LoginError::Disabled => {
                (18470, format!("Login failed for user '{user}'. Reason: The account is disabled."))
            }
            LoginError::MustChange => (
                18488,
                format!("Login failed for user '{user}'.  Reason: The password of the account must be changed."),
            ),
            _ => (18456, format!("Login failed for user '{user}'.")),
        }
    }
}

/// All logins.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    logins: Vec<Account>,
    /// Accounts of Windows that are no logins.
    strangers: Vec<Account>,
}

impl Accounts {
    /// Of a list; a later login of the same name replaces an earlier one.
    pub fn new(list: Vec<Account>) -> Accounts {
        let mut all: Vec<Account> = Vec::new();
        for account in list {
            all.retain(|other| !same_name(&other.name, &account.name));
            all.push(account);
        }
        let (strangers, logins) = all.into_iter().partition(|account| account.stranger);
        Accounts { logins, strangers }
    }

    /// Takes the server roles of a login away while it works, or gives them back.
    pub fn withdraw(&self, name: &str, withdrawn: bool) {
        if let Some(account) = self.get(name) {
            account.withdrawn.store(withdrawn, Ordering::Release);
        }
    }

    /// Disables a login while its sessions go on, or enables it again.
    pub fn lock_out(&self, name: &str, locked_out: bool) {
        if let Some(account) = self.get(name) {
            account.locked_out.store(locked_out, Ordering::Release);
        }
    }

    /// All logins.
    pub fn all(&self) -> &[Account] {
        &self.logins
    }

    /// One by name.
    pub fn get(&self, name: &str) -> Option<&Account> {
        self.logins.iter().find(|account| same_name(&account.name, name))
    }

    /// The account of Windows with this domain and user; without a domain it is one of the server's machine.
    pub fn windows(&self, domain: &str, user: &str, machine: &str) -> Option<&Account> {
        let domain = if domain.is_empty() { machine } else { domain };
        self.logins.iter().chain(&self.strangers).find(|account| {
            account.windows().is_some_and(|(own, name)| same_name(own, domain) && same_name(name, user))
        })
    }

    /// The domain of the first account of Windows.
    pub fn first_domain(&self) -> Option<&str> {
        self.logins.iter().chain(&self.strangers).find_map(Account::windows).map(|(domain, _)| domain)
    }

    /// The login of an account whose password Windows has checked.
    ///
    /// # Errors
    /// Why it is turned away all the same.
    pub fn proven(&self, name: &str) -> Result<&Account, LoginError> {
        let account = self.get(name).ok_or(LoginError::Unknown)?;
        let disabled = account.disabled || account.locked_out.load(Ordering::Acquire);
        if disabled { Err(LoginError::Disabled) } else { Ok(account) }
    }

    /// Checks a name and a password of SQL Server.
    ///
    /// # Errors
    /// Why the login is turned away.
    pub fn check(&self, name: &str, password: &str) -> Result<&Account, LoginError> {
        if name.contains('\\') {
            return Err(LoginError::NotSql);
        }
        let account = self.get(name).ok_or(LoginError::Unknown)?;
        let disabled = account.disabled || account.locked_out.load(Ordering::Acquire);
        match (account.password == password, disabled) {
            (false, true) => Err(LoginError::DisabledAndPassword),
            (false, false) => Err(LoginError::Password),
            (true, true) => Err(LoginError::Disabled),
            (true, false) if account.must_change => Err(LoginError::MustChange),
            (true, false) => Ok(account),
        }
    }
}
