//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::facts::{PlanFacts, Report, State};
use super::section;
use super::when::Clock;
use super::words::{self, Text};
use crate::policy::calendar::Language;
use crate::policy::zone::Zone;

/// Nothing may be fetched, run or sent, whatever a name in the page tries.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

const STYLE: &str = include_str!("style.css");

/// The page, in a language.
pub fn html(report: &Report, language: Language) -> String {
    let (code, direction) = match language {
        Language::English => ("en", "ltr"),
        Language::Persian => ("fa", "rtl"),
    };
    let title = match report.plans.as_slice() {
        [Ok(plan)] => format!("{}: {}", words::TITLE.of(language), clean(&plan.database)),
        _ => words::TITLE.of(language).to_owned(),
    };
    let page = html! {
        (DOCTYPE)
        html lang=(code) dir=(direction) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head(report, language))
                    @if report.plans.is_empty() { p.empty { (words::NO_PLANS.of(language)) } }
                    @if report.plans.len() > 1 { (overview(report, language)) }
                    @for plan in &report.plans {
                        @match plan {
                            Ok(plan) => (section::plan(plan, report.made, report.plans.len() == 1, language)),
                            Err((plan, why)) => (unreadable(plan, why, language)),
                        }
                    }
                    footer {
                        span { "PGBackup " (env!("CARGO_PKG_VERSION")) }
                        span { (words::MADE.of(language)) " " (report.made.format("%Y-%m-%dT%H:%M:%SZ")) }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn head(report: &Report, language: Language) -> Markup {
    let zones: Vec<Zone> = report.plans.iter().flatten().map(|plan| plan.zone).collect();
    let clock = Clock { zone: zones.first().copied().unwrap_or(Zone::utc()), language };
    let title = match report.plans.as_slice() {
        [Ok(plan)] => name(&plan.database),
        _ => html! { (words::OVERVIEW.of(language)) },
    };
    html! {
        header {
            div {
                p.kicker { (words::TITLE.of(language)) }
                h1 { (title) }
            }
            div.made {
                (pill(report.state(), language))
                p { (clock.long(report.made)) }
                p.quiet { (clock.other(report.made)) " · " (clock.zone) " · " (name(&report.machine)) }
            }
        }
    }
}

/// How something stands, as a coloured word.
pub(super) fn pill(state: State, language: Language) -> Markup {
    let text = match state {
        State::Good => words::GOOD,
        State::Attention => words::ATTENTION,
        State::Danger => words::DANGER,
    };
    html! { span class={ "pill " (state.word()) } { (text.of(language)) } }
}

/// One line a plan.
fn overview(report: &Report, language: Language) -> Markup {
    let newest = |plan: &PlanFacts| {
        let clock = Clock { zone: plan.zone, language };
        plan.spans.last().map_or_else(|| words::NONE.of(language).to_owned(), |span| clock.short(span.to))
    };
    html! {
        section.panel {
            div.scroll { table {
                thead { tr {
                    @for head in [words::PLAN, words::DATABASE, words::STATE, words::NEWEST, words::NEXT] {
                        th { (head.of(language)) }
                    }
                } }
                tbody {
                    @for plan in &report.plans {
                        @match plan {
                            Ok(plan) => tr {
                                td { (name(&plan.name)) }
                                td { (name(&plan.database)) }
                                td { (pill(plan.state(), language)) }
                                td { (newest(plan)) }
                                td { @if let Some(next) = plan.next.first() {
                                    (Clock { zone: plan.zone, language }.short(next.at))
                                } }
                            },
                            Err((plan, _)) => tr {
                                td { (name(plan)) } td {} td { (pill(State::Danger, language)) } td {} td {}
                            },
                        }
                    }
                }
            } }
        }
    }
}

fn unreadable(plan: &str, why: &str, language: Language) -> Markup {
    html! {
        section {
            div.title { h2 { (name(plan)) } (pill(State::Danger, language)) }
            ul.findings { li.serious {
                strong { (words::BAD_PLAN.of(language)) }
                p dir="auto" { (clean(why)) }
            } }
        }
    }
}

/// A name from outside, kept apart from the text around it: letters of another direction in it turn
/// nothing else round.
pub(super) fn name(text: &str) -> Markup {
    html! { bdi { (clean(text)) } }
}

/// A text from outside without signs that cannot be seen and change what is.
pub(super) fn clean(text: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    text.chars().map(|letter| if hidden(letter) { '\u{FFFD}' } else { letter }).collect()
}

/// The headline of a panel.
pub(super) fn headline(text: Text, language: Language) -> Markup {
    html! { h3 { (text.of(language)) } }
}
