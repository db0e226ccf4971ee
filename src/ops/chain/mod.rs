//! Questions about backups that change nothing: what may be removed, which steps restore a moment,
//! which moments can be restored, what is wrong with the chains, what was moved aside.
//!
//! The backups are those of folders on this machine, or rows that the caller has from elsewhere.

mod chains;
mod points;
pub(super) mod removal;
mod restore;

pub use chains::Problem;
pub use points::{Point, PointKind};
pub use removal::{RemovalPlanned, RemovalRow};
pub use restore::{AlternativeRestore, PlannedStep, RestorePlanned};

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, Local};

use crate::error::{Code, Error, Result};
use crate::job::Level;
use crate::ops::folder::{self, Found, FoundFile};
use crate::ops::removal::{all_aside, plan_through};
use crate::ops::{Context, Reply, Row, check};
use crate::policy::chain::{ChainSet, PlanError, Wish};
use crate::policy::retention::{FileFact, PruneScope, Rules};
use crate::sql::Options;

/// A question, and what it is about.
#[derive(Clone, Debug)]
pub struct ChainCommand {
    /// The backups.
    pub subject: Subject,
    /// The question.
    pub question: Question,
}

/// The backups that a question is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Those in folders of this machine.
    Folders {
        /// Folders, with all folders below them; files and patterns too where nothing is to be removed.
        paths: Vec<String>,
        /// Read files to their end that nobody verified yet.
        verify: bool,
    },
    /// Those that the caller knows of. Nothing is read.
    Sets {
        /// The sets.
        sets: Vec<ChainSet>,
        /// The moment of the question; now, without one.
        now: Option<DateTime<FixedOffset>>,
    },
}

/// A question.
#[derive(Clone, Debug)]
pub enum Question {
    /// What may be removed?
    Removal {
        /// The rules.
        rules: Rules,
        /// Of which database.
        scope: PruneScope,
    },
    /// Which steps restore it?
    Restore(Wish),
    /// Which moments can be restored?
    RecoveryPoints(Wish),
    /// What is wrong with the chains?
    Chains(PruneScope),
    /// What was moved aside?
    Removed,
}

/// The answer, beside the rows.
#[derive(Clone, Debug)]
pub enum ChainReply {
    /// What may be removed; a row a file.
    Removal(Box<RemovalPlanned>),
    /// How it is restored; a row a step.
    Restore(Box<RestorePlanned>),
    /// Each range and gap was a row.
    RecoveryPoints {
        /// Rows.
        count: u64,
    },
    /// Each problem was a row.
    Chains {
        /// Rows.
        count: u64,
        /// Sets that were looked at.
        sets: u64,
    },
    /// Each file was a row.
    Removed {
        /// Rows.
        count: u64,
        /// Bytes of them.
        bytes: u64,
    },
}

pub(super) async fn run(server: Option<Options>, command: ChainCommand, context: &Context) -> Result<Reply> {
    if let Some(server) = server {
        return through_server(&server, command, context).await;
    }
    if let (Question::Removed, Subject::Folders { paths, .. }) = (&command.question, &command.subject) {
        let files = tokio::task::block_in_place(|| all_aside(paths, context))?;
        let (count, bytes) = (files.len() as u64, files.iter().map(|file| file.size).sum());
        for file in files {
            context.row(Row::Aside(Box::new(file))).await;
        }
        return Ok(Reply::Chain(ChainReply::Removed { count, bytes }));
    }
    let from_folders = matches!(command.subject, Subject::Folders { .. });
    let (found, now) = match command.subject {
        Subject::Folders { paths, verify } => {
            if matches!(command.question, Question::Removal { .. }) {
                only_folders(&paths)?;
            }
            (folder::read(&paths, verify, context).await?, Local::now().fixed_offset())
        }
        Subject::Sets { sets, now } => (told(sets), now.unwrap_or_else(|| Local::now().fixed_offset())),
    };
    context.check()?;
    let reply = match command.question {
        Question::Removal { rules, scope } => {
            warn_of_nobody(&found, &scope, context);
            removal::run(found, now, &rules, &scope, from_folders, context).await?
        }
        other => look(&found, other, context).await?,
    };
    Ok(Reply::Chain(reply))
}

/// Answers what needs no more than a look.
async fn look(found: &Found, question: Question, context: &Context) -> Result<ChainReply> {
    match question {
        Question::Restore(wish) => restore::run(found, &wish, context).await,
        Question::RecoveryPoints(wish) => points::run(found, &wish, context).await,
        Question::Chains(scope) => chains::run(found, &scope, context).await,
        Question::Removal { .. } | Question::Removed => {
            Err(Error::new(Code::Request, "what was removed is asked of folders: give `paths`").target("paths"))
        }
    }
}

/// The same of folders that only the server sees.
async fn through_server(server: &Options, command: ChainCommand, context: &Context) -> Result<Reply> {
    let Subject::Folders { paths, verify } = command.subject else { return Err(folder::needs_no_server()) };
    let is_removal = matches!(command.question, Question::Removal { .. });
    if matches!(command.question, Question::Removed) {
        return Err(folder::needs_no_server());
    }
    if verify && !is_removal {
        return Err(
            Error::new(Code::Request, "a server verifies for a removal only: leave `verify` out").target("verify")
        );
    }
    let (mut session, facts) = check::connect(server, context).await?;
    let found = folder::read_through(&mut session, &facts, &paths, context).await?;
    let reply = match command.question {
        Question::Removal { rules, scope } => {
            warn_of_nobody(&found, &scope, context);
            let planned = plan_through(&mut session, &facts, found, &rules, &scope, verify, context).await?;
            removal::tell(planned, context).await
        }
        other => look(&found, other, context).await?,
    };
    Ok(Reply::Chain(reply))
}

/// Refuses paths of which a removal could not see the whole, or would see far too much.
pub(super) fn only_folders(paths: &[String]) -> Result<()> {
    for path in paths {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
        let refuse = |why: &str, hint: &str| {
            Err(Error::new(Code::Request, format!("nothing is removed by `{path}`: {why}")).hint(hint).target(path))
        };
        // A share has no parent either, but is what people give to backups.
        let is_share = absolute.components().next().is_some_and(|first| {
            matches!(first, std::path::Component::Prefix(prefix)
                if matches!(prefix.kind(), std::path::Prefix::UNC(..) | std::path::Prefix::VerbatimUNC(..)))
        });
        if absolute.parent().is_none() && !is_share {
            return refuse("it is a whole drive", "name the folder of the backups");
        }
        if absolute.is_file() {
            return refuse(
                "it is a file, and what needs it can only be seen in its folder",
                "name its folder; to keep the others use rules or pins",
            );
        }
        if !absolute.is_dir() {
            return Err(Error::new(Code::FileNotFound, format!("there is no folder `{path}`"))
                .hint("check the path, and that the drive or share is connected; a pattern cannot be given here")
                .target(path));
        }
    }
    Ok(())
}

/// Sets that the caller told, as if they had been found.
fn told(sets: Vec<ChainSet>) -> Found {
    let mut files: BTreeMap<&str, FoundFile> = BTreeMap::new();
    for fact in &sets {
        let file = files.entry(&fact.file).or_insert_with(|| FoundFile {
            fact: FileFact { file: fact.file.clone(), ..FileFact::default() },
            modified_ns: 0,
            sets: Vec::new(),
            database: fact.set.database_name.clone(),
            error: None,
        });
        file.fact.size += fact.set.compressed_backup_size.or(fact.set.backup_size).unwrap_or(0);
        file.sets.push((fact.set.position, fact.set.backup_set_guid));
    }
    let files = files.into_values().collect();
    Found { sets, files, ..Found::default() }
}

/// Says so when no set is of the question: a name may be misspelled.
fn nobodys(found: &Found, scope: &PruneScope) -> Option<String> {
    if found.sets.iter().any(|fact| scope.holds(&fact.set)) {
        return None;
    }
    let error = PlanError::NoBackups {
        database: scope.database.clone(),
        known: found
            .sets
            .iter()
            .map(|fact| fact.set.database_name.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    };
    Some(error.to_string())
}

fn warn_of_nobody(found: &Found, scope: &PruneScope, context: &Context) {
    if let Some(why) = nobodys(found, scope).filter(|_| *scope != PruneScope::default()) {
        context.say(Level::Warning, why);
    }
}

/// The error of a question that has no answer.
fn no_plan(error: &PlanError) -> Error {
    let code = match error {
        PlanError::NoBackups { .. } | PlanError::NoSuchSet(_) => Code::SetNotFound,
        PlanError::Ambiguous { .. } => Code::OtherDatabase,
        PlanError::SetUnusable { .. } => Code::Unsupported,
        PlanError::RepeatedHour { .. } | PlanError::NoSuchTime { .. } | PlanError::OffsetUnknown { .. } => {
            Code::Request
        }
        PlanError::NothingRestorable { .. } | PlanError::NotReachable { .. } | PlanError::SetUnattached { .. } => {
            Code::Chain
        }
    };
    Error::new(code, error.to_string())
}
