//! Striped sets: one backup set dealt out over the families of a media set.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::error::{MediaError, MediaErrorKind};
use super::finding::{Finding, FindingKind};
use super::headers::{self, MediaFile};
use super::report::{SetReport, Verdict, VerifyReport};
use super::source::Source;
use super::verify::{VerifyOptions, verify_one};
use super::watch::{Progress, Watch};
use crate::model::Guid;

/// What was found of the families of a media set, each for itself and all together.
#[derive(Clone, Debug, PartialEq)]
pub struct StripesReport {
    /// How many families the media set has.
    pub family_count: u32,
    /// Sequence numbers of families that were not given; a set cannot be restored without them.
    pub missing: Vec<u32>,
    /// The families that were given, in that order.
    pub families: Vec<VerifyReport>,
    /// The sets, over all families.
    pub sets: Vec<StripedSet>,
}

/// One backup set over all families.
#[derive(Clone, Debug, PartialEq)]
pub struct StripedSet {
    /// Its position, the same in each family.
    pub position: u16,
    /// Its identifier, the same in each family.
    pub backup_set_guid: Option<Guid>,
    /// The worst verdict of its parts; at least [`Verdict::Incomplete`] if a family is missing.
    pub verdict: Verdict,
    /// What is wrong between the families. What is wrong in one stands in its own report.
    pub findings: Vec<Finding>,
}

impl StripesReport {
    /// The worst of its verdicts.
    pub fn verdict(&self) -> Verdict {
        let families = self.families.iter().map(VerifyReport::verdict);
        let missing = if self.missing.is_empty() { Verdict::Sound } else { Verdict::Incomplete };
        self.sets.iter().map(|set| set.verdict).chain(families).max().unwrap_or(missing).max(missing)
    }
}

/// Verifies the families of one media set, in any order, and holds them against each other.
///
/// # Errors
/// As [`verify`](super::verify()), and [`MediaErrorKind::NotStripes`] for files that are not of one media set.
pub fn verify_stripes(
    sources: &[&dyn Source],
    options: &VerifyOptions,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<StripesReport, MediaError> {
    let media: Vec<MediaFile> =
        sources.iter().map(|source| headers::read_headers(*source)).collect::<Result<_, _>>()?;
    let family_count = one_media_set(&media)?;
    let given: Vec<u32> = media.iter().map(|media| sequence(media).unwrap_or(1)).collect();
    let total = media.iter().map(|media| media.size).sum();
    let mut before = 0;
    let mut families = Vec::with_capacity(media.len());
    for (source, media) in sources.iter().zip(media) {
        let size = media.size;
        families.push(verify_one(*source, media, options, &mut Watch::new(before, total, progress))?);
        before += size;
    }
    let missing: Vec<u32> = (1..=family_count).filter(|family| !given.contains(family)).collect();
    let sets = together(&families, missing.is_empty() && !options.quick, !missing.is_empty());
    Ok(StripesReport { family_count, missing, families, sets })
}

fn sequence(media: &MediaFile) -> Option<u32> {
    media.label.family_sequence_number.and_then(|number| u32::try_from(number).ok())
}

/// How many families there are; an error unless all files are different families of one media set.
fn one_media_set(media: &[MediaFile]) -> Result<u32, MediaError> {
    let refuse = |media: &MediaFile, why: String| Err(MediaError::new(&media.name, MediaErrorKind::NotStripes(why)));
    let Some(first) = media.first() else {
        return Err(MediaError::new("", MediaErrorKind::NotStripes("no file was given".to_owned())));
    };
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    for file in media {
        if file.label.media_set_id != first.label.media_set_id || file.label.media_set_id.is_none() {
            return refuse(file, format!("it is not of the same media set as `{}`", first.name));
        }
        if file.label.family_count != first.label.family_count {
            return refuse(file, format!("it names another number of families than `{}`", first.name));
        }
        let number = sequence(file).unwrap_or(1);
        if let Some(other) = seen.insert(number, &file.name) {
            return refuse(file, format!("it is family {number} of its media set, and so is `{other}`"));
        }
    }
    // A count beyond u16 cannot come from a label, so the list of missing families stays small.
    Ok(first.label.family_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1))
}

/// The sets over all families.
fn together(families: &[VerifyReport], count_pages: bool, is_missing: bool) -> Vec<StripedSet> {
    let mut by_position: BTreeMap<u16, Vec<(&VerifyReport, &SetReport)>> = BTreeMap::new();
    for family in families {
        for set in &family.sets {
            by_position.entry(set.position).or_default().push((family, set));
        }
    }
    by_position
        .into_iter()
        .map(|(position, parts)| {
            let entry =
                |family: &VerifyReport| family.media.sets.iter().find(|entry| entry.set.position == position).cloned();
            let entries: Vec<_> = parts.iter().filter_map(|(family, _)| entry(family)).collect();
            let guid = entries.first().and_then(|entry| entry.set.backup_set_guid);
            let mut wrong = Vec::new();
            if entries.iter().any(|entry| entry.set.backup_set_guid != guid) {
                wrong.push(FindingKind::HeadersDisagree("BackupSetGUID of the families"));
            }
            let whole = parts.len() == families.len() && parts.iter().all(|(_, set)| set.verdict == Verdict::Sound);
            if count_pages
                && whole
                && let Some(first) = entries.first()
            {
                wrong.extend(page_counts(&first.facts.pages, parts.iter().map(|(_, set)| *set)));
            }
            let mut verdict = parts.iter().map(|(_, set)| set.verdict).max().unwrap_or(Verdict::Incomplete);
            if is_missing || parts.len() < families.len() {
                verdict = verdict.max(Verdict::Incomplete);
            }
            if !wrong.is_empty() {
                verdict = Verdict::Damaged;
            }
            let offset = entries.first().map_or(0, |entry| entry.offset);
            let finding = |kind| Finding { offset, page: None, page_type: None, kind };
            StripedSet { position, backup_set_guid: guid, verdict, findings: wrong.into_iter().map(finding).collect() }
        })
        .collect()
}

/// Files whose pages in all families together are not as many as the header promises.
fn page_counts<'a>(promised: &[super::FilePages], sets: impl Iterator<Item = &'a SetReport>) -> Vec<FindingKind> {
    let mut counts: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for file in promised {
        counts.entry(file.file_id).or_default().0 += u64::from(file.pages);
    }
    for file in sets.flat_map(|set| &set.pages) {
        counts.entry(file.file_id).or_default().1 += u64::from(file.pages);
    }
    counts
        .into_iter()
        .filter(|(_, (promised, found))| promised != found)
        .map(|(file, (promised, found))| FindingKind::PageCount { file, promised, found })
        .collect()
}
