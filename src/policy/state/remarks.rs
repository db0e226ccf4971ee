//! Remarks on a state: each with a word for programs, a sentence, and the next step.

use chrono::{NaiveDateTime, TimeDelta};

use super::text::span;
use crate::model::{DatabaseState, LastRestore, OpenRestore};
use crate::policy::naming::side_name_of;

/// How much a remark matters; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The database cannot be used, or not by all who should.
    Error,
    /// Something that becomes an error if nobody acts.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// Something to say of a database's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// A word for programs.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence. No final full stop.
    pub message: String,
    /// What to do next.
    pub next_step: String,
}

/// Log backups this far apart let the log grow.
const LOG_BACKUP_WITHIN: TimeDelta = TimeDelta::days(1);

/// All that is to be said, the state first. `now` is by the server's clock.
pub fn remarks(state: &DatabaseState, now: NaiveDateTime) -> Vec<Remark> {
    let mut all = Vec::new();
    of_open_restore(state, &mut all);
    of_work(state, now, &mut all);
    of_side_name(state, &mut all);
    of_state(state, now, &mut all);
    of_access(state, &mut all);
    if broken_off(state).is_some() {
        // Whatever it left, one command puts it right.
        let repair = repair(state);
        for remark in all.iter_mut().filter(|remark| remark.severity == Severity::Error) {
            remark.next_step.clone_from(&repair);
        }
    }
    of_log(state, now, &mut all);
    of_backups(state, &mut all);
    of_ties(state, &mut all);
    all
}

fn say(all: &mut Vec<Remark>, code: &'static str, severity: Severity, message: String, next_step: impl Into<String>) {
    all.push(Remark { code, severity, message, next_step: next_step.into() });
}

/// A name as a PowerShell user types it.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

/// A restore of this machine that was broken off.
fn broken_off(state: &DatabaseState) -> Option<&OpenRestore> {
    state.open_restore.as_ref().filter(|restore| !restore.runs)
}

fn repair(state: &DatabaseState) -> String {
    format!("give it back with Repair-PGDatabase -Database {}", quoted(&state.name))
}

/// A restore of PGBackup on this machine.
fn of_open_restore(state: &DatabaseState, all: &mut Vec<Remark>) {
    let Some(restore) = &state.open_restore else { return };
    let (by, began) = (&restore.by, restore.began.format("%Y-%m-%dT%H:%M:%SZ"));
    if restore.runs {
        let message = format!("a restore that {by} began at {began} is under way");
        return say(all, "restore_under_way", Severity::Info, message, "wait for it to end");
    }
    let message = format!("a restore that {by} began at {began} was broken off");
    say(all, "restore_broken_off", Severity::Error, message, repair(state));
}

/// A running backup, restore or check.
fn of_work(state: &DatabaseState, now: NaiveDateTime, all: &mut Vec<Remark>) {
    for (client, work) in state.work() {
        let command = client.command.as_deref().unwrap_or_default();
        let (code, what) = match command.split(' ').next() {
            Some("RESTORE") => ("restore_running", "a restore"),
            Some("BACKUP") => ("backup_running", "a backup"),
            _ => ("check_running", "a check"),
        };
        let percent = work.percent.map(|percent| format!(" at {percent:.0} percent")).unwrap_or_default();
        let since = work.since.map(|since| format!(", begun {} ago", span(now - since))).unwrap_or_default();
        let left = work
            .milliseconds_left
            .and_then(|left| TimeDelta::try_milliseconds(i64::try_from(left).ok()?))
            .map(|left| format!(", about {} left", span(left)))
            .unwrap_or_default();
        say(
            all,
            code,
            Severity::Info,
            format!("{what} is running{percent}{since}{left}: {command} by {}", client.who()),
            "wait for it to end; look again with Get-PGDatabaseState",
        );
    }
}

/// A database of a restore test: in use by one, or left by one that was killed.
fn of_side_name(state: &DatabaseState, all: &mut Vec<Remark>) {
    let Some(source) = side_name_of(&state.name) else { return };
    let is_used = state.clients.as_ref().is_none_or(|clients| !clients.is_empty());
    let (severity, message) = if is_used {
        (Severity::Info, format!("a restore test of `{source}` made it"))
    } else {
        (Severity::Warning, format!("a restore test of `{source}` made it, and nobody uses it now"))
    };
    say(
        all,
        "restore_test",
        severity,
        message,
        format!("if no Test-PGRestore is running the next one drops it: Test-PGRestore -Database {}", quoted(source)),
    );
}

fn of_state(state: &DatabaseState, now: NaiveDateTime, all: &mut Vec<Remark>) {
    let name = quoted(&state.name);
    let is_worked_on =
        state.work().any(|(client, _)| client.command.as_deref().is_some_and(|c| c.starts_with("RESTORE")));
    let (code, message, next_step) = match state.state.as_str() {
        "ONLINE" => {
            if state.is_in_standby {
                say(
                    all,
                    "standby",
                    Severity::Info,
                    "it is in standby: it can be read, and waits for further backups".to_owned(),
                    format!("restore the next backups, or end with Restore-PGDatabase -Database {name} -Recover"),
                );
            }
            return;
        }
        "RESTORING" if is_worked_on => return,
        "RESTORING" => {
            let last = state.history.as_ref().and_then(|history| history.last_restore.as_ref());
            (
                "left_restoring",
                format!("a restore was begun and not ended: nobody can use it{}", left_since(last, now)),
                format!(
                    "if a restore of PGBackup was broken off: Repair-PGDatabase -Database {name}; else restore it again \
                     with Restore-PGDatabase -Database {name} -Replace, go on with its next backups, or make it usable as \
                     it is with Restore-PGDatabase -Database {name} -Recover"
                ),
            )
        }
        "RECOVERING" => (
            "recovering",
            "SQL Server is recovering it, as after every start: nobody can use it until that has ended".to_owned(),
            "wait; the server's error log tells how far it is".to_owned(),
        ),
        "RECOVERY_PENDING" => (
            "recovery_pending",
            "SQL Server could not begin its recovery: a file is missing or locked, or there is no room".to_owned(),
            "read the server's error log, put that right, and set it online with ALTER DATABASE ... SET ONLINE"
                .to_owned(),
        ),
        "SUSPECT" => (
            "suspect",
            "its recovery failed: the files are damaged or incomplete".to_owned(),
            format!(
                "keep its files; find the newest good backup with Get-PGRestorePlan, and restore it with \
                 Restore-PGDatabase -Database {name} -Replace"
            ),
        ),
        "EMERGENCY" => (
            "emergency",
            "somebody set it to EMERGENCY: members of sysadmin can read it, nobody else can use it".to_owned(),
            "save what can be read, then restore the newest good backup".to_owned(),
        ),
        "OFFLINE" => (
            "offline",
            "somebody set it offline: nobody can use it".to_owned(),
            "set it online with ALTER DATABASE ... SET ONLINE".to_owned(),
        ),
        other => (
            "not_online",
            format!("it is {other}: nobody can use it"),
            "wait, and look again with Get-PGDatabaseState".to_owned(),
        ),
    };
    say(all, code, Severity::Error, message, next_step);
}

/// When a restore was left, by whom, and how far it came.
fn left_since(last: Option<&LastRestore>, now: NaiveDateTime) -> String {
    let Some(last) = last.filter(|last| !last.recovery) else { return String::new() };
    let by = last.login.as_deref().map(|login| format!(" by {login}")).unwrap_or_default();
    let set = match (last.kind, last.backup_finished) {
        (Some(kind), Some(finished)) => {
            format!("; it holds the {} backup of {}", kind.description(), finished.format("%Y-%m-%d %H:%M:%S"))
        }
        _ => String::new(),
    };
    format!(", since {} ({} ago){by}{set}", last.at.format("%Y-%m-%d %H:%M:%S"), span(now - last.at))
}

fn of_access(state: &DatabaseState, all: &mut Vec<Remark>) {
    let next_step = format!(
        "if a restore of PGBackup left it so: Repair-PGDatabase -Database {}; else, when whoever wanted it is done, open it \
         with ALTER DATABASE ... SET MULTI_USER",
        quoted(&state.name)
    );
    match state.user_access.as_str() {
        "SINGLE_USER" => {
            let holder = match state.clients.as_deref() {
                Some([holder, ..]) => format!("{} has the place", holder.who()),
                Some([]) => "the place is free, and whoever comes first takes it".to_owned(),
                None => "who has the place cannot be seen by this login".to_owned(),
            };
            let message = format!("only one session can use it (SINGLE_USER), and {holder}");
            say(all, "single_user", Severity::Error, message, next_step);
        }
        "RESTRICTED_USER" => say(
            all,
            "restricted_user",
            Severity::Warning,
            "only its owners and members of dbcreator and sysadmin can use it (RESTRICTED_USER)".to_owned(),
            next_step,
        ),
        _ => {}
    }
    if state.is_read_only && !state.is_in_standby {
        say(
            all,
            "read_only",
            Severity::Info,
            "it is read-only".to_owned(),
            "nothing, if that is meant: its backups are as good as any",
        );
    }
}

/// Why the log cannot be reused. What passes by itself is not told.
fn of_log(state: &DatabaseState, now: NaiveDateTime, all: &mut Vec<Remark>) {
    let Some(wait) = state.log_reuse_wait.as_deref() else { return };
    let (why, next_step) = match wait {
        "LOG_BACKUP" => {
            let last = state.history.as_ref().map(|history| history.last_log);
            // Without a look at the history nobody knows whether it is late.
            let Some(last) = last.filter(|last| last.is_none_or(|last| now - last > LOG_BACKUP_WITHIN)) else { return };
            let when = match last {
                Some(last) => format!("the last one is {} old", span(now - last)),
                None => "none was ever made".to_owned(),
            };
            (
                format!("its log grows until a log backup is made, and {when}"),
                "make log backups with Invoke-PGBackup -Type Log, or set the recovery model to SIMPLE if nobody needs \
                 moments between backups",
            )
        }
        "ACTIVE_TRANSACTION" => {
            let open = state.clients.iter().flatten().find(|client| client.open_transactions.is_some_and(|n| n > 0));
            let who = open.map(|client| format!(": {}", client.who())).unwrap_or_default();
            (
                format!("its log cannot be reused while a transaction is open{who}"),
                "let it end, or end the session that holds it",
            )
        }
        "REPLICATION" => (
            "its log cannot be reused until replication or change data capture has read it".to_owned(),
            "see whether their agents run; a database that is not replicated any more is freed with sp_removedbreplication",
        ),
        "DATABASE_MIRRORING" | "AVAILABILITY_REPLICA" => (
            "its log cannot be reused until the other copy of the database has it".to_owned(),
            "see whether the other server can be reached",
        ),
        _ => return,
    };
    say(all, "log_not_reused", Severity::Warning, why, next_step);
}

fn of_backups(state: &DatabaseState, all: &mut Vec<Remark>) {
    let Some(history) = &state.history else { return };
    let is_scratch = ["tempdb", "model"].iter().any(|name| name.eq_ignore_ascii_case(&state.name));
    if state.state == "ONLINE" && history.last_full.is_none() && !is_scratch && state.ties.snapshot_of.is_none() {
        say(
            all,
            "no_full_backup",
            Severity::Warning,
            "the server knows of no full backup of it".to_owned(),
            format!("make one with Invoke-PGBackup -Database {} -Destination FOLDER", quoted(&state.name)),
        );
    }
}

/// What a restore over it meets.
fn of_ties(state: &DatabaseState, all: &mut Vec<Remark>) {
    let ties = &state.ties;
    let mut tie = |holds: bool, code, message: String, next_step: &str| {
        if holds {
            say(all, code, Severity::Info, message, next_step);
        }
    };
    tie(
        ties.availability_group,
        "availability_group",
        "it belongs to an availability group: no restore can overwrite it there".to_owned(),
        "before a restore take it out of the group, and join it again afterwards",
    );
    tie(
        ties.mirrored,
        "mirrored",
        "it is mirrored: no restore can overwrite it".to_owned(),
        "before a restore end the mirroring with ALTER DATABASE ... SET PARTNER OFF",
    );
    tie(
        ties.published,
        "published",
        "it is published for replication: a restore over it takes the publication along".to_owned(),
        "before a restore script the publications, and make them again afterwards",
    );
    tie(
        ties.snapshot.is_some(),
        "snapshot_source",
        format!("it has the snapshot `{}`: no restore can overwrite it", ties.snapshot.as_deref().unwrap_or_default()),
        "before a restore drop its snapshots",
    );
    tie(
        ties.snapshot_of.is_some(),
        "snapshot",
        format!(
            "it is a snapshot of `{}`, which is backed up in its place",
            ties.snapshot_of.as_deref().unwrap_or_default()
        ),
        "back up the source",
    );
}
