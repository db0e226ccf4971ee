//! Whether a plan can do what it says: each thing it needs, one line each, with the next step where
//! something is not right. Nothing is changed.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::evidence::{self, Seen};
use super::result::PlanCheck;
use super::run::options;
use super::{PlanRunCommand, in_folder, plan_due, plan_upcoming};
use crate::error::{Code, Error, Result};
use crate::model::RecoveryModel;
use crate::ops::{Context, Reply, check, schedule_zone};
use crate::plan::{self, Plan, UserCommand};
use crate::policy::calendar::Language;
use crate::policy::naming::drive_letter;
use crate::policy::schedule::{PlanSchedule, RunKind};
use crate::sql::{self, Options, ServerFacts, Session};
use crate::wire;

/// So far the clocks of the machine and the server may be apart.
const APART: TimeDelta = TimeDelta::minutes(5);

/// The lines, as they are found.
struct Lines(Vec<PlanCheck>);

impl Lines {
    fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.0.push(PlanCheck { check, ok: true, message: message.into(), next_step: String::new() });
    }

    fn failed(&mut self, check: &'static str, message: impl Into<String>, next_step: impl Into<String>) {
        self.0.push(PlanCheck { check, ok: false, message: message.into(), next_step: next_step.into() });
    }

    fn error(&mut self, check: &'static str, error: &Error) {
        let next = error.hint.clone().unwrap_or_else(|| "see the message".to_owned());
        self.failed(check, error.message.clone(), next);
    }
}

/// Looks at everything that a run of the plan needs.
pub(in crate::ops) async fn inspect(
    server: Option<Options>,
    command: &PlanRunCommand,
    context: &Context,
) -> Result<Reply> {
    let plan = &command.plan;
    let now = command.wish.now.unwrap_or_else(Utc::now);
    let mut lines = Lines(Vec::new());
    lines.ok("plan", plan.schedule.describe(Language::English).replace('\n', "; "));
    if now < plan.created {
        let message = format!("this machine's clock says {}, and the plan was made at {}", iso(now), iso(plan.created));
        lines.failed("clock", message, "set the clock of this machine right; until then nothing is due");
    }
    let mut seen = in_folder(plan).await;
    let connected = match options(plan, server) {
        Ok(options) => check::connect(&options, context).await,
        Err(error) => Err(error),
    };
    match connected {
        Ok((mut session, facts)) => {
            lines.ok("server", format!("{}, SQL Server {}", facts.name, facts.version));
            of_server(plan, &mut session, &facts, now, &mut lines).await?;
            if let Ok(more) = evidence::of_server(plan, &mut session, &facts).await {
                seen = Some(evidence::together(seen.unwrap_or_default(), more));
            }
        }
        Err(error) if error.code == Code::Cancelled => return Err(error),
        Err(error) => lines.error("server", &error),
    }
    of_machine(plan, &mut lines);
    match &seen {
        Some(seen) => last_backup(command, seen, now, &mut lines)?,
        None => lines.failed(
            "last_backup",
            "the backups that exist cannot be seen from here",
            "let the plan reach its server, see the line above",
        ),
    }
    last_run(command, &mut lines)?;
    Ok(Reply::PlanCheck(lines.0))
}

/// What the server tells of the database, the login's rights, the folder and its room.
async fn of_server(
    plan: &Plan,
    session: &mut Session,
    facts: &ServerFacts,
    now: DateTime<Utc>,
    lines: &mut Lines,
) -> Result<()> {
    let apart = (facts.now.and_utc() - now).abs();
    // A plan that is from the future has its line already.
    if apart > APART && now >= plan.created {
        let message = format!("the server's clock says {}, and this machine's {}", iso(facts.now.and_utc()), iso(now));
        lines.failed("clock", message, "set both clocks right: what is due is judged by both");
    } else if now >= plan.created {
        lines.ok("clock", format!("{}, as the server's", iso(now)));
    }
    let has_log = match &plan.schedule {
        PlanSchedule::Lines(all) => all.iter().any(|line| line.kind == RunKind::Log),
        PlanSchedule::Counted { .. } => false,
    };
    match check::existing(session, facts, &plan.database).await {
        Ok(database) if database.state != "ONLINE" => lines.failed(
            "database",
            format!("`{}` is {}", plan.database, database.state),
            "bring it online; a database in another state cannot be backed up",
        ),
        Ok(database) if has_log && database.recovery_model == Some(RecoveryModel::Simple) => lines.failed(
            "database",
            format!("`{}` is in SIMPLE recovery, and the plan makes log backups", plan.database),
            "set it to FULL with ALTER DATABASE ... SET RECOVERY FULL, or take the log line out of the plan",
        ),
        Ok(database) => lines.ok("database", format!("`{}` is {}", plan.database, database.state)),
        Err(error) => {
            lines.error("database", &error);
            return Ok(());
        }
    }
    match sql::may_back_up(session, &plan.database).await? {
        (Some(false), _) => lines.failed("rights", "the login may not back up the database", RIGHT),
        (_, Some(false)) if has_log => lines.failed("rights", "the login may not back up the log", RIGHT),
        (None, _) => lines.failed("rights", "the server does not tell whether the login may back up", RIGHT),
        _ => lines.ok("rights", "the login may back up"),
    }
    match sql::file_state(session, &plan.destination).await {
        Some(state) if state.is_directory => lines.ok("folder", format!("the server sees `{}`", plan.destination)),
        Some(_) => lines.failed(
            "folder",
            format!("the server sees no folder `{}`", plan.destination),
            "make it on the server's machine, and let the account of the SQL Server service write to it; the first run of a sysadmin makes it",
        ),
        None => lines.ok("folder", format!("`{}`; this login may not ask for it", plan.destination)),
    }
    space(plan, session, lines).await;
    Ok(())
}

const RIGHT: &str =
    "make it a member of db_backupoperator in the database: ALTER ROLE db_backupoperator ADD MEMBER ...";

/// Whether a full fits on its drive, where the server tells both.
async fn space(plan: &Plan, session: &mut Session, lines: &mut Lines) {
    let Some(letter) = drive_letter(&plan.destination) else { return };
    let Some(free) = sql::free_space(session, letter).await else { return };
    let Some(used) = sql::used_space(session, &plan.database).await else { return };
    let message =
        format!("{} MB are free on drive {letter}:, and a full needs up to {} MB", free >> 20, used.allocated >> 20);
    if free >= used.allocated {
        lines.ok("space", message);
    } else {
        lines.failed("space", message, "make room on the server's drive, or keep backups for a shorter time");
    }
}

/// What this machine needs: copies, removal, commands, heartbeat.
fn of_machine(plan: &Plan, lines: &mut Lines) {
    for folder in &plan.copy_to {
        let shown = folder.display();
        match writable(folder) {
            Ok(()) => lines.ok("copy", format!("`{shown}` can be written to")),
            Err(error) => lines.failed(
                "copy",
                format!("`{shown}` cannot be written to: {error}"),
                "bring the disk back, or let this account write to the folder",
            ),
        }
    }
    if let Some(remove) = &plan.remove {
        if Path::new(&remove.path).is_dir() {
            lines.ok("retention", format!("`{}` is seen from this machine", remove.path));
        } else {
            lines.failed(
                "retention",
                format!("`{}` is not seen from this machine, so nothing old is removed", remove.path),
                "name the folder as this machine sees it with -RemovePath, or run the plan on the server's machine",
            );
        }
    }
    let commands = [("before", &plan.before), ("after", &plan.after), ("on_failure", &plan.on_failure)];
    for (name, command) in commands.into_iter().filter_map(|(name, command)| Some((name, command.as_ref()?))) {
        match found(command) {
            Some(path) => lines.ok("command", format!("{name}: `{}`", path.display())),
            None => lines.failed(
                "command",
                format!("{name}: there is no program `{}`", command.program),
                "name it by its whole path",
            ),
        }
    }
    let files = [("heartbeat", plan.heartbeat.as_ref()), ("report", plan.report.as_ref().map(|page| &page.file))];
    for (check, file) in files.into_iter().filter_map(|(check, file)| Some((check, file?))) {
        match file.parent().map(writable) {
            Some(Ok(())) => lines.ok(check, format!("`{}` can be written", file.display())),
            _ => lines.failed(
                check,
                format!("`{}` cannot be written", file.display()),
                "make its folder, and let this account write to it",
            ),
        }
    }
}

/// Writes a file of no bytes into a folder and takes it away.
fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".pgb-probe-{}", std::process::id()));
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}

/// The program of a command: by its path, or in one of the folders of `PATH`.
fn found(command: &UserCommand) -> Option<PathBuf> {
    let program = Path::new(&command.program);
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let folders = std::env::var_os("PATH")?;
    let endings: &[&str] = if cfg!(windows) { &["", ".exe", ".cmd", ".bat"] } else { &[""] };
    std::env::split_paths(&folders)
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{}{ending}", command.program))))
        .find(|path| path.is_file())
}

/// Whether the newest backup is as new as the schedule wants it.
fn last_backup(command: &PlanRunCommand, seen: &[Seen], now: DateTime<Utc>, lines: &mut Lines) -> Result<()> {
    let plan = &command.plan;
    let failures = wire::failures(&plan::read_history(&command.wish.folders.state, &plan.name)?);
    let done = evidence::done(seen);
    let due = plan_due(plan, &done, &failures, now);
    let overdue = due.runs.iter().chain(due.waiting.iter().map(|(run, _)| run)).find(|run| run.overdue);
    let zone = schedule_zone(&plan.schedule);
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, true);
    let newest = seen.iter().max_by_key(|one| one.started);
    let newest =
        newest.map(|one| format!("the newest is a {} of {}", one.kind.word(Language::English), local(one.started)));
    match (overdue, newest) {
        (Some(run), newest) => lines.failed(
            "last_backup",
            format!(
                "a {} is overdue since {}; {}",
                run.kind.word(Language::English),
                local(run.missed.first),
                newest.unwrap_or_else(|| "there is none yet".to_owned())
            ),
            "run it with Invoke-PGBackupPlan, and see Get-PGBackupHistory for why it did not run",
        ),
        (None, Some(newest)) => lines.ok("last_backup", newest),
        (None, None) => {
            let next = plan_upcoming(plan, &done, now, 1).pop();
            let next = next.map(|next| format!("; the first is due at {}", local(next.at))).unwrap_or_default();
            lines.ok("last_backup", format!("there is none yet{next}"));
        }
    }
    Ok(())
}

/// How the last run ended.
fn last_run(command: &PlanRunCommand, lines: &mut Lines) -> Result<()> {
    let runs = wire::runs(&plan::read_history(&command.wish.folders.state, &command.plan.name)?);
    let Some(run) = runs.last() else {
        lines.ok("last_run", "it has not run yet");
        return Ok(());
    };
    let message = format!("{} at {}", run.outcome, iso(run.finished));
    if run.trouble.is_empty() {
        lines.ok("last_run", message);
    } else {
        lines.failed("last_run", format!("{message}: {}", run.trouble.join("; ")), "see Get-PGBackupHistory");
    }
    Ok(())
}

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
