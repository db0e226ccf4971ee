//! Functions about logins, users and their rights.

use super::{ANY, Function, INT, TEXT, text};
use crate::catalog::principals;
use crate::failure::Outcome;
use crate::query::Context;
use crate::server::{Account, DatabaseRole, LockMode, ServerRole};
use crate::session::rights;
use crate::value::{SYSNAME, SqlType, Value, fold, same_name};

/// All of them.
pub const ALL: &[Function] = &[
    name_of("SUSER_SNAME", login_name),
    name_of("SUSER_NAME", login_name),
    name_of("ORIGINAL_LOGIN", own_login),
    name_of("SYSTEM_USER", own_login),
    name_of("USER_NAME", user_name),
    name_of("CURRENT_USER", user_name),
    name_of("SESSION_USER", user_name),
    name_of("USER", user_name),
    Function {
        name: "SUSER_ID",
        least: 0,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |context, values| Ok(login(context, values).map_or(Value::Null, |(id, _)| Value::from(id))),
    },
    Function {
        name: "SUSER_SID",
        least: 0,
        most: 2,
        takes: &[TEXT, INT],
        ty: |_| SqlType::VarBinary(Some(85)),
        null_in_null_out: true,
        run: |context, values| {
            Ok(login(context, values)
                .map_or(Value::Null, |(id, account)| Value::Bytes(principals::sid(id, &account.name))))
        },
    },
    Function {
        name: "IS_SRVROLEMEMBER",
        least: 1,
        most: 2,
        takes: &[TEXT, TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: is_server_role_member,
    },
    Function {
        name: "IS_MEMBER",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |context, values| Ok(member(context, text(values, 0))),
    },
    Function {
        name: "IS_ROLEMEMBER",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |context, values| Ok(member(context, text(values, 0))),
    },
    Function {
        name: "HAS_DBACCESS",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |context, values| {
            let facts = context.session.server().engine.database(text(values, 0)).ok();
            let account = context.session.account();
            let access = |facts: crate::engine::DatabaseFacts| {
                facts.state == crate::engine::DatabaseState::Online && rights::may_enter(account, &facts)
            };
            Ok(facts.map_or(Value::Null, |facts| Value::bit(access(facts))))
        },
    },
    Function {
        name: "HAS_PERMS_BY_NAME",
        least: 3,
        most: 5,
        takes: &[ANY, TEXT, TEXT, TEXT, TEXT],
        ty: |_| INT,
        null_in_null_out: false,
        run: has_permission,
    },
    Function {
        // APPLOCK_MODE(principal, resource, owner): what this session holds.
        name: "APPLOCK_MODE",
        least: 3,
        most: 3,
        takes: &[TEXT, TEXT, TEXT],
        ty: |_| TEXT,
        null_in_null_out: true,
        run: |context, values| {
            let session = context.session;
            let locks = &session.server().app_locks;
            Ok(Value::text(match locks.mode(session.id(), session.database(), text(values, 1)) {
                None => "NoLock",
                Some(LockMode::Shared) => "Shared",
                Some(LockMode::Exclusive) => "Exclusive",
            }))
        },
    },
    Function {
        name: "DATABASE_PRINCIPAL_ID",
        least: 0,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |_, values| {
            Ok(match fold(text(values, 0)).as_str() {
                "" | "dbo" => Value::Int(1),
                "public" => Value::Int(0),
                "guest" => Value::Int(2),
                _ => Value::Null,
            })
        },
    },
];

const fn name_of(name: &'static str, run: fn(&Context<'_>, &[Value]) -> Outcome<Value>) -> Function {
    Function { name, least: 0, most: 1, takes: &[ANY], ty: |_| SYSNAME, null_in_null_out: true, run }
}

fn own_login(context: &Context<'_>, _: &[Value]) -> Outcome<Value> {
    Ok(Value::text(context.session.account().name.clone()))
}

/// The login of an argument, or the session's own.
fn login<'a>(context: &'a Context<'_>, values: &[Value]) -> Option<(i32, &'a Account)> {
    let wanted = match values.first() {
        Some(Value::Text(name)) => name.clone(),
        Some(_) => return None,
        None => context.session.account().name.clone(),
    };
    principals::logins(context.session.server()).into_iter().find(|(_, account)| same_name(&account.name, &wanted))
}

/// By sid or id, or the session's own.
fn login_name(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let all = principals::logins(context.session.server());
    let found = match values.first() {
        None => return own_login(context, values),
        Some(Value::Bytes(sid)) => all.into_iter().find(|(id, account)| principals::sid(*id, &account.name) == *sid),
        Some(Value::Int(wanted)) => all.into_iter().find(|(id, _)| i64::from(*id) == *wanted),
        Some(_) => None,
    };
    Ok(Value::from(found.map(|(_, account)| account.name.clone())))
}

fn user_name(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    if values.first().is_some_and(|id| *id != Value::Int(1)) {
        return Ok(Value::Null);
    }
    let session = context.session;
    let account = session.account();
    let facts = session.server().engine.database(session.database())?;
    let is_dbo = account.has(ServerRole::Sysadmin) || same_name(&facts.owner, &account.name) || !values.is_empty();
    Ok(Value::text(match (is_dbo, account.is_user_of(session.database())) {
        (true, _) => "dbo",
        (false, true) => account.name.as_str(),
        (false, false) => "guest",
    }))
}

fn is_server_role_member(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let account = match values.get(1) {
        Some(_) => context.session.server().accounts.get(text(values, 1)),
        None => Some(context.session.account()),
    };
    let Some(account) = account else { return Ok(Value::Null) };
    let wanted = text(values, 0);
    if same_name(wanted, "public") {
        return Ok(Value::Int(1));
    }
    const OTHERS: [&str; 5] = ["serveradmin", "securityadmin", "setupadmin", "diskadmin", "bulkadmin"];
    let role = ServerRole::ALL.into_iter().find(|role| same_name(role.name(), wanted));
    Ok(match role {
        Some(role) => Value::bit(account.has(role)),
        None if OTHERS.iter().any(|other| same_name(other, wanted)) => Value::bit(account.has(ServerRole::Sysadmin)),
        None => Value::Null,
    })
}

fn member(context: &Context<'_>, role: &str) -> Value {
    let session = context.session;
    let (account, database) = (session.account(), session.database());
    const OTHERS: [&str; 5] =
        ["db_accessadmin", "db_ddladmin", "db_securityadmin", "db_denydatareader", "db_denydatawriter"];
    const ROLES: [DatabaseRole; 4] =
        [DatabaseRole::Owner, DatabaseRole::BackupOperator, DatabaseRole::DataReader, DatabaseRole::DataWriter];
    if same_name(role, "public") {
        return Value::Int(1);
    }
    // dbo is in db_owner only: IS_MEMBER('db_backupoperator') of a sysadmin is 0... but 1 through db_owner's place.
    let owner = rights::is_owner(session, database);
    match ROLES.into_iter().find(|known| same_name(known.name(), role)) {
        Some(DatabaseRole::Owner) => Value::bit(owner),
        Some(known) => Value::bit(account.has_in(database, known)),
        None if OTHERS.iter().any(|other| same_name(other, role)) => Value::Int(0),
        None => Value::Null,
    }
}

/// `HAS_PERMS_BY_NAME(object, class, permission)`
fn has_permission(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let session = context.session;
    let account = session.account();
    let permission = text(values, 2).to_uppercase();
    let sysadmin = account.has(ServerRole::Sysadmin);
    let class = values.get(1).filter(|class| !class.is_null()).map(|_| text(values, 1).to_uppercase());
    let object = text(values, 0);
    Ok(match class.as_deref() {
        None | Some("SERVER") => match permission.as_str() {
            "VIEW SERVER STATE" | "VIEW SERVER PERFORMANCE STATE" => Value::bit(rights::sees_server_state(session)),
            "CREATE ANY DATABASE" | "VIEW ANY DATABASE" if permission.starts_with("VIEW") => Value::Int(1),
            "CREATE ANY DATABASE" | "ALTER ANY DATABASE" => Value::bit(rights::may_create(account)),
            "ALTER ANY CONNECTION" => Value::bit(account.has(ServerRole::ProcessAdmin)),
            "CONNECT SQL" => Value::Int(1),
            "CONTROL SERVER" | "ADMINISTER BULK OPERATIONS" | "VIEW ANY DEFINITION" | "ALTER SERVER STATE" => {
                Value::bit(sysadmin)
            }
            _ => Value::Null,
        },
        Some("DATABASE") => {
            let bare =
                object.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(|name| name.replace("]]", "]"));
            let name = if object.is_empty() { session.database() } else { bare.as_deref().unwrap_or(object) };
            let Ok(facts) = session.server().engine.database(name) else { return Ok(Value::Null) };
            let owner = rights::is_owner(session, name);
            let operator = owner || account.has_in(name, DatabaseRole::BackupOperator);
            match permission.as_str() {
                "BACKUP DATABASE" | "BACKUP LOG" => Value::bit(operator),
                "CONNECT" | "ANY" => Value::bit(rights::may_enter(account, &facts)),
                "CREATE DATABASE" => Value::bit(rights::may_create(account)),
                "ALTER" => Value::bit(rights::may_alter(session, name)),
                "SELECT" => Value::bit(owner || account.has_in(name, DatabaseRole::DataReader)),
                "INSERT" | "UPDATE" | "DELETE" => Value::bit(owner || account.has_in(name, DatabaseRole::DataWriter)),
                "VIEW DATABASE STATE" => Value::bit(owner || rights::sees_server_state(session)),
                "CONTROL" | "CREATE TABLE" | "VIEW DEFINITION" | "CHECKPOINT" => Value::bit(owner),
                _ => Value::Null,
            }
        }
        Some("OBJECT") => {
            let mut parts: Vec<&str> = object.split('.').map(|part| part.trim_matches(['[', ']'])).collect();
            let name = parts.pop().unwrap_or_default();
            let schema = parts.pop().unwrap_or_default();
            let database = parts.pop().filter(|name| !name.is_empty()).unwrap_or(session.database());
            if name.to_lowercase().starts_with("xp_") && permission == "EXECUTE" {
                let public = ["xp_fileexist", "xp_dirtree", "xp_fixeddrives"];
                return Ok(Value::bit(sysadmin || public.iter().any(|known| same_name(known, name))));
            }
            if crate::catalog::view(database, schema, name).is_some() {
                return Ok(Value::Int(1));
            }
            let schema = if schema.is_empty() { "dbo" } else { schema };
            match session.server().engine.table(database, schema, name) {
                Ok(facts) => {
                    Value::bit(rights::table(session, database, &facts.schema, &facts.name, &permission).is_ok())
                }
                Err(_) => Value::Null,
            }
        }
        Some(_) => Value::Null,
    })
}
