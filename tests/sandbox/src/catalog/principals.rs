//! Logins and users.

use super::{Shape, View, int};
use crate::failure::Outcome;
use crate::query::Context;
use crate::server::{Account, DatabaseRole, Server, ServerRole};
use crate::value::{Value, same_name};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "sys",
        name: "server_principals",
        columns: "name sysname!, principal_id int!, sid varbinary(85), type char(1)!, type_desc nvarchar(60), \
                  is_disabled bit, create_date datetime!, modify_date datetime!, default_database_name sysname, \
                  default_language_name sysname, credential_id int, owning_principal_id int, is_fixed_role bit!",
        rows: server_principals,
    },
    View {
        schema: "sys",
        name: "sql_logins",
        columns: "name sysname!, principal_id int!, sid varbinary(85), type char(1)!, type_desc nvarchar(60), \
                  is_disabled bit, create_date datetime!, modify_date datetime!, default_database_name sysname, \
                  default_language_name sysname, credential_id int, is_policy_checked bit, is_expiration_checked bit, \
                  password_hash varbinary(256)",
        rows: sql_logins,
    },
    View {
        schema: "sys",
        name: "server_role_members",
        columns: "role_principal_id int!, member_principal_id int!",
        rows: server_role_members,
    },
    View {
        schema: "sys",
        name: "database_principals",
        columns: "name sysname!, principal_id int!, type char(1)!, type_desc nvarchar(60), \
                  default_schema_name sysname, create_date datetime!, modify_date datetime!, owning_principal_id int, \
                  sid varbinary(85), is_fixed_role bit!, authentication_type int!, \
                  authentication_type_desc nvarchar(60), default_language_name sysname, default_language_lcid int, \
                  allow_encrypted_value_modifications bit!",
        rows: database_principals,
    },
    View {
        schema: "sys",
        name: "database_role_members",
        columns: "role_principal_id int!, member_principal_id int!",
        rows: database_role_members,
    },
];

/// The first id of a login that is not built in.
const FIRST_LOGIN: i32 = 259;
const FIRST_USER: i32 = 5;
/// The first id of a user that came with a backup of another server.
const FIRST_FOREIGN_USER: i32 = 1000;

/// Roles of a server with their ids.
const SERVER_ROLES: [(&str, i32); 9] = [
    ("public", 2),
    ("sysadmin", 3),
    ("securityadmin", 4),
    ("serveradmin", 5),
    ("setupadmin", 6),
    ("processadmin", 7),
    ("diskadmin", 8),
    ("dbcreator", 9),
    ("bulkadmin", 10),
];

/// Roles of a database with their ids.
const DATABASE_ROLES: [(&str, i32); 10] = [
    ("public", 0),
    ("db_owner", 16384),
    ("db_accessadmin", 16385),
    ("db_securityadmin", 16386),
    ("db_ddladmin", 16387),
    ("db_backupoperator", 16389),
    ("db_datareader", 16390),
    ("db_datawriter", 16391),
    ("db_denydatareader", 16392),
    ("db_denydatawriter", 16393),
];

/// All logins with their ids: `sa` is 1.
pub fn logins(server: &Server) -> Vec<(i32, &Account)> {
    let mut next = FIRST_LOGIN;
    let id = |account| {
        if same_name(account_name(account), "sa") {
            return (1, account);
        }
        next += 1;
        (next - 1, account)
    };
    server.accounts.all().iter().map(id).collect()
}

fn account_name(account: &Account) -> &str {
    &account.name
}

/// The security id of a login: 0x01 for `sa`; what its name decides for others, 16 bytes of a SQL login, of a
/// Windows account S-1-5-21 with three numbers of its domain and one of its own (MS-DTYP 2.4.2.2).
pub fn sid(id: i32, name: &str) -> Vec<u8> {
    if id == 1 {
        return vec![1];
    }
    // FNV-1a twice: the same login has the same sid in every run.
    let hash = |seed: u64| {
        name.to_lowercase().bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    };
    if let Some((domain, _)) = name.split_once('\\') {
        let of_domain = sid(0, domain);
        let user = 1000 + hash(0xcbf2_9ce4_8422_2325) as u32 % 1_000_000;
        return [&[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0], &of_domain[..12], &user.to_le_bytes()].concat();
    }
    [hash(0xcbf2_9ce4_8422_2325).to_le_bytes(), hash(0x8422_2325_cbf2_9ce4).to_le_bytes()].concat()
}

/// Whether the session sees logins other than its own and `sa`.
fn visible(context: &Context<'_>, account: &Account) -> bool {
    let own = context.session.account();
    own.has(ServerRole::Sysadmin) || same_name(&own.name, &account.name) || same_name(&account.name, "sa")
}

fn server_principals(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let server = context.session.server();
    let created = Value::DateTime(server.started);
    let login = |(id, account): (i32, &Account)| {
        let (kind, described) = if account.windows().is_some() { ("U", "WINDOWS_LOGIN") } else { ("S", "SQL_LOGIN") };
        shape.row([
            ("name", Value::text(account.name.clone())),
            ("principal_id", int(id)),
            ("sid", Value::Bytes(sid(id, &account.name))),
            ("type", kind.into()),
            ("type_desc", described.into()),
            ("is_disabled", account.disabled.into()),
            ("create_date", created.clone()),
            ("modify_date", created.clone()),
            ("default_database_name", Value::text(account.database.clone())),
            ("default_language_name", Value::text(account.language.clone())),
            ("is_fixed_role", int(0)),
        ])
    };
    let role = |(name, id): (&str, i32)| {
        shape.row([
            ("name", name.into()),
            ("principal_id", int(id)),
            ("sid", Value::Bytes(vec![id as u8])),
            ("type", "R".into()),
            ("type_desc", "SERVER_ROLE".into()),
            ("is_disabled", int(0)),
            ("create_date", created.clone()),
            ("modify_date", created.clone()),
            ("owning_principal_id", int(1)),
            ("is_fixed_role", Value::bit(name != "public")),
        ])
    };
    let all = logins(server).into_iter().filter(|(_, account)| visible(context, account)).map(login);
    Ok(all.chain(SERVER_ROLES.into_iter().map(role)).collect())
}

fn sql_logins(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let server = context.session.server();
    let created = Value::DateTime(server.started);
    let login = |(id, account): (i32, &Account)| {
        shape.row([
            ("name", Value::text(account.name.clone())),
            ("principal_id", int(id)),
            ("sid", Value::Bytes(sid(id, &account.name))),
            ("type", "S".into()),
            ("type_desc", "SQL_LOGIN".into()),
            ("is_disabled", account.disabled.into()),
            ("create_date", created.clone()),
            ("modify_date", created.clone()),
            ("default_database_name", Value::text(account.database.clone())),
            ("default_language_name", Value::text(account.language.clone())),
            ("is_policy_checked", int(0)),
            ("is_expiration_checked", int(0)),
        ])
    };
    let all = logins(server).into_iter().filter(|(_, account)| account.windows().is_none());
    Ok(all.filter(|(_, account)| visible(context, account)).map(login).collect())
}

fn server_role_members(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let mut rows = Vec::new();
    for (id, account) in logins(context.session.server()) {
        for role in &account.server_roles {
            let known = SERVER_ROLES.into_iter().find(|(name, _)| *name == role.name());
            if let Some((_, role)) = known.filter(|_| visible(context, account)) {
                rows.push(shape.row([("role_principal_id", int(role)), ("member_principal_id", int(id))]));
            }
        }
    }
    Ok(rows)
}

/// Users of a database that are logins with a role in it, with their ids.
fn users<'a>(context: &'a Context<'_>, database: &str) -> Vec<(i32, i32, &'a Account)> {
    let all = logins(context.session.server()).into_iter().filter(|(_, account)| account.is_user_of(database));
    all.enumerate().map(|(place, (id, account))| (FIRST_USER + place as i32, id, account)).collect()
}

fn database_principals(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    context.session.may_use(database)?;
    let server = context.session.server();
    let facts = server.engine.database(database)?;
    let created = Value::DateTime(facts.created);
    let user = |name: &str, id: i32, sid: Value, kind: i32, schema: Value| {
        let (ty, described) = if kind == 3 { ("U", "WINDOWS_USER") } else { ("S", "SQL_USER") };
        let authentication = match kind {
            0 => "NONE",
            1 => "INSTANCE",
            _ => "WINDOWS",
        };
        shape.row([
            ("name", name.into()),
            ("principal_id", int(id)),
            ("type", ty.into()),
            ("type_desc", described.into()),
            ("default_schema_name", schema),
            ("create_date", created.clone()),
            ("modify_date", created.clone()),
            ("sid", sid),
            ("is_fixed_role", int(0)),
            ("authentication_type", int(kind)),
            ("authentication_type_desc", authentication.into()),
            ("allow_encrypted_value_modifications", int(0)),
        ])
    };
    let owner = logins(server).into_iter().find(|(_, account)| same_name(&account.name, &facts.owner));
    let owner = owner.map_or(Value::Bytes(vec![1]), |(id, account)| Value::Bytes(sid(id, &account.name)));
    let mut rows = vec![
        user("dbo", 1, owner, 1, "dbo".into()),
        user("guest", 2, Value::Bytes(vec![0]), 0, "guest".into()),
        user("INFORMATION_SCHEMA", 3, Value::Null, 0, Value::Null),
        user("sys", 4, Value::Null, 0, Value::Null),
    ];
    for (id, login, account) in users(context, database) {
        let kind = if account.windows().is_some() { 3 } else { 1 };
        rows.push(user(&account.name, id, Value::Bytes(sid(login, &account.name)), kind, "dbo".into()));
    }
    for (place, (name, sid)) in server.engine.users(facts.id).into_iter().enumerate() {
        rows.push(user(&name, FIRST_FOREIGN_USER + place as i32, Value::Bytes(sid), 1, "dbo".into()));
    }
    for (name, id) in DATABASE_ROLES {
        rows.push(shape.row([
            ("name", name.into()),
            ("principal_id", int(id)),
            ("type", "R".into()),
            ("type_desc", "DATABASE_ROLE".into()),
            ("create_date", created.clone()),
            ("modify_date", created.clone()),
            ("owning_principal_id", int(1)),
            ("is_fixed_role", Value::bit(name != "public")),
            ("authentication_type", int(0)),
            ("authentication_type_desc", "NONE".into()),
            ("allow_encrypted_value_modifications", int(0)),
        ]));
    }
    Ok(rows)
}

fn database_role_members(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    context.session.may_use(database)?;
    let member = |role: i32, id: i32| shape.row([("role_principal_id", int(role)), ("member_principal_id", int(id))]);
    let role_id = |role: DatabaseRole| DATABASE_ROLES.into_iter().find(|(name, _)| *name == role.name());
    let mut rows = vec![member(16384, 1)];
    for (id, _, account) in users(context, database) {
        let own = account.database_roles.iter().filter(|(name, _)| same_name(name, database));
        for (_, role) in own.filter(|(_, role)| *role != DatabaseRole::Public) {
            if let Some((_, role)) = role_id(*role) {
                rows.push(member(role, id));
            }
        }
    }
    Ok(rows)
}
