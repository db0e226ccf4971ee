//! Plans and timelines as text, the same for the same facts.

use std::fmt;

use super::facts::Role;
use super::plan::Plan;
use super::timeline::Timeline;

/// A line a step, then the notes and what other fulls would give.
impl fmt::Display for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "restore of {} to {}", self.database, self.reaches)?;
        for (number, step) in self.steps.iter().enumerate() {
            let role = match step.role {
                Role::Full => "full",
                Role::CopyOnlyFull => "copy-only full",
                Role::Differential => "differential",
                Role::Log => "log",
            };
            let files = step.source.files.join(" + ");
            write!(f, "{}. {role} {files} (position {})", number + 1, step.source.position)?;
            if let Some(stop) = step.stop_at {
                write!(f, " STOPAT {}", stop.format("%Y-%m-%dT%H:%M:%S"))?;
            }
            writeln!(f, ": {}", step.reason)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for other in &self.alternatives {
            write!(f, "instead: from {} ", other.place)?;
            match other.reaches {
                Some(moment) => writeln!(f, "to {moment} in {} steps", other.steps)?,
                None => writeln!(f, "one does not get there")?,
            }
        }
        Ok(())
    }
}

/// A line a range and a line a gap, in the order of time.
impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} can be restored to", self.database)?;
        for (at, range) in self.ranges.iter().enumerate() {
            match range.from == range.to {
                true => writeln!(f, "  {}", range.to)?,
                false => writeln!(f, "  any moment from {} to {}", range.from, range.to)?,
            }
            if let Some(gap) = self.gaps.get(at) {
                writeln!(f, "  gap: {}", gap.cause)?;
            }
        }
        Ok(())
    }
}
