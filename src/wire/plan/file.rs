//! A plan file. `schemas/plan.schema.json` says the same for editors.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::call::LanguageField;
use crate::error::{Code, Error, Result};
use crate::ops::RemovalWish;
use crate::plan::{PasswordFrom, Plan, ReportPage, UserCommand, check_name};
use crate::policy::schedule::CatchUp;
use crate::sql::Compression;
use crate::wire::request::{RemoveField, SECRETS, without_nul};
use crate::wire::schedule::{ScheduleField, grace, window};

/// The version of plan files.
const VERSION: u64 = 1;

/// The one field whose name tells of a password and holds none.
const ALLOWED: &str = "password_from";

/// A command may take an hour if nothing else is said.
const COMMAND_LIMIT: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    #[serde(rename = "version")]
    _version: u64,
    name: String,
    created_at: String,
    server: Value,
    password_from: Option<PasswordField>,
    database: String,
    destination: String,
    #[serde(default)]
    archive: bool,
    file_name: Option<String>,
    #[serde(default)]
    compression: CompressionField,
    #[serde(default)]
    verify: bool,
    schedule: ScheduleField,
    window: Option<String>,
    grace_minutes: Option<i64>,
    remove: Option<RemoveField>,
    #[serde(default)]
    copy_to: Vec<String>,
    before: Option<CommandField>,
    after: Option<CommandField>,
    on_failure: Option<CommandField>,
    heartbeat: Option<String>,
    report: Option<PageField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageField {
    file: String,
    #[serde(default)]
    language: LanguageField,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum PasswordField {
    File(String),
    Clixml(String),
    SecretManagement(String),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum CompressionField {
    #[default]
    Default,
    On,
    Off,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandField {
    command: Vec<String>,
    time_limit_seconds: Option<i64>,
}

/// Reads a plan.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn plan_file(text: &str) -> Result<Plan> {
    read(&value(text)?)
}

/// Checks a plan that is to be written, and gives the text of its file: what was given, in its order,
/// with a moment of its making if it has none.
///
/// # Errors
///
/// As [`plan_file`].
pub(super) fn plan_for_file(given: &Value, now: DateTime<Utc>) -> Result<(Plan, String)> {
    let mut given = given.clone();
    if let Some(fields) = given.as_object_mut()
        && fields.get("created_at").is_none_or(Value::is_null)
    {
        fields.insert("created_at".to_owned(), now.to_rfc3339_opts(SecondsFormat::Secs, true).into());
    }
    let plan = read(&given)?;
    let text = serde_json::to_string_pretty(&given)
        .map_err(|error| Error::new(Code::Internal, "the plan cannot be written as JSON").cause(error))?;
    Ok((plan, text + "\n"))
}

fn value(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(
            Code::Request,
            format!("the plan is not JSON: error at line {}, column {}", error.line(), error.column()),
        )
        .hint("mend the file, or make the plan anew with New-PGBackupPlan")
        .target("plan")
    })
}

fn refuse(field: &str, why: impl std::fmt::Display, hint: &str) -> Error {
    Error::new(Code::Request, format!("`{field}`: {why}")).hint(hint).target(field)
}

fn read(value: &Value) -> Result<Plan> {
    refuse_secrets(value)?;
    match value.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(newer @ 2..) => {
            let why = format!("the plan is of version {newer}, and this PGBackup knows version {VERSION}");
            return Err(refuse("version", why, "install the newer PGBackup that wrote it"));
        }
        _ => return Err(refuse("version", "it is missing or wrong", "write \"version\": 1")),
    }
    check_password_place(value.get("password_from"))?;
    let file = File::deserialize(value).map_err(|error| {
        Error::new(Code::Request, format!("the plan is not right: {error}"))
            .hint("see schemas/plan.schema.json for its fields")
            .target("plan")
    })?;
    check_name(&file.name)?;
    for (field, text) in [("database", &file.database), ("destination", &file.destination)] {
        if text.trim().is_empty() {
            return Err(refuse(field, "it is empty", "write it like \"PayamGostar2\" and \"D:\\\\Backup\""));
        }
        without_nul(field, text)?;
    }
    let created = DateTime::parse_from_rfc3339(&file.created_at).map_err(|_| {
        let why = format!("`{}` is not a moment with its zone", file.created_at);
        refuse("created_at", why, "write it like 2026-11-20T11:00:00Z")
    })?;
    let password_from = file.password_from.map(|from| match from {
        PasswordField::File(path) => PasswordFrom::File(PathBuf::from(path)),
        PasswordField::Clixml(path) => PasswordFrom::Clixml(PathBuf::from(path)),
        PasswordField::SecretManagement(name) => PasswordFrom::SecretManagement(name),
    });
    let (server_options, options) = server(&file.server, password_from.is_some())?;
    let copy_to = file.copy_to.iter().enumerate().map(|(at, folder)| path(&format!("copy_to[{at}]"), folder));
    Ok(Plan {
        created: created.to_utc(),
        address: options.address,
        server_options,
        password_from,
        database: file.database,
        // Nothing older goes before the new backup is known to be whole.
        verify: file.verify || file.remove.is_some(),
        remove: file.remove.map(|remove| removal(remove, &file.destination)).transpose()?,
        destination: file.destination,
        archive: file.archive,
        file_name: file.file_name,
        compression: match file.compression {
            CompressionField::Default => Compression::Default,
            CompressionField::On => Compression::On,
            CompressionField::Off => Compression::Off,
        },
        schedule: file.schedule.read("schedule")?,
        catch_up: CatchUp {
            window: file.window.as_deref().map(|text| window("window", text)).transpose()?,
            grace: grace(file.grace_minutes)?,
        },
        copy_to: copy_to.collect::<Result<_>>()?,
        before: file.before.map(|command| command.read("before")).transpose()?,
        after: file.after.map(|command| command.read("after")).transpose()?,
        on_failure: file.on_failure.map(|command| command.read("on_failure")).transpose()?,
        heartbeat: file.heartbeat.as_deref().map(|file| path("heartbeat", file)).transpose()?,
        report: file.report.map(PageField::read).transpose()?,
        name: file.name,
    })
}

impl PageField {
    fn read(self) -> Result<ReportPage> {
        Ok(ReportPage { file: path("report", &self.file)?, language: self.language.into() })
    }
}

/// What is removed after a backup, from a whole path of this machine or of the server.
fn removal(field: RemoveField, destination: &String) -> Result<RemovalWish> {
    field.read(Some(destination)).map_err(|mut error| {
        error.message = format!("`remove`: {}", error.message);
        error.hint.get_or_insert_with(|| "write it like {\"rules\": {\"older_than_days\": 30}}".to_owned());
        error.target = Some("remove".to_owned());
        error
    })
}

/// The options of the server: their text for later, and what they say.
fn server(given: &Value, has_password: bool) -> Result<(String, crate::sql::Options)> {
    let Some(fields) = given.as_object() else {
        return Err(refuse("server", "it is not an object", "write it like {\"server\": \".\\\\PAYAMGOSTAR2\"}"));
    };
    if fields.contains_key("connection_string") || fields.contains_key("v") {
        return Err(refuse(
            "server",
            "it takes the fields of a server, and neither `connection_string` nor `v`",
            "write it like {\"server\": \".\\\\PAYAMGOSTAR2\", \"user\": \"backup\"}",
        ));
    }
    if fields.contains_key("user") != has_password {
        return Err(refuse(
            "password_from",
            if has_password { "there is no `user` in `server` for it" } else { "the `user` in `server` needs one" },
            "write it like {\"file\": \"/etc/pgbackup/crm.secret\"}, or leave both out for the account's own login",
        ));
    }
    let mut options = fields.clone();
    options.insert("v".to_owned(), 1.into());
    let text = Value::Object(options).to_string();
    // Only whether the options are right: the password itself is read when it is used.
    let stand_in = has_password.then(|| Zeroizing::new(String::new()));
    let parsed = crate::wire::server(&text, stand_in).map_err(|mut error| {
        error.message = format!("`server`: {}", error.message);
        error
    })?;
    Ok((text, parsed))
}

fn path(field: &str, text: &str) -> Result<PathBuf> {
    without_nul(field, text)?;
    let path = PathBuf::from(text);
    if !path.is_absolute() {
        return Err(refuse(
            field,
            format!("`{text}` is not a whole path of this machine"),
            "write it from the root on, such as \"E:\\\\Copies\" or \"/mnt/copies\"",
        ));
    }
    Ok(path)
}

impl CommandField {
    fn read(self, field: &str) -> Result<UserCommand> {
        let example =
            "write it like {\"command\": [\"C:\\\\Tools\\\\stop.exe\", \"Agent\"], \"time_limit_seconds\": 300}";
        let mut words = self.command.into_iter();
        let program = words.next().filter(|program| !program.trim().is_empty());
        let Some(program) = program else { return Err(refuse(field, "its `command` names no program", example)) };
        let arguments: Vec<String> = words.collect();
        arguments.iter().chain([&program]).try_for_each(|word| without_nul(field, word))?;
        let limit = match self.time_limit_seconds {
            None => COMMAND_LIMIT,
            Some(seconds @ 1..=86_400) => Duration::from_secs(seconds.unsigned_abs()),
            Some(seconds) => {
                let why = format!("`time_limit_seconds` of {seconds} is not possible");
                return Err(refuse(field, why, "give 1 to 86400 seconds, such as 300"));
            }
        };
        Ok(UserCommand { program, arguments, limit })
    }
}

/// Refuses what is no place of a password before serde does: its error would repeat the password that somebody
/// wrote there instead.
fn check_password_place(given: Option<&Value>) -> Result<()> {
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(()) };
    let is_place = given.as_object().is_some_and(|fields| {
        let known = |name: &String| ["file", "clixml", "secret_management"].contains(&name.as_str());
        fields.len() == 1 && fields.iter().all(|(name, place)| known(name) && place.is_string())
    });
    if is_place {
        return Ok(());
    }
    let why = "it names no place where the password is";
    Err(refuse(
        "password_from",
        why,
        "write it like {\"file\": \"/etc/pgbackup/crm.secret\"}; never the password itself",
    ))
}

/// Refuses a field, however deep, whose name tells of a password: plans may be read and copied.
fn refuse_secrets(value: &Value) -> Result<()> {
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let lower = name.to_lowercase();
            if name != ALLOWED && name != "secret_management" && SECRETS.iter().any(|secret| lower.contains(secret)) {
                return Err(Error::new(
                    Code::Request,
                    format!("the plan has a field `{name}`: a password does not belong into it"),
                )
                .hint("keep it apart and name the place in `password_from`; change the password if others saw the file")
                .target(name));
            }
            refuse_secrets(value)
        }),
        Value::Array(values) => values.iter().try_for_each(refuse_secrets),
        _ => Ok(()),
    }
}
