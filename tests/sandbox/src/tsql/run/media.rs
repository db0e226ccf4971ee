//! BACKUP and RESTORE: from the statement to the engine's wish, rights, live messages and progress.

use std::sync::Arc;

use crate::engine::{
    BackupKind, BackupSpec, Edition, Recovery, RestoreKind as EngineRestore, RestoreSpec, ResultSet, ServerMessage,
    TailLog, Watcher,
};
use crate::failure::{Failure, Outcome};
use crate::server::{Interrupt, Seat};
use crate::session::rights;
use crate::tables;
use crate::tds::answer::Answer;
use crate::tds::token::Message;
use crate::tsql::ast::{Backup, Device, MediaOption, Operand, Restore, RestoreKind};
use crate::value::{SqlType, Value, convert, same_name};

use super::Runner;

/// Hands what a long statement says to the client, and the client's wish to stop to the statement.
struct Live<'a> {
    answer: &'a mut Answer,
    seat: Arc<Seat>,
    line: u32,
}

impl Watcher for Live<'_> {
    fn message(&mut self, message: ServerMessage) {
        self.answer.message(&Message {
            number: message.number,
            severity: message.severity,
            state: message.state,
            text: message.text,
            procedure: String::new(),
            line: self.line,
        });
    }

    fn percent(&mut self, percent: f64) {
        if let Some(request) = &mut self.seat.visible().request {
            request.percent = percent;
        }
    }

    fn cancelled(&self) -> bool {
        self.seat.interrupt() != Interrupt::None || self.answer.is_gone()
    }
}

impl Runner<'_> {
    pub(super) fn backup(&mut self, backup: &Backup) -> Outcome<()> {
        let what = if backup.log { "BACKUP LOG" } else { "BACKUP DATABASE" };
        let ended = |failure: Failure| terminated(failure, what);
        let database = self.text(&backup.database)?;
        let spec = self.backup_spec(backup, &database).map_err(ended)?;
        if self.session.transaction.1 > 0 {
            return Err(ended(in_transaction()));
        }
        // A database that is not there is said before any right: the server looks it up first.
        if self.session.server().engine.database(&database).is_ok() {
            rights::backup(self.session, &database, backup.log).map_err(ended)?;
        }
        self.command(what, Some(&database));
        let engine = self.session.server().engine.clone();
        let mut live = Live { seat: self.session.seat(), answer: self.answer, line: self.line };
        engine.backup(&spec, &mut live).inspect_err(|_| {
            let server = self.session.server();
            server.log("Error: 3041, Severity: 16, State: 1.".to_owned());
            server.log(format!(
                "BACKUP failed to complete the command {what} {database}. Check the backup application log for detailed \
                 messages."
            ));
        })?;
        Ok(())
    }

    fn backup_spec(&self, backup: &Backup, database: &str) -> Outcome<BackupSpec> {
        let kind = match (backup.log, has(&backup.options, "DIFFERENTIAL")) {
            (true, true) => return Err(conflict("LOG", "DIFFERENTIAL")),
            (true, false) => BackupKind::Log,
            (false, true) => BackupKind::Differential,
            (false, false) => BackupKind::Full,
        };
        check_conflicts(&backup.options)?;
        if backup.partial {
            return Err(Failure::new(40000, "The sandbox makes no file or filegroup backups."));
        }
        let edition = self.session.server().engine.options().edition;
        if backup.encryption.is_some() && edition == Edition::Express {
            return Err(not_supported("BACKUP DATABASE WITH ENCRYPTION", edition));
        }
        let mut spec = BackupSpec::new(kind, database, "");
        spec.devices = self.devices(&backup.devices)?;
        spec.mirrors = backup.mirrors.iter().map(|mirror| self.devices(mirror)).collect::<Outcome<_>>()?;
        spec.encryption.clone_from(&backup.encryption);
        spec.user_name.clone_from(&self.session.account().name);
        spec.session = self.session.id();
        for option in &backup.options {
            match option.name.as_str() {
                "COPY_ONLY" => spec.copy_only = true,
                "INIT" => spec.init = true,
                "FORMAT" => (spec.format, spec.init) = (true, true),
                "SKIP" => spec.skip = true,
                "CHECKSUM" => spec.checksum = true,
                "COMPRESSION" => spec.compression = true,
                "NAME" => spec.name = Some(self.text_of(option)?),
                "DESCRIPTION" => spec.description = Some(self.text_of(option)?),
                "MEDIANAME" => spec.media_name = Some(self.text_of(option)?),
                "MEDIADESCRIPTION" => spec.media_description = Some(self.text_of(option)?),
                "EXPIREDATE" => spec.expires = Some(self.time_of(option)?),
                "RETAINDAYS" => {
                    let days = chrono::TimeDelta::try_days(self.number_of(option)?).unwrap_or_default();
                    spec.expires = Some(self.context().now + days);
                }
                "BLOCKSIZE" => spec.block_size = Some(u32::try_from(self.number_of(option)?).unwrap_or(0)),
                "STATS" => spec.stats = Some(self.stats(option)?),
                "NORECOVERY" => spec.tail = TailLog::NoRecovery,
                "STANDBY" => spec.tail = TailLog::Standby(self.text_of(option)?),
                // Buffers, tapes and error handling change nothing that a client could see here.
                _ => {}
            }
        }
        if spec.compression && edition == Edition::Express {
            return Err(not_supported("BACKUP DATABASE WITH COMPRESSION", edition));
        }
        Ok(spec)
    }

    pub(super) fn restore(&mut self, restore: &Restore) -> Outcome<()> {
        let ended = |failure: Failure| terminated(failure, restore.kind.name());
        if self.session.transaction.1 > 0 {
            return Err(ended(in_transaction()));
        }
        check_conflicts(&restore.options).map_err(ended)?;
        match restore.kind {
            RestoreKind::Database | RestoreKind::Log => self.restore_database(restore),
            _ => self.restore_only(restore),
        }
    }

    fn restore_database(&mut self, restore: &Restore) -> Outcome<()> {
        let what = restore.kind.name();
        let ended = |failure: Failure| terminated(failure, what);
        let database = match &restore.database {
            Some(database) => self.text(database)?,
            None => String::new(),
        };
        let spec = self.restore_spec(restore, &database).map_err(ended)?;
        rights::restore(self.session, &database).map_err(ended)?;
        if same_name(self.session.database(), &database) {
            let text = format!(
                "RESTORE cannot process database '{database}' because it is in use by this session. It is recommended \
                 that the master database be used when performing this operation."
            );
            return Err(ended(Failure::of(3102, 16, 1, text)));
        }
        self.command(what, Some(&database));
        let engine = self.session.server().engine.clone();
        let mut live = Live { seat: self.session.seat(), answer: self.answer, line: self.line };
        engine.restore(&spec, &mut live)?;
        self.session.row_count = 0;
        self.done(super::COMMAND_OTHER, None);
        Ok(())
    }

    fn restore_spec(&self, restore: &Restore, database: &str) -> Outcome<RestoreSpec> {
        if restore.partial {
            return Err(Failure::new(40000, "The sandbox restores no single files, filegroups or pages."));
        }
        let kind = if restore.kind == RestoreKind::Log { EngineRestore::Log } else { EngineRestore::Database };
        let mut spec = RestoreSpec::new(kind, database, "");
        spec.devices = self.devices(&restore.devices)?;
        spec.user_name.clone_from(&self.session.account().name);
        spec.session = self.session.id();
        for (logical, physical) in &restore.moves {
            spec.moves.push((self.text(logical)?, self.text(physical)?));
        }
        for option in &restore.options {
            match option.name.as_str() {
                "FILE" => spec.file = Some(self.file_number(option)?),
                "REPLACE" => spec.replace = true,
                "RECOVERY" => spec.recovery = Recovery::Recovery,
                "NORECOVERY" => spec.recovery = Recovery::NoRecovery,
                "STANDBY" => spec.recovery = Recovery::Standby(self.text_of(option)?),
                "STOPAT" => spec.stop_at = Some(self.time_of(option)?),
                "CHECKSUM" => spec.checksum = Some(true),
                "NO_CHECKSUM" => spec.checksum = Some(false),
                "RESTRICTED_USER" => spec.restricted_user = true,
                "STATS" => spec.stats = Some(self.stats(option)?),
                name @ ("STOPATMARK" | "STOPBEFOREMARK" | "PARTIAL" | "KEEP_CDC" | "KEEP_REPLICATION") => {
                    return Err(Failure::new(40000, format!("The sandbox restores without {name}.")));
                }
                // RESTART finds nothing to go on from, brokers and buffers nothing to change.
                _ => {}
            }
        }
        Ok(spec)
    }

    /// HEADERONLY, FILELISTONLY, LABELONLY, VERIFYONLY.
    fn restore_only(&mut self, restore: &Restore) -> Outcome<()> {
        let what = restore.kind.name();
        let ended = |failure: Failure| terminated(failure, what);
        let devices = self.devices(&restore.devices).map_err(ended)?;
        rights::create_database(self.session).map_err(ended)?;
        let mut file = None;
        let mut checksum = None;
        let mut stats = None;
        for option in &restore.options {
            match option.name.as_str() {
                "FILE" => file = Some(self.file_number(option)?),
                "CHECKSUM" => checksum = Some(true),
                "NO_CHECKSUM" => checksum = Some(false),
                "STATS" => stats = Some(self.stats(option)?),
                name @ ("RECOVERY" | "NORECOVERY" | "REPLACE" | "STOPAT" | "STANDBY" | "RESTRICTED_USER") => {
                    return Err(ended(unsupported(name)));
                }
                _ => {}
            }
        }
        self.command(what, None);
        let engine = self.session.server().engine.clone();
        let first = devices.first().cloned().unwrap_or_default();
        let set = match restore.kind {
            RestoreKind::HeaderOnly => engine.header_only(&first, file)?,
            RestoreKind::FileListOnly => engine.file_list_only(&first, file)?,
            RestoreKind::LabelOnly => engine.label_only(&first)?,
            _ => {
                let mut live = Live { seat: self.session.seat(), answer: self.answer, line: self.line };
                engine.verify_only(&devices, file, checksum, stats, &mut live)?;
                self.session.row_count = 0;
                self.done(super::COMMAND_OTHER, None);
                return Ok(());
            }
        };
        self.result_set(set, restore.kind == RestoreKind::HeaderOnly)
    }

    fn result_set(&mut self, set: ResultSet, header: bool) -> Outcome<()> {
        let mut columns: Vec<_> = set.columns.iter().map(tables::column).collect();
        let row = |row: Vec<crate::engine::Value>| row.into_iter().map(tables::value).collect();
        let mut rows: Vec<Vec<Value>> = set.rows.into_iter().map(row).collect();
        if header {
            self.newer_header(&mut columns, &mut rows);
        }
        self.result(&columns, &rows)
    }

    /// What `sys.dm_exec_requests.command` shows, and the database that the statement locks.
    fn command(&self, what: &str, database: Option<&str>) {
        if let Some(request) = &mut self.session.seat().visible().request {
            request.command = what.to_owned();
            request.percent = 0.0;
            request.database = database.map(str::to_owned);
        }
    }

    fn devices(&self, devices: &[Device]) -> Outcome<Vec<String>> {
        const MOST: usize = 64;
        if devices.len() > MOST {
            let text = format!("Too many backup devices specified for backup or restore; only {MOST} are allowed.");
            return Err(Failure::new(3205, text));
        }
        let path = |device: &Device| match device {
            Device::Disk(path) => self.text(path),
            Device::Other(kind, _) => {
                Err(Failure::new(40000, format!("The sandbox has no backup devices of kind {kind}.")))
            }
            Device::Logical(name) => {
                let name = self.text(name)?;
                Err(Failure::new(
                    3206,
                    format!(
                        "Backup device '{name}' does not exist. To view existing backup devices, use the sys.backup_devices catalog view."
                    ),
                ))
            }
        };
        devices.iter().map(path).collect()
    }

    fn value(&self, operand: &Operand) -> Outcome<Value> {
        match operand {
            Operand::Text(text) => Ok(Value::text(text.clone())),
            Operand::Number(n) => Ok(Value::Int(*n)),
            Operand::Variable(name) => Ok(self.context().variable(name)?.value),
        }
    }

    fn text(&self, operand: &Operand) -> Outcome<String> {
        match convert(&self.value(operand)?, SqlType::NVarChar(None), None)? {
            Value::Text(text) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    fn text_of(&self, option: &MediaOption) -> Outcome<String> {
        option.value.as_ref().map_or(Ok(String::new()), |value| self.text(value))
    }

    fn number_of(&self, option: &MediaOption) -> Outcome<i64> {
        let value = option.value.as_ref().map(|value| self.value(value)).transpose()?.unwrap_or(Value::Null);
        match convert(&value, SqlType::BigInt, None)? {
            Value::Int(n) => Ok(n),
            _ => Ok(0),
        }
    }

    fn time_of(&self, option: &MediaOption) -> Outcome<chrono::NaiveDateTime> {
        let text = self.text_of(option)?;
        let bad = || Failure::new(3217, format!("Invalid value specified for {} parameter.", option.name));
        match convert(&Value::text(text.clone()), SqlType::DateTime2(7), None) {
            Ok(Value::DateTime(time)) => Ok(time),
            _ => Err(bad()),
        }
    }

    fn file_number(&self, option: &MediaOption) -> Outcome<u16> {
        let number = self.number_of(option)?;
        match u16::try_from(number) {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(out_of_range("FILE", number)),
        }
    }

    fn stats(&self, option: &MediaOption) -> Outcome<u8> {
        if option.value.is_none() {
            return Ok(10);
        }
        let percent = self.number_of(option)?;
        match u8::try_from(percent) {
            Ok(percent @ 1..=100) => Ok(percent),
            _ => Err(out_of_range("STATS", percent)),
        }
    }
}

fn has(options: &[MediaOption], name: &str) -> bool {
    options.iter().any(|option| option.name == name)
}

/// Pairs that say the opposite.
fn check_conflicts(options: &[MediaOption]) -> Outcome<()> {
    const PAIRS: [(&str, &str); 11] = [
        ("INIT", "NOINIT"),
        ("SKIP", "NOSKIP"),
        ("FORMAT", "NOFORMAT"),
        ("CHECKSUM", "NO_CHECKSUM"),
        ("COMPRESSION", "NO_COMPRESSION"),
        ("STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"),
        ("RECOVERY", "NORECOVERY"),
        ("RECOVERY", "STANDBY"),
        ("NORECOVERY", "STANDBY"),
        ("FORMAT", "NOINIT"),
        ("EXPIREDATE", "RETAINDAYS"),
    ];
    match PAIRS.iter().find(|(a, b)| has(options, a) && has(options, b)) {
        Some((a, b)) => Err(conflict(a, b)),
        None => Ok(()),
    }
}

fn conflict(a: &str, b: &str) -> Failure {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let text = format!(
        "Option '{a}' conflicts with option(s) '{b}'. Remove the conflicting option and reissue the statement."
    );
    Failure::of(3031, 16, 1, text)
}

fn unsupported(option: &str) -> Failure {
    let text = format!(
        "One or more of the options ({}) are not supported for this statement. Review the documentation for supported \
         options.",
        option.to_lowercase()
    );
    Failure::of(3032, 16, 2, text)
}

fn out_of_range(parameter: &str, value: i64) -> Failure {
    Failure::of(3250, 16, 1, format!("The value '{value}' is not within range for the {parameter} parameter."))
}

fn in_transaction() -> Failure {
    Failure::of(3021, 16, 0, "Cannot perform a backup or restore operation within a transaction.")
}

fn not_supported(what: &str, edition: Edition) -> Failure {
    Failure::new(1844, format!("{what} is not supported on {}.", edition.name()))
}

/// 3013 after the cause.
fn terminated(failure: Failure, what: &str) -> Failure {
    failure.then(3013, 16, 1, format!("{what} is terminating abnormally."))
}
