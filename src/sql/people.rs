//! Who is in a database, and what the login may do with it.

use super::facts::database;
use super::quote::identifier;
use super::session::Session;
use super::state::clients;
use crate::error::{Code, Result};
use crate::model::Client;

/// A session in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// `session_id`.
    pub session_id: i32,
    /// The login.
    pub login: String,
    /// The machine that it came from, as the client calls it.
    pub host: Option<String>,
    /// The program, as it calls itself.
    pub program: Option<String>,
}

/// The sessions of users that keep a database in use, but the own one. A login without VIEW SERVER
/// STATE sees none.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn connected(session: &mut Session, name: &str) -> Result<Vec<Connected>> {
    let Some(found) = database(session, name).await? else { return Ok(Vec::new()) };
    let mut all = match clients(session).await {
        Ok(all) => all,
        Err(error) if error.code == Code::Permission => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let told = |client: Client| Connected {
        session_id: client.session_id,
        login: client.login,
        host: some(client.host),
        program: some(client.program),
    };
    Ok(all.remove(&found.id).unwrap_or_default().into_iter().map(told).collect())
}

/// Ends a session. Needs ALTER ANY CONNECTION. One that is gone already (6106) is no error.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn end_session(session: &mut Session, session_id: i32) -> Result<()> {
    match session.catalog(&format!("KILL {session_id}"), &[]).await {
        Err(error) if error.server.first().is_some_and(|message| message.number == Some(6106)) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// What the login may do with a database. `None`: the server does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Make a new database.
    pub create: Option<bool>,
    /// Restore over it: a member of sysadmin or dbcreator, or its owner in truth; db_owner does not do.
    pub restore: Option<bool>,
    /// Change its state, name and access.
    pub alter: Option<bool>,
    /// Back it up.
    pub backup: Option<bool>,
}

/// Asks the permission functions; nothing is tried.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn rights(session: &mut Session, database: &str) -> Result<Rights> {
    let sql = "SELECT IS_SRVROLEMEMBER(N'sysadmin') AS is_admin, IS_SRVROLEMEMBER(N'dbcreator') AS is_creator, \
               HAS_PERMS_BY_NAME(NULL, NULL, N'CREATE ANY DATABASE') AS may_create, \
               HAS_PERMS_BY_NAME(NULL, NULL, N'ALTER ANY DATABASE') AS may_alter_any, \
               HAS_PERMS_BY_NAME(@P2, N'DATABASE', N'ALTER') AS may_alter, \
               HAS_PERMS_BY_NAME(@P2, N'DATABASE', N'BACKUP DATABASE') AS may_backup, \
               (SELECT COUNT(*) FROM sys.databases AS d WHERE d.name = @P1 AND SUSER_SNAME(d.owner_sid) = SUSER_SNAME()) AS is_owner";
    let quoted = identifier(database);
    let rows = session.catalog(sql, &[&database, &quoted.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(Rights::default()) };
    let any = |names: &[&str]| {
        let all: Vec<Option<bool>> = names.iter().map(|name| row.flag(name)).collect();
        if all.contains(&Some(true)) { Some(true) } else { all.iter().all(Option::is_some).then_some(false) }
    };
    Ok(Rights {
        create: any(&["is_admin", "is_creator", "may_create"]),
        restore: any(&["is_admin", "is_creator", "is_owner"]),
        alter: any(&["is_admin", "may_alter_any", "may_alter"]),
        backup: any(&["is_admin", "may_backup"]),
    })
}

/// Users of a database that no login of the server belongs to any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanedUser {
    /// The user.
    pub name: String,
    /// Whether the server has a login of the same name.
    pub has_login: bool,
}

/// The orphaned users of a database.
///
/// # Errors
///
/// See [`Session::catalog`].
pub async fn orphaned_users(session: &mut Session, database: &str) -> Result<Vec<OrphanedUser>> {
    // Principals 1 to 4 are those of every database.
    let sql = format!(
        // 1 (INSTANCE) are those that belong to a login; contained users and users without login are meant so.
        "SELECT u.name, l.name AS login_name FROM {}.sys.database_principals AS u \
         LEFT JOIN sys.server_principals AS s ON s.sid = u.sid \
         LEFT JOIN sys.server_principals AS l ON l.name = u.name \
         WHERE u.type = 'S' AND u.principal_id > 4 AND u.authentication_type = 1 AND u.sid IS NOT NULL AND s.name IS NULL ORDER BY u.name",
        identifier(database)
    );
    let rows = session.catalog(&sql, &[]).await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(OrphanedUser { name: row.text("name")?, has_login: row.text("login_name").is_some() }))
        .collect())
}
