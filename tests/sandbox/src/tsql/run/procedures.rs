//! System procedures: files, application locks, lists.

use std::time::Duration;

use super::{Argument, Runner};
use crate::engine::{DirectoryEntry, Value as Stored};
use crate::failure::{Failure, Outcome};
use crate::query::Rows;
use crate::server::{DatabaseRole, LockAnswer, LockMode};
use crate::session::rights;
use crate::value::{Column, SYSNAME, SqlType, Value, convert, same_name};

const MSDB: &str = "msdb";
/// The table that [`crate::catalog`] shows as `sys.extended_properties`.
const PROPERTIES: &str = "sysxprops";

/// Runs a procedure: sends its results, gives its return status.
pub(super) fn call(runner: &mut Runner<'_>, name: &str, arguments: &[Argument]) -> Outcome<i32> {
    let arguments = Arguments(arguments);
    match name.to_lowercase().as_str() {
        "sp_getapplock" => get_lock(runner, &arguments),
        "sp_releaseapplock" => release_lock(runner, &arguments),
        "xp_create_subdir" => {
            rights::execute(runner.session, "xp_create_subdir")?;
            let path = arguments.text(0, "@path")?;
            runner.session.server().engine.create_subdir(&path).map_err(|refusal| failed(refusal, name))?;
            Ok(0)
        }
        "xp_delete_file" | "xp_delete_files" => delete_file(runner, &arguments),
        "sp_addextendedproperty" => add_property(runner, &arguments),
        "sp_dropextendedproperty" => drop_property(runner, &arguments),
        "sp_reset_connection" => Ok(0),
        "sp_executesql" => Err(Failure::of(
            201,
            16,
            4,
            "Procedure or function 'sp_executesql' expects parameter '@statement', which was not supplied.",
        )),
        _ => {
            let rows = result(runner, name, &arguments)?;
            runner.result(&rows.columns, &rows.rows)?;
            Ok(0)
        }
    }
}

/// The rows of a procedure that has just one result: for `INSERT ... EXEC`.
pub(super) fn rows(runner: &mut Runner<'_>, name: &str, arguments: &[Argument]) -> Outcome<Rows> {
    result(runner, name, &Arguments(arguments))
}

struct Arguments<'a>(&'a [Argument]);

impl Arguments<'_> {
    fn get(&self, index: usize, name: &str) -> Option<&Value> {
        let named = self.0.iter().find(|argument| argument.name.as_deref().is_some_and(|own| same_name(own, name)));
        let placed = self.0.get(index).filter(|argument| argument.name.is_none());
        named.or(placed).map(|argument| &argument.value).filter(|value| !value.is_null())
    }

    fn text(&self, index: usize, name: &str) -> Outcome<String> {
        match self.get(index, name).map(|value| convert(value, SqlType::NVarChar(None), None)).transpose()? {
            Some(Value::Text(text)) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    fn int(&self, index: usize, name: &str) -> Outcome<Option<i64>> {
        match self.get(index, name).map(|value| convert(value, SqlType::BigInt, None)).transpose()? {
            Some(Value::Int(n)) => Ok(Some(n)),
            _ => Ok(None),
        }
    }
}

fn failed(refusal: crate::engine::Refusal, procedure: &str) -> Failure {
    Failure::from(refusal).within(procedure)
}

fn result(runner: &mut Runner<'_>, name: &str, arguments: &Arguments<'_>) -> Outcome<Rows> {
    let engine = runner.session.server().engine.clone();
    Ok(match name.to_lowercase().as_str() {
        "xp_fileexist" => {
            let exists = engine.file_exists(&arguments.text(0, "@filename")?);
            let names = ["File Exists", "File is a Directory", "Parent Directory Exists"];
            let columns = names.iter().map(|name| Column::new(*name, SqlType::TinyInt)).collect();
            let row = vec![Value::bit(exists.file), Value::bit(exists.directory), Value::bit(exists.parent)];
            Rows { columns, rows: vec![row] }
        }
        "xp_dirtree" => {
            let depth = arguments.int(1, "@depth")?.unwrap_or(0);
            let files = arguments.int(2, "@file")?.unwrap_or(0) != 0;
            let path = arguments.text(0, "@path")?;
            let entries = engine.dir_tree(&path, i32::try_from(depth).unwrap_or(i32::MAX), files);
            let mut columns =
                vec![Column::new("subdirectory", SqlType::NVarChar(Some(512))), Column::new("depth", SqlType::Int)];
            if files {
                columns.push(Column::new("file", SqlType::Int));
            }
            let row = |entry: DirectoryEntry| {
                let mut row = vec![Value::Text(entry.name), Value::Int(i64::from(entry.depth))];
                if files {
                    row.push(Value::bit(entry.is_file));
                }
                row
            };
            Rows { columns, rows: entries.into_iter().map(row).collect() }
        }
        "xp_fixeddrives" => Rows {
            columns: vec![Column::new("drive", SqlType::Char(1)), Column::new("MB free", SqlType::Int)],
            rows: engine
                .fixed_drives()
                .into_iter()
                .map(|(drive, free)| vec![Value::Text(drive.to_string()), Value::Int(free.min(i32::MAX as u64) as i64)])
                .collect(),
        },
        "sp_databases" => Rows {
            columns: vec![
                Column::new("DATABASE_NAME", SYSNAME),
                Column::new("DATABASE_SIZE", SqlType::Int),
                Column::new("REMARKS", SqlType::VarChar(Some(254))),
            ],
            rows: engine
                .databases()
                .into_iter()
                .filter(|facts| rights::may_enter(runner.session.account(), facts))
                .map(|facts| {
                    let kilobytes: i64 = facts.files.iter().map(|file| i64::from(file.size_pages) * 8).sum();
                    vec![Value::Text(facts.name), Value::Int(kilobytes), Value::Null]
                })
                .collect(),
        },
        "sp_who" | "sp_who2" => {
            let names = ["spid", "status", "loginame", "hostname", "dbname", "cmd"];
            let mut columns: Vec<Column> = names.iter().map(|name| Column::new(*name, SYSNAME)).collect();
            columns[0].ty = SqlType::SmallInt;
            let row = |seat: std::sync::Arc<crate::server::Seat>| {
                let visible = seat.visible().clone();
                let command = visible.request.map_or("AWAITING COMMAND".to_owned(), |request| request.command);
                vec![
                    Value::Int(i64::from(seat.id)),
                    Value::text("sleeping"),
                    Value::Text(visible.login),
                    Value::Text(visible.host),
                    Value::Text(visible.database),
                    Value::Text(command),
                ]
            };
            let all = rights::sees_server_state(runner.session);
            let own = runner.session.id();
            let seats = runner.session.server().sessions.all();
            Rows { columns, rows: seats.into_iter().filter(|seat| all || seat.id == own).map(row).collect() }
        }
        other => {
            return Err(Failure::of(2812, 16, 62, format!("Could not find stored procedure '{other}'.")));
        }
    })
}

/// `xp_delete_file kind, path, extension, date, subfolders`
fn delete_file(runner: &mut Runner<'_>, arguments: &Arguments<'_>) -> Outcome<i32> {
    rights::execute(runner.session, "xp_delete_file")?;
    let path = arguments.text(1, "@path")?;
    let extension = arguments.text(2, "@extension")?;
    let older_than =
        match arguments.get(3, "@date").map(|date| convert(date, SqlType::DateTime2(3), None)).transpose()? {
            Some(Value::DateTime(time)) => Some(time),
            _ => None,
        };
    let subfolders = arguments.int(4, "@subfolders")?.unwrap_or(0) != 0;
    let engine = runner.session.server().engine.clone();
    engine
        .delete_file(&path, &extension, older_than, subfolders)
        .map_err(|refusal| failed(refusal, "xp_delete_file"))?;
    Ok(0)
}

/// The sandbox knows extended properties of msdb as a whole, whatever database the call names.
fn add_property(runner: &mut Runner<'_>, arguments: &Arguments<'_>) -> Outcome<i32> {
    let (name, value) = (property(runner, arguments)?, arguments.text(1, "@value")?);
    let engine = runner.session.server().engine.clone();
    if engine.scan(MSDB, "dbo", PROPERTIES)?.iter().any(|(_, row)| is_named(row, &name)) {
        let text = format!("Property cannot be added. Property '{name}' already exists for 'object specified'.");
        return Err(Failure::of(15233, 16, 1, text).within("sp_addextendedproperty"));
    }
    engine.insert(MSDB, "dbo", PROPERTIES, &[vec![Stored::Text(name), Stored::Text(value)]])?;
    Ok(0)
}

fn drop_property(runner: &mut Runner<'_>, arguments: &Arguments<'_>) -> Outcome<i32> {
    let name = property(runner, arguments)?;
    let engine = runner.session.server().engine.clone();
    let rows = engine.scan(MSDB, "dbo", PROPERTIES)?;
    let Some((place, _)) = rows.iter().find(|(_, row)| is_named(row, &name)) else {
        let text =
            format!("Property cannot be updated or deleted. Property '{name}' does not exist for 'object specified'.");
        return Err(Failure::of(15217, 16, 1, text).within("sp_dropextendedproperty"));
    };
    engine.delete(MSDB, "dbo", PROPERTIES, &[*place])?;
    Ok(0)
}

/// The name of a property, for those who may change it: ALTER on the database.
fn property(runner: &Runner<'_>, arguments: &Arguments<'_>) -> Outcome<String> {
    let name = arguments.text(0, "@name")?;
    if rights::is_owner(runner.session, MSDB) {
        return Ok(name);
    }
    let text = "Cannot find the object specified, because it does not exist or you do not have permission.";
    Err(Failure::of(15135, 16, 8, text))
}

fn is_named(row: &[Stored], name: &str) -> bool {
    matches!(row.first(), Some(Stored::Text(own)) if same_name(own, name))
}

fn get_lock(runner: &mut Runner<'_>, arguments: &Arguments<'_>) -> Outcome<i32> {
    let resource = arguments.text(0, "@Resource")?;
    let mode = match arguments.text(1, "@LockMode")?.to_lowercase().as_str() {
        "shared" | "intentshared" => LockMode::Shared,
        "exclusive" | "update" | "intentexclusive" => LockMode::Exclusive,
        _ => return Ok(-999),
    };
    let owner = arguments.text(2, "@LockOwner")?;
    if !same_name(&owner, "session") && runner.session.transaction.1 == 0 {
        // Without a transaction there is nobody to own the lock.
        return Ok(-999);
    }
    let wait = arguments.int(3, "@LockTimeout")?.unwrap_or(runner.session.settings.lock_timeout);
    let wait = u64::try_from(wait).ok().map(Duration::from_millis);
    let principal = arguments.text(4, "@DbPrincipal")?;
    let database = runner.session.database().to_owned();
    if !principal.is_empty() && !same_name(&principal, "public") && !member(runner, &database, &principal) {
        return Ok(-999);
    }
    let seat = runner.session.seat();
    let cancelled = || seat.interrupt() != crate::server::Interrupt::None;
    let answer = runner.session.server().app_locks.take(seat.id, &database, &resource, mode, wait, &cancelled);
    if answer == LockAnswer::Cancelled {
        return Err(Failure::interrupted());
    }
    Ok(answer.status())
}

fn member(runner: &Runner<'_>, database: &str, role: &str) -> bool {
    match role.to_lowercase().as_str() {
        "dbo" | "db_owner" => rights::is_owner(runner.session, database),
        "db_backupoperator" => runner.session.account().has_in(database, DatabaseRole::BackupOperator),
        _ => false,
    }
}

fn release_lock(runner: &mut Runner<'_>, arguments: &Arguments<'_>) -> Outcome<i32> {
    let resource = arguments.text(0, "@Resource")?;
    let session = runner.session.id();
    let database = runner.session.database().to_owned();
    if runner.session.server().app_locks.release(session, &database, &resource) {
        return Ok(0);
    }
    let text = format!(
        "Cannot release the application lock (Database Principal: 'public', Resource: '{resource}') because it is not \
         currently held."
    );
    Err(Failure::of(1223, 16, 1, text).within("xp_userlock"))
}
