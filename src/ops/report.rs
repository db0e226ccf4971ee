//! Gathers what a report tells: the backups of each plan, what of them can be restored, what is wrong
//! with them, what is due and what the last runs did. Nothing is changed.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};

use super::plan_run::{self, evidence, load, plan_due, plan_upcoming};
use super::{Context, Reply, check, folder, schedule_zone};
use crate::error::Result;
use crate::job::{Level, Phase};
use crate::plan::{self, Folders, Plan};
use crate::policy::calendar::Language;
use crate::policy::chain::{
    Catalog, ChainSet, GapCause, KnownSet, Role, ServerMoment, Soundness, Timeline, Wish, ailments, recovery_timeline,
};
use crate::policy::schedule::{PlanSchedule, RunKind};
use crate::policy::zone::Zone;
use crate::report::{self, Backup, Evidence, Finding, Gap, PlanFacts, Report, Span, State};
use crate::sql::Options;
use crate::wire;

/// The next and the last runs of a plan that are told.
const RUNS: usize = 8;

/// Lines of a plan's history that are told from.
const LINES: usize = 2_000;

/// Quarters of an hour that stand for "not known" in a set.
const NO_ZONE: i16 = 127;

/// The wish for a report.
#[derive(Clone, Debug)]
pub struct ReportCommand {
    /// Where the plans lie.
    pub folders: Folders,
    /// Their names; all without any.
    pub plans: Vec<String>,
    /// The language of the page.
    pub language: Language,
    /// The moment of the report; `None`: the clock's.
    pub now: Option<DateTime<Utc>>,
}

/// A report.
#[derive(Clone, Debug)]
pub struct ReportResult {
    /// The page.
    pub html: String,
    /// How it stands as a whole.
    pub state: State,
    /// How each plan stands.
    pub plans: Vec<(String, State)>,
}

pub(super) async fn run(server: Option<Options>, command: ReportCommand, context: &Context) -> Result<Reply> {
    let names = if command.plans.is_empty() { plan::list(&command.folders)? } else { command.plans };
    let now = command.now.unwrap_or_else(Utc::now);
    // A server was given for one plan; which of several it is of nobody said.
    let server = server.filter(|_| names.len() == 1);
    let mut plans = Vec::new();
    for name in names {
        context.check()?;
        plans.push(match load(&command.folders, &name) {
            Ok(file) => Ok(of_plan(file.plan, &command.folders, server.clone(), now, context).await?),
            Err(error) => Err((name, error.to_string())),
        });
    }
    let report = Report { made: now, machine: check::machine(), plans };
    let states = report.plans.iter().map(|plan| match plan {
        Ok(plan) => (plan.name.clone(), plan.state()),
        Err((name, _)) => (name.clone(), State::Danger),
    });
    let plans = states.collect();
    let html = report::html(&report, command.language);
    Ok(Reply::Report(Box::new(ReportResult { html, state: report.state(), plans })))
}

/// What was found of a plan's backups, and by whom.
struct Looked {
    evidence: Evidence,
    sets: Vec<ChainSet>,
    unread: Vec<String>,
    seen: Vec<evidence::Seen>,
}

async fn of_plan(
    plan: Plan,
    folders: &Folders,
    server: Option<Options>,
    now: DateTime<Utc>,
    context: &Context,
) -> Result<PlanFacts> {
    // Megabytes of text: not kept while the backups are looked through.
    let (runs, failures, verified) = {
        let lines = plan::read_history(&folders.state, &plan.name)?;
        (wire::runs(&lines[lines.len().saturating_sub(LINES)..]), wire::failures(&lines), wire::verified(&lines))
    };
    let mut looked = look(&plan, server, context).await?;
    // The server read those verified again after the plan had made them.
    for fact in looked.sets.iter_mut().filter(|fact| fact.soundness == Soundness::Unchecked) {
        if fact.set.backup_set_guid.is_some_and(|guid| verified.contains(&guid)) {
            fact.soundness = Soundness::Verified;
        }
    }
    let done = evidence::done(&looked.seen);
    let due = match looked.evidence {
        Evidence::Nothing(_) => Default::default(),
        _ => plan_due(&plan, &done, &failures, now),
    };
    let zone = schedule_zone(&plan.schedule);
    let catalog = Catalog::new(&looked.sets);
    let ours = |name: &str| name.to_lowercase() == plan.database.to_lowercase();
    let timeline = timeline(&catalog, &plan.database);
    let mut findings: Vec<Finding> = ailments(&catalog, |header| ours(&header.database_name))
        .iter()
        .map(|ailment| Finding {
            code: ailment.code(),
            serious: ailment.is_serious(),
            message: ailment.message(&catalog),
            next_step: ailment.next_step().to_owned(),
        })
        .collect();
    findings.extend(looked.unread.iter().map(|what| Finding {
        code: "unread",
        serious: false,
        message: what.clone(),
        next_step: "make it readable for this account".to_owned(),
    }));
    findings.sort_by_key(|finding| !finding.serious);
    let mut backups: Vec<Backup> = catalog
        .sets()
        .iter()
        .filter(|set| ours(&set.header.database_name))
        .filter_map(|set| backup(set, zone))
        .collect();
    backups.sort_by_key(|backup| backup.finished);
    let (spans, gaps) = timeline.map(|timeline| moments(&timeline, &plan.schedule, zone)).unwrap_or_default();
    Ok(PlanFacts {
        next: plan_upcoming(&plan, &done, now, RUNS),
        server: plan.address.to_string(),
        name: plan.name,
        database: plan.database,
        destination: plan.destination,
        schedule: plan.schedule,
        zone,
        evidence: looked.evidence,
        backups,
        spans,
        gaps,
        findings,
        due,
        runs: runs.into_iter().rev().take(RUNS).collect(),
    })
}

/// Looks for the backups of a plan: in its folder, else by the server.
async fn look(plan: &Plan, server: Option<Options>, context: &Context) -> Result<Looked> {
    let of = plan.clone();
    if let Some(seen) = tokio::task::spawn_blocking(move || evidence::local(&of)).await.ok().flatten() {
        let found = folder::read(std::slice::from_ref(&plan.destination), false, context).await?;
        return Ok(Looked { evidence: Evidence::Folder, sets: found.sets, unread: found.unread, seen });
    }
    match by_server(plan, server, context).await {
        Ok(looked) => Ok(looked),
        Err(error) if error.code == crate::error::Code::Cancelled => Err(error),
        Err(error) => {
            context.say(Level::Warning, format!("the backups of plan `{}` could not be seen: {error}", plan.name));
            let evidence = Evidence::Nothing(error.to_string());
            Ok(Looked { evidence, sets: Vec::new(), unread: Vec::new(), seen: Vec::new() })
        }
    }
}

async fn by_server(plan: &Plan, server: Option<Options>, context: &Context) -> Result<Looked> {
    let options = plan_run::options(plan, server)?;
    let (mut session, facts) = check::connect(&options, context).await?;
    context.phase(Phase::ReadingHistory);
    let seen = evidence::of_server(plan, &mut session, &facts).await?;
    let mut states = HashMap::new();
    let mut sets = Vec::new();
    for (set, files) in evidence::history(plan, &mut session).await? {
        if !evidence::exist(&mut session, &files, &mut states).await {
            continue;
        }
        let count = u16::try_from(files.len()).unwrap_or(u16::MAX);
        sets.extend((1..).zip(files).map(|(family, file)| ChainSet {
            family,
            family_count: count,
            ..ChainSet::new(set.clone(), file)
        }));
    }
    Ok(Looked { evidence: Evidence::Server, sets, unread: Vec::new(), seen })
}

/// The moments of the database that was backed up last under this name.
fn timeline(catalog: &Catalog<'_>, database: &str) -> Option<Timeline> {
    let ours = |set: &&KnownSet<'_>| set.header.database_name.to_lowercase() == database.to_lowercase();
    let newest = catalog.sets().iter().filter(ours).max_by_key(|set| set.header.backup_finish_date)?;
    let wish = Wish {
        database: Some(database.to_owned()),
        server: newest.header.server_name.clone(),
        family: newest.header.family_guid,
        ..Wish::default()
    };
    recovery_timeline(catalog, &wish).ok()
}

fn moments(timeline: &Timeline, schedule: &PlanSchedule, zone: Zone) -> (Vec<Span>, Vec<Gap>) {
    let at = |moment: ServerMoment| match moment.utc {
        Some(utc) => utc.and_utc(),
        None => in_zone(moment.local, zone),
    };
    let has_log = match schedule {
        PlanSchedule::Lines(lines) => lines.iter().any(|line| line.kind == RunKind::Log),
        PlanSchedule::Counted { .. } => false,
    };
    let spans = timeline.ranges.iter().map(|range| Span { from: at(range.from), to: at(range.to) });
    let gaps = timeline.gaps.iter().map(|gap| Gap {
        from: at(gap.after),
        to: at(gap.before),
        code: gap_code(&gap.cause),
        cause: gap.cause.to_string(),
        natural: match gap.cause {
            GapCause::Simple | GapCause::SecondTime => true,
            // Without log backups there is a gap between each two backups, and the plan wants it so.
            GapCause::NoLogBackup => !has_log,
            _ => false,
        },
    });
    (spans.collect(), gaps.collect())
}

/// A word for why nothing can be restored between two moments.
const fn gap_code(cause: &GapCause) -> &'static str {
    match cause {
        GapCause::BeforeFirst => "before_first",
        GapCause::BeyondEnd => "beyond_end",
        GapCause::Simple => "simple",
        GapCause::NoLogBackup => "no_log_backup",
        GapCause::MissingLog { .. } => "missing_log",
        GapCause::BulkLogged { .. } => "bulk_logged",
        GapCause::SecondTime => "second_time",
        GapCause::Unusable { .. } => "unusable",
    }
}

fn backup(set: &KnownSet<'_>, zone: Zone) -> Option<Backup> {
    let kind = match set.role.as_ref().ok()? {
        Role::Full | Role::CopyOnlyFull => RunKind::Full,
        Role::Differential => RunKind::Differential,
        Role::Log => RunKind::Log,
    };
    let header = set.header;
    let local = header.backup_finish_date.or(header.backup_start_date)?;
    let finished = match header.time_zone.filter(|quarters| *quarters != NO_ZONE) {
        Some(quarters) => local.checked_sub_signed(TimeDelta::minutes(i64::from(quarters) * 15))?.and_utc(),
        None => in_zone(local, zone),
    };
    Some(Backup { kind, finished, size: header.compressed_backup_size.or(header.backup_size).unwrap_or(0) })
}

/// A time of the server's clock whose offset nobody told: by the plan's zone, which is the server's
/// as a rule.
fn in_zone(local: NaiveDateTime, zone: Zone) -> DateTime<Utc> {
    zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.to_utc())
}
