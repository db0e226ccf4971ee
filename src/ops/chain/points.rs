//! Which moments can be restored, and why others cannot.

use super::{ChainReply, no_plan};
use crate::error::Result;
use crate::model::Guid;
use crate::ops::folder::Found;
use crate::ops::{Context, Row};
use crate::policy::chain::{Catalog, PlanError, ServerMoment, Timeline, Wish, recovery_timeline};

/// A stretch of time.
#[derive(Clone, Debug)]
pub struct Point {
    /// The database.
    pub database: String,
    /// Its beginning.
    pub from: ServerMoment,
    /// Its end.
    pub to: ServerMoment,
    /// What it is.
    pub kind: PointKind,
}

/// What a stretch of time is.
#[derive(Clone, Debug)]
pub enum PointKind {
    /// Every moment of it can be restored.
    Range {
        /// The recovery fork at its end.
        fork: Option<Guid>,
        /// File and position of the set that its end needs last.
        last_set: String,
    },
    /// No moment between its ends can be.
    Gap {
        /// Why.
        cause: String,
    },
}

pub(super) async fn run(found: &Found, wish: &Wish, context: &Context) -> Result<ChainReply> {
    let catalog = Catalog::new(&found.sets);
    let mut count = 0;
    for timeline in timelines(&catalog, wish)? {
        for point in points(&catalog, &timeline) {
            count += 1;
            context.row(Row::Point(Box::new(point))).await;
        }
    }
    Ok(ChainReply::RecoveryPoints { count })
}

/// The timeline of the database that is asked for; of every one, if none is.
fn timelines(catalog: &Catalog<'_>, wish: &Wish) -> Result<Vec<Timeline>> {
    let one = |wish: &Wish| recovery_timeline(catalog, wish);
    if wish.database.is_some() || wish.family.is_some() || wish.server.is_some() {
        return Ok(vec![one(wish).map_err(|error| no_plan(&error))?]);
    }
    let mut all = Vec::new();
    let mut first_error = None;
    for family in catalog.families() {
        let newest = family.sets.last().map(|set| catalog.sets()[*set].header);
        let database = newest.filter(|_| family.guid.is_none()).map(|header| header.database_name.clone());
        match one(&Wish { family: family.guid, database, ..wish.clone() }) {
            Ok(timeline) => all.push(timeline),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    if all.is_empty() {
        let error = first_error.unwrap_or(PlanError::NoBackups { database: None, known: Vec::new() });
        return Err(no_plan(&error));
    }
    Ok(all)
}

fn points(catalog: &Catalog<'_>, timeline: &Timeline) -> Vec<Point> {
    let ranges = timeline.ranges.iter().map(|range| Point {
        database: timeline.database.clone(),
        from: range.from,
        to: range.to,
        kind: PointKind::Range { fork: range.fork, last_set: catalog.place(range.last_set) },
    });
    let gaps = timeline.gaps.iter().map(|gap| Point {
        database: timeline.database.clone(),
        from: gap.after,
        to: gap.before,
        kind: PointKind::Gap { cause: gap.cause.to_string() },
    });
    // One gap between each two ranges.
    let (mut all, mut gaps) = (Vec::new(), gaps);
    for range in ranges {
        all.push(range);
        all.extend(gaps.next());
    }
    all
}
