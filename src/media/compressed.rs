//! A compressed medium as the tape image its records expand to, readable at any offset.
//!
//! ```text
//! file:   head | records | SFMB | records .. index | SFMB | records | SFMB
//! image:       | TAPE    | SFMB | a set            | SFMB | ESETs   | SFMB
//! ```
//!
//! Filemarks lie raw in the file and are raw in the image; what lies between two of them is a *run* of
//! records. Where the filemarks at the end of the file tell the runs, only the last records of each are
//! looked at to know its size; otherwise all record headers are walked once. Memory holds the runs and
//! one expanded record, whatever the size of the file.

use super::fault::Fault;
use super::fields::Fields;
use super::filemark;
use super::record::{self, Index, Record};
use super::records::{Records, WHAT, Walked};
use super::source::Source;
use super::tape::LARGEST_BLOCK;
use super::view::{read_exact, set_length};

/// Whether to believe a medium's own indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Use filemarks and indexes: a few reads a set.
    Indexes,
    /// Walk every record header.
    Nothing,
}

/// Records between two filemarks.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// First record in the file.
    pub from: u64,
    /// Where the run must end: its filemark, or the end of the file.
    pub to: u64,
    /// Where it begins in the tape image.
    pub image: u64,
    /// Bytes of the tape image.
    pub length: u64,
    /// The index behind it: its offset in the file.
    pub index: Option<(u64, Index)>,
}

/// A record at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    run: usize,
    /// In the file.
    from: u64,
    /// In the run.
    at: u64,
}

/// The tape image of a compressed medium.
pub(crate) struct Expanded<'s> {
    records: Records<'s>,
    trust: Trust,
    physical: u64,
    runs: Vec<Run>,
    /// Why the image ends where it does, if not at a filemark that ends the file.
    pub torn: Option<Fault>,
    /// Whether runs end in a raw filemark of the image (all but perhaps the last).
    last_has_mark: bool,
    /// The last record that was looked at.
    near: Option<Place>,
    /// The expanded record, and where it lies.
    cache: Vec<u8>,
    cached: Option<Place>,
    payload: Vec<u8>,
}

impl<'s> Expanded<'s> {
    /// Opens the image of a file of `size` bytes.
    ///
    /// # Errors
    /// Its first record, which holds the label, cannot be expanded.
    pub fn open(source: &'s dyn Source, size: u64, trust: Trust) -> Result<Expanded<'s>, Fault> {
        let mut image = Expanded {
            records: Records { source, size },
            trust,
            physical: 0,
            runs: Vec::new(),
            torn: None,
            last_has_mark: false,
            near: None,
            cache: Vec::new(),
            cached: None,
            payload: Vec::new(),
        };
        let head = image.records.walk(record::FIRST, 0);
        image.push(record::FIRST, &head, 0);
        if let Some(fault) = head.fault {
            return Err(fault);
        }
        // The label says how long a filemark is, before any filemark can be passed.
        let mut label = [0; 68];
        image.read(0, &mut label, "the media label (TAPE)")?;
        image.physical = Fields(&label).u16(64).map_or(0, u64::from) * 512;
        if !(1..=LARGEST_BLOCK).contains(&image.physical) || &label[..4] != b"TAPE" {
            return Err(Fault::damaged(record::FIRST, "the media label (TAPE)", "it is not in the first record"));
        }
        let by_marks = trust == Trust::Indexes && image.open_by_filemarks(head.to).is_some();
        if !by_marks {
            image.runs.truncate(1);
            image.open_from_front(head.to);
        }
        Ok(image)
    }

    /// Bytes of the tape image.
    pub fn len(&self) -> u64 {
        let end = self.runs.last().map_or(0, |run| run.image + run.length);
        end + if self.last_has_mark { self.physical } else { 0 }
    }

    /// The records the image is made of.
    pub fn records(&self) -> Records<'s> {
        self.records
    }

    /// The runs of records.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The filemarks in the image, ascending; `None` if the file does not end in one.
    pub fn filemarks(&self) -> Option<Vec<u64>> {
        (self.last_has_mark && self.torn.is_none())
            .then(|| self.runs.iter().map(|run| run.image + run.length).collect())
    }

    /// The offset in the file of the record or filemark that holds a place of the image.
    pub fn offset(&self, at: u64) -> u64 {
        let Some((number, run)) = self.run_of(at).and_then(|number| Some((number, self.runs.get(number)?))) else {
            return self.records.size;
        };
        let inside = at - run.image;
        if inside == 0 {
            return run.from;
        }
        if inside >= run.length {
            return (run.to + (inside - run.length)).min(self.records.size);
        }
        // The record is known if it was the last one looked at; the run's first is close enough otherwise.
        self.near.filter(|near| near.run == number && near.at <= inside).map_or(run.from, |near| near.from)
    }

    /// Fills `buffer` from `at` of the image.
    ///
    /// # Errors
    /// As [`View::read`](super::view::View::read).
    pub fn read(&mut self, mut at: u64, mut buffer: &mut [u8], what: &'static str) -> Result<(), Fault> {
        if at.checked_add(buffer.len() as u64).is_none_or(|end| end > self.len()) {
            return Err(self.torn.clone().unwrap_or_else(|| Fault::cut(self.records.size, what)));
        }
        while !buffer.is_empty() {
            let Some(index) = self.run_of(at) else { return Err(Fault::cut(self.records.size, what)) };
            let (start, end, to) = {
                let run = &self.runs[index];
                (run.image, run.image + run.length, run.to)
            };
            let taken = if at >= end {
                let left = usize::try_from(end + self.physical - at).unwrap_or(usize::MAX);
                let part = left.min(buffer.len());
                read_exact(self.records.source, to + (at - end), &mut buffer[..part], what)?;
                part
            } else {
                let place = self.locate(index, at - start)?;
                self.expand(place)?;
                let inside = usize::try_from(at - start - place.at).unwrap_or(usize::MAX);
                let found = self.cache.get(inside..).unwrap_or_default();
                let part = found.len().min(buffer.len());
                buffer[..part].copy_from_slice(&found[..part]);
                part
            };
            if taken == 0 {
                return Err(Fault::damaged(to, WHAT, "it is shorter than its header says"));
            }
            at += taken as u64;
            buffer = &mut buffer[taken..];
        }
        Ok(())
    }

    /// Checks that an entry of a run's index names a record at its place.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn index_entry_holds(&mut self, run: usize, at: u64, from: u64) -> Result<bool, Fault> {
        if self.runs.get(run).is_none_or(|run| at >= run.length) {
            return Ok(false);
        }
        // Found by walking on from the entry before: the entries themselves are what is in doubt.
        let start = Place { run, from: self.runs[run].from, at: 0 };
        let near = self.near.filter(|near| near.run == run && near.at <= at).unwrap_or(start);
        let place = self.locate_from(near, at)?;
        Ok(place.at == at && place.from == from)
    }

    fn run_of(&self, at: u64) -> Option<usize> {
        self.runs.partition_point(|run| run.image <= at).checked_sub(1)
    }

    fn push(&mut self, from: u64, walked: &Walked, image: u64) {
        let index = walked.index;
        self.runs.push(Run { from, to: walked.to, image, length: walked.length, index });
    }

    /// Walks run after run from the filemark behind the label.
    fn open_from_front(&mut self, first_mark: u64) {
        let mut mark = first_mark;
        loop {
            let end = mark + self.physical;
            if let Err(fault) = self.records.mark_at(mark, self.physical) {
                self.last_has_mark = false;
                self.torn = Some(fault);
                return;
            }
            self.last_has_mark = true;
            if end == self.records.size {
                return;
            }
            let image = self.len();
            let walked = self.records.walk(end, 0);
            self.push(end, &walked, image);
            self.last_has_mark = false;
            if walked.fault.is_some() {
                self.torn = walked.fault;
                return;
            }
            mark = walked.to;
        }
    }

    /// Takes the runs from the filemarks at the end of the file; `None` if anything does not fit.
    fn open_by_filemarks(&mut self, first_mark: u64) -> Option<()> {
        let marks = filemark::of_file(self.records.source, self.records.size, self.physical)?;
        if marks.first() != Some(&first_mark) {
            return None;
        }
        self.last_has_mark = true;
        for pair in marks.windows(2) {
            let (from, to, image) = (pair[0] + self.physical, pair[1], self.len());
            let walked = self.records.walk_from_index(from, to).unwrap_or_else(|| self.records.walk(from, 0));
            if walked.fault.is_some() || walked.to != to {
                self.last_has_mark = false;
                return None;
            }
            self.push(from, &walked, image);
        }
        Some(())
    }

    /// The record that holds byte `at` of a run.
    fn locate(&mut self, run: usize, at: u64) -> Result<Place, Fault> {
        let mut best = Place { run, from: self.runs[run].from, at: 0 };
        if let Some(near) = self.near.filter(|near| near.run == run && near.at <= at) {
            best = near;
        }
        // One record further is the common case; the index is worth asking for longer ways only.
        if self.trust == Trust::Indexes
            && at - best.at > 1 << 20
            && let Some(indexed) = self.indexed(run, at).filter(|indexed| indexed.at > best.at)
        {
            best = indexed;
        }
        self.locate_from(best, at)
    }

    fn locate_from(&mut self, mut place: Place, at: u64) -> Result<Place, Fault> {
        loop {
            let Record::Data { payload, expanded, .. } = self.records.header(place.from)? else {
                return Err(Fault::damaged(place.from, WHAT, "it is not where the index says"));
            };
            if at < place.at + u64::from(expanded) {
                self.near = Some(place);
                return Ok(place);
            }
            place.at += u64::from(expanded);
            place.from += record::DATA_HEADER + u64::from(payload);
        }
    }

    /// The last index entry at or before `at`, if it names a data record inside the run.
    fn indexed(&self, run_number: usize, at: u64) -> Option<Place> {
        let run = self.runs.get(run_number)?;
        let (index_at, index) = run.index?;
        let (mut low, mut high) = (0, u64::from(index.entries));
        while low < high {
            let middle = (low + high) / 2;
            if self.records.index_entry(index_at, middle).ok()?.0 <= at { low = middle + 1 } else { high = middle }
        }
        let (image, from) = self.records.index_entry(index_at, low.checked_sub(1)?).ok()?;
        let fits = image <= at && (run.from..index_at).contains(&from);
        let is_data = fits && matches!(self.records.header(from).ok()?, Record::Data { .. });
        is_data.then_some(Place { run: run_number, from, at: image })
    }

    /// Expands a record into the cache.
    fn expand(&mut self, place: Place) -> Result<(), Fault> {
        if self.cached == Some(place) {
            return Ok(());
        }
        let Record::Data { payload, expanded, checksum } = self.records.header(place.from)? else {
            return Err(Fault::damaged(place.from, WHAT, "it is not a data record"));
        };
        self.cached = None;
        set_length(&mut self.payload, usize::from(payload));
        read_exact(self.records.source, place.from + record::DATA_HEADER, &mut self.payload, WHAT)?;
        set_length(&mut self.cache, expanded as usize);
        record::expand(&self.payload, checksum, &mut self.cache)
            .map_err(|why| Fault::damaged(place.from, WHAT, why))?;
        self.cached = Some(place);
        Ok(())
    }
}
