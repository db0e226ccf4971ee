//! A state in one line, and spans of time in words.

use chrono::TimeDelta;

use super::{Remark, Severity};
use crate::model::DatabaseState;

/// The state in one line: what it is, who is at it, what is wrong or under way.
pub fn summary(state: &DatabaseState, remarks: &[Remark]) -> String {
    let clients = match state.clients.as_ref().map(Vec::len) {
        None => "clients not visible".to_owned(),
        Some(0) => "nobody connected".to_owned(),
        Some(1) => "1 session".to_owned(),
        Some(count) => format!("{count} sessions"),
    };
    let rank = |remark: &&Remark| match remark.severity {
        Severity::Error => Some(0),
        Severity::Info if remark.code.ends_with("_running") => Some(1),
        Severity::Warning => Some(2),
        // What always holds is no news.
        Severity::Info => None,
    };
    let worst = remarks.iter().filter(|remark| rank(remark).is_some()).min_by_key(rank);
    let rest = worst.map(|remark| format!("; {}", remark.message)).unwrap_or_default();
    format!("{}, {}, {clients}{rest}", state.state, state.user_access)
}

/// A span of time by its largest unit.
pub(super) fn span(span: TimeDelta) -> String {
    let units = [(span.num_days(), "day"), (span.num_hours(), "hour"), (span.num_minutes(), "minute")];
    match units.into_iter().find(|(count, _)| *count > 0) {
        Some((1, unit)) => format!("1 {unit}"),
        Some((count, unit)) => format!("{count} {unit}s"),
        None => "less than a minute".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_by_their_largest_unit() {
        assert_eq!(span(TimeDelta::seconds(59)), "less than a minute");
        assert_eq!(span(TimeDelta::seconds(60)), "1 minute");
        assert_eq!(span(TimeDelta::minutes(119)), "1 hour");
        assert_eq!(span(TimeDelta::hours(49)), "2 days");
        assert_eq!(span(TimeDelta::hours(-5)), "less than a minute");
    }
}
