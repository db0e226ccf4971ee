//! What is wrong with chains: sets that cannot serve, sets of which something that they build on is
//! missing, databases of which nothing can be restored or nothing was verified.

use std::collections::{BTreeMap, HashMap};

use super::catalog::{Catalog, folded};
use super::facts::{Role, Unusable};
use super::reach::Limits;
use super::scope::{Scope, Wish};
use super::unattached::why_unattached;
use crate::model::{BackupSet, Guid, Lsn};

/// One thing that is wrong. Sets are indices of [`Catalog::sets`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// The set cannot serve in a restore of the database.
    Unusable {
        /// The set.
        set: usize,
        /// Why.
        why: Unusable,
    },
    /// What the set builds on is missing.
    Orphan {
        /// The set.
        set: usize,
        /// What is missing.
        missing: String,
        /// How many log backups follow on it and miss the same.
        followers: usize,
    },
    /// Nothing of the database can be restored.
    NothingRestorable {
        /// Its newest set.
        newest: usize,
    },
    /// The newest state of the database was never verified, nor was any other.
    NeverVerified {
        /// Its newest set that can be restored.
        newest: usize,
    },
}

impl Ailment {
    /// A word for programs, which does not change.
    pub const fn code(&self) -> &'static str {
        match self {
            Ailment::Unusable { why, .. } => match why {
                Unusable::File => "file_backup",
                Unusable::Partial => "partial_backup",
                Unusable::Snapshot => "snapshot",
                Unusable::Damaged => "damaged",
                Unusable::Incomplete => "incomplete",
                Unusable::MissingStripes { .. } => "missing_stripes",
            },
            Ailment::Orphan { .. } => "orphan",
            Ailment::NothingRestorable { .. } => "nothing_restorable",
            Ailment::NeverVerified { .. } => "never_verified",
        }
    }

    /// Whether a restore is at stake; else it is only worth knowing.
    pub const fn is_serious(&self) -> bool {
        !matches!(
            self,
            Ailment::NeverVerified { .. } | Ailment::Unusable { why: Unusable::File | Unusable::Partial, .. }
        )
    }

    /// The set that it is about.
    pub const fn set(&self) -> Option<usize> {
        match self {
            Ailment::Unusable { set, .. } | Ailment::Orphan { set, .. } => Some(*set),
            Ailment::NothingRestorable { .. } | Ailment::NeverVerified { .. } => None,
        }
    }

    /// The database that it is about.
    pub fn database<'c>(&self, catalog: &'c Catalog<'_>) -> &'c str {
        let set = match self {
            Ailment::Unusable { set, .. } | Ailment::Orphan { set, .. } => *set,
            Ailment::NothingRestorable { newest } | Ailment::NeverVerified { newest } => *newest,
        };
        catalog.sets().get(set).map_or("", |set| set.header.database_name.as_str())
    }

    /// What is wrong, in one sentence.
    pub fn message(&self, catalog: &Catalog<'_>) -> String {
        let name = self.database(catalog);
        match self {
            Ailment::Unusable { set, why } => format!("`{}` cannot serve in a restore: {why}", catalog.place(*set)),
            Ailment::Orphan { set, missing, followers } => {
                let also = match followers {
                    0 => String::new(),
                    1 => "; the log backup that follows on it cannot be restored either".to_owned(),
                    more => format!("; {more} log backups that follow on it cannot be restored either"),
                };
                format!("`{}` cannot be restored: {missing}{also}", catalog.place(*set))
            }
            Ailment::NothingRestorable { .. } => format!("no backup of `{name}` that is known can be restored"),
            Ailment::NeverVerified { .. } => format!("no backup of `{name}` was ever verified, with all that it needs"),
        }
    }

    /// What to do next.
    pub const fn next_step(&self) -> &'static str {
        match self {
            Ailment::Unusable { why, .. } => match why {
                Unusable::File | Unusable::Partial => {
                    "make full backups of the database too: only those are planned with"
                }
                Unusable::Snapshot => "restore it with the tool that made it, or make a full backup of your own",
                Unusable::Damaged => "look for another copy of the file; make a new full backup now",
                Unusable::Incomplete => "make the backup again",
                Unusable::MissingStripes { .. } => "put all files of the set into the folder",
            },
            Ailment::Orphan { .. } => "put what is missing into the folder; if it is gone, make a new full backup now",
            Ailment::NothingRestorable { .. } => "make a full backup now",
            Ailment::NeverVerified { .. } => "read them to their end once, with Test-PGBackupChain -Verify",
        }
    }
}

/// What is wrong with the sets for which `asked` holds: by family, the oldest first.
pub fn ailments(catalog: &Catalog<'_>, asked: impl Fn(&BackupSet) -> bool) -> Vec<Ailment> {
    let mut found = Vec::new();
    for family in 0..catalog.families().len() {
        let scope = Scope::of(catalog, family, &Wish::default());
        let solution = scope.reach.solve(Limits::default());
        let node_of: HashMap<usize, usize> =
            scope.reach.nodes.iter().enumerate().map(|(at, node)| (node.set, at)).collect();
        // Where an orphaned log ended, by fork: the next one there misses the same.
        let mut broken: HashMap<(Option<Guid>, Lsn), usize> = HashMap::new();
        // Newest set, newest restorable one, and whether any is proven, by the database's name.
        let mut databases: BTreeMap<String, (usize, Option<usize>, bool)> = BTreeMap::new();
        for set in scope.sets.iter().copied().filter(|set| asked(catalog.sets()[*set].header)) {
            let known = &catalog.sets()[set];
            let database = databases.entry(folded(&known.header.database_name)).or_insert((set, None, false));
            database.0 = set;
            if let Err(why) = &known.role {
                found.push(Ailment::Unusable { set, why: why.clone() });
                continue;
            }
            let Some(at) = node_of.get(&set).copied() else { continue };
            let node = &scope.reach.nodes[at];
            if let Some((cost, _)) = solution.ways[at] {
                database.1 = Some(set);
                database.2 |= cost.0 == 0;
                continue;
            }
            let followed = broken.get(&(node.fork, node.first)).copied().filter(|_| node.role == Role::Log);
            let index = match followed {
                Some(first) => {
                    if let Ailment::Orphan { followers, .. } = &mut found[first] {
                        *followers += 1;
                    }
                    first
                }
                None => {
                    let missing = why_unattached(&scope, &solution, at);
                    found.push(Ailment::Orphan { set, missing, followers: 0 });
                    found.len() - 1
                }
            };
            if node.role == Role::Log {
                broken.insert((node.fork, node.last), index);
            }
        }
        for (newest, restorable, proven) in databases.into_values() {
            match restorable {
                None => found.push(Ailment::NothingRestorable { newest }),
                Some(newest) if !proven => found.push(Ailment::NeverVerified { newest }),
                Some(_) => {}
            }
        }
    }
    found
}
