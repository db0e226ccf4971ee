//! Verification: every checksum of a file, and whether its parts agree.

use std::ops::ControlFlow;

use super::compressed::{Expanded, Trust};
use super::container::Container;
use super::error::{MediaError, MediaErrorKind};
use super::fault::Fault;
use super::finding::{Finding, FindingKind};
use super::headers::{self, MediaFile};
use super::medium::{Medium, WINDOW};
use super::report::VerifyReport;
use super::set_check::{self, CheckedSet, SetOptions};
use super::source::Source;
use super::tally::Tally;
use super::view::View;
use super::walker::{Item, Walker};
use super::watch::{Progress, Stop, Watch};

/// What to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyOptions {
    /// One set, by its position; `None`: all of the file.
    pub position: Option<u16>,
    /// Structure only: blocks, streams and headers, but no pages and no log.
    pub quick: bool,
    /// How many findings of a set to keep; beyond that they are only counted.
    pub max_findings: usize,
}

impl Default for VerifyOptions {
    fn default() -> VerifyOptions {
        VerifyOptions { position: None, quick: false, max_findings: 1000 }
    }
}

/// Verifies a backup file.
///
/// `progress` is called at least once for every 256 KiB; [`ControlFlow::Break`] cancels.
///
/// # Errors
/// The file is no readable medium, has no such set, reading failed on the way, or it was cancelled.
/// Damage is no error: it is in the report.
pub fn verify(
    source: &dyn Source,
    options: &VerifyOptions,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<VerifyReport, MediaError> {
    let media = headers::read_headers(source)?;
    let total = media.size;
    verify_one(source, media, options, &mut Watch::new(0, total, progress))
}

/// [`verify`] of one file whose headers are read.
pub(crate) fn verify_one(
    source: &dyn Source,
    media: MediaFile,
    options: &VerifyOptions,
    watch: &mut Watch<'_>,
) -> Result<VerifyReport, MediaError> {
    let stopped = |stop| match stop {
        Stop::Cancelled => MediaError::new(source.name(), MediaErrorKind::Cancelled),
        Stop::Io(fault) => MediaError::from_fault(source.name(), fault),
    };
    let mut verification = Verification {
        report: VerifyReport { media, sets: Vec::new(), findings: Vec::new() },
        options: *options,
        skipped: 0,
    };
    let mut medium = Medium::open(source, Trust::Indexes)?;
    if medium.container != Container::Tape && verification.audit(&mut medium.view, watch).map_err(stopped)? {
        medium = Medium::open(source, Trust::Nothing)?;
    }
    verification.walk(&mut medium, watch).map_err(stopped)?;
    if let Some(fault) = headers::grown(source, medium.size) {
        verification.found(fault.offset, FindingKind::Structure(fault));
    }
    let report = verification.report;
    if let Some(position) = options.position
        && report.sets.is_empty()
    {
        let count = report.media.sets.len();
        return Err(MediaError::new(source.name(), MediaErrorKind::NoSuchSet { position, count }));
    }
    watch.reached(report.media.size).map_err(stopped)?;
    Ok(report)
}

struct Verification {
    report: VerifyReport,
    options: VerifyOptions,
    skipped: usize,
}

impl Verification {
    /// Holds the indexes of a compressed medium against its records; returns whether one is wrong.
    fn audit(&mut self, view: &mut View<'_>, watch: &mut Watch<'_>) -> Result<bool, Stop> {
        let View::Expanded(image) = view else { return Ok(false) };
        let mut wrong = false;
        for number in 0..image.runs().len() {
            let Some((at, why)) = wrong_index(image, number, watch)? else { continue };
            wrong = true;
            self.found(at, FindingKind::Index(why.to_owned()));
        }
        Ok(wrong)
    }

    fn walk(&mut self, medium: &mut Medium<'_>, watch: &mut Watch<'_>) -> Result<(), Stop> {
        let physical = medium.tape.physical_block;
        let alone = medium.tape.label.family_count.is_none_or(|count| count <= 1);
        let view = &mut medium.view;
        // Where a set breaks off, the next one is found by the filemarks.
        let known = view.filemarks(physical).unwrap_or_default();
        let mut walker = Walker::new(medium.first_mark, physical, WINDOW);
        let mut marks = Vec::new();
        match walker.next(view) {
            Ok(Some(Item::Block(block))) => {
                let offset = view.offset(block.at);
                let mut tally = Tally::new(1);
                set_check::check_filemark(&block, offset, &marks, &mut tally);
                self.report.findings.append(&mut tally.findings);
                marks.push(offset);
            }
            Ok(_) => {}
            Err(fault) => self.found(fault.offset, FindingKind::Structure(fault)),
        }
        while walker.at() < view.len() {
            let start = walker.at();
            let wanted = self.wanted(view.offset(start));
            let data = wanted && !self.options.quick;
            // Of three filemarks in a row the first ends the set before, the last the set itself.
            let end = known.get(2 * known_set(&known, start) + 2).map_or(view.len(), |mark| mark + physical);
            let options = SetOptions { data, max_findings: self.options.max_findings, alone, limit: end };
            let set = set_check::check(view, &mut walker, &mut marks, options, watch)?;
            let ended = set.ended;
            self.add(set, wanted);
            if !ended {
                let next = known_set(&known, start) + 1;
                let Some(mark) = known.get(2 * next).filter(|mark| **mark + physical < view.len()) else { break };
                let earlier = &known[(2 * next + 1).saturating_sub(set_check::MOST_MARKS)..=2 * next];
                marks = earlier.iter().map(|mark| view.offset(*mark)).collect();
                let next = mark + physical;
                walker = Walker::new(next, physical, WINDOW);
            }
        }
        if let View::Expanded(image) = view
            && let Some(fault) = image.torn.clone()
            && self.report.sets.len() + self.skipped == self.report.media.sets.len()
            && !self.report.sets.iter().any(|set| set.findings.iter().any(|finding| finding.offset == fault.offset))
        {
            self.found(fault.offset, FindingKind::Structure(fault));
        }
        Ok(())
    }

    /// Whether the set at `offset` was asked for. Its position is known from the headers.
    fn wanted(&self, offset: u64) -> bool {
        let Some(position) = self.options.position else { return true };
        self.report.media.sets.iter().any(|entry| entry.offset == offset && entry.set.position == position)
    }

    fn add(&mut self, mut set: CheckedSet, wanted: bool) {
        if set.parts.is_none() {
            self.report.findings.append(&mut set.tally.findings);
        } else if wanted {
            self.report.sets.extend(set.report());
        } else {
            self.skipped += 1;
        }
    }

    fn found(&mut self, offset: u64, kind: FindingKind) {
        self.report.findings.push(Finding { offset, page: None, page_type: None, kind });
    }
}

/// Which set of the file lies at `start`, from 0, by the filemarks: a set lies behind every other one.
fn known_set(known: &[u64], start: u64) -> usize {
    known.partition_point(|mark| *mark < start).saturating_sub(1) / 2
}

/// What is wrong with the index of a run, and where; `None` if it has none or it holds.
fn wrong_index(
    image: &mut Expanded<'_>,
    number: usize,
    watch: &mut Watch<'_>,
) -> Result<Option<(u64, &'static str)>, Stop> {
    let Some((at, index)) = image.runs()[number].index else { return Ok(None) };
    let io = |fault: Fault| Stop::Io(fault);
    let mut fold = super::checksum::Fold::default();
    for entry in 0..u64::from(index.entries) {
        if entry % 1024 == 0 {
            watch.reached(0)?;
        }
        let (place, from) = image.records().index_entry(at, entry).map_err(io)?;
        for word in [place, place >> 32, from, from >> 32] {
            fold.push(word as u32);
        }
        if !image.index_entry_holds(number, place, from).unwrap_or(false) {
            return Ok(Some((at, "an entry does not name a record")));
        }
    }
    Ok((fold.0 != index.checksum).then_some((at, "its checksum is wrong")))
}
