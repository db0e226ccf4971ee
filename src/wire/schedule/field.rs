//! A schedule as it is written in a request or a plan file.

use std::fmt::Display;

use chrono::NaiveTime;
use serde::Deserialize;

use crate::error::{Code, Error, Result};
use crate::policy::schedule::{
    CalendarSystem, CronPattern, Every, Line, Pattern, PlanSchedule, RunKind, Schedule, Window, parse_month_day,
    parse_time, parse_weekday, parse_window, zone_named,
};

/// A right schedule, shown where one is wrong.
const EXAMPLE: &str = r#"write it like {"zone": "Asia/Tehran", "lines": [{"type": "full", "when": {"kind": "weekly", "days": ["Saturday"], "at": ["02:30"]}}]}"#;

/// The whole schedule: either `lines`, or `when` with `differentials`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::wire) struct ScheduleField {
    zone: String,
    lines: Option<Vec<LineField>>,
    when: Option<WhenField>,
    differentials: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineField {
    #[serde(rename = "type")]
    kind: KindField,
    when: WhenField,
}

/// The word for what a run makes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::wire) enum KindField {
    Full,
    Differential,
    Log,
}

impl From<KindField> for RunKind {
    fn from(field: KindField) -> RunKind {
        match field {
            KindField::Full => RunKind::Full,
            KindField::Differential => RunKind::Differential,
            KindField::Log => RunKind::Log,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenField {
    kind: PatternKind,
    at: Option<Vec<String>>,
    days: Option<Vec<DayField>>,
    calendar: Option<CalendarField>,
    minutes: Option<i64>,
    window: Option<String>,
    from: Option<String>,
    cron: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PatternKind {
    None,
    Every,
    Daily,
    Weekly,
    Monthly,
    Cron,
}

impl PatternKind {
    const fn word(self) -> &'static str {
        match self {
            PatternKind::None => "none",
            PatternKind::Every => "every",
            PatternKind::Daily => "daily",
            PatternKind::Weekly => "weekly",
            PatternKind::Monthly => "monthly",
            PatternKind::Cron => "cron",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            PatternKind::None => r#"write it like {"kind": "none"}"#,
            PatternKind::Every => r#"write it like {"kind": "every", "minutes": 240, "from": "02:30"}"#,
            PatternKind::Daily => r#"write it like {"kind": "daily", "at": ["02:30", "14:30"]}"#,
            PatternKind::Weekly => r#"write it like {"kind": "weekly", "days": ["Saturday"], "at": ["02:30"]}"#,
            PatternKind::Monthly => {
                r#"write it like {"kind": "monthly", "days": [1, "Last", "First Friday"], "calendar": "persian", "at": ["23:00"]}"#
            }
            PatternKind::Cron => r#"write it like {"kind": "cron", "cron": "30 2 * * SAT"}"#,
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CalendarField {
    #[default]
    Gregorian,
    Persian,
}

/// A day of the week or of the month: `"Saturday"`, `1`, `"Last"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum DayField {
    Number(i64),
    Text(String),
}

impl DayField {
    fn text(&self) -> String {
        match self {
            DayField::Number(number) => number.to_string(),
            DayField::Text(text) => text.clone(),
        }
    }
}

/// An error about one field, with a right example.
fn wrong(field: &str, why: impl Display, example: &str) -> Error {
    Error::new(Code::Request, format!("`{field}`: {why}")).hint(example).target(field)
}

/// Reads hours such as `22:00-06:00`.
pub(in crate::wire) fn window(field: &str, text: &str) -> Result<Window> {
    parse_window(text).map_err(|error| wrong(field, error, "write it like \"22:00-06:00\""))
}

impl ScheduleField {
    /// The schedule, with every field checked. `field` is where it stands.
    pub(in crate::wire) fn read(self, field: &str) -> Result<PlanSchedule> {
        let zone_field = format!("{field}.zone");
        let zone = zone_named(&self.zone)
            .map_err(|error| wrong(&zone_field, error, "write it like \"Asia/Tehran\" or \"Iran Standard Time\""))?;
        let schedule = |when: WhenField, field: &str| {
            let kind = when.kind;
            Schedule::new(when.read(field)?, zone).map_err(|error| wrong(field, error, kind.example()))
        };
        let plan = match (self.lines, self.when, self.differentials) {
            (Some(lines), None, None) => {
                let lines = lines.into_iter().enumerate().map(|(at, line)| {
                    let field = format!("{field}.lines[{at}].when");
                    Ok(Line { kind: line.kind.into(), schedule: schedule(line.when, &field)? })
                });
                PlanSchedule::Lines(lines.collect::<Result<_>>()?)
            }
            (None, Some(when), Some(count)) => {
                let schedule = schedule(when, &format!("{field}.when"))?;
                let field = format!("{field}.differentials");
                let differentials = u32::try_from(count).map_err(|_| {
                    wrong(&field, format!("{count} is no number of differentials"), "give 1 to 1000, such as 6")
                })?;
                PlanSchedule::Counted { schedule, differentials }
            }
            _ => {
                let why = "give `lines`, or `when` together with `differentials`";
                return Err(wrong(field, why, EXAMPLE));
            }
        };
        plan.check().map_err(|error| wrong(field, error, EXAMPLE))?;
        Ok(plan)
    }
}

impl WhenField {
    fn read(self, field: &str) -> Result<Pattern> {
        let kind = self.kind;
        let of = |name: &str| format!("{field}.{name}");
        self.check_fields(&of)?;
        let missing = |name: &str| wrong(&of(name), "it is missing", kind.example());
        Ok(match kind {
            PatternKind::None => Pattern::None,
            PatternKind::Every => {
                let minutes = self.minutes.ok_or_else(|| missing("minutes"))?;
                let minutes = u32::try_from(minutes)
                    .map_err(|_| wrong(&of("minutes"), format!("{minutes} is no number of minutes"), kind.example()))?;
                let window = self.window.as_deref().map(|text| window(&of("window"), text)).transpose()?;
                let anchor = self.from.as_deref().map(|text| time(&of("from"), text, kind)).transpose()?;
                if window.is_some() && anchor.is_some() {
                    return Err(wrong(&of("from"), "with a `window` the count begins where it opens", kind.example()));
                }
                Pattern::Every(Every { minutes, window, anchor: anchor.unwrap_or(NaiveTime::MIN) })
            }
            PatternKind::Daily => Pattern::Daily { times: times(self.at, &of("at"), kind)? },
            PatternKind::Weekly => {
                let days = self.days.ok_or_else(|| missing("days"))?;
                let days = days.iter().enumerate().map(|(at, day)| {
                    parse_weekday(&day.text())
                        .map_err(|error| wrong(&format!("{field}.days[{at}]"), error, kind.example()))
                });
                Pattern::Weekly { days: days.collect::<Result<_>>()?, times: times(self.at, &of("at"), kind)? }
            }
            PatternKind::Monthly => {
                let days = self.days.ok_or_else(|| missing("days"))?;
                let days = days.iter().enumerate().map(|(at, day)| {
                    parse_month_day(&day.text())
                        .map_err(|error| wrong(&format!("{field}.days[{at}]"), error, kind.example()))
                });
                Pattern::Monthly {
                    calendar: match self.calendar.unwrap_or_default() {
                        CalendarField::Gregorian => CalendarSystem::Gregorian,
                        CalendarField::Persian => CalendarSystem::Persian,
                    },
                    days: days.collect::<Result<_>>()?,
                    times: times(self.at, &of("at"), kind)?,
                }
            }
            PatternKind::Cron => {
                let text = self.cron.ok_or_else(|| missing("cron"))?;
                Pattern::Cron(CronPattern::parse(&text).map_err(|error| wrong(&of("cron"), error, kind.example()))?)
            }
        })
    }

    /// Refuses fields that this kind of pattern would not heed: a wish that is ignored is worse than
    /// one that is refused.
    fn check_fields(&self, of: &impl Fn(&str) -> String) -> Result<()> {
        use PatternKind::{Cron, Daily, Every, Monthly, Weekly};
        let fields: [(&str, bool, &[PatternKind]); 7] = [
            ("at", self.at.is_some(), &[Daily, Weekly, Monthly]),
            ("days", self.days.is_some(), &[Weekly, Monthly]),
            ("calendar", self.calendar.is_some(), &[Monthly]),
            ("minutes", self.minutes.is_some(), &[Every]),
            ("window", self.window.is_some(), &[Every]),
            ("from", self.from.is_some(), &[Every]),
            ("cron", self.cron.is_some(), &[Cron]),
        ];
        for (name, given, kinds) in fields {
            if given && !kinds.contains(&self.kind) {
                let why = format!("the kind `{}` has no such field", self.kind.word());
                return Err(wrong(&of(name), why, self.kind.example()));
            }
        }
        Ok(())
    }
}

fn times(at: Option<Vec<String>>, field: &str, kind: PatternKind) -> Result<Vec<NaiveTime>> {
    let at = at.ok_or_else(|| wrong(field, "it is missing", kind.example()))?;
    at.iter().enumerate().map(|(index, text)| time(&format!("{field}[{index}]"), text, kind)).collect()
}

fn time(field: &str, text: &str, kind: PatternKind) -> Result<NaiveTime> {
    parse_time(text).map_err(|error| wrong(field, error, kind.example()))
}
