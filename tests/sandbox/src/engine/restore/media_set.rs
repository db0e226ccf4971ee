//! The set that a restore reads: chosen on all its families, page by page and block by block.

use crate::engine::backup_devices::full_path;
use crate::engine::backups::EXTENT_BYTES;
use crate::engine::bytes::{u8_at, u16_at};
use crate::engine::checksum::SectorFold;
use crate::engine::instance::Engine;
use crate::engine::log::Vlf;
use crate::engine::media::{self, DataStream, Media, MediaSet, SetHeader, flag};
use crate::engine::page::{EXTENT, PAGE, Page, PageId};
use crate::engine::progress::Progress;
use crate::engine::{Answer, ServerError, texts};

/// Reads happen in pieces of this many bytes where there are no extents.
const PIECE: usize = 1 << 20;

/// One set on all its families, the first family first.
pub(crate) struct Chosen {
    pub(crate) families: Vec<Media>,
    pub(crate) position: u16,
}

impl Chosen {
    /// Opens the devices and finds the set.
    ///
    /// # Errors
    /// 3201, 3241, 3242, 3254, 3132, 3231, 3227, 3258, 4038.
    pub(crate) fn open(engine: &Engine, devices: &[String], file: Option<u16>) -> Answer<Chosen> {
        let mut families: Vec<Media> = Vec::new();
        for device in devices {
            let media = media::open(engine, &full_path(engine, device))?;
            if let Some(first) = families.first() {
                if first.label.set_id != media.label.set_id {
                    return Err(texts::other_media_set(&media.path).into());
                }
                if let Some(other) = families.iter().find(|other| other.label.family == media.label.family) {
                    return Err(texts::family_twice(&media.path, media.label.family, &other.path).into());
                }
            }
            families.push(media);
        }
        families.sort_by_key(|media| media.label.family);
        let Some(first) = families.first() else {
            return Err(texts::cannot_open("", crate::engine::OsError::FileNotFound, false).into());
        };
        let count = first.label.families;
        if usize::from(count) > families.len() {
            return Err(texts::families_missing(count, families.len()).into());
        }
        if usize::from(count) < families.len() {
            return Err(texts::families_differ(&first.path, count, families.len()).into());
        }
        let position = file.unwrap_or(1);
        for media in &families {
            if media.set(position).is_none() {
                return Err(texts::no_set(position, &media.path).into());
            }
        }
        Ok(Chosen { families, position })
    }

    /// The set on each family.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (&Media, &MediaSet)> {
        self.families.iter().filter_map(|media| Some((media, media.set(self.position)?)))
    }

    /// The set on the first family.
    pub(crate) fn set(&self) -> Answer<&MediaSet> {
        match self.sets().next() {
            Some((_, set)) => Ok(set),
            None => Err(texts::no_set(self.position, "").into()),
        }
    }

    /// The set's final header.
    pub(crate) fn header(&self) -> Answer<&SetHeader> {
        self.set().map(MediaSet::header)
    }

    /// # Errors
    /// 3256 when the set has no end.
    pub(crate) fn check_complete(&self) -> Answer<()> {
        match self.sets().find(|(_, set)| set.back.is_none()) {
            Some((media, _)) => Err(texts::incomplete(&media.path).into()),
            None => Ok(()),
        }
    }

    /// Whether checksums are to be tested: as asked, else when the set has them.
    ///
    /// # Errors
    /// 3187 asked for, and the set has none.
    pub(crate) fn checks(&self, asked: Option<bool>) -> Answer<bool> {
        let has = self.header()?.flags & flag::CHECKSUMS != 0;
        if asked == Some(true) && !has {
            return Err(texts::no_checksums().into());
        }
        Ok(asked.unwrap_or(has))
    }

    /// Extents in the set, with those that only fill up.
    pub(crate) fn extents(&self) -> u64 {
        let bytes: u64 = self.sets().flat_map(|(_, set)| &set.data).map(|stream| stream.len).sum();
        bytes / EXTENT_BYTES as u64
    }
}

/// Reads every extent of the set in the order of the media and hands over where it belongs, and its bytes.
///
/// # Errors
/// 3183 a page, 3189 a stream whose checksum does not fit; 3203; 3204.
pub(crate) fn read_pages(
    chosen: &Chosen,
    check: bool,
    progress: &mut Progress<'_>,
    mut each: impl FnMut(PageId, &[u8]) -> Answer<()>,
) -> Answer<u64> {
    let database = chosen.header()?.database.clone();
    let mut extents = 0;
    let mut bytes = vec![0u8; EXTENT_BYTES];
    // The late copies (second stream of the first family) come after everything else.
    let most = chosen.sets().map(|(_, set)| set.data.len()).max().unwrap_or(0);
    for round in 0..most {
        for (media, set) in chosen.sets() {
            let Some(stream) = set.data.get(round) else { continue };
            let mut fold = SectorFold::default();
            for index in 0..stream.len / EXTENT_BYTES as u64 {
                media.read(stream.offset + index * EXTENT_BYTES as u64, &mut bytes)?;
                if check {
                    fold.update(&bytes);
                }
                if let Some(first) = place_of(&bytes) {
                    if check {
                        check_pages(first, &bytes, &database)?;
                    }
                    each(first, &bytes)?;
                    extents += 1;
                }
                progress.extent()?;
            }
            if check && stream.sum.is_some_and(|sum| sum != fold.finish()) {
                return Err(texts::set_damaged().into());
            }
        }
    }
    Ok(extents)
}

/// The first page of an extent, as its pages tell; `None` for one that only fills up.
fn place_of(bytes: &[u8]) -> Option<PageId> {
    bytes.chunks(PAGE).enumerate().find_map(|(index, page)| {
        let id = PageId { page: crate::engine::bytes::u32_at(page, 32), file: u16_at(page, 36) };
        let own = id.file != 0 && u8_at(page, 0) == 1 && u8_at(page, 1) != 101;
        (own && id.page % EXTENT == index as u32).then(|| PageId::new(id.file, id.page - index as u32))
    })
}

fn check_pages(first: PageId, bytes: &[u8], database: &str) -> Result<(), ServerError> {
    for (index, page) in bytes.chunks(PAGE).enumerate() {
        let id = PageId::new(first.file, first.page + index as u32);
        let page = Page::from_bytes(page);
        // What is at another page's place is stale memory, and says nothing.
        if page.id() == id && page.checksums().is_some_and(|(stored, computed)| stored != computed) {
            return Err(texts::page_bad_in_set(id, database));
        }
    }
    Ok(())
}

/// The log of one virtual log file as a set holds it.
pub(crate) struct LogBytes {
    pub(crate) vlf: Vlf,
    pub(crate) start: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Reads the log of the set, in the order of the log; descriptions without data come with no bytes.
///
/// # Errors
/// 3189 a stream whose checksum does not fit; 3203.
pub(crate) fn read_log(chosen: &Chosen, check: bool) -> Answer<Vec<LogBytes>> {
    let mut out = Vec::new();
    for (media, set) in chosen.sets() {
        for log in &set.logs {
            let bytes = match &log.data {
                Some(stream) => read_stream(media, stream, log.used, check)?,
                None => Vec::new(),
            };
            out.push(LogBytes { vlf: log.vlf, start: log.start, bytes });
        }
    }
    out.sort_by_key(|part| (part.bytes.is_empty(), part.vlf.sequence));
    Ok(out)
}

fn read_stream(media: &Media, stream: &DataStream, used: u64, check: bool) -> Answer<Vec<u8>> {
    let mut out = Vec::new();
    let mut fold = SectorFold::default();
    let mut at = 0;
    while at < stream.len {
        let len = (stream.len - at).min(PIECE as u64);
        let mut piece = vec![0u8; usize::try_from(len).unwrap_or(0)];
        media.read(stream.offset + at, &mut piece)?;
        fold.update(&piece);
        out.extend_from_slice(&piece);
        at += len;
    }
    if check && stream.sum.is_some_and(|sum| sum != fold.finish()) {
        return Err(texts::set_damaged().into());
    }
    out.truncate(usize::try_from(used).unwrap_or(out.len()));
    Ok(out)
}
