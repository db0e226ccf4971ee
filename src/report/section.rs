//! What the page says of one plan.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::chart;
use super::facts::{Evidence, Gap, PlanFacts, RunFacts};
use super::page::{clean, headline, name, pill};
use super::when::Clock;
use super::words::{self, Text};
use crate::policy::calendar::Language;
use crate::policy::schedule::RunKind;

/// The most gaps that are listed.
const GAPS: usize = 8;

/// The most findings that are listed; the first of each code come first.
const FINDINGS: usize = 12;

/// `alone`: the head of the page has told how it stands.
pub(super) fn plan(plan: &PlanFacts, now: DateTime<Utc>, alone: bool, language: Language) -> Markup {
    let clock = Clock { zone: plan.zone, language };
    html! {
        section {
            div.title {
                h2 { (name(&plan.name)) }
                @if !alone { (pill(plan.state(), language)) }
            }
            (about(plan, language))
            (cards(plan, now, clock))
            (findings(plan, clock))
            @if !plan.backups.is_empty() {
                div.panel {
                    (headline(words::MOMENTS, language))
                    (chart::moments(plan, now, clock))
                }
                div.panel {
                    (headline(words::SIZES, language))
                    (chart::sizes(plan, now, clock))
                }
            }
            div.pair {
                div.panel { (headline(words::NEXT_RUNS, language)) (next(plan, now, clock)) }
                div.panel { (headline(words::LAST_RUNS, language)) (runs(plan, clock)) }
            }
            (gaps(plan, clock))
        }
    }
}

fn about(plan: &PlanFacts, language: Language) -> Markup {
    let source = match &plan.evidence {
        Evidence::Folder => words::FROM_FOLDER.of(language),
        Evidence::Server => words::FROM_SERVER.of(language),
        Evidence::Nothing(_) => words::NOT_SEEN.of(language),
    };
    let schedule = plan.schedule.describe(language);
    html! {
        dl.about {
            div { dt { (words::DATABASE.of(language)) } dd { (name(&plan.database)) } }
            div { dt { (words::SERVER.of(language)) } dd { (name(&plan.server)) } }
            div { dt { (words::FOLDER.of(language)) } dd { (name(&plan.destination)) span.quiet { " · " (source) } } }
            div { dt { (words::SCHEDULE.of(language)) } dd {
                @for line in schedule.lines() { p { (clean(line)) } }
            } }
        }
    }
}

fn cards(plan: &PlanFacts, now: DateTime<Utc>, clock: Clock) -> Markup {
    let language = clock.language;
    let none = || words::NONE.of(language).to_owned();
    let moment = |at: Option<DateTime<Utc>>| match at {
        Some(at) => (clock.short(at), clock.distance(at, now)),
        None => (none(), String::new()),
    };
    let (newest, newest_age) = moment(plan.spans.last().map(|span| span.to));
    let (oldest, oldest_age) = moment(plan.spans.first().map(|span| span.from));
    let last = plan.backups.last();
    let (last_at, last_age) = moment(last.map(|backup| backup.finished));
    let last_kind = last.map(|backup| format!("{} · {last_age}", kind(backup.kind, language))).unwrap_or_default();
    let next = plan.next.first();
    let (next_at, next_age) = moment(next.map(|next| next.at));
    let next_kind = next.map(|next| format!("{} · {next_age}", kind(next.kind, language))).unwrap_or_default();
    let count = clock.digits(&format!("{} {}", plan.backups.len(), words::BACKUPS.of(language)));
    let longest = plan.longest_gap().map_or_else(none, |gap| clock.length(gap));
    let card = |head: Text, value: &str, note: &str| {
        html! { div.card { p.quiet { (head.of(language)) } p.value { (value) } p.quiet { (note) } } }
    };
    html! {
        div.cards {
            (card(words::NEWEST, &newest, &newest_age))
            (card(words::OLDEST, &oldest, &oldest_age))
            (card(words::LONGEST, &longest, ""))
            (card(words::LAST, &last_at, &last_kind))
            (card(words::NEXT, &next_at, &next_kind))
            (card(words::STORED, &words::size(plan.bytes(), language), &count))
        }
    }
}

/// What needs somebody, with the next step.
fn findings(plan: &PlanFacts, clock: Clock) -> Markup {
    let language = clock.language;
    let mut items: Vec<(bool, String, String, String)> = Vec::new();
    if let Evidence::Nothing(why) = &plan.evidence {
        items.push((false, words::NOT_SEEN.of(language).into(), clean(why), words::NOT_SEEN_STEP.of(language).into()));
    } else if plan.spans.is_empty() && !plan.findings.iter().any(|one| one.code == "nothing_restorable") {
        let step = words::NO_BACKUP_STEP.of(language);
        items.push((true, words::NO_BACKUP.of(language).into(), String::new(), step.into()));
    }
    let waiting = plan.due.waiting.iter().map(|(run, _)| run);
    if let Some(run) = plan.due.runs.iter().chain(waiting).find(|run| run.overdue) {
        let since = format!("{} · {}", kind(run.kind, language), clock.long(run.missed.first));
        items.push((true, words::OVERDUE.of(language).into(), since, words::OVERDUE_STEP.of(language).into()));
    }
    if let Some(run) = plan.runs.first().filter(|run| run.outcome == "failed") {
        items.push((true, words::LAST_RUN_FAILED.of(language).into(), clean(&run.trouble.join("; ")), String::new()));
    }
    if let Some(gap) = plan.holes().first() {
        let length = clock.length(gap.to - gap.from);
        let text = format!("{length} · {} – {} · {}", clock.long(gap.from), clock.long(gap.to), cause(gap, language));
        let step = words::HOLE_STEP.of(language);
        items.push((false, words::finding("hole", language).into(), text, step.into()));
    }
    let more = plan.findings.len().saturating_sub(FINDINGS);
    items.extend(plan.findings.iter().take(FINDINGS).map(|one| {
        let step = words::step(one.code, &one.next_step, language);
        (one.serious, words::finding(one.code, language).into(), clean(&one.message), step.into())
    }));
    if items.is_empty() {
        return html! { p.well { (words::ALL_WELL.of(language)) } };
    }
    html! {
        div.panel {
            (headline(words::ISSUES, language))
            ul.findings {
                @for (serious, head, text, step) in &items {
                    li class=(if *serious { "serious" } else { "minor" }) {
                        strong { (head) }
                        @if !text.is_empty() { p dir="auto" { (text) } }
                        @if !step.is_empty() { p.step dir="auto" { (words::ARROW.of(language)) " " (clean(step)) } }
                    }
                }
            }
            @if more > 0 { p.quiet { (clock.digits(&format!("+ {more} {}", words::MORE.of(language)))) } }
        }
    }
}

fn next(plan: &PlanFacts, now: DateTime<Utc>, clock: Clock) -> Markup {
    let language = clock.language;
    if plan.next.is_empty() {
        return html! { p.empty { (words::NO_NEXT.of(language)) } };
    }
    html! {
        div.scroll { table {
            thead { tr {
                th { (words::WHEN.of(language)) } th { (words::OTHER_CALENDAR.of(language)) } th { (words::WHAT.of(language)) } th {}
            } }
            tbody { @for run in &plan.next { tr {
                td { (clock.short(run.at)) }
                td.quiet { (clock.other(run.at)) }
                td { (swatch(run.kind)) (kind(run.kind, language)) }
                td.quiet { (clock.distance(run.at, now)) }
            } } }
        } }
    }
}

fn runs(plan: &PlanFacts, clock: Clock) -> Markup {
    let language = clock.language;
    if plan.runs.is_empty() {
        return html! { p.empty { (words::NO_RUNS.of(language)) } };
    }
    let made = |run: &RunFacts| {
        let kinds: Vec<&str> = run.made.iter().map(|made| kind(*made, language)).collect();
        kinds.join(Text(", ", "، ").of(language))
    };
    html! {
        div.scroll { table {
            thead { tr {
                th { (words::WHEN.of(language)) } th { (words::WHAT.of(language)) } th { (words::OUTCOME.of(language)) }
            } }
            tbody { @for run in &plan.runs { tr {
                td { (clock.short(run.finished)) }
                td { (made(run)) }
                td {
                    span class={ "outcome " (clean(&run.outcome)) } { (outcome(&run.outcome, language)) }
                    @for trouble in &run.trouble { p.trouble dir="auto" { (clean(trouble)) } }
                }
            } } }
        } }
    }
}

/// Where something is missing.
fn gaps(plan: &PlanFacts, clock: Clock) -> Markup {
    let language = clock.language;
    let holes = plan.holes();
    if holes.is_empty() {
        return html! {};
    }
    html! {
        div.panel {
            (headline(words::HOLES, language))
            div.scroll { table {
                thead { tr {
                    @for head in [words::FROM, words::TO, words::LENGTH, words::CAUSE] { th { (head.of(language)) } }
                } }
                tbody { @for gap in holes.iter().take(GAPS) { tr {
                    td { (clock.short(gap.from)) }
                    td { (clock.short(gap.to)) }
                    td { (clock.length(gap.to - gap.from)) }
                    td.cause dir="auto" { (cause(gap, language)) }
                } } }
            } }
            @if holes.len() > GAPS {
                p.quiet { (clock.digits(&format!("+ {} {}", holes.len() - GAPS, words::MORE.of(language)))) }
            }
        }
    }
}

/// Why there is a gap, in the language where there are words for it.
fn cause(gap: &Gap, language: Language) -> String {
    words::cause(gap.code, language).map_or_else(|| clean(&gap.cause), str::to_owned)
}

/// A kind as a headline: `Full`.
pub(super) const fn kind(kind: RunKind, language: Language) -> &'static str {
    match kind {
        RunKind::Full => Text("Full", "کامل").of(language),
        RunKind::Differential => Text("Differential", "تفاضلی").of(language),
        RunKind::Log => Text("Log", "لاگ").of(language),
    }
}

/// The colour of a kind.
pub(super) fn swatch(kind: RunKind) -> Markup {
    html! { i class={ "swatch " (class(kind)) } {} }
}

/// The class of a kind, for its colour.
pub(super) const fn class(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Full => "full",
        RunKind::Differential => "diff",
        RunKind::Log => "log",
    }
}

fn outcome(word: &str, language: Language) -> String {
    let text = match word {
        "done" => words::DONE,
        "warnings" => words::WARNINGS,
        "failed" => words::FAILED,
        other => return clean(other),
    };
    text.of(language).to_owned()
}
