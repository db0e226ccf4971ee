//! Locks: of sessions on the databases that they use, and those of `sp_getapplock`.

use super::sessions::database_id;
use super::{Shape, View, int};
use crate::failure::Outcome;
use crate::query::Context;
use crate::server::LockMode;
use crate::session::rights;
use crate::value::Value;

pub(super) const VIEWS: &[View] = &[View {
    schema: "sys",
    name: "dm_tran_locks",
    columns: "resource_type nvarchar(60)!, resource_subtype nvarchar(60)!, resource_database_id int!, \
              resource_description nvarchar(256)!, resource_associated_entity_id bigint, \
              resource_lock_partition int!, request_mode nvarchar(60)!, request_type nvarchar(60)!, \
              request_status nvarchar(60)!, request_reference_count smallint!, request_lifetime int!, \
              request_session_id int!, request_exec_context_id int!, request_request_id int!, \
              request_owner_type nvarchar(60)!, request_owner_id bigint, request_owner_guid uniqueidentifier, \
              request_owner_lockspace_id nvarchar(32)!, lock_owner_address varbinary(8)!",
    rows: locks,
}];

/// One lock.
struct Lock<'a> {
    resource: &'a str,
    subtype: &'a str,
    database: Value,
    description: String,
    mode: &'a str,
    session: i32,
}

fn locks(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    let server = context.session.server();
    let mut rows = Vec::new();
    for seat in server.sessions.all() {
        let visible = seat.visible().clone();
        let lock = |subtype, database: &str, mode| Lock {
            resource: "DATABASE",
            subtype,
            database: database_id(context, database),
            description: String::new(),
            mode,
            session: seat.id,
        };
        // Nobody locks master and tempdb by standing in them.
        if !["master", "tempdb"].contains(&visible.database.as_str()) {
            rows.push(lock("", &visible.database, "S"));
        }
        let Some(request) = &visible.request else { continue };
        let Some(database) = &request.database else { continue };
        match request.command.as_str() {
            "BACKUP DATABASE" => rows.extend([lock("", database, "S"), lock("BULKOP_BACKUP_DB", database, "U")]),
            "BACKUP LOG" => rows.extend([lock("", database, "S"), lock("BULKOP_BACKUP_LOG", database, "U")]),
            _ if server.engine.database(database).is_ok() => rows.push(lock("", database, "X")),
            _ => {}
        }
    }
    for (session, database, resource, mode) in server.app_locks.all() {
        let start: String = resource.chars().take(32).collect();
        rows.push(Lock {
            resource: "APPLICATION",
            subtype: "",
            database: database_id(context, &database),
            description: format!("0:[{start}]:({:08x})", crc(&resource)),
            mode: if mode == LockMode::Exclusive { "X" } else { "S" },
            session,
        });
    }
    let row = |lock: Lock<'_>| {
        shape.row([
            ("resource_type", lock.resource.into()),
            ("resource_subtype", lock.subtype.into()),
            ("resource_database_id", lock.database),
            ("resource_description", lock.description.into()),
            ("resource_associated_entity_id", int(0)),
            ("resource_lock_partition", int(0)),
            ("request_mode", lock.mode.into()),
            ("request_type", "LOCK".into()),
            ("request_status", "GRANT".into()),
            ("request_reference_count", int(1)),
            ("request_lifetime", int(0)),
            ("request_session_id", int(lock.session)),
            ("request_exec_context_id", int(0)),
            ("request_request_id", int(0)),
            ("request_owner_type", "SESSION".into()),
            ("request_owner_id", int(0)),
            ("request_owner_lockspace_id", "0x0000000000000000:0:0".into()),
            ("lock_owner_address", Value::Bytes(vec![0; 8])),
        ])
    };
    Ok(rows.into_iter().map(row).collect())
}

/// A number of a name; its like on a server is a hash of no known kind.
fn crc(text: &str) -> u32 {
    text.bytes().fold(0, |sum: u32, byte| sum.rotate_left(5) ^ u32::from(byte))
}
