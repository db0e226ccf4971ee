//! Pages and log of a database on their way to the media families.

use super::backups::{EXTENT_BYTES, Extent};
use super::core::Core;
use super::instance::Engine;
use super::media::{Family, LogPart};
use super::page::{EXTENT, PAGE, Page, PageId};
use super::progress::Progress;
use super::registry::Shared;
use super::{Answer, BackupSpec, ServerError, texts};

/// Data of WITH CHECKSUM backups is filled up to a multiple of this.
const CHECKSUM_UNIT: usize = 1 << 20;

impl Engine {
    /// Copies extents, dealt to the families in turn.
    pub(crate) fn copy_extents(
        &self,
        spec: &BackupSpec,
        shared: &Shared,
        extents: &[Extent],
        families: &mut [Family],
        progress: &mut Progress<'_>,
    ) -> Answer<()> {
        let count = families.len();
        let parts: Vec<Vec<Extent>> =
            (0..count).map(|index| extents.iter().copied().skip(index).step_by(count).collect()).collect();
        // Every family gets as many extents as the first, and full units when there are checksums.
        let longest = parts.first().map_or(0, Vec::len);
        let unit = if spec.checksum { CHECKSUM_UNIT / EXTENT_BYTES } else { 1 };
        let filled = longest.div_ceil(unit) * unit;
        let len = (filled * EXTENT_BYTES) as u64;
        for family in families.iter_mut() {
            family.begin_data(len)?;
        }
        let mut bytes = vec![0u8; EXTENT_BYTES];
        let filler = filler_extent();
        for row in 0..filled {
            for (family, part) in families.iter_mut().zip(&parts) {
                match part.get(row) {
                    Some(extent) => {
                        self.read_committed(shared, *extent, spec, &mut bytes)?;
                        family.data(&bytes)?;
                        progress.extent()?;
                    }
                    None => family.data(&filler)?,
                }
            }
        }
        for family in families.iter_mut() {
            family.end_data(len)?;
        }
        Ok(())
    }

    fn read_committed(&self, shared: &Shared, extent: Extent, spec: &BackupSpec, out: &mut [u8]) -> Answer<()> {
        let mut database = shared.lock();
        let name = database.name.clone();
        let Some(core) = &mut database.core else { return Err(texts::aborted().into()) };
        core.store.read_extent(extent.0, extent.1, out)?;
        if spec.checksum {
            check_extent(core, extent, out, &name, spec.name.as_deref().unwrap_or(&name))?;
        }
        Ok(())
    }
}

/// 3043 for the first allocated page whose checksum does not fit.
fn check_extent(core: &mut Core, extent: Extent, bytes: &[u8], name: &str, set: &str) -> Answer<()> {
    for (index, page) in bytes.chunks(PAGE).enumerate() {
        let page = Page::from_bytes(page);
        let id = PageId::new(extent.0, extent.1 * EXTENT + index as u32);
        if page.checksums().is_some_and(|(stored, computed)| stored != computed)
            && core.store.pfs(id).unwrap_or(0) & super::allocation::pfs::ALLOCATED != 0
        {
            let path = core.store.files.get(&extent.0).map_or("", |file| file.path.as_str());
            let _ = name;
            return Err(texts::page_damaged(set, id, path).into());
        }
    }
    Ok(())
}

/// An extent of pages of type 101 that fills a data stream up.
fn filler_extent() -> Vec<u8> {
    let mut page = Page::formatted(101, PageId::NONE, 0, 0, 0);
    page.seal();
    page.bytes().repeat(EXTENT as usize)
}

pub(crate) fn write_data(families: &mut [Family], parts: &[Vec<Vec<u8>>], checksum: bool) -> Result<(), ServerError> {
    let unit = if checksum { CHECKSUM_UNIT / EXTENT_BYTES } else { 1 };
    for (family, part) in families.iter_mut().zip(parts) {
        let filled = part.len().div_ceil(unit) * unit;
        let len = (filled * EXTENT_BYTES) as u64;
        family.begin_data(len)?;
        for extent in part {
            family.data(extent)?;
        }
        for _ in part.len()..filled {
            family.data(&filler_extent())?;
        }
        family.end_data(len)?;
    }
    Ok(())
}

/// Deals the virtual log files to the families: data to the first, descriptions to all in turn.
pub(crate) fn write_log(families: &mut [Family], log: &[LogPart]) -> Result<(), ServerError> {
    let count = families.len();
    let mut turn = 0;
    for part in log {
        let index = if part.bytes.is_empty() { turn % count } else { 0 };
        turn += usize::from(part.bytes.is_empty());
        if let Some(family) = families.get_mut(index) {
            family.log(part)?;
        }
    }
    Ok(())
}
