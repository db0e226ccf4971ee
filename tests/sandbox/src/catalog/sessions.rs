//! Sessions, connections and requests.

use super::{Shape, TableFunction, View, int};
use crate::failure::Outcome;
use crate::query::Context;
use crate::server::Seat;
use crate::session::rights;
use crate::value::{SqlType, Value, same_name};
use std::sync::Arc;

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "sys",
        name: "dm_exec_sessions",
        columns: "session_id smallint!, login_time datetime!, host_name nvarchar(128), program_name nvarchar(128), \
                  host_process_id int, client_version int, client_interface_name nvarchar(32), \
                  security_id varbinary(85)!, login_name nvarchar(128)!, nt_domain nvarchar(128), \
                  nt_user_name nvarchar(128), status nvarchar(30)!, context_info varbinary(128), cpu_time int!, \
                  memory_usage int!, total_scheduled_time int!, total_elapsed_time int!, endpoint_id int!, \
                  last_request_start_time datetime!, last_request_end_time datetime, reads bigint!, writes bigint!, \
                  logical_reads bigint!, is_user_process bit!, text_size int!, language nvarchar(128), \
                  date_format nvarchar(3), date_first smallint!, quoted_identifier bit!, arithabort bit!, \
                  ansi_null_dflt_on bit!, ansi_defaults bit!, ansi_warnings bit!, ansi_padding bit!, ansi_nulls bit!, \
                  concat_null_yields_null bit!, transaction_isolation_level smallint!, lock_timeout int!, \
                  deadlock_priority int!, row_count bigint!, prev_error int!, original_security_id varbinary(85)!, \
                  original_login_name nvarchar(128)!, last_successful_logon datetime, \
                  last_unsuccessful_logon datetime, unsuccessful_logons bigint, group_id int!, database_id smallint!, \
                  authenticating_database_id int, open_transaction_count int!",
        rows: sessions,
    },
    View {
        schema: "sys",
        name: "dm_exec_connections",
        columns: "session_id int, most_recent_session_id int, connect_time datetime!, net_transport nvarchar(40)!, \
                  protocol_type nvarchar(40), protocol_version int, endpoint_id int, encrypt_option nvarchar(40)!, \
                  auth_scheme nvarchar(40)!, node_affinity smallint!, num_reads int, num_writes int, \
                  last_read datetime, last_write datetime, net_packet_size int, client_net_address varchar(48), \
                  client_tcp_port int, local_net_address varchar(48), local_tcp_port int, \
                  connection_id uniqueidentifier!, parent_connection_id uniqueidentifier, \
                  most_recent_sql_handle varbinary(64)",
        rows: connections,
    },
    View {
        schema: "sys",
        name: "dm_exec_requests",
        columns: "session_id smallint!, request_id int!, start_time datetime!, status nvarchar(30)!, \
                  command nvarchar(32)!, sql_handle varbinary(64), statement_start_offset int, \
                  statement_end_offset int, plan_handle varbinary(64), database_id smallint!, user_id int!, \
                  connection_id uniqueidentifier, blocking_session_id smallint, wait_type nvarchar(60), \
                  wait_time int!, last_wait_type nvarchar(60)!, wait_resource nvarchar(256)!, \
                  open_transaction_count int!, open_resultset_count int!, transaction_id bigint!, \
                  context_info varbinary(128), percent_complete real!, estimated_completion_time bigint!, \
                  cpu_time int!, total_elapsed_time int!, scheduler_id int, task_address varbinary(8), reads bigint!, \
                  writes bigint!, logical_reads bigint!, text_size int!, language nvarchar(128), \
                  date_format nvarchar(3), date_first smallint!, quoted_identifier bit!, arithabort bit!, \
                  ansi_null_dflt_on bit!, ansi_defaults bit!, ansi_warnings bit!, ansi_padding bit!, ansi_nulls bit!, \
                  concat_null_yields_null bit!, transaction_isolation_level smallint!, lock_timeout int!, \
                  deadlock_priority int!, row_count bigint!, prev_error int!, nest_level int!, \
                  granted_query_memory int!, executing_managed_code bit!, group_id int!, query_hash binary(8), \
                  query_plan_hash binary(8), statement_sql_handle varbinary(64), statement_context_id bigint, dop int!, \
                  parallel_worker_count int, external_script_request_id uniqueidentifier, is_resumable bit!, \
                  page_resource binary(8), page_server_reads bigint!",
        rows: requests,
    },
    View {
        schema: "sys",
        name: "sysprocesses",
        columns: "spid smallint!, kpid smallint!, blocked smallint!, waittype binary(2)!, waittime bigint!, \
                  lastwaittype nchar(32)!, waitresource nchar(256)!, dbid smallint!, uid smallint, cpu int!, \
                  physical_io bigint!, memusage int!, login_time datetime!, last_batch datetime!, ecid smallint!, \
                  open_tran smallint!, status nchar(30)!, sid binary(86)!, hostname nchar(128)!, \
                  program_name nchar(128)!, hostprocess nchar(10)!, cmd nchar(26)!, nt_domain nchar(128)!, \
                  nt_username nchar(128)!, net_address nchar(12)!, net_library nchar(12)!, loginame nchar(128)!, \
                  context_info binary(128)!, sql_handle binary(20)!, stmt_start int!, stmt_end int!, request_id int!",
        rows: processes,
    },
];

pub(super) const FUNCTIONS: &[TableFunction] = &[
    TableFunction {
        name: "dm_exec_sql_text",
        takes: &[SqlType::VarBinary(Some(64))],
        columns: "dbid smallint, objectid int, number smallint, encrypted bit!, text nvarchar(max)",
        rows: sql_text,
    },
    TableFunction {
        name: "dm_exec_input_buffer",
        takes: &[SqlType::SmallInt, SqlType::Int],
        columns: "event_type nvarchar(256), parameters smallint, event_info nvarchar(max)",
        rows: input_buffer,
    },
];

/// Sessions that this one may see: all with VIEW SERVER STATE, else only itself.
fn seen(context: &Context<'_>) -> Vec<Arc<Seat>> {
    let all = rights::sees_server_state(context.session);
    let own = context.session.id();
    context.session.server().sessions.all().into_iter().filter(|seat| all || seat.id == own).collect()
}

pub(super) fn database_id(context: &Context<'_>, name: &str) -> Value {
    let all = context.session.server().engine.databases();
    int(all.iter().find(|facts| same_name(&facts.name, name)).map_or(1, |facts| facts.id))
}

fn login_sid(context: &Context<'_>, name: &str) -> Value {
    let logins = super::principals::logins(context.session.server());
    let found = logins.into_iter().find(|(_, account)| same_name(&account.name, name));
    Value::Bytes(found.map_or(vec![0], |(id, account)| super::principals::sid(id, &account.name)))
}

/// Domain and user of a session by Windows, else nothing.
fn windows_names(login: &str) -> (Value, Value) {
    let (domain, user) = login.split_once('\\').unwrap_or_default();
    (domain.into(), user.into())
}

/// Finds the request of a session again: its id in bytes.
fn handle(seat: &Seat) -> Value {
    Value::Bytes([&[2, 0, 0, 0], seat.id.to_be_bytes().as_slice()].concat())
}

fn sessions(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |seat: Arc<Seat>| {
        let visible = seat.visible().clone();
        let status = if visible.request.is_some() { "running" } else { "sleeping" };
        let (domain, user) = windows_names(&visible.login);
        shape.row([
            ("session_id", int(seat.id)),
            ("login_time", visible.login_time.into()),
            ("host_name", visible.host.into()),
            ("program_name", visible.program.into()),
            ("host_process_id", int(visible.process as i32)),
            ("client_version", int(7)),
            ("client_interface_name", visible.library.into()),
            ("security_id", login_sid(context, &visible.login)),
            ("original_security_id", login_sid(context, &visible.login)),
            ("login_name", visible.login.clone().into()),
            ("original_login_name", visible.login.into()),
            ("nt_domain", domain),
            ("nt_user_name", user),
            ("status", status.into()),
            ("cpu_time", int(0)),
            ("memory_usage", int(4)),
            ("total_scheduled_time", int(0)),
            ("total_elapsed_time", int(0)),
            ("endpoint_id", int(4)),
            ("last_request_start_time", visible.last_request.into()),
            ("last_request_end_time", visible.last_request.into()),
            ("reads", int(0)),
            ("writes", int(0)),
            ("logical_reads", int(0)),
            ("is_user_process", int(1)),
            ("text_size", int(2_147_483_647)),
            ("language", "us_english".into()),
            ("date_format", "mdy".into()),
            ("date_first", int(7)),
            ("quoted_identifier", int(1)),
            ("arithabort", int(0)),
            ("ansi_null_dflt_on", int(1)),
            ("ansi_defaults", int(0)),
            ("ansi_warnings", int(1)),
            ("ansi_padding", int(1)),
            ("ansi_nulls", int(1)),
            ("concat_null_yields_null", int(1)),
            ("transaction_isolation_level", int(2)),
            ("lock_timeout", int(-1)),
            ("deadlock_priority", int(0)),
            ("row_count", int(0)),
            ("prev_error", int(0)),
            ("group_id", int(2)),
            ("database_id", database_id(context, &visible.database)),
            ("authenticating_database_id", int(1)),
            ("open_transaction_count", int(visible.transactions)),
        ])
    };
    Ok(seen(context).into_iter().map(row).collect())
}

fn connections(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    let port = context.session.server().port;
    let row = |seat: Arc<Seat>| {
        let visible = seat.visible().clone();
        shape.row([
            ("session_id", int(seat.id)),
            ("most_recent_session_id", int(seat.id)),
            ("connect_time", visible.login_time.into()),
            ("net_transport", "TCP".into()),
            ("protocol_type", "TSQL".into()),
            ("protocol_version", int(visible.tds as i32)),
            ("endpoint_id", int(4)),
            ("encrypt_option", if visible.encrypted { "TRUE" } else { "FALSE" }.into()),
            ("auth_scheme", visible.auth_scheme().into()),
            ("node_affinity", int(0)),
            ("net_packet_size", int(visible.packet_size as i32)),
            ("client_net_address", visible.address.into()),
            ("client_tcp_port", int(visible.client_port)),
            ("local_net_address", "127.0.0.1".into()),
            ("local_tcp_port", int(port)),
            ("connection_id", Value::Guid(visible.connection)),
            ("most_recent_sql_handle", handle(&seat)),
        ])
    };
    Ok(seen(context).into_iter().map(row).collect())
}

fn requests(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let mut rows = Vec::new();
    for seat in seen(context) {
        let visible = seat.visible().clone();
        let Some(request) = visible.request else { continue };
        let elapsed = (context.now - request.started).num_milliseconds().max(0);
        // What is left, if it goes on as it did.
        let left = match request.percent {
            percent if percent > 0.0 => (elapsed as f64 * (100.0 - percent) / percent) as i64,
            _ => 0,
        };
        let wait = request.wait.or_else(|| request.command.starts_with("BACKUP").then_some("BACKUPIO"));
        rows.push(shape.row([
            ("session_id", int(seat.id)),
            ("request_id", int(0)),
            ("start_time", request.started.into()),
            ("status", if wait.is_some() { "suspended" } else { "running" }.into()),
            ("command", request.command.into()),
            ("sql_handle", handle(&seat)),
            ("statement_start_offset", int(0)),
            ("statement_end_offset", int(-1)),
            ("database_id", database_id(context, &visible.database)),
            ("user_id", int(1)),
            ("connection_id", Value::Guid(visible.connection)),
            ("blocking_session_id", int(0)),
            ("wait_type", wait.map(str::to_owned).into()),
            ("wait_time", int(0)),
            ("last_wait_type", wait.unwrap_or("MISCELLANEOUS").into()),
            ("wait_resource", "".into()),
            ("open_transaction_count", int(visible.transactions)),
            ("open_resultset_count", int(1)),
            ("transaction_id", int(0)),
            ("percent_complete", Value::Float(f64::from(request.percent as f32))),
            ("estimated_completion_time", int(left)),
            ("cpu_time", int(0)),
            ("total_elapsed_time", int(elapsed.min(i64::from(i32::MAX)))),
            ("scheduler_id", int(0)),
            ("reads", int(0)),
            ("writes", int(0)),
            ("logical_reads", int(0)),
            ("text_size", int(2_147_483_647)),
            ("language", "us_english".into()),
            ("date_format", "mdy".into()),
            ("date_first", int(7)),
            ("quoted_identifier", int(1)),
            ("arithabort", int(0)),
            ("ansi_null_dflt_on", int(1)),
            ("ansi_defaults", int(0)),
            ("ansi_warnings", int(1)),
            ("ansi_padding", int(1)),
            ("ansi_nulls", int(1)),
            ("concat_null_yields_null", int(1)),
            ("transaction_isolation_level", int(2)),
            ("lock_timeout", int(-1)),
            ("deadlock_priority", int(0)),
            ("row_count", int(0)),
            ("prev_error", int(0)),
            ("nest_level", int(0)),
            ("granted_query_memory", int(0)),
            ("executing_managed_code", int(0)),
            ("group_id", int(2)),
            ("dop", int(1)),
            ("is_resumable", int(0)),
            ("page_server_reads", int(0)),
        ]));
    }
    Ok(rows)
}

fn processes(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |seat: Arc<Seat>| {
        let visible = seat.visible().clone();
        let command = visible.request.as_ref().map_or("AWAITING COMMAND".to_owned(), |it| it.command.clone());
        let (domain, user) = windows_names(&visible.login);
        shape.row([
            ("spid", int(seat.id)),
            ("kpid", int(0)),
            ("blocked", int(0)),
            ("waittype", Value::Bytes(vec![0, 0])),
            ("waittime", int(0)),
            ("lastwaittype", "MISCELLANEOUS".into()),
            ("waitresource", "".into()),
            ("dbid", database_id(context, &visible.database)),
            ("uid", int(1)),
            ("cpu", int(0)),
            ("physical_io", int(0)),
            ("memusage", int(2)),
            ("login_time", visible.login_time.into()),
            ("last_batch", visible.last_request.into()),
            ("ecid", int(0)),
            ("open_tran", int(visible.transactions)),
            ("status", if visible.request.is_some() { "runnable" } else { "sleeping" }.into()),
            ("sid", login_sid(context, &visible.login)),
            ("hostname", visible.host.into()),
            ("program_name", visible.program.into()),
            ("hostprocess", visible.process.to_string().into()),
            ("cmd", command.into()),
            ("nt_domain", domain),
            ("nt_username", user),
            ("net_address", "".into()),
            ("net_library", "TCP/IP".into()),
            ("loginame", visible.login.into()),
            ("context_info", Value::Bytes(vec![0])),
            ("sql_handle", handle(&seat)),
            ("stmt_start", int(0)),
            ("stmt_end", int(0)),
            ("request_id", int(0)),
        ])
    };
    Ok(seen(context).into_iter().map(row).collect())
}

fn text_of(context: &Context<'_>, id: i32) -> Option<(Value, String)> {
    let seat = seen(context).into_iter().find(|seat| seat.id == id)?;
    let visible = seat.visible().clone();
    Some((database_id(context, &visible.database), visible.request?.text))
}

fn sql_text(context: &Context<'_>, arguments: &[Value], shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let id = match arguments.first() {
        Some(Value::Bytes(handle)) if handle.len() == 8 => {
            i32::from_be_bytes([handle[4], handle[5], handle[6], handle[7]])
        }
        _ => return Ok(Vec::new()),
    };
    let row = |(database, text): (Value, String)| {
        shape.row([("dbid", database), ("encrypted", int(0)), ("text", text.into())])
    };
    Ok(text_of(context, id).map(row).into_iter().collect())
}

fn input_buffer(context: &Context<'_>, arguments: &[Value], shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let id = match arguments.first() {
        Some(Value::Int(id)) => i32::try_from(*id).unwrap_or(0),
        _ => return Ok(Vec::new()),
    };
    let row = |(_, text): (Value, String)| {
        shape.row([("event_type", "Language Event".into()), ("parameters", int(0)), ("event_info", text.into())])
    };
    Ok(text_of(context, id).map(row).into_iter().collect())
}
