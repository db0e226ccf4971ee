//! Which database a wish is about.

use super::catalog::{Catalog, folded, real};
use super::clock::{ServerClock, WantedMoment};
use super::error::PlanError;
use super::fork::Lineage;
use super::reach::Reach;
use crate::model::{BackupSet, Guid};
use crate::policy::zone::Zone;

/// What somebody wants to restore. Fields that are `None` do not choose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Name of the database, in any case.
    pub database: Option<String>,
    /// Name of the server that made the backups, in any case.
    pub server: Option<String>,
    /// `FamilyGUID`.
    pub family: Option<Guid>,
    /// `RecoveryForkID` of the future wanted; else the one that was backed up last.
    pub fork: Option<Guid>,
    /// Time zone of the server, for backups that do not tell their offset.
    pub zone: Option<Zone>,
    /// To when.
    pub target: Target,
}

/// To when.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Target {
    /// As far as the backups go.
    #[default]
    Newest,
    /// To a moment (`STOPAT`).
    Moment(WantedMoment),
    /// To the end of this set (`BackupSetGUID`).
    Set(Guid),
}

/// A family of the catalog, seen by a wish.
pub(super) struct Scope<'c, 'a> {
    pub catalog: &'c Catalog<'a>,
    pub sets: &'c [usize],
    pub clock: ServerClock,
    pub reach: Reach,
    pub lineage: Lineage,
    database: Option<String>,
    server: Option<String>,
    fork: Option<Guid>,
}

impl<'c, 'a> Scope<'c, 'a> {
    /// The scopes that a wish can mean, the best first. There are several only when one server had
    /// several databases of the name, one after the other.
    pub fn find(catalog: &'c Catalog<'a>, wish: &Wish) -> Result<Vec<Scope<'c, 'a>>, PlanError> {
        if let Target::Set(guid) = wish.target {
            let set = catalog.sets().iter().find(|set| real(set.header.backup_set_guid) == Some(guid));
            let family = set.ok_or(PlanError::NoSuchSet(guid))?.family;
            return Ok(vec![Scope::of(catalog, family, &Wish { database: None, server: None, ..wish.clone() })]);
        }
        let mut found: Vec<(usize, &BackupSet)> = Vec::new();
        for (at, family) in catalog.families().iter().enumerate() {
            let fits = family.sets.iter().map(|set| &catalog.sets()[*set]).filter(|set| {
                is_named(set.header, &wish.database, &wish.server)
                    && wish.family.is_none_or(|guid| family.guid == Some(guid))
            });
            if let Some(newest) = fits.max_by_key(|set| set.age()) {
                found.push((at, newest.header));
            }
        }
        found.sort_by_key(|(at, newest)| (std::cmp::Reverse(newest.backup_finish_date), *at));
        let Some((_, newest)) = found.first() else {
            let mut known: Vec<String> = catalog.sets().iter().map(|set| set.header.database_name.clone()).collect();
            known.sort();
            known.dedup();
            return Err(PlanError::NoBackups { database: wish.database.clone(), known });
        };
        let who = |header: &BackupSet| {
            (folded(&header.database_name), header.server_name.as_deref().map(folded).unwrap_or_default())
        };
        let one = who(newest);
        if found.iter().any(|(_, other)| who(other) != one) || self::names(catalog, found[0].0, wish) > 1 {
            let mut choices: Vec<String> = found
                .iter()
                .flat_map(|(at, _)| &catalog.families()[*at].sets)
                .map(|set| catalog.sets()[*set].header)
                .filter(|header| is_named(header, &wish.database, &wish.server))
                .map(|header| {
                    let server = header.server_name.as_deref().unwrap_or("an unnamed server");
                    format!("`{}` on {server}", header.database_name)
                })
                .collect();
            choices.sort();
            choices.dedup();
            return Err(PlanError::Ambiguous { choices });
        }
        Ok(found.into_iter().map(|(at, _)| Scope::of(catalog, at, wish)).collect())
    }

    /// A family as the wish sees it.
    pub fn of(catalog: &'c Catalog<'a>, family: usize, wish: &Wish) -> Scope<'c, 'a> {
        let sets = &catalog.families()[family].sets;
        let clock = ServerClock::new(catalog, sets, wish.zone);
        let reach = Reach::new(catalog, sets, &clock);
        let headers = sets.iter().map(|at| catalog.sets()[*at].header);
        let counts = |header: &BackupSet| is_named(header, &wish.database, &wish.server);
        let lineage = Lineage::new(headers, wish.fork, counts);
        let (database, server) = (wish.database.clone(), wish.server.clone());
        Scope { catalog, sets, clock, reach, lineage, database, server, fork: wish.fork }
    }

    /// The header of a node's set.
    pub fn header(&self, node: usize) -> &'a BackupSet {
        self.catalog.sets()[self.reach.nodes[node].set].header
    }

    /// Whether a restore may end with this node: it is of the database and the fork asked for.
    pub fn may_end(&self, node: usize) -> bool {
        is_named(self.header(node), &self.database, &self.server) && (self.fork.is_none() || self.distance(node) == 0)
    }

    /// See [`Lineage::distance`].
    pub fn distance(&self, node: usize) -> usize {
        let node = &self.reach.nodes[node];
        self.lineage.distance(node.fork, node.last)
    }

    /// The name of the database, as the newest set has it.
    pub fn database_name(&self) -> String {
        let sets = self.sets.iter().map(|at| &self.catalog.sets()[*at]);
        let named = sets.filter(|set| is_named(set.header, &self.database, &self.server));
        named.max_by_key(|set| set.age()).map(|set| set.header.database_name.clone()).unwrap_or_default()
    }
}

/// How many databases of a family a wish without a name could mean.
fn names(catalog: &Catalog<'_>, family: usize, wish: &Wish) -> usize {
    let sets = catalog.families()[family].sets.iter().map(|set| catalog.sets()[*set].header);
    let mut names: Vec<String> = sets
        .filter(|header| is_named(header, &wish.database, &wish.server))
        .map(|header| folded(&header.database_name))
        .collect();
    names.sort();
    names.dedup();
    names.len()
}

fn is_named(header: &BackupSet, database: &Option<String>, server: &Option<String>) -> bool {
    let same = |wanted: &Option<String>, name: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name) || folded(wanted) == folded(name))
    };
    same(database, &header.database_name) && same(server, header.server_name.as_deref().unwrap_or_default())
}
