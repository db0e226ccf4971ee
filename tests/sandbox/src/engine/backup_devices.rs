//! The devices of a backup: new media, or existing ones that take another set.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::instance::Engine;
use super::media::{self, Family, Label, Media, Output};
use super::{Answer, BackupSpec, Edition, ServerError, paths, texts};

/// Devices ready for a set.
pub(crate) struct Prepared {
    pub(crate) families: Vec<Family>,
    pub(crate) position: u16,
}

/// A device path as the statement means it: a bare name lies in the instance's backup folder.
pub(crate) fn full_path(engine: &Engine, device: &str) -> String {
    if paths::is_absolute(device) {
        device.to_owned()
    } else {
        format!("{}\\{device}", engine.options().backup_path.trim_end_matches(['\\', '/']))
    }
}

/// Opens the devices of a backup and checks the media on them.
///
/// # Errors
/// 3218, 3214, 3212, 3215, 3240; 3201, 3242, 3241, 3266, 3132, 3231, 3227, 3258, 4030, 3098.
pub(crate) fn prepare(engine: &Engine, spec: &BackupSpec, now: NaiveDateTime) -> Answer<Prepared> {
    let devices: Vec<String> = spec.devices.iter().map(|device| full_path(engine, device)).collect();
    check_mirrors(engine, spec)?;
    let mut existing = Vec::new();
    if !spec.format {
        for device in &devices {
            existing.push(existing_media(engine, device)?);
        }
    }
    let known: Vec<&Media> = existing.iter().flatten().collect();
    if !known.is_empty() {
        check_media(spec, &devices, &known, now)?;
        check_mirrored_media(engine, spec, &known)?;
    } else if !spec.mirrors.is_empty() && !spec.format {
        return Err(texts::format_for_mirrors().into());
    }
    existing.iter_mut().flatten().for_each(Media::let_go);
    let known: Vec<&Media> = existing.iter().flatten().collect();
    let mut outputs = Vec::new();
    for (index, device) in devices.iter().enumerate() {
        let mut copies = Vec::new();
        for mirror in &spec.mirrors {
            copies.push(Output::open(engine, &full_path(engine, &mirror[index]))?.0);
        }
        outputs.push(Output::open(engine, device)?.0.mirrored(copies));
    }
    if !known.is_empty() {
        let position = if spec.init {
            1
        } else {
            known.iter().flat_map(|media| media.sets.iter().map(|set| set.label.position)).max().unwrap_or(0) + 1
        };
        let mut families = Vec::new();
        for (output, media) in outputs.into_iter().zip(existing.iter().flatten()) {
            families.push(Family::append(output, media, spec.init)?);
        }
        return Ok(Prepared { families, position });
    }
    let set_id = Uuid::new_v4();
    let count = outputs.len() as u16;
    let block = u64::from(spec.block_size.unwrap_or(engine.options().block_size));
    let mut families = Vec::new();
    for (index, output) in outputs.into_iter().enumerate() {
        let label = Label {
            name: spec.media_name.clone(),
            description: spec.media_description.clone(),
            software: "Microsoft SQL Server".to_owned(),
            family_id: Uuid::new_v4().as_fields().0,
            set_id,
            families: count,
            family: index as u16 + 1,
            mirrors: spec.mirrors.len() as u16 + 1,
            date: Some(now),
            vendor: 4608,
        };
        families.push(Family::format(output, block, label, spec.compression)?);
    }
    Ok(Prepared { families, position: 1 })
}

/// # Errors
/// 3218 not in this edition, 3214 too many, 3212 not as many devices as the backup has.
fn check_mirrors(engine: &Engine, spec: &BackupSpec) -> Answer<()> {
    const MOST: usize = 4;
    if spec.mirrors.is_empty() {
        return Ok(());
    }
    if engine.options().edition == Edition::Express {
        return Err(texts::no_mirrors_here().into());
    }
    if spec.mirrors.len() >= MOST {
        return Err(texts::too_many_mirrors(MOST).into());
    }
    if let Some(other) = spec.mirrors.iter().find(|mirror| mirror.len() != spec.devices.len()) {
        let first = |devices: &[String]| devices.first().cloned().unwrap_or_default();
        return Err(texts::mirrors_differ(&first(&spec.devices), &first(other)).into());
    }
    Ok(())
}

/// A mirrored set is appended to with all its mirrors, and no other set is with any.
///
/// # Errors
/// 3215, 3240.
fn check_mirrored_media(engine: &Engine, spec: &BackupSpec, known: &[&Media]) -> Answer<()> {
    let first = known[0];
    let asked = spec.mirrors.len() + 1;
    if usize::from(first.label.mirrors) != asked {
        let refusal = if asked > 1 { texts::format_for_mirrors() } else { texts::all_mirrors_append() };
        return Err(refusal.into());
    }
    for (index, media) in known.iter().enumerate() {
        for mirror in &spec.mirrors {
            let path = full_path(engine, &mirror[index]);
            let other = existing_media(engine, &path)?;
            let same = other.as_ref().is_some_and(|other| {
                other.label.set_id == media.label.set_id && other.label.family == media.label.family
            });
            if !same {
                return Err(texts::all_mirrors_append().into());
            }
        }
    }
    Ok(())
}

/// The media on a device; `None` when there are none yet.
fn existing_media(engine: &Engine, device: &str) -> Result<Option<Media>, ServerError> {
    let host = engine.host_path(device).map_err(|cause| texts::cannot_open(device, cause, true))?;
    if !host.is_file() || std::fs::metadata(&host).is_ok_and(|meta| meta.len() == 0) {
        return Ok(None);
    }
    match media::open(engine, device) {
        Ok(media) => Ok(Some(media)),
        // Opening fails for a backup with another state than for a restore.
        Err(error) if error.number == 3201 => Err(ServerError { state: 1, ..error }),
        Err(error) => Err(error),
    }
}

fn check_media(spec: &BackupSpec, devices: &[String], known: &[&Media], now: NaiveDateTime) -> Answer<()> {
    let first = known[0];
    let families = first.label.families;
    if usize::from(families) > devices.len() {
        return Err(texts::families_missing(families, devices.len()).into());
    }
    if usize::from(families) < devices.len() {
        return Err(texts::families_differ(&first.path, families, devices.len()).into());
    }
    if known.len() < devices.len() {
        return Err(texts::families_missing(families, known.len()).into());
    }
    for (index, media) in known.iter().enumerate() {
        if media.label.set_id != first.label.set_id {
            return Err(texts::other_media_set(&media.path).into());
        }
        if let Some(other) = known[..index].iter().find(|other| other.label.family == media.label.family) {
            return Err(texts::family_twice(&media.path, media.label.family, &other.path).into());
        }
        if spec.compression && !media.compressed {
            return Err(texts::incompatible_structure("COMPRESSION", "NO_COMPRESSION").into());
        }
        if spec.encryption.is_some() && !spec.init {
            return Err(texts::incompatible_structure("ENCRYPTION", "FORMAT").into());
        }
        if spec.init {
            let expiry = media.sets.iter().filter_map(|set| set.label.expires).max().filter(|expiry| *expiry > now);
            if let Some(expiry) = expiry.filter(|_| !spec.skip) {
                let date = expiry.format("%b %e %Y %I:%M:%S:000%p").to_string();
                return Err(texts::expires(&media.path, &date).into());
            }
        } else if !media.whole {
            return Err(texts::end_malformed(&media.path).into());
        }
    }
    Ok(())
}
