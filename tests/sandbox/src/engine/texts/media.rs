//! Messages about backups and backup media.

use super::super::error::ServerMessage;
use super::super::fault::OsError;
use super::super::page::PageId;
use super::error;
use super::storage::os_text;

pub(crate) fn not_supported(feature: &str, edition: &str) -> ServerMessage {
    error(1844, 16, 1, format!("{feature} is not supported on {edition}."))
}

/// 3014; `millis` is the time it took.
pub(crate) fn processed(statement: &str, pages: u64, millis: u64) -> ServerMessage {
    let millis = millis.max(1);
    // MB/s with three digits, of 8 KiB pages.
    let rate = u128::from(pages) * 8192 * 1000 * 1000 / u128::from(millis) / 1_048_576;
    let text = format!(
        "{statement} successfully processed {pages} pages in {}.{:03} seconds ({}.{:03} MB/sec).",
        millis / 1000,
        millis % 1000,
        rate / 1000,
        rate % 1000
    );
    error(3014, 0, 1, text)
}

pub(crate) fn must_be_serialized() -> ServerMessage {
    let text = "Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized. Reissue the statement after the current backup or file manipulation operation is completed.";
    error(3023, 16, 2, text.to_owned())
}

pub(crate) fn no_base(database: &str) -> ServerMessage {
    let text = format!(
        "Cannot perform a differential backup for database \"{database}\", because a current database backup does not exist. Perform a full database backup by reissuing BACKUP DATABASE, omitting the WITH DIFFERENTIAL option."
    );
    error(3035, 16, 1, text)
}

pub(crate) fn page_damaged(set: &str, id: PageId, path: &str) -> ServerMessage {
    error(3043, 16, 1, format!("BACKUP '{set}' detected an error on page ({id}) in file '{path}'."))
}

pub(crate) fn device_too_long() -> ServerMessage {
    let text = "Invalid device name. The length of the device name provided exceeds supported limit (maximum length is:259). Reissue the BACKUP statement with a valid device name.";
    error(3057, 16, 1, text.to_owned())
}

pub(crate) fn incompatible_structure(wanted: &str, alternative: &str) -> ServerMessage {
    let text = format!(
        "The backup cannot be performed because '{wanted}' was requested after the media was formatted with an incompatible structure. To append to this media set, either omit '{wanted}' or specify '{alternative}'. Alternatively, you can create a new media set by using WITH FORMAT in your BACKUP statement. If you use WITH FORMAT on an existing media set, all its backup sets will be overwritten."
    );
    error(3098, 16, 2, text)
}

pub(crate) fn families_missing(formatted: u16, provided: usize) -> ServerMessage {
    let text = format!(
        "The media set has {formatted} media families but only {provided} are provided. All members must be provided."
    );
    error(3132, 16, 1, text)
}

pub(crate) fn tempdb_refused() -> ServerMessage {
    error(3147, 16, 1, "Backup and restore operations are not allowed on database tempdb.".to_owned())
}

pub(crate) fn page_bad_in_set(id: PageId, database: &str) -> ServerMessage {
    let text =
        format!("RESTORE detected an error on page ({id}) in database \"{database}\" as read from the backup set.");
    error(3183, 16, 1, text)
}

pub(crate) fn no_checksums() -> ServerMessage {
    let text =
        "RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information.";
    error(3187, 16, 1, text.to_owned())
}

pub(crate) fn set_damaged() -> ServerMessage {
    error(3189, 16, 1, "Damage to the backup set was detected.".to_owned())
}

/// 3201; state 1 when writing, 2 when reading, as published outputs show.
pub(crate) fn cannot_open(device: &str, cause: OsError, writing: bool) -> ServerMessage {
    let text = format!("Cannot open backup device '{device}'. Operating system error {}.", os_text(cause));
    error(3201, 16, if writing { 1 } else { 2 }, text)
}

pub(crate) fn write_failed(device: &str, cause: OsError) -> ServerMessage {
    error(3202, 16, 1, format!("Write on \"{device}\" failed: {}", os_text(cause)))
}

pub(crate) fn read_failed(device: &str, cause: OsError) -> ServerMessage {
    error(3203, 16, 1, format!("Read on \"{device}\" failed: {}", os_text(cause)))
}

/// 3203 for a compressed record that cannot be expanded.
pub(crate) fn read_invalid(device: &str) -> ServerMessage {
    error(3203, 16, 1, format!("Read on \"{device}\" failed: 13(The data is invalid.)"))
}

/// 3203 for a device that ends too soon.
pub(crate) fn read_past_end(device: &str) -> ServerMessage {
    error(3203, 16, 1, format!("Read on \"{device}\" failed: 38(Reached the end of the file.)"))
}

pub(crate) fn aborted() -> ServerMessage {
    error(3204, 16, 1, "The backup or restore was aborted.".to_owned())
}

/// 3211. Like all information, it has severity 10 in `sys.messages` and reaches clients with 0.
pub(crate) fn percent(value: u8) -> ServerMessage {
    error(3211, 0, 1, format!("{value} percent processed."))
}

pub(crate) fn mirrors_differ(device: &str, other: &str) -> ServerMessage {
    let text = format!(
        "The mirror device \"{device}\" and the mirror device \"{other}\" have different device specifications."
    );
    error(3212, 16, 1, text)
}

pub(crate) fn too_many_mirrors(most: usize) -> ServerMessage {
    error(3214, 16, 1, format!("Too many backup mirrors are specified. Only {most} are allowed."))
}

pub(crate) fn format_for_mirrors() -> ServerMessage {
    error(3215, 16, 1, "Use WITH FORMAT to create a new mirrored backup set.".to_owned())
}

pub(crate) fn no_mirrors_here() -> ServerMessage {
    let text = "Backup mirroring is not available in this edition of SQL Server. See Books Online for more details on feature support in different SQL Server editions.";
    error(3218, 16, 1, text.to_owned())
}

pub(crate) fn all_mirrors_append() -> ServerMessage {
    let text = "Backup to mirrored media sets requires all mirrors to append. Provide all members of the set, or reformat a new media set.";
    error(3240, 16, 1, text.to_owned())
}

pub(crate) fn no_master_key() -> ServerMessage {
    let text = "Please create a master key in the database or open the master key in the session before performing this operation.";
    error(15581, 16, 1, text.to_owned())
}

pub(crate) fn certificate_exists(name: &str) -> ServerMessage {
    let text = format!(
        "A certificate with name '{name}' already exists or this certificate already has been added to the database."
    );
    error(15232, 16, 1, text)
}

pub(crate) fn no_certificate(name: &str) -> ServerMessage {
    let text =
        format!("Cannot find the certificate '{name}', because it does not exist or you do not have permission.");
    error(15151, 16, 1, text)
}

pub(crate) fn no_such_thumbprint(thumbprint: &[u8]) -> ServerMessage {
    let hex: String = thumbprint.iter().map(|byte| format!("{byte:02X}")).collect();
    error(33111, 16, 3, format!("Cannot find server certificate with thumbprint '0x{hex}'."))
}

pub(crate) fn family_twice(device: &str, family: u16, other: &str) -> ServerMessage {
    let text = format!(
        "The backup media on \"{device}\" is part of media family {family} which has already been processed on \"{other}\". Ensure that backup devices are correctly specified. For tape devices, ensure that the correct volumes are loaded."
    );
    error(3227, 16, 1, text)
}

pub(crate) fn families_differ(device: &str, formatted: u16, expected: usize) -> ServerMessage {
    let text = format!(
        "The media loaded on \"{device}\" is formatted to support {formatted} media families, but {expected} media families are expected according to the backup device specification."
    );
    error(3231, 16, 1, text)
}

pub(crate) fn malformed(device: &str, state: u8) -> ServerMessage {
    let text = format!(
        "The media family on device '{device}' is incorrectly formed. SQL Server cannot process this media family."
    );
    error(3241, 16, state, text)
}

pub(crate) fn not_tape_format(device: &str) -> ServerMessage {
    error(3242, 16, 2, format!("The file on device '{device}' is not a valid Microsoft Tape Format backup set."))
}

pub(crate) fn volume_empty(device: &str) -> ServerMessage {
    error(3254, 16, 1, format!("The volume on device '{device}' is empty."))
}

pub(crate) fn incomplete(device: &str) -> ServerMessage {
    let text = format!(
        "The backup set on device '{device}' was terminated while it was being created and is incomplete. RESTORE sequence is terminated abnormally."
    );
    error(3256, 16, 1, text)
}

pub(crate) fn other_media_set(device: &str) -> ServerMessage {
    let text = format!(
        "The volume on the device \"{device}\" is not part of the media set that is currently being processed. Ensure that the backup devices are loaded with the correct media."
    );
    error(3258, 16, 1, text)
}

pub(crate) fn set_valid(position: u16) -> ServerMessage {
    error(3262, 0, 1, format!("The backup set on file {position} is valid."))
}

pub(crate) fn end_malformed(device: &str) -> ServerMessage {
    let text = format!(
        "The backup data at the end of \"{device}\" is incorrectly formatted. Backup sets on the media might be damaged and unusable. To determine the backup sets on the media, use RESTORE HEADERONLY. To determine the usability of the backup sets, run RESTORE VERIFYONLY. If all of the backup sets are incomplete, reformat the media using BACKUP WITH FORMAT, which destroys all the backup sets."
    );
    error(3266, 16, 1, text)
}

pub(crate) fn expires(device: &str, date: &str) -> ServerMessage {
    error(4030, 16, 1, format!("The medium on device '{device}' expires on {date} and cannot be overwritten."))
}

pub(crate) fn pages_of_file(pages: u64, database: &str, file: &str, position: u16) -> ServerMessage {
    let text = format!("Processed {pages} pages for database '{database}', file '{file}' on file {position}.");
    error(4035, 0, 1, text)
}

pub(crate) fn no_set(position: u16, device: &str) -> ServerMessage {
    error(4038, 16, 1, format!("Cannot find file ID {position} on device '{device}'."))
}

pub(crate) fn simple_model(statement: &str) -> ServerMessage {
    let text = format!(
        "The statement {statement} is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE."
    );
    error(4208, 16, 1, text)
}

pub(crate) fn no_full_backup() -> ServerMessage {
    let text = "BACKUP LOG cannot be performed because there is no current database backup.";
    error(4214, 16, 1, text.to_owned())
}

pub(crate) fn master_full_only(log: bool) -> ServerMessage {
    if log {
        let text = "Cannot back up the log of the master database. Use BACKUP DATABASE instead.";
        error(4212, 16, 1, text.to_owned())
    } else {
        let text = "You can only perform a full backup of the master database. Use BACKUP DATABASE to back up the entire master database.";
        error(3024, 16, 0, text.to_owned())
    }
}

pub(crate) fn standby_refused(database: &str) -> ServerMessage {
    let text = format!(
        "The database \"{database}\" is in warm-standby state (set by executing RESTORE WITH STANDBY) and cannot be backed up until the entire restore sequence is completed."
    );
    error(3036, 16, 1, text)
}
