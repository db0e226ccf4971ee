//! Functions about the server, the session and its databases.

use super::{ANY, Function, INT, TEXT, int, text};
use crate::engine::{DatabaseFacts, DatabaseState};
use crate::failure::{Failure, Outcome};
use crate::query::Context;
use crate::value::{SYSNAME, SqlType, Value, fold, same_name};

/// All of them.
pub const ALL: &[Function] = &[
    fact("@@VERSION", |_| SqlType::NVarChar(Some(300)), |context, _| Ok(Value::Text(version_text(context)))),
    fact("@@SERVERNAME", |_| SYSNAME, |context, _| Ok(Value::text(context.session.server().name()))),
    fact("@@SERVICENAME", |_| SYSNAME, |context, _| Ok(Value::text(context.session.server().instance()))),
    fact("@@SPID", |_| SqlType::SmallInt, |context, _| Ok(Value::from(context.session.id()))),
    fact("@@ROWCOUNT", |_| INT, |context, _| Ok(Value::Int(context.session.row_count))),
    fact("@@ERROR", |_| INT, |context, _| Ok(Value::from(context.session.error))),
    fact("@@TRANCOUNT", |_| INT, |context, _| Ok(Value::Int(i64::from(context.session.transaction.1)))),
    fact("@@LANGUAGE", |_| SYSNAME, |context, _| Ok(Value::text(context.session.language()))),
    fact("@@LANGID", |_| SqlType::SmallInt, |_, _| Ok(Value::Int(0))),
    fact("@@DATEFIRST", |_| SqlType::TinyInt, |_, _| Ok(Value::Int(7))),
    fact("@@LOCK_TIMEOUT", |_| INT, |context, _| Ok(Value::Int(context.session.settings.lock_timeout))),
    fact("@@MAX_CONNECTIONS", |_| INT, |_, _| Ok(Value::Int(32_767))),
    fact(
        "@@MICROSOFTVERSION",
        |_| INT,
        |context, _| {
            let version = context.session.server().engine.options().version;
            Ok(Value::Int(i64::from(version.major) << 24 | i64::from(version.minor) << 16 | i64::from(version.build)))
        },
    ),
    fact("@@IDENTITY", |_| SqlType::Decimal { precision: 38, scale: 0 }, identity),
    fact("SCOPE_IDENTITY", |_| SqlType::Decimal { precision: 38, scale: 0 }, identity),
    fact("XACT_STATE", |_| SqlType::SmallInt, |context, _| Ok(Value::bit(context.session.transaction.1 > 0))),
    fact("HOST_NAME", |_| SYSNAME, |context, _| Ok(Value::text(context.session.seat().visible().host.clone()))),
    fact("APP_NAME", |_| SYSNAME, |context, _| Ok(Value::text(context.session.seat().visible().program.clone()))),
    fact("ERROR_NUMBER", |_| INT, |context, _| Ok(context.caught.map_or(Value::Null, |it| it.message.number.into()))),
    fact(
        "ERROR_SEVERITY",
        |_| INT,
        |context, _| Ok(context.caught.map_or(Value::Null, |it| Value::Int(i64::from(it.message.severity)))),
    ),
    fact(
        "ERROR_STATE",
        |_| INT,
        |context, _| Ok(context.caught.map_or(Value::Null, |it| Value::Int(i64::from(it.message.state)))),
    ),
    fact(
        "ERROR_LINE",
        |_| INT,
        |context, _| Ok(context.caught.map_or(Value::Null, |it| Value::Int(i64::from(it.line)))),
    ),
    fact(
        "ERROR_MESSAGE",
        |_| SqlType::NVarChar(Some(4000)),
        |context, _| Ok(context.caught.map_or(Value::Null, |it| Value::text(it.message.text.clone()))),
    ),
    fact(
        "ERROR_PROCEDURE",
        |_| SYSNAME,
        |context, _| {
            let procedure = context.caught.map(|it| it.procedure.clone()).filter(|procedure| !procedure.is_empty());
            Ok(Value::from(procedure))
        },
    ),
    Function {
        name: "DB_NAME",
        least: 0,
        most: 1,
        takes: &[INT],
        ty: |_| SYSNAME,
        null_in_null_out: true,
        run: db_name,
    },
    Function {
        name: "DB_ID",
        least: 0,
        most: 1,
        takes: &[TEXT],
        ty: |_| SqlType::SmallInt,
        null_in_null_out: true,
        run: db_id,
    },
    Function {
        name: "DATABASEPROPERTYEX",
        least: 2,
        most: 2,
        takes: &[TEXT, TEXT],
        ty: |_| SqlType::Variant,
        null_in_null_out: true,
        run: database_property,
    },
    Function {
        name: "SERVERPROPERTY",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| SqlType::Variant,
        null_in_null_out: true,
        run: server_property,
    },
    Function {
        name: "CONNECTIONPROPERTY",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| SqlType::Variant,
        null_in_null_out: true,
        run: connection_property,
    },
    Function {
        name: "FILEPROPERTY",
        least: 2,
        most: 2,
        takes: &[TEXT, TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: file_property,
    },
    Function {
        name: "OBJECT_ID",
        least: 1,
        most: 2,
        takes: &[TEXT, TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: object_id,
    },
    Function {
        name: "OBJECT_NAME",
        least: 1,
        most: 2,
        takes: &[INT, INT],
        ty: |_| SYSNAME,
        null_in_null_out: true,
        run: object_name,
    },
    Function {
        name: "SCHEMA_NAME",
        least: 0,
        most: 1,
        takes: &[INT],
        ty: |_| SYSNAME,
        null_in_null_out: true,
        run: |_, values| {
            Ok(match values.first() {
                None | Some(Value::Int(1)) => Value::text("dbo"),
                Some(Value::Int(4)) => Value::text("sys"),
                _ => Value::Null,
            })
        },
    },
    Function {
        name: "COLLATIONPROPERTY",
        least: 2,
        most: 2,
        takes: &[TEXT, TEXT],
        ty: |_| SqlType::Variant,
        null_in_null_out: true,
        run: |_, values| {
            Ok(match text(values, 1).to_lowercase().as_str() {
                "codepage" => Value::Int(1252),
                "lcid" => Value::Int(1033),
                _ => Value::Null,
            })
        },
    },
    Function {
        name: "SESSION_CONTEXT",
        least: 1,
        most: 1,
        takes: &[ANY],
        ty: |_| SqlType::Variant,
        null_in_null_out: true,
        run: |_, _| Ok(Value::Null),
    },
];

const fn fact(
    name: &'static str,
    ty: fn(&[SqlType]) -> SqlType,
    run: fn(&Context<'_>, &[Value]) -> Outcome<Value>,
) -> Function {
    Function { name, least: 0, most: 0, takes: &[], ty, null_in_null_out: false, run }
}

fn identity(context: &Context<'_>, _: &[Value]) -> Outcome<Value> {
    Ok(context.session.identity.map_or(Value::Null, |n| Value::numeric(i128::from(n))))
}

/// The year that a version is called by.
fn year(major: u8) -> &'static str {
    match major {
        11 => "2012",
        12 => "2014",
        13 => "2016",
        14 => "2017",
        15 => "2019",
        16 => "2022",
        _ => "2025",
    }
}

fn version_text(context: &Context<'_>) -> String {
    let options = context.session.server().engine.options();
    format!(
        "Microsoft SQL Server {} (RTM) - {} (X64) \n\tCopyright (C) {} Microsoft Corporation\n\t{} on Windows Server 2019 \
         Standard 10.0 <X64> (Build 17763: )\n",
        year(options.version.major),
        options.version,
        year(options.version.major),
        options.edition.name()
    )
}

fn find(context: &Context<'_>, wanted: impl Fn(&DatabaseFacts) -> bool) -> Option<DatabaseFacts> {
    context.session.server().engine.databases().into_iter().find(wanted)
}

fn db_name(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    if values.is_empty() {
        return Ok(Value::text(context.session.database()));
    }
    let id = int(values, 0);
    Ok(Value::from(find(context, |facts| i64::from(facts.id) == id).map(|facts| facts.name)))
}

fn db_id(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let name = if values.is_empty() { context.session.database().to_owned() } else { text(values, 0).to_owned() };
    let found = find(context, |facts| same_name(&facts.name, &name));
    Ok(Value::from(found.map(|facts| i64::from(facts.id))))
}

fn database_property(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let Some(facts) = find(context, |facts| same_name(&facts.name, text(values, 0))) else { return Ok(Value::Null) };
    let open = facts.state == DatabaseState::Online;
    Ok(match fold(text(values, 1)).as_str() {
        "status" => Value::text(facts.state.name()),
        "useraccess" => Value::text(facts.user_access.name()),
        "recovery" => Value::text(facts.recovery_model.name()),
        "updateability" => Value::text(if facts.read_only { "READ_ONLY" } else { "READ_WRITE" }),
        "collation" if open => Value::Text(facts.collation),
        "isinstandby" => Value::bit(facts.in_standby),
        "isautoclose" | "isautoshrink" | "isfulltextenabled" | "istornpagedetectionenabled" => Value::Int(0),
        "version" if open => Value::Int(904),
        _ => Value::Null,
    })
}

fn server_property(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let server = context.session.server();
    let options = server.engine.options();
    let version = options.version;
    Ok(match fold(text(values, 0)).as_str() {
        "productversion" => Value::Text(version.to_string()),
        "productmajorversion" => Value::Text(version.major.to_string()),
        "productminorversion" => Value::Text(version.minor.to_string()),
        "productbuild" => Value::Text(version.build.to_string()),
        "productlevel" => Value::text("RTM"),
        "edition" => Value::text(options.edition.name()),
        "engineedition" => Value::from(options.edition.engine_edition()),
        "editionid" => Value::Int(-2_117_995_310),
        "servername" => Value::text(server.name()),
        "machinename" | "computernamephysicalnetbios" => Value::text(options.machine_name()),
        "instancename" => Value::from(options.instance_name()),
        "instancedefaultdatapath" => Value::text(options.data_path.clone()),
        "instancedefaultlogpath" => Value::text(options.log_path.clone()),
        "instancedefaultbackuppath" if version.major >= 15 => Value::text(options.backup_path.clone()),
        "collation" => Value::text(master_collation(context)),
        "pathseparator" => Value::text(options.path_separator.to_string()),
        "collationid" => Value::Int(872_468_488),
        "lcid" => Value::Int(1033),
        "sqlcharset" => Value::Int(1),
        "sqlcharsetname" => Value::text("iso_1"),
        "sqlsortorder" => Value::Int(52),
        "sqlsortordername" => Value::text("nocase_iso"),
        "isclustered"
        | "ishadrenabled"
        | "isintegratedsecurityonly"
        | "issingleuser"
        | "islocaldb"
        | "isfulltextinstalled"
        | "isxtpsupported"
        | "ispolybaseinstalled" => Value::Int(0),
        "licensetype" => Value::text("DISABLED"),
        "processid" => Value::Int(i64::from(std::process::id())),
        "resourceversion" => Value::Text(version.to_string()),
        "filestreamconfiguredlevel" | "filestreameffectivelevel" => Value::Int(0),
        _ => Value::Null,
    })
}

fn master_collation(context: &Context<'_>) -> String {
    find(context, |facts| same_name(&facts.name, "master")).map_or_else(String::new, |facts| facts.collation)
}

fn connection_property(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let visible = context.session.seat().visible().clone();
    Ok(match fold(text(values, 0)).as_str() {
        "net_transport" | "physical_net_transport" => Value::text("TCP"),
        "protocol_type" => Value::text("TSQL"),
        "auth_scheme" => Value::text(visible.auth_scheme()),
        "client_net_address" => Value::Text(visible.address),
        "local_net_address" => Value::text("127.0.0.1"),
        "local_tcp_port" => Value::Int(i64::from(context.session.server().port)),
        _ => Value::Null,
    })
}

fn file_property(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let facts = context.session.server().engine.database(context.session.database())?;
    let Some(file) = facts.files.iter().find(|file| same_name(&file.logical_name, text(values, 0))) else {
        return Ok(Value::Null);
    };
    Ok(match fold(text(values, 1)).as_str() {
        "spaceused" => Value::Int(i64::from(file.used_pages)),
        "islogfile" => Value::bit(file.is_log),
        "isprimaryfile" => Value::bit(file.id == 1),
        "isreadonly" => Value::Int(0),
        _ => Value::Null,
    })
}

/// `[db].[schema].[name]` as its parts.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in name.chars() {
        match c {
            '[' if !quoted => quoted = true,
            ']' if quoted => quoted = false,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut().map(|part| part.push(c)).unwrap_or_default(),
        }
    }
    parts
}

fn object_id(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let mut parts = parts_of(text(values, 0));
    let name = parts.pop().unwrap_or_default();
    let schema = parts.pop().filter(|schema| !schema.is_empty()).unwrap_or_else(|| "dbo".to_owned());
    let database = parts.pop().unwrap_or_else(|| context.session.database().to_owned());
    if name.starts_with('#') {
        return Ok(context.tables.borrow().contains_key(&fold(&name)).then_some(-1i64).into());
    }
    if let Some(view) = crate::catalog::view(&database, &schema, &name) {
        return Ok(Value::Int(i64::from(view.object_id())));
    }
    let known = context.session.server().engine.table(&database, &schema, &name).ok();
    Ok(Value::from(known.map(|facts| i64::from(facts.id))))
}

fn object_name(context: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let database = match values.get(1) {
        Some(_) => match db_name(context, &values[1..])? {
            Value::Text(name) => name,
            _ => return Ok(Value::Null),
        },
        None => context.session.database().to_owned(),
    };
    let tables = context.session.server().engine.tables(&database).map_err(Failure::from)?;
    let found = tables.into_iter().find(|facts| i64::from(facts.id) == int(values, 0));
    Ok(Value::from(found.map(|facts| facts.name)))
}
