//! Answers to questions about a schedule.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::ops::{ScheduleAnswer, schedule_zone};
use crate::policy::calendar::{self, Language, long_text, long_text_gregorian};
use crate::policy::schedule::{Due, DueRun, PlanSchedule, RunKind, RunReason, Upcoming, Waiting};
use crate::policy::zone::Zone;

/// The word for what a run makes.
pub(in crate::wire) const fn kind_word(kind: RunKind) -> &'static str {
    kind.word(Language::English)
}

/// The answer to a question about `schedule`.
pub fn schedule_text(schedule: &PlanSchedule, answer: &ScheduleAnswer) -> String {
    let zone = schedule_zone(schedule);
    match answer {
        ScheduleAnswer::Next(runs) => {
            let items: Vec<Value> = runs.iter().map(|run| slot_value(run, zone)).collect();
            json!({ "v": 1, "kind": "next", "zone": zone.name(), "items": items })
        }
        ScheduleAnswer::Missed { runs, more } => {
            let items: Vec<Value> = runs.iter().map(|run| slot_value(run, zone)).collect();
            json!({ "v": 1, "kind": "missed", "zone": zone.name(), "items": items, "more": more })
        }
        ScheduleAnswer::Due { due, next } => {
            let mut reply = json!({ "v": 1, "kind": "due", "zone": zone.name() });
            due_value(due, zone, &mut reply);
            reply["next"] = next.as_ref().map(|run| slot_value(run, zone)).into();
            reply
        }
        ScheduleAnswer::Words { english, persian } => {
            json!({ "v": 1, "kind": "describe", "english": english, "persian": persian })
        }
    }
    .to_string()
}

/// One run to come: its time for machines and for people.
pub(in crate::wire) fn slot_value(run: &Upcoming, zone: Zone) -> Value {
    let local = run.at.with_timezone(&zone);
    let naive = local.naive_local();
    json!({
        "type": kind_word(run.kind),
        "at": iso(run.at),
        "local": local.to_rfc3339_opts(SecondsFormat::Secs, true),
        "persian": calendar::stamp(naive),
        "text": long_text_gregorian(naive, Language::English),
        "persian_text": long_text(naive, Language::Persian),
    })
}

/// Puts what is due into a reply.
pub(in crate::wire) fn due_value(due: &Due, zone: Zone, reply: &mut Value) {
    let runs: Vec<Value> = due.runs.iter().map(|run| run_value(run, zone)).collect();
    let waiting: Vec<Value> = due
        .waiting
        .iter()
        .map(|(run, waiting)| {
            let mut value = run_value(run, zone);
            let (because, until) = match waiting {
                Waiting::BackOff(until) => ("back_off", until),
                Waiting::Window(until) => ("window", until),
            };
            value["because"] = because.into();
            value["until"] = iso(*until).into();
            value
        })
        .collect();
    let overdue = due.runs.iter().chain(due.waiting.iter().map(|(run, _)| run)).any(|run| run.overdue);
    reply["due"] = (!runs.is_empty()).into();
    reply["overdue"] = overdue.into();
    reply["runs"] = runs.into();
    reply["waiting"] = waiting.into();
}

fn run_value(run: &DueRun, zone: Zone) -> Value {
    let (code, text) = match run.reason {
        RunReason::Scheduled => ("scheduled", "the schedule says so".to_owned()),
        RunReason::CountReached(count) => {
            ("count_reached", format!("{count} differentials have been made since the last full"))
        }
        RunReason::NoFull => ("no_full", "there is no full backup to build on".to_owned()),
    };
    let mut value = slot_value(&Upcoming { at: run.slot, kind: run.kind }, zone);
    value["reason"] = json!({ "code": code, "text": text });
    value["overdue"] = run.overdue.into();
    value["missed"] = json!({ "first": iso(run.missed.first), "count": run.missed.count });
    value
}

/// A moment for machines.
pub(in crate::wire) fn iso(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}
