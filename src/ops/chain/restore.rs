//! Which steps restore a database to a moment, and why these.

use chrono::NaiveDateTime;

use super::{ChainReply, no_plan};
use crate::error::Result;
use crate::model::{BackupType, Guid};
use crate::ops::folder::Found;
use crate::ops::{Context, Row};
use crate::policy::chain::{Catalog, Plan, ServerMoment, Soundness, Wish, plan_restore};

/// One step of a restore.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    /// From 1.
    pub number: usize,
    /// The files, one a stripe.
    pub files: Vec<String>,
    /// `FILE = n`.
    pub position: u16,
    /// What it is.
    pub kind: BackupType,
    /// Whether it is copy-only.
    pub copy_only: bool,
    /// Which it is.
    pub backup_set_guid: Option<Guid>,
    /// Its database.
    pub database: String,
    /// When it finished, by the server's clock.
    pub finished: Option<NaiveDateTime>,
    /// Whether it is restored; the log backup of an idle database only shows up to when a state holds.
    pub applied: bool,
    /// `STOPAT`, by the server's clock.
    pub stop_at: Option<NaiveDateTime>,
    /// Bytes to read.
    pub size: u64,
    /// Whether it was read to its end and found whole.
    pub verified: bool,
    /// Why it is a step.
    pub reason: String,
}

/// A plan of a restore as a whole.
#[derive(Clone, Debug)]
pub struct RestorePlanned {
    /// The database.
    pub database: String,
    /// The state it will have.
    pub reaches: ServerMoment,
    /// The recovery fork of that state.
    pub fork: Option<Guid>,
    /// Bytes to read in all.
    pub size: u64,
    /// What is worth knowing about the choice.
    pub notes: Vec<String>,
    /// What other fulls would give.
    pub alternatives: Vec<AlternativeRestore>,
    /// What could not be read, and so was not considered.
    pub unread: Vec<String>,
    /// The plan for people, a line a step.
    pub text: String,
}

/// What a restore from another full would give.
#[derive(Clone, Debug)]
pub struct AlternativeRestore {
    /// File and position of the full.
    pub full: String,
    /// The state it would reach; `None` if it cannot come to the moment asked for.
    pub reaches: Option<ServerMoment>,
    /// How many steps.
    pub steps: usize,
    /// How many of them nobody verified.
    pub unverified: usize,
}

pub(super) async fn run(found: &Found, wish: &Wish, context: &Context) -> Result<ChainReply> {
    let catalog = Catalog::new(&found.sets);
    let plan = plan_restore(&catalog, wish).map_err(|error| no_plan(&error))?;
    let steps: Vec<PlannedStep> = plan.steps.iter().enumerate().map(|(at, step)| planned(at + 1, step)).collect();
    let planned = RestorePlanned {
        text: text(&plan, &steps),
        size: steps.iter().map(|step| step.size).sum(),
        notes: plan.notes.iter().map(ToString::to_string).collect(),
        alternatives: plan
            .alternatives
            .iter()
            .map(|other| AlternativeRestore {
                full: other.place.clone(),
                reaches: other.reaches,
                steps: other.steps,
                unverified: other.unverified,
            })
            .collect(),
        unread: found.unread.clone(),
        reaches: plan.reaches,
        fork: plan.fork,
        database: plan.database,
    };
    for step in steps {
        context.row(Row::PlannedStep(Box::new(step))).await;
    }
    Ok(ChainReply::Restore(Box::new(planned)))
}

fn planned(number: usize, step: &crate::policy::chain::Step<'_>) -> PlannedStep {
    PlannedStep {
        number,
        files: step.source.files.iter().map(|file| (*file).to_owned()).collect(),
        position: step.source.position,
        kind: step.header.backup_type,
        copy_only: step.header.is_copy_only == Some(true),
        backup_set_guid: step.header.backup_set_guid,
        database: step.header.database_name.clone(),
        finished: step.header.backup_finish_date,
        applied: step.is_applied(),
        stop_at: step.stop_at,
        size: step.header.compressed_backup_size.or(step.header.backup_size).unwrap_or(0),
        verified: step.source.soundness == Soundness::Verified,
        reason: step.reason.to_string(),
    }
}

/// The plan for people.
fn text(plan: &Plan<'_>, steps: &[PlannedStep]) -> String {
    let mut text = format!("{} to {}\n", plan.database, plan.reaches);
    for step in steps {
        let files = step.files.join(", ");
        text.push_str(&format!("{}. {files} (position {}): {}", step.number, step.position, step.reason));
        if let Some(stop) = step.stop_at {
            text.push_str(&format!(", STOPAT {}", stop.format("%Y-%m-%dT%H:%M:%S%.3f")));
        }
        text.push('\n');
    }
    for note in &plan.notes {
        text.push_str(&format!("- {note}\n"));
    }
    text
}
