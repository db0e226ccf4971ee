//! Which sets are kept, and what that draws along: what they need, and what lies with them.

use super::item::KeepReason;
use super::wanted::FamilyView;
use crate::policy::chain::Catalog;

/// Files that go together: those of one striped set, and all sets in them.
pub(super) struct Units {
    /// For each file, its unit.
    pub of_file: Vec<usize>,
    /// For each set, the files of its facts.
    pub files_of_set: Vec<Vec<usize>>,
    /// For each unit, its sets.
    pub sets: Vec<Vec<usize>>,
}

impl Units {
    /// `file_of_fact` says where each fact lies, among `files` files.
    pub fn new(catalog: &Catalog<'_>, file_of_fact: &[usize], files: usize) -> Units {
        let mut union: Vec<usize> = (0..files).collect();
        let mut files_of_set = Vec::with_capacity(catalog.sets().len());
        for set in catalog.sets() {
            let mut own: Vec<usize> = set.facts.iter().map(|fact| file_of_fact[*fact]).collect();
            own.sort_unstable();
            own.dedup();
            let striped = set.facts.iter().copied().filter(|fact| catalog.fact(*fact).family_count > 1);
            let striped: Vec<usize> = striped.map(|fact| file_of_fact[fact]).collect();
            striped.windows(2).for_each(|pair| join(&mut union, pair[0], pair[1]));
            files_of_set.push(own);
        }
        let of_file: Vec<usize> = (0..files).map(|file| root(&mut union, file)).collect();
        let mut sets = vec![Vec::new(); files];
        for (set, own) in files_of_set.iter().enumerate() {
            let mut units: Vec<usize> = own.iter().map(|file| of_file[*file]).collect();
            units.sort_unstable();
            units.dedup();
            units.into_iter().for_each(|unit| sets[unit].push(set));
        }
        Units { of_file, files_of_set, sets }
    }

    /// The sets in a file.
    pub fn sets_of_file(&self, file: usize) -> impl Iterator<Item = usize> + '_ {
        let in_unit = self.sets[self.of_file[file]].iter().copied();
        in_unit.filter(move |set| self.files_of_set[*set].binary_search(&file).is_ok())
    }
}

fn root(union: &mut [usize], mut at: usize) -> usize {
    while union[at] != at {
        union[at] = union[union[at]];
        at = union[at];
    }
    at
}

fn join(union: &mut [usize], one: usize, two: usize) {
    let (one, two) = (root(union, one), root(union, two));
    // The smaller number is the root, so that units do not depend on the order of sets.
    union[one.max(two)] = one.min(two);
}

/// The kept sets, each with its first reason.
pub(super) struct Marks {
    pub reasons: Vec<Option<KeepReason>>,
    /// For each kept set, the oldest kept set that cannot be restored without it.
    pub needed_by: Vec<Option<usize>>,
    todo: Vec<usize>,
}

impl Marks {
    pub fn new(sets: usize) -> Marks {
        Marks { reasons: vec![None; sets], needed_by: vec![None; sets], todo: Vec::new() }
    }

    /// Keeps a set. The first reason stays.
    pub fn keep(&mut self, set: usize, reason: impl FnOnce() -> KeepReason) {
        if self.reasons[set].is_none() {
            self.reasons[set] = Some(reason());
            self.todo.push(set);
        }
    }

    /// Keeps a set because another needs it.
    pub fn keep_for(&mut self, set: usize, needer: usize, catalog: &Catalog<'_>) {
        let first = self.needed_by[set].map_or(needer, |known| known.min(needer));
        self.needed_by[set] = Some(first);
        self.keep(set, || KeepReason::NeededBy(catalog.place(needer)));
    }

    /// Keeps what the kept sets need and what lies with them, until nothing is added. Each set is
    /// looked at once.
    pub fn close(&mut self, catalog: &Catalog<'_>, families: &[FamilyView], units: &Units) {
        let mut opened = vec![false; units.sets.len()];
        while let Some(set) = self.todo.pop() {
            if let Some(before) = families[catalog.sets()[set].family].before(set) {
                self.keep_for(before, set, catalog);
            }
            for file in &units.files_of_set[set] {
                let unit = units.of_file[*file];
                if !std::mem::replace(&mut opened[unit], true) {
                    for other in &units.sets[unit] {
                        self.keep(*other, || KeepReason::TogetherWith(catalog.place(set)));
                    }
                }
            }
        }
    }
}
