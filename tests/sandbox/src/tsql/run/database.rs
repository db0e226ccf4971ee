//! ALTER, CREATE and DROP DATABASE, KILL, DBCC.

use super::Runner;
use crate::catalog::principals;
use crate::engine::{Alteration, NewDatabase, NewFile, RecoveryModel, Refusal, UserAccess};
use crate::failure::{Failure, Outcome};
use crate::server::Interrupt;
use crate::session::rights;
use crate::tsql::ast::{Change, CreateDatabase, DatabaseFile, Dbcc, Operand, Termination};
use crate::value::same_name;

impl Runner<'_> {
    /// `ALTER USER x WITH LOGIN = y` for users that came with a backup of another server.
    pub(super) fn alter_user(&mut self, user: &str, login: &str) -> Outcome<()> {
        let database = self.session.database().to_owned();
        rights::owner(self.session, &database)?;
        let server = self.session.server().clone();
        let logins = principals::logins(&server);
        let Some((id, account)) = logins.iter().find(|(_, account)| same_name(&account.name, login)) else {
            let text =
                format!("Cannot find the login '{login}', because it does not exist or you do not have permission.");
            return Err(Failure::of(15007, 16, 1, text));
        };
        let facts = server.engine.database(&database)?;
        if server.engine.give_login(facts.id, user, principals::sid(*id, &account.name)) {
            return Ok(());
        }
        let text = format!("Cannot alter the user '{user}', because it does not exist or you do not have permission.");
        Err(Failure::of(15151, 16, 1, text))
    }

    pub(super) fn alter_database(&mut self, name: &str, change: &Change) -> Outcome<()> {
        let name = if name.is_empty() { self.session.database().to_owned() } else { name.to_owned() };
        let failed = |failure: Failure| failure.then(5069, 16, 1, "ALTER DATABASE statement failed.");
        let engine = self.session.server().engine.clone();
        if engine.database(&name).is_err() || !rights::may_alter(self.session, &name) {
            let text = format!(
                "User does not have permission to alter database '{name}', the database does not exist, or the database \
                 is not in a state that allows access checks."
            );
            return Err(failed(Failure::of(5011, 14, 5, text)));
        }
        match change {
            Change::Name(new) => {
                let alteration = Alteration::Name(new.clone());
                self.alter(&name, &alteration, Termination::Wait).map_err(failed)?;
                self.session.follow_rename(&name, new);
                self.say(5021, 10, 1, format!("The database name '{new}' has been set."));
            }
            Change::Set { options, termination } => {
                for words in options {
                    match alteration(words).map_err(failed)? {
                        Some(alteration) => self.alter(&name, &alteration, *termination).map_err(failed)?,
                        // Options that change nothing here, but are known.
                        None => continue,
                    }
                }
            }
            Change::Other(what) => {
                return Err(failed(Failure::new(40000, format!("The sandbox cannot {what} of a database."))));
            }
        }
        Ok(())
    }

    fn alter(&mut self, name: &str, alteration: &Alteration, termination: Termination) -> Outcome<()> {
        let engine = self.session.server().engine.clone();
        let rollback = termination == Termination::Rollback;
        let ended = engine.alter_database(name, alteration, rollback, self.session.id())?;
        let own = self.session.id();
        for id in ended.into_iter().filter(|id| *id != own) {
            self.say(
                5060,
                10,
                1,
                "Nonqualified transactions are being rolled back. Estimated rollback completion: 100%.".to_owned(),
            );
            if let Some(seat) = self.session.server().sessions.get(id) {
                seat.stop(Interrupt::Killed);
            }
        }
        Ok(())
    }

    pub(super) fn create_database(&mut self, create: &CreateDatabase) -> Outcome<()> {
        rights::create_database(self.session)?;
        let mut new = NewDatabase::new(&create.name);
        new.owner.clone_from(&self.session.account().name);
        const DATA: u64 = 8 << 20;
        let file = |file: &DatabaseFile| NewFile {
            logical_name: file.name.clone(),
            physical_name: file.path.clone(),
            size: file.size.unwrap_or(DATA),
            group: if file.group.is_empty() { "PRIMARY".to_owned() } else { file.group.clone() },
        };
        new.data = create.data.iter().map(file).collect();
        new.log = create.log.first().map(file);
        Ok(self.session.server().engine.create_database(&new)?)
    }

    pub(super) fn drop_databases(&mut self, names: &[String], if_exists: bool) -> Outcome<()> {
        let engine = self.session.server().engine.clone();
        for name in names {
            let known = engine.database(name).is_ok();
            if !known && if_exists {
                continue;
            }
            if !known || !rights::may_alter(self.session, name) {
                let text = format!(
                    "Cannot drop the database '{name}', because it does not exist or you do not have permission."
                );
                return Err(Failure::of(3701, 11, 1, text));
            }
            if same_name(name, self.session.database()) {
                return Err(Failure::of(
                    3702,
                    16,
                    3,
                    format!("Cannot drop database \"{name}\" because it is currently in use."),
                ));
            }
            engine.drop_database(name, self.session.id())?;
        }
        Ok(())
    }

    pub(super) fn kill(&mut self, id: i32) -> Outcome<()> {
        rights::kill(self.session)?;
        if id == self.session.id() {
            return Err(Failure::new(6104, "Cannot use KILL to kill your own process."));
        }
        if (1..=50).contains(&id) {
            return Err(Failure::new(6107, "Only user processes can be killed."));
        }
        match self.session.server().sessions.get(id) {
            Some(seat) => {
                seat.stop(Interrupt::Killed);
                Ok(())
            }
            None => Err(Failure::new(6106, format!("Process ID {id} is not an active process ID."))),
        }
    }

    pub(super) fn dbcc(&mut self, dbcc: &Dbcc) -> Outcome<()> {
        match dbcc.command.as_str() {
            "CHECKDB" => self.check_database(dbcc),
            "TRACEON" | "TRACEOFF" | "FREEPROCCACHE" | "DROPCLEANBUFFERS" => {
                let text =
                    "DBCC execution completed. If DBCC printed error messages, contact your system administrator.";
                self.say(2528, 0, 1, text.to_owned());
                Ok(())
            }
            other => Err(Failure::new(
                2526,
                format!(
                    "Incorrect DBCC statement. Check the documentation for the correct DBCC syntax and options ('{other}')."
                ),
            )),
        }
    }

    fn check_database(&mut self, dbcc: &Dbcc) -> Outcome<()> {
        const KNOWN: [&str; 8] = [
            "NO_INFOMSGS",
            "ALL_ERRORMSGS",
            "TABLOCK",
            "PHYSICAL_ONLY",
            "DATA_PURITY",
            "ESTIMATEONLY",
            "EXTENDED_LOGICAL_CHECKS",
            "TABLERESULTS",
        ];
        if let Some(unknown) = dbcc.options.iter().find(|option| !KNOWN.contains(&option.as_str())) {
            return Err(Failure::of(155, 15, 1, format!("'{unknown}' is not a recognized DBCC option.")).ending_batch());
        }
        let database = match &dbcc.argument {
            Some(Operand::Text(name)) => name.clone(),
            Some(Operand::Number(id)) if *id != 0 => {
                let all = self.session.server().engine.databases();
                let found = all.into_iter().find(|facts| i64::from(facts.id) == *id).map(|facts| facts.name);
                found.unwrap_or_default()
            }
            Some(Operand::Variable(name)) => match self.context().variable(name)?.value {
                crate::value::Value::Text(name) => name,
                _ => String::new(),
            },
            _ => self.session.database().to_owned(),
        };
        let engine = self.session.server().engine.clone();
        let facts = engine.database(&database)?;
        self.session.may_use(&database)?;
        if !rights::is_owner(self.session, &database) {
            let text = format!(
                "User '{}' does not have permission to run DBCC checkdb for database '{}'.",
                self.session.account().name,
                facts.name
            );
            return Err(Failure::of(7983, 14, 36, text));
        }
        if let Some(request) = &mut self.session.seat().visible().request {
            request.command = "DBCC CHECKDB".to_owned();
        }
        let errors = engine.check_database(&database)?;
        let count = errors.len();
        let quiet = dbcc.options.iter().any(|option| option == "NO_INFOMSGS");
        if !quiet {
            self.say(2536, 10, 2, format!("DBCC results for '{}'.", facts.name));
        }
        for error in errors {
            let failure = Failure::from(Refusal::from(error));
            let line = self.line;
            self.report(&failure, line);
        }
        if !quiet || count > 0 {
            let text = format!(
                "CHECKDB found 0 allocation errors and {count} consistency errors in database '{}'.",
                facts.name
            );
            self.say(8989, 10, 1, text);
        }
        if !quiet {
            let text = "DBCC execution completed. If DBCC printed error messages, contact your system administrator.";
            self.say(2528, 10, 1, text.to_owned());
        }
        Ok(())
    }
}

/// What an option of ALTER DATABASE SET does to the engine; `None` for those that change nothing here.
fn alteration(words: &[String]) -> Outcome<Option<Alteration>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(Some(match words.as_slice() {
        ["RECOVERY", "FULL"] => Alteration::Recovery(RecoveryModel::Full),
        ["RECOVERY", "SIMPLE"] => Alteration::Recovery(RecoveryModel::Simple),
        ["RECOVERY", "BULK_LOGGED"] => Alteration::Recovery(RecoveryModel::BulkLogged),
        ["MULTI_USER"] => Alteration::Access(UserAccess::Multi),
        ["SINGLE_USER"] => Alteration::Access(UserAccess::Single),
        ["RESTRICTED_USER"] => Alteration::Access(UserAccess::Restricted),
        ["ONLINE"] => Alteration::Online,
        ["OFFLINE"] => Alteration::Offline,
        ["READ_ONLY"] => Alteration::ReadOnly(true),
        ["READ_WRITE"] => Alteration::ReadOnly(false),
        ["PAGE_VERIFY", "CHECKSUM"] => Alteration::PageVerify(2),
        ["PAGE_VERIFY", "TORN_PAGE_DETECTION"] => Alteration::PageVerify(1),
        ["PAGE_VERIFY", "NONE"] => Alteration::PageVerify(0),
        ["COMPATIBILITY_LEVEL", level] => {
            let level = level.parse().ok().filter(|level| (100..=160).contains(level));
            let text = "Valid values of the database compatibility level are 100, 110, 120, 130, 140, or 150.";
            Alteration::CompatibilityLevel(level.ok_or_else(|| Failure::of(15048, 16, 3, text))?)
        }
        [
            "AUTO_CLOSE"
            | "AUTO_SHRINK"
            | "AUTO_CREATE_STATISTICS"
            | "AUTO_UPDATE_STATISTICS"
            | "TRUSTWORTHY"
            | "ALLOW_SNAPSHOT_ISOLATION"
            | "READ_COMMITTED_SNAPSHOT"
            | "QUERY_STORE"
            | "DB_CHAINING",
            ..,
        ] => return Ok(None),
        other => {
            let text = format!("Incorrect syntax near '{}'.", other.first().copied().unwrap_or_default());
            return Err(Failure::of(102, 15, 6, text).ending_batch());
        }
    }))
}
