//! What is wrong with the backups of folders: one line each, with the next step.

use std::collections::HashSet;

use super::{ChainReply, nobodys};
use crate::error::Result;
use crate::ops::folder::{Found, FoundFile};
use crate::ops::{Context, Row};
use crate::policy::chain::{Ailment, Catalog, ailments};
use crate::policy::retention::PruneScope;

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// A word for programs.
    pub code: &'static str,
    /// Whether a restore is at stake; else it is only worth knowing.
    pub serious: bool,
    /// The database; empty if it is not known.
    pub database: String,
    /// The file, if it is about one.
    pub file: Option<String>,
    /// The position in it, if it is about one set.
    pub position: Option<u16>,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub next_step: String,
}

pub(super) async fn run(found: &Found, scope: &PruneScope, context: &Context) -> Result<ChainReply> {
    let catalog = Catalog::new(&found.sets);
    // What cannot be read may be of any database; of the files that can, only those that are asked for.
    let mut problems: Vec<Problem> = found.unread.iter().map(|what| unread(what)).collect();
    let asked: HashSet<&str> =
        found.sets.iter().filter(|fact| scope.holds(&fact.set)).map(|fact| fact.file.as_str()).collect();
    let of_all = *scope == PruneScope::default();
    let is_asked = |file: &&FoundFile| {
        let unknown = file.sets.is_empty() && file.fact.unclear.is_some();
        of_all || unknown || asked.contains(file.fact.file.as_str())
    };
    problems.extend(found.files.iter().filter(is_asked).filter_map(of_file));
    problems.extend(nobodys(found, scope).map(|message| Problem {
        code: "no_backups",
        serious: true,
        database: scope.database.clone().unwrap_or_default(),
        file: None,
        position: None,
        message,
        next_step: "check the name and the folder; make a full backup now if there is none".to_owned(),
    }));
    for ailment in ailments(&catalog, |header| scope.holds(header)) {
        problems.push(of_ailment(&catalog, &ailment));
    }
    let count = problems.len() as u64;
    for problem in problems {
        context.row(Row::Problem(Box::new(problem))).await;
    }
    Ok(ChainReply::Chains { count, sets: catalog.sets().len() as u64 })
}

fn unread(what: &str) -> Problem {
    Problem {
        code: "unreadable",
        serious: true,
        database: String::new(),
        file: what.split(": ").next().map(str::to_owned),
        position: None,
        message: what.to_owned(),
        next_step: "make it readable for this account; until then nothing is removed from these folders".to_owned(),
    }
}

/// A file that is no backup, or holds more than could be read.
fn of_file(file: &FoundFile) -> Option<Problem> {
    let name = file.fact.file.clone();
    let problem = |code, serious, message: String, next_step: &str| Problem {
        code,
        serious,
        database: file.database.clone(),
        file: Some(name.clone()),
        position: None,
        message,
        next_step: next_step.to_owned(),
    };
    match (&file.error, &file.fact.unclear) {
        (Some(error), None) => Some(problem(
            "foreign_file",
            false,
            error.message.clone(),
            error.hint.as_deref().unwrap_or("it is never removed; move it elsewhere if it does not belong here"),
        )),
        (Some(error), Some(_)) => Some(problem(
            "unreadable_backup",
            true,
            error.message.clone(),
            error.hint.as_deref().unwrap_or("look for another copy of it"),
        )),
        (None, Some(why)) => Some(problem(
            "torn_file",
            true,
            format!("`{name}` holds something after its sets that cannot be read: {why}"),
            "the sets before it can be restored; append nothing to it, begin a new file",
        )),
        (None, None) => None,
    }
}

fn of_ailment(catalog: &Catalog<'_>, ailment: &Ailment) -> Problem {
    let set = ailment.set().map(|set| &catalog.sets()[set]);
    let file = ailment.set().map(|set| catalog.place(set));
    Problem {
        code: ailment.code(),
        serious: ailment.is_serious(),
        database: ailment.database(catalog).to_owned(),
        // The place carries the position too; the file alone is its beginning.
        file: file.map(|place| place.rsplit_once(" (position").map_or(place.clone(), |(file, _)| file.to_owned())),
        position: set.map(|set| set.header.position),
        message: ailment.message(catalog),
        next_step: ailment.next_step().to_owned(),
    }
}
