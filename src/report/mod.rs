//! The page that an admin shows to the manager: what can be restored, what is missing, how the
//! backups grow, what runs next. Facts go in, one HTML page comes out; nothing is read and no clock
//! asked.
//!
//! The page holds everything itself: no script, no font, no picture, no address. It refuses the
//! network by its own policy, so that a hostile name in a backup could not use it either.

mod chart;
mod facts;
mod page;
mod section;
mod when;
mod words;

pub use facts::{Backup, Evidence, Finding, Gap, PlanFacts, Report, RunFacts, Span, State};
pub use page::html;

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

    use super::*;
    use crate::policy::calendar::Language;
    use crate::policy::schedule::{Due, Line, Pattern, PlanSchedule, RunKind, Schedule, Upcoming};
    use crate::policy::zone::Zone;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a moment")
    }

    fn facts(name: &str) -> PlanFacts {
        let daily = Pattern::Daily { times: vec![NaiveTime::MIN] };
        let schedule = Schedule::new(daily, Zone::utc()).expect("a schedule");
        PlanFacts {
            name: name.to_owned(),
            server: name.to_owned(),
            database: name.to_owned(),
            destination: name.to_owned(),
            schedule: PlanSchedule::Lines(vec![Line { kind: RunKind::Full, schedule }]),
            zone: Zone::utc(),
            evidence: Evidence::Folder,
            backups: vec![Backup { kind: RunKind::Full, finished: now(), size: 1 << 30 }],
            spans: vec![Span { from: now(), to: now() }],
            gaps: Vec::new(),
            findings: Vec::new(),
            due: Due::default(),
            next: vec![Upcoming { at: now() + TimeDelta::days(1), kind: RunKind::Full }],
            runs: Vec::new(),
        }
    }

    fn pages(plans: Vec<Result<PlanFacts, (String, String)>>) -> [String; 2] {
        let report = Report { made: now(), machine: "HOST".to_owned(), plans };
        [Language::English, Language::Persian].map(|language| html(&report, language))
    }

    #[test]
    fn names_from_outside_stay_text() {
        let evil = "\"><script>alert(1)</script><img src=x onerror=y>\u{202E}txt.&amp;'\u{0}";
        let mut plan = facts(evil);
        let text = || evil.to_owned();
        plan.findings.push(Finding { code: "damaged", serious: true, message: text(), next_step: text() });
        plan.gaps.push(Gap { from: now() - TimeDelta::days(2), to: now(), code: "x", cause: text(), natural: false });
        plan.evidence = Evidence::Nothing(text());
        let run = RunFacts { finished: now(), outcome: text(), made: Vec::new(), trouble: vec![text()] };
        plan.runs.push(run);
        for page in pages(vec![Ok(plan), Err((text(), text()))]) {
            assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
            assert!(!page.contains('\u{202E}') && !page.contains('\u{0}'));
            assert!(page.contains("&lt;script&gt;"), "the name is told as it is");
        }
    }

    #[test]
    fn nothing_and_very_much_make_a_page_too() {
        let [english, persian] = pages(Vec::new());
        assert!(english.contains("There is no plan.") && persian.contains("dir=\"rtl\""));
        let mut empty = facts("A");
        (empty.backups, empty.spans, empty.next) = (Vec::new(), Vec::new(), Vec::new());
        assert_eq!(empty.state(), State::Danger);
        assert!(pages(vec![Ok(empty)])[0].contains("Nothing can be restored"));
        let mut large = facts("A");
        let at = |hours: i64| now() - TimeDelta::hours(hours);
        large.backups =
            (0..100_000).rev().map(|hours| Backup { kind: RunKind::Log, finished: at(hours), size: 1 }).collect();
        large.spans = (0..100_000).rev().map(|hours| Span { from: at(hours), to: at(hours) }).collect();
        for page in pages(vec![Ok(large)]) {
            assert!(page.len() < 1_000_000, "what cannot be told apart is drawn once: {}", page.len());
        }
        let mut ends = facts("A");
        let far = |seconds| DateTime::from_timestamp(seconds, 0).expect("a moment");
        ends.backups
            .insert(0, Backup { kind: RunKind::Differential, finished: far(-60_000_000_000), size: u64::MAX / 4 });
        ends.spans = vec![Span { from: far(-60_000_000_000), to: far(200_000_000_000) }];
        pages(vec![Ok(ends)]);
    }

    #[test]
    fn the_state_is_that_of_the_worst() {
        assert_eq!(facts("A").state(), State::Good);
        let mut holed = facts("A");
        let gap = Gap { from: now() - TimeDelta::days(2), to: now(), code: "x", cause: String::new(), natural: true };
        holed.gaps.push(gap);
        assert_eq!(holed.state(), State::Good, "a gap that the plan wants so is none");
        holed.gaps[0].natural = false;
        assert_eq!(holed.state(), State::Attention);
        let plans = vec![Ok(facts("A")), Ok(holed), Err(("B".to_owned(), "bad".to_owned()))];
        assert_eq!(Report { made: now(), machine: String::new(), plans }.state(), State::Danger);
    }
}
