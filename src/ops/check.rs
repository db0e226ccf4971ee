//! Checks that several operations make before they touch anything.

use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::policy::naming::PathStyle;
use crate::sql::{self, Database, Options, ServerFacts, Session};

use super::{Context, patience};

/// The longest name of a database, in UTF-16 units (`sysname`).
const NAME_LIMIT: usize = 128;

/// Refuses a name that no database can have.
pub(super) fn database_name(name: &str) -> Result<()> {
    let length = name.encode_utf16().count();
    let wrong = if name.trim().is_empty() {
        "it is empty".to_owned()
    } else if length > NAME_LIMIT {
        format!("it has {length} characters, and SQL Server allows {NAME_LIMIT}")
    } else if name.contains('\0') {
        "it holds a NUL character".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::new(Code::Name, format!("`{name}` cannot be the name of a database: {wrong}"))
        .hint("look at the names with Get-PGDatabase")
        .target(name))
}

/// Connects and learns what server it is.
pub(super) async fn connect(server: &Options, context: &Context) -> Result<(Session, ServerFacts)> {
    context.phase(Phase::Connecting);
    let (session, facts) = patience::connect(server, context).await?;
    context.say(Level::Debug, format!("connected to {}, SQL Server {} ({})", facts.name, facts.version, facts.edition));
    Ok((session, facts))
}

/// How the server writes paths.
pub(super) fn path_style(facts: &ServerFacts) -> PathStyle {
    PathStyle::from_separator(facts.separator).unwrap_or(PathStyle::Windows)
}

/// Refuses a path that the server cannot mean.
pub(super) fn path(style: PathStyle, path: &str) -> Result<()> {
    style.check(path).map_err(|error| Error::new(Code::Name, error.to_string()).target(path))
}

/// The database of a name.
pub(super) async fn existing(session: &mut Session, facts: &ServerFacts, name: &str) -> Result<Database> {
    database_name(name)?;
    sql::database(session, name).await?.ok_or_else(|| {
        Error::new(Code::DatabaseNotFound, format!("there is no database `{name}` on `{}`", facts.name))
            .hint("look at the names with Get-PGDatabase; a login sees only the databases it may see")
            .target(name)
    })
}

/// The name of this machine.
pub(super) fn machine() -> String {
    // Windows tells it in the environment, Linux in a file.
    let linux = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = std::env::var("COMPUTERNAME").ok().or_else(linux).unwrap_or_default();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".to_owned())
}
