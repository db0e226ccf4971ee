//! The steps of a run. One that fails does not hide the others.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use super::result::{Outcome, Ran, StepOutcome, StepReport};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::model::BackupType;
use crate::ops::backup::verify_made;
use crate::ops::removal::after_backup;
use crate::ops::{
    BackupCommand, BackupResult, ClosedArchive, ConnectedClients, Context, Place, RemovalReport, Reply, StepState,
    backup,
};
use crate::plan::{self, CommandEnd, Copied, Plan, Severity, UserCommand, event_command};
use crate::policy::archive::Rollover;
use crate::policy::base::OnForeignBase;
use crate::policy::calendar::Language;
use crate::policy::schedule::{DueRun, RunKind};
use crate::sql::{BackupOptions, Options, Session};

/// The steps of one run, as they are done.
pub(super) struct Steps<'p> {
    plan: &'p Plan,
    context: &'p Context,
    pub(super) reports: Vec<StepReport>,
    pub(super) ran: Vec<Ran>,
    pub(super) removal: Option<RemovalReport>,
    /// When the run began, to tell how long it takes under any clock.
    pub(super) began: Instant,
}

impl<'p> Steps<'p> {
    pub(super) fn new(plan: &'p Plan, context: &'p Context) -> Steps<'p> {
        Steps { plan, context, reports: Vec::new(), ran: Vec::new(), removal: None, began: Instant::now() }
    }

    pub(super) fn done(&mut self, step: &'static str, message: String) {
        self.add(step, StepOutcome::Done, &message, None);
    }

    pub(super) fn failed(&mut self, step: &'static str, message: &str, error: Error) {
        self.add(step, StepOutcome::Failed, message, Some(error));
    }

    /// Notes how a step ended, and tells those who watch the job of anything bad.
    pub(super) fn add(&mut self, step: &'static str, outcome: StepOutcome, message: &str, error: Option<Error>) {
        if outcome != StepOutcome::Done {
            let why = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            self.context.say(Level::Warning, format!("{step}: {message}{why}"));
        }
        self.reports.push(StepReport { step, outcome, message: message.to_owned(), error: error.map(Box::new) });
    }

    /// Notes the step in which the run was cancelled, and ends the run.
    fn cancelled<T>(&mut self, step: &'static str, outcome: StepOutcome, message: &str, error: Error) -> Result<T> {
        self.add(step, outcome, message, Some(error.clone()));
        Err(error)
    }

    pub(super) fn take(self) -> Vec<StepReport> {
        self.reports
    }

    /// The kinds that were made, with their files.
    pub(super) fn made(&self) -> Vec<(RunKind, Vec<String>)> {
        let made = self.ran.iter().filter_map(|ran| Some((ran.run.kind, ran.backup.as_ref()?.files.clone())));
        made.collect()
    }

    /// Does everything. What was done until it was cancelled is noted here too.
    pub(super) async fn all(&mut self, options: &Options, session: &mut Session, runs: &[DueRun]) -> Result<()> {
        self.make(options, session, runs).await?;
        self.remove_older().await?;
        let made = self.made();
        self.last_commands(&made).await
    }

    /// Makes all that is due; the user's own command goes before it.
    async fn make(&mut self, options: &Options, session: &mut Session, runs: &[DueRun]) -> Result<()> {
        if let Some(command) = &self.plan.before
            && !self.command("before", command, StepOutcome::Failed, &[]).await?
        {
            return Ok(());
        }
        for run in runs {
            let command = backup_command(self.plan, run.kind);
            let mut ran = Ran { run: *run, backup: None, copies: Vec::new() };
            match backup::run(options, command, self.context).await {
                Ok(Reply::Backup(result)) => ran.backup = Some(result),
                Ok(_) => {}
                Err(error) => {
                    let what = format!("the {} could not be made", run.kind.word(Language::English));
                    self.ran.push(ran);
                    if error.code == Code::Cancelled {
                        return self.cancelled("backup", StepOutcome::Failed, &what, error);
                    }
                    self.failed("backup", &what, error);
                    // A differential or log on a full that was not made would serve nobody.
                    if run.kind == RunKind::Full { break } else { continue }
                }
            }
            if let Some(mut result) = ran.backup.take() {
                self.done("backup", made_text(&result));
                if let Some(closed) = &result.closed_archive {
                    self.closed(closed);
                }
                let ended = self.prove(session, &mut result, &mut ran.copies).await;
                ran.backup = Some(result);
                self.ran.push(ran);
                ended?;
            } else {
                self.ran.push(ran);
            }
        }
        Ok(())
    }

    /// Verifies a backup, and copies it if it is sound.
    async fn prove(
        &mut self,
        session: &mut Session,
        result: &mut BackupResult,
        copies: &mut Vec<Copied>,
    ) -> Result<()> {
        if self.verify(session, result).await? {
            self.copy(result, copies).await?;
        }
        Ok(())
    }

    /// An archive counts as a backup once all of it was verified.
    fn closed(&mut self, closed: &ClosedArchive) {
        let files = closed.files.join(", ");
        match closed.verified {
            Some(true) => self.done("verify", format!("the archive that was closed is sound: {files}")),
            _ => {
                let error = closed.finding.as_deref().cloned();
                self.add(
                    "verify",
                    StepOutcome::Warning,
                    &format!("the archive that was closed is not known to be sound: {files}"),
                    error,
                );
            }
        }
    }

    async fn verify(&mut self, session: &mut Session, result: &mut BackupResult) -> Result<bool> {
        if !self.plan.verify {
            return Ok(true);
        }
        self.context.phase(Phase::Verifying);
        match verify_made(session, result, self.context).await {
            Ok(()) => self.done("verify", "the server finds the backup sound".to_owned()),
            Err(error) => {
                let what = "the backup was made, but is not known to be sound";
                if error.code == Code::Cancelled {
                    return self.cancelled("verify", StepOutcome::Failed, what, error);
                }
                self.failed("verify", what, error);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Copies the files of a backup to each folder; one that is away does not keep the others from theirs.
    async fn copy(&mut self, result: &BackupResult, copies: &mut Vec<Copied>) -> Result<()> {
        for folder in &self.plan.copy_to {
            for file in &result.files {
                self.context.phase(Phase::Copying);
                match self.copy_one(PathBuf::from(file), folder.clone()).await {
                    Ok(copied) => {
                        self.done("copy", format!("{}, read back and the same", copied.path.display()));
                        copies.push(copied);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                        let error =
                            Error::cancelled("the run was cancelled while it copied; the backup itself is made");
                        let what = format!("no copy of `{file}` in `{}`", folder.display());
                        return self.cancelled("copy", StepOutcome::Warning, &what, error);
                    }
                    Err(error) => {
                        let code = match error.kind() {
                            io::ErrorKind::NotFound => Code::FileNotFound,
                            io::ErrorKind::StorageFull => Code::DiskFull,
                            io::ErrorKind::InvalidData => Code::Corrupt,
                            _ => Code::BackupDevice,
                        };
                        let message = format!("no copy of `{file}` in `{}`", folder.display());
                        let cause = Error::new(code, error.to_string())
                            .hint(
                                "bring the disk back; the next run copies its own file, this one can be copied by hand",
                            )
                            .target(folder.display().to_string());
                        self.add("copy", StepOutcome::Warning, &message, Some(cause));
                    }
                }
            }
        }
        Ok(())
    }

    async fn copy_one(&self, from: PathBuf, folder: PathBuf) -> io::Result<Copied> {
        let context = self.context.clone();
        let work = move || {
            // Each byte goes twice: written, and read back.
            let total = std::fs::metadata(&from)?.len() * 2;
            let (mut moved, cancel) = (0, context.cancelled());
            plan::copy_checked(&from, &folder, &mut |bytes| {
                moved += bytes;
                context.bytes(moved, total);
                !cancel.is_cancelled()
            })
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(io::Error::other(panic.to_string())))
    }

    /// Removes what the plan's rules let go, if the newest backup of the run is made and verified.
    async fn remove_older(&mut self) -> Result<()> {
        let Some(wish) = &self.plan.remove else { return Ok(()) };
        let Some(made) = self.ran.iter().rev().find_map(|ran| ran.backup.as_deref()) else { return Ok(()) };
        match after_backup(wish, made, self.context).await {
            Ok(report) => {
                let message = format!("{} files removed, {} kept", report.result.changed, report.keep);
                let stayed = report.steps.iter().find(|step| step.state == StepState::Kept);
                let stayed = stayed.map(|step| {
                    let others = report.result.kept.saturating_sub(1);
                    let more = if others > 0 { format!(", and {others} more") } else { String::new() };
                    let message = format!("`{}` was to go and stayed: {}{more}", step.file, step.reason);
                    Error::new(Code::Busy, message).hint("the next run tries again").target(&step.file)
                });
                let outcome = if stayed.is_some() { StepOutcome::Warning } else { StepOutcome::Done };
                self.add("retention", outcome, &message, stayed);
                self.removal = Some(report);
            }
            Err(error) if error.code == Code::Cancelled => {
                return self.cancelled("retention", StepOutcome::Warning, "the removal did not come to its end", error);
            }
            Err(error) => self.add("retention", StepOutcome::Warning, "nothing was removed", Some(error)),
        }
        Ok(())
    }

    /// Touches the heartbeat and runs the user's commands that go after.
    pub(super) async fn last_commands(&mut self, made: &[(RunKind, Vec<String>)]) -> Result<()> {
        let outcome = Outcome::of(&self.reports);
        if let (Some(heartbeat), true) = (&self.plan.heartbeat, outcome != Outcome::Failed) {
            let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ\n").to_string();
            match std::fs::write(heartbeat, now) {
                Ok(()) => self.done("heartbeat", heartbeat.display().to_string()),
                Err(error) => {
                    let error = Error::new(Code::BackupDevice, error.to_string())
                        .hint("check the folder of the heartbeat file")
                        .target(heartbeat.display().to_string());
                    self.add("heartbeat", StepOutcome::Warning, "the heartbeat file cannot be written", Some(error));
                }
            }
        }
        if let (Some(command), true) = (&self.plan.on_failure, outcome == Outcome::Failed) {
            self.command("on_failure", command, StepOutcome::Warning, made).await?;
        }
        if let Some(command) = &self.plan.after {
            self.command("after", command, StepOutcome::Warning, made).await?;
        }
        Ok(())
    }

    /// Tells the event log of Windows. An account that may not write there does without: the history has it all.
    pub(super) async fn event_log(&mut self) {
        let Some(system) = std::env::var_os("SystemRoot").map(PathBuf::from).filter(|_| cfg!(windows)) else { return };
        let (severity, text) = event(&self.plan.name, &self.plan.database, &self.reports);
        let command = event_command(&system, severity, &text);
        let work = move || plan::run_command(&command, &[], &|| false);
        let ended = tokio::task::spawn_blocking(work).await;
        if !matches!(ended, Ok(Ok(CommandEnd { code: Some(0), .. }))) {
            self.context.say(Level::Debug, "the event log could not be written");
        }
    }

    /// Whether the command went well.
    async fn command(
        &mut self,
        step: &'static str,
        command: &UserCommand,
        bad: StepOutcome,
        made: &[(RunKind, Vec<String>)],
    ) -> Result<bool> {
        self.context.phase(Phase::RunningCommand);
        let variables = self.variables(made);
        let (command, cancel) = (command.clone(), self.context.cancelled());
        let program = command.program.clone();
        let work = move || plan::run_command(&command, &variables, &|| cancel.is_cancelled());
        let ended =
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(io::Error::other(panic.to_string())));
        if step == "before"
            && let Err(error) = self.context.check()
        {
            return self.cancelled(step, bad, "the run was cancelled before a backup was made", error);
        }
        let error = |text: String| Error::new(Code::State, text).hint("run it by hand to see why").target(&program);
        let (outcome, message, error) = match ended {
            Ok(CommandEnd { code: Some(0), output, .. }) => (StepOutcome::Done, output, None),
            Ok(CommandEnd { ended: true, output, .. }) => {
                (bad, output, Some(error(format!("`{program}` was ended because its time was over"))))
            }
            Ok(CommandEnd { code, output, .. }) => {
                let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
                (bad, output, Some(error(format!("`{program}` ended with {code}"))))
            }
            Err(cause) => (bad, String::new(), Some(error(format!("`{program}` cannot be started: {cause}")))),
        };
        self.add(step, outcome, &message, error);
        Ok(outcome == StepOutcome::Done)
    }

    /// What a command is told of the run.
    fn variables(&self, made: &[(RunKind, Vec<String>)]) -> Vec<(&'static str, String)> {
        let outcome = Outcome::of(&self.reports);
        let kinds: Vec<&str> = made.iter().map(|(kind, _)| kind.word(Language::English)).collect();
        let files: Vec<&str> = made.iter().flat_map(|(_, files)| files.iter().map(String::as_str)).collect();
        let errors: Vec<String> =
            self.reports.iter().filter_map(|report| report.error.as_ref()).map(ToString::to_string).collect();
        vec![
            ("PGB_PLAN", self.plan.name.clone()),
            ("PGB_DATABASE", self.plan.database.clone()),
            ("PGB_OUTCOME", outcome.word().to_owned()),
            ("PGB_EXIT_CODE", outcome.exit_code().to_string()),
            ("PGB_TYPES", kinds.join(" ")),
            ("PGB_FILES", files.join("\n")),
            ("PGB_ERRORS", errors.join("\n")),
        ]
    }
}

/// A run as an event: how bad it was, and what its steps came to.
fn event(plan: &str, database: &str, reports: &[StepReport]) -> (Severity, String) {
    let outcome = Outcome::of(reports);
    let severity = match outcome {
        Outcome::Failed => Severity::Error,
        Outcome::Warnings => Severity::Warning,
        Outcome::NothingDue | Outcome::Due | Outcome::Done => Severity::Information,
    };
    let told = reports.iter().map(|report| match &report.error {
        Some(error) => format!("{}: {} {error}", report.step, report.message),
        None => format!("{}: {}", report.step, report.message),
    });
    let told = told.collect::<Vec<_>>().join("; ");
    (severity, format!("Plan {plan} of {database}: {}. {told}", outcome.word()))
}

/// What to back up for a due run, and where to. In an archive plan a full opens a new file, and what
/// follows is appended to it.
fn backup_command(plan: &Plan, kind: RunKind) -> BackupCommand {
    let (folder, template) = (plan.destination.clone(), plan.file_name.clone());
    let kind = match kind {
        RunKind::Full => BackupType::Full,
        RunKind::Differential => BackupType::Differential,
        RunKind::Log => BackupType::Log,
    };
    let place = if plan.archive && kind != BackupType::Log {
        Place::Archive { folder, template, rollover: Some(Rollover::default()) }
    } else {
        Place::Folder { folder, template }
    };
    BackupCommand {
        database: plan.database.clone(),
        kind,
        place,
        on_foreign_base: OnForeignBase::Full,
        stripes: 1,
        mirror: None,
        how: BackupOptions { checksum: true, ..BackupOptions::default() },
        compression: plan.compression,
        name: None,
        verify: false,
        remove: None,
        clients: ConnectedClients::Report,
        dry_run: false,
    }
}

fn made_text(result: &BackupResult) -> String {
    let promoted = result.promotion.as_ref().map(|why| format!("; full because {}", why.reason())).unwrap_or_default();
    format!("{}, position {}{promoted}", result.files.join(", "), result.position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_an_event_as_bad_as_its_worst_step() {
        let step = |step, outcome, error| StepReport { step, outcome, message: "m".to_owned(), error };
        let done = step("backup", StepOutcome::Done, None);
        let told = |more: Vec<StepReport>| event("Night", "Crm", &[vec![done.clone()], more].concat());
        assert_eq!(told(vec![]), (Severity::Information, "Plan Night of Crm: done. backup: m".to_owned()));
        let away = || Some(Box::new(Error::new(Code::FileNotFound, "the disk is away")));
        let (severity, text) = told(vec![step("copy", StepOutcome::Warning, away())]);
        assert_eq!(severity, Severity::Warning);
        assert!(text.starts_with("Plan Night of Crm: warnings. backup: m; copy: m the disk is away"), "{text}");
        let both = vec![step("copy", StepOutcome::Warning, away()), step("verify", StepOutcome::Failed, away())];
        assert_eq!(told(both).0, Severity::Error);
    }
}
