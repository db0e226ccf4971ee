//! Puts together what belongs together: stripes into sets, copies into one set with several
//! sources, sets into families of one database.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDateTime;

use super::facts::{ChainSet, Role, Soundness, Unusable};
use crate::model::{BackupSet, BackupType, Guid, Lsn};

/// All that is known, grouped. The order of the input does not matter.
#[derive(Clone, Debug)]
pub struct Catalog<'a> {
    facts: Vec<&'a ChainSet>,
    sets: Vec<KnownSet<'a>>,
    families: Vec<Family>,
    /// For each fact of the input, the set it belongs to.
    set_of_fact: Vec<usize>,
}

/// One backup set, wherever and in how many copies it lies.
#[derive(Clone, Debug)]
pub struct KnownSet<'a> {
    /// The header, from the soundest copy.
    pub header: &'a BackupSet,
    /// Whole copies of the set, the soundest first.
    pub sources: Vec<Source<'a>>,
    /// Every fact of the set: indices of the input.
    pub facts: Vec<usize>,
    /// What it can do, or why nothing.
    pub role: Result<Role, Unusable>,
    /// Index of its family in [`Catalog::families`].
    pub family: usize,
}

/// One whole copy of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The files, in the order of their families.
    pub files: Vec<&'a str>,
    /// `FILE = n`.
    pub position: u16,
    /// The worst of its files.
    pub soundness: Soundness,
}

/// The sets of one database, across restores and renames: those of one `FamilyGUID`.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// `FamilyGUID`; `None` where the facts do not tell it, and then the name and server stand for it.
    pub guid: Option<Guid>,
    /// Indices of [`Catalog::sets`], the oldest first.
    pub sets: Vec<usize>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum SetKey<'a> {
    Guid(Guid),
    Header(Box<HeaderKey<'a>>),
}

/// What tells sets without a GUID apart.
#[derive(Clone, PartialEq, Eq, Hash)]
struct HeaderKey<'a> {
    family: FamilyKey,
    backup_type: BackupType,
    lsns: [Lsn; 3],
    dates: [Option<NaiveDateTime>; 2],
    /// Only where there are no dates either.
    file: Option<&'a str>,
    position: u16,
}

/// The files of one media set, by family.
type Stripes<'a> = BTreeMap<u16, Vec<&'a ChainSet>>;

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum FamilyKey {
    Guid(Guid),
    Name(String, String),
}

impl<'a> Catalog<'a> {
    /// Groups the facts.
    pub fn new(facts: &'a [ChainSet]) -> Catalog<'a> {
        Catalog::of(facts.iter().collect())
    }

    /// Groups facts that lie anywhere. Their indices are those of `facts`.
    pub fn of(facts: Vec<&'a ChainSet>) -> Catalog<'a> {
        let mut number_of: HashMap<SetKey<'a>, usize> = HashMap::with_capacity(facts.len());
        let mut groups: Vec<Vec<usize>> = Vec::with_capacity(facts.len());
        for (at, fact) in facts.iter().enumerate() {
            let number = *number_of.entry(set_key(fact)).or_insert(groups.len());
            match groups.get_mut(number) {
                Some(group) => group.push(at),
                None => groups.push(vec![at]),
            }
        }
        let mut sets: Vec<KnownSet<'a>> = groups.into_iter().map(|group| known_set(&facts, group)).collect();
        sets.sort_by_cached_key(|set| order_key(set));

        let mut families: BTreeMap<FamilyKey, Family> = BTreeMap::new();
        for (at, set) in sets.iter().enumerate() {
            let family = families.entry(family_key(set.header)).or_default();
            family.guid = real(set.header.family_guid);
            family.sets.push(at);
        }
        let families: Vec<Family> = families.into_values().collect();
        let mut set_of_fact = vec![0; facts.len()];
        for (at, family) in families.iter().enumerate() {
            for set in &family.sets {
                sets[*set].family = at;
                sets[*set].facts.iter().for_each(|fact| set_of_fact[*fact] = *set);
            }
        }
        Catalog { facts, sets, families, set_of_fact }
    }

    /// The sets, by family and age.
    pub fn sets(&self) -> &[KnownSet<'a>] {
        &self.sets
    }

    /// The families.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The fact of this index of the input.
    pub(in crate::policy) fn fact(&self, fact: usize) -> &'a ChainSet {
        self.facts[fact]
    }

    /// File and position of a set, as people and `RESTORE` name it; empty for an index that is none.
    pub fn place(&self, set: usize) -> String {
        let Some(set) = self.sets.get(set) else { return String::new() };
        let whole = set.sources.first().and_then(|source| source.files.first().copied());
        let any = || set.facts.first().map(|fact| self.facts[*fact].file.as_str());
        format!("{} (position {})", whole.or_else(any).unwrap_or_default(), set.header.position)
    }

    /// The set that the fact of this index of the input belongs to.
    pub fn set_of_fact(&self, fact: usize) -> Option<usize> {
        self.set_of_fact.get(fact).copied()
    }
}

impl KnownSet<'_> {
    /// The source to restore from.
    pub fn best_source(&self) -> Option<&Source<'_>> {
        self.sources.first()
    }

    /// Whether a whole copy was read to the end and found sound.
    pub fn is_verified(&self) -> bool {
        self.role.is_ok() && self.sources.first().is_some_and(|source| source.soundness == Soundness::Verified)
    }
}

/// A GUID that is told and is not all zeros.
pub(in crate::policy) fn real(guid: Option<Guid>) -> Option<Guid> {
    guid.filter(|guid| !guid.is_nil())
}

/// Names of databases and servers as SQL Server's usual collations compare them.
pub(in crate::policy) fn folded(name: &str) -> String {
    name.to_lowercase()
}

fn family_key(header: &BackupSet) -> FamilyKey {
    match real(header.family_guid) {
        Some(guid) => FamilyKey::Guid(guid),
        None => FamilyKey::Name(
            folded(&header.database_name),
            header.server_name.as_deref().map(folded).unwrap_or_default(),
        ),
    }
}

fn set_key(fact: &ChainSet) -> SetKey<'_> {
    let header = &fact.set;
    match real(header.backup_set_guid) {
        Some(guid) => SetKey::Guid(guid),
        // Without the GUID, the same moments and LSNs of one database are one set. Without moments
        // either, only the same place is.
        None => SetKey::Header(Box::new(HeaderKey {
            family: family_key(header),
            backup_type: header.backup_type,
            lsns: [header.first_lsn, header.last_lsn, header.checkpoint_lsn],
            dates: [header.backup_start_date, header.backup_finish_date],
            file: header.backup_finish_date.is_none().then_some(fact.file.as_str()),
            position: header.position,
        })),
    }
}

/// Oldest first, and the same for any order of the input.
fn order_key(set: &KnownSet<'_>) -> impl Ord + use<> {
    let header = set.header;
    (
        family_key(header),
        header.last_lsn,
        header.backup_finish_date,
        header.backup_type,
        // Of two logs of one second an empty one is the later.
        header.first_lsn,
        header.backup_set_guid,
        header.position,
    )
}

fn known_set<'a>(facts: &[&'a ChainSet], mut group: Vec<usize>) -> KnownSet<'a> {
    group.sort_by(|one, two| fact_order(facts[*one]).cmp(&fact_order(facts[*two])));
    let (sources, missing) = sources_of(facts, &group);
    let header = &facts[group[0]].set;
    let role = role_of(header, &sources, missing);
    KnownSet { header, sources, facts: group, role, family: 0 }
}

fn fact_order(fact: &ChainSet) -> (Soundness, Option<Guid>, &str, u16, u16) {
    (fact.soundness, fact.media_set_id, &fact.file, fact.family, fact.set.position)
}

/// Whole copies of a set, the soundest first; and if there is none, what is missing of the one
/// that comes nearest.
fn sources_of<'a>(facts: &[&'a ChainSet], group: &[usize]) -> (Vec<Source<'a>>, Option<Unusable>) {
    let mut sources = Vec::new();
    let mut media: BTreeMap<(Option<Guid>, u16), Stripes<'a>> = BTreeMap::new();
    for fact in group.iter().map(|at| facts[*at]) {
        if fact.family_count <= 1 {
            sources.push(source(&[fact]));
        } else {
            let families = media.entry((fact.media_set_id, fact.set.position)).or_default();
            families.entry(fact.family).or_default().push(fact);
        }
    }
    let mut nearest: Option<(u16, Vec<u16>)> = None;
    for families in media.values() {
        let of = families.values().flatten().map(|fact| fact.family_count).max().unwrap_or(1);
        let missing: Vec<u16> = (1..=of).filter(|number| !families.contains_key(number)).collect();
        if !missing.is_empty() {
            if nearest.as_ref().is_none_or(|(_, least)| missing.len() < least.len()) {
                nearest = Some((of, missing));
            }
            continue;
        }
        // Facts of a family are sorted, so the first copies of all families are the soundest.
        let copies = (1..=of).filter_map(|number| families.get(&number).map(Vec::len)).min().unwrap_or(0);
        for copy in 0..copies {
            let files: Vec<&ChainSet> = (1..=of).filter_map(|number| Some(families.get(&number)?[copy])).collect();
            sources.push(source(&files));
        }
    }
    sources.sort_by(|one, two| (one.soundness, &one.files).cmp(&(two.soundness, &two.files)));
    let missing = nearest.filter(|_| sources.is_empty()).map(|(of, missing)| Unusable::MissingStripes { of, missing });
    (sources, missing)
}

fn source<'a>(files: &[&'a ChainSet]) -> Source<'a> {
    Source {
        files: files.iter().map(|fact| fact.file.as_str()).collect(),
        position: files.first().map_or(1, |fact| fact.set.position),
        soundness: files.iter().map(|fact| fact.soundness).max().unwrap_or_default(),
    }
}

fn role_of(header: &BackupSet, sources: &[Source<'_>], missing: Option<Unusable>) -> Result<Role, Unusable> {
    match header.backup_type {
        BackupType::File | BackupType::DifferentialFile => return Err(Unusable::File),
        BackupType::Partial | BackupType::DifferentialPartial => return Err(Unusable::Partial),
        BackupType::Full | BackupType::Differential | BackupType::Log => {}
    }
    if header.is_snapshot == Some(true) {
        return Err(Unusable::Snapshot);
    }
    if let Some(missing) = missing {
        return Err(missing);
    }
    // `*** INCOMPLETE ***` is the name that SQL Server shows for a set without an end.
    let unfinished = header.backup_finish_date.is_none() || header.backup_name.as_deref() == Some("*** INCOMPLETE ***");
    match sources.first().map(|source| source.soundness) {
        _ if unfinished => Err(Unusable::Incomplete),
        _ if header.is_damaged == Some(true) => Err(Unusable::Damaged),
        Some(Soundness::Damaged) => Err(Unusable::Damaged),
        Some(Soundness::Incomplete) | None => Err(Unusable::Incomplete),
        Some(Soundness::Verified | Soundness::Unchecked) => Ok(match header.backup_type {
            BackupType::Log => Role::Log,
            BackupType::Differential => Role::Differential,
            _ if header.is_copy_only == Some(true) => Role::CopyOnlyFull,
            _ => Role::Full,
        }),
    }
}

impl KnownSet<'_> {
    /// When the set was finished, for "the newest": unfinished ones come first.
    pub(super) fn age(&self) -> (Option<NaiveDateTime>, Reverse<u16>) {
        (self.header.backup_finish_date, Reverse(self.header.position))
    }
}
