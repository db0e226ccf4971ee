//! The two charts, as SVG: what can be restored, and how large the backups are. Time goes from left
//! to right in both languages, as in any chart.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use maud::{Markup, html};

use super::facts::PlanFacts;
use super::section::{class, kind, swatch};
use super::when::Clock;
use super::words;
use crate::policy::schedule::RunKind;

const KINDS: [RunKind; 3] = [RunKind::Full, RunKind::Differential, RunKind::Log];

/// Width and edges of both charts: time stands in the same place in each.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 12.0;

/// Minutes between two marks of the time axis.
const STEPS: [i64; 16] =
    [5, 15, 30, 60, 180, 360, 720, 1_440, 2_880, 10_080, 20_160, 43_200, 87_840, 175_680, 525_600, 5_256_000];

/// The time axis.
struct Axis {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Axis {
    fn of(plan: &PlanFacts, now: DateTime<Utc>) -> Axis {
        let backups = plan.backups.iter().map(|backup| backup.finished);
        let spans = plan.spans.iter().flat_map(|span| [span.from, span.to]);
        let all: Vec<DateTime<Utc>> = backups.chain(spans).chain([now]).collect();
        let from = all.iter().min().copied().unwrap_or(now);
        let to = all.iter().max().copied().unwrap_or(now);
        // An hour at least, and a little room at both ends.
        let room = ((to - from) / 60).max(TimeDelta::minutes(1));
        let from = from.min(to - TimeDelta::hours(1));
        Axis { from: from.checked_sub_signed(room).unwrap_or(from), to: to.checked_add_signed(room).unwrap_or(to) }
    }

    fn x(&self, at: DateTime<Utc>) -> f64 {
        let whole = (self.to - self.from).num_seconds().max(1) as f64;
        LEFT + (WIDTH - LEFT - RIGHT) * (at - self.from).num_seconds() as f64 / whole
    }

    /// The first of the steps that gives no more than so many parts, in minutes.
    fn step(&self, parts: i64) -> i64 {
        let minutes = (self.to - self.from).num_minutes();
        STEPS.into_iter().find(|step| minutes / step <= parts).unwrap_or(STEPS[STEPS.len() - 1])
    }

    /// Beginnings of steps, by the clock of the zone.
    fn marks(&self, step: i64, clock: Clock) -> Vec<DateTime<Utc>> {
        let local = self.from.with_timezone(&clock.zone).naive_local();
        let minutes = i64::from(local.hour() * 60 + local.minute());
        // Days begin at midnight, hours at full hours.
        let back = if step >= 1_440 { minutes } else { minutes % step };
        let first = self.from - TimeDelta::minutes(back) - TimeDelta::seconds(i64::from(local.second()));
        let marks = (0..200).map_while(|at| first.checked_add_signed(TimeDelta::minutes(at * step)));
        marks.skip_while(|at| *at < self.from).take_while(|at| *at < self.to).collect()
    }

    fn draw(&self, top: f64, bottom: f64, clock: Clock) -> Markup {
        let step = self.step(8);
        let label = |at: DateTime<Utc>| {
            let local = at.with_timezone(&clock.zone).naive_local();
            if step < 1_440 && (local.hour(), local.minute()) != (0, 0) {
                clock.digits(&format!("{:02}:{:02}", local.hour(), local.minute()))
            } else {
                clock.date(at, step >= 87_840)
            }
        };
        html! {
            @for at in self.marks(step, clock) {
                line.grid x1=(px(self.x(at))) x2=(px(self.x(at))) y1=(px(top)) y2=(px(bottom)) {}
                text.tick x=(px(self.x(at))) y=(px(bottom + 16.0)) text-anchor="middle" { (label(at)) }
            }
        }
    }
}

/// A length in the drawing, with one digit behind the point.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// What can be restored, and the backups that make it so.
pub(super) fn moments(plan: &PlanFacts, now: DateTime<Utc>, clock: Clock) -> Markup {
    let language = clock.language;
    let axis = Axis::of(plan, now);
    let lanes: Vec<RunKind> =
        KINDS.into_iter().filter(|kind| plan.backups.iter().any(|backup| backup.kind == *kind)).collect();
    let bottom = 50.0 + 22.0 * lanes.len() as f64;
    let bar = |from, to| {
        let (from, to) = (axis.x(from), axis.x(to));
        // A moment is seen too.
        if to - from < 2.0 { ((from + to) / 2.0 - 1.0, 2.0) } else { (from, to - from) }
    };
    let single = plan.spans.iter().any(|span| span.from == span.to);
    let ranges = plan.spans.iter().any(|span| span.from != span.to);
    html! {
        svg.chart viewBox={ "0 0 960 " (px(bottom + 24.0)) } role="img" aria-label=(words::MOMENTS.of(language)) {
            (axis.draw(10.0, bottom, clock))
            rect.track x=(px(LEFT)) y="12" width=(px(WIDTH - LEFT - RIGHT)) height="26" rx="5" {}
            @for gap in plan.holes() {
                @let (x, width) = bar(gap.from, gap.to);
                rect.hole x=(px(x)) y="12" width=(px(width)) height="26" {
                    title { (words::MISSING.of(language)) ": " (clock.short(gap.from)) " – " (clock.short(gap.to)) }
                }
            }
            @for (x, width, title) in thinned(plan.spans.iter().map(|span| {
                let (x, width) = bar(span.from, span.to);
                (x, width, format!("{} – {}", clock.short(span.from), clock.short(span.to)))
            })) {
                rect.span x=(px(x)) y="12" width=(px(width)) height="26" rx="1" { title { (title) } }
            }
            @for (at, lane) in lanes.iter().enumerate() {
                @let y = 60.0 + 22.0 * at as f64;
                text.lane x=(px(LEFT - 10.0)) y=(px(y + 4.0)) text-anchor="end" { (kind(*lane, language)) }
                @for (x, title) in places(plan, *lane, &axis, clock) {
                    circle class={ "mark " (class(*lane)) } cx=(px(x)) cy=(px(y)) r="4" { title { (title) } }
                }
            }
            line.now x1=(px(axis.x(now))) x2=(px(axis.x(now))) y1="6" y2=(px(bottom)) {}
        }
        p.legend {
            @if ranges { span { i.swatch.every {} (words::RESTORABLE.of(language)) } }
            @if single { span { i.swatch.one {} (words::SINGLE.of(language)) } }
            @if !plan.holes().is_empty() { span { i.swatch.hole {} (words::MISSING.of(language)) } }
        }
    }
}

/// Bars without those that would lie on the one before: thousands of moments are one picture.
fn thinned(bars: impl Iterator<Item = (f64, f64, String)>) -> Vec<(f64, f64, String)> {
    let mut kept: Vec<(f64, f64, String)> = Vec::new();
    for (x, width, title) in bars {
        match kept.last_mut() {
            Some((before, length, _)) if x <= *before + *length - 0.5 => *length = length.max(x + width - *before),
            _ => kept.push((x, width, title)),
        }
    }
    kept
}

/// Where the backups of a kind are drawn: one a place.
fn places(plan: &PlanFacts, of: RunKind, axis: &Axis, clock: Clock) -> Vec<(f64, String)> {
    let mut taken = BTreeSet::new();
    let backups = plan.backups.iter().filter(|backup| backup.kind == of);
    let placed = backups.filter_map(|backup| {
        let x = axis.x(backup.finished);
        taken.insert((x * 2.0) as i64).then(|| {
            let title = format!("{} · {}", clock.short(backup.finished), words::size(backup.size, clock.language));
            (x, title)
        })
    });
    placed.collect()
}

/// Bytes of the backups over time, stacked by kind.
pub(super) fn sizes(plan: &PlanFacts, now: DateTime<Utc>, clock: Clock) -> Markup {
    let language = clock.language;
    let axis = Axis::of(plan, now);
    let step = axis.step(45);
    let (top, bottom) = (10.0, 150.0);
    let first = axis.marks(step, clock).first().map_or(axis.from, |mark| *mark - TimeDelta::minutes(step));
    let bucket = |at: DateTime<Utc>| ((at - first).num_minutes() / step).max(0);
    let mut bars: BTreeMap<i64, [u64; 3]> = BTreeMap::new();
    for backup in &plan.backups {
        let lane = KINDS.iter().position(|kind| *kind == backup.kind).unwrap_or(0);
        let size = &mut bars.entry(bucket(backup.finished)).or_default()[lane];
        *size = size.saturating_add(backup.size);
    }
    let total = |sizes: &[u64]| sizes.iter().copied().fold(0, u64::saturating_add);
    let most = bars.values().map(|bar| total(bar)).max().unwrap_or(0);
    let limit = nice(most);
    let height = |bytes: u64| (bottom - top) * bytes as f64 / limit as f64;
    let slot = (WIDTH - LEFT - RIGHT) * step as f64 / (axis.to - axis.from).num_minutes().max(1) as f64;
    let width = (slot * 0.72).clamp(1.5, 28.0);
    let kinds: Vec<RunKind> =
        KINDS.into_iter().filter(|kind| plan.backups.iter().any(|backup| backup.kind == *kind)).collect();
    html! {
        svg.chart viewBox="0 0 960 176" role="img" aria-label=(words::SIZES.of(language)) {
            @for part in 0..=2_u64 {
                @let bytes = limit / 2 * part;
                @let y = bottom - height(bytes);
                line.grid x1=(px(LEFT)) x2=(px(WIDTH - RIGHT)) y1=(px(y)) y2=(px(y)) {}
                text.tick x=(px(LEFT - 10.0)) y=(px(y + 4.0)) text-anchor="end" { (words::size(bytes, language)) }
            }
            (axis.draw(bottom, bottom, clock))
            @for (at, bar) in &bars {
                @let middle = axis.x(first + TimeDelta::minutes(at * step)) + slot / 2.0;
                @let size = words::size(total(bar), language);
                @let title = format!("{} · {size}", clock.date(first + TimeDelta::minutes(at * step), true));
                @for (lane, of) in KINDS.into_iter().enumerate().filter(|(lane, _)| bar[*lane] > 0) {
                    @let below = total(&bar[..lane]);
                    rect class={ "bar " (class(of)) } x=(px((middle - width / 2.0).max(LEFT)))
                        y=(px(bottom - height(below) - height(bar[lane]).max(1.0)))
                        width=(px(width)) height=(px(height(bar[lane]).max(1.0))) { title { (title) } }
                }
            }
        }
        p.legend { @for of in kinds { span { (swatch(of)) (kind(of, language)) } } }
    }
}

/// A round number of bytes that is no less, and even.
fn nice(bytes: u64) -> u64 {
    let mut unit = 1024_u64;
    while bytes / unit >= 1024 {
        unit = unit.saturating_mul(1024);
    }
    let rounds = [1, 2, 4, 10, 20, 40, 100, 200, 400, 1_000, 2_000].map(|round: u64| round.saturating_mul(unit));
    rounds.into_iter().find(|round| *round >= bytes).unwrap_or(bytes.saturating_add(1)).max(2)
}
